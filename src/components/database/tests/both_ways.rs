//! Masters that answer before the others know: both sides write, updates travel on and are taken in once, the later
//! stamp wins or siblings stay, and clocks that are wrong.

use super::rig::{Rig, Sent, ms};
use crate::components::Wire;
use crate::components::parts::gauge::Role;
use crate::components::protocol::{Order, Reply, What};
use crate::history::{Fact, Gone, Kind, Value};
use crate::sim::{Fault, LinkId, NodeId};
use crate::stdx::Random;

const QUICK: &str = "read=1ms write=2ms recovery=1s";

/// Masters and their lines, given by the numbers of their ends, and a client of all.
fn masters(n: usize, lines: &[(usize, usize)], line: &str) -> (Rig, Vec<NodeId>, NodeId, Vec<LinkId>) {
    let mut rig = Rig::new();
    let masters: Vec<NodeId> = (0..n).map(|_| rig.database(QUICK)).collect();
    let client = rig.client(&masters);
    let links = lines.iter().map(|(a, b)| rig.line(masters[*a], Wire::Mirrors, masters[*b], line)).collect();
    rig.run(ms(2000));
    (rig, masters, client, links)
}

const PAIR: &[(usize, usize)] = &[(0, 1)];
const RING: &[(usize, usize)] = &[(0, 1), (1, 2), (2, 3), (3, 0)];
const MESH: &[(usize, usize)] = &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];

fn outvoted(rig: &Rig) -> usize {
    rig.count(|f| matches!(f, Fact::Discarded { why: Gone::Outvoted { .. }, .. }))
}

fn applied(rig: &Rig, node: NodeId) -> usize {
    rig.count(|f| matches!(f, Fact::Applied { node: n, .. } if n.0 == node.0))
}

#[test]
fn an_update_comes_to_every_master_once_over_a_mesh_and_over_a_ring() {
    for (shape, lines) in [("mesh", MESH), ("ring", RING)] {
        let (mut rig, all, client, _) = masters(4, lines, "latency=10ms apply=5ms");
        let write = rig.ask(client, all[0], Kind::Write, 1);
        rig.pass(20);
        assert_eq!(rig.reply(write), Some(Reply::Ok), "answered before the others know");
        rig.pass(20);
        assert!(all.iter().all(|m| rig.holds(*m, 1) == rig.value_of(write)), "{shape}");
        assert!(all.iter().all(|m| applied(&rig, *m) == 1 && rig.gauge(*m).role == Some(Role::Master)));
        let before = sent(&rig);
        let update = rig.ask(client, all[3], Kind::Update, 1);
        rig.pass(10_000);
        assert_eq!(rig.answer(update).unwrap().value, rig.value_of(write));
        assert!(all.iter().all(|m| rig.holds(*m, 1) == rig.value_of(update)));
        // A request, an answer, the update over at most every line, and what each end of a line says every second.
        let most = 2 + lines.len() + 2 * lines.len() * 11;
        assert!(sent(&rig) - before <= most as u64, "{shape}: an update goes round and round");
    }
}

/// Messages on all links so far.
fn sent(rig: &Rig) -> u64 {
    let links = (0..rig.links()).map(|l| rig.world.link(LinkId(l)));
    links.flat_map(|l| &l.lanes).map(|lane| lane.sent).sum()
}

#[test]
fn both_sides_write_during_a_cut_and_the_heal_throws_one_away() {
    let (mut rig, all, client, links) = masters(2, PAIR, "");
    let before = rig.ask(client, all[0], Kind::Write, 1);
    rig.pass(1000);
    rig.cut(links[0]);
    let lost = rig.ask(client, all[0], Kind::Update, 1);
    rig.pass(100);
    let won = rig.ask(client, all[1], Kind::Update, 1);
    let other = rig.ask(client, all[0], Kind::Write, 2);
    rig.pass(5000);
    assert_eq!((rig.reply(lost), rig.reply(won)), (Some(Reply::Ok), Some(Reply::Ok)));
    assert_eq!(rig.answer(lost).unwrap().value, rig.answer(won).unwrap().value, "both are based on the same");
    assert_eq!(rig.value_of(before), rig.answer(won).unwrap().value);
    assert_ne!(rig.holds(all[0], 1), rig.holds(all[1], 1));
    rig.heal(links[0]);
    rig.pass(5000);
    for m in &all {
        assert_eq!(rig.holds(*m, 1), rig.value_of(won));
        assert_eq!(rig.holds(*m, 2), rig.value_of(other));
    }
    let (gone, winner) = (rig.value_of(lost), rig.value_of(won));
    let tells = |node: NodeId| {
        let why = Gone::Outvoted { winner };
        rig.count(|f| matches!(f, Fact::Discarded { node: n, value, why: w, .. } if n.0 == node.0 && *value == gone && *w == why))
    };
    assert_eq!([tells(all[0]), tells(all[1])], [1, 1]);
}

