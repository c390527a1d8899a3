//! What is appended to: a string or a list, which may also be replaced as a whole. It knows operations and texts as
//! bytes; no search.
//!
//! A text that is no beginning of one that is read is *nowhere*: nobody sees it, whatever it is. All others are
//! numbered. Of most it is known where they come from: the initial text, or the one write whose text they begin with.
//! From there on they only grow, until something is written over them, and where each piece comes is known, if it is
//! appended once.

use super::{Action, Model, Operation};
use crate::judge::map::Map;

/// No beginning of anything that is read.
const NOWHERE: u32 = u32::MAX;
/// The line of states that begins with the initial text; those of writes follow.
const FROM_THE_START: u32 = 0;

/// A beginning of texts that are read.
#[derive(Clone, Copy, Debug)]
struct Beginning {
    /// The texts that begin with it are those from `first` up to before `end`, in their order.
    first: u32,
    end: u32,
    length: u32,
}

/// Writes of one text.
#[derive(Clone, Copy, Debug)]
struct Whole {
    node: u32,
    /// The next shorter written text that this one begins with.
    outer: Option<u32>,
    times: u32,
}

/// Where a text can come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    Nothing,
    /// One operation, or the initial text: its line.
    Once(u32),
    Several,
}

#[derive(Clone, Debug)]
pub struct Append<'a> {
    /// What is read, in order, each once.
    texts: Vec<&'a [u8]>,
    pieces: Vec<&'a [u8]>,
    piece_of: Map<&'a [u8], u32>,
    /// Lengths that pieces have.
    lengths: Vec<usize>,
    nodes: Vec<Beginning>,
    numbers: Map<(u32, u32), u32>,
    steps: Map<(u32, u32), u32>,
    start: u32,
    /// Of the operations that are known to this search:
    /// before each text, how many reads are of earlier ones;
    reads: Vec<u32>,
    /// how often each piece is appended, and at which beginning alone it can be, if that is known;
    times: Vec<u32>,
    only_at: Vec<u32>,
    /// what is written as a whole, and for each text the longest of these that it begins with;
    written: bool,
    wholes: Vec<Whole>,
    inner: Vec<Option<u32>>,
    /// for each text, how much of it is the initial text and a piece.
    begun: Vec<u32>,
}

impl<'a> Append<'a> {
    /// `pieces` are what appends append, each different, and `reads` the texts that are read.
    pub fn new(initial: &'a [u8], pieces: Vec<&'a [u8]>, mut reads: Vec<&'a [u8]>) -> Append<'a> {
        reads.sort_unstable();
        reads.dedup();
        let mut lengths: Vec<usize> = pieces.iter().map(|p| p.len()).filter(|l| *l > 0).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let piece_of = (0..).zip(&pieces).map(|(n, piece)| (*piece, n)).collect();
        let mut model = Append {
            texts: reads,
            pieces,
            piece_of,
            lengths,
            nodes: Vec::new(),
            numbers: Map::default(),
            steps: Map::default(),
            start: NOWHERE,
            reads: Vec::new(),
            times: Vec::new(),
            only_at: Vec::new(),
            written: false,
            wholes: Vec::new(),
            inner: Vec::new(),
            begun: Vec::new(),
        };
        model.start = model.number(initial);
        model
    }

    /// The number of a text that is read or written as a whole.
    pub fn number(&mut self, text: &[u8]) -> u32 {
        let all = Beginning { first: 0, end: self.texts.len() as u32, length: 0 };
        self.beginning(all, text)
    }

    /// The text of a state; none if nobody can see it.
    pub fn text(&self, state: u32) -> Option<&'a [u8]> {
        let node = self.nodes.get(state as usize)?;
        Some(&self.texts[node.first as usize][..node.length as usize])
    }

    /// Whether the text of a state begins with that of another one.
    pub fn begins(&self, state: u32, beginning: u32) -> bool {
        let [whole, beginning] = [state, beginning].map(|state| self.nodes[state as usize]);
        beginning.first <= whole.first && whole.end <= beginning.end && beginning.length <= whole.length
    }

