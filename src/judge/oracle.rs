//! The oracle: a complete search for an order of the operations on one key that explains everything that was seen.
//! Slower than the live checkers and independent of them: it judges them in tests, and histories from elsewhere whose
//! values are not unique. It knows operations on one object; no session, no key, no file.
//!
//! The search is that of Wing & Gong ("Testing and proving linearizable objects", 1993) with the cache of
//! configurations and the laziness of Lowe ("Testing for linearizability", 2017): a doubly linked list of calls and
//! returns from which an operation is lifted when it takes its turn, and put back when that leads nowhere; at each
//! return what returns has its turn, and before it only what has to. Pruned, without losing an answer:
//!
//! - what fits the present state and does not change it takes its turn at once, and nothing else is tried in its stead;
//! - a write that returns may have been *hidden*: right before another write that came while it was under way. So a
//!   write takes a turn of its own only when it returns, or if somebody looks at the state next;
//! - an operation of unknown outcome takes its turn only if it changes the state (or hides writes) and somebody looks
//!   at the state next (otherwise the same order without it explains as much);
//! - of two equal operations under way the one that returns first takes its turn first;
//! - what was tried in vain is not tried again with less: more operations of unknown outcome or more writes under way
//!   spent, more reads under way still to be explained, fewer writes that can be hidden;
//! - nobody who has yet to find a value is left behind when all who put it there have had their turns;
//! - a string that only grows never outgrows a read that has yet to take its turn.
//!
//! Configurations are remembered by a 128-bit hash: at 10^8 of them the chance of confusing any two is below 10^-21.

mod append;
mod core;
mod lines;
mod model;
mod supply;
mod tried;

pub use append::{Append, Origin};
pub use core::{Core, shrink};
pub use model::{Action, Model, Register};
pub use supply::Uses;

use lines::Lines;
use supply::Supply;
use tried::Tried;

/// Steps of the search after which it gives up, unless told otherwise.
pub const BUDGET: u64 = 1_000_000_000;

/// Words of configurations remembered at most; beyond, the search goes on without remembering further ones.
const REMEMBERED: usize = 1 << 25;

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
    /// `stuck` had to return and could not take its turn.
    Not { explained: usize, recent: Vec<u32>, state: u32, stuck: u32 },
    /// The budget was spent first.
    Unknown,
}

/// Whether the operations on one object can be ordered, and the steps it took to find out. `operations` may come in
/// any order.
pub fn search<M: Model>(model: &mut M, operations: &[Operation], budget: u64) -> (Answer, u64) {
    model.hear(operations);
    Search::new(model, operations).run(budget)
}

const NONE: u32 = u32::MAX;

/// What may be done at a node, in this order: the search is lazy, and tries to do without operations of unknown outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// What fits the state and does not change it.
    Free,
    /// What has to return takes its turn.
    Own,
    /// What has to return is a write that nobody has seen.
    Hide,
    Certain,
    Unknown,
}

/// Where the search stands, apart from what is lifted.
#[derive(Clone, Copy)]
struct Node {
    state: u32,
    /// The turn before was one after which somebody has to look.
    curious: bool,
    /// Writes called before this place in the order of events could hide behind the write that took this turn.
    cover: u32,
    cover_turn: u32,
    /// The operation that has to return next.
    due: u32,
    phase: Phase,
    /// Where the list is read on.
    event: u32,
}

struct Turn {
    op: u32,
    before: Node,
}

struct Search<'a, M> {
    model: &'a mut M,
    operations: &'a [Operation],
    /// Linked list over events; event 2i is the call of operation i, 2i + 1 its return, the last one is the head.
    next: Vec<u32>,
    previous: Vec<u32>,
    lifted: Vec<bool>,
    /// The place of each event in the order of time.
    rank: Vec<u32>,
    lines: Lines,
    supply: Supply,
    tried: Tried,
    turns: Vec<Turn>,
}

