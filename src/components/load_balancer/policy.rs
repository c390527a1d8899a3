//! Who gets the next request: the servers behind a balancer, and every policy that picks one. It may not know how
//! a request is sent, or how it was learnt who is up.

use super::settings::{Policy, Settings};
use crate::components::parameter::Read;
use crate::components::parts::address::Address;
use crate::components::parts::calls::Call;
use crate::components::parts::size::Size;
use crate::components::{Kind, Port};
use crate::history::{Kind as OpKind, Op};
use crate::stdx::{Instant, Random, hash};

/// A server behind the balancer. Its place in the list is its own for ever.
#[derive(Clone, Debug)]
pub struct Server {
    pub address: Address,
    pub name: String,
    pub card: String,
    /// Serves nothing but pages and pictures.
    pub only_pages: bool,
    /// By its size, for a weighted policy without weights.
    pub speed: f64,
    pub weight: f64,
    /// What the checks say, or whether it is not banned. A new one is believed to be up.
    pub up: bool,
    pub up_since: Instant,
    /// Bad or good checks in a row; failures seen since `failing_since`.
    pub bad: u32,
    pub good: u32,
    pub failing_since: Instant,
    pub banned_until: Instant,
    pub probe: Option<Call>,
    pub draining: bool,
    /// Taken from the board.
    pub gone: bool,
    pub connections: u32,
    pub sent: u64,
    /// Smooth weighted round robin's account.
    credit: f64,
}

impl Server {
    pub fn new(port: &Port, now: Instant) -> Server {
        Server {
            address: Address::new(port),
            name: port.peer_name.to_string(),
            card: port.peer_card.to_string(),
            only_pages: port.peer_kind == Kind::StaticStore,
            speed: port.peer_settings.get("size").and_then(Size::read).map_or(1.0, Size::speed),
            weight: 1.0,
            up: true,
            // Whoever is there from the begin needs no warming up.
            up_since: if now == Instant::START { Instant::FAR } else { now },
            bad: 0,
            good: 0,
            failing_since: Instant::START,
            banned_until: Instant::START,
            probe: None,
            draining: false,
            gone: false,
            connections: 0,
            sent: 0,
            credit: 0.0,
        }
    }

    /// What the drawing says of it now.
    pub fn follow(&mut self, port: &Port) {
        let drawn = Server::new(port, Instant::START);
        (self.name, self.card, self.speed) = (drawn.name, drawn.card, drawn.speed);
    }

    /// All that the balancer knew of it was in memory.
    pub fn forget(&mut self) {
        (self.up, self.bad, self.good, self.probe, self.connections) = (true, 0, 0, None, 0);
        (self.banned_until, self.credit) = (Instant::START, 0.0);
    }
}

/// Which servers may get a new request, in order; made anew only when that changes.
#[derive(Clone, Debug, Default)]
pub struct Ready {
    /// For work, and for pages where the policy tells them apart.
    work: Vec<u32>,
    pages: Vec<u32>,
    ring: Vec<(u64, u32)>,
    turn: [usize; 2],
}

