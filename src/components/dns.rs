//! The name server: users ask it for an address, keep the answer until its time to live ends, and dial that address
//! meanwhile whatever has become of the server. It may know nothing of the other machines but the protocol.

#[cfg(test)]
mod tests;

use super::parameter::Domain;
use super::parts::calls::{Call, Calls};
use super::parts::gauge::{Counters, Gauge, Live, Portion};
use super::protocol::{Answer, Ask, Cookie, Ctx, Message, Note, Reply, Timer, What};
use super::wiring::zones::Region;
use super::{Birth, Info, Machine, Port, Shelf, Wire};
use crate::history::{Cause, Key, Kind, Op, OpId, Process, SessionId, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::{Duration, hash};

pub const INFO: Info = Info {
    word: "dns",
    label: "DNS",
    shelf: Shelf::Spreads,
    help: "Tells users an address. Browsers keep it until its time to live ends, also when the server is dead by then.",
    first_name: "dns",
    card: crate::late!(include_str!("dns/card.md")),
};

const DAY: Duration = Duration::from_secs(86_400);

crate::choice! {
    /// Which of its records an answer names.
    pub enum Policy {
        RoundRobin = "round-robin", "Round robin", "Each address in turn.";
        Failover = "failover", "Failover", "The first that is well, in the order in which they were drawn.";
        Nearest = "nearest", "Nearest region", "The one with the shortest way from the region or zone of the users.";
    }
}

crate::parameters! {
    /// What can be set on a name server. Its records are the lines that go out from it.
    pub struct Settings {
        policy: Policy = Policy::RoundRobin, Domain::Choice(Policy::WORDS), Basic, "Policy", "Which address an answer names.";
        ttl: Duration = Duration::from_secs(60), Domain::Time { least: Duration::ZERO, most: DAY }, Basic, "Time to live", "Browsers and operating systems keep an answer for so long (Amazon's balancers: 60 s).";
        ignore_ttl: f64 = 0.0, Domain::Share, Basic, "Ignore the TTL", "Share of the users whose browser or operating system keeps answers longer than it may.";
        ignored_for: Duration = DAY, Domain::Time { least: Duration::ZERO, most: Duration::from_secs(31_536_000) }, Advanced, "Kept all the same", "How long those keep an answer.";
        health: bool = false, Domain::Flag, Basic, "Health checks", "Names no address whose server does not answer checks. Failover always checks.";
        check_every: Duration = Duration::from_secs(10), Domain::Time { least: Duration::from_millis(10), most: DAY }, Advanced, "Check every", "Interval of the checks of each address (Amazon Route 53: 30 s, or 10 s).";
        check_timeout: Duration = Duration::from_secs(4), Domain::Time { least: Duration::from_millis(1), most: DAY }, Advanced, "Check time-out", "A check that is not answered by then has failed (Route 53: 4 s).";
        fall: u32 = 3, Domain::Count { least: 1, most: 100, unit: "checks" }, Advanced, "Fall", "An address is left out after so many failed checks (Route 53: 3).";
        rise: u32 = 3, Domain::Count { least: 1, most: 100, unit: "checks" }, Advanced, "Rise", "And named again after so many good ones (Route 53: 3).";
    }
}

impl Settings {
    /// A hosted zone of Amazon Route 53: 0.50 $ a month.
    pub fn price_per_hour(&self) -> f64 {
        0.0007
    }

    fn checks(&self) -> bool {
        self.health || self.policy == Policy::Failover
    }
}

/// Where somebody is.
#[derive(Clone, Copy, Debug)]
struct Where {
    /// The zone's name, hashed.
    zone: Option<u64>,
    region: Region,
}

impl Where {
    fn of(port: &Port) -> Where {
        Where { zone: port.peer_zone.map(hash::text), region: port.peer_region }
    }

    /// Shortest first: the same zone, then by the way between the regions.
    fn way(self, other: Where) -> (bool, Duration) {
        let apart = self.zone.is_none() || self.zone != other.zone;
        (apart, if apart { self.region.to(other.region) } else { Duration::ZERO })
    }
}

/// An address.
#[derive(Clone, Debug)]
struct Address {
    link: LinkId,
    peer: Process,
    at: Where,
    up: bool,
    /// Checks in a row that came out so.
    good: u32,
    bad: u32,
    probe: Option<Call>,
    answers: u64,
}

#[derive(Clone, Debug)]
pub struct Dns {
    settings: Settings,
    me: Process,
    seed: u64,
    addresses: Vec<Address>,
    /// Those who ask, and where they are.
    clients: Vec<(LinkId, Where)>,
    turn: u32,
    /// Checks under way, by the line they went over.
    checks: Calls<LinkId>,
    /// Rises when the checks begin anew.
    epoch: u32,
    counters: Counters,
}

/// Timers of checks: the epoch above the line's number.
const LINE: u32 = 32;

impl Dns {
    pub fn new(birth: &Birth) -> Dns {
        Dns {
            settings: Settings::read(birth.settings),
            me: birth.me,
            seed: birth.seed,
            addresses: Vec::new(),
            clients: Vec::new(),
            turn: 0,
            checks: Calls::new(),
            epoch: 0,
            counters: Counters::default(),
        }
    }

    /// The address that the next answer names; when none is well all are named, as Route 53 does.
    fn choose(&mut self, client: LinkId) -> Option<&mut Address> {
        let any_up = self.addresses.iter().any(|a| a.up);
        let checks = self.settings.checks();
        let named: Vec<usize> =
            (0..self.addresses.len()).filter(|i| !checks || !any_up || self.addresses[*i].up).collect();
        let place = match self.settings.policy {
            Policy::RoundRobin => {
                self.turn = self.turn.wrapping_add(1);
                named.get(self.turn as usize % named.len().max(1)).copied()
            }
            Policy::Failover => named.first().copied(),
            Policy::Nearest => {
                let nowhere = Where { zone: None, region: Region::Anywhere };
                let here = self.clients.iter().find(|(link, _)| *link == client).map_or(nowhere, |(_, at)| *at);
                named.into_iter().min_by_key(|i| here.way(self.addresses[*i].at))
            }
        };
        self.addresses.get_mut(place?)
    }

    fn look_up(&mut self, client: LinkId, ask: &Ask) -> Reply {
        let dice = hash::fold(hash::mix(self.seed), ask.op.session.0 as u64) >> 11;
        let ignores = (dice as f64) < self.settings.ignore_ttl * (1u64 << 53) as f64;
        let ttl = if ignores { self.settings.ignored_for.max(self.settings.ttl) } else { self.settings.ttl };
        match self.choose(client) {
            Some(address) => {
                address.answers += 1;
                Reply::Address { of: address.peer, ttl }
            }
            None => Reply::Fail(Cause::NoServer),
        }
    }

    /// All checks begin anew: at the start, and when their settings have changed.
    fn begin_checks(&mut self, ctx: &mut Ctx<'_>) {
        self.epoch = self.epoch.wrapping_add(1) & 0xff_ffff;
        self.checks.clear();
        for i in 0..self.addresses.len() {
            self.addresses[i].probe = None;
            self.first_check(i, ctx);
        }
    }

    /// The first check comes at some instant within the interval, so that not all come at once.
    fn first_check(&mut self, i: usize, ctx: &mut Ctx<'_>) {
        if self.settings.checks() {
            let after = self.settings.check_every.scale(ctx.random().unit());
            let number = (self.epoch as u64) << LINE | self.addresses[i].link.0 as u64;
            ctx.timer(after, Timer::Wake(number));
        } else {
            self.addresses[i].up = true;
        }
    }

    fn check(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let link = LinkId(number as u32);
        let Some(address) = self.addresses.iter_mut().find(|a| a.link == link) else { return };
        if number >> LINE != self.epoch as u64 {
            return;
        }
        if address.probe.is_none() {
            let call = self.checks.open(link);
            address.probe = Some(call);
            let (session, kind, key) = (SessionId(0), Kind::Read, Key(0));
            let (value, invoked) = (Value::INITIAL, ctx.now());
            let op = Op { id: OpId(u64::MAX), client: self.me, session, kind, key, value, invoked };
            let cookie = Cookie::default();
            let ask = Ask { call, op, what: What::Probe, cookie, seen: 0, attempt: 0, region: 0 };
            ctx.send(link, Message::Ask(ask));
            ctx.timer(self.settings.check_timeout, Timer::Timeout(call));
        }
        ctx.timer(self.settings.check_every, Timer::Wake(number));
    }

    fn checked(&mut self, call: Call, well: bool) {
        let Some(link) = self.checks.close(call) else { return };
        let (fall, rise) = (self.settings.fall, self.settings.rise);
        let Some(address) = self.addresses.iter_mut().find(|a| a.link == link) else { return };
        address.probe = None;
        (address.good, address.bad) = if well { (address.good + 1, 0) } else { (0, address.bad + 1) };
        if address.up && address.bad >= fall || !address.up && address.good >= rise {
            address.up = well;
        }
    }
}

impl Behavior for Dns {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.begin_checks(ctx);
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Ask(ask) => {
                let reply = match ask.what {
                    What::Lookup => self.look_up(link, &ask),
                    What::Probe => Reply::Well { writable: false },
                    _ => Reply::Fail(Cause::Error),
                };
                if ask.what == What::Lookup {
                    self.counters.arrivals += 1;
                    let count = if reply.is_ok() { &mut self.counters.completions } else { &mut self.counters.failed };
                    *count += 1;
                }
                ctx.send(link, Message::Answer(ask.answer(reply)));
            }
            Message::Answer(Answer { call, reply, .. }) => self.checked(call, reply.is_ok()),
            _ => {}
        }
    }

    fn refused(&mut self, _link: LinkId, message: Message, _ctx: &mut Ctx<'_>) {
        if let Message::Ask(ask) = message {
            self.checked(ask.call, false);
        }
    }

    fn broken(&mut self, link: LinkId, _ctx: &mut Ctx<'_>) {
        for call in self.checks.find(|over| *over == link) {
            self.checked(call, false);
        }
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Wake(number) => self.check(number, ctx),
            Timer::Timeout(call) => self.checked(call, false),
            _ => {}
        }
    }

    fn crash(&mut self, _ctx: &mut Ctx<'_>) {
        self.checks.clear();
        for address in &mut self.addresses {
            (address.up, address.good, address.bad, address.probe) = (true, 0, 0, None);
        }
    }
}

