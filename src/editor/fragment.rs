//! A part of a drawing as a drawing of its own, and a drawing put into another: what copy, paste and duplicate are made
//! of. It may not know the clipboard.

use super::command::{Command, check_name};
use super::geometry::{Density, Vector, card, place};
use super::selection::{Selection, Thing};
use crate::components::parameter::Setting;
use crate::scenario::{Document, Link, Machine, Point, limits};
use std::collections::BTreeMap;

/// The chosen machines, the links among them, and the zones they stand in. None when no machine is chosen.
pub fn extract(document: &Document, selection: &Selection) -> Option<Document> {
    let chosen = |name: &str| selection.has_machine(name);
    let machines: Vec<Machine> = document.machines.iter().filter(|m| chosen(&m.name)).cloned().collect();
    if machines.is_empty() {
        return None;
    }
    let inside = |zone: &String| machines.iter().any(|m| m.zone.as_ref() == Some(zone));
    let named = |file: &String| {
        let text = Setting::Text(file.clone());
        machines.iter().any(|m| m.settings.values().any(|setting| *setting == text))
    };
    let links = document.links.iter().filter(|l| chosen(&l.from) && chosen(&l.to)).cloned().collect();
    let zones = document.zones.iter().filter(|z| inside(&z.name)).cloned().collect();
    let files = document.files.iter().filter(|(name, _)| named(name));
    let files = files.map(|(name, text)| (name.clone(), text.clone())).collect();
    Some(Document { machines, links, zones, files, ..Document::default() })
}

/// Where a fragment is put.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Where {
    /// With its middle there, or as near as there is room.
    At(Vector),
    /// As near its own place as there is room.
    Near,
    /// Exactly at its own place, on top of what is there: to be dragged away.
    Same,
}

/// The edit that puts the fragment into the drawing, under free names, and what it adds.
pub fn insert(document: &Document, fragment: &Document, place: Where) -> (Command, Vec<Thing>) {
    let by = shift(document, fragment, place);
    let mut commands = Vec::new();
    // The names are found on a drawing that grows with them.
    let mut grown = Document {
        machines: document.machines.clone(),
        zones: document.zones.clone(),
        ..Document::default()
    };
    for zone in fragment.zones.iter().filter(|z| document.zones.iter().all(|there| there.name != z.name)) {
        commands.push(Command::AddZone { index: None, zone: zone.clone() });
    }
    for (name, text) in fragment.files.iter().filter(|(name, _)| !document.files.contains_key(*name)) {
        commands.push(Command::SetFile(name.clone(), Some(text.clone())));
    }
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    for machine in &fragment.machines {
        let name = free_name(&grown, &machine.name, machine.clones());
        let at = Point { x: machine.at.x.saturating_add(by.x), y: machine.at.y.saturating_add(by.y) };
        let new = Machine { name: name.clone(), at, ..machine.clone() };
        grown.machines.push(new.clone());
        commands.push(Command::AddMachine { index: None, machine: new });
        names.insert(&machine.name, name);
    }
    for link in &fragment.links {
        if let (Some(from), Some(to)) = (names.get(link.from.as_str()), names.get(link.to.as_str())) {
            let link = Link { from: from.clone(), to: to.clone(), ..link.clone() };
            commands.push(Command::AddLink { index: None, link });
        }
    }
    (Command::Batch(commands), names.into_values().map(Thing::Machine).collect())
}

/// A name like the wish that is free for a machine with so many clones.
pub fn free_name(document: &Document, wish: &str, clones: u32) -> String {
    let good = |name: &String| check_name(document, name, clones, None).is_ok();
    let fresh = document.fresh_name(wish);
    if good(&fresh) {
        return fresh;
    }
    // `web-2` would be taken for a clone of `web`, or `web` has a `web-2` beside it that would.
    let stem: String = wish.replace('-', "_").chars().take(limits::NAME - 5).collect();
    let mut numbered = (2u32..).map(|number| format!("{stem}_{number}"));
    numbered.find(good).expect("more numbers than machines")
}

fn shift(document: &Document, fragment: &Document, place: Where) -> Point {
    let cards = |d: &Document| d.machines.iter().map(|m| card(m, Density::Regular)).collect::<Vec<_>>();
    let (new, standing) = (cards(fragment), cards(document));
    let Some(hull) = super::geometry::Rect::hull(new.iter().copied()) else { return Point::default() };
    let first = match place {
        Where::Same => return Point::default(),
        Where::Near => Point::default(),
        Where::At(at) => (at - hull.centre()).snapped(),
    };
    let moved: Vec<_> = new.iter().map(|rect| rect.shifted(first.into())).collect();
    let more = place::shift(&moved, &standing, place::ROOM);
    Point { x: first.x + more.x, y: first.y + more.y }
}
