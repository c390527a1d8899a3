//! Random stores, requests, faults and edits: nothing panics, nobody is answered twice, no acknowledged write is lost where
//! that is promised, the same seed plays the same again, and once everything is whole the copies become alike.

use super::{Store, ms};
use crate::components::protocol::{Order, What};
use crate::components::{Kind, Machine as _};
use crate::history::{Key, Kind as OpKind, SessionId, Value};
use crate::sim::{Fault, Way};
use crate::stdx::{Duration, Random};
use std::collections::BTreeMap;

fn pick<'a>(random: &mut Random, words: &[&'a str]) -> &'a str {
    words[random.below(words.len() as u64) as usize]
}

/// A store of `n`; `strict`: durable, with majorities, of which an acknowledged write cannot be lost.
fn settings(random: &mut Random, n: u64, strict: bool) -> String {
    let majority = n / 2 + 1;
    let most = |random: &mut Random| 1 + random.below(n);
    format!(
        "r={} w={} read-repair={} sloppy={} hints={} durable={} ask={} send={} workers={} waiting={} \
         read=exp(1ms) write=exp(2ms) write-leg={} local={} timeout=500ms suspect=2s recovery=300ms \
         gossip=500ms anti-entropy=5s",
        if strict { majority } else { most(random) },
        if strict { majority } else { most(random) },
        pick(random, &["off", "after", "before"]),
        if strict { "off" } else { pick(random, &["on", "off"]) },
        pick(random, &["3h", "3h", "1s", "0s"]),
        if strict { "on" } else { pick(random, &["on", "off"]) },
        pick(random, &["all", "all", "needed"]),
        pick(random, &["all", "all", "needed"]),
        1 + random.below(8),
        pick(random, &["2", "100"]),
        pick(random, &["0s", "exp(5ms)", "paretoexp(0.38,1.05ms,1.51,5.46ms)"]),
        pick(random, &["on", "off"]),
    )
}

/// What happened, as a number that tells two runs apart.
fn play(seed: u64) -> u64 {
    let mut random = Random::stream(seed, 1);
    let n = 1 + random.below(5);
    let strict = random.chance(0.5);
    let text = settings(&mut random, n, strict);
    let mut store = Store::seeded(seed, n as u32, &text);
    let mut values = 0;
    let mut writes = BTreeMap::new();
    let mut sent = Vec::new();
    for _ in 0..250 {
        let at = random.below(n) as usize;
        let node = store.replicas[at];
        match random.below(60) {
            0 => store.crash(at),
            1 => store.rig.fault(Fault::Crash { node, host: true }),
            2..=5 => (0..n as usize).for_each(|i| store.restart(i)),
            6 => store.cut_off(at, true),
            7 if !store.inner.is_empty() => {
                let link = store.inner[random.below(store.inner.len() as u64) as usize];
                let way = [Way::Both, Way::Forth, Way::Back][random.below(3) as usize];
                store.rig.fault(Fault::Cut { link, way });
            }
            8..=11 => store.inner.clone().into_iter().for_each(|link| store.rig.fault(Fault::Heal { link })),
            12 => store.rig.fault(Fault::Pause { node }),
            13 | 14 => (0..n as usize).for_each(|i| {
                let node = store.replicas[i];
                store.rig.fault(Fault::Resume { node });
            }),
            15 if !strict => {
                let nanos = random.below(4_000_000_000) as i64 - 2_000_000_000;
                store.rig.fault(Fault::Skew { node, nanos });
            }
            16 if !strict => store.order(at, if random.chance(0.5) { Order::FillDisk } else { Order::LoseDisk }),
            17 => {
                let edited = settings(&mut random, n, strict);
                store.rig.set(node, Kind::QuorumStore, &format!("clones={n} {edited}"));
            }
            18 => store.rig.fault(Fault::Slow { node, factor: 1.0 + random.unit() * 20.0 }),
            19 => {
                let mut ask = super::read(0);
                ask.what = if random.chance(0.5) { What::SessionGet } else { What::SessionPut { cart: 2 } };
                sent.push(store.send(at, ask));
            }
            _ => {
                let key = random.below(3) as u32;
                let kind = [OpKind::Read, OpKind::Write, OpKind::Update][random.below(3) as usize];
                values += kind.writes() as u64;
                let mut ask = crate::components::parts::rig::operation(kind, key, 0);
                if kind.writes() {
                    ask.op.value = Value(values);
                }
                ask.op.session = SessionId(random.below(4) as u32);
                let call = store.send(at, ask);
                if kind.writes() {
                    writes.insert(call, (Key(key), Value(values)));
                }
                sent.push(call);
            }
        }
        store.run(ms(random.below(200)));
    }
    for at in 0..n as usize {
        let node = store.replicas[at];
        store.rig.fault(Fault::Resume { node });
        store.rig.fault(Fault::Slow { node, factor: 1.0 });
        // A disk is well again after a restart only.
        store.crash(at);
        store.restart(at);
    }
    store.inner.clone().into_iter().for_each(|link| store.rig.fault(Fault::Heal { link }));
    store.run(Duration::from_secs(60));
    let answers = store.rig.answers(store.client);
    for call in &sent {
        assert!(answers.iter().filter(|(_, a)| a.call == *call).count() <= 1, "seed {seed}: answered twice");
    }
    let here = |key| -> Vec<u64> { store.holds(key) };
    for key in 0..3 {
        assert!(here(key).windows(2).all(|p| p[0] == p[1]), "seed {seed}: {:?} of key {key}", here(key));
    }
    if strict {
        // The newest acknowledged write of each key is there, or one that has a later time stamp.
        for (_, answer) in answers.iter().filter(|(_, a)| a.reply.is_ok()) {
            let Some((key, value)) = writes.get(&answer.call) else { continue };
            let shown = store.rig.get(store.replicas[0]).holds(*key).unwrap_or_default();
            let later = |other: &Value| store.stamp(*other) >= answer.position;
            assert!(shown == *value || later(&shown), "seed {seed}: {value:?} of {key:?} is lost: {shown:?}");
        }
    }
    store.rig.world.hash()
}

#[test]
fn nothing_panics_is_lost_or_stays_apart_whatever_happens() {
    let seeds = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(60);
    let only: Option<u64> = std::env::var("SEED").ok().and_then(|s| s.parse().ok());
    for seed in only.map_or(0..seeds, |seed| seed..seed + 1) {
        let once = play(seed);
        if seed % 20 == 0 {
            assert_eq!(once, play(seed), "seed {seed} plays the same again");
        }
    }
}
