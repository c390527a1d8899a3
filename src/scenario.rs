//! The document: what was drawn, in words that can be read in ten years. It knows what can be set on a machine, and no
//! more of the machines; it knows nothing of a run.

pub mod fault;

use crate::components::{Files, Kind, Wire, parameter::Settings};
use crate::stdx::{Duration, Instant};
use fault::Fault;

/// A board with its seed and its planned faults: everything that a run follows from.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    /// At most 120 characters.
    pub title: String,
    pub seed: u64,
    /// When a run from the command line ends; on the page it is where the timeline's ruler ends at first.
    pub until: Duration,
    pub machines: Vec<Machine>,
    pub links: Vec<Link>,
    pub zones: Vec<Zone>,
    /// The faults that happen at their instants in every run, in the order of time.
    pub schedule: Vec<Scheduled>,
    /// The texts that settings name: a users' `log`. In a notation file the name is a path beside it.
    pub files: Files,
}

/// One card on the board: one machine, or as many equal ones as its `clones` says.
#[derive(Clone, PartialEq, Debug)]
pub struct Machine {
    /// Unique on the board: a letter, then letters, digits, `-` or `_`; at most 40 characters.
    pub name: String,
    pub kind: Kind,
    /// Only what differs from the defaults.
    pub settings: Settings,
    /// The card's centre on the board, in board pixels (a grid of 8).
    pub at: Point,
    pub zone: Option<String>,
}

/// A line between two cards. Messages go both ways on it; the direction says who asks, or who copies to whom.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    pub from: String,
    pub to: String,
    pub wire: Wire,
    pub settings: Settings,
}

/// A data centre or region: a box around machines.
#[derive(Clone, PartialEq, Debug)]
pub struct Zone {
    pub name: String,
    pub settings: Settings,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Scheduled {
    pub at: Instant,
    pub fault: Fault,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

/// What a document may hold at most. Beyond it, reading fails with an error that names the limit.
pub mod limits {
    pub const MACHINES: usize = 500;
    /// Machines of a run: clones counted.
    pub const NODES: usize = 2_000;
    pub const LINKS: usize = 2_000;
    pub const ZONES: usize = 50;
    pub const SCHEDULE: usize = 1_000;
    pub const NAME: usize = 40;
    pub const TITLE: usize = 120;
    pub const LINE: usize = 2_000;
    pub const FILE: usize = 1 << 20;
    /// Files that come with a document, and the bytes of one.
    pub const FILES: usize = 8;
    pub const ATTACHMENT: usize = 32 << 20;
    /// Board pixels each way from the origin.
    pub const BOARD: i32 = 100_000;
}

impl Default for Document {
    fn default() -> Document {
        Document {
            title: "Untitled".into(),
            seed: 1,
            until: Duration::from_secs(60),
            machines: Vec::new(),
            links: Vec::new(),
            zones: Vec::new(),
            schedule: Vec::new(),
            files: Files::new(),
        }
    }
}

impl Document {
    pub fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.iter().find(|m| m.name == name)
    }
}
