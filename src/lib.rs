//! Tradeoff: a playground for scalable systems.
//!
//! The codemap, in the order of who may know whom (each room says in its first line what it is and what it may not know):
//!
//! - [`stdx`] what std might have had: simulated time, distributions, random streams, an event queue
//! - [`sim`] the engine: machines that send messages over links, and faults; it knows no component
//! - [`history`] what clients saw
//! - [`judge`] the verdicts, read off the history alone
//! - [`metrics`] counts what clients saw, for charts and reports
//! - [`components`] the catalogue: one machine, one file
//! - [`scenario`] the document: what was drawn
//! - [`editor`] the hand: changes the drawing, and can take it back
//! - [`run`] one run: goes on, goes back, branches, takes faults and edits at recorded instants
//! - [`lessons`] text with goals, proven by machine
//! - [`paint`] what is drawn, as numbers: dots' pixels, charts' paths and labels
//! - `ui` the page, in the browser only
//! - `cli` the command line, on the host only

pub mod components;
pub mod editor;
pub mod history;
pub mod judge;
pub mod lessons;
pub mod metrics;
pub mod paint;
pub mod run;
pub mod scenario;
pub mod sim;
pub mod stdx;

#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
#[cfg(target_arch = "wasm32")]
pub mod ui;

/// The tests that take the house as a whole. They are built with the crate, not beside it: each binary beside it would need
/// a second copy of the crate, and building one is most of the time that a first `cargo test` takes.
#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "../tests/it/main.rs"]
mod it;
// They name it as everybody else does.
#[cfg(all(test, not(target_arch = "wasm32")))]
extern crate self as tradeoff;
