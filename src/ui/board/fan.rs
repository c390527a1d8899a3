//! A card opened into its clones: each machine by itself, with its own name, state, load, version and menu. It may not
//! know what befalls a clone: that is the run's.

use super::super::menu;
use super::super::state::{State, focus};
use super::super::{icon, text};
use super::machine::{busy, chip, word};
use crate::components::Kind;
use crate::editor::selection::Thing;
use crate::run::frame::{CloneLine, MachineView};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Clones that are shown one by one; the outline has all of them.
const MOST: usize = 48;

/// Opens the card into its clones, or closes it again.
pub fn toggle(state: State, name: &str) {
    let open = state.fan.with_untracked(|f| f.as_deref() == Some(name));
    if open {
        return close(state, true);
    }
    state.fan.set(Some(name.to_string()));
    request_animation_frame(|| focus(".fan .clone"));
}

/// Closes what is open; the focus goes back to the card if it was within.
pub fn close(state: State, refocus: bool) {
    let Some(name) = state.fan.get_untracked() else { return };
    state.fan.set(None);
    if refocus {
        state.choose(Thing::Machine(name.clone()));
        focus(&format!(".m[data-name=\"{name}\"]"));
    }
}

/// The open card, where one is open.
pub fn fan(state: State) -> AnyView {
    let open = Memo::new(move |_| {
        let name = state.fan.get()?;
        let kind = state.document.with(|d| d.machine(&name).filter(|m| m.clones() > 1).map(|m| m.kind))?;
        Some((name, kind))
    });
    view! { {move || open.get().map(|(name, kind)| tray(state, name, kind))} }.into_any()
}

/// The clones of a card as the frame has them, all or so many.
pub fn clones_of(state: State, name: &str) -> Vec<MachineView> {
    state.frame.with(|f| f.machines.iter().find(|m| m.name == name).map_or(Vec::new(), |m| m.clones.clone()))
}

/// One clone as it is now.
pub fn clone_view(state: State, card: &str, name: &str) -> Option<MachineView> {
    state.frame.with(|f| {
        let card = f.machines.iter().find(|m| m.name == card)?;
        card.clones.iter().find(|c| c.name == name).cloned()
    })
}

/// The names of a card's clones; changes only when they do.
pub fn names(state: State, card: String) -> Memo<Vec<String>> {
    Memo::new(move |_| clones_of(state, &card).into_iter().map(|c| c.name).collect())
}

fn tray(state: State, name: String, kind: Kind) -> AnyView {
    let names = names(state, name.clone());
    let of = name.clone();
    let place = Memo::new(move |_| {
        let card = state.layout.with(|l| l.card(&of)).unwrap_or_default();
        let middle = card.centre();
        (middle.x, middle.y, card.width())
    });
    let columns = move || match names.with(Vec::len) {
        0..=4 => "1",
        5..=8 => "2",
        9..=18 => "3",
        _ => "4",
    };
    let title = name.clone();
    let (card, count) = (name.clone(), move || names.with(Vec::len));
    view! {
        <section class="fan" aria-label=text::clones_of(&name)
            style:left=move || place.with(|p| format!("{}px", p.0)) style:top=move || place.with(|p| format!("{}px", p.1))
            style:--columns=columns style:--wide=move || place.with(|p| format!("{}px", p.2))
            on:pointerdown=|e| e.stop_propagation() on:pointermove=|e| e.stop_propagation() on:pointerup=|e| e.stop_propagation()
            on:keydown=move |e| key(state, &e)>
            <header>{icon::machine(kind.info().word)}<b>{title}</b><span>{move || format!("×{}", count())}</span>
                <button class="ib small" aria-label=text::watch::CLOSE_CLONES on:click=move |_| close(state, true)>{icon::small("x")}</button></header>
            <div class="clones">
                <For each=move || names.get().into_iter().take(MOST) key=|n| n.clone() children=move |n| clone(state, card.clone(), n, kind)/>
            </div>
            {move || (count() > MOST).then(|| view! { <p>{text::n_more(count() - MOST)}</p> })}
        </section>
    }
    .into_any()
}

