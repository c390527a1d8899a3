//! The outline: the same board as a list, machine by machine with its links, and everything that can be done with each.
//! It may not know where anything stands.

use super::board::fan;
use super::state::{Ask, State};
use super::{icon, menu, text};
use crate::components::Kind;
use crate::editor::action::Action;
use crate::editor::selection::Thing;
use crate::run::frame::Condition;
use crate::scenario::fault::{Fault, LinkName};
use leptos::{ev, prelude::*};

pub fn outline(state: State) -> AnyView {
    let names = Memo::new(move |_| {
        state.document.with(|d| d.machines.iter().map(|m| m.name.clone()).collect::<Vec<_>>())
    });
    let zones = Memo::new(move |_| {
        state.document.with(|d| d.zones.iter().map(|z| z.name.clone()).collect::<Vec<_>>())
    });
    view! {
        <div class="outline sheet-page" id="panel-outline" role="region" aria-label=text::region::OUTLINE>
            <ul>
                <For each=move || zones.get() key=|name| name.clone() children=move |name| zone(state, name)/>
                <For each=move || names.get() key=|name| name.clone() children=move |name| machine(state, name)/>
            </ul>
        </div>
    }
    .into_any()
}

fn zone(state: State, name: String) -> AnyView {
    let thing = Thing::Zone(name.clone());
    let (of, inside) = (name.clone(), name.clone());
    let words = move || state.document.with(|d| text::zone(d, &of));
    // Every machine of it is gone with its host.
    let out = Memo::new(move |_| {
        state.document.with(|d| {
            let mut within = d.machines.iter().filter(|m| m.zone.as_deref() == Some(&inside)).peekable();
            let gone = |name: &str| {
                state.frame.with(|f| {
                    f.machines.iter().any(|m| m.name == name && m.condition == Condition::Unreachable)
                })
            };
            within.peek().is_some() && within.all(|m| gone(&m.name))
        })
    });
    let first = {
        let (thing, name) = (thing.clone(), name.clone());
        move || act(state, if out.get() { Action::Recover } else { Action::Outage }, &name, thing.clone())
    };
    let row = row(state, icon::machine("zone"), words.into_any(), first.into_any(), thing, &name);
    view! { <li>{row}</li> }.into_any()
}

fn machine(state: State, name: String) -> AnyView {
    let links = {
        let name = name.clone();
        Memo::new(move |_| {
            state.document.with(|d| {
                d.links
                    .iter()
                    .filter(|l| l.from == name)
                    .map(crate::scenario::Link::name)
                    .map(Row)
                    .collect::<Vec<_>>()
            })
        })
    };
    let kind = state.document.with_untracked(|d| d.machine(&name).map(|m| m.kind));
    let Some(kind) = kind else { return ().into_any() };
    let words = {
        let name = name.clone();
        Memo::new(move |_| {
            state.frame.with(|f| {
                f.machines
                    .iter()
                    .find(|m| m.name == name)
                    .map_or(String::new(), |m| text::machine_name(&name, kind.info().label, m))
            })
        })
    };
    let condition = {
        let name = name.clone();
        Memo::new(move |_| {
            state
                .frame
                .with(|f| f.machines.iter().find(|m| m.name == name).map(|m| m.condition))
                .unwrap_or_default()
        })
    };
    let thing = Thing::Machine(name.clone());
    let down = Memo::new(move |_| matches!(condition.get(), Condition::Refusing | Condition::Unreachable));
    let first = {
        let (thing, name) = (thing.clone(), name.clone());
        move || act(state, if down.get() { Action::Restart1 } else { Action::Crash }, &name, thing.clone())
    };
    let row = row(state, icon::machine(kind.info().word), words.into_any(), first.into_any(), thing, &name);
    view! {
        <li>
            {row}
            <ul><For each=move || links.get() key=Row::key children=move |row| link(state, row.0)/></ul>
            {clones(state, name, kind)}
        </li>
    }
    .into_any()
}

