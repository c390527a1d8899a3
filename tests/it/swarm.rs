//! Random boards, with random faults and edits while they run: nothing panics, what holds of every run holds, and the
//! same run is the same run, again and after going back. `SEED=n` plays one and shows it; `SEEDS=n` plays so many, from
//! `FROM=n` on.

mod draw;
mod hold;

use draw::{Deed, Plan};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tradeoff::run::Run;
use tradeoff::scenario::notation;
use tradeoff::stdx::{Instant, Random};

/// Seeds that are played when nothing else is said, and the most events of one.
const SEEDS: u64 = 120;
const EVENTS: u64 = 12_000;

fn popped(run: &Run) -> u64 {
    run.state().world.popped()
}

/// Lets it all happen; `look` sees the run before and after each deed, and at the end.
fn play(mut run: Run, plan: &Plan, look: &mut dyn FnMut(&Run)) -> Run {
    let until = Instant::START + plan.document.until;
    for (at, deed) in &plan.deeds {
        run.advance_to(*at, EVENTS - popped(&run));
        look(&run);
        match deed {
            // A fault that means nothing where it strikes is refused, and nothing has happened.
            Deed::Fault(fault) => drop(run.fault(fault.clone())),
            Deed::Edit { document, renamed, words } => run.edit(document, renamed, words).unwrap(),
        }
        look(&run);
    }
    run.advance_to(until, EVENTS - popped(&run));
    look(&run);
    run
}

fn one(seed: u64) -> Run {
    let plan = draw::plan(seed);
    let mut watch = hold::Watch::default();
    let run = play(Run::recorded(&plan.document), &plan, &mut |run| watch.look(run));
    hold::history(&run);
    // Again, and nobody writes it down.
    let mut again = play(Run::new(&plan.document), &plan, &mut |_| {});
    let same = |other: &Run, how: &str| {
        assert_eq!((run.now(), run.hash()), (other.now(), other.hash()), "{how}");
        if run.report() != other.report() {
            let (one, two) = (format!("{:#}", run.report()), format!("{:#}", other.report()));
            let differs = one.lines().zip(two.lines()).find(|(a, b)| a != b);
            panic!("{how}: {differs:?}");
        }
    };
    same(&again, "the same run again");
    // Back by a checkpoint, and on again.
    let (end, events) = (again.now(), popped(&again));
    let to = Instant(Random::stream(seed, 2).below(end.0.max(1)));
    again.seek(to);
    while popped(&again) < events || again.now() < end {
        let before = (popped(&again), again.now());
        again.advance_to(end, (events - popped(&again)).min(3_000));
        assert_ne!((popped(&again), again.now()), before, "it goes on");
    }
    again.advance_to(end, 0);
    same(&again, "back and on again");
    run
}

/// The board and what befell it, for who looks for the cause.
fn show(seed: u64) -> String {
    let plan = draw::plan(seed);
    let mut text = format!("SEED={seed}\n{}", notation::write(&plan.document));
    for (at, deed) in &plan.deeds {
        text += &match deed {
            Deed::Fault(fault) => format!("# live, {at}: {fault}\n"),
            Deed::Edit { words, document, .. } => {
                format!("# live, {at}: {words}; from now on\n{}", notation::write(document))
            }
        };
    }
    text
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whatever_is_drawn_and_done_what_must_hold_holds() {
    if let Some(seed) = number("SEED") {
        println!("{}", show(seed));
        println!("{}", one(seed).report_text());
        return;
    }
    let mut failed = Vec::new();
    let (mut events, mut operations) = (0, 0);
    let from = number("FROM").unwrap_or(0);
    for seed in from..from + number("SEEDS").unwrap_or(SEEDS) {
        match catch_unwind(AssertUnwindSafe(|| one(seed))) {
            Ok(run) => {
                events += popped(&run);
                operations += run.state().judge().operations();
            }
            Err(_) => failed.push(seed),
        }
    }
    println!("{events} events, {operations} operations");
    assert!(operations > 0, "nobody asked anything");
    assert!(failed.is_empty(), "seeds {failed:?}; SEED= shows one");
}

/// Boards on which something that must hold did not, once.
const FOUND: &[(&str, &str)] = &[
    (
        "Writes that wait for a copy's acknowledgement are lost with a crash: they were counted as completed.",
        "users users rate=50/s reads=0%\ndatabase db recovery=1s\ndatabase copy\nusers -> db\n\
         db => copy mode=sync\nat 5s cut db=>copy\nat 6s crash db\nat 7s restart db\n",
    ),
    (
        "A read that waits for its position was counted when it went on, and not when it came.",
        "users users rate=100/s reads=50% keys=1 population=5\napp-server web reads=wait\ndatabase db\ndatabase copy\n\
         users -> web\nweb -> db\nweb -> copy\ndb => copy latency=100ms\nat 5s cut db=>copy\n",
    ),
    (
        "A static store counted a page as completed when its origin had failed, and as crashed besides.",
        "users users rate=100/s pages=100% login=off\nstatic-store edge ttl=1ms\napp-server web workers=1 room=1 service=50ms\n\
         users -> edge -> web\nat 5s crash edge\nat 6s restart edge\n",
    ),
    (
        "A balancer's checks under way counted as requests that its crash lost.",
        "users users rate=100/s\nload-balancer lb check-every=10ms\napp-server web clones=3\nusers -> lb -> web latency=20ms\n\
         at 5s crash lb\nat 6s restart lb\n",
    ),
    (
        "A machine that had nothing to do at the end was reported busier than it was.",
        "users users rate=100/s\ndatabase db\nusers -> db\nat 2s traffic users x0\n",
    ),
    (
        "What a crash interrupted was missing from the work that a replica had done for others.",
        "users users rate=100/s\nquorum-store store clones=1\nquorum-store other clones=1 read=50ms\n\
         users -> store\nstore <=> other\nat 5s crash other\nat 6s restart other\n",
    ),
];

#[test]
fn what_was_found_stays_mended() {
    for (what, text) in FOUND {
        let document = super::board(&format!("seed 1\nuntil 10s\n{text}"));
        let plan = Plan { document, deeds: Vec::new() };
        let mut watch = hold::Watch::default();
        let mut run = Run::recorded(&plan.document);
        for second in 1..=10 {
            run.advance_to(Instant(second * 1_000_000_000), u64::MAX);
            watch.look(&run);
        }
        hold::history(&run);
        assert!(run.state().judge().operations() > 100, "{what}");
    }
}
