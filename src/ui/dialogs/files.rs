//! Opening a board: an example, one saved here, or a text; and handing one on: as a link, as a text. It may not know how
//! a board is written.

use super::super::state::State;
use super::super::{icon, storage, text};
use crate::scenario::problem::Problem;
use crate::scenario::{Document, examples, notation, share, version};
use leptos::prelude::*;

/// Reads a board from a text in the notation, in JSON, or from a link.
fn read(text: &str) -> Result<Document, Vec<String>> {
    let said = |problems: Vec<Problem>| problems.iter().take(5).map(Problem::to_string).collect::<Vec<_>>();
    let text = text.trim();
    if text.starts_with('{') {
        return version::read(text).map_err(said);
    }
    match text.split_once('#') {
        Some((before, rest)) if rest.starts_with("b1") && !before.contains('\n') => {
            share::read(rest).map(|s| s.document).map_err(|e| vec![e.to_string()])
        }
        _ => notation::parse(text).map_err(said),
    }
}

fn take(state: State, document: Document) {
    state.dialog.set(None);
    state.edit(|e| e.open(text::edit::OPEN, document));
}

pub fn open(state: State) -> AnyView {
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(Vec::<String>::new());
    let boards = RwSignal::new(storage::names());
    let offered = examples::ALL.iter().map(|example| {
        let title = example.document().title;
        view! { <li><button class="tb" on:click=move |_| take(state, example.document())>{icon::small("file")}{title}</button></li> }
    });
    let saved = move || {
        boards.get().into_iter().map(|name| {
            let (shown, gone, label) = (name.clone(), name.clone(), text::forget(&name));
            view! {
                <li>
                    <button class="tb" on:click=move |_| if let Some(document) = storage::load(&name) { take(state, document) }>{icon::small("disk")}{shown}</button>
                    <button class="ib small" aria-label=label on:click=move |_| { storage::remove(&gone); boards.set(storage::names()) }>{icon::small("delete")}</button>
                </li>
            }
        }).collect_view()
    };
    let read_typed = move |_| match read(&typed.get_untracked()) {
        Ok(document) => take(state, document),
        Err(problems) => wrong.set(problems),
    };
    view! {
        <h3>{text::files::EXAMPLES}</h3>
        <ul class="boards">
            <li><button class="tb" on:click=move |_| take(state, Document::default())>{icon::small("plus")}{text::EMPTY}</button></li>
            {offered.collect_view()}
        </ul>
        {move || (!boards.with(Vec::is_empty)).then(|| view! { <h3>{text::files::SAVED}</h3> })}
        <ul class="boards">{saved}</ul>
        <h3>{text::files::TEXT}</h3>
        <textarea class="notation" spellcheck="false" aria-label=text::files::TEXT placeholder=text::files::HINT prop:value=typed on:input=move |e| typed.set(event_target_value(&e))></textarea>
        {move || wrong.get().into_iter().map(|why| view! { <p class="say-error" role="alert">{icon::small("warn")}<span>{why}</span></p> }).collect_view()}
        <p><button class="tb primary" on:click=read_typed>{text::bar::OPEN}</button></p>
    }
    .into_any()
}

pub fn share(state: State) -> AnyView {
    let document = state.document.get_untracked();
    let at = state.now.get_untracked();
    let base = window().location().href().unwrap_or_default();
    let base = base.split('#').next().unwrap_or_default().to_string();
    let link = share::write(&document, Some(at)).map(|part| format!("{base}#{part}"));
    let written = notation::write(&document);
    let copy = move |text: String| {
        let _ = window().navigator().clipboard().write_text(&text);
        state.say(text::COPIED.into(), true);
        state.dialog.set(None);
    };
    let link_part = match link {
        Ok(link) => {
            let (shown, size) = (link.clone(), text::characters(link.len()));
            view! {
                <p class="link-row"><input class="field" type="text" readonly aria-label=text::files::LINK prop:value=shown/><button class="tb primary" on:click=move |_| copy(link.clone())>{text::files::COPY_LINK}</button></p>
                <p class="soft">{size}</p>
            }
            .into_any()
        }
        Err(why) => {
            view! { <p class="say-error">{icon::small("warn")}<span>{why.to_string()}</span></p> }.into_any()
        }
    };
    let (text_shown, saved) = (written.clone(), document.clone());
    view! {
        <h3>{text::files::LINK}</h3>
        {link_part}
        <h3>{text::files::TEXT}</h3>
        <textarea class="notation" readonly spellcheck="false" aria-label=text::files::TEXT prop:value=text_shown></textarea>
        <p class="link-row">
            <button class="tb out" on:click=move |_| copy(written.clone())>{text::files::COPY_TEXT}</button>
            <button class="tb out" on:click=move |_| match storage::save(&saved) {
                Ok(()) => { state.say(text::saved(&saved.title), true); state.dialog.set(None) }
                Err(why) => state.say(why, true),
            }>{text::files::KEEP}</button>
        </p>
    }
    .into_any()
}
