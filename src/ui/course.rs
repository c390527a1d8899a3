//! The course page: each chapter a line, each lesson a stop, and the way on. It may not know what a lesson teaches.

use super::lesson::progress::{Progress, Stand};
use super::route::Route;
use super::state::State;
use super::{icon, text};
use crate::components::Wire;
use crate::lessons::course::{CHAPTERS, Lesson, lessons};
use leptos::prelude::*;

pub fn course(state: State, route: RwSignal<Route>) -> AnyView {
    let open = Memo::new(move |_| state.class.away.get());
    Effect::new(move |before: Option<()>| {
        route.track();
        if before.is_some() && open.get() {
            request_animation_frame(|| super::state::focus("#course-title"));
        }
    });
    view! { {move || open.get().then(|| super::later(|| page(state)))} }.into_any()
}

/// The chapters that have lessons, with them.
fn lines() -> Vec<(u32, &'static str, Vec<&'static Lesson>)> {
    (1..)
        .zip(CHAPTERS)
        .map(|(number, title)| (number, title, lessons().iter().filter(|l| l.chapter == number).collect()))
        .filter(|(_, _, stops): &(_, _, Vec<_>)| !stops.is_empty())
        .collect()
}

fn page(state: State) -> AnyView {
    let progress = state.class.progress;
    let lines = lines();
    let count = lines.len();
    let key = move || {
        progress.with(|p| {
            let done = lessons().iter().filter(|l| p.stand(l) == Stand::Done).count();
            let left = lessons().iter().filter(|l| p.stand(l) != Stand::Done);
            view! {
                <span><i class="dot done"></i><b>{done}</b>{text::course::DONE}</span>
                {(p.here.is_some() && done < lessons().len()).then(|| view! { <span><i class="dot here"></i>{text::course::HERE}</span> })}
                <span><i class="dot"></i><b>{lessons().len() - done}</b>{text::still_open(left.map(|l| l.minutes).sum())}</span>
            }
        })
    };
    let numbers: Vec<u32> = lines.iter().map(|l| l.0).collect();
    let rows = lines
        .into_iter()
        .enumerate()
        .map(|(row, line)| self::line(progress, row, &numbers, line))
        .collect_view();
    view! {
        <div class="course">
            <header class="course-bar">
                <a class="course-brand" href="#/"><span aria-hidden="true" inner_html=super::bar::BRAND></span>{text::TITLE}</a>
                <span class="soft" aria-hidden="true">"/"</span><span class="soft">{text::lesson::COURSE}</span>
                <span class="grow"></span>
                <a class="tb soft" href="#/">{icon::leave()}{text::course::FREE_BOARD}</a>
            </header>
            <main>
                <div class="course-head">
                    <div>
                        <h1 id="course-title" tabindex="-1">{text::course::TITLE}</h1>
                        <p class="lede">{text::lines_and_stops(count, lessons().len())}</p>
                        <p class="course-key">{key}</p>
                    </div>
                    {move || progress.with(door)}
                </div>
                <div class="map"><p class="map-start"><i aria-hidden="true"></i>{text::course::START}</p>{rows}</div>
            </main>
        </div>
    }
    .into_any()
}

fn line(
    progress: RwSignal<Progress>,
    row: usize,
    numbers: &[u32],
    (number, title, stops): (u32, &'static str, Vec<&'static Lesson>),
) -> AnyView {
    // The lines leave the start side by side; the first turns off first, so it runs rightmost.
    let place = |i: usize| (numbers.len() - 1 - i) * 8;
    let passing = numbers.iter().enumerate().skip(row + 1);
    let passing = passing
        .map(|(i, n)| view! { <i style=format!("left:{}px;background:var(--l{n})", place(i))></i> })
        .collect_view();
    let minutes: u32 = stops.iter().map(|l| l.minutes).sum();
    let heading = format!("line-{number}");
    let labelled = heading.clone();
    let stops_count = stops.len();
    let list = stops.into_iter().map(|lesson| stop(progress, lesson)).collect_view();
    view! {
        <section class="line" style=format!("--l:var(--l{number})") aria-labelledby=labelled>
            <div class="gutter" aria-hidden="true">{passing}<i class="turn" style=format!("left:{}px", place(row))></i></div>
            <div class="chapter">
                <b aria-hidden="true">{number}</b>
                <h2 id=heading><span class="vh">{text::course::CHAPTER}{number}": "</span>{title}</h2>
                <p>{text::lessons_and_minutes(stops_count, minutes)}</p>
            </div>
            <ol>{list}</ol>
        </section>
    }
    .into_any()
}

