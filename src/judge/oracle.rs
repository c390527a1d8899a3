//! The oracle: a complete search for an order of the operations on one key that explains everything that was seen.
//! Slower than the live checkers and independent of them: it judges them in tests, and histories from elsewhere whose
//! values are not unique. It knows operations on one object; no session, no key, no file.
//!
//! The search is that of Wing & Gong ("Testing and proving linearizable objects", 1993) with the cache of
//! configurations of Lowe ("Testing for linearizability", 2017): a doubly linked list of calls and returns from which
//! an operation is lifted when it takes its turn, and put back when that leads nowhere. Pruned, without losing an answer:
//!
//! - what fits the present state and does not change it takes its turn at once, and nothing else is tried in its stead;
//! - an operation of unknown outcome takes its turn only if it changes the state and somebody looks at the state
//!   next (otherwise the same order without it explains as much), and of two equal ones the earlier first;
//! - what was tried in vain is not tried again with more operations of unknown outcome spent;
//! - a string that only grows never outgrows a read that has yet to take its turn.
//!
//! Configurations are remembered by a 128-bit hash: at 10^8 of them the chance of confusing any two is below 10^-21.

mod model;

pub use model::{Action, Append, Model, Register};

use crate::stdx::hash;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Steps of the search after which it gives up, unless told otherwise.
pub const BUDGET: u64 = 50_000_000;

/// Configurations remembered at most; beyond, the search goes on without remembering further ones.
const REMEMBERED: usize = 1 << 24;

/// Turns of the longest explanation that are told.
const RECENT: usize = 2;

/// One operation on the object, with the instants of its call and its return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    pub action: Action,
    pub call: u64,
    /// None if its outcome is unknown: it may have happened at any time after the call, or never.
    pub returned: Option<u64>,
}

/// What the search found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The operations that took their turn, as indices, in an order that explains everything.
    Linearizable(Vec<u32>),
    /// No order does. The longest explanation took `explained` operations, lately `recent`, and reached `state`; there
    /// `stuck` had to return and could not take its turn; `waiting` had the lowest ceiling of those that still waited.
    Not { explained: usize, recent: Vec<u32>, state: u32, stuck: u32, waiting: Option<u32> },
    /// The budget was spent first.
    Unknown,
}

/// Whether the operations on one object can be ordered. `operations` may come in any order.
pub fn search<M: Model>(model: &mut M, operations: &[Operation], budget: u64) -> Answer {
    Search::new(model, operations).run(budget)
}

const NONE: u32 = u32::MAX;

struct Turn {
    op: u32,
    /// The state before it.
    state: u32,
    /// Nothing else needs to be tried in its stead.
    forced: bool,
    /// Whether the turn before was one of unknown outcome.
    curious: bool,
}

struct Search<'a, M> {
    model: &'a mut M,
    operations: &'a [Operation],
    /// Linked list over events; event 2i is the call of operation i, 2i + 1 its return, the last one is the head.
    next: Vec<u32>,
    previous: Vec<u32>,
    lifted: Vec<bool>,
    /// For an operation of unknown outcome: an equal one that was called before it.
    twin: Vec<u32>,
    /// Operations that must not be outgrown, lowest level first, and how many of the first ones took their turn.
    ceilings: Vec<(u32, u32)>,
    /// The place of an operation in `ceilings`.
    ceiling_of: Vec<u32>,
    below: usize,
    /// Its place among the operations of unknown outcome.
    unknown: Vec<u32>,
    /// Those of them that took their turn, as bits.
    used: Vec<u64>,
    /// For certain operations and a state: the last of the sets of operations of unknown outcome tried with them, all
    /// of these sets one after the other, and for each the one before it.
    cache: HashMap<u128, u32, BuildHasherDefault<Truncated>>,
    sets: Vec<u64>,
    links: Vec<u32>,
    turns: Vec<Turn>,
}

/// What is looked for in the list, in this order: the search tries to do without the operations of unknown outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looking {
    /// What fits the state and does not change it.
    Free,
    Certain,
    Unknown,
}

impl Looking {
    fn next(self) -> Option<Looking> {
        match self {
            Looking::Free => Some(Looking::Certain),
            Looking::Certain => Some(Looking::Unknown),
            Looking::Unknown => None,
        }
    }
}

/// The deepest order found so far that could not be carried on: its length, what was in it, and where it stood.
type Farthest = (usize, Vec<u32>, u32, u32, Option<u32>);

