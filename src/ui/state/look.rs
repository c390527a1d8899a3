//! Pictures for everybody: of the run some times a second and after each change, of the editor after each of its calls.
//! Signals change only when what they carry does.

use super::{State, Window};
use crate::editor::action::Situation;
use crate::judge::{Diagram, State as Judged};
use crate::run::frame::{Condition, Frame};
use crate::scenario::Document;
use crate::ui::board::dots;
use leptos::prelude::*;
use std::sync::Arc;

/// Sets a signal if the value is another one.
pub(super) fn put<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

impl State {
    /// What the editor shows now.
    pub fn sync(self) {
        self.with(|o| {
            let editor = &o.editor;
            // Dots that stand still go with the board.
            if *self.camera.read_untracked() != *editor.camera() {
                dots::refresh(false);
            }
            if **self.document.read_untracked() != *editor.document() {
                self.document.set(Arc::new(editor.document().clone()));
            }
            if **self.layout.read_untracked() != *editor.layout() {
                self.layout.set(Arc::new(editor.layout().clone()));
            }
            if **self.selection.read_untracked() != *editor.selection() {
                self.selection.set(Arc::new(editor.selection().clone()));
            }
            put(self.camera, *editor.camera());
            put(self.tool, editor.tool());
            put(self.sketch, editor.sketch());
            put(self.cursor, editor.cursor());
            put(self.hovered, editor.hovered().map(str::to_string));
            put(self.lost, editor.lost());
            put(self.undo_name, editor.undo().undo_name().map(str::to_string));
            put(self.redo_name, editor.undo().redo_name().map(str::to_string));
        });
    }

    /// What the run shows now.
    pub fn look(self) {
        let (frame, samples, branch, marks, window, cap) = self.with(|o| {
            let frame = o.run.frame(o.follow);
            o.situation = situation(o.editor.document(), &frame);
            let window = Window::around(o.run.now(), o.run.furthest());
            (
                Arc::new(frame),
                o.run.samples(),
                o.run.branch_samples(),
                o.run.marks(),
                window,
                o.run.state().judge().cap(),
            )
        });
        put(self.now, frame.now);
        put(self.now_slow, frame.now);
        put(self.window, window);
        put(self.samples, Arc::new(samples));
        put(self.branch, Arc::new(branch));
        put(self.marks, Arc::new(marks));
        put(self.cap, Some(Arc::new(cap)));
        self.frame.set(frame);
    }

    /// The proof of a broken verdict: its first contradiction or its latest.
    pub fn diagram(self, id: &str, latest: bool) -> Option<Diagram> {
        let frame = self.frame.get_untracked();
        let verdict = frame.verdicts.iter().find(|v| v.id == id)?;
        let Judged::Broken { first, latest: last, .. } = &verdict.state else { return None };
        let witness = if latest { last } else { first };
        Some(self.with(|o| o.run.diagram(witness)))
    }
}

/// What is known of the run where an action's sense depends on it.
fn situation(document: &Document, frame: &Frame) -> Situation {
    let cards = |fits: fn(Condition) -> bool| {
        let any =
            frame.machines.iter().filter(|m| fits(m.condition) || m.clones.iter().any(|c| fits(c.condition)));
        any.map(|m| m.name.clone()).collect()
    };
    let hurt = document.links.iter().zip(&frame.links).filter(|(_, v)| {
        v.cut_forth || v.cut_back || v.partly || v.delay.is_some() || v.loss.is_some_and(|l| l > 0.0)
    });
    let hurt: Vec<_> = hurt.map(|(link, _)| link.name()).collect();
    Situation {
        at_start: frame.now.0 == 0,
        parted: !hurt.is_empty(),
        hurt,
        down: cards(|c| matches!(c, Condition::Refusing | Condition::Unreachable)),
        paused: cards(|c| c == Condition::Paused),
        slow: cards(|c| matches!(c, Condition::Slow(_))),
    }
}
