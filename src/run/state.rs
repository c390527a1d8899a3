//! The whole state of a run at one instant, as a value: a clone of it is a checkpoint. It knows no screen, and nothing
//! of going back in time.

mod edit;
mod faults;
mod mishaps;

use super::beside::{Beside, Line, Readers};
use super::cast::Cast;
use super::evidence::Evidence;
use super::frame::{Dot, Look};
use super::sides::Sides;
use super::trace::Traces;
use super::uptime::Uptime;
use super::versions::Versions;
use super::wear::{Change, Wear};
use crate::components::parts::gauge::Counters;
use crate::components::protocol::{Message, Note, Reply};
use crate::components::{Component, Machine as _};
use crate::history::{Entry, Fact, Kind as OpKind, OpId, Outcome, Record, Value};
use crate::judge::{Judge, State as Judged, Witness};
use crate::metrics::probes::Probes;
use crate::metrics::series::Series;
use crate::scenario::Document;
use crate::sim::{Tap, World};
use crate::stdx::{Duration, Instant, hash};
use std::collections::{BTreeSet, VecDeque};
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

/// Where the judge reads beside the run: events between two handings-over of what there is to read; and so many the world may
/// be ahead while the rest of a beat is read.
const PIECE: u64 = 100;
const AHEAD: u64 = 1_000;

#[derive(Clone)]
pub struct State {
    pub document: Arc<Document>,
    pub cast: Cast,
    pub world: World<Component>,
    pub readers: Readers,
    /// Where they read.
    pub beside: Beside,
    /// Whether they read on: a bench wants to know what that costs.
    pub judging: bool,
    pub series: Series,
    pub probes: Probes,
    pub versions: Versions,
    pub traces: Traces,
    pub evidence: Evidence,
    pub sides: Sides,
    /// What fails by itself, the latest of it, and how long everything was up.
    pub wear: Wear,
    told: VecDeque<(Instant, Change)>,
    pub uptime: Uptime,
    /// Beats of about the last second.
    pub beats: VecDeque<Beat>,
    /// Faults of the document's schedule up to here have happened.
    planned: Option<Instant>,
    /// Those of them that changed nothing, and why.
    pub vain: Vec<(Instant, String)>,
    history_hash: u64,
    /// Every line of the history, where it is asked for: it grows without end.
    pub recorded: Option<Vec<Entry>>,
    /// A beat is over, and was not looked at yet for proofs.
    unpinned: bool,
    /// The number of contradictions whose proofs have been pinned.
    pinned: u64,
    /// Where the dots of messages are drawn from; no part of the run's hash.
    pub dots: Vec<Dot>,
}

impl State {
    /// `record`: the history is kept.
    pub fn new(document: Arc<Document>, record: bool) -> State {
        let mut state = State {
            world: World::new(document.seed),
            document: Arc::new(Document { seed: document.seed, ..Document::default() }),
            cast: Cast::default(),
            readers: Readers::default(),
            beside: Beside::default(),
            judging: true,
            series: Series::new(),
            probes: Probes::default(),
            versions: Versions::default(),
            traces: Traces::default(),
            evidence: Evidence::default(),
            sides: Sides::default(),
            wear: Wear::default(),
            told: VecDeque::new(),
            uptime: Uptime::default(),
            beats: VecDeque::new(),
            planned: None,
            vain: Vec::new(),
            history_hash: 0,
            recorded: record.then(Vec::new),
            unpinned: false,
            pinned: 0,
            dots: Vec::new(),
        };
        state.edit(document, &[]);
        state.beat();
        state
    }

    /// The same with a judge that reads nothing.
    pub fn unjudged(self) -> State {
        State { judging: false, readers: Readers::default(), ..self }
    }

    pub fn now(&self) -> Instant {
        self.world.now()
    }

    pub fn judge(&self) -> &Judge {
        &self.readers.judge
    }

    /// The same number for the same run, on every machine: every event at its instant, every line of the history.
    pub fn hash(&self) -> u64 {
        hash::fold(self.world.hash(), self.history_hash)
    }

    /// Runs to `until`, at most `budget` events. True: it is there.
    pub fn advance(&mut self, until: Instant, budget: u64) -> bool {
        let there = self.advance_on(until, budget);
        self.pin();
        self.beside.settle(&mut self.readers);
        there
    }

    fn advance_on(&mut self, until: Instant, budget: u64) -> bool {
        let end = self.world.popped().saturating_add(budget);
        loop {
            let planned = self.next_planned();
            let worn = self.wear.next();
            let target = [planned, worn, Some(self.series.closes_at())]
                .into_iter()
                .flatten()
                .fold(until, Instant::min);
            if !self.go(target, end) {
                return false;
            }
            if self.series.closes_at() == target {
                self.beat();
                let waiting = self.beats.back().map(|b| b.waiting.clone()).unwrap_or_default();
                self.series.close(waiting);
                self.unpinned = true;
            }
            if planned == Some(target) || worn == Some(target) {
                self.pin();
            }
            if planned == Some(target) {
                self.planned = Some(target);
                let document = self.document.clone();
                for planned in document.schedule.iter().filter(|s| s.at == target) {
                    // What it names was there before the run; what was taken away since, or cannot be struck so, is told.
                    if let Err(why) = self.fault(&planned.fault) {
                        self.vain.push((target, why));
                    }
                }
            }
            if worn == Some(target) {
                self.mishaps();
            }
            if target >= until {
                return true;
            }
        }
    }

