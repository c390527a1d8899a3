//! The server with a real cache: what is found there, how old it may be, and who asks the database.

use super::*;
use crate::components::parts::popularity::Popularity;
use crate::stdx::Random;

fn holds(one: &One, cache: NodeId, key: u32) -> Option<u64> {
    one.rig.get(cache).holds(Key(key)).map(|v| v.0)
}

#[test]
fn a_read_asks_the_database_once() {
    for (text, reads) in [
        ("cache-use=none", 3),
        ("cache-use=objects", 1),
        ("cache-use=queries queries=1", 1),
        ("cache-use=objects joins=2", 3),
    ] {
        let mut one = one(text);
        let cache = one.cache("cache", "");
        one.rig.rote_mut(one.store, |r| r.rows.insert(Key(1), (Value(9), 1)));
        let values: Vec<u64> = (0..3).map(|_| one.value(1)).collect();
        assert_eq!((values, one.stored()), (vec![9; 3], reads), "{text}");
        assert_eq!(holds(&one, cache, 1), (text.contains("objects")).then_some(9), "{text}");
    }
}

#[test]
fn a_write_does_to_the_cache_what_it_is_told() {
    for (text, after, held) in [
        ("on-write=nothing", 0, Some(0)),
        ("on-write=delete", 5, None),
        ("on-write=write-through", 5, Some(5)),
        ("on-write=leases", 5, None),
    ] {
        let mut one = one(&format!("cache-use=objects {text}"));
        let cache = one.cache("cache", "");
        assert_eq!(one.value(1), 0);
        assert_eq!(one.reply(write(1, 5)), Reply::Ok);
        assert_eq!(holds(&one, cache, 1), held, "{text}");
        assert_eq!(one.value(1), after, "{text}");
        // An update is a write, and says what it was based on.
        assert_eq!(one.ask(operation(OpKind::Update, 1, 6)).value.0, 5);
        assert_eq!(one.value(1), if after == 0 { 0 } else { 6 }, "{text}");
    }
}

#[test]
fn a_write_cannot_find_the_queries_that_show_what_it_changed() {
    let stale = |text: &str| {
        let mut one = one(&format!("cache-use={text} on-write=delete"));
        one.cache("cache", "");
        (0..40).for_each(|_| _ = one.value(1));
        one.ask(write(1, 5));
        (0..200).filter(|_| one.value(1) != 5).count()
    };
    assert_eq!((stale("objects"), stale("queries queries=1")), (0, 0));
    // Three of the four queries still have the old row.
    let old = stale("queries queries=4");
    assert!((125..175).contains(&old), "{old} of 200 reads");
}

#[test]
fn entries_live_as_long_as_the_server_says() {
    let mut one = one("cache-use=objects cache-ttl=5s on-write=nothing");
    one.cache("cache", "ttl=1min");
    one.value(1);
    one.ask(write(1, 5));
    one.rig.run(Duration::from_secs(4));
    assert_eq!(one.value(1), 0);
    one.rig.run(Duration::from_secs(1));
    assert_eq!(one.value(1), 5);
}

#[test]
fn a_cache_that_fails_is_done_without() {
    for (text, span) in [("", 4), ("cache-timeout=20ms", 23)] {
        let mut one = one(&format!("cache-use=objects {text}"));
        let cache = one.cache("cache", "");
        one.ask(write(1, 5));
        one.rig.fault(Fault::Crash { node: cache, host: !text.is_empty() });
        let start = one.rig.world.now();
        assert_eq!(one.value(1), 5);
        assert_eq!((one.rig.world.now() - start).0 / 1_000_000, span - text.is_empty() as u64);
        assert_eq!(one.reply(write(1, 6)), Reply::Ok);
    }
}

#[test]
fn a_cache_that_lost_all_sends_its_readers_to_the_database() {
    let mut one = one("cache-use=objects");
    let cache = one.cache("cache", "");
    (0..20).for_each(|k| _ = one.value(k));
    (0..20).for_each(|k| _ = one.value(k));
    assert_eq!(one.stored(), 20);
    one.rig.crash(cache);
    one.rig.restart(cache);
    one.rig.run(MS);
    (0..20).for_each(|k| _ = one.value(k));
    assert_eq!(one.stored(), 40);
}

