//! What floats over the board and does not move with it: the toolbar "Edit", the followed key, legend, zoom. It may not
//! know what lies below.

use super::super::state::State;
use super::super::{icon, text};
use leptos::prelude::*;

/// The meanings of the dots that the legend explains, with their symbols.
const LEGEND: [(&str, &str); 6] = [
    ("asked", text::dot::ASKED),
    ("write", text::dot::WRITE),
    ("answered", text::dot::ANSWERED),
    ("stale", text::dot::STALE),
    ("refused", text::dot::REFUSED),
    ("timed-out", text::dot::TIMED_OUT),
];

pub fn overlay(state: State) -> AnyView {
    view! {
        {legend(state)}
    }
    .into_any()
}

fn legend(state: State) -> AnyView {
    let entries =
        LEGEND.map(|(symbol, words)| view! { <li>{icon::glyph("", &format!("d-{symbol}"))}{words}</li> });
    view! { <ul class="legend" aria-label=text::region::LEGEND>{entries.collect_view()}<li>{move || text::dot_scale(state.dot_scale.get())}</li></ul> }.into_any()
}
