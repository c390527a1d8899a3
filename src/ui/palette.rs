//! The components, shelf by shelf: one button each. It may not know what a component does.

use super::{icon, text};
use crate::components::Kind;
use leptos::prelude::*;

pub fn palette() -> AnyView {
    let mut shelves: Vec<Vec<Kind>> = Vec::new();
    for kind in Kind::ALL {
        match shelves.last_mut().filter(|shelf| shelf[0].info().shelf == kind.info().shelf) {
            Some(shelf) => shelf.push(*kind),
            None => shelves.push(vec![*kind]),
        }
    }
    let shelves = shelves.into_iter().map(|kinds| {
        let name = text::shelf(kinds[0].info().shelf);
        let buttons = kinds.into_iter().map(button).collect_view();
        view! { <ul aria-label=name><h3 aria-hidden="true">{name}</h3>{buttons}</ul> }
    });
    view! { <aside class="rail sheet-page" aria-label=text::region::COMPONENTS>{shelves.collect_view()}</aside> }.into_any()
}

fn button(kind: Kind) -> AnyView {
    let info = kind.info();
    view! {
        <li>
            <button class="add" title=info.help>
                {icon::machine(info.word)}<span>{info.label}</span>
            </button>
        </li>
    }
    .into_any()
}
