//! What is wrong with a drawing or a text, as data: how bad, where, what, and what to do. It may not know how it is shown.

mod check;
mod whole;

pub use check::check;
use whole::near_machine;
pub use whole::whole;

use crate::scenario::fault::LinkName;
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// It cannot run.
    Error,
    /// It runs, and somebody should look at it.
    Warning,
}

/// Where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    Board,
    Machine(String),
    Link(LinkName),
    Zone(String),
    /// A fault of the schedule, by its index.
    Scheduled(usize),
    /// In a text: line and column, counted from 1, the column in characters.
    Text {
        line: u32,
        column: u32,
    },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    pub severity: Severity,
    pub place: Place,
    /// What is wrong, in one sentence.
    pub says: String,
    /// What to do about it, in one sentence.
    pub help: String,
}

impl Problem {
    pub(crate) fn new(
        severity: Severity,
        place: Place,
        says: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        Problem { severity, place, says: says.into(), help: help.into() }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// An error at a place of a text.
    pub fn text(line: u32, column: u32, says: impl Into<String>, help: impl Into<String>) -> Problem {
        Problem {
            severity: Severity::Error,
            place: Place::Text { line, column },
            says: says.into(),
            help: help.into(),
        }
    }
}

/// `3:15: There is no machine “wbe”. Did you mean web?`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Place::Text { line, column } = self.place {
            write!(f, "{line}:{column}: ")?;
        }
        f.write_str(&self.says)?;
        if !self.help.is_empty() {
            write!(f, " {}", self.help)?;
        }
        Ok(())
    }
}
