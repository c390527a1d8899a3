//! Shards that are drawn and taken away while the router runs.

use crate::components::parts::bench::Bench;
use crate::components::{Component, Machine as _, Wire};
use crate::history::Key;
use crate::sim::NodeId;

struct Shards {
    bench: Bench,
    router: NodeId,
    databases: Vec<NodeId>,
}

impl Shards {
    fn new(router: &str, databases: usize) -> Shards {
        let mut bench = Bench::new(5);
        let users = bench.add("users", "users", "rate=200/s keys=100 zipf=0 reads=50% population=20 login=off timeout=1s");
        let router = bench.add("shard-router", "router", router);
        bench.join(users, Wire::Calls, router, "latency=1ms");
        let mut shards = Shards { bench, router, databases: Vec::new() };
        (0..databases).for_each(|_| shards.add());
        shards
    }

    fn add(&mut self) {
        let name = format!("db{}", self.databases.len());
        let db = self.bench.add("database", &name, "");
        self.bench.join(self.router, Wire::Calls, db, "latency=1ms");
        self.databases.push(db);
    }

    fn router(&self) -> &super::ShardRouter {
        match self.bench.machine(self.router) {
            Component::ShardRouter(r) => r,
            other => panic!("{:?}", other.kind()),
        }
    }

    /// Every key's row stands with the shard that the table names.
    fn all_in_place(&self) {
        assert_eq!(self.router().moves.left(), 0);
        for key in (0..100).map(Key) {
            let home = self.router().home(key).unwrap();
            let held: Vec<_> = self.databases.iter().map(|db| self.bench.machine(*db).holds(key)).collect();
            let newest = held.iter().flatten().max_by_key(|v| v.0).copied();
            assert_eq!(held[home as usize], newest, "{key:?}: {held:?}, kept by {home}");
        }
    }
}

#[test]
fn a_shard_that_is_drawn_gets_its_keys_and_no_others_move() {
    for (by, least, most) in [("range", 16, 17), ("modulo", 60, 90), ("consistent", 10, 40)] {
        let mut shards = Shards::new(&format!("keys=100 by={by}"), 3);
        shards.bench.run(5.0);
        let before: Vec<u32> = (0..100).map(|k| shards.router().home(Key(k)).unwrap()).collect();
        shards.add();
        let left = shards.router().moves.left();
        assert!((least..=most).contains(&left), "{by}: {left} are to move");
        shards.bench.run(10.0);
        let after: Vec<u32> = (0..100).map(|k| shards.router().home(Key(k)).unwrap()).collect();
        let moved = before.iter().zip(&after).filter(|(a, b)| a != b).count() as u64;
        assert_eq!((moved, shards.bench.gauge(shards.router).counters.keys_moved), (left, left), "{by}");
        if by != "modulo" {
            assert!(before.iter().zip(&after).all(|(a, b)| a == b || *b == 3), "{by}: a key moved between old shards");
        }
        shards.all_in_place();
    }
}

#[test]
fn two_changes_at_once_and_a_crash_between_leave_every_row_in_its_place() {
    let mut shards = Shards::new("keys=100 by=modulo movers=1", 3);
    shards.bench.run(5.0);
    shards.add();
    shards.bench.run(5.05);
    assert!(shards.router().moves.left() > 0, "it is not done yet");
    shards.add();
    shards.bench.run(5.1);
    shards.bench.crash(shards.router);
    shards.bench.run(5.6);
    shards.bench.restart(shards.router);
    shards.bench.run(20.0);
    shards.bench.set(shards.router, "keys=100 by=consistent movers=2");
    shards.bench.run(40.0);
    shards.all_in_place();
    shards.bench.check();
}
