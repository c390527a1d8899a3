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
