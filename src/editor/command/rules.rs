//! What an edit must satisfy, and the sentence that refuses it. It changes nothing itself.

use super::super::selection::{Thing, same_link};
use super::Command;
use crate::components::{Wire, wiring};
use crate::scenario::fault::LinkName;
use crate::scenario::{Document, Link, Machine, Point, check_file_name, check_title, limits, name};

/// Why an edit is not made, in one sentence for a person.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("There is no machine “{0}”.")]
    NoMachine(String),
    #[error("There is no link from {0} to {1}.")]
    NoLink(String, String),
    #[error("There is no zone “{0}”.")]
    NoZone(String),
    #[error("{0}")]
    Name(#[from] NameFault),
    #[error("A board holds at most {most} {what}.")]
    Full { what: &'static str, most: usize },
    #[error("A machine is not linked to itself.")]
    Itself,
    #[error("{0} and {1} are already linked so.")]
    Linked(String, String),
    #[error("{0} and {1} replicate already; one line says in which direction.")]
    Replicating(String, String),
    #[error("{0}")]
    Wiring(&'static str),
    #[error("{of} has no setting “{name}”.")]
    NoSetting { of: String, name: String },
    #[error("{name} must be {expected}.")]
    Value { name: &'static str, expected: String },
    #[error("{0}")]
    Text(String),
    #[error("A run of no time shows nothing.")]
    NoTime,
}

/// Why a name will not do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameFault {
    #[error("{0}")]
    Form(String),
    #[error("The name “{0}” is taken.")]
    Taken(String),
    #[error("“{name}” would be confused with a clone of “{card}”.")]
    Clone { name: String, card: String },
}

/// Whether a machine with so many clones may have this name, `except` being the machine that asks.
pub fn check_name(
    document: &Document,
    name: &str,
    clones: u32,
    except: Option<&str>,
) -> Result<(), NameFault> {
    name::check(name).map_err(NameFault::Form)?;
    for other in document.machines.iter().filter(|m| Some(m.name.as_str()) != except) {
        if other.name == name {
            return Err(NameFault::Taken(name.into()));
        }
        let confused = |clone: &str, base: &str, clones: u32| {
            clones > 1 && name::split_clone(clone).is_some_and(|(b, number)| b == base && number <= clones)
        };
        if confused(name, &other.name, other.clones()) {
            return Err(NameFault::Clone { name: name.into(), card: other.name.clone() });
        }
        if confused(&other.name, name, clones) {
            return Err(NameFault::Clone { name: other.name.clone(), card: name.into() });
        }
    }
    Ok(())
}

/// Whether a link may be drawn; if not, why.
pub fn joinable(document: &Document, link: &LinkName) -> Result<(), Refusal> {
    let machine = |name: &String| document.machine(name).ok_or_else(|| Refusal::NoMachine(name.clone()));
    let (from, to) = (machine(&link.from)?, machine(&link.to)?);
    if link.from == link.to {
        return Err(Refusal::Itself);
    }
    wiring::allowed(from.kind, link.wire, to.kind).map_err(Refusal::Wiring)?;
    if document.links.iter().any(|l| same_link(&l.name(), link)) {
        return Err(Refusal::Linked(link.from.clone(), link.to.clone()));
    }
    let replicates = |wire| matches!(wire, Wire::Copies | Wire::Mirrors);
    let between =
        |l: &Link| (&l.from, &l.to) == (&link.from, &link.to) || (&l.from, &l.to) == (&link.to, &link.from);
    if replicates(link.wire) && document.links.iter().any(|l| replicates(l.wire) && between(l)) {
        return Err(Refusal::Replicating(link.from.clone(), link.to.clone()));
    }
    Ok(())
}

/// The wire that a line from one to the other would be: the first in the catalogue's order that may be drawn, or why
/// there is none (the reason that most concerns the two: the calls').
pub fn natural_wire(document: &Document, from: &str, to: &str) -> Result<Wire, Refusal> {
    let name = |wire| LinkName::new(from, wire, to);
    let mut answers = Wire::ALL.into_iter().map(|wire| joinable(document, &name(wire)).map(|()| wire));
    let first = answers.next().expect("there are wires");
    match first {
        Ok(wire) => Ok(wire),
        Err(why) => answers.find_map(Result::ok).ok_or(why),
    }
}

fn room(now: usize, what: &'static str, most: usize) -> Result<(), Refusal> {
    if now < most { Ok(()) } else { Err(Refusal::Full { what, most }) }
}

/// Whether so many machines more fit into a run.
fn room_for_nodes(document: &Document, more: u32, except: Option<&str>) -> Result<(), Refusal> {
    let others = document.machines.iter().filter(|m| Some(m.name.as_str()) != except);
    let nodes: usize = others.map(|m| m.clones() as usize).sum();
    room((nodes + more as usize).saturating_sub(1), "machines, clones counted", limits::NODES)
}

fn on_the_board(at: Point) -> Point {
    let clamp = |v: i32| v.clamp(-limits::BOARD, limits::BOARD);
    Point { x: clamp(at.x), y: clamp(at.y) }
}

fn machine<'a>(document: &'a Document, name: &str) -> Result<&'a Machine, Refusal> {
    document.machine(name).ok_or_else(|| Refusal::NoMachine(name.into()))
}

fn zone(document: &Document, name: &str) -> Result<(), Refusal> {
    let there = document.zones.iter().any(|z| z.name == name);
    if there { Ok(()) } else { Err(Refusal::NoZone(name.into())) }
}

fn zone_name(document: &Document, name: &str) -> Result<(), Refusal> {
    name::check(name).map_err(NameFault::Form)?;
    match zone(document, name) {
        Ok(()) => Err(NameFault::Taken(name.into()).into()),
        Err(_) => Ok(()),
    }
}

