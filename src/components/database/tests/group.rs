//! Masters with certification: the first to commit wins, the smaller side refuses, and reads that wait for the group
//! never go back.

use super::rig::{Rig, Sent, ms};
use crate::components::Wire;
use crate::components::parts::gauge::Role;
use crate::components::protocol::{Reply, What};
use crate::history::{Cause, Kind, Value};
use crate::sim::{Fault, LinkId, NodeId};
use crate::stdx::Random;

const QUICK: &str = "read=1ms write=2ms recovery=1s";

/// A line with the numbers of its ends.
type Joint = (usize, usize, LinkId);

/// So many masters, each joined to each, and a client of all; the lines in the order of their ends.
fn mesh(n: usize, line: &str, seed: u64) -> (Rig, Vec<NodeId>, NodeId, Vec<Joint>) {
    let mut rig = Rig::seeded(seed);
    let masters: Vec<NodeId> = (0..n).map(|_| rig.database(QUICK)).collect();
    let client = rig.client(&masters);
    let mut lines = Vec::new();
    for a in 0..n {
        for b in a + 1..n {
            let line = format!("conflicts=certification {line}");
            lines.push((a, b, rig.line(masters[a], Wire::Mirrors, masters[b], &line)));
        }
    }
    rig.run(ms(2000));
    (rig, masters, client, lines)
}

/// Cuts every line between the two sides.
fn part(rig: &mut Rig, lines: &[Joint], side: &[usize]) -> Vec<LinkId> {
    let across = |a: &usize, b: &usize| side.contains(a) != side.contains(b);
    let cut: Vec<LinkId> = lines.iter().filter(|(a, b, _)| across(a, b)).map(|(.., l)| *l).collect();
    cut.iter().for_each(|l| rig.cut(*l));
    cut
}

#[test]
fn every_member_takes_writes_and_shows_those_of_the_others() {
    let (mut rig, masters, client, _) = mesh(3, "apply=0s", 1);
    for (i, at) in masters.iter().enumerate() {
        let write = rig.ask(client, *at, Kind::Write, i as u32);
        rig.pass(100);
        assert_eq!(rig.reply(write), Some(Reply::Ok));
        assert!(masters.iter().all(|m| rig.holds(*m, i as u32) == rig.value_of(write)), "written at {i}");
        assert_eq!(rig.gauge(*at).role, Some(Role::Master));
    }
    let session = rig.ask_what(client, masters[2], What::SessionPut { cart: 2 });
    rig.pass(100);
    let found = rig.ask_what(client, masters[1], What::SessionGet);
    rig.pass(100);
    assert_eq!((rig.reply(session), rig.reply(found)), (Some(Reply::Ok), Some(Reply::Session { cart: 2 })));
}

#[test]
fn of_two_writers_of_a_row_at_two_members_the_first_to_commit_wins() {
    let (mut rig, masters, client, _) = mesh(3, "latency=10ms apply=0s", 1);
    let [one, two] = [1, 2].map(|m| rig.ask(client, masters[m], Kind::Update, 7));
    let other = rig.ask(client, masters[2], Kind::Update, 8);
    rig.pass(500);
    let replies = [one, two].map(|w| rig.reply(w).unwrap());
    assert!(replies.contains(&Reply::Ok) && replies.contains(&Reply::Fail(Cause::Conflict)), "{replies:?}");
    assert_eq!(rig.reply(other), Some(Reply::Ok), "another row is no conflict");
    let winner = if replies[0] == Reply::Ok { one } else { two };
    assert!(masters.iter().all(|m| rig.holds(*m, 7) == rig.value_of(winner)));
}

#[test]
fn writers_of_a_row_at_the_same_member_take_turns() {
    let (mut rig, masters, client, _) = mesh(3, "latency=10ms apply=0s", 1);
    for at in [masters[0], masters[1]] {
        let updates: Vec<Sent> = (0..4).map(|_| rig.ask(client, at, Kind::Update, 7)).collect();
        rig.pass(1000);
        assert!(updates.iter().all(|u| rig.reply(*u) == Some(Reply::Ok)));
        let mut bases: Vec<Value> = updates.iter().map(|u| rig.answer(*u).unwrap().value).collect();
        bases.sort_unstable();
        bases.dedup();
        assert_eq!(bases.len(), 4, "no update is lost: each is based on another");
    }
}

