//! Adding, joining and copying: edits that choose names and places. It may not know which tool or key asked.

use super::Editor;
use super::command::{Command, joinable, natural_wire};
use super::effect::{Effect, Offer, Target};
use super::fragment::{self, Where};
use super::geometry::{Rect, Vector, card, card_size, place};
use super::selection::Thing;
use crate::components::parameter::Setting;
use crate::components::{Kind, Wire, wiring};
use crate::scenario::fault::LinkName;
use crate::scenario::{Document, Link, Machine, notation};

impl Editor {
    /// Puts a new machine where it is wanted (or in the middle of the screen), or as near as there is room.
    pub(super) fn add(&mut self, kind: Kind, at: Option<Vector>) -> Option<String> {
        let name = fragment::free_name(&self.document, kind.info().first_name, 1);
        let mut machine = Machine::new(kind, name.clone());
        let wanted = at.unwrap_or_else(|| self.camera.view().centre());
        let standing: Vec<Rect> = self.layout.cards.iter().map(|card| card.rect).collect();
        machine.at = place::free(wanted, card_size(&machine, self.density()), &standing);
        let area = card(&machine, self.density());
        if !self.edit(&format!("Add {name}"), Command::AddMachine { index: None, machine }) {
            return None;
        }
        self.selection.choose(Thing::Machine(name.clone()));
        self.camera.reveal(area);
        self.emit(Effect::Announce(format!("Added {name}, {}.", kind.info().label.to_lowercase())));
        self.emit(Effect::Focus(Thing::Machine(name.clone())));
        Some(name)
    }

    /// The same as a whole action: the palette's Enter.
    pub fn add_at_centre(&mut self, kind: Kind) -> Vec<Effect> {
        self.add(kind, None);
        self.drain()
    }

    /// What was chosen from an [`Offer`]: a new machine there, and the line to it, as one entry.
    pub fn add_linked(&mut self, offer: &Offer, kind: Kind, wire: Wire) -> Vec<Effect> {
        self.begin();
        if let Some(name) = self.add(kind, Some(offer.at.into())) {
            let (command, _) = self.draw(Link::new(&offer.from, wire, &name));
            self.edit("Connect", command);
            self.end(&format!("Add {name}"));
        } else {
            self.cancel_gesture();
        }
        self.drain()
    }

    /// Draws a line; which sort is chosen when none is said.
    pub fn connect(&mut self, from: &str, to: &str, wire: Option<Wire>) -> Vec<Effect> {
        self.join(from, to, wire);
        self.drain()
    }

    pub(super) fn join(&mut self, from: &str, to: &str, wire: Option<Wire>) {
        let wire = wire.map_or_else(|| natural_wire(&self.document, from, to), Ok);
        match wire {
            Err(why) => {
                let turned = self.other_way(from, to);
                self.emit(Effect::Refused(format!("{why}{turned}")));
            }
            Ok(wire) => {
                let link = Link::new(from, wire, to);
                let (name, words) = (link.name(), link.name().words());
                let (command, also) = self.draw(link);
                if self.edit(&format!("Connect {words}"), command) {
                    self.selection.choose(Thing::Link(name));
                    self.emit(Effect::Announce(format!("Connected {words}.{also}")));
                }
            }
        }
    }

    /// A new line, and with it the setting without which its tail would not use it; the second is said in a sentence.
    fn draw(&self, link: Link) -> (Command, String) {
        let set = self.document.machine(&link.from).and_then(|from| {
            let to = self.document.machine(&link.to).filter(|_| link.wire == Wire::Calls)?;
            let (parameter, word) = wiring::puts_to_use(from.kind, to.kind)?;
            let parameter = from.kind.parameters().iter().find(|p| p.name == parameter)?;
            (!from.settings.contains_key(parameter.name)).then_some((&from.name, parameter, word))
        });
        let add = |link| Command::AddLink { index: None, link };
        let Some((name, parameter, word)) = set else { return (add(link), String::new()) };
        let says = format!(" {} of {name} is “{word}” now.", parameter.label);
        let set = Command::Set {
            of: Thing::Machine(name.clone()),
            parameter: parameter.name.into(),
            to: Some(Setting::Text(word.into())),
        };
        (Command::Batch(vec![add(link), set]), says)
    }

    /// Whether the line could be drawn the other way round, as a sentence more.
    fn other_way(&self, from: &str, to: &str) -> String {
        match natural_wire(&self.document, to, from) {
            Ok(_) => format!(" Draw it from {to} to {from}."),
            Err(_) => String::new(),
        }
    }

