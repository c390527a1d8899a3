//! Replication from a master (primary) to its slaves (replicas): when a write is answered, when a copy shows it, and
//! what cuts and crashes make of it.

use super::rig::{Rig, Sent, ms};
use crate::components::Wire;
use crate::components::parts::gauge::{Live, Role};
use crate::components::protocol::{Order, Reply};
use crate::history::{Cause, Fact, Gone, Kind, Value};
use crate::sim::{Fault, LinkId, NodeId};
use crate::stdx::{Duration, Random};

const QUICK: &str = "read=1ms write=2ms recovery=1s";

/// A master, its slave, a client of both, and the line between the two.
fn pair(line: &str) -> (Rig, NodeId, NodeId, NodeId, LinkId) {
    let mut rig = Rig::new();
    let (master, slave) = (rig.database(QUICK), rig.database(QUICK));
    let client = rig.client(&[master, slave]);
    let link = rig.line(master, Wire::Copies, slave, line);
    (rig, master, slave, client, link)
}

fn took(rig: &Rig, sent: Sent, since: u64) -> Option<f64> {
    rig.answered_at(sent).map(|at| (at - ms(since)).as_millis())
}

#[test]
fn an_asynchronous_copy_shows_a_write_when_it_has_come_and_is_carried_out() {
    let (mut rig, master, slave, client, _) = pair("latency=40ms apply=10ms");
    rig.run(ms(100));
    let write = rig.ask(client, master, Kind::Write, 1);
    // 0.25 ms there, 2 ms of work, 40 ms over the line, 10 ms to carry it out.
    rig.run(ms(152));
    assert_eq!(took(&rig, write, 100), Some(2.5), "answered before the copy has it");
    assert_eq!(rig.holds(slave, 1), Value::INITIAL);
    rig.run(ms(153));
    assert_eq!(rig.holds(slave, 1), rig.value_of(write));
    assert_eq!(rig.gauge(master).role, Some(Role::Primary));
    assert_eq!(rig.gauge(slave).role, Some(Role::Replica));
    assert_eq!(rig.try_now(client, slave, Kind::Write, 1), Some(Reply::Fail(Cause::ReadOnly)));
}

#[test]
fn a_copy_catches_up_after_a_cut() {
    for (n, gap) in [(3, 200_000), (3000, 1000), (12_000, 400)] {
        let (mut rig, master, slave, client, link) = pair("apply=0s");
        rig.run(ms(1000));
        rig.cut(link);
        let writes: Vec<Sent> = (0..n)
            .map(|k| {
                rig.run(rig.now() + Duration::from_micros(gap));
                rig.ask(client, master, Kind::Write, k)
            })
            .collect();
        rig.pass(50_000);
        assert_eq!(rig.gauge(master).counters.completions, n as u64);
        assert_eq!(rig.holds(slave, n - 1), Value::INITIAL);
        assert!(matches!(rig.gauge(slave).live, Live::Behind(d) if d >= Duration::from_secs(49)));
        rig.heal(link);
        rig.pass(2000);
        for (k, write) in writes.iter().enumerate() {
            assert_eq!(rig.holds(slave, k as u32), rig.value_of(*write), "{n} writes, key {k}");
        }
        assert_eq!(rig.gauge(slave).live, Live::Behind(Duration::from_micros(250)), "{n}");
    }
}

#[test]
fn who_is_further_behind_than_the_log_gets_a_full_copy() {
    let mut rig = Rig::new();
    let master = rig.database("write=1ms log=1000");
    let slave = rig.database(QUICK);
    let client = rig.client(&[master]);
    let link = rig.line(master, Wire::Copies, slave, "apply=0s");
    rig.run(ms(1000));
    rig.cut(link);
    let writes: Vec<Sent> = (0..5000)
        .map(|k| {
            rig.pass(1);
            rig.ask(client, master, Kind::Write, k % 50)
        })
        .collect();
    rig.pass(1000);
    rig.heal(link);
    rig.pass(2000);
    let last = &writes[writes.len() - 50..];
    assert!(last.iter().all(|w| rig.holds(slave, (w.number() % 50) as u32) == rig.value_of(*w)));
    let applied = rig.count(|f| matches!(f, Fact::Applied { node, .. } if node.0 == slave.0));
    assert_eq!(applied, 50, "one for each key, not for each write");
}

#[test]
fn a_lost_packet_only_delays() {
    let (mut rig, master, slave, client, _) = pair("loss=20% apply=0s");
    for k in 0..200 {
        rig.ask(client, master, Kind::Write, k);
        rig.pass(10);
    }
    rig.pass(10_000);
    assert!((0..200).all(|k| rig.holds(slave, k) == rig.holds(master, k)));
}

