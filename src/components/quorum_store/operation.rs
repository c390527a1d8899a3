//! A client's operation as its coordinator keeps account of it: who was asked, who answered, and what the newest answer
//! was. It may not know how anything is sent.

use crate::components::protocol::quorum::{Item, Version};
use crate::components::protocol::{Ask, What};
use crate::history::Value;
use crate::sim::LinkId;
use crate::stdx::Instant;

/// Replicas by their seats, as bits.
pub(super) type Seats = u128;

pub(super) fn bit(seat: usize) -> Seats {
    1 << seat
}

/// The seats in a set, lowest first.
pub(super) fn each(seats: Seats) -> impl Iterator<Item = usize> {
    (0..Seats::BITS as usize).filter(move |seat| seats & bit(*seat) != 0)
}

/// A client's request with the line it came on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub link: LinkId,
    pub ask: Ask,
    pub arrived: Instant,
}

impl Request {
    /// What it reads or writes.
    pub fn item(&self) -> Item {
        match self.ask.what {
            What::SessionGet | What::SessionPut { .. } => Item::Session(self.ask.op.session),
            _ => Item::Row(self.ask.op.key),
        }
    }

    /// What it writes.
    pub fn value(&self) -> Value {
        match self.ask.what {
            What::SessionPut { cart } => Value(cart as u64),
            _ => self.ask.op.value,
        }
    }
}

/// Replicas that were asked the same.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Round {
    pub asked: Seats,
    pub well: Seats,
    pub failed: Seats,
}

impl Round {
    /// Who has not answered yet.
    pub fn pending(&self) -> Seats {
        self.asked & !(self.well | self.failed)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    Reading,
    /// What was read is brought to as many as a write would be, before it is answered.
    WritingBack,
    Writing,
}

#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub request: Request,
    pub phase: Phase,
    pub reads: Round,
    pub writes: Round,
    /// The newest version that was read, or the one that is written; and who answered with it.
    pub newest: Option<Version>,
    pub have: Seats,
    /// What an update found.
    pub found: Value,
    /// The client has its answer.
    pub done: bool,
}

impl Operation {
    pub fn new(request: Request, phase: Phase) -> Operation {
        Operation {
            request,
            phase,
            reads: Round::default(),
            writes: Round::default(),
            newest: None,
            have: 0,
            found: Value::INITIAL,
            done: false,
        }
    }

    /// A replica's answer to the read.
    pub fn weigh(&mut self, seat: usize, version: Option<Version>) {
        let stamp = |v: &Option<Version>| v.map(|v| v.stamp);
        let (new, old) = (stamp(&version), stamp(&self.newest));
        if new == old {
            self.have |= bit(seat);
        } else if new > old && (self.phase == Phase::Reading || self.done) {
            (self.newest, self.have) = (version, bit(seat));
        }
    }

    /// Everybody who was asked has answered.
    pub fn is_settled(&self) -> bool {
        self.reads.pending() | self.writes.pending() == 0
    }
}