#[test]
fn a_clock_that_is_behind_makes_later_writes_lose() {
    for (skew, wins) in [(0, true), (-10_000_000_000, false)] {
        let (mut rig, all, client, _) = masters(2, PAIR, "");
        rig.pass(20_000);
        rig.fault(Fault::Skew { node: all[1], nanos: skew });
        let first = rig.ask(client, all[0], Kind::Write, 1);
        rig.pass(1000);
        let later = rig.ask(client, all[1], Kind::Write, 1);
        rig.pass(1000);
        assert_eq!(rig.reply(later), Some(Reply::Ok), "acknowledged all the same");
        let expected = rig.value_of(if wins { later } else { first });
        assert!(all.iter().all(|m| rig.holds(*m, 1) == expected), "skew {skew}");
        assert_eq!(outvoted(&rig), if wins { 0 } else { 2 });
    }
}

#[test]
fn version_vectors_keep_siblings_until_somebody_merges_them() {
    for (merge, thrown_away) in [("keep-newest", 1), ("union", 0)] {
        let (mut rig, all, client, links) = masters(2, PAIR, &format!("conflicts=versions merge={merge}"));
        rig.cut(links[0]);
        let older = rig.ask(client, all[0], Kind::Write, 1);
        rig.pass(100);
        let newer = rig.ask(client, all[1], Kind::Write, 1);
        rig.pass(1000);
        rig.heal(links[0]);
        rig.pass(5000);
        assert!(all.iter().all(|m| rig.holds(*m, 1) == rig.value_of(newer)), "a read returns the newest");
        assert_eq!(outvoted(&rig), 0, "{merge}: nothing is lost by the heal");
        let merged = rig.ask(client, all[0], Kind::Update, 1);
        rig.pass(5000);
        assert_eq!(rig.answer(merged).unwrap().value, rig.value_of(newer));
        assert!(all.iter().all(|m| rig.holds(*m, 1) == rig.value_of(merged)));
        let gone = rig.value_of(older);
        for m in &all {
            let lost = |f: &Fact| matches!(f, Fact::Discarded { node, value, .. } if node.0 == m.0 && *value == gone);
            assert_eq!(rig.count(lost), thrown_away, "{merge}");
        }
    }
}

#[test]
fn a_skewed_clock_loses_nothing_with_version_vectors() {
    let (mut rig, all, client, _) = masters(2, PAIR, "conflicts=versions");
    rig.pass(20_000);
    rig.fault(Fault::Skew { node: all[1], nanos: -10_000_000_000 });
    rig.ask(client, all[0], Kind::Write, 1);
    rig.pass(1000);
    let later = rig.ask(client, all[1], Kind::Write, 1);
    rig.pass(1000);
    assert!(all.iter().all(|m| rig.holds(*m, 1) == rig.value_of(later)), "it knew of the first");
    assert_eq!(outvoted(&rig), 0);
}

#[test]
fn a_read_may_wait_for_what_its_session_has_seen() {
    let (mut rig, all, client, _) = masters(2, PAIR, "latency=50ms");
    let write = rig.ask(client, all[0], Kind::Write, 1);
    rig.pass(10);
    let early = rig.ask(client, all[1], Kind::Read, 1);
    rig.seen = rig.answer(write).unwrap().position;
    let waits = rig.ask(client, all[1], Kind::Read, 1);
    rig.pass(500);
    assert_eq!(rig.answer(early).unwrap().value, Value::INITIAL);
    assert_eq!(rig.answer(waits).unwrap().value, rig.value_of(write));
}

