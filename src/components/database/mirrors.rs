//! Masters that answer before the others know: every update goes to all of them, over as many steps as it takes, and
//! is taken in once. Of updates that knew nothing of each other the later time stamp wins, or both stay side by side.
//! It may not know how a request is served.

use super::Database;
use super::line::Line;
use super::serve::Done;
use crate::components::Wire;
use crate::components::parts::log::{Change, Entry, Place};
use crate::components::protocol::replication::{Replication, State, Status, Update, Written};
use crate::components::protocol::{Ask, Ctx, Reply, Timer};
use crate::components::wiring::replication::{Conflicts, Merge, MirrorSettings};
use crate::history::{Fact, Gone, Key, Kind, Process, SessionId, Value};
use crate::sim::LinkId;
use crate::stdx::Instant;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub(super) const WAKE_MIRRORED: u64 = 7 << 56;

/// What one master wrote, in the order in which it did, as far as it has come here.
#[derive(Clone, Debug, Default)]
struct Origin {
    log: VecDeque<Update>,
    /// Updates dropped at the front, as everybody has them.
    dropped: u64,
    /// Its updates up to this number are here, taken in or in the inbox.
    got: u64,
    /// The latest time stamp of those that were taken in.
    latest: Place,
}

impl Origin {
    fn has(&self) -> u64 {
        self.dropped + self.log.len() as u64
    }
}

/// Another master at the end of a line.
#[derive(Clone, Debug)]
struct Peer {
    link: LinkId,
    process: Process,
    connected: bool,
    neighbours: Vec<Process>,
    /// By origin: what was sent to it, and what it said that it has.
    sent: BTreeMap<Process, u64>,
    said: BTreeMap<Process, u64>,
}

/// What a master keeps of the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Mirrors {
    origins: BTreeMap<Process, Origin>,
    peers: Vec<Peer>,
    /// The update that each row shows; with version vectors the siblings, the newest last.
    rows: BTreeMap<Key, Vec<Update>>,
    sessions: BTreeMap<SessionId, Update>,
    /// Updates that have come and wait for an apply worker, or for those before them. It is on disk.
    inbox: VecDeque<(Update, LinkId, bool)>,
    /// How many have left the inbox.
    left: u64,
    started: u64,
    busy: u32,
    turn: u16,
    stamp: Place,
    asked: bool,
    /// Its disk was lost: it needs everything.
    needs_all: bool,
}

impl Update {
    /// Whether who wrote this knew of the other.
    fn descends_from(&self, other: &Update) -> bool {
        let known = self.known.iter().find(|(p, _)| *p == other.origin);
        (self.origin == other.origin && self.number > other.number)
            || known.is_some_and(|(_, number)| *number >= other.number)
    }

    fn value(&self) -> Value {
        match self.written {
            Written::Row { value, .. } => value,
            Written::Session { .. } => Value::INITIAL,
        }
    }
}

impl Database {
    /// The settings of its group of masters, when it belongs to one that answers before the others know.
    fn mirror(&self) -> Option<&MirrorSettings> {
        self.lines.iter().find(|l| l.mirrors()).map(|l| &l.mirror)
    }

    pub(super) fn is_mirrored(&self) -> bool {
        self.lines.iter().any(|l| l.mirrors())
    }

    pub(super) fn join_mirrors(&mut self, line: usize) {
        let Line { link, peer, .. } = self.lines[line];
        let (sent, said) = (BTreeMap::new(), BTreeMap::new());
        let neighbours = Vec::new();
        self.mirrors.peers.push(Peer { link, process: peer, connected: false, neighbours, sent, said });
    }

    pub(super) fn leave_mirrors(&mut self, link: LinkId) {
        self.mirrors.peers.retain(|p| p.link != link);
    }

    pub(super) fn disconnect_mirror(&mut self, link: LinkId) {
        self.mirrors.peers.iter_mut().filter(|p| p.link == link).for_each(|p| p.connected = false);
    }

    /// A write at this master: it is answered at once.
    pub(super) fn write_mirrored(&mut self, ask: &Ask, ctx: &mut Ctx<'_>) -> Done {
        let (key, value) = (ask.op.key, ask.op.value);
        let row = self.store.row(key);
        let base = |over| if ask.op.kind == Kind::Update { over } else { value };
        if row.value == value {
            return Done { value: base(row.over), place: row.version, ..Done::of(Reply::Ok) };
        }
        let (over, set) = (row.value, self.set);
        let update = self.new_update(Written::Row { key, value, over }, ctx);
        let place = update.stamp;
        self.fact(Fact::Ordered { set, key, value, over, position: place.0 }, ctx);
        self.take_in(update, None, ctx);
        Done { value: base(over), place, ..Done::of(Reply::Ok) }
    }

