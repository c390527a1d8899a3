//! The smallest set of operations that shows a contradiction, and the sentence that explains it in the user's words.
//! It knows the history's words only; how it is drawn is `diagram`'s affair.

use super::diagram::{self, Diagram};
use crate::history::{Gone, Key, Kind, Op, OpId, Outcome, Process, SessionId, Value};
use crate::stdx::{Duration, Instant};

/// An operation with what became of it so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    pub op: Op,
    pub outcome: Option<Outcome>,
    /// When the client learnt the outcome; none while it waits.
    pub returned: Option<Instant>,
}

impl Seen {
    pub fn pending(op: Op) -> Seen {
        Seen { op, outcome: None, returned: None }
    }

    pub fn done(op: Op, outcome: Outcome, at: Instant) -> Seen {
        Seen { op, outcome: Some(outcome), returned: Some(at) }
    }

    /// What it read, if it read something: for an update the value it was based on.
    pub fn read(&self) -> Option<Value> {
        match self.outcome {
            Some(Outcome::Ok { value }) if matches!(self.op.kind, Kind::Read | Kind::Update) => Some(value),
            _ => None,
        }
    }

    /// The value that it shows: what a read returned, what a write or an update wrote.
    pub fn shows(&self) -> Option<Value> {
        if self.op.kind.writes() { Some(self.op.value) } else { self.read() }
    }

    /// When it was over for its client; the far end of time while it waits or if nobody knows.
    pub fn end(&self) -> Instant {
        self.returned.unwrap_or(Instant::FAR)
    }
}

/// What is contradictory about the operations of a witness.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// A read began after a newer value was already there and still returned an older one.
    Overwritten,
    /// A read returned a value that nobody had written, or whose write began only later.
    NeverWritten,
    /// A read returned the value of a write that had failed.
    FailedVisible,
    /// A complete search found no order: this operation could not take its turn when the others had taken theirs.
    Stuck,
    /// Two updates replaced the same value: the first one's effect is lost.
    SameBase,
    ReadYourWrites,
    MonotonicReads,
    MonotonicWrites,
    WritesFollowReads,
    /// No single order of all operations agrees with every session's own order.
    NoCommonOrder,
    /// An acknowledged write is not there any more.
    Lost(Gone),
    /// Conflict resolution dropped a write that was asked for after the winner had been acknowledged.
    ClockSkew {
        winner: Value,
    },
    /// Copies that applied the same writes show different contents.
    Diverged {
        node: Process,
        other: Process,
    },
    /// An operation did not succeed.
    Failed,
    /// A live machine was reached by a request and gave no good answer during a partition.
    Unanswered {
        node: Process,
    },
    /// A job was done more often than once.
    DoneAgain {
        job: Value,
        times: u32,
    },
    /// A job that was taken was never done.
    JobLost {
        job: Value,
    },
    /// A job was given up after too many attempts.
    JobDead {
        job: Value,
    },
    /// A job was done although an earlier one still waited.
    OutOfOrder {
        job: Value,
        earlier: Value,
    },
    /// A session that existed was not found.
    LoggedOut {
        session: SessionId,
        cart: u32,
    },
}

/// The proof of one contradiction: one to four operations in the order in which they began.
#[derive(Clone, PartialEq, Debug)]
pub struct Witness {
    pub pattern: Pattern,
    pub key: Key,
    /// When the contradiction became a fact.
    pub at: Instant,
    pub ops: Vec<Seen>,
    /// The two operations (indices into `ops`) that contradict each other: the first was over, or is the reason,
    /// when the second went wrong. Equal where one operation alone is the contradiction.
    pub between: (usize, usize),
}

impl Witness {
    /// `first` and `second` contradict each other; `others` explain why. Doubles are dropped.
    pub fn new(
        pattern: Pattern,
        key: Key,
        at: Instant,
        first: Seen,
        second: Seen,
        others: &[Option<Seen>],
    ) -> Witness {
        let mut ops = vec![first, second];
        ops.extend(others.iter().flatten().copied());
        // A later look at the same operation knows more of it (its outcome): keep that one.
        ops.sort_by_key(|s| (s.op.invoked, s.op.id, s.returned.is_none()));
        ops.dedup_by_key(|s| s.op.id);
        let place = |id: OpId| ops.iter().position(|s| s.op.id == id).unwrap_or(0);
        let between = (place(first.op.id), place(second.op.id));
        Witness { pattern, key, at, ops, between }
    }

