//! What the operations on one object do: a register, with compare-and-set, and a string that is appended to.
//! States are numbers: a register's is its value, a string's is that of its text in a table.

use super::super::map::Map;

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

/// A string (or list) of pieces. Texts are interned: equal texts have equal numbers.
#[derive(Clone, Debug, Default)]
pub struct Append {
    texts: Vec<Vec<u32>>,
    numbers: Map<Vec<u32>, u32>,
    steps: Map<(u32, u32), u32>,
    /// The symbols of each piece.
    pieces: Vec<Vec<u32>>,
    /// The longest text that was read; every text that is not longer must be a beginning of it.
    longest: Vec<u32>,
    initial: u32,
    /// Whether a text may also be replaced as a whole; then nothing is known of its beginnings.
    written: bool,
}

impl Append {
    /// `pieces` are what appends append, as symbols (the letters of a string, the items of a list).
    pub fn new(initial: Vec<u32>, pieces: Vec<Vec<u32>>, written: bool) -> Append {
        let mut model = Append { pieces, written, ..Append::default() };
        model.initial = model.text(initial);
        model
    }

    /// The number of a text that was read (or written as a whole).
    pub fn seen(&mut self, text: Vec<u32>) -> u32 {
        if text.len() > self.longest.len() {
            self.longest.clone_from(&text);
        }
        self.text(text)
    }

    /// The text of a state.
    pub fn symbols(&self, state: u32) -> &[u32] {
        &self.texts[state as usize]
    }

    fn text(&mut self, text: Vec<u32>) -> u32 {
        let fresh = self.texts.len() as u32;
        let number = *self.numbers.entry(text.clone()).or_insert(fresh);
        if number == fresh {
            self.texts.push(text);
        }
        number
    }
}

impl Model for Append {
    fn initial(&self) -> u32 {
        self.initial
    }

    fn step(&mut self, state: u32, action: &Action) -> Option<u32> {
        match *action {
            Action::Read(value) => (value == state).then_some(state),
            Action::Write(value) => Some(value),
            Action::Append(piece) => {
                let (before, piece_text) = (&self.texts[state as usize], &self.pieces[piece as usize]);
                let (start, end) = (before.len(), before.len() + piece_text.len());
                let foreseen = self.longest.get(start..end);
                if !self.written && foreseen.is_some_and(|text| text != piece_text) {
                    return None;
                }
                if let Some(number) = self.steps.get(&(state, piece)) {
                    return Some(*number);
                }
                let text = [&before[..], piece_text].concat();
                let number = self.text(text);
                self.steps.insert((state, piece), number);
                Some(number)
            }
            _ => None,
        }
    }

    fn level(&self, state: u32) -> u32 {
        if self.written { 0 } else { self.texts[state as usize].len() as u32 }
    }

    fn ceiling(&self, action: &Action) -> Option<u32> {
        match action {
            Action::Read(value) if !self.written => Some(self.texts[*value as usize].len() as u32),
            _ => None,
        }
    }
}
