//! How large the board is on the screen, and how fine: told to the editor when it changes. It may not know what is drawn.

use super::board::dots;
use super::state::State;
use crate::editor::action::Action;
use crate::editor::geometry::Density;
use crate::scenario::Document;
use crate::scenario::examples::Example;
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, MediaQueryListEvent, ResizeObserver};

/// Below this width machines are drawn small.
const PHONE: &str = "(max-width: 767px)";

/// Below this height little is left of the board: a phone held across, a page at twice its size.
const LOW: &str = "(max-width: 767px) and (max-height: 600px)";

fn fits(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|m| m.matches())
}

pub fn is_low() -> bool {
    fits(LOW)
}

pub fn is_for_fingers() -> bool {
    fits("(pointer: coarse)")
}

/// A ready board as it stands best here.
pub fn placed(example: &Example) -> Document {
    if is_upright() { example.upright() } else { example.document() }
}

/// Whether the screen is a phone's, held upright.
pub fn is_upright() -> bool {
    fits(PHONE) && !is_low()
}

pub fn watch(state: State) {
    // The board is to be fitted to its size once that is known.
    let unfit = Rc::new(Cell::new(true));
    let to_fit = unfit.clone();
    let resized = Closure::<dyn FnMut()>::new(move || {
        let Some(surface) = document().query_selector(".surface").ok().flatten() else { return };
        let rect = surface.get_bounding_client_rect();
        if rect.width() < 1.0 {
            return;
        }
        state.with(|o| o.editor.resize(rect.width(), rect.height()));
        if to_fit.replace(false) {
            state.act(Action::Fit);
        }
        state.sync();
        dots::refresh(false);
    });
    Effect::new(move |_| {
        let surface: Option<Element> = document().query_selector(".surface").ok().flatten();
        if let (Some(surface), Ok(observer)) =
            (surface, ResizeObserver::new(resized.as_ref().unchecked_ref()))
        {
            observer.observe(&surface);
            // It lives as long as the page.
            std::mem::forget(observer);
        }
    });
    on_media(PHONE, move |phone| {
        let density = if phone { Density::Compact } else { Density::Regular };
        state.with(|o| o.editor.set_density(density));
        state.sync();
        // The board's new size is not known yet.
        unfit.set(true);
    });
    on_media("(prefers-color-scheme: dark)", |_| dots::refresh(true));
    on_media("(forced-colors: active)", |_| dots::refresh(true));
    on_media("(prefers-reduced-motion: reduce)", dots::keep_still);
    let hidden =
        window_event_listener_untyped("visibilitychange", move |_| state.hidden.set(document().hidden()));
    on_cleanup(move || hidden.remove());
}

/// Says at once, and at every change, whether a media query holds.
fn on_media(query: &str, mut tell: impl FnMut(bool) + 'static) {
    let Some(media) = window().match_media(query).ok().flatten() else { return };
    tell(media.matches());
    let listener =
        Closure::<dyn FnMut(MediaQueryListEvent)>::new(move |e: MediaQueryListEvent| tell(e.matches()));
    let _ = media.add_event_listener_with_callback("change", listener.as_ref().unchecked_ref());
    // It lives as long as the page.
    listener.forget();
}
