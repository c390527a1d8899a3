//! How long each machine was up, and how long users could be served: sums over the run, kept as things fail and come
//! back. It reads the world's conditions and the drawing's lines, and no message.

use super::cast::Cast;
use crate::components::{Component, Shelf, Wire, wiring};
use crate::metrics::spells::Spells;
use crate::scenario::Document;
use crate::sim::{Condition, LinkId, NodeId, World};
use crate::stdx::Instant;

/// What users of one machine can have: served is who has an open way to a machine that works, which has the same to
/// whatever it needs, reaches a quorum of its group where it needs one, and so on (a reliability block diagram, drawn by the lines of the board).
#[derive(Clone, Debug)]
pub struct Service {
    pub users: NodeId,
    pub spells: Spells,
    /// Since when everything has been whole, or was before something broke and the service lived on.
    whole: Option<Instant>,
    /// Times from a whole board to the service's failure, and their number.
    lived: u128,
    pub lives: u64,
}

impl Service {
    /// From everything whole to the service's failure, on average; None before the first.
    pub fn mttf(&self) -> Option<f64> {
        (self.lives > 0).then(|| self.lived as f64 / self.lives as f64 / 1e9)
    }
}

type Neighbours = Vec<(LinkId, NodeId)>;

/// A machine's neighbours of one sort: so many of them must work.
#[derive(Clone, Debug)]
struct Group {
    sort: u32,
    least: u32,
    of: Neighbours,
}

#[derive(Clone, Default, Debug)]
pub struct Uptime {
    /// By the machine's number.
    machines: Vec<Spells>,
    pub services: Vec<Service>,
    needs: Vec<Vec<Group>>,
    /// How many machines of its group each needs to reach, itself counted, and the lines between masters that lead there.
    quorums: Vec<(u32, Neighbours)>,
    found: Vec<Option<bool>>,
}

impl Uptime {
    /// The drawing is another from now on.
    pub fn draw(&mut self, document: &Document, cast: &Cast, world: &World<Component>) {
        let now = world.now();
        self.machines.resize_with(world.len(), || Spells::new(now));
        self.needs = vec![Vec::new(); world.len()];
        for line in cast.lines.iter().filter(|l| l.wire == Wire::Calls) {
            let (Some(from), Some(to)) = (document.machine(&line.from), document.machine(&line.to)) else {
                continue;
            };
            let Some(need) = wiring::needs(from.kind, &from.settings, to.kind, &to.name) else { continue };
            for link in &line.links {
                let plan = &world.link(*link).plan;
                let (a, b) = (plan.a, plan.b);
                let groups = &mut self.needs[a.0 as usize];
                match groups.iter_mut().find(|g| g.sort == need.sort) {
                    Some(group) => group.of.push((*link, b)),
                    None => groups.push(Group { sort: need.sort, least: need.least, of: vec![(*link, b)] }),
                }
            }
        }
        self.quorums = vec![(1, Neighbours::new()); world.len()];
        for line in cast.lines.iter().filter(|l| l.wire == Wire::Mirrors) {
            for link in &line.links {
                let plan = &world.link(*link).plan;
                self.quorums[plan.a.0 as usize].1.push((*link, plan.b));
                self.quorums[plan.b.0 as usize].1.push((*link, plan.a));
            }
        }
        for card in &cast.cards {
            let Some(machine) = document.machine(&card.name) else { continue };
            for node in &card.nodes {
                let (need, others) = &mut self.quorums[node.0 as usize];
                *need = machine.kind.quorum(&machine.settings, others.len() as u32 + 1);
            }
        }
        let clients = cast.nodes().filter(|n| !self.needs[n.0 as usize].is_empty() && is_client(world, *n));
        let services = std::mem::take(&mut self.services);
        self.services = clients
            .map(|users| {
                let known = services.iter().find(|s| s.users == users).cloned();
                known.unwrap_or(Service {
                    users,
                    spells: Spells::new(now),
                    whole: Some(now),
                    lived: 0,
                    lives: 0,
                })
            })
            .collect();
    }

    /// Something has failed or come back. `whole`: nothing that fails by itself is broken.
    pub fn look(&mut self, cast: &Cast, world: &World<Component>, whole: bool) {
        let now = world.now();
        let mut all = whole;
        for node in cast.nodes() {
            let up = world.condition(node) == Condition::Up;
            self.machines[node.0 as usize].set(up, now);
            all &= up;
        }
        self.found.clear();
        self.found.resize(world.len(), None);
        let mut services = std::mem::take(&mut self.services);
        for service in &mut services {
            let served = self.works(world, service.users);
            if service.spells.set(served, now)
                && let Some(since) = service.whole.take()
            {
                service.lived += (now - since).0 as u128;
                service.lives += 1;
            } else if served && all && service.whole.is_none() {
                service.whole = Some(now);
            }
        }
        self.services = services;
    }

    /// Whether a machine is up and has, of every sort that it needs, one that it reaches and that works.
    fn works(&mut self, world: &World<Component>, node: NodeId) -> bool {
        let i = node.0 as usize;
        if let Some(known) = self.found[i] {
            return known;
        }
        // Whoever needs itself to work does not work by that.
        self.found[i] = Some(false);
        let (need, others) = &self.quorums[i];
        let reached = |(link, to): &&(LinkId, NodeId)| {
            let link = world.link(*link);
            link.open(0) && link.open(1) && world.condition(*to) == Condition::Up
        };
        let quorum = *need <= 1 || others.iter().filter(reached).count() as u32 + 1 >= *need;
        let mut works = quorum && world.condition(node) == Condition::Up;
        for group in 0..self.needs[i].len() {
            let (mut missing, all) = (self.needs[i][group].least, self.needs[i][group].of.len());
            for n in 0..all {
                if !works || missing == 0 {
                    break;
                }
                let (link, to) = self.needs[i][group].of[n];
                let link = world.link(link);
                missing -= (link.open(0) && link.open(1) && self.works(world, to)) as u32;
            }
            works &= missing == 0;
        }
        self.found[i] = Some(works);
        works
    }

    pub fn machine(&self, node: NodeId) -> Option<&Spells> {
        self.machines.get(node.0 as usize)
    }
}

fn is_client(world: &World<Component>, node: NodeId) -> bool {
    world.get(node).kind().info().shelf == Shelf::Sends
}
