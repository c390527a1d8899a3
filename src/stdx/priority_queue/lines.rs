//! Plain lines for spans that come again and again: what comes in order needs no sorting. It may not know what waits.

use super::{Duration, Key};
use std::collections::VecDeque;

/// So many spans have a line of their own; others go by the ladder.
const LINES: usize = 64;
/// In so many places a span's line can be.
const PLACES: usize = 4;

/// Lines of items that are due the same span after they come, and so come in the order in which they are due.
#[derive(Clone)]
pub(super) struct Lines<T> {
    lines: Vec<Line<T>>,
    /// The first of each line that has any: a binary heap.
    heads: Vec<(Key, u32)>,
    len: usize,
}

#[derive(Clone)]
struct Line<T> {
    span: Duration,
    waiting: VecDeque<(Key, T)>,
}

impl<T> Lines<T> {
    pub fn new() -> Lines<T> {
        let line = || Line { span: Duration::ZERO, waiting: VecDeque::new() };
        Lines { lines: (0..LINES).map(|_| line()).collect(), heads: Vec::new(), len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        self.lines.iter().flat_map(|line| &line.waiting).map(|(key, item)| (*key, item))
    }

    pub fn first(&self) -> Option<Key> {
        self.heads.first().map(|(key, _)| *key)
    }

    /// Puts the item at the end of its span's line, or gives it back when it has no line or would be out of order there.
    pub fn push(&mut self, span: Duration, key: Key, item: T) -> Option<T> {
        // Fibonacci hashing (Knuth, volume 3, 6.4): the upper bits of the product.
        let home = (span.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize;
        let mut places = (home..home + PLACES).map(|place| place % LINES);
        let place = places.clone().find(|place| self.lines[*place].span == span);
        let Some(place) = place.or_else(|| places.find(|place| self.lines[*place].waiting.is_empty())) else {
            return Some(item);
        };
        let line = &mut self.lines[place];
        line.span = span;
        match line.waiting.back() {
            Some((last, _)) if last.at > key.at => return Some(item),
            Some(_) => {}
            None => {
                self.heads.push((key, place as u32));
                self.raise();
            }
        }
        self.lines[place].waiting.push_back((key, item));
        self.len += 1;
        None
    }

    /// Takes the first of all lines. There is one.
    pub fn pop(&mut self) -> (Key, T) {
        let line = &mut self.lines[self.heads[0].1 as usize].waiting;
        let first = line.pop_front().expect("a line among the heads has a first");
        match line.front() {
            Some((key, _)) => self.heads[0].0 = *key,
            None => drop(self.heads.swap_remove(0)),
        }
        self.sink();
        self.len -= 1;
        first
    }

    /// Restores the heap after its last element was added.
    fn raise(&mut self) {
        let mut child = self.heads.len() - 1;
        while child > 0 && self.heads[child] < self.heads[(child - 1) / 2] {
            self.heads.swap(child, (child - 1) / 2);
            child = (child - 1) / 2;
        }
    }

    /// Restores the heap after its first element was changed.
    fn sink(&mut self) {
        let mut parent = 0;
        loop {
            let (left, right) = (2 * parent + 1, 2 * parent + 2);
            let Some(mut child) = self.heads.get(left).map(|_| left) else { return };
            if right < self.heads.len() && self.heads[right] < self.heads[left] {
                child = right;
            }
            if self.heads[parent] <= self.heads[child] {
                return;
            }
            self.heads.swap(parent, child);
            parent = child;
        }
    }
}
