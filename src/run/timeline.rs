//! The way back: checkpoints, the changes that were made and exactly where, and the branches that were left. It knows
//! no component.

use super::frame::{Mark, MarkKind};
use super::state::State;
use crate::metrics::series::Bucket;
use crate::scenario::Document;
use crate::scenario::fault::Fault;
use crate::stdx::{Duration, Instant};
use std::sync::Arc;

/// Checkpoints at most, with the begin; when there are more, every other one goes and the distance doubles.
const CHECKPOINTS: usize = 24;
/// The first distance between checkpoints.
const DISTANCE: Duration = Duration::from_secs(2);
/// A checkpoint is worth its memory when so many events would have to be handled again without it (a fraction of a tenth
/// of a second), or so many distances have passed.
const EVENTS: u64 = 60_000;
const DISTANCES: u64 = 16;
/// Branches that are remembered; the oldest goes first.
const BRANCHES: usize = 4;
/// Changes of one run at most: what comes later is refused.
pub const CHANGES: usize = 10_000;

/// What a person did to the run while it ran.
#[derive(Clone, Debug)]
pub enum Deed {
    Fault(Fault),
    Edit { document: Arc<Document>, renamed: Arc<[(String, String)]>, name: Arc<str> },
}

/// A deed at its exact place: after so many events, at that instant.
#[derive(Clone, Debug)]
pub struct Change {
    pub at: Instant,
    pub popped: u64,
    pub deed: Deed,
}

/// A future that was left behind when something was changed in its past.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Where it parts from the run that goes on.
    pub from: Instant,
    pub until: Instant,
    /// The deed that the run that goes on did there, or did not do.
    pub name: String,
    pub buckets: Arc<[Bucket]>,
}

#[derive(Clone)]
struct Checkpoint {
    state: State,
    /// Changes made before it.
    changes: usize,
}

/// What the run began with: its first state is made of this again.
#[derive(Clone)]
struct Begin {
    document: Arc<Document>,
    record: bool,
    judging: bool,
}

#[derive(Clone)]
pub struct Timeline {
    begin: Begin,
    /// Behind the begin, in the order of time.
    checkpoints: Vec<Checkpoint>,
    distance: Duration,
    /// Distances since the latest checkpoint that were not worth one.
    waited: u64,
    pub changes: Vec<Change>,
    /// So many of them lie behind the state that goes on.
    done: usize,
    pub branches: Vec<Branch>,
    /// How far the run has been.
    pub furthest: Instant,
    /// The buckets of the whole way to `furthest`, while the run stands before it.
    future: Option<Arc<[Bucket]>>,
}

impl Timeline {
    /// Of a run that is about to begin.
    pub fn new(state: &State) -> Timeline {
        let (document, record) = (state.document.clone(), state.recorded.is_some());
        Timeline {
            begin: Begin { document, record, judging: state.judging },
            checkpoints: Vec::new(),
            distance: DISTANCE,
            waited: 0,
            changes: Vec::new(),
            done: 0,
            branches: Vec::new(),
            furthest: Instant::START,
            future: None,
        }
    }

    /// Keeps no checkpoint from now on.
    pub fn onward(&mut self) {
        self.distance = Duration(u64::MAX);
    }

    /// When the next checkpoint may be due.
    pub fn due(&self) -> Instant {
        let wait = self.distance.saturating_mul(self.waited + 1);
        self.checkpoints.last().map_or(Instant::START, |c| c.state.now()) + wait
    }

    /// Keeps a checkpoint of the state as it is, if it is worth it.
    pub fn keep(&mut self, state: &State) {
        let before = self.checkpoints.last().map_or(0, |c| c.state.world.popped());
        if state.world.popped().saturating_sub(before) < EVENTS && self.waited + 1 < DISTANCES {
            self.waited += 1;
            return;
        }
        self.waited = 0;
        self.checkpoints.push(Checkpoint { state: state.clone(), changes: self.done });
        if self.checkpoints.len() >= CHECKPOINTS {
            // The one next to the begin goes first.
            let mut index = 0;
            self.checkpoints.retain(|_| {
                index += 1;
                index % 2 == 0
            });
            self.distance = self.distance.saturating_mul(2);
        }
    }