    /// A contradiction that one operation (or none, for facts alone) shows.
    pub fn alone(pattern: Pattern, key: Key, at: Instant, op: Option<Seen>) -> Witness {
        Witness { pattern, key, at, ops: op.into_iter().collect(), between: (0, 0) }
    }

    pub fn first(&self) -> Option<&Seen> {
        self.ops.get(self.between.0)
    }

    pub fn second(&self) -> Option<&Seen> {
        self.ops.get(self.between.1)
    }

    /// From the answer of the first to the question of the second; zero where there is no such gap.
    pub fn gap(&self) -> Duration {
        match (self.first(), self.second()) {
            (Some(first), Some(second)) if first.op.id != second.op.id => {
                second.op.invoked.since(first.end())
            }
            _ => Duration::ZERO,
        }
    }

    /// The contradiction in one sentence.
    pub fn sentence(&self, names: &dyn Names) -> String {
        Teller { witness: self, names }.tell()
    }

    /// The space-time diagram: who, when, and what contradicts what.
    pub fn diagram(&self, names: &dyn Names) -> Diagram {
        diagram::of(self, names)
    }
}

/// The user's words for the numbers of the history.
pub trait Names {
    fn session(&self, session: SessionId) -> String;
    fn process(&self, process: Process) -> String;
    fn key(&self, key: Key) -> String;
    fn value(&self, key: Key, value: Value) -> String;
    /// How much later, as in "39 ms later".
    fn later(&self, gap: Duration) -> String {
        format!("{} later", say(gap))
    }
    /// What instants count, if that is no time: the lines of a file.
    fn counts(&self) -> Option<&'static str> {
        None
    }
}

/// Plain numbers, where nobody has better names.
pub struct Numbers;

impl Names for Numbers {
    fn session(&self, session: SessionId) -> String {
        format!("session {}", session.0)
    }
    fn process(&self, process: Process) -> String {
        format!("machine {}", process.0)
    }
    fn key(&self, key: Key) -> String {
        format!("key {}", key.0)
    }
    fn value(&self, _: Key, value: Value) -> String {
        if value == Value::INITIAL { "initial".into() } else { format!("v{}", value.0) }
    }
}

/// A span as a person says it: three significant digits at most.
pub fn say(span: Duration) -> String {
    let n = span.0;
    if n == 0 {
        return "0 ms".into();
    }
    let (unit, name) = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")]
        .into_iter()
        .find(|(unit, _)| n >= *unit)
        .unwrap_or((1, "ns"));
    let value = n as f64 / unit as f64;
    let digits = if value >= 100.0 || n.is_multiple_of(unit) {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {name}")
}

/// An instant as the time axis writes it: seconds with milliseconds.
pub fn clock(at: Instant) -> String {
    format!("{:.3} s", at.as_secs())
}

struct Teller<'a> {
    witness: &'a Witness,
    names: &'a dyn Names,
}

