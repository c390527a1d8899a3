//! Availability after Gilbert & Lynch ("Brewer's conjecture and the feasibility of consistent, available,
//! partition-tolerant web services", SIGACT News 33(2), 2002): every request received by a non-failing node must result
//! in a response. Judged per node and per side of the cut, while some pair of live machines that must talk cannot.
//! It reads invocations, returns and the facts of reaching, answering, parting and dying; it judges no consistency.
//!
//! The theorem has no bound on latency and a run has an end, so a request that still waits when the cut heals counts
//! as unanswered only if it has waited for longer than any request did while there was no cut.

pub mod cap;

use super::map::Map;
use super::verdict::{Tally, Verdict};
use super::witness::{Pattern, Seen, Witness};
use crate::history::{Entry, Fact, Key, Kind, Op, OpId, Outcome, Process, Record};
use crate::stdx::{Duration, Instant};
use std::collections::{BTreeMap, BTreeSet};

/// Partitions of which the table is kept; older ones count in the totals only.
const WINDOWS: usize = 16;
/// Requests followed at a time during a partition.
const OPEN_LIMIT: usize = 1 << 16;
/// Keys followed to see whether both sides worked on the same.
const KEYS_LIMIT: usize = 1 << 16;

/// What became of the requests that reached a machine during partitions.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Answers {
    pub reached: u64,
    pub ok: u64,
    pub errors: u64,
    /// No answer before the client gave up or the cut healed.
    pub unanswered: u64,
}

impl Answers {
    /// Whether every request that is decided was answered well.
    pub fn all_well(&self) -> bool {
        self.errors + self.unanswered == 0
    }

    fn add(&mut self, other: Answers) {
        self.reached += other.reached;
        self.ok += other.ok;
        self.errors += other.errors;
        self.unanswered += other.unanswered;
    }
}

/// One line of the table per node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeAnswers {
    pub node: Process,
    pub side: u32,
    pub answers: Answers,
}

/// One line of the table per side of the cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SideAnswers {
    pub side: u32,
    pub nodes: Vec<Process>,
    pub answers: Answers,
    /// Operations that clients on this side asked for during the cut, and those that succeeded.
    pub asked: u64,
    pub succeeded: u64,
}

/// A partition: from the first pair of live machines that cannot talk until all can again.
#[derive(Clone, PartialEq, Debug)]
pub struct Window {
    pub from: Instant,
    /// None while it lasts.
    pub to: Option<Instant>,
    pub sides: u32,
    /// Whether a write was attempted on one side and a read of the same key on another.
    pub exercised: bool,
    /// Linearizability was violated among the operations of this window.
    pub contradictions: u64,
    pub nodes: BTreeMap<Process, NodeAnswers>,
    asked: BTreeMap<u32, (u64, u64)>,
}

impl Window {
    pub fn available(&self) -> bool {
        self.nodes.values().all(|n| n.answers.all_well())
    }

    pub fn answers(&self) -> Answers {
        let mut all = Answers::default();
        self.nodes.values().for_each(|n| all.add(n.answers));
        all
    }

    /// The table per side, in the order of the sides.
    pub fn sides(&self) -> Vec<SideAnswers> {
        let mut sides: BTreeMap<u32, SideAnswers> = BTreeMap::new();
        let empty = |side| SideAnswers {
            side,
            nodes: Vec::new(),
            answers: Answers::default(),
            asked: 0,
            succeeded: 0,
        };
        for node in self.nodes.values() {
            let line = sides.entry(node.side).or_insert_with(|| empty(node.side));
            line.nodes.push(node.node);
            line.answers.add(node.answers);
        }
        for (side, (asked, succeeded)) in &self.asked {
            let line = sides.entry(*side).or_insert_with(|| empty(*side));
            (line.asked, line.succeeded) = (*asked, *succeeded);
        }
        sides.into_values().collect()
    }
}

#[derive(Clone, Debug)]
struct Waiting {
    node: Process,
    since: Instant,
}

#[derive(Clone, Default, Debug)]
pub struct Availability {
    windows: Vec<Window>,
    /// Windows that were dropped from the front of `windows`, and what they came to.
    older: (u64, Answers, u64, bool),
    parted: bool,
    side_of: BTreeMap<Process, u32>,
    down: BTreeSet<Process>,
    /// Machines that keep copies of the data.
    keepers: BTreeSet<Process>,
    /// Operations asked for during the cut that have not returned.
    asked: Map<OpId, Op>,
    /// Requests that reached a machine during the cut and wait there. An operation may wait at several machines.
    waiting: BTreeMap<OpId, Vec<Waiting>>,
    /// Sides on which a key was written, and on which it was read, as bits, in the present window.
    touched: Map<Key, (u64, u64)>,
    /// The longest that any client waited for a success while there was no cut.
    slowest: Duration,
    tally: Tally,
}

