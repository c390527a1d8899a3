//! What the replicas of a quorum store say to each other. It may not know how they keep it.

use crate::components::parts::calls::Call;
use crate::components::parts::log::Place;
use crate::history::{Key, Process, SessionId, Value};
use crate::sim::Channel;
use crate::stdx::Instant;
use std::sync::Arc;

/// What a replica keeps a version of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Item {
    Row(Key),
    /// A user's session; its value is the number of things in the cart.
    Session(SessionId),
}

/// One version of an item.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Version {
    pub item: Item,
    pub value: Value,
    /// By the clock of the coordinator that took the write; the later one wins.
    pub stamp: Place,
    /// The version that its coordinator showed when it took the write: what the writer could know of.
    pub base: Place,
    /// Who wrote it, and when the client asked for it.
    pub session: SessionId,
    pub invoked: Instant,
}

/// What one replica tells another. `seat` is the coordinator's number for whom it asked; `stands_in` names the replica
/// in whose place the receiver is asked, as that one cannot be reached.
#[derive(Clone, PartialEq, Debug)]
pub enum Quorum {
    /// "Keep this." (W) `back`: it is not from its writer, but was read and is brought to those who lack it.
    Write { call: Call, seat: u8, version: Version, stands_in: Option<Process>, back: bool },
    /// "It is kept", or it cannot be. (A)
    Written { call: Call, seat: u8, ok: bool },
    /// "What have you of this?" (R)
    Read { call: Call, seat: u8, item: Item, stands_in: Option<Process> },
    /// "This", or it cannot say. (S)
    Found { call: Call, seat: u8, version: Option<Version>, ok: bool },
    /// "You answered a read with something older."
    Repair(Version),
    /// "I have kept these for you while you could not be reached."
    Hints { turn: u32, versions: Arc<[Version]> },
    /// "I have what you kept for me, up to that turn."
    Taken { turn: u32 },
    /// Gossip: "I live."
    Alive,
    /// Anti-entropy: the hashes of what I have, leaf by leaf.
    Tree(Arc<[u64]>),
    /// What I have in the leaves in which we differ; with `asking` the other says what it has of them that is newer.
    Leaves { leaves: Arc<[u8]>, versions: Arc<[Version]>, asking: bool },
}

impl Quorum {
    pub fn channel(&self) -> Channel {
        match self {
            Quorum::Alive => Channel::Datagram,
            _ => Channel::Own,
        }
    }

    /// Size on the wire: a row with its header, or a bare message.
    pub fn bytes(&self) -> u32 {
        let rows = |n: usize| (n as u32).saturating_mul(200).saturating_add(100);
        match self {
            Quorum::Write { .. } | Quorum::Found { version: Some(_), .. } | Quorum::Repair(_) => 500,
            Quorum::Hints { versions, .. } | Quorum::Leaves { versions, .. } => rows(versions.len()),
            Quorum::Tree(leaves) => (leaves.len() as u32).saturating_mul(8).saturating_add(100),
            _ => 60,
        }
    }

    /// Whether it comes and goes without end, whatever clients ask.
    pub fn is_heartbeat(&self) -> bool {
        matches!(self, Quorum::Alive | Quorum::Tree(_))
    }
}
