//! What a fault does to the world. It knows no name.

use super::{Condition, Event, World};
use crate::sim::behavior::Behavior;
use crate::sim::fault::Fault;
use crate::sim::link::NodeId;
use crate::stdx::hash;

impl<B: Behavior> World<B> {
    /// Lets a fault happen now.
    pub fn apply(&mut self, fault: &Fault) {
        self.hash = hash::fold(self.hash, self.now.0 ^ 0xFA17);
        match fault {
            Fault::Crash { node, host } => self.crash(*node, *host),
            Fault::Restart { node } => {
                let n = &mut self.nodes[node.0 as usize];
                if matches!(n.condition, Condition::Refusing | Condition::Silent) {
                    n.condition = Condition::Up;
                    let generation = n.generation;
                    self.queue.push(self.now, Event::Start { node: *node, generation });
                }
            }
            Fault::Pause { node } => {
                let n = &mut self.nodes[node.0 as usize];
                if n.condition == Condition::Up {
                    n.condition = Condition::Paused;
                }
            }
            Fault::Resume { node } => {
                let n = &mut self.nodes[node.0 as usize];
                if n.condition == Condition::Paused {
                    n.condition = Condition::Up;
                    // At once, before anything else that is due at this instant: it came earlier.
                    for event in std::mem::take(&mut n.held) {
                        self.hand_over(*node, event);
                    }
                }
            }
            Fault::Slow { node, factor } => self.nodes[node.0 as usize].slow = factor.clamp(0.01, 1000.0),
            Fault::Skew { node, nanos } => self.nodes[node.0 as usize].skew = *nanos,
            Fault::Cut { link, way } => {
                way.lanes().iter().for_each(|lane| self.links[link.0 as usize].cut(*lane, self.now))
            }
            Fault::Heal { link } => (0..2).for_each(|lane| self.links[link.0 as usize].heal(lane)),
            Fault::Delay { link, by } => self.links[link.0 as usize].delay = by.clone(),
            Fault::Loss { link, share } => self.links[link.0 as usize].loss = *share,
        }
    }

    fn crash(&mut self, node: NodeId, host: bool) {
        let condition = self.nodes[node.0 as usize].condition;
        let down = if host { Condition::Silent } else { Condition::Refusing };
        match condition {
            Condition::Removed => return,
            Condition::Refusing | Condition::Silent => {
                if host {
                    self.nodes[node.0 as usize].condition = down;
                }
                return;
            }
            Condition::Up | Condition::Paused => {}
        }
        {
            let n = &mut self.nodes[node.0 as usize];
            n.condition = down;
            n.generation += 1;
            n.held.clear();
        }
        self.with(node, |b, ctx| b.crash(ctx));
        if !host {
            // The kernel closes the dead process's connections: whoever is at the other end learns it at once.
            for link in self.nodes[node.0 as usize].links.clone() {
                let l = &mut self.links[link.0 as usize];
                let lane = if node == l.plan.a { 0 } else { 1 };
                let (span, _) = l.travel(lane, 40, self.now);
                let generation = l.lanes[lane].generation;
                self.queue.push(self.now + span, Event::Broken { link, lane: lane as u8, generation });
            }
        }
    }
}
