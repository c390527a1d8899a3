//! The words for the numbers of the history: users, machines, keys, versions. It may not know what they are said about.

use crate::history::{Key, Process, SessionId, Value};
use crate::judge::Names;
use crate::run::Run;
use crate::sim::NodeId;

/// The names of one run, as it stands.
pub struct Labels<'a>(&'a Run);

impl<'a> Labels<'a> {
    pub fn of(run: &'a Run) -> Labels<'a> {
        Labels(run)
    }
}

impl Names for Labels<'_> {
    fn session(&self, session: SessionId) -> String {
        format!("user {}", session.0 + 1)
    }

    fn process(&self, process: Process) -> String {
        self.0.state().cast.name(NodeId(process.0)).to_string()
    }

    fn key(&self, key: Key) -> String {
        key_name(key)
    }

    fn value(&self, key: Key, value: Value) -> String {
        let place = self.0.state().versions.place(key, value, self.0.now());
        format!("v{}", place.version)
    }
}

pub fn key_name(key: Key) -> String {
    format!("key {}", key.0)
}
