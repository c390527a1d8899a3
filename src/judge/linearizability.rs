//! Linearizability of every key, live, in amortised constant time. It reads invocations and returns, and no fact.
//!
//! A key is a register whose writes all carry different values, so each value has a *zone*: from the first response
//! to the last invocation among its write and the reads that returned it (Gibbons & Korach, "Testing shared memories",
//! SIAM J. Comput. 26(4), 1997; live: Golab, Li, Shah, "Analyzing consistency properties for fun and profit", PODC
//! 2011). The history is linearizable iff every read returns a value whose write had begun before the read ended, and
//! no two zones A and B have `first response of A < last invocation of B` and the same with A and B exchanged.
//!
//! An update (read-modify-write) pins its value right behind the one it was based on: the two zones become one, in
//! which nothing of the base may begin after something of the new value has ended, and no value has two successors.
//! An update whose outcome is unknown has an unknown base: it is a plain write that may have happened.

use super::map::Keyed;
use super::verdict::{State, Tally, Verdict};
use super::witness::{Pattern, Seen, Witness};
use crate::history::{Entry, Kind, Op, OpId, Outcome, Record, Value};
use crate::stdx::Instant;
use std::collections::VecDeque;

/// Writes of one key without a known outcome that nobody has read. Beyond these the oldest is forgotten, and a later
/// read of a forgotten value cannot be judged.
const OPEN_LIMIT: usize = 1024;

/// Zones of one key that may not be settled because an operation stays pending for ever. Beyond these the oldest
/// pending operation is taken for lost.
const ZONES_LIMIT: usize = 4096;

/// A point of time for comparisons; zero is before everything.
type Tick = u64;
const NEVER: Tick = u64::MAX;

fn tick(at: Instant) -> Tick {
    at.0.saturating_add(1)
}

#[derive(Clone, Default, Debug)]
pub struct Linearizability {
    keys: Keyed<Register>,
    violations: Tally,
    checked: u64,
    unjudged: u64,
}

impl Linearizability {
    pub fn read(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Invoke(op) if op.kind.on_register() => self.keys.of(op.key).invoke(op),
            Record::Return { op, outcome } if op.kind.on_register() => {
                let register = self.keys.of(op.key);
                match register.complete(op, *outcome, entry.at) {
                    Finding::Fine => {}
                    Finding::Unjudged => self.unjudged += 1,
                    Finding::Broken(witness) => self.violations.add(*witness),
                }
                self.checked += 1;
            }
            _ => {}
        }
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        self.violations.count()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        let state = self.violations.state_or(|| match (self.unjudged, self.checked) {
            (0, 0) => State::NotExercised,
            (0, _) => State::Holds,
            (n, _) => State::Unknown(format!(
                "{n} reads returned a value from so many unanswered writes that it had been forgotten"
            )),
        });
        out.push(Verdict {
            id: "linearizable",
            name: "Linearizable",
            meaning: "Every operation seems to happen at one instant between its question and its answer.",
            state,
            checked: self.checked,
            detail: String::new(),
        });
    }

    /// Whether no contradiction was found so far.
    pub fn holds(&self) -> bool {
        self.violations.count() == 0
    }

    /// How many contradictions were found so far.
    pub fn violations(&self) -> u64 {
        self.violations.count()
    }

    /// Operations that could not be judged.
    pub fn unjudged(&self) -> u64 {
        self.unjudged
    }

    /// Operations judged so far.
    pub fn checked(&self) -> u64 {
        self.checked
    }

    /// The proof of the latest contradiction.
    pub fn latest(&self) -> Option<&Witness> {
        self.violations.latest()
    }

    /// Zones, open writes and pending operations kept over all keys: what memory grows with.
    pub fn retained(&self) -> usize {
        self.keys.iter().map(|r| r.zones.len() + r.open.len() + r.early.len() + r.pending.len()).sum()
    }
}

enum Finding {
    Fine,
    Unjudged,
    Broken(Box<Witness>),
}

/// The operations on one value, or on a chain of values that updates put one behind the other.
#[derive(Clone, Debug)]
struct Zone {
    /// The newest value of the chain.
    value: Value,
    /// First response of any of its operations, and which one.
    end: Tick,
    first: Option<Seen>,
    /// Last invocation of any of its operations, and which one.
    start: Tick,
    last: Option<Seen>,
    /// Values that updates have replaced and that may still be read by operations that began early enough.
    replaced: Vec<Replaced>,
}

#[derive(Clone, Copy, Debug)]
struct Replaced {
    value: Value,
    /// First response of an operation on a later value of the chain, and which one.
    end: Tick,
    by: Seen,
    /// The update that replaced it.
    update: Seen,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    op: OpId,
    since: Tick,
    done: bool,
}

#[derive(Clone, Debug)]
struct Register {
    /// Zones with a first response, in its order. The first `settled` ended before every pending read began.
    zones: Vec<Zone>,
    settled: usize,
    /// Writes without a response that nobody has read yet.
    open: Vec<Op>,
    /// Writes that were read before their answer, with the first reader.
    early: Vec<(OpId, Seen)>,
    /// Reads and updates that wait for their answer, oldest first.
    pending: VecDeque<Pending>,
    forgot: bool,
}

