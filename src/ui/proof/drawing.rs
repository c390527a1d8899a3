//! The space-time diagram as SVG: processes as lines, operations as bars from question to answer, messages as arrows,
//! faults as hatched bands, the contradiction as one bold bracket. It may not know what it proves.

use super::super::text;
use crate::judge::Diagram;
use crate::judge::diagram::{Bar, Message};
use crate::paint::scale::round_step;
use crate::stdx::Instant;
use leptos::prelude::*;

const WIDTH: f64 = 958.0;
const LEFT: f64 = 136.0;
const RIGHT: f64 = 16.0;
const ROW: f64 = 74.0;
const TOP: f64 = 84.0;
const BAR: f64 = 28.0;
/// Pixels a letter of the mono face takes.
const LETTER: f64 = 7.4;

struct Frame {
    from: f64,
    span: f64,
}

impl Frame {
    /// The time shown: the diagram's, with some air on both sides.
    fn of(diagram: &Diagram) -> Frame {
        let (from, to) = (diagram.from.as_secs(), diagram.to.as_secs());
        let air = (to - from).max(1e-4) * 0.08;
        Frame { from: from - air, span: to - from + 2.0 * air }
    }

    fn x(&self, at: Instant) -> f64 {
        self.seconds(at.as_secs()).clamp(LEFT, WIDTH - RIGHT)
    }

    fn seconds(&self, at: f64) -> f64 {
        LEFT + (at - self.from) / self.span * (WIDTH - LEFT - RIGHT)
    }
}

pub fn drawing(diagram: &Diagram) -> AnyView {
    let frame = Frame::of(diagram);
    let height = TOP + ROW * diagram.rows.len() as f64 + 40.0;
    let y = |row: usize| TOP + ROW * row as f64 + 24.0;
    let bottom = height - 32.0;
    let rows = diagram.rows.iter().enumerate().map(|(i, row)| {
        view! {
            <path class="life" d=format!("M{LEFT} {0}H{1}", y(i), WIDTH - RIGHT)></path>
            <text class="name" x="16" y={y(i) + 4.0}>{row.name.clone()}</text>
        }
    });
    // Where the cross of a message stands that never came.
    let cross = |m: &Message| (frame.x(m.sent) + 14.0, (y(m.from) + y(m.to)) / 2.0);
    let bands = diagram.bands.iter().map(|band| {
        let (a, b) = (frame.x(band.from), frame.x(band.to.unwrap_or(diagram.to)));
        let (low, high) =
            (band.rows.iter().min().copied().unwrap_or(0), band.rows.iter().max().copied().unwrap_or(0));
        let (top, deep) = (y(low) + 22.0, (y(high) - y(low) - 44.0).max(24.0));
        let words = band.text.chars().count() as f64 * 6.6 + 16.0;
        // The words stand at the band's begin, or to the right of the crosses that are there.
        let lost = diagram.messages.iter().filter(|m| m.arrived.is_none()).map(cross);
        let there = lost.filter(|(_, y)| (top..=top + deep).contains(y)).map(|(x, _)| x - a);
        let tag = there.fold(8.0, |tag, x| if x < tag + words + 8.0 { tag.max(x + 12.0) } else { tag });
        let tag = a + if tag + words > b - a { 8.0 } else { tag };
        view! {
            <rect class="hatched" x=a y=top width={b - a} height=deep></rect>
            <path class="bandedge" d=format!("M{a} {top}H{b}M{a} {0}H{b}", top + deep)></path>
            <rect class="tag" x=tag y={top + deep / 2.0 - 11.0} width=words height="22" rx="4"></rect>
            <text class="t12" x={tag + 8.0} y={top + deep / 2.0 + 4.0}>{band.text.clone()}</text>
        }
    });
    let edge = WIDTH - RIGHT;
    let messages = diagram.messages.iter().map(|m| {
        let (x1, y1) = (frame.x(m.sent), y(m.from));
        let end = m.arrived.unwrap_or(m.sent);
        let (x2, y2) = (frame.x(end), y(m.to));
        let (dy1, dy2) = if y2 > y1 { (BAR / 2.0, -BAR / 2.0) } else { (-BAR / 2.0, BAR / 2.0) };
        match m.arrived {
            // It comes too late to be seen here: its line leaves the drawing.
            Some(late) if frame.seconds(late.as_secs()) > edge => {
                let (from, to) = (y1 + dy1, y2 + dy2);
                let share = (edge - x1) / (frame.seconds(late.as_secs()) - x1);
                view! { <path class="msg" d=format!("M{x1} {from}L{edge} {}", from + (to - from) * share)></path> }.into_any()
            }
            Some(_) => view! { <path class="msg" marker-end="url(#arrow)" d=format!("M{x1} {}L{x2} {}", y1 + dy1, y2 + dy2)></path> }.into_any(),
            None => {
                let (cx, cy) = cross(m);
                view! {
                    <path class="msg" d=format!("M{x1} {}L{cx} {cy}", y1 + dy1)></path>
                    <path class="cross" d=format!("M{} {}l10 10m0-10-10 10", cx - 5.0, cy - 5.0)></path>
                }
                .into_any()
            }
        }
    });
    let bars = diagram.bars.iter().map(|b| bar(b, &frame, y(b.row)));
    let bracket = diagram.bracket.as_ref().map(|b| {
        let (a, z) = (frame.x(b.from), frame.x(b.to));
        let (first, second) = (&diagram.bars[b.first], &diagram.bars[b.second]);
        let (left, right) = (y(first.row) - BAR / 2.0 - 4.0, y(second.row) - BAR / 2.0 - 4.0);
        let later = text::later(b.gap);
        view! {
            <path class="bracket" d=format!("M{a} {left}V40H{z}V{right}")></path>
            <text class="mid name" x={(a + z) / 2.0} y="30">{later}</text>
        }
    });
    let step = round_step(frame.span, 7.0);
    let first = (frame.from / step).ceil() as i64;
    let last = ((frame.from + frame.span) / step).floor() as i64;
    let digits = (-libm::floor(libm::log10(step))).clamp(0.0, 6.0) as usize;
    let ticks = (first..=last).map(|n| {
        let at = n as f64 * step;
        let x = frame.seconds(at);
        let unit = if n == first { " s" } else { "" };
        view! {
            <path class="gridline" d=format!("M{x:.0} 56V{bottom}")></path>
            <text class="t12 mid" x=x y={bottom + 20.0}>{format!("{at:.digits$}{unit}")}</text>
        }
    });
    view! {
        <p class="sentence">{diagram.sentence.clone()}</p>
        <svg class="dia" viewBox=format!("0 0 {WIDTH} {height}") role="img" aria-label=text::diagram(diagram)>
            {ticks.collect_view()}
            {bands.collect_view()}
            {rows.collect_view()}
            {messages.collect_view()}
            {bars.collect_view()}
            {bracket}
            <path class="axisline" d=format!("M{LEFT} {bottom}H{}", WIDTH - RIGHT)></path>
            <text class="t12" x="16" y={bottom + 20.0}>{text::proof::TIME}</text>
        </svg>
    }
    .into_any()
}

