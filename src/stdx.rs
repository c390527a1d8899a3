//! What the standard library might have had: simulated time, distributions, random streams, an event queue.
//! It may know nothing of the rest of the house.

pub mod distribution;
pub mod grouping;
pub mod hash;
pub mod histogram;
pub mod late;
pub mod priority_queue;
pub mod random;
pub mod table;
pub mod time;

pub use distribution::Distribution;
pub use random::Random;
pub use time::{Duration, Instant};