    /// Makes a line another sort of line, or turns it about (`from` and `to` exchanged); settings that the new sort has
    /// too stay.
    pub fn rewire(&mut self, link: &LinkName, to: &LinkName) -> Vec<Effect> {
        self.change_wire(link, to);
        self.drain()
    }

    pub(super) fn change_wire(&mut self, link: &LinkName, to: &LinkName) {
        let place = self.document.links.iter().position(|l| l.name() == *link);
        if let Some(index) = place {
            let known = to.wire.parameters();
            let mut new = Link::new(&to.from, to.wire, &to.to);
            new.settings = self.document.links[index].settings.clone();
            new.settings.retain(|name, _| known.iter().any(|p| p.name == name));
            let add = Command::AddLink { index: Some(index), link: new };
            let both = Command::Batch(vec![Command::RemoveLink(link.clone()), add]);
            if self.edit(&format!("Change {}", link.words()), both) {
                self.selection.choose(Thing::Link(to.clone()));
            }
        }
    }

    /// The machines a line from this one might go to: those that may be joined first, each in the drawing's order.
    pub fn targets(&self, from: &str) -> Vec<Target> {
        let others = self.document.machines.iter().filter(|m| m.name != from);
        let mut targets: Vec<Target> = others
            .map(|m| {
                let wire = natural_wire(&self.document, from, &m.name)
                    .map_err(|why| format!("{why}{}", self.other_way(from, &m.name)));
                Target { name: m.name.clone(), kind: m.kind, wire }
            })
            .collect();
        targets.sort_by_key(|target| target.wire.is_err());
        targets
    }

    /// The sorts of line that may join these two besides those there are.
    pub fn wires(&self, from: &str, to: &str) -> Vec<Wire> {
        let allowed = |wire: &Wire| joinable(&self.document, &LinkName::new(from, *wire, to)).is_ok();
        Wire::ALL.into_iter().filter(allowed).collect()
    }

    /// What may stand at the end of a line from this machine.
    pub fn may_follow(&self, from: &str) -> Vec<(Kind, Wire)> {
        let Some(machine) = self.document.machine(from) else { return Vec::new() };
        let allowed = |wire: Wire, kind: Kind| {
            wiring::allowed(machine.kind, wire, kind).is_ok().then_some((kind, wire))
        };
        Kind::ALL
            .iter()
            .flat_map(|kind| Wire::ALL.into_iter().find_map(|wire| allowed(wire, *kind)))
            .collect()
    }

    /// The chosen machines and the links among them as text.
    pub fn copy(&mut self) -> Option<String> {
        let text = notation::write(&fragment::extract(&self.document, &self.selection)?);
        self.clipboard = Some(text.clone());
        Some(text)
    }

    /// Puts a text in the notation onto the board, with its middle at a place of the board, or near where it was.
    pub fn paste(&mut self, text: &str, at: Option<Vector>) -> Vec<Effect> {
        match notation::parse(text) {
            Ok(part) if part.machines.is_empty() => {
                self.emit(Effect::Refused("There is no machine in what was copied.".into()));
            }
            Ok(part) => {
                let place = at.map_or(Where::Near, Where::At);
                if let Some(names) = self.insert("Paste", &part, place) {
                    self.emit(Effect::Announce(format!("Pasted {}.", counted(names.len()))));
                }
            }
            Err(problems) => {
                let first = problems.first().map(|p| format!(" {p}")).unwrap_or_default();
                self.emit(Effect::Refused(format!("The clipboard holds no part of a board.{first}")));
            }
        }
        self.drain()
    }

    pub(super) fn insert(&mut self, name: &str, part: &Document, place: Where) -> Option<Vec<String>> {
        let (command, things) = fragment::insert(&self.document, part, place);
        if !self.edit(name, command) {
            return None;
        }
        let names = things.iter().map(Thing::label).collect();
        self.selection = things.into_iter().collect();
        Some(names)
    }

    /// Copies of the chosen machines, on top of them, chosen: to be dragged away.
    pub(super) fn duplicate_in_place(&mut self) -> Option<Vec<String>> {
        let part = fragment::extract(&self.document, &self.selection)?;
        self.insert("Duplicate", &part, Where::Same)
    }
}

/// "1 machine", "3 machines".
fn counted(machines: usize) -> String {
    if machines == 1 { "1 machine".into() } else { format!("{machines} machines") }
}