/// A reader loads the old value, a writer updates and deletes, the reader stores what it has: what is read after that?
fn after_the_race(text: &str) -> u64 {
    let mut one = one(&format!("cache-use=objects cache-timeout=10s {text}"));
    let cache = one.rig.machine(Kind::Cache, "cache", "");
    let link = one.rig.join(one.web, cache, HOP);
    // The reader has missed and asks the database; what it then sends to the cache is slow on its way.
    one.rig.send(one.client, one.front, read(1));
    one.rig.run(Duration::from_millis(2));
    one.rig.fault(Fault::Delay { link, by: Some(Distribution::Fixed(Duration::from_millis(50))) });
    one.rig.run(Duration::from_millis(2));
    one.rig.fault(Fault::Delay { link, by: None });
    assert_eq!(one.reply(write(1, 5)), Reply::Ok);
    assert_eq!(one.rig.answers(one.client).len(), 1, "the writer is done before the reader");
    one.rig.run(Duration::from_secs(1));
    one.value(1)
}

#[test]
fn the_race_of_reader_and_writer_leaves_the_old_value_unless_there_are_leases() {
    assert_eq!(after_the_race("on-write=delete"), 0);
    assert_eq!(after_the_race("on-write=leases"), 5);
}

/// Database reads for `readers` who come at once for a key that is not cached, at one server or at two.
fn reads_of_a_stampede(text: &str, readers: u32, servers: u32) -> usize {
    let mut one = one(&format!("cache-use=objects workers=100 {text}"));
    let cache = one.cache("cache", "");
    let twin = one.rig.machine(Kind::AppServer, "web-2", &format!("service=1ms cache-use=objects workers=100 {text}"));
    let side = one.rig.join(one.client, twin, HOP);
    one.rig.join(twin, one.store, HOP);
    one.rig.join(twin, cache, HOP);
    for i in 0..readers {
        let front = if i % servers == 0 { one.front } else { side };
        one.rig.send(one.client, front, read(1));
    }
    one.rig.run(Duration::from_secs(5));
    assert_eq!(one.rig.answers(one.client).iter().filter(|(_, a)| a.reply == Reply::Ok).count(), readers as usize);
    one.stored()
}

#[test]
fn all_who_miss_at_once_ask_the_database_unless_they_wait_for_each_other() {
    assert_eq!(reads_of_a_stampede("", 30, 2), 30);
    assert_eq!(reads_of_a_stampede("coalescing=on", 30, 1), 1);
    assert_eq!(reads_of_a_stampede("coalescing=on", 30, 2), 2);
    assert_eq!(reads_of_a_stampede("on-write=leases", 30, 2), 1);
    assert_eq!(reads_of_a_stampede("on-write=leases coalescing=on", 30, 2), 1);
}

#[test]
fn followers_share_the_failure_of_the_one_they_follow() {
    let mut one = one("coalescing=on workers=10 timeout=50ms");
    one.rig.rote_mut(one.store, |r| r.silent = true);
    (0..5).for_each(|_| _ = one.rig.send(one.client, one.front, read(1)));
    one.rig.run(Duration::from_secs(1));
    let replies: Vec<Reply> = one.rig.answers(one.client).iter().map(|(_, a)| a.reply).collect();
    assert_eq!((replies, one.stored()), (vec![Reply::Fail(Cause::TimedOut); 5], 1));
    one.rig.rote_mut(one.store, |r| r.silent = false);
    assert_eq!(one.reply(read(1)), Reply::Ok);
}

#[test]
fn a_lease_that_is_never_used_is_waited_for_only_so_long() {
    let mut one = one("cache-use=objects on-write=leases lease-wait=10ms timeout=100ms");
    let cache = one.cache("cache", "");
    let other = one.rig.client();
    let link = one.rig.join(other, cache, HOP);
    let slot = super::super::super::protocol::Slot::Object(Key(1));
    one.rig.ask(other, link, Ask { what: What::CacheGet { slot, lease: true }, ..read(1) });
    let start = one.rig.world.now();
    assert_eq!(one.value(1), 0);
    let waited = (one.rig.world.now() - start).as_millis();
    assert!((100.0..115.0).contains(&waited), "{waited} ms");
}

