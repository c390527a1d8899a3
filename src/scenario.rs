//! The document: what was drawn, in words that can be read in ten years. It knows what can be set on a machine, and no
//! more of the machines; it knows nothing of a run.

#[cfg(test)]
mod arbitrary;
pub mod edit;
pub mod examples;
pub mod fault;
pub mod layout;
pub mod name;
pub mod notation;
pub mod problem;
pub mod share;
pub(crate) mod suggest;
pub mod version;

use crate::components::{Files, Kind, Wire, parameter::Settings};
use crate::stdx::{Duration, Instant};
use fault::Fault;

/// A board with its seed and its planned faults: everything that a run follows from.
#[derive(Clone, PartialEq, Debug)]
pub struct Document {
    /// At most 120 characters.
    pub title: String,
    /// What the author says about it, in plain lines: the comment lines of the notation. At most 4,000 characters.
    pub notes: String,
    pub seed: u64,
    /// When a run from the command line ends; on the page it is where the timeline's ruler ends at first.
    pub until: Duration,
    pub machines: Vec<Machine>,
    pub links: Vec<Link>,
    pub zones: Vec<Zone>,
    /// The faults that happen at their instants in every run, in the order of time.
    pub schedule: Vec<Scheduled>,
    /// The texts that settings name (the access log that users replay), by name: letters, digits, `.`, `-` and `_`. In
    /// a notation file they stand at its end, or are files beside it.
    pub files: Files,
}

/// One card on the board: one machine, or as many equal ones as its `clones` says.
#[derive(Clone, PartialEq, Debug)]
pub struct Machine {
    /// Unique on the board: a letter, then letters, digits, `-` or `_`; at most 40 characters.
    pub name: String,
    pub kind: Kind,
    /// What was set; where it is silent, the defaults hold.
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
    /// Links of a run: a line between two cards joins every clone with every clone.
    pub const JOINTS: usize = 50_000;
    pub const ZONES: usize = 50;
    pub const SCHEDULE: usize = 1_000;
    pub const NAME: usize = 40;
    pub const TITLE: usize = 120;
    pub const NOTES: usize = 4_000;
    /// Characters of a line of the notation.
    pub const LINE: usize = 64_000;
    /// Bytes of a board's text, what is attached not counted.
    pub const FILE: usize = 1 << 20;
    /// Files that come with a document, and the bytes of all of them.
    pub const FILES: usize = 8;
    pub const ATTACHMENT: usize = 32 << 20;
    pub const FILE_NAME: usize = 80;
    /// Problems that are told at once.
    pub const PROBLEMS: usize = 50;
    /// Board pixels each way from the origin.
    pub const BOARD: i32 = 200_000;
}

impl Default for Document {
    fn default() -> Document {
        Document {
            title: "Untitled".into(),
            notes: String::new(),
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

    /// The zone that a card stands in.
    pub fn zone_of(&self, card: &str) -> Option<&Zone> {
        let zone = self.machine(card)?.zone.as_ref()?;
        self.zones.iter().find(|z| z.name == *zone)
    }
}

impl Machine {
    /// A new one with the defaults, at the board's origin.
    pub fn new(kind: Kind, name: impl Into<String>) -> Machine {
        Machine { name: name.into(), kind, settings: Settings::new(), at: Point::default(), zone: None }
    }

    /// How many machines of a run it stands for.
    pub fn clones(&self) -> u32 {
        self.kind.clones(&self.settings)
    }
}

impl Link {
    pub fn new(from: impl Into<String>, wire: Wire, to: impl Into<String>) -> Link {
        Link { from: from.into(), to: to.into(), wire, settings: Settings::new() }
    }

    pub fn name(&self) -> fault::LinkName {
        fault::LinkName::new(&self.from, self.wire, &self.to)
    }
}

/// Whether a text can be a title; if not, why.
pub(crate) fn check_title(title: &str) -> Result<(), String> {
    if title.chars().count() > limits::TITLE {
        return Err(format!("The title is longer than {} characters.", limits::TITLE));
    }
    match title.chars().any(char::is_control) {
        true => Err("The title holds control characters.".into()),
        false => Ok(()),
    }
}

/// Whether a text can name an attached file; if not, why.
pub(crate) fn check_file_name(name: &str) -> Result<(), String> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let fits = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(inside)
        && !name.contains("..")
        && name.len() <= limits::FILE_NAME;
    match fits {
        true => Ok(()),
        false => Err(format!(
            "“{}” is not a file's name: it has letters, digits, single dots, - and _, and at most {} characters.",
            suggest::clip(name),
            limits::FILE_NAME
        )),
    }
}

/// Whether the document keeps to the limits; if not, which one it breaks.
pub(crate) fn check_counts(document: &Document) -> Result<(), String> {
    for (count, most, what) in [
        (document.machines.len(), limits::MACHINES, "machines"),
        (document.links.len(), limits::LINKS, "lines"),
        (document.zones.len(), limits::ZONES, "zones"),
        (document.schedule.len(), limits::SCHEDULE, "planned faults"),
        (document.files.len(), limits::FILES, "attached files"),
    ] {
        if count > most {
            return Err(format!("There are {count} {what}; a board has at most {most}."));
        }
    }
    Ok(())
}

/// Whether a text can be the notes; if not, why.
pub(crate) fn check_notes(notes: &str) -> Result<(), String> {
    if notes.chars().count() > limits::NOTES {
        return Err(format!("The notes are longer than {} characters.", limits::NOTES));
    }
    let plain = notes.split('\n').all(|line| line.trim_end() == line && !line.contains(char::is_control));
    match plain {
        true => Ok(()),
        false => Err("The notes hold control characters, or spaces at the end of a line.".into()),
    }
}
