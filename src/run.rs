//! One run of a document: it goes on, goes back, takes faults and edits at recorded instants, and can be run again to
//! the nanosecond. It knows no screen and no editor.

pub mod answers;
pub mod beside;
mod cast;
mod crashes;
pub mod evidence;
pub mod frame;
pub mod picture;
pub mod report;
pub mod sets;
pub mod sides;
pub mod state;
pub mod sweep;
pub mod theory;
pub mod timeline;
pub mod trace;
pub mod upkeep;
pub mod uptime;
pub mod versions;
pub mod wear;

use crate::history::{Key, OpId};
use crate::judge::{Diagram, State as Judged, Witness};
use crate::scenario::Document;
use crate::scenario::fault::Fault;
use crate::stdx::{Duration, Instant};
use beside::Place;
use frame::{CloneLine, Copy, Dot, Frame, Mark, MarkKind, Sample, Trace};
use state::State;
use std::sync::Arc;
use timeline::{Deed, Timeline};

/// A run with its past. A clone of it goes its own way.
#[derive(Clone)]
pub struct Run {
    state: State,
    timeline: Timeline,
    /// What the reports leave out: the warm-up.
    before: report::Before,
}

impl Run {
    /// The run of a document that [`crate::scenario::problem::check`] finds no error in.
    pub fn new(document: &Document) -> Run {
        Run::from(State::new(Arc::new(document.clone()), false))
    }

    /// The same run with a judge that reads nothing: what judging costs is the difference.
    pub fn unjudged(document: &Document) -> Run {
        Run::from(State::new(Arc::new(document.clone()), false).unjudged())
    }

    /// The same run, which keeps its whole history: to be written to a file, or judged once more.
    pub fn recorded(document: &Document) -> Run {
        Run::from(State::new(Arc::new(document.clone()), true))
    }

    fn from(state: State) -> Run {
        let timeline = Timeline::new(&state);
        Run { state, timeline, before: report::Before::default() }
    }

    /// For who never goes back: it keeps no checkpoints on the way, which takes less time and memory. Going back is
    /// the same as ever, but from the begin.
    pub fn onward(mut self) -> Run {
        self.timeline.onward();
        self
    }

    /// The judge reads at such a place while the world goes on: the same run, in less time.
    pub fn judged_at(mut self, place: fn() -> Box<dyn Place>) -> Run {
        self.state.beside.allow(place);
        self
    }

