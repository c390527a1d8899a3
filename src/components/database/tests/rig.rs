//! A small world for the database's tests: databases, clients that ask what they are told to, and everything they
//! answered. It may know no component but the database.

use crate::components::database::{Database, Settings};
use crate::components::parameter::{Parameter, Settings as Values};
use crate::components::parts::calls::Call;
use crate::components::parts::gauge::Gauge;
use crate::components::protocol::{Answer, Ask, Cookie, Ctx, Message, Note, Order, Reply, Timer, What};
use crate::components::{Birth, Files, Kind as Component, Machine, Port, Wire, wiring};
use crate::history::{Fact, Key, Kind, Op, OpId, Process, Record, SessionId, Value};
use crate::sim::{Behavior, Fault, LinkId, NodeId, Way, World};
use crate::stdx::{Duration, Instant};

pub fn ms(n: u64) -> Instant {
    Instant(n * 1_000_000)
}

pub fn secs(n: u64) -> Instant {
    ms(n * 1000)
}

/// A client that keeps what it is answered.
#[derive(Clone, Default)]
pub struct Client {
    answers: Vec<(Instant, Answer)>,
    refused: Vec<Call>,
}

#[derive(Clone)]
pub enum Actor {
    Database(Box<Database>),
    Client(Client),
}

macro_rules! hand_on {
    ($self:ident, $ctx:ident, $d:ident => $f:expr) => {
        match $self {
            Actor::Database($d) => $f,
            Actor::Client(_) => {}
        }
    };
}

impl Behavior for Actor {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        hand_on!(self, ctx, d => d.start(ctx))
    }
    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match (self, message) {
            (Actor::Database(d), message) => d.message(link, message, ctx),
            (Actor::Client(c), Message::Answer(answer)) => c.answers.push((ctx.now(), answer)),
            (Actor::Client(_), other) => panic!("nobody says this to a client: {other:?}"),
        }
    }
    fn refused(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match (self, message) {
            (Actor::Database(d), message) => d.refused(link, message, ctx),
            (Actor::Client(c), Message::Ask(ask)) => c.refused.push(ask.call),
            _ => {}
        }
    }
    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        hand_on!(self, ctx, d => d.broken(link, ctx))
    }
    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        hand_on!(self, ctx, d => d.timer(timer, ctx))
    }
    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        hand_on!(self, ctx, d => d.crash(ctx))
    }
}

/// A request that was sent, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent(u64);

impl Sent {
    /// How many were sent before it.
    pub fn number(self) -> u64 {
        self.0
    }
}

pub struct Rig {
    pub world: World<Actor>,
    pub facts: Vec<(Instant, Fact)>,
    ops: Vec<Op>,
    lines: Vec<(NodeId, Wire, NodeId, LinkId)>,
    /// What the next requests carry as the latest place known.
    pub seen: u64,
}

/// "read=1ms workers=2" as the notation would read it.
fn values(table: &[Parameter], text: &str) -> Values {
    let pairs = text.split_whitespace().map(|word| {
        let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("{word}: name=value"));
        let parameter = table.iter().find(|p| p.name == name).unwrap_or_else(|| panic!("no parameter {name}"));
        (name.to_string(), parameter.read(value).unwrap_or_else(|e| panic!("{e}")))
    });
    // The last one given counts.
    pairs.collect()
}

impl Rig {
    pub fn new() -> Rig {
        Rig::seeded(1)
    }

    pub fn seeded(seed: u64) -> Rig {
        Rig { world: World::new(seed), facts: Vec::new(), ops: Vec::new(), lines: Vec::new(), seen: 0 }
    }

    pub fn database(&mut self, settings: &str) -> NodeId {
        self.database_of(settings, 0)
    }

    /// One of another set of copies.
    pub fn database_of(&mut self, settings: &str, set: u32) -> NodeId {
        let settings = values(Settings::parameters(), settings);
        let me = self.world.len() as u32;
        let files = Files::new();
        let birth =
            Birth { settings: &settings, me: Process(me), clone: 1, clones: 1, seed: 1, set, files: &files };
        let db = self.world.add(me as u64, Actor::Database(Box::new(Database::new(&birth))));
        assert_eq!(db.0, me);
        db
    }

