//! What pointers, the wheel and the keyboard do, as plain input for the editor. It may not know what a gesture means.

use super::actions::platform;
use super::board;
use super::state::State;
use crate::editor::action::keys::{KeyPress, find};
use crate::editor::geometry::Vector;
use crate::editor::input::{Button, Input, Modifiers, Pointer};
use crate::editor::selection::Thing;
use crate::editor::tool::Tool;
use crate::run::frame::Dot;
use crate::scenario::Link;
use leptos::{ev, prelude::*};
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Pixels of a wheel's notch that counts in lines.
const LINE: f64 = 16.0;

thread_local! {
    /// The dot that a pointer went down on, and which pointer.
    static AIMED: Cell<Option<(i32, Dot)>> = const { Cell::new(None) };
}

pub fn place(e: &ev::PointerEvent) -> Vector {
    let (left, top) = board::corner();
    Vector::new(f64::from(e.client_x()) - left, f64::from(e.client_y()) - top)
}

pub fn modifiers(shift: bool, alt: bool, ctrl: bool, meta: bool) -> Modifiers {
    Modifiers { shift, alt, command: ctrl || meta }
}

fn held(e: &ev::PointerEvent) -> Modifiers {
    modifiers(e.shift_key(), e.alt_key(), e.ctrl_key(), e.meta_key())
}

pub fn down(state: State, e: &ev::PointerEvent) {
    board::fan::close(state, false);
    state.pressing.set_value(true);
    AIMED.set(None);
    if let Some(surface) = e.current_target().and_then(|t| t.dyn_into::<Element>().ok()) {
        let _ = surface.set_pointer_capture(e.pointer_id());
    }
    let pointer = match e.pointer_type().as_str() {
        "touch" => Pointer::Touch,
        "pen" => Pointer::Pen,
        _ => Pointer::Mouse,
    };
    let button = match e.button() {
        1 => Button::Middle,
        2 => Button::Secondary,
        _ => Button::Primary,
    };
    // A dot is a request: a click on it shows its way; what becomes a drag is one.
    if button == Button::Primary && state.tool.get_untracked() == Tool::Select {
        let at = place(e);
        let over_card = state.layout.with_untracked(|l| {
            let at = state.camera.with_untracked(|c| c.to_board(at));
            l.cards.iter().any(|c| c.rect.contains(at))
        });
        let dot = board::dots::hit(state, at).filter(|_| !over_card);
        AIMED.set(dot.map(|dot| (e.pointer_id(), dot)));
    }
    let (id, now) = (e.pointer_id(), super::driver::milliseconds());
    state.input(Input::Down { id, at: place(e), pointer, button, modifiers: held(e), now });
}

pub fn moved(state: State, e: &ev::PointerEvent) {
    state.input(Input::Move { id: e.pointer_id(), at: place(e), modifiers: held(e) });
}

pub fn up(state: State, e: &ev::PointerEvent) {
    state.pressing.set_value(false);
    let aimed = AIMED.take().filter(|(id, _)| *id == e.pointer_id());
    if let Some((id, dot)) = aimed.filter(|_| state.with(|o| o.editor.would_click())) {
        state.input(Input::Cancel { id });
        return super::requests::show(state, &dot);
    }
    state.input(Input::Up { id: e.pointer_id(), at: place(e), modifiers: held(e) });
}

pub fn cancel(state: State, e: &ev::PointerEvent) {
    state.pressing.set_value(false);
    AIMED.set(None);
    state.input(Input::Cancel { id: e.pointer_id() });
}

pub fn wheel(state: State, e: &ev::WheelEvent) {
    e.prevent_default();
    let unit = if e.delta_mode() == 1 { LINE } else { 1.0 };
    let (left, top) = board::corner();
    let at = Vector::new(f64::from(e.client_x()) - left, f64::from(e.client_y()) - top);
    let by = Vector::new(e.delta_x() * unit, e.delta_y() * unit);
    // Shift turns a wheel that goes one way into one that goes the other.
    let by = if e.shift_key() && by.x == 0.0 { Vector::new(by.y, 0.0) } else { by };
    state.input(Input::Wheel { at, by, zoom: e.ctrl_key() || e.meta_key() });
}

/// Whether text is written, or a value chosen, where the focus is: keys belong to it.
fn typing(target: Option<&Element>) -> bool {
    target.is_some_and(|t| {
        matches!(t.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA")
            || t.closest("dialog").ok().flatten().is_some()
    })
}

/// The thing of the drawing that has the focus.
fn focused(state: State, target: Option<&Element>) -> Option<Thing> {
    let named = |attribute: &str| target?.closest(&format!("[{attribute}]")).ok()??.get_attribute(attribute);
    let link = |key: String| {
        let names = state.document.with_untracked(|d| d.links.iter().map(Link::name).collect::<Vec<_>>());
        names.into_iter().find(|name| board::key(name) == key)
    };
    let thing = named("data-name")
        .map(Thing::Machine)
        .or_else(|| named("data-zone").map(Thing::Zone))
        .or_else(|| named("data-link").and_then(link).map(Thing::Link));
    thing.filter(|thing| state.document.with_untracked(|d| thing.is_there(d)))
}

/// Keys of the whole page.
pub fn keys(state: State) {
    let platform = platform();
    let key_down = window_event_listener(ev::keydown, move |e| {
        let target = e.target().and_then(|t| t.dyn_into::<Element>().ok());
        let target = target.as_ref();
        let typing = typing(target);
        let on = |selector: &str| target.is_some_and(|t| t.closest(selector).ok().flatten().is_some());
        // The course page has nothing to edit; a lesson's text and the panels are scrolled, no machine is moved from there.
        let arrow = e.key().starts_with("Arrow");
        let changes = arrow || matches!(e.key().as_str(), " " | "Delete" | "Backspace");
        if state.class.away.get_untracked() || (changes && on(".lesson")) || (arrow && on(".drawer, .right"))
        {
            return;
        }
        if e.key() == " " && !typing && !on("button, summary, a, [role=tab], [role=button]") {
            e.prevent_default();
            return state.input(Input::Space(true));
        }
        // After Escape or an undo nothing is selected, and the focus is where it was: what a key does is done to that.
        if !typing
            && !matches!(e.key().as_str(), "Escape" | "Tab" | "Shift" | "Control" | "Alt" | "Meta")
            && state.selection.with_untracked(|s| s.is_empty())
            && let Some(thing) = focused(state, target)
        {
            state.choose(thing);
        }
        // Enter or the space bar on a machine or a link opens what can be done with it.
        if matches!(e.key().as_str(), "Enter" | " ") && on(".m, .links [role=button], .zone") {
            e.prevent_default();
            return state.act(crate::editor::action::Action::Menu);
        }
        let press = KeyPress {
            key: e.key(),
            code: e.code(),
            ctrl: e.ctrl_key(),
            meta: e.meta_key(),
            shift: e.shift_key(),
            alt: e.alt_key(),
            repeat: e.repeat(),
            typing,
        };
        // What was typed so far counts before anything is done with the board.
        if typing
            && find(&press, platform, state.singles.get_untracked()).is_some()
            && let Some(field) = target.and_then(|t| t.dyn_ref::<HtmlElement>())
        {
            let _ = field.blur();
            let _ = field.focus();
        }
        if state.key(&press, platform) {
            e.prevent_default();
        }
    });
    let key_up = window_event_listener(ev::keyup, move |e| {
        if e.key() == " " {
            state.input(Input::Space(false));
        }
    });
    on_cleanup(move || {
        key_down.remove();
        key_up.remove();
    });
}
