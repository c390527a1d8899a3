//! The log of a store's writes, each in its place: what is copied to others, cut back when another line of history won,
//! and kept for those who are behind. It may not know how it is sent.

use crate::history::{Key, SessionId, Value};
use crate::stdx::Instant;
use std::collections::VecDeque;

/// A place in the order of writes: the reign in which it was given, above the entry's number in the log. Both rise, so
/// that a later reign's places lie above those of an earlier one. 0 is before the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Place(pub u64);

/// The number of a reign: rises with every promotion, and no two machines ever take the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Reign(pub u32);

impl Reign {
    /// The next above `self` that is this machine's own.
    pub fn next(self, machine: u32) -> Reign {
        Reign(((self.0 >> 12) + 1) << 12 | (machine & 0xfff))
    }
}

impl Place {
    const INDEX: u64 = (1 << 40) - 1;

    pub fn new(reign: Reign, index: u64) -> Place {
        Place((reign.0 as u64) << 40 | index & Place::INDEX)
    }

    pub fn reign(self) -> Reign {
        Reign((self.0 >> 40) as u32)
    }

    /// The entry's number in the log, from 1.
    pub fn index(self) -> u64 {
        self.0 & Place::INDEX
    }
}

/// What an entry changes, and what it found, so that it can be taken back.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Change {
    Row {
        key: Key,
        value: Value,
        /// Where the value stands in the store's order of versions. With one master that is its place in the log;
        /// among several it is the time stamp that decides.
        version: Place,
        over: Value,
        over_version: Place,
    },
    /// A session with so many things in its cart; `was` is None for one that is new.
    Session { session: SessionId, cart: u32, was: Option<u32> },
    /// Only takes a place: a new reign's first.
    Nothing,
}

/// One write.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Entry {
    pub place: Place,
    /// When it was written first.
    pub at: Instant,
    pub change: Change,
}

/// What stands in a log: it knows its place.
pub trait Placed {
    fn place(&self) -> Place;
}

impl Placed for Entry {
    fn place(&self) -> Place {
        self.place
    }
}

/// Entries in the order of their numbers, without gaps; the oldest may have been dropped.
#[derive(Clone, Debug)]
pub struct Log<E = Entry> {
    entries: VecDeque<E>,
    /// Entries dropped at the front.
    dropped: u64,
    /// The first entry's number of every reign, oldest reign first; kept for ever.
    reigns: Vec<(Reign, u64)>,
}

impl<E> Default for Log<E> {
    fn default() -> Log<E> {
        Log { entries: VecDeque::new(), dropped: 0, reigns: Vec::new() }
    }
}

impl<E: Placed> Log<E> {
    /// The number of the newest entry, 0 for none.
    pub fn last(&self) -> u64 {
        self.dropped + self.entries.len() as u64
    }

    /// The place of the newest entry.
    pub fn end(&self) -> Place {
        self.place(self.last())
    }

    /// The place of the entry of that number, also of one that was dropped.
    pub fn place(&self, index: u64) -> Place {
        match self.reigns.iter().rev().find(|(_, first)| *first <= index) {
            Some((reign, _)) if index > 0 => Place::new(*reign, index),
            _ => Place::default(),
        }
    }

    /// The number of the oldest entry that is still there (one more than the newest when all are gone).
    pub fn first(&self) -> u64 {
        self.dropped + 1
    }

    /// Appends; the entry's number must be the next.
    pub fn push(&mut self, entry: E) {
        let place = entry.place();
        assert_eq!(place.index(), self.last() + 1, "a log has no gaps");
        if self.reigns.last().is_none_or(|(r, _)| *r != place.reign()) {
            self.reigns.push((place.reign(), place.index()));
        }
        self.entries.push_back(entry);
    }

    pub fn get(&self, index: u64) -> Option<&E> {
        self.entries.get(index.checked_sub(self.dropped + 1)? as usize)
    }

