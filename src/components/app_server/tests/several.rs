//! Several databases: who takes the writes, who answers the reads; and several cache nodes.

use super::*;

/// A server with a master "db" and two copies that show what they are told.
struct Many {
    rig: Rig,
    client: NodeId,
    front: LinkId,
    stores: Vec<NodeId>,
}

fn many(text: &str, writable: &[bool]) -> Many {
    let mut rig = Rig::new(1);
    let client = rig.client();
    let web = rig.machine(Kind::AppServer, "web-1", &format!("service=1ms {text}"));
    let front = rig.join(client, web, HOP);
    let stores: Vec<NodeId> = (writable.iter().enumerate())
        .map(|(i, writable)| rig.rote(&format!("db-{i}"), *writable, Duration::from_millis(2)))
        .collect();
    stores.iter().for_each(|store| _ = rig.join(web, *store, HOP));
    rig.run(MS);
    Many { rig, client, front, stores }
}

impl Many {
    fn ask(&mut self, ask: Ask) -> Reply {
        self.rig.ask(self.client, self.front, ask).reply
    }

    /// How many operations each store has been asked since the last time.
    fn shares(&mut self) -> Vec<usize> {
        let stores = self.stores.clone();
        stores.iter().map(|s| self.rig.rote_mut(*s, |r| std::mem::take(&mut r.asked).len())).collect()
    }
}

#[test]
fn reads_go_where_the_setting_says_and_writes_to_the_one_that_takes_them() {
    for (text, reads) in [
        ("reads=primary", vec![0, 12, 0]),
        ("reads=any", vec![4, 4, 4]),
        ("reads=replicas", vec![6, 0, 6]),
        ("reads=wait", vec![6, 0, 6]),
    ] {
        let mut m = many(text, &[false, true, false]);
        (0..12).for_each(|k| assert_eq!(m.ask(read(k)), Reply::Ok));
        assert_eq!(m.shares(), reads, "{text}");
        (0..5).for_each(|k| assert_eq!(m.ask(write(k, 1)), Reply::Ok));
        assert_eq!(m.shares(), vec![0, 5, 0], "{text}");
    }
}

#[test]
fn a_session_that_sticks_to_a_replica_reads_nowhere_else() {
    let mut m = many("reads=sticky", &[true, false, false]);
    let homes: Vec<usize> = (0..40)
        .map(|session| {
            (0..4).for_each(|k| _ = m.ask(by(session, read(k))));
            let shares = m.shares();
            assert_eq!((shares[0], shares.iter().max()), (0, Some(&4)));
            shares.iter().position(|n| *n == 4).unwrap()
        })
        .collect();
    let first = homes.iter().filter(|home| **home == 1).count();
    assert!((10..=30).contains(&first), "{first} of 40 sessions at the first replica");
    // When its replica dies the session moves, and the others stay.
    m.rig.crash(m.stores[1]);
    m.rig.run(Duration::from_secs(2));
    for (session, home) in homes.into_iter().enumerate() {
        m.ask(by(session as u32, read(1)));
        assert_eq!(m.shares()[2], 1, "session {session} of {home}");
    }
}

#[test]
fn only_who_waits_for_positions_says_what_it_has_seen() {
    for (text, seen) in [("reads=wait", 5), ("reads=replicas", 0), ("reads=any", 0)] {
        let mut m = many(text, &[true, false]);
        m.ask(Ask { seen: 5, ..read(1) });
        m.ask(Ask { seen: 5, ..read(1) });
        let store = m.stores[1];
        let said = rote(&m.rig, store).asked.first().map(|(_, a)| a.seen);
        assert_eq!(said, Some(seen), "{text}");
    }
}

#[test]
fn the_position_of_a_write_comes_back_to_its_client() {
    let mut m = many("", &[true]);
    let position = |m: &mut Many, ask| m.rig.ask(m.client, m.front, ask).position;
    assert_eq!((position(&mut m, write(1, 1)), position(&mut m, write(2, 1))), (1, 2));
    assert_eq!(position(&mut m, read(1)), 1);
}