    /// A client with a line to each of these databases.
    pub fn client(&mut self, databases: &[NodeId]) -> NodeId {
        let client = self.world.add(1000 + self.world.len() as u64, Actor::Client(Client::default()));
        for db in databases {
            self.line(client, Wire::Calls, *db, "");
        }
        client
    }

    pub fn line(&mut self, from: NodeId, wire: Wire, to: NodeId, settings: &str) -> LinkId {
        let settings = values(wire.parameters(), settings);
        let link = self.world.join(5000 + self.lines.len() as u64, wiring::plan(from, to, &settings));
        self.lines.push((from, wire, to, link));
        for (end, other, outgoing) in [(from, to, true), (to, from, false)] {
            let peer_kind = match self.world.get(other) {
                Actor::Database(_) => Component::Database,
                Actor::Client(_) => Component::Users,
            };
            let name = format!("machine-{}", other.0);
            let port = Port {
                link,
                peer: Process(other.0),
                peer_zone: None,
                peer_region: wiring::zones::Region::Anywhere,
                peer_kind,
                peer_name: &name,
                peer_card: &name,
                peer_settings: &settings,
                wire,
                outgoing,
                settings: &settings,
            };
            self.world.with(end, |actor, ctx| {
                if let Actor::Database(d) = actor {
                    d.joined(&port, ctx);
                }
            });
        }
        link
    }

    pub fn now(&self) -> Instant {
        self.world.now()
    }

    pub fn run(&mut self, until: Instant) {
        while !self.world.run(until, 100_000) {}
        self.take_notes();
    }

    fn take_notes(&mut self) {
        for (at, _, note) in self.world.drain_notes() {
            if let Note::History(Record::Fact(fact)) = note {
                self.facts.push((at, fact));
            }
        }
    }

    pub fn fault(&mut self, fault: Fault) {
        self.world.apply(&fault);
    }

    pub fn order(&mut self, db: NodeId, order: Order) -> bool {
        let done = self.world.with(db, |actor, ctx| match actor {
            Actor::Database(d) => d.order(order, ctx),
            Actor::Client(_) => false,
        });
        self.take_notes();
        done
    }

    fn send(&mut self, client: NodeId, db: NodeId, op: Op, what: What, attempt: u8) -> Sent {
        let call = Call(self.ops.len() as u64);
        self.ops.push(op);
        let ask = Ask { call, op, what, cookie: Cookie::default(), seen: self.seen, attempt, region: 0 };
        let line = self.lines.iter().find(|(a, w, b, _)| (*a, *w, *b) == (client, Wire::Calls, db));
        let link = line.expect("the client has a line to that database").3;
        self.world.with(client, |_, ctx| ctx.send(link, Message::Ask(ask)));
        Sent(call.0)
    }

    fn op(&self, client: NodeId, kind: Kind, key: u32) -> Op {
        let id = self.ops.len() as u64;
        let value = if kind.writes() { Value(id + 1) } else { Value::INITIAL };
        let (client, session) = (Process(client.0), SessionId(client.0));
        Op { id: OpId(id), client, session, kind, key: Key(key), value, invoked: self.now() }
    }

    pub fn ask(&mut self, client: NodeId, db: NodeId, kind: Kind, key: u32) -> Sent {
        let op = self.op(client, kind, key);
        self.send(client, db, op, What::Operation, 0)
    }

    pub fn ask_what(&mut self, client: NodeId, db: NodeId, what: What) -> Sent {
        let op = self.op(client, Kind::Page, 0);
        self.send(client, db, op, what, 0)
    }

    /// Sends an operation once more.
    pub fn repeat(&mut self, client: NodeId, db: NodeId, sent: Sent) -> Sent {
        let op = self.ops[sent.0 as usize];
        self.send(client, db, op, What::Operation, 1)
    }

    pub fn value_of(&self, sent: Sent) -> Value {
        self.ops[sent.0 as usize].value
    }

