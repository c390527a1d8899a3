//! A limited number of entries, each with an expiry: what a cache, a folder of cached files or a server's sessions are
//! kept in. It decides who leaves when the room is used up. It may not know what is kept.

use crate::stdx::table::Table;
use crate::stdx::{Duration, Instant, Random};
use std::collections::BTreeSet;

crate::choice! {
    /// Who leaves when a newcomer finds no room.
    pub enum Eviction {
        Lru = "lru", "Least recently used", "The entry that has gone unused for longest leaves (Memcached).";
        Sampled = "sampled-lru", "Sampled LRU", "Five entries are drawn, the longest unused of them and of those drawn before leaves (Redis allkeys-lru).";
        Lfu = "lfu", "Least frequently used", "An 8-bit logarithmic counter that ages each minute; five are drawn (Redis allkeys-lfu).";
        LfuIdeal = "lfu-ideal", "Ideal LFU", "Counts every key for ever and keeps those asked for most: the bound that no policy without foresight passes when popularity does not change.";
        Fifo = "fifo", "First in, first out", "The oldest entry leaves, used or not.";
        Random = "random", "Random", "Any entry leaves (Redis allkeys-random).";
        Refuse = "refuse", "Refuse writes", "Nobody leaves; the newcomer is refused with an error (Redis noeviction, its default).";
    }
}

/// Entries drawn per eviction (Redis `maxmemory-samples`), and how many candidates are remembered (`EVPOOL_SIZE`).
const SAMPLES: usize = 5;
const POOL: usize = 16;
/// Redis LFU: a newcomer's counter, how flat the counter grows (`lfu-log-factor`), and how fast it ages
/// (`lfu-decay-time`).
const LFU_INIT: u8 = 5;
const LFU_FACTOR: f64 = 10.0;
const LFU_DECAY: Duration = Duration::from_secs(60);

const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Entry {
    key: u64,
    payload: u64,
    expires: Instant,
    last: Instant,
    /// Redis' logarithmic counter of uses.
    uses: u8,
    /// Neighbours in the list from newest to oldest.
    newer: u32,
    older: u32,
}

/// What became of something put in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Put {
    Stored,
    /// It was not worth a place.
    NotAdmitted,
    /// No room, and nobody leaves.
    Refused,
}

/// Entries by key, at most `capacity` of them. Each operation takes constant time (ideal LFU: logarithmic).
#[derive(Clone, Debug)]
pub struct Entries {
    capacity: u32,
    eviction: Eviction,
    /// Without holes: the last one moves into the place of one that leaves, so any can be drawn at random.
    entries: Vec<Entry>,
    index: Table<u32>,
    newest: u32,
    oldest: u32,
    /// Candidates of earlier draws with their rank, the best to evict last.
    pool: Vec<(u64, u64)>,
    /// Ideal LFU: how often each key was asked for, and the cached ones by that.
    asked: Table<u32>,
    by_asked: BTreeSet<(u32, u64)>,
    pub evictions: u64,
    pub expired: u64,
}

impl Entries {
    /// `capacity` from 1.
    pub fn new(capacity: u32, eviction: Eviction) -> Entries {
        Entries {
            capacity: capacity.max(1),
            eviction,
            entries: Vec::new(),
            index: Table::new(),
            newest: NONE,
            oldest: NONE,
            pool: Vec::new(),
            asked: Table::new(),
            by_asked: BTreeSet::new(),
            evictions: 0,
            expired: 0,
        }
    }

