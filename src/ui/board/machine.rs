//! A machine's card: glyph, name, one live line, a bar of busy workers; its waiting line, its version, its clones. It
//! may not know what any number means.

use super::super::state::State;
use super::super::{icon, text};
use crate::components::Kind;
use crate::editor::selection::Thing;
use crate::editor::tool::Sketch;
use crate::run::frame::{Chip, Condition, MachineView};
use crate::stdx::grouping;
use leptos::prelude::*;

/// One segment a worker up to here, then one bar.
const SEGMENTS: u32 = 16;
/// Ticks of the waiting line at most.
const TICKS: u32 = 24;

pub fn machine(state: State, name: String) -> AnyView {
    let thing = Thing::Machine(name.clone());
    let index = {
        let name = name.clone();
        Memo::new(move |_| state.document.with(|d| d.machines.iter().position(|m| m.name == name)))
    };
    let rect = {
        let name = name.clone();
        Memo::new(move |_| state.layout.with(|l| l.card(&name)).unwrap_or_default())
    };
    let kind = state.document.with_untracked(|d| d.machine(&name).map_or(Kind::Users, |m| m.kind));
    let view = {
        let name = name.clone();
        Memo::new(move |_| {
            state.frame.with(|f| {
                let at = index.get().and_then(|i| f.machines.get(i)).filter(|m| m.name == name);
                at.cloned().unwrap_or_else(|| MachineView { name: name.clone(), ..MachineView::default() })
            })
        })
    };
    let clones = Memo::new(move |_| view.with(|v| v.clones.len()));
    let down =
        Memo::new(move |_| view.with(|v| v.clones.iter().map(|c| is_down(c.condition)).collect::<Vec<_>>()));
    let condition = Memo::new(move |_| view.with(|v| word(v.condition)));
    let selected = {
        let thing = thing.clone();
        Memo::new(move |_| state.selection.with(|s| s.contains(&thing)))
    };
    let hovered = {
        let name = name.clone();
        Memo::new(move |_| state.hovered.with(|h| h.as_deref() == Some(name.as_str())))
    };
    // Whether a line that is being drawn may end here.
    let target = {
        let name = name.clone();
        Memo::new(move |_| {
            state.sketch.with(|s| match s {
                Some(Sketch::Wire { target: Some(target), verdict: Some(verdict), .. })
                    if *target == name =>
                {
                    Some(verdict.is_ok())
                }
                _ => None,
            })
        })
    };
    let label = {
        let name = name.clone();
        move || {
            view.with(|v| text::machine_name(&name, kind.info().label, v))
                + if selected.get() { text::SELECTED } else { "" }
        }
    };
    let inside = {
        let name = name.clone();
        move || face(state, kind, name.clone(), view, clones, down)
    };
    let versions = Memo::new(move |_| state.frame.with(|f| f.versions));
    let held = Memo::new(move |_| view.with(|v| v.chip.clone()));
    let chip_row = move || held.get().map(|held| chip(&held, versions.get()));
    view! {
        <div class="m" role="group" tabindex="0" aria-label=label data-name=name.clone()
            class:stack=move || { clones.get() > 1 } class:selected=selected class:hovered=hovered class:target=move || target.get() == Some(true) class:no-target=move || target.get() == Some(false)
            data-condition=condition
            style:--x=move || rect.with(|r| r.left.to_string()) style:--y=move || rect.with(|r| r.top.to_string())
            style:width=move || rect.with(|r| format!("{}px", r.width())) style:height=move || rect.with(|r| format!("{}px", r.height()))
            on:focus={
                let thing = thing.clone();
                move |_| if !state.pressing.get_value() && !selected.get_untracked() { state.choose(thing.clone()) }
            }>
            {move || (clones.get() > 1).then(|| view! {
                <i class="behind two" class:out=move || down.with(|d| d.get(2).copied().unwrap_or(false))></i>
                <i class="behind one" class:out=move || down.with(|d| d.len() == 2 && d[1])></i>
            })}
            <div class="face">{inside()}</div>
            {move || waits(view)}
            {chip_row}
            <svg class="slash" aria-hidden="true" viewBox="0 0 144 72" preserveAspectRatio="none"><path d="M2 70 142 2"></path></svg>
            {move || match condition.get() {
                "refusing" => icon::glyph("flag", "d-refused"),
                "unreachable" => icon::glyph("flag", "d-timed-out"),
                _ => ().into_any(),
            }}
            {["t", "r", "b", "l"].map(|side| view! { <i class=format!("h {side}") aria-hidden="true"></i> }).collect_view()}
        </div>
    }
    .into_any()
}

fn is_down(condition: Condition) -> bool {
    matches!(condition, Condition::Refusing | Condition::Unreachable)
}

