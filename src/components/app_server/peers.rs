//! The machines that an app server calls: who they are, what they are for, and which of them a call goes to. It may not
//! know what the calls are about.

use super::breaker::Breaker;
use super::settings::{Masters, Reads, Settings, Spread};
use crate::components::parts::address::Address;
use crate::components::parts::calls::Call;
use crate::components::parts::ring::Ring;
use crate::components::{Kind, Port};
use crate::history::{Process, SessionId, Value};
use crate::sim::LinkId;
use crate::stdx::hash;
use std::collections::VecDeque;

/// A machine at the other end of a link, and what is known of it.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: Address,
    kind: Kind,
    /// Hash of its name, and the name of its card.
    name: u64,
    card: String,
    pub gone: bool,
    /// Whether the last call that says so was answered.
    pub up: bool,
    /// Whether it takes writes, as far as it has said.
    pub writable: Option<bool>,
    /// Connections in use, and the calls that wait for one.
    pub in_use: u32,
    pub queue: VecDeque<Call>,
    pub breaker: Breaker,
}

/// All of them, by number; numbers stay when one goes.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    all: Vec<Peer>,
    stores: Vec<u32>,
    caches: Vec<u32>,
    sessions: Vec<u32>,
    queues: Vec<u32>,
    ring: Ring,
    read_turn: u32,
    write_turn: u32,
}

impl Peers {
    pub fn join(&mut self, port: &Port, settings: &Settings) {
        if let Some(known) = self.all.iter_mut().find(|p| p.address.link == port.link && !p.gone) {
            (known.name, known.card) = (hash::text(port.peer_name), port.peer_card.to_string());
            return self.assign(settings);
        }
        self.all.push(Peer {
            address: Address::new(port),
            kind: port.peer_kind,
            name: hash::text(port.peer_name),
            card: port.peer_card.to_string(),
            gone: false,
            up: true,
            writable: None,
            in_use: 0,
            queue: VecDeque::new(),
            breaker: Breaker::new(),
        });
        self.assign(settings);
    }

    /// The number of the machine over this link, if it is one that is called.
    pub fn over(&self, link: LinkId) -> Option<u32> {
        self.all.iter().position(|p| p.address.link == link).map(|i| i as u32)
    }

    /// The address of `of` is at the other end of `link` from now on.
    pub fn moved(&mut self, of: Process, link: LinkId) {
        self.all.iter_mut().for_each(|p| p.address.moved(of, link));
    }

    /// That line is gone, whatever went over it.
    pub fn unlink(&mut self, link: LinkId) {
        self.all.iter_mut().for_each(|p| p.address.parted(link));
    }

    pub fn part(&mut self, peer: u32, settings: &Settings) {
        self.all[peer as usize].gone = true;
        self.assign(settings);
    }

    pub fn len(&self) -> u32 {
        self.all.len() as u32
    }

    pub fn get(&mut self, peer: u32) -> &mut Peer {
        &mut self.all[peer as usize]
    }

    /// The process is new: what it knew of the others is gone.
    pub fn forget(&mut self) {
        for peer in &mut self.all {
            (peer.up, peer.writable, peer.in_use) = (true, None, 0);
            peer.queue.clear();
            peer.breaker = Breaker::new();
        }
    }

    /// Who is there for what: caches, databases (or servers in their place), the session store.
    pub fn assign(&mut self, settings: &Settings) {
        let of = |which: &dyn Fn(&Peer) -> bool| -> Vec<u32> {
            let alive = self.all.iter().enumerate().filter(|(_, p)| !p.gone && which(p));
            alive.map(|(i, _)| i as u32).collect()
        };
        let named = of(&|p| !settings.session_store.is_empty() && p.card == settings.session_store);
        let other = |list: Vec<u32>| -> Vec<u32> {
            let rest: Vec<u32> = list.iter().copied().filter(|i| !named.contains(i)).collect();
            if rest.is_empty() { list } else { rest }
        };
        let caches = other(of(&|p| p.kind == Kind::Cache));
        let besides = |kind| matches!(kind, Kind::Cache | Kind::JobQueue | Kind::DiskArray | Kind::SessionStore);
        let stores = other(of(&|p| !besides(p.kind)));
        let made_for_it = of(&|p| p.kind == Kind::SessionStore);
        let disks = of(&|p| p.kind == Kind::DiskArray);
        let queues = of(&|p| p.kind == Kind::JobQueue);
        self.sessions = match (named.is_empty(), caches.is_empty()) {
            (false, _) => named,
            (true, _) if !made_for_it.is_empty() => made_for_it,
            (true, false) => caches.clone(),
            (true, true) if !disks.is_empty() => disks,
            (true, true) => stores.clone(),
        };
        let all = &self.all;
        self.ring = Ring::new(caches.iter().map(|i| (all[*i as usize].name, *i)));
        (self.caches, self.stores, self.queues) = (caches, stores, queues);
    }

    pub fn stores(&self) -> &[u32] {
        &self.stores
    }

    pub fn has_cache(&self) -> bool {
        !self.caches.is_empty()
    }

    /// The cache node of a slot.
    pub fn for_slot(&self, word: u64, spread: Spread) -> Option<u32> {
        let hash = hash::mix(word);
        match spread {
            Spread::Consistent => self.ring.owner(hash),
            Spread::Modulo if self.caches.is_empty() => None,
            Spread::Modulo => Some(self.caches[(hash % self.caches.len() as u64) as usize]),
        }
    }

