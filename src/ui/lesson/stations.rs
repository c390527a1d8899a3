//! The four stations of a step: watch, predict, do, explain. They show what the run has said so far and ask for the next;
//! they may not know how it is decided.

use super::{GoalPicture, Picture};
use crate::lessons::course::{Act, Predict, Step};
use crate::stdx::Instant;
use crate::ui::state::{Ask, State};
use crate::ui::{icon, text};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

/// Where the learner is on the line.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Station {
    Predict = 1,
    Do,
    Explain,
}

impl Station {
    fn of(picture: &Picture, step: &Step) -> Station {
        if picture.explained.is_some() {
            Station::Explain
        } else if step.predict.is_some() && !picture.may_act && picture.decided.is_none() {
            Station::Predict
        } else if step.act.is_some() {
            Station::Do
        } else {
            Station::Explain
        }
    }
}

pub fn stations(state: State, step: &'static Step) -> AnyView {
    let now = Memo::new(move |_| state.class.picture.with(|p| Station::of(p, step)));
    let class = move |station: Station| {
        move || match now.get() {
            n if n == station => "phase at",
            n if n > station => "phase past",
            _ => "phase ahead",
        }
    };
    let acting = Memo::new(move |_| now.get() >= Station::Do);
    let current = move |station: Station| move || (now.get() == station).then_some("step");
    view! {
        <ol class="phases">
            <li class="phase past">
                <h4>{text::lesson::WATCH}</h4>
                <div class="prose" inner_html=step.watch.clone()></div>
            </li>
            {step.predict.as_ref().map(|p| view! {
                <li class=class(Station::Predict) aria-current=current(Station::Predict)>
                    <h4>{text::lesson::PREDICT}</h4>{predict(state, p)}
                </li>
            })}
            {step.act.as_ref().map(|act| view! {
                <li id="lesson-do" class=class(Station::Do) aria-current=current(Station::Do)>
                    <h4>{text::lesson::DO}{move || (!acting.get()).then(|| view! { <small>{text::lesson::DO_LATER}</small> })}</h4>
                    {move || acting.get().then(|| self::act(state, act))}
                </li>
            })}
            <li id="lesson-explain" class=class(Station::Explain) aria-current=current(Station::Explain)>{explain(state, step)}</li>
        </ol>
    }
    .into_any()
}

fn predict(state: State, predict: &'static Predict) -> AnyView {
    let picture = state.class.picture;
    let chosen = RwSignal::new(None::<usize>);
    let committed = Memo::new(move |_| picture.with(|p| p.committed));
    let decided = Memo::new(move |_| picture.with(|p| p.decided.clone()));
    let mine = move || committed.get().map(|c| c.0).or(chosen.get());
    let row = move |i: usize, words: &str| {
        let class = move || {
            let right = decided.with(|d| d.as_ref().map(|d| d.0.get(i) == Some(&true)));
            match (mine() == Some(i), right) {
                (true, None) => "on",
                (true, Some(true)) => "on so",
                (true, Some(false)) => "on",
                (false, Some(true)) => "so",
                (false, _) => "",
            }
        };
        let said = move || {
            let (right, at) = decided.get()?;
            let words = match (right.get(i) == Some(&true), mine() == Some(i)) {
                (true, _) => text::so_it_was(at),
                (false, true) => text::lesson::NOT_SO.to_string(),
                (false, false) => return None,
            };
            Some(
                view! { <span class="said">{icon::small(if right[i] { "check" } else { "x" })}{words}</span> },
            )
        };
        view! {
            <label class=class>
                <input type="radio" name="prediction" prop:checked=move || mine() == Some(i) disabled=move || committed.with(Option::is_some)
                    on:change=move |_| chosen.set(Some(i))/>
                <span class="ring" aria-hidden="true"></span>
                <span inner_html=words.to_string()></span>
                {said}
            </label>
        }
    };
    let rows = predict.options.iter().enumerate().map(|(i, o)| row(i, &o.words)).collect_view();
    let commit = move |e: ev::SubmitEvent| {
        e.prevent_default();
        if let Some(choice) = chosen.get_untracked() {
            super::commit(state, choice);
            crate::ui::state::focus(".committed");
        }
    };
    view! {
        <form on:submit=commit>
            <div class="prose" inner_html=predict.question.clone()></div>
            <div class="opts" role="radiogroup" aria-label=text::lesson::YOUR_PREDICTION>{rows}</div>
            {move || committed.with(Option::is_none).then(|| view! {
                <p class="commitrow">
                    <button class="tb primary" type="submit" disabled=move || chosen.with(Option::is_none)>{text::lesson::COMMIT}</button>
                    <span>{text::lesson::THEN_THE_RUN}</span>
                </p>
            })}
            <p class="committed" tabindex="-1">{move || committed.get().map(|(_, at)| view! {
                <svg class="i s" viewBox="0 0 24 24" aria-hidden="true"><rect x="4" y="11" width="16" height="10" rx="2"></rect><path d="M8 11V7a4 4 0 0 1 8 0v4"></path></svg>
                {text::committed_at(at)}
            })}{move || (committed.with(Option::is_some) && decided.with(Option::is_none)).then(|| format!(" {}", text::lesson::DECIDING))}</p>
        </form>
    }
    .into_any()
}