    /// Where the text of a state that somebody can see comes from.
    pub fn origin(&self, state: u32) -> Origin {
        let node = self.nodes[state as usize];
        let mut whole = self.inner[node.first as usize];
        while let Some(number) = whole
            && self.nodes[self.wholes[number as usize].node as usize].length > node.length
        {
            whole = self.wholes[number as usize].outer;
        }
        let from_start = state == self.start || self.begun[node.first as usize] <= node.length;
        match whole.map(|number| (number, self.wholes[number as usize])) {
            None if from_start => Origin::Once(FROM_THE_START),
            None => Origin::Nothing,
            Some((number, Whole { outer: None, times: 1, .. })) if !from_start => Origin::Once(number + 1),
            Some(_) => Origin::Several,
        }
    }

    /// The text that a line of states begins with; none if it is the initial one.
    pub fn line_begins(&self, line: u32) -> Option<u32> {
        Some(self.wholes[line.checked_sub(1)? as usize].node)
    }

    /// The beginning and a text after it.
    fn beginning(&mut self, node: Beginning, rest: &[u8]) -> u32 {
        let (from, length) = (node.length as usize, node.length + rest.len() as u32);
        let texts = &self.texts[node.first as usize..node.end as usize];
        let first = node.first as usize + texts.partition_point(|text| &text[from..] < rest);
        let texts = &self.texts[first..node.end as usize];
        let end = first + texts.partition_point(|text| text[from..].starts_with(rest));
        if first == end {
            return NOWHERE;
        }
        let (first, end) = (first as u32, end as u32);
        *self.numbers.entry((first, length)).or_insert_with(|| {
            self.nodes.push(Beginning { first, end, length });
            self.nodes.len() as u32 - 1
        })
    }

    fn appended(&mut self, state: u32, piece: u32) -> u32 {
        if let Some(known) = self.steps.get(&(state, piece)) {
            return *known;
        }
        let after = self.beginning(self.nodes[state as usize], self.pieces[piece as usize]);
        self.steps.insert((state, piece), after);
        after
    }

    /// The state, or nowhere, if of the reads that this search knows none is of what begins with it.
    fn seen(&self, state: u32) -> u32 {
        let seen = self
            .nodes
            .get(state as usize)
            .is_some_and(|node| self.reads[node.end as usize] > self.reads[node.first as usize]);
        if seen { state } else { NOWHERE }
    }

    fn hear_wholes(&mut self, mut written: Vec<u32>) {
        written.sort_unstable_by_key(|n| {
            let node = self.nodes[*n as usize];
            (node.first, std::cmp::Reverse(node.end), node.length)
        });
        self.wholes.clear();
        self.inner = vec![None; self.texts.len()];
        let mut around: Vec<u32> = Vec::new();
        let (mut written, mut last) = (written.into_iter().peekable(), None);
        for text in 0..self.texts.len() as u32 {
            around.retain(|n| self.nodes[self.wholes[*n as usize].node as usize].end > text);
            while let Some(node) = written.next_if(|n| self.nodes[*n as usize].first == text) {
                if last == Some(node) {
                    self.wholes.last_mut().expect("it was written before").times += 1;
                    continue;
                }
                last = Some(node);
                self.wholes.push(Whole { node, outer: around.last().copied(), times: 1 });
                around.push(self.wholes.len() as u32 - 1);
            }
            self.inner[text as usize] = around.last().copied();
        }
    }

    fn hear_beginnings(&mut self) {
        self.begun = vec![u32::MAX; self.texts.len()];
        if self.start == NOWHERE {
            return;
        }
        for piece in 0..self.pieces.len() as u32 {
            if self.times[piece as usize] == 0 {
                continue;
            }
            let after = self.appended(self.start, piece);
            if let Some(node) = self.nodes.get(after as usize) {
                let begun = &mut self.begun[node.first as usize..node.end as usize];
                begun.iter_mut().for_each(|length| *length = (*length).min(node.length));
            }
        }
    }

