//! The service as its clients count it: what share of operations succeeds, why the others fail, how long it takes until
//! answers come again after a crash (RTO), and how long it runs well and badly by turns (MTTF, MTTR).
//! It reads invocations, returns, and the facts of dying and rising.

use super::verdict::{State, Tally, Verdict};
use super::witness::{Pattern, Seen, Witness, say};
use crate::history::{Cause, Entry, Fact, Kind, Outcome, Process, Record};
use crate::stdx::{Duration, Instant};
use std::collections::{BTreeMap, VecDeque};

/// Crashes whose recovery is listed.
pub const CRASHES: usize = 64;

/// How operations ended.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Ends {
    pub ok: u64,
    /// By cause, in the order of `Cause::ALL`; whether it is certain that nothing happened does not matter here.
    pub causes: [u64; Cause::ALL.len()],
}

impl Ends {
    pub fn failed(&self) -> u64 {
        self.causes.iter().sum()
    }

    pub fn total(&self) -> u64 {
        self.ok + self.failed()
    }

    /// Share of operations that succeeded; none before the first.
    pub fn success(&self) -> Option<f64> {
        (self.total() > 0).then(|| self.ok as f64 / self.total() as f64)
    }

    pub fn of(&self, cause: Cause) -> u64 {
        self.causes[cause as usize]
    }

    /// Share of the error budget that an objective (such as 0.999) leaves and that is spent: 1 is all of it.
    pub fn budget_spent(&self, objective: f64) -> Option<f64> {
        let allowed = (1.0 - objective) * self.total() as f64;
        (allowed > 0.0).then(|| self.failed() as f64 / allowed)
    }

    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ok { .. } => self.ok += 1,
            Outcome::Fail(cause) | Outcome::Unknown(cause) => self.causes[cause as usize] += 1,
        }
    }
}

/// A crash and how long clients waited for the first success of an operation that they asked for afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recovery {
    pub node: Process,
    pub at: Instant,
    /// Reads and other operations that change nothing; none while there was no success, or if nobody asks for such.
    pub reads: Option<Duration>,
    pub writes: Option<Duration>,
}

impl Recovery {
    /// The recovery time (RTO): until both reads and writes succeeded again, as far as there were any before.
    pub fn time(&self) -> Option<Duration> {
        self.reads.max(self.writes)
    }
}

/// Well and badly by turns, as a client sees it.
#[derive(Clone, Copy, Default, Debug)]
struct Turns {
    /// Since when it goes well (true) or badly.
    since: Option<(Instant, bool)>,
    well: Duration,
    badly: Duration,
    failures: u64,
    repairs: u64,
}

impl Turns {
    /// A bad turn begins with a failure and ends with the first success of something that was asked for after it.
    fn add(&mut self, invoked: Instant, at: Instant, ok: bool) {
        match self.since {
            None => self.since = Some((at, ok)),
            Some((since, true)) if !ok => {
                self.well = self.well + at.since(since);
                self.failures += 1;
                self.since = Some((at, false));
            }
            Some((since, false)) if ok && invoked >= since => {
                self.badly = self.badly + at.since(since);
                self.repairs += 1;
                self.since = Some((at, true));
            }
            Some(_) => {}
        }
    }

    /// Mean time to failure: the mean length of the times in which every answer was good.
    fn mttf(&self) -> Option<Duration> {
        (self.failures > 0).then(|| Duration(self.well.0 / self.failures))
    }

    /// Mean time to repair: the mean time from a failure to the first success of something asked for after it.
    fn mttr(&self) -> Option<Duration> {
        (self.repairs > 0).then(|| Duration(self.badly.0 / self.repairs))
    }
}

#[derive(Clone, Default, Debug)]
pub struct Service {
    all: Ends,
    clients: BTreeMap<Process, (Ends, Turns)>,
    kinds: [Ends; Kind::ALL.len()],
    turns: Turns,
    crashes: VecDeque<Recovery>,
    failed: Tally,
}

