//! Opening a board: an example, one saved here, or a text; and handing one on: as a link, as a text. It may not know how
//! a board is written.

use super::super::state::State;
use super::super::state::focus;
use super::super::{device, icon, picture, screen, storage, text};
use crate::scenario::problem::{Problem, check};
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

/// The same, and only what can run: the board that is there is left for no other.
fn read_sound(text: &str) -> Result<Document, Vec<String>> {
    let document = read(text)?;
    let errors: Vec<String> =
        check(&document).iter().filter(|p| p.is_error()).take(5).map(Problem::to_string).collect();
    if errors.is_empty() { Ok(document) } else { Err(errors) }
}

/// A file's text as a board; what is wrong with it is said, and the board that is there stays.
pub fn take_text(state: State, text: &str) {
    match read_sound(text) {
        Ok(document) => take(state, document),
        Err(problems) => state.say(text::no_board(problems.first().map_or("", |p| p)), true),
    }
}

/// Where the focus goes when what had it goes.
const CLOSE: &str = "dialog[open] header button";

/// Opens the board in place of the one that is there.
pub fn take(state: State, document: Document) {
    state.dialog.set(None);
    storage::autosave::another(state);
    state.edit(|e| e.open(text::edit::OPEN, document));
}

pub fn open(state: State) -> AnyView {
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(Vec::<String>::new());
    let boards = RwSignal::new(storage::names());
    let offered = examples::ALL.iter().map(|example| {
        let title = example.document().title;
        view! { <li><button class="tb" on:click=move |_| take(state, screen::placed(example))>{icon::small("file")}{title}</button></li> }
    });
    let saved = move || {
        boards.get().into_iter().map(|name| {
            let (shown, gone, label) = (name.clone(), name.clone(), text::forget(&name));
            view! {
                <li>
                    <button class="tb" on:click=move |_| if let Some(document) = storage::load(&name) { take(state, document) }>{icon::small("disk")}{shown}</button>
                    <button class="ib small" aria-label=label on:click=move |_| { focus(CLOSE); storage::remove(&gone); boards.set(storage::names()) }>{icon::small("delete")}</button>
                </li>
            }
        }).collect_view()
    };
    let aside = RwSignal::new(storage::earlier::all());
    let earlier = move || {
        aside.get().into_iter().map(|board| {
            let title = board.document().map_or_else(|| text::files::OTHER_VERSION.to_string(), |d| d.title);
            let shown = text::earlier(&title, &board.when());
            let (gone, label) = (board.clone(), text::forget(&shown));
            view! {
                <li>
                    <button class="tb" on:click=move |_| typed_or_taken(state, typed, wrong, board.text.clone())>{icon::small("disk")}{shown}</button>
                    <button class="ib small" aria-label=label on:click=move |_| { focus(CLOSE); gone.forget(); aside.set(storage::earlier::all()) }>{icon::small("delete")}</button>
                </li>
            }
        }).collect_view()
    };
    let read_typed = move |_| match read_sound(&typed.get_untracked()) {
        Ok(document) => take(state, document),
        Err(problems) => wrong.set(problems),
    };
    view! {
        <label class="tb out file">{icon::small("file")}{text::files::FILE}
            <input type="file" class="vh" accept=".tradeoff,.txt,.json,text/plain,application/json" on:change=move |e| if let Some(input) = e.target() { device::take_in(state, &input, move |read_text| typed_or_taken(state, typed, wrong, read_text)) }/></label>
        <p class="soft">{text::files::DROP}</p>
        <h3>{text::files::EXAMPLES}</h3>
        <ul class="boards">
            <li><button class="tb" on:click=move |_| take(state, Document::default())>{icon::small("plus")}{text::EMPTY}</button></li>
            {offered.collect_view()}
        </ul>
        {move || (!boards.with(Vec::is_empty)).then(|| view! { <h3>{text::files::SAVED}</h3> })}
        <ul class="boards">{saved}</ul>
        {move || (!aside.with(Vec::is_empty)).then(|| view! { <h3>{text::files::EARLIER}</h3><p class="soft">{text::files::EARLIER_WHY}</p> })}
        <ul class="boards">{earlier}</ul>
        <h3>{text::files::TEXT}</h3>
        <textarea class="notation" spellcheck="false" aria-label=text::files::TEXT placeholder=text::files::HINT prop:value=typed on:input=move |e| typed.set(event_target_value(&e))></textarea>
        {move || wrong.get().into_iter().map(|why| view! { <p class="say-error" role="alert">{icon::small("warn")}<span>{why}</span></p> }).collect_view()}
        <p><button class="tb primary" on:click=read_typed>{text::bar::OPEN}</button></p>
    }
    .into_any()
}

