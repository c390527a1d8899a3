//! For the tests of one machine: a world with that machine, clients who ask by hand and stores that answer by rote.
//! It may not know how any machine works.

use super::calls::Call;
use crate::components::parameter::Settings;
use crate::components::protocol::{Answer, Ask, Cookie, Ctx, Message, Note, Reply, Timer, What};
use crate::components::{Birth, Component, Files, Kind, Machine, Port, Wire};
use crate::history::{Cause, Key, Kind as OpKind, Op, OpId, Process, SessionId, Value};
use crate::sim::{Behavior, Fault, LinkId, LinkPlan, NodeId, World};
use crate::stdx::{Distribution, Duration, Instant, hash};
use std::collections::BTreeMap;

/// Answers by rote after a fixed time, as many at once as come.
#[derive(Clone, Debug)]
pub struct Rote {
    pub writable: bool,
    pub takes: Duration,
    /// Says this instead, if anything.
    pub says: Option<Reply>,
    pub silent: bool,
    pub rows: BTreeMap<Key, (Value, u64)>,
    pub sessions: BTreeMap<SessionId, u32>,
    pub position: u64,
    pub asked: Vec<(Instant, Ask)>,
    held: Vec<(LinkId, Ask)>,
}

impl Rote {
    fn answer(&mut self, ask: &Ask) -> Answer {
        let mut answer = ask.answer(self.says.unwrap_or(Reply::Ok));
        if self.says.is_some() {
            return answer;
        }
        match ask.what {
            What::Operation if ask.op.kind.writes() && !self.writable => {
                answer.reply = Reply::Fail(Cause::ReadOnly);
            }
            What::Operation if ask.op.kind.writes() => {
                self.position += 1;
                let old = self.rows.insert(ask.op.key, (ask.op.value, self.position));
                let base = old.map_or(Value::INITIAL, |(v, _)| v);
                answer.value = if ask.op.kind == OpKind::Update { base } else { ask.op.value };
                answer.position = self.position;
            }
            What::Operation => {
                (answer.value, answer.position) =
                    self.rows.get(&ask.op.key).copied().unwrap_or((Value::INITIAL, 0));
            }
            What::SessionGet => {
                answer.reply = match self.sessions.get(&ask.op.session) {
                    Some(cart) => Reply::Session { cart: *cart },
                    None => Reply::NoSession,
                }
            }
            What::SessionPut { cart } => {
                self.sessions.insert(ask.op.session, cart);
            }
            _ => answer.reply = Reply::Fail(Cause::Error),
        }
        answer
    }
}

/// Who takes part.
#[derive(Clone, Debug)]
pub enum Player {
    Client { answers: Vec<(Instant, Answer)>, refused: u32 },
    Rote(Box<Rote>),
    Machine(Box<Component>),
}

impl Behavior for Player {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        if let Player::Machine(m) = self {
            m.start(ctx);
        }
    }
    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match (self, message) {
            (Player::Machine(m), message) => m.message(link, message, ctx),
            (Player::Client { answers, .. }, Message::Answer(answer)) => answers.push((ctx.now(), answer)),
            (Player::Rote(r), Message::Ask(ask)) => {
                if ask.what == What::Probe {
                    if !r.silent {
                        let well = Reply::Well { writable: r.writable };
                        ctx.send(link, Message::Answer(ask.answer(well)));
                    }
                    return;
                }
                r.asked.push((ctx.now(), ask));
                if !r.silent {
                    r.held.push((link, ask));
                    ctx.timeout(r.takes, Timer::Tick(0));
                }
            }
            _ => panic!("a message that this player cannot get"),
        }
    }
    fn refused(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match self {
            Player::Machine(m) => m.refused(link, message, ctx),
            Player::Client { refused, .. } => *refused += 1,
            Player::Rote(_) => {}
        }
    }
    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        if let Player::Machine(m) = self {
            m.broken(link, ctx);
        }
    }
    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match self {
            Player::Machine(m) => m.timer(timer, ctx),
            Player::Rote(r) => {
                let (link, ask) = r.held.remove(0);
                let answer = r.answer(&ask);
                ctx.send(link, Message::Answer(answer));
            }
            Player::Client { .. } => {}
        }
    }
    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            Player::Machine(m) => m.crash(ctx),
            Player::Rote(r) => r.held.clear(),
            Player::Client { .. } => {}
        }
    }
}

