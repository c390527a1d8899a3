//! What the machines show of all keys together, and of which keys they show different things. It knows rows and
//! machines; it judges only whether copies contradict each other.

use super::row::{self, Row};
use crate::history::{Key, Process, Value};
use crate::judge::verdict::Tally;
use crate::judge::witness::{Pattern, Witness};
use crate::stdx::{Instant, hash};
use std::collections::BTreeSet;

#[derive(Clone, Default, Debug)]
pub struct Contents {
    /// Per machine the XOR of the hashes of what it shows: equal contents have equal numbers. In the order of the
    /// machines.
    words: Vec<(Process, u64)>,
    /// Keys of which the copies are not alike.
    pub differing: BTreeSet<Key>,
    pub diverged: Tally,
}

impl Contents {
    /// The machine shows nothing so far.
    pub fn join(&mut self, node: Process) {
        *self.word(node) = 0;
    }

    pub fn leave(&mut self, node: Process) {
        self.words.retain(|(n, _)| *n != node);
    }

    fn word(&mut self, node: Process) -> &mut u64 {
        let place = match self.words.iter().position(|(n, _)| *n >= node) {
            Some(place) if self.words[place].0 == node => place,
            place => {
                let place = place.unwrap_or(self.words.len());
                self.words.insert(place, (node, 0));
                place
            }
        };
        &mut self.words[place].1
    }

    pub fn get(&self, node: Process) -> Option<u64> {
        self.words.iter().find(|(n, _)| *n == node).map(|(_, word)| *word)
    }

    /// The machines that keep copies, in their order.
    pub fn nodes(&self) -> impl Iterator<Item = Process> {
        self.words.iter().map(|(node, _)| *node)
    }

    /// A copy of the key, among these machines', shows something else than before (as the word for that).
    pub fn shown(
        &mut self,
        row: &mut Row,
        members: &[Process],
        key: Key,
        copy: usize,
        before: u64,
        at: Instant,
    ) {
        let row::Copy { node, heads, .. } = &row.copies[copy];
        *self.word(*node) ^= before ^ content(heads, key);
        let alike = row.alike(members);
        if alike == row.differs {
            row.differs = !alike;
            if alike {
                self.differing.remove(&key)
            } else {
                self.differing.insert(key)
            };
        }
        if alike {
            row.diverged = false;
        } else if let Some(pair) = contradiction(row).filter(|_| !row.diverged) {
            row.diverged = true;
            let pattern = Pattern::Diverged { node: pair.0, other: pair.1 };
            self.diverged.add(Witness::alone(pattern, key, at, None));
        }
        row.trim(members, alike);
    }
}

/// What a copy shows of the key, as a word for the XOR of all.
pub fn content(heads: &[Value], key: Key) -> u64 {
    heads.iter().fold(0, |word, value| word ^ hash::fold(hash::mix(key.0.into()), value.0))
}

/// Two copies that have applied the same writes, neither having lost any, and show different versions.
fn contradiction(row: &Row) -> Option<(Process, Process)> {
    row.copies.iter().enumerate().find_map(|(n, a)| {
        let differs = |b: &&row::Copy| {
            let same = a.applied == b.applied && a.applied.1 > 0 && a.whole && b.whole;
            same && !(a.heads.len() == b.heads.len() && a.heads.iter().all(|v| b.heads.contains(v)))
        };
        row.copies[n + 1..].iter().find(differs).map(|b| (a.node, b.node))
    })
}
