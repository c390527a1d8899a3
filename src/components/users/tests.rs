//! Users, driven on a bench: how often they come, how they try again, what they send along.

use crate::components::Wire;
use crate::components::parts::bench::{Bench, Server};
use crate::history::{Cause, Outcome, Record};
use crate::sim::NodeId;
use std::collections::BTreeSet;

/// Users with these settings before one server.
fn with(settings: &str, server: Server) -> (Bench, NodeId, NodeId) {
    let mut bench = Bench::new(7);
    let users = bench.add("users", "users", settings);
    let server = bench.serve("web", server);
    bench.join(users, Wire::Calls, server, "latency=0");
    (bench, users, server)
}

fn near(what: f64, expected: f64, tolerance: f64) {
    assert!((what / expected - 1.0).abs() <= tolerance, "{what}, expected {expected}");
}

#[test]
fn an_open_loop_comes_at_its_rate_whatever_the_server_does() {
    for (load, server) in [("poisson", "1ms"), ("poisson", "10s"), ("constant", "1ms")] {
        let (mut bench, _, _) =
            with(&format!("load={load} rate=200/s login=off timeout=1h"), Server::new(1, server));
        bench.run(100.0);
        bench.check();
        let invoked = bench.records.iter().filter(|(_, r)| matches!(r, Record::Invoke(_))).count();
        near(invoked as f64, 20_000.0, if load == "constant" { 0.0001 } else { 0.02 });
    }
}

#[test]
fn a_closed_loop_has_the_throughput_of_mean_value_analysis() {
    // Reiser and Lavenberg (1980): mean think time 4 and 9 services, one exponential server of mean 1.
    for (think, clients, throughput, response) in
        [(4.0, 1, 0.2, 1.0), (4.0, 2, 0.384615, 1.2), (4.0, 50, 1.0, 46.0), (9.0, 10, 0.832037, 3.0187), (0.0, 10, 1.0, 10.0)]
    {
        let settings = format!(
            "load=closed population={clients} think=exp({}ms) login=off timeout=1h",
            think * 10.0
        );
        let (mut bench, _, _) = with(&settings, Server::new(1, "exp(10ms)"));
        bench.run(1000.0);
        bench.check();
        let ends: Vec<f64> = bench.returns().map(|(at, op, _)| (at - op.invoked).as_secs() / 0.01).collect();
        near(ends.len() as f64 / 1000.0 * 0.01, throughput, 0.015);
        near(ends.iter().sum::<f64>() / ends.len() as f64, response, 0.03);
    }
}

#[test]
fn retries_multiply_the_load_as_the_geometric_series_says() {
    for (p, retries) in [(0.1, 1), (0.5, 3), (0.9, 3), (1.0, 2)] {
        let settings = format!("rate=500/s retries={retries} backoff=1ms login=off");
        let (mut bench, users, _) = with(&settings, Server { failing: p, ..Server::new(8, "1ms") });
        bench.run(40.0);
        bench.check();
        let ops = bench.returns().count() as f64;
        let attempts = 1.0 + bench.gauge(users).counters.retries as f64 / ops;
        let failed = bench.count(|o| o == Outcome::Fail(Cause::Error)) as f64 / ops;
        let left = libm::pow(p, retries as f64 + 1.0);
        let expected = if p == 1.0 { retries as f64 + 1.0 } else { (1.0 - left) / (1.0 - p) };
        near(attempts, expected, 0.02);
        assert!((failed - left).abs() < 0.01, "{failed}, expected {left}");
    }
}

#[test]
fn a_retry_budget_bounds_the_retries() {
    let settings = "rate=500/s retries=5 backoff=1ms retry-budget=0.2 login=off";
    let (mut bench, users, _) = with(settings, Server { failing: 1.0, ..Server::new(8, "1ms") });
    bench.run(60.0);
    // A fifth of the requests, ten a second, and what the bucket held at first.
    let retries = bench.gauge(users).counters.retries as f64;
    near(retries / 60.0, 500.0 * 0.2 + 10.0, 0.05);
    assert!(bench.count(|o| o == Outcome::Fail(Cause::Shed)) > 20_000);
}

#[test]
fn back_off_is_full_jitter() {
    let settings = "load=closed population=1 think=0 retries=1 backoff=800ms login=off";
    let (mut bench, _, server) = with(settings, Server { failing: 1.0, ..Server::new(1, "0") });
    bench.run(2000.0);
    let served = &bench.server(server).served;
    let pauses: Vec<f64> = served
        .chunk_by(|a, b| a.1.op.id == b.1.op.id)
        .filter(|attempts| attempts.len() == 2)
        .map(|attempts| (attempts[1].0 - attempts[0].0).as_secs())
        .collect();
    near(pauses.iter().sum::<f64>() / pauses.len() as f64, 0.4, 0.03);
    assert!(pauses.iter().all(|p| (0.0..=0.8).contains(p)));
    near(pauses.iter().filter(|p| **p < 0.2).count() as f64 / pauses.len() as f64, 0.25, 0.1);
}

#[test]
fn silence_times_out_refusal_is_certain_and_a_broken_connection_is_not() {
    let (mut bench, _, server) = with("rate=100/s timeout=1s reads=0% login=off", Server::new(8, "30ms"));
    bench.run(5.0);
    bench.crash(server);
    bench.run(10.0);
    assert_eq!(outcomes(&bench, 4.999, 10.0), ["broke, unknown", "refused, certain"]);
    bench.restart(server);
    bench.run(15.0);
    assert_eq!(outcomes(&bench, 11.0, 15.0), ["ok"]);
    bench.crash_host(server);
    bench.run(20.0);
    assert_eq!(outcomes(&bench, 15.1, 20.0), ["timed out, unknown"]);
    bench.check();
}

/// How operations ended within these seconds, each way once, in the order of the alphabet.
fn outcomes(bench: &Bench, from: f64, to: f64) -> Vec<&'static str> {
    let within = bench.returns().filter(|(at, ..)| at.as_secs() > from && at.as_secs() <= to);
    let words = within.map(|(_, _, outcome)| match outcome {
        Outcome::Ok { .. } => "ok",
        Outcome::Fail(Cause::Refused) => "refused, certain",
        Outcome::Unknown(Cause::Reset) => "broke, unknown",
        Outcome::Unknown(Cause::TimedOut) => "timed out, unknown",
        other => panic!("{other:?}"),
    });
    words.collect::<BTreeSet<_>>().into_iter().collect()
}
