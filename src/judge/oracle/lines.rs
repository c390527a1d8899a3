//! Who still has to look at the object where: lines of states, each of which is entered once and left for good, and on
//! each the operations that are possible at one level of it alone. It knows levels and numbers of operations.

use super::NONE;

/// Operations that must not be left behind.
pub struct Lines {
    lines: Vec<Line>,
    /// For each operation its line and its place there.
    of: Vec<(u32, u32)>,
}

#[derive(Clone, Default)]
struct Line {
    /// The level of each operation, rising, and whether it took its turn.
    waiting: Vec<(u32, bool)>,
    /// So many of the first ones took their turn.
    below: usize,
}

impl Lines {
    /// For each operation the line and the level at which alone it is possible, if there is one.
    pub fn new(ceilings: impl Iterator<Item = Option<(u32, u32)>>) -> Lines {
        let ceilings: Vec<_> = ceilings.collect();
        let mut order: Vec<(u32, u32, u32)> =
            (0..).zip(&ceilings).filter_map(|(op, c)| c.map(|(line, level)| (line, level, op))).collect();
        order.sort_unstable();
        let count = order.last().map_or(0, |(line, ..)| *line as usize + 1);
        let mut lines = Lines { lines: vec![Line::default(); count], of: vec![(NONE, 0); ceilings.len()] };
        for (number, level, op) in order {
            let line = &mut lines.lines[number as usize];
            lines.of[op as usize] = (number, line.waiting.len() as u32);
            line.waiting.push((level, false));
        }
        lines
    }

    /// The lowest level of a line at which somebody still has to look.
    pub fn lowest(&self, line: u32) -> Option<u32> {
        let line = self.lines.get(line as usize)?;
        line.waiting.get(line.below).map(|(level, _)| *level)
    }

    /// The operation takes its turn.
    pub fn look(&mut self, op: u32) {
        let (line, place) = self.of[op as usize];
        let Some(line) = self.lines.get_mut(line as usize) else { return };
        line.waiting[place as usize].1 = true;
        while line.waiting.get(line.below).is_some_and(|(_, done)| *done) {
            line.below += 1;
        }
    }

    /// The operation's turn is taken back.
    pub fn unlook(&mut self, op: u32) {
        let (line, place) = self.of[op as usize];
        let Some(line) = self.lines.get_mut(line as usize) else { return };
        line.waiting[place as usize].1 = false;
        line.below = line.below.min(place as usize);
    }
}
