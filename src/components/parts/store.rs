//! Rows and sessions, as a database or a store of sessions holds them. It may not know who asks, nor how a write came.

use super::log::{Change, Entry, Place};
use crate::history::{Key, SessionId, Value};
use std::collections::BTreeMap;

/// A row as it is shown now.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Row {
    pub value: Value,
    /// Where the value stands in the store's order of versions.
    pub version: Place,
    /// The value it replaced.
    pub over: Value,
}

/// What a machine keeps.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// By key; keys are dense and small on nearly every board.
    near: Vec<Row>,
    far: BTreeMap<Key, Row>,
    sessions: BTreeMap<SessionId, u32>,
    /// Rows that were ever written.
    rows: u64,
    /// The highest number that an added row has had.
    numbers: u32,
}

/// Keys below this lie in a plain line: 24 MB at most.
const NEAR: u32 = 1 << 20;

impl Store {
    pub fn row(&self, key: Key) -> Row {
        if key.0 < NEAR {
            self.near.get(key.0 as usize).copied().unwrap_or_default()
        } else {
            self.far.get(&key).copied().unwrap_or_default()
        }
    }

    pub fn put(&mut self, key: Key, row: Row) {
        let before = if key.0 < NEAR {
            let i = key.0 as usize;
            if i >= self.near.len() {
                self.near.resize(i + 1, Row::default());
            }
            std::mem::replace(&mut self.near[i], row)
        } else {
            self.far.insert(key, row).unwrap_or_default()
        };
        if row.value != Value::INITIAL {
            self.numbers = self.numbers.max(key.number().unwrap_or(0));
        }
        let held = |r: Row| (r.value != Value::INITIAL) as u64;
        self.rows = self.rows + held(row) - held(before);
    }

    /// Carries the entry out.
    pub fn apply(&mut self, entry: &Entry) {
        match entry.change {
            Change::Row { key, value, version, over, .. } => self.put(key, Row { value, version, over }),
            Change::Session { session, cart, .. } => {
                self.sessions.insert(session, cart);
            }
            Change::Nothing => {}
        }
    }

    /// Takes the newest entry that was carried out back again.
    pub fn take_back(&mut self, entry: &Entry) {
        match entry.change {
            Change::Row { key, over, over_version, .. } => {
                // What `over` itself had replaced is not known here; only the repetition of a write would ask.
                self.put(key, Row { value: over, version: over_version, over: Value::INITIAL });
            }
            Change::Session { session, was: Some(cart), .. } => {
                self.sessions.insert(session, cart);
            }
            Change::Session { session, was: None, .. } => {
                self.sessions.remove(&session);
            }
            Change::Nothing => {}
        }
    }

    pub fn session(&self, session: SessionId) -> Option<u32> {
        self.sessions.get(&session).copied()
    }

    pub fn sessions(&self) -> &BTreeMap<SessionId, u32> {
        &self.sessions
    }

    /// Rows that hold a value that was written, in the order of their keys.
    pub fn rows(&self) -> impl Iterator<Item = (Key, Row)> + '_ {
        let near = self.near.iter().enumerate().map(|(i, r)| (Key(i as u32), *r));
        near.chain(self.far.iter().map(|(k, r)| (*k, *r))).filter(|(_, r)| r.value != Value::INITIAL)
    }

    /// The highest number that an added row has had here.
    pub fn numbers(&self) -> u32 {
        self.numbers
    }

    /// How many rows hold a value that was written.
    pub fn len(&self) -> u64 {
        self.rows
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Everything is gone.
    pub fn clear(&mut self) {
        *self = Store::default();
    }
}
