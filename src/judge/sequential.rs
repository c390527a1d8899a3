//! Sequential consistency (Lamport 1979): one order of all operations that agrees with every session's own order. It is
//! asked for only where linearizability is broken and causality is not, and with the store's own order of the writes
//! of each key given it is decided exactly: there is such an order iff no circle runs through session order,
//! reads-from, the order of writes, and reads before the write that replaced what they returned.
//!
//! A write of which nobody learnt that it happened has a place in that order once somebody has read it, and keeps it
//! whatever its client is told. One that the store orders again (the client asked again, as the answer was lost) stays
//! at its first place; who read it afterwards may have read the second, and is not judged. Of two stores that both have
//! the key, places mean nothing to each other: what the second one ordered is not judged either.
//!
//! It reads invocations, returns and the fact of ordering. Circles are looked for among `WINDOW` successive operations,
//! and only where something was seen out of the order of writes: without that, real time itself is such an order. What
//! would need an operation that has left the window is counted as not judged, and then nothing is claimed.

mod circle;

use super::map::{Keyed, Recent};
use super::verdict::{State, Tally, Verdict};
use super::witness::{Pattern, Seen, Witness};
use crate::history::{Entry, Fact, Kind, Outcome, Record, Value};
use crate::stdx::table::Table;

/// Operations among which a circle is looked for.
const WINDOW: usize = 8192;
/// Positions remembered of writes that are not in the window.
const POSITIONS: usize = 1 << 14;

#[derive(Clone, Debug)]
pub struct Sequential {
    /// Completed operations, and other writes that have a place, in the order of their returns.
    window: Vec<Seen>,
    positions: Recent<Value, Place>,
    /// Writes that have begun and not returned: they may have been read.
    pending: Vec<Seen>,
    /// Where these are, by value.
    places: Table<u32>,
    keys: Keyed<Order>,
    /// Something in the window was seen out of the order of writes.
    suspicious: bool,
    /// Operations while that was so.
    doubts: u64,
    circles: Tally,
    checked: u64,
    unjudged: u64,
}

#[derive(Clone, Copy, Default, Debug)]
struct Place {
    /// Where the store put the write first; 0 before it has.
    position: u64,
    /// It was put elsewhere as well since then, or by another store than the key's first.
    unclear: bool,
}

#[derive(Clone, Copy, Default, Debug)]
struct Order {
    /// The first set that ordered a write of the key.
    set: Option<u32>,
    /// The highest position that was acknowledged or read.
    seen: u64,
    /// Writes up to this position have left the window.
    left: u64,
}

impl Default for Sequential {
    fn default() -> Sequential {
        Sequential {
            window: Vec::new(),
            positions: Recent::new(POSITIONS),
            pending: Vec::new(),
            places: Table::default(),
            keys: Keyed::default(),
            suspicious: false,
            doubts: 0,
            circles: Tally::default(),
            checked: 0,
            unjudged: 0,
        }
    }
}

impl Sequential {
    pub fn read(&mut self, entry: &Entry) {
        match entry.record {
            Record::Invoke(op) if op.kind.on_register() && op.kind.writes() => {
                self.ended(op.value);
                self.places.insert(op.value.0, self.pending.len() as u32);
                self.pending.push(Seen::pending(op));
            }
            Record::Return { op, outcome } if op.kind.on_register() => {
                let seen = Seen::done(op, outcome, entry.at);
                if op.kind.writes() {
                    self.ended(op.value);
                }
                match outcome {
                    Outcome::Ok { .. } => self.add(seen),
                    _ if op.kind == Kind::Read => {}
                    Outcome::Fail(_) if self.positions.get(&op.value).is_none() => {}
                    Outcome::Fail(_) | Outcome::Unknown(_) => self.window.push(seen),
                }
                if self.window.len() >= WINDOW {
                    self.slide();
                }
            }
            Record::Fact(Fact::Ordered { set, key, value, position, .. }) => {
                let first = *self.keys.of(key).set.get_or_insert(set);
                let place = self.positions.of(value);
                if place.position == 0 {
                    place.position = position;
                }
                place.unclear |= position != place.position || set != first;
            }
            _ => {}
        }
    }

    /// The write is pending no more.
    fn ended(&mut self, value: Value) {
        let Some(place) = self.places.remove(value.0) else { return };
        self.pending.swap_remove(place as usize);
        if let Some(moved) = self.pending.get(place as usize) {
            self.places.insert(moved.op.value.0, place);
        }
    }

