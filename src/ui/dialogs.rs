//! What opens over the page: the command list, the help, opening and sharing. It may not know what a command does.

mod commands;
pub mod files;

use super::state::{Dialog, State, focus};
use super::{actions, icon, text};
use crate::editor::action::{Action, Group, keys};
use leptos::{ev, html, prelude::*};

pub fn dialogs(state: State) -> AnyView {
    view! {
        {frame(state, Dialog::Help, text::bar::HELP, help)}
        {frame(state, Dialog::Open, text::bar::OPEN, files::open)}
        {frame(state, Dialog::Save, text::bar::SAVE, files::save)}
        {frame(state, Dialog::Share, text::bar::SHARE, files::share)}
        {commands::commands(state)}
    }
    .into_any()
}

/// A modal dialog that shows its body while it is open, and gives the focus back afterwards.
fn frame(state: State, which: Dialog, title: &'static str, body: fn(State) -> AnyView) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    let open = Memo::new(move |_| state.dialog.get() == Some(which));
    show(node, open);
    view! {
        <dialog class="sheet pop" node_ref=node aria-label=title on:close=move |_| closed(state, which)
            on:click=move |e: ev::MouseEvent| if e.target() == e.current_target() { state.dialog.set(None) }>
            <header><h2>{title}</h2><span class="grow"></span>
                <button class="ib" aria-label=text::CLOSE on:click=move |_| state.dialog.set(None)>{icon::icon("x")}</button></header>
            <div class="body">{move || open.get().then(|| body(state))}</div>
        </dialog>
    }
    .into_any()
}

fn show(node: NodeRef<html::Dialog>, open: Memo<bool>) {
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        match (open.get(), dialog.open()) {
            (true, false) => {
                let _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
}

fn closed(state: State, which: Dialog) {
    if state.dialog.get_untracked() == Some(which) {
        state.dialog.set(None);
    }
    // What had the focus before may be gone with the board that was there, and the page itself is no place for it.
    if document().active_element().is_none_or(|e| e.tag_name() == "BODY") {
        focus("[role=application]");
    }
}

fn help(state: State) -> AnyView {
    let groups = Group::ALL.map(|group| {
        let rows = Action::ALL.iter().filter(|e| e.group == group && !e.keys.is_empty()).map(|entry| {
            let all = entry
                .keys
                .iter()
                .filter_map(|k| keys::Shortcut::read(k))
                .map(|k| k.label(actions::platform()));
            view! { <div><span>{entry.label}</span><kbd>{all.collect::<Vec<_>>().join(", ")}</kbd></div> }
        });
        let rows = rows.collect_view();
        (!rows.is_empty()).then(|| view! { <h3>{group.label()}</h3>{rows} })
    });
    let on = move || state.singles.get();
    view! {
        {text::HELP.map(|line| view! { <p>{line}</p> }).collect_view()}
        <p class="setting">
            <span><b>{text::settings::SINGLES}</b><span class="soft">{text::settings::SINGLES_WHY}</span></span>
            <button class="switch" role="switch" aria-label=text::settings::SINGLES aria-checked=move || on().to_string() on:click=move |_| state.singles.update(|on| *on = !*on)></button>
        </p>
        <div class="keys-table">{groups.collect_view()}</div>
    }
    .into_any()
}
