//! Every edit of the drawing is data; carrying one out hands back the edit that takes it back. It may not know of
//! pointers, of the screen, or of a run: what a run must hear is handed back as plain [`Edit`]s.

mod follow;
pub mod mention;
mod rules;

pub use rules::{NameFault, Refusal, check_name, joinable, natural_wire};

use super::selection::Thing;
use crate::components::parameter::Setting;
use crate::scenario::edit::Edit;
use crate::scenario::fault::LinkName;
use crate::scenario::{Document, Link, Machine, Point, Scheduled, Zone};
use crate::stdx::Duration;
use std::sync::Arc;

/// One edit of the drawing.
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// At that place in the list, or at its end.
    AddMachine {
        index: Option<usize>,
        machine: Machine,
    },
    /// With its links, and with what the schedule says of it.
    RemoveMachine(String),
    Move(Vec<(String, Point)>),
    /// Links and schedule follow.
    RenameMachine {
        from: String,
        to: String,
    },
    AddLink {
        index: Option<usize>,
        link: Link,
    },
    /// With what the schedule says of it.
    RemoveLink(LinkName),
    /// One setting of a machine, link or zone; None is the default.
    Set {
        of: Thing,
        parameter: String,
        to: Option<Setting>,
    },
    AddZone {
        index: Option<usize>,
        zone: Zone,
    },
    /// Its machines stay, outside of any zone.
    RemoveZone(String),
    RenameZone {
        from: String,
        to: String,
    },
    PutInZone(Vec<(String, Option<String>)>),
    SetTitle(String),
    SetNotes(String),
    /// Attaches a text (an access log) by its name, or takes it away.
    SetFile(String, Option<Arc<str>>),
    SetSeed(u64),
    SetUntil(Duration),
    SetSchedule(Vec<Scheduled>),
    Replace(Box<Document>),
    /// All of them, or none.
    Batch(Vec<Command>),
}

/// What became of a command.
#[derive(Clone, PartialEq, Debug)]
pub struct Applied {
    /// Takes it back exactly.
    pub inverse: Command,
    /// What a run has to hear, in order.
    pub edits: Vec<Edit>,
}

impl Command {
    /// Checks the command against the rules, and carries it out. Refused, it has changed nothing.
    pub fn apply(self, document: &mut Document) -> Result<Applied, Refusal> {
        let Command::Batch(commands) = self else {
            let command = follow::with_its_company(rules::normal(self, document)?, document);
            return Ok(command.restore(document));
        };
        let mut done = Batch::default();
        for command in commands {
            match command.apply(document) {
                Ok(applied) => done.push(applied),
                Err(refusal) => {
                    done.finish().inverse.restore(document);
                    return Err(refusal);
                }
            }
        }
        Ok(done.finish())
    }

