//! What has become of each job, for those who ask: kept beside the queue as a result backend does, also of jobs that the
//! queue itself has forgotten. It may not know who asks.

use crate::history::Value;
use std::collections::{BTreeMap, VecDeque};

/// Jobs remembered that the queue holds no more.
const KEPT: usize = 1 << 16;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// It waits, or somebody has it.
    InWork,
    Done,
    /// Given up after too many deliveries.
    Dead,
}

#[derive(Clone, Default, Debug)]
pub(super) struct Known {
    /// With whether the queue holds it no more.
    jobs: BTreeMap<Value, (State, bool)>,
    /// Those that the queue holds no more, the oldest first.
    gone: VecDeque<Value>,
}

impl Known {
    pub fn began(&mut self, job: Value) {
        self.jobs.insert(job, (State::InWork, false));
    }

    /// The queue holds the job no more; what has become of it is `how`, as far as is known. Done stays done, whatever
    /// becomes of another delivery.
    pub fn left(&mut self, job: Value, how: State) {
        let Some((state, gone)) = self.jobs.get_mut(&job) else { return };
        if *state != State::Done {
            *state = how;
        }
        if std::mem::replace(gone, true) {
            return;
        }
        self.gone.push_back(job);
        if self.gone.len() > KEPT
            && let Some(oldest) = self.gone.pop_front()
        {
            self.jobs.remove(&oldest);
        }
    }

    pub fn of(&self, job: Value) -> Option<State> {
        self.jobs.get(&job).map(|(state, _)| *state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_stays_done_and_what_is_long_gone_is_forgotten() {
        let mut known = Known::default();
        assert_eq!(known.of(Value(1)), None);
        known.began(Value(1));
        assert_eq!(known.of(Value(1)), Some(State::InWork));
        for (how, then) in [(State::InWork, State::InWork), (State::Done, State::Done), (State::Dead, State::Done)] {
            known.left(Value(1), how);
            assert_eq!(known.of(Value(1)), Some(then));
        }
        known.began(Value(2));
        for job in 3..KEPT as u64 + 3 {
            known.began(Value(job));
            known.left(Value(job), State::Done);
        }
        assert_eq!((known.of(Value(1)), known.of(Value(2))), (None, Some(State::InWork)));
    }
}
