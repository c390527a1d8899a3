//! What shows that one object's operations have no order, in words and drawn. It knows what was read from the file, and
//! witnesses; no checker.

use super::decide::{Case, Finding};
use super::{End, Event, What};
use crate::history::{Key, SessionId};
use crate::judge::map::Map;
use crate::judge::witness::capitalised;
use crate::judge::{Names, Pattern, Seen, Witness, render_text};
use crate::stdx::Instant;
use std::cmp::Reverse;

/// What the operation looked at.
fn found(event: &Event) -> Option<u32> {
    match event.what {
        What::Read => Some(event.read),
        What::Cas(from, _) => Some(from),
        What::Write(_) | What::Append(_) => None,
    }
}

/// What it put there.
pub fn written(event: &Event) -> Option<u32> {
    match event.what {
        What::Write(value) | What::Append(value) | What::Cas(_, value) => Some(value),
        What::Read => None,
    }
}

impl Case<'_> {
    /// The proof, drawn over the lines of the file.
    pub fn not(
        &self,
        pattern: Pattern,
        ops: &[Seen],
        between: (usize, usize),
        sentence: Option<String>,
    ) -> Finding {
        let ops: Vec<Seen> = ops
            .iter()
            .map(|seen| {
                let index = seen.op.id.0 as usize;
                let event = self.events[index];
                if event.end == End::Unknown {
                    Seen::pending(self.op(index, event))
                } else {
                    self.seen(index, event)
                }
            })
            .collect();
        let at = ops.iter().filter_map(|s| s.returned).max().unwrap_or(Instant::START);
        let lines_of = |seen: &Seen| {
            let lines = self.events[seen.op.id.0 as usize].lines;
            [Some(lines.0), seen.returned.map(|_| lines.1)]
        };
        let mut lines: Vec<u64> = ops.iter().flat_map(lines_of).flatten().collect();
        lines.sort_unstable();
        let mut diagram = Witness { pattern, key: Key(0), at, ops, between }.diagram(self);
        if let Some(sentence) = sentence {
            diagram.sentence = sentence;
        }
        for bar in &mut diagram.bars {
            bar.text = self.label(self.events[bar.op.0 as usize]);
        }
        Finding::Not { sentence: diagram.sentence.clone(), lines, diagram: render_text(&diagram) }
    }

    /// The first of these that looked at what nobody had begun to write before it returned.
    pub fn unwritten(&self, looks: &[usize]) -> Option<usize> {
        let mut begun: Map<u32, u64> = Map::default();
        begun.extend(self.initial.map(|initial| (initial, 0)));
        for event in self.events.iter().filter(|e| e.end != End::Refused) {
            if let Some(value) = written(event) {
                let call = begun.entry(value).or_insert(event.call);
                *call = event.call.min(*call);
            }
        }
        let never = |e: &Event| {
            let value = found(e).filter(|_| e.end == End::Ok);
            value.is_some_and(|value| begun.get(&value).is_none_or(|call| *call > e.returned))
        };
        looks.iter().copied().find(|n| never(self.events[*n]))
    }

    /// The proof where something was looked at that was not there yet, or never.
    pub fn never_written(&self, look: usize) -> Finding {
        let event = self.events[look];
        let value = found(event).unwrap_or_default();
        let of = |e: &Event| format!("lines {} and {}", e.lines.0, e.lines.1);
        let writer = |e: &&Event| written(e) == Some(value);
        let why = match self.object.events.iter().find(writer) {
            Some(failed) if failed.end == End::Fail => {
                Some(format!("but {} had failed ({})", self.words(failed), of(failed)))
            }
            Some(late) if late.call > event.returned => {
                Some(format!("but {} began only later (line {})", self.words(late), late.lines.0))
            }
            _ => None,
        };
        let sentence = why.map(|why| {
            let (reader, key) = (self.session(SessionId(event.process)), self.key(Key(0)));
            let text = self.history.values.text(value);
            capitalised(&format!("{reader} found {text} in {key} ({}), {why}.", of(event)))
        });
        self.not(Pattern::NeverWritten, &[self.seen(look, event)], (0, 0), sentence)
    }

    /// What a bar of the diagram stands for.
    fn label(&self, event: &Event) -> String {
        let (key, text) = (self.key(Key(0)), |value| self.history.values.text(value));
        match event.what {
            What::Read => format!("read {key} → {}", text(event.read)),
            What::Write(value) => format!("write {key} = {}", text(value)),
            What::Append(value) => format!("append {} to {key}", text(value)),
            What::Cas(from, to) => {
                let refused = if event.end == End::Refused { " (refused)" } else { "" };
                format!("set {key} from {} to {}{refused}", text(from), text(to))
            }
        }
    }

    pub fn words(&self, event: &Event) -> String {
        let values = &self.history.values;
        match event.what {
            What::Read => format!("the read of {}", values.text(event.read)),
            What::Write(value) => format!("the write of {}", values.text(value)),
            What::Append(value) => format!("the append of {}", values.text(value)),
            What::Cas(from, to) if event.end == End::Refused => {
                format!("the refused compare-and-set from {} to {}", values.text(from), values.text(to))
            }
            What::Cas(from, to) => {
                format!("the compare-and-set from {} to {}", values.text(from), values.text(to))
            }
        }
    }
    /// The proof where what was looked at had been overwritten before. The checker forgets old values, and with them
    /// why they are older; here everything is still known: who showed first that the old value was there, who showed
    /// a newer one before this look began, and that this one was not over before the old one came.
    pub fn overwritten(&self, look: usize) -> Option<Finding> {
        let (Event { call: start, returned: now, .. }, old) = (*self.events[look], found(self.events[look])?);
        let known: Vec<usize> = (0..self.events.len())
            .filter(|n| *n != look && self.events[*n].end == End::Ok && self.events[*n].returned <= now)
            .collect();
        // For each value the operation that showed it first, and the one that showed it last.
        let mut zones: Map<u32, (usize, usize)> = Map::default();
        let values = |n: usize| found(self.events[n]).into_iter().chain(written(self.events[n]));
        for n in &known {
            for value in values(*n) {
                let (first, last) = zones.entry(value).or_insert((*n, *n));
                *first = std::cmp::min_by_key(*first, *n, |n| self.events[*n].returned);
                *last = std::cmp::max_by_key(*last, *n, |n| self.events[*n].call);
            }
        }
        let there = if Some(old) == self.initial { None } else { Some(zones.get(&old)?.0) };
        let proof = |(first, last): (usize, usize)| {
            let later = |n: &usize| there.is_none_or(|t| self.events[t].returned < self.events[*n].call);
            let last = [first, last].into_iter().find(later)?;
            let mut ops: Vec<usize> = there.into_iter().chain([first, last]).collect();
            ops.sort_unstable();
            ops.dedup();
            (self.events[first].returned < start).then_some((ops, first))
        };
        let proofs = known
            .iter()
            .flat_map(|n| values(*n))
            .filter(|value| *value != old)
            .filter_map(|v| proof(zones[&v]));
        let (others, first) =
            proofs.min_by_key(|(ops, first)| (ops.len(), Reverse(self.events[*first].returned)))?;
        let others: Vec<Option<Seen>> =
            others.into_iter().map(|n| Some(self.seen(n, self.events[n]))).collect();
        let [newer, late] = [first, look].map(|n| self.seen(n, self.events[n]));
        let witness = Witness::new(Pattern::Overwritten, Key(0), late.end(), newer, late, &others);
        Some(self.not(Pattern::Overwritten, &witness.ops, witness.between, None))
    }
}
