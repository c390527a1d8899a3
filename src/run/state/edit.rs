//! Makes the world follow the drawing: at the run's begin, and at every edit while it runs. It knows no undo.

use super::State;
use crate::components::parameter::{Read, Setting};
use crate::components::wiring::zones::{Region, ZoneSettings};
use crate::components::{Birth, Component, Kind, Machine as _, Port, Shelf, Wire, wiring};
use crate::history::{Fact, Key, Process};
use crate::run::cast::{Card, Line, clone_name};
use crate::run::sets;
use crate::scenario::{Document, Link, Machine};
use crate::sim::{Condition, LinkId, NodeId, World};
use crate::stdx::{Distribution, Duration, Instant, hash};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

impl State {
    /// Makes the run follow an edited drawing, now. `renamed` are cards that go on under another name.
    pub fn edit(&mut self, document: Arc<Document>, renamed: &[(String, String)]) {
        for (from, to) in renamed {
            self.cast.rename(from, to);
        }
        let old = std::mem::replace(&mut self.document, document.clone());
        self.edit_machines(&old, &document, renamed);
        self.edit_lines(&document);
        self.drain();
        self.part();
        self.draw_wear();
        for card in &self.cast.cards {
            if let Some(machine) = document.machine(&card.name)
                && let Some(deadline) = timeout(machine)
            {
                card.nodes.iter().for_each(|n| self.series.deadline(Process(n.0), deadline));
            }
        }
        if self.planned.is_none() && self.now() > Instant::START {
            self.planned = Some(self.now());
        }
        self.beside.settle(&mut self.readers);
    }

    fn edit_machines(&mut self, old: &Document, new: &Document, renamed: &[(String, String)]) {
        let mut cards = std::mem::take(&mut self.cast.cards);
        let first = |c: &Card| Some((c.name.clone(), c.nodes.first()?.0));
        let before: BTreeMap<String, u32> = cards.iter().filter_map(first).collect();
        let mut left: Vec<Fact> = Vec::new();
        // Whoever is not drawn any more, or stands for fewer clones, leaves with what it holds.
        cards.retain_mut(|card| {
            let kept = new.machine(&card.name).filter(|m| m.kind == card.kind);
            let clones = kept.map_or(0, |m| m.kind.clones(&m.settings)) as usize;
            for node in card.nodes.drain(clones.min(card.nodes.len())..) {
                if self.world.get(node).holds(Key(0)).is_some() {
                    let set = sets::of(old, &before, &card.name).unwrap_or(node.0);
                    left.push(Fact::Left { node: Process(node.0), set });
                }
                self.farewell(node);
                self.world.remove(node);
            }
            kept.is_some()
        });
        left.into_iter().for_each(|fact| self.tell(fact));
        let relinked = old.links != new.links;
        let mut firsts: BTreeMap<String, u32> = cards.iter().filter_map(first).collect();
        for machine in &new.machines {
            let clones = machine.kind.clones(&machine.settings);
            let mut card = match cards.iter().position(|c| c.name == machine.name) {
                Some(i) => cards.swap_remove(i),
                None => Card { name: machine.name.clone(), kind: machine.kind, nodes: Vec::new() },
            };
            let called = |name: &str| {
                renamed.iter().find(|(_, to)| to == name).map_or(name.to_string(), |(f, _)| f.clone())
            };
            let machine = &*located(machine);
            let was = old.machine(&called(&machine.name)).map(located);
            firsts.entry(machine.name.clone()).or_insert(self.world.len() as u32);
            let set = sets::of(new, &firsts, &machine.name);
            let moved = relinked && (set.is_some() || sets::replicates(old, &called(&machine.name)));
            if was.is_some_and(|w| w.settings != machine.settings) || moved {
                for (i, node) in card.nodes.iter().enumerate() {
                    let birth = birth(machine, *node, i as u32 + 1, clones, set, new);
                    self.world.with(*node, |m, ctx| m.set(&birth, ctx));
                }
            }
            for clone in card.nodes.len() as u32 + 1..=clones {
                let name = clone_name(&machine.name, clone, clones);
                let node = NodeId(self.world.len() as u32);
                let birth = birth(machine, node, clone, clones, set, new);
                let component = Component::new(machine.kind, &birth);
                let added = self.world.add(hash::text(&name), component);
                debug_assert_eq!(added, node);
                self.cast.christen(node, &machine.name, name);
                card.nodes.push(node);
            }
            self.cast.cards.push(card);
        }
    }

