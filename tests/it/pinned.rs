//! One run whose hash is pinned: the same on the host and in the browser, today and for as long as nobody changes what
//! it means on purpose. Included by the tests of both; it may not know where it runs.

use tradeoff::run::Run;
use tradeoff::scenario::{examples, notation};
use tradeoff::stdx::Duration;

/// The three tiers on a bad day, 60 s: every event at its instant, every line of the history. A change of a
/// component's behaviour changes it: then look at what changed, and pin the new one.
pub const HASH: u64 = 0x3c73_32bb_827b_7d2d;

/// The hash of that run, in slices as the page runs it.
pub fn run() -> u64 {
    let example = examples::find("three-tiers-broken").expect("the example is there");
    let document = notation::parse(example.text()).expect("the example can be read");
    let mut run = Run::new(&document);
    run.watch(5);
    while !run.advance(Duration::from_secs(60) - (run.now() - tradeoff::stdx::Instant::START), 10_000) {
        run.take_dots();
    }
    run.hash()
}
