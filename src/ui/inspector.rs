//! The inspector: what is selected, one field for each of its parameters, what can befall it, its model card. It is made
//! from descriptions; it may not know any component.

mod field;
mod hints;

use super::state::State;
use super::{actions, icon, later, menu, text};
use crate::components::Kind;
use crate::components::parameter::{Group, Parameter, Settings};
use crate::editor::action::{self, Action};
use crate::editor::command::Command;
use crate::editor::selection::Thing;
use crate::run::frame::Condition;
use crate::scenario::fault::LinkName;
use field::Change;
use leptos::{ev, prelude::*};

pub fn inspector(state: State) -> AnyView {
    let chosen = Memo::new(move |_| {
        let only = state.selection.with(|s| s.only().cloned());
        // What was just removed is not shown any more.
        only.filter(|thing| state.document.with(|d| thing.is_there(d)))
    });
    view! {
        <aside class="inspector sheet-page" id="panel-inspector" aria-label=text::region::INSPECTOR tabindex="-1">
            {move || match chosen.get() {
                None => nothing(state),
                Some(Thing::Machine(name)) => later(|| machine(state, name)),
                Some(Thing::Link(name)) => later(|| link(state, name)),
                Some(Thing::Zone(name)) => later(|| zone(state, name)),
            }}
        </aside>
    }
    .into_any()
}

fn nothing(state: State) -> AnyView {
    let many = Memo::new(move |_| state.selection.with(|s| s.len()));
    view! {
        <header><div><h2>{move || state.document.with(|d| d.title.clone())}</h2><p>{move || text::machines_and_links(&state.document.read())}</p></div></header>
        <p class="empty">{move || if many.get() > 1 { text::chosen(many.get()) } else { text::inspector::NOTHING.to_string() }}</p>
        {hints::hints(state, None)}
        {price(state)}
    }
    .into_any()
}

fn price(state: State) -> AnyView {
    let price = Memo::new(move |_| text::dollars(state.frame.with(|f| f.price_per_hour)));
    view! { <p class="price"><span>{text::inspector::PRICE}</span><span><b>{price}</b><span class="u">" "{text::inspector::PER_HOUR}</span></span></p> }.into_any()
}

fn machine(state: State, name: String) -> AnyView {
    let Some(kind) = state.document.with_untracked(|d| d.machine(&name).map(|m| m.kind)) else {
        return ().into_any();
    };
    let info = kind.info();
    let view = {
        let name = name.clone();
        Memo::new(move |_| {
            state.frame.with(|f| f.machines.iter().find(|m| m.name == name).map(|m| (m.condition, m.role)))
        })
    };
    let line = move || {
        let (condition, role) = view.get().unwrap_or((Condition::Running, None));
        text::what_and_state(info.label, role, condition)
    };
    let thing = Thing::Machine(name.clone());
    view! {
        <header>
            {icon::glyph("i b", &format!("g-{}", info.word))}
            <div>{rename(state, thing.clone())}<p>{line}</p></div>
            <button class="ib" aria-label=text::inspector::MORE aria-haspopup="menu" on:click={
                let thing = thing.clone();
                move |e: ev::MouseEvent| menu::open_at_button(state, &e, thing.clone())
            }>{icon::icon("more")}</button>
        </header>
        {hints::hints(state, Some(thing.clone()))}
        {fields(state, thing.clone(), kind.parameters())}
        {acts(state, thing.clone())}
        {card(kind)}
        {price(state)}
    }
    .into_any()
}

fn link(state: State, name: LinkName) -> AnyView {
    let view = {
        let name = name.clone();
        Memo::new(move |_| {
            let index = state.document.with(|d| d.links.iter().position(|l| l.name() == name));
            state.frame.with(|f| index.and_then(|i| f.links.get(i).cloned()))
        })
    };
    let thing = Thing::Link(name.clone());
    let state_words = move || view.with(|v| text::link_state(v.as_ref()));
    view! {
        <header>
            {icon::glyph("i b", "i-connect")}
            <div><h2>{format!("{} {} {}", name.from, text::arrow(name.wire), name.to)}</h2><p>{text::wire(name.wire)}" · "{state_words}</p></div>
            <button class="ib" aria-label=text::inspector::MORE aria-haspopup="menu" on:click={
                let thing = thing.clone();
                move |e: ev::MouseEvent| menu::open_at_button(state, &e, thing.clone())
            }>{icon::icon("more")}</button>
        </header>
        {hints::hints(state, Some(thing.clone()))}
        {fields(state, thing.clone(), state.document.with_untracked(|d| thing.parameters(d)))}
        {acts(state, thing.clone())}
        {move || view.with(|v| v.as_ref().map(|v| view! { <p class="price"><span>{text::inspector::MESSAGES}</span><span>{text::both_ways(v.forth_per_second, v.back_per_second)}</span></p> }))}
    }
    .into_any()
}

