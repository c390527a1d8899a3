//! How a fault that names things on the board befalls the machines and links of the world, and who can reach whom
//! afterwards. It keeps no record of what was done.

use super::State;
use crate::components::protocol::Order;
use crate::components::{Machine as _, Shelf};
use crate::history::{Fact, Process};
use crate::run::sides;
use crate::scenario::fault::{Fault, Way};
use crate::sim::{self, Condition, LinkId, NodeId};
use crate::stdx::Duration;

impl State {
    /// Lets a fault happen now. The error says what it names that is not there.
    pub fn fault(&mut self, fault: &Fault) -> Result<(), String> {
        let before: Vec<(NodeId, Condition)> = self.conditions();
        self.carry_out(fault)?;
        self.settle(before);
        self.observe();
        self.beside.settle(&mut self.readers);
        Ok(())
    }

    /// Tells what has become of the machines that were up or down before.
    pub(super) fn settle(&mut self, before: Vec<(NodeId, Condition)>) {
        self.drain();
        for (node, was) in before {
            let is = self.is_alive(node);
            if was == Condition::Up && !is {
                self.tell(Fact::Down { node: Process(node.0) });
            } else if was != Condition::Up && is {
                self.tell(Fact::Up { node: Process(node.0), anew: was != Condition::Paused });
            }
        }
        self.part();
        self.evidence.look(self.world.now(), &self.cast, &self.world);
        let whole = self.wear.whole();
        self.uptime.look(&self.cast, &self.world, whole);
    }

    fn conditions(&self) -> Vec<(NodeId, Condition)> {
        self.cast.nodes().map(|n| (n, self.world.condition(n))).collect()
    }

    pub(super) fn is_alive(&self, node: NodeId) -> bool {
        self.world.condition(node) == Condition::Up
    }

    fn carry_out(&mut self, fault: &Fault) -> Result<(), String> {
        use sim::Fault as F;
        let machines = |name: &str| match self.cast.machines(name) {
            none if none.is_empty() => Err(format!("There is no machine “{name}” on the board.")),
            nodes => Ok(nodes),
        };
        let links = |name: &crate::scenario::fault::LinkName| match self.cast.links(&self.world, name) {
            none if none.is_empty() => Err(format!("There is no line “{name}” on the board.")),
            links => Ok(links),
        };
        let each = |nodes: Vec<NodeId>, f: &dyn Fn(NodeId) -> F| nodes.into_iter().map(f).collect::<Vec<F>>();
        let mut orders: Vec<(NodeId, Order)> = Vec::new();
        let mut order = |nodes: Vec<NodeId>, o: Order| {
            orders.extend(nodes.into_iter().map(|n| (n, o)));
            Vec::new()
        };
        let faults: Vec<F> = match fault {
            Fault::Crash { machine, host } => {
                each(machines(machine)?, &|node| F::Crash { node, host: *host })
            }
            Fault::Restart { machine } => each(machines(machine)?, &|node| F::Restart { node }),
            Fault::Pause { machine } => each(machines(machine)?, &|node| F::Pause { node }),
            Fault::Resume { machine } => each(machines(machine)?, &|node| F::Resume { node }),
            Fault::Slow { machine, factor } => {
                each(machines(machine)?, &|node| F::Slow { node, factor: *factor })
            }
            Fault::Skew { machine, ahead, behind } => {
                let nanos = i64::try_from(ahead.0).unwrap_or(i64::MAX) * if *behind { -1 } else { 1 };
                each(machines(machine)?, &|node| F::Skew { node, nanos })
            }
            Fault::Cut { link, way } => {
                let cut = |(link, against): (LinkId, bool)| F::Cut { link, way: lanes(*way, against) };
                links(link)?.into_iter().map(cut).collect()
            }
            Fault::Heal { link } => links(link)?.into_iter().map(|(link, _)| F::Heal { link }).collect(),
            Fault::HealAll => self.links(|_| true).into_iter().map(|link| F::Heal { link }).collect(),
            Fault::Delay { link, by } => {
                let by = (by.constant() != Some(Duration::ZERO)).then(|| by.clone());
                links(link)?.into_iter().map(|(link, _)| F::Delay { link, by: by.clone() }).collect()
            }
            Fault::Loss { link, share } => {
                let share = Some(*share);
                links(link)?.into_iter().map(|(link, _)| F::Loss { link, share }).collect()
            }
            Fault::Isolate { machine } => {
                let nodes = machines(machine)?;
                let cut = |link| F::Cut { link, way: sim::Way::Both };
                nodes.iter().flat_map(|n| self.world.links_of(*n).to_vec()).map(cut).collect()
            }
            Fault::Part { one, other, way } => {
                let cut = |(link, against): (LinkId, bool)| F::Cut { link, way: lanes(*way, against) };
                self.between(one, other)?.into_iter().map(cut).collect()
            }
            Fault::Join { one, other } => {
                self.between(one, other)?.into_iter().map(|(link, _)| F::Heal { link }).collect()
            }
            Fault::Recover { zone } => each(self.zone(zone)?, &|node| F::Restart { node }),
            Fault::Outage { zone } => {
                // People live on when a data centre does not.
                let people = |n: &NodeId| self.world.get(*n).kind().info().shelf == Shelf::Sends;
                let machines = self.zone(zone)?.into_iter().filter(|n| !people(n)).collect();
                each(machines, &|node| F::Crash { node, host: true })
            }
            Fault::LoseDisk { machine } => order(machines(machine)?, Order::LoseDisk),
            Fault::FillDisk { machine } => order(machines(machine)?, Order::FillDisk),
            Fault::DropCache { machine } => order(machines(machine)?, Order::DropCache),
            Fault::Promote { machine } => order(machines(machine)?, Order::Promote),
            Fault::Deploy { machine, version } => order(machines(machine)?, Order::Deploy(*version)),
            Fault::Traffic { machine, factor } => order(machines(machine)?, Order::Traffic(*factor)),
        };
        for fault in &faults {
            self.world.apply(fault);
        }
        let mut meant = faults.len();
        for (node, order) in orders {
            meant += self.world.with(node, |m, ctx| m.order(order, ctx)) as usize;
        }
        if meant == 0 {
            return Err(format!("“{fault}” means nothing to that machine."));
        }
        Ok(())
    }

