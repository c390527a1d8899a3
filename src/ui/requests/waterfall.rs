//! One request hop by hop over one time axis: how long it waited, was worked on, was on a line. It may not know how the
//! times were taken.

use super::super::state::{Ask, State};
use super::super::text::{self, watch as words};
use super::super::{icon, proof};
use crate::run::frame::{Hop, Trace};
use crate::run::trace::spent;
use crate::stdx::{Duration, Instant};
use leptos::prelude::*;

/// A part of a bar: its class, from when, until when.
type Part = (&'static str, Instant, Instant);

pub fn waterfall(state: State, trace: &Trace) -> AnyView {
    let end =
        trace.hops.iter().map(|h| h.answered).max().unwrap_or(trace.began).max(trace.began + trace.took);
    let whole = end.since(trace.began).0.max(1) as f64;
    let share = |at: Instant| at.min(end).since(trace.began).0 as f64 / whole * 100.0;
    let bar = |(class, from, to): Part| {
        let (left, right) = (share(from), share(to));
        let style = format!("left:{left:.3}%;width:{:.3}%", (right - left).max(0.0));
        view! { <i class=class style=style></i> }
    };
    let rows = trace.hops.iter().enumerate().map(|(i, hop)| {
        let (number, unit) = text::span(hop.answered.since(hop.arrived));
        view! {
            <div class="hop" style=format!("--deep:{}", deep(trace, i))>
                <span class="nm">{hop.machine.clone()}</span>
                <span class="way">{parts(trace, i, hop).into_iter().map(bar).collect_view()}</span>
                <b>{number}<span class="u">" "{unit}</span></b>
            </div>
        }
    });
    let rows = rows.collect_view();
    let legend = [words::WAITING, words::WORK, words::WIRE]
        .into_iter()
        .zip(["wait", "work", "wire"])
        .zip(spent(trace));
    let legend = legend.map(|((name, class), time)| {
        let (number, unit) = text::span(time);
        view! { <li><i class=class></i>{name}" "<b>{number}</b><span class="u">" "{unit}</span></li> }
    });
    let (key, began) = (trace.key, trace.began);
    view! {
        <header>
            {icon::glyph("", text::outcome_sign(trace))}
            <h3>{trace.who.clone()}": "{text::asked(trace)}</h3>
            <span class="soft">{text::outcome(trace)}", "{text::span_words(trace.took)}</span>
        </header>
        <div class="fall" role="img" aria-label=text::waterfall(trace)>{rows}</div>
        <ul class="key">{legend.collect_view()}</ul>
        <p>
            <button class="tb out" on:click=move |_| { state.ask(Ask::Play(false)); state.ask(Ask::Seek(began)) }>{icon::small("go")}{text::proof::GO}</button>
            <button class="tb out" on:click=move |_| proof::follow(state, key)>{icon::small("follow")}{words::FOLLOW_KEY}</button>
        </p>
    }
    .into_any()
}

/// How many hops lie around this one.
fn deep(trace: &Trace, of: usize) -> usize {
    let mut depth = 0;
    let mut at = of;
    while let Some(outer) = trace.hops[at].inside.filter(|outer| *outer < at) {
        (at, depth) = (outer, depth + 1);
    }
    depth
}

/// The bar of a hop: on the line, waiting, then what lies between the hops that it asked itself is its own work.
fn parts(trace: &Trace, index: usize, hop: &Hop) -> Vec<Part> {
    let before = |at: Instant, by: Duration| Instant(at.0.saturating_sub(by.0)).max(trace.began);
    let mut parts: Vec<Part> = vec![("span", hop.arrived, hop.answered)];
    if hop.wire > Duration::ZERO {
        parts.push(("wire", before(hop.arrived, hop.wire), hop.arrived));
        parts.push(("wire", hop.answered, hop.answered + hop.wire));
    }
    parts.push(("wait", hop.arrived, hop.started));
    if index == 0 {
        return lasting(parts);
    }
    let mut at = hop.started;
    for asked in trace.hops.iter().filter(|h| h.inside == Some(index)) {
        let (from, to) = (before(asked.arrived, asked.wire), asked.answered + asked.wire);
        if from > at {
            parts.push(("work", at, from));
        }
        at = at.max(to);
    }
    if hop.answered > at {
        parts.push(("work", at, hop.answered));
    }
    lasting(parts)
}

fn lasting(mut parts: Vec<Part>) -> Vec<Part> {
    parts.retain(|(_, from, to)| to > from);
    parts
}
