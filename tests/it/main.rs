//! The tests that take the house as a whole, built with the crate: text in, expectation out.

mod architectures;
mod command_line;
mod consensus;
mod determinism;
mod disks;
mod dns;
mod documents;
mod edits;
mod examples;
mod failover;
mod failures;
mod inserts;
mod jobs;
mod lessons;
mod pinned;
mod reference;
mod report;
mod sessions;
mod sharding;
mod swarm;
mod tidy;

use tradeoff::scenario::{Document, notation};

/// The document of a board in the notation.
pub fn board(text: &str) -> Document {
    notation::parse(text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}
