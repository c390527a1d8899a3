//! The judge: reads the history, proves what it can, and says "unknown" where it cannot. It was not there; it only reads.
