//! Who plays in a run: the cards and lines of the document, and the machines and links of the world that they stand
//! for. It knows names on one side and numbers on the other, and nothing of what happens.

use crate::components::{Component, Kind, Wire};
use crate::scenario::fault::LinkName;
use crate::sim::{LinkId, NodeId, World};

/// One card of the board and its machines, in the order of the clones.
#[derive(Clone, Debug)]
pub struct Card {
    pub name: String,
    pub kind: Kind,
    pub nodes: Vec<NodeId>,
}

/// One line of the board and the links it stands for: every clone with every clone. A link's end `a` is at the tail.
#[derive(Clone, Debug)]
pub struct Line {
    pub from: String,
    pub to: String,
    pub wire: Wire,
    pub links: Vec<LinkId>,
}

#[derive(Clone, Debug, Default)]
pub struct Cast {
    /// In the order of the document.
    pub cards: Vec<Card>,
    pub lines: Vec<Line>,
    /// By the machine's number: its card's name and its own, also of those that have left.
    names: Vec<(String, String)>,
}

impl Cast {
    /// Notes the name of the machine that the world has just numbered.
    pub fn christen(&mut self, node: NodeId, card: &str, name: String) {
        debug_assert_eq!(node.0 as usize, self.names.len());
        self.names.push((card.to_string(), name));
    }

    /// Gives a card another name; its machines keep all else.
    pub fn rename(&mut self, from: &str, to: &str) {
        self.cards.iter_mut().filter(|c| c.name == from).for_each(|c| c.name = to.to_string());
        for line in &mut self.lines {
            for end in [&mut line.from, &mut line.to] {
                if end == from {
                    *end = to.to_string();
                }
            }
        }
        for (card, name) in self.names.iter_mut().filter(|(card, _)| card == from) {
            *name = format!("{to}{}", &name[card.len()..]);
            *card = to.to_string();
        }
    }

    /// The machine's own name: "web-2".
    pub fn name(&self, node: NodeId) -> &str {
        self.names.get(node.0 as usize).map_or("?", |(_, name)| name)
    }

    pub fn card_of(&self, node: NodeId) -> &str {
        self.names.get(node.0 as usize).map_or("?", |(card, _)| card)
    }

    pub fn card(&self, name: &str) -> Option<&Card> {
        self.cards.iter().find(|c| c.name == name)
    }

    /// The card of a machine by its own name.
    pub fn card_named(&self, machine: &str) -> Option<String> {
        self.names.iter().find(|(_, name)| name == machine).map(|(card, _)| card.clone())
    }

    /// All living machines, card by card.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.cards.iter().flat_map(|c| c.nodes.iter().copied())
    }

    /// The machines that a name on the board means: a card's clones, or one clone.
    pub fn machines(&self, name: &str) -> Vec<NodeId> {
        match self.card(name) {
            Some(card) => card.nodes.clone(),
            None => self.nodes().filter(|n| self.name(*n) == name).collect(),
        }
    }

    /// The links that a link's name means, and whether the name runs against the drawn arrow (where it has no
    /// direction of its own).
    pub fn links(&self, world: &World<Component>, name: &LinkName) -> Vec<(LinkId, bool)> {
        let symmetric = matches!(name.wire, Wire::Mirrors | Wire::Heartbeat);
        let is = |wanted: &str, node: NodeId| wanted == self.name(node) || wanted == self.card_of(node);
        let mut found = Vec::new();
        for line in self.lines.iter().filter(|l| l.wire == name.wire) {
            for link in &line.links {
                let plan = &world.link(*link).plan;
                // A record's links are those of the users who dial it, too.
                if (is(&name.from, plan.a) || name.from == line.from) && is(&name.to, plan.b) {
                    found.push((*link, false));
                } else if symmetric && is(&name.from, plan.b) && is(&name.to, plan.a) {
                    found.push((*link, true));
                }
            }
        }
        found
    }

    /// Index of the drawn line that a link belongs to.
    pub fn line_of(&self, link: LinkId) -> Option<usize> {
        self.lines.iter().position(|l| l.links.contains(&link))
    }
}

/// What the clone number `clone` of `of` is called.
pub fn clone_name(card: &str, clone: u32, of: u32) -> String {
    if of == 1 { card.to_string() } else { format!("{card}-{clone}") }
}
