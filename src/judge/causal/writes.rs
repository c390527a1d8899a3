//! The writes that are remembered, all in one place, and each key's in a line. It knows operations and clocks, and judges
//! nothing.

use super::clock::{Clock, Dot};
use crate::history::{OpId, Value};
use crate::judge::witness::Seen;

#[derive(Clone, Debug)]
pub struct Write {
    pub seen: Seen,
    /// Its place in its session's order of writes.
    pub dot: Dot,
    /// Its place among all writes, in the order of their invocations, from 1.
    pub place: u64,
    /// Everything that precedes it in other sessions; none if that is forgotten.
    pub past: Option<Clock>,
    /// Its outcome is unknown and nobody has read it: not even its own session depends on it.
    pub adrift: bool,
    /// Somebody has read it.
    pub read: bool,
    /// Its neighbours in its key's line: `NOBODY` at the ends, and of those that are forgotten.
    older: u32,
    newer: u32,
}

impl Write {
    pub fn new(seen: Seen, dot: Dot, place: u64, past: Clock) -> Write {
        let (past, older, newer) = (Some(past), NOBODY, NOBODY);
        Write { seen, dot, place, past, adrift: false, read: false, older, newer }
    }
}

const NOBODY: u32 = u32::MAX;

/// Where a write is found, for as long as it is remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Id(u32);

impl Id {
    fn of(number: u32) -> Option<Id> {
        (number != NOBODY).then_some(Id(number))
    }
}

/// The writes of one key.
#[derive(Clone, Debug)]
pub struct Line {
    /// Whatever precedes a write stands before it: in the order of invocations, but an update (of which only the
    /// answer says what it was based on) in that of its answer.
    oldest: u32,
    newest: u32,
    pub len: u32,
    /// Some older ones are forgotten.
    pub cut: bool,
    /// An update has gone to the end.
    moved: bool,
    /// Updates that were read before their answer: these stay where their invocation put them.
    pub early: Vec<OpId>,
}

impl Default for Line {
    fn default() -> Line {
        Line { oldest: NOBODY, newest: NOBODY, len: 0, cut: false, moved: false, early: Vec::new() }
    }
}

#[derive(Clone, Default, Debug)]
pub struct Writes {
    writes: Vec<Write>,
    free: Vec<u32>,
}

impl Writes {
    pub fn get(&self, id: Id) -> &Write {
        &self.writes[id.0 as usize]
    }

    pub fn get_mut(&mut self, id: Id) -> &mut Write {
        &mut self.writes[id.0 as usize]
    }

    /// Adds a write at the end of its key's line.
    pub fn push(&mut self, line: &mut Line, write: Write) -> Id {
        let id = match self.free.pop() {
            Some(id) => {
                self.writes[id as usize] = write;
                id
            }
            None => {
                self.writes.push(write);
                self.writes.len() as u32 - 1
            }
        };
        self.append(line, id);
        Id(id)
    }

    fn append(&mut self, line: &mut Line, id: u32) {
        let write = &mut self.writes[id as usize];
        (write.older, write.newer) = (line.newest, NOBODY);
        match line.newest {
            NOBODY => line.oldest = id,
            newest => self.writes[newest as usize].newer = id,
        }
        line.newest = id;
        line.len += 1;
    }

    fn unlink(&mut self, line: &mut Line, id: u32) {
        let Write { older, newer, .. } = self.writes[id as usize];
        match older {
            NOBODY => line.oldest = newer,
            older => self.writes[older as usize].newer = newer,
        }
        match newer {
            NOBODY => line.newest = older,
            newer => self.writes[newer as usize].older = older,
        }
        line.len -= 1;
    }

    /// Forgets a write.
    pub fn remove(&mut self, line: &mut Line, id: Id) {
        self.unlink(line, id.0);
        let write = self.get_mut(id);
        // Nobody takes it for the one that stood here.
        (write.past, write.place) = (None, 0);
        self.free.push(id.0);
    }

    /// The write goes to the end of its line.
    pub fn requeue(&mut self, line: &mut Line, id: Id) {
        self.unlink(line, id.0);
        self.append(line, id.0);
        line.moved = true;
    }

    pub fn oldest(&self, line: &Line) -> Option<Id> {
        Id::of(line.oldest)
    }

    pub fn newest(&self, line: &Line) -> Option<Id> {
        Id::of(line.newest)
    }

    /// A key's writes from the newest on.
    pub fn latest(&self, line: &Line) -> impl Iterator<Item = (Id, &Write)> {
        let step = |id: &Id| Id::of(self.get(*id).older);
        std::iter::successors(Id::of(line.newest), step).map(|id| (id, self.get(id)))
    }

    /// A key's writes from the oldest on; while updates have not changed their order, only those that are not newer than
    /// the place.
    pub fn eldest(&self, line: &Line, place: u64) -> impl Iterator<Item = &Write> {
        let step = |id: &Id| Id::of(self.get(*id).newer);
        let (moved, writes) = (line.moved, std::iter::successors(Id::of(line.oldest), step));
        writes.map(|id| self.get(id)).take_while(move |w| moved || w.place <= place)
    }

    /// The newest write of the key that fits.
    pub fn find(&self, line: &Line, fits: impl Fn(&Write) -> bool) -> Option<Id> {
        self.latest(line).find(|(_, w)| fits(w)).map(|(id, _)| id)
    }

    /// The write of an operation.
    pub fn by(&self, line: &Line, op: OpId) -> Option<Id> {
        self.find(line, |w| w.seen.op.id == op)
    }

    /// The newest write of the value.
    pub fn of(&self, line: &Line, value: Value) -> Option<Id> {
        self.find(line, |w| w.seen.op.value == value)
    }

    /// All that still know their past.
    pub fn pasts(&mut self) -> impl Iterator<Item = &mut Clock> {
        self.writes.iter_mut().filter_map(|w| w.past.as_mut())
    }

    pub fn len(&self) -> usize {
        self.writes.len() - self.free.len()
    }
}
