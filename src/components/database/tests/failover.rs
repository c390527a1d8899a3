//! Promotion by hand and automatic, votes, fencing, split brain, and what the old master loses.

use super::rig::{Rig, Sent, ms};
use crate::components::Wire;
use crate::components::parts::gauge::Role;
use crate::components::protocol::{Order, Reply, What};
use crate::history::{Cause, Fact, Gone, Kind};
use crate::sim::{Fault, LinkId, NodeId};
use crate::stdx::{Duration, Random};

const QUICK: &str = "read=1ms write=2ms recovery=1s";

fn pair(line: &str) -> (Rig, NodeId, NodeId, NodeId, LinkId) {
    let mut rig = Rig::new();
    let (master, slave) = (rig.database(QUICK), rig.database(QUICK));
    let client = rig.client(&[master, slave]);
    let link = rig.line(master, Wire::Copies, slave, line);
    rig.run(ms(1000));
    (rig, master, slave, client, link)
}

fn truncated(rig: &Rig) -> usize {
    rig.count(|f| matches!(f, Fact::Discarded { why: Gone::Truncated, .. }))
}

fn role(rig: &Rig, db: NodeId) -> Role {
    rig.gauge(db).role.unwrap()
}

#[test]
fn a_slave_is_promoted_by_hand_and_the_old_master_follows_it() {
    let (mut rig, master, slave, client, link) = pair("");
    let kept = rig.ask(client, master, Kind::Write, 1);
    rig.pass(1000);
    rig.cut(link);
    let lost: Vec<Sent> = (0..7).map(|_| rig.ask(client, master, Kind::Write, 1)).collect();
    rig.pass(1000);
    assert!(lost.iter().all(|w| rig.reply(*w) == Some(Reply::Ok)), "seven acknowledged writes");
    rig.crash(master);
    assert!(rig.order(slave, Order::Promote));
    assert!(!rig.order(slave, Order::Promote), "it is primary already");
    let new = rig.ask(client, slave, Kind::Update, 1);
    rig.pass(1000);
    assert_eq!(rig.answer(new).unwrap().value, rig.value_of(kept), "the seven are gone");
    assert!(rig.answer(new).unwrap().position > rig.answer(lost[6]).unwrap().position);
    rig.restart(master);
    rig.heal(link);
    rig.pass(5000);
    assert_eq!(truncated(&rig), 7);
    assert_eq!(rig.holds(master, 1), rig.value_of(new));
    assert_eq!((role(&rig, master), role(&rig, slave)), (Role::Replica, Role::Primary));
    assert_eq!(rig.try_now(client, master, Kind::Write, 1), Some(Reply::Fail(Cause::ReadOnly)));
    // The line works the other way round now.
    let more = rig.ask(client, slave, Kind::Write, 9);
    rig.pass(1000);
    assert_eq!(rig.holds(master, 9), rig.value_of(more));
}

#[test]
fn two_masters_when_the_old_one_stays() {
    let (mut rig, master, slave, client, link) = pair("old-master=stays");
    rig.cut(link);
    rig.order(slave, Order::Promote);
    rig.heal(link);
    rig.pass(5000);
    assert_eq!((role(&rig, master), role(&rig, slave)), (Role::Primary, Role::Primary));
    assert_eq!(rig.try_now(client, master, Kind::Write, 1), Some(Reply::Ok));
    assert_eq!(rig.try_now(client, slave, Kind::Write, 1), Some(Reply::Ok));
    rig.pass(5000);
    assert_ne!(rig.holds(master, 1), rig.holds(slave, 1));
}

#[test]
fn other_slaves_come_over_to_the_new_master_where_there_is_a_line() {
    let mut rig = Rig::new();
    let [a, b, c, d] = [(); 4].map(|_| rig.database(QUICK));
    let client = rig.client(&[a, b]);
    rig.line(a, Wire::Copies, b, "");
    rig.line(a, Wire::Copies, c, "");
    rig.line(b, Wire::Copies, c, "");
    rig.line(c, Wire::Copies, d, "");
    rig.run(ms(1000));
    let before = rig.ask(client, a, Kind::Write, 1);
    rig.pass(1000);
    assert!([b, c, d].iter().all(|x| rig.holds(*x, 1) == rig.value_of(before)));
    rig.crash(a);
    rig.order(b, Order::Promote);
    rig.pass(100);
    let after = rig.ask(client, b, Kind::Write, 1);
    rig.pass(1000);
    assert!([b, c, d].iter().all(|x| rig.holds(*x, 1) == rig.value_of(after)));
    rig.restart(a);
    rig.pass(4000);
    assert_eq!(rig.holds(a, 1), rig.value_of(after));
}

