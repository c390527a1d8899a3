//! Counts what clients saw, bucket by bucket of simulated time, for the charts and the report. It judges nothing.

pub mod probes;
pub mod queueing;
pub mod scalability;
pub mod series;
pub mod spells;
