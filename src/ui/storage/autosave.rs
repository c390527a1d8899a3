//! Writes the board to the device as it changes, and never over what somebody else wrote there: another tab, a board that
//! was opened over, a version that this one cannot read. That is put aside first (see [`super::earlier`]). It may not
//! know what a board means.

use super::super::state::State;
use super::super::text;
use super::{earlier, store};
use crate::scenario::{Document, version};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use std::cell::RefCell;
use std::sync::Arc;

/// Under these names: the board, and the page that wrote it.
pub const BOARD: &str = "tradeoff.board";
const BY: &str = "tradeoff.board.by";
/// Milliseconds between two writings: the first change after a rest is written at once.
const REST: u32 = 600;

/// What this page knows of the board on the device.
#[derive(Default)]
struct Pen {
    /// Another number for each page and each board that is opened.
    name: String,
    /// The text that this page wrote there, or began with.
    mine: Option<String>,
    /// What is yet to be written.
    next: Option<Arc<Document>>,
    resting: Option<Timeout>,
    /// It was said that there is no room.
    said: bool,
}

thread_local! {
    static PEN: RefCell<Pen> = RefCell::default();
}

/// From now on the board is another one: the one that is on the device is put aside before that is written.
pub fn another(state: State) {
    PEN.with_borrow_mut(|pen| {
        pen.write(state);
        (pen.name, pen.mine) = (name(), None);
    });
}

fn name() -> String {
    format!("{:x}", (js_sys::Math::random() * 1e15) as u64)
}

/// Writes the board whenever it changes, and at the latest when the page goes.
pub fn begin(state: State) {
    let there = store().and_then(|s| s.get_item(BOARD).ok().flatten());
    let shown = |text: &String| version::read(text).is_ok_and(|kept| kept == *state.document.get_untracked());
    PEN.with_borrow_mut(|pen| (pen.name, pen.mine) = (name(), there.filter(shown)));
    Effect::new(move |before: Option<()>| {
        let document = state.document.get();
        // A lesson's board is not the learner's own.
        if before.is_some() && state.class.place.with_untracked(Option::is_none) {
            PEN.with_borrow_mut(|pen| {
                pen.next = Some(document);
                if pen.resting.is_none() {
                    pen.write(state);
                    pen.resting = Some(rest(state));
                }
            });
        }
    });
    for event in ["pagehide", "visibilitychange"] {
        let gone = window_event_listener_untyped(event, move |_| PEN.with_borrow_mut(|pen| pen.write(state)));
        on_cleanup(move || gone.remove());
    }
}

/// Then what came meanwhile is written.
fn rest(state: State) -> Timeout {
    Timeout::new(REST, move || {
        PEN.with_borrow_mut(|pen| {
            let more = pen.next.is_some();
            pen.write(state);
            pen.resting = more.then(|| rest(state));
        });
    })
}

impl Pen {
    fn write(&mut self, state: State) {
        let (Some(document), Some(store)) = (self.next.take(), store()) else { return };
        let text = version::write(&document);
        let item = |name: &str| store.get_item(name).ok().flatten();
        let there = item(BOARD);
        if there.as_ref() != Some(&text) {
            let other = there.filter(|there| self.mine.as_ref() != Some(there));
            let by = || item(BY).unwrap_or_default();
            let mut kept = other.is_none_or(|other| earlier::put_aside(&store, &by(), &other));
            earlier::take_back(&store, &self.name);
            // What was put aside longest ago gives way, and not what was just now.
            while kept {
                kept = store.set_item(BOARD, &text).is_ok() && store.set_item(BY, &self.name).is_ok();
                if kept || !earlier::forget_oldest(&store, 1) {
                    break;
                }
                kept = true;
            }
            if !kept && !std::mem::replace(&mut self.said, true) {
                state.say(text::files::UNSAVED.into(), true);
            }
            self.said &= !kept;
            if !kept {
                return;
            }
        }
        self.mine = Some(text);
    }
}
