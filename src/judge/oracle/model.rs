//! What the operations on one object do: a register, with compare-and-set, and a string that is appended to.
//! States are numbers: a register's is its value, a string's is that of its text in a table.

use super::super::map::Map;
use super::Operation;

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

    /// A number that no action makes smaller, such as a length.
    fn level(&self, _: u32) -> u32 {
        0
    }

    /// The only level at which the action is possible, if there is only one.
    fn ceiling(&self, _: &Action) -> Option<u32> {
        None
    }
}

/// A register, with or without compare-and-set.
#[derive(Clone, Debug)]
pub struct Register {
    pub initial: u32,
}

impl Model for Register {
    fn initial(&self) -> u32 {
        self.initial
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

/// A string (or list) of pieces. While it only grows, whatever is read is a beginning of the longest text that was
/// read, so a state is a length; nobody sees what lies beyond. Where a text may also be replaced as a whole, texts are
/// interned: equal texts have equal numbers.
#[derive(Clone, Debug, Default)]
pub struct Append {
    texts: Vec<Vec<u32>>,
    numbers: Map<Vec<u32>, u32>,
    steps: Map<(u32, u32), u32>,
    /// The symbols of each piece.
    pieces: Vec<Vec<u32>>,
    /// The longest text that was read, and how far anybody has read it of whom this search knows.
    longest: Vec<u32>,
    horizon: usize,
    initial: u32,
    /// Whether a text may also be replaced as a whole; then nothing is known of its beginnings.
    written: bool,
}

/// Longer than all that was read.
const BEYOND: u32 = u32::MAX;
/// A text that is no beginning of the longest one.
const NOWHERE: u32 = u32::MAX - 1;

impl Append {
    /// `pieces` are what appends append, as symbols (the letters of a string, the items of a list); `longest` is the
    /// longest text that was read.
    pub fn new(initial: Vec<u32>, pieces: Vec<Vec<u32>>, longest: Vec<u32>, written: bool) -> Append {
        let horizon = longest.len();
        let mut model = Append { pieces, written, longest, horizon, ..Append::default() };
        let length = initial.len();
        model.initial = match model.number(initial) {
            // Nothing was read that begins with it.
            NOWHERE if length >= model.longest.len() => BEYOND,
            number => number,
        };
        model
    }

    /// The number of a text that was read (or written as a whole).
    pub fn number(&mut self, text: Vec<u32>) -> u32 {
        if !self.written {
            return if self.longest.starts_with(&text) { text.len() as u32 } else { NOWHERE };
        }
        let fresh = self.texts.len() as u32;
        match self.numbers.get(&text) {
            Some(number) => *number,
            None => {
                self.numbers.insert(text.clone(), fresh);
                self.texts.push(text);
                fresh
            }
        }
    }

    /// The text of a state, as far as anybody can see it.
    pub fn symbols(&self, state: u32) -> &[u32] {
        match state {
            _ if self.written => &self.texts[state as usize],
            BEYOND | NOWHERE => &self.longest,
            length => &self.longest[..length as usize],
        }
    }
}

impl Model for Append {
    fn initial(&self) -> u32 {
        let beyond = !self.written && self.initial < NOWHERE && self.initial as usize > self.horizon;
        if beyond { BEYOND } else { self.initial }
    }

    fn hear(&mut self, operations: &[Operation]) {
        let seen = |o: &Operation| match o.action {
            Action::Read(value) if value < NOWHERE => value as usize,
            _ => 0,
        };
        self.horizon = operations.iter().map(seen).max().unwrap_or(0).min(self.longest.len());
    }

    fn step(&mut self, state: u32, action: &Action) -> Option<u32> {
        match *action {
            Action::Read(value) => (value == state && value < NOWHERE).then_some(state),
            Action::Write(value) => Some(value),
            Action::Append(_) if state >= NOWHERE => Some(state),
            Action::Append(piece) if !self.written => {
                let rest = &self.longest[state as usize..self.horizon];
                let piece = &self.pieces[piece as usize];
                match piece.len() <= rest.len() {
                    true => rest.starts_with(piece).then_some(state + piece.len() as u32),
                    false => Some(BEYOND),
                }
            }
            Action::Append(piece) => {
                if let Some(number) = self.steps.get(&(state, piece)) {
                    return Some(*number);
                }
                let text = [&self.texts[state as usize][..], &self.pieces[piece as usize]].concat();
                let number = self.number(text);
                self.steps.insert((state, piece), number);
                Some(number)
            }
            _ => None,
        }
    }

    fn level(&self, state: u32) -> u32 {
        if self.written { 0 } else { state }
    }

    fn ceiling(&self, action: &Action) -> Option<u32> {
        match action {
            Action::Read(value) if !self.written => Some(*value),
            _ => None,
        }
    }
}
