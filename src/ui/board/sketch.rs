//! What the hand draws over the board while a gesture lasts: a box, a line to be, a stroke of the scissors, a card to be
//! put down. It may not know what the gesture will do.

use super::super::icon;
use super::super::state::State;
use crate::editor::geometry::line::svg_of;
use crate::editor::tool::Sketch;
use leptos::prelude::*;

/// In the layer of the links.
pub fn lines(state: State) -> AnyView {
    (move || {
        state.sketch.with(|sketch| match sketch {
            Some(Sketch::Wire { from, to, verdict, .. }) => {
                let not = matches!(verdict, Some(Err(_)));
                view! {
                    <path class="new" class:not=not d=svg_of(&[*from, *to])></path>
                    <circle class="new end" class:not=not cx=to.x cy=to.y r="5"></circle>
                }
                .into_any()
            }
            Some(Sketch::Stroke { points, .. }) => {
                view! { <path class="stroke" d=svg_of(points)></path> }.into_any()
            }
            _ => ().into_any(),
        })
    })
    .into_any()
}

/// Over the machines.
pub fn boxes(state: State) -> AnyView {
    (move || {
        state.sketch.with(|sketch| match sketch {
            Some(Sketch::Box(area)) => view! { <div class="box" style=super::place(*area)></div> }.into_any(),
            Some(Sketch::Into(area)) => view! { <div class="zone into" style=super::place(*area)></div> }.into_any(),
            Some(Sketch::Ghost { kind, card }) => {
                let info = kind.info();
                view! {
                    <div class="m ghost" aria-hidden="true" style=format!("--x:{};--y:{};width:{}px;height:{}px", card.left, card.top, card.width(), card.height())>
                        <div class="face"><div class="n">{icon::machine(info.word)}<b>{info.first_name}</b></div></div>
                    </div>
                }
                .into_any()
            }
            Some(Sketch::Wire { from, to, verdict: Some(verdict), .. }) => {
                let (class, words) = match verdict {
                    Ok(words) => ("wire-tip", words.to_string()),
                    Err(why) => ("wire-tip not", why.clone()),
                };
                let (x, y) = ((from.x + to.x) / 2.0, from.y.min(to.y) - 20.0);
                view! { <div class=class role="status" style=format!("left:{x:.0}px;top:{y:.0}px")>{words}</div> }.into_any()
            }
            _ => ().into_any(),
        })
    })
    .into_any()
}