/// The world and what a test does with it.
#[derive(Clone)]
pub struct Rig {
    pub world: World<Player>,
    names: Vec<(String, Option<Kind>)>,
    calls: u64,
}

/// Settings from "name=value name=value"; a mistake is a mistake of the test.
pub fn settings(kind: Kind, text: &str) -> Settings {
    let read = |word: &str| {
        let (name, value) = word.split_once('=').expect("name=value");
        let parameter = kind.parameters().iter().find(|p| p.name == name);
        let parameter = parameter.unwrap_or_else(|| panic!("there is no parameter {name}"));
        (name.to_string(), parameter.read(value).unwrap_or_else(|e| panic!("{e}")))
    };
    text.split_whitespace().map(read).collect()
}

impl Rig {
    pub fn new(seed: u64) -> Rig {
        Rig { world: World::new(seed), names: Vec::new(), calls: 0 }
    }

    fn add(&mut self, name: &str, kind: Option<Kind>, player: Player) -> NodeId {
        self.names.push((name.to_string(), kind));
        self.world.add(hash::text(name), player)
    }

    pub fn client(&mut self) -> NodeId {
        let name = format!("client-{}", self.names.len());
        self.add(&name, None, Player::Client { answers: Vec::new(), refused: 0 })
    }

    /// Answers by rote; passes for a database.
    pub fn rote(&mut self, name: &str, writable: bool, takes: Duration) -> NodeId {
        let rote = Rote {
            writable,
            takes,
            says: None,
            silent: false,
            rows: BTreeMap::new(),
            sessions: BTreeMap::new(),
            position: 0,
            asked: Vec::new(),
            held: Vec::new(),
        };
        self.add(name, Some(Kind::Database), Player::Rote(Box::new(rote)))
    }

    /// One clone of a card: "web-2" of "web" when the name says so.
    pub fn machine(&mut self, kind: Kind, name: &str, text: &str) -> NodeId {
        let settings = settings(kind, text);
        let clone = name.rsplit_once('-').and_then(|(_, n)| n.parse().ok()).unwrap_or(1);
        let me = Process(self.names.len() as u32);
        let clones = kind.clones(&settings);
        let birth =
            Birth { settings: &settings, me, clone, clones, seed: 1, set: me.0, files: &Files::new() };
        let component = Component::new(kind, &birth);
        self.add(name, Some(kind), Player::Machine(Box::new(component)))
    }

    pub fn set(&mut self, node: NodeId, kind: Kind, text: &str) {
        let settings = settings(kind, text);
        let (me, clones) = (Process(node.0), kind.clones(&settings));
        let birth =
            Birth { settings: &settings, me, clone: 1, clones, seed: 1, set: me.0, files: &Files::new() };
        self.with(node, |m, ctx| m.set(&birth, ctx));
    }

    pub fn join(&mut self, from: NodeId, to: NodeId, latency: Duration) -> LinkId {
        self.join_by(from, Wire::Calls, to, latency)
    }

