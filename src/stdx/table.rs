//! A hash table from words to small values that is the same on every machine: open addressing, linear probing, no
//! tombstones. It has no order and cannot be walked through. It may not know what the words name.

use super::hash;

/// Values by word. Looking up, putting in and taking out take constant time; nothing is allocated but to grow.
#[derive(Clone, Debug)]
pub struct Table<V> {
    /// A power of two of places, at most three quarters of them taken.
    places: Vec<Option<(u64, V)>>,
    len: usize,
}

impl<V: Copy> Table<V> {
    pub fn new() -> Table<V> {
        Table { places: Vec::new(), len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn home(&self, key: u64) -> usize {
        hash::mix(key) as usize & (self.places.len() - 1)
    }

    /// The place of the key, or the free one where it would go. There is always a free one.
    fn find(&self, key: u64) -> usize {
        let mut at = self.home(key);
        while self.places[at].is_some_and(|(k, _)| k != key) {
            at = (at + 1) & (self.places.len() - 1);
        }
        at
    }

    pub fn get(&self, key: u64) -> Option<V> {
        if self.len == 0 {
            return None;
        }
        self.places[self.find(key)].map(|(_, v)| v)
    }

    pub fn get_mut(&mut self, key: u64) -> Option<&mut V> {
        if self.len == 0 {
            return None;
        }
        let at = self.find(key);
        self.places[at].as_mut().map(|(_, v)| v)
    }

    /// Puts the value in and gives back the one it replaces.
    pub fn insert(&mut self, key: u64, value: V) -> Option<V> {
        if (self.len + 1) * 4 > self.places.len() * 3 {
            self.grow();
        }
        let at = self.find(key);
        let old = self.places[at].replace((key, value));
        self.len += old.is_none() as usize;
        old.map(|(_, v)| v)
    }

    fn grow(&mut self) {
        let size = (self.places.len() * 2).max(16);
        let old = std::mem::replace(&mut self.places, vec![None; size]);
        for (key, value) in old.into_iter().flatten() {
            let at = self.find(key);
            self.places[at] = Some((key, value));
        }
    }

    pub fn remove(&mut self, key: u64) -> Option<V> {
        if self.len == 0 {
            return None;
        }
        let mask = self.places.len() - 1;
        let mut hole = self.find(key);
        let (_, value) = self.places[hole].take()?;
        self.len -= 1;
        // Whatever was pushed on past its home by the one that left moves back, so that no search ends too early
        // (Knuth, The Art of Computer Programming 3, algorithm 6.4R).
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let Some((k, _)) = self.places[at] else { return Some(value) };
            let from_home = at.wrapping_sub(self.home(k)) & mask;
            if from_home >= (at.wrapping_sub(hole) & mask) {
                self.places[hole] = self.places[at].take();
                hole = at;
            }
        }
    }

    pub fn clear(&mut self) {
        self.places.fill(None);
        self.len = 0;
    }
}

impl<V: Copy> Default for Table<V> {
    fn default() -> Table<V> {
        Table::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdx::Random;
    use std::collections::BTreeMap;

    #[test]
    fn it_does_what_an_ordered_map_does() {
        let mut random = Random::stream(1, 1);
        for keys in [3, 40, 3000] {
            let (mut table, mut map) = (Table::new(), BTreeMap::new());
            for step in 0..20_000u64 {
                let key = random.below(keys);
                match random.below(3) {
                    0 => assert_eq!(table.remove(key), map.remove(&key)),
                    1 => assert_eq!(table.insert(key, step), map.insert(key, step)),
                    _ => assert_eq!(table.get(key), map.get(&key).copied()),
                }
                assert_eq!(table.len(), map.len());
            }
            assert!((0..keys).all(|k| table.get(k) == map.get(&k).copied()));
            if let Some(v) = table.get_mut(1) {
                *v = 7;
                assert_eq!(table.get(1), Some(7));
            }
            table.clear();
            assert!(table.is_empty() && (0..keys).all(|k| table.get(k).is_none()));
        }
    }
}
