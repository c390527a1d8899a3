//! The board as a picture that stands for itself: an SVG with its machines, links, cuts, sides and versions as they are
//! now. It may not know where the picture goes.

use super::state::State;
use super::text;
use crate::editor::geometry::layout::Layout;
use crate::editor::geometry::{Rect, sides};
use crate::run::frame::{Condition, Frame, LinkView, MachineView};
use crate::scenario::Document;
use leptos::prelude::*;
use std::fmt::Write;

/// The light colours of the style sheet: a picture is printed and pasted onto paper.
const STYLE: &str = "text{font-family:system-ui,'Segoe UI',Inter,'DejaVu Sans',sans-serif;fill:#1d222b}\
.name{font-size:15px;font-weight:600}.small{font-size:12px;fill:#555b66}.title{font-size:18px;font-weight:600}\
.chip{font:600 12px ui-monospace,'DejaVu Sans Mono',monospace;fill:#fff}\
.l{fill:none;stroke:#868b94;stroke-width:2}.tick{fill:none;stroke:#868b94;stroke-width:2}.fray{fill:none;stroke:#c8232c;stroke-width:2}\
.card{fill:#fff;stroke:#cfd1d4}.down{fill:#f4f4f1}.g{fill:none;stroke:#1d222b;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}\
.g .dot{fill:#1d222b;stroke:none}.off{fill:#e3e3df}.on{fill:#1d222b}.zone{fill:none;stroke:#868b94;stroke-width:1.5;stroke-dasharray:5 4}\
.slash{stroke:#868b94;stroke-width:1.5}";
const GROUND: &str = "#fbfaf7";
const SIDES: [&str; 3] = ["#e4f1f9", "#fbeee4", "#e6f4e8"];
const VERSIONS: [&str; 4] = ["#1b66c9", "#6f45c4", "#b5278f", "#c8232c"];
const MARGIN: f64 = 24.0;
/// Above the board, for its title.
const HEAD: f64 = 40.0;

/// The picture, and how large it is.
pub fn picture(state: State) -> (String, f64, f64) {
    let (document, layout) = (state.document.get_untracked(), state.layout.get_untracked());
    draw(&document, &layout, &state.frame.get_untracked())
}

fn draw(document: &Document, layout: &Layout, frame: &Frame) -> (String, f64, f64) {
    let all = layout.extent().unwrap_or_default().grown(MARGIN);
    let (width, height) = (all.width().max(320.0), all.height() + HEAD);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"{} {} {width} {height}\"><style>{STYLE}</style><defs>",
        all.left,
        all.top - HEAD
    );
    let mut words: Vec<&str> = document.machines.iter().map(|m| m.kind.info().word).collect();
    words.sort_unstable();
    words.dedup();
    out.extend(words.into_iter().filter_map(glyph));
    let _ = write!(
        out,
        "</defs><rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\" fill=\"{GROUND}\"/><text class=\"title\" x=\"{}\" y=\"{}\">{}</text>",
        all.left,
        all.top - HEAD,
        all.left + MARGIN,
        all.top - 8.0,
        escape(&document.title)
    );
    tints(&mut out, layout, frame);
    for (name, rect) in layout.zones.iter().filter_map(|(name, rect)| Some((name, (*rect)?))) {
        rounded(&mut out, rect, 16.0, "class=\"zone\"");
        label(&mut out, rect.left + 12.0, rect.bottom - 10.0, "small", name);
    }
    for route in &layout.routes {
        let index = document.links.iter().position(|l| l.name() == route.name);
        let view: Option<&LinkView> = index.and_then(|i| frame.links.get(i));
        let parted = view.and_then(|v| route.parted(v.cut_forth, v.cut_back));
        let line = parted.as_ref().map_or(&route.svg, |p| &p.rest);
        let _ = write!(out, "<path class=\"l\" d=\"{line}\"/>");
        match &parted {
            Some(parted) => {
                let _ = write!(out, "<path class=\"fray\" d=\"{}\"/>", parted.frays);
            }
            None => {
                let _ = write!(out, "<path class=\"tick\" d=\"{}\"/>", route.tick_svg());
            }
        }
    }
    for (card, machine) in layout.cards.iter().zip(&document.machines) {
        let view = frame.machines.iter().find(|m| m.name == card.name).cloned().unwrap_or_default();
        draw_card(
            &mut out,
            card.rect,
            &card.name,
            machine.kind.info().word,
            machine.clones(),
            &view,
            frame.versions,
        );
    }
    out.push_str("</svg>");
    (out, width, height)
}

