//! One object's operations judged: by zones where every value is written once, else by the search.
//! It knows what was read from the file, and the checkers.

use super::{End, Event, History, Object, ObjectModel, What, search};
use crate::history::{Cause, Entry, Key, Kind, Op, OpId, Outcome, Process, Record, SessionId, Value};
use crate::judge::linearizability::Linearizability;
use crate::judge::map::Map;
use crate::judge::witness::capitalised;
use crate::judge::{Names, Pattern, Seen, Witness, render_text};
use crate::stdx::{Duration, Instant};
use serde_json::Value as Json;
use std::cmp::Reverse;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checker {
    /// Every value was written once: exact, in time that grows with the number of operations alone.
    Zones,
    /// A complete search with a budget.
    Search,
}

impl Checker {
    pub fn name(self) -> &'static str {
        match self {
            Checker::Zones => "zones",
            Checker::Search => "search",
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Finding {
    Linearizable,
    Not {
        /// The contradiction in one sentence.
        sentence: String,
        /// Lines of the file that prove it, in order.
        lines: Vec<u64>,
        /// The space-time diagram as text; the axis counts lines.
        diagram: String,
    },
    /// The search spent this many steps without an answer.
    Unknown {
        steps: u64,
    },
}

impl Finding {
    pub fn name(&self) -> &'static str {
        match self {
            Finding::Linearizable => "linearizable",
            Finding::Not { .. } => "not linearizable",
            Finding::Unknown { .. } => "unknown",
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct KeyReport {
    /// As the file writes it; empty if the file names no keys.
    pub key: String,
    pub operations: u64,
    pub checker: Checker,
    pub finding: Finding,
}

pub(super) fn decide(history: &History, object: &Object, budget: u64) -> KeyReport {
    let case = Case::new(history, object);
    let by_zones = match history.model {
        ObjectModel::Append => None,
        ObjectModel::Register | ObjectModel::CasRegister => case.zones(),
    };
    let (checker, finding) = match by_zones {
        Some(finding) => (Checker::Zones, finding),
        None => (Checker::Search, case.search(budget)),
    };
    let key = match history.names.get(object.key) {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        _ => history.names.text(object.key),
    };
    KeyReport { key, operations: object.events.len() as u64, checker, finding }
}

pub(super) struct Case<'a> {
    pub history: &'a History,
    object: &'a Object,
    /// What may have happened and matters for the answer.
    pub events: Vec<&'a Event>,
    /// Interned; none if the file does not say what it is.
    pub initial: Option<u32>,
}

impl<'a> Case<'a> {
    fn new(history: &'a History, object: &'a Object) -> Case<'a> {
        let happened = |e: &&Event| e.end != End::Fail && !(e.end == End::Unknown && e.what == What::Read);
        let mut events: Vec<&Event> = object.events.iter().filter(happened).collect();
        if history.model != ObjectModel::Append {
            search::drop_unobserved(&mut events);
        }
        Case { history, object, events, initial: history.initial }
    }

    fn value(&self, number: u32) -> Value {
        if Some(number) == self.initial { Value::INITIAL } else { Value(u64::from(number) + 1) }
    }

    /// None if some value may have been written more often than once, or a compare-and-set is not a plain update.
    fn zones(&self) -> Option<Finding> {
        let mut written: Map<u32, ()> = Map::default();
        for event in &self.events {
            let value = match (event.what, event.end) {
                (What::Read, _) => continue,
                (What::Write(value), _) | (What::Cas(_, value), End::Ok) => value,
                _ => return None,
            };
            if Some(value) == self.initial || written.insert(value, ()).is_some() {
                return None;
            }
        }
        let mut entries: Vec<(u64, bool, usize)> = Vec::with_capacity(2 * self.events.len());
        for (index, event) in self.events.iter().enumerate() {
            entries.push((event.call, false, index));
            if event.end == End::Ok {
                entries.push((event.returned, true, index));
            }
        }
        entries.sort_unstable();
        let mut checker = Linearizability::default();
        for (at, returns, index) in entries {
            let event = self.events[index];
            let op = Op { invoked: Instant(event.call), ..self.op(index, event) };
            let outcome = self.outcome(event);
            let record = if returns { Record::Return { op, outcome } } else { Record::Invoke(op) };
            checker.read(&Entry { at: Instant(at), record });
            // One proof is enough; what follows cannot make the history linearizable again.
            if let Some(witness) = checker.latest() {
                if let Some(finding) = self.overwritten(index) {
                    return Some(finding);
                }
                if let (Pattern::NeverWritten, [seen]) = (witness.pattern, &witness.ops[..]) {
                    return Some(self.never_written(seen.op.id.0 as usize));
                }
                return Some(self.not(witness.pattern, &witness.ops, witness.between, None));
            }
        }
        (checker.unjudged() == 0).then_some(Finding::Linearizable)
    }

    /// The proof where what was looked at had been overwritten before. The checker forgets old values, and with them
    /// why they are older; here everything is still known: who showed first that the old value was there, who showed
    /// a newer one before this look began, and that this one was not over before the old one came.
    fn overwritten(&self, look: usize) -> Option<Finding> {
        let found = |e: &Event| match e.what {
            What::Read => Some(e.read),
            What::Cas(from, _) => Some(from),
            What::Write(_) | What::Append(_) => None,
        };
        let (Event { call: start, returned: now, .. }, old) = (*self.events[look], found(self.events[look])?);
        let known: Vec<usize> = (0..self.events.len())
            .filter(|n| *n != look && self.events[*n].end == End::Ok && self.events[*n].returned <= now)
            .collect();
        // For each value the operation that showed it first, and the one that showed it last.
        let mut zones: Map<u32, (usize, usize)> = Map::default();
        let values = |n: usize| {
            let event = self.events[n];
            let written = match event.what {
                What::Write(value) | What::Cas(_, value) => Some(value),
                What::Read | What::Append(_) => None,
            };
            found(event).into_iter().chain(written)
        };
        for n in &known {
            for value in values(*n) {
                let (first, last) = zones.entry(value).or_insert((*n, *n));
                *first = std::cmp::min_by_key(*first, *n, |n| self.events[*n].returned);
                *last = std::cmp::max_by_key(*last, *n, |n| self.events[*n].call);
            }
        }
        let there = if Some(old) == self.initial { None } else { Some(zones.get(&old)?.0) };
        let proof = |(first, last): (usize, usize)| {
            let newer = there.is_none_or(|there| self.events[there].returned < self.events[last].call);
            let mut ops: Vec<usize> = there.into_iter().chain([first, last]).collect();
            ops.sort_unstable();
            ops.dedup();
            (newer && self.events[first].returned < start).then_some((ops, first))
        };
        let proofs = known
            .iter()
            .flat_map(|n| values(*n))
            .filter(|value| *value != old)
            .filter_map(|v| proof(zones[&v]));
        let (others, first) =
            proofs.min_by_key(|(ops, first)| (ops.len(), Reverse(self.events[*first].returned)))?;
        let others: Vec<Option<Seen>> =
            others.into_iter().map(|n| Some(self.seen(n, self.events[n]))).collect();
        let [newer, late] = [first, look].map(|n| self.seen(n, self.events[n]));
        let witness = Witness::new(Pattern::Overwritten, Key(0), late.end(), newer, late, &others);
        Some(self.not(Pattern::Overwritten, &witness.ops, witness.between, None))
    }

    pub fn op(&self, index: usize, event: &Event) -> Op {
        let (kind, value) = match event.what {
            What::Read => (Kind::Read, Value::INITIAL),
            What::Write(value) | What::Append(value) => (Kind::Write, self.value(value)),
            What::Cas(_, to) => (Kind::Update, self.value(to)),
        };
        Op {
            id: OpId(index as u64),
            client: Process(event.process),
            session: SessionId(event.process),
            kind,
            key: Key(0),
            value,
            invoked: Instant(event.lines.0),
        }
    }

    fn outcome(&self, event: &Event) -> Outcome {
        match (event.end, event.what) {
            (End::Unknown, _) => Outcome::Unknown(Cause::TimedOut),
            (End::Fail, _) => Outcome::Fail(Cause::Error),
            (End::Refused, _) => Outcome::Fail(Cause::Conflict),
            (End::Ok, What::Read) => Outcome::Ok { value: self.value(event.read) },
            (End::Ok, What::Cas(from, _)) => Outcome::Ok { value: self.value(from) },
            (End::Ok, What::Write(value) | What::Append(value)) => Outcome::Ok { value: self.value(value) },
        }
    }

    pub fn seen(&self, index: usize, event: &Event) -> Seen {
        Seen::done(self.op(index, event), self.outcome(event), Instant(event.lines.1))
    }

    /// The proof, with the lines of the file as its time.
    pub fn not(
        &self,
        pattern: Pattern,
        ops: &[Seen],
        between: (usize, usize),
        sentence: Option<String>,
    ) -> Finding {
        let ops: Vec<Seen> = ops
            .iter()
            .map(|seen| {
                let index = seen.op.id.0 as usize;
                let event = self.events[index];
                if event.end == End::Unknown {
                    Seen::pending(self.op(index, event))
                } else {
                    self.seen(index, event)
                }
            })
            .collect();
        let at = ops.iter().filter_map(|s| s.returned).max().unwrap_or(Instant::START);
        let mut lines: Vec<u64> =
            ops.iter().flat_map(|s| [Some(s.op.invoked), s.returned]).flatten().map(|i| i.0).collect();
        lines.sort_unstable();
        let mut diagram = Witness { pattern, key: Key(0), at, ops, between }.diagram(self);
        if let Some(sentence) = sentence {
            diagram.sentence = sentence;
        }
        for bar in &mut diagram.bars {
            bar.text = self.label(self.events[bar.op.0 as usize]);
        }
        Finding::Not { sentence: diagram.sentence.clone(), lines, diagram: render_text(&diagram) }
    }

    /// The proof where something was read that was never there.
    pub fn never_written(&self, read: usize) -> Finding {
        let (event, key) = (self.events[read], self.key(Key(0)));
        let value = match event.what {
            What::Cas(from, _) => from,
            _ => event.read,
        };
        let failed = |e: &&Event| {
            let writes = match e.what {
                What::Write(to) | What::Append(to) | What::Cas(_, to) => to == value,
                What::Read => false,
            };
            e.end == End::Fail && writes
        };
        let sentence = self.object.events.iter().find(failed).map(|failed| {
            let reader = self.session(SessionId(event.process));
            let [seen, failing] = [event, failed].map(|e| format!("lines {} and {}", e.lines.0, e.lines.1));
            let (text, words) = (self.history.values.text(value), self.words(failed));
            let sentence =
                format!("{reader} found {text} in {key} ({seen}), but {words} had failed ({failing}).");
            capitalised(&sentence)
        });
        self.not(Pattern::NeverWritten, &[self.seen(read, event)], (0, 0), sentence)
    }

    /// What a bar of the diagram stands for.
    fn label(&self, event: &Event) -> String {
        let (key, text) = (self.key(Key(0)), |value| self.history.values.text(value));
        match event.what {
            What::Read => format!("read {key} → {}", text(event.read)),
            What::Write(value) => format!("write {key} = {}", text(value)),
            What::Append(value) => format!("append {} to {key}", text(value)),
            What::Cas(from, to) => {
                let refused = if event.end == End::Refused { " (refused)" } else { "" };
                format!("set {key} from {} to {}{refused}", text(from), text(to))
            }
        }
    }

    pub fn words(&self, event: &Event) -> String {
        let values = &self.history.values;
        match event.what {
            What::Read => format!("the read of {}", values.text(event.read)),
            What::Write(value) => format!("the write of {}", values.text(value)),
            What::Append(value) => format!("the append of {}", values.text(value)),
            What::Cas(from, to) if event.end == End::Refused => {
                format!("the refused compare-and-set from {} to {}", values.text(from), values.text(to))
            }
            What::Cas(from, to) => {
                format!("the compare-and-set from {} to {}", values.text(from), values.text(to))
            }
        }
    }
}

impl Names for Case<'_> {
    fn session(&self, session: SessionId) -> String {
        format!("process {}", self.history.names.text(session.0))
    }
    fn process(&self, process: Process) -> String {
        format!("process {}", self.history.names.text(process.0))
    }
    fn key(&self, _: Key) -> String {
        match self.history.names.get(self.object.key) {
            Json::Null => "the object".into(),
            Json::String(text) => text.clone(),
            _ => format!("key {}", self.history.names.text(self.object.key)),
        }
    }
    fn value(&self, _: Key, value: Value) -> String {
        match (value, self.initial) {
            (Value::INITIAL, Some(initial)) => self.history.values.text(initial),
            (Value::INITIAL, None) => "\"\"".into(),
            (Value(number), _) => self.history.values.text((number - 1) as u32),
        }
    }
    fn later(&self, gap: Duration) -> String {
        if gap.0 == 1 { "1 line later".into() } else { format!("{} lines later", gap.0) }
    }
    fn counts_lines(&self) -> bool {
        true
    }
}
