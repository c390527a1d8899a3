//! The database, asked by hand in a small world of its own.

mod both_ways;
mod failover;
mod group;
mod numbers;
mod one_way;
mod rig;
mod swarm;

use crate::components::protocol::{Order, Reply, What};
use crate::history::{Cause, Fact, Gone, Kind, Value};
use crate::sim::Fault;
use rig::{Rig, ms, secs};

const QUICK: &str = "read=1ms write=2ms recovery=1s";

fn facts(rig: &Rig, which: impl Fn(&Fact) -> bool) -> Vec<Fact> {
    rig.facts.iter().map(|(_, f)| *f).filter(which).collect()
}

#[test]
fn reads_writes_and_updates_take_their_time_and_their_place() {
    let mut rig = Rig::new();
    let db = rig.database(QUICK);
    let client = rig.client(&[db]);
    let first = rig.ask(client, db, Kind::Read, 5);
    rig.run(ms(1));
    assert_eq!(rig.answer(first), None, "0.25 ms there, 1 ms of work, 0.25 ms back");
    rig.run(ms(2));
    let answer = rig.answer(first).unwrap();
    assert_eq!((answer.reply, answer.value, answer.position), (Reply::Ok, Value::INITIAL, 0));
    assert_eq!(rig.answered_at(first), Some(ms(0) + crate::stdx::Duration::from_micros(1500)));
    let write = rig.ask(client, db, Kind::Write, 5);
    rig.run(ms(10));
    let update = rig.ask(client, db, Kind::Update, 5);
    rig.run(ms(20));
    let read = rig.ask(client, db, Kind::Read, 5);
    rig.run(ms(30));
    let (w, u, r) = (rig.answer(write).unwrap(), rig.answer(update).unwrap(), rig.answer(read).unwrap());
    assert_eq!((w.position, u.position, r.position), (1, 2, 2));
    assert_eq!(u.value, w.value, "an update returns the value it was based on");
    assert_eq!(r.value, rig.value_of(update));
    assert_eq!(rig.holds(db, 5), rig.value_of(update));
    let seen = facts(&rig, |f| !matches!(f, Fact::Reached { .. } | Fact::Answered { .. }));
    assert_eq!(seen.len(), 1 + 2 + 2 * 2, "joined, two reads served, two writes ordered and applied: {seen:?}");
}

#[test]
fn a_request_sent_twice_is_done_once() {
    let mut rig = Rig::new();
    let db = rig.database(QUICK);
    let client = rig.client(&[db]);
    let write = rig.ask(client, db, Kind::Write, 1);
    let update = rig.ask(client, db, Kind::Update, 1);
    rig.run(ms(10));
    let again = rig.repeat(client, db, update);
    rig.run(ms(20));
    assert_eq!(rig.answer(again).unwrap().value, rig.value_of(write));
    assert_eq!(rig.answer(again).unwrap().position, 2);
    assert_eq!(facts(&rig, |f| matches!(f, Fact::Ordered { .. })).len(), 2);
}

#[test]
fn tuning_has_its_gain_and_its_price() {
    // Settings, then the milliseconds of a read and of a write.
    for (settings, read, write) in [
        ("", 1.0, 2.0),
        ("joins=3 join=1ms", 4.0, 2.0),
        ("joins=3 join=1ms denormalised=on", 1.0, 8.0),
        ("index=off scan=40ms", 41.0, 1.8),
        ("durable=off", 1.0, 1.0),
        ("size=xl", 0.125, 0.25),
    ] {
        let mut rig = Rig::new();
        let db = rig.database(&format!("{QUICK} {settings}"));
        let client = rig.client(&[db]);
        for (kind, took) in [(Kind::Read, read), (Kind::Write, write)] {
            let begun = rig.now();
            let ask = rig.ask(client, db, kind, 0);
            rig.run(begun + crate::stdx::Duration::from_millis(100));
            let span = rig.answered_at(ask).unwrap() - begun;
            assert!((span.as_millis() - 0.5 - took).abs() < 1e-6, "{settings}: {kind:?} took {span}");
        }
    }
}

#[test]
fn any_write_empties_the_query_cache() {
    let mut rig = Rig::new();
    let db = rig.database("read=10ms write=2ms query-cache=on");
    let client = rig.client(&[db]);
    let mut took = |kind, key| {
        let begun = rig.now();
        let ask = rig.ask(client, db, kind, key);
        rig.run(begun + crate::stdx::Duration::from_millis(50));
        (rig.answered_at(ask).unwrap() - begun).as_millis() - 0.5
    };
    let times = [
        took(Kind::Read, 1),
        took(Kind::Read, 1),
        took(Kind::Read, 2),
        took(Kind::Write, 3),
        took(Kind::Read, 1),
        took(Kind::Read, 1),
    ];
    assert_eq!(times.map(|t| (t * 10.0 + 0.5) as u32), [100, 1, 100, 20, 100, 1]);
}