    /// To the instant, or to so many events in all; piece by piece, so that there is always something to read beside it.
    fn go(&mut self, target: Instant, end: u64) -> bool {
        loop {
            let left = end.saturating_sub(self.world.popped());
            let piece = match self.beside.allowed() {
                true if self.unpinned => left.min(AHEAD),
                true => left.min(PIECE),
                false => left,
            };
            let there = self.world.run(target, piece);
            self.pin();
            self.drain();
            if there || piece == left {
                return there;
            }
        }
    }

    /// Handles one event and what the document plans before it. False: nothing is under way.
    pub fn step(&mut self) -> bool {
        let Some(next) = self.world.next_at() else {
            // Nothing is under way but what fails by itself.
            let Some(at) = self.wear.next() else { return false };
            self.advance(at, 0);
            return true;
        };
        // First everything that is planned before the event, at its own instant.
        while let Some(at) = self.stop_before(next) {
            self.advance(at, 0);
            if self.stop_before(next) == Some(at) {
                break;
            }
        }
        let stepped = self.world.step();
        self.drain();
        self.beside.settle(&mut self.readers);
        stepped
    }

    fn stop_before(&self, next: Instant) -> Option<Instant> {
        let stops = [self.next_planned(), self.wear.next()];
        let stop = stops.into_iter().flatten().fold(self.series.closes_at(), Instant::min);
        (stop < next).then_some(stop)
    }

    /// The instant of the next planned fault.
    fn next_planned(&self) -> Option<Instant> {
        self.document.schedule.iter().map(|s| s.at).filter(|at| self.planned.is_none_or(|p| *at > p)).min()
    }

    fn drain(&mut self) {
        let State {
            world,
            readers,
            beside,
            judging,
            series,
            probes,
            versions,
            traces,
            evidence,
            history_hash,
            recorded,
            ..
        } = self;
        for (at, node, note) in world.drain_notes() {
            match note {
                Note::History(record) => {
                    let entry = Entry { at, record };
                    *history_hash = hash::fold(*history_hash, digest(&entry));
                    if let Some(recorded) = recorded {
                        recorded.push(entry);
                    }
                    if *judging {
                        beside.read(readers, Line::Entry(entry));
                    }
                    series.read(&entry);
                    probes.read(&entry);
                    versions.read(&entry);
                    traces.read(&entry);
                    evidence.read(&entry);
                }
                Note::Hop { op, arrived, started, shown, .. } => {
                    traces.hop(at, node, &op, arrived, started);
                    if let Some(value) = shown
                        && *judging
                    {
                        beside.read(readers, Line::Shown { node, op, value, arrived });
                    }
                }
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
        if let Some(recorded) = &mut self.recorded {
            recorded.push(entry);
        }
        if self.judging {
            self.beside.read(&mut self.readers, Line::Entry(entry));
        }
    }

    fn dot(&self, tap: &Tap<Message>) -> Option<Dot> {
        // What goes between the clones of one card is not drawn.
        let line = self.cast.line_of(tap.link).filter(|l| *l < self.document.links.len())?;
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
            Message::Beat { .. } | Message::Address { .. } => Look::Heartbeat,
            Message::Copy(r) if r.is_heartbeat() => Look::Heartbeat,
            Message::Raft(r) if r.is_heartbeat() => Look::Heartbeat,
            Message::Quorum(q) if q.is_heartbeat() => Look::Heartbeat,
            Message::Copy(_) | Message::Raft(_) | Message::Quorum(_) => Look::Copying,
        };
        let probe =
            matches!(&tap.message, Message::Ask(a) if a.what == crate::components::protocol::What::Probe);
        let op = match &tap.message {
            Message::Ask(ask) => Some(ask.op.id),
            _ => None,
        };
        Some(Dot {
            op,
            link: line as u32,
            forth: tap.lane == 0,
            look: if probe { Look::Heartbeat } else { look },
            sent: tap.sent,
            due: tap.due,
            lost: !self.world.link(tap.link).open(tap.lane),
        })
    }

    /// After a beat, and before anything later is read (the world may be some events ahead: there is something to do while
    /// the rest is read beside it). Takes the worst answer's age; keeps the version numbers of the values that the proofs
    /// speak of and what was seen around them, and forgets those of proofs that are not the first or the latest any more.
    fn pin(&mut self) {
        if !std::mem::take(&mut self.unpinned) {
            return;
        }
        self.beside.settle(&mut self.readers);
        self.series.stale(self.readers.judge.staleness.take_worst());
        let contradictions = self.judge().contradictions();
        if std::mem::replace(&mut self.pinned, contradictions) == contradictions {
            return;
        }
        let mut proofs: Vec<Witness> = Vec::new();
        for verdict in self.judge().verdicts() {
            if let Judged::Broken { first, latest, .. } = verdict.state {
                proofs.extend([first, latest]);
            }
        }
        if proofs.is_empty() {
            return;
        }
        let mut operations: BTreeSet<OpId> = BTreeSet::new();
        let mut values: BTreeSet<Value> = BTreeSet::new();
        for witness in &proofs {
            self.evidence.pin(witness, &self.traces);
            for seen in &witness.ops {
                operations.insert(seen.op.id);
                for value in [Some(seen.op.value), seen.read()].into_iter().flatten() {
                    self.versions.pin(seen.op.key, value);
                    values.insert(value);
                }
            }
        }
        self.versions.keep(&values);
        self.evidence.keep(&operations, &values);
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