fn tints(out: &mut String, layout: &Layout, frame: &Frame) {
    let cards: Vec<(String, Vec<Rect>)> = frame
        .sides
        .iter()
        .map(|s| (s.name.clone(), s.machines.iter().filter_map(|m| layout.card(m)).collect()))
        .collect();
    for (n, tint) in sides::tints(&cards).into_iter().enumerate() {
        for rect in &tint.rects {
            rounded(out, *rect, 16.0, &format!("fill=\"{}\"", SIDES[n % 3]));
        }
        label(out, tint.label.x, tint.label.y, "small", &tint.name);
    }
}

fn draw_card(
    out: &mut String,
    r: Rect,
    name: &str,
    word: &str,
    clones: u32,
    view: &MachineView,
    newest: u64,
) {
    let down = matches!(view.condition, Condition::Refusing | Condition::Unreachable);
    if clones > 1 {
        for by in [10.0, 5.0] {
            rounded(out, r.shifted(crate::editor::geometry::Vector::new(by, by)), 10.0, "class=\"card\"");
        }
    }
    rounded(out, r, 10.0, if down { "class=\"card down\"" } else { "class=\"card\"" });
    let _ = write!(
        out,
        "<g class=\"g\"><use href=\"#g-{word}\" x=\"{}\" y=\"{}\" width=\"20\" height=\"20\"/></g>",
        r.left + 12.0,
        r.top + 10.0
    );
    let many = if clones > 1 { format!("{name} ×{clones}") } else { name.to_string() };
    label(out, r.left + 40.0, r.top + 25.0, "name", &many);
    let (number, words) = text::live(view);
    label(out, r.left + 12.0, r.top + 46.0, "small", format!("{number} {words}").trim());
    if view.workers > 0 {
        let busy = f64::from(view.busy) / f64::from(view.workers);
        let wide = r.width() - 24.0;
        for (class, share) in [("off", 1.0), ("on", busy)] {
            let _ = write!(
                out,
                "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{:.1}\" height=\"4\" rx=\"1\"/>",
                r.left + 12.0,
                r.bottom - 12.0,
                wide * share
            );
        }
    }
    if down {
        let _ = write!(
            out,
            "<path class=\"slash\" d=\"M{} {}L{} {}\"/>",
            r.left + 2.0,
            r.bottom - 2.0,
            r.right - 2.0,
            r.top + 2.0
        );
    }
    if let Some(chip) = &view.chip {
        let ink = VERSIONS[3 - newest.saturating_sub(chip.version).min(3) as usize];
        let version = format!("v{}", chip.version);
        let wide = 12.0 + 7.5 * version.len() as f64;
        let top = r.bottom + if clones > 1 { 18.0 } else { 8.0 };
        let age = text::chip_age(chip);
        let area = Rect { left: r.left, top, right: r.left + wide, bottom: top + 20.0 };
        let whole = Rect { right: area.right + 14.0 + 7.0 * age.chars().count() as f64, ..area };
        rounded(out, whole, 5.0, "class=\"card\"");
        rounded(out, area, 5.0, &format!("fill=\"{ink}\""));
        label(out, r.left + 6.0, top + 14.0, "chip", &version);
        label(out, r.left + wide + 6.0, top + 14.0, "small", &age);
    }
}

fn rounded(out: &mut String, r: Rect, radius: f64, more: &str) {
    let (w, h) = (r.width(), r.height());
    let _ = write!(
        out,
        "<rect x=\"{}\" y=\"{}\" width=\"{w}\" height=\"{h}\" rx=\"{radius}\" {more}/>",
        r.left, r.top
    );
}

fn label(out: &mut String, x: f64, y: f64, class: &str, words: &str) {
    let _ = write!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(words));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A component's glyph, out of the page's own sheet.
fn glyph(word: &str) -> Option<&'static str> {
    const SHEET: &str = include_str!("icons.svg");
    let from = SHEET.find(&format!("<symbol id=\"g-{word}\""))?;
    let to = from + SHEET[from..].find("</symbol>")? + "</symbol>".len();
    Some(&SHEET[from..to])
}
