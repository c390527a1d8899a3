//! What was done and can be taken back: one entry a gesture, the last two hundred. It may not know what the commands
//! mean. Faults never come here: they happen to the run, and no edit takes them back.

use super::command::Command;
use crate::scenario::Document;
use crate::scenario::edit::Edit;
use std::collections::VecDeque;

/// So many entries are kept; the oldest goes first.
pub const ENTRIES: usize = 200;

#[derive(Clone, PartialEq, Debug)]
struct Entry {
    /// "Move db".
    name: String,
    /// In `done` it takes the entry back, in `undone` it does it again.
    command: Command,
}

/// The way back, and the way forth again.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Undo {
    done: VecDeque<Entry>,
    undone: Vec<Entry>,
    /// A gesture lasts: what is done now joins its one entry.
    gesture: Option<Vec<Command>>,
}

impl Undo {
    /// Remembers how to take back what was just done.
    pub fn record(&mut self, name: &str, inverse: Command) {
        match &mut self.gesture {
            None => self.push(Entry { name: name.into(), command: inverse }),
            Some(steps) => {
                if !steps.last().is_some_and(|older| covers(older, &inverse)) {
                    steps.push(inverse);
                }
            }
        }
    }

    /// From now on everything joins one entry, until `end` or `cancel`.
    pub fn begin(&mut self) {
        if self.gesture.is_none() {
            self.gesture = Some(Vec::new());
        }
    }

    /// Opens the last entry again if it has that name, so that what is done now joins it. Call `end` as for any gesture.
    pub fn continue_last(&mut self, name: &str) {
        self.begin();
        if let Some(steps) = &mut self.gesture
            && steps.is_empty()
            && let Some(last) = self.done.pop_back_if(|entry| entry.name == name)
        {
            steps.push(last.command);
        }
    }

    pub fn in_gesture(&self) -> bool {
        self.gesture.is_some()
    }

    /// The gesture is over, and becomes one entry of that name; none when everything is as it was.
    pub fn end(&mut self, name: &str, document: &Document) {
        if let Some(command) = self.gesture_inverse()
            && !command.changes_nothing(document)
        {
            self.push(Entry { name: name.into(), command });
        }
    }

    /// The gesture never was: takes back what it did.
    pub fn cancel(&mut self, document: &mut Document) -> Vec<Edit> {
        self.gesture_inverse().map_or(Vec::new(), |command| command.restore(document).edits)
    }

    fn gesture_inverse(&mut self) -> Option<Command> {
        let mut steps = self.gesture.take()?;
        match steps.len() {
            0 => None,
            1 => steps.pop(),
            _ => {
                steps.reverse();
                Some(Command::Batch(steps))
            }
        }
    }

    fn push(&mut self, entry: Entry) {
        self.undone.clear();
        self.done.push_back(entry);
        if self.done.len() > ENTRIES {
            self.done.pop_front();
        }
    }

    /// Takes the last entry back: its name, and what the run must hear.
    pub fn undo(&mut self, document: &mut Document) -> Option<(String, Vec<Edit>)> {
        let Entry { name, command } = self.done.pop_back()?;
        let applied = command.restore(document);
        self.undone.push(Entry { name: name.clone(), command: applied.inverse });
        Some((name, applied.edits))
    }

    /// Does again what was taken back last.
    pub fn redo(&mut self, document: &mut Document) -> Option<(String, Vec<Edit>)> {
        let Entry { name, command } = self.undone.pop()?;
        let applied = command.restore(document);
        self.done.push_back(Entry { name: name.clone(), command: applied.inverse });
        Some((name, applied.edits))
    }

    /// What `undo` would take back: "Move db".
    pub fn undo_name(&self) -> Option<&str> {
        self.done.back().map(|e| e.name.as_str())
    }

    pub fn redo_name(&self) -> Option<&str> {
        self.undone.last().map(|e| e.name.as_str())
    }

    pub fn len(&self) -> usize {
        self.done.len()
    }

    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }
}

/// Whether taking back the older step takes back the newer one with it: they set the same thing, and the older knows
/// the earlier value.
fn covers(older: &Command, newer: &Command) -> bool {
    match (older, newer) {
        (Command::Move(a), Command::Move(b)) => {
            a.iter().map(|(name, _)| name).eq(b.iter().map(|(name, _)| name))
        }
        (Command::Set { of: a, parameter: p, .. }, Command::Set { of: b, parameter: q, .. }) => {
            a == b && p == q
        }
        (Command::SetTitle(_), Command::SetTitle(_)) | (Command::SetSeed(_), Command::SetSeed(_)) => true,
        _ => false,
    }
}
