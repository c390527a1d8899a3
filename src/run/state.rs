//! The whole state of a run at one instant, as a value: a clone of it is a checkpoint. It knows no screen, and nothing
//! of going back in time.

use super::cast::{Card, Cast, Line, clone_name};
use super::frame::{Dot, Look};
use super::sets;
use super::sides::{self, Sides};
use super::trace::Traces;
use super::versions::Versions;
use crate::components::parts::gauge::Counters;
use crate::components::protocol::{Message, Note, Order, Reply};
use crate::components::{Birth, Component, Files, Kind, Machine as _, Port, Wire, wiring};
use crate::history::{Entry, Fact, Kind as OpKind, Outcome, Process, Record};
use crate::judge::Judge;
use crate::metrics::series::Series;
use crate::scenario::fault::{Fault, Way};
use crate::scenario::{Document, Link, Machine};
use crate::sim::{self, Condition, LinkId, NodeId, Tap, World};
use crate::stdx::{Duration, Instant, hash};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What was counted at one beat: rates are differences of these.
#[derive(Clone, Debug)]
pub struct Beat {
    pub at: Instant,
    /// By card.
    pub counters: Vec<Counters>,
    pub waiting: Vec<u32>,
    /// By line: messages sent with the arrow and against it.
    pub sent: Vec<[u64; 2]>,
}

#[derive(Clone)]
pub struct State {
    pub document: Arc<Document>,
    pub cast: Cast,
    pub world: World<Component>,
    pub judge: Judge,
    pub series: Series,
    pub versions: Versions,
    pub traces: Traces,
    pub sides: Sides,
    /// Beats of about the last second.
    pub beats: VecDeque<Beat>,
    /// Faults of the document's schedule up to here have happened.
    planned: Option<Instant>,
    history_hash: u64,
    /// Where the dots of messages are drawn from; no part of the run's hash.
    pub dots: Vec<Dot>,
}

impl State {
    pub fn new(document: Arc<Document>) -> State {
        let mut state = State {
            world: World::new(document.seed),
            document: Arc::new(Document { seed: document.seed, ..Document::default() }),
            cast: Cast::default(),
            judge: Judge::new(),
            series: Series::new(),
            versions: Versions::default(),
            traces: Traces::default(),
            sides: Sides::default(),
            beats: VecDeque::new(),
            planned: None,
            history_hash: 0,
            dots: Vec::new(),
        };
        state.edit(document, &[]);
        state.beat();
        state
    }

    pub fn now(&self) -> Instant {
        self.world.now()
    }

    /// The same number for the same run, on every machine: every event at its instant, every line of the history.
    pub fn hash(&self) -> u64 {
        hash::fold(self.world.hash(), self.history_hash)
    }

    /// Runs to `until`, at most `budget` events. True: it is there.
    pub fn advance(&mut self, until: Instant, budget: u64) -> bool {
        let end = self.world.popped().saturating_add(budget);
        loop {
            let planned = self.next_planned();
            let target = [Some(until), planned, Some(self.series.closes_at())]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(until);
            let there = self.world.run(target, end.saturating_sub(self.world.popped()));
            self.drain();
            if !there {
                return false;
            }
            if self.series.closes_at() == target {
                self.beat();
                let waiting = self.beats.back().map(|b| b.waiting.clone()).unwrap_or_default();
                self.series.close(waiting);
            }
            if planned == Some(target) {
                self.planned = Some(target);
                let document = self.document.clone();
                for planned in document.schedule.iter().filter(|s| s.at == target) {
                    // A planned fault that names nothing is a problem of the drawing, told before the run.
                    let _ = self.fault(&planned.fault);
                }
            }
            if target >= until {
                return true;
            }
        }
    }

    /// Handles one event and what the document plans before it. False: nothing is under way.
    pub fn step(&mut self) -> bool {
        let Some(next) = self.world.next_at() else { return false };
        // First everything that is planned before the event, at its own instant.
        while let Some(at) = self.stop_before(next) {
            self.advance(at, 0);
            if self.stop_before(next) == Some(at) {
                break;
            }
        }
        let stepped = self.world.step();
        self.drain();
        stepped
    }

    fn stop_before(&self, next: Instant) -> Option<Instant> {
        let stop = self.next_planned().map_or(self.series.closes_at(), |p| p.min(self.series.closes_at()));
        (stop < next).then_some(stop)
    }

    /// The instant of the next planned fault.
    fn next_planned(&self) -> Option<Instant> {
        self.document.schedule.iter().map(|s| s.at).filter(|at| self.planned.is_none_or(|p| *at > p)).min()
    }