impl Service {
    pub fn read(&mut self, entry: &Entry) {
        match entry.record {
            Record::Return { op, outcome } => {
                self.all.add(outcome);
                let ok = matches!(outcome, Outcome::Ok { .. });
                let (ends, turns) = self.clients.entry(op.client).or_default();
                ends.add(outcome);
                turns.add(op.invoked, entry.at, ok);
                self.kinds[op.kind as usize].add(outcome);
                self.turns.add(op.invoked, entry.at, ok);
                if ok {
                    for crash in self.crashes.iter_mut().rev().filter(|c| op.invoked >= c.at) {
                        let place = if op.kind.writes() { &mut crash.writes } else { &mut crash.reads };
                        place.get_or_insert(entry.at.since(crash.at));
                    }
                } else {
                    let seen = Seen::done(op, outcome, entry.at);
                    self.failed.add(Witness::alone(Pattern::Failed, op.key, entry.at, Some(seen)));
                }
            }
            Record::Fact(Fact::Down { node }) => {
                if self.crashes.len() == CRASHES {
                    self.crashes.pop_front();
                }
                self.crashes.push_back(Recovery { node, at: entry.at, reads: None, writes: None });
            }
            _ => {}
        }
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        self.failed.count()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        let detail = match (self.all.success(), self.failed.count()) {
            (None, _) | (_, 0) => String::new(),
            (Some(share), _) => {
                let mut causes: Vec<(u64, Cause)> =
                    Cause::ALL.iter().map(|c| (self.all.of(*c), *c)).collect();
                causes.retain(|(n, _)| *n > 0);
                causes.sort_by_key(|(n, cause)| (u64::MAX - n, *cause));
                let causes: Vec<String> =
                    causes.iter().map(|(n, cause)| format!("{n} {}", cause.name())).collect();
                let rto = self.crashes.iter().filter_map(Recovery::time).max();
                let rto = rto.map_or(String::new(), |time| format!("; RTO at worst {}", say(time)));
                format!("{:.2} % succeeded; {}{rto}", share * 100.0, causes.join(", "))
            }
        };
        out.push(Verdict {
            id: "no-errors",
            name: "No errors",
            meaning: "Every operation that a client asked for succeeds.",
            state: match self.all.total() {
                0 => State::NotExercised,
                n => self.failed.state(n),
            },
            checked: self.all.total(),
            detail,
        });
    }

    pub fn all(&self) -> &Ends {
        &self.all
    }

    /// How the operations of one kind ended.
    pub fn of_kind(&self, kind: Kind) -> &Ends {
        &self.kinds[kind as usize]
    }

    /// By the machine of the users who asked.
    pub fn by_client(&self) -> impl Iterator<Item = (Process, &Ends)> {
        self.clients.iter().map(|(client, (ends, _))| (*client, ends))
    }

    /// The latest 64 crashes, oldest first.
    pub fn recoveries(&self) -> impl Iterator<Item = &Recovery> {
        self.crashes.iter()
    }

    /// Mean time to failure: the mean length of the times in which every answer was good.
    pub fn mttf(&self) -> Option<Duration> {
        self.turns.mttf()
    }

    /// Mean time to repair: the mean time from a failure to the first success of something asked for after it.
    pub fn mttr(&self) -> Option<Duration> {
        self.turns.mttr()
    }

    /// The same as the users of one machine see it: mean time to failure, and to repair.
    pub fn turns_of(&self, client: Process) -> (Option<Duration>, Option<Duration>) {
        self.clients.get(&client).map_or((None, None), |(_, turns)| (turns.mttf(), turns.mttr()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::drawn::{client, judge, states, told};

    #[test]
    fn successes_failures_and_their_causes_are_counted_by_kind() {
        let entries = told("ann |-w1-| |-r1-| |-w2-? |-r1-! |-r2-|", &[]);
        assert_eq!(states(&entries, &["no-errors"]), "no-errors: broken 2");
        let service = judge(&entries).service;
        assert_eq!((service.all().ok, service.all().failed()), (3, 2));
        assert_eq!(
            (service.of_kind(Kind::Write).of(Cause::TimedOut), service.of_kind(Kind::Read).ok),
            (1, 2)
        );
        assert_eq!(service.all().success(), Some(0.6));
        assert_eq!(service.all().budget_spent(0.6).map(|n| (n * 1e6) as u64), Some(1_000_000));
        assert_eq!(service.by_client().count(), 1);
    }

    #[test]
    fn recovery_counts_from_the_crash_to_the_first_success_of_what_was_asked_afterwards() {
        let drawing = "
            ann |-w1-|    |-w2-!   |-w3-|
            bob       |-r1-|    |-r1-|  ";
        let crash = [(23, Fact::Down { node: Process(5) })];
        let judge = judge(&told(drawing, &crash));
        let recovery = judge.service.recoveries().next().copied().expect("there was a crash");
        // The read that was asked for before the crash does not count; the next ended at 37, the write at 40.
        assert_eq!(recovery.reads, Some(Duration::from_millis(37 - 23)));
        assert_eq!(recovery.writes, Some(Duration::from_millis(40 - 23)));
        assert_eq!(recovery.time(), Some(Duration::from_millis(17)));
    }

    #[test]
    fn it_goes_well_and_badly_by_turns() {
        let service = judge(&told("ann |-w1-| |-w2-| |-w3-! |-w4-! |-w5-|", &[])).service;
        // Well from 9 to 25 (the first failure's end is at 23), badly until 37.
        let ends: Vec<u64> =
            [service.mttf(), service.mttr()].iter().flatten().map(|d| d.0 / 1_000_000).collect();
        assert_eq!(ends, [14, 14]);
        let [one, other] = [client(0), client(1)].map(|client| service.turns_of(client));
        assert_eq!((one, other), ((service.mttf(), service.mttr()), (None, None)));
    }
}
