//! Words by pairs of numbers, of which the latest are remembered. It knows numbers and judges nothing.

use crate::stdx::hash;

/// Pairs that are remembered. The one that was made first is forgotten first.
pub const PAIRS: usize = 1 << 16;

/// A place of the index that is taken: this bit, how far it is behind its pair's own place, some bits of the pair's hash,
/// and where in `entries` the pair is. So nearly every question that has no answer is answered from the index alone,
/// which is small.
const TAKEN: u32 = 1 << 31;
const FAR: u32 = 31;
const TAG: u32 = 0x3ff;

fn taken(behind: usize, tag: u32, entry: usize) -> u32 {
    TAKEN | FAR.min(behind as u32) << 26 | tag << 16 | entry as u32
}

fn entry(place: u32) -> usize {
    (place & 0xffff) as usize
}

#[derive(Clone, Default, Debug)]
pub struct Pairs {
    /// In the order in which they were made, from `oldest` on and round.
    entries: Vec<(u64, u64)>,
    oldest: usize,
    /// A power of two of places, at most half of them taken; zero is free.
    index: Vec<u32>,
}

fn pair(a: u32, b: u32) -> u64 {
    u64::from(a) << 32 | u64::from(b)
}

fn tag(hash: u64) -> u32 {
    (hash >> 54) as u32 & TAG
}

impl Pairs {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn get(&self, a: u32, b: u32) -> Option<u64> {
        let pair = pair(a, b);
        self.find(pair, hash::mix(pair)).map(|entry| self.entries[entry].1)
    }

    /// The word of the pair, new as zero if there is none. Also the word of the pair that is forgotten for it.
    pub fn of(&mut self, a: u32, b: u32) -> (&mut u64, Option<u64>) {
        let pair = pair(a, b);
        let hash = hash::mix(pair);
        let mut gone = None;
        let entry = match self.find(pair, hash) {
            Some(entry) => entry,
            None if self.entries.len() < PAIRS => {
                self.entries.push((pair, 0));
                let entry = self.entries.len() - 1;
                if 2 * self.entries.len() > self.index.len() {
                    self.index = vec![0; (2 * self.index.len()).max(64)];
                    (0..=entry).for_each(|entry| self.link(entry, hash::mix(self.entries[entry].0)));
                } else {
                    self.link(entry, hash);
                }
                entry
            }
            None => {
                let entry = self.oldest;
                self.oldest = (entry + 1) % PAIRS;
                self.unlink(entry);
                gone = Some(self.entries[entry].1);
                self.entries[entry] = (pair, 0);
                self.link(entry, hash);
                entry
            }
        };
        (&mut self.entries[entry].1, gone)
    }

    fn find(&self, pair: u64, hash: u64) -> Option<usize> {
        let mask = self.index.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        loop {
            let place = self.index[at];
            if place == 0 {
                return None;
            }
            if place >> 16 & TAG == tag(hash) && self.entries[entry(place)].0 == pair {
                return Some(entry(place));
            }
            at = (at + 1) & mask;
        }
    }

    fn link(&mut self, entry: usize, hash: u64) {
        let mask = self.index.len() - 1;
        let mut behind = 0;
        while self.index[(hash as usize + behind) & mask] != 0 {
            behind += 1;
        }
        self.index[(hash as usize + behind) & mask] = taken(behind, tag(hash), entry);
    }

    fn unlink(&mut self, gone: usize) {
        let mask = self.index.len() - 1;
        let mut free = hash::mix(self.entries[gone].0) as usize & mask;
        while self.index[free] & (TAKEN | 0xffff) != taken(0, 0, gone) {
            free = (free + 1) & mask;
        }
        // Whoever stands behind it for want of room moves up.
        let mut at = free;
        loop {
            at = (at + 1) & mask;
            let place = self.index[at];
            if place == 0 {
                break;
            }
            let behind = match place >> 26 & FAR {
                FAR => at.wrapping_sub(hash::mix(self.entries[entry(place)].0) as usize) & mask,
                behind => behind as usize,
            };
            let room = at.wrapping_sub(free) & mask;
            if behind >= room {
                self.index[free] = taken(behind - room, place >> 16 & TAG, entry(place));
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
    fn the_latest_pairs_are_remembered_and_the_first_is_forgotten_first() {
        let mut pairs = Pairs::default();
        // The words are the numbers of the steps; a word of 0 is one that is new.
        let made = |step: u64| (hash::mix(step) as u32 % 300, step as u32);
        for step in 1..=3 * PAIRS as u64 {
            let (a, b) = made(step);
            let (word, gone) = pairs.of(a, b);
            assert_eq!((*word, gone), (0, step.checked_sub(PAIRS as u64).filter(|old| *old > 0)));
            *word = step;
            if step.is_multiple_of(5_000) {
                let remembered = step.saturating_sub(PAIRS as u64);
                let of = |step: u64| pairs.get(made(step).0, made(step).1);
                assert!((1..=step).all(|s| of(s) == Some(s).filter(|_| s > remembered)), "step {step}");
                assert_eq!(pairs.len() as u64, step - remembered);
            }
        }
        // What is asked for again keeps its word and its turn.
        let (a, b) = made(3 * PAIRS as u64);
        assert_eq!(pairs.of(a, b), (&mut (3 * PAIRS as u64), None));
    }
}
