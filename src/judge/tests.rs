//! What holds for all checkers together: their verdicts are always all there, and memory stays flat.

use super::load::Load;
use super::*;

/// Reads so many entries of a load and tells what is remembered half-way and at the end.
fn remembered(entries: usize) -> (usize, usize, Judge) {
    let mut judge = Judge::new();
    let mut early = 0;
    for (n, entry) in Load::new(200, 16, true).take(entries).enumerate() {
        judge.read(&entry);
        if n == entries / 2 {
            early = judge.retained();
        }
    }
    (early, judge.retained(), judge)
}

#[test]
fn memory_stays_flat() {
    // Eight minutes at 1,000 operations a second: by then every bounded table is full (`benches/judge.rs` reads
    // an hour).
    let (early, late, judge) = remembered(1_600_000);
    println!("remembered: {early} things half-way, {late} after {} operations", judge.operations());
    assert!(judge.operations() > 480_000);
    assert!(late < early + early / 50, "{early} things remembered, then {late}");
}

#[test]
fn a_good_history_is_judged_good() {
    let (_, _, judge) = remembered(100_000);
    for verdict in judge.verdicts() {
        let quiet =
            ["at-least-once", "at-most-once", "exactly-once", "jobs-in-order", "sessions-kept", "available"];
        match verdict.id {
            // Lost answers are no contradiction, but they are no success either.
            "no-errors" => assert!(verdict.state.is_broken()),
            "no-failed-write-visible" => assert_eq!(verdict.state, State::NotExercised),
            id if quiet.contains(&id) => assert_eq!(verdict.state, State::NotExercised, "{id}"),
            id => assert_eq!(verdict.state, State::Holds, "{id}"),
        }
    }
    assert_eq!(judge.cap().pacelc.name(), "P?/EC");
}

#[test]
fn verdicts_are_always_all_there_in_the_same_order() {
    let ids = |judge: &Judge| judge.verdicts().iter().map(|v| v.id).collect::<Vec<_>>();
    let empty = Judge::new();
    let mut sorted = ids(&empty);
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), ids(&empty).len(), "two verdicts have the same id");
    let (_, _, judge) = remembered(1000);
    assert_eq!(ids(&judge), ids(&empty));
}
