//! Which machines keep copies of the same data: those that lines of replication join, drawn ones or those between the
//! clones of one card. It reads the drawing only.

use crate::components::Wire;
use crate::scenario::Document;
use std::collections::BTreeMap;

/// Whether the card is at an end of a line of replication, or has such lines inside.
pub fn replicates(document: &Document, card: &str) -> bool {
    document.links.iter().any(|l| copies(l.wire) && (l.from == card || l.to == card))
        || document.machine(card).and_then(|m| m.kind.inner()).is_some_and(copies)
}

fn copies(wire: Wire) -> bool {
    matches!(wire, Wire::Copies | Wire::Mirrors)
}

/// The number of the set of copies that a card belongs to: the least of `firsts`, which tells each card's first
/// machine, over all cards that lines of replication join with it. None for a card that no such line meets.
pub fn of(document: &Document, firsts: &BTreeMap<String, u32>, card: &str) -> Option<u32> {
    if !replicates(document, card) {
        return None;
    }
    let mut members = vec![card];
    let mut next = 0;
    while let Some(member) = members.get(next).copied() {
        next += 1;
        for link in document.links.iter().filter(|l| copies(l.wire)) {
            let other = match (link.from == member, link.to == member) {
                (true, _) => link.to.as_str(),
                (_, true) => link.from.as_str(),
                _ => continue,
            };
            if !members.contains(&other) {
                members.push(other);
            }
        }
    }
    members.iter().filter_map(|m| firsts.get(*m)).min().copied()
}
