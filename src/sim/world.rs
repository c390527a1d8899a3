//! The world: machines, links and the one queue of what will happen, in the order of time, ties first come first
//! served. It knows no component.

use super::behavior::{Behavior, Channel, Context, Effect, Packet};
use super::fault::Fault;
use super::link::{Link, LinkId, LinkPlan, NodeId, RETRANSMIT, RETRIES};
use crate::stdx::queue::Queue;
use crate::stdx::{Duration, Instant, Random, hash};

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
        message: M,
    },
    /// Came while the machine was paused: past all that the link could do to it.
    Arrived {
        link: LinkId,
        lane: u8,
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
    pub fn replan(
        &mut self,
        link: LinkId,
        latency: crate::stdx::Distribution,
        loss: f64,
        bandwidth: Option<f64>,
    ) {
        let plan = &mut self.links[link.0 as usize].plan;
        (plan.latency, plan.loss, plan.bandwidth) = (latency, loss, bandwidth);
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
            let n = &mut self.nodes[node.0 as usize];
            let mut ctx = Context {
                now: self.now,
                me: node,
                slow: n.slow,
                skew: n.skew,
                random: &mut n.random,
                effects: &mut self.effects,
                notes: &mut self.notes,
            };
            f(&mut n.behavior, &mut ctx)
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

    fn handle(&mut self, event: Event<B::Message, B::Timer>) {
        let node = match &event {
            Event::Start { node, generation } | Event::Timer { node, generation, .. } => {
                if self.nodes[node.0 as usize].generation != *generation {
                    return;
                }
                *node
            }
            Event::Deliver { link, lane, .. }
            | Event::Arrived { link, lane, .. }
            | Event::Refused { link, lane, .. }
            | Event::Broken { link, lane, .. } => {
                let plan = &self.links[link.0 as usize].plan;
                if *lane == 0 { plan.b } else { plan.a }
            }
        };
        let event = match self.survive(event) {
            Some(event) => event,
            None => return,
        };
        match self.nodes[node.0 as usize].condition {
            Condition::Up => {}
            Condition::Paused => {
                self.nodes[node.0 as usize].held.push(event);
                return;
            }
            Condition::Refusing => {
                if let Event::Deliver { link, lane, message, .. } = event {
                    self.links[link.0 as usize].lanes[lane as usize].delivered += 1;
                    if message.channel() != Channel::Datagram {
                        self.bounce(link, lane, message);
                    }
                }
                return;
            }
            Condition::Silent | Condition::Removed => return,
        }
        self.handled += 1;
        let kind = match &event {
            Event::Start { .. } => 1,
            Event::Deliver { link, lane, .. } | Event::Arrived { link, lane, .. } => {
                2 + ((link.0 as u64) << 8) + ((*lane as u64) << 4)
            }
            Event::Refused { .. } => 3,
            Event::Broken { .. } => 4,
            Event::Timer { .. } => 5,
        };
        self.hash = hash::fold(self.hash, self.now.0 ^ hash::mix((node.0 as u64) << 40 | kind));
        let n = &mut self.nodes[node.0 as usize];
        let mut ctx = Context {
            now: self.now,
            me: node,
            slow: n.slow,
            skew: n.skew,
            random: &mut n.random,
            effects: &mut self.effects,
            notes: &mut self.notes,
        };
        match event {
            Event::Start { .. } => n.behavior.start(&mut ctx),
            Event::Deliver { link, lane, message, .. } | Event::Arrived { link, lane, message } => {
                self.links[link.0 as usize].lanes[lane as usize].delivered += 1;
                n.behavior.message(link, message, &mut ctx)
            }
            Event::Refused { link, message, .. } => n.behavior.refused(link, message, &mut ctx),
            Event::Broken { link, .. } => n.behavior.broken(link, &mut ctx),
            Event::Timer { timer, .. } => n.behavior.timer(timer, &mut ctx),
        }
        self.carry_out(node);
    }

    /// What the link makes of a packet at the instant of its arrival: None when it is lost, or sent once more.
    fn survive(&mut self, event: Event<B::Message, B::Timer>) -> Option<Event<B::Message, B::Timer>> {
        let now = self.now;
        match event {
            Event::Deliver { link, lane, attempt, generation, message } => {
                let l = &mut self.links[link.0 as usize];
                let i = lane as usize;
                if l.removed || l.lanes[i].cut || l.lanes[i].generation != generation {
                    l.lanes[i].lost += 1;
                    return None;
                }
                let channel = message.channel();
                if channel == Channel::Stream && attempt == 0 && l.lanes[i].stream_held > now {
                    // A packet before it is being sent again: TCP hands nothing over until that one has come.
                    let at = l.lanes[i].stream_held;
                    self.queue.push(at, Event::Deliver { link, lane, attempt, generation, message });
                    return None;
                }
                if l.loses() {
                    l.lanes[i].lost += 1;
                    if channel == Channel::Datagram {
                        return None;
                    }
                    if attempt >= RETRIES {
                        // The sender's kernel gives the connection up.
                        let back = 1 - lane;
                        let generation = l.lanes[back as usize].generation;
                        self.queue.push(now, Event::Broken { link, lane: back, generation });
                        return None;
                    }
                    let again = RETRANSMIT.saturating_mul(1 << attempt.min(9));
                    let at = now + again;
                    if channel == Channel::Stream {
                        l.lanes[i].stream_held = at;
                        l.lanes[i].stream_due = l.lanes[i].stream_due.max(at);
                    }
                    self.queue
                        .push(at, Event::Deliver { link, lane, attempt: attempt + 1, generation, message });
                    return None;
                }
                Some(Event::Deliver { link, lane, attempt, generation, message })
            }
            Event::Refused { link, lane, generation, message } => {
                let l = &self.links[link.0 as usize];
                let open = !l.removed && l.lanes[lane as usize].generation == generation;
                (open && !l.lanes[lane as usize].cut).then_some(Event::Refused {
                    link,
                    lane,
                    generation,
                    message,
                })
            }
            Event::Broken { link, lane, generation } => {
                let l = &self.links[link.0 as usize];
                let open = !l.removed && l.lanes[lane as usize].generation == generation;
                (open && !l.lanes[lane as usize].cut).then_some(Event::Broken { link, lane, generation })
            }
            other => Some(other),
        }
    }

    /// The host answers for a process that is down: the message goes back to its sender.
    fn bounce(&mut self, link: LinkId, lane: u8, message: B::Message) {
        let back = 1 - lane;
        let l = &mut self.links[link.0 as usize];
        let (span, _) = l.travel(back as usize, 40, self.now);
        let generation = l.lanes[back as usize].generation;
        self.queue.push(self.now + span, Event::Refused { link, lane: back, generation, message });
    }

    fn carry_out(&mut self, node: NodeId) {
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Send(link, message) => self.send(node, link, message),
                Effect::Timer { after, lane, timer } => {
                    let generation = self.nodes[node.0 as usize].generation;
                    let event = Event::Timer { node, generation, timer };
                    if lane {
                        self.queue.push_after(self.now, after, event);
                    } else {
                        self.queue.push(self.now + after, event);
                    }
                }
            }
        }
        self.effects = effects;
    }

    fn send(&mut self, from: NodeId, link: LinkId, message: B::Message) {
        let l = &mut self.links[link.0 as usize];
        if l.removed {
            return;
        }
        let lane = if from == l.plan.a {
            0
        } else {
            assert!(from == l.plan.b, "{from:?} sent over {link:?}, which does not end there");
            1
        };
        let (span, constant) = l.travel(lane, message.bytes(), self.now);
        let state = &mut l.lanes[lane];
        state.sent += 1;
        let mut due = self.now + span;
        let stream = message.channel() == Channel::Stream;
        if stream {
            due = due.max(state.stream_due);
            state.stream_due = due;
        }
        if self.tap_stride > 0 && state.sent.is_multiple_of(self.tap_stride) && self.taps.len() < 4096 {
            self.taps.push(Tap { link, lane, sent: self.now, due, message: message.clone() });
        }
        let event =
            Event::Deliver { link, lane: lane as u8, attempt: 0, generation: state.generation, message };
        if constant && !stream {
            self.queue.push_after(self.now, span, event);
        } else {
            self.queue.push(due, event);
        }
    }

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
                    for event in std::mem::take(&mut n.held) {
                        self.queue.push(self.now, arrived(event));
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

    /// How long until the next event is due, for a clock that wants to move on one event at a time.
    pub fn until_next(&self) -> Option<Duration> {
        self.queue.next_at().map(|at| at - self.now)
    }
}

/// A packet that a paused machine's kernel had taken already is past what the link could do to it.
fn arrived<M, T>(event: Event<M, T>) -> Event<M, T> {
    match event {
        Event::Deliver { link, lane, message, .. } => Event::Arrived { link, lane, message },
        other => other,
    }
}
