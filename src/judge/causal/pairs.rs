//! Words by pairs of numbers, of which the latest are remembered: one look into memory for each question. It knows
//! numbers and judges nothing.

use crate::stdx::hash;

/// Pairs that are remembered. The one that was made first is forgotten first.
pub const PAIRS: usize = 1 << 16;

/// A pair as a key; zero is no pair.
type Key = u64;

fn key(a: u32, b: u32) -> Key {
    ((u64::from(a) << 32) | u64::from(b)).wrapping_add(1)
}

#[derive(Clone, Default, Debug)]
pub struct Pairs {
    /// A power of two of places, at most half of them taken, each as near behind its key's own as there was room.
    places: Vec<(Key, u64)>,
    /// In the order in which they were made, from `oldest` on and round.
    order: Vec<Key>,
    oldest: usize,
}

impl Pairs {
    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn get(&self, a: u32, b: u32) -> Option<u64> {
        let at = self.find(key(a, b))?;
        Some(self.places[at].1)
    }

    /// The word of the pair, new as zero if there is none. Also the word of the pair that is forgotten for it.
    pub fn of(&mut self, a: u32, b: u32) -> (&mut u64, Option<u64>) {
        let key = key(a, b);
        let mut gone = None;
        let at = match self.find(key) {
            Some(at) => at,
            None if self.order.len() < PAIRS => {
                self.order.push(key);
                if 2 * self.order.len() > self.places.len() {
                    self.grow();
                }
                self.put(key, 0)
            }
            None => {
                let old = std::mem::replace(&mut self.order[self.oldest], key);
                self.oldest = (self.oldest + 1) % PAIRS;
                gone = self.take(old);
                self.put(key, 0)
            }
        };
        (&mut self.places[at].1, gone)
    }

    fn home(&self, key: Key) -> usize {
        hash::mix(key) as usize & (self.places.len() - 1)
    }

    fn find(&self, key: Key) -> Option<usize> {
        let mask = self.places.len().checked_sub(1)?;
        let mut at = self.home(key);
        loop {
            match self.places[at].0 {
                0 => return None,
                other if other == key => return Some(at),
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn put(&mut self, key: Key, word: u64) -> usize {
        let mut at = self.home(key);
        while self.places[at].0 != 0 {
            at = (at + 1) & (self.places.len() - 1);
        }
        self.places[at] = (key, word);
        at
    }

    fn grow(&mut self) {
        let places = vec![(0, 0); (2 * self.places.len()).max(64)];
        for (key, word) in std::mem::replace(&mut self.places, places) {
            if key != 0 {
                self.put(key, word);
            }
        }
    }

    fn take(&mut self, key: Key) -> Option<u64> {
        let mask = self.places.len() - 1;
        let mut free = self.find(key)?;
        let word = self.places[free].1;
        // Whoever stands behind it for want of room moves up.
        let mut at = free;
        loop {
            at = (at + 1) & mask;
            let (other, _) = self.places[at];
            if other == 0 {
                break;
            }
            if at.wrapping_sub(self.home(other)) & mask >= at.wrapping_sub(free) & mask {
                self.places[free] = self.places[at];
                free = at;
            }
        }
        self.places[free] = (0, 0);
        Some(word)
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