#[test]
fn what_has_come_is_carried_out_before_a_slave_is_master() {
    let (mut rig, master, slave, client, _) = pair("apply=50ms apply-workers=1");
    let writes: Vec<Sent> = (0..10).map(|_| rig.ask(client, master, Kind::Write, 1)).collect();
    rig.pass(100);
    rig.crash(master);
    rig.order(slave, Order::Promote);
    assert_eq!(rig.try_now(client, slave, Kind::Write, 2), Some(Reply::Fail(Cause::ReadOnly)));
    rig.pass(500);
    assert_eq!(rig.try_now(client, slave, Kind::Write, 2), Some(Reply::Ok));
    assert_eq!(rig.holds(slave, 1), rig.value_of(writes[9]));
}

#[test]
fn a_cold_standby_refuses_until_it_has_started() {
    let (mut rig, master, slave, client, _) = pair("standby=cold start-up=20s");
    assert_eq!(rig.try_now(client, slave, Kind::Read, 1), Some(Reply::Fail(Cause::Refused)));
    rig.crash(master);
    rig.order(slave, Order::Promote);
    rig.pass(19_000);
    assert_eq!(rig.try_now(client, slave, Kind::Read, 1), Some(Reply::Fail(Cause::Refused)));
    rig.pass(1000);
    assert_eq!(rig.try_now(client, slave, Kind::Write, 1), Some(Reply::Ok));
}

/// When the machine was first primary after this many milliseconds, in whole tens of milliseconds.
fn takes_over(rig: &mut Rig, db: NodeId, within: u64) -> Option<u64> {
    let begin = rig.now();
    (0..within / 10).find_map(|_| {
        rig.pass(10);
        (role(rig, db) == Role::Primary).then(|| (rig.now() - begin).as_millis() as u64)
    })
}

#[test]
fn without_a_quorum_to_ask_a_slave_promotes_itself_when_heartbeats_stay_away() {
    for (line, least, most) in [("", 4000, 5010), ("heartbeat=100ms misses=3", 200, 310)] {
        let (mut rig, master, slave, ..) = pair(&format!("promotion=automatic quorum=off {line}"));
        rig.fault(Fault::Crash { node: master, host: true });
        let gap = takes_over(&mut rig, slave, 20_000).unwrap();
        assert!((least..=most).contains(&gap), "{line}: {gap} ms");
    }
}

#[test]
fn a_slave_alone_is_no_majority_and_a_witness_makes_one() {
    for (witness, promoted) in [(false, false), (true, true)] {
        let (mut rig, master, slave, ..) = pair("promotion=automatic");
        if witness {
            let third = rig.database_of(QUICK, 7);
            rig.line(third, Wire::Heartbeat, master, "");
            rig.line(third, Wire::Heartbeat, slave, "");
        }
        rig.pass(2000);
        rig.fault(Fault::Crash { node: master, host: true });
        assert_eq!(takes_over(&mut rig, slave, 30_000).is_some(), promoted);
    }
}

/// A master, a slave and a witness, each joined to each: the client, the two databases, and the master's two lines.
fn guarded(line: &str) -> (Rig, NodeId, NodeId, NodeId, [LinkId; 2]) {
    let (mut rig, master, slave, client, link) = pair(&format!("promotion=automatic {line}"));
    let witness = rig.database_of(QUICK, 7);
    let other = rig.line(master, Wire::Heartbeat, witness, "");
    rig.line(slave, Wire::Heartbeat, witness, "");
    rig.pass(2000);
    (rig, master, slave, client, [link, other])
}

#[test]
fn a_fenced_master_refuses_before_another_answers() {
    let (mut rig, master, slave, client, lines) = guarded("heartbeat=500ms misses=4");
    lines.into_iter().for_each(|l| rig.cut(l));
    let (mut both, mut old, mut new) = (0, 0, 0);
    let mut handed_over = false;
    for _ in 0..400 {
        let (a, b) = (rig.ask(client, master, Kind::Write, 1), rig.ask(client, slave, Kind::Write, 1));
        rig.pass(20);
        let (a, b) = (rig.reply(a) == Some(Reply::Ok), rig.reply(b) == Some(Reply::Ok));
        both += (a && b) as u32;
        old += a as u32;
        new += b as u32;
        handed_over |= b;
        assert!(!(handed_over && a), "the old master answered after the new one had begun");
    }
    assert!(both == 0 && old > 50 && new > 200, "{old} answered by the old one, {new} by the new one");
    let probe = rig.ask_what(client, master, What::Probe);
    let read = rig.try_now(client, master, Kind::Read, 1);
    assert_eq!(read, Some(Reply::Fail(Cause::NoQuorum)));
    assert_eq!(rig.reply(probe), Some(Reply::Fail(Cause::NoQuorum)));
    lines.into_iter().for_each(|l| rig.heal(l));
    rig.pass(5000);
    assert_eq!((role(&rig, master), role(&rig, slave)), (Role::Replica, Role::Primary));
    assert_eq!(rig.holds(master, 1), rig.holds(slave, 1));
}

