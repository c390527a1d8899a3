//! What the clients saw, and the white-box facts that the simulation can state exactly: the only thing the judge reads.
//! It may know nothing but time. No link, no fault, no seed, no component is ever named here.

use crate::stdx::Instant;

/// One logical client operation, however many retries, attempts or duplicates it causes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OpId(pub u64);

/// A user's session: the process of the consistency literature; its operations follow one another, they never overlap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId(pub u32);

/// A machine of the run, numbered in the order in which machines came to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Process(pub u32);

/// A key of the data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key(pub u32);

impl Key {
    /// Of a row that is yet to be added: the store gives it its number.
    pub const NEW: Key = Key(u32::MAX);
    /// The highest number that an added row can have: the numbers' column has twenty bits.
    pub const MOST: u32 = (1 << 20) - 2;
    const ADDED: u32 = 1 << 31;

    /// The row to which the stores of that set of copies have given this number, from 1 to [`Key::MOST`]. Added rows
    /// stand in a table of their own, which no other operation names.
    pub fn added(set: u32, number: u32) -> Key {
        Key(Key::ADDED | (set & 0x7ff) << 20 | number)
    }

    /// The number of an added row.
    pub fn number(self) -> Option<u32> {
        (self.0 & Key::ADDED != 0 && self != Key::NEW).then_some(self.0 & 0xf_ffff)
    }
}

/// A value of a key. Every write carries a value that no other write of the run carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Value(pub u64);

impl Value {
    /// What every key holds before the first write.
    pub const INITIAL: Value = Value(0);
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Returns the value of the key.
    Read,
    /// Replaces the value.
    Write,
    /// Read-modify-write: returns the value it was based on and replaces it.
    Update,
    /// Adds a row, to which the store gives the next number (auto-increment): asked for with [`Key::NEW`], returned with
    /// the row's own key.
    Insert,
    /// Work for later, answered "in work" at once; `value` names the job.
    Job,
    /// A page or picture that is the same for everybody.
    Page,
    /// Begins a session.
    Login,
}

impl Kind {
    pub const ALL: [Kind; 7] =
        [Kind::Read, Kind::Write, Kind::Update, Kind::Insert, Kind::Job, Kind::Page, Kind::Login];

    pub fn writes(self) -> bool {
        matches!(self, Kind::Write | Kind::Update | Kind::Insert)
    }

    /// Whether the operation is one on a register, which the consistency checkers judge.
    pub fn on_register(self) -> bool {
        matches!(self, Kind::Read | Kind::Write | Kind::Update)
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Read => "read",
            Kind::Write => "write",
            Kind::Update => "update",
            Kind::Insert => "insert",
            Kind::Job => "job",
            Kind::Page => "page",
            Kind::Login => "login",
        }
    }
}

/// What a client asked, and when. Carried whole by its return, so that no reader needs a table of what is pending.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Op {
    pub id: OpId,
    /// The machine of the users who asked.
    pub client: Process,
    pub session: SessionId,
    pub kind: Kind,
    pub key: Key,
    /// What is written; `INITIAL` for an operation that writes nothing.
    pub value: Value,
    pub invoked: Instant,
}

/// Why an operation did not succeed, as its client would name it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// The connection was refused: the process was down.
    Refused,
    /// The connection broke while the answer was awaited.
    Reset,
    /// No answer in time.
    TimedOut,
    /// A waiting line was full.
    Full,
    /// No server to send it to.
    NoServer,
    /// The machine may not take writes (a replica, or a master in read-only mode).
    ReadOnly,
    /// Too few members of the group could be reached.
    NoQuorum,
    /// Another writer committed first.
    Conflict,
    /// The session was not found: the user has been logged out.
    LoggedOut,
    /// The disk was full or gone.
    Disk,
    /// The circuit breaker was open, or the retry budget spent.
    Shed,
    /// No connection of the server's pool came free in time.
    Pool,
    /// Blocked for the client's region.
    Blocked,
    /// Another error of the server.
    Error,
}

impl Cause {
    pub const ALL: [Cause; 14] = [
        Cause::Refused,
        Cause::Reset,
        Cause::TimedOut,
        Cause::Full,
        Cause::NoServer,
        Cause::ReadOnly,
        Cause::NoQuorum,
        Cause::Conflict,
        Cause::LoggedOut,
        Cause::Disk,
        Cause::Shed,
        Cause::Pool,
        Cause::Blocked,
        Cause::Error,
    ];