    /// Changes the limits while in use: what is too much leaves at once.
    pub fn limit(&mut self, capacity: u32, eviction: Eviction, now: Instant, random: &mut Random) {
        self.capacity = capacity.max(1);
        if self.eviction != eviction {
            self.eviction = eviction;
            self.pool.clear();
            self.asked.clear();
            self.by_asked.clear();
            if eviction == Eviction::LfuIdeal {
                for i in 0..self.entries.len() {
                    let key = self.entries[i].key;
                    self.asked.insert(key, 1);
                    self.by_asked.insert((1, key));
                }
            }
        }
        while self.entries.len() > self.capacity as usize {
            let victim = self.victim(now, random).unwrap_or(self.oldest);
            self.take(victim);
            self.evictions += 1;
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Looks an entry up and counts it as used; one that has expired is taken out first.
    pub fn get(&mut self, key: u64, now: Instant, random: &mut Random) -> Option<u64> {
        let found = self.index.get(key);
        if self.eviction == Eviction::LfuIdeal {
            self.ask(key, found.is_some());
        }
        let at = found?;
        if self.entries[at as usize].expires <= now {
            self.take(at);
            self.expired += 1;
            return None;
        }
        if self.eviction == Eviction::Lfu {
            self.use_again(at, now, random);
        }
        if self.eviction != Eviction::Fifo {
            self.unlink(at);
            self.link(at);
        }
        let entry = &mut self.entries[at as usize];
        entry.last = now;
        Some(entry.payload)
    }

    /// Looks an entry up without using it.
    pub fn peek(&self, key: u64, now: Instant) -> Option<u64> {
        let entry = &self.entries[self.index.get(key)? as usize];
        (entry.expires > now).then_some(entry.payload)
    }

    /// Gives an entry that is there a new expiry.
    pub fn renew(&mut self, key: u64, expires: Instant) {
        if let Some(at) = self.index.get(key) {
            self.entries[at as usize].expires = expires;
        }
    }

    /// Puts in or replaces; `expires` may be `Instant::FAR`.
    pub fn put(
        &mut self,
        key: u64,
        payload: u64,
        expires: Instant,
        now: Instant,
        random: &mut Random,
    ) -> Put {
        if let Some(at) = self.index.get(key) {
            let entry = &mut self.entries[at as usize];
            (entry.payload, entry.expires, entry.last) = (payload, expires, now);
            if self.eviction != Eviction::Fifo {
                self.unlink(at);
                self.link(at);
            }
            return Put::Stored;
        }
        if self.entries.len() >= self.capacity as usize {
            match self.eviction {
                Eviction::Refuse => return Put::Refused,
                Eviction::LfuIdeal => {
                    let newcomer = self.asked.get(key).unwrap_or(0);
                    if self.by_asked.first().is_some_and(|(least, _)| newcomer <= *least) {
                        return Put::NotAdmitted;
                    }
                }
                _ => {}
            }
            if let Some(victim) = self.victim(now, random) {
                self.take(victim);
                self.evictions += 1;
            }
        }
        let at = self.entries.len() as u32;
        self.entries.push(Entry {
            key,
            payload,
            expires,
            last: now,
            uses: LFU_INIT,
            newer: NONE,
            older: NONE,
        });
        self.index.insert(key, at);
        self.link(at);
        if self.eviction == Eviction::LfuIdeal {
            self.by_asked.insert((self.asked.get(key).unwrap_or(0), key));
        }
        Put::Stored
    }

    pub fn remove(&mut self, key: u64) -> bool {
        let found = self.index.get(key);
        if let Some(at) = found {
            self.take(at);
        }
        found.is_some()
    }

    /// Forgets all entries; what has been counted stays.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.index.clear();
        (self.newest, self.oldest) = (NONE, NONE);
        self.pool.clear();
        self.asked.clear();
        self.by_asked.clear();
    }

    fn ask(&mut self, key: u64, cached: bool) {
        let before = self.asked.get(key).unwrap_or(0);
        self.asked.insert(key, before.saturating_add(1));
        if cached && self.by_asked.remove(&(before, key)) {
            self.by_asked.insert((before.saturating_add(1), key));
        }
    }

    fn aged(&self, at: u32, now: Instant) -> u8 {
        let entry = &self.entries[at as usize];
        let minutes = (now - entry.last).0 / LFU_DECAY.0;
        entry.uses.saturating_sub(minutes.min(255) as u8)
    }

    fn use_again(&mut self, at: u32, now: Instant, random: &mut Random) {
        let uses = self.aged(at, now);
        let over = uses.saturating_sub(LFU_INIT) as f64;
        let grows = uses < u8::MAX && random.chance(1.0 / (over * LFU_FACTOR + 1.0));
        self.entries[at as usize].uses = uses + grows as u8;
    }

    /// Who is to leave. The entries are not empty.
    fn victim(&mut self, now: Instant, random: &mut Random) -> Option<u32> {
        match self.eviction {
            Eviction::Lru | Eviction::Fifo | Eviction::Refuse => Some(self.oldest),
            Eviction::Random => Some(random.below(self.entries.len() as u64) as u32),
            Eviction::LfuIdeal => self.by_asked.first().and_then(|(_, key)| self.index.get(*key)),
            Eviction::Sampled | Eviction::Lfu => loop {
                self.sample(now, random);
                while let Some((_, key)) = self.pool.pop() {
                    if let Some(at) = self.index.get(key) {
                        return Some(at);
                    }
                }
            },
        }
    }

    /// Draws a few entries into the pool of candidates, as Redis' `evictionPoolPopulate` does.
    fn sample(&mut self, now: Instant, random: &mut Random) {
        for _ in 0..SAMPLES {
            let at = random.below(self.entries.len() as u64) as u32;
            let entry = &self.entries[at as usize];
            let rank = match self.eviction {
                Eviction::Lfu => u64::MAX - self.aged(at, now) as u64,
                _ => u64::MAX - entry.last.0,
            };
            let candidate = (rank, entry.key);
            if self.pool.iter().any(|(_, key)| *key == candidate.1) {
                continue;
            }
            let place = self.pool.partition_point(|c| *c < candidate);
            if self.pool.len() < POOL {
                self.pool.insert(place, candidate);
            } else if place > 0 {
                self.pool[..place].rotate_left(1);
                self.pool[place - 1] = candidate;
            }
        }
    }

    fn link(&mut self, at: u32) {
        let newest = self.newest;
        (self.entries[at as usize].newer, self.entries[at as usize].older) = (NONE, newest);
        match newest {
            NONE => self.oldest = at,
            n => self.entries[n as usize].newer = at,
        }
        self.newest = at;
    }

    fn unlink(&mut self, at: u32) {
        let (newer, older) = (self.entries[at as usize].newer, self.entries[at as usize].older);
        match newer {
            NONE => self.newest = older,
            n => self.entries[n as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            o => self.entries[o as usize].newer = newer,
        }
    }

    fn take(&mut self, at: u32) {
        self.unlink(at);
        let gone = self.entries.swap_remove(at as usize);
        self.index.remove(gone.key);
        if self.eviction == Eviction::LfuIdeal {
            self.by_asked.remove(&(self.asked.get(gone.key).unwrap_or(0), gone.key));
        }
        if (at as usize) < self.entries.len() {
            let (key, newer, older) = {
                let moved = &self.entries[at as usize];
                (moved.key, moved.newer, moved.older)
            };
            self.index.insert(key, at);
            match newer {
                NONE => self.newest = at,
                n => self.entries[n as usize].older = at,
            }
            match older {
                NONE => self.oldest = at,
                o => self.entries[o as usize].newer = at,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::parts::popularity::Popularity;

    fn at(secs: u64) -> Instant {
        Instant::START + Duration::from_secs(secs)
    }

    /// Hit ratio of look-ups that put in what they miss, after a warm-up of a fifth.
    fn hit_ratio(eviction: Eviction, keys: u32, skew: f64, capacity: u32, requests: u32) -> f64 {
        let popularity = Popularity::zipf(keys, skew);
        let (mut luck, mut draws) = (Random::stream(3, 1), Random::stream(3, 2));
        let mut entries = Entries::new(capacity, eviction);
        let (mut hits, warm) = (0u32, requests / 5);
        for i in 0..requests + warm {
            let now = Instant(i as u64 * 1_000_000);
            let key = popularity.draw(&mut draws) as u64;
            match entries.get(key, now, &mut luck) {
                Some(payload) => {
                    assert_eq!(payload, key + 7);
                    hits += (i >= warm) as u32;
                }
                None => {
                    entries.put(key, key + 7, Instant::FAR, now, &mut luck);
                }
            }
            assert!(entries.len() <= capacity as usize);
        }
        hits as f64 / requests as f64
    }

    #[test]
    fn hit_ratios_under_zipfs_law_are_those_of_the_theory() {
        // LRU exact (Fagin 1977; King 1971), then Che's approximation; FIFO and random by Martina, Garetto, Leonardi
        // (2014); ideal LFU is the popularity of the most popular.
        for (eviction, keys, skew, capacity, expected, within) in [
            (Eviction::Lru, 100, 0.8, 10, 0.264281, 0.003),
            (Eviction::Lru, 100, 1.0, 50, 0.809887, 0.003),
            (Eviction::Lru, 1000, 1.0, 100, 0.576525, 0.005),
            (Eviction::Fifo, 1000, 1.0, 100, 0.520249, 0.005),
            (Eviction::Random, 1000, 1.0, 100, 0.520249, 0.005),
            (Eviction::LfuIdeal, 1000, 1.0, 100, 0.692993, 0.005),
        ] {
            let found = hit_ratio(eviction, keys, skew, capacity, 400_000);
            assert!(
                (found - expected).abs() < within,
                "{eviction:?} {keys} {capacity}: {found}, not {expected}"
            );
        }
    }

    #[test]
    fn sampling_lies_between_chance_and_order_and_counting_beats_both() {
        let ratio = |e| hit_ratio(e, 1000, 1.0, 100, 200_000);
        let (sampled, lfu) = (ratio(Eviction::Sampled), ratio(Eviction::Lfu));
        assert!(sampled > 0.520 && sampled < 0.580, "{sampled}");
        assert!(lfu > 0.60 && lfu < 0.693, "{lfu}");
    }

    #[test]
    fn who_leaves_is_the_policys_choice() {
        let leaves = |eviction| {
            let mut random = Random::stream(1, 1);
            let mut e = Entries::new(3, eviction);
            (0..3).for_each(|k| _ = e.put(k, k, Instant::FAR, at(k), &mut random));
            for k in [0, 0, 1] {
                e.get(k, at(5), &mut random);
            }
            e.get(9, at(6), &mut random);
            e.get(9, at(6), &mut random);
            let put = e.put(9, 9, Instant::FAR, at(6), &mut random);
            ((0..3).find(|k| e.peek(*k, at(7)).is_none()), put)
        };
        assert_eq!(leaves(Eviction::Lru), (Some(2), Put::Stored));
        assert_eq!(leaves(Eviction::Fifo), (Some(0), Put::Stored));
        assert_eq!(leaves(Eviction::LfuIdeal), (Some(2), Put::Stored));
        assert_eq!(leaves(Eviction::Sampled), (Some(2), Put::Stored));
        assert_eq!(leaves(Eviction::Refuse), (None, Put::Refused));
    }

    #[test]
    fn an_entry_ends_with_its_time_and_may_be_renewed() {
        let mut random = Random::stream(1, 1);
        let mut e = Entries::new(3, Eviction::Lru);
        e.put(1, 11, at(10), at(0), &mut random);
        e.put(2, 22, at(10), at(0), &mut random);
        e.renew(2, at(20));
        assert_eq!(e.get(1, Instant(9_999_999_999), &mut random), Some(11));
        assert_eq!((e.peek(1, at(10)), e.get(1, at(10), &mut random), e.len()), (None, None, 1));
        assert_eq!((e.get(2, at(19), &mut random), e.expired), (Some(22), 1));
    }

    #[test]
    fn a_smaller_limit_takes_effect_at_once() {
        for eviction in [Eviction::Lru, Eviction::LfuIdeal, Eviction::Sampled, Eviction::Refuse] {
            let mut random = Random::stream(1, 1);
            let mut e = Entries::new(100, Eviction::Fifo);
            (0..100).for_each(|k| _ = e.put(k, k, Instant::FAR, at(k), &mut random));
            e.limit(10, eviction, at(100), &mut random);
            assert_eq!((e.len(), e.evictions), (10, 90), "{eviction:?}");
            assert!(e.remove((0..100).find(|k| e.peek(*k, at(101)).is_some()).unwrap()));
            assert_eq!(e.len(), 9);
        }
    }
}
