//! Who can reach whom: the sides of a cut. Reads the world's links; decides nothing.

use crate::components::Component;
use crate::sim::{Condition, NodeId, World};

/// The parts that the living machines fall into.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sides {
    /// Some pair of living machines that are wired to each other cannot talk (one way is enough).
    pub parted: bool,
    /// By part, in the order of their lowest machines; members in order. Machines that are down belong to none.
    pub parts: Vec<Vec<NodeId>>,
}

/// Parts the given machines: two are together when a chain of lines that are open both ways joins them.
pub fn of(world: &World<Component>, nodes: &[NodeId]) -> Sides {
    let alive = |n: NodeId| matches!(world.condition(n), Condition::Up | Condition::Paused);
    let mut part: Vec<Option<usize>> = vec![None; world.len()];
    let mut sides = Sides::default();
    for start in nodes.iter().copied().filter(|n| alive(*n)) {
        if part[start.0 as usize].is_some() {
            continue;
        }
        let number = sides.parts.len();
        part[start.0 as usize] = Some(number);
        let mut members = vec![start];
        let mut next = 0;
        while next < members.len() {
            let node = members[next];
            next += 1;
            for id in world.links_of(node) {
                let link = world.link(*id);
                let Some(other) = link.other(node).filter(|o| alive(*o)) else { continue };
                if !(link.open(0) && link.open(1)) {
                    sides.parted = true;
                } else if part[other.0 as usize].is_none() {
                    part[other.0 as usize] = Some(number);
                    members.push(other);
                }
            }
        }
        members.sort();
        sides.parts.push(members);
    }
    sides
}
