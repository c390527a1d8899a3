//! Random drawings and random edits for the tests of this room. It may know no rule: half of what it asks for is wrong.

use super::command::Command;
use super::selection::Thing;
use crate::components::parameter::{Domain, Setting, Settings};
use crate::components::{Kind, Wire};
use crate::scenario::fault::{Fault, LinkName, Way};
use crate::scenario::{Document, Link, Machine, Point, Scheduled, Zone};
use crate::stdx::{Distribution, Duration, Instant, Random};

pub fn pick<'a, T>(random: &mut Random, from: &'a [T]) -> &'a T {
    &from[random.below(from.len() as u64) as usize]
}

const NAMES: [&str; 9] = ["a", "b", "c", "web", "web-2", "web-3", "db", "copy", "db-1"];
const ZONES: [&str; 3] = ["east", "west", "mars"];

fn point(random: &mut Random) -> Point {
    Point { x: random.below(1_600) as i32 - 800, y: random.below(1_200) as i32 - 600 }
}

fn name(random: &mut Random, document: &Document) -> String {
    if document.machines.is_empty() || random.chance(0.2) {
        pick(random, &NAMES).to_string()
    } else {
        pick(random, &document.machines).name.clone()
    }
}

fn link(random: &mut Random, document: &Document) -> LinkName {
    if document.links.is_empty() || random.chance(0.1) {
        LinkName { from: name(random, document), to: name(random, document), wire: *pick(random, &Wire::ALL) }
    } else {
        pick(random, &document.links).name()
    }
}

fn value(random: &mut Random, domain: Domain) -> Setting {
    match domain {
        Domain::Count { least, .. } => Setting::Number((least + random.below(6)) as f64),
        Domain::Time { most, .. } => Setting::Time(Duration(random.below(most.0.max(1) + 1))),
        Domain::Times { .. } => {
            Setting::Distribution(Distribution::Fixed(Duration::from_millis(random.below(50))))
        }
        Domain::Flag => Setting::Flag(random.chance(0.5)),
        Domain::Choice(words) => Setting::Text(pick(random, words).name.into()),
        Domain::Text { .. } => Setting::Text("some text".into()),
        _ => Setting::Number(random.unit() * 2.0),
    }
}

fn fault(random: &mut Random, document: &Document) -> Fault {
    // Clones are named too, those that are not there among them.
    let mut machine = name(random, document);
    if random.chance(0.4) {
        machine = format!("{machine}-{}", random.below(4));
    }
    match random.below(6) {
        0 => Fault::Crash { machine, host: random.chance(0.5) },
        1 => Fault::Slow { machine, factor: 4.0 },
        2 => Fault::Cut { link: link(random, document), way: Way::Both },
        3 => Fault::Part {
            one: pick(random, &ZONES).to_string(),
            other: pick(random, &ZONES).to_string(),
            way: Way::Forth,
        },
        4 => Fault::Outage { zone: pick(random, &ZONES).to_string() },
        _ => Fault::HealAll,
    }
}

/// Any edit, allowed or not.
pub fn command(random: &mut Random, document: &Document) -> Command {
    let index = |random: &mut Random| random.chance(0.5).then(|| random.below(8) as usize);
    match random.below(20) {
        0..=3 => {
            let zone = random.chance(0.3).then(|| pick(random, &ZONES).to_string());
            let machine = Machine {
                name: pick(random, &NAMES).to_string(),
                kind: *pick(random, Kind::ALL),
                settings: Settings::new(),
                at: point(random),
                zone,
            };
            Command::AddMachine { index: index(random), machine }
        }
        4 => Command::RemoveMachine(name(random, document)),
        5 => {
            let names: Vec<String> = (0..3).map(|_| name(random, document)).collect();
            Command::Move(names.into_iter().map(|n| (n, point(random))).collect())
        }
        6..=7 => {
            Command::RenameMachine { from: name(random, document), to: pick(random, &NAMES).to_string() }
        }
        8..=10 => {
            let LinkName { from, to, .. } =
                LinkName { from: name(random, document), to: name(random, document), wire: Wire::Calls };
            let link = Link { from, to, wire: *pick(random, &Wire::ALL), settings: Settings::new() };
            Command::AddLink { index: index(random), link }
        }
        11 => Command::RemoveLink(link(random, document)),
        12..=13 => {
            let of = match random.below(5) {
                0 => Thing::Link(link(random, document)),
                1 => Thing::Zone(pick(random, &ZONES).to_string()),
                _ => Thing::Machine(name(random, document)),
            };
            let parameters = of.parameters(document);
            if parameters.is_empty() {
                return Command::Set { of, parameter: "nothing".into(), to: None };
            }
            let parameter = *pick(random, parameters);
            let to = random.chance(0.8).then(|| value(random, parameter.domain));
            Command::Set { of, parameter: parameter.name.into(), to }
        }
        14 => Command::AddZone {
            index: index(random),
            zone: Zone { name: pick(random, &ZONES).to_string(), settings: Settings::new() },
        },
        15 => match random.below(2) {
            0 => Command::RemoveZone(pick(random, &ZONES).to_string()),
            _ => Command::RenameZone {
                from: pick(random, &ZONES).to_string(),
                to: pick(random, &ZONES).to_string(),
            },
        },
        16 => {
            let zone = random.chance(0.7).then(|| pick(random, &ZONES).to_string());
            Command::PutInZone(vec![(name(random, document), zone)])
        }
        17 => {
            let at = (0..random.below(6)).map(|_| Instant(random.below(60_000_000_000))).collect::<Vec<_>>();
            Command::SetSchedule(
                at.into_iter().map(|at| Scheduled { at, fault: fault(random, document) }).collect(),
            )
        }
        18 => match random.below(5) {
            0 => Command::SetTitle(pick(random, &["Three tiers", "", "two\nlines"]).to_string()),
            1 => Command::SetSeed(random.word()),
            2 => Command::SetNotes(pick(random, &["See the lesson.", ""]).to_string()),
            3 => {
                let text = random.chance(0.7).then(|| "127.0.0.1".into());
                Command::SetFile(pick(random, &["access.log", "two.log", "../no"]).to_string(), text)
            }
            _ => Command::SetUntil(Duration::from_secs(random.below(100))),
        },
        _ => Command::Batch((0..random.below(4)).map(|_| command(random, document)).collect()),
    }
}

/// A drawing that came about by edits.
pub fn document(random: &mut Random, edits: u64) -> Document {
    let mut document = Document::default();
    for _ in 0..edits {
        let _ = command(random, &document).apply(&mut document);
    }
    document
}
