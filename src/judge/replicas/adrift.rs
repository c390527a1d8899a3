//! Acknowledged writes that no store has: a tier before the stores has answered for them. It knows writes, the machines
//! that were asked to do them, and stores' positions; it judges nothing.

use crate::history::{Key, Op, OpId, Process, Value};
use crate::judge::Seen;
use crate::judge::map::Map;
use crate::stdx::Instant;
use std::collections::VecDeque;

/// Writes followed at a time; beyond these the oldest is forgotten.
const LIMIT: usize = 1 << 14;
/// Machines remembered that one write has reached. Of what went through more nobody says that it is gone.
const HANDS: usize = 4;

#[derive(Clone, Debug)]
struct Write {
    op: OpId,
    key: Key,
    invoked: Instant,
    /// Once its client has been told that it is stored, which is seldom the case before it is.
    acknowledged: Option<Box<Seen>>,
    /// The machines that its request has reached and that have not started anew since.
    hands: [Option<Process>; HANDS],
    many: bool,
    /// The last machine that could have had it has started anew.
    lost_by: Option<Process>,
}

/// Writes that have begun and have come to no store yet.
#[derive(Clone, Default, Debug)]
pub struct Adrift {
    writes: Map<Value, Write>,
    values: Map<OpId, Value>,
    /// In the order of their invocations, some of which are over.
    order: VecDeque<Value>,
    acknowledged: u64,
}

impl Adrift {
    pub fn invoked(&mut self, op: &Op) {
        let Op { id: op, key, value, invoked, .. } = *op;
        let (acknowledged, hands, many, lost_by) = Default::default();
        self.writes.insert(value, Write { op, key, invoked, acknowledged, hands, many, lost_by });
        self.values.insert(op, value);
        self.order.push_back(value);
        // Most have come to a store long before they are the oldest.
        while self.order.len() > LIMIT || self.order.front().is_some_and(|v| !self.writes.contains_key(v)) {
            let Some(oldest) = self.order.pop_front() else { return };
            self.remove(oldest);
        }
    }

    /// The request of an operation has come to a machine.
    pub fn reached(&mut self, op: OpId, node: Process) {
        let Some(write) = self.values.get(&op).and_then(|value| self.writes.get_mut(value)) else { return };
        if write.hands.contains(&Some(node)) {
            return;
        }
        write.lost_by = None;
        match write.hands.iter_mut().find(|hand| hand.is_none()) {
            Some(hand) => *hand = Some(node),
            None => write.many = true,
        }
    }

    /// Returns the machine that has lost it already, if one has.
    pub fn acknowledged(&mut self, seen: Seen) -> Option<Process> {
        let write = self.writes.get_mut(&seen.op.value)?;
        write.acknowledged = Some(Box::new(seen));
        self.acknowledged += 1;
        let lost_by = write.lost_by?;
        self.remove(seen.op.value);
        Some(lost_by)
    }

    /// The machine has started anew, with nothing in its memory. Returns the acknowledged writes that only it had.
    pub fn emptied(&mut self, node: Process) -> Vec<Seen> {
        let mut lost: Vec<Seen> = Vec::new();
        for value in &self.order {
            let Some(write) = self.writes.get_mut(value) else { continue };
            let Some(hand) = write.hands.iter_mut().find(|hand| **hand == Some(node)) else { continue };
            *hand = None;
            if !write.many && write.hands == [None; HANDS] {
                write.lost_by = Some(node);
                lost.extend(write.acknowledged.as_deref());
            }
        }
        lost.iter().for_each(|seen| _ = self.remove(seen.op.value));
        lost
    }

    /// Acknowledged writes that only machines have had for which `down` holds, each with one of them.
    pub fn only(&self, down: impl Fn(Process) -> bool) -> Vec<(Seen, Process)> {
        let all_down = |w: &&Write| !w.many && w.hands.iter().flatten().all(|node| down(*node));
        let writes = self.all().map(|(_, w)| w).filter(all_down);
        writes
            .filter_map(|w| Some((*w.acknowledged.as_deref()?, w.hands.iter().flatten().last().copied()?)))
            .collect()
    }

    /// It did not happen, or nobody was told that it did.
    pub fn remove(&mut self, value: Value) -> Option<Instant> {
        let write = self.writes.remove(&value)?;
        self.values.remove(&write.op);
        self.acknowledged -= u64::from(write.acknowledged.is_some());
        Some(write.invoked)
    }

    /// A store has the write: those of its key that were acknowledged before it was asked for are replaced by it.
    pub fn stored(&mut self, key: Key, value: Value) {
        let Some(invoked) = self.remove(value) else { return };
        if self.acknowledged == 0 {
            return;
        }
        let replaced =
            |w: &Write| w.key == key && w.acknowledged.as_ref().is_some_and(|seen| seen.end() < invoked);
        let gone: Vec<Value> = self.all().filter(|(_, w)| replaced(w)).map(|(v, _)| v).collect();
        gone.into_iter().for_each(|value| _ = self.remove(value));
    }

    /// In the order of their invocations.
    fn all(&self) -> impl Iterator<Item = (Value, &Write)> {
        self.order.iter().filter_map(|value| Some((*value, self.writes.get(value)?)))
    }

    /// Acknowledged writes that are in no store and were replaced by none that is.
    pub fn count(&self) -> u64 {
        self.acknowledged
    }

    pub fn len(&self) -> usize {
        self.writes.len()
    }
}
