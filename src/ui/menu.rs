//! The menu of a machine, a link or the board: by right click, long press, Shift+F10 or a button. It may not know what
//! an entry does.

use super::state::{Ask, State, faults};
use super::{icon, text};
use crate::editor::selection::Thing;
use crate::run::frame::Condition;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// An open menu: where, and of what (None: of the board).
#[derive(Clone, PartialEq, Debug)]
pub struct Open {
    pub x: f64,
    pub y: f64,
    pub of: Option<Thing>,
}

/// Room that the menu keeps to the window's edges, and its size as laid out.
const WIDTH: f64 = 248.0;
const LEAST_HEIGHT: f64 = 320.0;

pub fn open(state: State, x: f64, y: f64, of: Option<Thing>) {
    let size = |v: Result<wasm_bindgen::JsValue, _>| v.ok().and_then(|v| v.as_f64()).unwrap_or(800.0);
    let (width, height) = (size(window().inner_width()), size(window().inner_height()));
    let (x, y) = (x.min(width - WIDTH).max(8.0), y.min(height - LEAST_HEIGHT).max(8.0));
    if let Some(thing) = &of {
        state.ask(Ask::Choose(thing.clone()));
    }
    state.menu.set(Some(Open { x, y, of }));
}

pub fn open_at_button(state: State, e: &ev::MouseEvent, thing: Thing) {
    let Some(button) = e.current_target().and_then(|t| t.dyn_into::<HtmlElement>().ok()) else { return };
    let rect = button.get_bounding_client_rect();
    open(state, rect.right() - WIDTH, rect.bottom() + 4.0, Some(thing));
}

/// One line of a menu.
pub struct Entry {
    pub icon: &'static str,
    pub words: String,
    pub key: String,
    pub ask: Ask,
}

fn entries(state: State, of: &Option<Thing>) -> (String, Vec<Vec<Entry>>) {
    let from_offers = |offers: Vec<faults::Offer>| {
        offers
            .into_iter()
            .map(|o| Entry { icon: o.icon, words: o.words, key: String::new(), ask: Ask::Fault(o.fault) })
            .collect::<Vec<_>>()
    };
    let frame = state.frame.get_untracked();
    match of {
        Some(Thing::Machine(name)) => {
            let kind = state.document.with_untracked(|d| d.machine(name).map(|m| m.kind));
            let view = frame.machines.iter().find(|m| m.name == *name);
            let condition = view.map_or(Condition::Running, |v| v.condition);
            let mut groups = Vec::new();
            if let Some(kind) = kind {
                groups.push(from_offers(faults::of_machine(name, kind, condition)));
                let clones = view.into_iter().flat_map(|v| &v.clones).take(8);
                let each = clones.map(|clone| {
                    faults::of_machine(&clone.name, kind, clone.condition).into_iter().take(1).map(|mut o| {
                        o.words = format!("{} {}", o.words, clone.name);
                        o
                    })
                });
                groups.push(from_offers(each.flatten().collect()));
            }
            groups.push(super::actions::of_things(state));
            (name.clone(), groups)
        }
        Some(Thing::Link(link)) => {
            let index = state.document.with_untracked(|d| d.links.iter().position(|l| l.name() == *link));
            let view = index.and_then(|i| frame.links.get(i));
            let offers = faults::of_link(link, view);
            (
                format!("{} {} {}", link.from, text::arrow(link.wire), link.to),
                vec![from_offers(offers), super::actions::of_things(state)],
            )
        }
        _ => (text::region::BOARD.into(), vec![super::actions::of_board(state)]),
    }
}

/// The menu, where one is open. Focus goes into it and comes back to where it was.
pub fn menu(state: State) -> AnyView {
    let node = NodeRef::<leptos::html::Div>::new();
    let before = StoredValue::new_local(None::<HtmlElement>);
    let close = move || {
        state.menu.set(None);
        if let Some(element) = before.get_value() {
            let _ = element.focus();
        }
    };
    Effect::new(move |_| {
        if state.menu.with(Option::is_none) {
            return;
        }
        let active = document().active_element().and_then(|e| e.dyn_into::<HtmlElement>().ok());
        if active.as_ref().is_some_and(|a| a.get_attribute("role").as_deref() != Some("menuitem")) {
            before.set_value(active);
        }
        if let Some(first) = node.get().and_then(|n| n.query_selector("[role=menuitem]").ok().flatten()) {
            let _ = first.unchecked_into::<HtmlElement>().focus();
        }
    });
    let body = move || {
        state.menu.get().map(|open| {
            let (title, groups) = entries(state, &open.of);
            let mut first = true;
            let groups = groups.into_iter().filter(|g| !g.is_empty()).map(|group| {
                let line = (!std::mem::take(&mut first)).then(|| view! { <hr/> });
                let items = group.into_iter().map(|entry| {
                    let ask = entry.ask;
                    let key = (!entry.key.is_empty()).then(|| view! { <kbd>{entry.key}</kbd> });
                    view! {
                        <button role="menuitem" tabindex="-1" on:click=move |_| { close(); state.ask(ask.clone()) }>
                            {icon::small(entry.icon)}<span>{entry.words}</span>{key}
                        </button>
                    }
                });
                view! { {line}{items.collect_view()} }
            });
            let label = title.clone();
            view! {
                <div class="menu-ground" on:pointerdown=move |_| close() on:contextmenu=|e| e.prevent_default()></div>
                <div class="menu pop" role="menu" aria-label=label node_ref=node style=format!("left:{:.0}px;top:{:.0}px", open.x, open.y)
                    on:keydown=move |e| key(&e, node, &close)>
                    <h3 aria-hidden="true">{title}</h3>
                    {groups.collect_view()}
                </div>
            }
        })
    };
    view! { {body} }.into_any()
}

fn key(e: &ev::KeyboardEvent, node: NodeRef<leptos::html::Div>, close: &impl Fn()) {
    let items: Vec<HtmlElement> = node
        .get_untracked()
        .and_then(|n| n.query_selector_all("[role=menuitem]").ok())
        .map(|list| (0..list.length()).filter_map(|i| list.get(i)?.dyn_into().ok()).collect())
        .unwrap_or_default();
    let active = document().active_element();
    let at = items.iter().position(|i| active.as_ref().is_some_and(|a| a == i.as_ref() as &web_sys::Element));
    let last = items.len().saturating_sub(1);
    let to = match e.key().as_str() {
        "ArrowDown" => at.map_or(0, |i| if i == last { 0 } else { i + 1 }),
        "ArrowUp" => at.map_or(last, |i| i.checked_sub(1).unwrap_or(last)),
        "Home" => 0,
        "End" => last,
        "Escape" | "Tab" => {
            e.prevent_default();
            e.stop_propagation();
            close();
            return;
        }
        letter if letter.chars().count() == 1 && letter != " " => {
            let wanted = letter.to_lowercase();
            let from = at.map_or(0, |i| i + 1);
            let ring = (from..items.len()).chain(0..from);
            let begins = |i: &usize| {
                items[*i].text_content().is_some_and(|t| t.trim().to_lowercase().starts_with(&wanted))
            };
            match ring.clone().find(begins) {
                Some(i) => i,
                None => return,
            }
        }
        _ => return,
    };
    e.prevent_default();
    e.stop_propagation();
    if let Some(item) = items.get(to) {
        let _ = item.focus();
    }
}
