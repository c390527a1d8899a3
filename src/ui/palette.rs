//! The components, shelf by shelf: one button each, carried or clicked onto the board. It may not know what a component
//! does.

use super::state::{Dialog, State};
use super::{hand, icon, text};
use crate::components::Kind;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

pub fn palette(state: State) -> AnyView {
    let mut shelves: Vec<Vec<Kind>> = Vec::new();
    for kind in Kind::ALL {
        match shelves.last_mut().filter(|shelf| shelf[0].info().shelf == kind.info().shelf) {
            Some(shelf) => shelf.push(*kind),
            None => shelves.push(vec![*kind]),
        }
    }
    let shelves = shelves.into_iter().map(|kinds| {
        let name = text::shelf(kinds[0].info().shelf);
        let buttons = kinds.into_iter().map(|kind| button(state, kind)).collect_view();
        view! { <h3 aria-hidden="true">{name}</h3><ul aria-label=name>{buttons}</ul> }
    });
    view! {
        <aside class="rail sheet-page" id="panel-components" aria-label=text::region::COMPONENTS>
            {shelves.collect_view()}
            <div class="last">
                <button class="ib" aria-label=text::bar::HELP title=text::bar::HELP on:click=move |_| state.dialog.set(Some(Dialog::Help))>{icon::icon("help")}</button>
                <button class="ib" aria-label=text::bar::SHOW_NAMES title=text::bar::SHOW_NAMES aria-expanded=move || state.rail_open.get().to_string()
                    on:click=move |_| state.rail_open.update(|open| *open = !*open)>{icon::icon("chevron")}</button>
            </div>
        </aside>
    }
    .into_any()
}

/// Dragged, clicked and clicked again on the board, or with Enter put into its middle.
fn button(state: State, kind: Kind) -> AnyView {
    let info = kind.info();
    view! {
        <li>
            <button class="add" aria-label=info.label title=format!("{}: {}", info.label, info.help)
                on:pointerdown=move |e| {
                    if e.button() == 0 {
                        if let Some(button) = e.current_target().and_then(|t| t.dyn_into::<Element>().ok()) {
                            let _ = button.set_pointer_capture(e.pointer_id());
                        }
                        let at = hand::place(&e);
                        state.edit(|editor| editor.pick_up(kind, e.pointer_id(), at));
                    }
                }
                on:pointermove=move |e| if e.buttons() != 0 { hand::moved(state, &e) }
                on:pointerup=move |e| hand::up(state, &e)
                on:pointercancel=move |e| hand::cancel(state, &e)
                on:click=move |e| if e.detail() == 0 { state.edit(|editor| editor.add_at_centre(kind)) }>
                {icon::machine(info.word)}<span>{info.label}</span>
            </button>
        </li>
    }
    .into_any()
}