/// The machines that the card stands for, where there are several.
fn clones(state: State, card: String, kind: Kind) -> AnyView {
    let names = fan::names(state, card.clone());
    let some = Memo::new(move |_| names.with(|n| n.len() > 1));
    let list = move || {
        let card = card.clone();
        let label = text::clones_of(&card);
        some.get().then(|| {
            view! { <ul aria-label=label><For each=move || names.get() key=|n| n.clone() children=move |name| clone(state, card.clone(), name, kind)/></ul> }
        })
    };
    view! { {list} }.into_any()
}

fn clone(state: State, card: String, name: String, kind: Kind) -> AnyView {
    let me = name.clone();
    let view = Memo::new(move |_| fan::clone_view(state, &card, &me).unwrap_or_default());
    let down = Memo::new(move |_| {
        view.with(|v| matches!(v.condition, Condition::Refusing | Condition::Unreachable))
    });
    let me = name.clone();
    let words = move || view.with(|v| text::machine_name(&me, kind.info().label, v));
    let me = name.clone();
    let first = move || {
        let machine = me.clone();
        let (action, fault) = match down.get() {
            true => (Action::Restart1, Fault::Restart { machine: machine.clone() }),
            false => (Action::Crash, Fault::Crash { machine: machine.clone(), host: false }),
        };
        let words = action.entry().label;
        view! { <button class="tb low" aria-label=format!("{words} {machine}") on:click=move |_| state.ask(Ask::Fault(fault.clone()))>{words}</button> }
    };
    let label = text::more_of(&name);
    view! {
        <li>
            <div class="row">
                <span class="clone-name">{words}</span>
                <span class="grow"></span>
                {first}
                <button class="ib small" aria-label=label aria-haspopup="menu" on:click=move |e: ev::MouseEvent| { let (x, y) = menu::below(&e); menu::open_of_clone(state, x, y, &name) }>{icon::small("more")}</button>
            </div>
        </li>
    }
    .into_any()
}

/// A link as a row, so that it can be told apart from others.
#[derive(Clone, PartialEq)]
struct Row(LinkName);

impl Row {
    fn key(&self) -> String {
        super::board::key(&self.0)
    }
}

fn link(state: State, name: LinkName) -> AnyView {
    let view = {
        let name = name.clone();
        Memo::new(move |_| {
            let index = state.document.with(|d| d.links.iter().position(|l| l.name() == name));
            state.frame.with(|f| index.and_then(|i| f.links.get(i).cloned()))
        })
    };
    let cut =
        Memo::new(move |_| view.with(|v| v.as_ref().is_some_and(|v| v.cut_forth || v.cut_back || v.partly)));
    let label = {
        let name = name.clone();
        move || {
            format!("{} {}, {}", text::arrow(name.wire), name.to, view.with(|v| text::link_state(v.as_ref())))
        }
    };
    let thing = Thing::Link(name.clone());
    let full = format!("{} {} {}", name.from, text::arrow(name.wire), name.to);
    let first = {
        let (thing, full) = (thing.clone(), full.clone());
        move || act(state, if cut.get() { Action::Heal } else { Action::CutLink }, &full, thing.clone())
    };
    let row = row(state, ().into_any(), label.into_any(), first.into_any(), thing, &full);
    view! { <li>{row}</li> }.into_any()
}

/// What a thing is, which a press selects, and what can be done with it: the first action, and the menu of all.
fn row(state: State, glyph: AnyView, words: AnyView, first: AnyView, thing: Thing, name: &str) -> AnyView {
    let more = more(state, thing.clone(), name);
    view! {
        <div class="row">
            {glyph}
            <button class="tb" on:click=move |_| state.choose(thing.clone())>{words}</button>
            <span class="grow"></span>
            {first}
            {more}
        </div>
    }
    .into_any()
}

fn act(state: State, action: Action, of: &str, thing: Thing) -> AnyView {
    let words = action.entry().label;
    let act = move |_| {
        state.choose(thing.clone());
        state.act(action);
    };
    view! { <button class="tb low" aria-label=format!("{words} {of}") on:click=act>{words}</button> }
        .into_any()
}

fn more(state: State, thing: Thing, of: &str) -> AnyView {
    let label = text::more_of(of);
    view! { <button class="ib small" aria-label=label aria-haspopup="menu" on:click=move |e: ev::MouseEvent| menu::open_at_button(state, &e, thing.clone())>{icon::small("more")}</button> }.into_any()
}