#[test]
fn a_promotion_is_found_by_the_probe_or_by_a_refusal() {
    let mut m = many("reads=replicas probe=1s", &[true, false]);
    m.rig.rote_mut(m.stores[0], |r| r.writable = false);
    m.rig.rote_mut(m.stores[1], |r| r.writable = true);
    // Before the next probe: the old one refuses, the other is tried at once.
    assert_eq!(m.ask(write(1, 1)), Reply::Ok);
    assert_eq!(m.shares(), vec![1, 1]);
    m.rig.run(Duration::from_secs(1));
    m.ask(write(1, 2));
    m.ask(read(1));
    assert_eq!(m.shares(), vec![1, 1]);
    // Nobody takes writes: each is asked once, and the client is told why.
    m.rig.rote_mut(m.stores[1], |r| r.writable = false);
    assert_eq!(m.ask(write(1, 3)), Reply::Fail(Cause::ReadOnly));
    assert_eq!(m.shares(), vec![1, 1]);
}

#[test]
fn a_primary_that_died_is_not_asked_after_a_probe() {
    let mut m = many("reads=any timeout=100ms", &[true, false, false]);
    m.rig.fault(Fault::Crash { node: m.stores[0], host: true });
    m.rig.run(Duration::from_millis(1500));
    (0..6).for_each(|k| assert_eq!(m.ask(read(k)), Reply::Ok));
    assert_eq!(m.shares(), vec![0, 3, 3]);
    // There is no other: the write is tried with those that may have been promoted.
    assert_eq!(m.ask(write(1, 1)), Reply::Unknown(Cause::TimedOut));
    m.rig.rote_mut(m.stores[2], |r| r.writable = true);
    m.rig.run(Duration::from_millis(1500));
    assert_eq!(m.ask(write(1, 2)), Reply::Ok);
}

#[test]
fn several_masters_are_chosen_by_session_or_in_turn() {
    let mut m = many("masters=round-robin", &[true, true]);
    (0..10).for_each(|k| _ = m.ask(write(k, 1)));
    assert_eq!(m.shares(), vec![5, 5]);
    let mut m = many("masters=session", &[true, true]);
    for session in 0..20 {
        (0..3).for_each(|k| _ = m.ask(by(session, write(k, 1))));
        assert_eq!(m.shares().iter().max(), Some(&3), "session {session}");
    }
}

#[test]
fn probes_end_with_the_second_database_and_begin_again_after_a_crash() {
    let mut m = many("", &[true, false]);
    let web = NodeId(1);
    m.rig.crash(web);
    m.rig.restart(web);
    m.rig.rote_mut(m.stores[0], |r| r.writable = false);
    m.rig.rote_mut(m.stores[1], |r| r.writable = true);
    m.rig.run(Duration::from_secs(1));
    m.ask(write(1, 1));
    assert_eq!(m.shares(), vec![0, 1]);
}

/// Which of the caches holds each key.
fn homes(spread: &str, nodes: usize, keys: u32) -> Vec<usize> {
    let mut one = one(&format!("cache-use=objects spread={spread}"));
    let caches: Vec<NodeId> = (0..nodes).map(|i| one.cache(&format!("cache-{i}"), "")).collect();
    (0..keys).for_each(|k| _ = one.value(k));
    let holds = |k| caches.iter().position(|c| one.rig.get(*c).holds(Key(k)).is_some());
    (0..keys).map(|k| holds(k).expect("a cache holds it")).collect()
}

#[test]
fn one_more_cache_node_moves_few_keys_on_a_ring_and_most_by_modulo() {
    let keys = 600;
    for (spread, expected, within) in [("modulo", 0.75, 0.06), ("consistent", 0.25, 0.08)] {
        let (three, four) = (homes(spread, 3, keys), homes(spread, 4, keys));
        let moved = three.iter().zip(&four).filter(|(a, b)| a != b).count() as f64 / keys as f64;
        assert!((moved - expected).abs() < within, "{spread}: {moved}");
        let fullest = (0..4).map(|n| four.iter().filter(|h| **h == n).count()).max().unwrap();
        assert!(fullest < 220, "{spread}: {fullest} of {keys} keys on one of four nodes");
    }
}
