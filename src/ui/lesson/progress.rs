//! How far the learner has come, kept on the device. It may not know what a lesson teaches.

use crate::lessons::course::{Lesson, lessons};
use leptos::prelude::window;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const KEY: &str = "tradeoff.progress";

#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The lesson and the step that were open last.
    pub here: Option<(u32, usize)>,
    /// The finished steps by lesson.
    steps: BTreeMap<u32, BTreeSet<usize>>,
}

/// How a lesson stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stand {
    Done,
    Here,
    Open,
}

impl Progress {
    /// What is kept here; nothing, when it cannot be read.
    pub fn restore() -> Progress {
        let store = window().local_storage().ok().flatten();
        let text = store.and_then(|s| s.get_item(KEY).ok().flatten());
        text.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default()
    }

    pub fn keep(&self) {
        if let (Some(store), Ok(text)) =
            (window().local_storage().ok().flatten(), serde_json::to_string(self))
        {
            // A full or locked store keeps nothing; the lesson goes on all the same.
            let _ = store.set_item(KEY, &text);
        }
    }

    pub fn done(&mut self, lesson: u32, step: usize) {
        self.steps.entry(lesson).or_default().insert(step);
    }

    pub fn is_done(&self, lesson: u32, step: usize) -> bool {
        self.steps.get(&lesson).is_some_and(|s| s.contains(&step))
    }

    fn finished(&self, lesson: &Lesson) -> bool {
        (0..lesson.steps.len()).all(|step| self.is_done(lesson.number, step))
    }

    /// Where a lesson goes on: where it was left, else at its first unfinished step.
    pub fn next(&self, lesson: &Lesson) -> usize {
        let here = self.here.filter(|h| h.0 == lesson.number && h.1 < lesson.steps.len()).map(|h| h.1);
        let open = || (0..lesson.steps.len()).find(|step| !self.is_done(lesson.number, *step));
        here.filter(|step| !self.is_done(lesson.number, *step)).or_else(open).or(here).unwrap_or(0)
    }

    /// The lesson to go on with: the one that was left, unless it is finished; then the first that is not.
    pub fn lesson(&self) -> Option<&'static Lesson> {
        let here = self.here.and_then(|h| lessons().iter().find(|l| l.number == h.0));
        let open = || lessons().iter().find(|l| !self.finished(l));
        here.filter(|l| !self.finished(l)).or_else(open).or(here).or(lessons().first())
    }

    pub fn stand(&self, lesson: &Lesson) -> Stand {
        if self.finished(lesson) {
            Stand::Done
        } else if self.here.is_some() && self.lesson().is_some_and(|l| l.number == lesson.number) {
            Stand::Here
        } else {
            Stand::Open
        }
    }
}