pub fn word(condition: Condition) -> &'static str {
    match condition {
        Condition::Running => "running",
        Condition::Refusing => "refusing",
        Condition::Unreachable => "unreachable",
        Condition::Paused => "paused",
        Condition::Slow(_) => "slow",
    }
}

fn face(
    state: State,
    kind: Kind,
    name: String,
    view: Memo<MachineView>,
    clones: Memo<usize>,
    down: Memo<Vec<bool>>,
) -> AnyView {
    let role = Memo::new(move |_| view.with(|v| v.role));
    let live = Memo::new(move |_| view.with(text::live));
    let load = Memo::new(move |_| view.with(|v| (v.busy, v.workers)));
    view! {
        <div class="n">
            {icon::machine(kind.info().word)}<b>{name.clone()}</b>
            {move || (clones.get() > 1).then(|| count(state, name.clone(), clones.get()))}
            {move || role.get().map(|role| view! { <em class="role">{role}</em> })}
            {move || (2..=5).contains(&clones.get()).then(|| pips(&down.read()))}
        </div>
        <div class="live">{move || live.with(|(number, words)| view! { <b>{number.clone()}</b>" "{words.clone()} })}</div>
        {move || busy(load.get())}
    }
    .into_any()
}

/// How many clones the card stands for; a press opens it into them.
fn count(state: State, name: String, clones: usize) -> AnyView {
    let label = text::open_clones(&name, clones);
    let this = name.clone();
    let open = Memo::new(move |_| state.fan.with(|f| f.as_deref() == Some(this.as_str())));
    view! {
        <button class="count" aria-label=label aria-expanded=move || open.get().to_string()
            on:pointerdown=|e| e.stop_propagation() on:pointerup=|e| e.stop_propagation()
            on:keydown=|e| if matches!(e.key().as_str(), "Enter" | " ") { e.stop_propagation() }
            on:click=move |_| super::fan::toggle(state, &name)>{format!("×{clones}")}</button>
    }
    .into_any()
}

/// One pip a clone: full when it is up, struck out when it is down.
fn pips(down: &[bool]) -> AnyView {
    let pip = |down: &bool| {
        let drawing = if *down {
            r#"<circle cx="5" cy="5" r="3.5" fill="none" stroke="var(--ink-faint)" stroke-width="1.5"/><path d="M1 9 9 1" stroke="var(--refused)" stroke-width="1.5"/>"#
        } else {
            r#"<circle cx="5" cy="5" r="4" fill="var(--ink)"/>"#
        };
        view! { <svg viewBox="0 0 10 10" inner_html=drawing></svg> }
    };
    view! { <span class="pips" aria-hidden="true">{down.iter().map(pip).collect_view()}</span> }.into_any()
}

pub fn busy((busy, workers): (u32, u32)) -> AnyView {
    if workers == 0 {
        return ().into_any();
    }
    let segments = if workers <= SEGMENTS {
        (0..workers).map(|i| view! { <i class:on={i < busy}></i> }).collect_view().into_any()
    } else {
        let share = f64::from(busy) / f64::from(workers);
        [(true, share), (false, 1.0 - share)]
            .into_iter()
            .filter(|(_, share)| *share > 0.0)
            .map(|(on, share)| view! { <i class:on=on style=format!("flex:{share:.3}")></i> })
            .collect_view()
            .into_any()
    };
    view! { <div class="busy" aria-hidden="true">{segments}</div> }.into_any()
}

/// The waiting line at the entrance: one tick a request, the newest at the far end.
fn waits(view: Memo<MachineView>) -> AnyView {
    let waiting = Memo::new(move |_| view.with(|v| (v.waiting, v.waiting_trend.round() as i64)));
    let (waiting, trend) = waiting.get();
    if waiting == 0 {
        return ().into_any();
    }
    let ticks = (0..waiting.min(TICKS)).map(|_| view! { <i></i> }).collect_view();
    let words = (waiting > 3).then(|| {
        let change = (trend.abs() >= 1).then(|| view! { ", "<b>{text::signed(trend)}</b>"/s" });
        view! { <div class="waiting" aria-hidden="true"><b>{grouping::count(waiting.into())}</b>" "{text::WAITING}{change}</div> }
    });
    view! { <div class="waits" class:few={waiting < 5} aria-hidden="true">{ticks}</div>{words} }.into_any()
}

/// The colour of a version: the newest is red, and what is three versions older or more is blue.
pub fn version_class(version: u64, newest: u64) -> String {
    format!("chip v{}", 3 - newest.saturating_sub(version).min(3))
}

/// The version that this copy holds of the followed key, on the ramp from old to new: the newest is red.
pub fn chip(chip: &Chip, newest: u64) -> AnyView {
    let class = version_class(chip.version, newest);
    let age = text::chip_age(chip);
    view! { <div class="chip-row"><b class=class>{format!("v{}", chip.version)}</b><span>{age}</span></div> }
        .into_any()
}