    pub(super) fn put_session_mirrored(&mut self, session: SessionId, cart: u32, ctx: &mut Ctx<'_>) {
        let update = self.new_update(Written::Session { session, cart }, ctx);
        self.take_in(update, None, ctx);
    }

    fn new_update(&mut self, written: Written, ctx: &mut Ctx<'_>) -> Update {
        let m = &mut self.mirrors;
        let known = m.origins.iter().map(|(p, o)| (*p, o.has())).collect();
        let number = m.origins.entry(self.me).or_default().has() + 1;
        // The clock's nanoseconds above the machine's number: ties go to the higher number, and no two stamps are equal.
        let stamp = Place((ctx.clock().0 + 1) << 10 | (self.me.0 & 1023) as u64);
        let same_moment = stamp <= m.stamp && stamp.0 + (1 << 20) > m.stamp.0;
        m.stamp = if same_moment { Place(m.stamp.0 + (1 << 10)) } else { stamp };
        Update { origin: self.me, number, at: ctx.now(), stamp: m.stamp, written, known }
    }

    /// An update is shown here from now on, if it prevails; then the others are told.
    fn take_in(&mut self, update: Update, from: Option<LinkId>, ctx: &mut Ctx<'_>) {
        let origin = self.mirrors.origins.entry(update.origin).or_default();
        origin.got = origin.got.max(update.number);
        origin.latest = origin.latest.max(update.stamp);
        origin.log.push_back(update.clone());
        self.settle(update.clone(), ctx);
        self.hand_on(&update, from, ctx);
        self.release(ctx);
    }

    /// What the row shows after this update.
    fn settle(&mut self, update: Update, ctx: &mut Ctx<'_>) {
        let key = match update.written {
            Written::Row { key, .. } => key,
            Written::Session { session, cart } => {
                let newest = self.mirrors.sessions.get(&session).is_none_or(|u| u.stamp < update.stamp);
                if newest {
                    let (was, at) = (self.store.session(session), update.at);
                    self.mirrors.sessions.insert(session, update);
                    self.show_mirrored(Change::Session { session, cart, was }, at, ctx);
                }
                return;
            }
        };
        let siblings = self.mirror().map_or(Conflicts::LastWriteWins, |m| m.conflicts) == Conflicts::Versions;
        let mut row = self.mirrors.rows.remove(&key).unwrap_or_default();
        if row.iter().any(|u| u.descends_from(&update)) {
            // An ancestor of what is shown already; an update of another master came by a shorter way.
        } else if siblings {
            self.add_sibling(key, &mut row, update, ctx);
        } else {
            self.outvote(key, &mut row, update, ctx);
        }
        let newest = row.last().map(|u| (u.value(), u.stamp, u.at));
        self.mirrors.rows.insert(key, row);
        let before = self.store.row(key);
        if let Some((value, version, at)) = newest.filter(|(value, ..)| *value != before.value) {
            let (over, over_version) = (before.value, before.version);
            self.show_mirrored(Change::Row { key, value, version, over, over_version }, at, ctx);
        }
    }

    /// The later time stamp stays, whoever knew of whom.
    fn outvote(&mut self, key: Key, row: &mut Vec<Update>, update: Update, ctx: &mut Ctx<'_>) {
        let (node, set, new) = (self.me, self.set, update.value());
        let Some(shown) = row.first_mut() else {
            self.fact(Fact::Applied { node, set, key, value: new, over: self.store.row(key).value }, ctx);
            return row.push(update);
        };
        let old = shown.value();
        let (value, now) = if update.stamp > shown.stamp { (old, new) } else { (new, old) };
        let fact = if now == new && update.descends_from(shown) {
            Fact::Applied { node, set, key, value: new, over: old }
        } else {
            Fact::Discarded { node, set, key, value, now, why: Gone::Outvoted { winner: now } }
        };
        if now == new {
            *shown = update;
        }
        self.fact(fact, ctx);
    }

    /// It takes the place of those it descends from, and stands beside the others.
    fn add_sibling(&mut self, key: Key, row: &mut Vec<Update>, update: Update, ctx: &mut Ctx<'_>) {
        let (node, set, new) = (self.me, self.set, update.value());
        let Written::Row { over, .. } = update.written else { return };
        let (old, beside): (Vec<Update>, Vec<Update>) = row.drain(..).partition(|u| update.descends_from(u));
        let union = self.mirror().is_some_and(|m| m.merge == Merge::Union);
        // The one that the writer saw; when it is not here any more, the newest of those that it replaced.
        let kept = old.iter().map(Update::value).find(|v| *v == over).or(old.last().map(Update::value));
        if old.is_empty() {
            let over = if beside.is_empty() { self.store.row(key).value } else { Value::INITIAL };
            self.fact(Fact::Applied { node, set, key, value: new, over }, ctx);
        }
        for value in old.iter().map(Update::value) {
            let fact = if union || Some(value) == kept {
                Fact::Applied { node, set, key, value: new, over: value }
            } else {
                Fact::Discarded { node, set, key, value, now: new, why: Gone::Outvoted { winner: new } }
            };
            self.fact(fact, ctx);
        }
        *row = beside;
        row.push(update);
        row.sort_by_key(|u| u.stamp);
    }

