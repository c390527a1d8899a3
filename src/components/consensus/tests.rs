//! Groups on the bench: elections, replication, reads, membership, and a swarm that asserts what Raft promises. The
//! judge's verdicts on whole boards are tested elsewhere.

mod behaves;
mod swarm;

use super::{Consensus, Role};
use crate::components::parts::bench::Bench;
use crate::components::{Component, Wire};
use crate::sim::{Fault, LinkId, NodeId, Way};

/// Members that are all joined, and users who ask each of them.
pub(super) struct Group {
    pub bench: Bench,
    pub members: Vec<NodeId>,
    pub links: Vec<LinkId>,
    pub users: NodeId,
    settings: String,
}

impl Group {
    pub fn new(seed: u64, members: u32, settings: &str, users: &str) -> Group {
        let mut bench = Bench::new(seed);
        let users = bench.add("users", "users", users);
        let mut group =
            Group { bench, members: Vec::new(), links: Vec::new(), users, settings: settings.to_string() };
        for _ in 0..members {
            group.add();
        }
        group
    }

    /// One more member, joined to all there are.
    pub fn add(&mut self) -> NodeId {
        let name = format!("m{}", self.members.len() + 1);
        let new = self.bench.add("consensus-group", &name, &self.settings.clone());
        for old in self.members.clone() {
            let link = self.bench.join(old, Wire::Mirrors, new, "latency=1ms");
            self.links.push(link);
        }
        self.bench.join(self.users, Wire::Calls, new, "latency=1ms");
        self.members.push(new);
        new
    }

    pub fn member(&self, node: NodeId) -> &Consensus {
        match self.bench.machine(node) {
            Component::Consensus(c) => c,
            other => panic!("{:?} is no member", other.kind()),
        }
    }

    /// Those that believe they lead, in machines that run.
    pub fn leaders(&self) -> Vec<NodeId> {
        let leads = |n: &NodeId| self.member(*n).role == Role::Leader;
        self.members.iter().copied().filter(leads).collect()
    }

    pub fn leader(&self) -> NodeId {
        match self.leaders().as_slice() {
            [one] => *one,
            other => panic!("these lead: {other:?}"),
        }
    }

    /// Cuts or heals every line between this member and the others.
    pub fn cut(&mut self, node: NodeId, heal: bool) {
        for link in self.links.clone() {
            let plan = &self.bench.world.link(link).plan;
            if plan.a == node || plan.b == node {
                let fault = if heal { Fault::Heal { link } } else { Fault::Cut { link, way: Way::Both } };
                self.bench.world.apply(&fault);
            }
        }
    }
}