/// What a chosen file holds: a board is opened; else its text stands below with what is wrong with it.
fn typed_or_taken(state: State, typed: RwSignal<String>, wrong: RwSignal<Vec<String>>, found: String) {
    match read(&found) {
        Ok(document) => take(state, document),
        Err(problems) => {
            typed.set(found);
            wrong.set(problems);
        }
    }
}

/// Keeping a board: on the device, as a file, as a picture.
pub fn save(state: State) -> AnyView {
    let document = state.document.get_untracked();
    let said = move |name: String| {
        state.dialog.set(None);
        state.say(text::handed_out(&name), true);
    };
    let name = |ending: &str| device::file_name(&document.title, ending);
    let (plain, json, svg, png) = (name("tradeoff"), name("json"), name("svg"), name("png"));
    let button = |words: &'static str, hint: String, act: Box<dyn Fn()>| {
        let act = send_wrapper::SendWrapper::new(act);
        view! { <button class="tb out" title=hint on:click=move |_| (*act)()>{words}</button> }
    };
    let text_file = |name: String, kind: &'static str, text: String| -> (String, Box<dyn Fn()>) {
        (
            name.clone(),
            Box::new(move || {
                device::hand_out(&name, kind, &text);
                said(name.clone())
            }),
        )
    };
    let (notation_name, notation_act) = text_file(plain, "text/plain", notation::write(&document));
    let (json_name, json_act) = text_file(json, "application/json", version::write(&document));
    let svg_act: Box<dyn Fn()> = {
        let name = svg.clone();
        Box::new(move || {
            device::hand_out(&name, "image/svg+xml", &picture::picture(state).0);
            said(name.clone())
        })
    };
    let png_act: Box<dyn Fn()> = {
        let name = png.clone();
        Box::new(move || {
            let (drawn, width, height) = picture::picture(state);
            device::hand_out_png(name.clone(), &drawn, width, height);
            said(name.clone());
        })
    };
    let saved = document.clone();
    view! {
        <h3>{text::files::SAVED}</h3>
        <p class="link-row"><input class="field" type="text" readonly aria-label=text::bar::RENAME prop:value=document.title.clone()/>
            <button class="tb primary" on:click=move |_| match storage::save(&saved) {
                Ok(()) => { state.say(text::saved(&saved.title), true); state.dialog.set(None) }
                Err(why) => state.say(why, true),
            }>{text::files::KEEP}</button></p>
        <h3>{text::files::AS_FILE}</h3>
        <p class="link-row">{button(text::files::NOTATION, notation_name, notation_act)}{button(text::files::JSON, json_name, json_act)}</p>
        <h3>{text::files::AS_PICTURE}</h3>
        <p class="link-row">{button(text::files::SVG, svg, svg_act)}{button(text::files::PNG, png, png_act)}</p>
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
    let text_shown = written.clone();
    view! {
        <h3>{text::files::LINK}</h3>
        {link_part}
        <h3>{text::files::TEXT}</h3>
        <textarea class="notation" readonly spellcheck="false" aria-label=text::files::TEXT prop:value=text_shown></textarea>
        <p class="link-row">
            <button class="tb out" on:click=move |_| copy(written.clone())>{text::files::COPY_TEXT}</button>
        </p>
    }
    .into_any()
}
