//! Names that the page alone gives. Those of users, machines and versions are the run's.

use crate::history::Key;

pub fn key_name(key: Key) -> String {
    format!("key {}", key.0)
}
