//! Causal consistency and the four session guarantees, in one pass with vector clocks (Terry et al., PDIS 1994;
//! Bouajjani, Enea, Guerraoui, Hamza, POPL 2017). It reads invocations and returns, and no fact.
//!
//! An operation causally precedes another if it comes before it in the same session, or if the other read what it
//! wrote, or by a chain of these. A read that returns `v` although a write `u` of the same key precedes the read and
//! `v` precedes `u` breaks causal consistency. The witness `u` names the session guarantee: written by this session,
//! read by it, an earlier write of an author it read from, or else something that reached it through others.
//!
//! A session does not depend on its own write of unknown outcome unless somebody has read it. Each read is judged when
//! it returns, on what was known by then. Followed are the last `SESSIONS` active sessions and the last `WRITES` writes
//! (and of every key the newest, however old); a read that returns something older is counted as not judged.

mod clock;
mod own;
mod pairs;
mod writes;

use super::map::Keyed;
use super::verdict::{State, Tally, Verdict};
use super::witness::{Pattern, Seen, Witness};
use crate::history::{Entry, Key, Kind, Op, Outcome, Record, Value};
use clock::{Clock, Dot, Lesson, Sessions};
use own::{FRONTIER, Own, Owns, Place};
use pairs::{PAIRS, Pairs};
use std::collections::VecDeque;
use writes::{Id, Line, Write, Writes};

/// Writes whose causal past is remembered.
const WRITES: usize = 4096;
/// Writes of each key that are remembered however old they are: the newest may never have happened.
const NEWEST: usize = 4;

#[derive(Clone, Default, Debug)]
pub struct Causal {
    sessions: Sessions,
    keys: Keyed<Line>,
    writes: Writes,
    /// The writes that still know their past, oldest first, with their places.
    recent: VecDeque<(Key, Id, u64)>,
    /// Writes invoked so far.
    invoked: u64,
    own: Owns,
    /// For a reader and an author: when the last-invoked write that the reader read of the author was invoked.
    met: Pairs,
    guarantees: [Tally; 4],
    exercised: [u64; 4],
    causal: Tally,
    checked: u64,
    unjudged: u64,
}

/// The guarantees in the order of `Causal::guarantees`.
const PATTERNS: [Pattern; 4] =
    [Pattern::ReadYourWrites, Pattern::MonotonicReads, Pattern::MonotonicWrites, Pattern::WritesFollowReads];

const TEXTS: [(&str, &str, &str); 4] = [
    ("read-your-writes", "Read your writes", "After its own write a session never reads anything older."),
    (
        "monotonic-reads",
        "Monotonic reads",
        "A session never goes back in time: it reads the same again, or newer.",
    ),
    (
        "monotonic-writes",
        "Monotonic writes",
        "The writes of a session are seen in the order in which it made them.",
    ),
    ("writes-follow-reads", "Writes follow reads", "Who sees an answer also sees what it was an answer to."),
];