    /// Those who are joined to a machine that leaves learn of it.
    fn farewell(&mut self, node: NodeId) {
        for link in self.world.links_of(node).to_vec() {
            let Some(other) = self.world.link(link).other(node) else { continue };
            self.world.with(other, |m, ctx| m.parted(link, ctx));
        }
    }

    fn edit_lines(&mut self, new: &Document) {
        let mut lines = std::mem::take(&mut self.cast.lines);
        let same =
            |line: &Line, link: &Link| line.from == link.from && line.to == link.to && line.wire == link.wire;
        for line in &lines {
            let inside = || new.machines.iter().filter_map(inner).any(|l| same(line, &l));
            if !new.links.iter().any(|l| same(line, l)) && !inside() {
                line.links.iter().for_each(|l| self.take_link(*l));
            }
        }
        for link in &new.links {
            let mut line = match lines.iter().position(|l| same(l, link)) {
                Some(i) => lines.swap_remove(i),
                None => {
                    Line { from: link.from.clone(), to: link.to.clone(), wire: link.wire, links: Vec::new() }
                }
            };
            line.links.retain(|l| !self.world.link(*l).removed);
            self.wire(&mut line, link);
            self.cast.lines.push(line);
        }
        // Behind the drawn lines: those that join the clones of one card to one another.
        for machine in &new.machines {
            let Some(link) = inner(machine) else { continue };
            let mut line = match lines.iter().position(|l| same(l, &link)) {
                Some(i) => lines.swap_remove(i),
                None => {
                    Line { from: link.from.clone(), to: link.to.clone(), wire: link.wire, links: Vec::new() }
                }
            };
            line.links.retain(|l| !self.world.link(*l).removed);
            self.wire(&mut line, &link);
            self.cast.lines.push(line);
        }
    }

    fn take_link(&mut self, link: LinkId) {
        let plan = self.world.link(link).plan.clone();
        for end in [plan.a, plan.b] {
            if self.world.condition(end) != Condition::Removed {
                self.world.with(end, |m, ctx| m.parted(link, ctx));
            }
        }
        self.world.remove_link(link);
    }

    /// Joins every clone at the tail with every clone at the head, and refreshes the links that there are. Clones of one
    /// card are joined once, from the lower number to the higher.
    fn wire(&mut self, line: &mut Line, link: &Link) {
        let ends = |name: &str| self.cast.card(name).map(|c| c.nodes.clone()).unwrap_or_default();
        let (tails, heads) = (ends(&link.from), ends(&link.to));
        let document = self.document.clone();
        let head = document.machine(&link.to).filter(|_| !link.settings.contains_key("latency"));
        let usual = head.and_then(|m| wiring::usual_latency(m.kind, &m.settings));
        let mut tails: Vec<(&str, NodeId)> = tails.into_iter().map(|a| (link.from.as_str(), a)).collect();
        if document.machine(&link.from).is_some_and(|m| m.kind == Kind::Dns) {
            // Whoever is told an address dials it over a way of his own, as long as the record's line.
            for asks in document.links.iter().filter(|l| l.wire == Wire::Calls && l.to == link.from) {
                tails.extend(ends(&asks.from).into_iter().map(|a| (asks.from.as_str(), a)));
            }
        }
        let drawn = |world: &World<Component>, id: LinkId| {
            let plan = &world.link(id).plan;
            tails.iter().any(|(_, a)| *a == plan.a) && heads.contains(&plan.b)
        };
        let gone: Vec<LinkId> = line.links.iter().copied().filter(|id| !drawn(&self.world, *id)).collect();
        line.links.retain(|id| !gone.contains(id));
        gone.into_iter().for_each(|id| self.take_link(id));
        for (from, a) in tails {
            let zones = [from, &link.to].map(|name| document.zone_of(name));
            for b in heads.iter().copied().filter(|b| *b != a && (link.from != link.to || a.0 < b.0)) {
                let mut plan = wiring::plan(a, b, &link.settings);
                if let Some(latency) = usual {
                    plan.latency = Distribution::Fixed(latency);
                }
                if zones[0].map(|z| &z.name) != zones[1].map(|z| &z.name) {
                    wiring::zones::apart(
                        &mut plan,
                        zones[0].map(|z| &z.settings),
                        zones[1].map(|z| &z.settings),
                    );
                }
                let known = line.links.iter().copied().find(|l| {
                    let p = &self.world.link(*l).plan;
                    p.a == a && p.b == b
                });
                let id = match known {
                    Some(id) => {
                        self.world.replan(id, plan);
                        id
                    }
                    None => {
                        let name = format!("{}{}{}", self.cast.name(a), link.wire.arrow(), self.cast.name(b));
                        let id = self.world.join(hash::text(&name), plan);
                        line.links.push(id);
                        id
                    }
                };
                self.join(id, a, b, true, link.wire, link);
                self.join(id, b, a, false, link.wire, link);
            }
        }
    }