impl<'a, M: Model> Search<'a, M> {
    fn new(model: &'a mut M, operations: &'a [Operation]) -> Search<'a, M> {
        let count = operations.len() as u32;
        // At equal instants calls come before returns: such operations are concurrent.
        let mut events: Vec<(u64, bool, u32)> = Vec::with_capacity(2 * operations.len());
        for (index, operation) in (0..).zip(operations) {
            events.push((operation.call, false, 2 * index));
            events.extend(operation.returned.map(|at| (at, true, 2 * index + 1)));
        }
        events.sort_unstable();
        let head = 2 * count;
        let (mut next, mut previous) = (vec![NONE; head as usize + 1], vec![NONE; head as usize + 1]);
        let mut last = head;
        for (_, _, event) in &events {
            next[last as usize] = *event;
            previous[*event as usize] = last;
            last = *event;
        }
        let mut twin = vec![NONE; operations.len()];
        let mut unknown: Vec<u32> =
            (0..count).filter(|i| operations[*i as usize].returned.is_none()).collect();
        unknown.sort_by(|a, b| {
            let (a, b) = (&operations[*a as usize], &operations[*b as usize]);
            a.action.cmp(&b.action).then(a.call.cmp(&b.call))
        });
        for pair in unknown.windows(2) {
            if operations[pair[0] as usize].action == operations[pair[1] as usize].action {
                twin[pair[1] as usize] = pair[0];
            }
        }
        let mut place_of = vec![NONE; operations.len()];
        for (place, op) in (0..).zip(&unknown) {
            place_of[*op as usize] = place;
        }
        let mut ceilings: Vec<(u32, u32)> = (0..count)
            .filter(|i| operations[*i as usize].returned.is_some())
            .filter_map(|i| Some((model.ceiling(&operations[i as usize].action)?, i)))
            .collect();
        ceilings.sort_unstable();
        let mut ceiling_of = vec![NONE; operations.len()];
        for (place, (_, op)) in (0..).zip(&ceilings) {
            ceiling_of[*op as usize] = place;
        }
        Search {
            model,
            operations,
            next,
            previous,
            lifted: vec![false; count as usize],
            twin,
            ceilings,
            ceiling_of,
            below: 0,
            unknown: place_of,
            used: vec![0; unknown.len().div_ceil(64)],
            cache: HashMap::default(),
            sets: Vec::new(),
            links: Vec::new(),
            turns: Vec::new(),
        }
    }

    fn run(mut self, budget: u64) -> Answer {
        let head = 2 * self.operations.len() as u32;
        let certain = self.operations.iter().filter(|o| o.returned.is_some()).count();
        let mut state = self.model.initial();
        let (mut steps, mut done, mut curious, mut bits) = (0u64, 0usize, false, 0u128);
        let mut farthest: Option<Farthest> = None;
        let mut event = self.next[head as usize];
        let mut looking = Looking::Free;
        while done < certain {
            steps += 1;
            if steps > budget {
                return Answer::Unknown;
            }
            let is_call = event != NONE && event.is_multiple_of(2);
            if is_call {
                let op = event / 2;
                if let Some((reached, free)) = self.may(op, state, looking, curious) {
                    let unknown = self.unknown[op as usize] != NONE;
                    self.lift(op);
                    let after = if unknown { bits } else { bits ^ token(op) };
                    if self.fits(reached) && (free || self.is_new(after ^ stamp(reached, unknown))) {
                        self.turns.push(Turn { op, state, forced: free, curious });
                        done += usize::from(!unknown);
                        (state, curious, bits) = (reached, unknown, after);
                        event = self.next[head as usize];
                        looking = Looking::Free;
                        continue;
                    }
                    self.unlift(op);
                }
                event = self.next[event as usize];
                continue;
            }
            if let Some(next) = looking.next() {
                looking = next;
                event = self.next[head as usize];
                continue;
            }
            // Nothing else may take its turn before this return (or nothing is left): go back.
            let explained = self.turns.len();
            if event != NONE && farthest.as_ref().is_none_or(|(best, ..)| explained > *best) {
                let recent = self.turns[explained.saturating_sub(RECENT)..].iter().map(|t| t.op).collect();
                let waiting = self.ceilings.get(self.below).map(|(_, op)| *op);
                farthest = Some((explained, recent, state, event / 2, waiting));
            }
            loop {
                let Some(turn) = self.turns.pop() else {
                    let (explained, recent, state, stuck, waiting) = farthest.unwrap_or_default();
                    return Answer::Not { explained, recent, state, stuck, waiting };
                };
                self.unlift(turn.op);
                let unknown = self.unknown[turn.op as usize] != NONE;
                if !unknown {
                    done -= 1;
                    bits ^= token(turn.op);
                }
                (state, curious) = (turn.state, turn.curious);
                if !turn.forced {
                    looking = if unknown { Looking::Unknown } else { Looking::Certain };
                    event = self.next[2 * turn.op as usize];
                    break;
                }
            }
        }
        Answer::Linearizable(self.turns.iter().map(|t| t.op).collect())
    }

    /// The state after the operation's turn, if it may be taken now, and whether it is free.
    fn may(&mut self, op: u32, state: u32, looking: Looking, curious: bool) -> Option<(u32, bool)> {
        let index = op as usize;
        let unknown = self.unknown[index] != NONE;
        let action = &self.operations[index].action;
        let looks = self.model.looks(action);
        let other = match looking {
            Looking::Free => unknown || !looks,
            Looking::Certain => unknown,
            Looking::Unknown => !unknown,
        };
        // Right after an operation of unknown outcome somebody has to look at what it did.
        if other || (curious && !looks) {
            return None;
        }
        let twin = self.twin[index];
        if twin != NONE && !self.lifted[twin as usize] {
            return None;
        }
        let reached = self.model.step(state, action)?;
        let free = looks && reached == state;
        (free == (looking == Looking::Free) && !(unknown && reached == state)).then_some((reached, free))
    }

    /// Whether no configuration with the same certain operations and state, and no more of unknown outcome, was tried.
    fn is_new(&mut self, key: u128) -> bool {
        let width = self.used.len();
        if self.is_dominated(key) {
            return false;
        }
        if self.links.len() >= REMEMBERED {
            return true;
        }
        let before = self.cache.insert(key, self.links.len() as u32);
        self.links.push(before.unwrap_or(NONE));
        if width > 0 {
            self.sets.extend_from_slice(&self.used);
        }
        true
    }

    fn is_dominated(&self, key: u128) -> bool {
        let width = self.used.len();
        let mut place = self.cache.get(&key).copied().unwrap_or(NONE);
        while place != NONE {
            let set = &self.sets[place as usize * width..][..width];
            if set.iter().zip(&self.used).all(|(tried, now)| tried & !now == 0) {
                return true;
            }
            place = self.links[place as usize];
        }
        false
    }

    /// Whether no operation that has yet to take its turn has been outgrown.
    fn fits(&self, state: u32) -> bool {
        self.ceilings.get(self.below).is_none_or(|(ceiling, _)| self.model.level(state) <= *ceiling)
    }

    fn lift(&mut self, op: u32) {
        self.lifted[op as usize] = true;
        self.unlink(2 * op);
        match self.unknown[op as usize] {
            NONE => self.unlink(2 * op + 1),
            place => self.used[place as usize / 64] |= 1 << (place % 64),
        }
        while self.ceilings.get(self.below).is_some_and(|(_, op)| self.lifted[*op as usize]) {
            self.below += 1;
        }
    }

    fn unlift(&mut self, op: u32) {
        self.lifted[op as usize] = false;
        match self.unknown[op as usize] {
            NONE => self.link(2 * op + 1),
            place => self.used[place as usize / 64] &= !(1 << (place % 64)),
        }
        self.link(2 * op);
        let place = self.ceiling_of[op as usize];
        if place != NONE {
            self.below = self.below.min(place as usize);
        }
    }

    fn unlink(&mut self, event: u32) {
        let (before, after) = (self.previous[event as usize], self.next[event as usize]);
        self.next[before as usize] = after;
        if after != NONE {
            self.previous[after as usize] = before;
        }
    }

    /// The event still knows its neighbours: events are put back in the reverse order of being taken out.
    fn link(&mut self, event: u32) {
        let (before, after) = (self.previous[event as usize], self.next[event as usize]);
        self.next[before as usize] = event;
        if after != NONE {
            self.previous[after as usize] = event;
        }
    }
}

/// The random word that stands for an operation in the hash of a set of operations.
fn token(op: u32) -> u128 {
    let word = hash::mix(u64::from(op));
    u128::from(word) << 64 | u128::from(hash::mix(word ^ 0x5bd1_e995))
}

/// The random word for a state, reached by an operation of unknown outcome or not.
fn stamp(state: u32, curious: bool) -> u128 {
    let word = hash::mix(u64::from(state) | 1 << (40 + u32::from(curious)));
    u128::from(word) << 64 | u128::from(hash::mix(word ^ 0xc2b2_ae35))
}

/// The key is a hash already.
#[derive(Clone, Copy, Default)]
struct Truncated(u64);

impl std::hash::Hasher for Truncated {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.0 = hash::fold(self.0, (*b).into()));
    }
    fn write_u128(&mut self, n: u128) {
        self.0 = n as u64;
    }
}

#[cfg(test)]
mod tests;