impl Default for Register {
    fn default() -> Register {
        let initial =
            Zone { value: Value::INITIAL, end: 0, first: None, start: 0, last: None, replaced: Vec::new() };
        Register {
            zones: vec![initial],
            settled: 0,
            open: Vec::new(),
            early: Vec::new(),
            pending: VecDeque::new(),
            forgot: false,
        }
    }
}

impl Register {
    fn invoke(&mut self, op: &Op) {
        if op.kind != Kind::Write {
            self.pending.push_back(Pending { op: op.id, since: tick(op.invoked), done: false });
        }
        if op.kind.writes() {
            if self.open.len() == OPEN_LIMIT {
                self.open.remove(0);
                self.forgot = true;
            }
            self.open.push(*op);
        }
    }

    fn complete(&mut self, op: &Op, outcome: Outcome, at: Instant) -> Finding {
        if op.kind != Kind::Write {
            self.answered(op);
        }
        let seen = Seen::done(*op, outcome, at);
        let finding = match (outcome, op.kind) {
            (Outcome::Unknown(_), _) => {
                self.early.retain(|(write, _)| *write != op.id);
                Finding::Fine
            }
            (Outcome::Fail(_), kind) => {
                if kind.writes() {
                    self.fail(seen)
                } else {
                    Finding::Fine
                }
            }
            (Outcome::Ok { .. }, Kind::Write) => {
                self.written(seen);
                Finding::Fine
            }
            (Outcome::Ok { value }, Kind::Update) => self.update(seen, value),
            (Outcome::Ok { value }, _) => self.observe(seen, value),
        };
        self.settle(at);
        finding
    }

    /// Pending operations are in the order of their invocations, so the search is binary.
    fn answered(&mut self, op: &Op) {
        let since = tick(op.invoked);
        let mut index = self.pending.partition_point(|p| p.since < since);
        while let Some(pending) = self.pending.get_mut(index).filter(|p| p.since == since) {
            if pending.op == op.id {
                pending.done = true;
                break;
            }
            index += 1;
        }
        while self.pending.front().is_some_and(|p| p.done) {
            self.pending.pop_front();
        }
    }

    /// The write's first response, if no read was earlier.
    fn written(&mut self, seen: Seen) {
        if let Some(index) = self.open.iter().rposition(|op| op.id == seen.op.id) {
            self.open.remove(index);
            self.begin(seen.op, seen);
        } else {
            self.early.retain(|(write, _)| *write != seen.op.id);
        }
    }

    /// A zone begins: `write` was its only operation, `first` gets the first response.
    fn begin(&mut self, write: Op, first: Seen) -> usize {
        let last = if first.op.id == write.id { first } else { Seen::pending(write) };
        self.zones.push(Zone {
            value: write.value,
            end: tick(first.end()),
            first: Some(first),
            start: tick(write.invoked),
            last: Some(last),
            replaced: Vec::new(),
        });
        self.zones.len() - 1
    }

    /// A failed write disappears, unless it was read: then it has happened after all, which is the contradiction.
    fn fail(&mut self, seen: Seen) -> Finding {
        if let Some(index) = self.open.iter().rposition(|op| op.id == seen.op.id) {
            self.open.remove(index);
            return Finding::Fine;
        }
        match self.early.iter().position(|(write, _)| *write == seen.op.id) {
            Some(index) => {
                let (_, reader) = self.early.swap_remove(index);
                broken(Pattern::FailedVisible, seen.end(), seen, reader, &[])
            }
            None => Finding::Unjudged,
        }
    }

    /// Where a value can be found: its zone (begun now, if this is the first answer that shows it).
    fn zone_of(&mut self, value: Value, seen: Seen) -> Option<usize> {
        let zones = self.zones.iter();
        let known = zones
            .rev()
            .position(|z| {
                z.value == value || (!z.replaced.is_empty() && z.replaced.iter().any(|r| r.value == value))
            })
            .map(|n| self.zones.len() - 1 - n);
        known.or_else(|| {
            let index = self.open.iter().rposition(|op| op.value == value)?;
            let write = self.open.remove(index);
            if write.id != seen.op.id {
                self.early.push((write.id, seen));
            }
            Some(self.begin(write, seen))
        })
    }

    fn observe(&mut self, seen: Seen, value: Value) -> Finding {
        let Some(x) = self.zone_of(value, seen) else { return self.gone(seen) };
        let start = tick(seen.op.invoked);
        if self.zones[x].value != value {
            // Replaced by an update: legal only for a read that began before anybody had seen the replacement.
            let replaced = self.zones[x].replaced.iter().find(|r| r.value == value);
            if let Some(replaced) = replaced.filter(|r| r.end < start) {
                return broken(Pattern::Overwritten, seen.end(), replaced.by, seen, &[Some(replaced.update)]);
            }
        }
        if start <= self.zones[x].start {
            return Finding::Fine;
        }
        match self.conflict(x, x, start, self.zones[x].end) {
            Some(b) => {
                let (x, b) = (&self.zones[x], &self.zones[b]);
                let blocker = b.first.unwrap_or(seen);
                broken(Pattern::Overwritten, seen.end(), blocker, seen, &[x.first, b.last])
            }
            None => {
                let zone = &mut self.zones[x];
                (zone.start, zone.last) = (start, Some(seen));
                Finding::Fine
            }
        }
    }

