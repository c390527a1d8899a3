//! What keeps a document from being whole in itself: names that mean nobody or two, settings that are not allowed, broken
//! limits. What is read from a text or a file is whole. It may not know whether the board can run.

use super::{Place, Problem};
use crate::components::parameter::{Parameter, Settings};
use crate::components::wiring;
use crate::scenario::{Document, limits, name, suggest};
use crate::stdx::Instant;
use std::collections::BTreeSet;

/// Every such problem: all of them are errors.
pub fn whole(document: &Document) -> Vec<Problem> {
    let mut checker = Checker { document, problems: Vec::new() };
    checker.texts();
    checker.zones();
    checker.machines();
    checker.links();
    checker.schedule();
    checker.problems
}

/// The machine that may have been meant, as advice.
pub fn near_machine(document: &Document, name: &str) -> String {
    suggest::did_you_mean(name, document.machines.iter().map(|m| m.name.as_str()))
        .unwrap_or("Draw it, or choose another.".into())
}

struct Checker<'a> {
    document: &'a Document,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn error(&mut self, place: Place, says: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(super::Severity::Error, place, says, help));
    }

    fn texts(&mut self) {
        let document = self.document;
        if let Err(says) = crate::scenario::check_title(&document.title) {
            self.error(Place::Board, says, "Shorten the title.");
        }
        if let Err(says) = crate::scenario::check_notes(&document.notes) {
            self.error(Place::Board, says, "Shorten the notes.");
        }
        if let Err(says) = crate::scenario::check_counts(document) {
            self.error(Place::Board, says, "Make the board smaller.");
        }
        if document.until.is_zero() {
            self.error(Place::Board, "A run of no time shows nothing.", "Let it last, as in: until 60s.");
        }
        for name in document.files.keys() {
            if let Err(says) = crate::scenario::check_file_name(name) {
                self.error(Place::Board, says, "Rename the file.");
            }
        }
    }

    fn machines(&mut self) {
        let document = self.document;
        let mut seen = BTreeSet::new();
        for machine in &document.machines {
            let place = || Place::Machine(machine.name.clone());
            if let Err(says) = name::check(&machine.name) {
                self.error(place(), says, "Rename it.");
            }
            if !seen.insert(machine.name.as_str()) {
                let says = format!("Two machines are called {}.", machine.name);
                self.error(place(), says, format!("{} is free.", document.fresh_name(&machine.name)));
            }
            let names = document.zones.iter().map(|z| z.name.as_str());
            if let Some(zone) = machine.zone.as_deref().filter(|zone| !names.clone().any(|n| n == *zone)) {
                let says =
                    format!("{} stands in a zone “{}” that is not there.", machine.name, suggest::clip(zone));
                let help = suggest::did_you_mean(zone, names)
                    .unwrap_or("Draw the zone, or take the machine out.".into());
                self.error(place(), says, help);
            }
            if machine.at.x.abs() > limits::BOARD || machine.at.y.abs() > limits::BOARD {
                self.error(
                    place(),
                    format!("{} stands outside of the board.", machine.name),
                    "Move it nearer.",
                );
            }
            self.settings(&machine.settings, machine.kind.parameters(), place, &machine.name);
        }
    }

    fn settings(
        &mut self,
        settings: &Settings,
        parameters: &[Parameter],
        place: impl Fn() -> Place,
        whose: &str,
    ) {
        for (name, setting) in settings {
            match parameters.iter().find(|p| p.name == name) {
                None => {
                    let help = suggest::did_you_mean(name, parameters.iter().map(|p| p.name));
                    let says = format!("{whose} has no setting “{}”.", suggest::clip(name));
                    self.error(place(), says, help.unwrap_or("Take it away.".into()));
                }
                Some(parameter) if !parameter.allows(setting) => {
                    let says = format!("{whose}: {name} is {}.", suggest::clip(&setting.to_string()));
                    self.error(place(), says, format!("It must be {}.", parameter.domain.expected()));
                }
                Some(_) => {}
            }
        }
    }

    fn zones(&mut self) {
        let mut seen = BTreeSet::new();
        for zone in &self.document.zones {
            let place = || Place::Zone(zone.name.clone());
            if let Err(says) = name::check(&zone.name) {
                self.error(place(), says, "Rename it.");
            }
            if !seen.insert(zone.name.as_str()) {
                self.error(place(), format!("Two zones are called {}.", zone.name), "Rename one of them.");
            }
            self.settings(&zone.settings, wiring::zone_parameters(), place, &zone.name);
        }
    }

    fn links(&mut self) {
        let document = self.document;
        let names: BTreeSet<&str> = document.machines.iter().map(|m| m.name.as_str()).collect();
        for link in &document.links {
            let place = || Place::Link(link.name());
            let words = link.name().words();
            for end in [&link.from, &link.to].into_iter().filter(|end| !names.contains(end.as_str())) {
                let says = format!("{words}: there is no machine “{}”.", suggest::clip(end));
                self.error(place(), says, near_machine(document, end));
            }
            self.settings(&link.settings, link.wire.parameters(), place, &words);
        }
    }

    fn schedule(&mut self) {
        let mut before = Instant::START;
        for (index, scheduled) in self.document.schedule.iter().enumerate() {
            if scheduled.at < before {
                let says = format!("“{}” is planned out of order.", scheduled.fault);
                self.error(Place::Scheduled(index), says, "Sort the schedule by time.");
            }
            before = before.max(scheduled.at);
        }
    }
}