    /// Whether the run stands before a part of itself that it has been through.
    pub fn rewound(&self, state: &State) -> bool {
        state.now() < self.furthest
    }

    /// Notes a deed at the state's place, which has just been done or is about to be. If the run has a future
    /// already, that becomes a branch. The error is a sentence.
    pub fn note(&mut self, state: &State, deed: Deed, name: String) -> Result<(), String> {
        if self.done >= CHANGES {
            return Err(format!(
                "This run has been changed {CHANGES} times, which is the limit: restart it."
            ));
        }
        self.changes.truncate(self.done);
        if self.rewound(state)
            && let Some(buckets) = self.future.take()
        {
            let (from, until) = (state.now(), self.furthest);
            self.branches.push(Branch { from, until, name, buckets });
            if self.branches.len() > BRANCHES {
                self.branches.remove(0);
            }
        }
        let now = state.world.popped();
        self.checkpoints.retain(|c| c.state.world.popped() <= now && c.state.now() <= state.now());
        self.waited = 0;
        self.furthest = state.now();
        self.changes.push(Change { at: state.now(), popped: now, deed });
        self.done += 1;
        Ok(())
    }

    /// The state at an instant that lies before `furthest`: the nearest checkpoint, run on through the changes.
    pub fn seek(&mut self, state: &State, to: Instant) -> State {
        self.remember(state);
        let mut state = self.from(|c| c.state.now() <= to);
        self.replay(&mut state, |c| c.at <= to);
        state.advance(to, u64::MAX);
        state
    }

    /// The state after so many events, of which there have been more.
    pub fn seek_event(&mut self, state: &State, popped: u64) -> State {
        let now = state.now();
        self.remember(state);
        let mut state = self.from(|c| c.state.world.popped() <= popped);
        self.replay(&mut state, |c| c.popped <= popped && c.at <= now);
        let left = popped.saturating_sub(state.world.popped());
        state.advance(now, left);
        state
    }

    /// Keeps the charts of the way that lies ahead once the run stands before it.
    fn remember(&mut self, state: &State) {
        if self.future.is_none() {
            self.furthest = self.furthest.max(state.now());
            self.future = Some(state.series.buckets().to_vec().into());
        }
    }

    fn from(&mut self, fits: impl Fn(&Checkpoint) -> bool) -> State {
        if let Some(checkpoint) = self.checkpoints.iter().rev().find(|c| fits(c)) {
            self.done = checkpoint.changes;
            return checkpoint.state.clone();
        }
        self.done = 0;
        let Begin { document, record, judging } = &self.begin;
        let state = State::new(document.clone(), *record);
        if *judging { state } else { state.unjudged() }
    }

    /// Does the changes that lie ahead and for which `until` holds, each at its exact place.
    fn replay(&mut self, state: &mut State, until: impl Fn(&Change) -> bool) {
        while let Some(change) = self.changes.get(self.done).filter(|c| until(c)).cloned() {
            let left = change.popped.saturating_sub(state.world.popped());
            state.advance(change.at, left);
            self.redo(state, &change);
        }
    }

    /// Does the next change again; that it can be done was seen when it was done first.
    pub fn redo(&mut self, state: &mut State, change: &Change) {
        match &change.deed {
            Deed::Fault(fault) => drop(state.fault(fault)),
            Deed::Edit { document, renamed, .. } => state.edit(document.clone(), renamed),
        }
        self.done += 1;
    }

    /// The change that lies ahead of a run that goes again through what it has been through.
    pub fn next_change(&self) -> Option<&Change> {
        self.changes.get(self.done)
    }

    /// The run has come past the end of what it has been through.
    pub fn caught_up(&mut self, state: &State) {
        if state.now() >= self.furthest {
            self.furthest = state.now();
            self.future = None;
        }
    }

    /// The changes of the whole way so far, as marks: also those that lie ahead of a run that was set back.
    pub fn marks(&self) -> Vec<Mark> {
        let mark = |c: &Change| match &c.deed {
            Deed::Fault(fault) => Mark { at: c.at, what: MarkKind::Fault, text: fault.words() },
            Deed::Edit { name, .. } => Mark { at: c.at, what: MarkKind::Edit, text: name.to_string() },
        };
        self.changes.iter().map(mark).collect()
    }
}
