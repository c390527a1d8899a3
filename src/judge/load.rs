//! A long, well-behaved history for benches and for the tests of memory: sessions come and go, keys are hot and cold,
//! some answers get lost, two copies follow one order of writes. It knows the history's words and no checker.

use crate::history::{Cause, Entry, Fact, Key, Kind, Op, OpId, Outcome, Process, Record, SessionId, Value};
use crate::stdx::{Instant, hash};
use std::collections::VecDeque;

/// Operations of one session, after which another takes its place.
const SESSION: u64 = 20;

/// Entries without end; take as many as are needed.
#[derive(Clone, Debug)]
pub struct Load {
    /// Operations that are open at a time.
    open: VecDeque<(Op, Value)>,
    concurrency: usize,
    contents: Vec<Value>,
    facts: bool,
    operations: u64,
    now: u64,
    queue: VecDeque<Entry>,
}

impl Load {
    /// `concurrency` open operations on `keys` keys, a tenth of them writes and a hundredth updates; with `facts` also
    /// what a store with two copies would tell.
    pub fn new(keys: usize, concurrency: usize, facts: bool) -> Load {
        let joined = [0, 1].map(|n| Record::Fact(Fact::Joined { node: Process(n), set: 0 }));
        let queue = if facts {
            joined.map(|record| Entry { at: Instant(0), record }).into()
        } else {
            VecDeque::new()
        };
        Load {
            open: VecDeque::new(),
            concurrency,
            contents: vec![Value::INITIAL; keys],
            facts,
            operations: 0,
            now: 0,
            queue,
        }
    }

    fn push(&mut self, record: Record) {
        self.queue.push_back(Entry { at: Instant(self.now), record });
    }

    /// The oldest open operation returns and a new one is invoked, 1 ms after the one before.
    fn step(&mut self) {
        self.now += 500_000;
        if self.open.len() == self.concurrency
            && let Some((op, value)) = self.open.pop_front()
        {
            let lost = op.id.0 % 97 == 0;
            let outcome = if lost { Outcome::Unknown(Cause::TimedOut) } else { Outcome::Ok { value } };
            self.push(Record::Return { op, outcome });
        }
        self.now += 500_000;
        let id = self.operations;
        self.operations += 1;
        let word = hash::mix(id);
        // Half of all operations go to an eighth of the keys.
        let keys = self.contents.len() as u64;
        let key = if word & 1 == 0 { (word >> 8) % keys.div_ceil(8) } else { (word >> 8) % keys };
        let kind = match (word >> 1) % 100 {
            0 => Kind::Update,
            1..=10 => Kind::Write,
            _ => Kind::Read,
        };
        let slot = id % self.concurrency as u64;
        let session =
            SessionId((id / (self.concurrency as u64 * SESSION) * self.concurrency as u64 + slot) as u32);
        let value = if kind.writes() { Value(id + 1) } else { Value::INITIAL };
        let (client, key) = (Process(9), Key(key as u32));
        let op = Op { id: OpId(id), client, session, kind, key, value, invoked: Instant(self.now) };
        self.push(Record::Invoke(op));
        let content = &mut self.contents[key.0 as usize];
        let over = *content;
        if kind.writes() {
            *content = value;
        }
        self.open.push_back((op, if kind == Kind::Write { value } else { over }));
        if self.facts && kind.writes() {
            let set = 0;
            self.push(Record::Fact(Fact::Ordered { set, key, value, over, position: id + 1 }));
            for node in [0, 1].map(Process) {
                self.push(Record::Fact(Fact::Applied { node, set, key, value, over }));
            }
        } else if self.facts {
            self.push(Record::Fact(Fact::Served { op: op.id, node: Process(0), position: over.0 }));
        }
    }
}

impl Iterator for Load {
    type Item = Entry;
    fn next(&mut self) -> Option<Entry> {
        while self.queue.is_empty() {
            self.step();
        }
        self.queue.pop_front()
    }
}
