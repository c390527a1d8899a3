//! "Where is my value?": every copy of the followed key on the board, with its version and how long it has been
//! outdated. It may not know who keeps what.

use super::state::{Ask, State, key_name};
use super::text::{self, watch as words};
use super::{board, icon};
use crate::components::Shelf;
use crate::editor::selection::Thing;
use crate::history::Key;
use crate::run::frame::{Chip, Copy};
use leptos::{ev, prelude::*};

/// Keys that are offered, the busiest first.
const KEYS: usize = 12;

pub fn values(state: State) -> AnyView {
    let seen = Memo::new(move |_| state.panel.get() == "values" || state.tab.get() == "values");
    let key = Memo::new(move |_| state.frame.with(|f| f.follow));
    let copies = Memo::new(move |_| {
        state.frame.track();
        match (seen.get(), key.get()) {
            (true, Some(key)) => state.with(|o| o.run.copies(key)),
            _ => Vec::new(),
        }
    });
    let newest = move || {
        let key = key.get()?;
        let (n, now) = state.frame.with(|f| (f.versions, f.now));
        let at = state.with(|o| o.run.state().versions.newest_at(key))?;
        let chip = format!("chip v{}", 3);
        Some(
            view! { <span>{words::NEWEST}" "<b class=chip>{format!("v{n}")}</b>" "{text::newest_since(at, now)}</span> },
        )
    };
    let rows = move || copies.get().into_iter().map(|copy| row(state, copy)).collect_view();
    let body = move || {
        key.get().map(|_| {
            view! {
                <header><label class="soft">{text::FOLLOWING}" "{picker(state, text::watch::WHICH)}</label>{newest}</header>
                <table>
                    <caption class="vh">{words::VALUES}</caption>
                    <thead><tr>{[words::KEPT_BY, words::HOLDS, words::BEHIND, words::OUTDATED].map(|h| view! { <th scope="col">{h}</th> }).collect_view()}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                <p class="soft">{move || copies.with(|c| text::copies_newest(c))}</p>
            }
        })
    };
    view! {
        <div class="values sheet-page" id="panel-values" role="region" aria-label=words::VALUES tabindex="0">
            {body}
            {move || key.get().is_none().then(|| view! { <p class="soft">{words::NOBODY_WROTE}</p> })}
        </div>
    }
    .into_any()
}

/// Which key is followed: the busiest ones, and the one that is.
pub fn picker(state: State, label: &'static str) -> AnyView {
    let key = Memo::new(move |_| state.frame.with(|f| f.follow));
    let second = Memo::new(move |_| state.now_slow.get().0 / 1_000_000_000);
    let keys = Memo::new(move |_| {
        second.track();
        let mut keys = state.with(|o| o.run.state().versions.busiest_keys(KEYS));
        keys.extend(key.get().filter(|k| !keys.contains(k)));
        keys
    });
    let options = move || {
        let now = key.get();
        keys.get()
            .into_iter()
            .map(|k| view! { <option value=k.0.to_string() selected={Some(k) == now}>{key_name(k)}</option> })
            .collect_view()
    };
    let choose = move |e: ev::Event| {
        let chosen = event_target_value(&e).parse().ok().map(Key);
        state.ask(Ask::Follow(chosen));
    };
    view! { <select aria-label=label on:change=choose>{options}</select> }.into_any()
}

fn row(state: State, copy: Copy) -> AnyView {
    let newest = state.frame.with_untracked(|f| f.versions);
    let label = match (copy.kind.info().shelf, copy.role) {
        (Shelf::Sends, _) => words::LAST_SEEN.to_string(),
        (_, Some(role)) => format!("{}, {role}", copy.kind.info().label),
        _ => copy.kind.info().label.to_string(),
    };
    let card = state.with(|o| o.run.state().cast.card_named(&copy.machine));
    let choose = move |_| {
        if let Some(card) = card.clone() {
            state.choose(Thing::Machine(card));
        }
    };
    let cells = match copy.holds {
        None => view! { <td class="soft" colspan="3">{words::NOTHING}</td> }.into_any(),
        Some(place) => {
            let age = text::chip_age(&Chip { version: place.version, outdated: place.outdated });
            let class = board::version_class(place.version, newest);
            view! { <td><b class=class>{format!("v{}", place.version)}</b></td><td>{place.behind}</td><td>{age}</td> }.into_any()
        }
    };
    view! {
        <tr>
            <th scope="row">{icon::machine(copy.kind.info().word)}<button class="tb" on:click=choose>{copy.machine}</button><span class="soft">{label}</span></th>
            {cells}
        </tr>
    }
    .into_any()
}
