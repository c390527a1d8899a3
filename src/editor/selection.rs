//! What is chosen on the board: machines, links and zones by name. It knows the drawing, and nothing of how a hand
//! chooses.

use crate::components::parameter::{Parameter, Settings};
use crate::components::{Wire, wiring};
use crate::scenario::Document;
use crate::scenario::edit::Edit;
use crate::scenario::fault::LinkName;
use std::collections::BTreeSet;

/// Something on the board that can be pointed at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Thing {
    Machine(String),
    Link(LinkName),
    Zone(String),
}

/// Whether two names mean one line: mirrors and heartbeats have no direction.
pub fn same_link(one: &LinkName, other: &LinkName) -> bool {
    let straight = one == other;
    let undirected = matches!(one.wire, Wire::Mirrors | Wire::Heartbeat) && one.wire == other.wire;
    straight || undirected && one.from == other.to && one.to == other.from
}

impl Thing {
    pub fn is_there(&self, document: &Document) -> bool {
        self.settings(document).is_some()
    }

    /// What differs from the defaults; None when it is not there.
    pub fn settings<'a>(&self, document: &'a Document) -> Option<&'a Settings> {
        match self {
            Thing::Machine(name) => document.machine(name).map(|m| &m.settings),
            Thing::Link(name) => document.links.iter().find(|l| l.name() == *name).map(|l| &l.settings),
            Thing::Zone(name) => document.zones.iter().find(|z| z.name == *name).map(|z| &z.settings),
        }
    }

    pub(super) fn settings_mut<'a>(&self, document: &'a mut Document) -> Option<&'a mut Settings> {
        match self {
            Thing::Machine(name) => {
                document.machines.iter_mut().find(|m| m.name == *name).map(|m| &mut m.settings)
            }
            Thing::Link(name) => {
                document.links.iter_mut().find(|l| l.name() == *name).map(|l| &mut l.settings)
            }
            Thing::Zone(name) => document.zones.iter_mut().find(|z| z.name == *name).map(|z| &mut z.settings),
        }
    }

    /// The table of what can be set on it.
    pub fn parameters(&self, document: &Document) -> &'static [Parameter] {
        match self {
            Thing::Machine(name) => document.machine(name).map_or(&[], |m| m.kind.parameters()),
            Thing::Link(name) => document
                .machine(&name.from)
                .map_or(name.wire.parameters(), |m| wiring::parameters_from(m.kind, name.wire)),
            Thing::Zone(_) => wiring::zone_parameters(),
        }
    }

    /// As a sentence names it: "db", "db => copy".
    pub fn label(&self) -> String {
        match self {
            Thing::Machine(name) | Thing::Zone(name) => name.clone(),
            Thing::Link(link) => link.words(),
        }
    }
}

/// The things that are chosen, each there at most once.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Selection {
    things: BTreeSet<Thing>,
    /// The one that was chosen last by itself.
    last: Option<Thing>,
}

impl Selection {
    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    pub fn len(&self) -> usize {
        self.things.len()
    }

    pub fn contains(&self, thing: &Thing) -> bool {
        self.things.contains(thing)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Thing> {
        self.things.iter()
    }

    pub fn machines(&self) -> impl Iterator<Item = &str> {
        self.things.iter().filter_map(|thing| match thing {
            Thing::Machine(name) => Some(name.as_str()),
            _ => None,
        })
    }

    pub fn links(&self) -> impl Iterator<Item = &LinkName> {
        self.things.iter().filter_map(|thing| match thing {
            Thing::Link(link) => Some(link),
            _ => None,
        })
    }

    pub fn has_machine(&self, name: &str) -> bool {
        self.machines().any(|m| m == name)
    }

    /// The one thing chosen, if it is one.
    pub fn only(&self) -> Option<&Thing> {
        self.things.first().filter(|_| self.things.len() == 1)
    }

    /// The zones, the one that was chosen last behind the others.
    pub fn zones(&self) -> Vec<&str> {
        let zones = self.iter().filter_map(|thing| match thing {
            Thing::Zone(name) => Some((self.last.as_ref() == Some(thing), name.as_str())),
            _ => None,
        });
        let (last, others): (Vec<_>, Vec<_>) = zones.partition(|(last, _)| *last);
        others.into_iter().chain(last).map(|(_, name)| name).collect()
    }

    pub fn clear(&mut self) {
        self.things.clear();
    }

    /// This and nothing else.
    pub fn choose(&mut self, thing: Thing) {
        self.last = Some(thing.clone());
        self.things = BTreeSet::from([thing]);
    }

    pub fn toggle(&mut self, thing: Thing) {
        if !self.things.remove(&thing) {
            self.last = Some(thing.clone());
            self.things.insert(thing);
        }
    }

    pub fn extend(&mut self, things: impl IntoIterator<Item = Thing>) {
        self.things.extend(things);
    }

    /// Follows an edit: what is renamed stays chosen, what is gone does not.
    pub fn follow(&mut self, edits: &[Edit]) {
        for edit in edits {
            match edit {
                Edit::RenameMachine { from, to } => {
                    let renamed = |name: String| if name == *from { to.clone() } else { name };
                    let things = std::mem::take(&mut self.things).into_iter();
                    self.things = things
                        .map(|thing| match thing {
                            Thing::Machine(name) => Thing::Machine(renamed(name)),
                            Thing::Link(l) => Thing::Link(LinkName {
                                from: renamed(l.from),
                                to: renamed(l.to),
                                wire: l.wire,
                            }),
                            zone => zone,
                        })
                        .collect();
                }
                Edit::RenameZone { from, to } => {
                    let (from, to) = (Thing::Zone(from.clone()), Thing::Zone(to.clone()));
                    if self.last.as_ref() == Some(&from) {
                        self.last = Some(to.clone());
                    }
                    let chosen = self.things.remove(&from);
                    self.things.extend(chosen.then_some(to));
                }
                Edit::RemoveMachine { name } => drop(self.things.remove(&Thing::Machine(name.clone()))),
                Edit::RemoveLink { link } => drop(self.things.remove(&Thing::Link(link.clone()))),
                Edit::RemoveZone { name } => drop(self.things.remove(&Thing::Zone(name.clone()))),
                Edit::Replace(document) => self.things.retain(|thing| thing.is_there(document)),
                _ => {}
            }
        }
    }
}

impl FromIterator<Thing> for Selection {
    fn from_iter<I: IntoIterator<Item = Thing>>(things: I) -> Selection {
        Selection { things: things.into_iter().collect(), last: None }
    }
}