fn act(state: State, act: &'static Act) -> AnyView {
    let picture = state.class.picture;
    let goals = act
        .goals
        .iter()
        .enumerate()
        .map(|(i, goal)| {
            let picture = Memo::new(move |_| picture.with(|p| p.goals.get(i).cloned()));
            let met = Memo::new(move |_| picture.with(|g| g.as_ref().is_some_and(|g| g.met)));
            view! {
                <li class:met=met>
                    {move || mark(picture.get())}
                    <span inner_html=goal.words.clone()></span>
                    <span class="state">{move || picture.with(|g| g.as_ref().map(|g| g.words.clone()))}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="prose" inner_html=act.text.clone()></div>
        <ul class="goals" aria-label=text::lesson::GOALS>{goals}</ul>
        {move || picture.with(|p| p.spoilt && p.may_act).then(|| view! {
            <p class="commitrow">
                <button class="tb primary" on:click=move |_| super::start(state)>{text::lesson::START}</button>
                <span>{text::lesson::START_WHY}</span>
            </p>
        })}
        {hints(state, act)}
    }
    .into_any()
}

/// A tick, or a ring that fills as the goal holds.
fn mark(goal: Option<GoalPicture>) -> AnyView {
    match goal {
        Some(goal) if goal.met => icon::small("check"),
        goal => {
            let filled = format!("{:.1} 100", goal.map_or(0.0, |g| g.share) * 100.0);
            view! {
                <svg class="i s" viewBox="0 0 16 16" aria-hidden="true">
                    <circle cx="8" cy="8" r="6.5" stroke="var(--hairline)" stroke-width="3"></circle>
                    <circle cx="8" cy="8" r="6.5" stroke="var(--accent)" stroke-width="3" stroke-linecap="butt" pathLength="100" stroke-dasharray=filled transform="rotate(-90 8 8)"></circle>
                </svg>
            }
            .into_any()
        }
    }
}

/// The ladder: one more hint at each press, and in the end the solution.
fn hints(state: State, act: &'static Act) -> AnyView {
    let shown = RwSignal::new(0usize);
    let all = act.hints.len();
    let rung = move |i: usize| {
        let label = text::lesson::RUNGS.get(i).copied().unwrap_or(text::lesson::RUNGS[2]);
        view! {
            {(i > 0).then(|| view! { <span class="dash" aria-hidden="true"></span> })}
            <button class="rung" class:on=move || i < shown.get() disabled=move || { i > shown.get() } aria-expanded=move || (i < shown.get()).to_string() on:click=move |_| shown.update(|n| *n = (*n).max(i + 1))><b><span class="vh">{text::lesson::HINT}</span>{i + 1}<span class="vh">{text::of(all)}</span></b><span>{label}</span></button>
        }
    };
    let texts = move || {
        let one = |h: &String| view! { <li inner_html=h.clone()></li> };
        act.hints.iter().take(shown.get()).map(one).collect_view()
    };
    view! {
        <div class="hints" role="group" aria-label=text::lesson::HINTS>
            {(0..all).map(rung).collect_view()}
            <button class="tb out" on:click=move |_| super::show_me(state)>{icon::small("play")}{text::lesson::SHOW_ME}</button>
        </div>
        <ol class="hint-texts" aria-live="polite">{texts}</ol>
    }
    .into_any()
}

fn explain(state: State, step: &'static Step) -> AnyView {
    let explained = Memo::new(move |_| state.class.picture.with(|p| p.explained.clone()));
    let when = match &step.act {
        Some(act) => text::opens_after(act.goals.len()),
        None => text::lesson::OPENS_DECIDED.into(),
    };
    view! {
        <h4>{text::lesson::EXPLAIN}{move || explained.with(Option::is_none).then(|| view! { <small>{when.clone()}</small> })}</h4>
        {move || match explained.get() {
            Some(html) => {
                // Each value is a way to the instant that shows it.
                let html = html.replace("<b data-at", "<b role=\"link\" tabindex=\"0\" data-at");
                let go = move |target: Option<web_sys::EventTarget>| {
                    let on = target.and_then(|t| t.dyn_into::<web_sys::Element>().ok());
                    let at = on.and_then(|e| e.get_attribute("data-at")).and_then(|at| at.parse().ok());
                    if let Some(at) = at {
                        state.ask(Ask::Play(false));
                        state.ask(Ask::Seek(Instant(at)));
                    }
                };
                view! {
                    <div class="prose debrief" inner_html=html on:click=move |e| go(e.target())
                        on:keydown=move |e: ev::KeyboardEvent| if e.key() == "Enter" { go(e.target()) }></div>
                }
                .into_any()
            }
            None => view! { <p class="hint">{text::lesson::YOUR_OWN_RUN}</p> }.into_any(),
        }}
    }
    .into_any()
}