/// The deepest order found so far that could not be carried on: its length, what was in it, and where it stood.
type Farthest = (usize, Vec<u32>, u32, u32);

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
        let mut rank = vec![NONE; head as usize];
        let mut last = head;
        for (place, (_, _, event)) in (0..).zip(&events) {
            next[last as usize] = *event;
            previous[*event as usize] = last;
            rank[*event as usize] = place;
            last = *event;
        }
        let unknown: Vec<u32> = (0..count).filter(|i| operations[*i as usize].returned.is_none()).collect();
        let ceiling = |i: u32| {
            let operation = &operations[i as usize];
            operation.returned.and_then(|_| model.ceiling(&operation.action))
        };
        let lines = Lines::new((0..count).map(ceiling));
        let order: Vec<u32> = events.iter().map(|(.., event)| *event).collect();
        let supply = Supply::new(&order, operations.iter().map(|o| model.uses(&o.action)).collect());
        let tried = Tried::new(order, operations, |action| model.hides(action), &unknown);
        let lifted = vec![false; count as usize];
        let turns = Vec::new();
        Search { model, operations, next, previous, lifted, rank, lines, supply, tried, turns }
    }

    fn certain(&self, op: u32) -> bool {
        self.operations[op as usize].returned.is_some()
    }

    fn run(mut self, budget: u64) -> (Answer, u64) {
        let head = 2 * self.operations.len();
        let mut left = self.operations.iter().filter(|o| o.returned.is_some()).count();
        let mut node = Node {
            state: self.model.initial(),
            curious: false,
            cover: 0,
            cover_turn: 0,
            due: NONE,
            phase: Phase::Free,
            event: self.next[head],
        };
        if let Some(stuck) = self.supply.hopeless(node.state) {
            return (Answer::Not { explained: 0, recent: Vec::new(), state: node.state, stuck }, 0);
        }
        let mut steps = 0u64;
        let mut farthest: Option<Farthest> = None;
        while left > 0 {
            steps += 1;
            if steps > budget {
                return (Answer::Unknown, steps);
            }
            let is_call = node.event != NONE && node.event.is_multiple_of(2);
            let op = match node.phase {
                Phase::Own | Phase::Hide => node.due,
                _ if is_call => node.event / 2,
                // Something certain is left, so the list goes on to a return.
                _ => NONE,
            };
            if op != NONE
                && let Some(after) = self.turn(op, &node)
            {
                let free = node.phase == Phase::Free;
                self.lift(op, node.phase != Phase::Hide);
                if free || self.fits(op, &node, after.state) {
                    left -= usize::from(self.certain(op));
                    self.turns.push(Turn { op, before: node });
                    node = after;
                    continue;
                }
                self.unlift(op);
            }
            match node.phase {
                Phase::Own => node.phase = Phase::Hide,
                Phase::Hide => (node.phase, node.event) = (Phase::Certain, self.next[head]),
                _ if is_call => node.event = self.next[node.event as usize],
                Phase::Free => {
                    node.due = node.event / 2;
                    let (new, cost) = self.arrive(&node);
                    steps += cost;
                    if new {
                        node.phase = Phase::Own;
                    } else if !self.back(&mut node, &mut left) {
                        break;
                    }
                }
                Phase::Certain => (node.phase, node.event) = (Phase::Unknown, self.next[head]),
                Phase::Unknown => {
                    // Nothing else may take its turn before this return: go back.
                    let explained = self.turns.len();
                    if farthest.as_ref().is_none_or(|(best, ..)| explained > *best) {
                        let latest = &self.turns[explained.saturating_sub(RECENT)..];
                        let recent = latest.iter().map(|t| t.op).collect();
                        farthest = Some((explained, recent, node.state, node.due));
                    }
                    if !self.back(&mut node, &mut left) {
                        break;
                    }
                }
            }
        }
        if left == 0 {
            return (Answer::Linearizable(self.order()), steps);
        }
        let (explained, recent, state, stuck) = farthest.unwrap_or_default();
        (Answer::Not { explained, recent, state, stuck }, steps)
    }

    /// Takes back the latest turn in whose stead something else may be tried. False: there is none.
    fn back(&mut self, node: &mut Node, left: &mut usize) -> bool {
        while let Some(Turn { op, before }) = self.turns.pop() {
            self.unlift(op);
            *left += usize::from(self.certain(op));
            *node = before;
            match node.phase {
                Phase::Free => continue,
                Phase::Own => node.phase = Phase::Hide,
                Phase::Hide => {
                    (node.phase, node.event) = (Phase::Certain, self.next[2 * self.operations.len()]);
                }
                Phase::Certain | Phase::Unknown => node.event = self.next[2 * op as usize],
            }
            return true;
        }
        false
    }

    /// Where the operation's turn leads, if it may be taken now.
    fn turn(&mut self, op: u32, node: &Node) -> Option<Node> {
        let action = &self.operations[op as usize].action;
        let (looks, hides) = (self.model.looks(action), self.model.hides(action));
        let certain = self.certain(op);
        let other = match node.phase {
            Phase::Free => !certain || hides,
            Phase::Own => false,
            Phase::Hide => !hides || node.curious || self.rank[2 * op as usize] >= node.cover,
            Phase::Certain => !certain || op == node.due,
            Phase::Unknown => certain,
        };
        // Right after a turn that was taken for its sake somebody has to look at the state.
        if other || (node.curious && !looks) {
            return None;
        }
        let first = self.next[2 * self.operations.len()];
        let again = if first == 2 * op { self.next[first as usize] } else { first };
        let mut after = Node { phase: Phase::Free, event: again, ..*node };
        if node.phase == Phase::Hide {
            after.event = self.without_return(after.event, op);
            return Some(after);
        }
        after.state = self.model.step(node.state, action)?;
        let free = looks && !hides && after.state == node.state;
        // A write of what is there already still hides others, and what is to be hidden waits until it returns.
        if free != (node.phase == Phase::Free) || (!certain && looks && after.state == node.state) {
            return None;
        }
        if looks && self.model.lost(after.state) && (node.curious || node.phase != Phase::Own) {
            return None;
        }
        if matches!(node.phase, Phase::Certain | Phase::Unknown) && self.has_twin(op, hides, node) {
            return None;
        }
        if free {
            // The state is as before: what did not fit before this one in the list does not fit now.
            after.event = self.next[2 * op as usize];
        }
        after.event = self.without_return(after.event, op);
        after.curious = !certain || (hides && node.phase == Phase::Certain);
        if !looks {
            after.cover = self.rank[2 * node.due as usize + 1];
            after.cover_turn = self.turns.len() as u32;
        }
        Some(after)
    }

    /// Whether an equal operation is under way that had better take the turn: it returns earlier (of two that never do:
    /// it was called earlier), and the other one can wait, being no more in need to show itself.
    fn has_twin(&self, op: u32, hides: bool, node: &Node) -> bool {
        let operation = &self.operations[op as usize];
        let patience =
            |o: u32| (self.operations[o as usize].returned.unwrap_or(u64::MAX), self.rank[2 * o as usize]);
        let hidden = |o: u32| hides && self.rank[2 * o as usize] < node.cover;
        let can_wait = !self.certain(op) || hidden(op);
        let mut event = self.next[2 * self.operations.len()];
        while event != 2 * node.due + 1 {
            let other = event / 2;
            if other != op
                && self.operations[other as usize].action == operation.action
                && patience(other) < patience(op)
                && (can_wait || !hidden(other))
            {
                return true;
            }
            event = self.next[event as usize];
        }
        false
    }

    /// The event, or the one behind it if it is the return of an operation that is about to be lifted.
    fn without_return(&self, event: u32, op: u32) -> u32 {
        if event == 2 * op + 1 { self.next[event as usize] } else { event }
    }

    /// Whether the configuration is worth going on from, and what it cost to find out.
    fn arrive(&mut self, node: &Node) -> (bool, u64) {
        let due = self.rank[2 * node.due as usize + 1];
        self.tried.is_new(due, node.state, node.curious, node.cover, &self.lifted, &self.rank)
    }

    /// Whether the turn that was taken leaves nobody behind who can look only where the object was before, or where it
    /// will never be, or who has to find what nobody can put there any more.
    fn fits(&mut self, op: u32, before: &Node, state: u32) -> bool {
        let used = [Some(before.state).filter(|_| state != before.state), self.supply.gives(op)];
        if used.into_iter().flatten().any(|value| self.supply.lacks(value, value == state).is_some()) {
            return false;
        }
        let line_of = |place: Option<(u32, u32)>| place.map(|(line, _)| line);
        let deserted = |lines: &Lines, line: Option<u32>| line.is_none_or(|n| lines.lowest(n).is_none());
        if before.phase == Phase::Hide {
            // Nobody can have seen what is hidden.
            let hidden = self.model.step(before.state, &self.operations[op as usize].action);
            let place = hidden.and_then(|state| self.model.place(state));
            return self.model.looks(&self.operations[op as usize].action)
                || deserted(&self.lines, line_of(place));
        }
        let (from, to) = (self.model.place(before.state), self.model.place(state));
        (line_of(from) == line_of(to) || deserted(&self.lines, line_of(from)))
            && to.is_none_or(|(line, level)| self.lines.lowest(line).is_none_or(|lowest| lowest >= level))
    }

    /// All turns in the order that explains everything: what was hidden right before the write that hides it.
    fn order(&self) -> Vec<u32> {
        let place = |(index, turn): (usize, &Turn)| match turn.before.phase {
            Phase::Hide => (2 * turn.before.cover_turn as usize, turn.op),
            _ => (2 * index + 1, turn.op),
        };
        let mut order: Vec<(usize, u32)> = self.turns.iter().enumerate().map(place).collect();
        order.sort_by_key(|(place, _)| *place);
        order.into_iter().map(|(_, op)| op).collect()
    }

    fn lift(&mut self, op: u32, seen: bool) {
        self.lifted[op as usize] = true;
        self.unlink(2 * op);
        if self.certain(op) {
            self.unlink(2 * op + 1);
        }
        self.tried.spend(op, seen);
        self.lines.look(op);
        self.supply.spend(op);
    }

    fn unlift(&mut self, op: u32) {
        self.lifted[op as usize] = false;
        self.tried.unspend(op);
        if self.certain(op) {
            self.link(2 * op + 1);
        }
        self.link(2 * op);
        self.lines.unlook(op);
        self.supply.unspend(op);
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

#[cfg(test)]
mod tests;