impl Availability {
    pub fn read(&mut self, entry: &Entry) {
        let at = entry.at;
        match &entry.record {
            Record::Invoke(_) | Record::Fact(Fact::Reached { .. } | Fact::Answered { .. })
                if !self.parted => {}
            Record::Invoke(op) => self.ask(op),
            Record::Return { op, outcome: Outcome::Ok { .. } } if !self.parted => {
                self.slowest = self.slowest.max(at.since(op.invoked));
            }
            Record::Return { .. } if !self.parted => {}
            Record::Return { op, outcome } => self.returned(op, *outcome, at),
            Record::Fact(fact) => self.fact(*fact, at),
        }
    }

    /// Partitions, requests and keys remembered: what memory grows with.
    pub fn retained(&self) -> usize {
        let waiting: usize = self.waiting.values().map(Vec::len).sum();
        self.windows.len() + self.asked.len() + waiting + self.touched.len()
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        self.tally.count()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        let all = self.totals();
        out.push(Verdict {
            id: "available",
            name: "Available",
            meaning: "During a partition every request that reaches a live machine gets a good answer.",
            state: self.tally.state(all.reached),
            checked: all.reached,
            detail: match all.reached {
                0 => String::new(),
                n => format!(
                    "{n} requests reached live machines during partitions: {} answered well, {} with an error, {} not",
                    all.ok, all.errors, all.unanswered
                ),
            },
        });
    }

    /// The partitions so far, oldest first.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// What came of all requests that reached live machines during partitions.
    pub fn totals(&self) -> Answers {
        let mut all = self.older.1;
        self.windows.iter().for_each(|w| all.add(w.answers()));
        all
    }

    /// Whether all partitions together were exercised, and how many contradictions fell into them.
    fn outcome(&self) -> (bool, u64) {
        let exercised = self.older.3 || self.windows.iter().any(|w| w.exercised);
        (exercised, self.older.2 + self.windows.iter().map(|w| w.contradictions).sum::<u64>())
    }

    fn partitions(&self) -> u64 {
        self.older.0 + self.windows.len() as u64
    }

    /// A contradiction to linearizability was found: it belongs to the windows that its operations overlap.
    /// Returns whether there is such a window.
    pub fn contradicted(&mut self, witness: &Witness) -> bool {
        let within = |w: &Window, s: &Seen| s.end() >= w.from && w.to.is_none_or(|to| s.op.invoked <= to);
        let window = self.windows.iter_mut().rev().find(|w| witness.ops.iter().any(|s| within(w, s)));
        window.map(|w| w.contradictions += 1).is_some()
    }

    fn ask(&mut self, op: &Op) {
        if self.asked.len() < OPEN_LIMIT {
            self.asked.insert(op.id, *op);
        }
        let split = self.split();
        if let Some(side) = self.side_of.get(&op.client).copied() {
            if let Some(window) = self.windows.last_mut() {
                window.asked.entry(side).or_default().0 += 1;
            }
            if split {
                self.touch(op, side);
            }
        }
    }

    /// Whether the cut parts the machines into more than one side.
    fn split(&self) -> bool {
        self.windows.last().is_some_and(|w| w.sides > 1)
    }

    /// Notes that a side works on a key.
    fn touch(&mut self, op: &Op, side: u32) {
        if !op.kind.on_register() || (self.touched.len() >= KEYS_LIMIT && !self.touched.contains_key(&op.key))
        {
            return;
        }
        let (wrote, read) = self.touched.entry(op.key).or_default();
        let bit = 1u64 << side.min(63);
        if op.kind.writes() {
            *wrote |= bit;
        }
        if op.kind != Kind::Write {
            *read |= bit;
        }
        let both = (*wrote != 0 && *read & !*wrote != 0) || (*wrote).count_ones() > 1 && *read != 0;
        if let Some(window) = self.windows.last_mut() {
            window.exercised |= both;
        }
    }

    #[inline(never)] // Most lines of a history stay outside.
    fn fact(&mut self, fact: Fact, at: Instant) {
        match fact {
            Fact::Side { node, side } => {
                self.side_of.insert(node, side);
            }
            Fact::Joined { node, .. } => {
                self.keepers.insert(node);
            }
            Fact::Left { node, .. } => {
                self.keepers.remove(&node);
            }
            Fact::Parted { sides } => self.part(sides, at),
            Fact::Whole => self.heal(at),
            Fact::Reached { op, node } => self.reached(op, node, at),
            Fact::Answered { op, node, ok } => self.answered(op, node, ok),
            Fact::Down { node } => {
                self.down.insert(node);
                // A node that fails owes no answer: its requests are not judged.
                for waiting in self.waiting.values_mut() {
                    let before = waiting.len();
                    waiting.retain(|w| w.node != node);
                    if waiting.len() < before {
                        uncount(&mut self.windows, node);
                    }
                }
                self.waiting.retain(|_, waiting| !waiting.is_empty());
            }
            Fact::Up { node, .. } => {
                self.down.remove(&node);
            }
            _ => {}
        }
    }