    /// Finds the pieces whose place is known, by taking the longest text of each line apart.
    fn hear_places(&mut self) {
        self.only_at = vec![NOWHERE; self.pieces.len()];
        let mut longest: Vec<Option<usize>> = vec![None; self.wholes.len() + 1];
        for (n, text) in self.texts.iter().enumerate().filter(|(n, _)| self.reads[n + 1] > self.reads[*n]) {
            let state = self.numbers.get(&(n as u32, text.len() as u32));
            if let Some(Origin::Once(line)) = state.map(|state| self.origin(*state)) {
                let longest = &mut longest[line as usize];
                if longest.is_none_or(|other| self.texts[other].len() < text.len()) {
                    *longest = Some(n);
                }
            }
        }
        for (line, text) in (0..).zip(longest) {
            let Some(text) = text.map(|n| self.texts[n]) else { continue };
            let mut state = self.line_begins(line).unwrap_or(self.start);
            while let Some(piece) = self.next_piece(&text[self.nodes[state as usize].length as usize..]) {
                if self.times[piece as usize] == 1 && self.only_at[piece as usize] == NOWHERE {
                    self.only_at[piece as usize] = state;
                }
                state = self.appended(state, piece);
            }
        }
    }

    /// The piece that the text begins with, if it is only one.
    fn next_piece(&self, text: &[u8]) -> Option<u32> {
        let lengths = self.lengths.iter().take_while(|length| **length <= text.len());
        let pieces = lengths.filter_map(|length| self.piece_of.get(&text[..*length]));
        let mut pieces = pieces.filter(|n| self.times[**n as usize] > 0);
        let first = pieces.next().copied();
        first.filter(|_| pieces.next().is_none())
    }
}

impl Model for Append<'_> {
    fn initial(&self) -> u32 {
        self.seen(self.start)
    }

    fn hear(&mut self, operations: &[Operation]) {
        self.reads = vec![0; self.texts.len() + 1];
        self.times = vec![0; self.pieces.len()];
        self.written = false;
        let mut written = Vec::new();
        for operation in operations {
            match operation.action {
                // A text comes before those that begin with it.
                Action::Read(state) if state != NOWHERE => {
                    self.reads[self.nodes[state as usize].first as usize + 1] += 1;
                }
                Action::Append(piece) => self.times[piece as usize] += 1,
                Action::Write(state) => {
                    self.written = true;
                    written.extend(Some(state).filter(|state| *state != NOWHERE));
                }
                _ => {}
            }
        }
        for n in 1..self.reads.len() {
            self.reads[n] += self.reads[n - 1];
        }
        self.hear_wholes(written);
        self.hear_beginnings();
        self.hear_places();
    }

    fn step(&mut self, state: u32, action: &Action) -> Option<u32> {
        match *action {
            Action::Read(text) => (text == state && text != NOWHERE).then_some(state),
            Action::Write(text) => Some(self.seen(text)),
            Action::Append(piece) => {
                let only_at = self.only_at[piece as usize];
                if only_at != NOWHERE && only_at != state {
                    return None;
                }
                if state == NOWHERE {
                    return Some(NOWHERE);
                }
                let after = self.appended(state, piece);
                Some(self.seen(after))
            }
            _ => None,
        }
    }

    fn hides(&self, action: &Action) -> bool {
        match *action {
            Action::Write(_) => true,
            Action::Append(piece) => self.written && self.only_at[piece as usize] == NOWHERE,
            _ => false,
        }
    }

    fn lost(&self, state: u32) -> bool {
        self.written && state == NOWHERE
    }

    fn place(&self, state: u32) -> Option<(u32, u32)> {
        if state == NOWHERE {
            return None;
        }
        match self.origin(state) {
            Origin::Once(line) => Some((line, self.nodes[state as usize].length)),
            Origin::Nothing | Origin::Several => None,
        }
    }

    fn ceiling(&self, action: &Action) -> Option<(u32, u32)> {
        match *action {
            Action::Read(text) => self.place(text),
            _ => None,
        }
    }
}
