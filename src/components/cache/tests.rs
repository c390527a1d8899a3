//! The cache alone, asked by hand.

use super::*;
use crate::components::Kind;
use crate::components::parts::rig::{Rig, read};
use crate::sim::NodeId;

fn rig(text: &str) -> (Rig, NodeId, NodeId, LinkId) {
    let mut rig = Rig::new(1);
    let client = rig.client();
    let cache = rig.machine(Kind::Cache, "cache", text);
    let link = rig.join(client, cache, Duration::from_micros(100));
    (rig, client, cache, link)
}

fn get(key: u32) -> Ask {
    Ask { what: What::CacheGet { slot: Slot::Object(Key(key)), lease: false }, ..read(key) }
}

fn leased(key: u32) -> Ask {
    Ask { what: What::CacheGet { slot: Slot::Object(Key(key)), lease: true }, ..read(key) }
}

fn set(key: u32, value: u64) -> Ask {
    fill(key, value, Duration::ZERO, 0)
}

fn fill(key: u32, value: u64, ttl: Duration, lease: u32) -> Ask {
    Ask { what: What::CacheSet { slot: Slot::Object(Key(key)), value: Value(value), ttl, lease }, ..read(key) }
}

fn delete(key: u32) -> Ask {
    Ask { what: What::CacheDelete { slot: Slot::Object(Key(key)) }, ..read(key) }
}

/// What a look-up finds.
fn found(rig: &mut Rig, client: NodeId, link: LinkId, key: u32) -> Option<u64> {
    let answer = rig.ask(client, link, get(key));
    (answer.reply == Reply::Ok).then_some(answer.value.0)
}

fn counters(rig: &Rig, cache: NodeId) -> crate::components::parts::gauge::Counters {
    rig.get(cache).gauge().counters
}

#[test]
fn what_is_stored_is_found_until_it_is_deleted() {
    let (mut rig, client, cache, link) = rig("");
    assert_eq!(found(&mut rig, client, link, 1), None);
    rig.ask(client, link, set(1, 10));
    let query = Ask { what: What::CacheGet { slot: Slot::Query(1), lease: false }, ..read(1) };
    assert_eq!(rig.ask(client, link, query).reply, MISS);
    assert_eq!(found(&mut rig, client, link, 1), Some(10));
    assert_eq!(rig.get(cache).holds(Key(1)), Some(Value(10)));
    rig.ask(client, link, delete(1));
    assert_eq!(found(&mut rig, client, link, 1), None);
    let c = counters(&rig, cache);
    assert_eq!((c.hits, c.misses, c.entries, c.arrivals, c.completions), (1, 3, 0, 6, 6));
}

#[test]
fn entries_expire_after_the_askers_time_or_the_caches_own() {
    let (mut rig, client, cache, link) = rig("ttl=10s");
    rig.ask(client, link, set(1, 10));
    rig.ask(client, link, fill(2, 20, Duration::from_secs(1), 0));
    rig.run(Duration::from_secs(2));
    assert_eq!((found(&mut rig, client, link, 1), found(&mut rig, client, link, 2)), (Some(10), None));
    rig.run(Duration::from_secs(8));
    assert_eq!(rig.get(cache).holds(Key(2)), None);
    assert_eq!(found(&mut rig, client, link, 1), None);
    assert_eq!(counters(&rig, cache).expired, 2);
}

#[test]
fn a_hit_renews_where_it_is_told_to() {
    for (text, expected) in [("ttl=10s renew=on", Some(10)), ("ttl=10s renew=off", None)] {
        let (mut rig, client, _, link) = rig(text);
        rig.ask(client, link, set(1, 10));
        rig.run(Duration::from_secs(6));
        assert_eq!(found(&mut rig, client, link, 1), Some(10));
        rig.run(Duration::from_secs(6));
        assert_eq!(found(&mut rig, client, link, 1), expected, "{text}");
    }
}

#[test]
fn a_full_cache_evicts_or_refuses() {
    for (text, reply, first) in [
        ("entries=2 eviction=lru", Reply::Ok, None),
        ("entries=2 eviction=refuse", Reply::Fail(Cause::Full), Some(1)),
    ] {
        let (mut rig, client, cache, link) = rig(text);
        rig.ask(client, link, set(1, 1));
        rig.ask(client, link, set(2, 2));
        assert_eq!(rig.ask(client, link, set(3, 3)).reply, reply);
        assert_eq!(found(&mut rig, client, link, 1), first);
        assert_eq!(counters(&rig, cache).evictions, (first.is_none()) as u64);
        rig.set(cache, Kind::Cache, "entries=1 eviction=lru");
        assert_eq!(counters(&rig, cache).entries, 1);
    }
}

