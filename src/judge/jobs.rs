//! Job delivery: every job that was taken is done, not twice, and in the order in which the jobs were queued.
//! It reads the facts of queueing and finishing, and the users' job requests for the proofs.

use super::map::Recent;
use super::verdict::{State, Tally, Verdict};
use super::witness::{Pattern, Seen, Witness};
use crate::history::{Entry, Fact, Key, Kind, Outcome, Record, Value};
use std::collections::BTreeMap;

/// Jobs remembered after they are done.
const JOBS: usize = 1 << 16;

#[derive(Clone, Copy, Default, Debug)]
struct Job {
    /// Place in the order of queueing, from 1; 0 if it was not queued.
    place: u64,
    done: u32,
    request: Option<Seen>,
}

#[derive(Clone, Debug)]
pub struct Jobs {
    jobs: Recent<Value, Job>,
    /// Jobs that are queued and not done, by place.
    waiting: BTreeMap<u64, Value>,
    queued: u64,
    done: u64,
    lost: Tally,
    repeated: Tally,
    disorder: Tally,
}

impl Default for Jobs {
    fn default() -> Jobs {
        Jobs {
            jobs: Recent::new(JOBS),
            waiting: BTreeMap::new(),
            queued: 0,
            done: 0,
            lost: Tally::default(),
            repeated: Tally::default(),
            disorder: Tally::default(),
        }
    }
}

impl Jobs {
    pub fn read(&mut self, entry: &Entry) {
        match entry.record {
            Record::Return { op, outcome } if op.kind == Kind::Job => {
                if let Outcome::Ok { .. } = outcome {
                    self.jobs.of(op.value).request = Some(Seen::done(op, outcome, entry.at));
                }
            }
            Record::Fact(Fact::JobQueued { job }) => {
                let state = self.jobs.of(job);
                if state.place == 0 {
                    self.queued += 1;
                    state.place = self.queued;
                    if state.done == 0 {
                        self.waiting.insert(self.queued, job);
                    }
                }
            }
            Record::Fact(Fact::JobDone { job, .. }) => {
                self.done += 1;
                let state = self.jobs.of(job);
                state.done += 1;
                let Job { place, done, request } = *state;
                self.waiting.remove(&place);
                let proof = |pattern| witness(pattern, entry, request);
                if done > 1 {
                    self.repeated.add(proof(Pattern::DoneAgain { job, times: done }));
                } else if let Some(earlier) = self.waiting.range(..place).next().map(|(_, earlier)| *earlier)
                {
                    self.disorder.add(proof(Pattern::OutOfOrder { job, earlier }));
                }
            }
            Record::Fact(Fact::JobDead { job }) => self.end(entry, job, Pattern::JobDead { job }),
            Record::Fact(Fact::JobLost { job }) => self.end(entry, job, Pattern::JobLost { job }),
            _ => {}
        }
    }

    fn end(&mut self, entry: &Entry, job: Value, pattern: Pattern) {
        let Job { place, done, request } = *self.jobs.of(job);
        self.waiting.remove(&place);
        if done == 0 {
            self.lost.add(witness(pattern, entry, request));
        }
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        self.lost.count() + self.repeated.count() + self.disorder.count()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        let none = || if self.queued == 0 { State::NotExercised } else { State::Holds };
        let mut push = |id, name, meaning, tally: &Tally, detail: String| {
            let state = tally.state_or(none);
            out.push(Verdict { id, name, meaning, state, checked: self.queued, detail });
        };
        let waiting = match self.waiting.len() {
            0 => String::new(),
            n => format!("{n} of {} jobs are still to be done", self.queued),
        };
        push(
            "at-least-once",
            "Jobs at least once",
            "No job that was taken is lost or given up.",
            &self.lost,
            waiting,
        );
        push("at-most-once", "Jobs at most once", "No job is done twice.", &self.repeated, String::new());
        let mut exactly = self.lost.clone();
        exactly.join(&self.repeated);
        let meaning = "Every job that was taken is done once: none lost, none repeated.";
        push("exactly-once", "Jobs exactly once", meaning, &exactly, String::new());
        let meaning = "Jobs are finished in the order in which they were queued.";
        push("jobs-in-order", "Jobs in order", meaning, &self.disorder, String::new());
    }