    /// The row or session as it is now: for readers, and for the slaves (replicas) of this master.
    fn show_mirrored(&mut self, change: Change, at: Instant, ctx: &mut Ctx<'_>) {
        let entry = Entry { place: self.next_place(), at, change };
        self.log.push(entry);
        self.store.apply(&entry);
        self.shown = self.log.last();
        self.flushed = self.log.last();
        self.query_cache.empty();
        self.offer(ctx);
        self.trim();
    }

    /// Tells those who would not hear of it otherwise.
    fn hand_on(&mut self, update: &Update, from: Option<LinkId>, ctx: &mut Ctx<'_>) {
        let sender = self.mirrors.peers.iter().find(|p| Some(p.link) == from).map(|p| p.process);
        for peer in self.mirrors.peers.iter_mut().filter(|p| p.connected && Some(p.link) != from) {
            let hears_himself = sender.is_some_and(|s| peer.neighbours.contains(&s));
            let sent = peer.sent.entry(update.origin).or_default();
            if peer.process != update.origin && !hears_himself && *sent + 1 == update.number {
                *sent = update.number;
                ctx.send(peer.link, Replication::Update(update.clone()).into());
            }
        }
    }

    /// Says to every other master what is here, or asks one for what is `missing`.
    pub(super) fn compare(&mut self, missing: Option<LinkId>, ctx: &mut Ctx<'_>) {
        if self.mirrors.peers.is_empty() {
            return;
        }
        let vector = self.mirrors.origins.iter().map(|(p, o)| (*p, o.got)).collect();
        let neighbours = self.mirrors.peers.iter().map(|p| p.process).collect();
        let status = Arc::new(Status { vector, neighbours, all: self.mirrors.needs_all });
        for peer in self.mirrors.peers.iter().filter(|p| missing.is_none_or(|link| link == p.link)) {
            let missing = missing.is_some();
            ctx.send(peer.link, Replication::Have { status: status.clone(), missing }.into());
        }
        self.forget();
    }

    /// Another master says what it has.
    pub(super) fn compared(&mut self, link: LinkId, status: &Status, missing: bool, ctx: &mut Ctx<'_>) {
        let m = &mut self.mirrors;
        let Some(peer) = m.peers.iter_mut().find(|p| p.link == link) else { return };
        let fresh = !std::mem::replace(&mut peer.connected, true) || missing;
        peer.neighbours.clone_from(&status.neighbours);
        let mut all = status.all;
        let mut lagging: Vec<Process> = Vec::new();
        for (process, origin) in &m.origins {
            let has = status.vector.iter().find(|(p, _)| p == process).map_or(0, |(_, n)| *n);
            let said = peer.said.insert(*process, has);
            // Nothing new since it last said so, though there is more: that was lost, or nobody else tells it.
            let stuck = said == Some(has) && origin.has() > has;
            let sent = peer.sent.entry(*process).or_insert(has);
            if !fresh && !stuck {
                continue;
            }
            *sent = has;
            all |= has < origin.dropped;
            lagging.push(*process);
        }
        if all {
            let rows = m.rows.values().flatten().chain(m.sessions.values()).cloned().collect();
            let vector: Vec<(Process, u64)> = m.origins.iter().map(|(p, o)| (*p, o.has())).collect();
            peer.sent.extend(vector.iter().copied());
            let state = State { updates: rows, vector };
            return ctx.send(link, Replication::State(Arc::new(state)).into());
        }
        for process in lagging {
            let Some(origin) = m.origins.get(&process) else { continue };
            let sent = peer.sent.entry(process).or_default();
            for update in origin.log.iter().skip((*sent - origin.dropped) as usize) {
                ctx.send(link, Replication::Update(update.clone()).into());
            }
            *sent = origin.has();
        }
    }

    /// An update has come.
    pub(super) fn updated(&mut self, link: LinkId, update: Update, ctx: &mut Ctx<'_>) {
        let origin = self.mirrors.origins.entry(update.origin).or_default();
        if update.number <= origin.got {
            return;
        }
        if update.number > origin.got + 1 {
            // Said once: what comes before it is on its way again by then.
            if !std::mem::replace(&mut self.mirrors.asked, true) {
                self.compare(Some(link), ctx);
            }
            return;
        }
        origin.got += 1;
        self.mirrors.asked = false;
        self.mirrors.inbox.push_back((update, link, false));
        self.work_inbox(ctx);
    }

