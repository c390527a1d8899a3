//! Whether writes wait for the copies that reads can ask: the "else" of PACELC. It reads writes, and the facts of
//! applying and serving; it judges nothing by itself.
//!
//! A read that asks `r` of the `n` copies that answer reads is sure to meet a write that `n - r + 1` of them have.

use super::map::Map;
use super::verdict::Verdict;
use crate::history::{Entry, Fact, Gone, Outcome, Process, Record, Value};
use crate::stdx::table::Table;
use std::collections::{BTreeMap, BTreeSet};

/// Writes and reads followed at a time.
const LIMIT: usize = 1 << 16;
/// Successive writes of one key that are waited for at the same time: so far back is looked.
const CHAIN: usize = 16;

#[derive(Clone, Default, Debug)]
struct Set {
    /// Machines that have answered reads, with their numbers as bits of a mask.
    servers: Vec<Process>,
    /// The fewest copies that a read asked.
    asked: u32,
}

/// A write without an answer.
#[derive(Clone, Default, Debug)]
struct Write {
    set: Option<u32>,
    /// The machines that have applied it.
    applied: Vec<Process>,
    /// What it replaces.
    over: Value,
}

#[derive(Clone, Default, Debug)]
pub struct Waits {
    set_of: BTreeMap<Process, u32>,
    sets: BTreeMap<u32, Set>,
    down: BTreeSet<Process>,
    writes: Map<Value, Write>,
    /// Room for the machines of further writes.
    spare: Vec<Vec<Process>>,
    /// Reads without an answer: their set, and how many copies they asked.
    reads: Table<(u32, u32)>,
    parted: bool,
    waited: u64,
    unwaited: u64,
}

