//! How one event is handled: what the links make of a packet, what the machine does, what it asked for. It decides
//! nothing that a machine or a link should decide.

use super::{Condition, Event, Tap, World};
use crate::sim::behavior::{Behavior, Channel, Effect, Packet};
use crate::sim::link::{LinkId, NodeId, RETRANSMIT, RETRANSMIT_MOST, RETRIES};
use crate::stdx::{Duration, hash};

impl<B: Behavior> World<B> {
    pub(super) fn handle(&mut self, event: Event<B::Message, B::Timer>) {
        let node = match &event {
            Event::Start { node, generation } | Event::Timer { node, generation, .. } => {
                if self.nodes[node.0 as usize].generation != *generation {
                    return;
                }
                *node
            }
            Event::Deliver { link, lane, .. }
            | Event::Refused { link, lane, .. }
            | Event::Broken { link, lane, .. } => {
                let plan = &self.links[link.0 as usize].plan;
                if *lane == 0 { plan.b } else { plan.a }
            }
        };
        if let Some(event) = self.survive(event) {
            self.hand_over(node, event);
        }
    }

    /// What has come to the machine is handled, kept, sent back or swallowed, as the machine's condition is.
    pub(super) fn hand_over(&mut self, node: NodeId, event: Event<B::Message, B::Timer>) {
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
            Event::Deliver { link, lane, .. } => 2 + ((link.0 as u64) << 8) + ((*lane as u64) << 4),
            Event::Refused { .. } => 3,
            Event::Broken { .. } => 4,
            Event::Timer { .. } => 5,
        };
        self.hash = hash::fold(self.hash, self.now.0 ^ hash::mix((node.0 as u64) << 40 | kind));
        let (behavior, mut ctx) =
            self.nodes[node.0 as usize].open(self.now, node, &mut self.effects, &mut self.notes);
        match event {
            Event::Start { .. } => behavior.start(&mut ctx),
            Event::Deliver { link, lane, message, .. } => {
                self.links[link.0 as usize].lanes[lane as usize].delivered += 1;
                behavior.message(link, message, &mut ctx)
            }
            Event::Refused { link, message, .. } => behavior.refused(link, message, &mut ctx),
            Event::Broken { link, .. } => behavior.broken(link, &mut ctx),
            Event::Timer { timer, .. } => behavior.timer(timer, &mut ctx),
        }
        self.carry_out(node);
    }

    /// What the link makes of a packet at the instant of its arrival: None when it is lost, or sent once more.
    fn survive(&mut self, event: Event<B::Message, B::Timer>) -> Option<Event<B::Message, B::Timer>> {
        let now = self.now;
        match event {
            Event::Deliver { link, lane, attempt, generation, sequence, message } => {
                let l = &mut self.links[link.0 as usize];
                let i = lane as usize;
                if l.removed || l.lanes[i].cut || l.lanes[i].generation != generation {
                    l.lanes[i].lost += 1;
                    if l.lanes[i].generation == generation && message.channel() == Channel::Stream {
                        l.lanes[i].stream_next = sequence + 1;
                    }
                    return None;
                }
                let channel = message.channel();
                let stream = channel == Channel::Stream;
                if stream && sequence != l.lanes[i].stream_next {
                    // A packet before it is being sent again: TCP hands nothing over until that one has come.
                    let at = l.lanes[i].stream_held.max(now);
                    self.queue
                        .push(at, Event::Deliver { link, lane, attempt, generation, sequence, message });
                    return None;
                }
                if l.loses() {
                    l.lanes[i].lost += 1;
                    if channel == Channel::Datagram {
                        return None;
                    }
                    let at = now + RETRANSMIT.saturating_mul(1 << attempt).min(RETRANSMIT_MOST);
                    if attempt >= RETRIES {
                        // The sender's kernel gives the connection up.
                        let back = 1 - lane;
                        let generation = l.lanes[back as usize].generation;
                        l.lanes[i].stream_next += stream as u32;
                        self.queue.push(at, Event::Broken { link, lane: back, generation });
                        return None;
                    }
                    if stream {
                        l.lanes[i].stream_held = at;
                        l.lanes[i].stream_due = l.lanes[i].stream_due.max(at);
                    }
                    let attempt = attempt + 1;
                    self.queue
                        .push(at, Event::Deliver { link, lane, attempt, generation, sequence, message });
                    return None;
                }
                l.lanes[i].stream_next += stream as u32;
                Some(Event::Deliver { link, lane, attempt, generation, sequence, message })
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

    pub(super) fn carry_out(&mut self, node: NodeId) {
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Send { link, message, late } => self.send(node, link, message, late),
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

    fn send(&mut self, from: NodeId, link: LinkId, message: B::Message, late: Duration) {
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
        let (span, constant) = (span + late, constant && late.is_zero());
        let state = &mut l.lanes[lane];
        state.sent += 1;
        let mut due = self.now + span;
        let stream = message.channel() == Channel::Stream;
        let sequence = state.stream_sent;
        if stream {
            due = due.max(state.stream_due);
            state.stream_due = due;
            state.stream_sent += 1;
        }
        if self.tap_stride > 0 && state.sent.is_multiple_of(self.tap_stride) && self.taps.len() < 4096 {
            self.taps.push(Tap { link, lane, sent: self.now, due, message: message.clone() });
        }
        let (lane, generation) = (lane as u8, state.generation);
        let event = Event::Deliver { link, lane, attempt: 0, generation, sequence, message };
        if constant && !stream {
            self.queue.push_after(self.now, span, event);
        } else {
            self.queue.push(due, event);
        }
    }
}