impl Ready {
    pub fn refresh(&mut self, settings: &Settings, servers: &[Server], may: impl Fn(&Server) -> bool) {
        let by_content = settings.policy == Policy::Content;
        let named = &settings.pages_to;
        let for_pages = |server: &Server| match named.as_str() {
            "" => server.only_pages,
            name => server.card == name || server.name == name,
        };
        self.work.clear();
        self.pages.clear();
        for (i, server) in servers.iter().enumerate().filter(|(_, s)| may(s)) {
            if by_content && for_pages(server) { self.pages.push(i as u32) } else { self.work.push(i as u32) }
        }
        self.ring.clear();
        if settings.policy == Policy::KeyConsistent {
            for i in &self.work {
                let name = hash::text(&servers[*i as usize].name);
                self.ring.extend((0..settings.points as u64).map(|point| (hash::fold(name, point), *i)));
            }
            self.ring.sort_unstable();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.work.is_empty() && self.pages.is_empty()
    }

    /// The server for this operation; `not` is avoided when there is another.
    pub fn choose(
        &mut self,
        settings: &Settings,
        servers: &mut [Server],
        op: &Op,
        not: Option<u32>,
        now: Instant,
        random: &mut Random,
    ) -> Option<u32> {
        let pages = op.kind == OpKind::Page && !self.pages.is_empty();
        let mut chosen = self.pick(settings, servers, op, pages, random)?;
        let list = if pages { &self.pages } else { &self.work };
        if not == Some(chosen) && list.len() > 1 {
            let place = list.iter().position(|i| *i == chosen).unwrap_or(0);
            chosen = list[(place + 1) % list.len()];
        }
        if settings.slow_start.is_zero() {
            return Some(chosen);
        }
        // A server that is warming up takes a request with the chance that its age gives it; else the next is asked.
        let start = list.iter().position(|i| *i == chosen).unwrap_or(0);
        for k in 0..list.len() {
            chosen = list[(start + k) % list.len()];
            let since = servers[chosen as usize].up_since;
            let warm = if since > now { 1.0 } else { (now - since).as_secs() / settings.slow_start.as_secs() };
            if warm >= 1.0 || random.chance(warm) {
                break;
            }
        }
        Some(chosen)
    }

    fn pick(
        &mut self,
        settings: &Settings,
        servers: &mut [Server],
        op: &Op,
        pages: bool,
        random: &mut Random,
    ) -> Option<u32> {
        let list = if pages { &self.pages } else { &self.work };
        let n = list.len();
        if n == 0 {
            return None;
        }
        let turn = &mut self.turn[pages as usize];
        let open = |i: u32| servers[i as usize].connections;
        let of = |word: u64| list[(hash::mix(word) % n as u64) as usize];
        Some(match settings.policy {
            Policy::RoundRobin | Policy::Content => {
                *turn = (*turn + 1) % n;
                list[*turn]
            }
            Policy::Weighted => {
                let total: f64 = list.iter().map(|i| servers[*i as usize].weight).sum();
                let mut best = list[0];
                for i in list {
                    servers[*i as usize].credit += servers[*i as usize].weight;
                    if servers[*i as usize].credit > servers[best as usize].credit {
                        best = *i;
                    }
                }
                servers[best as usize].credit -= total;
                best
            }
            Policy::Random => list[random.below(n as u64) as usize],
            Policy::TwoChoices => {
                let mut best = list[random.below(n as u64) as usize];
                let mut drawn = [best; 16];
                for k in 1..(settings.choices as usize).min(if settings.distinct { n } else { 16 }) {
                    let mut next = list[random.below(n as u64) as usize];
                    while settings.distinct && drawn[..k].contains(&next) {
                        next = list[random.below(n as u64) as usize];
                    }
                    drawn[k] = next;
                    if open(next) < open(best) {
                        best = next;
                    }
                }
                best
            }
            Policy::LeastConnections => {
                // Scanned from the one after the last: of equals each gets its turn.
                let mut place = (*turn + 1) % n;
                for k in 2..=n {
                    let next = (*turn + k) % n;
                    if open(list[next]) < open(list[place]) {
                        place = next;
                    }
                }
                *turn = place;
                list[place]
            }
            Policy::Source => of(op.session.0 as u64),
            Policy::KeyModulo => of(word(op)),
            Policy::KeyConsistent => {
                let at = hash::mix(word(op));
                let place = self.ring.partition_point(|(point, _)| *point < at);
                self.ring[place % self.ring.len()].1
            }
        })
    }
}

/// The servers' weights: as written, in their order; else by their sizes.
pub fn weigh(settings: &Settings, servers: &mut [Server]) {
    let mut written = settings.weights.split(',').map(|w| w.trim().parse::<f64>().ok());
    for server in servers.iter_mut().filter(|s| !s.gone) {
        let weight = if settings.weights.trim().is_empty() { Some(server.speed) } else { written.next().flatten() };
        server.weight = weight.filter(|w| w.is_finite() && *w >= 0.0).unwrap_or(1.0);
        server.draining = settings.drain.split(',').map(str::trim).any(|d| d == server.name || d == server.card);
    }
}

/// What a policy by key goes by: a row that is yet to be added has no key, and goes anywhere.
fn word(op: &Op) -> u64 {
    if op.kind == OpKind::Insert { op.value.0 } else { op.key.0 as u64 }
}