    fn add(&mut self, seen: Seen) {
        self.checked += 1;
        let order = self.keys.of(seen.op.key);
        let written = seen.op.kind.writes().then_some(seen.op.value);
        let values = || seen.read().into_iter().chain(written);
        let place = |value| match self.positions.get(&value) {
            _ if value == Value::INITIAL => Some(0),
            Some(place) if !place.unclear => Some(place.position),
            _ => None,
        };
        if values().any(|value| place(value).is_none_or(|p| p < order.left)) {
            self.unjudged += 1;
            // What it has written stays as it was while nobody knew what would become of it.
            if written.is_some_and(|value| self.positions.get(&value).is_some()) {
                self.window.push(Seen::pending(seen.op));
            }
            return;
        }
        for position in values().filter_map(place) {
            self.suspicious |= position < order.seen;
            order.seen = order.seen.max(position);
        }
        self.doubts += u64::from(self.suspicious);
        self.window.push(seen);
    }

    /// Judges the window and forgets its older half; after a circle all of it, so that each is counted once.
    fn slide(&mut self) {
        let circle = if self.suspicious { self.circle() } else { None };
        let keep = if circle.is_some() { 0 } else { WINDOW / 2 };
        let gone: Vec<Seen> = self.window.drain(..self.window.len() - keep).collect();
        for seen in gone.iter().filter(|seen| seen.op.kind.writes()) {
            let left = position(&self.positions, seen.op.value);
            let order = self.keys.of(seen.op.key);
            order.left = order.left.max(left.unwrap_or(0));
        }
        // What returned a write that is still here (or under way) stays with it: a circle may run through both. All
        // that can lead from here to what has left goes by a position that has left, and is not judged.
        let early = |seen: &Seen| {
            let read = seen.read().and_then(|value| position(&self.positions, value));
            circle.is_none() && read > self.keys.get(seen.op.key).map(|order| order.left)
        };
        let stay: Vec<Seen> = gone.into_iter().filter(early).collect();
        self.window.splice(..0, stay);
        if let Some(witness) = circle {
            self.circles.add(witness);
            self.suspicious = false;
        }
    }

    /// A circle among the operations of the window.
    fn circle(&self) -> Option<Witness> {
        let mut operations = self.window.clone();
        // A pending write matters if it has a place in the order; it waits for nobody.
        let placed = |seen: &&Seen| self.positions.get(&seen.op.value).is_some();
        let mut pending: Vec<Seen> = self.pending.iter().filter(placed).copied().collect();
        pending.sort_by_key(|seen| (seen.op.invoked, seen.op.id));
        operations.append(&mut pending);
        circle::find(&operations, |value| position(&self.positions, value)).map(|(first, second)| {
            let (first, second) = (operations[first], operations[second]);
            Witness::new(Pattern::NoCommonOrder, second.op.key, second.end(), first, second, &[])
        })
    }

    /// Changes whenever there is another proof; and with every operation while there may be one in the window.
    pub fn contradictions(&self) -> u64 {
        self.circles.count() + self.doubts
    }

    /// Reads the verdicts that are already there: a stronger promise kept or a weaker one broken decides this one too.
    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        let of = |id: &str| out.iter().find(|v| v.id == id).map(|v| &v.state);
        let state = match (of("linearizable"), of("causal")) {
            (Some(State::NotExercised), _) => State::NotExercised,
            (Some(State::Holds), _) => State::Holds,
            // Most of what breaks causality is found as a circle too: the larger number, which never falls.
            (_, Some(broken @ State::Broken { count, .. })) if *count > self.circles.count() => {
                broken.clone()
            }
            _ => {
                let mut circles = self.circles.clone();
                if let Some(witness) = self.suspicious.then(|| self.circle()).flatten() {
                    circles.add(witness);
                }
                circles.state_or(|| match self.unjudged {
                    0 => State::Holds,
                    n => State::Unknown(format!(
                        "{n} operations had no place in one order of writes, or one that is forgotten"
                    )),
                })
            }
        };
        out.push(Verdict {
            id: "sequential",
            name: "Sequential",
            meaning: "There is one order of all operations that agrees with each session's own order.",
            state,
            checked: self.checked,
            detail: String::new(),
        });
    }

    /// Operations, orders and positions remembered: what memory grows with.
    pub fn retained(&self) -> usize {
        self.window.len() + self.positions.len() + self.pending.len()
    }
}

/// A value's place in the order of its key's writes; the initial one is before all.
fn position(positions: &Recent<Value, Place>, value: Value) -> Option<u64> {
    if value == Value::INITIAL { Some(0) } else { positions.get(&value).map(|p| p.position) }
}

#[cfg(test)]
mod tests;
