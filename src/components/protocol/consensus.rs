//! What the members of a consensus group say to each other: Raft (Ongaro and Ousterhout 2014; Ongaro's thesis for
//! pre-votes, membership and reads). It may know no machine.

use crate::components::parts::calls::Call;
use crate::components::parts::log::{Change, Entry as Stored, Place, Placed, Reign};
use crate::components::parts::store::Store;
use crate::history::{Key, OpId, Process, SessionId, Value};
use crate::sim::Channel;
use crate::stdx::Instant;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A member: its machine, and how many disks it had before this one. A machine that has lost its disk has forgotten
/// whom it voted for, so it comes back as another member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Member {
    pub node: Process,
    pub life: u32,
}

/// What an entry of the log does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Command {
    /// Only takes a place: a term's first, or a read that goes through the log.
    Nothing,
    Row {
        key: Key,
        value: Value,
        /// Where the value stands in the order of versions: its place in the log, but for rows that were moved here.
        version: Place,
        over: Value,
        over_version: Place,
        session: SessionId,
        op: OpId,
    },
    /// A row that another shard kept until now.
    Moved { key: Key, value: Value, version: Place, over: Value, over_version: Place },
    /// A session with so many things in its cart; `was` is None for one that is new.
    Session { session: SessionId, cart: u32, was: Option<u32> },
    /// A member joins or leaves: counts from the moment it is in a log, committed or not.
    Roll { member: Member, joins: bool },
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Entry {
    /// Its term above its number in the log.
    pub place: Place,
    pub at: Instant,
    pub command: Command,
}

impl Placed for Entry {
    fn place(&self) -> Place {
        self.place
    }
}

impl Entry {
    /// As a store carries it out and takes it back.
    pub fn stored(&self) -> Stored {
        let change = match self.command {
            Command::Row { key, value, version, over, over_version, .. }
            | Command::Moved { key, value, version, over, over_version } => {
                Change::Row { key, value, version, over, over_version }
            }
            Command::Session { session, cart, was } => Change::Session { session, cart, was },
            Command::Nothing | Command::Roll { .. } => Change::Nothing,
        };
        Stored { place: self.place, at: self.at, change }
    }
}

/// The last command of a session that was carried out: a repeated one finds its answer here.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Outcome {
    pub op: OpId,
    pub key: Key,
    pub over: Value,
    pub place: Place,
}

/// Everything that a member shows, for one who is further behind than the log goes back.
#[derive(Clone, Debug)]
pub struct Whole {
    pub store: Store,
    pub outcomes: BTreeMap<SessionId, Outcome>,
    pub roll: Vec<Member>,
    pub terms: Vec<(Reign, u64)>,
    pub last: u64,
}

/// The leader's entries after `prev`, or none: then it is a heartbeat.
#[derive(Clone, PartialEq, Debug)]
pub struct Append {
    /// The group's number, and how many members it has.
    pub group: u32,
    pub size: u32,
    pub term: u32,
    /// Counts the leader's rounds of heartbeats: who answers confirms that it was the leader still.
    pub round: u64,
    pub prev: Place,
    pub entries: Vec<Entry>,
    pub committed: u64,
    /// Nobody else is to be voted for before the voter's own clock shows this.
    pub lease: Instant,
}

/// What one member tells another.
#[derive(Clone, PartialEq, Debug)]
pub enum Raft {
    /// "Vote for me." `trial`: would you (a pre-vote)? `called`: the leader itself wants it so.
    Vote {
        group: u32,
        term: u32,
        trial: bool,
        called: bool,
        end: Place,
    },
    Voted {
        term: u32,
        trial: bool,
        granted: bool,
    },
    Append(Append),
    /// Everything, in place of entries that the leader has not got any more.
    Whole {
        group: u32,
        term: u32,
        round: u64,
        whole: Arc<Whole>,
    },
    /// To the leader: "it is in my log up to there", or "I have not got what you build on; ask from there".
    Appended {
        term: u32,
        round: u64,
        prev: u64,
        matched: Result<u64, Place>,
        member: Member,
    },
    /// To the leader: "up to where must I show to answer a read?"
    ReadIndex {
        call: Call,
    },
    /// "Up to this number"; None: I am not the leader, or not any more.
    ReadAt {
        call: Call,
        index: Option<u64>,
    },
    /// To the leader: "let me be the leader."
    Handover,
    /// From the leader: "stand for election at once."
    Stand {
        term: u32,
    },
}

impl PartialEq for Whole {
    /// Two copies of the same log that end at the same number are the same.
    fn eq(&self, other: &Whole) -> bool {
        self.last == other.last && self.terms == other.terms
    }
}

impl Raft {
    /// One lasting connection between each two members, as etcd has them.
    pub fn channel(&self) -> Channel {
        Channel::Stream
    }

    /// Size on the wire: an entry with its header, or a bare message.
    pub fn bytes(&self) -> u32 {
        match self {
            Raft::Append(append) => (append.entries.len() as u32).saturating_mul(300).saturating_add(100),
            Raft::Whole { whole, .. } => (whole.store.len() as u32).saturating_mul(200).saturating_add(100),
            _ => 60,
        }
    }

    /// Whether it is one of the signs of life that come and go without end.
    pub fn is_heartbeat(&self) -> bool {
        !matches!(self, Raft::Append(Append { entries, .. }) if !entries.is_empty())
            && !matches!(self, Raft::Whole { .. })
    }
}
