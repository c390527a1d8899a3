//! One strip for each thing that is measured: its curves, and its latest values at their ends.

use super::super::state::{State, Window};
use super::super::text::{self, chart as words};
use crate::editor::selection::Thing;
use crate::paint::{chart, scale};
use crate::run::frame::Sample;
use crate::run::theory;
use crate::scenario::Document;
use crate::stdx::Duration;
use leptos::prelude::*;
use std::sync::Arc;

/// The box that the curves are computed in; it is stretched to the strip.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;
/// Two labels stand at least so many pixels apart.
const APART: f64 = 14.0;
/// Of the drawer's height, what tabs, timeline and axis take, and what a strip has at least.
const AROUND: f64 = 119.0;
const LEAST: f64 = 34.0;
/// A tall strip is so many times as high as the others; the style sheet says the same.
const TALL: f64 = 1.35;

type Shown = Memo<Arc<Vec<Sample>>>;

/// A curve: its class and its path.
struct Curve {
    class: &'static str,
    path: String,
}

/// A value at a curve's end: its class, its number, its words, and how high it stands (0 bottom, 1 top).
struct End {
    class: &'static str,
    number: String,
    words: String,
    height: f64,
}

struct Strip {
    name: String,
    unit: &'static str,
    curves: Vec<Curve>,
    ends: Vec<End>,
}

/// What a strip is read off: the run's samples, those of the branch that was left last, and what is selected.
#[derive(Clone, Copy)]
struct View<'a> {
    samples: &'a [Sample],
    branch: &'a [Sample],
    window: Window,
    document: &'a Document,
    selected: Option<&'a str>,
}

type Measure = fn(&View) -> Option<Strip>;

pub fn strips(state: State, shown: Shown, branch: Shown) -> AnyView {
    let all: [(Measure, bool); 5] =
        [(throughput, false), (latency, true), (failures, false), (staleness, false), (waiting, false)];
    // Strips share the drawer's height; a label needs to know how much of it its strip has.
    let height = Memo::new(move |_| {
        let some_failed = shown.with(|samples| samples.iter().any(|s| !s.errors.is_empty()));
        let parts = if some_failed { 5.0 } else { 4.0 } + (TALL - 1.0);
        ((state.drawer.get() - AROUND) / parts).max(LEAST)
    });
    all.map(|(read, tall)| strip(state, shown, branch, height, read, tall)).collect_view().into_any()
}

fn strip(state: State, shown: Shown, branch: Shown, height: Memo<f64>, read: Measure, tall: bool) -> AnyView {
    let selected = Memo::new(move |_| state.selection.with(|s| s.only().map(Thing::label)));
    let data = move || {
        let (samples, branch, document) = (shown.read(), branch.read(), state.document.read());
        let selected = selected.get();
        let (window, selected) = (state.window.get(), selected.as_deref());
        read(&View { samples: &samples, branch: &branch, window, document: &document, selected })
    };
    (move || {
        data().map(|mut strip| {
            let pixels = height.get() * if tall { TALL } else { 1.0 };
            // Labels that have no room would lie on the next strip's: those in the middle go first.
            while strip.ends.len() > 2 && strip.ends.len() as f64 * APART > pixels + 8.0 {
                strip.ends.remove(1);
            }
            let wishes: Vec<f64> = strip.ends.iter().map(|e| (1.0 - e.height) * (pixels - 12.0)).collect();
            let places = chart::settle(&wishes, APART, (pixels - 12.0).max(1.0));
            let ends = strip.ends.into_iter().zip(places).map(|(end, y)| {
                view! { <p class=end.class style:top=format!("{:.1}px", y + 6.0)><b>{end.number}</b>" "{end.words}</p> }
            });
            let curves = strip.curves.into_iter().map(|c| view! { <path class=c.class d=c.path></path> });
            view! {
                <div class="track strip" class:tall=tall>
                    <div class="nm">{strip.name}<span>{strip.unit}</span></div>
                    <div class="lane" aria-hidden="true">
                        <svg viewBox="0 -12 1000 116" preserveAspectRatio="none"><path class="g" d="M0 100H1000"></path>{curves.collect_view()}</svg>
                    </div>
                    <div class="now">{ends.collect_view()}</div>
                </div>
            }
        })
    })
    .into_any()
}

