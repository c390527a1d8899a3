//! The notation: a board as people write it, a line a thing. `parse(write(d)) == d` for every document that is whole in
//! itself (names that exist, settings that are allowed); whether it can run is `problem`'s to say, not asked here.
//!
//! ```text
//! # Comment lines are kept, all together, at the top; comments behind something are not.
//! title Three tiers, one replica
//! seed 7
//! until 60s
//!
//! zone east
//! users shoppers    @96,240  in east  rate=120/s reads=90%
//! app-server web    clones=3 service=exp(12ms)
//! database db       label="quoted when it holds spaces"
//! database copy
//!
//! shoppers -> web -> db   latency=1ms
//! db => copy              latency=40ms
//!
//! at 5s  cut db=>copy
//! at 9s  heal db=>copy
//!
//! file access.log <<END
//! 127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326
//! END
//! ```
//!
//! A line that ends in a lone `\` goes on in the next. A chain's settings hold for each of its lines. Machines without
//! a position are laid out (see `layout`), and positions are written only when they are not what the layout gives. A
//! file whose text does not end in a line break is written `file name <<END bare`; `file name` alone is a file beside the board's
//! (`parse_beside`).

mod lex;
mod read;
mod spots;
mod write;

pub use read::{parse, parse_beside, parse_with_spots};
pub use spots::Spots;
pub use write::write;

#[cfg(test)]
mod tests;
