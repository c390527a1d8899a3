//! The command list: every action by its name, found by typing. It may not know what an action does.

use super::super::state::{Dialog, State};
use super::super::{actions, icon, later, text};
use crate::editor::action::{Action, Entry};
use leptos::{ev, html, prelude::*};

pub fn commands(state: State) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    let open = Memo::new(move |_| state.dialog.get() == Some(Dialog::Commands));
    super::show(node, open);
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    Effect::new(move |_| {
        if open.get() {
            typed.set(String::new());
            at.set(0);
        }
    });
    let found = Memo::new(move |_| {
        if !open.get() {
            return Vec::new();
        }
        let wanted = typed.get().to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let fits = |e: &&Entry| {
            let label = format!("{} {}", e.group.label(), e.label).to_lowercase();
            words.iter().all(|w| label.contains(w))
                && !matches!(e.action, Action::Commands | Action::Escape | Action::Menu)
        };
        Action::ALL.iter().filter(fits).map(|e| e.action).collect::<Vec<_>>()
    });
    let pick = move |action: Action| {
        if state.enabled(action).is_ok() {
            state.dialog.set(None);
            state.act(action);
        }
    };
    let key = move |e: ev::KeyboardEvent| {
        let last = found.with(Vec::len).saturating_sub(1);
        match e.key().as_str() {
            "ArrowDown" => at.update(|i| *i = if *i >= last { 0 } else { *i + 1 }),
            "ArrowUp" => at.update(|i| *i = if *i == 0 { last } else { *i - 1 }),
            "Enter" => {
                if let Some(action) = found.with(|f| f.get(at.get_untracked()).copied()) {
                    pick(action);
                }
            }
            _ => return,
        }
        e.prevent_default();
        super::super::state::reveal(&format!("#command-{}", at.get_untracked()));
    };
    let options = move || {
        found
            .get()
            .into_iter()
            .enumerate()
            .map(|(i, action)| {
                later(|| {
                let entry = action.entry();
                let why = state.enabled(action).err();
                view! {
                    <li role="option" id=format!("command-{i}") aria-selected=move || (at.get() == i).to_string()
                        aria-disabled=why.map(|_| "true") title=why on:click=move |_| pick(action) on:pointermove=move |_| at.set(i)>
                        {actions::sign(entry)}<span>{entry.label}</span><span class="soft">{entry.group.label()}</span><kbd>{actions::key(action)}</kbd>
                    </li>
                }
                })
            })
            .collect_view()
    };
    view! {
        <dialog class="sheet pop command" node_ref=node aria-label=text::COMMANDS on:close=move |_| super::closed(state, Dialog::Commands)
            on:click=move |e: ev::MouseEvent| if e.target() == e.current_target() { state.dialog.set(None) }>
            <label class="search">
                {icon::icon("search")}
                <input type="text" role="combobox" aria-label=text::COMMANDS placeholder=text::COMMANDS aria-expanded="true" aria-controls="commands-list" autocomplete="off"
                    aria-activedescendant=move || format!("command-{}", at.get()) prop:value=typed
                    on:input=move |e| { typed.set(event_target_value(&e)); at.set(0) } on:keydown=key/>
            </label>
            <ul role="listbox" id="commands-list" aria-label=text::COMMANDS>{options}</ul>
            <p class="soft none" role="status">{move || (open.get() && found.with(Vec::is_empty)).then_some(text::NO_COMMAND)}</p>
        </dialog>
    }
    .into_any()
}