/// Reads of one key at 1/s and writes elsewhere at `mu`/s, both Poisson, for a time to live of `ttl`: the share of hits
/// at the cache, and of all reads that were stale.
fn poisson(lambda: f64, mu: f64, ttl: &str, renew: bool, reads: u32) -> (f64, f64) {
    let mut one = one(&format!("cache-use=objects on-write=nothing cache-ttl={ttl}"));
    let cache = one.cache("cache", &format!("renew={} ttl={ttl}", if renew { "on" } else { "off" }));
    one.rig.rote_mut(one.store, |r| r.takes = Duration::from_nanos(1));
    let (mut random, mut newest, mut stale) = (Random::stream(9, 9), 0u64, 0u32);
    let gap = |rate: f64| Distribution::Exponential(Duration::from_secs_f64(1.0 / rate));
    for _ in 0..reads {
        let mut until = gap(lambda).sample(&mut random);
        while mu > 0.0 && random.chance(mu / (lambda + mu)) {
            // Merged streams: each event is a write with probability μ/(λ+μ).
            one.rig.run(until.scale(lambda / (lambda + mu)));
            newest += 1;
            one.rig.rote_mut(one.store, |r| r.rows.insert(Key(1), (Value(newest), newest)));
            until = gap(lambda).sample(&mut random);
        }
        one.rig.run(until.scale(lambda / (lambda + mu)));
        stale += (one.value(1) != newest) as u32;
    }
    let c = one.rig.get(cache).gauge().counters;
    (c.hits as f64 / (c.hits + c.misses) as f64, stale as f64 / reads as f64)
}

#[test]
fn hits_and_staleness_of_entries_with_a_time_to_live_are_those_of_the_theory() {
    // Hits λT/(1+λT) when it is set on a miss, 1−e^{−λT} when every hit renews it (Jung et al. 2003); of the hits the
    // share 1−(1−e^{−μT})/(μT) is stale. One read takes 2 ms here, which is nothing beside 100 s between them.
    for (t, mu_t, renew, hits, stale) in [
        ("200s", 0.0, false, 0.666667, 0.0),
        ("100s", 0.0, true, 0.632121, 0.0),
        ("1000s", 1.0, false, 0.909091, 0.334436),
        ("100s", 5.0, false, 0.5, 0.400674),
    ] {
        let ttl: Duration = t.parse().unwrap();
        let found = poisson(0.01, mu_t / ttl.as_secs(), t, renew, 30_000);
        assert!((found.0 - hits).abs() < 0.01, "ttl={t}: {} hits, not {hits}", found.0);
        assert!((found.1 - stale).abs() < 0.012, "ttl={t} μT={mu_t}: {} stale, not {stale}", found.1);
    }
}

#[test]
fn a_stampede_asks_the_database_once_for_the_miss_and_once_for_each_who_comes_meanwhile() {
    // 1 + λD reads per expiry, 1 with coalescing: λ = 100/s, the database takes 100 ms, an expiry every second or so.
    for (text, expected) in [("", 11.0), ("coalescing=on", 1.0)] {
        let mut one = one(&format!("workers=1000 cache-use=objects cache-ttl=1s {text}"));
        let cache = one.cache("cache", "");
        one.rig.rote_mut(one.store, |r| r.takes = Duration::from_millis(100));
        let mut random = Random::stream(4, 4);
        let gap = Distribution::Exponential(Duration::from_millis(10));
        for _ in 0..60_000 {
            one.rig.run(gap.sample(&mut random));
            one.rig.send(one.client, one.front, read(1));
        }
        let expired = one.rig.get(cache).gauge().counters.expired;
        let reads = one.stored() as f64 / (expired + 1) as f64;
        assert!(expired > 450 && (reads / expected - 1.0).abs() < 0.03, "{text}: {reads} per expiry of {expired}");
    }
}

#[test]
fn the_hit_ratio_of_the_whole_path_is_that_of_lru() {
    let mut one = one("cache-use=objects");
    let cache = one.cache("cache", "entries=10");
    let (popularity, mut random) = (Popularity::zipf(100, 0.8), Random::stream(2, 2));
    (0..60_000).for_each(|_| _ = one.value(popularity.draw(&mut random)));
    let c = one.rig.get(cache).gauge().counters;
    let hits = c.hits as f64 / (c.hits + c.misses) as f64;
    assert!((hits - 0.264281).abs() < 0.006, "{hits}");
    assert_eq!(c.entries, 10);
}
