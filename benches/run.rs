//! How many events a second a run handles, through the public document, with everything on: judge, series, traces.
//! Rates are of this machine; compare the rows with each other, and two states of the code in one sitting.

#![expect(clippy::disallowed_types, reason = "a bench measures real time")]

use std::time::Instant as Clock;
use tradeoff::run::Run;
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
    println!("{:<14} {:>12} {:>12} {:>10} {:>12}", "board", "events", "operations", "seconds", "M events/s");
    for (name, text, seconds) in BOARDS {
        let document = notation::parse(text).unwrap_or_else(|p| panic!("{name}: {p:?}"));
        let mut run = Run::new(&document);
        let clock = Clock::now();
        run.advance(Duration::from_secs(seconds), u64::MAX);
        let took = clock.elapsed().as_secs_f64();
        let events = run.state().world.handled();
        println!(
            "{name:<14} {events:>12} {:>12} {took:>10.2} {:>12.2}",
            run.state().judge.operations(),
            events as f64 / took / 1e6
        );
    }
}
