//! The charts: strips over one time axis, with the faults as hairlines through all of them. It may not know how a
//! sample is measured.

mod strip;
mod table;

use super::state::{Ask, State, Window};
use super::text;
use crate::run::frame::{MarkKind, Sample};
use crate::stdx::Instant;
use leptos::{ev, prelude::*};
use std::sync::Arc;

/// The samples within the window, and one more on each side, so that lines run to the edges.
fn within(samples: &[Sample], window: Window) -> &[Sample] {
    let first = samples.partition_point(|s| s.at < window.from).saturating_sub(1);
    let last = (samples.partition_point(|s| s.at <= window.to) + 1).min(samples.len());
    &samples[first..last]
}

pub fn charts(state: State) -> AnyView {
    let area = NodeRef::<leptos::html::Div>::new();
    // Where the pointer reads values: a share of the window.
    let hover = RwSignal::new(None::<f64>);
    let shown = Memo::new(move |_| {
        let window = state.window.get();
        state.samples.with(|all| Arc::new(within(all, window).to_vec()))
    });
    let branch = Memo::new(move |_| {
        let window = state.window.get();
        state.branch.with(|all| Arc::new(within(all, window).to_vec()))
    });
    let share = move |e: &ev::PointerEvent| {
        let lane = area.get_untracked()?.query_selector(".lane").ok()??.get_bounding_client_rect();
        let share = (f64::from(e.client_x()) - lane.left()) / lane.width().max(1.0);
        (0.0..=1.0).contains(&share).then_some(share)
    };
    let body = move || {
        if state.as_table.get() {
            table::table(state, shown)
        } else {
            view! {
                <div class="hairs" aria-hidden="true">
                    {move || hairs(state)}
                    {move || hover.get().map(|x| view! { <i class="hair at" style:left=format!("{:.2}%", x * 100.0)></i> })}
                </div>
                {strip::strips(state, shown, branch)}
                <div class="track axis" aria-hidden="true"><div>{move || ticks(state.window.get())}</div></div>
                {move || hover.get().map(|x| strip::reading(state.window.get(), &shown.get(), x))}
            }
            .into_any()
        }
    };
    view! {
        <div class="charts sheet-page" id="panel-charts" role="region" aria-label=text::region::CHARTS tabindex="0" node_ref=area
            on:pointermove=move |e| hover.set(share(&e))
            on:pointerleave=move |_| hover.set(None)
            on:click=move |e| {
                let lane = area.get_untracked().and_then(|a| a.query_selector(".lane").ok().flatten());
                if let Some(lane) = lane.filter(|_| !state.as_table.get_untracked()) {
                    let lane = lane.get_bounding_client_rect();
                    let share = (f64::from(e.client_x()) - lane.left()) / lane.width().max(1.0);
                    if (0.0..=1.0).contains(&share) {
                        state.ask(Ask::Seek(state.window.get_untracked().at(share)));
                    }
                }
            }>
            {body}
        </div>
    }
    .into_any()
}

/// What the curves' colours mean.
pub fn keys(state: State) -> AnyView {
    let left = Memo::new(move |_| state.branch.with(|b| !b.is_empty()));
    let key = |ink: &str, width: &str, words: &'static str| {
        let line = format!(r#"<path d="M0 4h20" stroke="{ink}" stroke-width="{width}"/>"#);
        view! { <span><svg aria-hidden="true" inner_html=line></svg>{words}</span> }
    };
    view! {
        {key("var(--ink)", "2", text::chart::THIS_RUN)}
        {move || left.get().then(|| key("var(--accent)", "2", text::chart::BRANCH))}
    }
    .into_any()
}

fn hairs(state: State) -> AnyView {
    let window = state.window.get();
    let now = window.share(state.now_slow.get());
    let marks = state.marks.with(|marks| {
        let faults = marks.iter().filter(|m| m.what == MarkKind::Fault && m.at >= window.from);
        faults
            .map(|m| {
                let class = if text::is_cut(&m.text) { "hair cut" } else { "hair" };
                view! { <i class=class style:left=format!("{:.2}%", window.share(m.at) * 100.0)></i> }
            })
            .collect_view()
    });
    view! { {marks} <i class="hair present" style:left=format!("{:.2}%", now * 100.0)></i> }.into_any()
}

/// The axis' labels: the first carries the unit.
fn ticks(window: Window) -> AnyView {
    let step = crate::paint::scale::round_step(window.span(), 7.0);
    let first = (window.from.as_secs() / step).ceil() as u64;
    let last = (window.to.as_secs() / step).floor() as u64;
    (first..=last)
        .map(|n| {
            let at = n as f64 * step;
            let x = window.share(Instant((at * 1e9) as u64));
            let label = text::axis_time(at, step, n == first);
            view! { <span style:left=format!("{:.2}%", x * 100.0)>{label}</span> }
        })
        .collect_view()
        .into_any()
}
