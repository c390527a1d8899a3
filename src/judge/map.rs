//! Small lookup tables for the checkers: a hash map whose order nobody sees, and a table with one entry per key.
//! It knows no operation and no verdict.

use crate::history::Key;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// The same on every machine and fast for numbers. Never iterated: its order means nothing.
pub type Map<K, V> = HashMap<K, V, BuildHasherDefault<Mixer>>;

#[derive(Clone, Copy, Default, Debug)]
pub struct Mixer(u64);

/// Odd, and its bits look like chance (the golden ratio's).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for Mixer {
    /// The upper bits depend on all bits of the key; tables look at the lower ones, and at the uppermost.
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    fn write_u8(&mut self, n: u8) {
        self.write_u64(n.into());
    }
    fn write_u32(&mut self, n: u32) {
        self.write_u64(n.into());
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(23) ^ n).wrapping_mul(GOLDEN);
    }
    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
}

/// Keys below this number are found by index, all others by hash.
const NEAR: u32 = 1 << 16;

/// One `T` per key, made when the key is first asked for.
#[derive(Clone, Default, Debug)]
pub struct Keyed<T> {
    /// Place of each near key in `entries`, plus one; zero means none yet.
    near: Vec<u32>,
    far: Map<Key, u32>,
    entries: Vec<T>,
}

impl<T: Default> Keyed<T> {
    pub fn of(&mut self, key: Key) -> &mut T {
        let fresh = self.entries.len() as u32 + 1;
        let place = if key.0 < NEAR {
            let index = key.0 as usize;
            if index >= self.near.len() {
                self.near.resize(index + 1, 0);
            }
            &mut self.near[index]
        } else {
            self.far.entry(key).or_insert(0)
        };
        if *place == 0 {
            *place = fresh;
            self.entries.push(T::default());
        }
        &mut self.entries[*place as usize - 1]
    }

    pub fn get(&self, key: Key) -> Option<&T> {
        let place =
            if key.0 < NEAR { self.near.get(key.0 as usize).copied() } else { self.far.get(&key).copied() };
        place.filter(|p| *p != 0).map(|p| &self.entries[p as usize - 1])
    }

    /// In the order in which the keys were first asked for.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut()
    }
}

/// A map that forgets the entry that was made first when it is full.
#[derive(Clone, Debug)]
pub struct Recent<K, V> {
    /// In the order in which they were made, from `oldest` on and round.
    entries: Vec<(K, V)>,
    oldest: usize,
    /// Places in `entries` plus one, each as near behind its key's own as there was room; zero is free. Less than half of
    /// it is taken.
    index: Vec<u32>,
    limit: usize,
}

impl<K: Copy + Eq + Hash, V: Default> Recent<K, V> {
    pub fn new(limit: usize) -> Recent<K, V> {
        Recent { entries: Vec::new(), oldest: 0, index: Vec::new(), limit }
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.find(key).map(|place| &self.entries[place].1)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.find(key).map(|place| &mut self.entries[place].1)
    }

    /// Adds what is not there yet.
    pub fn add(&mut self, key: K, value: V) {
        self.insert(key, value);
    }

    pub fn of(&mut self, key: K) -> &mut V {
        let place = self.find(&key).unwrap_or_else(|| self.insert(key, V::default()));
        &mut self.entries[place].1
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where the search for a key begins.
    fn home(&self, key: &K) -> usize {
        let mut hasher = Mixer::default();
        key.hash(&mut hasher);
        hasher.finish() as usize & (self.index.len() - 1)
    }

    fn find(&self, key: &K) -> Option<usize> {
        if self.index.is_empty() {
            return None;
        }
        let mut at = self.home(key);
        loop {
            let place = self.index[at].checked_sub(1)? as usize;
            if self.entries[place].0 == *key {
                return Some(place);
            }
            at = (at + 1) & (self.index.len() - 1);
        }
    }

    /// Adds what is not there yet; returns its place.
    fn insert(&mut self, key: K, value: V) -> usize {
        if self.entries.len() < self.limit {
            self.entries.push((key, value));
            let place = self.entries.len() - 1;
            if 2 * self.entries.len() > self.index.len() {
                self.index = vec![0; (4 * self.entries.len()).next_power_of_two()];
                (0..=place).for_each(|place| self.link(place));
            } else {
                self.link(place);
            }
            return place;
        }
        let place = self.oldest;
        self.unlink(place);
        self.entries[place] = (key, value);
        self.link(place);
        self.oldest = (place + 1) % self.limit;
        place
    }

    fn link(&mut self, place: usize) {
        let mut at = self.home(&self.entries[place].0);
        while self.index[at] != 0 {
            at = (at + 1) & (self.index.len() - 1);
        }
        self.index[at] = place as u32 + 1;
    }

    fn unlink(&mut self, place: usize) {
        let mask = self.index.len() - 1;
        let mut free = self.home(&self.entries[place].0);
        while self.index[free] != place as u32 + 1 {
            free = (free + 1) & mask;
        }
        // Whoever stands behind it for want of room moves up.
        let mut at = free;
        loop {
            at = (at + 1) & mask;
            let Some(other) = self.index[at].checked_sub(1) else { break };
            let home = self.home(&self.entries[other as usize].0);
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(free) & mask {
                self.index[free] = self.index[at];
                free = at;
            }
        }
        self.index[free] = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_keys_keep_their_own_entries() {
        let mut table: Keyed<u64> = Keyed::default();
        let keys = [0, 7, NEAR - 1, NEAR, u32::MAX];
        for (n, key) in keys.into_iter().enumerate() {
            *table.of(Key(key)) = n as u64 + 1;
        }
        for (n, key) in keys.into_iter().enumerate() {
            assert_eq!(table.get(Key(key)), Some(&(n as u64 + 1)));
        }
        assert_eq!(table.get(Key(8)), None);
        assert_eq!(table.iter().sum::<u64>(), 15);
    }

    #[test]
    fn the_entry_that_was_made_first_is_forgotten_first() {
        for limit in [1, 3, 64] {
            let mut recent: Recent<u64, u64> = Recent::new(limit);
            let mut made: Vec<(u64, u64)> = Vec::new();
            for step in 0..3_000 {
                let key = crate::stdx::hash::mix(step) % (2 * limit as u64);
                match made.iter_mut().find(|(k, _)| *k == key) {
                    Some((_, value)) => *value = step,
                    None => made.push((key, step)),
                }
                *recent.of(key) = step;
                made.drain(..made.len().saturating_sub(limit));
                assert!(made.iter().all(|(k, value)| recent.get(k) == Some(value)), "step {step}");
                let known = (0..2 * limit as u64).filter(|k| recent.get(k).is_some()).count();
                assert_eq!((known, recent.len()), (made.len(), made.len()), "step {step}");
            }
        }
    }
}
