//! How available each side of the latest cut was, and the CAP triangle with the promise given up. It may not know how
//! either is judged.

use super::state::State;
use super::{icon, text};
use crate::judge::{Label, Partition};
use leptos::prelude::*;

/// One line a side: its name, the share of good answers, its tint's number.
type Side = (String, Option<f64>, u32);

pub fn availability(state: State) -> AnyView {
    let latest =
        Memo::new(move |_| state.cap.with(|c| c.as_ref().and_then(|c| c.partitions.last().map(sides))));
    let broken = Memo::new(move |_| {
        latest.with(|l| l.as_ref().is_some_and(|l| l.iter().any(|s| s.1.is_some_and(|x| x < 1.0))))
    });
    let words =
        move || latest.with(|l| l.as_ref().map_or(text::cap::NEVER_PARTED.into(), |l| text::availability(l)));
    let lamp = move || match (latest.with(Option::is_some), broken.get()) {
        (false, _) => "not-exercised",
        (true, true) => "broken",
        (true, false) => "holds",
    };
    view! {
        <div class="avail">
            {move || icon::lamp(lamp())}
            <div>
                <p class="av" class:broken=broken><b>{text::cap::AVAILABLE}</b><span>{words}</span></p>
                <dl>{move || latest.get().map(|sides| sides.into_iter().map(meter).collect_view())}</dl>
            </div>
        </div>
    }
    .into_any()
}

fn sides(partition: &Partition) -> Vec<Side> {
    partition
        .sides
        .iter()
        .map(|s| {
            let decided = s.answers.ok + s.answers.errors + s.answers.unanswered;
            let share = (decided > 0).then(|| s.answers.ok as f64 / decided as f64);
            (text::side(s.side), share, s.side % 3)
        })
        .collect()
}

fn meter((name, share, tint): Side) -> AnyView {
    let letter = ["a", "b", "c"][tint as usize];
    let width = format!("width:{:.1}%", share.unwrap_or(0.0) * 100.0);
    let number = share.map_or("–".to_string(), |s| format!("{:.0}", (s * 100.0).floor()));
    view! {
        <div style=format!("--tint-ink:var(--side-{letter}-ink)")>
            <dt>{name}</dt><span class="meter" aria-hidden="true"><i style=width></i></span>
            <dd>{number}<span class="u">" %"</span></dd>
        </div>
    }
    .into_any()
}

/// A corner of the triangle: kept, given up, or not known yet.
#[derive(Clone, Copy, PartialEq)]
enum Corner {
    Kept,
    Gone,
    Open,
}

impl Corner {
    fn class(self) -> &'static str {
        match self {
            Corner::Kept => "kept",
            Corner::Gone => "gone",
            Corner::Open => "open",
        }
    }
}

/// Consistency, availability, partition.
fn corners(label: Label) -> [Corner; 3] {
    use Corner::*;
    match label {
        Label::NeverPartitioned => [Kept, Kept, Open],
        Label::NotExercised => [Open, Open, Kept],
        Label::ActedCp => [Kept, Gone, Kept],
        Label::ActedAp => [Gone, Kept, Kept],
        Label::GaveUpBoth => [Gone, Gone, Kept],
        Label::KeptBoth => [Kept, Kept, Kept],
    }
}

pub fn cap(state: State) -> AnyView {
    let label =
        Memo::new(move |_| state.cap.with(|c| c.as_ref().map_or(Label::NeverPartitioned, |c| c.label)));
    let words = Memo::new(move |_| state.cap.with(|c| c.as_ref().map_or(String::new(), |c| c.words.clone())));
    let pacelc =
        Memo::new(move |_| state.cap.with(|c| c.as_ref().map(|c| (c.pacelc.name(), c.pacelc_words.clone()))));
    let drawing = move || {
        let [c, a, p] = corners(label.get());
        let edge = |one: Corner, other: Corner| {
            if one == Corner::Kept && other == Corner::Kept { "edge" } else { "edge faded" }
        };
        view! {
            <path class=edge(c, a) d="M33 20 16 49"></path>
            <path class=edge(c, p) d="M43 20 60 49"></path>
            <path class=edge(a, p) d="M22 57H54"></path>
            {corner("C", 38.0, 11.0, c)}
            {corner("A", 11.0, 57.0, a)}
            {corner("P", 65.0, 57.0, p)}
        }
    };
    view! {
        <div class="cap">
            <svg viewBox="0 0 76 68" role="img" aria-label=move || text::triangle(label.get().name())>{drawing}</svg>
            <div>
                <h3>{move || text::in_this_run(label.get().name())}</h3>
                <p>{words}</p>
                {move || pacelc.get().filter(|(name, _)| !name.contains('?')).map(|(name, words)| view! { <p title=words>{text::cap::PACELC}<b>{name}</b></p> })}
            </div>
        </div>
    }
    .into_any()
}

fn corner(letter: &'static str, x: f64, y: f64, corner: Corner) -> AnyView {
    view! { <g class=corner.class()><circle cx=x cy=y r="9.5"></circle><text x=x y={y + 4.2}>{letter}</text></g> }.into_any()
}