    pub fn document(&self) -> &Document {
        &self.state.document
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn now(&self) -> Instant {
        self.state.now()
    }

    /// The same number for the same run on every machine.
    pub fn hash(&self) -> u64 {
        self.state.hash()
    }

    /// Lets so much simulated time pass, at most `budget` events; what was changed on this way before is changed
    /// again at its place. True: all of it has passed.
    pub fn advance(&mut self, by: Duration, budget: u64) -> bool {
        self.advance_to(self.now() + by, budget)
    }

    pub fn advance_to(&mut self, until: Instant, budget: u64) -> bool {
        let end = self.state.world.popped().saturating_add(budget);
        loop {
            let left = end.saturating_sub(self.state.world.popped());
            let change = self.timeline.next_change().filter(|c| c.at <= until).cloned();
            let stop = until.min(self.timeline.due().max(self.now()));
            let there = match change {
                Some(change) if change.at <= stop => {
                    let ahead = change.popped.saturating_sub(self.state.world.popped());
                    self.state.advance(change.at, ahead.min(left));
                    let arrived = self.state.world.popped() >= change.popped && self.now() >= change.at;
                    if arrived {
                        self.timeline.redo(&mut self.state, &change);
                    }
                    arrived
                }
                _ => self.state.advance(stop, left),
            };
            if self.timeline.due() <= self.now() {
                self.timeline.keep(&self.state);
            }
            // Several changes may have been made at one place: all of them lie behind it.
            let place = (self.state.world.popped(), self.now());
            let more = self.timeline.next_change().is_some_and(|c| (c.popped, c.at) <= place);
            if !there || self.now() >= until && !more {
                self.timeline.caught_up(&self.state);
                return there;
            }
        }
    }

    /// One event on. False: nothing is under way.
    pub fn step(&mut self) -> bool {
        if let Some(change) = self.timeline.next_change().cloned()
            && change.popped <= self.state.world.popped()
        {
            self.state.advance(change.at, 0);
            self.timeline.redo(&mut self.state, &change);
            return true;
        }
        let stepped = self.state.step();
        self.timeline.caught_up(&self.state);
        stepped
    }

    /// One event back.
    pub fn step_back(&mut self) -> bool {
        let popped = self.state.world.popped();
        if popped == 0 {
            return false;
        }
        self.state = self.timeline.seek_event(&self.state, popped - 1);
        true
    }

    /// Goes to an instant: back by a checkpoint and replay, or on.
    pub fn seek(&mut self, to: Instant) {
        if to < self.now() {
            self.state = self.timeline.seek(&self.state, to);
        } else {
            self.advance_to(to, u64::MAX);
        }
    }

    /// A fault befalls the run now. The error is a sentence.
    pub fn fault(&mut self, fault: Fault) -> Result<(), String> {
        let mut tried = self.state.clone();
        tried.fault(&fault)?;
        let name = fault.words();
        self.timeline.note(&self.state, Deed::Fault(fault), name)?;
        self.state = tried;
        Ok(())
    }

    /// The drawing was edited: the run follows it from now on. `renamed`: cards that go on under another name.
    pub fn edit(
        &mut self,
        document: &Document,
        renamed: &[(String, String)],
        name: &str,
    ) -> Result<(), String> {
        let document = Arc::new(document.clone());
        let deed = Deed::Edit { document: document.clone(), renamed: renamed.into(), name: name.into() };
        self.timeline.note(&self.state, deed, name.to_string())?;
        self.state.edit(document, renamed);
        Ok(())
    }

    /// Everything that a picture of now needs.
    pub fn frame(&self, follow: Option<Key>) -> Frame {
        picture::frame(&self.state, follow.or_else(|| self.state.versions.busiest()))
    }

    /// From now on every `stride`-th message of a line leaves a dot; 0: none.
    pub fn watch(&mut self, stride: u64) {
        self.state.world.tap(stride);
    }

    /// The dots of the messages that left since the last time.
    pub fn take_dots(&mut self) -> Vec<Dot> {
        std::mem::take(&mut self.state.dots)
    }

    /// The charts' data, one sample a bucket, oldest first.
    pub fn samples(&self) -> Vec<Sample> {
        let width = self.state.series.width();
        self.state.series.buckets().iter().map(|b| picture::sample(&self.state, b, width)).collect()
    }

    /// What happened on the whole way so far, in the order of time: planned faults, deeds, and verdicts that broke.
    pub fn marks(&self) -> Vec<Mark> {
        let furthest = self.furthest();
        let planned = self.state.document.schedule.iter().filter(|s| s.at <= furthest);
        let planned = planned.map(|s| Mark { at: s.at, what: MarkKind::Fault, text: s.fault.words() });
        let verdicts = self.state.judge().verdicts();
        let broke = verdicts.iter().filter_map(|v| match &v.state {
            Judged::Broken { first, .. } => {
                Some(Mark { at: first.at, what: MarkKind::Verdict, text: format!("{} broke", v.name) })
            }
            _ => None,
        });
        let worn = self.state.worn();
        let mut marks: Vec<Mark> = planned.chain(self.timeline.marks()).chain(worn).chain(broke).collect();
        marks.sort_by_key(|m| m.at);
        marks
    }

    pub fn branches(&self) -> &[timeline::Branch] {
        &self.timeline.branches
    }

    /// How far the run has been.
    pub fn furthest(&self) -> Instant {
        self.timeline.furthest.max(self.now())
    }

    /// Reports count from now on: what has been so far was the warm-up. Verdicts go on judging the whole run.
    pub fn measure(&mut self) {
        self.before = report::Before::of(&self.state);
    }

    /// The space-time diagram of a proof, with the messages and faults that the run saw.
    pub fn diagram(&self, witness: &Witness) -> Diagram {
        evidence::diagram(&self.state, witness)
    }

    /// What the run came to, as JSON.
    pub fn report(&self) -> serde_json::Value {
        self.report_with(None)
    }

    /// The same, with the share of every sort of times that kept to a goal.
    pub fn report_with(&self, goal: Option<Duration>) -> serde_json::Value {
        report::json(&self.state, &self.timeline, &self.before, goal)
    }

    /// What the run came to, as a page of text.
    pub fn report_text(&self) -> String {
        report::text(&self.state, &self.before)
    }

    /// The latest requests that are over: see [`trace::latest`].
    pub fn traces(&self, over: Option<&str>, failed: bool, most: usize) -> Vec<Trace> {
        trace::latest(&self.state, over, failed, most)
    }

    /// Every line of the history so far, of a run that keeps it.
    pub fn history(&self) -> &[crate::history::Entry] {
        self.state.recorded.as_deref().unwrap_or_default()
    }

    /// The latest request that is over, of those that went over a card or a clone, or of all.
    pub fn trace(&self, over: Option<&str>) -> Option<Trace> {
        self.traces(over, false, 1).pop()
    }

    pub fn trace_by(&self, op: OpId) -> Option<Trace> {
        trace::of(&self.state, op)
    }

    /// The request that a dot of this run stands for, if it is still kept.
    pub fn trace_of(&self, dot: &Dot) -> Option<Trace> {
        trace::of_dot(&self.state, dot)
    }

    /// The lines of one clone.
    pub fn lines_of(&self, clone: &str) -> Vec<CloneLine> {
        picture::lines_of(&self.state, clone)
    }

    /// Where the key's value is.
    pub fn copies(&self, key: Key) -> Vec<Copy> {
        picture::copies(&self.state, key)
    }

    /// The charts' data of the branch that was left last.
    pub fn branch_samples(&self) -> Vec<Sample> {
        let Some(branch) = self.timeline.branches.last() else { return Vec::new() };
        // The buckets of one row are all of one width; it may have been another then.
        let width = match &branch.buckets[..] {
            [a, b, ..] => b.from.since(a.from),
            _ => self.state.series.width(),
        };
        branch.buckets.iter().map(|b| picture::sample(&self.state, b, width)).collect()
    }
}
