//! The world: machines, links and the one queue of what will happen, in the order of time, ties first come first
//! served. It knows no component.

mod faults;
mod handle;

use super::behavior::{Behavior, Context, Effect};
use super::link::{Link, LinkId, LinkPlan, NodeId};
use crate::stdx::priority_queue::Queue;
use crate::stdx::{Instant, Random, hash};

/// How a machine is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    Up,
    /// The process is down: connections are refused at once.
    Refusing,
    /// The host is down: nobody answers.
    Silent,
    /// Alive and silent; what comes is kept and handled later.
    Paused,
    /// Taken from the world.
    Removed,
}

#[derive(Clone)]
struct Node<B: Behavior> {
    behavior: B,
    condition: Condition,
    /// Rises with every crash: timers of before are void.
    generation: u32,
    slow: f64,
    skew: i64,
    random: Random,
    links: Vec<LinkId>,
    /// What came while it was paused.
    held: Vec<Event<B::Message, B::Timer>>,
}

/// What a machine of this world meets when it is handled.
type Surroundings<'a, B> =
    Context<'a, <B as Behavior>::Message, <B as Behavior>::Timer, <B as Behavior>::Note>;

impl<B: Behavior> Node<B> {
    /// What is on it, and what that meets of the world at an instant.
    fn open<'a>(
        &'a mut self,
        now: Instant,
        me: NodeId,
        effects: &'a mut Vec<Effect<B::Message, B::Timer>>,
        notes: &'a mut Vec<(Instant, NodeId, B::Note)>,
    ) -> (&'a mut B, Surroundings<'a, B>) {
        let (slow, skew, random) = (self.slow, self.skew, &mut self.random);
        (&mut self.behavior, Context { now, me, slow, skew, random, effects, notes })
    }
}

#[derive(Clone, Debug)]
enum Event<M, T> {
    Start {
        node: NodeId,
        generation: u32,
    },
    Deliver {
        link: LinkId,
        lane: u8,
        attempt: u8,
        generation: u32,
        /// Its place in the lane's stream.
        sequence: u32,
        message: M,
    },
    Refused {
        link: LinkId,
        lane: u8,
        generation: u32,
        message: M,
    },
    Broken {
        link: LinkId,
        lane: u8,
        generation: u32,
    },
    Timer {
        node: NodeId,
        generation: u32,
        timer: T,
    },
}

/// A message seen when it left: for the dots on the board. Not part of the world's state.
#[derive(Clone, Debug)]
pub struct Tap<M> {
    pub link: LinkId,
    pub lane: usize,
    pub sent: Instant,
    pub due: Instant,
    pub message: M,
}

/// Machines and links at one instant, and what is under way. A clone is a checkpoint.
#[derive(Clone)]
pub struct World<B: Behavior> {
    seed: u64,
    now: Instant,
    nodes: Vec<Node<B>>,
    links: Vec<Link>,
    queue: Queue<Event<B::Message, B::Timer>>,
    effects: Vec<Effect<B::Message, B::Timer>>,
    notes: Vec<(Instant, NodeId, B::Note)>,
    handled: u64,
    popped: u64,
    hash: u64,
    taps: Vec<Tap<B::Message>>,
    tap_stride: u64,
}

impl<B: Behavior> World<B> {
    pub fn new(seed: u64) -> World<B> {
        World {
            seed,
            now: Instant::START,
            nodes: Vec::new(),
            links: Vec::new(),
            queue: Queue::new(),
            effects: Vec::new(),
            notes: Vec::new(),
            handled: 0,
            popped: 0,
            hash: hash::mix(seed),
            taps: Vec::new(),
            tap_stride: 0,
        }
    }