#[test]
fn a_tree_adds_its_lags_up_and_stops_at_a_dead_inner_node() {
    let mut rig = Rig::new();
    let [a, b, c] = [(); 3].map(|_| rig.database(QUICK));
    let client = rig.client(&[a]);
    rig.line(a, Wire::Copies, b, "latency=10ms apply=5ms");
    rig.line(b, Wire::Copies, c, "latency=20ms apply=5ms");
    rig.run(ms(100));
    let write = rig.ask(client, a, Kind::Write, 1);
    rig.run(ms(142));
    assert_eq!((rig.holds(b, 1), rig.holds(c, 1)), (rig.value_of(write), Value::INITIAL));
    rig.run(ms(143));
    assert_eq!(rig.holds(c, 1), rig.value_of(write));
    rig.crash(b);
    let write = rig.ask(client, a, Kind::Write, 1);
    rig.run(ms(5000));
    assert_ne!(rig.holds(c, 1), rig.value_of(write));
    rig.restart(b);
    rig.run(ms(10_000));
    assert_eq!(rig.holds(c, 1), rig.value_of(write));
}

#[test]
fn the_mode_says_what_an_answer_waits_for() {
    // The answer waits for the way there and back, and perhaps for the carrying out.
    for (line, answered) in [
        ("mode=async", 2.5),
        ("mode=semi-sync", 42.5),
        ("mode=sync", 42.5),
        ("mode=sync ack=applied", 52.5),
        ("mode=semi-sync ack=applied", 52.5),
    ] {
        let (mut rig, master, slave, client, _) = pair(&format!("{line} latency=20ms apply=10ms"));
        rig.run(ms(100));
        let write = rig.ask(client, master, Kind::Write, 1);
        let update = rig.ask(client, master, Kind::Update, 1);
        rig.run(ms(110));
        let seen = rig.ask(client, master, Kind::Read, 1);
        rig.run(ms(500));
        assert_eq!(took(&rig, write, 100), Some(answered), "{line}");
        assert_eq!(rig.answer(update).unwrap().value, rig.value_of(write), "{line}");
        let shown = rig.answer(seen).unwrap().value;
        let lossless = answered > 10.0;
        assert_eq!(shown == Value::INITIAL, lossless, "{line}: nobody sees what may yet be lost");
        assert_eq!(rig.holds(slave, 1), rig.value_of(update));
    }
}

#[test]
fn semi_synchronous_becomes_asynchronous_after_ten_seconds_and_comes_back() {
    let (mut rig, master, _, client, link) = pair("mode=semi-sync");
    rig.run(ms(1000));
    rig.cut(link);
    let first = rig.ask(client, master, Kind::Write, 1);
    rig.run(ms(6000));
    let second = rig.ask(client, master, Kind::Write, 2);
    rig.run(ms(20_000));
    assert_eq!(took(&rig, first, 1000), Some(10_002.5));
    assert_eq!(took(&rig, second, 1000), Some(10_002.5), "it waits no longer than the first");
    let third = rig.ask(client, master, Kind::Write, 3);
    rig.run(ms(21_000));
    assert_eq!(took(&rig, third, 20_000), Some(2.5), "asynchronous now");
    rig.heal(link);
    rig.run(ms(23_000));
    let fourth = rig.ask(client, master, Kind::Write, 4);
    rig.run(ms(24_000));
    assert_eq!(took(&rig, fourth, 23_000), Some(3.0), "it waits for the copy again");
}

#[test]
fn one_acknowledgement_is_enough_for_semi_synchronous_and_all_are_needed_for_synchronous() {
    for (mode, answered) in [("semi-sync", Some(3.0)), ("sync", None)] {
        let mut rig = Rig::new();
        let [a, b, c] = [(); 3].map(|_| rig.database(QUICK));
        let client = rig.client(&[a]);
        rig.line(a, Wire::Copies, b, &format!("mode={mode}"));
        let link = rig.line(a, Wire::Copies, c, &format!("mode={mode}"));
        rig.run(ms(1000));
        rig.cut(link);
        let write = rig.ask(client, a, Kind::Write, 1);
        let read = rig.ask(client, a, Kind::Read, 1);
        rig.run(ms(9000));
        assert_eq!(took(&rig, write, 1000), answered);
        assert_eq!(rig.reply(read), Some(Reply::Ok), "reads go on");
        rig.heal(link);
        rig.run(ms(12_000));
        assert_eq!(rig.reply(write), Some(Reply::Ok), "what waited is answered after the heal");
        assert_eq!(rig.holds(c, 1), rig.value_of(write));
    }
}

#[test]
fn a_read_may_wait_until_the_copy_has_come_to_a_place() {
    let (mut rig, master, slave, client, link) = pair("latency=30ms apply=0s");
    rig.run(ms(100));
    let write = rig.ask(client, master, Kind::Write, 1);
    rig.run(ms(110));
    rig.seen = rig.answer(write).unwrap().position;
    let read = rig.ask(client, slave, Kind::Read, 1);
    rig.run(ms(500));
    assert_eq!(rig.answer(read).unwrap().value, rig.value_of(write));
    assert_eq!(took(&rig, read, 100), Some(2.25 + 30.0 + 1.0 + 0.25));
    rig.cut(link);
    rig.seen = 0;
    let write = rig.ask(client, master, Kind::Write, 1);
    rig.run(ms(1000));
    rig.seen = rig.answer(write).unwrap().position;
    let read = rig.ask(client, slave, Kind::Read, 1);
    rig.run(ms(4000));
    assert_eq!(rig.reply(read), Some(Reply::Fail(Cause::TimedOut)));
    assert_eq!(took(&rig, read, 1000), Some(1000.5));
}

