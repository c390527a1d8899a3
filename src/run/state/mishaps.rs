//! Machines and lines that fail by themselves: what the drawing says of it, and how it befalls the world. It draws no
//! luck itself and knows no component.

use super::State;
use crate::components::parts::wear::{Failing, LineWear, WearSettings};
use crate::components::{Shelf, wiring::zones::ZoneSettings};
use crate::run::frame::{Mark, MarkKind};
use crate::run::wear::{Change, Part, Plan};
use crate::sim::{Condition, Fault, NodeId, Way, World};
use crate::stdx::{Duration, hash};

/// So many latest ones are told one by one.
const TOLD: usize = 200;

impl State {
    /// Reads from the drawing what can fail by itself from now on.
    pub(super) fn draw_wear(&mut self) {
        let document = self.document.clone();
        let crews_in = |zone: &str| {
            let zone = document.zones.iter().find(|z| z.name == zone)?;
            Some(ZoneSettings::read(&zone.settings).repair_crews).filter(|n| *n > 0)
        };
        let zone_of = |card: &str| document.machine(card).and_then(|m| m.zone.clone());
        let crewed = |zone: Option<String>| zone.filter(|z| crews_in(z).is_some());
        let mut parts = Vec::new();
        for card in &self.cast.cards {
            let Some(machine) = document.machine(&card.name).filter(|m| m.kind.info().shelf != Shelf::Sends)
            else {
                continue;
            };
            let wear = WearSettings::read(&machine.settings);
            if wear.mttf.is_zero() {
                continue;
            }
            let plan = Plan {
                mttf: wear.mttf,
                mttr: wear.mttr,
                host: wear.failing == Failing::Host,
                spares: wear.spares,
                takeover: wear.takeover,
                coverage: wear.coverage,
                zone: crewed(machine.zone.clone()),
            };
            for node in &card.nodes {
                parts.push((Part::Node(*node), stream(self.cast.name(*node)), plan.clone()));
            }
        }
        for line in &self.cast.lines {
            let drawn =
                document.links.iter().find(|l| l.from == line.from && l.to == line.to && l.wire == line.wire);
            let Some(wear) = drawn.map(|l| LineWear::read(&l.settings)).filter(|w| !w.mttf.is_zero()) else {
                continue;
            };
            let zone = zone_of(&line.from).filter(|zone| zone_of(&line.to).as_ref() == Some(zone));
            let plan = Plan {
                mttf: wear.mttf,
                mttr: wear.mttr,
                host: false,
                spares: 0,
                takeover: Duration::ZERO,
                coverage: 1.0,
                zone: crewed(zone),
            };
            for link in &line.links {
                let ends = &self.world.link(*link).plan;
                let name =
                    format!("{}{}{}", self.cast.name(ends.a), line.wire.arrow(), self.cast.name(ends.b));
                parts.push((Part::Link(*link), stream(&name), plan.clone()));
            }
        }
        let zones = document.zones.iter();
        let crews: Vec<(String, u32)> =
            zones.filter_map(|z| Some((z.name.clone(), crews_in(&z.name)?))).collect();
        let now = self.now();
        self.wear.draw(parts, &crews, document.seed, now);
        self.uptime.draw(&document, &self.cast, &self.world);
        self.observe();
    }

    /// Lets befall what is due by itself now.
    pub(super) fn mishaps(&mut self) {
        let mut before: Vec<(NodeId, Condition)> = Vec::new();
        while let Some(change) = self.wear.take(self.world.now()) {
            let fault = match change {
                Change::Fails { part: Part::Node(node), host } => Fault::Crash { node, host },
                Change::Fails { part: Part::Link(link), .. } => Fault::Cut { link, way: Way::Both },
                Change::Returns { part: Part::Node(node) } => Fault::Restart { node },
                Change::Returns { part: Part::Link(link) } => Fault::Heal { link },
            };
            if let Fault::Crash { node, .. } | Fault::Restart { node } = fault
                && !before.iter().any(|(known, _)| *known == node)
            {
                before.push((node, self.world.condition(node)));
            }
            self.world.apply(&fault);
            if self.told.len() == TOLD {
                self.told.pop_front();
            }
            self.told.push_back((self.world.now(), change));
        }
        self.settle(before);
    }

    /// The latest of what has failed and come back by itself, oldest first.
    pub fn worn(&self) -> impl Iterator<Item = Mark> + '_ {
        self.told.iter().map(|(at, change)| {
            let (part, word) = match change {
                Change::Fails { part, .. } => (*part, "failed"),
                Change::Returns { part } => (*part, "came back"),
            };
            let text = format!("{} {word} by itself", self.called(part));
            Mark { at: *at, what: MarkKind::Fault, text }
        })
    }

    fn called(&self, part: Part) -> String {
        match part {
            Part::Node(node) => self.cast.name(node).to_string(),
            Part::Link(link) => {
                let ends = &self.world.link(link).plan;
                let arrow =
                    self.cast.lines.iter().find(|l| l.links.contains(&link)).map_or("-", |l| l.wire.arrow());
                format!("{} {arrow} {}", self.cast.name(ends.a), self.cast.name(ends.b))
            }
        }
    }

    /// After an edit or a fault by hand: who is up, and who is served.
    pub(super) fn observe(&mut self) {
        let State { wear, world, .. } = self;
        wear.observe(world.now(), |part| match part {
            Part::Node(node) => alive(world, node),
            Part::Link(link) => (0..2).all(|lane| !world.link(link).lanes[lane].cut),
        });
        let whole = self.wear.whole();
        self.uptime.look(&self.cast, &self.world, whole);
    }
}

fn alive(world: &World<crate::components::Component>, node: NodeId) -> bool {
    matches!(world.condition(node), Condition::Up | Condition::Paused)
}

/// The luck of failing is apart from the machine's other luck.
fn stream(name: &str) -> u64 {
    hash::text(&format!("wear {name}"))
}
