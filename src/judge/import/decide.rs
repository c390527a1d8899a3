//! One object's operations judged: by zones where every value is written once, else by the search.
//! It knows what was read from the file, and the checkers.

use super::{End, Event, History, Object, ObjectModel, Values, What};
use crate::history::{Cause, Entry, Key, Kind, Op, OpId, Outcome, Process, Record, SessionId, Value};
use crate::judge::linearizability::Linearizability;
use crate::judge::map::Map;
use crate::judge::oracle::{self, Action, Answer, Append, Operation, Register};
use crate::judge::{Names, Pattern, Seen, Witness, render_text};
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

struct Case<'a> {
    history: &'a History,
    object: &'a Object,
    /// What may have happened and matters for the answer.
    events: Vec<&'a Event>,
    initial: u32,
}

impl<'a> Case<'a> {
    fn new(history: &'a History, object: &'a Object) -> Case<'a> {
        let happened = |e: &&Event| e.end != End::Fail && !(e.end == End::Unknown && e.what == What::Read);
        let mut events: Vec<&Event> = object.events.iter().filter(happened).collect();
        if history.model != ObjectModel::Append {
            drop_unobserved(&mut events);
        }
        Case { history, object, events, initial: history.initial.unwrap_or(0) }
    }

    fn value(&self, number: u32) -> Value {
        if number == self.initial { Value::INITIAL } else { Value(u64::from(number) + 1) }
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
            if value == self.initial || written.insert(value, ()).is_some() {
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
                return Some(self.not(witness.pattern, &witness.ops, witness.between, None));
            }
        }
        (checker.unjudged() == 0).then_some(Finding::Linearizable)
    }

    fn search(&self, budget: u64) -> Finding {
        let (answer, state, reader) = match self.history.model {
            ObjectModel::Append => self.search_texts(budget),
            ObjectModel::Register | ObjectModel::CasRegister => {
                if let Some(finding) = self.read_of_nothing() {
                    return finding;
                }
                let action = |e: &Event| match (e.what, e.end) {
                    (What::Write(value), _) => Action::Write(value),
                    (What::Cas(from, to), End::Ok) => Action::Cas { from, to },
                    (What::Cas(from, _), End::Refused) => Action::CasRefused { from },
                    (What::Cas(from, to), _) => Action::CasUnknown { from, to },
                    (What::Read | What::Append(_), _) => Action::Read(e.read),
                };
                let operations: Vec<Operation> =
                    self.events.iter().map(|e| operation(e, action(e))).collect();
                let answer = oracle::search(&mut Register { initial: self.initial }, &operations, budget);
                let state = |number| self.history.values.text(number);
                let state = match &answer {
                    Answer::Not { state: number, .. } => state(*number),
                    _ => String::new(),
                };
                (answer, state, None)
            }
        };
        match answer {
            Answer::Linearizable(_) => Finding::Linearizable,
            Answer::Unknown => Finding::Unknown { steps: budget },
            Answer::Not { explained, recent, stuck, .. } => {
                self.stuck(explained, &recent, stuck as usize, reader, &state)
            }
        }
    }

    /// The proof of a failed search: where its longest explanation ended.
    fn stuck(
        &self,
        explained: usize,
        recent: &[u32],
        stuck: usize,
        reader: Option<usize>,
        state: &str,
    ) -> Finding {
        let seen = |index: usize| {
            let event = self.events[index];
            match event.end {
                End::Unknown => Seen::pending(self.op(index, event)),
                _ => self.seen(index, event),
            }
        };
        let event = self.events[stuck];
        let mut because = String::new();
        let mut second = stuck;
        let mut first = recent.last().map_or(stuck, |op| *op as usize);
        // An append is in nobody's way but of those who read the whole.
        if let Some(reader) = reader {
            let Event { lines, read, process, .. } = &self.events[reader];
            let (who, text) = (self.session(SessionId(*process)), self.history.values.text(*read));
            because = format!(", for {who} read {text} (lines {} and {})", lines.0, lines.1);
            first = stuck;
            second = reader;
        }
        let others: Vec<Option<Seen>> = recent.iter().map(|op| Some(seen(*op as usize))).collect();
        let witness =
            Witness::new(Pattern::Stuck, Key(0), Instant(event.lines.1), seen(first), seen(second), &others);
        let sentence = format!(
            "No order explains more than {explained} operations: {} is then {state}, and {} of {} (lines {} and {}) \
             fits neither there nor later{because}.",
            self.key(Key(0)),
            self.words(event),
            self.session(SessionId(event.process)),
            event.lines.0,
            event.lines.1,
        );
        self.not(Pattern::Stuck, &witness.ops, witness.between, Some(sentence))
    }

    /// A value was read that nobody can have written: no search is needed.
    fn read_of_nothing(&self) -> Option<Finding> {
        let mut written: Map<u32, ()> = Map::default();
        written.insert(self.initial, ());
        for event in &self.events {
            if let What::Write(value) | What::Cas(_, value) = event.what
                && event.end != End::Refused
            {
                written.insert(value, ());
            }
        }
        let looked = |e: &Event| match (e.what, e.end) {
            (What::Read, _) => Some(e.read),
            (What::Cas(from, _), End::Ok) => Some(from),
            _ => None,
        };
        let read = self.events.iter().position(|e| looked(e).is_some_and(|v| !written.contains_key(&v)))?;
        let seen = self.seen(read, self.events[read]);
        Some(self.not(Pattern::NeverWritten, &[seen], (0, 0), None))
    }

    /// The answer, the text of its last state, and the read that forbids what is stuck there.
    fn search_texts(&self, budget: u64) -> (Answer, String, Option<usize>) {
        let texts = Texts::of(self.history, &self.events);
        let mut pieces = Vec::new();
        let mut written = false;
        for event in &self.events {
            if let What::Append(piece) = event.what {
                pieces.push(texts.piece(piece));
            }
            written |= matches!(event.what, What::Write(_));
        }
        let initial = self.history.initial.map_or(Vec::new(), |value| texts.whole(value));
        // Equal pieces get equal numbers, so that equal appends of unknown outcome are recognised.
        let mut number_of: Map<Vec<u32>, u32> = Map::default();
        let mut different = Vec::new();
        for piece in &pieces {
            number_of.entry(piece.clone()).or_insert_with(|| {
                different.push(piece.clone());
                different.len() as u32 - 1
            });
        }
        let mut model = Append::new(initial, different, written);
        let mut appended = pieces.iter();
        let mut action = |e: &Event| match e.what {
            What::Append(_) => Action::Append(appended.next().map_or(0, |piece| number_of[piece])),
            What::Write(value) => Action::Write(model.seen(texts.whole(value))),
            What::Read | What::Cas(..) => Action::Read(model.seen(texts.whole(e.read))),
        };
        let operations: Vec<Operation> = self.events.iter().map(|e| operation(e, action(e))).collect();
        let answer = oracle::search(&mut model, &operations, budget);
        let Answer::Not { state, stuck, waiting, .. } = &answer else { return (answer, String::new(), None) };
        let before = model.symbols(*state);
        let shown = texts.show(before);
        let What::Append(piece) = self.events[*stuck as usize].what else { return (answer, shown, None) };
        // Either the shortest read that is still to come would be outgrown, or the longest of all goes on differently.
        let length = |n: &usize| texts.whole(self.events[*n].read).len();
        let grown = before.len() + texts.piece(piece).len();
        let outgrown = waiting.map(|op| op as usize).filter(|n| length(n) < grown);
        let reads = (0..self.events.len()).filter(|n| self.events[*n].what == What::Read);
        let reader = outgrown.or_else(|| reads.max_by_key(|n| (length(n), usize::MAX - n)));
        (answer, shown, reader)
    }

    fn op(&self, index: usize, event: &Event) -> Op {
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

    fn seen(&self, index: usize, event: &Event) -> Seen {
        Seen::done(self.op(index, event), self.outcome(event), Instant(event.lines.1))
    }

    /// The proof, with the lines of the file as its time.
    fn not(
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
        Finding::Not { sentence: diagram.sentence.clone(), lines, diagram: render_text(&diagram) }
    }

    fn words(&self, event: &Event) -> String {
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
        let number = if value == Value::INITIAL { self.initial } else { (value.0 - 1) as u32 };
        self.history.values.text(number)
    }
    fn later(&self, gap: Duration) -> String {
        if gap.0 == 1 { "1 line later".into() } else { format!("{} lines later", gap.0) }
    }
    fn counts_lines(&self) -> bool {
        true
    }
}

