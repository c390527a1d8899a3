//! The list of what happened: faults, edits, verdicts that broke, the latest first. It may not know why.

use super::state::{Ask, State};
use super::{icon, text, timeline};
use leptos::prelude::*;

/// Lines at most.
const LINES: usize = 300;

pub fn events(state: State) -> AnyView {
    let lines = move || {
        state.marks.with(|marks| {
            let lines = marks.iter().rev().take(LINES).map(|mark| {
                let at = mark.at;
                let cut = text::is_cut(&mark.text);
                view! {
                    <li class:cut=cut>
                        <button class="at" aria-label=text::go_to(&mark.text, at) on:click=move |_| state.ask(Ask::Seek(at))>{format!("{:.3} s", at.as_secs())}</button>
                        {icon::small(timeline::sign(mark))}
                        <span>{mark.text.clone()}</span>
                    </li>
                }
            });
            lines.collect_view()
        })
    };
    view! {
        <div class="events sheet-page" id="panel-events" role="region" aria-label=text::region::EVENTS>
            {move || state.marks.with(|m| m.is_empty()).then(|| view! { <p class="soft">{text::NO_EVENTS}</p> })}
            <ol>{lines}</ol>
        </div>
    }
    .into_any()
}