    /// Carries out this and nothing else, without asking the rules. For what `apply` or `restore` handed back, on the document they left:
    /// what was there before may come back even where a rule would not let it in today.
    ///
    /// # Panics
    /// When it names what is not there.
    pub fn restore(self, document: &mut Document) -> Applied {
        match self {
            Command::AddMachine { index, machine } => {
                let index = index.unwrap_or(document.machines.len());
                let inverse = Command::RemoveMachine(machine.name.clone());
                document.machines.insert(index, machine.clone());
                one(inverse, Edit::AddMachine { index, machine })
            }
            Command::RemoveMachine(name) => {
                let index = document.machines.iter().position(|m| m.name == name);
                let index = index.unwrap_or_else(|| panic!("no machine {name}"));
                let machine = document.machines.remove(index);
                one(Command::AddMachine { index: Some(index), machine }, Edit::RemoveMachine { name })
            }
            Command::Move(places) => {
                let back = places
                    .into_iter()
                    .map(|(name, to)| {
                        let at = std::mem::replace(&mut machine_mut(document, &name).at, to);
                        (name, at)
                    })
                    .collect();
                Applied { inverse: Command::Move(back), edits: Vec::new() }
            }
            Command::RenameMachine { from, to } => rename_machine(document, from, to),
            Command::AddLink { index, link } => {
                let index = index.unwrap_or(document.links.len());
                let inverse = Command::RemoveLink(link.name());
                document.links.insert(index, link.clone());
                one(inverse, Edit::AddLink { index, link })
            }
            Command::RemoveLink(name) => {
                let index = link_index(document, &name);
                let link = document.links.remove(index);
                one(Command::AddLink { index: Some(index), link }, Edit::RemoveLink { link: name })
            }
            Command::Set { of, parameter, to } => set(document, of, parameter, to),
            Command::AddZone { index, zone } => {
                let index = index.unwrap_or(document.zones.len());
                document.zones.insert(index, zone.clone());
                one(
                    Command::RemoveZone(zone.name.clone()),
                    Edit::AddZone { name: zone.name, settings: zone.settings },
                )
            }
            Command::RemoveZone(name) => {
                let index = document.zones.iter().position(|z| z.name == name);
                let index = index.unwrap_or_else(|| panic!("no zone {name}"));
                let zone = document.zones.remove(index);
                one(Command::AddZone { index: Some(index), zone }, Edit::RemoveZone { name })
            }
            Command::RenameZone { from, to } => rename_zone(document, from, to),
            Command::PutInZone(places) => {
                let (back, edits) = places
                    .into_iter()
                    .map(|(name, zone)| {
                        let before = std::mem::replace(&mut machine_mut(document, &name).zone, zone.clone());
                        ((name.clone(), before), Edit::PutInZone { machine: name, zone })
                    })
                    .unzip();
                Applied { inverse: Command::PutInZone(back), edits }
            }
            Command::SetTitle(title) => {
                let before = std::mem::replace(&mut document.title, title);
                Applied { inverse: Command::SetTitle(before), edits: Vec::new() }
            }
            Command::SetNotes(notes) => {
                let before = std::mem::replace(&mut document.notes, notes);
                Applied { inverse: Command::SetNotes(before), edits: Vec::new() }
            }
            Command::SetFile(name, text) => {
                let before = match text.clone() {
                    Some(text) => document.files.insert(name.clone(), text),
                    None => document.files.remove(&name),
                };
                one(Command::SetFile(name.clone(), before), Edit::SetFile { name, text })
            }
            Command::SetSeed(seed) => {
                let before = std::mem::replace(&mut document.seed, seed);
                one(Command::SetSeed(before), Edit::Seed(seed))
            }
            Command::SetUntil(until) => {
                let before = std::mem::replace(&mut document.until, until);
                one(Command::SetUntil(before), Edit::Until(until))
            }
            Command::SetSchedule(schedule) => {
                let before = std::mem::replace(&mut document.schedule, schedule.clone());
                one(Command::SetSchedule(before), Edit::Schedule(schedule))
            }
            Command::Replace(new) => {
                let before = std::mem::replace(document, (*new).clone());
                one(Command::Replace(Box::new(before)), Edit::Replace(new))
            }
            Command::Batch(commands) => {
                let mut done = Batch::default();
                commands.into_iter().for_each(|c| done.push(c.restore(document)));
                done.finish()
            }
        }
    }

