//! Small histories drawn as text, for the checkers' tests and for their documentation: a session per line, a column
//! per millisecond. It knows the history's words and what the judge as a whole says, no checker.
//!
//! ```text
//! ann  |--w1--|           |--r1--|      wrote 1 (acknowledged), later read 1
//! bob       |-----w2?                   wrote 2, never answered: it may have happened
//! eve           |-w3-!  |--ub1>4--|     wrote 3 (failed), then changed key b from 1 to 4
//! ```
//! An operation starts at `|` and ends at `|` (ok), `!` (failed), `?` (unknown) or, without any of these, not within
//! the drawing. Its letters: `w` write, `r` read, `u` update; a key letter `a`…`z` (left out: `a`); the value. `j7` asks
//! for job 7, and `l` is a login.

use super::{Judge, Numbers, State, render_text};
use crate::history::{Cause, Entry, Fact, Key, Kind, Op, OpId, Outcome, Process, Record, SessionId, Value};
use crate::stdx::{Duration, Instant};

/// The entries that a drawing shows, in order of time; at equal times invocations come first.
/// A drawing that cannot be read is a mistake of its author and panics.
pub fn history(drawing: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut ops = 0;
    let lines = drawing.lines().filter(|l| l.contains('|'));
    for (session, line) in lines.enumerate() {
        let columns: Vec<char> = line.chars().collect();
        let mut at = 0;
        while let Some(start) = columns[at..].iter().position(|c| *c == '|').map(|n| n + at) {
            let end = columns[start + 1..].iter().position(|c| "|!?".contains(*c)).map(|n| n + start + 1);
            let stop = end.unwrap_or(columns.len());
            let letters: String =
                columns[start + 1..stop].iter().filter(|c| **c != '-' && !c.is_whitespace()).collect();
            let (kind, key, value, read) = letters_of(&letters);
            let op = Op {
                id: OpId(ops),
                client: client(session as u32),
                session: SessionId(session as u32),
                kind,
                key,
                value,
                invoked: column(start),
            };
            ops += 1;
            entries.push(Entry { at: column(start), record: Record::Invoke(op) });
            if let Some(end) = end {
                let outcome = match columns[end] {
                    '|' => Outcome::Ok { value: read },
                    '!' => Outcome::Fail(Cause::Error),
                    _ => Outcome::Unknown(Cause::TimedOut),
                };
                entries.push(Entry { at: column(end), record: Record::Return { op, outcome } });
            }
            at = stop + 1;
            if at >= columns.len() {
                break;
            }
        }
    }
    sort(&mut entries);
    entries
}

/// The machine of the session on a line, counted from 0.
pub fn client(line: u32) -> Process {
    Process(100 + line)
}

/// A drawn history together with facts, each at a column of the drawing.
pub fn told(drawing: &str, facts: &[(usize, Fact)]) -> Vec<Entry> {
    let mut entries = history(drawing);
    entries.extend(facts.iter().map(|(at, fact)| Entry { at: column(*at), record: Record::Fact(*fact) }));
    sort(&mut entries);
    entries
}

/// At equal times invocations come first and returns last.
fn sort(entries: &mut [Entry]) {
    entries.sort_by_key(|e| match e.record {
        Record::Invoke(_) => (e.at, 0),
        Record::Fact(_) => (e.at, 1),
        Record::Return { .. } => (e.at, 2),
    });
}

/// A judge that has read all of it.
pub fn judge(entries: &[Entry]) -> Judge {
    let mut judge = Judge::new();
    entries.iter().for_each(|entry| judge.read(entry));
    judge
}

/// The instant of a column.
pub fn column(n: usize) -> Instant {
    Instant::START + Duration::from_millis(n as u64)
}

/// What the judge says of a history, one line per verdict whose id is among `ids`: `causal: broken 2`.
pub fn states(entries: &[Entry], ids: &[&str]) -> String {
    let verdicts = judge(entries).verdicts();
    let line = |id: &&str| {
        let verdict = verdicts.iter().find(|v| v.id == *id);
        let state = &verdict.unwrap_or_else(|| panic!("there is no verdict “{id}”")).state;
        match state.count() {
            0 => format!("{id}: {}", state.name()),
            n => format!("{id}: {} {n}", state.name()),
        }
    };
    ids.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The proof of a broken verdict: its first witness, its sentence, and the diagram as text.
pub fn proof(entries: &[Entry], id: &str) -> String {
    let verdict = judge(entries).verdicts().into_iter().find(|v| v.id == id);
    match verdict.map(|v| v.state) {
        Some(State::Broken { first, .. }) => render_text(&first.diagram(&Numbers)),
        other => format!("{other:?}"),
    }
}

fn letters_of(letters: &str) -> (Kind, Key, Value, Value) {
    let mut rest = letters.chars();
    let kind = match rest.next() {
        Some('w') => Kind::Write,
        Some('r') => Kind::Read,
        Some('u') => Kind::Update,
        Some('j') => Kind::Job,
        Some('l') => Kind::Login,
        _ => panic!("“{letters}” is no operation: w, r, u, j or l first"),
    };
    let mut rest = rest.as_str();
    let mut key = Key(0);
    if let Some(letter) = rest.chars().next().filter(char::is_ascii_lowercase) {
        key = Key(letter as u32 - 'a' as u32);
        rest = &rest[1..];
    }
    let number = |text: &str| Value(text.parse().unwrap_or_else(|_| panic!("“{letters}” names no value")));
    match (kind, rest.split_once('>')) {
        (Kind::Update, Some((base, value))) => (kind, key, number(value), number(base)),
        // An update that was not answered does not show its base.
        (Kind::Update | Kind::Write | Kind::Job, None) => (kind, key, number(rest), number(rest)),
        (Kind::Login, None) if rest.is_empty() => (kind, key, Value::INITIAL, Value::INITIAL),
        (Kind::Read, None) => {
            (kind, key, Value::INITIAL, if rest.is_empty() { Value::INITIAL } else { number(rest) })
        }
        _ => panic!("“{letters}”: an update has a value, and only an update a base"),
    }
}
