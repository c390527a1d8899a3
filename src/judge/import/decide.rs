//! One object's operations judged: by zones where every value is written once, else by the search.
//! It knows what was read from the file, and the checkers.

use super::{End, Event, History, Object, ObjectModel, What, search};
use crate::history::{Cause, Entry, Key, Kind, Op, OpId, Outcome, Process, Record, SessionId, Value};
use crate::judge::linearizability::Linearizability;
use crate::judge::map::Map;
use crate::judge::{Names, Seen};
use crate::stdx::{Duration, Instant};
use serde_json::Value as Json;

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
    pub object: &'a Object,
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
                let unwritten = || self.unwritten(&[index]).map(|look| self.never_written(look));
                let shown = || self.not(witness.pattern, &witness.ops, witness.between, None);
                return Some(unwritten().or_else(|| self.overwritten(index)).unwrap_or_else(shown));
            }
        }
        (checker.unjudged() == 0).then_some(Finding::Linearizable)
    }

    /// Call and return where a proof draws them: at their lines, unless these are in another order than time.
    pub fn instants(&self, event: &Event) -> (Instant, Instant) {
        match self.history.sorted {
            true => (Instant(event.lines.0), Instant(event.lines.1)),
            false => (Instant(event.call), Instant(event.returned)),
        }
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
            invoked: self.instants(event).0,
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
        Seen::done(self.op(index, event), self.outcome(event), self.instants(event).1)
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
        match gap.0 {
            _ if !self.history.sorted => "later".into(),
            1 => "1 line later".into(),
            lines => format!("{lines} lines later"),
        }
    }
    fn counts(&self) -> Option<&'static str> {
        Some(if self.history.sorted { "line" } else { "instant" })
    }
}