    /// Removes machines, links and zones at once.
    pub fn remove<'a>(things: impl IntoIterator<Item = &'a Thing>, document: &Document) -> Command {
        let things: Vec<&Thing> = things.into_iter().collect();
        let goes = |machine: &String| things.iter().any(|t| matches!(t, Thing::Machine(m) if m == machine));
        Command::Batch(
            things
                .iter()
                .filter_map(|thing| match thing {
                    Thing::Machine(name) => Some(Command::RemoveMachine(name.clone())),
                    // A link goes with its machine.
                    Thing::Link(link) if goes(&link.from) || goes(&link.to) => None,
                    Thing::Link(link) => document
                        .links
                        .iter()
                        .any(|l| l.name() == *link)
                        .then(|| Command::RemoveLink(link.clone())),
                    Thing::Zone(name) => Some(Command::RemoveZone(name.clone())),
                })
                .collect(),
        )
    }

    /// Whether it would leave the document as it is; only looked at for what a gesture can do and take back itself.
    pub fn changes_nothing(&self, document: &Document) -> bool {
        match self {
            Command::Move(places) => {
                places.iter().all(|(name, to)| document.machine(name).is_some_and(|m| m.at == *to))
            }
            Command::Set { of, parameter, to } => {
                of.settings(document).is_some_and(|s| s.get(parameter) == to.as_ref())
            }
            Command::SetTitle(title) => document.title == *title,
            Command::SetSeed(seed) => document.seed == *seed,
            Command::Batch(commands) => commands.iter().all(|c| c.changes_nothing(document)),
            _ => false,
        }
    }
}

fn one(inverse: Command, edit: Edit) -> Applied {
    Applied { inverse, edits: vec![edit] }
}

/// Gathers what several commands did.
#[derive(Default)]
struct Batch {
    inverses: Vec<Command>,
    edits: Vec<Edit>,
}

impl Batch {
    fn push(&mut self, applied: Applied) {
        self.inverses.push(applied.inverse);
        self.edits.extend(applied.edits);
    }

    /// What was done last is taken back first.
    fn finish(mut self) -> Applied {
        let inverse = if self.inverses.len() == 1 {
            self.inverses.remove(0)
        } else {
            self.inverses.reverse();
            Command::Batch(self.inverses)
        };
        Applied { inverse, edits: self.edits }
    }
}

fn machine_mut<'a>(document: &'a mut Document, name: &str) -> &'a mut Machine {
    let machine = document.machines.iter_mut().find(|m| m.name == name);
    machine.unwrap_or_else(|| panic!("no machine {name}"))
}

fn link_index(document: &Document, name: &LinkName) -> usize {
    let index = document.links.iter().position(|l| l.name() == *name);
    index.unwrap_or_else(|| panic!("no link {name:?}"))
}

fn rename_machine(document: &mut Document, from: String, to: String) -> Applied {
    machine_mut(document, &from).name = to.clone();
    let ends = document.links.iter_mut().flat_map(|l| [&mut l.from, &mut l.to]);
    ends.filter(|end| **end == from).for_each(|end| *end = to.clone());
    let inverse = Command::RenameMachine { from: to.clone(), to: from.clone() };
    one(inverse, Edit::RenameMachine { from, to })
}

fn rename_zone(document: &mut Document, from: String, to: String) -> Applied {
    let zone = document.zones.iter_mut().find(|z| z.name == from);
    zone.unwrap_or_else(|| panic!("no zone {from}")).name = to.clone();
    let places = document.machines.iter_mut().filter_map(|m| m.zone.as_mut());
    places.filter(|name| **name == from).for_each(|name| *name = to.clone());
    let inverse = Command::RenameZone { from: to.clone(), to: from.clone() };
    one(inverse, Edit::RenameZone { from, to })
}

fn set(document: &mut Document, of: Thing, parameter: String, to: Option<Setting>) -> Applied {
    let settings = of.settings_mut(document).unwrap_or_else(|| panic!("nothing there: {of:?}"));
    let before = match to {
        Some(setting) => settings.insert(parameter.clone(), setting),
        None => settings.remove(&parameter),
    };
    let settings = settings.clone();
    let edit = match of.clone() {
        Thing::Machine(name) => Edit::SetMachine { name, settings },
        Thing::Link(link) => Edit::SetLink { link, settings },
        Thing::Zone(name) => Edit::SetZone { name, settings },
    };
    one(Command::Set { of, parameter, to: before }, edit)
}
