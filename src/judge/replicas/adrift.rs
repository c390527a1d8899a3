//! Acknowledged writes that no store has: a tier before the stores has answered for them. It knows writes and stores'
//! positions; it judges nothing.

use crate::history::{Key, Value};
use crate::judge::Seen;
use crate::stdx::Instant;
use std::collections::{BTreeMap, VecDeque};

/// Writes followed at a time; beyond these the oldest is forgotten.
const LIMIT: usize = 1 << 14;

#[derive(Clone, Copy, Debug)]
struct Write {
    key: Key,
    invoked: Instant,
    /// Once its client has been told that it is stored.
    acknowledged: Option<Seen>,
}

/// Writes that have begun and have come to no store yet.
#[derive(Clone, Default, Debug)]
pub struct Adrift {
    writes: BTreeMap<Value, Write>,
    order: VecDeque<Value>,
    acknowledged: u64,
}

impl Adrift {
    pub fn invoked(&mut self, key: Key, value: Value, invoked: Instant) {
        self.writes.insert(value, Write { key, invoked, acknowledged: None });
        self.order.push_back(value);
        // Most have come to a store long before they are the oldest.
        while self.order.len() > LIMIT || self.order.front().is_some_and(|v| !self.writes.contains_key(v)) {
            let Some(oldest) = self.order.pop_front() else { return };
            self.remove(oldest);
        }
    }

    pub fn acknowledged(&mut self, seen: Seen) {
        if let Some(write) = self.writes.get_mut(&seen.op.value) {
            write.acknowledged = Some(seen);
            self.acknowledged += 1;
        }
    }

    /// It did not happen, or nobody was told that it did.
    pub fn remove(&mut self, value: Value) -> Option<Instant> {
        let write = self.writes.remove(&value)?;
        self.acknowledged -= u64::from(write.acknowledged.is_some());
        Some(write.invoked)
    }

    /// A store has the write: those of its key that were acknowledged before it was asked for are replaced by it.
    pub fn stored(&mut self, key: Key, value: Value) {
        let Some(invoked) = self.remove(value) else { return };
        if self.acknowledged == 0 {
            return;
        }
        let replaced = |w: &Write| w.key == key && w.acknowledged.is_some_and(|seen| seen.end() < invoked);
        let gone: Vec<Value> = self.writes.iter().filter(|(_, w)| replaced(w)).map(|(v, _)| *v).collect();
        gone.into_iter().for_each(|value| _ = self.remove(value));
    }

    /// Acknowledged writes that are in no store and were replaced by none that is.
    pub fn count(&self) -> u64 {
        self.acknowledged
    }

    pub fn len(&self) -> usize {
        self.writes.len()
    }
}
