//! What a machine is to the engine, and what it may ask for while it handles an event. It knows no machine.

use super::link::{LinkId, NodeId};
use crate::stdx::{Duration, Instant, Random};

/// How a message travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    /// A connection of its own: what the network loses is sent again (TCP), and others may overtake it.
    Own,
    /// The link's one lasting connection: sent again when lost, and everything on it stays in order.
    Stream,
    /// A datagram: lost is lost. Heartbeats.
    Datagram,
}

/// A message that a link can carry.
pub trait Packet: Clone {
    fn channel(&self) -> Channel;
    /// Size on the wire in bytes; counts where a link has a bandwidth.
    fn bytes(&self) -> u32;
}

/// A machine. Every handler runs at one instant, reads its own state, and asks for effects.
pub trait Behavior: Clone {
    type Message: Packet;
    type Timer: Clone;
    type Note: Clone;

    /// The process starts: at the machine's birth, and again after every crash (what is in memory is gone already).
    fn start(&mut self, ctx: &mut Context<'_, Self::Message, Self::Timer, Self::Note>);
    fn message(
        &mut self,
        link: LinkId,
        message: Self::Message,
        ctx: &mut Context<'_, Self::Message, Self::Timer, Self::Note>,
    );
    /// The process at the other end is down: the message came back with "connection refused".
    fn refused(
        &mut self,
        link: LinkId,
        message: Self::Message,
        ctx: &mut Context<'_, Self::Message, Self::Timer, Self::Note>,
    );
    /// The process at the other end died: every connection over this link is broken.
    fn broken(&mut self, link: LinkId, ctx: &mut Context<'_, Self::Message, Self::Timer, Self::Note>);
    fn timer(&mut self, timer: Self::Timer, ctx: &mut Context<'_, Self::Message, Self::Timer, Self::Note>);
    /// The machine dies now: forget what was in memory. Only notes can be made; what is sent is never sent.
    fn crash(&mut self, ctx: &mut Context<'_, Self::Message, Self::Timer, Self::Note>);
}

/// What a machine asked the engine to do.
#[derive(Clone, Debug)]
pub(super) enum Effect<M, T> {
    Send { link: LinkId, message: M, late: Duration },
    Timer { after: Duration, lane: bool, timer: T },
}

/// The engine as a machine sees it while it handles one event.
pub struct Context<'a, M, T, N> {
    pub(super) now: Instant,
    pub(super) me: NodeId,
    pub(super) slow: f64,
    pub(super) skew: i64,
    pub(super) random: &'a mut Random,
    pub(super) effects: &'a mut Vec<Effect<M, T>>,
    pub(super) notes: &'a mut Vec<(Instant, NodeId, N)>,
}

impl<M, T, N> Context<'_, M, T, N> {
    pub fn now(&self) -> Instant {
        self.now
    }

    /// What the machine's own clock shows: true time plus its skew. Only for time stamps; timers keep true time.
    pub fn clock(&self) -> Instant {
        Instant(self.now.0.saturating_add_signed(self.skew))
    }

    pub fn me(&self) -> NodeId {
        self.me
    }

    /// The machine's own stream of random numbers.
    pub fn random(&mut self) -> &mut Random {
        self.random
    }

    /// Sends over a link that ends here; over any other it is a mistake of the machine and the engine panics.
    pub fn send(&mut self, link: LinkId, message: M) {
        self.send_late(link, message, Duration::ZERO);
    }

    /// The same for a message that takes so much longer on its way than the link's latency.
    pub fn send_late(&mut self, link: LinkId, message: M, late: Duration) {
        self.effects.push(Effect::Send { link, message, late });
    }

    /// Wakes the machine after a time by the clock. Gone with a crash.
    pub fn timer(&mut self, after: Duration, timer: T) {
        self.effects.push(Effect::Timer { after, lane: false, timer });
    }

    /// Like `timer`, for spans that are always the same (time-outs): the queue keeps those in a plain line.
    pub fn timeout(&mut self, after: Duration, timer: T) {
        self.effects.push(Effect::Timer { after, lane: true, timer });
    }

    /// How long this much work takes the machine as slow as it is now.
    pub fn slowed(&self, amount: Duration) -> Duration {
        if self.slow == 1.0 { amount } else { amount.scale(self.slow) }
    }

    /// Wakes the machine when this much work is done: longer by the machine's slowness.
    pub fn work(&mut self, amount: Duration, timer: T) {
        let after = self.slowed(amount);
        self.effects.push(Effect::Timer { after, lane: false, timer });
    }

    /// Tells the outside: the history, the picture. Nobody in the world reads it.
    pub fn note(&mut self, note: N) {
        self.notes.push((self.now, self.me, note));
    }
}
