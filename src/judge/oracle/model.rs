//! What the operations on one object do, and the register, with or without compare-and-set. States are numbers: a
//! register's is its value. It knows no search.

use super::{Operation, Uses};

/// One operation's effect together with what its client saw. Values are numbers that stand for what was written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Action {
    /// Returned this value.
    Read(u32),
    Write(u32),
    /// Replaced `from` by `to`.
    Cas {
        from: u32,
        to: u32,
    },
    /// A compare-and-set that found another value than `from`.
    CasRefused {
        from: u32,
    },
    /// A compare-and-set of unknown outcome: replaces `from` by `to` if it finds `from`.
    CasUnknown {
        from: u32,
        to: u32,
    },
    /// Appends this piece.
    Append(u32),
}

pub trait Model {
    fn initial(&self) -> u32;

    /// These are all operations that there are.
    fn hear(&mut self, _: &[Operation]) {}

    /// The state after the action, or none if in this state its client would have seen something else.
    fn step(&mut self, state: u32, action: &Action) -> Option<u32>;

    /// Whether the state matters for what the action's client saw or for the state afterwards.
    fn looks(&self, action: &Action) -> bool {
        !matches!(action, Action::Write(_))
    }

    /// Whether the action may come right before a write that covers it, so that nobody ever sees it.
    fn hides(&self, action: &Action) -> bool {
        matches!(action, Action::Write(_))
    }

    /// Whether the state is one that nobody can see any more, until something is written over it.
    fn lost(&self, _: u32) -> bool {
        false
    }

    /// Where a state stands, if it can be reached at one time only: on which line of states (each of which is entered
    /// once and left for good) and how far along it.
    fn place(&self, _: u32) -> Option<(u32, u32)> {
        None
    }

    /// Which values the action has to find and may put there, where states are values that may come again.
    fn uses(&self, _: &Action) -> Uses {
        Uses::default()
    }

    /// The only place at which the action is possible, if there is only one.
    fn ceiling(&self, _: &Action) -> Option<(u32, u32)> {
        None
    }
}

/// A register, with or without compare-and-set.
#[derive(Clone, Default, Debug)]
pub struct Register {
    initial: u32,
}

impl Register {
    pub fn new(initial: u32) -> Register {
        Register { initial }
    }
}

impl Model for Register {
    fn initial(&self) -> u32 {
        self.initial
    }

    fn uses(&self, action: &Action) -> Uses {
        match *action {
            Action::Read(value) => Uses { finds: Some(value), ..Uses::default() },
            Action::Write(value) => Uses { gives: Some(value), ..Uses::default() },
            Action::Cas { from, to } => {
                Uses { finds: Some(from), takes: from != to, gives: Some(to).filter(|to| *to != from) }
            }
            Action::CasUnknown { from, to } => {
                Uses { gives: Some(to).filter(|to| *to != from), ..Uses::default() }
            }
            Action::CasRefused { .. } | Action::Append(_) => Uses::default(),
        }
    }

    fn step(&mut self, state: u32, action: &Action) -> Option<u32> {
        match *action {
            Action::Read(value) => (value == state).then_some(state),
            Action::Write(value) => Some(value),
            Action::Cas { from, to } => (from == state).then_some(to),
            Action::CasRefused { from } => (from != state).then_some(state),
            Action::CasUnknown { from, to } => Some(if from == state { to } else { state }),
            Action::Append(_) => None,
        }
    }
}