    fn drain(&mut self) {
        let State { world, judge, series, versions, traces, history_hash, .. } = self;
        for (at, node, note) in world.drain_notes() {
            match note {
                Note::History(record) => {
                    let entry = Entry { at, record };
                    *history_hash = hash::fold(*history_hash, digest(&entry));
                    judge.read(&entry);
                    series.read(&entry);
                    versions.read(&entry);
                    traces.read(&entry);
                }
                Note::Hop { op, arrived, started, ok } => traces.hop(at, node, &op, arrived, started, ok),
            }
        }
        let taps = self.world.take_taps();
        for tap in taps {
            if let Some(dot) = self.dot(&tap) {
                self.dots.push(dot);
            }
        }
    }

    fn tell(&mut self, fact: Fact) {
        let entry = Entry { at: self.now(), record: Record::Fact(fact) };
        self.history_hash = hash::fold(self.history_hash, digest(&entry));
        self.judge.read(&entry);
    }

    fn dot(&self, tap: &Tap<Message>) -> Option<Dot> {
        let line = self.cast.line_of(tap.link)?;
        let look = match &tap.message {
            Message::Ask(ask) if ask.op.kind.writes() => Look::Write,
            Message::Ask(ask) if ask.op.kind == OpKind::Job => Look::Job,
            Message::Ask(_) => Look::Asked,
            Message::Answer(answer) => match answer.reply {
                Reply::Fail(_) => Look::Refused,
                Reply::Unknown(_) => Look::TimedOut,
                Reply::Well { .. } => Look::Heartbeat,
                Reply::Ok if self.versions.outdated(answer.key, answer.value) && answer.position > 0 => {
                    Look::Stale
                }
                _ => Look::Answered,
            },
            #[allow(unreachable_patterns)]
            _ => Look::Copying,
        };
        let probe =
            matches!(&tap.message, Message::Ask(a) if a.what == crate::components::protocol::What::Probe);
        Some(Dot {
            link: line as u32,
            forth: tap.lane == 0,
            look: if probe { Look::Heartbeat } else { look },
            sent: tap.sent,
            due: tap.due,
            lost: !self.world.link(tap.link).open(tap.lane),
        })
    }

    fn beat(&mut self) {
        let mut counters = Vec::with_capacity(self.cast.cards.len());
        let mut waiting = Vec::with_capacity(self.cast.cards.len());
        for card in &self.cast.cards {
            let mut sum = Counters::default();
            let mut line = 0;
            for node in &card.nodes {
                let gauge = self.world.get(*node).gauge();
                sum.add(&gauge.counters);
                line += gauge.waiting;
            }
            counters.push(sum);
            waiting.push(line);
        }
        let sent = self.cast.lines.iter().map(|line| {
            let mut sum = [0; 2];
            for link in &line.links {
                let lanes = &self.world.link(*link).lanes;
                sum[0] += lanes[0].sent;
                sum[1] += lanes[1].sent;
            }
            sum
        });
        let beat = Beat { at: self.now(), counters, waiting, sent: sent.collect() };
        self.beats.push_back(beat);
        while self.beats.len() > 2 && self.beats[1].at + Duration::from_secs(1) <= self.now() {
            self.beats.pop_front();
        }
    }

    /// Lets a fault happen now. The error says what it names that is not there.
    pub fn fault(&mut self, fault: &Fault) -> Result<(), String> {
        let before: Vec<(NodeId, bool)> = self.alive();
        self.carry_out(fault)?;
        self.drain();
        for (node, was) in before {
            let is = self.is_alive(node);
            if was && !is {
                self.tell(Fact::Down { node: Process(node.0) });
            } else if !was && is {
                self.tell(Fact::Up { node: Process(node.0) });
            }
        }
        self.part();
        Ok(())
    }

    fn alive(&self) -> Vec<(NodeId, bool)> {
        self.cast.nodes().map(|n| (n, self.is_alive(n))).collect()
    }

    fn is_alive(&self, node: NodeId) -> bool {
        self.world.condition(node) == Condition::Up
    }

