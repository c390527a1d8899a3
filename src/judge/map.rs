//! Small lookup tables for the checkers: a hash map whose order nobody sees, and a table with one entry per key.
//! It knows no operation and no verdict.

use crate::history::Key;
use crate::stdx::hash;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// The same on every machine and fast for numbers. Never iterated: its order means nothing.
pub type Map<K, V> = HashMap<K, V, BuildHasherDefault<Mixer>>;

#[derive(Clone, Copy, Default, Debug)]
pub struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
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
        self.0 = hash::fold(self.0, n);
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
    entries: Map<K, V>,
    order: VecDeque<K>,
    limit: usize,
}

impl<K: Copy + Eq + std::hash::Hash, V: Default> Recent<K, V> {
    pub fn new(limit: usize) -> Recent<K, V> {
        Recent { entries: Map::default(), order: VecDeque::new(), limit }
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    /// Adds what is not there yet.
    pub fn add(&mut self, key: K, value: V) {
        if self.order.len() >= self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.order.push_back(key);
        self.entries.insert(key, value);
    }

    pub fn of(&mut self, key: K) -> &mut V {
        if self.order.len() >= self.limit && !self.entries.contains_key(&key) {
            let oldest = self.order.pop_front();
            oldest.map(|k| self.entries.remove(&k));
        }
        match self.entries.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                self.order.push_back(key);
                entry.insert(V::default())
            }
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
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
}
