//! Reads the notation, line by line, and tells every problem with its place. It may not know whether a board can run.

mod about;

use super::lex::{Token, What, lex};
use super::spots::{Spot, Spots};
use crate::components::parameter::{Parameter, Settings};
use crate::components::{Kind, Wire, wiring};
use crate::scenario::fault::Fault;
use crate::scenario::problem::{Place, Problem};
use crate::scenario::{Document, Link, Machine, Point, Scheduled, Zone, layout, limits, name, suggest};
use crate::stdx::{Duration, Instant};
use std::iter::Enumerate;
use std::str::Split;

/// Reads a board. Every problem is told, up to a limit, in the order of the lines.
pub fn parse(text: &str) -> Result<Document, Vec<Problem>> {
    parse_with_spots(text).map(|(document, _)| document)
}

/// The same, with the places where everything stands, for problems that are found later.
pub fn parse_with_spots(text: &str) -> Result<(Document, Spots), Vec<Problem>> {
    parse_beside(text, &mut |_| Err("It is a file beside the board's, and there is none here.".into()))
}

/// The same for a board that may have files beside it: `load` gives the text of one by its name, or says why not.
pub fn parse_beside<'a>(text: &'a str, load: Load<'a>) -> Result<(Document, Spots), Vec<Problem>> {
    let most = limits::FILE + limits::ATTACHMENT;
    if text.len() > most {
        let says = format!("The file has {} bytes; with what is attached it may have {most}.", text.len());
        return Err(vec![Problem::text(1, 1, says, "")]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::new(text, load);
    while let Some((number, line)) = reader.next_line() {
        reader.bytes += line.len() + 1;
        if reader.bytes > limits::FILE {
            let help = format!("Without what is attached it may have {} bytes.", limits::FILE);
            reader.problem((number, 1), "The board is too long.", help);
            break;
        }
        reader.line(number, line);
        if reader.problems.len() >= limits::PROBLEMS {
            break;
        }
    }
    reader.finish()
}

/// A name in the text that must be somebody's.
struct Mention {
    name: String,
    spot: Spot,
}

/// Gives the text of a file beside the board's.
type Load<'a> = &'a mut dyn FnMut(&str) -> Result<String, String>;

struct Reader<'a> {
    lines: Enumerate<Split<'a, char>>,
    load: Load<'a>,
    document: Document,
    spots: Spots,
    problems: Vec<Problem>,
    /// By machine: whether its position was written.
    placed: Vec<bool>,
    zones_mentioned: Vec<Mention>,
    machines_mentioned: Vec<Mention>,
    notes: Option<String>,
    /// `title`, `seed` and `until` may stand once.
    said: Vec<(&'static str, u32)>,
    attached: usize,
    /// Of the board itself, read so far.
    bytes: usize,
}

const HEADS: [&str; 6] = ["title", "seed", "until", "zone", "at", "file"];

impl<'a> Reader<'a> {
    fn new(text: &'a str, load: Load<'a>) -> Reader<'a> {
        Reader {
            lines: text.split('\n').enumerate(),
            load,
            document: Document::default(),
            spots: Spots::default(),
            problems: Vec::new(),
            placed: Vec::new(),
            zones_mentioned: Vec::new(),
            machines_mentioned: Vec::new(),
            notes: None,
            said: Vec::new(),
            attached: 0,
            bytes: 0,
        }
    }

    fn next_line(&mut self) -> Option<(u32, &'a str)> {
        self.lines.next().map(|(i, line)| (i as u32 + 1, line))
    }

    fn problem(&mut self, (line, column): Spot, says: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::text(line, column, says, help));
    }

    fn line(&mut self, number: u32, line: &'a str) {
        let line = line.trim_end();
        if line.chars().nth(limits::LINE).is_some() {
            let help = format!(
                "A line has at most {} characters; end it with \\ to go on in the next.",
                limits::LINE
            );
            return self.problem((number, limits::LINE as u32 + 1), "The line is too long.", help);
        }
        let start = line.len() - line.trim_start().len();
        let (before, rest) = line.split_at(start);
        if rest.is_empty() {
            return;
        }
        if let Some(note) = rest.strip_prefix('#') {
            return self.note(number, note.strip_prefix(' ').unwrap_or(note));
        }
        let head = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        let tail = &rest[head.len()..];
        let chained = name::arrow(tail.trim_start()).is_some();
        let column = before.chars().count() as u32 + 1;
        match head {
            "title" if !chained && !tail.trim_start().starts_with('"') => {
                let title = without_comment(tail).trim().to_string();
                self.title((number, column), title);
            }
            "at" if !chained => self.fault(number, column + 2, without_comment(tail)),
            _ => {
                let mut tokens = Vec::new();
                let mut goes_on = lex(line, number, &mut tokens, &mut self.problems);
                while goes_on {
                    let Some((number, line)) = self.next_line() else { break };
                    goes_on = lex(line.trim_end(), number, &mut tokens, &mut self.problems);
                }
                self.statement(&tokens);
            }
        }
    }

    fn fault(&mut self, number: u32, column: u32, text: &str) {
        let column_at = |bytes: usize| column + text[..bytes].chars().count() as u32;
        let start = text.len() - text.trim_start().len();
        let time = text[start..].split(char::is_whitespace).next().unwrap_or_default();
        let rest = start + time.len();
        let at = time.parse::<Duration>();
        let fault = text[rest..].parse::<Fault>();
        match (at, fault) {
            (Ok(at), Ok(fault)) => {
                self.document.schedule.push(Scheduled { at: Instant::START + at, fault });
                self.spots.schedule.push((number, column_at(rest + 1).min(column_at(text.len()))));
            }
            (Err(error), _) => {
                let says = if time.is_empty() {
                    "When does it happen?".to_string()
                } else {
                    format!("{}.", suggest::sentence(&error))
                };
                self.problem((number, column_at(start)), says, "It is written: at 5s cut db=>copy.");
            }
            (_, Err(error)) => {
                self.problem((number, column_at(rest + error.at)), error.says, error.help);
            }
        }
    }

    fn statement(&mut self, tokens: &[Token]) {
        let Some(first) = tokens.first() else { return };
        let spot = (first.line, first.column);
        let chained = matches!(tokens.get(1), Some(Token { what: What::Arrow(_), .. }));
        match &first.what {
            What::Word(_) if chained => self.chain(tokens),
            What::Word(word) => match word.as_str() {
                "title" => match tokens {
                    [_, Token { what: What::Quoted(title), .. }] => self.title(spot, title.clone()),
                    _ => self.problem(spot, "After the quoted title there is more.", "Leave it away."),
                },
                "seed" => self.seed(spot, tokens),
                "until" => self.until(spot, tokens),
                "zone" => self.zone(spot, tokens),
                "file" => self.file(spot, tokens),
                word => match Kind::from_word(word) {
                    Some(kind) => self.machine(kind, spot, tokens),
                    None => self.unknown_head(spot, word, tokens.get(1)),
                },
            },
            What::Arrow(wire) => {
                let says = format!("Before “{}” the name of a machine is missing.", wire.arrow());
                self.problem(spot, says, "It is written: web -> db.");
            }
            What::Quoted(text) | What::Setting { name: text, .. } => {
                let says = format!("A line cannot begin with “{}”.", suggest::clip(text));
                self.problem(spot, says, "It begins with a component, a machine's name and an arrow, title, seed, until, zone, at or file.");
            }
        }
    }

    fn unknown_head(&mut self, spot: Spot, word: &str, next: Option<&Token>) {
        let kinds = Kind::ALL.iter().map(|k| k.info().word);
        let says = format!("There is no component “{}”.", suggest::clip(word));
        let help = if self.spots.machines.contains_key(word) {
            format!("To draw a line from {word}, write an arrow: {word} -> other.")
        } else if let Some(near) = suggest::did_you_mean(word, kinds.clone().chain(HEADS)) {
            near
        } else {
            format!("There are {}.", suggest::list(&kinds.collect::<Vec<_>>()))
        };
        self.problem(spot, says, help);
        // The lines to this machine are not the mistake.
        if let Some(Token { what: What::Word(name), .. }) = next.filter(|_| name::check(word).is_ok()) {
            self.spots.machines.entry(name.clone()).or_insert(spot);
        }
    }

    fn zone(&mut self, spot: Spot, tokens: &[Token]) {
        let Some(name) = self.new_name(spot, tokens, "zone east") else { return };
        let spot = spot_of(&tokens[1]);
        if let Some((line, _)) = self.spots.zones.get(&name) {
            let says = format!("There is a zone {name} already, in line {line}.");
            return self.problem(spot, says, "Choose another name.");
        }
        let settings = self.settings(&tokens[2..], &[wiring::zone_parameters()], "A zone has");
        self.spots.zones.insert(name.clone(), spot);
        self.document.zones.push(Zone { name, settings });
    }

    fn new_name(&mut self, spot: Spot, tokens: &[Token], usage: &str) -> Option<String> {
        let Some(Token { what: What::Word(name), .. }) = tokens.get(1) else {
            self.problem(spot, "A name is missing.", format!("It is written: {usage}."));
            return None;
        };
        if let Err(says) = name::check(name) {
            self.problem(spot_of(&tokens[1]), says, format!("It is written: {usage}."));
            return None;
        }
        Some(name.clone())
    }

    fn machine(&mut self, kind: Kind, spot: Spot, tokens: &[Token]) {
        let info = kind.info();
        let usage = format!("{} {}", info.word, info.first_name);
        let Some(name) = self.new_name(spot, tokens, &usage) else { return };
        let spot = spot_of(&tokens[1]);
        if let Some((line, _)) = self.spots.machines.get(&name) {
            let says = format!("There is a machine {name} already, in line {line}.");
            return self.problem(spot, says, format!("{} is free.", self.document.fresh_name(&name)));
        }
        let mut machine = Machine::new(kind, name.clone());
        let mut placed = false;
        let mut rest = Vec::new();
        let mut words = tokens[2..].iter().peekable();
        while let Some(token) = words.next() {
            match &token.what {
                What::Word(word) if word.starts_with('@') => match position(word) {
                    Some(at) if !placed => (machine.at, placed) = (at, true),
                    Some(_) => self.problem(spot_of(token), "The position is said twice.", "Keep one."),
                    None => {
                        let help = format!("It is written @480,240, each from -{0} to {0}.", limits::BOARD);
                        self.problem(
                            spot_of(token),
                            format!("“{}” is not a position.", suggest::clip(word)),
                            help,
                        );
                    }
                },
                What::Word(word) if word == "in" => {
                    match words.next_if(|t| matches!(t.what, What::Word(_))) {
                        Some(zone @ Token { what: What::Word(name), .. }) if machine.zone.is_none() => {
                            machine.zone = Some(name.clone());
                            self.zones_mentioned.push(Mention { name: name.clone(), spot: spot_of(zone) });
                        }
                        Some(_) => self.problem(spot_of(token), "The zone is said twice.", "Keep one."),
                        None => self.problem(
                            spot_of(token),
                            "Behind “in” a zone is missing.",
                            "It is written: in east.",
                        ),
                    }
                }
                _ => rest.push(token.clone()),
            }
        }
        machine.settings = self.settings(&rest, &[kind.parameters()], &format!("{} has", info.word));
        self.spots.machines.insert(name, spot);
        self.placed.push(placed);
        self.document.machines.push(machine);
    }

    /// The settings of a line, each one known to every one of the tables.
    fn settings(&mut self, tokens: &[Token], tables: &[&'static [Parameter]], whose: &str) -> Settings {
        let mut settings = Settings::new();
        for token in tokens {
            let spot = spot_of(token);
            let (name, value, column) = match &token.what {
                What::Setting { name, value, column } => (name, value, *column),
                What::Word(text) | What::Quoted(text) => {
                    let says = format!("“{}” is not understood here.", suggest::clip(text));
                    self.problem(spot, says, "Settings are written name=value.");
                    continue;
                }
                What::Arrow(wire) => {
                    let says = format!("“{}” cannot stand here.", wire.arrow());
                    self.problem(spot, says, "A line is written: web -> db.");
                    continue;
                }
            };
            let find = |table: &'static [Parameter]| table.iter().find(|p| p.name == name);
            let found: Option<Vec<&Parameter>> = tables.iter().map(|table| find(table)).collect();
            let Some(parameter) = found.as_ref().and_then(|all| all.first()) else {
                let says = format!("{whose} no setting “{}”.", suggest::clip(name));
                let known = tables.first().map_or(&[] as &[Parameter], |t| t).iter().map(|p| p.name);
                let help = match suggest::did_you_mean(name, known.clone()) {
                    Some(near) => near,
                    None if known.len() == 0 => "Leave it away.".to_string(),
                    None => format!("There are {}.", suggest::list(&known.collect::<Vec<_>>())),
                };
                self.problem(spot, says, help);
                continue;
            };
            match parameter.read(value) {
                Ok(setting) => {
                    if settings.insert(name.clone(), setting).is_some() {
                        self.problem(spot, format!("{name} is set twice."), "Keep one of the two.");
                    }
                }
                Err(error) => {
                    let says = format!("{}.", suggest::sentence(&error));
                    self.problem((token.line, column), says, near_word(parameter, value));
                }
            }
        }
        settings
    }

    fn chain(&mut self, tokens: &[Token]) {
        let mut ends: Vec<(&str, Spot)> = Vec::new();
        let mut wires: Vec<Wire> = Vec::new();
        let mut rest = tokens;
        loop {
            match rest {
                [token @ Token { what: What::Word(name), .. }, after @ ..] => {
                    ends.push((name, spot_of(token)));
                    self.machines_mentioned.push(Mention { name: name.clone(), spot: spot_of(token) });
                    rest = after;
                }
                _ => {
                    let spot = rest.first().or(tokens.last()).map_or((1, 1), spot_of);
                    return self.problem(spot, "A machine's name is missing.", "It is written: web -> db.");
                }
            }
            match rest {
                [Token { what: What::Arrow(wire), .. }, after @ ..] => {
                    wires.push(*wire);
                    rest = after;
                }
                _ => break,
            }
        }
        let tables: Vec<&'static [Parameter]> = wires.iter().map(|w| w.parameters()).collect();
        let whose = match wires.iter().all(|w| *w == wires[0]) {
            true => format!("A {} line has", wires[0].arrow()),
            false => "The lines of this chain have together".to_string(),
        };
        let settings = self.settings(rest, &tables, &whose);
        for (pair, wire) in ends.windows(2).zip(wires) {
            let link = Link { settings: settings.clone(), ..Link::new(pair[0].0, wire, pair[1].0) };
            self.spots.links.push((link.name(), pair[0].1));
            self.document.links.push(link);
        }
    }

    fn finish(mut self) -> Result<(Document, Spots), Vec<Problem>> {
        let zones: Vec<String> = self.document.zones.iter().map(|z| z.name.clone()).collect();
        for Mention { name, spot } in std::mem::take(&mut self.zones_mentioned) {
            if !zones.contains(&name) {
                let help = suggest::did_you_mean(&name, zones.iter().map(String::as_str))
                    .unwrap_or_else(|| "Add a line: zone, and its name.".into());
                self.problem(spot, format!("There is no zone “{}”.", suggest::clip(&name)), help);
            }
        }
        for Mention { name, spot } in std::mem::take(&mut self.machines_mentioned) {
            if !self.spots.machines.contains_key(&name) {
                let help = suggest::did_you_mean(&name, self.spots.machines.keys().map(String::as_str))
                    .unwrap_or_else(|| "Add a line: its component, then its name.".into());
                self.problem(spot, format!("There is no machine “{}”.", suggest::clip(&name)), help);
            }
        }
        if let Err(says) = crate::scenario::check_counts(&self.document) {
            self.problem((1, 1), says, "Make the board smaller.");
        }
        if !self.problems.is_empty() {
            self.problems.sort_by_key(|p| match p.place {
                Place::Text { line, column } => (line, column),
                _ => (0, 0),
            });
            self.problems.truncate(limits::PROBLEMS);
            return Err(self.problems);
        }
        self.document.notes = self.notes.unwrap_or_default();
        let mut schedule: Vec<(Scheduled, Spot)> =
            self.document.schedule.drain(..).zip(self.spots.schedule.drain(..)).collect();
        schedule.sort_by_key(|(s, _)| s.at);
        (self.document.schedule, self.spots.schedule) = schedule.into_iter().unzip();
        layout::complete(&mut self.document, &self.placed);
        Ok((self.document, self.spots))
    }
}

fn spot_of(token: &Token) -> Spot {
    (token.line, token.column)
}

fn without_comment(text: &str) -> &str {
    let comment = text
        .char_indices()
        .find(|(i, c)| *c == '#' && text[..*i].chars().next_back().is_some_and(char::is_whitespace));
    comment.map_or(text, |(i, _)| &text[..i])
}

fn position(word: &str) -> Option<Point> {
    let (x, y) = word.strip_prefix('@')?.split_once(',')?;
    let read = |text: &str| text.parse::<i32>().ok().filter(|n| (-limits::BOARD..=limits::BOARD).contains(n));
    Some(Point { x: read(x)?, y: read(y)? })
}

/// For a mistyped word of a choice: the one that was meant.
fn near_word(parameter: &Parameter, value: &str) -> String {
    use crate::components::parameter::Domain;
    match parameter.domain {
        Domain::Choice(words) => {
            suggest::did_you_mean(value, words.iter().map(|w| w.name)).unwrap_or_default()
        }
        _ => String::new(),
    }
}
