//! The load balancer, driven on a bench: every policy, stickiness, checks, retries.

use crate::components::Wire;
use crate::components::parts::bench::{Bench, Server};
use crate::history::{Cause, Outcome};
use crate::sim::NodeId;

/// Users, a balancer with these settings, and so many equal servers.
fn with(users: &str, settings: &str, servers: usize, server: Server) -> (Bench, NodeId, Vec<NodeId>) {
    let mut bench = Bench::new(11);
    let users = bench.add("users", "users", users);
    let lb = bench.add("load-balancer", "lb", settings);
    bench.join(users, Wire::Calls, lb, "latency=0");
    let servers = (1..=servers).map(|i| {
        let node = bench.serve(&format!("web-{i}"), server.clone());
        bench.join(lb, Wire::Calls, node, "latency=0");
        node
    });
    let servers = servers.collect();
    (bench, lb, servers)
}

fn near(what: f64, expected: f64, tolerance: f64) {
    assert!((what / expected - 1.0).abs() <= tolerance, "{what}, expected {expected}");
}

#[test]
fn the_mean_sojourn_of_each_policy_is_that_of_the_exact_chain() {
    // Four servers of mean 1 at 70 %: M/M/1; E4/M/1; Markov chains on the sorted queue lengths.
    for (policy, expected) in [
        ("random", 3.33333),
        ("round-robin", 2.23669),
        ("two-choices", 1.9542),
        ("two-choices distinct=on", 1.7984),
        ("least-connections", 1.5114),
    ] {
        let (mut bench, ..) = with(
            "rate=280/s login=off timeout=1h",
            &format!("policy={policy} health=none timeout=1h"),
            4,
            Server::new(1, "exp(10ms)"),
        );
        bench.run(1000.0);
        bench.check();
        let spans: Vec<f64> = bench.returns().map(|(at, op, _)| (at - op.invoked).as_secs() / 0.01).collect();
        near(spans.iter().sum::<f64>() / spans.len() as f64, expected, 0.02);
    }
}

#[test]
fn a_dead_server_keeps_its_share_until_the_checks_remove_it() {
    for crash_at in [10.0, 10.5, 11.3] {
        let (mut bench, lb, servers) =
            with("load=constant rate=300/s login=off", "retries=0", 3, Server::new(8, "5ms"));
        bench.run(crash_at);
        bench.crash(servers[1]);
        bench.run(30.0);
        bench.check();
        let refused: Vec<f64> = bench
            .returns()
            .filter(|(_, _, outcome)| *outcome == Outcome::Fail(Cause::Refused))
            .map(|(at, ..)| at.as_secs() - crash_at)
            .collect();
        let last = refused.last().copied().unwrap_or(0.0);
        assert!((4.0..6.0).contains(&last), "removed after {last} s");
        near(refused.len() as f64, 100.0 * last, 0.03);
        assert_eq!(bench.gauge(lb).live, crate::components::parts::gauge::Live::Up { up: 2, of: 3 });
    }
}