impl Causal {
    pub fn read(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Invoke(op) if op.kind.on_register() && op.kind.writes() => self.invoke(op),
            Record::Return { op, outcome } if op.kind.on_register() => {
                let seen = Seen::done(*op, *outcome, entry.at);
                match *outcome {
                    Outcome::Ok { value } => {
                        if op.kind != Kind::Write {
                            self.observe(seen, value);
                        }
                        if op.kind.writes() {
                            self.written(seen);
                        }
                    }
                    Outcome::Fail(_) if op.kind.writes() => {
                        let line = self.keys.of(op.key);
                        if let Some(write) = self.writes.by(line, op.id) {
                            self.writes.remove(line, write);
                        }
                    }
                    Outcome::Unknown(_) if op.kind.writes() => self.unanswered(seen),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        self.causal.count() + self.guarantees.iter().map(Tally::count).sum::<u64>()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        for (n, (id, name, meaning)) in TEXTS.into_iter().enumerate() {
            out.push(self.verdict(id, name, meaning, &self.guarantees[n], self.exercised[n]));
        }
        let pram =
            "Each session's operations are seen in its own order: the first three guarantees together.";
        let mut first_three = Tally::default();
        self.guarantees[..3].iter().for_each(|tally| first_three.join(tally));
        out.push(self.verdict("pram", "PRAM", pram, &first_three, self.checked));
        let causal = "Causes are seen before their effects: all four session guarantees together.";
        out.push(self.verdict("causal", "Causal", causal, &self.causal, self.checked));
    }

    fn verdict(
        &self,
        id: &'static str,
        name: &'static str,
        meaning: &'static str,
        tally: &Tally,
        checked: u64,
    ) -> Verdict {
        let state = tally.state_or(|| match (self.unjudged, checked) {
            (_, 0) => State::NotExercised,
            (0, _) => State::Holds,
            (n, _) => State::Unknown(format!(
                "{n} reads returned values from before the last {WRITES} writes or {} sessions",
                clock::SESSIONS
            )),
        });
        Verdict { id, name, meaning, state, checked, detail: String::new() }
    }

    /// Whether no causal contradiction was found so far.
    pub fn holds(&self) -> bool {
        self.causal.count() == 0
    }

    /// Contradictions of each guarantee: read your writes, monotonic reads, monotonic writes, writes follow reads.
    pub fn counts(&self) -> [u64; 4] {
        [0, 1, 2, 3].map(|n: usize| self.guarantees[n].count())
    }

    /// Writes, sessions and pairs remembered: what memory grows with.
    pub fn retained(&self) -> usize {
        self.writes.len() + self.sessions.len() + self.own.len() + self.met.len()
    }

    fn invoke(&mut self, op: &Op) {
        let (dot, past) = self.sessions.next(op.session);
        self.invoked += 1;
        let write = Write::new(Seen::pending(*op), dot, self.invoked, past);
        let id = self.writes.push(self.keys.of(op.key), write);
        self.recent.push_back((op.key, id, self.invoked));
        if self.recent.len() > WRITES
            && let Some((key, id, place)) = self.recent.pop_front()
        {
            let line = self.keys.of(key);
            let write = self.writes.get_mut(id);
            if write.place == place {
                write.past = None;
            }
            while line.len as usize > NEWEST
                && let Some(oldest) = self.writes.oldest(line)
                && let Write { past: None, seen, .. } = self.writes.get(oldest)
            {
                line.early.retain(|id| *id != seen.op.id);
                line.cut = true;
                self.writes.remove(line, oldest);
            }
        }
    }

    fn observe(&mut self, seen: Seen, value: Value) {
        let Op { session: id, key, .. } = seen.op;
        self.checked += 1;
        let line = self.keys.of(key);
        let mut judged = true;
        let read = if value == Value::INITIAL {
            judged = !line.cut;
            None
        } else if let Some(read) = self.writes.of(line, value) {
            let write = self.writes.get_mut(read);
            write.read = true;
            if write.adrift {
                write.adrift = false;
                write.dot = self.sessions.single();
            }
            Some(read)
        } else {
            self.unjudged += 1;
            return;
        };
        let Some(line) = self.keys.get(key) else { return };
        let own = self.own.get(id, key);
        let (worst, complete) = self.examine(&seen, line, read, &own);
        if let Some((name, witness)) = worst {
            self.guarantees[name].add(witness.clone());
            self.causal.add(witness);
        } else if !(judged && complete) {
            self.unjudged += 1;
        }
        // Who has read nothing that was written knows nothing: such a session need not be followed.
        let session = if read.is_none() { self.sessions.known(id) } else { Some(self.sessions.of(id)) };
        let met_others = u64::from(session.as_ref().is_some_and(|session| !session.is_alone()));
        let before = [u64::from(own.wrote), u64::from(own.read[0] != 0), met_others, met_others];
        self.exercised.iter_mut().zip(before).for_each(|(count, more)| *count += more);
        let (Some(read), Some(session)) = (read, session) else { return };
        let read = self.writes.get(read);
        if !session.knows(read.dot) && read.dot.slot != session.slot {
            let lesson =
                Lesson { dot: read.dot, past: read.past.clone().unwrap_or_default(), place: read.place };
            let slot = session.slot;
            self.sessions.learn(slot, seen, lesson, self.invoked - self.recent.len() as u64);
        }
        let author = read.seen.op;
        let again = own.read.contains(&(read.place as Place));
        // Who reads the same again has met its author, unless that is forgotten.
        if !again || self.met.len() == PAIRS {
            let (last, _) = self.met.of(id.0, author.session.0);
            *last = (*last).max(author.invoked.0);
        }
        if !again {
            let read = self.frontier(line, read, &own);
            self.own.read(id, key, read);
        }
    }

    /// The gravest contradiction of a read that returned this write of the key's line (or the initial value), and
    /// whether everything that could contradict it was still remembered.
    fn examine(
        &self,
        seen: &Seen,
        line: &Line,
        read: Option<Id>,
        own: &Own,
    ) -> (Option<(usize, Witness)>, bool) {
        let Op { session: id, key, kind, .. } = seen.op;
        if self.writes.newest(line) == read && line.early.is_empty() && kind != Kind::Update {
            return (None, true);
        }
        let session = self.sessions.get(id);
        let mut worst: Option<(usize, &Write)> = None;
        let mut complete = true;
        // Writes that may have replaced what was read: those invoked after it.
        let later = self.writes.latest(line).take_while(|(id, _)| Some(*id) != read).map(|(_, w)| w);
        let early = self.early(line, read);
        let read = read.map(|id| self.writes.get(id));
        for u in later.chain(early).filter(|u| !u.adrift) {
            if self.sessions.forgotten(u.dot) {
                complete = false;
                continue;
            }
            if !session.is_some_and(|session| session.knows(u.dot)) {
                continue;
            }
            if read.is_some_and(|v| self.sessions.forgotten(v.dot)) {
                complete = false;
                continue;
            }
            match read.map(|v| precedes(v, u)) {
                Some(None) => complete = false,
                Some(Some(false)) => {}
                None | Some(Some(true)) => {
                    let author = u.seen.op.session;
                    let name = if author == id {
                        0
                    } else if own.read.contains(&(u.place as Place)) {
                        1
                    } else if self.met.get(id.0, author.0).is_some_and(|last| last > u.seen.op.invoked.0) {
                        2
                    } else {
                        3
                    };
                    if worst.is_none_or(|(n, _)| name < n) {
                        worst = Some((name, u));
                    }
                    if name == 0 {
                        break;
                    }
                }
            }
        }
        // An update cannot be based on something that was written knowing the update itself.
        if worst.is_none()
            && kind == Kind::Update
            && let (Some(v), Some(own)) = (read, self.writes.by(line, seen.op.id))
            && precedes(self.writes.get(own), v) == Some(true)
        {
            worst = Some((3, v));
        }
        let witness = worst.map(|(name, u)| {
            // What was read of others' writes shows how the session came to know of `u`.
            let link = session.filter(|_| name >= 2).and_then(|session| session.learnt(u.dot));
            let others = [read.map(|v| v.seen), link];
            (name, Witness::new(PATTERNS[name], key, seen.end(), u.seen, *seen, &others))
        });
        (witness, complete)
    }

    /// Updates that stand before what was read (or are that) though what they were based on may be newer.
    fn early(&self, line: &Line, read: Option<Id>) -> Vec<&Write> {
        let (Some(read), false) = (read, line.early.is_empty()) else { return Vec::new() };
        let before = self.writes.latest(line).skip_while(|(id, _)| *id != read).map(|(_, w)| w);
        let mut early: Vec<&Write> = before.filter(|w| line.early.contains(&w.seen.op.id)).collect();
        early.reverse();
        early
    }

    /// What a session has read of the key with one read more; of these only what precedes no other is kept.
    fn frontier(&self, line: &Line, new: &Write, own: &Own) -> [Place; FRONTIER] {
        let mut kept = [0; FRONTIER];
        kept[0] = new.place as Place;
        let mut places = kept[1..].iter_mut();
        for old in own.read.iter().filter(|place| **place != 0) {
            let Some(write) = self.at(line, u64::from(*old)) else { continue };
            if precedes(new, write) == Some(true) {
                return own.read;
            }
            if precedes(write, new) != Some(true)
                && let Some(place) = places.next()
            {
                *place = *old;
            }
        }
        kept
    }

    /// The write of the key that has this place among all writes.
    fn at(&self, line: &Line, place: u64) -> Option<&Write> {
        let first = self.recent.front()?.2;
        match place.checked_sub(first) {
            Some(index) => {
                let (_, id, _) = self.recent.get(index as usize)?;
                Some(self.writes.get(*id)).filter(|w| w.place == place)
            }
            // Of what is older few are left.
            None => self.writes.eldest(line, place).find(|w| w.place == place),
        }
    }

    fn written(&mut self, seen: Seen) {
        let Op { session: id, key, .. } = seen.op;
        self.own.wrote(id, key);
        let session = self.sessions.of(id);
        let line = self.keys.of(key);
        let Some(id) = self.writes.by(line, seen.op.id) else { return };
        let write = self.writes.get_mut(id);
        write.seen = seen;
        if write.dot.slot == session.slot {
            session.acknowledged = write.dot.number;
        }
        if seen.op.kind == Kind::Update && write.past.is_some() {
            // Only now is it known what the update was based on.
            let (dot, past) = (write.dot, session.past().clone());
            write.past = Some(past.clone());
            if write.read {
                line.early.push(seen.op.id);
                self.spread(dot, &past);
            } else {
                self.writes.requeue(line, id);
            }
        }
    }

    /// Whoever knows the write knows all that precedes it.
    fn spread(&mut self, dot: Dot, past: &Clock) {
        self.sessions.spread(dot, past);
        self.writes.pasts().filter(|p| p.has(dot)).for_each(|clock| clock.merge(past));
    }

    /// The outcome of the write is unknown: the session goes on without it.
    fn unanswered(&mut self, seen: Seen) {
        let Op { session: id, key, .. } = seen.op;
        let Some(write) = self.writes.by(self.keys.of(key), seen.op.id) else { return };
        let write = self.writes.get_mut(write);
        write.seen = seen;
        if write.read {
            self.sessions.part(id);
        } else {
            let session = self.sessions.of(id);
            write.adrift = true;
            if let Some(past) = &mut write.past
                && session.slot == write.dot.slot
            {
                past.raise(Dot { slot: session.slot, number: session.acknowledged });
            }
        }
    }
}

/// Whether `v` causally precedes `u`; none if that is forgotten.
fn precedes(v: &Write, u: &Write) -> Option<bool> {
    if v.dot.slot == u.dot.slot {
        return Some(v.dot.number < u.dot.number);
    }
    u.past.as_ref().map(|past| past.has(v.dot))
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
