//! What each session did to each key: whether it wrote, and what it read. It knows places of writes and judges nothing.

use super::pairs::Pairs;
use crate::history::{Key, SessionId};

/// Reads remembered of one session and key that do not precede each other.
pub const FRONTIER: usize = 4;

/// A write as it is remembered among what was read: its place among all writes, of which no run has 2³²; 0 is none.
pub type Place = u32;

/// What one session did to one key.
#[derive(Clone, Copy, Default, Debug)]
pub struct Own {
    pub wrote: bool,
    /// What it read, without what precedes another of these; what was read last comes first.
    pub read: [Place; FRONTIER],
}

/// The bit of a word that says that the session wrote; below it the number of its older reads in `more`, from 1; and
/// below that the latest read.
const WROTE: u64 = 1 << 63;

#[derive(Clone, Default, Debug)]
pub struct Owns {
    pairs: Pairs,
    /// Older reads, which few have.
    more: Vec<[Place; FRONTIER - 1]>,
    /// Numbers of those that are forgotten.
    free: Vec<u32>,
}

fn number(word: u64) -> u32 {
    ((word & !WROTE) >> 32) as u32
}

impl Owns {
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    pub fn get(&self, session: SessionId, key: Key) -> Own {
        let word = self.pairs.get(session.0, key.0).unwrap_or(0);
        let mut read = [word as Place, 0, 0, 0];
        if let Some(older) = number(word).checked_sub(1) {
            read[1..].copy_from_slice(&self.more[older as usize]);
        }
        Own { wrote: word & WROTE != 0, read }
    }

    fn of(&mut self, session: SessionId, key: Key) -> &mut u64 {
        let (word, gone) = self.pairs.of(session.0, key.0);
        self.free.extend(gone.map(number).filter(|n| *n != 0));
        word
    }

    pub fn wrote(&mut self, session: SessionId, key: Key) {
        *self.of(session, key) |= WROTE;
    }

    pub fn read(&mut self, session: SessionId, key: Key, read: [Place; FRONTIER]) {
        let [latest, older @ ..] = read;
        let word = *self.of(session, key);
        let number = match number(word) {
            0 if older == [0; FRONTIER - 1] => 0,
            0 => self.free.pop().unwrap_or_else(|| {
                self.more.push([0; FRONTIER - 1]);
                self.more.len() as u32
            }),
            number => number,
        };
        if number != 0 {
            self.more[number as usize - 1] = older;
        }
        *self.of(session, key) = word & WROTE | u64::from(number) << 32 | u64::from(latest);
    }
}