    fn links(&self, which: impl Fn(LinkId) -> bool) -> Vec<LinkId> {
        self.cast.lines.iter().flat_map(|l| l.links.iter().copied()).filter(|l| which(*l)).collect()
    }

    /// The links between two zones, and whether each is drawn from the other to the one.
    fn between(&self, one: &str, other: &str) -> Result<Vec<(LinkId, bool)>, String> {
        let (a, b) = (self.zone(one)?, self.zone(other)?);
        let ends = |link: &LinkId| (self.world.link(*link).plan.a, self.world.link(*link).plan.b);
        let all = self.links(|_| true).into_iter();
        let found: Vec<(LinkId, bool)> = all
            .filter_map(|link| match ends(&link) {
                (x, y) if a.contains(&x) && b.contains(&y) => Some((link, false)),
                (x, y) if b.contains(&x) && a.contains(&y) => Some((link, true)),
                _ => None,
            })
            .collect();
        if found.is_empty() {
            return Err(format!("There is no line between {one} and {other}."));
        }
        Ok(found)
    }

    fn zone(&self, name: &str) -> Result<Vec<NodeId>, String> {
        let inside = self.document.machines.iter().filter(|m| m.zone.as_deref() == Some(name));
        let nodes: Vec<NodeId> = inside.flat_map(|m| self.cast.machines(&m.name)).collect();
        if nodes.is_empty() { Err(format!("There is no machine in a zone “{name}”.")) } else { Ok(nodes) }
    }

    /// Looks who can reach whom, and tells the judge when that has changed.
    pub(super) fn part(&mut self) {
        let nodes: Vec<NodeId> = self.cast.nodes().collect();
        let sides = sides::of(&self.world, &nodes);
        if sides == self.sides {
            return;
        }
        let was = std::mem::replace(&mut self.sides, sides.clone());
        if sides.parted {
            for (side, members) in sides.parts.iter().enumerate() {
                for node in members {
                    self.tell(Fact::Side { node: Process(node.0), side: side as u32 });
                }
            }
            self.tell(Fact::Parted { sides: sides.parts.len() as u32 });
        } else if was.parted {
            self.tell(Fact::Whole);
        }
    }
}

fn lanes(way: Way, against: bool) -> sim::Way {
    match (way, against) {
        (Way::Both, _) => sim::Way::Both,
        (Way::Forth, false) | (Way::Back, true) => sim::Way::Forth,
        (Way::Back, false) | (Way::Forth, true) => sim::Way::Back,
    }
}
