//! Random small histories for the checkers' tests: a register with delays, lost answers and lies, so that about as many
//! histories keep a promise as break it. It knows the history's words and no checker.

use crate::history::{Cause, Entry, Key, Kind, Op, OpId, Outcome, Process, Record, SessionId, Value};
use crate::stdx::{Instant, hash};

/// How many histories each checker is compared on with its oracle; `ROUNDS=20` makes it twenty times as many.
pub fn histories() -> u64 {
    50_000 * rounds()
}

pub fn rounds() -> u64 {
    std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// A short stream of numbers from a seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(hash::mix(seed))
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = hash::mix(self.0);
        self.0 % n
    }
    pub fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }
}

/// What may occur in a random history.
#[derive(Clone, Copy)]
pub struct Shape {
    pub sessions: u64,
    pub keys: u64,
    pub operations: u64,
    /// Whether operations may start at the very instant at which others of another session end.
    pub updates: bool,
    /// Percentage of reads that return any value whatsoever of the key.
    pub lies: u64,
    /// Copies per key; a read asks any, a write reaches each with a delay of its own.
    pub copies: u64,
}

/// Writes take effect at an instant of their own between invocation and response (or later, or never, when the
/// answer is lost), each copy perhaps later; reads look at one copy at an instant of their own.
pub fn history(seed: u64, shape: Shape) -> Vec<Entry> {
    let mut dice = Dice::new(seed);
    let mut free_at = vec![1u64; shape.sessions as usize];
    let mut plans = Vec::new();
    for id in 0..shape.operations {
        let session = dice.below(shape.sessions) as usize;
        let invoked = free_at[session] + dice.below(4);
        let returned = invoked + 1 + dice.below(6);
        // A session's operations never touch: the next begins after the answer.
        free_at[session] = returned + 1;
        let kind = match dice.below(if shape.updates { 5 } else { 4 }) {
            0 | 1 => Kind::Read,
            4 => Kind::Update,
            _ => Kind::Write,
        };
        let op = Op {
            id: OpId(id),
            client: Process(0),
            session: SessionId(session as u32),
            kind,
            key: Key(dice.below(shape.keys) as u32),
            value: if kind.writes() { Value(id + 1) } else { Value::INITIAL },
            invoked: Instant(invoked),
        };
        let fate = dice.below(10);
        let effect = invoked + dice.below(returned - invoked + 1);
        plans.push((op, returned, fate, effect));
    }
    // The effects in the order of their instants: (instant, operation, copy).
    let mut effects = Vec::new();
    for (n, (op, _, fate, effect)) in plans.iter().enumerate() {
        for copy in 0..if op.kind.writes() { shape.copies } else { 1 } {
            let late = if copy > 0 || *fate == 0 { dice.below(20 * shape.copies) } else { 0 };
            let copy = if op.kind.writes() { copy } else { dice.below(shape.copies) };
            effects.push((effect + late, n, copy));
        }
    }
    effects.sort_unstable();
    let mut contents = vec![Value::INITIAL; (shape.keys * shape.copies) as usize];
    let mut saw = vec![Value::INITIAL; plans.len()];
    for (_, n, copy) in effects {
        let (op, _, fate, _) = &plans[n];
        let cell = &mut contents[op.key.0 as usize * shape.copies as usize + copy as usize];
        if copy == 0 || !op.kind.writes() {
            saw[n] = *cell;
        }
        // Of the lost answers half belong to writes that never happen; failed ones hardly ever happen.
        let happens = match fate {
            0 => n % 2 == 0,
            1 => dice.percent(3),
            _ => true,
        };
        if op.kind.writes() && happens {
            *cell = op.value;
        }
    }
    let mut entries = Vec::new();
    let mut silent = vec![false; shape.sessions as usize];
    for (n, (op, returned, fate, _)) in plans.iter().enumerate() {
        if silent[op.session.0 as usize] {
            continue;
        }
        entries.push(Entry { at: op.invoked, record: Record::Invoke(*op) });
        let of_key: Vec<Value> = plans
            .iter()
            .filter(|(o, ..)| o.key == op.key && o.kind.writes())
            .map(|(o, ..)| o.value)
            .collect();
        let mut value = if op.kind == Kind::Write { op.value } else { saw[n] };
        if op.kind != Kind::Write && dice.percent(shape.lies) && !of_key.is_empty() {
            value = of_key[dice.below(of_key.len() as u64) as usize];
        }
        let outcome = match fate {
            0 => Outcome::Unknown(Cause::TimedOut),
            1 => Outcome::Fail(Cause::Error),
            _ => Outcome::Ok { value },
        };
        // Some never return within the history; their sessions are silent from then on.
        if *fate == 0 && dice.percent(30) {
            silent[op.session.0 as usize] = true;
        } else {
            entries.push(Entry { at: Instant(*returned), record: Record::Return { op: *op, outcome } });
        }
    }
    entries.sort_by_key(|e| (e.at, matches!(e.record, Record::Return { .. })));
    entries
}

/// A history in few words, for the message of a failed comparison.
pub fn tell(entries: &[Entry]) -> String {
    let line = |entry: &Entry| match entry.record {
        Record::Invoke(op) => {
            let what = format!("{} of key {} ({})", op.kind.name(), op.key.0, op.value.0);
            format!("{:>4} session {} op {} asks for {what}\n", entry.at.0, op.session.0, op.id.0)
        }
        Record::Return { op, outcome } => {
            format!("{:>4} session {} op {} gets {outcome:?}\n", entry.at.0, op.session.0, op.id.0)
        }
        Record::Fact(fact) => format!("{:>4} {fact:?}\n", entry.at.0),
    };
    entries.iter().map(line).collect()
}