fn stop(progress: RwSignal<Progress>, lesson: &'static Lesson) -> AnyView {
    let stand = Memo::new(move |_| progress.with(|p| p.stand(lesson)));
    let class = move || match stand.get() {
        Stand::Done => "stop done",
        Stand::Here => "stop here",
        Stand::Open => "stop",
    };
    let how = move || match stand.get() {
        Stand::Done => text::course::DONE.to_string(),
        Stand::Here => {
            let at = progress.with(|p| p.next(lesson));
            text::step_of(at + 1, lesson.steps.len()).to_lowercase()
        }
        Stand::Open => String::new(),
    };
    let state = move || match stand.get() {
        Stand::Done => format!(", {}", text::course::DONE),
        Stand::Here => format!(", {}, {}", text::course::HERE, how()),
        Stand::Open => format!(", {}", text::course::OPEN),
    };
    view! {
        <li>
            <a class=class href=format!("#/lesson/{}", lesson.number) aria-current=move || (stand.get() == Stand::Here).then_some("step")>
                <b class="number">{lesson.number}<span class="vh">". "</span></b>
                <span class="title">{lesson.title.clone()}</span>
                <span class="meta"><span class="vh">", "</span>{text::minutes(lesson.minutes)}<span class="vh">{state}</span>
                    {move || (stand.get() == Stand::Here).then(|| view! { <b aria-hidden="true">" · "{how()}</b> })}</span>
            </a>
        </li>
    }
    .into_any()
}

/// The way on: the lesson to go on with, its board in small.
fn door(progress: &Progress) -> Option<AnyView> {
    let lesson = progress.lesson()?;
    let step = progress.next(lesson);
    let begun = progress.here.is_some_and(|h| h.0 == lesson.number);
    let label = if begun { text::course::CONTINUE } else { text::course::BEGIN };
    Some(view! {
        <section class="door" aria-label=label>
            <div class="pic" aria-hidden="true">{lesson.steps.get(step).map(|s| sketch(&s.start()))}</div>
            <div class="txt">
                <small>{text::lesson_and_step(lesson.number, step + 1, lesson.steps.len())}</small>
                <strong>{lesson.title.clone()}</strong>
                <span class="soft">{text::minutes(lesson.minutes)}</span>
                <a class="tb primary" href=format!("#/lesson/{}", lesson.number) aria-label=format!("{label}: {}", lesson.title)>{label}{icon::small("chevron")}</a>
            </div>
        </section>
    }
    .into_any())
}

/// A board in small: its machines as cards, its links as lines.
fn sketch(document: &crate::scenario::Document) -> AnyView {
    let at = |name: &str| document.machine(name).map(|m| (f64::from(m.at.x), f64::from(m.at.y)));
    let places = || document.machines.iter().map(|m| (f64::from(m.at.x), f64::from(m.at.y)));
    let low = places().fold((f64::MAX, f64::MAX), |a, b| (a.0.min(b.0), a.1.min(b.1)));
    let high = places().fold((f64::MIN, f64::MIN), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    let frame =
        format!("{} {} {} {}", low.0 - 64.0, low.1 - 64.0, high.0 - low.0 + 128.0, high.1 - low.1 + 128.0);
    let lines = document.links.iter().filter_map(|l| {
        let ((x1, y1), (x2, y2)) = (at(&l.from)?, at(&l.to)?);
        let class = if l.wire == Wire::Calls { "call" } else { "copy" };
        Some(view! { <line class=class x1=x1 y1=y1 x2=x2 y2=y2></line> })
    });
    let cards =
        places().map(|(x, y)| view! { <rect x=x-52.0 y=y-28.0 width="104" height="56" rx="14"></rect> });
    view! { <svg viewBox=frame>{lines.collect_view()}{cards.collect_view()}</svg> }.into_any()
}
