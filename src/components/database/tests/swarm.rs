//! Random databases, lines, requests, faults, orders and edits: nothing panics, nobody is answered twice, no promise of
//! the rig is broken, and what is left whole converges.

use super::rig::{Rig, Sent};
use crate::components::Wire;
use crate::components::protocol::{Order, What};
use crate::history::Kind;
use crate::sim::{Fault, LinkId, NodeId, Way};
use crate::stdx::Random;

fn pick<'a>(random: &mut Random, words: &[&'a str]) -> &'a str {
    words[random.below(words.len() as u64) as usize]
}

fn database(random: &mut Random) -> String {
    format!(
        "read=1ms write=exp(2ms) recovery=500ms log=1000 durable={} workers={} connections={} query-cache={}",
        pick(random, &["on", "on", "off"]),
        1 + random.below(4),
        pick(random, &["5", "151"]),
        pick(random, &["on", "off"]),
    )
}

fn line(random: &mut Random, wire: Wire) -> String {
    let common = format!(
        "latency={} loss={}",
        pick(random, &["0s", "5ms", "exp(20ms)"]),
        pick(random, &["0%", "0%", "10%"])
    );
    let apply = pick(random, &["apply=0s", "apply=exp(5ms)", "apply=20ms apply-workers=1"]);
    match wire {
        Wire::Copies => format!(
            "{common} {apply} mode={} ack={} ack-timeout=2s shipping={} promotion={} heartbeat=200ms misses=3 \
             quorum={} fencing={} standby={} start-up=1s old-master={} delay={}",
            pick(random, &["async", "semi-sync", "sync"]),
            pick(random, &["received", "applied"]),
            pick(random, &["0s", "0s", "100ms"]),
            pick(random, &["manual", "automatic"]),
            pick(random, &["on", "off"]),
            pick(random, &["on", "off"]),
            pick(random, &["hot", "hot", "cold"]),
            pick(random, &["follows", "follows", "stays"]),
            pick(random, &["0s", "0s", "300ms"]),
        ),
        Wire::Mirrors => format!(
            "{common} {apply} conflicts={} merge={} reads={} heartbeat=200ms misses=3",
            pick(random, &["last-write-wins", "versions", "certification", "certification"]),
            pick(random, &["keep-newest", "union"]),
            pick(random, &["local", "synced"]),
        ),
        Wire::Calls | Wire::Heartbeat => common,
    }
}

/// What happened, as a number that tells two runs apart.
fn play(seed: u64) -> u64 {
    let mut random = Random::stream(seed, 1);
    let mut rig = Rig::seeded(seed);
    let n = 2 + random.below(4) as usize;
    let all: Vec<NodeId> = (0..n).map(|_| rig.database(&database(&mut random))).collect();
    let client = rig.client(&all);
    let mut links: Vec<LinkId> = Vec::new();
    let favourite = random.below(3);
    let mut connect = |rig: &mut Rig, random: &mut Random| {
        let (a, b) = (random.below(n as u64) as usize, random.below(n as u64) as usize);
        // Most boards are of one sort; some mix what nobody should mix.
        let wire = match if random.chance(0.8) { favourite } else { random.below(3) } {
            0 => Wire::Copies,
            1 => Wire::Mirrors,
            _ => pick_wire(random),
        };
        if a != b {
            let text = line(random, wire);
            links.push(rig.line(all[a], wire, all[b], &text));
        }
        links.clone()
    };
    for _ in 0..2 * n {
        connect(&mut rig, &mut random);
    }
    let mut lines = connect(&mut rig, &mut random);
    let mut sent: Vec<Sent> = Vec::new();
    for _ in 0..300 {
        let at = all[random.below(n as u64) as usize];
        match random.below(60) {
            0 => rig.crash(at),
            1 => rig.fault(Fault::Crash { node: at, host: true }),
            2..=6 => all.iter().for_each(|m| rig.restart(*m)),
            7 | 8 if !lines.is_empty() => {
                let link = lines[random.below(lines.len() as u64) as usize];
                let way = [Way::Both, Way::Forth, Way::Back][random.below(3) as usize];
                rig.fault(Fault::Cut { link, way });
            }
            9..=12 => lines.iter().for_each(|l| rig.heal(*l)),
            13 => rig.fault(Fault::Pause { node: at }),
            14 => all.iter().for_each(|m| rig.fault(Fault::Resume { node: *m })),
            15 => rig.fault(Fault::Skew { node: at, nanos: random.below(4_000_000_000) as i64 - 2_000_000_000 }),
            16 => {
                rig.order(at, Order::Promote);
            }
            17 => {
                rig.order(at, pick_order(&mut random));
            }
            18 => lines = connect(&mut rig, &mut random),
            19 if lines.len() > 1 => {
                let link = lines.swap_remove(random.below(lines.len() as u64) as usize);
                rig.unline(link);
            }
            20 => rig.edit_database(at, &database(&mut random)),
            21 => {
                rig.ask_what(client, at, What::SessionPut { cart: 1 });
            }
            22 => {
                rig.ask_what(client, at, What::SessionGet);
            }
            _ => {
                rig.seen = if random.chance(0.2) { random.below(50) } else { 0 };
                let kind = [Kind::Read, Kind::Write, Kind::Update][random.below(3) as usize];
                if random.chance(0.1) && !sent.is_empty() {
                    let again = sent[random.below(sent.len() as u64) as usize];
                    rig.repeat(client, at, again);
                } else {
                    sent.push(rig.ask(client, at, kind, random.below(4) as u32));
                }
            }
        }
        rig.pass(random.below(300));
    }
    rig.pass(60_000);
    assert!(rig.nobody_is_answered_twice(), "seed {seed}");
    rig.world.hash()
}

fn pick_wire(random: &mut Random) -> Wire {
    [Wire::Copies, Wire::Mirrors, Wire::Heartbeat][random.below(3) as usize]
}

fn pick_order(random: &mut Random) -> Order {
    [Order::FillDisk, Order::LoseDisk, Order::DropCache][random.below(3) as usize]
}

#[test]
fn nothing_panics_whatever_is_drawn_and_done() {
    let seeds = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(60);
    for seed in 0..seeds {
        let once = play(seed);
        if seed % 20 == 0 {
            assert_eq!(once, play(seed), "seed {seed} plays the same again");
        }
    }
}