/// One operation with its words inside where they fit, else beside, and the instants of question and answer below.
fn bar(bar: &Bar, frame: &Frame, y: f64) -> AnyView {
    let (a, b) = (frame.x(bar.from), bar.to.map_or(WIDTH - RIGHT, |to| frame.x(to)));
    let width = (b - a).max(6.0);
    let class = match (bar.guilty, bar.to) {
        (true, None) => "op guilty open",
        (true, _) => "op guilty",
        (false, None) => "op open",
        (false, _) => "op",
    };
    let words = bar.text.chars().count() as f64 * LETTER;
    let inside = words + 16.0 <= width;
    // Beside the bar there is room on one side at least: the diagram has air on both.
    let (x, anchor) = match (inside, a + width + 8.0 + words < WIDTH) {
        (true, _) => (a + 10.0, "start"),
        (false, true) => (a + width + 8.0, "start"),
        (false, false) => (a - 8.0, "end"),
    };
    let class_words = if inside { "mono" } else { "mono halo" };
    let moments = [(a, "end", Some(bar.from)), (a + width, "start", bar.to)];
    let moments = moments.into_iter().filter_map(|(x, anchor, at)| {
        let x = if anchor == "end" { x - 6.0 } else { x + 6.0 };
        Some(view! { <text class="t12 halo" x=x y={y + BAR / 2.0 + 16.0} text-anchor=anchor>{format!("{:.3}", at?.as_secs())}</text> })
    });
    view! {
        <rect class=class x=a y={y - BAR / 2.0} width=width height=BAR rx="4"></rect>
        <text class=class_words x=x y={if inside { y + 4.0 } else { y - 6.0 }} text-anchor=anchor>{bar.text.clone()}</text>
        {moments.collect_view()}
    }
    .into_any()
}
