//! A link: its line, its tick, its gap when it is cut, what is written on it. It may not know what it carries.

use super::super::state::State;
use super::super::text;
use crate::components::Wire;
use crate::editor::geometry::layout::Route;
use crate::editor::selection::Thing;
use crate::editor::tool::Sketch;
use crate::run::frame::LinkView;
use crate::scenario::fault::LinkName;
use leptos::prelude::*;

pub fn link(state: State, name: LinkName) -> AnyView {
    let route = {
        let name = name.clone();
        Memo::new(move |_| state.layout.with(|l| l.route(&name).cloned()))
    };
    // The frame's links are in the document's order, as the layout's routes are.
    let view = {
        let name = name.clone();
        Memo::new(move |_| {
            let index = state.document.with(|d| d.links.iter().position(|l| l.name() == name));
            state.frame.with(|f| index.and_then(|i| f.links.get(i).cloned())).map(|v| Shown::of(&v))
        })
    };
    let thing = Thing::Link(name.clone());
    let selected = {
        let thing = thing.clone();
        Memo::new(move |_| state.selection.with(|s| s.contains(&thing)))
    };
    let crossed = {
        let name = name.clone();
        Memo::new(move |_| {
            state.sketch.with(|s| matches!(s, Some(Sketch::Stroke { cuts, .. }) if cuts.contains(&name)))
        })
    };
    let label = {
        let name = name.clone();
        move || view.with(|v| text::link_name(&name.from, &name.to, v.as_ref().map_or("", Shown::state)))
    };
    let drawing = move || route.with(|r| r.as_ref().map(|r| draw(r, &view.get().unwrap_or_default())));
    let mark = move || {
        view.with(|v| v.as_ref().and_then(|v| v.since))
            .and_then(|since| route.with(|r| mark(r.as_ref()?, &view.get()?, since, state)))
    };
    view! {
        <g>
            <g role="button" tabindex="0" aria-label=label class:selected=selected class:crossed=crossed data-link=key(&name)
                on:focus=move |_| if !state.pressing.get_value() && !selected.get_untracked() { state.choose(thing.clone()) }>
                {drawing}
            </g>
            {mark}
        </g>
    }
    .into_any()
}

/// What is drawn of a link: compared, so that a line is made anew only when it looks different.
#[derive(Clone, PartialEq, Default)]
struct Shown {
    forth: bool,
    back: bool,
    partly: bool,
    since: Option<crate::stdx::Instant>,
    delay: Option<String>,
    loss: Option<u64>,
}

impl Shown {
    fn of(view: &LinkView) -> Shown {
        Shown {
            forth: view.cut_forth,
            back: view.cut_back,
            partly: view.partly,
            since: view.cut_since,
            delay: view.delay.clone(),
            loss: view.loss.filter(|l| *l > 0.0).map(|l| (l * 1000.0).round() as u64),
        }
    }

    fn state(&self) -> &'static str {
        match (self.forth, self.back, self.partly) {
            (false, false, true) => text::link::PARTLY,
            (true, true, _) => text::link::CUT,
            (true, false, _) => text::link::CUT_FORTH,
            (false, true, _) => text::link::CUT_BACK,
            _ => text::link::WHOLE,
        }
    }
}

fn draw(route: &Route, shown: &Shown) -> AnyView {
    let parted = route.parted(shown.forth, shown.back);
    let class = match (route.name.wire, shown.loss) {
        (Wire::Heartbeat, _) => "l beat",
        (_, Some(_)) => "l lossy",
        _ => "l",
    };
    // In a line that is cut both ways the arrow would stand in the gap.
    let tick = (parted.is_none() || shown.forth != shown.back)
        .then(|| view! { <path class="tick" d=route.tick_svg()></path> });
    let rest = parted.as_ref().map_or(route.svg.clone(), |p| p.rest.clone());
    let frays = parted.map(|p| view! { <path class="fray" d=p.frays></path> });
    let words = [shown.delay.clone(), shown.loss.map(text::loses)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ");
    let label = (!words.is_empty()).then(|| {
        let anchor = if route.label.centred { "middle" } else { "start" };
        view! { <text class="lab" x=route.label.at.x y=route.label.at.y text-anchor=anchor>{words}</text> }
    });
    let plain = route.line.svg().to_string();
    view! {
        <path class="hit" d=plain.clone()></path>
        <path class="casing" d=plain></path>
        <path class=class d=rest></path>
        {frays}
        {tick}
        {label}
    }
    .into_any()
}

/// The scissors over the gap, and how long it has been there.
fn mark(route: &Route, shown: &Shown, since: crate::stdx::Instant, state: State) -> Option<AnyView> {
    let parted = route.parted(shown.forth, shown.back)?;
    let (x, y) = (parted.scissors.x, parted.scissors.y);
    let age = move || text::seconds(state.now_slow.get().since(since));
    Some(
        view! {
            <g class="mark" aria-hidden="true">
                <circle cx=x cy=y r="14"></circle>
                <svg class="i s" x={x - 8.0} y={y - 8.0} width="16" height="16" inner_html="<use href=\"#i-scissors\"/>"></svg>
                <text class="age" x=parted.time.x y={parted.time.y + 4.0}>{age}</text>
            </g>
        }
        .into_any(),
    )
}

/// A link's key in the page: as the notation names it.
pub fn key(name: &LinkName) -> String {
    format!("{}{}{}", name.from, name.wire.arrow(), name.to)
}
