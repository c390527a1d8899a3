//! The live region: at most one sentence a second, the latest wins. It may not know how a sentence is made.

use super::state::State;
use super::text;
use crate::run::frame::Mark;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

/// Milliseconds between two sentences.
const APART: u32 = 1_000;

pub fn live(state: State) -> AnyView {
    let spoken = RwSignal::new(String::new());
    let waiting = Rc::new(Cell::new(false));
    let answer_waits = waiting.clone();
    // What befalls the run, and a promise that breaks by it, is told as it happens; an edit is told by the editor.
    Effect::new(move |told: Option<Arc<Vec<Mark>>>| {
        let marks = state.marks.get();
        let news = told.map(|told| text::news(&told, &marks)).filter(|news| !news.is_empty());
        match news {
            // An answer to a hand that is still to be spoken is not lost to it.
            Some(news) if answer_waits.get() => state.said.update(|said| *said = format!("{said} {news}")),
            Some(news) => state.say(news, false),
            None => {}
        }
        marks
    });
    let quiet_until = Rc::new(Cell::new(0.0));
    Effect::new(move |_| {
        // What is said while another sentence waits for its turn takes its place.
        if state.said.with(String::is_empty) || waiting.get() {
            return;
        }
        let now = super::driver::milliseconds();
        let wait = (quiet_until.get() - now).max(0.0) as u32;
        quiet_until.set(now + f64::from(wait) + f64::from(APART));
        if wait == 0 {
            spoken.set(state.said.get_untracked());
        } else {
            waiting.set(true);
            let waiting = waiting.clone();
            let speak = move || {
                waiting.set(false);
                spoken.set(state.said.get_untracked());
            };
            Timeout::new(wait, speak).forget();
        }
    });
    // A sentence that answers a hand is shown as well, for a while.
    let hide: StoredValue<Option<Timeout>, LocalStorage> = StoredValue::new_local(None);
    Effect::new(move |_| {
        if state.shown.with(Option::is_some) {
            hide.set_value(Some(Timeout::new(5_000, move || state.shown.set(None))));
        }
    });
    view! {
        <div class="vh" role="status" aria-live="polite">{spoken}</div>
        <div class="toasts" aria-hidden="true">{move || state.shown.get().map(|text| view! { <div class="pop toast">{text}</div> })}</div>
    }
    .into_any()
}
