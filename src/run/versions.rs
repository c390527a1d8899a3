//! Which version of a key a value is, and since when it has been outdated: the numbers on the version chips. It reads
//! the history's facts and judges nothing.

use crate::history::{Entry, Fact, Key, Record, Value};
use crate::stdx::{Duration, Instant};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// So many latest versions of a key are remembered one by one.
const KEPT: usize = 32;

#[derive(Clone, Copy, Debug)]
struct Version {
    value: Value,
    at: Instant,
}

#[derive(Clone, Debug, Default)]
struct Line {
    /// Versions there have been.
    count: u64,
    latest: VecDeque<Version>,
}

/// The versions of every key, in the store's own order of writes.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    keys: BTreeMap<Key, Line>,
    /// Versions that a proof speaks of.
    pinned: BTreeMap<(Key, Value), u64>,
}

/// Where a value stands among its key's versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// From 1; 0 is the initial value. For a version too old to be remembered: the oldest number it can be.
    pub version: u64,
    /// Newer versions there are.
    pub behind: u64,
    /// How long there has been a newer one; None for the newest.
    pub outdated: Option<Duration>,
}

impl Versions {
    pub fn read(&mut self, entry: &Entry) {
        if let Record::Fact(Fact::Ordered { key, value, .. }) = entry.record {
            let line = self.keys.entry(key).or_default();
            line.count += 1;
            if line.latest.len() == KEPT {
                line.latest.pop_front();
            }
            line.latest.push_back(Version { value, at: entry.at });
        }
    }

    pub fn place(&self, key: Key, value: Value, now: Instant) -> Place {
        let Some(line) = self.keys.get(&key) else {
            return Place { version: 0, behind: 0, outdated: None };
        };
        let oldest = line.count - line.latest.len() as u64;
        // The index among the remembered ones; the version before the first of them is the one it replaced.
        let index = line.latest.iter().position(|v| v.value == value);
        let (version, newer) = match index {
            Some(i) => (oldest + i as u64 + 1, line.latest.get(i + 1)),
            None if value == Value::INITIAL => (0, line.latest.front()),
            None => (self.pinned.get(&(key, value)).copied().unwrap_or(oldest), line.latest.front()),
        };
        Place { version, behind: line.count - version, outdated: newer.map(|n| now - n.at) }
    }

    /// Remembers which version this value is, as long as that is known.
    pub fn pin(&mut self, key: Key, value: Value) {
        let known = self.keys.get(&key).is_some_and(|l| l.latest.iter().any(|v| v.value == value));
        if known && !self.pinned.contains_key(&(key, value)) {
            let version = self.place(key, value, Instant::START).version;
            self.pinned.insert((key, value), version);
        }
    }

    /// Forgets the pinned versions of all other values.
    pub fn keep(&mut self, values: &BTreeSet<Value>) {
        self.pinned.retain(|(_, value), _| values.contains(value));
    }

    /// Whether the store has a newer version of the key than this one.
    pub fn outdated(&self, key: Key, value: Value) -> bool {
        self.keys.get(&key).and_then(|l| l.latest.back()).is_some_and(|v| v.value != value)
    }

    /// When the newest version came to be.
    pub fn newest_at(&self, key: Key) -> Option<Instant> {
        self.keys.get(&key)?.latest.back().map(|v| v.at)
    }

    /// How many versions of the key there have been.
    pub fn count(&self, key: Key) -> u64 {
        self.keys.get(&key).map_or(0, |l| l.count)
    }

    /// The keys with the most versions, at most so many; the lowest number first among equals.
    pub fn busiest_keys(&self, most: usize) -> Vec<Key> {
        let mut keys: Vec<(u64, Key)> = self.keys.iter().map(|(key, line)| (line.count, *key)).collect();
        keys.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        keys.into_iter().take(most).map(|(_, key)| key).collect()
    }

    /// The key with the most versions, the lowest number first among equals: what to follow when nothing is chosen.
    pub fn busiest(&self) -> Option<Key> {
        self.keys.iter().rev().max_by_key(|(_, l)| l.count).map(|(k, _)| *k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_knows_its_place_among_the_versions() {
        let mut versions = Versions::default();
        for n in 1..=36u64 {
            versions.pin(Key(3), Value(20));
            let fact = Fact::Ordered {
                set: 0,
                key: Key(3),
                value: Value(n * 10),
                over: Value((n - 1) * 10),
                position: n,
            };
            versions.read(&Entry { at: Instant(n * 100), record: Record::Fact(fact) });
        }
        let place = |v| versions.place(Key(3), Value(v), Instant(4000));
        assert_eq!(place(360), Place { version: 36, behind: 0, outdated: None });
        assert_eq!(place(340), Place { version: 34, behind: 2, outdated: Some(Duration(500)) });
        assert_eq!(place(50), Place { version: 5, behind: 31, outdated: Some(Duration(3400)) });
        assert_eq!(place(10).version, 4, "forgotten: the oldest it can be");
        assert_eq!(place(20).version, 2, "spoken of in a proof");
        assert_eq!(place(0).behind, 36);
        assert!(versions.outdated(Key(3), Value(350)) && !versions.outdated(Key(3), Value(360)));
        assert_eq!((versions.busiest(), versions.count(Key(9))), (Some(Key(3)), 0));
    }
}
