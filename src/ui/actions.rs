//! The signs of the editor's actions, and their place in menus and toolbars. It may not know what an action does.

use super::icon;
use crate::editor::action::{Action, Entry, keys};
use leptos::prelude::*;

/// The sign of an action, 16 px.
pub fn sign(entry: &Entry) -> AnyView {
    icon::small(sign_name(entry.id))
}

pub fn sign_name(id: &str) -> &'static str {
    match id {
        "play" => "play",
        "step" => "step",
        "step-back" => "back",
        "restart" => "again",
        "new-seed" => "dice",
        "faster" | "slower" | "slow" | "full-speed" => "slow",
        "heal-all" | "heal" | "join" => "heal",
        "select" | "select-all" => "select",
        "connect" | "connect-to" => "connect",
        "scissors" | "cut" | "cut-link" | "cut-forth" | "cut-back" | "part" | "part-forth" => "scissors",
        "hand" => "hand",
        "undo" => "undo",
        "redo" => "redo",
        "copy" | "duplicate" => "duplicate",
        "paste" | "open" => "file",
        "save" => "disk",
        "share" => "share",
        "fan" => "table",
        "delete" | "drop-cache" => "delete",
        "rename" => "edit",
        "turn" => "swap",
        "zoom-in" => "plus",
        "zoom-out" => "minus",
        "zoom-100" | "fit" | "fit-selection" => "fit",
        "crash" | "crash-host" | "outage" => "crash",
        "restart-machine" | "recover" => "power",
        "pause" => "pause",
        "resume" => "play",
        "isolate" => "isolate",
        "promote" => "promote",
        "fill-disk" => "disk",
        "triple-traffic" | "normal-traffic" => "surge",
        "delay" => "clock",
        "lose" => "loss",
        "commands" => "search",
        "help" => "help",
        "escape" => "x",
        "menu" => "more",
        _ => "swap",
    }
}

/// Which keyboard this is.
pub fn platform() -> keys::Platform {
    let name = window().navigator().platform().unwrap_or_default();
    if name.starts_with("Mac") || name.starts_with("iP") {
        keys::Platform::Mac
    } else {
        keys::Platform::Other
    }
}

/// The key of an action as a person reads it; empty when it has none.
pub fn key(action: Action) -> String {
    keys::label(action.entry(), platform()).unwrap_or_default()
}

/// What a tip says: the words and the key.
pub fn tip(words: &str, action: Action) -> String {
    match key(action) {
        key if key.is_empty() => words.to_string(),
        key => format!("{words} ({key})"),
    }
}