#[test]
fn sessions_and_slaves_follow_a_master_of_a_pair() {
    let (mut rig, all, client, _) = masters(2, PAIR, "");
    let slave = rig.database(QUICK);
    rig.line(all[1], Wire::Copies, slave, "");
    rig.ask_what(client, all[0], What::SessionPut { cart: 4 });
    let write = rig.ask(client, all[0], Kind::Write, 1);
    rig.pass(3000);
    let found = rig.ask_what(client, all[1], What::SessionGet);
    rig.pass(100);
    assert_eq!(rig.reply(found), Some(Reply::Session { cart: 4 }));
    assert_eq!(rig.holds(slave, 1), rig.value_of(write));
    assert_eq!(rig.gauge(slave).counters.sessions, 1);
}

#[test]
fn a_master_that_was_away_for_long_or_lost_its_disk_gets_everything() {
    for disk in [false, true] {
        let mut rig = Rig::new();
        let [a, b] = [(); 2].map(|_| rig.database(&format!("{QUICK} log=1000")));
        let client = rig.client(&[a, b]);
        rig.line(a, Wire::Mirrors, b, "");
        rig.run(ms(1000));
        let own = rig.ask(client, b, Kind::Write, 999);
        rig.pass(3000);
        if disk {
            rig.order(b, Order::LoseDisk);
        }
        rig.fault(Fault::Crash { node: b, host: true });
        let writes: Vec<Sent> = (0..3000)
            .map(|k| {
                rig.pass(2);
                rig.ask(client, a, Kind::Write, k % 40)
            })
            .collect();
        rig.restart(b);
        rig.pass(5000);
        assert!((0..40).all(|k| rig.holds(b, k) == rig.holds(a, k)));
        assert_eq!(rig.holds(b, 39), rig.value_of(writes[2999]));
        assert_eq!(rig.holds(b, 999), rig.value_of(own));
        let after = rig.ask(client, b, Kind::Write, 5);
        rig.pass(3000);
        assert_eq!(rig.holds(a, 5), rig.value_of(after), "lost disk: {disk}");
    }
}

/// Random writes at random masters under random cuts, crashes and losses: afterwards all show the same, and every
/// acknowledged write is there, or descended from, or was outvoted.
#[test]
fn masters_converge_whatever_happens() {
    for seed in 0..24 {
        let rule = ["conflicts=last-write-wins", "conflicts=versions", "conflicts=versions merge=union"];
        let line = format!("{} loss=2%", rule[seed as usize % 3]);
        let lines = if seed % 2 == 0 { MESH } else { RING };
        let (mut rig, all, client, links) = masters(4, lines, &line);
        let mut random = Random::stream(seed, 5);
        for step in 0..400 {
            let at = all[random.below(4) as usize];
            match random.below(40) {
                0 => links.iter().for_each(|l| {
                    if random.chance(0.5) {
                        rig.cut(*l);
                    }
                }),
                1 => links.iter().for_each(|l| rig.heal(*l)),
                2 => rig.crash(at),
                3 => all.iter().for_each(|m| rig.restart(*m)),
                _ => {
                    let kind = if step % 2 == 0 { Kind::Write } else { Kind::Update };
                    rig.ask(client, at, kind, random.below(5) as u32);
                }
            }
            rig.pass(random.below(200));
        }
        links.iter().for_each(|l| rig.heal(*l));
        all.iter().for_each(|m| rig.restart(*m));
        rig.pass(30_000);
        for key in 0..5 {
            assert!(all.iter().all(|m| rig.holds(*m, key) == rig.holds(all[0], key)), "seed {seed}, key {key}");
        }
        let shown = |node: u32| {
            let mut shown: Vec<Value> = Vec::new();
            for (_, fact) in &rig.facts {
                match *fact {
                    Fact::Applied { node: n, value, over, .. } if n.0 == node => {
                        shown.retain(|v| *v != over && *v != value);
                        shown.push(value);
                    }
                    Fact::Discarded { node: n, value, now, .. } if n.0 == node => {
                        shown.retain(|v| *v != value && *v != now);
                        shown.push(now);
                    }
                    _ => {}
                }
            }
            shown.sort_unstable();
            shown
        };
        for node in 1..4 {
            assert_eq!(shown(node), shown(0), "seed {seed}: the facts tell the same of {node} as of 0");
        }
    }
}