    fn carry_out(&mut self, fault: &Fault) -> Result<(), String> {
        use sim::Fault as F;
        let machines = |name: &str| match self.cast.machines(name) {
            none if none.is_empty() => Err(format!("There is no machine “{name}” on the board.")),
            nodes => Ok(nodes),
        };
        let links = |name: &crate::scenario::fault::LinkName| match self.cast.links(&self.world, name) {
            none if none.is_empty() => Err(format!("There is no line “{name:?}” on the board.")),
            links => Ok(links),
        };
        let each = |nodes: Vec<NodeId>, f: &dyn Fn(NodeId) -> F| nodes.into_iter().map(f).collect::<Vec<F>>();
        let mut orders: Vec<(NodeId, Order)> = Vec::new();
        let mut order = |nodes: Vec<NodeId>, o: Order| {
            orders.extend(nodes.into_iter().map(|n| (n, o)));
            Vec::new()
        };
        let faults: Vec<F> = match fault {
            Fault::Crash { machine, host } => {
                each(machines(machine)?, &|node| F::Crash { node, host: *host })
            }
            Fault::Restart { machine } => each(machines(machine)?, &|node| F::Restart { node }),
            Fault::Pause { machine } => each(machines(machine)?, &|node| F::Pause { node }),
            Fault::Resume { machine } => each(machines(machine)?, &|node| F::Resume { node }),
            Fault::Slow { machine, factor } => {
                each(machines(machine)?, &|node| F::Slow { node, factor: *factor })
            }
            Fault::Skew { machine, ahead, behind } => {
                let nanos = i64::try_from(ahead.0).unwrap_or(i64::MAX) * if *behind { -1 } else { 1 };
                each(machines(machine)?, &|node| F::Skew { node, nanos })
            }
            Fault::Cut { link, way } => {
                let cut = |(link, against): (LinkId, bool)| F::Cut { link, way: lanes(*way, against) };
                links(link)?.into_iter().map(cut).collect()
            }
            Fault::Heal { link } => links(link)?.into_iter().map(|(link, _)| F::Heal { link }).collect(),
            Fault::HealAll => self.links(|_| true).into_iter().map(|link| F::Heal { link }).collect(),
            Fault::Delay { link, by } => {
                let by = (by.constant() != Some(Duration::ZERO)).then(|| by.clone());
                links(link)?.into_iter().map(|(link, _)| F::Delay { link, by: by.clone() }).collect()
            }
            Fault::Loss { link, share } => {
                let share = Some(*share);
                links(link)?.into_iter().map(|(link, _)| F::Loss { link, share }).collect()
            }
            Fault::Isolate { machine } => {
                let nodes = machines(machine)?;
                let cut = |link| F::Cut { link, way: sim::Way::Both };
                nodes.iter().flat_map(|n| self.world.links_of(*n).to_vec()).map(cut).collect()
            }
            Fault::Part { one, other } => {
                let (a, b) = (self.zone(one)?, self.zone(other)?);
                let between = |link: LinkId| {
                    let plan = &self.world.link(link).plan;
                    (a.contains(&plan.a) && b.contains(&plan.b))
                        || (b.contains(&plan.a) && a.contains(&plan.b))
                };
                let cut = |link| F::Cut { link, way: sim::Way::Both };
                self.links(between).into_iter().map(cut).collect()
            }
            Fault::Outage { zone } => each(self.zone(zone)?, &|node| F::Crash { node, host: true }),
            Fault::LoseDisk { machine } => order(machines(machine)?, Order::LoseDisk),
            Fault::FillDisk { machine } => order(machines(machine)?, Order::FillDisk),
            Fault::DropCache { machine } => order(machines(machine)?, Order::DropCache),
            Fault::Promote { machine } => order(machines(machine)?, Order::Promote),
            Fault::Deploy { machine, version } => order(machines(machine)?, Order::Deploy(*version)),
            Fault::Traffic { machine, factor } => order(machines(machine)?, Order::Traffic(*factor)),
        };
        for fault in &faults {
            self.world.apply(fault);
        }
        let mut meant = faults.len();
        for (node, order) in orders {
            meant += self.world.with(node, |m, ctx| m.order(order, ctx)) as usize;
        }
        if meant == 0 {
            return Err(format!("“{fault:?}” means nothing to that machine."));
        }
        Ok(())
    }

    fn links(&self, which: impl Fn(LinkId) -> bool) -> Vec<LinkId> {
        self.cast.lines.iter().flat_map(|l| l.links.iter().copied()).filter(|l| which(*l)).collect()
    }

    fn zone(&self, name: &str) -> Result<Vec<NodeId>, String> {
        let inside = self.document.machines.iter().filter(|m| m.zone.as_deref() == Some(name));
        let nodes: Vec<NodeId> = inside.flat_map(|m| self.cast.machines(&m.name)).collect();
        if nodes.is_empty() { Err(format!("There is no machine in a zone “{name}”.")) } else { Ok(nodes) }
    }

