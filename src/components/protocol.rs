//! What machines say to each other: all that they know of one another. It may know no machine.

pub mod consensus;
pub mod quorum;
pub mod replication;

use super::parts::calls::Call;
use crate::history::{Cause, Key, Kind, Op, Process, Record, Value};
use crate::sim::{Channel, Context, Packet};
use crate::stdx::{Duration, Instant, hash};
use consensus::Raft;
use quorum::Quorum;
use replication::Replication;

/// The engine as every machine of the catalogue sees it.
pub type Ctx<'a> = Context<'a, Message, Timer, Note>;

/// A message on a line.
#[derive(Clone, PartialEq, Debug)]
pub enum Message {
    Ask(Ask),
    Answer(Answer),
    /// Between databases.
    Copy(Replication),
    /// Between members of a consensus group.
    Raft(Raft),
    /// Between the replicas of a quorum store.
    Quorum(Quorum),
    /// Between the two balancers of a pair: "I live" (an advertisement of VRRP).
    Beat {
        priority: u32,
        /// It holds the other's address as well (a pair of actives).
        took: bool,
    },
    /// To those who ask: requests for the address of `of` come to the sender of this from now on (gratuitous ARP).
    Address {
        of: Process,
    },
}

/// A request, on one hop of its way.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ask {
    /// Names this hop's request for the asker; the answer carries it back.
    pub call: Call,
    /// The client's operation that this serves, whichever hop it is.
    pub op: Op,
    pub what: What,
    /// What the browser sends along.
    pub cookie: Cookie,
    /// The position of the latest write that this session knows of: a copy that is behind it may not answer a read
    /// that waits for positions. 0: none.
    pub seen: u64,
    /// 0 for the first attempt.
    pub attempt: u8,
    /// Where the client's address lies: [`region`] of its region's name.
    pub region: u32,
}

/// The number of a region's name, as requests carry it; 0 for none.
pub fn region(name: &str) -> u32 {
    if name.is_empty() { 0 } else { hash::text(name) as u32 | 1 }
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum What {
    /// The operation itself: `op.kind` on `op.key`.
    Operation,
    /// "Are you well?": answered at once, past every waiting line.
    Probe,
    /// Asks a name server for an address.
    Lookup,
    /// Looks a slot up in a cache; a miss is answered `Reply::Miss`. With `lease` the first to miss is told to fill
    /// it and the others to wait (Nishtala et al., NSDI 2013).
    CacheGet {
        slot: Slot,
        lease: bool,
    },
    /// Stores in a cache. `ttl` zero: no expiry. `lease`: the number a miss gave, 0 for none.
    CacheSet {
        slot: Slot,
        value: Value,
        ttl: Duration,
        lease: u32,
    },
    CacheDelete {
        slot: Slot,
    },
    /// A row that another shard kept until now: this value of `op.key`, and its position there. One that is here and
    /// newer stays.
    RowPut {
        value: Value,
        position: u64,
    },
    /// Looks up the session of `op.session`.
    SessionGet,
    /// Stores the session with so many things in its cart.
    SessionPut {
        cart: u32,
    },
    /// Reads or writes a block of storage.
    Disk {
        write: bool,
    },
    /// Asks a queue for its next job; the answer comes when there is one.
    JobTake,
    /// The queue may forget the job of this receipt; `worked`: because it is done.
    JobDone {
        receipt: Call,
        worked: bool,
    },
    /// The job of this name, which the queue has forgotten, is done.
    JobResult {
        job: Value,
    },
    /// What has become of the job that `op.value` names: answered `InWork`, `Ok` when it is done, `NoJob` when nobody
    /// will do it or nobody knows it any more.
    JobState,
    /// The job of this receipt failed: the queue hands it out again after this time.
    JobBack {
        receipt: Call,
        after: Duration,
    },
    /// Puts a page rendered in advance, which shows this value of `op.key`, into a static store.
    PagePut {
        value: Value,
    },
}

/// A cache's key: an object of the data, or a query whose text is hashed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Slot {
    Object(Key),
    /// The result of one of the queries that read rows `first` and others; the number is the hash of its text.
    Query(u32),
}

/// What a browser keeps for a site and sends with each request. In an answer a field that is not zero is set ("Set-Cookie")
/// and the others stay as they are.
///
/// A user begins a session with an operation `Login`; when that has been answered well, the users note
/// `SessionOpened` and the browser sends `session` from then on. An answer `Fail(LoggedOut)` to such a request means
/// that its session was not found: the users note `SessionLost` with the cart that is gone, and log in again.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Cookie {
    /// The balancer's mark: a server's number, or a random number that the balancer remembers. 0: none.
    pub stick: u32,
    /// A signed cookie with the whole session: things in the cart plus one; 0: none.
    pub signed: u32,
    /// The browser says that it has logged in; without it the server meets a stranger, of whom no session is expected.
    pub session: bool,
}