impl Teller<'_> {
    fn value(&self, value: Value) -> String {
        if value == Value::INITIAL {
            "the initial value".into()
        } else {
            self.names.value(self.witness.key, value)
        }
    }

    fn shown(&self, seen: Option<&Seen>) -> String {
        seen.and_then(Seen::shows).map_or("a value".into(), |v| self.value(v))
    }

    /// What the offending read returned (the base, if it was an update).
    fn got(&self, seen: Option<&Seen>) -> String {
        seen.and_then(Seen::read).map_or("a value".into(), |v| self.value(v))
    }

    fn who(&self, seen: Option<&Seen>) -> String {
        seen.map_or("somebody".into(), |s| self.names.session(s.op.session))
    }

    /// A job has no version: it is known by who ordered it, where that is known.
    fn job(&self) -> String {
        self.witness.first().map_or("a job".into(), |seen| {
            format!("the job that {} ordered on {}", self.who(Some(seen)), self.names.key(self.witness.key))
        })
    }

    fn later(&self) -> String {
        let gap = self.witness.gap();
        if gap.is_zero() { "then".into() } else { self.names.later(gap) }
    }

    fn tell(&self) -> String {
        let w = self.witness;
        let (first, second) = (w.first(), w.second());
        let key = self.names.key(w.key);
        let (one, two) = (self.who(first), self.who(second));
        let (new, old) = (self.shown(first), self.got(second));
        let later = self.later();
        let sentence = match w.pattern {
            Pattern::Overwritten => {
                let had = match first.map(|s| s.op.kind) {
                    Some(Kind::Read) => format!("{one} had read {new} of {key}"),
                    _ => format!("{one} had written {new} to {key} and been told so"),
                };
                format!("{had}; {later} {two} asked and still got {old}, which is older.")
            }
            Pattern::NeverWritten => {
                format!(
                    "{two} read {old} of {key}, which nobody had written and kept: it was gone for good, or never there."
                )
            }
            Pattern::FailedVisible => {
                format!("{one} was told that its write of {new} to {key} had failed, yet {two} read it.")
            }
            Pattern::Stuck => {
                format!("No order of the operations on {key} explains what {two} saw.")
            }
            Pattern::SameBase => format!(
                "{one} and {two} both changed {key} starting from {old}: one of the two changes is lost."
            ),
            Pattern::ReadYourWrites => format!(
                "{two}'s own write of {new} to {key} had been answered, yet {later} the same session read {old}, the version before it."
            ),
            Pattern::MonotonicReads => format!(
                "{two} had already read {new} of {key}, yet {later} the same session went back in time and read {old}."
            ),
            Pattern::MonotonicWrites => format!(
                "{two} had seen a later write of {one}, who had written {new} to {key} before it, yet {two} read {old}, which {new} replaced."
            ),
            Pattern::WritesFollowReads => format!(
                "{two} had seen something that was written knowing {one}'s {new} of {key}, yet {two} read {old}, which {new} replaced."
            ),
            Pattern::NoCommonOrder => format!(
                "No single order of all operations gives every session what it saw: {two} read {old} of {key}, which contradicts the order that {one}'s {new} fixed."
            ),
            Pattern::Lost(why) => {
                let how = match why {
                    Gone::Truncated => "it was cut off when a copy that never had it took over",
                    Gone::Destroyed => "the only copies of it were destroyed",
                    Gone::Outvoted { .. } => "conflict resolution preferred another",
                    Gone::RolledBack => "it was rolled back",
                    Gone::Unreachable => "those that have it were down until the end",
                };
                format!("{one} was told that {new} of {key} is stored; now no copy has it: {how}.")
            }
            Pattern::ClockSkew { winner } => format!(
                "{one} wrote {new} to {key} after {} had been acknowledged, yet the earlier one won: its clock was ahead.",
                self.value(winner)
            ),
            Pattern::Diverged { node, other } => format!(
                "{} and {} have applied the same writes and hold different contents.",
                self.names.process(node),
                self.names.process(other)
            ),
            Pattern::Failed => {
                let cause = match first.and_then(|s| s.outcome) {
                    Some(Outcome::Fail(cause)) => format!("failed: {}", cause.name()),
                    Some(Outcome::Unknown(cause)) => format!("may have happened or not: {}", cause.name()),
                    _ => "got no answer".into(),
                };
                let kind = first.map_or("operation", |s| s.op.kind.name());
                format!("The {kind} of {key} that {one} asked for {cause}.")
            }
            Pattern::Unanswered { node } => format!(
                "The request of {one} for {key} reached {}, which was up, during the partition and got no good answer.",
                self.names.process(node)
            ),
            Pattern::DoneAgain { times, .. } => {
                format!("{} was done {times} times.", self.job())
            }
            Pattern::JobLost { .. } => {
                format!("{} had been taken and will never be done.", self.job())
            }
            Pattern::JobDead { .. } => {
                format!("{} was given up after too many attempts.", self.job())
            }
            Pattern::OutOfOrder { .. } => {
                format!("{} was done while another, which came before it, still waited.", self.job())
            }
            Pattern::LoggedOut { session, cart } => {
                let items = match cart {
                    0 => "nothing was in the cart".into(),
                    1 => "1 item in the cart is gone".into(),
                    n => format!("{n} items in the cart are gone"),
                };
                format!("{} was logged out although it had logged in: {items}.", self.names.session(session))
            }
        };
        capitalised(&sentence)
    }
}

/// With its first letter large, as a sentence begins.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_with_three_digits_at_most() {
        for (nanos, text) in [
            (0, "0 ms"),
            (39_000_000, "39 ms"),
            (39_250_000, "39.2 ms"),
            (1_234_000_000, "1.23 s"),
            (150, "150 ns"),
        ] {
            assert_eq!(say(Duration(nanos)), text);
        }
    }
}