    fn join(&mut self, link: LinkId, me: NodeId, peer: NodeId, outgoing: bool, wire: Wire, drawn: &Link) {
        let settings =
            self.document.machine(self.cast.card_of(peer)).map(|m| m.settings.clone()).unwrap_or_default();
        let (peer_name, peer_card) = (self.cast.name(peer).to_string(), self.cast.card_of(peer).to_string());
        let peer_kind: Kind = self.world.get(peer).kind();
        let document = self.document.clone();
        let zone = document.zone_of(&peer_card);
        let said = match settings.get(REGION) {
            Some(Setting::Text(word)) => Region::named(word),
            _ => None,
        };
        let lies = || zone.map_or(Region::Anywhere, |z| ZoneSettings::read(&z.settings).region);
        let port = Port {
            link,
            peer: Process(peer.0),
            peer_kind,
            peer_name: &peer_name,
            peer_card: &peer_card,
            peer_settings: &settings,
            peer_zone: zone.map(|z| z.name.as_str()),
            peer_region: said.unwrap_or_else(lies),
            wire,
            outgoing,
            settings: &drawn.settings,
        };
        self.world.with(me, |m, ctx| m.joined(&port, ctx));
    }
}

fn birth<'a>(
    machine: &'a Machine,
    node: NodeId,
    clone: u32,
    clones: u32,
    set: Option<u32>,
    document: &'a Document,
) -> Birth<'a> {
    Birth {
        settings: &machine.settings,
        me: Process(node.0),
        clone,
        clones,
        seed: document.seed,
        set: set.unwrap_or(node.0),
        files: &document.files,
    }
}

/// Whoever asks for a region and is told none lies in its zone.
fn located(machine: &Machine) -> Cow<'_, Machine> {
    let known = machine.kind.parameters().iter().any(|p| p.name == REGION);
    match &machine.zone {
        Some(zone) if known && !machine.settings.contains_key(REGION) => {
            let mut machine = machine.clone();
            machine.settings.insert(REGION.into(), Setting::Text(zone.clone()));
            Cow::Owned(machine)
        }
        _ => Cow::Borrowed(machine),
    }
}

const REGION: &str = "region";

/// The line that joins the clones of a card to one another, where its component has one; its settings are the card's.
fn inner(machine: &Machine) -> Option<Link> {
    let wire = machine.kind.inner()?;
    let name = || machine.name.clone();
    Some(Link { from: name(), to: name(), wire, settings: machine.settings.clone() })
}

/// The time-out that a machine of clients gives its requests, if it is one.
fn timeout(machine: &Machine) -> Option<Duration> {
    let parameter = machine.kind.parameters().iter().find(|p| p.name == "timeout")?;
    if machine.kind.info().shelf != Shelf::Sends {
        return None;
    }
    let default = (parameter.default)();
    Duration::read(machine.settings.get("timeout").unwrap_or(&default))
}

#[cfg(test)]
mod tests {
    use crate::run::Run;
    use crate::scenario::examples;
    use crate::stdx::Instant;

    #[test]
    fn an_edit_elsewhere_changes_nothing_of_who_knows_whom() {
        let mut document = examples::FIRST.document();
        let mut run = Run::new(&document);
        run.advance_to(Instant(1_000_000_000), u64::MAX);
        for rate in ["100", "110", "120"] {
            let users =
                document.machines.iter_mut().find(|m| m.name == "travellers").expect("they are there");
            users
                .settings
                .insert("rate".into(), crate::components::parameter::Setting::Number(rate.parse().unwrap()));
            run.edit(&document, &[], "Set rate").expect("an edit");
        }
        run.advance_to(Instant(2_000_000_000), u64::MAX);
        let frame = run.frame(None);
        let lb = frame.machines.iter().find(|m| m.name == "lb").expect("it is there");
        assert_eq!((lb.live.number.as_str(), lb.live.text.as_str()), ("3", "of 3 servers up"));
    }
}