    /// In words, as in "12 requests failed: …".
    pub fn name(self) -> &'static str {
        match self {
            Cause::Refused => "connection refused",
            Cause::Reset => "connection broke",
            Cause::TimedOut => "timed out",
            Cause::Full => "waiting line full",
            Cause::NoServer => "no server up",
            Cause::ReadOnly => "read-only",
            Cause::NoQuorum => "no quorum",
            Cause::Conflict => "another writer was first",
            Cause::LoggedOut => "logged out",
            Cause::Disk => "disk full or lost",
            Cause::Shed => "shed by breaker or budget",
            Cause::Pool => "no connection free",
            Cause::Blocked => "blocked",
            Cause::Error => "server error",
        }
    }
}

/// How an operation ended, for its client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It happened. `value` is what was read (for a write: what was written; for an update: what it was based on).
    Ok { value: Value },
    /// Certain: it did not happen and never will.
    Fail(Cause),
    /// It may have happened, or may still happen: a time-out, a lost reply, an error after the request had left.
    Unknown(Cause),
}

/// One line of the history. Records come in the order of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Record {
    Invoke(Op),
    Return { op: Op, outcome: Outcome },
    Fact(Fact),
}

/// Why a value that a replica once held is not there any more and has no successor there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Gone {
    /// Cut off with the tail of a log: the replica followed a new primary that never had it.
    Truncated,
    /// It was in memory only, or the disk that held it is gone.
    Destroyed,
    /// Conflict resolution preferred the winner, which does not descend from it.
    Outvoted { winner: Value },
    /// The write was certified as failed and taken back.
    RolledBack,
    /// All who have it are down, and were so until the end.
    Unreachable,
}

/// What the simulation knows exactly and a client cannot see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// `node` keeps a copy of the data of `set` (a primary with its replicas; a group). Sets share no keys.
    Joined {
        node: Process,
        set: u32,
    },
    /// `node` keeps no copy any more (removed from the drawing).
    Left {
        node: Process,
        set: u32,
    },
    /// The store gave the write of `value` its place in the order of all writes of the set. Positions are above 0. A
    /// write that came again may get another one.
    /// `over` is the value it replaces in that order: its parent.
    Ordered {
        set: u32,
        key: Key,
        value: Value,
        over: Value,
        position: u64,
    },
    /// The copy at `node` shows `value` where it showed `over`, of which `value` is a successor.
    /// `over = INITIAL` adds a value beside those there are (a sibling, or the first).
    Applied {
        node: Process,
        set: u32,
        key: Key,
        value: Value,
        over: Value,
    },
    /// The copy at `node` shows `value` no more and nothing descends from it there; it shows `now` in its place.
    Discarded {
        node: Process,
        set: u32,
        key: Key,
        value: Value,
        now: Value,
        why: Gone,
    },
    /// The copy at `node` answered the read of `op`; `position` is that of the value it returned (0: initial).
    Served {
        op: OpId,
        node: Process,
        position: u64,
    },
    /// A client's request came to `node`, which is up.
    Reached {
        op: OpId,
        node: Process,
    },
    /// `node` answered the request that had reached it: with a success or with an error.
    Answered {
        op: OpId,
        node: Process,
        ok: bool,
    },
    /// Some pair of live machines that must talk cannot, from now on; `side` says for one machine on which side of
    /// the cut it is now (sides are numbered from 0). One record a machine, then `Parted`.
    Side {
        node: Process,
        side: u32,
    },
    Parted {
        sides: u32,
    },
    /// Everybody who must talk can again.
    Whole,
    /// The machine stopped: crashed, lost its host, or was paused.
    Down {
        node: Process,
    },
    /// It runs again: `anew` with nothing in its memory, after a crash, else as it was before a pause.
    Up {
        node: Process,
        anew: bool,
    },
    /// A session was opened, with a cart of its own.
    SessionOpened {
        session: SessionId,
    },
    /// A session that existed was looked for and not found: the user is logged out and loses the cart.
    SessionLost {
        session: SessionId,
        cart: u32,
    },
    /// A queue took the job that the value names.
    JobQueued {
        job: Value,
    },
    /// A worker finished working on the job (each finish counts; twice is a duplicate).
    JobDone {
        job: Value,
        node: Process,
    },
    /// The job was given up after too many deliveries (a poison job).
    JobDead {
        job: Value,
    },
    /// The job vanished: queue lost it, or it was acknowledged and never done.
    JobLost {
        job: Value,
    },
}

/// A record with its instant: what is handed to the judge, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub at: Instant,
    pub record: Record,
}