/// Where a sample stands: at its end, when it is known.
fn at(window: Window, sample: &Sample) -> f64 {
    window.share(sample.at + sample.width).min(1.0)
}

fn points<'a>(
    samples: &'a [Sample],
    window: Window,
    y: impl Fn(&Sample) -> Option<f64> + 'a,
) -> impl Iterator<Item = (f64, Option<f64>)> + 'a {
    samples.iter().map(move |s| (at(window, s), y(s)))
}

fn curve(class: &'static str, points: impl IntoIterator<Item = (f64, Option<f64>)>, top: f64) -> Curve {
    Curve { class, path: chart::line(points, top, WIDTH, HEIGHT) }
}

fn band(
    class: &'static str,
    samples: &[Sample],
    window: Window,
    top: f64,
    low: impl Fn(&Sample) -> Option<f64>,
    high: impl Fn(&Sample) -> Option<f64>,
) -> Curve {
    let points: Vec<_> = samples.iter().map(|s| (at(window, s), low(s), high(s))).collect();
    Curve { class, path: chart::band(&points, top, WIDTH, HEIGHT) }
}

fn top(values: impl IntoIterator<Item = f64>) -> f64 {
    scale::round_up(values.into_iter().fold(0.0, f64::max) * 1.05)
}

fn end(class: &'static str, value: f64, words: &str, top: f64) -> End {
    End { class, number: scale::short(value), words: words.into(), height: (value / top).clamp(0.0, 1.0) }
}

/// The same measure in the branch: its curve, and its value where this run stands now (or where the branch ended).
fn beside(
    strip: &mut Strip,
    branch: &[Sample],
    samples: &[Sample],
    window: Window,
    top: f64,
    y: impl Fn(&Sample) -> Option<f64>,
) {
    let now = samples.last().map_or(window.to, |s| s.at);
    let Some(value) = branch.iter().rev().find(|s| s.at <= now).or(branch.last()).and_then(&y) else {
        return;
    };
    strip.curves.push(curve("c branch", points(branch, window, y), top));
    strip.ends.push(end("left", value, words::BRANCH, top));
}

fn throughput(view: &View) -> Option<Strip> {
    let View { samples, branch, window, .. } = *view;
    let top = top(samples.iter().chain(branch).map(|s| s.tried.max(s.throughput)));
    let last = samples.last();
    let mut strip = Strip {
        name: words::THROUGHPUT.into(),
        unit: words::PER_SECOND,
        curves: vec![
            band("lostband", samples, window, top, |s| Some(s.goodput), |s| Some(s.tried)),
            curve("c thin", points(samples, window, |s| Some(s.tried)), top),
            curve("c ok", points(samples, window, |s| Some(s.goodput)), top),
        ],
        ends: last.map_or(Vec::new(), |s| {
            vec![end("", s.tried, words::TRIED, top), end("ok", s.goodput, words::GOODPUT, top)]
        }),
    };
    beside(&mut strip, branch, samples, window, top, |s| Some(s.goodput));
    Some(strip)
}

fn latency(view: &View) -> Option<Strip> {
    let View { samples, branch, window, .. } = *view;
    let ms = |d: Option<crate::stdx::Duration>| d.map(|d| d.as_millis());
    let top = top(samples.iter().chain(branch).filter_map(|s| ms(s.p99)));
    let last = samples.iter().rev().find(|s| s.answered > 0);
    let mut strip = Strip {
        name: words::LATENCY.into(),
        unit: words::MILLISECONDS,
        curves: vec![
            band("band2", samples, window, top, |s| ms(s.p95), |s| ms(s.p99)),
            band("band1", samples, window, top, |s| ms(s.p50), |s| ms(s.p95)),
            curve("c", points(samples, window, |s| ms(s.p50)), top),
        ],
        ends: last.map_or(Vec::new(), |s| {
            let all = [(s.p99, "p99"), (s.p95, "p95"), (s.p50, "p50")];
            all.into_iter().filter_map(|(d, word)| Some(end("", ms(d)?, word, top))).collect()
        }),
    };
    beside(&mut strip, branch, samples, window, top, |s| ms(s.p50));
    Some(strip)
}

