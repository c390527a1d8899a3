//! Writes the notation: canonical, aligned, stable. It may not know whether a board can run.

use crate::components::parameter::{Parameter, Settings};
use crate::components::wiring;
use crate::scenario::{Document, Link, layout, name};

/// A written line is broken before it grows longer than this, where it can be.
const WIDTH: usize = 100;
/// Longer heads do not push the settings of the others to the right.
const COLUMN: usize = 40;

/// The board as text: what `parse` reads back as the same board. It ends in a line break.
pub fn write(document: &Document) -> String {
    let mut blocks = vec![head(document)];
    blocks.push(table(&zones(document)));
    blocks.push(table(&machines(document)));
    blocks.push(table(&links(&document.links)));
    blocks.push(schedule(document));
    blocks.extend(document.files.iter().map(|(name, text)| file(name, text)));
    blocks.retain(|b| !b.is_empty());
    blocks.join("\n")
}

/// A line's columns, then its settings.
struct Row {
    cells: Vec<String>,
    settings: Vec<String>,
}

fn head(document: &Document) -> String {
    let mut text = String::new();
    if !document.notes.is_empty() {
        for line in document.notes.split('\n') {
            text.push_str(format!("# {line}").trim_end());
            text.push('\n');
        }
    }
    let usual = Document::default();
    if document.title != usual.title {
        text.push_str(&format!("title {}\n", title(&document.title)));
    }
    text.push_str(&format!("seed {}\n", document.seed));
    if document.until != usual.until {
        text.push_str(&format!("until {}\n", document.until));
    }
    text
}

fn title(title: &str) -> String {
    let plain = !title.is_empty()
        && title.trim() == title
        && !title.contains('#')
        && !title.starts_with('"')
        && name::arrow(title).is_none();
    if plain { title.to_string() } else { quote(title) }
}

fn zones(document: &Document) -> Vec<Row> {
    let row = |zone: &crate::scenario::Zone| Row {
        cells: vec![format!("zone {}", zone.name)],
        settings: settings(&zone.settings, wiring::zone_parameters()),
    };
    document.zones.iter().map(row).collect()
}

fn machines(document: &Document) -> Vec<Row> {
    let usual = layout::landscape(document);
    let placed = document.machines.iter().zip(usual).any(|(m, at)| m.at != at);
    let row = |machine: &crate::scenario::Machine| Row {
        cells: vec![
            format!("{} {}", machine.kind.info().word, machine.name),
            if placed { format!("@{},{}", machine.at.x, machine.at.y) } else { String::new() },
            machine.zone.as_ref().map_or(String::new(), |zone| format!("in {zone}")),
        ],
        settings: settings(&machine.settings, machine.kind.parameters()),
    };
    document.machines.iter().map(row).collect()
}

/// Lines that follow on each other and are set alike become one chain.
fn links(links: &[Link]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut last: Option<&Link> = None;
    for link in links {
        let goes_on =
            last.is_some_and(|l| l.to == link.from && l.wire == link.wire && l.settings == link.settings);
        let step = format!(" {} {}", link.wire.arrow(), link.to);
        match rows.last_mut().filter(|row| goes_on && row.cells[0].chars().count() + step.len() <= WIDTH) {
            Some(row) => row.cells[0].push_str(&step),
            None => rows.push(Row {
                cells: vec![format!("{}{step}", link.from)],
                settings: settings(&link.settings, link.wire.parameters()),
            }),
        }
        last = Some(link);
    }
    rows
}

/// In the order of the parameters' table.
fn settings(settings: &Settings, parameters: &[Parameter]) -> Vec<String> {
    let written = |p: &Parameter| {
        settings.get(p.name).map(|setting| {
            let value = p.write(setting);
            format!("{}={}", p.name, if is_bare(&value) { value } else { quote(&value) })
        })
    };
    parameters.iter().filter_map(written).collect()
}

fn is_bare(value: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "._/%+*,:-×@~()&".contains(c);
    let mut depth = 0;
    let balanced = value.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    });
    !value.is_empty() && balanced && depth == 0 && value.chars().all(plain)
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The rows with their columns aligned; what is too long goes on in the next line.
fn table(rows: &[Row]) -> String {
    let columns = rows.first().map_or(0, |r| r.cells.len());
    let length = |text: &str| text.chars().count();
    let widths: Vec<usize> = (0..columns)
        .map(|i| rows.iter().map(|r| length(&r.cells[i])).filter(|n| *n <= COLUMN).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.cells.iter().zip(&widths) {
            if *width == 0 && cell.is_empty() {
                continue;
            }
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(length(cell)) + 2));
        }
        let indent = length(&line).min(COLUMN);
        let mut fresh = true;
        for setting in &row.settings {
            if !fresh && length(&line) + 1 + length(setting) + 2 > WIDTH {
                text.push_str(&line);
                text.push_str(" \\\n");
                line = " ".repeat(indent);
                fresh = true;
            }
            if !fresh {
                line.push(' ');
            }
            line.push_str(setting);
            fresh = false;
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn schedule(document: &Document) -> String {
    let times: Vec<String> = document.schedule.iter().map(|s| s.at.to_string()).collect();
    let width = times.iter().map(String::len).max().unwrap_or(0);
    let line = |(time, scheduled): (&String, &crate::scenario::Scheduled)| {
        format!("at {time:<width$}  {}\n", scheduled.fault)
    };
    times.iter().zip(&document.schedule).map(line).collect()
}

fn file(name: &str, text: &str) -> String {
    let taken = |mark: &str| text.split('\n').any(|line| line.trim_end() == mark);
    let mark = std::iter::once("END".to_string())
        .chain((2..).map(|n: u32| format!("END{n}")))
        .find(|mark| !taken(mark))
        .expect("a text has finitely many lines");
    match text.ends_with('\n') || text.is_empty() {
        true => format!("file {name} <<{mark}\n{text}{mark}\n"),
        false => format!("file {name} <<{mark} bare\n{text}\n{mark}\n"),
    }
}
