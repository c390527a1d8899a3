//! Which machines, links and zones a fault speaks of: what a schedule must follow when the drawing's names change.
//! It may not change a drawing.

use crate::scenario::fault::{Fault, LinkName, Target};
use crate::scenario::name::split_clone;
use crate::scenario::{Document, Machine};

/// The machine that a name means: the card itself, or the card whose clone it is (`web-2` of `web`).
pub fn card<'a>(document: &'a Document, name: &str) -> Option<&'a Machine> {
    document.machine(name).or_else(|| {
        let (base, number) = split_clone(name)?;
        document.machine(base).filter(|m| number <= m.clones())
    })
}

/// Whether `name` means the card `of`, or one of its clones.
pub fn means(document: &Document, name: &str, of: &str) -> bool {
    name == of || (document.machine(name).is_none() && split_clone(name).is_some_and(|(base, _)| base == of))
}

/// Whether the fault has to do with this machine: with itself, or with an end of a link.
pub fn speaks_of_machine(document: &Document, fault: &Fault, machine: &str) -> bool {
    match fault.target() {
        Target::Machine(name) => means(document, name, machine),
        Target::Link(link) => [&link.from, &link.to].into_iter().any(|end| means(document, end, machine)),
        Target::Zone(_) | Target::Zones(..) | Target::Everything => false,
    }
}

/// Whether the fault has to do with this drawn link.
pub fn speaks_of_link(document: &Document, fault: &Fault, link: &LinkName) -> bool {
    let Target::Link(named) = fault.target() else { return false };
    named.wire == link.wire
        && means(document, &named.from, &link.from)
        && means(document, &named.to, &link.to)
}

pub fn speaks_of_zone(fault: &Fault, zone: &str) -> bool {
    match fault.target() {
        Target::Zone(named) => named == zone,
        Target::Zones(one, other) => one == zone || other == zone,
        Target::Machine(_) | Target::Link(_) | Target::Everything => false,
    }
}

/// The names of machines in a fault, to be written anew.
pub fn machines_mut(fault: &mut Fault) -> Vec<&mut String> {
    match fault {
        Fault::Cut { link, .. }
        | Fault::Heal { link }
        | Fault::Delay { link, .. }
        | Fault::Loss { link, .. } => {
            vec![&mut link.from, &mut link.to]
        }
        Fault::Crash { machine, .. }
        | Fault::Restart { machine }
        | Fault::Pause { machine }
        | Fault::Resume { machine }
        | Fault::Slow { machine, .. }
        | Fault::Isolate { machine }
        | Fault::LoseDisk { machine }
        | Fault::FillDisk { machine }
        | Fault::Skew { machine, .. }
        | Fault::DropCache { machine }
        | Fault::Promote { machine }
        | Fault::Deploy { machine, .. }
        | Fault::Traffic { machine, .. } => vec![machine],
        Fault::HealAll
        | Fault::Part { .. }
        | Fault::Join { .. }
        | Fault::Outage { .. }
        | Fault::Recover { .. } => Vec::new(),
    }
}

/// The names of zones in a fault, to be written anew.
pub fn zones_mut(fault: &mut Fault) -> Vec<&mut String> {
    match fault {
        Fault::Part { one, other, .. } | Fault::Join { one, other } => vec![one, other],
        Fault::Outage { zone } | Fault::Recover { zone } => vec![zone],
        _ => Vec::new(),
    }
}
