//! The ladder: numbers in the order of time, sorted no more than needed, and as late as can be. It may not know what the
//! numbers stand for.

use super::Key;
use std::collections::VecDeque;

/// No slot: the end of a list.
const NONE: u32 = u32::MAX;
/// A bucket of at most this many items is sorted rather than dealt out again.
const FEW: usize = 48;
/// A new rung has room for about this many items in a bucket.
const IN_A_BUCKET: usize = 4;
/// So many buckets a rung has at most; more items make more rungs.
const MOST_BUCKETS: u64 = 1 << 14;

/// The numbers of the items, sorted no more than needed. Whatever it holds, `bottom` holds the least of it.
#[derive(Clone)]
pub(super) struct Ladder {
    slots: Vec<Slot>,
    /// The list of unused slots.
    free: u32,
    /// What is due at `top_from` or later; the earliest and the latest of it.
    top: u32,
    top_len: usize,
    top_from: u64,
    top_least: u64,
    top_most: u64,
    /// From the coarsest to the finest; those beyond `depth` only keep their memory.
    rungs: Vec<Rung>,
    depth: usize,
    /// Sorted, the next first; all before what the rungs hold.
    bottom: VecDeque<(Key, u32)>,
    len: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    key: Key,
    next: u32,
}

/// Buckets of `1 << shift` nanoseconds each, from `start` on, the last as long as it takes to `until`; those before
/// `current` are done with.
#[derive(Clone, Default)]
struct Rung {
    start: u64,
    shift: u32,
    until: u64,
    current: usize,
    buckets: Vec<u32>,
}

impl Rung {
    /// What is due before this is no business of this rung any more.
    fn from(&self) -> u64 {
        if self.current == self.buckets.len() {
            self.until
        } else {
            self.start + ((self.current as u64) << self.shift)
        }
    }

    fn bucket(&mut self, at: u64) -> &mut u32 {
        let last = self.buckets.len() - 1;
        &mut self.buckets[((at - self.start) >> self.shift).min(last as u64) as usize]
    }
}

