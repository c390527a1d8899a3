//! The drawer below the board: the timeline, and by tabs the charts, the events, the outline. On a phone the same panels
//! are pages of the sheet. It may not know what the panels show.

use super::state::State;
use super::text::{self, chart as words};
use super::{chart, events, outline, requests, timeline, values};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The drawer's tabs, with the panels they show.
const TABS: [(&str, &str); 5] = [
    ("charts", text::region::CHARTS),
    ("requests", text::watch::REQUESTS),
    ("values", text::watch::VALUES),
    ("events", text::region::EVENTS),
    ("outline", text::region::OUTLINE),
];
/// With a lesson open the verdicts stand here as well.
const LESSON_TABS: [(&str, &str); 6] =
    [("verdicts", text::region::VERDICTS), TABS[0], TABS[1], TABS[2], TABS[3], TABS[4]];
/// The drawer's height in pixels: least, most, and what arrow keys change.
const HEIGHT: (f64, f64, f64) = (160.0, 560.0, 16.0);

pub fn drawer(state: State) -> AnyView {
    let tab = state.panel;
    let number = move |name: &'static str| match name {
        "events" => state.marks.with(|m| (!m.is_empty()).then_some(m.len())),
        _ => None,
    };
    let teaching = Memo::new(move |_| state.class.place.with(Option::is_some));
    let tabs = move || tabs(if teaching.get() { &LESSON_TABS } else { &TABS }, tab, number);
    let panel = move |name: &'static str, build: fn(State) -> AnyView| {
        let seen = move || tab.get() == name || state.tab.get() == name;
        let class = move || if tab.get() == name { "panel shown" } else { "panel" };
        view! { <div class=class>{super::once(state, seen, build)}</div> }.into_any()
    };
    view! {
        <div class="drawer">
            {resize(state)}
            <div class="top">
                <div class="tabs" role="tablist" aria-label=text::region::PANELS>{tabs}</div>
                <div class="keys">
                    {move || (tab.get() == "charts").then(|| chart::keys(state))}
                    <button class="tb low" style:display=move || (tab.get() != "charts").then_some("none") aria-pressed=move || state.as_table.get().to_string() on:click=move |_| state.as_table.update(|on| *on = !*on)>
                        {move || if state.as_table.get() { words::AS_CHARTS } else { words::AS_TABLE }}
                    </button>
                </div>
            </div>
            <div class="drawer-body">
                {timeline::timeline(state)}
                {panel("charts", chart::charts)}
                {panel("requests", requests::requests)}
                {panel("values", values::values)}
                {panel("events", events::events)}
                {panel("outline", outline::outline)}
            </div>
        </div>
    }
    .into_any()
}

/// Tabs: the arrow keys go from one to the next, and the focus follows.
pub fn tabs(
    all: &'static [(&'static str, &'static str)],
    chosen: RwSignal<&'static str>,
    number: impl Fn(&'static str) -> Option<usize> + Copy + Send + Sync + 'static,
) -> AnyView {
    let go = move |e: ev::KeyboardEvent| {
        let at = all.iter().position(|(name, _)| *name == chosen.get_untracked()).unwrap_or(0);
        let to = match e.key().as_str() {
            "ArrowRight" => (at + 1) % all.len(),
            "ArrowLeft" => (at + all.len() - 1) % all.len(),
            "Home" => 0,
            "End" => all.len() - 1,
            _ => return,
        };
        e.prevent_default();
        e.stop_propagation();
        chosen.set(all[to].0);
        let tab = e.current_target().and_then(|t| t.dyn_into::<HtmlElement>().ok());
        let next = tab.and_then(|t| t.parent_element()).and_then(|p| p.children().item(to as u32));
        if let Some(next) = next.and_then(|n| n.dyn_into::<HtmlElement>().ok()) {
            let _ = next.focus();
        }
    };
    all.iter()
        .map(|(name, words)| {
            let name = *name;
            view! {
                <button role="tab" aria-controls=format!("panel-{name}") aria-selected=move || (chosen.get() == name).to_string()
                    tabindex=move || if chosen.get() == name { "0" } else { "-1" }
                    on:keydown=go on:click=move |_| chosen.set(name)>{*words}{move || number(name).map(|n| view! { " "<small>{n}</small> })}</button>
            }
        })
        .collect_view()
        .into_any()
}

/// The upper edge: dragged, or moved with the arrow keys.
fn resize(state: State) -> AnyView {
    let node = NodeRef::<leptos::html::Div>::new();
    let from = StoredValue::new(None::<(f64, f64)>);
    let set = move |height: f64| state.drawer.set(height.clamp(HEIGHT.0, HEIGHT.1));
    let key = move |e: ev::KeyboardEvent| {
        let by = match e.key().as_str() {
            "ArrowUp" => HEIGHT.2,
            "ArrowDown" => -HEIGHT.2,
            _ => return,
        };
        e.prevent_default();
        e.stop_propagation();
        set(state.drawer.get_untracked() + by);
    };
    view! {
        <div class="resize" role="separator" aria-orientation="horizontal" tabindex="0" aria-label=text::DRAWER_HEIGHT node_ref=node
            aria-valuemin=HEIGHT.0 aria-valuemax=HEIGHT.1 aria-valuenow=move || state.drawer.get()
            on:keydown=key
            on:pointerdown=move |e| {
                from.set_value(Some((f64::from(e.client_y()), state.drawer.get_untracked())));
                if let Some(node) = node.get_untracked() { let _ = node.set_pointer_capture(e.pointer_id()); }
            }
            on:pointermove=move |e| if let Some((y, height)) = from.get_value() { set(height + y - f64::from(e.client_y())) }
            on:pointerup=move |_| from.set_value(None) on:pointercancel=move |_| from.set_value(None) on:lostpointercapture=move |_| from.set_value(None)></div>
    }
    .into_any()
}
