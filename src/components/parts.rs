//! What machines are made of: the station (workers and a waiting line), the calls that are waiting for an answer, the
//! keys' popularity. Parts know the engine, the history and the protocol, and no machine.

pub mod address;
#[cfg(test)]
pub mod bench;
pub mod calls;
pub mod deadlines;
pub mod disk;
pub mod entries;
pub mod gauge;
pub mod log;
pub mod popularity;
pub mod ring;
pub mod sharing;
pub mod size;
pub mod station;
pub mod store;
pub mod wear;

#[cfg(test)]
pub mod rig;