fn clone(state: State, card: String, name: String, kind: Kind) -> AnyView {
    let me = name.clone();
    let view = Memo::new(move |_| clone_view(state, &card, &me).unwrap_or_default());
    let versions = Memo::new(move |_| state.frame.with(|f| f.versions));
    let me = name.clone();
    // Which of its lines are cut: looked up at every picture, drawn when it changes.
    let cuts = Memo::new(move |_| {
        state.frame.track();
        text::cut_from(&state.with(|o| o.run.lines_of(&me)), &me)
    });
    let shown = name.clone();
    let label = move || {
        let cuts = cuts.get();
        let cuts = if cuts.is_empty() { cuts } else { format!(", {cuts}") };
        format!("{}{cuts}", view.with(|v| text::machine_name(&shown, kind.info().label, v)))
    };
    let live = move || view.with(text::clone_live);
    let load = Memo::new(move |_| view.with(|v| (v.busy, v.workers)));
    let (to_menu, to_press) = (name.clone(), name.clone());
    view! {
        <div class="m clone" role="group" tabindex="0" aria-label=label data-clone=name.clone()
            data-condition=move || view.with(|v| word(v.condition))
            on:contextmenu=move |e: ev::MouseEvent| {
                e.prevent_default();
                menu::open_of_clone(state, f64::from(e.client_x()), f64::from(e.client_y()), &to_press);
            }>
            <div class="n"><b>{name.clone()}</b>
                {move || view.with(|v| v.role).map(|role| view! { <em class="role">{role}</em> })}
                <button class="ib small" aria-label=text::more_of(&name) aria-haspopup="menu" on:click=move |e: ev::MouseEvent| {
                    let (x, y) = menu::below(&e);
                    menu::open_of_clone(state, x, y, &to_menu);
                }>{icon::small("more")}</button></div>
            <div class="live">{move || { let (number, words) = live(); view! { <b>{number}</b>" "{words} } }}
                {move || (!cuts.with(String::is_empty)).then(|| view! { <span class="cuts">{icon::small("scissors")}{cuts}</span> })}</div>
            {move || busy(load.get())}
            {move || view.with(|v| v.chip.clone()).map(|held| chip(&held, versions.get()))}
            <svg class="slash" aria-hidden="true" viewBox="0 0 144 72" preserveAspectRatio="none"><path d="M2 70 142 2"></path></svg>
        </div>
    }
    .into_any()
}

/// The keys of the open card are its own: arrows go from clone to clone, Enter opens the menu, Escape closes.
fn key(state: State, e: &ev::KeyboardEvent) {
    let on = e.target().and_then(|t| t.dyn_into::<HtmlElement>().ok());
    let clone = on.as_ref().and_then(|t| t.get_attribute("data-clone"));
    let step = match e.key().as_str() {
        "Escape" | "o" | "O" => return taken(e, || close(state, true)),
        "ArrowDown" | "ArrowRight" => 1,
        "ArrowUp" | "ArrowLeft" => -1,
        "Enter" | " " | "ContextMenu" | "F10" => {
            let (Some(name), Some(card)) = (clone, on) else { return };
            let at = card.get_bounding_client_rect();
            return taken(e, || menu::open_of_clone(state, at.left() + 24.0, at.top() + 24.0, &name));
        }
        // What is typed here is not about the card that is selected below.
        "Delete" | "Backspace" => return taken(e, || {}),
        _ => return,
    };
    let all = document().query_selector_all(".fan .clone").ok();
    let all: Vec<HtmlElement> =
        all.map_or(Vec::new(), |l| (0..l.length()).filter_map(|i| l.get(i)?.dyn_into().ok()).collect());
    let at = all.iter().position(|c| c.get_attribute("data-clone") == clone && clone.is_some());
    let to = at.map_or(0, |at| (at as i64 + step).clamp(0, all.len() as i64 - 1) as usize);
    taken(e, || {
        if let Some(next) = all.get(to) {
            let _ = next.focus();
        }
    });
}

fn taken(e: &ev::KeyboardEvent, then: impl FnOnce()) {
    e.prevent_default();
    e.stop_propagation();
    then();
}

/// Whether some of the clone's lines are cut.
pub fn is_cut(line: &CloneLine) -> bool {
    line.cut_forth || line.cut_back || line.partly
}