    /// Looks who can reach whom, and tells the judge when that has changed.
    fn part(&mut self) {
        let nodes: Vec<NodeId> = self.cast.nodes().collect();
        let sides = sides::of(&self.world, &nodes);
        if sides == self.sides {
            return;
        }
        let was = std::mem::replace(&mut self.sides, sides.clone());
        if sides.parted {
            for (side, members) in sides.parts.iter().enumerate() {
                for node in members {
                    self.tell(Fact::Side { node: Process(node.0), side: side as u32 });
                }
            }
            self.tell(Fact::Parted { sides: sides.parts.len() as u32 });
        } else if was.parted {
            self.tell(Fact::Whole);
        }
    }

    /// Makes the run follow an edited drawing, now. `renamed` are cards that go on under another name.
    pub fn edit(&mut self, document: Arc<Document>, renamed: &[(String, String)]) {
        for (from, to) in renamed {
            self.cast.rename(from, to);
        }
        let old = std::mem::replace(&mut self.document, document.clone());
        self.edit_machines(&old, &document, renamed);
        self.edit_lines(&document);
        self.drain();
        self.part();
        for card in &self.cast.cards {
            if let Some(machine) = document.machine(&card.name)
                && let Some(deadline) = timeout(machine)
            {
                card.nodes.iter().for_each(|n| self.series.deadline(Process(n.0), deadline));
            }
        }
        if self.planned.is_none() && self.now() > Instant::START {
            self.planned = Some(self.now());
        }
    }

    fn edit_machines(&mut self, old: &Document, new: &Document, renamed: &[(String, String)]) {
        let mut cards = std::mem::take(&mut self.cast.cards);
        // Whoever is not drawn any more, or stands for fewer clones, leaves with what it holds.
        cards.retain_mut(|card| {
            let kept = new.machine(&card.name).filter(|m| m.kind == card.kind);
            let clones = kept.map_or(0, |m| m.kind.clones(&m.settings)) as usize;
            for node in card.nodes.drain(clones.min(card.nodes.len())..) {
                self.world.remove(node);
            }
            kept.is_some()
        });
        let relinked = old.links != new.links;
        let mut firsts: BTreeMap<String, u32> =
            cards.iter().filter_map(|c| Some((c.name.clone(), c.nodes.first()?.0))).collect();
        for machine in &new.machines {
            let clones = machine.kind.clones(&machine.settings);
            let mut card = match cards.iter().position(|c| c.name == machine.name) {
                Some(i) => cards.swap_remove(i),
                None => Card { name: machine.name.clone(), kind: machine.kind, nodes: Vec::new() },
            };
            let called = |name: &str| {
                renamed.iter().find(|(_, to)| to == name).map_or(name.to_string(), |(f, _)| f.clone())
            };
            let was = old.machine(&called(&machine.name));
            firsts.entry(machine.name.clone()).or_insert(self.world.len() as u32);
            let set = sets::of(new, &firsts, &machine.name);
            let moved = relinked && (set.is_some() || sets::replicates(old, &called(&machine.name)));
            if was.is_some_and(|w| w.settings != machine.settings) || moved {
                for (i, node) in card.nodes.iter().enumerate() {
                    let birth = birth(machine, *node, i as u32 + 1, clones, set, new);
                    self.world.with(*node, |m, ctx| m.set(&birth, ctx));
                }
            }
            for clone in card.nodes.len() as u32 + 1..=clones {
                let name = clone_name(&machine.name, clone, clones);
                let node = NodeId(self.world.len() as u32);
                let birth = birth(machine, node, clone, clones, set, new);
                let component = Component::new(machine.kind, &birth);
                let added = self.world.add(hash::text(&name), component);
                debug_assert_eq!(added, node);
                self.cast.christen(node, &machine.name, name);
                card.nodes.push(node);
            }
            self.cast.cards.push(card);
        }
    }

    fn edit_lines(&mut self, new: &Document) {
        let mut lines = std::mem::take(&mut self.cast.lines);
        let same =
            |line: &Line, link: &Link| line.from == link.from && line.to == link.to && line.wire == link.wire;
        for line in &lines {
            if !new.links.iter().any(|l| same(line, l)) {
                line.links.iter().for_each(|l| self.take_link(*l));
            }
        }
        for link in &new.links {
            let mut line = match lines.iter().position(|l| same(l, link)) {
                Some(i) => lines.swap_remove(i),
                None => {
                    Line { from: link.from.clone(), to: link.to.clone(), wire: link.wire, links: Vec::new() }
                }
            };
            line.links.retain(|l| !self.world.link(*l).removed);
            self.wire(&mut line, link);
            self.cast.lines.push(line);
        }
    }

