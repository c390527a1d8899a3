//! The timeline: the slider of the run's instant, and a mark for each fault and edit. It may not know how one goes back.

use super::icon;
use super::state::{Ask, State};
use super::text::{self, chart as words};
use crate::run::frame::{Mark, MarkKind};
use crate::stdx::{Duration, Instant};
use leptos::{ev, prelude::*};

/// Marks whose words would run into one another stand without words.
const WORDS_APART: f64 = 0.09;

pub fn timeline(state: State) -> AnyView {
    let lane = NodeRef::<leptos::html::Div>::new();
    let dragging = RwSignal::new(false);
    let to = move |x: i32| {
        let lane = lane.get_untracked()?.get_bounding_client_rect();
        let share = (f64::from(x) - lane.left()) / lane.width().max(1.0);
        Some(state.window.get_untracked().at(share))
    };
    let seek = move |e: &ev::PointerEvent| {
        if let Some(at) = to(e.client_x()) {
            state.ask(Ask::Seek(at));
        }
    };
    let end = move || dragging.set(false);
    let share = move || state.window.get().share(state.now.get()).clamp(0.0, 1.0);
    let now = move || format!("{:.2}", state.now_slow.get().as_secs());
    let branch = Memo::new(move |_| {
        state.marks.track();
        state.with(|o| o.run.branches().last().map(|b| (b.from, b.until)))
    });
    view! {
        <div class="timeline sheet-page" id="panel-timeline" role="region" aria-label=text::region::TIMELINE>
            <div class="track">
                <div class="nm" aria-hidden="true">{text::region::TIMELINE}</div>
                <div class="lane" node_ref=lane
                    on:pointerdown=move |e| {
                        dragging.set(true);
                        if let Some(lane) = lane.get_untracked() { let _ = lane.set_pointer_capture(e.pointer_id()); }
                        seek(&e);
                    }
                    on:pointermove=move |e| if dragging.get_untracked() { seek(&e) }
                    on:pointerup=move |_| end() on:pointercancel=move |_| end() on:lostpointercapture=move |_| end()>
                    <div class="rule" aria-hidden="true"><i style:width=move || format!("{:.2}%", share() * 100.0)></i></div>
                    {move || branch.get().map(|(from, until)| left_behind(state, from, until))}
                    {move || marks(state)}
                    <div class="knob" role="slider" tabindex="0" aria-label=words::INSTANT style:left=move || format!("{:.2}%", share() * 100.0)
                        aria-valuemin="0" aria-valuemax=move || format!("{:.2}", state.window.get().to.as_secs())
                        aria-valuenow=now aria-valuetext=move || format!("{} seconds", now())
                        on:keydown=move |e| key(state, &e)></div>
                </div>
                <div class="now" aria-hidden="true">
                    <p style="top:33px"><b>{now}</b>" s"</p>
                    {move || branch.get().map(|_| view! { <p class="left" style="top:52px">{words::BRANCH}</p> })}
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// The future that was left behind when something was changed in the past: it leaves the timeline at a slant.
fn left_behind(state: State, from: Instant, until: Instant) -> AnyView {
    let path = move || {
        let window = state.window.get();
        let x = |at| window.share(at).clamp(0.0, 1.0) * 1000.0;
        let start = x(from);
        format!("M{start:.1} 34L{0:.1} 52H{1:.1}", start + 18.0, x(until).max(start + 18.0))
    };
    view! { <svg viewBox="0 0 1000 64" preserveAspectRatio="none" aria-hidden="true"><path class="c branch" d=path></path></svg> }.into_any()
}

fn key(state: State, e: &ev::KeyboardEvent) {
    let now = state.now.get_untracked();
    let step = Duration::from_millis(if e.shift_key() { 1_000 } else { 100 });
    let to = match e.key().as_str() {
        "ArrowRight" | "ArrowUp" => now + step,
        "ArrowLeft" | "ArrowDown" => Instant(now.0.saturating_sub(step.0)),
        "PageUp" => now + Duration::from_secs(5),
        "PageDown" => Instant(now.0.saturating_sub(5_000_000_000)),
        "Home" => Instant::START,
        "End" => state.window.get_untracked().to,
        _ => return,
    };
    e.prevent_default();
    e.stop_propagation();
    state.ask(Ask::Seek(to));
}

/// A mark's sign: the first of these words that its text has.
pub fn sign(mark: &Mark) -> &'static str {
    const SIGNS: [(&str, &str); 16] = [
        ("healed", "heal"),
        (" cut", "scissors"),
        ("parted", "scissors"),
        ("isolated", "scissors"),
        ("crashed", "crash"),
        ("host", "crash"),
        ("outage", "crash"),
        ("restarted", "power"),
        ("resumed", "play"),
        ("paused", "pause"),
        ("speed", "slow"),
        ("slowed", "slow"),
        ("delayed", "clock"),
        ("clock", "clock"),
        ("loses", "loss"),
        ("traffic", "surge"),
    ];
    match mark.what {
        MarkKind::Edit => "edit",
        MarkKind::Verdict => "verdict",
        MarkKind::Fault if mark.text.ends_with("promoted") => "promote",
        MarkKind::Fault => {
            SIGNS.iter().find(|(word, _)| mark.text.contains(word)).map_or("disk", |(_, sign)| sign)
        }
    }
}

fn marks(state: State) -> AnyView {
    let window = state.window.get();
    let mut free_from = f64::MIN;
    state.marks.with(|marks| {
        let seen = marks.iter().filter(|m| m.at >= window.from && m.at <= window.to && m.what != MarkKind::Verdict);
        seen.map(|mark| {
            let share = window.share(mark.at);
            let cut = mark.what == MarkKind::Fault && text::is_cut(&mark.text);
            let class = match (mark.what, cut) {
                (_, true) => "mark cut",
                (MarkKind::Edit, _) => "mark edit",
                _ => "mark",
            };
            let left = format!("{:.2}%", share * 100.0);
            let at = mark.at;
            let words = (share >= free_from).then(|| {
                free_from = share + WORDS_APART.max(mark.text.chars().count() as f64 * 0.0085);
                view! { <span class="mk" class:cut=cut style:left=left.clone() aria-hidden="true">{mark.text.clone()}</span> }
            });
            let sign = (mark.what != MarkKind::Edit).then(|| icon::icon(sign(mark)));
            view! {
                {words}
                <button class=class style:left=left.clone() title=mark.text.clone() aria-label=text::go_to(&mark.text, mark.at)
                    on:pointerdown=|e| e.stop_propagation() on:click=move |_| state.ask(Ask::Seek(at))>{sign}</button>
            }
        })
        .collect_view()
        .into_any()
    })
}