fn failures(view: &View) -> Option<Strip> {
    let View { samples, branch, window, .. } = *view;
    let total = |s: &Sample| s.errors.iter().map(|(_, rate)| rate).sum::<f64>();
    if samples.iter().chain(branch).all(|s| s.errors.is_empty()) {
        return None;
    }
    let top = top(samples.iter().chain(branch).map(total));
    let mut ends: Vec<_> = samples.last().map_or(Vec::new(), |s| s.errors.clone());
    ends.sort_by(|a, b| b.1.total_cmp(&a.1));
    ends.truncate(2);
    let mut strip = Strip {
        name: words::FAILURES.into(),
        unit: words::PER_SECOND,
        curves: vec![
            band("lostband", samples, window, top, |_| Some(0.0), |s| Some(total(s))),
            curve("c", points(samples, window, |s| Some(total(s))), top),
        ],
        ends: ends.into_iter().map(|(cause, rate)| end("", rate, cause.name(), top)).collect(),
    };
    beside(&mut strip, branch, samples, window, top, |s| Some(total(s)));
    Some(strip)
}

fn staleness(view: &View) -> Option<Strip> {
    let View { samples, branch, window, .. } = *view;
    let age = |s: &Sample| s.staleness.as_secs();
    let top = top(samples.iter().chain(branch).map(age));
    let mut strip = Strip {
        name: words::STALENESS.into(),
        unit: words::SECONDS,
        curves: vec![
            band("stband", samples, window, top, |_| Some(0.0), |s| Some(age(s))),
            curve("c st", points(samples, window, |s| Some(age(s))), top),
        ],
        // The worst of the last second: a bucket that has only just begun has met no old answer yet.
        ends: samples.last().map_or(Vec::new(), |last| {
            let latest = samples.iter().rev().take_while(|s| last.at.since(s.at) < Duration::from_secs(1));
            vec![end("st", latest.map(age).fold(0.0, f64::max), words::WORST, top)]
        }),
    };
    beside(&mut strip, branch, samples, window, top, |s| Some(age(s)));
    Some(strip)
}

/// The line of the selected machine, else of the one where most wait in this window; and what a textbook says of it.
fn waiting(view: &View) -> Option<Strip> {
    let View { samples, branch, window, .. } = *view;
    let lines = || samples.iter().flat_map(|s| &s.waiting);
    let chosen = lines().find(|(name, _)| view.selected == Some(name.as_str()));
    let longest = chosen.or_else(|| lines().max_by_key(|(_, n)| *n)).map(|(name, _)| name.clone())?;
    let theory = theory::of(view.document, &longest);
    let length = |s: &Sample| s.waiting.iter().find(|(name, _)| *name == longest).map(|(_, n)| f64::from(*n));
    let expected = theory.iter().map(|t| t.waiting);
    let top = top(samples.iter().chain(branch).filter_map(length).chain(expected));
    let mut strip = Strip {
        name: text::line_at(&longest),
        unit: words::WAITING,
        curves: vec![curve("c", points(samples, window, length), top)],
        ends: samples.last().and_then(length).map_or(Vec::new(), |n| vec![end("", n, words::NOW, top)]),
    };
    beside(&mut strip, branch, samples, window, top, length);
    if let Some(theory) = theory {
        let level = [(0.0, Some(theory.waiting)), (1.0, Some(theory.waiting))];
        strip.curves.push(curve("c fx", level, top));
        strip.ends.push(end("fx", theory.waiting, &theory.name, top));
    }
    Some(strip)
}

/// What all strips say at one instant.
pub fn reading(window: Window, samples: &[Sample], share: f64) -> AnyView {
    let at = window.at(share);
    let Some(sample) = samples.iter().min_by_key(|s| s.at.since(at).0.max(at.since(s.at).0)) else {
        return ().into_any();
    };
    let rows =
        text::sample(sample).into_iter().map(|(name, value)| view! { <span>{name}</span><b>{value}</b> });
    let (side, far) = if share < 0.5 { ("left", share) } else { ("right", 1.0 - share) };
    let style = format!("{side}: calc(144px + (100% - 272px) * {far:.4} + 12px)");
    let style = if side == "right" { style.replace("144px", "128px") } else { style };
    view! { <div class="pop reading" style=style aria-hidden="true">{rows.collect_view()}</div> }.into_any()
}
