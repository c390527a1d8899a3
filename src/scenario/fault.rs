//! The faults that can befall a run, by the names on the board: one list for menus, keyboard, notation and lessons.
//! It may not know how a run carries them out.

mod text;

pub use text::{FaultError, Subject, VERBS, Verb};

use crate::stdx::{Distribution, Duration};

/// What may happen to a run. A machine is named by its card (`web`: all its clones) or by one clone (`web-2`).
#[derive(Clone, PartialEq, Debug)]
pub enum Fault {
    /// `crash web-2`: the process dies and its port refuses; `crash web-2 host`: the host falls silent.
    Crash {
        machine: String,
        host: bool,
    },
    Restart {
        machine: String,
    },
    /// `pause db`: alive, silent (a long garbage collection); `resume db`.
    Pause {
        machine: String,
    },
    Resume {
        machine: String,
    },
    /// `slow db x4`: everything it works on takes that many times as long; 1 is normal again. 0.01 to 1000.
    Slow {
        machine: String,
        factor: f64,
    },
    /// `cut db=>copy`, `cut db=>copy forth` (only what goes with the arrow), `cut db=>copy back`.
    Cut {
        link: LinkName,
        way: Way,
    },
    Heal {
        link: LinkName,
    },
    /// `heal all`.
    HealAll,
    /// `delay web->db 80ms`: added to every message each way; `0s` takes it away.
    Delay {
        link: LinkName,
        by: Distribution,
    },
    /// `loss web->db 5%`.
    Loss {
        link: LinkName,
        share: f64,
    },
    /// `isolate db`: every link of the machine is cut.
    Isolate {
        machine: String,
    },
    /// `part east west`: every link between the two zones is cut; `part east west forth` (`back`): only what goes from the
    /// first to the second (from the second to the first).
    Part {
        one: String,
        other: String,
        way: Way,
    },
    /// `join east west`: every link between the two zones is healed.
    Join {
        one: String,
        other: String,
    },
    /// `outage east`: every machine of the zone loses its host.
    Outage {
        zone: String,
    },
    /// `recover east`: every machine of the zone that is down starts again.
    Recover {
        zone: String,
    },
    /// `lose-disk raid`: one more disk is gone.
    LoseDisk {
        machine: String,
    },
    FillDisk {
        machine: String,
    },
    /// `skew db 5s`, `skew db -200ms`: the machine's clock is so far ahead (behind).
    Skew {
        machine: String,
        ahead: Duration,
        behind: bool,
    },
    DropCache {
        machine: String,
    },
    /// `promote copy`: the replica becomes a primary.
    Promote {
        machine: String,
    },
    /// `deploy web 2`: the machine runs that version of the code.
    Deploy {
        machine: String,
        version: u32,
    },
    /// `traffic shoppers x3`: that many times the load drawn. 0 to 1000.
    Traffic {
        machine: String,
        factor: f64,
    },
}

/// Which direction of a link is meant, seen along its arrow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Both,
    Forth,
    Back,
}

/// A link by its ends, which may be cards or single clones: `web->db`, `web-2->db`, `db=>copy`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LinkName {
    pub from: String,
    pub to: String,
    /// Two machines may be joined by a call link and by a replication link: the arrow tells which is meant.
    pub wire: crate::components::Wire,
}

/// What a fault is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target<'a> {
    /// A card, or one clone of it.
    Machine(&'a str),
    Link(&'a LinkName),
    Zone(&'a str),
    Zones(&'a str, &'a str),
    Everything,
}

impl Fault {
    pub fn target(&self) -> Target<'_> {
        match self {
            Fault::Crash { machine, .. }
            | Fault::Restart { machine }
            | Fault::Pause { machine }
            | Fault::Resume { machine }
            | Fault::Slow { machine, .. }
            | Fault::Isolate { machine }
            | Fault::LoseDisk { machine }
            | Fault::FillDisk { machine }
            | Fault::Skew { machine, .. }
            | Fault::DropCache { machine }
            | Fault::Promote { machine }
            | Fault::Deploy { machine, .. }
            | Fault::Traffic { machine, .. } => Target::Machine(machine),
            Fault::Cut { link, .. }
            | Fault::Heal { link }
            | Fault::Delay { link, .. }
            | Fault::Loss { link, .. } => Target::Link(link),
            Fault::Outage { zone } | Fault::Recover { zone } => Target::Zone(zone),
            Fault::Part { one, other, .. } | Fault::Join { one, other } => Target::Zones(one, other),
            Fault::HealAll => Target::Everything,
        }
    }
}