fn zone(state: State, name: String) -> AnyView {
    let thing = Thing::Zone(name);
    view! {
        <header>
            <div>{rename(state, thing.clone())}<p>{text::inspector::ZONE}</p></div>
            <button class="ib" aria-label=text::inspector::MORE aria-haspopup="menu" on:click={
                let thing = thing.clone();
                move |e: ev::MouseEvent| menu::open_at_button(state, &e, thing.clone())
            }>{icon::icon("more")}</button>
        </header>
        {fields(state, thing.clone(), state.document.with_untracked(|d| thing.parameters(d)))}
        {acts(state, thing)}
        {price(state)}
    }
    .into_any()
}

/// The name, which is a field of its own once it is pressed.
fn rename(state: State, thing: Thing) -> AnyView {
    let shown = thing.label();
    let to = move |e: ev::Event| {
        let wanted = event_target_value(&e);
        match state.with(|o| o.editor.rename(&thing, &wanted)) {
            Ok(effects) => state.carry(effects),
            // It is still called as before.
            Err(why) => {
                event_target::<web_sys::HtmlInputElement>(&e).set_value(&thing.label());
                state.say(why, true);
            }
        }
    };
    view! { <h2><span class="vh">{shown.clone()}</span><input class="value name" type="text" spellcheck="false" autocomplete="off" maxlength="40" aria-label=text::inspector::NAME prop:value=shown on:change=to/></h2> }.into_any()
}

fn fields(state: State, thing: Thing, parameters: &'static [Parameter]) -> AnyView {
    let of = |group: Group| parameters.iter().filter(move |p| p.group == group);
    let make = |p: &'static Parameter| one(state, thing.clone(), p);
    let basic = of(Group::Basic).map(make).collect_view();
    let advanced: Vec<AnyView> = of(Group::Advanced).map(make).collect();
    let more = (!advanced.is_empty()).then(|| {
        view! { <details><summary>{icon::small("chevron")}{text::inspector::ADVANCED}</summary>{advanced}</details> }
    });
    view! { {basic}{more} }.into_any()
}

fn one(state: State, thing: Thing, parameter: &'static Parameter) -> AnyView {
    let set_now = {
        let thing = thing.clone();
        Memo::new(move |_| {
            let settings: Option<Settings> = state.document.with(|d| thing.settings(d).cloned());
            settings.and_then(|s| s.get(parameter.name).cloned())
        })
    };
    let value = Memo::new(move |_| set_now.get().unwrap_or_else(parameter.default));
    let changed = Memo::new(move |_| set_now.with(Option::is_some));
    let set = Callback::new(move |change: Change| {
        let (setting, held) = match change {
            Change::Sliding(setting) => (setting, true),
            Change::Done(setting) => (setting, false),
        };
        let to = (setting != (parameter.default)()).then_some(setting);
        let command = Command::Set { of: thing.clone(), parameter: parameter.name.into(), to };
        state.set(&text::set_of(parameter.label, &thing.label()), command, held);
    });
    field::field(parameter, value, changed, set)
}

/// The first three things that can befall it, and the way to the rest.
fn acts(state: State, thing: Thing) -> AnyView {
    let group = match thing {
        Thing::Machine(_) => action::Group::Machine,
        Thing::Link(_) => action::Group::Link,
        Thing::Zone(_) => action::Group::Zone,
    };
    let possible = {
        let thing = thing.clone();
        Memo::new(move |_| {
            state.frame.track();
            state.selection.track();
            let entries = action::menu(Some(&thing))
                .into_iter()
                .filter(|e| e.group == group && e.action != Action::ConnectTo);
            let mut entries: Vec<Action> =
                entries.map(|e| e.action).filter(|a| state.enabled(*a).is_ok()).collect();
            // What makes good again comes first.
            entries.sort_by_key(|a| {
                !matches!(a, Action::Restart1 | Action::Heal | Action::Resume | Action::FullSpeed)
            });
            entries
        })
    };
    (move || {
        let all = possible.get();
        let first: Vec<Action> = all.iter().copied().filter(|a| !matches!(a, Action::CrashHost | Action::Pause)).take(3).collect();
        let rest = all.len() - first.len();
        let buttons = first.into_iter().map(|action| {
            let entry = action.entry();
            view! { <button class="tb low" on:click=move |_| state.act(action)>{actions::sign(entry)}{entry.label}</button> }
        });
        let thing = thing.clone();
        let more = (rest > 0).then(|| {
            view! { <button class="tb low" aria-haspopup="menu" on:click=move |e: ev::MouseEvent| menu::open_at_button(state, &e, thing.clone())>{text::n_more(rest)}{icon::small("down")}</button> }
        });
        view! { <div class="acts">{buttons.collect_view()}{more}</div> }
    })
    .into_any()
}

/// The model card: paragraphs with bold beginnings; no other markup is used in it.
fn card(kind: Kind) -> AnyView {
    let card = kind.info().card.read();
    if card.trim().is_empty() {
        return ().into_any();
    }
    let paragraphs = card.split("\n\n").map(|p| {
        let parts = p.split("**").enumerate().map(|(i, part)| {
            let part = part.replace('\n', " ");
            if i % 2 == 1 { view! { <b>{part}</b> }.into_any() } else { part.into_any() }
        });
        view! { <p>{parts.collect_view()}</p> }
    });
    view! { <details><summary>{icon::small("chevron")}{text::inspector::CARD}</summary><div class="card">{paragraphs.collect_view()}</div></details> }.into_any()
}