    /// Hands updates to free apply workers, and takes in those that are done, in the order in which they came.
    pub(super) fn work_inbox(&mut self, ctx: &mut Ctx<'_>) {
        let Some((apply, workers)) = self.mirror().map(|m| (m.apply.clone(), m.apply_workers)) else { return };
        let speed = self.settings.size.speed();
        loop {
            while self.mirrors.inbox.front().is_some_and(|(.., done)| *done) {
                let Some((update, link, _)) = self.mirrors.inbox.pop_front() else { break };
                self.mirrors.left += 1;
                self.take_in(update, Some(link), ctx);
            }
            let m = &mut self.mirrors;
            let next = m.started.max(m.left);
            let Some(slot) = m.inbox.get_mut((next - m.left) as usize) else { break };
            if m.busy >= workers {
                break;
            }
            m.started = next + 1;
            let work = apply.sample(ctx.random()).scale(1.0 / speed);
            if work.is_zero() {
                slot.2 = true;
            } else {
                m.busy += 1;
                ctx.work(work, Timer::Wake(WAKE_MIRRORED | (m.turn as u64) << 40 | next));
            }
        }
    }

    /// An apply worker is done with the update of that number.
    pub(super) fn mirrored(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let m = &mut self.mirrors;
        if (number >> 40) as u16 != m.turn {
            return;
        }
        m.busy -= 1;
        let index = (number & ((1 << 40) - 1)) - m.left;
        if let Some(slot) = m.inbox.get_mut(index as usize) {
            slot.2 = true;
        }
        self.work_inbox(ctx);
    }

    /// Everything that another master shows.
    pub(super) fn restored(&mut self, state: &State, ctx: &mut Ctx<'_>) {
        let here: BTreeSet<Place> = self.mirrors.rows.values().flatten().map(|u| u.stamp).collect();
        for update in state.updates.iter().filter(|u| !here.contains(&u.stamp)) {
            self.settle(update.clone(), ctx);
        }
        for (process, number) in &state.vector {
            let origin = self.mirrors.origins.entry(*process).or_default();
            if origin.has() < *number {
                origin.log.clear();
                origin.dropped = *number;
            }
            origin.got = origin.got.max(*number);
        }
        let origins = &self.mirrors.origins;
        let news = |u: &Update| origins.get(&u.origin).is_none_or(|o| u.number > o.has());
        self.mirrors.inbox.retain(|(u, ..)| news(u));
        self.mirrors.void();
        self.mirrors.needs_all = false;
        self.work_inbox(ctx);
        self.release(ctx);
    }

    /// Whether this copy has taken in what that time stamp names.
    pub(super) fn has_taken_in(&self, place: Place) -> bool {
        let of = |p: &Process| (p.0 & 1023) as u64 == place.0 & 1023;
        self.mirrors.origins.iter().any(|(p, o)| of(p) && o.latest >= place)
    }

    /// Updates that every other master has are dropped, and the oldest when there are too many.
    fn forget(&mut self) {
        let keep = self.settings.log as u64;
        let m = &mut self.mirrors;
        for (process, origin) in &mut m.origins {
            let everybody = m.peers.iter().map(|p| p.said.get(process).copied().unwrap_or(0)).min().unwrap_or(0);
            let until = everybody.max(origin.has().saturating_sub(keep));
            while origin.dropped < until && origin.log.pop_front().is_some() {
                origin.dropped += 1;
            }
        }
    }

    /// The disk is gone with all that was on it; its own numbers go on, so that nobody mistakes new updates for old.
    pub(super) fn destroy_mirrors(&mut self) {
        let m = &mut self.mirrors;
        for origin in m.origins.values_mut() {
            origin.dropped = origin.has();
            origin.log.clear();
        }
        m.rows.clear();
        m.sessions.clear();
        m.inbox.clear();
        m.origins.values_mut().for_each(|o| o.got = o.dropped);
        m.needs_all = !m.peers.is_empty();
        m.void();
    }
}

impl Mirrors {
    /// What the apply workers were at is to be done again.
    pub fn void(&mut self) {
        self.turn = self.turn.wrapping_add(1);
        self.busy = 0;
        self.started = self.left;
        self.inbox.iter_mut().for_each(|slot| slot.2 = false);
    }

    pub fn crash(&mut self) {
        self.void();
        self.asked = false;
        self.peers.iter_mut().for_each(|p| p.connected = false);
    }
}

impl Line {
    /// Whether it joins two masters that answer before they have told each other.
    pub fn mirrors(&self) -> bool {
        self.wire == Wire::Mirrors && self.mirror.conflicts != Conflicts::Certification
    }
}