    /// A zone other than `x` and `y` that must come both before and after one that lasts from `end` to `start`.
    fn conflict(&self, x: usize, y: usize, start: Tick, end: Tick) -> Option<usize> {
        for (index, b) in self.zones.iter().enumerate() {
            if b.end >= start {
                break;
            }
            if end < b.start && index != x && index != y {
                return Some(index);
            }
        }
        None
    }

    /// A value that cannot be read any more, or never could.
    fn gone(&self, seen: Seen) -> Finding {
        if self.forgot {
            return Finding::Unjudged;
        }
        let newest = self.zones[..self.settled].iter().max_by_key(|z| z.start).and_then(|z| z.first);
        match newest.filter(|first| first.end() < seen.op.invoked) {
            Some(first) => broken(Pattern::Overwritten, seen.end(), first, seen, &[]),
            None => broken(Pattern::NeverWritten, seen.end(), seen, seen, &[]),
        }
    }

    fn update(&mut self, seen: Seen, base: Value) -> Finding {
        let (start, end) = (tick(seen.op.invoked), tick(seen.end()));
        // The new value's zone first: its index stays right when the base's zone begins behind it.
        self.early.retain(|(write, _)| *write != seen.op.id);
        let Some(v) = self.zone_of(seen.op.value, seen) else { return Finding::Unjudged };
        let Some(x) = self.zone_of(base, seen) else { return self.gone(seen) };
        let (based, new) = (&self.zones[x], &self.zones[v]);
        let at = seen.end();
        if x == v {
            return broken(Pattern::NeverWritten, at, seen, seen, &[]);
        }
        if let Some(replaced) = based.replaced.iter().find(|r| r.value == base) {
            return if replaced.end < start {
                broken(Pattern::Overwritten, at, replaced.by, seen, &[Some(replaced.update)])
            } else {
                broken(Pattern::SameBase, at, replaced.update, seen, &[])
            };
        }
        // Everything of the base comes before everything of the new value.
        if new.end < based.start {
            return broken(
                Pattern::Overwritten,
                at,
                new.first.unwrap_or(seen),
                based.last.unwrap_or(seen),
                &[Some(seen)],
            );
        }
        let (merged_start, merged_end) =
            (based.start.max(new.start).max(start), based.end.min(new.end).min(end));
        if let Some(b) = self.conflict(x, v, merged_start, merged_end) {
            let blocker = self.zones[b].first.unwrap_or(seen);
            return broken(Pattern::Overwritten, at, blocker, seen, &[based.first, self.zones[b].last]);
        }
        self.chain(x, v, seen);
        Finding::Fine
    }

    /// Puts the zone `v`, whose first value the update wrote, behind the zone `x`, whose newest value it replaced.
    fn chain(&mut self, x: usize, v: usize, update: Seen) {
        let new = self.zones.remove(v);
        let mut zone = self.zones.remove(if v < x { x - 1 } else { x });
        let by = new.first.unwrap_or(update);
        zone.replaced.push(Replaced { value: zone.value, end: NEVER, by, update });
        for replaced in zone.replaced.iter_mut().filter(|r| new.end < r.end) {
            (replaced.end, replaced.by) = (new.end, by);
        }
        zone.replaced.extend(new.replaced);
        zone.value = new.value;
        if new.end < zone.end {
            (zone.end, zone.first) = (new.end, new.first);
        }
        if new.start > zone.start {
            (zone.start, zone.last) = (new.start, new.last);
        }
        let place = self.zones.partition_point(|z| z.end <= zone.end);
        self.zones.insert(place, zone);
    }

    /// Forgets what no pending or future read can legally return: settled zones that ended before the last
    /// invocation of another settled zone.
    fn settle(&mut self, now: Instant) {
        if self.zones.len() > ZONES_LIMIT && self.pending.pop_front().is_some() {
            self.forgot = true;
        }
        let low = self.pending.front().map_or(tick(now), |p| p.since);
        let settled = self.zones.iter().take_while(|z| z.end < low).count();
        self.settled = settled;
        if let Some(newest) = self.zones[..settled].iter().map(|z| z.start).max()
            && settled > 1
        {
            let mut index = 0;
            let mut kept = 0;
            self.zones.retain(|z| {
                let keep = index >= settled || z.end >= newest || z.start == newest;
                kept += u32::from(keep && index < settled);
                index += 1;
                keep
            });
            self.settled = kept as usize;
        }
        for zone in self.zones[..self.settled].iter_mut().filter(|z| !z.replaced.is_empty()) {
            zone.replaced.retain(|r| r.end >= low);
        }
    }
}

fn broken(pattern: Pattern, at: Instant, first: Seen, second: Seen, others: &[Option<Seen>]) -> Finding {
    Finding::Broken(Box::new(Witness::new(pattern, first.op.key, at, first, second, others)))
}

#[cfg(test)]
mod tests;
