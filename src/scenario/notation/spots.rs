//! Where in a text the things of a board stand. It may not know how they got there.

use crate::scenario::fault::LinkName;
use crate::scenario::problem::{Place, Problem};
use std::collections::BTreeMap;

/// Line and column, from 1.
pub type Spot = (u32, u32);

/// Where in the text the board's things stand.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Spots {
    pub(super) machines: BTreeMap<String, Spot>,
    pub(super) zones: BTreeMap<String, Spot>,
    pub(super) links: Vec<(LinkName, Spot)>,
    pub(super) schedule: Vec<Spot>,
}

impl Spots {
    /// The problem with its place in the text, as far as it has one.
    pub fn locate(&self, mut problem: Problem) -> Problem {
        let spot = match &problem.place {
            Place::Machine(name) => self.machines.get(name).copied(),
            Place::Zone(name) => self.zones.get(name).copied(),
            // Of equal links the last: it is the one too many.
            Place::Link(name) => self.links.iter().rev().find(|(n, _)| n == name).map(|(_, spot)| *spot),
            Place::Scheduled(index) => self.schedule.get(*index).copied(),
            Place::Board | Place::Text { .. } => None,
        };
        if let Some((line, column)) = spot {
            problem.place = Place::Text { line, column };
        }
        problem
    }
}