#[test]
fn a_lease_is_given_once_and_ended_by_a_delete() {
    let (mut rig, client, _, link) = rig("lease-time=5s");
    let Reply::Miss { lease, wait: false } = rig.ask(client, link, leased(1)).reply else { panic!() };
    assert_ne!(lease, 0);
    assert_eq!(rig.ask(client, link, leased(1)).reply, Reply::Miss { lease: 0, wait: true });
    // The writer's delete comes before the reader's old value: that must not be stored.
    rig.ask(client, link, delete(1));
    rig.ask(client, link, fill(1, 9, Duration::ZERO, lease));
    assert_eq!(found(&mut rig, client, link, 1), None);
    let Reply::Miss { lease: second, wait: false } = rig.ask(client, link, leased(1)).reply else { panic!() };
    rig.ask(client, link, fill(1, 10, Duration::ZERO, lease));
    assert_eq!(found(&mut rig, client, link, 1), None);
    rig.ask(client, link, fill(1, 11, Duration::ZERO, second));
    assert_eq!(found(&mut rig, client, link, 1), Some(11));
    // Who got the lease and died does not block the entry for ever.
    assert!(matches!(rig.ask(client, link, leased(2)).reply, Reply::Miss { wait: false, .. }));
    rig.run(Duration::from_secs(5));
    assert!(matches!(rig.ask(client, link, leased(2)).reply, Reply::Miss { wait: false, .. }));
}

#[test]
fn it_keeps_sessions_apart_from_values_and_for_as_long_as_they_are_used() {
    let (mut rig, client, _, link) = rig("session-ttl=10s");
    let session_get = Ask { what: What::SessionGet, ..read(1) };
    assert_eq!(rig.ask(client, link, session_get).reply, Reply::NoSession);
    rig.ask(client, link, Ask { what: What::SessionPut { cart: 3 }, ..read(1) });
    for _ in 0..3 {
        rig.run(Duration::from_secs(8));
        assert_eq!(rig.ask(client, link, session_get).reply, Reply::Session { cart: 3 });
    }
    assert_eq!(found(&mut rig, client, link, 1), None);
    rig.run(Duration::from_secs(11));
    assert_eq!(rig.ask(client, link, session_get).reply, Reply::NoSession);
}

#[test]
fn a_crash_empties_it_unless_it_is_kept_on_disk() {
    for (text, order, after) in [
        ("", None, None),
        ("persist=on", None, Some(10)),
        ("persist=on", Some(Order::LoseDisk), None),
        ("persist=on", Some(Order::DropCache), None),
    ] {
        let (mut rig, client, cache, link) = rig(text);
        rig.ask(client, link, set(1, 10));
        if let Some(order) = order {
            assert!(rig.with(cache, |m, ctx| m.order(order, ctx)));
        }
        rig.crash(cache);
        rig.restart(cache);
        rig.run(Duration::from_millis(1));
        assert_eq!(found(&mut rig, client, link, 1), after, "{text} {order:?}");
    }
    let (mut rig, client, cache, link) = rig("persist=on");
    rig.run(Duration::from_millis(1));
    assert!(rig.with(cache, |m, ctx| m.order(Order::FillDisk, ctx)));
    assert_eq!(rig.ask(client, link, set(1, 1)).reply, Reply::Fail(Cause::Disk));
    assert!(!rig.with(cache, |m, ctx| m.order(Order::Promote, ctx)));
}

#[test]
fn commands_wait_in_line_and_writes_to_disk_take_longer() {
    let (mut rig, client, cache, link) = rig("service=1ms room=1 persist=on sync=4ms size=m");
    for ask in [set(1, 1), get(1), get(1)] {
        rig.send(client, link, ask);
    }
    let probe = rig.ask(client, link, Ask { what: What::Probe, ..read(0) });
    assert_eq!(probe.reply, Reply::Well { writable: true });
    rig.run(Duration::from_secs(1));
    let seen: Vec<(u64, Reply)> =
        rig.answers(client).iter().map(|(at, a)| (at.0 / 100_000, a.reply)).collect();
    let well = Reply::Well { writable: true };
    // Size M works twice as fast: 2.5 ms for the write, 0.5 ms for the read behind it.
    let full = Reply::Fail(Cause::Full);
    assert_eq!(seen, vec![(2, full), (2, well), (27, Reply::Ok), (32, Reply::Ok)]);
    assert_eq!(counters(&rig, cache).refused, 1);
    assert_eq!(rig.ask(client, link, read(1)).reply, Reply::Fail(Cause::Error));
}

#[test]
fn a_larger_cache_costs_more_than_it_gains() {
    let price = |text| Kind::Cache.price_per_hour(&crate::components::parts::rig::settings(Kind::Cache, text));
    assert_eq!(price("clones=3"), 3.0 * price(""));
    assert!(price("size=xl") > 8.0 * price(""));
}
