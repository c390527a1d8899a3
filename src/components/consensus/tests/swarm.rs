//! Random groups and faults. At every slice of time: at most one leader a term, logs that agree wherever they hold the
//! same place, what is shown never differs, and a leader has all that was decided before its term. In the end all
//! members are alike, and the same seed runs the same.

use super::Group;
use crate::components::consensus::{Consensus, Role};
use crate::components::parts::log::Place;
use crate::components::protocol::Order;
use crate::components::protocol::consensus::{Command, Entry};
use crate::history::OpId;
use crate::sim::{Condition, Fault, NodeId, Way};
use crate::stdx::Random;
use std::collections::BTreeMap;

#[derive(Default)]
struct Promises {
    leaders: BTreeMap<u32, NodeId>,
    /// Every entry ever seen in a log, and the place before it there.
    entries: BTreeMap<Place, (Command, Place)>,
    /// What was shown under each number, and the term of whoever showed it first.
    decided: BTreeMap<u64, (Place, u32)>,
    done: BTreeMap<OpId, u64>,
    looked: BTreeMap<(NodeId, u32), u64>,
}

impl Promises {
    fn look(&mut self, seed: u64, node: NodeId, m: &Consensus) {
        let entry = |i: u64| -> Option<&Entry> { m.log.get(i) };
        if m.role == Role::Leader {
            let leader = *self.leaders.entry(m.term).or_insert(node);
            assert_eq!(leader, node, "seed {seed}: two leaders in term {}", m.term);
            for (index, (place, term)) in self.decided.iter().rev().take(200) {
                let known = m.term <= *term || *index < m.log.first() || m.log.place(*index) == *place;
                assert!(known, "seed {seed}: the leader of term {} lacks entry {index}", m.term);
            }
        }
        // What is shown never changes any more, or the check below would say so.
        for i in m.shown.saturating_sub(4).max(m.log.first())..=m.log.last() {
            let Some(e) = entry(i) else { continue };
            let seen = (e.command, m.log.place(i - 1));
            let first = *self.entries.entry(e.place).or_insert(seen);
            assert!(first == seen, "seed {seed}: logs differ at {:?}: {first:?} {seen:?}", e.place);
        }
        let looked = self.looked.entry((node, m.roll.life)).or_default();
        for i in *looked + 1..=m.shown {
            let place = m.log.place(i);
            let (decided, _) = *self.decided.entry(i).or_insert((place, m.term));
            assert_eq!(decided, place, "seed {seed}: {node:?} shows another entry {i}");
            if let Some(Command::Row { op, .. }) = entry(i).map(|e| e.command) {
                let before = *self.done.entry(op).or_insert(i);
                assert_eq!(before, i, "seed {seed}: {op:?} was carried out twice");
            }
        }
        *looked = m.shown.max(*looked);
    }
}

fn pick<'a>(random: &mut Random, words: &[&'a str]) -> &'a str {
    words[random.below(words.len() as u64) as usize]
}

fn settings(random: &mut Random) -> String {
    format!(
        "reads={} followers={} pre-vote={} check-quorum={} election={} heartbeat={} log={} recovery=100ms sync={} timeout=2s",
        pick(random, &["log", "read-index", "lease", "local"]),
        pick(random, &["forward", "redirect"]),
        pick(random, &["on", "on", "off"]),
        pick(random, &["on", "on", "off"]),
        pick(random, &["150ms", "300ms", "1s"]),
        pick(random, &["20ms", "50ms"]),
        pick(random, &["100", "10000"]),
        pick(random, &["exp(1ms)", "exp(10ms)", "0s"]),
    )
}

/// Something happens to somebody.
fn trouble(group: &mut Group, random: &mut Random, left: &mut Vec<NodeId>) {
    let node = group.members[random.below(group.members.len() as u64) as usize];
    let link = group.links[random.below(group.links.len() as u64) as usize];
    let way = [Way::Both, Way::Forth, Way::Back][random.below(3) as usize];
    match random.below(18) {
        0..=2 => group.bench.world.apply(&Fault::Crash { node, host: random.chance(0.3) }),
        3..=6 => group.members.clone().into_iter().for_each(|n| group.bench.restart(n)),
        7..=8 => group.bench.world.apply(&Fault::Cut { link, way }),
        9..=10 => group.links.clone().into_iter().for_each(|link| group.bench.world.apply(&Fault::Heal { link })),
        11 => group.cut(node, false),
        12 => group.bench.world.apply(&Fault::Pause { node }),
        13 => group.members.clone().into_iter().for_each(|node| group.bench.world.apply(&Fault::Resume { node })),
        14 => group.bench.world.apply(&Fault::Slow { node, factor: [1.0, 20.0][random.below(2) as usize] }),
        15 => group.bench.world.apply(&Fault::Loss { link, share: Some([0.0, 0.3][random.below(2) as usize]) }),
        16 => _ = group.bench.order(node, Order::Promote),
        _ if random.chance(0.3) => {
            group.bench.order(node, Order::LoseDisk);
            group.bench.crash(node);
        }
        _ if group.members.len() < 6 && random.chance(0.3) => _ = group.add(),
        _ if group.members.len() - left.len() > 3 && !left.contains(&node) && random.chance(0.3) => {
            // Taken from the drawing: it is alone from now on.
            for link in group.links.clone() {
                let plan = group.bench.world.link(link).plan.clone();
                if !group.bench.world.link(link).removed && (plan.a == node || plan.b == node) {
                    group.bench.part(link);
                }
            }
            left.push(node);
        }
        _ => group.bench.world.apply(&Fault::Skew { node, nanos: random.below(400_000_000) as i64 - 200_000_000 }),
    }
}

