//! The engine: delivers what is sent, when it is due, or not at all. It knows no component, no key, no pixel.
//!
//! A [`World`] holds machines ([`Behavior`]s) joined by [`Link`]s. A machine is handed a message or a timer and *asks*
//! for effects through its [`Context`]; the world carries them out. Nothing else happens, so a world that is cloned and
//! run again does the same to the nanosecond.

pub mod behavior;
pub mod fault;
pub mod link;
#[cfg(test)]
mod tests;
pub mod world;

pub use behavior::{Behavior, Channel, Context, Packet};
pub use fault::{Fault, Way};
pub use link::{LinkId, LinkPlan, NodeId};
pub use world::{Condition, Tap, World};
