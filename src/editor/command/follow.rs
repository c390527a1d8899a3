//! What goes along with an edit: a machine takes its links with it, and the schedule follows the drawing's names. It may
//! not judge whether the edit is allowed.

use super::{Command, mention};
use crate::scenario::fault::Fault;
use crate::scenario::name::split_clone;
use crate::scenario::{Document, Scheduled};

/// The edit and all that follows from it, in the order in which it is done.
pub fn with_its_company(command: Command, document: &Document) -> Command {
    let mut company = match &command {
        Command::RemoveMachine(name) => {
            // From the last to the first: put back the other way round, each finds its old place.
            let links = document.links.iter().rev().filter(|l| l.from == *name || l.to == *name);
            let links = links.map(|link| Command::RemoveLink(link.name()));
            without(document, |fault| mention::speaks_of_machine(document, fault, name))
                .into_iter()
                .chain(links)
                .collect()
        }
        Command::RemoveLink(name) => {
            without(document, |fault| mention::speaks_of_link(document, fault, name))
        }
        Command::RemoveZone(name) => {
            let inside = document.machines.iter().filter(|m| m.zone.as_ref() == Some(name));
            let out: Vec<_> = inside.map(|m| (m.name.clone(), None)).collect();
            let out = (!out.is_empty()).then_some(Command::PutInZone(out));
            without(document, |fault| mention::speaks_of_zone(fault, name)).into_iter().chain(out).collect()
        }
        Command::RenameMachine { from, to } => rewritten(document, |fault| {
            for name in mention::machines_mut(fault) {
                if name == from {
                    *name = to.clone();
                } else if mention::means(document, name, from) {
                    let (_, number) = split_clone(name).expect("it means the card, and is not its name");
                    *name = format!("{to}-{number}");
                }
            }
        }),
        Command::RenameZone { from, to } => rewritten(document, |fault| {
            let names = mention::zones_mut(fault).into_iter();
            names.filter(|name| *name == from).for_each(|name| *name = to.clone());
        }),
        _ => Vec::new(),
    };
    if company.is_empty() {
        return command;
    }
    match command {
        // A new name is there before the schedule speaks of it.
        Command::RenameMachine { .. } | Command::RenameZone { .. } => company.insert(0, command),
        _ => company.push(command),
    }
    Command::Batch(company)
}

/// The schedule without the faults that `gone` says; nothing when there are none.
fn without(document: &Document, gone: impl Fn(&Fault) -> bool) -> Vec<Command> {
    let kept: Vec<Scheduled> = document.schedule.iter().filter(|s| !gone(&s.fault)).cloned().collect();
    if kept.len() == document.schedule.len() { Vec::new() } else { vec![Command::SetSchedule(kept)] }
}

/// The schedule with its faults written anew; nothing when none differs.
fn rewritten(document: &Document, write: impl Fn(&mut Fault)) -> Vec<Command> {
    let mut schedule = document.schedule.clone();
    schedule.iter_mut().for_each(|s| write(&mut s.fault));
    if schedule == document.schedule { Vec::new() } else { vec![Command::SetSchedule(schedule)] }
}