fn play(seed: u64) -> u64 {
    let mut random = Random::stream(seed, 1);
    let size = [3, 3, 5, 7][random.below(4) as usize];
    let users = "rate=60/s keys=6 reads=40% updates=30% population=10 timeout=700ms retries=3 login=off backoff=50ms";
    let mut group = Group::new(seed, size, &settings(&mut random), users);
    let (mut promises, mut left) = (Promises::default(), Vec::new());
    let mut now = 0.0;
    let mut go = |group: &mut Group, promises: &mut Promises, span: f64| {
        now += span;
        group.bench.run(now);
        for node in group.members.clone() {
            if group.bench.world.condition(node) == Condition::Up {
                promises.look(seed, node, group.member(node));
            }
        }
    };
    for _ in 0..40 {
        trouble(&mut group, &mut random, &mut left);
        for _ in 0..random.below(30) {
            go(&mut group, &mut promises, 0.01);
        }
    }
    for node in group.members.clone() {
        group.bench.world.apply(&Fault::Resume { node });
        group.bench.world.apply(&Fault::Slow { node, factor: 1.0 });
        group.bench.restart(node);
    }
    for link in group.links.clone() {
        group.bench.world.apply(&Fault::Heal { link });
        group.bench.world.apply(&Fault::Loss { link, share: None });
    }
    for _ in 0..40 {
        go(&mut group, &mut promises, 0.5);
    }
    group.bench.order(group.users, Order::Traffic(0.0));
    for _ in 0..10 {
        go(&mut group, &mut promises, 0.5);
    }
    group.bench.check();
    alike(seed, &group, &left);
    group.bench.world.hash()
}

/// A majority that is there has elected, and all that it counts as members show the same.
fn alike(seed: u64, group: &Group, left: &[NodeId]) {
    let there: Vec<NodeId> = group.members.iter().copied().filter(|n| !left.contains(n)).collect();
    let Some(leader) = there.iter().copied().find(|n| group.member(*n).role == Role::Leader) else {
        // Disks lost and machines taken away can leave too few of the last roll; else somebody must lead.
        let able = there.iter().any(|n| {
            let roll = &group.member(*n).roll;
            let here = |m: &&crate::components::protocol::consensus::Member| {
                there.iter().any(|n| group.member(*n).myself() == **m)
            };
            group.member(*n).is_member() && roll.members().iter().filter(here).count() >= roll.majority()
        });
        let say = |n: &NodeId| {
            let m = group.member(*n);
            format!("{n:?} {:?} term {} {:?} log {:?} of {:?}\n", m.role, m.term, m.leader, m.log.end(), m.roll)
        };
        assert!(!able, "seed {seed}: nobody leads: {left:?} left\n{}", there.iter().map(say).collect::<String>());
        return;
    };
    let lead = group.member(leader);
    for node in there.iter().filter(|n| lead.roll.of(crate::history::Process(n.0)).is_some()) {
        let m = group.member(*node);
        assert_eq!((m.shown, m.log.end()), (lead.shown, lead.log.end()), "seed {seed}: {node:?} is not up to date");
        assert!(m.store.rows().eq(lead.store.rows()), "seed {seed}: {node:?} holds other rows");
        assert_eq!(m.roll.members(), lead.roll.members(), "seed {seed}: {node:?} counts other members");
    }
}

#[test]
fn raft_keeps_its_promises_whatever_happens() {
    // SEED=n plays one seed; ROUNDS=n so many.
    let read = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match read("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..read("ROUNDS").unwrap_or(60),
    };
    for seed in seeds {
        play(seed);
    }
}

#[test]
fn the_same_seed_plays_the_same() {
    for seed in [3, 4] {
        assert_eq!(play(seed), play(seed), "seed {seed}");
    }
}
