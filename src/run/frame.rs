//! All that a picture of one instant of the run needs, as plain data in the page's words. It may hold no reference
//! into the run, and no decision is taken here.

use super::versions::Place;
use crate::components::Kind;
use crate::history::{Cause, Key, Kind as OpKind, OpId};
use crate::judge::Verdict;
use crate::judge::availability::cap::Cap;
use crate::scenario::fault::LinkName;
use crate::stdx::{Duration, Instant};

/// One instant of the run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Frame {
    pub now: Instant,
    /// Client operations that have returned.
    pub operations: u64,
    /// In the order of the document's machines.
    pub machines: Vec<MachineView>,
    /// In the order of the document's links.
    pub links: Vec<LinkView>,
    pub verdicts: Vec<Verdict>,
    /// None only before the first frame.
    pub cap: Option<Cap>,
    /// Sides of the cut there is now; empty when everybody reaches everybody.
    pub sides: Vec<Side>,
    /// What the drawing costs, in dollars an hour.
    pub price_per_hour: f64,
    /// The key whose versions the chips show, and how many versions of it there are.
    pub follow: Option<Key>,
    pub versions: u64,
}

/// One card: the machine, or the sum over its clones.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MachineView {
    pub name: String,
    pub condition: Condition,
    /// The one line under the name: a number and its unit, "84", "ms p99".
    pub live: Live,
    pub busy: u32,
    pub workers: u32,
    pub waiting: u32,
    /// Change of the waiting line a second over the last second.
    pub waiting_trend: f64,
    /// What this copy holds of the followed key: version number and how long it has been outdated (None: newest).
    pub chip: Option<Chip>,
    /// A word beside the name: "primary", "replica", "leader", "active", "standby".
    pub role: Option<&'static str>,
    /// The clones one by one when there are several.
    pub clones: Vec<MachineView>,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Live {
    pub number: String,
    pub text: String,
}

#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Condition {
    #[default]
    Running,
    /// Process down: refuses.
    Refusing,
    /// Host down: unreachable.
    Unreachable,
    Paused,
    Slow(f64),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Chip {
    /// Counted from 1 in the store's own order of writes of this key; 0 is the initial value.
    pub version: u64,
    /// How long a newer version has existed.
    pub outdated: Option<Duration>,
}

/// One drawn link (the sum over the clones' links).
#[derive(Clone, PartialEq, Debug)]
pub struct LinkView {
    /// Parted in the direction of the arrow, and against it; `some` when only some clones' links are.
    pub cut_forth: bool,
    pub cut_back: bool,
    pub partly: bool,
    pub cut_since: Option<Instant>,
    /// Written on the line: "+80 ms", "loses 5 %".
    pub delay: Option<String>,
    pub loss: Option<f64>,
    /// Messages a second each way, over the last second.
    pub forth_per_second: f64,
    pub back_per_second: f64,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Side {
    /// "side A".
    pub name: String,
    /// Cards; of a card that the cut parts, the clones on this side.
    pub machines: Vec<String>,
}

/// What a dot looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// On its way, before there is an outcome.
    Asked,
    Write,
    Answered,
    Stale,
    Refused,
    TimedOut,
    Job,
    Heartbeat,
    /// A write on its way to a copy; carries the version for its colour.
    Copying,
}

/// One sampled message on one drawn link.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Dot {
    /// Index of the drawn link in the document.
    pub link: u32,
    /// With the arrow.
    pub forth: bool,
    pub look: Look,
    pub sent: Instant,
    pub due: Instant,
    /// Lost on the way: fades at the gap.
    pub lost: bool,
    /// The client's operation that it serves, if it serves one.
    pub op: Option<OpId>,
}

/// A point of the charts: one bucket of simulated time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sample {
    pub at: Instant,
    pub width: Duration,
    /// Operations begun, ended well, and ended well within the deadline, a second.
    pub tried: f64,
    pub throughput: f64,
    pub goodput: f64,
    pub p50: Option<Duration>,
    pub p95: Option<Duration>,
    pub p99: Option<Duration>,
    /// Operations the percentiles are taken over.
    pub answered: u64,
    /// Errors a second by cause; only causes that happened.
    pub errors: Vec<(Cause, f64)>,
    /// Worst age of an answer in this bucket.
    pub staleness: Duration,
    /// Waiting lines, by card.
    pub waiting: Vec<(String, u32)>,
}

/// One line of the events list and one mark of the timeline.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    pub at: Instant,
    pub what: MarkKind,
    /// "db => copy cut", "workers 4 → 8", "read your writes broke".
    pub text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkKind {
    Fault,
    Edit,
    Verdict,
}

/// One hop-by-hop account of a request, for the waterfall.
#[derive(Clone, PartialEq, Debug)]
pub struct Trace {
    pub op: OpId,
    pub kind: OpKind,
    pub key: Key,
    /// Whose request it was: "shoppers 12".
    pub who: String,
    pub began: Instant,
    /// How long it took, or has taken so far.
    pub took: Duration,
    /// None while it is under way; else why it failed, if it did.
    pub outcome: Option<Result<(), Cause>>,
    /// The first is the client's own.
    pub hops: Vec<Hop>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Hop {
    pub machine: String,
    pub arrived: Instant,
    pub started: Instant,
    pub answered: Instant,
    /// Which hop has asked this one; None for the client.
    pub inside: Option<usize>,
    /// How long a message from there to here is on the line, on average.
    pub wire: Duration,
}

/// A line of one clone: what the drawing's line is for it alone.
#[derive(Clone, PartialEq, Debug)]
pub struct CloneLine {
    /// With the clone's own name at its end.
    pub name: LinkName,
    pub cut_forth: bool,
    pub cut_back: bool,
    /// Only some of the other card's clones are cut off.
    pub partly: bool,
}

/// A copy of the followed key's value, somewhere on the board.
#[derive(Clone, PartialEq, Debug)]
pub struct Copy {
    /// The machine, a clone by its own name.
    pub machine: String,
    pub kind: Kind,
    pub role: Option<&'static str>,
    /// None: it keeps data, but nothing of this key.
    pub holds: Option<Place>,
}
