//! The reading column: the lesson's head, the stations of the step on their line, and the ways to the steps beside it. It
//! may not know what a station does.

use super::{Place, stations};
use crate::lessons::course::CHAPTERS;
use crate::ui::state::State;
use crate::ui::{icon, later, text};
use leptos::prelude::*;

pub fn column(state: State) -> AnyView {
    let place = state.class.place;
    view! { {move || place.get().map(|place| later(|| open(state, place)))} }.into_any()
}

fn open(state: State, place: Place) -> Option<AnyView> {
    let lesson = place.lesson()?;
    let step = place.step()?;
    let all = lesson.steps.len();
    let chapter = CHAPTERS.get(lesson.chapter as usize - 1).copied().unwrap_or_default();
    let last = place.step + 1 == all;
    let opened = Memo::new(move |_| state.class.picture.with(|p| p.explained.is_some()));
    let rail = (0..all)
        .map(|i| {
            let class = move || {
                let done = state.class.progress.with(|p| p.is_done(lesson.number, i));
                match (i == place.step, done) {
                    (true, _) => "at",
                    (false, true) => "past",
                    _ => "ahead",
                }
            };
            view! { <i class=class></i> }
        })
        .collect_view();
    let intro = (place.step == 0 && !lesson.intro.is_empty())
        .then(|| view! { <div class="intro prose" inner_html=lesson.intro.clone()></div> });
    let after = move || {
        (last && opened.get()).then(|| {
            view! {
                <section class="after">
                    <h4>{text::lesson::WORLD}</h4>
                    <div class="prose" inner_html=lesson.world.clone()></div>
                    <h4>{text::lesson::CARD}</h4>
                    <div class="prose" inner_html=lesson.card.clone()></div>
                </section>
            }
        })
    };
    let free = move || {
        opened.get().then(|| {
            view! {
                <p class="free">{text::lesson::FREE_PLAY}
                    <button class="tb out" on:click=move |_| super::take_along(state)>{icon::leave()}{text::lesson::TAKE_ALONG}</button></p>
            }
        })
    };
    Some(view! {
        <aside class="lesson sheet-page" id="panel-lesson" aria-label=text::region::LESSON>
            <div class="pages">
                <nav class="kicker" aria-label=text::lesson::WHERE>
                    <a href="#/course">{text::lesson::COURSE}</a><span aria-hidden="true">"/"</span>
                    <span>{text::chapter(lesson.chapter, chapter)}</span><span aria-hidden="true">"/"</span>
                    <span>{text::lesson_and_minutes(lesson.number, lesson.minutes)}</span>
                </nav>
                <h2>{lesson.title.clone()}</h2>
                {intro}
                <div class="steps">
                    <h3 id="lesson-step" tabindex="-1">{step.title.clone()}</h3>
                    <span class="n">{text::step_of(place.step + 1, all)}</span>
                    <span class="steprail" aria-hidden="true">{rail}</span>
                </div>
                {stations::stations(state, step)}
                {after}
                {free}
            </div>
            <nav class="foot" aria-label=text::lesson::STEPS>{back(place)}{forth(place)}</nav>
        </aside>
    }
    .into_any())
}

fn back(place: Place) -> Option<AnyView> {
    let lesson = place.lesson()?;
    let before = place.step.checked_sub(1)?;
    let title = text::numbered(before + 1, &lesson.steps[before].title);
    Some(way(lesson.number, before, "back", text::lesson::PREVIOUS, title))
}

fn forth(place: Place) -> Option<AnyView> {
    let lesson = place.lesson()?;
    let after = place.step + 1;
    Some(match lesson.steps.get(after) {
        Some(step) => {
            way(lesson.number, after, "next", text::lesson::NEXT, text::numbered(after + 1, &step.title))
        }
        None => {
            view! { <a class="tb next" href="#/course">{text::lesson::TO_COURSE}{icon::small("chevron")}</a> }
                .into_any()
        }
    })
}

fn way(lesson: u32, step: usize, class: &str, direction: &str, title: String) -> AnyView {
    let arrow = || icon::glyph("i s", "i-chevron");
    let label = format!("{direction}: {title}");
    view! {
        <a class=format!("tb {class}") href=format!("#/lesson/{lesson}/{}", step + 1) aria-label=label>
            {(class == "back").then(arrow)}<span>{title}</span>{(class == "next").then(arrow)}
        </a>
    }
    .into_any()
}
