//! What stays on the device: the board as it was left, and how the page was set. Nothing leaves the device. It may not
//! know what a board means.

pub mod autosave;
pub mod earlier;

use super::state::State;
use crate::scenario::{Document, version};
use autosave::BOARD;
use leptos::prelude::*;
use web_sys::Storage;

/// Under these names; a later form of a board is read by its own version.
const DRAWER: &str = "tradeoff.drawer";
const SINGLES: &str = "tradeoff.single-keys";
const NAMED: &str = "tradeoff.boards.";

fn store() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// The board as it was left here; None at the first visit, or when what is kept cannot be read.
pub fn restore() -> Option<Document> {
    let text = store()?.get_item(BOARD).ok()??;
    version::read(&text).ok()
}

/// The boards that were saved by name, in the order of the names.
pub fn names() -> Vec<String> {
    store().map_or(Vec::new(), |store| names_under(&store, NAMED))
}

/// What stands behind the beginning in the names of items, in order.
fn names_under(store: &Storage, beginning: &str) -> Vec<String> {
    let count = store.length().unwrap_or(0);
    let keys = (0..count).filter_map(|i| store.key(i).ok().flatten());
    let mut names: Vec<String> = keys.filter_map(|k| k.strip_prefix(beginning).map(str::to_string)).collect();
    names.sort();
    names
}

/// Saves a board under its title. Err says why it could not be.
pub fn save(document: &Document) -> Result<(), String> {
    let kept = store()
        .and_then(|s| s.set_item(&format!("{NAMED}{}", document.title), &version::write(document)).ok());
    kept.ok_or_else(|| super::text::NO_ROOM.into())
}

pub fn load(name: &str) -> Option<Document> {
    version::read(&store()?.get_item(&format!("{NAMED}{name}")).ok()??).ok()
}

pub fn remove(name: &str) {
    if let Some(store) = store() {
        let _ = store.remove_item(&format!("{NAMED}{name}"));
    }
}

/// Keeps the board and the drawer's height as they change.
pub fn keep(state: State) {
    if let Some(height) = store().and_then(|s| s.get_item(DRAWER).ok().flatten()).and_then(|h| h.parse().ok())
    {
        state.drawer.set(height);
    }
    if store().and_then(|s| s.get_item(SINGLES).ok().flatten()).as_deref() == Some("off") {
        state.singles.set(false);
    }
    Effect::new(move |before: Option<()>| {
        let on = state.singles.get();
        if let (Some(()), Some(store)) = (before, store()) {
            let _ = store.set_item(SINGLES, if on { "on" } else { "off" });
        }
    });
    autosave::begin(state);
    Effect::new(move |before: Option<()>| {
        let height = state.drawer.get();
        if before.is_some()
            && let Some(store) = store()
        {
            let _ = store.set_item(DRAWER, &format!("{height:.0}"));
        }
    });
}