    /// Takes the newest entry away.
    pub fn pop(&mut self) -> Option<E> {
        let entry = self.entries.pop_back()?;
        if self.reigns.last().is_some_and(|(_, first)| *first == entry.place().index()) {
            self.reigns.pop();
        }
        Some(entry)
    }

    /// Drops the entries before that number.
    pub fn drop_before(&mut self, index: u64) {
        while self.first() < index && self.entries.pop_front().is_some() {
            self.dropped += 1;
        }
    }

    /// How many entries are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number up to which somebody whose log ends at `end` has the same entries as this log.
    pub fn common(&self, end: Place) -> u64 {
        // Reigns rise along every log, and within a reign all logs agree: the last common entry is the last one here
        // of a reign not later than his, or his own last when that comes first (as Kafka's leader epochs, KIP-101).
        let next = self.reigns.iter().find(|(reign, _)| *reign > end.reign());
        let last_here = next.map_or(self.last(), |(_, first)| first - 1);
        let has_reign = self.place(last_here).reign() == end.reign();
        if has_reign || end == Place::default() { last_here.min(end.index()) } else { last_here }
    }

    /// Begins anew after a full copy that ends at `end`: nothing before it is known but the reigns.
    pub fn begin_at(&mut self, reigns: &[(Reign, u64)], last: u64) {
        self.entries.clear();
        self.dropped = last;
        self.reigns.clear();
        self.reigns.extend(reigns.iter().filter(|(_, first)| *first <= last));
    }

    pub fn reigns(&self) -> &[(Reign, u64)] {
        &self.reigns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(reigns: &[(u32, u64)]) -> Log {
        let mut log: Log = Log::default();
        for (reign, entries) in reigns {
            for _ in 0..*entries {
                let place = Place::new(Reign(*reign), log.last() + 1);
                let change = Change::Session { session: SessionId(0), cart: 0, was: None };
                log.push(Entry { place, at: Instant::START, change });
            }
        }
        log
    }

    /// Cuts `mine` back as the two would agree over the wire, until the other's answer changes nothing.
    fn agree(mine: &Log, other: &Log) -> u64 {
        let mut end = mine.end();
        loop {
            let index = other.common(end);
            let back = mine.common(other.place(index)).min(index);
            if mine.place(back) == end || other.place(index) == mine.place(index) {
                return index.min(back);
            }
            end = mine.place(back);
        }
    }

    #[test]
    fn two_logs_agree_up_to_where_their_reigns_part() {
        for (mine, other, common) in [
            (vec![(0, 5)], vec![(0, 9)], 5),
            (vec![(0, 9)], vec![(0, 5)], 5),
            (vec![(0, 9)], vec![(0, 5), (1, 7)], 5),
            (vec![(0, 5), (2, 15)], vec![(0, 10), (3, 4)], 5),
            (vec![(0, 10), (3, 4)], vec![(0, 5), (2, 15)], 5),
            (vec![], vec![(0, 5)], 0),
            (vec![(0, 5)], vec![], 0),
            (vec![(1, 5)], vec![(2, 5)], 0),
        ] {
            assert_eq!(agree(&log(&mine), &log(&other)), common, "{mine:?} and {other:?}");
        }
    }

    #[test]
    fn places_outlive_the_entries_that_had_them() {
        let mut log = log(&[(0, 5), (7, 5)]);
        log.drop_before(8);
        assert_eq!((log.first(), log.len(), log.last()), (8, 3, 10));
        assert_eq!((log.place(3), log.place(9)), (Place::new(Reign(0), 3), Place::new(Reign(7), 9)));
        assert_eq!((log.get(7), log.get(8).map(|e| e.place.index())), (None, Some(8)));
        while log.pop().is_some() {}
        assert_eq!(log.end(), Place::new(Reign(7), 7));
    }

    #[test]
    fn every_machine_takes_reigns_of_its_own() {
        let (a, b) = (Reign(0).next(1), Reign(0).next(2));
        assert!(a != b && a > Reign(0) && a.next(2) > b);
        assert!(Place::new(a, 1) > Place::new(Reign(0), 1_000_000));
    }
}