    pub fn join_by(&mut self, from: NodeId, wire: Wire, to: NodeId, latency: Duration) -> LinkId {
        let plan = LinkPlan {
            a: from,
            b: to,
            latency: Distribution::Fixed(latency),
            distance: Duration::ZERO,
            loss: 0.0,
            bandwidth: None,
        };
        let link = self.world.join((from.0 as u64) << 32 | to.0 as u64, plan);
        let settings = Settings::new();
        for (end, other) in [(from, to), (to, from)] {
            let (name, kind) = self.names[other.0 as usize].clone();
            let port = Port {
                link,
                peer: Process(other.0),
                peer_zone: None,
                peer_region: crate::components::wiring::zones::Region::Anywhere,
                peer_kind: kind.unwrap_or(Kind::Users),
                peer_name: &name,
                peer_settings: &settings,
                peer_card: name.rsplit_once('-').map_or(&name, |(card, _)| card),
                wire,
                outgoing: end == from,
                settings: &settings,
            };
            if matches!(self.world.get(end), Player::Machine(_)) {
                self.with(end, |m, ctx| m.joined(&port, ctx));
            }
        }
        link
    }

    pub fn with<R>(&mut self, node: NodeId, f: impl FnOnce(&mut Component, &mut Ctx<'_>) -> R) -> R {
        self.world.with(node, |player, ctx| match player {
            Player::Machine(m) => f(m, ctx),
            _ => panic!("not a machine"),
        })
    }

    pub fn rote_mut<R>(&mut self, node: NodeId, f: impl FnOnce(&mut Rote) -> R) -> R {
        self.world.with(node, |player, _| match player {
            Player::Rote(r) => f(r),
            _ => panic!("not a store"),
        })
    }

    pub fn get(&self, node: NodeId) -> &Component {
        match self.world.get(node) {
            Player::Machine(m) => m,
            _ => panic!("not a machine"),
        }
    }

    /// The client sends this now; the answer bears the call.
    pub fn send(&mut self, client: NodeId, link: LinkId, mut ask: Ask) -> Call {
        self.calls += 1;
        ask.call = Call(self.calls);
        ask.op.id = OpId(self.calls);
        ask.op.invoked = self.world.now();
        self.world.with(client, |_, ctx| ctx.send(link, Message::Ask(ask)));
        ask.call
    }

    /// Sends, and lets the world run on until the answer is there (at most ten minutes).
    pub fn ask(&mut self, client: NodeId, link: LinkId, ask: Ask) -> Answer {
        let before = self.answers(client).len();
        let call = self.send(client, link, ask);
        let end = self.world.now() + Duration::from_secs(600);
        while self.world.next_at().is_some_and(|at| at <= end) {
            self.world.step();
            if let Some((_, answer)) = self.answers(client)[before..].iter().find(|(_, a)| a.call == call) {
                return *answer;
            }
        }
        panic!("nobody answered");
    }

    pub fn answers(&self, client: NodeId) -> &[(Instant, Answer)] {
        match self.world.get(client) {
            Player::Client { answers, .. } => answers,
            _ => panic!("not a client"),
        }
    }

    pub fn run(&mut self, span: Duration) {
        let until = self.world.now() + span;
        while !self.world.run(until, 1_000_000) {}
    }

    pub fn fault(&mut self, fault: Fault) {
        self.world.apply(&fault);
    }

    pub fn crash(&mut self, node: NodeId) {
        self.fault(Fault::Crash { node, host: false });
    }

    pub fn restart(&mut self, node: NodeId) {
        self.fault(Fault::Restart { node });
    }

    pub fn notes(&mut self) -> Vec<(Instant, Note)> {
        self.world.drain_notes().map(|(at, _, note)| (at, note)).collect()
    }
}

/// An operation as a client sends it; number, instant and call are put in when it leaves.
pub fn operation(kind: OpKind, key: u32, value: u64) -> Ask {
    Ask {
        call: Call(0),
        op: Op {
            id: OpId(0),
            client: Process(0),
            session: SessionId(1),
            kind,
            key: Key(key),
            value: Value(value),
            invoked: Instant::START,
        },
        what: What::Operation,
        cookie: Cookie::default(),
        seen: 0,
        attempt: 0,
        region: 0,
    }
}

pub fn read(key: u32) -> Ask {
    operation(OpKind::Read, key, 0)
}

pub fn write(key: u32, value: u64) -> Ask {
    operation(OpKind::Write, key, value)
}
