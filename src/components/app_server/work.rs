//! One request in an app server: what has been learnt about it, and what is to happen next. It may not know how.

use crate::components::protocol::Ask;
use crate::history::{Cause, Value};
use crate::sim::LinkId;

/// No other request.
pub const NONE: u32 = u32::MAX;

/// What a call downstream is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    Probe,
    SessionGet,
    /// A login stores a new session.
    SessionOpen,
    /// A write has put something into the cart.
    SessionPut,
    CacheGet,
    Fill,
    Read,
    /// One more row, to be joined to the first.
    Join,
    /// One of the rows that a read asks for at once.
    Leaf,
    Write,
    /// A job goes into the queue.
    Enqueue,
    /// What has become of a job.
    JobState,
    Invalidate,
}

impl Purpose {
    /// Whether the call changes what clients are told about: sent twice, it may happen twice.
    pub fn changes(self) -> bool {
        matches!(self, Purpose::Write | Purpose::Enqueue)
    }
}

/// What the request does when its timer rings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The server's own work on it is done.
    Serving,
    /// The file of its session has been read.
    SessionFile,
    /// The file of its result has been looked for.
    ResultFile,
    /// The backoff is over: the call is made once more.
    Retry(Purpose),
    /// Another fills the cache: it is looked up once more.
    LeaseWait,
    /// It waits for an answer; no timer is set.
    Calling,
    /// It waits for another request that fetches the same.
    Following,
}

/// A request at a worker.
#[derive(Clone, Debug)]
pub struct Work {
    pub from: LinkId,
    pub ask: Ask,
    pub stage: Stage,
    /// Things in the cart of its session, when it has one.
    pub cart: Option<u32>,
    pub value: Value,
    pub position: u64,
    /// Retries of the present call.
    pub attempt: u32,
    /// The write has left once and nobody knows what became of it.
    pub maybe: bool,
    /// Which copy of its session is asked or written, and whether one has been written.
    pub copy: u32,
    pub kept: bool,
    /// Databases that have refused the write as read-only.
    pub tried: u64,
    /// The query's number, for a read that is looked for in the cache by its query.
    pub query: u32,
    /// Whether what is read is to be stored in the cache, and under which lease.
    pub fill: bool,
    pub lease: u32,
    pub lease_waits: u32,
    pub joined: u32,
    /// Rows asked for at once, those of them that have not come, and what became of one that will not.
    pub leaves: u32,
    pub awaited: u32,
    pub missed: Option<Cause>,
    /// Its number among those that have waited.
    pub ticket: u64,
    /// What it is fetching for others too, and those who wait for it: the first, the last, the next after this.
    pub leads: Option<u64>,
    pub first: u32,
    pub last: u32,
    pub next: u32,
}

impl Work {
    pub fn new(from: LinkId, ask: Ask, ticket: u64) -> Work {
        Work {
            from,
            ask,
            stage: Stage::Serving,
            cart: None,
            value: Value::INITIAL,
            position: 0,
            attempt: 0,
            maybe: false,
            copy: 0,
            kept: false,
            tried: 0,
            query: 0,
            fill: false,
            lease: 0,
            lease_waits: 0,
            joined: 0,
            leaves: 0,
            awaited: 0,
            missed: None,
            ticket,
            leads: None,
            first: NONE,
            last: NONE,
            next: NONE,
        }
    }
}
