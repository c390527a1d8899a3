//! The proof of a broken verdict: a space-time diagram, one sentence, and the way there. It may not know how it was found.

mod drawing;

use super::state::{Ask, State};
use super::{icon, text};
use crate::history::Key;
use crate::judge::State as Judged;
use leptos::{ev, html, prelude::*};

/// Follows a key, and shows where its value is.
pub fn follow(state: State, key: Key) {
    state.ask(Ask::Follow(Some(key)));
    state.open_panel("values");
}

pub fn proof(state: State) -> AnyView {
    let node = NodeRef::<html::Dialog>::new();
    let latest = RwSignal::new(false);
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        match state.proof.get() {
            Some(_) if !dialog.open() => {
                latest.set(false);
                let _ = dialog.show_modal();
            }
            None if dialog.open() => dialog.close(),
            _ => {}
        }
    });
    let verdict = Memo::new(move |_| {
        let id = state.proof.get()?;
        state.frame.with(|f| f.verdicts.iter().find(|v| v.id == id).map(|v| (v.name, v.state.count())))
    });
    // The proof stands while the run goes on: it is drawn when it is opened and when another one is asked for.
    let diagram = Memo::new(move |_| {
        let id = state.proof.get()?;
        let latest = latest.get();
        state.diagram(id, latest)
    });
    // A proof about machines or jobs is about no key.
    let key = Memo::new(move |_| {
        let (id, latest) = (state.proof.get()?, latest.get());
        state.frame.with(|f| match &f.verdicts.iter().find(|v| v.id == id)?.state {
            Judged::Broken { first, latest: last, .. } => {
                let witness = if latest { last } else { first };
                witness.ops.iter().any(|o| o.op.kind.on_register()).then_some(witness.key)
            }
            _ => None,
        })
    });
    let since = Memo::new(move |_| {
        let id = state.proof.get()?;
        state.frame.with(|f| match &f.verdicts.iter().find(|v| v.id == id)?.state {
            Judged::Broken { first, .. } => Some(first.at),
            _ => None,
        })
    });
    let count = move || verdict.with(|v| v.as_ref().map_or(0, |v| v.1));
    view! {
        <dialog class="sheet proof pop" node_ref=node aria-label=move || text::proof_is(verdict.with(|v| v.as_ref().map_or("", |v| v.0)))
            on:close=move |_| state.proof.set(None)
            on:click=move |e: ev::MouseEvent| if e.target() == e.current_target() { state.proof.set(None) }>
            <header>
                {icon::lamp("broken")}
                <h2>{move || verdict.with(|v| v.as_ref().map_or("", |v| v.0))}</h2>
                <span class="state"><b>{text::verdict::BROKEN}</b>{move || text::times_since(count(), since.get())}</span>
                <span class="pager">
                    <button class="ib" aria-label=text::proof::FIRST disabled=move || !latest.get() on:click=move |_| latest.set(false)>{icon::icon("left")}</button>
                    {move || text::which_of(latest.get(), count())}
                    <button class="ib" aria-label=text::proof::LATEST disabled=move || latest.get() || count() < 2 on:click=move |_| latest.set(true)>{icon::icon("chevron")}</button>
                </span>
                <button class="ib" aria-label=text::CLOSE on:click=move |_| state.proof.set(None)>{icon::icon("x")}</button>
            </header>
            <div class="body">
                {move || diagram.get().map(|d| super::later(|| drawing::drawing(&d)))}
            </div>
            <footer>
                {move || key.get().map(|key| view! {
                    <button class="tb out" on:click=move |_| { state.proof.set(None); follow(state, key) }>{icon::small("follow")}{text::watch::FOLLOW_KEY}</button>
                })}
                {move || diagram.get().map(|d| {
                    let at = d.to;
                    view! { <button class="tb primary" on:click=move |_| { state.ask(Ask::Play(false)); state.proof.set(None); state.ask(Ask::Seek(at)) }>{icon::small("go")}{text::proof::GO}</button> }
                })}
                <span class="grow"></span>
                <span class="soft">{move || diagram.get().map(|d| text::proved_by(d.bars.len()))}</span>
            </footer>
        </dialog>
    }
    .into_any()
}