    /// Jobs remembered: what memory grows with.
    pub fn retained(&self) -> usize {
        self.jobs.len() + self.waiting.len()
    }

    /// Jobs queued, finishes counted (twice is two), and jobs that still wait.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.queued, self.done, self.waiting.len() as u64)
    }
}

fn witness(pattern: Pattern, entry: &Entry, request: Option<Seen>) -> Witness {
    Witness::alone(pattern, request.map_or(Key(0), |seen| seen.op.key), entry.at, request)
}

#[cfg(test)]
mod tests {
    use crate::history::{Fact, Process, Value};
    use crate::judge::drawn::{proof, states, told};

    fn check(facts: &[Fact], expected: &str) {
        let facts: Vec<(usize, Fact)> = (1..).zip(facts.iter().copied()).collect();
        let ids = ["at-least-once", "at-most-once", "exactly-once", "jobs-in-order"];
        let states = states(&told("", &facts), &ids);
        let states: Vec<&str> =
            states.lines().filter_map(|l| l.split_once(": ")).map(|(_, state)| state).collect();
        assert_eq!(states.join(", "), expected);
    }

    fn queued(job: u64) -> Fact {
        Fact::JobQueued { job: Value(job) }
    }

    fn done(job: u64) -> Fact {
        Fact::JobDone { job: Value(job), node: Process(0) }
    }

    /// Two jobs are asked for and taken at once, and done in turn; then the second again, and the third never.
    #[test]
    fn jobs_of_users_are_proven_by_what_they_asked_for() {
        let ids = ["at-least-once", "at-most-once", "exactly-once", "jobs-in-order"];
        let drawing = "
            ann |-j1-|      |-j3-|
            bob   |-j2-| ";
        let kept = [(17, queued(1)), (19, queued(2)), (26, done(1)), (27, done(2))];
        let entries = told(drawing, &kept);
        let all = "at-least-once: holds\nat-most-once: holds\nexactly-once: holds\njobs-in-order: holds";
        assert_eq!(states(&entries, &ids), all);
        let more = [(29, queued(3)), (40, done(2)), (41, Fact::JobLost { job: Value(3) })];
        let entries = told(drawing, &[&kept[..], &more].concat());
        let some =
            "at-least-once: broken 1\nat-most-once: broken 1\nexactly-once: broken 2\njobs-in-order: holds";
        assert_eq!(states(&entries, &ids), some);
        let lost = proof(&entries, "at-least-once");
        assert!(lost.starts_with("The job that session 0 ordered on key 0 had been taken"), "{lost}");
        let again = proof(&entries, "at-most-once");
        assert!(again.starts_with("The job that session 1 ordered on key 0 was done 2 times."), "{again}");
        let turned = [(17, queued(1)), (19, queued(2)), (26, done(2)), (27, done(1))];
        assert_eq!(states(&told(drawing, &turned), &ids[3..]), "jobs-in-order: broken 1");
    }

    #[test]
    fn jobs_are_counted_lost_repeated_and_out_of_order() {
        check(&[], "not exercised, not exercised, not exercised, not exercised");
        check(&[queued(1), queued(2), done(1), done(2)], "holds, holds, holds, holds");
        check(&[queued(1), queued(2), done(2), done(1)], "holds, holds, holds, broken 1");
        check(&[queued(1), done(1), done(1), done(1)], "holds, broken 2, broken 2, holds");
        check(&[queued(1), Fact::JobLost { job: Value(1) }], "broken 1, holds, broken 1, holds");
        check(&[queued(1), Fact::JobDead { job: Value(1) }], "broken 1, holds, broken 1, holds");
        check(&[queued(1), done(1), Fact::JobLost { job: Value(1) }], "holds, holds, holds, holds");
    }
}