impl Ladder {
    pub fn new() -> Ladder {
        Ladder {
            slots: Vec::new(),
            free: NONE,
            top: NONE,
            top_len: 0,
            top_from: 0,
            top_least: u64::MAX,
            top_most: 0,
            rungs: Vec::new(),
            depth: 0,
            bottom: VecDeque::new(),
            len: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The number of each slot, in use or last in it.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.slots.iter().map(|slot| slot.key)
    }

    pub fn first(&self) -> Option<Key> {
        self.bottom.front().map(|(key, _)| *key)
    }

    /// Adds a number and says which slot its item goes into: one in use before, or the one after the last.
    pub fn push(&mut self, key: Key) -> u32 {
        let slot = self.free;
        let slot = if slot == NONE {
            assert!(self.slots.len() < NONE as usize, "four thousand million items pending");
            self.slots.push(Slot { key, next: NONE });
            self.slots.len() as u32 - 1
        } else {
            self.free = self.slots[slot as usize].next;
            self.slots[slot as usize].key = key;
            slot
        };
        self.len += 1;
        if key.at >= self.top_from {
            self.slots[slot as usize].next = self.top;
            self.top = slot;
            self.top_len += 1;
            self.top_least = self.top_least.min(key.at);
            self.top_most = self.top_most.max(key.at);
            if self.bottom.is_empty() {
                self.refill();
            }
            return slot;
        }
        for rung in &mut self.rungs[..self.depth] {
            if key.at >= rung.from() {
                let bucket = rung.bucket(key.at);
                self.slots[slot as usize].next = *bucket;
                *bucket = slot;
                return slot;
            }
        }
        let place = self.bottom.partition_point(|(other, _)| *other < key);
        self.bottom.insert(place, (key, slot));
        // An insertion moves what is on its shorter side: at the ends a long bottom costs nothing.
        if place.min(self.bottom.len() - place) > 2 * FEW {
            self.spill();
        }
        slot
    }

    /// Takes the least number, of which there must be one, and says which slot its item lies in.
    pub fn pop(&mut self) -> (Key, u32) {
        let (key, slot) =
            self.bottom.pop_front().expect("the bottom holds the least while anything is pending");
        self.slots[slot as usize].next = self.free;
        self.free = slot;
        self.len -= 1;
        if self.bottom.is_empty() && self.len > 0 {
            self.refill();
        }
        (key, slot)
    }

    /// Makes a bottom of the bucket that comes next. The bottom is empty, and something is pending.
    fn refill(&mut self) {
        loop {
            let Bucket { list, count, least, most, until } =
                self.next_bucket().unwrap_or_else(|| self.take_top());
            if count > FEW && least < most {
                self.deal(list, count, least, most, until);
                continue;
            }
            self.bottom.clear();
            let mut slot = list;
            while slot != NONE {
                let Slot { key, next } = self.slots[slot as usize];
                self.bottom.push_back((key, slot));
                slot = next;
            }
            self.bottom.make_contiguous().sort_unstable();
            return;
        }
    }

    /// Takes the next bucket that holds anything off the finest rung, or nothing when all rungs are done with.
    fn next_bucket(&mut self) -> Option<Bucket> {
        while self.depth > 0 {
            let rung = &mut self.rungs[self.depth - 1];
            let Some(ahead) = rung.buckets[rung.current..].iter().position(|list| *list != NONE) else {
                self.depth -= 1;
                continue;
            };
            let bucket = rung.current + ahead;
            rung.current = bucket + 1;
            let list = std::mem::replace(&mut rung.buckets[bucket], NONE);
            let (mut count, mut least, mut most, mut slot) = (0, u64::MAX, 0, list);
            let until = rung.from();
            while slot != NONE {
                let Slot { key, next } = self.slots[slot as usize];
                (count, least, most) = (count + 1, least.min(key.at), most.max(key.at));
                slot = next;
            }
            return Some(Bucket { list, count, least, most, until });
        }
        None
    }

    /// Takes all of the top; what comes later than the last of it is the new top.
    fn take_top(&mut self) -> Bucket {
        // Of what is due at the end of time, the top has the later comers: no sooner is this than the last bucket of a rung.
        self.top_from = self.top_most.saturating_add(1);
        let bucket = Bucket {
            list: std::mem::replace(&mut self.top, NONE),
            count: std::mem::replace(&mut self.top_len, 0),
            least: std::mem::replace(&mut self.top_least, u64::MAX),
            most: std::mem::replace(&mut self.top_most, 0),
            until: self.top_from,
        };
        assert!(bucket.count > 0, "nothing is pending");
        bucket
    }

    /// Deals a list out into the buckets of a new finest rung.
    fn deal(&mut self, list: u32, count: usize, least: u64, most: u64, until: u64) {
        let wanted = ((count / IN_A_BUCKET) as u64).clamp(2, MOST_BUCKETS);
        if self.depth == self.rungs.len() {
            self.rungs.push(Rung::default());
        }
        let rung = &mut self.rungs[self.depth];
        self.depth += 1;
        // The least power of two of which `wanted` reach from the first to the last.
        let shift = 64 - ((most - least) / wanted).leading_zeros();
        (rung.start, rung.shift, rung.until, rung.current) = (least, shift, until, 0);
        rung.buckets.clear();
        rung.buckets.resize(((most - least) >> shift) as usize + 1, NONE);
        let mut slot = list;
        while slot != NONE {
            let Slot { key, next } = self.slots[slot as usize];
            let bucket = rung.bucket(key.at);
            self.slots[slot as usize].next = *bucket;
            *bucket = slot;
            slot = next;
        }
    }

    /// The bottom has become long, by items due before all that the rungs hold: it becomes a rung itself.
    fn spill(&mut self) {
        let (least, most) = (self.bottom[0].0.at, self.bottom[self.bottom.len() - 1].0.at);
        if least == most {
            return;
        }
        let mut list = NONE;
        let count = self.bottom.len();
        for (_, slot) in self.bottom.drain(..) {
            self.slots[slot as usize].next = list;
            list = slot;
        }
        let until = self.rungs[..self.depth].last().map_or(self.top_from, Rung::from);
        self.deal(list, count, least, most, until);
        self.refill();
    }
}

/// A list of items of one bucket: how many, the earliest and the latest, and from when on others have what comes.
struct Bucket {
    list: u32,
    count: usize,
    least: u64,
    most: u64,
    until: u64,
}
