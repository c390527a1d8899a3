//! A test bench: a few named machines and lines without a document, and a server that does just what a test tells it.
//! It may know every machine, and only tests know it.

use super::station::{Arrival, Station, WhenFull};
use crate::components::parts::gauge::Gauge;
use crate::components::protocol::{Ask, Ctx, Message, Note, Order, Reply, Timer, What};
use crate::components::{Birth, Component, Files, Kind, Machine, Port, Wire, parameter::Settings, wiring};
use crate::history::{Cause, Key, Kind as OpKind, Op, Outcome, Process, Record, Value};
use crate::sim::{Behavior, Fault, LinkId, NodeId, World};
use crate::stdx::{Distribution, Duration, Instant, hash};
use std::collections::BTreeMap;

/// A server for tests: workers, a line without end, a store of its own, and failures on demand.
#[derive(Clone, Debug)]
pub struct Server {
    pub station: Station<(LinkId, Ask)>,
    pub service: Distribution,
    /// Share of requests answered with this error.
    pub failing: f64,
    pub fails: Cause,
    /// Answers probes; if not, it keeps silent.
    pub probed: u64,
    pub store: BTreeMap<Key, Value>,
    pub served: Vec<(Instant, Ask)>,
}

impl Server {
    pub fn new(workers: u32, service: &str) -> Server {
        Server {
            station: Station::new(workers, u32::MAX, WhenFull::Reject),
            service: service.parse().expect("a service time"),
            failing: 0.0,
            fails: Cause::Error,
            probed: 0,
            store: BTreeMap::new(),
            served: Vec::new(),
        }
    }

    fn serve(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let amount = self.service.sample(ctx.random());
        ctx.work(amount, Timer::Work(place));
    }

    fn reply(&mut self, op: &Op, ctx: &mut Ctx<'_>) -> (Reply, Value) {
        if self.failing > 0.0 && ctx.random().chance(self.failing) {
            return (Reply::Fail(self.fails), Value::INITIAL);
        }
        let held = self.store.get(&op.key).copied().unwrap_or_default();
        let value = match op.kind {
            OpKind::Write => op.value,
            _ => held,
        };
        if op.kind.writes() {
            self.store.insert(op.key, op.value);
        }
        (Reply::Ok, value)
    }
}

/// What stands on the bench.
#[derive(Clone, Debug)]
pub enum Unit {
    Machine(Component),
    Server(Box<Server>),
}

impl Behavior for Unit {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        if let Unit::Machine(m) = self {
            m.start(ctx);
        }
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match (self, message) {
            (Unit::Machine(m), message) => m.message(link, message, ctx),
            (Unit::Server(s), Message::Ask(ask)) if ask.what == What::Probe => {
                s.probed += 1;
                ctx.send(link, Message::Answer(ask.answer(Reply::Well { writable: true })));
            }
            (Unit::Server(s), Message::Ask(ask)) => {
                s.served.push((ctx.now(), ask));
                if let Arrival::Starts(place) = s.station.arrive((link, ask), ctx.now()) {
                    s.serve(place, ctx);
                }
            }
            _ => {}
        }
    }

    fn refused(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        if let Unit::Machine(m) = self {
            m.refused(link, message, ctx);
        }
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        if let Unit::Machine(m) = self {
            m.broken(link, ctx);
        }
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match (self, timer) {
            (Unit::Machine(m), timer) => m.timer(timer, ctx),
            (Unit::Server(s), Timer::Work(place)) => {
                let Some(job) = s.station.leave(place, true, ctx.now()) else { return };
                let (link, ask) = job.job;
                let (reply, value) = s.reply(&ask.op, ctx);
                ctx.send(
                    link,
                    Message::Answer(crate::components::protocol::Answer { value, ..ask.answer(reply) }),
                );
                while let Some(place) = s.station.next(ctx.now()) {
                    s.serve(place, ctx);
                }
            }
            _ => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            Unit::Machine(m) => m.crash(ctx),
            Unit::Server(s) => {
                s.station.crash(ctx.now());
            }
        }
    }
}

/// A world of named machines, and what was noted in it.
#[derive(Clone)]
pub struct Bench {
    pub world: World<Unit>,
    /// By node: name, kind, settings. A test's server counts as an app server.
    machines: Vec<(String, Kind, Settings)>,
    pub files: Files,
    pub records: Vec<(Instant, Record)>,
}

/// `workers=4 service=exp(10ms)`, as the notation writes settings.
pub fn settings(kind: Kind, text: &str) -> Settings {
    read(kind.parameters(), text)
}

fn read(table: &[crate::components::parameter::Parameter], text: &str) -> Settings {
    let one = |word: &str| {
        let (name, value) = word.split_once('=').expect("name=value");
        let parameter = table.iter().find(|p| p.name == name).unwrap_or_else(|| panic!("no setting {name}"));
        (name.to_string(), parameter.read(value).unwrap_or_else(|e| panic!("{e}")))
    };
    text.split_whitespace().map(one).collect()
}

impl Bench {
    pub fn new(seed: u64) -> Bench {
        Bench { world: World::new(seed), machines: Vec::new(), files: Files::new(), records: Vec::new() }
    }

    /// A machine of this kind ("load-balancer"), with settings as the notation writes them.
    pub fn add(&mut self, word: &str, name: &str, text: &str) -> NodeId {
        let kind = Kind::from_word(word).expect("a kind");
        let settings = settings(kind, text);
        let me = Process(self.machines.len() as u32);
        let component = Component::new(kind, &birth(&settings, me, &self.files));
        self.machines.push((name.to_string(), kind, settings));
        self.world.add(hash::text(name), Unit::Machine(component))
    }

