//! Configurations that the search has been at in vain, so that it does not go on from there, or from worse, again.
//! It knows operations and their order in time; it takes no turn.
//!
//! A configuration is what has to return next, the state, and which operations that change the state by what they find
//! there took their turn. Of two of them one is worse if it has spent more writes (under way, or of unknown outcome)
//! that somebody saw, has more reads under way to explain, and fewer writes that can still be hidden.

use super::{Action, NONE, Operation, REMEMBERED};
use crate::stdx::hash;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    /// May be hidden by a write.
    Blind,
    /// Leaves the state as it is.
    Look,
    /// Changes the state by what it is.
    Change,
}

pub struct Tried {
    /// All events in the order of time (2i: the call of operation i, 2i + 1: its return).
    order: Vec<u32>,
    role: Vec<Role>,
    /// For a certain operation its slot (no two that are under way at a time share one), and who had it before.
    slot: Vec<u32>,
    before: Vec<u32>,
    /// By slot: the last operation called before `cursor`, a place in the order of time.
    owner: Vec<u32>,
    cursor: usize,
    /// For an operation of unknown outcome its place among these.
    place: Vec<u32>,
    /// Whether a certain operation took a turn that others could see.
    seen: Vec<bool>,
    /// What speaks against the present configuration, as bits: the operations of unknown outcome that are spent, and
    /// from the next word on two bits a slot.
    against: Vec<u64>,
    unknown_words: usize,
    /// For each configuration the last of the sets against it that was tried, and for each of these the one before.
    latest: HashMap<u128, u32, BuildHasherDefault<Truncated>>,
    sets: Vec<u64>,
    links: Vec<u32>,
}

impl Tried {
    pub fn new(
        order: Vec<u32>,
        operations: &[Operation],
        hides: impl Fn(&Action) -> bool,
        unknown: &[u32],
    ) -> Tried {
        let role = |o: &Operation| match o.action {
            Action::Read(_) | Action::CasRefused { .. } => Role::Look,
            _ if hides(&o.action) => Role::Blind,
            _ => Role::Change,
        };
        let (mut slot, mut before) = (vec![NONE; operations.len()], vec![NONE; operations.len()]);
        let (mut free, mut last): (Vec<u32>, Vec<u32>) = Default::default();
        for event in &order {
            let op = *event as usize / 2;
            if operations[op].returned.is_none() {
                continue;
            }
            if event.is_multiple_of(2) {
                slot[op] = free.pop().unwrap_or_else(|| {
                    last.push(NONE);
                    last.len() as u32 - 1
                });
                before[op] = std::mem::replace(&mut last[slot[op] as usize], op as u32);
            } else {
                free.push(slot[op]);
            }
        }
        let mut place = vec![NONE; operations.len()];
        for (n, op) in (0..).zip(unknown) {
            place[*op as usize] = n;
        }
        let unknown_words = unknown.len().div_ceil(64);
        Tried {
            order,
            role: operations.iter().map(role).collect(),
            slot,
            before,
            owner: vec![NONE; last.len()],
            cursor: 0,
            place,
            seen: vec![false; operations.len()],
            against: vec![0; unknown_words + (2 * last.len()).div_ceil(64)],
            unknown_words,
            latest: HashMap::default(),
            sets: Vec::new(),
            links: Vec::new(),
        }
    }

    /// The operation takes its turn; `seen`: others could see that.
    pub fn spend(&mut self, op: u32, seen: bool) {
        match self.place[op as usize] {
            NONE => self.seen[op as usize] = seen,
            place => self.against[place as usize / 64] |= 1 << (place % 64),
        }
    }

    pub fn unspend(&mut self, op: u32) {
        match self.place[op as usize] {
            NONE => self.seen[op as usize] = false,
            place => self.against[place as usize / 64] &= !(1 << (place % 64)),
        }
    }

    /// Whether neither this configuration nor a better one was tried, and how much there was to compare. `due` is the
    /// place of the return that comes next, `cover` that before which a write has to be called to be hidden.
    pub fn is_new(
        &mut self,
        due: u32,
        state: u32,
        curious: bool,
        cover: u32,
        lifted: &[bool],
        rank: &[u32],
    ) -> (bool, u64) {
        self.turn_to(due as usize);
        let mut key = stamp(state, curious) ^ token(due);
        self.against[self.unknown_words..].fill(0);
        for (slot, op) in self.owner.iter().enumerate() {
            let op = *op as usize;
            // Who returned before has had its turn.
            if op == NONE as usize || rank[2 * op + 1] < due {
                continue;
            }
            let against = match self.role[op] {
                Role::Blind if lifted[op] => u64::from(self.seen[op]),
                // It cannot be hidden, so it will have to show itself.
                Role::Blind => u64::from(rank[2 * op] >= cover) << 1,
                Role::Look => u64::from(!lifted[op]),
                Role::Change => {
                    if lifted[op] {
                        key ^= token(op as u32 | 1 << 31);
                    }
                    0
                }
            };
            self.against[self.unknown_words + slot / 32] |= against << (2 * (slot % 32));
        }
        let width = self.against.len();
        let mut place = self.latest.get(&key).copied().unwrap_or(NONE);
        let mut cost = 0;
        while place != NONE {
            cost += 1;
            let set = &self.sets[place as usize * width..][..width];
            let subset = set.iter().zip(&self.against).all(|(tried, now)| tried & !now == 0);
            if subset {
                return (false, cost);
            }
            place = self.links[place as usize];
        }
        if (self.links.len() + 1) * (width + 4) <= REMEMBERED {
            let before = self.latest.insert(key, self.links.len() as u32);
            self.links.push(before.unwrap_or(NONE));
            self.sets.extend_from_slice(&self.against);
        }
        (true, cost)
    }

    /// Makes `owner` that of this place in the order of time.
    fn turn_to(&mut self, due: usize) {
        while self.cursor < due {
            let event = self.order[self.cursor];
            let op = event as usize / 2;
            if event.is_multiple_of(2) && self.slot[op] != NONE {
                self.owner[self.slot[op] as usize] = op as u32;
            }
            self.cursor += 1;
        }
        while self.cursor > due {
            self.cursor -= 1;
            let event = self.order[self.cursor];
            let op = event as usize / 2;
            if event.is_multiple_of(2) && self.slot[op] != NONE {
                self.owner[self.slot[op] as usize] = self.before[op];
            }
        }
    }
}

/// The random word that stands for an operation in the hash of a set of operations.
fn token(op: u32) -> u128 {
    let word = hash::mix(u64::from(op));
    u128::from(word) << 64 | u128::from(hash::mix(word ^ 0x5bd1_e995))
}

/// The random word for a state, at which somebody has to look next or not.
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
