//! What is wrong with the drawing, or odd: of the thing that is selected, or all of it. It may not know how it is found.

use super::super::state::State;
use super::super::{icon, later, text};
use crate::editor::selection::Thing;
use crate::scenario::problem::{Place, Problem};
use leptos::prelude::*;

/// Lines at most.
const LINES: usize = 6;

/// Nothing as long as nothing is odd, which is why it costs the first sight nothing.
pub fn hints(state: State, of: Option<Thing>) -> AnyView {
    let some = Memo::new(move |_| state.problems.with(|p| !p.is_empty()));
    (move || {
        let of = of.clone();
        some.get().then(|| later(|| list(state, of)))
    })
    .into_any()
}

fn list(state: State, of: Option<Thing>) -> AnyView {
    let lines = move || {
        state.problems.with(|problems| {
            let here = problems.iter().filter(|p| of.is_none() || of == thing(&p.place));
            let here: Vec<AnyView> = here.take(LINES).map(|p| line(state, p, of.is_none())).collect();
            (!here.is_empty())
                .then(|| view! { <ul class="hints" aria-label=text::inspector::HINTS>{here}</ul> })
        })
    };
    view! { {lines} }.into_any()
}

/// What is wrong and what to do about it; from the list of all a press goes there.
fn line(state: State, problem: &Problem, goes: bool) -> AnyView {
    let words = format!("{} {}", problem.says, problem.help);
    let body = match thing(&problem.place).filter(|_| goes) {
        Some(there) => {
            view! { <button on:click=move |_| state.choose(there.clone())>{words}</button> }.into_any()
        }
        None => view! { <span>{words}</span> }.into_any(),
    };
    view! { <li class:grave=problem.is_error()>{icon::small("warn")}{body}</li> }.into_any()
}

fn thing(place: &Place) -> Option<Thing> {
    match place {
        Place::Machine(name) => Some(Thing::Machine(name.clone())),
        Place::Link(name) => Some(Thing::Link(name.clone())),
        Place::Zone(name) => Some(Thing::Zone(name.clone())),
        Place::Board | Place::Scheduled(_) | Place::Text { .. } => None,
    }
}