/// The command as it may be carried out: places clamped to the board, defaults left out, the end of the schedule in
/// the order of time. Or the reason why not.
pub fn normal(command: Command, document: &Document) -> Result<Command, Refusal> {
    match &command {
        Command::AddMachine { index, machine } => {
            room(document.machines.len(), "machines", limits::MACHINES)?;
            let clones = machine.clones();
            room_for_nodes(document, clones, None)?;
            check_name(document, &machine.name, clones, None)?;
            if let Some(name) = &machine.zone {
                zone(document, name)?;
            }
            let index = index.map(|i| i.min(document.machines.len()));
            let machine = Machine { at: on_the_board(machine.at), ..machine.clone() };
            return Ok(Command::AddMachine { index, machine });
        }
        Command::RemoveMachine(name) => {
            machine(document, name)?;
        }
        Command::Move(places) => {
            let clamped = last_words(places).map(|(name, at)| {
                machine(document, name)?;
                Ok((name.clone(), on_the_board(*at)))
            });
            return Ok(Command::Move(clamped.collect::<Result<_, Refusal>>()?));
        }
        Command::RenameMachine { from, to } => {
            let machine = machine(document, from)?;
            check_name(document, to, machine.clones(), Some(from))?;
        }
        Command::AddLink { index, link } => {
            room(document.links.len(), "links", limits::LINKS)?;
            joinable(document, &link.name())?;
            let index = index.map(|i| i.min(document.links.len()));
            return Ok(Command::AddLink { index, link: link.clone() });
        }
        Command::RemoveLink(link) => link_there(document, link)?,
        Command::Set { .. } => return set(command, document),
        Command::AddZone { index, zone } => {
            room(document.zones.len(), "zones", limits::ZONES)?;
            zone_name(document, &zone.name)?;
            let index = index.map(|i| i.min(document.zones.len()));
            return Ok(Command::AddZone { index, zone: zone.clone() });
        }
        Command::RemoveZone(name) => zone(document, name)?,
        Command::RenameZone { from, to } => {
            zone(document, from)?;
            if from != to {
                zone_name(document, to)?;
            }
        }
        Command::PutInZone(places) => {
            for (name, into) in places {
                machine(document, name)?;
                into.as_deref().map_or(Ok(()), |name| zone(document, name))?;
            }
            return Ok(Command::PutInZone(last_words(places).cloned().collect()));
        }
        Command::SetTitle(title) => check_title(title).map_err(Refusal::Text)?,
        Command::SetNotes(notes) => {
            if notes.chars().count() > limits::NOTES {
                return Err(Refusal::Full { what: "characters of notes", most: limits::NOTES });
            }
        }
        Command::SetFile(name, Some(text)) => {
            check_file_name(name).map_err(Refusal::Text)?;
            let others = || document.files.iter().filter(|(other, _)| *other != name);
            room(others().count(), "attached files", limits::FILES)?;
            let size = others().map(|(_, text)| text.len()).sum::<usize>() + text.len();
            room(size.saturating_sub(1), "bytes of attached files", limits::ATTACHMENT)?;
        }
        Command::SetUntil(until) if until.is_zero() => return Err(Refusal::NoTime),
        Command::SetSchedule(schedule) => {
            room(schedule.len().saturating_sub(1), "planned faults", limits::SCHEDULE)?;
            let mut schedule = schedule.clone();
            schedule.sort_by_key(|s| s.at);
            return Ok(Command::SetSchedule(schedule));
        }
        Command::SetFile(_, None)
        | Command::SetSeed(_)
        | Command::SetUntil(_)
        | Command::Replace(_)
        | Command::Batch(_) => {}
    }
    Ok(command)
}

/// Of several words about one machine the last counts, so that each is named once.
fn last_words<T>(places: &[(String, T)]) -> impl Iterator<Item = &(String, T)> {
    let last = |i: usize, name: &String| !places[i + 1..].iter().any(|(later, _)| later == name);
    places.iter().enumerate().filter(move |(i, (name, _))| last(*i, name)).map(|(_, place)| place)
}

fn link_there(document: &Document, link: &LinkName) -> Result<(), Refusal> {
    let there = document.links.iter().any(|l| l.name() == *link);
    if there { Ok(()) } else { Err(Refusal::NoLink(link.from.clone(), link.to.clone())) }
}

fn set(command: Command, document: &Document) -> Result<Command, Refusal> {
    let Command::Set { of, parameter, to } = command else { unreachable!("only called with Set") };
    match &of {
        Thing::Machine(name) => machine(document, name).map(|_| ())?,
        Thing::Link(link) => link_there(document, link)?,
        Thing::Zone(name) => zone(document, name)?,
    }
    let known = of.parameters(document).iter().find(|p| p.name == parameter);
    let Some(known) = known else {
        return Err(Refusal::NoSetting { of: of.label(), name: parameter });
    };
    let to = match to {
        Some(value) if !known.allows(&value) => {
            return Err(Refusal::Value { name: known.label, expected: known.domain.expected() });
        }
        // The document keeps only what differs from the default.
        Some(value) => Some(value).filter(|v| *v != (known.default)()),
        None => None,
    };
    if let (Thing::Machine(name), "clones") = (&of, parameter.as_str()) {
        let machine = machine(document, name)?;
        let mut settings = machine.settings.clone();
        match &to {
            Some(value) => settings.insert(parameter.clone(), value.clone()),
            None => settings.remove(&parameter),
        };
        let clones = machine.kind.clones(&settings);
        room_for_nodes(document, clones, Some(name))?;
        check_name(document, name, clones, Some(name))?;
    }
    Ok(Command::Set { of, parameter, to })
}