    fn take_link(&mut self, link: LinkId) {
        let plan = self.world.link(link).plan.clone();
        for end in [plan.a, plan.b] {
            if self.world.condition(end) != Condition::Removed {
                self.world.with(end, |m, ctx| m.parted(link, ctx));
            }
        }
        self.world.remove_link(link);
    }

    /// Joins every clone at the tail with every clone at the head, and refreshes the links that there are.
    fn wire(&mut self, line: &mut Line, link: &Link) {
        let ends = |name: &str| self.cast.card(name).map(|c| c.nodes.clone()).unwrap_or_default();
        let (tails, heads) = (ends(&link.from), ends(&link.to));
        for a in tails {
            for b in heads.iter().copied().filter(|b| *b != a) {
                let plan = wiring::plan(a, b, &link.settings);
                let known = line.links.iter().copied().find(|l| {
                    let p = &self.world.link(*l).plan;
                    p.a == a && p.b == b
                });
                let id = match known {
                    Some(id) => {
                        self.world.replan(id, plan.latency, plan.loss, plan.bandwidth);
                        id
                    }
                    None => {
                        let name = format!("{}{}{}", self.cast.name(a), link.wire.arrow(), self.cast.name(b));
                        let id = self.world.join(hash::text(&name), plan);
                        line.links.push(id);
                        id
                    }
                };
                self.join(id, a, b, true, link.wire, link);
                self.join(id, b, a, false, link.wire, link);
            }
        }
    }

    fn join(&mut self, link: LinkId, me: NodeId, peer: NodeId, outgoing: bool, wire: Wire, drawn: &Link) {
        let settings =
            self.document.machine(self.cast.card_of(peer)).map(|m| m.settings.clone()).unwrap_or_default();
        let (peer_name, peer_card) = (self.cast.name(peer).to_string(), self.cast.card_of(peer).to_string());
        let peer_kind: Kind = self.world.get(peer).kind();
        let port = Port {
            link,
            peer: Process(peer.0),
            peer_kind,
            peer_name: &peer_name,
            peer_card: &peer_card,
            peer_settings: &settings,
            wire,
            outgoing,
            settings: &drawn.settings,
        };
        self.world.with(me, |m, ctx| m.joined(&port, ctx));
    }
}

static FILES: std::sync::OnceLock<Files> = std::sync::OnceLock::new();

fn birth<'a>(
    machine: &'a Machine,
    node: NodeId,
    clone: u32,
    clones: u32,
    set: Option<u32>,
    document: &'a Document,
) -> Birth<'a> {
    Birth {
        settings: &machine.settings,
        me: Process(node.0),
        clone,
        clones,
        seed: document.seed,
        set: set.unwrap_or(node.0),
        files: FILES.get_or_init(Files::new),
    }
}

/// The time-out that a machine of clients gives its requests, if it is one.
fn timeout(machine: &Machine) -> Option<Duration> {
    use crate::components::parameter::Read;
    let parameter = machine.kind.parameters().iter().find(|p| p.name == "timeout")?;
    if machine.kind.info().shelf != crate::components::Shelf::Sends {
        return None;
    }
    let default = (parameter.default)();
    Duration::read(machine.settings.get("timeout").unwrap_or(&default))
}

fn lanes(way: Way, against: bool) -> sim::Way {
    match (way, against) {
        (Way::Both, _) => sim::Way::Both,
        (Way::Forth, false) | (Way::Back, true) => sim::Way::Forth,
        (Way::Back, false) | (Way::Forth, true) => sim::Way::Back,
    }
}

/// A line of the history as one word.
fn digest(entry: &Entry) -> u64 {
    let what = match entry.record {
        Record::Invoke(op) => hash::fold(1, op.id.0),
        Record::Return { op, outcome } => {
            let end = match outcome {
                Outcome::Ok { value } => hash::fold(2, value.0),
                Outcome::Fail(cause) => hash::fold(3, cause as u64),
                Outcome::Unknown(cause) => hash::fold(4, cause as u64),
            };
            hash::fold(end, op.id.0)
        }
        Record::Fact(fact) => match fact {
            Fact::Ordered { key, value, position, .. } => {
                hash::fold(hash::fold(5, value.0 ^ position), key.0 as u64)
            }
            Fact::Applied { node, key, value, .. } => {
                hash::fold(hash::fold(6, value.0), (key.0 as u64) << 32 | node.0 as u64)
            }
            Fact::Discarded { node, key, value, .. } => {
                hash::fold(hash::fold(7, value.0), (key.0 as u64) << 32 | node.0 as u64)
            }
            _ => 8,
        },
    };
    hash::fold(what, entry.at.0)
}
