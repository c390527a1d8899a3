//! Who shares the workers and how: processor sharing, crowding, hanging up; errors by chance; many rows at once.

use super::*;

/// Sends so many reads at once and says when each answer came, in tenths of a millisecond, and whether it was good.
fn at_once(one: &mut One, requests: u32) -> Vec<(u64, bool)> {
    let start = one.rig.world.now();
    for key in 0..requests {
        one.rig.send(one.client, one.front, operation(OpKind::Page, key, 0));
    }
    one.rig.run(Duration::from_secs(10));
    let answers = one.rig.answers(one.client).iter();
    answers.map(|(at, a)| ((*at - start).0 / 100_000, a.reply == Reply::Ok)).collect()
}

#[test]
fn workers_take_turns_and_cores_are_shared() {
    // Two hops and the work of 1 ms, or a multiple of it.
    for (text, expected) in [
        ("workers=1", vec![(12, true), (22, true), (32, true)]),
        ("workers=1 discipline=sharing", vec![(32, true), (32, true), (32, true)]),
        ("workers=2 discipline=sharing", vec![(17, true), (17, true), (17, true)]),
        ("workers=3 discipline=sharing", vec![(12, true), (12, true), (12, true)]),
        ("workers=1 room=1 discipline=sharing", vec![(2, false), (22, true), (22, true)]),
        ("workers=1 discipline=sharing size=m", vec![(17, true), (17, true), (17, true)]),
    ] {
        let mut one = one(text);
        assert_eq!(at_once(&mut one, 3), expected, "{text}");
        let c = one.counters();
        assert_eq!(c.arrivals, c.completions + c.refused, "{text}");
    }
}

#[test]
fn shared_cores_are_not_busier_than_they_are_many() {
    let mut one = one("workers=2 discipline=sharing");
    at_once(&mut one, 6);
    let tally = one.rig.get(one.web).tally().unwrap().until(one.rig.world.now());
    // Six pieces of work of 1 ms on two cores.
    assert_eq!((tally.busy / 1000, tally.in_system / 1000), (2 * 3000, 6 * 3000));
}

#[test]
fn a_crash_empties_shared_cores() {
    let mut one = one("workers=1 discipline=sharing");
    one.rig.send(one.client, one.front, operation(OpKind::Page, 1, 0));
    one.rig.run(HOP);
    one.rig.crash(one.web);
    one.rig.restart(one.web);
    one.rig.run(MS);
    assert_eq!((one.counters().crashed, at_once(&mut one, 1)), (1, vec![(12, true)]));
}

#[test]
fn whoever_is_out_of_patience_leaves_the_line_unserved() {
    let mut one = one("workers=1 patience=1500us");
    // The first is served at once, the second after 1 ms; the others leave after 1.5 ms.
    assert_eq!(at_once(&mut one, 4), vec![(12, true), (17, false), (17, false), (22, true)]);
    let c = one.counters();
    assert_eq!((c.arrivals, c.completions, c.abandoned, c.timed_out), (4, 2, 2, 2));
}

#[test]
fn work_takes_longer_among_many() {
    // Three begin at once: the n-th finds n busy and takes 1 + 0.5 (n-1) + 0.1 n (n-1) times as long.
    let mut one = one("workers=3 contention=0.5 coherency=0.1");
    assert_eq!(at_once(&mut one, 3), vec![(12, true), (19, true), (28, true)]);
}

#[test]
fn some_requests_end_in_an_error_by_chance() {
    let mut one = one("errors=25% workers=1000 room=10000");
    let answers = at_once(&mut one, 4000);
    let failed = answers.iter().filter(|(_, ok)| !ok).count();
    assert!(failed.abs_diff(1000) < 100, "{failed}");
    assert_eq!(one.counters().failed, failed as u64);
}

#[test]
fn a_read_waits_for_the_last_of_its_rows() {
    let mut one = one("fan-out=5");
    one.ask(write(7, 70));
    let (asked, start) = (one.stored(), one.rig.world.now());
    assert_eq!(one.value(7), 70);
    assert_eq!(one.stored() - asked, 5);
    // All at once: no longer than one row.
    assert!(one.rig.world.now() - start < Duration::from_millis(5));
    // One row that does not come: the read fails, once.
    one.rig.crash(one.store);
    assert_eq!(one.reply(read(7)), Reply::Fail(Cause::Refused));
    one.rig.restart(one.store);
    assert_eq!(one.reply(read(7)), Reply::Ok);
    assert_eq!(one.rig.get(one.web).gauge().busy, 0);
}
