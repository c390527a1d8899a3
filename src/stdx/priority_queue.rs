//! The queue of what will happen: earliest first, ties first come, first served. It may not know what happens.
//!
//! A *ladder queue* (Tang, Goh, Thng: "Ladder queue: an O(1) priority queue structure for large-scale discrete event
//! simulation", ACM TOMACS 15(3), 2005) beside a few plain lines. What is far away lies unsorted (`top`); when its time
//! comes it is dealt into buckets of equal spans (a *rung*), a crowded bucket into a finer rung below, and only a bucket of
//! a few items is sorted (`bottom`), which is what the next items are taken from. Items that come the same span after now,
//! again and again (time-outs, fixed latencies), are sorted as they come: each such span has a line of its own.
//!
//! Items lie still in slots while only their numbers move, slots and lines are used again, and so the steady state
//! allocates nothing.

mod ladder;
mod lines;

use super::{Duration, Instant};
use ladder::Ladder;
use lines::Lines;

/// Items by time. Amortised O(1) for every operation; a clone is a checkpoint.
#[derive(Clone)]
pub struct Queue<T> {
    ladder: Ladder,
    items: Vec<Option<T>>,
    lines: Lines<T>,
    pushed: u64,
}

/// When an item is due and the how-manyth it was: no two are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key {
    at: u64,
    order: u64,
}

impl<T> Queue<T> {
    pub fn new() -> Queue<T> {
        Queue { ladder: Ladder::new(), items: Vec::new(), lines: Lines::new(), pushed: 0 }
    }

    /// Adds an item that is due at `at`, after all that are due then already.
    pub fn push(&mut self, at: Instant, item: T) {
        let key = self.key(at);
        self.push_key(key, item);
    }

    /// The same as `push(now + span, item)`, and quicker for spans that come again and again.
    pub fn push_after(&mut self, now: Instant, span: Duration, item: T) {
        let key = self.key(now + span);
        if let Some(item) = self.lines.push(span, key, item) {
            self.push_key(key, item);
        }
    }

    /// When the next item is due.
    pub fn next_at(&self) -> Option<Instant> {
        let next = match (self.ladder.first(), self.lines.first()) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b)?,
        };
        Some(Instant(next.at))
    }

    /// Takes the item that is due next.
    pub fn pop(&mut self) -> Option<(Instant, T)> {
        let line = match (self.ladder.first(), self.lines.first()) {
            (Some(a), Some(b)) => b < a,
            (None, None) => return None,
            (a, _) => a.is_none(),
        };
        if line {
            let (key, item) = self.lines.pop();
            return Some((Instant(key.at), item));
        }
        let (key, slot) = self.ladder.pop();
        let item =
            self.items[slot as usize].take().expect("a number in the ladder without an item in its slot");
        Some((Instant(key.at), item))
    }

    pub fn len(&self) -> usize {
        self.ladder.len() + self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything pending, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Instant, &T)> {
        let ladder =
            self.items.iter().zip(self.ladder.keys()).filter_map(|(item, key)| Some((key, item.as_ref()?)));
        ladder.chain(self.lines.iter()).map(|(key, item)| (Instant(key.at), item))
    }

    fn key(&mut self, at: Instant) -> Key {
        let order = self.pushed;
        self.pushed += 1;
        Key { at: at.0, order }
    }

    fn push_key(&mut self, key: Key, item: T) {
        let slot = self.ladder.push(key) as usize;
        if slot == self.items.len() {
            self.items.push(Some(item));
        } else {
            self.items[slot] = Some(item);
        }
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdx::Random;
    use proptest::prelude::*;
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    /// One thing done to a queue; times are spans after the last item taken.
    #[derive(Clone, Debug)]
    enum Act {
        Push(u64),
        PushAfter(u64),
        Pop(u8),
        Clone,
    }

    /// Does the same to a binary heap and to the queue: everything seen of them must be the same.
    fn check(acts: impl IntoIterator<Item = Act>) {
        let mut queue = Queue::new();
        let mut heap = BinaryHeap::new();
        let (mut now, mut number) = (Instant::START, 0u64);
        for act in acts {
            match act {
                Act::Push(span) | Act::PushAfter(span) => {
                    let at = now + Duration(span);
                    heap.push(Reverse((at, number)));
                    match act {
                        Act::Push(_) => queue.push(at, number),
                        _ => queue.push_after(now, Duration(span), number),
                    }
                    number += 1;
                }
                Act::Pop(times) => {
                    for _ in 0..times {
                        let expected = heap.pop().map(|Reverse(pair)| pair);
                        assert_eq!(queue.next_at(), expected.map(|(at, _)| at));
                        assert_eq!(queue.pop(), expected);
                        now = expected.map_or(now, |(at, _)| at);
                    }
                }
                Act::Clone => queue = queue.clone(),
            }
            assert_eq!((queue.len(), queue.is_empty()), (heap.len(), heap.is_empty()));
            assert_eq!(queue.next_at(), heap.peek().map(|Reverse((at, _))| *at));
        }
        let mut pending: Vec<_> = queue.iter().map(|(at, number)| (at, *number)).collect();
        pending.sort();
        assert_eq!(
            pending,
            heap.clone().into_sorted_vec().into_iter().rev().map(|r| r.0).collect::<Vec<_>>()
        );
        while let Some(Reverse(pair)) = heap.pop() {
            assert_eq!(queue.pop(), Some(pair));
        }
        assert_eq!((queue.pop(), queue.next_at()), (None, None));
    }

    /// Spans of every size: none, ties, near, far, and the end of time.
    fn span() -> impl Strategy<Value = u64> {
        prop_oneof![
            Just(0),
            0..4u64,
            0..1000u64,
            0..1_000_000_000u64,
            (0..64u32, 0..3u64).prop_map(|(bits, less)| (1u64 << bits).saturating_sub(less)),
            Just(u64::MAX - 1),
            Just(u64::MAX),
        ]
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            6 => span().prop_map(Act::Push),
            4 => span().prop_map(Act::PushAfter),
            2 => prop_oneof![Just(1_000u64), Just(7), Just(1_000_000)].prop_map(Act::PushAfter),
            4 => (0..4u8).prop_map(Act::Pop),
            1 => (0..60u8).prop_map(Act::Pop),
            1 => Just(Act::Clone),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

        #[test]
        fn it_gives_what_a_heap_gives(acts in prop::collection::vec(act(), 0..800)) {
            check(acts);
        }
    }

    /// Long runs grow rungs below rungs, as simulations do: many pending, now rising, and bursts.
    #[test]
    fn it_gives_what_a_heap_gives_for_long() {
        for (seed, pending, spread) in [
            (1, 10, 1 << 10),
            (2, 1_000, 1 << 40),
            (3, 30_000, 1 << 20),
            (4, 3_000, 1 << 3),
            (5, 500, 1 << 62),
        ] {
            let mut random = Random::stream(seed, 0);
            let mut acts = Vec::new();
            for _ in 0..pending {
                acts.push(Act::Push(random.below(spread)));
            }
            for round in 0..60_000 {
                acts.push(Act::Pop(1));
                acts.push(match random.below(10) {
                    0 => Act::PushAfter(1_000),
                    1 => Act::PushAfter(random.below(100) << 12),
                    2 => Act::Push(0),
                    3 => Act::Push(random.below(spread) / 1_000),
                    _ => Act::Push(random.below(spread)),
                });
                if round % 10_000 == 0 {
                    acts.extend((0..500).map(|i| Act::Push(i % 7)));
                    acts.push(Act::Clone);
                }
            }
            check(acts);
        }
    }
}