    /// Adds a machine whose luck is drawn from the stream `name`; it starts at once, before anything else happens.
    pub fn add(&mut self, name: u64, behavior: B) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node {
            behavior,
            condition: Condition::Up,
            generation: 0,
            slow: 1.0,
            skew: 0,
            random: Random::stream(self.seed, name),
            links: Vec::new(),
            held: Vec::new(),
        });
        self.queue.push(self.now, Event::Start { node: id, generation: 0 });
        id
    }

    /// Joins two machines; the link's luck is drawn from the stream `name`.
    pub fn join(&mut self, name: u64, plan: LinkPlan) -> LinkId {
        let id = LinkId(self.links.len() as u32);
        self.nodes[plan.a.0 as usize].links.push(id);
        self.nodes[plan.b.0 as usize].links.push(id);
        self.links.push(Link::new(plan, Random::stream(self.seed, name)));
        id
    }

    /// What is in flight on it is lost, as on a cut link.
    pub fn remove_link(&mut self, link: LinkId) {
        let l = &mut self.links[link.0 as usize];
        l.removed = true;
        let (a, b) = (l.plan.a, l.plan.b);
        for end in [a, b] {
            self.nodes[end.0 as usize].links.retain(|x| *x != link);
        }
    }

    /// The machine is gone for good, with what was in it; its links with it.
    pub fn remove(&mut self, node: NodeId) {
        for link in self.nodes[node.0 as usize].links.clone() {
            self.remove_link(link);
        }
        let n = &mut self.nodes[node.0 as usize];
        n.condition = Condition::Removed;
        n.generation += 1;
        n.held.clear();
    }

    /// Rebuilds what a line is made of while it runs; what is in flight keeps its due time.
    pub fn replan(&mut self, link: LinkId, plan: LinkPlan) {
        let old = &mut self.links[link.0 as usize].plan;
        debug_assert!(old.a == plan.a && old.b == plan.b, "a line keeps its ends");
        *old = plan;
    }

    pub fn now(&self) -> Instant {
        self.now
    }

    /// Messages and timers handled so far.
    pub fn handled(&self) -> u64 {
        self.handled
    }

    /// Events taken from the queue so far, handled or void: the exact place of an instant in the run.
    pub fn popped(&self) -> u64 {
        self.popped
    }

    /// A number that two worlds share only when the same events have happened at the same instants in both.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn get(&self, node: NodeId) -> &B {
        &self.nodes[node.0 as usize].behavior
    }

    pub fn condition(&self, node: NodeId) -> Condition {
        self.nodes[node.0 as usize].condition
    }

    pub fn slowness(&self, node: NodeId) -> f64 {
        self.nodes[node.0 as usize].slow
    }

    pub fn link(&self, link: LinkId) -> &Link {
        &self.links[link.0 as usize]
    }

    pub fn links_of(&self, node: NodeId) -> &[LinkId] {
        &self.nodes[node.0 as usize].links
    }

    pub fn next_at(&self) -> Option<Instant> {
        self.queue.next_at()
    }

    /// Takes the notes made since the last time, oldest first.
    pub fn drain_notes(&mut self) -> std::vec::Drain<'_, (Instant, NodeId, B::Note)> {
        self.notes.drain(..)
    }

    /// From now on every `stride`-th message of a lane is seen as it leaves; 0 sees none.
    pub fn tap(&mut self, stride: u64) {
        self.tap_stride = stride;
    }

    pub fn take_taps(&mut self) -> Vec<Tap<B::Message>> {
        std::mem::take(&mut self.taps)
    }

    /// Lets a machine be handled from outside at this instant: an edit, an order.
    pub fn with<R>(
        &mut self,
        node: NodeId,
        f: impl FnOnce(&mut B, &mut Context<'_, B::Message, B::Timer, B::Note>) -> R,
    ) -> R {
        let r = {
            let (behavior, mut ctx) =
                self.nodes[node.0 as usize].open(self.now, node, &mut self.effects, &mut self.notes);
            f(behavior, &mut ctx)
        };
        if matches!(self.nodes[node.0 as usize].condition, Condition::Up | Condition::Paused) {
            self.carry_out(node);
        } else {
            self.effects.clear();
        }
        r
    }

    /// Handles everything due up to and including `until`, at most `budget` events. True: all of it is done and the
    /// clock stands at `until`.
    pub fn run(&mut self, until: Instant, budget: u64) -> bool {
        let end = self.popped.saturating_add(budget);
        while self.queue.next_at().is_some_and(|at| at <= until) {
            if self.popped == end {
                return false;
            }
            self.step_due();
        }
        self.now = self.now.max(until);
        true
    }

    /// Handles the next event, whenever it is due. False: nothing is under way.
    pub fn step(&mut self) -> bool {
        let any = self.queue.next_at().is_some();
        if any {
            self.step_due();
        }
        any
    }

    fn step_due(&mut self) {
        let Some((at, event)) = self.queue.pop() else { return };
        debug_assert!(at >= self.now, "time ran backwards");
        self.popped += 1;
        self.now = at;
        self.handle(event);
    }
}
