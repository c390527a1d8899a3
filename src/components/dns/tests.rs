//! What a name server answers, asked over a line of its own; what users make of it is tested on whole boards.

use super::Dns;
use crate::components::parts::bench::Bench;
use crate::components::{Component, Machine as _, Wire};
use crate::sim::NodeId;

fn dns(bench: &Bench, node: NodeId) -> &Dns {
    match bench.machine(node) {
        Component::Dns(d) => d,
        other => panic!("{:?}", other.kind()),
    }
}

/// A name server with three servers behind it, and users who know them all but ask first.
fn bench(settings: &str, users: &str) -> (Bench, NodeId, Vec<NodeId>, NodeId) {
    let mut bench = Bench::new(3);
    let users = bench.add("users", "users", users);
    let names = bench.add("dns", "names", settings);
    bench.join(users, Wire::Calls, names, "latency=1ms");
    let servers: Vec<NodeId> = (0..3).map(|i| bench.add("app-server", &format!("web{i}"), "")).collect();
    for server in &servers {
        bench.join(names, Wire::Calls, *server, "latency=1ms");
        bench.join(users, Wire::Calls, *server, "latency=1ms");
    }
    (bench, names, servers, users)
}

const USERS: &str = "rate=100/s population=30 session-length=5 login=off timeout=1s";

fn answers(bench: &Bench, names: NodeId) -> Vec<u64> {
    dns(bench, names).spread().iter().map(|p| p.requests).collect()
}

#[test]
fn answers_name_each_address_in_turn() {
    let (mut bench, names, _, _) = bench("", USERS);
    bench.run(30.0);
    let answers = answers(&bench, names);
    let (least, most) = (answers.iter().min().unwrap(), answers.iter().max().unwrap());
    assert!(most - least <= 1 && *least > 100, "{answers:?}");
    // Nobody asks twice while the answer holds: one question for each visitor, not for each request.
    assert!(answers.iter().sum::<u64>() < bench.ok() as u64 / 3, "{answers:?}, {}", bench.ok());
    bench.check();
}

#[test]
fn an_answer_holds_for_its_time_to_live() {
    for (ttl, least, most) in [("1s", 800, 1300), ("10s", 80, 130), ("0s", 2500, 3500)] {
        let users = "load=closed population=40 think=exp(400ms) login=off timeout=1s";
        let (mut bench, names, _, _) = bench(&format!("ttl={ttl}"), users);
        bench.run(30.0);
        let asked: u64 = answers(&bench, names).iter().sum();
        assert!((least..=most).contains(&asked), "ttl {ttl}: {asked} questions, {} answered", bench.ok());
    }
}

#[test]
fn checks_find_out_who_is_dead_and_who_is_back() {
    for (settings, found) in [("health=on check-every=1s check-timeout=1s", true), ("policy=failover check-every=1s check-timeout=1s", true), ("", false)] {
        let (mut bench, names, servers, _) = bench(settings, USERS);
        bench.run(5.0);
        bench.crash_host(servers[0]);
        bench.run(15.0);
        assert_eq!(!dns(&bench, names).addresses[0].up, found, "{settings}");
        bench.restart(servers[0]);
        bench.run(30.0);
        assert!(dns(&bench, names).addresses[0].up, "{settings}");
    }
}

#[test]
fn failover_names_the_first_and_then_the_next_and_all_when_all_are_dead() {
    let (mut bench, names, servers, _) = bench("policy=failover check-every=1s check-timeout=1s", USERS);
    bench.run(10.0);
    assert_eq!(answers(&bench, names)[1..], [0, 0]);
    bench.crash(servers[0]);
    bench.run(20.0);
    let then = answers(&bench, names);
    assert!(then[1] > 50 && then[2] == 0, "{then:?}");
    bench.crash(servers[1]);
    bench.crash(servers[2]);
    bench.run(30.0);
    let before = answers(&bench, names);
    bench.run(35.0);
    assert!(answers(&bench, names)[0] > before[0], "with all down the first is named");
}
