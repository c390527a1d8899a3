//! The verdicts: a lamp, a name, a state and a proof for each; how available each side was; the promise given up.
//! It may not know how a verdict comes about.

use super::state::State;
use super::{icon, text};
use crate::judge::{State as Judged, Verdict};
use crate::stdx::grouping::count;
use leptos::prelude::*;

/// This one has its place below, side by side.
const AVAILABLE: &str = "available";

pub fn verdicts(state: State) -> AnyView {
    let verdicts = Memo::new(move |_| state.frame.with(|f| f.verdicts.clone()));
    let ids = Memo::new(move |_| {
        verdicts.with(|v| v.iter().map(|v| v.id).filter(|id| *id != AVAILABLE).collect::<Vec<_>>())
    });
    // What nothing in this drawing can exercise would push what matters out of sight: it folds away.
    let idle = Memo::new(move |_| {
        let rests = |v: &&Verdict| matches!(v.state, Judged::NotExercised) && v.id != AVAILABLE;
        verdicts.with(|v| v.iter().filter(rests).map(|v| v.id).collect::<Vec<_>>())
    });
    let busy = Memo::new(move |_| {
        ids.get().into_iter().filter(|id| idle.with(|idle| !idle.contains(id))).collect::<Vec<_>>()
    });
    let all = RwSignal::new(false);
    let one = move |id: &'static str| {
        let verdict = Memo::new(move |_| verdicts.with(|all| all.iter().find(|v| v.id == id).map(Lamp::of)));
        row(state, id, verdict)
    };
    view! {
        <section class="verdicts sheet-page" id="panel-verdicts" aria-label=text::region::VERDICTS tabindex="-1">
            <div class="hd">
                <h2>{text::region::VERDICTS}</h2>
                <span>{move || text::operations(state.frame.with(|f| f.operations))}</span>
            </div>
            <ul class="vs" tabindex="0" aria-label=text::region::VERDICTS>
                <For each=move || busy.get() key=|id| *id children=one/>
                {move || (!idle.with(Vec::is_empty)).then(|| view! {
                    <li class="v idle"><button aria-expanded=move || all.get().to_string() on:click=move |_| all.update(|on| *on = !*on)>
                        {icon::lamp("not-exercised")}<span class="nm">{move || text::not_exercised(idle.with(Vec::len))}</span>{icon::small("down")}</button></li>
                })}
                <For each=move || if all.get() { idle.get() } else { Vec::new() } key=|id| *id children=one/>
            </ul>
            {super::cap::availability(state)}
            {super::cap::cap(state)}
        </section>
    }
    .into_any()
}

/// All that a row shows: compared, so that a row changes only when it looks different.
#[derive(Clone, PartialEq)]
struct Lamp {
    name: &'static str,
    meaning: &'static str,
    lamp: &'static str,
    word: String,
    count: u64,
    detail: String,
}

impl Lamp {
    fn of(verdict: &Verdict) -> Lamp {
        let (lamp, word) = match &verdict.state {
            Judged::Holds => ("holds", text::verdict::HOLDS.to_string()),
            Judged::Broken { .. } => ("broken", text::verdict::BROKEN.to_string()),
            Judged::NotExercised => ("not-exercised", text::verdict::NOT_EXERCISED.to_string()),
            Judged::NotYet => ("not-yet", text::verdict::NOT_YET.to_string()),
            Judged::Unknown(why) => ("unknown", text::unknown(why)),
        };
        Lamp {
            name: verdict.name,
            meaning: verdict.meaning,
            lamp,
            word,
            count: verdict.state.count(),
            detail: verdict.detail.clone(),
        }
    }
}

fn row(state: State, id: &'static str, verdict: Memo<Option<Lamp>>) -> AnyView {
    let broken = Memo::new(move |_| verdict.with(|v| v.as_ref().is_some_and(|v| v.lamp == "broken")));
    let lamp = Memo::new(move |_| verdict.with(|v| v.as_ref().map_or("not-exercised", |v| v.lamp)));
    let name = verdict.with_untracked(|v| v.as_ref().map_or("", |v| v.name));
    let title = move || {
        verdict.with(|v| {
            v.as_ref().map_or(String::new(), |v| {
                if v.detail.is_empty() { v.meaning.into() } else { format!("{} {}.", v.meaning, v.detail) }
            })
        })
    };
    view! {
        <li class="v" class:broken=broken title=title>
            {move || icon::lamp(lamp.get())}
            <span class="nm">{name}</span>
            <span class="st">
                {move || verdict.with(|v| v.as_ref().map(|v| v.word.clone()))}
                {move || broken.get().then(|| view! { " " <b>{verdict.with(|v| v.as_ref().map(|v| count(v.count)))}</b> })}
            </span>
            {move || broken.get().then(|| view! {
                <button class="proof-button" aria-label=text::proof_of(name) on:click=move |_| state.proof.set(Some(id))>{text::verdict::SHOW_PROOF}</button>
            })}
        </li>
    }
    .into_any()
}
