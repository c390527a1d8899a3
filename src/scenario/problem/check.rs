//! What is wrong with a drawing, before it runs. It may not know what its machines will do.

use super::{Place, Problem, Severity, whole};
use crate::components::app_server::{
    self,
    settings::{CacheUse, Sessions},
};
use crate::components::{Kind, Shelf, Wire, users, wiring};
use crate::scenario::fault::{LinkName, Target};
use crate::scenario::{Document, Machine, limits, name, suggest};
use crate::stdx::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// Every problem of a drawing, errors first. Without an error it can run.
pub fn check(document: &Document) -> Vec<Problem> {
    let mut checker = Checker { document, problems: whole(document) };
    checker.machines();
    checker.links();
    checker.circles();
    checker.loners();
    checker.unused();
    checker.schedule();
    let mut problems = checker.problems;
    problems.sort_by_key(|p| p.severity);
    problems
}

struct Checker<'a> {
    document: &'a Document,
    problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn error(&mut self, place: Place, says: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(Severity::Error, place, says, help));
    }

    fn warning(&mut self, place: Place, says: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(Severity::Warning, place, says, help));
    }

    fn machines(&mut self) {
        let document = self.document;
        let nodes: usize = document.machines.iter().map(|m| m.clones() as usize).sum();
        if nodes > limits::NODES {
            let says =
                format!("With their clones these are {nodes} machines; a run has at most {}.", limits::NODES);
            self.error(Place::Board, says, "Take clones away.");
        }
        for machine in &document.machines {
            let clone_of = name::split_clone(&machine.name).and_then(|(card, number)| {
                document.machine(card).filter(|m| m.clones() > 1 && (1..=m.clones()).contains(&number))
            });
            if let Some(card) = clone_of {
                let says = format!("{} is also the name of a clone of {}.", machine.name, card.name);
                self.error(Place::Machine(machine.name.clone()), says, "Rename one of the two.");
            }
            if machine.kind == Kind::Users
                && let Some(says) = users::log_problem(&machine.settings, &document.files)
            {
                let says = format!("{} send nothing: {says}.", machine.name);
                self.warning(
                    Place::Machine(machine.name.clone()),
                    says,
                    "Attach an access log of nginx or Apache.",
                );
            }
        }
    }

    fn links(&mut self) {
        let document = self.document;
        let clones: BTreeMap<&str, usize> =
            document.machines.iter().map(|m| (m.name.as_str(), m.clones() as usize)).collect();
        let of = |name: &str| clones.get(name).copied().unwrap_or(0);
        let inside =
            |m: &Machine| m.kind.inner().map_or(0, |_| m.clones() as usize * (m.clones() as usize - 1) / 2);
        let joints = document.links.iter().map(|l| of(&l.from).saturating_mul(of(&l.to))).sum::<usize>()
            + document.machines.iter().map(inside).sum::<usize>();
        if joints > limits::JOINTS {
            let says =
                format!("Between the clones these are {joints} lines; a run has at most {}.", limits::JOINTS);
            self.error(Place::Board, says, "Take clones or lines away, or put a load balancer between them.");
        }
        let mut seen: BTreeSet<(&str, Wire, &str)> = BTreeSet::new();
        for link in &document.links {
            let place = || Place::Link(link.name());
            let words = link.name().words();
            let (from, to) = (document.machine(&link.from), document.machine(&link.to));
            if link.from == link.to {
                self.error(
                    place(),
                    format!("{words} goes from {} to itself.", link.from),
                    "Take the line away.",
                );
            } else if let (Some(from), Some(to)) = (from, to)
                && let Err(why) = wiring::allowed(from.kind, link.wire, to.kind)
            {
                self.error(place(), format!("{words} cannot be drawn. {why}"), "Take the line away.");
            }
            if let Some(from) = from {
                let counts = wiring::parameters_from(from.kind, link.wire);
                for name in link.settings.keys().filter(|name| !counts.iter().any(|p| p.name == *name)) {
                    let says =
                        format!("{words}: {name} says nothing to {}.", from.kind.info().label.to_lowercase());
                    self.warning(place(), says, "It is set on the machines.");
                }
            }
            let both_ways = matches!(link.wire, Wire::Mirrors | Wire::Heartbeat);
            let (one, other) = (link.from.as_str(), link.to.as_str());
            let (one, other) = if both_ways && one > other { (other, one) } else { (one, other) };
            if !seen.insert((one, link.wire, other)) {
                self.error(place(), format!("{words} is drawn twice."), "Take one of the two away.");
            }
        }
    }

    /// Replication in a circle would copy for ever; requests in a circle may be meant.
    fn circles(&mut self) {
        for wire in [Wire::Copies, Wire::Calls] {
            let Some(circle) = self.circle(wire) else { continue };
            let arrow = format!(" {} ", wire.arrow());
            let words: Vec<&str> = circle.iter().chain(circle.first()).copied().collect();
            let last = circle.last().copied().unwrap_or_default();
            let place = Place::Link(LinkName::new(last, wire, circle[0]));
            let words = words.join(&arrow);
            match wire {
                Wire::Copies => self.error(
                    place,
                    format!("Replication goes in a circle: {words}."),
                    "Take one line away, or join two masters (primaries) by <=>.",
                ),
                _ => self.warning(
                    place,
                    format!("Requests can go in a circle: {words}."),
                    "Take one line away if that is not meant.",
                ),
            }
        }
    }

    /// The names along the first circle of such lines; lines to oneself are told elsewhere.
    fn circle(&self, wire: Wire) -> Option<Vec<&'a str>> {
        let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for link in self.document.links.iter().filter(|l| l.wire == wire && l.from != l.to) {
            next.entry(&link.from).or_default().push(&link.to);
        }
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for start in self.document.machines.iter().map(|m| m.name.as_str()) {
            if done.contains(start) {
                continue;
            }
            let mut path: Vec<(&str, usize)> = vec![(start, 0)];
            let mut open = BTreeSet::from([start]);
            while let Some((at, index)) = path.last_mut() {
                let at = *at;
                match next.get(at).and_then(|to| to.get(*index)) {
                    Some(to) if open.contains(to) => {
                        return Some(path.iter().map(|p| p.0).skip_while(|p| p != to).collect());
                    }
                    Some(to) => {
                        *index += 1;
                        if !done.contains(to) {
                            open.insert(to);
                            path.push((to, 0));
                        }
                    }
                    None => {
                        open.remove(at);
                        done.insert(at);
                        path.pop();
                    }
                }
            }
        }
        None
    }

    /// Machines that have nothing to do.
    fn loners(&mut self) {
        let document = self.document;
        for machine in &document.machines {
            let name = &machine.name;
            let place = || Place::Machine(name.clone());
            let asks = document.links.iter().any(|l| l.wire == Wire::Calls && l.from == *name);
            let joined = document.links.iter().any(|l| l.from == *name || l.to == *name);
            let touched = document.links.iter().any(|l| {
                l.to == *name || l.from == *name && matches!(l.wire, Wire::Mirrors | Wire::Heartbeat)
            });
            match machine.kind.info().shelf {
                Shelf::Sends if !asks => {
                    self.warning(
                        place(),
                        format!("{name} asks nobody."),
                        "Draw a line to the machine that it asks.",
                    );
                }
                Shelf::Sends => {}
                _ if !joined => {
                    self.warning(place(), format!("{name} is joined to nothing."), "Draw a line to it.");
                }
                Shelf::Spreads if !asks => {
                    let help = "Draw lines to the machines that it spreads requests over.";
                    self.warning(place(), format!("{name} has nobody to pass requests to."), help);
                }
                // These begin by themselves: they fetch jobs, and work by the clock.
                _ if asks && matches!(machine.kind, Kind::Worker | Kind::Scheduler) => {}
                _ if !touched => {
                    self.warning(place(), format!("Nobody asks {name}."), "Draw a line to it.");
                }
                _ => {}
            }
        }
    }

    /// App servers that are joined to a session store or a cache and do not use it; queues into which nobody orders a job.
    fn unused(&mut self) {
        let document = self.document;
        for link in document.links.iter().filter(|l| l.wire == Wire::Calls) {
            let (Some(from), Some(to)) = (document.machine(&link.from), document.machine(&link.to)) else {
                continue;
            };
            let Some((setting, word)) = wiring::puts_to_use(from.kind, to.kind) else { continue };
            let set = app_server::Settings::read(&from.settings);
            let (server, store) = (&from.name, &to.name);
            let says = match to.kind {
                _ if set.sessions == Sessions::Central => continue,
                Kind::SessionStore => format!("{server} keeps no sessions in {store}."),
                Kind::Cache if set.cache_use == CacheUse::None => {
                    format!("{server} does not look into {store}.")
                }
                _ => continue,
            };
            let help = format!("Set {setting}={word} of {server}.");
            self.warning(Place::Machine(server.clone()), says, help);
        }
        let senders = || document.machines.iter().filter(|m| m.kind == Kind::Users);
        let orders =
            |m: &Machine| users::Settings::read(&m.settings).jobs > 0.0 || m.settings.contains_key("log");
        if let Some(first) = senders().next().filter(|_| !senders().any(orders)) {
            for queue in document.machines.iter().filter(|m| m.kind == Kind::JobQueue) {
                let says = format!("Nobody orders a job, so {} stays empty.", queue.name);
                self.warning(
                    Place::Machine(queue.name.clone()),
                    says,
                    format!("Set jobs=10% of {}.", first.name),
                );
            }
        }
    }

    fn schedule(&mut self) {
        let document = self.document;
        for (index, scheduled) in document.schedule.iter().enumerate() {
            let place = Place::Scheduled(index);
            let fault = &scheduled.fault;
            let nothing = match fault.target() {
                Target::Machine(name) => self.missing_machine(name),
                Target::Link(link) => self.missing_link(link),
                Target::Zone(zone) => self.missing_zone(zone),
                Target::Zones(one, other) => self.missing_zone(one).or(self.missing_zone(other)),
                Target::Everything => None,
            };
            if let Some((says, help)) = nothing {
                self.warning(place.clone(), format!("“{fault}” will do nothing: {says}"), help);
            }
            if scheduled.at.since(Instant::START) > document.until {
                let says =
                    format!("“{fault}” is planned at {}, after the end at {}.", scheduled.at, document.until);
                self.warning(place, says, "Let the run last longer, or plan it earlier.");
            }
        }
    }

    fn missing_machine(&self, name: &str) -> Option<(String, String)> {
        if self.document.machine_meant(name).is_some() {
            return None;
        }
        if let Some((card, _)) = name::split_clone(name)
            && let Some(machine) = self.document.machine(card)
        {
            let clones = match machine.clones() {
                1 => "a single machine".to_string(),
                n => format!("{n} clones"),
            };
            return Some((format!("{card} has {clones}."), format!("Name one that is there, or {card}.")));
        }
        Some((format!("there is no machine {name}."), super::near_machine(self.document, name)))
    }

    fn missing_link(&self, link: &LinkName) -> Option<(String, String)> {
        if let Some(missing) = self.missing_machine(&link.from).or(self.missing_machine(&link.to)) {
            return Some(missing);
        }
        if self.document.links_meant(link).next().is_some() || self.document.is_inside(link) {
            return None;
        }
        let card = |name: &str| self.document.machine_meant(name).map(|m: &Machine| m.name.as_str());
        let (from, to) = (card(&link.from), card(&link.to));
        let other = self.document.links.iter().find(|l| {
            let (tail, head) = (Some(l.from.as_str()), Some(l.to.as_str()));
            tail == from && head == to || tail == to && head == from
        });
        let help = other
            .map_or("Draw it, or take the fault away.".into(), |l| format!("Did you mean {}?", l.name()));
        Some((format!("there is no line {}.", link.words()), help))
    }

    fn missing_zone(&self, zone: &str) -> Option<(String, String)> {
        let names = self.document.zones.iter().map(|z| z.name.as_str());
        if names.clone().any(|name| name == zone) {
            return None;
        }
        let help = suggest::did_you_mean(zone, names).unwrap_or("Draw it, or take the fault away.".into());
        Some((format!("there is no zone {zone}."), help))
    }
}

#[cfg(test)]
mod tests;