fn operation(event: &Event, action: Action) -> Operation {
    let returned = (event.end != End::Unknown).then_some(event.returned);
    Operation { action, call: event.call, returned }
}

/// Drops operations of unknown outcome that nobody can have seen: nothing that was seen needs them. Where a
/// compare-and-set was refused, any other value may have been the reason, so there all are kept.
fn drop_unobserved(events: &mut Vec<&Event>) {
    if events.iter().any(|e| e.end == End::Refused) {
        return;
    }
    loop {
        let mut observed: Map<u32, ()> = Map::default();
        for event in events.iter() {
            match event.what {
                What::Read => observed.insert(event.read, ()),
                What::Cas(from, _) => observed.insert(from, ()),
                _ => None,
            };
        }
        let before = events.len();
        events.retain(|e| match e.what {
            What::Write(value) | What::Cas(_, value) => {
                e.end != End::Unknown || observed.contains_key(&value)
            }
            _ => true,
        });
        if events.len() == before {
            return;
        }
    }
}

/// What is appended to, as symbols: the letters of a string, or the items of a list.
struct Texts<'a> {
    values: &'a Values,
    list: bool,
}

/// Symbols from here on stand for whole values that are no text (or no list) where one should be.
const ODD: u32 = 1 << 31;

impl<'a> Texts<'a> {
    fn of(history: &'a History, events: &[&Event]) -> Texts<'a> {
        let values = &history.values;
        let whole = events.iter().filter_map(|e| match e.what {
            What::Read => Some(e.read),
            What::Write(value) => Some(value),
            _ => None,
        });
        let list = history.initial.into_iter().chain(whole).any(|value| values.get(value).is_array());
        Texts { values, list }
    }

    fn piece(&self, value: u32) -> Vec<u32> {
        match self.values.get(value) {
            _ if self.list => vec![value],
            Json::String(text) => text.chars().map(u32::from).collect(),
            other => other.to_string().chars().map(u32::from).collect(),
        }
    }

    fn whole(&self, value: u32) -> Vec<u32> {
        match self.values.get(value) {
            Json::Null => Vec::new(),
            Json::Array(items) if self.list => {
                items.iter().map(|item| self.values.find(item).unwrap_or(ODD | value)).collect()
            }
            _ if self.list => vec![ODD | value],
            Json::String(text) => text.chars().map(u32::from).collect(),
            other => other.to_string().chars().map(u32::from).collect(),
        }
    }

    /// The text, shortened at its beginning if it is long.
    fn show(&self, symbols: &[u32]) -> String {
        let text = |symbol: &u32| match char::from_u32(*symbol) {
            Some(letter) if !self.list => letter.to_string(),
            _ => self.values.text(*symbol & !ODD) + " ",
        };
        let start = symbols.len().saturating_sub(24);
        let tail: String = symbols[start..].iter().map(text).collect();
        if start > 0 { format!("“…{}”", tail.trim_end()) } else { format!("“{}”", tail.trim_end()) }
    }
}