#[test]
fn without_fencing_both_answer_while_they_are_parted() {
    let (mut rig, master, slave, client, lines) = guarded("fencing=off");
    lines.into_iter().for_each(|l| rig.cut(l));
    rig.pass(10_000);
    assert_eq!(rig.try_now(client, master, Kind::Write, 1), Some(Reply::Ok));
    assert_eq!(rig.try_now(client, slave, Kind::Write, 1), Some(Reply::Ok));
    lines.into_iter().for_each(|l| rig.heal(l));
    rig.pass(5000);
    assert_eq!(rig.holds(master, 1), rig.holds(slave, 1));
    assert_eq!(truncated(&rig), 1);
}

#[test]
fn a_slave_that_was_cut_off_does_not_disturb_the_master_when_it_comes_back() {
    let (mut rig, master, slave, client, _) = guarded("");
    let lines: Vec<LinkId> = rig.world.links_of(slave).to_vec();
    lines.iter().for_each(|l| rig.cut(*l));
    rig.pass(20_000);
    assert_eq!(rig.try_now(client, master, Kind::Write, 1), Some(Reply::Ok), "the witness hears the master");
    lines.iter().for_each(|l| rig.heal(*l));
    rig.pass(20_000);
    assert_eq!((role(&rig, master), role(&rig, slave)), (Role::Primary, Role::Replica));
    assert_eq!(rig.holds(master, 1), rig.holds(slave, 1));
    assert_eq!(rig.try_now(client, master, Kind::Write, 1), Some(Reply::Ok));
}

#[test]
fn the_more_complete_of_two_slaves_is_elected() {
    for late in [0, 1] {
        let mut rig = Rig::new();
        let [a, b, c] = [(); 3].map(|_| rig.database(QUICK));
        let client = rig.client(&[a]);
        let auto = "promotion=automatic";
        let lines = [rig.line(a, Wire::Copies, b, auto), rig.line(a, Wire::Copies, c, auto)];
        rig.line(b, Wire::Copies, c, auto);
        rig.run(ms(2000));
        rig.cut(lines[late]);
        let write = rig.ask(client, a, Kind::Write, 1);
        rig.pass(10);
        rig.fault(Fault::Crash { node: a, host: true });
        rig.pass(30_000);
        let (complete, other) = if late == 0 { (c, b) } else { (b, c) };
        assert_eq!((role(&rig, complete), role(&rig, other)), (Role::Primary, Role::Replica));
        assert_eq!(rig.holds(other, 1), rig.value_of(write));
        assert_eq!(truncated(&rig), 0);
    }
}

#[test]
fn semi_synchronous_loses_nothing_that_was_acknowledged() {
    for (mode, loses) in [("async", true), ("semi-sync", false), ("sync", false)] {
        let (mut rig, master, slave, client, link) = pair(&format!("mode={mode} shipping=50ms"));
        let mut writes = Vec::new();
        for _ in 0..200 {
            writes.push(rig.ask(client, master, Kind::Write, writes.len() as u32));
            rig.pass(3);
        }
        rig.fault(Fault::Crash { node: master, host: true });
        rig.cut(link);
        rig.order(slave, Order::Promote);
        rig.pass(1000);
        let acknowledged = |w: &&Sent| rig.reply(**w) == Some(Reply::Ok);
        let lost = writes.iter().filter(acknowledged).filter(|w| {
            rig.holds(slave, w.number() as u32) != rig.value_of(**w)
        });
        assert_eq!(lost.count() > 0, loses, "{mode}");
    }
}

#[test]
fn a_failover_loses_what_the_lag_holds() {
    // Poisson writes at rate λ, a sender L behind, the master dies: λL acknowledged writes on average are not there.
    for (lambda, lag_ms, mean) in [(100.0, 50, 5.0), (100.0, 1000, 100.0), (10.0, 200, 2.0)] {
        let (mut lost, failovers) = (0usize, 400);
        for seed in 0..failovers {
            let mut rig = Rig::seeded(seed);
            let (master, slave) = (rig.database("write=0s"), rig.database("write=0s"));
            let client = rig.client(&[master]);
            rig.line(master, Wire::Copies, slave, &format!("shipping={lag_ms}ms latency=0s apply=0s"));
            let mut random = Random::stream(seed, 9);
            let mut writes: Vec<Sent> = Vec::new();
            while rig.now() < ms(1500) {
                let gap = Duration::from_secs_f64(-libm::log(random.unit_open()) / lambda);
                rig.run((rig.now() + gap).min(ms(1500)));
                writes.push(rig.ask(client, master, Kind::Write, writes.len() as u32));
            }
            writes.pop();
            rig.fault(Fault::Crash { node: master, host: true });
            rig.order(slave, Order::Promote);
            rig.pass(100);
            let gone = |w: &&Sent| rig.holds(slave, w.number() as u32) != rig.value_of(**w);
            lost += writes.iter().filter(|w| rig.reply(**w) == Some(Reply::Ok)).filter(gone).count();
        }
        let measured = lost as f64 / failovers as f64;
        assert!((measured / mean - 1.0).abs() < 0.1, "λ = {lambda}/s, L = {lag_ms} ms: {measured} lost");
    }
}