impl Machine for Dns {
    fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
        let at = Where::of(port);
        match port.wire {
            Wire::Calls if port.outgoing => match self.addresses.iter_mut().find(|a| a.link == port.link) {
                Some(known) => known.at = at,
                None => {
                    let (link, peer) = (port.link, port.peer);
                    let new = Address { link, peer, at, up: true, good: 0, bad: 0, probe: None, answers: 0 };
                    self.addresses.push(new);
                    self.first_check(self.addresses.len() - 1, ctx);
                }
            },
            Wire::Calls => match self.clients.iter_mut().find(|(link, _)| *link == port.link) {
                Some(known) => known.1 = at,
                None => self.clients.push((port.link, at)),
            },
            _ => {}
        }
    }

    fn parted(&mut self, link: LinkId, _ctx: &mut Ctx<'_>) {
        self.addresses.retain(|a| a.link != link);
        self.clients.retain(|(l, _)| *l != link);
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.settings = Settings::read(birth.settings);
        self.begin_checks(ctx);
    }

    fn gauge(&self) -> Gauge {
        let up = self.addresses.iter().filter(|a| a.up).count() as u32;
        let live = Live::Up { up, of: self.addresses.len() as u32 };
        Gauge { live, counters: self.counters, ..Gauge::default() }
    }

    fn spread(&self) -> Vec<Portion> {
        let all = self.addresses.iter().map(|a| a.answers).sum::<u64>().max(1);
        let portion = |a: &Address| Portion { peer: a.peer, share: a.answers as f64 / all as f64, requests: a.answers };
        self.addresses.iter().map(portion).collect()
    }
}