    fn clients(&self) -> impl Iterator<Item = &Client> {
        (0..self.world.len()).filter_map(|n| match self.world.get(NodeId(n as u32)) {
            Actor::Client(c) => Some(c),
            Actor::Database(_) => None,
        })
    }

    fn answered(&self, sent: Sent) -> Option<(Instant, Answer)> {
        self.clients().flat_map(|c| &c.answers).find(|(_, a)| a.call.0 == sent.0).copied()
    }

    pub fn answer(&self, sent: Sent) -> Option<Answer> {
        self.answered(sent).map(|(_, a)| a)
    }

    pub fn answered_at(&self, sent: Sent) -> Option<Instant> {
        self.answered(sent).map(|(at, _)| at)
    }

    pub fn was_refused(&self, sent: Sent) -> bool {
        self.clients().any(|c| c.refused.contains(&Call(sent.0)))
    }

    pub fn db(&self, db: NodeId) -> &Database {
        match self.world.get(db) {
            Actor::Database(d) => d,
            Actor::Client(_) => panic!("that is a client"),
        }
    }

    pub fn holds(&self, db: NodeId, key: u32) -> Value {
        self.db(db).holds(Key(key)).expect("a database keeps a copy")
    }

    /// How many links there are.
    pub fn links(&self) -> u32 {
        self.lines.len() as u32
    }

    pub fn gauge(&self, db: NodeId) -> Gauge {
        self.db(db).gauge()
    }
}

impl Default for Rig {
    fn default() -> Rig {
        Rig::new()
    }
}

impl Rig {
    pub fn cut(&mut self, link: LinkId) {
        self.fault(Fault::Cut { link, way: Way::Both });
    }

    pub fn heal(&mut self, link: LinkId) {
        self.fault(Fault::Heal { link });
    }

    pub fn crash(&mut self, db: NodeId) {
        self.fault(Fault::Crash { node: db, host: false });
    }

    pub fn restart(&mut self, db: NodeId) {
        self.fault(Fault::Restart { node: db });
    }

    /// Lets so many milliseconds pass.
    pub fn pass(&mut self, millis: u64) {
        self.run(self.world.now() + Duration::from_millis(millis));
    }

    pub fn reply(&self, sent: Sent) -> Option<Reply> {
        self.answer(sent).map(|a| a.reply)
    }

    /// Asks, lets a quarter of a second pass, and says how that ended.
    pub fn try_now(&mut self, client: NodeId, db: NodeId, kind: Kind, key: u32) -> Option<Reply> {
        let sent = self.ask(client, db, kind, key);
        self.pass(250);
        self.reply(sent)
    }

    /// How many facts there are for which `which` holds.
    pub fn count(&self, which: impl Fn(&Fact) -> bool) -> usize {
        self.facts.iter().filter(|(_, f)| which(f)).count()
    }
}

impl Rig {
    /// Takes a line away while it runs.
    pub fn unline(&mut self, link: LinkId) {
        let plan = self.world.link(link).plan.clone();
        for end in [plan.a, plan.b] {
            self.world.with(end, |actor, ctx| {
                if let Actor::Database(d) = actor {
                    d.parted(link, ctx);
                }
            });
        }
        self.world.remove_link(link);
        self.take_notes();
    }

    /// Gives a database other settings while it runs.
    pub fn edit_database(&mut self, db: NodeId, settings: &str) {
        let settings = values(Settings::parameters(), settings);
        let (me, files) = (Process(db.0), Files::new());
        let birth = Birth { settings: &settings, me, clone: 1, clones: 1, seed: 1, set: 0, files: &files };
        self.world.with(db, |actor, ctx| {
            if let Actor::Database(d) = actor {
                d.set(&birth, ctx);
            }
        });
        self.take_notes();
    }

    pub fn nobody_is_answered_twice(&self) -> bool {
        let mut calls: Vec<Call> = self.clients().flat_map(|c| &c.answers).map(|(_, a)| a.call).collect();
        let all = calls.len();
        calls.sort_unstable();
        calls.dedup();
        calls.len() == all
    }
}
