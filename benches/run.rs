//! How many events a second a run handles, through the public document, with everything on: series, traces, and the
//! judge: not at all, beside the run as `tradeoff run` has it read, and on the run's own thread as the page does. What it
//! adds is time that passes; beside the run it takes a second core. Rates are of this machine; compare the rows with each
//! other, and two states of the code in one sitting.

#![expect(clippy::disallowed_types, reason = "a bench measures real time")]

use std::hint::black_box;
use std::time::Instant as Clock;
use tradeoff::run::Run;
use tradeoff::run::beside::Thread;
use tradeoff::scenario::notation;
use tradeoff::stdx::Duration;

const BOARDS: [(&str, &str, u64); 3] = [
    (
        "M/M/4",
        "users u population=100000 rate=3200/s reads=100% keys=1000 timeout=10s retries=0\n\
         database s workers=4 read=exp(1ms)\n u -> s latency=0s\n",
        300,
    ),
    (
        "three tiers",
        "users u rate=2000/s reads=90% keys=1000\nload-balancer lb\napp-server web clones=3\ncache c\ndatabase db workers=32\n\
         u -> lb -> web -> db\nweb -> c\n",
        60,
    ),
    (
        "replication",
        "users u rate=2000/s reads=50% keys=1000\ndatabase db workers=64\ndatabase copy\nu -> db\ndb => copy latency=40ms\n",
        60,
    ),
];

fn main() {
    // `cargo test --benches` only wants to see that it runs.
    let quick = std::env::args().any(|a| a == "--test");
    let rounds = if quick { 1 } else { 5 };
    println!(
        "{:<14} {:>10} {:>11} {:>11} {:>11} {:>11} {:>11} {:>11}   M events/s",
        "board", "events", "operations", "unjudged", "beside", "it adds", "within", "it adds"
    );
    for (name, text, seconds) in BOARDS {
        let document = notation::parse(text).unwrap_or_else(|p| panic!("{name}: {p:?}"));
        let span = Duration::from_secs(if quick { 1 } else { seconds });
        // By turns, and of each the best: the machine has other things to do.
        let (mut without, mut beside, mut within) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
        let (mut events, mut operations) = (0, 0);
        for _ in 0..rounds {
            let mut run = Run::unjudged(&document).onward();
            without = without.min(timed(|| run.advance(span, u64::MAX)));
            let mut run = Run::new(&document).onward().judged_at(Thread::place);
            beside = beside.min(timed(|| run.advance(span, u64::MAX)));
            let mut run = Run::new(&document).onward();
            within = within.min(timed(|| run.advance(span, u64::MAX)));
            (events, operations) = (run.state().world.handled(), run.state().judge().operations());
        }
        let rate = |seconds: f64| events as f64 / seconds / 1e6;
        let added = |seconds: f64| (seconds / without - 1.0) * 100.0;
        println!(
            "{name:<14} {events:>10} {operations:>11} {:>11.2} {:>11.2} {:>9.0} % {:>11.2} {:>9.0} %",
            rate(without),
            rate(beside),
            added(beside),
            rate(within),
            added(within)
        );
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> f64 {
    let clock = Clock::now();
    black_box(work());
    clock.elapsed().as_secs_f64()
}