#[test]
fn the_smaller_side_refuses_and_halves_refuse_both() {
    for (n, side, goes_on) in [(3, vec![0], vec![1, 2]), (3, vec![2], vec![0, 1]), (4, vec![0, 2], vec![])] {
        let (mut rig, masters, client, lines) = mesh(n, "", 1);
        rig.try_now(client, masters[0], Kind::Write, 1);
        let cut = part(&mut rig, &lines, &side);
        rig.pass(20_000);
        for (m, master) in masters.iter().enumerate() {
            for kind in [Kind::Read, Kind::Write] {
                let reply = rig.try_now(client, *master, kind, 1);
                let expected = if goes_on.contains(&m) { Reply::Ok } else { Reply::Fail(Cause::NoQuorum) };
                assert_eq!(reply, Some(expected), "{n} members without {side:?}: {kind:?} at {m}");
            }
        }
        cut.iter().for_each(|l| rig.heal(*l));
        rig.pass(30_000);
        for master in &masters {
            assert_eq!(rig.try_now(client, *master, Kind::Write, 1), Some(Reply::Ok), "{n} {side:?} healed");
            rig.pass(500);
        }
        assert!(masters.iter().all(|m| rig.holds(*m, 1) == rig.holds(masters[0], 1)));
    }
}

#[test]
fn a_member_that_crashed_catches_up_and_the_group_elects_another_to_order() {
    let (mut rig, masters, client, _) = mesh(3, "", 1);
    rig.fault(Fault::Crash { node: masters[0], host: true });
    rig.pass(20_000);
    let write = rig.ask(client, masters[1], Kind::Write, 1);
    rig.pass(500);
    assert_eq!(rig.reply(write), Some(Reply::Ok));
    rig.restart(masters[0]);
    rig.pass(10_000);
    assert_eq!(rig.holds(masters[0], 1), rig.value_of(write));
    assert_eq!(rig.try_now(client, masters[0], Kind::Write, 2), Some(Reply::Ok));
}

/// Random requests at random members under random cuts; every read that returned must fit one order of all writes that
/// keeps real time. Writes carry rising numbers here, so that order is easy: one writer, who waits for each answer.
#[test]
fn synced_reads_never_go_back_whatever_is_cut() {
    for (reads, may_go_back) in [("synced", false), ("local", true)] {
        let (mut back, mut answered) = (0, 0);
        for seed in 0..12 {
            let (mut rig, masters, client, lines) = mesh(4, &format!("reads={reads} apply=20ms"), seed);
            let mut random = Random::stream(seed, 77);
            let mut acknowledged = Value::INITIAL;
            let mut pending: Option<Sent> = None;
            let mut reading: Vec<(Sent, Value)> = Vec::new();
            for step in 0..1500 {
                if step % 300 == 100 {
                    let side: Vec<usize> = (0..4).filter(|_| random.chance(0.5)).collect();
                    part(&mut rig, &lines, &side);
                }
                if step % 300 == 250 {
                    lines.iter().for_each(|(.., l)| rig.heal(*l));
                }
                if let Some(w) = pending
                    && let Some(reply) = rig.reply(w)
                {
                    // After an unknown outcome nobody knows which is newest: this history ends there.
                    match reply {
                        Reply::Ok => acknowledged = rig.value_of(w),
                        Reply::Fail(_) => {}
                        _ => break,
                    }
                    pending = None;
                }
                if pending.is_none() {
                    pending = Some(rig.ask(client, masters[random.below(4) as usize], Kind::Write, 1));
                }
                let at = masters[random.below(4) as usize];
                reading.push((rig.ask(client, at, Kind::Read, 1), acknowledged));
                rig.pass(30);
            }
            for (read, known) in reading {
                if let Some(answer) = rig.answer(read)
                    && answer.reply == Reply::Ok
                {
                    answered += 1;
                    back += (answer.value < known) as u32;
                }
            }
        }
        assert!(answered > 1000, "{reads}: {answered} reads were answered");
        assert_eq!(back > 0, may_go_back, "{reads}: {back} of {answered} reads were older than acknowledged");
    }
}
