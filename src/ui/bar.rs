//! The banner: the board's name, the toolbar "Simulation", the doors to lessons and files. It may not know what runs.

use super::state::{Dialog, Speed, State};
use super::{actions, icon, text};
use crate::editor::action::Action;
use leptos::{ev, prelude::*};

pub fn bar(state: State) -> AnyView {
    let title = Memo::new(move |_| state.document.with(|d| d.title.clone()));
    let undo = move || {
        state
            .undo_name
            .with(|n| n.as_ref().map_or(text::bar::UNDO.into(), |n| format!("{}: {n}", text::bar::UNDO)))
    };
    let redo = move || {
        state
            .redo_name
            .with(|n| n.as_ref().map_or(text::bar::REDO.into(), |n| format!("{}: {n}", text::bar::REDO)))
    };
    view! {
        <header class="bar">
            <button class="tb skip" on:click=|_| super::state::focus("[role=application]")>{text::bar::TO_THE_BOARD}</button>
            <div>
                <span class="brand" aria-hidden="true" inner_html=BRAND></span>
                <h1><span class="vh">{text::TITLE}": "{title}</span>
                    <input class="title" type="text" maxlength="120" spellcheck="false" autocomplete="off" aria-label=text::bar::RENAME prop:value=title
                        on:change=move |e| state.set(text::bar::RENAME, crate::editor::command::Command::SetTitle(event_target_value(&e)), false)/></h1>
                <span class="sep not-phone"></span>
                <button class="ib" id="undo" aria-label=text::bar::UNDO title=undo disabled=move || state.undo_name.with(Option::is_none)
                    on:click=move |_| state.act(Action::Undo)>{icon::icon("undo")}</button>
                <button class="ib not-phone" id="redo" aria-label=text::bar::REDO title=redo disabled=move || state.redo_name.with(Option::is_none)
                    on:click=move |_| state.act(Action::Redo)>{icon::icon("redo")}</button>
            </div>
            {transport(state)}
            <div class="end">
                <a class="tb not-phone" href="#/course">{icon::small("book")}<span>{text::bar::LESSONS}</span></a>
                <span class="sep not-phone"></span>
                <button class="tb files not-phone" on:click=move |_| state.dialog.set(Some(Dialog::Open))>{text::bar::OPEN}</button>
                <button class="tb files not-phone" on:click=move |_| state.dialog.set(Some(Dialog::Save))>{text::bar::SAVE}</button>
                <button class="tb out not-phone" on:click=move |_| state.dialog.set(Some(Dialog::Share))>{text::bar::SHARE}</button>
                <button class="ib only-phone" aria-label=text::bar::SHARE on:click=move |_| state.dialog.set(Some(Dialog::Share))>{icon::icon("share")}</button>
                <button class="ib only-phone" aria-label=text::bar::MORE on:click=move |_| state.dialog.set(Some(Dialog::Commands))>{icon::icon("more")}</button>
            </div>
        </header>
    }
    .into_any()
}

pub const BRAND: &str = r#"<svg width="28" height="20" viewBox="0 0 28 20" fill="none" stroke-width="2.5"><path d="M1 10h7.5M19.5 10H27" stroke="var(--ink)"/><path d="M8.5 10l3-4.5M19.5 10l-3 4.5" stroke="var(--refused)" stroke-linecap="round"/></svg>"#;

fn transport(state: State) -> AnyView {
    let button = |icon: &'static str, label: &'static str, class: &'static str, action: Action| {
        view! { <button class=class aria-label=label title=actions::tip(label, action) on:click=move |_| state.act(action)>{icon::icon(icon)}</button> }
    };
    let label = move || if state.playing.get() { text::bar::PAUSE } else { text::bar::PLAY };
    let clock = Memo::new(move |_| text::clock(state.now.get()));
    let seed = Memo::new(move |_| state.document.with(|d| d.seed));
    let (least, most, step) = Speed::SLIDER;
    let share = move || (state.speed.get().slider() - least) / (most - least) * 100.0;
    let words = move || text::pace(state.speed.get());
    view! {
        <div class="transport" role="toolbar" aria-label=text::region::SIMULATION>
            {button("again", text::bar::RESTART, "ib not-phone", Action::Restart)}
            {button("back", text::bar::STEP_BACK, "ib", Action::StepBack)}
            <button class="play" aria-label=label title=label on:click=move |_| state.act(Action::PlayOrPause)>
                {move || icon::icon(if state.playing.get() { "pause" } else { "play" })}
            </button>
            {button("step", text::bar::STEP, "ib", Action::Step)}
            <span class="speed">
                <input type="range" aria-label=text::bar::SPEED min=least max=most step=step title=words aria-valuetext=words
                    prop:value=move || state.speed.get().slider().to_string() style:--v=move || format!("{:.1}%", share())
                    on:input=move |e: ev::Event| state.speed.set(Speed::from_slider(event_target_value(&e).parse().unwrap_or(0.0)))/>
                <output>{move || match state.speed.get() { Speed::Times(k) => text::speed(k), Speed::Flat => "max".into() }}</output>
            </span>
            <span class="sep not-phone"></span>
            <span class="clock" role="timer" aria-label=text::bar::CLOCK>{move || clock.with(|c| c.0.clone())}<i>{move || clock.with(|c| c.1.clone())}</i></span>
            <button class="ib seed not-phone" aria-label=text::bar::NEW_SEED title=text::bar::NEW_SEED on:click=move |_| state.act(Action::NewSeed)>{icon::small("dice")}</button>
            <span class="seed-number soft not-phone">{move || text::seed(seed.get())}</span>
        </div>
    }
    .into_any()
}
