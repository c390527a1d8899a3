//! What floats over the board and does not move with it: the toolbar "Edit", the followed key, the legend, zoom and
//! minimap. It may not know what lies below.

use super::super::dialogs::files;
use super::super::state::State;
use super::super::{actions, icon, screen, text, values};
use crate::editor::action::Action;
use crate::editor::geometry::Vector;
use crate::editor::geometry::minimap::{self, Minimap};
use leptos::{ev, prelude::*};

/// The meanings of the dots that the legend explains, with their symbols.
const LEGEND: [(&str, &str); 6] = [
    ("asked", text::dot::ASKED),
    ("write", text::dot::WRITE),
    ("answered", text::dot::ANSWERED),
    ("stale", text::dot::STALE),
    ("refused", text::dot::REFUSED),
    ("timed-out", text::dot::TIMED_OUT),
];

/// Size of the minimap, and the paper left around what it shows.
const MINI: (f64, f64, f64) = (116.0, 68.0, 8.0);

pub fn overlay(state: State) -> AnyView {
    let empty = Memo::new(move |_| state.document.with(|d| d.machines.is_empty()));
    view! {
        {tools(state)}
        {following(state)}
        {move || empty.get().then(|| beginnings(state))}
        {legend(state)}
        {move || state.lost.get().then(|| view! { <button class="tb lost" on:click=move |_| state.act(Action::Fit)>{icon::small("go")}{text::tool::BACK}</button> })}
        <div class="corner">
            {zoom(state)}
            {move || state.document.with(|d| d.machines.len() >= minimap::FROM).then(|| mini(state))}
        </div>
    }
    .into_any()
}

fn tools(state: State) -> AnyView {
    let tool = move |action: Action, words: &'static str| {
        let pressed = move || {
            state.tool.track();
            state.with(|o| action.entry().pressed(&o.editor)).unwrap_or(false).to_string()
        };
        let sign = icon::icon(actions::sign_name(action.entry().id));
        view! { <button class="ib not-phone" aria-label=words title=actions::tip(words, action) aria-pressed=pressed on:click=move |_| state.act(action)>{sign}</button> }
    };
    let act = move |action: Action, words: &'static str| {
        let none = move || state.selection.with(|s| s.is_empty());
        let sign = icon::icon(actions::sign_name(action.entry().id));
        view! { <button class="ib not-phone" aria-label=words title=actions::tip(words, action) disabled=none on:click=move |_| state.act(action)>{sign}</button> }
    };
    let cutting = move || {
        state.tool.track();
        state.with(|o| Action::Scissors.entry().pressed(&o.editor)).unwrap_or(false)
    };
    let parted = Memo::new(move |_| {
        state.frame.with(|f| f.links.iter().any(|l| l.cut_forth || l.cut_back || l.partly))
    });
    view! {
        <div class="tools" role="toolbar" aria-label=text::region::EDIT aria-owns="undo redo">
            {tool(Action::Select, text::tool::SELECT)}
            {tool(Action::Connect, text::tool::CONNECT)}
            {tool(Action::Hand, text::tool::HAND)}
            <span class="sep not-phone"></span>
            {act(Action::Duplicate, text::tool::DUPLICATE)}
            {act(Action::Delete, text::tool::DELETE)}
            <span class="sep not-phone"></span>
            <button class="scissors" aria-label=text::tool::SCISSORS title=actions::tip(text::tool::SCISSORS, Action::Scissors)
                aria-pressed=move || cutting().to_string()
                on:click=move |_| state.act(if cutting() { Action::Select } else { Action::Scissors })>
                {icon::icon("scissors")}
            </button>
            <span class="cut-a-line" on:click=move |_| state.act(Action::Scissors)>{text::tool::CUT_A_LINE}</span>
            {move || parted.get().then(|| view! { <button class="tb heal-all" on:click=move |_| state.act(Action::HealAll)>{icon::small("heal")}{text::tool::HEAL_ALL}</button> })}
        </div>
    }
    .into_any()
}

/// The key whose versions the machines show: the busiest, or a chosen one.
fn following(state: State) -> AnyView {
    let some = Memo::new(move |_| state.frame.with(|f| f.follow.is_some()));
    let versions = Memo::new(move |_| state.frame.with(|f| f.versions));
    let ramp = move || {
        let newest = versions.get();
        let shown = newest.min(4);
        (newest > 0).then(|| {
            let first = newest - shown + 1;
            let boxes = (first..=newest).map(|v| view! { <b class=format!("v{}", 3 - (newest - v))></b> }).collect_view();
            view! { <span class="ramp" aria-label=text::versions(first, newest)>{format!("v{first}")}<i>{boxes}</i>{format!("v{newest}")}</span> }
        })
    };
    let body = move || {
        some.get().then(|| {
            view! {
                <div class="following">
                    <span class="soft" aria-hidden="true">{text::FOLLOWING}</span>
                    {values::picker(state, text::FOLLOWED_KEY)}
                    {ramp}
                    <button class="ib small" aria-label=text::watch::VALUES title=text::watch::VALUES on:click=move |_| state.open_panel("values")>{icon::small("table")}</button>
                </div>
            }
        })
    };
    view! { {body} }.into_any()
}