/// The answer to an [`Ask`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Answer {
    pub call: Call,
    /// The key of the operation that was served: for the picture, as the asker knows it anyway.
    pub key: Key,
    pub reply: Reply,
    /// Read: the value. Write: the value written. Update: the value it was based on.
    pub value: Value,
    /// The position of the value in the store's order of writes; 0: initial, or not from a store.
    pub position: u64,
    pub cookie: Cookie,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Reply {
    Ok,
    /// Not in the cache; `lease` not 0: you are the one to fill it. `wait`: somebody else is filling it, ask again.
    Miss {
        lease: u32,
        wait: bool,
    },
    /// The session, with so many things in its cart.
    Session {
        cart: u32,
    },
    NoSession,
    /// A job, named by the answer's value, handed out for the `delivery`-th time; without a receipt (0) the queue has forgotten
    /// it already.
    Job {
        receipt: Call,
        delivery: u32,
    },
    /// No job has come while the asker waited; or no such job is known, or it was given up.
    NoJob,
    /// The job was taken and is not done yet (202 Accepted): ask again.
    InWork,
    /// The block was read or written, on storage that has lost everything so many times before.
    Block {
        losses: u64,
    },
    /// The storage has lost everything that was on it.
    Gone,
    /// Certain: nothing was changed and nothing will be.
    Fail(Cause),
    /// It may have happened.
    Unknown(Cause),
    /// Dial this machine, and ask again after the time to live.
    Address {
        of: Process,
        ttl: Duration,
    },
    /// A probe's answer: well, and whether it takes writes.
    Well {
        writable: bool,
    },
}

/// What wakes a machine later.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Timer {
    /// A worker is done with the job in this place of the station.
    Work(u32),
    /// The call has waited long enough.
    Timeout(Call),
    /// A rhythm of the machine's own, by its number.
    Tick(u32),
    /// Something of the machine's own, by its number.
    Wake(u64),
}

/// What a machine tells the outside.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Note {
    /// A line of the history.
    History(Record),
    /// A request has left this machine again: how long it stood and was worked on, for traces.
    Hop {
        op: Op,
        arrived: Instant,
        started: Instant,
        ok: bool,
        /// What its answer shows of the operation's key: see [`Ask::shown`].
        shown: Option<Value>,
    },
}

/// A fault that only some machines can carry out, as the run passes it on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Order {
    LoseDisk,
    FillDisk,
    DropCache,
    Promote,
    Deploy(u32),
    /// That many times the load drawn.
    Traffic(f64),
}

impl Packet for Message {
    fn channel(&self) -> Channel {
        match self {
            Message::Ask(_) | Message::Answer(_) => Channel::Own,
            Message::Copy(r) => r.channel(),
            Message::Raft(r) => r.channel(),
            Message::Quorum(q) => q.channel(),
            Message::Beat { .. } => Channel::Datagram,
            Message::Address { .. } => Channel::Own,
        }
    }

    fn bytes(&self) -> u32 {
        match self {
            // A request with its headers, and a small page or row: the median HTML transfer is far larger, a row smaller.
            Message::Ask(_) => 500,
            Message::Answer(_) => 2_000,
            Message::Copy(r) => r.bytes(),
            Message::Raft(r) => r.bytes(),
            Message::Quorum(q) => q.bytes(),
            // The size of a VRRP packet with its headers, and of an ARP frame.
            Message::Beat { .. } | Message::Address { .. } => 60,
        }
    }
}

impl Ask {
    /// What an answer with this outcome and value shows of the operation's key; None for one that shows no data.
    pub fn shown(&self, reply: Reply, value: Value) -> Option<Value> {
        let read = self.what == What::Operation && self.op.kind == Kind::Read;
        let data = read || matches!(self.what, What::CacheGet { .. });
        (data && reply == Reply::Ok).then_some(value)
    }

    /// The answer to this with an outcome and nothing else.
    pub fn answer(&self, reply: Reply) -> Answer {
        Answer {
            call: self.call,
            key: self.op.key,
            reply,
            value: Value::INITIAL,
            position: 0,
            cookie: Cookie::default(),
        }
    }
}

impl Reply {
    pub fn is_ok(self) -> bool {
        !matches!(self, Reply::Fail(_) | Reply::Unknown(_) | Reply::Gone)
    }
}