#[test]
fn a_crash_keeps_what_was_flushed_and_loses_the_rest() {
    for (durable, survives) in [("on", true), ("off", false)] {
        let mut rig = Rig::new();
        let db = rig.database(&format!("{QUICK} durable={durable}"));
        let client = rig.client(&[db]);
        let old = rig.ask(client, db, Kind::Write, 1);
        rig.run(secs(2));
        let new = rig.ask(client, db, Kind::Write, 1);
        rig.run(secs(2) + crate::stdx::Duration::from_millis(100));
        assert_eq!(rig.answer(new).unwrap().reply, Reply::Ok);
        rig.fault(Fault::Crash { node: db, host: false });
        let refused = rig.ask(client, db, Kind::Read, 1);
        rig.run(secs(3));
        assert!(rig.was_refused(refused));
        rig.fault(Fault::Restart { node: db });
        let early = rig.ask(client, db, Kind::Read, 1);
        rig.run(secs(5));
        assert_eq!(rig.answer(early).unwrap().reply, Reply::Fail(Cause::Refused), "it recovers for 1 s");
        let read = rig.ask(client, db, Kind::Read, 1);
        rig.run(secs(6));
        let kept = rig.value_of(if survives { new } else { old });
        assert_eq!(rig.answer(read).unwrap().value, kept);
        let gone = facts(&rig, |f| matches!(f, Fact::Discarded { why: Gone::Destroyed, .. }));
        assert_eq!(gone.len(), !survives as usize);
    }
}

#[test]
fn one_connection_too_many_is_refused() {
    let mut rig = Rig::new();
    let db = rig.database("read=10ms workers=2 connections=5");
    let client = rig.client(&[db]);
    let asks: Vec<_> = (0..6).map(|k| rig.ask(client, db, Kind::Read, k)).collect();
    rig.run(secs(1));
    let replies: Vec<Reply> = asks.iter().map(|a| rig.answer(*a).unwrap().reply).collect();
    assert_eq!(replies[..5], [Reply::Ok; 5]);
    assert_eq!(replies[5], Reply::Fail(Cause::Full));
    assert_eq!(rig.gauge(db).counters.refused, 1);
}

#[test]
fn a_full_disk_stops_writes_only_and_a_lost_one_everything() {
    let mut rig = Rig::new();
    let db = rig.database(QUICK);
    let client = rig.client(&[db]);
    let first = rig.ask(client, db, Kind::Write, 1);
    rig.run(ms(10));
    rig.order(db, Order::FillDisk);
    let (write, read) = (rig.ask(client, db, Kind::Write, 1), rig.ask(client, db, Kind::Read, 1));
    let probe = rig.ask_what(client, db, What::Probe);
    rig.run(ms(20));
    assert_eq!(rig.answer(write).unwrap().reply, Reply::Fail(Cause::Disk));
    assert_eq!(rig.answer(read).unwrap().value, rig.value_of(first));
    assert_eq!(rig.answer(probe).unwrap().reply, Reply::Well { writable: false });
    rig.order(db, Order::LoseDisk);
    let read = rig.ask(client, db, Kind::Read, 1);
    rig.run(ms(30));
    assert_eq!(rig.answer(read).unwrap().reply, Reply::Fail(Cause::Disk));
    assert_eq!(facts(&rig, |f| matches!(f, Fact::Discarded { why: Gone::Destroyed, .. })).len(), 1);
}

#[test]
fn sessions_are_kept_over_a_crash() {
    let mut rig = Rig::new();
    let db = rig.database(QUICK);
    let client = rig.client(&[db]);
    let none = rig.ask_what(client, db, What::SessionGet);
    rig.ask_what(client, db, What::SessionPut { cart: 3 });
    rig.run(ms(10));
    rig.fault(Fault::Crash { node: db, host: true });
    rig.fault(Fault::Restart { node: db });
    rig.run(secs(2));
    let some = rig.ask_what(client, db, What::SessionGet);
    rig.run(secs(3));
    assert_eq!(rig.answer(none).unwrap().reply, Reply::NoSession);
    assert_eq!(rig.answer(some).unwrap().reply, Reply::Session { cart: 3 });
    assert_eq!(rig.gauge(db).counters.sessions, 1);
}
