//! The same numbers as a table, for those who read rather than look.

use super::super::state::State;
use super::super::text::{self, chart as words};
use crate::run::frame::Sample;
use leptos::prelude::*;
use std::sync::Arc;

/// The latest rows come first.
const ROWS: usize = 120;

pub fn table(_state: State, shown: Memo<Arc<Vec<Sample>>>) -> AnyView {
    let rows = move || {
        let samples = shown.get();
        samples
            .iter()
            .rev()
            .take(ROWS)
            .map(|s| {
                let cells = text::sample(s).into_iter().map(|(_, value)| view! { <td>{value}</td> });
                view! { <tr>{cells.collect_view()}</tr> }
            })
            .collect_view()
    };
    let heads =
        text::sample(&Sample::default()).into_iter().map(|(name, _)| view! { <th scope="col">{name}</th> });
    view! {
        <table>
            <caption class="vh">{words::TABLE}</caption>
            <thead><tr>{heads.collect_view()}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
