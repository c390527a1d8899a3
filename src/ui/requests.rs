//! Single requests: why they failed, counted; the latest ones; and the way of the chosen one as a waterfall, hop by hop.
//! It may not know how a request is followed.

mod waterfall;

use super::state::{Ask, State};
use super::text::{self, watch as words};
use super::{driver, icon};
use crate::editor::selection::Thing;
use crate::history::Cause;
use crate::run::frame::{Dot, Trace};
use leptos::prelude::*;
use std::sync::Arc;

/// Requests in the list.
const ROWS: usize = 60;
/// While the run goes on the list is made anew so often, in milliseconds: it can still be read.
const REST: f64 = 1_000.0;

pub fn requests(state: State) -> AnyView {
    let seen = Memo::new(move |_| state.panel.get() == "requests" || state.tab.get() == "requests");
    let over = Memo::new(move |_| match state.selection.with(|s| s.only().cloned()) {
        Some(Thing::Machine(name)) => Some(name),
        _ => None,
    });
    let cause = RwSignal::new(None::<Cause>);
    let list = RwSignal::new(Arc::new(Vec::<Trace>::new()));
    let made = StoredValue::new(0.0);
    Effect::new(move |before: Option<(Option<String>, Option<Cause>)>| {
        state.frame.track();
        let wanted = (over.get(), cause.get());
        let now = driver::milliseconds();
        let resting =
            state.playing.get() && now - made.get_value() < REST && before.as_ref() == Some(&wanted);
        if seen.get() && !resting {
            made.set_value(now);
            // A request that was turned away has never been on the machine that turned it away.
            let over = wanted.0.as_deref().filter(|_| wanted.1.is_none());
            let mut traces = state.with(|o| o.run.traces(over, wanted.1.is_some(), 4 * ROWS));
            traces.retain(|t| wanted.1.is_none_or(|c| t.outcome == Some(Err(c))));
            traces.truncate(ROWS);
            if list.with_untracked(|old| **old != traces) {
                list.set(Arc::new(traces));
            }
        }
        wanted
    });
    // A request under way goes on, and so does its picture.
    Effect::new(move |_| {
        state.frame.track();
        if let Some(old) = state.trace.get_untracked().filter(|t| t.outcome.is_none())
            && let Some(new) = state.with(|o| o.run.trace_by(old.op)).filter(|new| *new != *old)
        {
            state.trace.set(Some(Arc::new(new)));
        }
    });
    let rows = move || list.get().iter().map(|trace| row(state, trace)).collect_view();
    let title = move || match (cause.get(), over.get()) {
        (Some(cause), _) => cause.name().to_string(),
        (None, Some(name)) => text::requests_over(&name),
        (None, None) => words::LATEST.to_string(),
    };
    view! {
        <div class="requests sheet-page" id="panel-requests" role="region" aria-label=words::REQUESTS>
            <div class="list">
                {move || causes(state, cause)}
                <h3>{title}</h3>
                {move || list.with(|l| l.is_empty()).then(|| view! { <p class="soft">{if cause.get().is_some() { words::NO_FAILURE } else { words::NO_REQUESTS }}</p> })}
                <ul>{rows}</ul>
            </div>
            <div class="one">{move || state.trace.get().map(|trace| waterfall::waterfall(state, &trace))}</div>
        </div>
    }
    .into_any()
}

/// Every cause that there was, with its number; one press shows those alone.
fn causes(state: State, chosen: RwSignal<Option<Cause>>) -> AnyView {
    state.frame.track();
    let errors = state.with(|o| o.run.state().series.total.errors.clone());
    if errors.is_empty() {
        return view! { <p class="soft none">{words::NO_FAILURE}</p> }.into_any();
    }
    let button = |(cause, n): (Cause, u64)| {
        let on = move || chosen.get() == Some(cause);
        view! {
            <button class="tb low" aria-pressed=move || on().to_string() on:click=move |_| chosen.set(if on() { None } else { Some(cause) })>
                {cause.name()}<b>{text::times(n)}</b></button>
        }
    };
    view! { <div class="causes" role="group" aria-label=words::FAILURES>{errors.into_iter().map(button).collect_view()}</div> }.into_any()
}

fn row(state: State, trace: &Trace) -> AnyView {
    let chosen = {
        let op = trace.op;
        move || state.trace.with(|t| t.as_ref().is_some_and(|t| t.op == op))
    };
    let (number, unit) = text::span(trace.took);
    let kept = Arc::new(trace.clone());
    view! {
        <li>
            <button aria-pressed=move || chosen().to_string() on:click=move |_| state.trace.set(Some(kept.clone()))>
                <span class="at">{format!("{:.3} s", trace.began.as_secs())}</span>
                {icon::glyph("", text::outcome_sign(trace))}
                <span class="who">{trace.who.clone()}</span>
                <span>{text::asked(trace)}</span>
                <span class=if trace.outcome == Some(Ok(())) { "vh" } else { "soft" }>{text::outcome(trace)}</span>
                <b>{number}<span class="u">" "{unit}</span></b>
            </button>
        </li>
    }
    .into_any()
}

/// The request that a dot stands for, shown as a waterfall.
pub fn show(state: State, dot: &Dot) {
    match state.with(|o| o.run.trace_of(dot)) {
        Some(trace) => {
            state.ask(Ask::Follow(Some(trace.key)));
            state.trace.set(Some(Arc::new(trace)));
            state.open_panel("requests");
        }
        None => state.say(words::GONE.into(), true),
    }
}