fn legend(state: State) -> AnyView {
    let entries =
        LEGEND.map(|(symbol, words)| view! { <li>{icon::glyph("", &format!("d-{symbol}"))}{words}</li> });
    view! { <ul class="legend" aria-label=text::region::LEGEND>{entries.collect_view()}<li>{move || text::dot_scale(state.dot_scale.get())}</li></ul> }.into_any()
}

fn zoom(state: State) -> AnyView {
    let percent = Memo::new(move |_| format!("{:.0} %", state.camera.with(|c| c.zoom * 100.0)));
    let button = move |icon: &'static str, words: &'static str, action: Action| {
        view! { <button class="ib" aria-label=words title=actions::tip(words, action) on:click=move |_| state.act(action)>{icon::small(icon)}</button> }
    };
    view! {
        <div class="zoom" role="group" aria-label=text::tool::ZOOM>
            {button("minus", text::tool::ZOOM_OUT, Action::ZoomOut)}
            <button class="level" aria-label=move || format!("{}, {}", percent.get(), text::tool::FULL_SIZE) title=actions::tip(text::tool::FULL_SIZE, Action::ZoomFull) on:click=move |_| state.act(Action::ZoomFull)>{percent}</button>
            {button("plus", text::tool::ZOOM_IN, Action::ZoomIn)}
            {button("fit", text::tool::FIT, Action::Fit)}
        </div>
    }
    .into_any()
}

/// The whole board, small; a press goes there.
fn mini(state: State) -> AnyView {
    let node = NodeRef::<leptos::svg::Svg>::new();
    let (width, height, pad) = MINI;
    let map = move || {
        let bounds = state.layout.with(|l| l.bounds()).unwrap_or_default();
        Minimap::new(bounds, state.camera.with(|c| c.view()), width, height, pad)
    };
    let cards = move || {
        let map = map();
        state.layout.with(|l| {
            let rect = |r| map.rect(r);
            l.cards.iter().map(|c| rect(c.rect)).map(|r| view! { <rect x=r.left y=r.top width=r.width() height=r.height() rx="1.5" fill="var(--ink)"></rect> }).collect_view()
        })
    };
    let lines = move || {
        let map = map();
        state.layout.with(|l| {
            let path = |r: &crate::editor::geometry::layout::Route| {
                let points: Vec<Vector> = r.line.corners().iter().map(|p| map.point(*p)).collect();
                view! { <path d=crate::editor::geometry::line::svg_of(&points) fill="none" stroke="var(--link)"></path> }
            };
            l.routes.iter().map(path).collect_view()
        })
    };
    let view_box = move || {
        let r = map().rect(state.camera.with(|c| c.view()));
        view! { <rect x=r.left y=r.top width=r.width() height=r.height() rx="3" fill="none" stroke="var(--accent)" stroke-width="1.5"></rect> }
    };
    let go = move |e: &ev::PointerEvent| {
        let Some(svg) = node.get_untracked() else { return };
        let rect = svg.get_bounding_client_rect();
        let point = Vector::new(f64::from(e.client_x()) - rect.left(), f64::from(e.client_y()) - rect.top());
        let to = map().board(point);
        state.with(|o| {
            let mut camera = *o.editor.camera();
            camera.centre_on(to);
            o.editor.set_camera(camera);
        });
        state.sync();
    };
    view! {
        <div class="mini" aria-hidden="true">
            <svg node_ref=node on:pointerdown=move |e| go(&e) on:pointermove=move |e| if e.buttons() & 1 == 1 { go(&e) }>{lines}{cards}{view_box}</svg>
        </div>
    }
    .into_any()
}

/// What an empty board offers to begin with.
fn beginnings(state: State) -> AnyView {
    let examples = crate::scenario::examples::ALL.iter().take(2).map(|example| {
        let title = example.document().title;
        view! { <button class="tb out" on:click=move |_| files::take(state, screen::placed(example))>{title}</button> }
    });
    view! {
        <div class="beginnings">
            <h2>{text::EMPTY}</h2>
            <div>
                {examples.collect_view()}
                <button class="tb out" on:click=move |_| state.edit(|e| e.add_at_centre(crate::components::Kind::Users))>{icon::small("plus")}{text::FIRST_USERS}</button>
                <a class="tb out" href="#/course">{icon::small("book")}{text::bar::LESSONS}</a>
            </div>
        </div>
    }
    .into_any()
}
