//! What databases say to each other over lines of replication and of heartbeats. It may know no machine.

use super::{Message, What};
use crate::components::parts::calls::Call;
use crate::components::parts::log::{Entry, Place, Reign};
use crate::components::parts::store::Store;
use crate::history::{Key, Op, Process, SessionId, Value};
use crate::sim::Channel;
use crate::stdx::{Duration, Instant};
use std::sync::Arc;

/// What one database tells another.
#[derive(Clone, PartialEq, Debug)]
pub enum Replication {
    /// To the source: "my log ends there; send what follows". Said again every second, and at once when something is
    /// `missing`.
    Follow { end: Place, missing: bool },
    /// To a follower: "what you have after that place is not mine; take it back and ask again".
    Rewind { to: Place },
    /// The next entry of the log.
    Entry(Entry),
    /// Everything, for one who is further behind than the log goes back.
    Whole(Arc<Snapshot>),
    /// To the source: "up to this number it is in my log; up to that one I show it".
    Ack { received: u64, shown: u64 },
    /// The primary of that reign lives: the `turn`-th time that it says so. Handed on along all lines.
    Pulse(Pulse),
    /// "I have heard what you said (or handed on) at that instant."
    Heard { set: u32, reign: Reign, at: Instant },
    /// "Let me be primary: I have the log up to there."
    Vote { set: u32, reign: Reign, end: Place, patience: Duration },
    /// "Be primary, as far as I am concerned."
    Voted { reign: Reign },
    /// To a primary: "I have voted for another."
    Deposed { set: u32, reign: Reign },
    /// What a master wrote, on its way to all the others.
    Update(Update),
    /// To another master: "this is here"; said every second, and at once when something is `missing`.
    Have { status: Arc<Status>, missing: bool },
    /// Everything that a master shows, for one who is further behind than the updates are kept.
    State(Arc<State>),
    /// Who belongs to the group.
    Members(Arc<[Process]>),
    /// From the one who gives the order: "up to this number it is committed".
    Committed { index: u64 },
    /// To the one who gives the order: "a write that I have worked out; may it be committed?"
    Certify(Certify),
    /// "It has this place", or another was first.
    Certified { call: Call, place: Option<Place> },
    /// "What is committed by now?"
    ReadIndex { call: Call },
    /// "All up to this place."
    ReadAt { call: Call, place: Place },
}

/// A primary's sign of life.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pulse {
    /// Whose primary: lines of heartbeats also join databases of other sets, as witnesses.
    pub set: u32,
    pub reign: Reign,
    pub primary: Process,
    pub turn: u64,
    /// When it said so, and where its log ended.
    pub at: Instant,
    pub last: u64,
    /// It can prove that it is the primary still.
    pub proven: bool,
}

/// One write of a master among several.
#[derive(Clone, PartialEq, Debug)]
pub struct Update {
    pub origin: Process,
    /// Among its origin's, from 1.
    pub number: u64,
    pub at: Instant,
    /// By its origin's clock; the later one wins.
    pub stamp: Place,
    pub written: Written,
    /// What its origin had of every master when it wrote this.
    pub known: Arc<[(Process, u64)]>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Written {
    Row { key: Key, value: Value, over: Value },
    Session { session: SessionId, cart: u32 },
}

/// What a master has of every master, itself too.
#[derive(Clone, PartialEq, Debug)]
pub struct Status {
    pub vector: Vec<(Process, u64)>,
    /// The masters that it has a line to.
    pub neighbours: Vec<Process>,
    /// It has lost everything.
    pub all: bool,
}

/// All rows and sessions of a master, and up to where every master's updates are in them.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    pub updates: Vec<Update>,
    pub vector: Vec<(Process, u64)>,
}

/// A write and what it is based on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Certify {
    pub call: Call,
    pub op: Op,
    pub what: What,
    /// The version of the row that the writer saw.
    pub base: Place,
}

/// A full copy.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub store: Store,
    pub reigns: Vec<(Reign, u64)>,
    pub last: u64,
}

impl PartialEq for Snapshot {
    /// Two snapshots of the same log that end at the same number are the same.
    fn eq(&self, other: &Snapshot) -> bool {
        self.last == other.last && self.reigns == other.reigns
    }
}

impl Replication {
    pub fn channel(&self) -> Channel {
        match self {
            Replication::Pulse(_) | Replication::Heard { .. } => Channel::Datagram,
            _ => Channel::Stream,
        }
    }

    /// Size on the wire: a row image with its header, or a bare message.
    pub fn bytes(&self) -> u32 {
        match self {
            Replication::Entry(_) | Replication::Certify(_) | Replication::Update(_) => 500,
            Replication::State(all) => (all.updates.len() as u32).saturating_mul(200).saturating_add(100),
            Replication::Whole(all) => (all.store.len() as u32).saturating_mul(200).saturating_add(100),
            _ => 60,
        }
    }

    /// Whether it is one of the signs of life that come and go without end.
    pub fn is_heartbeat(&self) -> bool {
        matches!(
            self,
            Replication::Pulse(_)
                | Replication::Heard { .. }
                | Replication::Follow { missing: false, .. }
                | Replication::Have { missing: false, .. }
        )
    }
}

impl From<Replication> for Message {
    fn from(what: Replication) -> Message {
        Message::Copy(what)
    }
}