#[test]
fn apply_workers_work_side_by_side_and_keep_the_order() {
    for (workers, last) in [(1, 100), (4, 30), (16, 10)] {
        let line = format!("latency=0s apply=10ms apply-workers={workers}");
        let (mut rig, master, slave, client, _) = pair(&line);
        rig.run(ms(100));
        let writes: Vec<Sent> = (0..10).map(|_| rig.ask(client, master, Kind::Write, 1)).collect();
        rig.run(ms(1000));
        assert_eq!(rig.holds(slave, 1), rig.holds(master, 1));
        assert!(writes.iter().all(|w| rig.reply(*w) == Some(Reply::Ok)));
        let at = |which: u32| {
            let shown = |f: &Fact| matches!(f, Fact::Applied { node, .. } if node.0 == which);
            rig.facts.iter().rfind(|(_, f)| shown(f)).unwrap().0
        };
        let lag = (at(slave.0) - at(master.0)).as_millis();
        // The master itself works on eight at once, so the ten come in two volleys 2 ms apart.
        assert!((lag - last as f64).abs() <= 2.0, "{workers} workers: {lag} ms");
    }
}

#[test]
fn a_delayed_copy_shows_the_past_on_purpose() {
    let (mut rig, master, slave, client, _) = pair("delay=60s apply=0s");
    let write = rig.ask(client, master, Kind::Write, 1);
    rig.run(ms(60_000));
    assert_eq!(rig.holds(slave, 1), Value::INITIAL);
    rig.run(ms(60_003));
    assert_eq!(rig.holds(slave, 1), rig.value_of(write));
}

#[test]
fn a_master_that_lost_its_tail_takes_back_what_the_copy_had_of_it() {
    let mut rig = Rig::new();
    let master = rig.database(&format!("{QUICK} durable=off"));
    let slave = rig.database(QUICK);
    let client = rig.client(&[master, slave]);
    rig.line(master, Wire::Copies, slave, "");
    rig.run(ms(1000));
    let lost = rig.ask(client, master, Kind::Write, 1);
    rig.run(ms(1500));
    assert_eq!(rig.holds(slave, 1), rig.value_of(lost));
    rig.crash(master);
    rig.restart(master);
    rig.run(ms(4000));
    let new = rig.ask(client, master, Kind::Write, 2);
    rig.run(ms(6000));
    assert_eq!((rig.holds(slave, 1), rig.holds(slave, 2)), (Value::INITIAL, rig.value_of(new)));
    let gone = |f: &Fact| matches!(f, Fact::Discarded { why: Gone::Truncated, node, .. } if node.0 == slave.0);
    assert_eq!(rig.count(gone), 1);
}

#[test]
fn a_lost_disk_is_filled_again_from_the_master() {
    let (mut rig, master, slave, client, _) = pair("");
    for k in 0..20 {
        rig.ask(client, master, Kind::Write, k);
        rig.pass(10);
    }
    rig.order(slave, Order::LoseDisk);
    rig.pass(1000);
    assert_eq!(rig.holds(slave, 3), Value::INITIAL);
    rig.fault(Fault::Crash { node: slave, host: true });
    rig.restart(slave);
    rig.pass(3000);
    assert!((0..20).all(|k| rig.holds(slave, k) == rig.holds(master, k)));
}

/// Writes to one key as a Poisson process of rate μ, reads at the copy as another.
#[test]
fn a_copy_with_lag_is_stale_as_often_as_theory_says() {
    for (mu, lag_ms) in [(1.0, 10), (5.0, 20), (10.0, 50)] {
        let mut rig = Rig::seeded(3);
        let (master, slave) = (rig.database("read=0s write=0s"), rig.database("read=0s write=0s"));
        let client = rig.client(&[master, slave]);
        rig.line(master, Wire::Copies, slave, &format!("latency={lag_ms}ms apply=0s"));
        rig.run(ms(1000));
        let mut random = Random::stream(7, 7);
        let gap = |rate: f64, random: &mut Random| {
            Duration::from_secs_f64(-libm::log(random.unit_open()) / rate)
        };
        let (mut write, mut read) = (rig.now(), rig.now());
        let (mut stale, mut reads) = (0u32, 0u32);
        while reads < 20_000 {
            if write <= read {
                rig.run(write);
                rig.ask(client, master, Kind::Write, 1);
                write += gap(mu, &mut random);
            } else {
                // Looking at both copies at the instant when a read would be served.
                rig.run(read);
                stale += (rig.holds(slave, 1) != rig.holds(master, 1)) as u32;
                reads += 1;
                read += gap(2.0 * mu, &mut random);
            }
        }
        let measured = stale as f64 / reads as f64;
        let theory = 1.0 - libm::exp(-mu * lag_ms as f64 / 1000.0);
        assert!((measured - theory).abs() < 0.01, "μL = {}: {measured} against {theory}", mu * lag_ms as f64);
    }
}