impl Waits {
    pub fn read(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Invoke(op) if op.kind.on_register() && op.kind.writes() && self.writes.len() < LIMIT => {
                let applied = self.spare.pop().unwrap_or_default();
                self.writes.insert(op.value, Write { applied, ..Write::default() });
            }
            Record::Return { op, outcome } if op.kind.on_register() => {
                let ok = matches!(outcome, Outcome::Ok { .. });
                if op.kind.writes() {
                    if let Some(Write { set, mut applied, .. }) = self.writes.remove(&op.value) {
                        if let Some(set) = set.filter(|_| ok && !self.parted) {
                            self.acknowledged(set, &applied);
                        }
                        applied.clear();
                        self.spare.push(applied);
                    }
                } else if let Some((set, asked)) = self.reads.remove(op.id.0).filter(|_| ok) {
                    let set = self.sets.entry(set).or_default();
                    set.asked = if set.asked == 0 { asked } else { set.asked.min(asked) };
                }
            }
            Record::Fact(fact) => self.fact(*fact),
            _ => {}
        }
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        0
    }

    pub fn verdicts(&self, _: &mut Vec<Verdict>) {}

    /// Writes acknowledged outside partitions when enough copies had them for every read, and when not enough had.
    pub fn counts(&self) -> (u64, u64) {
        (self.waited, self.unwaited)
    }

    /// Operations remembered: what memory grows with.
    pub fn retained(&self) -> usize {
        self.writes.len() + self.reads.len()
    }

    fn fact(&mut self, fact: Fact) {
        match fact {
            Fact::Joined { node, set } => {
                self.set_of.insert(node, set);
            }
            Fact::Left { node, .. } => {
                self.set_of.remove(&node);
                self.sets.values_mut().for_each(|s| s.servers.retain(|n| *n != node));
            }
            Fact::Ordered { value, over, .. } if over != value => {
                if let Some(write) = self.writes.get_mut(&value) {
                    write.over = over;
                }
            }
            Fact::Applied { node, set, value, .. } => self.has(node, set, value),
            Fact::Discarded { node, set, value, now, why: Gone::Outvoted { .. }, .. } => {
                // Both have come there, whichever stays.
                self.has(node, set, value);
                self.has(node, set, now);
            }
            Fact::Served { op, node, .. } => {
                let Some(set) = self.set_of.get(&node).copied() else { return };
                let servers = &mut self.sets.entry(set).or_default().servers;
                if !servers.contains(&node) {
                    servers.push(node);
                }
                if self.reads.len() < LIMIT {
                    match self.reads.get_mut(op.0) {
                        Some((_, asked)) => *asked += 1,
                        None => drop(self.reads.insert(op.0, (set, 1))),
                    }
                }
            }
            Fact::Parted { .. } => self.parted = true,
            Fact::Whole => self.parted = false,
            Fact::Down { node } => {
                self.down.insert(node);
            }
            Fact::Up { node, .. } => {
                self.down.remove(&node);
            }
            _ => {}
        }
    }

    fn has(&mut self, node: Process, set: u32, value: Value) {
        let mut next = value;
        // Who shows a successor has what that succeeded, as far as that is still waited for.
        for _ in 0..CHAIN {
            let Some(write) = self.writes.get_mut(&next) else { return };
            write.set = Some(set);
            write.applied.push(node);
            next = write.over;
        }
    }

    fn acknowledged(&mut self, set: u32, applied: &[Process]) {
        let Some(set) = self.sets.get(&set).filter(|s| s.asked > 0) else { return };
        let up = || set.servers.iter().filter(|n| !self.down.contains(n));
        let have = up().filter(|n| applied.contains(n)).count() as u32;
        if have + set.asked > up().count() as u32 {
            self.waited += 1;
        } else {
            self.unwaited += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Key, Kind, Op, OpId, SessionId};
    use crate::stdx::Instant;

    fn told(records: &[Record]) -> (u64, u64) {
        let mut waits = Waits::default();
        (0..).zip(records).for_each(|(n, record)| waits.read(&Entry { at: Instant(n), record: *record }));
        waits.counts()
    }

    fn op(id: u64, kind: Kind) -> Op {
        let value = if kind.writes() { Value(id) } else { Value::INITIAL };
        let (client, session, key) = (Process(9), SessionId(0), Key(0));
        Op { id: OpId(id), client, session, kind, key, value, invoked: Instant(id) }
    }

    fn joined(node: u32) -> Record {
        Record::Fact(Fact::Joined { node: Process(node), set: 0 })
    }

    fn read(id: u64, nodes: &[u32]) -> Vec<Record> {
        let op = op(id, Kind::Read);
        let served = |n: &u32| Record::Fact(Fact::Served { op: op.id, node: Process(*n), position: 0 });
        let mut records = vec![Record::Invoke(op)];
        records.extend(nodes.iter().map(served));
        records.push(Record::Return { op, outcome: Outcome::Ok { value: Value::INITIAL } });
        records
    }

    fn write(id: u64, nodes: &[u32]) -> Vec<Record> {
        let op = op(id, Kind::Write);
        let (set, key, value, over) = (0, op.key, op.value, Value::INITIAL);
        let applied = |n: &u32| Record::Fact(Fact::Applied { node: Process(*n), set, key, value, over });
        let mut records = vec![Record::Invoke(op)];
        records.extend(nodes.iter().map(applied));
        records.push(Record::Return { op, outcome: Outcome::Ok { value: op.value } });
        records
    }

    #[test]
    fn a_write_waits_if_every_read_must_meet_it() {
        let copies = || vec![joined(0), joined(1), joined(2)];
        let any = |reads: &[&[u32]], applied: &[u32]| {
            let mut records = copies();
            (1..).zip(reads).for_each(|(n, nodes)| records.extend(read(n, nodes)));
            records.extend(write(100, applied));
            told(&records)
        };
        assert_eq!(any(&[&[0], &[0]], &[0]), (1, 0), "only one copy is ever read");
        assert_eq!(any(&[&[0], &[1], &[2]], &[0]), (0, 1), "read any, acknowledged by one");
        assert_eq!(any(&[&[0], &[1], &[2]], &[0, 1, 2]), (1, 0), "read any, acknowledged by all");
        assert_eq!(any(&[&[0, 1], &[1, 2]], &[0, 2]), (1, 0), "quorums intersect");
        assert_eq!(any(&[&[0, 1], &[1, 2]], &[0]), (0, 1), "quorums do not intersect");
        assert_eq!(any(&[], &[0]), (0, 0), "nothing was read");
    }
}
