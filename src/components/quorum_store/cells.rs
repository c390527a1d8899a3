//! A replica's versions, one an item, with the hashes that two replicas compare, and a journal of what is not on disk
//! yet. It may not know where a version came from.

use crate::components::protocol::quorum::{Item, Version};
use crate::history::Key;
use crate::stdx::hash;
use std::collections::BTreeMap;

/// Leaves of the hash tree; Riak's have a million, for a billion keys.
pub const LEAVES: usize = 256;
/// Keys below this lie in a plain line.
const NEAR: u32 = 1 << 18;

#[derive(Clone, Debug)]
pub struct Cells {
    near: Vec<Option<Version>>,
    far: BTreeMap<Item, Version>,
    /// Per leaf the XOR of the hashes of its versions.
    leaves: Vec<u64>,
    rows: u64,
    sessions: u64,
    /// What was there before each change that is not flushed, oldest first.
    journal: Vec<(Item, Option<Version>)>,
}

impl Default for Cells {
    fn default() -> Cells {
        Cells {
            near: Vec::new(),
            far: BTreeMap::new(),
            leaves: vec![0; LEAVES],
            rows: 0,
            sessions: 0,
            journal: Vec::new(),
        }
    }
}

fn word(item: Item) -> u64 {
    match item {
        Item::Row(key) => hash::mix(key.0.into()),
        Item::Session(session) => hash::mix(1 << 40 | session.0 as u64),
    }
}

/// The leaf of an item.
pub fn leaf(item: Item) -> u8 {
    (word(item) % LEAVES as u64) as u8
}

impl Cells {
    pub fn get(&self, item: Item) -> Option<Version> {
        match item {
            Item::Row(Key(key)) if key < NEAR => self.near.get(key as usize).copied().flatten(),
            _ => self.far.get(&item).copied(),
        }
    }

    /// Puts a version in the place of the one there was. Not durable: a crash takes it back until it is flushed.
    pub fn put(&mut self, version: Version, durable: bool) {
        let before = self.set(version.item, Some(version));
        if !durable {
            self.journal.push((version.item, before));
        }
    }

    fn set(&mut self, item: Item, version: Option<Version>) -> Option<Version> {
        let before = match item {
            Item::Row(Key(key)) if key < NEAR => {
                let i = key as usize;
                if i >= self.near.len() {
                    self.near.resize(i + 1, None);
                }
                std::mem::replace(&mut self.near[i], version)
            }
            _ => match version {
                Some(version) => self.far.insert(item, version),
                None => self.far.remove(&item),
            },
        };
        let mark = |v: Option<Version>| v.map_or(0, |v| hash::fold(word(item), v.stamp.0));
        self.leaves[leaf(item) as usize] ^= mark(before) ^ mark(version);
        let count = match item {
            Item::Row(_) => &mut self.rows,
            Item::Session(_) => &mut self.sessions,
        };
        *count = *count + version.is_some() as u64 - before.is_some() as u64;
        before
    }

    /// All that was changed is on disk.
    pub fn flush(&mut self) {
        self.journal.clear();
    }

    /// Takes back what was not flushed: what was lost, and what stands in its place, newest first.
    pub fn lose(&mut self) -> Vec<(Version, Option<Version>)> {
        let mut lost = Vec::new();
        while let Some((item, before)) = self.journal.pop() {
            if let Some(gone) = self.set(item, before) {
                lost.push((gone, before));
            }
        }
        lost
    }

    /// Everything, in the order of the items.
    pub fn iter(&self) -> impl Iterator<Item = Version> + '_ {
        self.near.iter().flatten().chain(self.far.values()).copied()
    }

    pub fn clear(&mut self) {
        *self = Cells::default();
    }

    pub fn leaves(&self) -> &[u64] {
        &self.leaves
    }

    /// Rows and sessions held.
    pub fn counts(&self) -> (u64, u64) {
        (self.rows, self.sessions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::parts::log::Place;
    use crate::history::{SessionId, Value};
    use crate::stdx::Instant;

    fn version(item: Item, stamp: u64) -> Version {
        let (base, session) = (Place(0), SessionId(0));
        Version { item, value: Value(stamp), stamp: Place(stamp), base, session, invoked: Instant::START }
    }

    #[test]
    fn equal_contents_have_equal_leaves_whatever_the_order() {
        let items = [Item::Row(Key(3)), Item::Row(Key(NEAR + 7)), Item::Session(SessionId(3))];
        let (mut a, mut b) = (Cells::default(), Cells::default());
        items.iter().for_each(|i| a.put(version(*i, 1), true));
        items.iter().rev().for_each(|i| b.put(version(*i, 9), true));
        assert_ne!(a.leaves(), b.leaves());
        items.iter().for_each(|i| b.put(version(*i, 1), true));
        assert_eq!(a.leaves(), b.leaves());
        assert_eq!((a.counts(), a.iter().count()), ((2, 1), 3));
        assert!(a.iter().all(|v| a.get(v.item) == Some(v)));
    }

    #[test]
    fn what_is_not_flushed_is_taken_back() {
        let item = Item::Row(Key(1));
        let mut cells = Cells::default();
        cells.put(version(item, 1), false);
        cells.flush();
        cells.put(version(item, 2), false);
        cells.put(version(item, 3), false);
        let lost: Vec<u64> = cells.lose().iter().map(|(gone, _)| gone.value.0).collect();
        assert_eq!((lost, cells.get(item)), (vec![3, 2], Some(version(item, 1))));
        let mut other = Cells::default();
        other.put(version(item, 1), true);
        assert_eq!(cells.leaves(), other.leaves());
    }
}
