//! The board: one plane that pans and zooms with side tints, links, machines and marks in that order; a canvas of dots
//! over it; tools and legend outside of it. It may not know what a gesture means: that is the editor's.

pub mod dots;
pub mod fan;
mod link;
mod machine;
mod overlay;
mod sketch;

pub use link::key;
pub use machine::version_class;

use super::state::State;
use super::{device, dialogs, hand, text};
use crate::editor::geometry::{Rect, Vector, sides};
use crate::editor::selection::Thing;
use crate::editor::tool::{Cursor, Tool};
use leptos::prelude::*;

/// The board's top left corner in the window.
pub fn corner() -> (f64, f64) {
    let board = document().query_selector(".surface").ok().flatten();
    board.map_or((0.0, 0.0), |board| {
        let rect = board.get_bounding_client_rect();
        (rect.left(), rect.top())
    })
}

fn cursor(cursor: Cursor) -> &'static str {
    match cursor {
        Cursor::Default => "default",
        Cursor::Pointer => "pointer",
        Cursor::Grab => "grab",
        Cursor::Grabbing => "grabbing",
        Cursor::Crosshair => "crosshair",
        Cursor::Copy => "copy",
        Cursor::NotAllowed => "not-allowed",
        Cursor::Scissors => "scissors",
    }
}

fn tool(tool: Tool) -> &'static str {
    match tool {
        Tool::Select => "select",
        Tool::Connect => "connect",
        Tool::Scissors => "scissors",
        Tool::Hand => "hand",
        Tool::Add(_) => "add",
    }
}

pub fn board(state: State) -> AnyView {
    let names = Memo::new(move |_| {
        state.document.with(|d| d.machines.iter().map(|m| m.name.clone()).collect::<Vec<_>>())
    });
    let links = Memo::new(move |_| {
        state.layout.with(|l| l.routes.iter().map(|r| r.name.clone()).collect::<Vec<_>>())
    });
    let zones = Memo::new(move |_| {
        state
            .layout
            .with(|l| l.zones.iter().filter(|z| z.1.is_some()).map(|z| z.0.clone()).collect::<Vec<_>>())
    });
    view! {
        <div class="board" role="application" aria-label=text::region::BOARD tabindex="0" aria-describedby="board-help"
            data-tool=move || tool(state.tool.get())>
            <p id="board-help" class="vh">{text::BOARD_HELP}</p>
            <div class="surface" data-cursor=move || cursor(state.cursor.get())
                on:pointerdown=move |e| hand::down(state, &e) on:pointermove=move |e| hand::moved(state, &e)
                on:pointerup=move |e| hand::up(state, &e) on:pointercancel=move |e| hand::cancel(state, &e)
                on:lostpointercapture=move |e| if state.pressing.get_value() { hand::cancel(state, &e) }
                on:mousedown=|e| if e.button() == 2 { e.prevent_default() } on:dragover=|e| e.prevent_default()
                on:drop=move |e| {
                    e.prevent_default();
                    let held = js_sys::Reflect::get(&e, &"dataTransfer".into()).unwrap_or_default();
                    device::take_in(state, &held, move |found| dialogs::files::take_text(state, &found));
                }
                on:wheel=move |e| hand::wheel(state, &e) on:contextmenu=|e| e.prevent_default()
                style:--px=move || format!("{:.2}px", -state.camera.with(|c| c.corner.x * c.zoom))
                style:--py=move || format!("{:.2}px", -state.camera.with(|c| c.corner.y * c.zoom))
                style:--z=move || format!("{:.4}", state.camera.with(|c| c.zoom))
                data-far=move || state.camera.with(|c| c.zoom < 0.5).then_some("")>
                <div class="plane">
                    {move || tints(state)}
                    <For each=move || zones.get() key=|name| name.clone() children=move |name| zone(state, name)/>
                    <svg class="links" role="group" aria-label=text::region::LINKS>
                        <For each=move || links.get() key=link::key children=move |name| link::link(state, name)/>
                        {sketch::lines(state)}
                    </svg>
                    <For each=move || names.get() key=|name| name.clone() children=move |name| machine::machine(state, name)/>
                    {sketch::boxes(state)}
                </div>
                {dots::canvas(state)}
                <div class="plane above">{fan::fan(state)}</div>
            </div>
            {overlay::overlay(state)}
        </div>
    }
    .into_any()
}

fn place(rect: Rect) -> String {
    format!(
        "left:{:.0}px;top:{:.0}px;width:{:.0}px;height:{:.0}px",
        rect.left,
        rect.top,
        rect.width(),
        rect.height()
    )
}

/// The groups that the cut of now parts, each with a tint and a name.
fn tints(state: State) -> AnyView {
    let groups = Memo::new(move |_| state.frame.with(|f| f.sides.clone()));
    let groups = groups.get();
    let layout = state.layout.get();
    let named = |at: Vector, rect: Rect| {
        format!("left:{:.0}px;top:{:.0}px", at.x - rect.left, at.y - rect.top - 12.0)
    };
    let cards: Vec<(String, Vec<Rect>)> = groups
        .into_iter()
        .map(|side| (side.name, side.machines.iter().filter_map(|m| layout.card(m)).collect()))
        .collect();
    sides::tints(&cards)
        .into_iter()
        .enumerate()
        .map(|(n, tint)| {
            let class = format!("side side-{}", n % 3);
            let mut name = Some((tint.name, tint.label));
            let rects = tint.rects.into_iter().map(move |rect| view! { <div class=class.clone() style=place(rect)>{name.take().map(|(n, at)| view! { <span style=named(at, rect)>{n}</span> })}</div> });
            rects.collect_view()
        })
        .collect_view()
        .into_any()
}

/// A zone's frame. The pointer reaches it through the surface, which knows its edge from what lies inside.
fn zone(state: State, name: String) -> AnyView {
    super::later(|| {
        let thing = Thing::Zone(name.clone());
        let chosen = thing.clone();
        let selected = Memo::new(move |_| state.selection.with(|s| s.contains(&chosen)));
        let (of, named, shown) = (name.clone(), name.clone(), name.clone());
        let style = move || {
            let rect = state.layout.with(|l| l.zones.iter().find(|z| z.0 == of).and_then(|z| z.1));
            rect.map(place)
        };
        let label = move || {
            let inside = state.document.with(|d| text::zone(d, &named));
            inside + if selected.get() { text::SELECTED } else { "" }
        };
        view! {
            <div class="zone" role="group" tabindex="0" aria-label=label data-zone=name.clone() class:selected=selected style=style
                on:focus=move |_| if !state.pressing.get_value() && !selected.get_untracked() { state.choose(thing.clone()) }>
                <span aria-hidden="true">{shown}</span>
            </div>
        }
        .into_any()
    })
}