    /// Which queue a job goes to: the job's name says it, so that whoever asks after it later knows whom to ask.
    pub fn for_job(&self, job: Value) -> Option<u32> {
        let turn = (hash::mix(job.0) % self.queues.len().max(1) as u64) as usize;
        self.queues.get(turn).copied()
    }

    pub fn has_queue(&self) -> bool {
        !self.queues.is_empty()
    }

    /// Nodes over which sessions are spread; none where they are kept in one place.
    pub fn session_nodes(&self) -> u32 {
        let spread = |i: &u32| matches!(self.all[*i as usize].kind, Kind::Cache | Kind::SessionStore);
        if self.sessions.first().is_some_and(spread) { self.sessions.len() as u32 } else { 0 }
    }

    /// Where that copy of the session is kept.
    pub fn for_session(&mut self, session: SessionId, settings: &Settings, tried: u64, copy: u32) -> Option<u32> {
        if self.session_nodes() > 0 {
            let name = |i: u32| self.all[i as usize].name;
            if copy == 0 {
                return pick(&self.sessions, session, name);
            }
            let mut nodes = self.sessions.clone();
            nodes.sort_by_key(|i| std::cmp::Reverse(hash::fold(name(*i), session.0 as u64)));
            return nodes.get(copy as usize).copied();
        }
        let sessions = std::mem::take(&mut self.sessions);
        let chosen = self.writer(&sessions, session, settings.masters, tried);
        self.sessions = sessions;
        chosen
    }

    /// Which database a write goes to; `tried` are those that have refused it as read-only.
    pub fn for_write(&mut self, session: SessionId, settings: &Settings, tried: u64) -> Option<u32> {
        let stores = std::mem::take(&mut self.stores);
        let chosen = self.writer(&stores, session, settings.masters, tried);
        self.stores = stores;
        chosen
    }

    fn writer(&mut self, among: &[u32], session: SessionId, masters: Masters, tried: u64) -> Option<u32> {
        let untried = |i: u32| tried & bit(i) == 0;
        let all = &self.all;
        let known = |i: u32| all[i as usize].up && all[i as usize].writable == Some(true) && untried(i);
        let count = among.iter().filter(|i| known(**i)).count() as u32;
        if count > 0 {
            if masters == Masters::Session {
                let name = |i: u32| if known(i) { all[i as usize].name } else { 0 };
                return pick(among, session, name);
            }
            self.write_turn = self.write_turn.wrapping_add(1);
            let turn = (self.write_turn % count) as usize;
            return among.iter().copied().filter(|i| known(*i)).nth(turn);
        }
        let first = |which: &dyn Fn(&Peer) -> bool| {
            among.iter().copied().find(|i| untried(*i) && which(&all[*i as usize]))
        };
        // Nobody is known to take writes: those who have not said come first, then who did when last heard of, then
        // whoever is there; so an error is always one that a machine really gave.
        first(&|p| p.up && p.writable.is_none())
            .or_else(|| first(&|p| p.writable == Some(true)))
            .or_else(|| first(&|p| p.up))
            .or_else(|| first(&|_| true))
    }

    /// Which database a read asks; `tried` are those that have sent it on to whoever takes writes.
    pub fn for_read(&mut self, session: SessionId, settings: &Settings, tried: u64) -> Option<u32> {
        if self.stores.len() <= 1 {
            return self.stores.first().copied();
        }
        if tried != 0 {
            return self.for_write(session, settings, tried);
        }
        let all = &self.all;
        let up = |i: u32| all[i as usize].up;
        let copy = |i: u32| up(i) && all[i as usize].writable == Some(false);
        let wanted: &dyn Fn(u32) -> bool = match settings.reads {
            Reads::Primary => return self.for_write(session, settings, 0),
            Reads::Any => &up,
            Reads::Replicas | Reads::Sticky | Reads::Wait => &copy,
        };
        let count = self.stores.iter().filter(|i| wanted(**i)).count() as u32;
        if count == 0 {
            return self.for_write(session, settings, 0);
        }
        if settings.reads == Reads::Sticky {
            return pick(&self.stores, session, |i| if wanted(i) { all[i as usize].name } else { 0 });
        }
        self.read_turn = self.read_turn.wrapping_add(1);
        let turn = (self.read_turn % count) as usize;
        self.stores.iter().copied().filter(|i| wanted(*i)).nth(turn)
    }
}

impl Peers {
    /// Which database is asked for the n-th of several rows at once: each has some of them.
    pub fn for_leaf(&self, n: u32) -> Option<u32> {
        self.stores.get(n as usize % self.stores.len().max(1)).copied()
    }
}

/// A peer's mark among those that have been tried.
pub fn bit(peer: u32) -> u64 {
    1 << (peer % 64)
}

/// The session's own one of them, which stays its own as others come and go (rendezvous hashing, Thaler and Ravishankar
/// 1998). A name of 0 takes no part.
fn pick(among: &[u32], session: SessionId, name: impl Fn(u32) -> u64) -> Option<u32> {
    let taking_part = among.iter().copied().filter(|i| name(*i) != 0);
    taking_part.max_by_key(|i| hash::fold(name(*i), session.0 as u64))
}