    fn part(&mut self, sides: u32, at: Instant) {
        if self.parted {
            if let Some(window) = self.windows.last_mut() {
                window.sides = window.sides.max(sides);
            }
            return;
        }
        self.parted = true;
        if self.windows.len() == WINDOWS {
            let old = self.windows.remove(0);
            self.older.0 += 1;
            self.older.1.add(old.answers());
            self.older.2 += old.contradictions;
            self.older.3 |= old.exercised;
        }
        self.touched.clear();
        self.windows.push(Window {
            from: at,
            to: None,
            sides,
            exercised: false,
            contradictions: 0,
            nodes: BTreeMap::new(),
            asked: BTreeMap::new(),
        });
    }

    fn heal(&mut self, at: Instant) {
        if !std::mem::take(&mut self.parted) {
            return;
        }
        for (id, waiting) in std::mem::take(&mut self.waiting) {
            for Waiting { node, since } in waiting {
                if at.since(since) > self.slowest {
                    self.judge(id, node, Verdicts::Unanswered, at);
                } else {
                    uncount(&mut self.windows, node);
                }
            }
        }
        self.asked.clear();
        self.side_of.clear();
        if let Some(window) = self.windows.last_mut() {
            window.to = Some(at);
        }
    }

    fn reached(&mut self, op: OpId, node: Process, at: Instant) {
        if self.down.contains(&node) || self.waiting.len() >= OPEN_LIMIT {
            return;
        }
        let side = self.side_of.get(&node).copied().unwrap_or(0);
        // Where clients still reach everybody, the copies that cannot reach each other are the sides.
        let keeper = self.keepers.iter().position(|k| *k == node).filter(|_| !self.split());
        let place = if self.split() { Some(side) } else { keeper.map(|n| n as u32) };
        if let (Some(asked), Some(place)) = (self.asked.get(&op).copied(), place) {
            self.touch(&asked, place);
        }
        if let Some(window) = self.windows.last_mut() {
            let line =
                window.nodes.entry(node).or_insert(NodeAnswers { node, side, answers: Answers::default() });
            line.side = side;
            line.answers.reached += 1;
        }
        self.waiting.entry(op).or_default().push(Waiting { node, since: at });
    }

    fn answered(&mut self, op: OpId, node: Process, ok: bool) {
        let Some(waiting) = self.waiting.get_mut(&op) else { return };
        let Some(index) = waiting.iter().position(|w| w.node == node) else { return };
        let since = waiting.remove(index).since;
        if waiting.is_empty() {
            self.waiting.remove(&op);
        }
        self.judge(op, node, if ok { Verdicts::Ok } else { Verdicts::Error }, since);
    }

    fn judge(&mut self, op: OpId, node: Process, verdict: Verdicts, at: Instant) {
        let Some(line) = self.windows.last_mut().and_then(|w| w.nodes.get_mut(&node)) else { return };
        match verdict {
            Verdicts::Ok => line.answers.ok += 1,
            Verdicts::Error => line.answers.errors += 1,
            Verdicts::Unanswered => line.answers.unanswered += 1,
        }
        if verdict != Verdicts::Ok {
            let asked = self.asked.get(&op).copied();
            let key = asked.map_or(Key(0), |op| op.key);
            self.tally.add(Witness::alone(Pattern::Unanswered { node }, key, at, asked.map(Seen::pending)));
        }
    }

    /// An operation returned during a cut.
    fn returned(&mut self, op: &Op, outcome: Outcome, at: Instant) {
        let ok = matches!(outcome, Outcome::Ok { .. });
        // Whoever has the request still in hand has not answered before the client knew more or gave up. A client that
        // got a good answer from elsewhere waits no longer: nothing was missed.
        for Waiting { node, .. } in self.waiting.remove(&op.id).unwrap_or_default() {
            if ok {
                uncount(&mut self.windows, node);
            } else {
                self.judge(op.id, node, Verdicts::Unanswered, at);
            }
        }
        if self.asked.remove(&op.id).is_some()
            && ok
            && let Some(side) = self.side_of.get(&op.client)
            && let Some(window) = self.windows.last_mut()
        {
            window.asked.entry(*side).or_default().1 += 1;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdicts {
    Ok,
    Error,
    Unanswered,
}

/// A request that is not judged after all was not counted either.
fn uncount(windows: &mut [Window], node: Process) {
    if let Some(line) = windows.last_mut().and_then(|w| w.nodes.get_mut(&node)) {
        line.answers.reached = line.answers.reached.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests;