    /// A server for tests.
    pub fn serve(&mut self, name: &str, server: Server) -> NodeId {
        self.machines.push((name.to_string(), Kind::AppServer, Settings::new()));
        self.world.add(hash::text(name), Unit::Server(Box::new(server)))
    }

    pub fn join(&mut self, from: NodeId, wire: Wire, to: NodeId, text: &str) -> LinkId {
        let settings = read(wire.parameters(), text);
        let (a, b) = (self.machines[from.0 as usize].clone(), self.machines[to.0 as usize].clone());
        let name = hash::text(&format!("{}{}{}", a.0, wire.arrow(), b.0));
        let link = self.world.join(name, wiring::plan(from, to, &settings));
        for (me, peer, (name, kind, peer_settings), outgoing) in [(from, to, &b, true), (to, from, &a, false)]
        {
            let port = Port {
                link,
                peer: Process(peer.0),
                peer_zone: None,
                peer_region: wiring::zones::Region::Anywhere,
                peer_kind: *kind,
                peer_name: name,
                peer_card: name.trim_end_matches(|c: char| c == '-' || c.is_ascii_digit()),
                peer_settings,
                wire,
                outgoing,
                settings: &settings,
            };
            self.world.with(me, |unit, ctx| {
                if let Unit::Machine(m) = unit {
                    m.joined(&port, ctx);
                }
            });
        }
        link
    }

    pub fn part(&mut self, link: LinkId) {
        let plan = self.world.link(link).plan.clone();
        for node in [plan.a, plan.b] {
            self.world.with(node, |unit, ctx| {
                if let Unit::Machine(m) = unit {
                    m.parted(link, ctx);
                }
            });
        }
        self.world.remove_link(link);
    }

    /// Edits the settings of a machine while it runs.
    pub fn set(&mut self, node: NodeId, text: &str) {
        let kind = self.machines[node.0 as usize].1;
        let settings = settings(kind, text);
        let birth = birth(&settings, Process(node.0), &self.files);
        self.world.with(node, |unit, ctx| {
            if let Unit::Machine(m) = unit {
                m.set(&birth, ctx);
            }
        });
        self.machines[node.0 as usize].2 = settings;
    }

    pub fn order(&mut self, node: NodeId, order: Order) -> bool {
        self.world.with(node, |unit, ctx| match unit {
            Unit::Machine(m) => m.order(order, ctx),
            Unit::Server(_) => false,
        })
    }

    pub fn crash(&mut self, node: NodeId) {
        self.world.apply(&Fault::Crash { node, host: false });
    }

    pub fn crash_host(&mut self, node: NodeId) {
        self.world.apply(&Fault::Crash { node, host: true });
    }

    pub fn restart(&mut self, node: NodeId) {
        self.world.apply(&Fault::Restart { node });
    }

    /// Runs until so many seconds from the begin.
    pub fn run(&mut self, until: f64) {
        let until = Instant::START + Duration::from_secs_f64(until);
        while !self.world.run(until, 1 << 20) {
            self.collect();
        }
        self.collect();
    }

    fn collect(&mut self) {
        let notes = self.world.drain_notes();
        self.records.extend(notes.filter_map(|(at, _, note)| match note {
            Note::History(record) => Some((at, record)),
            _ => None,
        }));
    }

    pub fn machine(&self, node: NodeId) -> &Component {
        match self.world.get(node) {
            Unit::Machine(m) => m,
            Unit::Server(_) => panic!("{node:?} is a test's server"),
        }
    }

    pub fn gauge(&self, node: NodeId) -> Gauge {
        self.machine(node).gauge()
    }

    pub fn server(&self, node: NodeId) -> &Server {
        match self.world.get(node) {
            Unit::Server(s) => s,
            Unit::Machine(_) => panic!("{node:?} is no test's server"),
        }
    }

    pub fn change(&mut self, node: NodeId, f: impl FnOnce(&mut Server)) {
        self.world.with(node, |unit, _| match unit {
            Unit::Server(s) => f(s),
            Unit::Machine(_) => panic!("{node:?} is no test's server"),
        });
    }

    /// Every operation that has returned: when, which, and how.
    pub fn returns(&self) -> impl Iterator<Item = (Instant, Op, Outcome)> {
        self.records.iter().filter_map(|(at, record)| match record {
            Record::Return { op, outcome } => Some((*at, *op, *outcome)),
            _ => None,
        })
    }

    /// Operations other than logins that ended so.
    pub fn count(&self, which: impl Fn(Outcome) -> bool) -> usize {
        self.returns().filter(|(_, op, outcome)| op.kind != OpKind::Login && which(*outcome)).count()
    }

    pub fn ok(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Ok { .. }))
    }

    /// Checks what holds of every history: each operation is invoked once and returns at most once, and the operations
    /// of a session do not overlap.
    pub fn check(&self) {
        let mut open = BTreeMap::new();
        let mut returned = std::collections::BTreeSet::new();
        for (_, record) in &self.records {
            match record {
                Record::Invoke(op) => {
                    assert_eq!(open.insert(op.session, op.id), None, "{op:?} overlaps another")
                }
                Record::Return { op, .. } => {
                    assert_eq!(open.remove(&op.session), Some(op.id), "{op:?} was not under way");
                    assert!(returned.insert(op.id), "{op:?} returned twice");
                }
                Record::Fact(_) => {}
            }
        }
    }
}

fn birth<'a>(settings: &'a Settings, me: Process, files: &'a Files) -> Birth<'a> {
    Birth { settings, me, clone: 1, clones: 1, seed: 1, set: me.0, files }
}
