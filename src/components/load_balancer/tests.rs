//! The load balancer, driven on a bench: every policy, stickiness, checks, retries.

use crate::components::Wire;
use crate::components::parts::bench::{Bench, Server};
use crate::components::parts::gauge::Live;
use crate::history::{Cause, Fact, Kind, Outcome, Record, SessionId};
use crate::sim::NodeId;
use crate::stdx::Instant;
use std::collections::{BTreeMap, BTreeSet};

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
        bench.run(400.0);
        bench.check();
        let spans: Vec<f64> = bench.returns().map(|(at, op, _)| (at - op.invoked).as_secs() / 0.01).collect();
        near(spans.iter().sum::<f64>() / spans.len() as f64, expected, 0.03);
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
        assert_eq!(bench.gauge(lb).live, Live::Up { up: 2, of: 3 });
    }
}

/// Share of the requests that each server has served.
fn shares(bench: &Bench, servers: &[NodeId]) -> Vec<f64> {
    let counts: Vec<usize> = servers.iter().map(|s| bench.server(*s).served.len()).collect();
    let total: usize = counts.iter().sum();
    counts.iter().map(|c| *c as f64 / total as f64).collect()
}

#[test]
fn each_policy_shares_out_as_it_says() {
    let equal = [1.0 / 3.0; 3];
    for (policy, expected, tolerance) in [
        ("policy=round-robin", equal, 0.001),
        ("policy=random", equal, 0.05),
        ("policy=two-choices", equal, 0.05),
        ("policy=least-connections", equal, 0.01),
        ("policy=weighted weights=3,2,1", [0.5, 1.0 / 3.0, 1.0 / 6.0], 0.001),
        ("policy=weighted", equal, 0.001),
        ("policy=source", equal, 0.2),
        ("policy=key-modulo", equal, 0.2),
        ("policy=key-consistent", equal, 0.3),
        ("policy=content", equal, 0.001),
    ] {
        let users = "load=constant rate=1000/s population=3000 zipf=0 login=off";
        let (mut bench, _, servers) = with(users, policy, 3, Server::new(64, "1ms"));
        bench.run(20.0);
        bench.check();
        for (share, expected) in shares(&bench, &servers).iter().zip(expected) {
            assert!((share / expected - 1.0).abs() <= tolerance, "{policy}: {share}, expected {expected}");
        }
    }
}

#[test]
fn weights_come_smoothly_and_not_in_bursts() {
    let (mut bench, _, servers) =
        with("load=constant rate=70/s login=off", "policy=weighted weights=5,1,1", 3, Server::new(64, "1ms"));
    bench.run(0.105);
    let mut served: Vec<(Instant, usize)> = Vec::new();
    for (i, server) in servers.iter().enumerate() {
        served.extend(bench.server(*server).served.iter().map(|(at, _)| (*at, i)));
    }
    served.sort();
    // Nginx's own example: a a b a c a a.
    assert_eq!(served.iter().map(|(_, i)| *i).collect::<Vec<_>>(), [0, 0, 1, 0, 2, 0, 0]);
}

#[test]
fn pages_go_to_their_own_servers_and_to_others_when_those_are_down() {
    let mut bench = Bench::new(2);
    let users = bench.add("users", "users", "rate=400/s pages=50% login=off");
    let lb = bench.add("load-balancer", "lb", "policy=content pages-to=static retries=0");
    bench.join(users, Wire::Calls, lb, "");
    let servers = ["web-1", "web-2", "static-1"].map(|name| bench.serve(name, Server::new(8, "1ms")));
    for server in servers {
        bench.join(lb, Wire::Calls, server, "");
    }
    let pages = |bench: &Bench, i: usize| {
        let served = &bench.server(servers[i]).served;
        (served.iter().filter(|(_, ask)| ask.op.kind == Kind::Page).count(), served.len())
    };
    bench.run(10.0);
    assert_eq!((pages(&bench, 0).0, pages(&bench, 1).0), (0, 0));
    assert_eq!(pages(&bench, 2).0, pages(&bench, 2).1);
    assert!(pages(&bench, 2).0 > 1800);
    bench.crash(servers[2]);
    bench.run(30.0);
    assert!(pages(&bench, 0).0 > 1000 && pages(&bench, 1).0 > 1000);
}

#[test]
fn a_static_store_gets_the_pages_without_being_named() {
    let mut bench = Bench::new(2);
    let users = bench.add("users", "users", "rate=400/s pages=50% login=off");
    let lb = bench.add("load-balancer", "lb", "policy=content");
    let store = bench.add("static-store", "static", "");
    let web = bench.serve("web-1", Server::new(8, "1ms"));
    bench.join(users, Wire::Calls, lb, "");
    bench.join(lb, Wire::Calls, store, "");
    bench.join(lb, Wire::Calls, web, "");
    bench.run(10.0);
    bench.check();
    assert!(bench.server(web).served.iter().all(|(_, ask)| ask.op.kind != Kind::Page));
    near(bench.gauge(store).counters.arrivals as f64, bench.server(web).served.len() as f64, 0.1);
    assert_eq!(bench.count(|o| !matches!(o, Outcome::Ok { .. })), 0);
}

#[test]
fn a_server_more_moves_all_keys_but_one_part_or_only_that_part() {
    for (policy, moved) in [("key-modulo", 0.75), ("key-consistent", 0.25)] {
        let place = |servers: usize| {
            let users = "rate=2000/s keys=2000 zipf=0 login=off";
            let (mut bench, _, servers) =
                with(users, &format!("policy={policy} points=1000"), servers, Server::new(64, "1ms"));
            bench.run(15.0);
            let mut place = BTreeMap::new();
            for (i, server) in servers.iter().enumerate() {
                place.extend(bench.server(*server).served.iter().map(|(_, ask)| (ask.op.key, i)));
            }
            place
        };
        let (three, four) = (place(3), place(4));
        let changed = three.iter().filter(|(key, i)| four.get(key).is_some_and(|now| now != *i)).count();
        let share = changed as f64 / three.len() as f64;
        assert!((share - moved).abs() < 0.04, "{policy}: {share}");
    }
}

#[test]
fn sessions_stay_where_they_are_and_a_scale_out_leaves_the_new_server_idle() {
    for sticky in ["cookie", "number", "source"] {
        let users = "rate=500/s population=600 login=off";
        let (mut bench, lb, mut servers) =
            with(users, &format!("sticky={sticky}"), 2, Server::new(8, "1ms"));
        bench.run(20.0);
        let new = bench.serve("web-3", Server::new(8, "1ms"));
        bench.join(lb, Wire::Calls, new, "");
        servers.push(new);
        bench.run(40.0);
        let mut homes: BTreeMap<SessionId, BTreeSet<usize>> = BTreeMap::new();
        for (i, server) in servers.iter().enumerate() {
            bench.server(*server).served.iter().for_each(|(_, ask)| _ = homes.entry(ask.op.session).or_default().insert(i));
        }
        assert!(homes.values().all(|places| places.len() == 1), "{sticky}");
        assert!(shares(&bench, &servers)[2] < 0.01, "{sticky}: nobody was free to go to the new one");
        // When a server goes, its sessions find another and stay there.
        bench.crash(servers[0]);
        bench.run(60.0);
        let from = servers.iter().map(|s| bench.server(*s).served.len()).collect::<Vec<_>>();
        bench.run(80.0);
        assert_eq!(bench.server(servers[0]).served.len(), from[0]);
        assert!(bench.server(servers[2]).served.len() > from[2] + 1000, "{sticky}");
    }
}

#[test]
fn a_cookie_that_names_the_server_outlives_the_balancers_crash_and_a_number_does_not() {
    for (sticky, moved) in [("cookie", false), ("number", true), ("source", true)] {
        let users = "rate=500/s population=300 login=off";
        let (mut bench, lb, servers) = with(users, &format!("sticky={sticky}"), 4, Server::new(8, "1ms"));
        bench.run(20.0);
        bench.crash(lb);
        bench.run(21.0);
        bench.restart(lb);
        bench.run(40.0);
        let mut homes: BTreeMap<SessionId, BTreeSet<usize>> = BTreeMap::new();
        for (i, server) in servers.iter().enumerate() {
            bench.server(*server).served.iter().for_each(|(_, ask)| _ = homes.entry(ask.op.session).or_default().insert(i));
        }
        let wandered = homes.values().filter(|places| places.len() > 1).count() as f64 / homes.len() as f64;
        if moved { near(wandered, 0.75, 0.15) } else { assert_eq!(wandered, 0.0) }
    }
}

#[test]
fn a_silent_host_takes_the_checks_patience_longer_and_a_server_that_returns_needs_two_good_checks() {
    let (mut bench, lb, servers) =
        with("load=constant rate=100/s login=off timeout=1s", "retries=0", 2, Server::new(8, "1ms"));
    let up = |bench: &Bench| bench.gauge(lb).live;
    bench.run(10.0);
    bench.crash_host(servers[0]);
    // Three checks that begin within 2, 4, 6 s, each given up after 2 s.
    bench.run(15.9);
    assert_eq!(up(&bench), Live::Up { up: 2, of: 2 });
    bench.run(18.1);
    assert_eq!(up(&bench), Live::Up { up: 1, of: 2 });
    bench.restart(servers[0]);
    bench.run(20.05);
    assert_eq!(up(&bench), Live::Up { up: 1, of: 2 }, "one good check is not enough");
    bench.run(22.2);
    assert_eq!(up(&bench), Live::Up { up: 2, of: 2 });
    let unknown = bench.count(|o| matches!(o, Outcome::Unknown(Cause::TimedOut)));
    assert!(unknown > 250, "{unknown}");
}

#[test]
fn a_failure_bans_for_ten_seconds_and_the_request_goes_to_the_next() {
    let settings = "health=passive redispatch=on";
    let (mut bench, lb, servers) =
        with("load=constant rate=100/s login=off", settings, 2, Server::new(8, "1ms"));
    bench.run(10.005);
    bench.crash(servers[0]);
    bench.run(60.0);
    bench.check();
    assert_eq!(bench.count(|o| o == Outcome::Fail(Cause::Refused)), 0, "another server took each of them");
    // One try each ten seconds.
    assert_eq!(bench.gauge(lb).counters.retries, 5);
    bench.restart(servers[0]);
    bench.run(72.0);
    assert_eq!(bench.gauge(lb).live, Live::Up { up: 2, of: 2 });
}

#[test]
fn without_checks_a_dead_server_keeps_its_share_for_ever() {
    let users = "load=constant rate=100/s login=off";
    let (mut bench, _, servers) = with(users, "health=none retries=0", 4, Server::new(8, "1ms"));
    bench.run(10.0);
    bench.crash(servers[0]);
    bench.run(110.0);
    near(bench.count(|o| o == Outcome::Fail(Cause::Refused)) as f64, 2500.0, 0.01);
}

#[test]
fn a_refused_connection_is_tried_again_each_second_and_then_given_up() {
    let (mut bench, lb, servers) =
        with("load=constant rate=10/s login=off timeout=1min", "health=none", 1, Server::new(8, "1ms"));
    bench.run(10.0);
    bench.crash(servers[0]);
    bench.run(13.5);
    assert!(bench.count(|o| matches!(o, Outcome::Fail(_))) > 0);
    let first = bench.returns().find(|(.., o)| *o == Outcome::Fail(Cause::Refused)).unwrap();
    near((first.0 - first.1.invoked).as_secs(), 3.0, 0.001);
    bench.restart(servers[0]);
    bench.run(30.0);
    bench.check();
    // Ten a second: who came 2.5 s or more before the restart tried three times, who came 1.5 s before twice.
    near(bench.gauge(lb).counters.retries as f64, 15.0 + 30.0 + 20.0 + 10.0, 0.05);
    let late = bench.returns().filter(|(at, op, o)| matches!(o, Outcome::Ok { .. }) && (*at - op.invoked).as_secs() > 0.5);
    assert!(late.count() >= 25, "those of the last three seconds were helped by the restart");
}

#[test]
fn what_was_at_a_server_that_dies_may_have_happened_and_a_read_has_not() {
    for (reads, outcome) in [("0%", Outcome::Unknown(Cause::Reset)), ("100%", Outcome::Fail(Cause::Reset))] {
        let users = format!("load=closed population=10 think=0 reads={reads} login=off");
        let (mut bench, _, servers) = with(&users, "", 1, Server::new(16, "100ms"));
        bench.run(1.05);
        bench.crash(servers[0]);
        bench.run(1.1);
        assert_eq!(bench.count(|o| o == outcome), 10);
        bench.check();
    }
    let (mut bench, lb, servers) = with("rate=50/s reads=0% login=off", "timeout=2s", 1, Server::new(8, "1ms"));
    bench.run(5.0);
    bench.change(servers[0], |s| s.service = "1h".parse().unwrap());
    bench.run(10.0);
    assert_eq!(bench.count(|o| matches!(o, Outcome::Fail(_))), 0);
    assert!(bench.count(|o| o == Outcome::Unknown(Cause::TimedOut)) > 100);
    assert_eq!(bench.gauge(lb).live, Live::Up { up: 1, of: 1 }, "checks pass the waiting line");
}

#[test]
fn when_all_are_down_it_refuses_or_tries_them_all() {
    for (all_down, cause) in [("refuse", Cause::NoServer), ("fail-open", Cause::Refused)] {
        let settings = format!("all-down={all_down} retries=0");
        let (mut bench, _, servers) = with("rate=50/s login=off", &settings, 2, Server::new(8, "1ms"));
        bench.run(2.0);
        servers.iter().for_each(|s| bench.crash(*s));
        bench.run(10.0);
        let before = bench.count(|o| o == Outcome::Fail(cause));
        bench.run(20.0);
        near((bench.count(|o| o == Outcome::Fail(cause)) - before) as f64, 500.0, 0.15);
    }
}

#[test]
fn with_fewer_up_than_are_needed_it_does_as_if_all_were_down() {
    // The share of the requests that end well with three servers up, with two, with one, and with two again.
    let (two, one) = (2.0 / 3.0, 1.0 / 3.0);
    for (settings, expected) in [
        ("", [1.0, 1.0, 1.0, 1.0]),
        ("needed=2", [1.0, 1.0, 0.0, 1.0]),
        ("needed=3", [1.0, 0.0, 0.0, 0.0]),
        // Who asks nobody takes all of them for up, and who opens then tries the dead as well.
        ("needed=3 health=none", [1.0, two, one, two]),
        ("needed=2 all-down=fail-open", [1.0, 1.0, one, 1.0]),
        ("needed=3 all-down=fail-open", [1.0, two, one, two]),
    ] {
        let users = "load=constant rate=100/s login=off";
        let (mut bench, _, servers) = with(users, &format!("retries=0 {settings}"), 3, Server::new(8, "1ms"));
        for (step, share) in expected.into_iter().enumerate() {
            match step {
                0 => {}
                3 => bench.restart(servers[0]),
                _ => bench.crash(servers[step - 1]),
            }
            // The checks need some seconds to find out.
            let second = 20.0 * (step + 1) as f64;
            bench.run(second - 6.0);
            let before = bench.ok();
            bench.run(second);
            let found = (bench.ok() - before) as f64 / 600.0;
            assert!((found - share).abs() < 0.01, "{settings}, {second} s: {found}, expected {share}");
        }
        bench.check();
    }
}

#[test]
fn draining_a_server_keeps_its_sessions_and_brings_no_new_ones() {
    let users = "rate=500/s population=200 login=off";
    let (mut bench, lb, servers) = with(users, "sticky=cookie", 2, Server::new(8, "1ms"));
    bench.run(10.0);
    bench.set(lb, "sticky=cookie drain=web-1");
    let before: BTreeSet<SessionId> = bench.server(servers[0]).served.iter().map(|(_, a)| a.op.session).collect();
    let requests = bench.server(servers[0]).served.len();
    bench.run(30.0);
    assert!(bench.server(servers[0]).served.len() > requests * 2, "they are still served there");
    assert!(bench.server(servers[0]).served.iter().all(|(_, ask)| before.contains(&ask.op.session)));
    bench.set(lb, "drain=web");
    bench.run(31.0);
    let refused = bench.count(|o| o == Outcome::Fail(Cause::NoServer));
    assert!(refused > 300, "the card's name means all its clones");
}

#[test]
fn a_server_that_comes_back_is_warmed_up_slowly() {
    let settings = "slow-start=20s retries=0 policy=random";
    let (mut bench, _, servers) = with("rate=1000/s login=off", settings, 2, Server::new(64, "1ms"));
    bench.run(5.0);
    bench.crash(servers[0]);
    bench.run(12.0);
    bench.restart(servers[0]);
    bench.run(60.0);
    let came = bench.server(servers[0]).served.iter().find(|(at, _)| at.as_secs() > 12.0).unwrap().0.as_secs();
    let within = |from: f64, to: f64| {
        let served = bench.server(servers[0]).served.iter();
        served.filter(|(at, _)| at.as_secs() >= came + from && at.as_secs() < came + to).count() as f64
    };
    near(within(0.0, 2.0), 50.0, 0.4);
    near(within(9.0, 11.0), 500.0, 0.15);
    near(within(22.0, 32.0), 5000.0, 0.05);
}

#[test]
fn a_balancer_with_a_capacity_is_a_station_itself() {
    // 1000 connections a second on a machine of size S: at 90 % of it an M/D/1 queue, beyond it a full backlog.
    let settings = "capacity=1000/s size=s backlog=100 retries=0 health=none";
    let (mut bench, ..) = with("rate=900/s login=off", settings, 2, Server::new(64, "0"));
    bench.run(200.0);
    let spans: Vec<f64> = bench.returns().map(|(at, op, _)| (at - op.invoked).as_secs() * 1000.0).collect();
    near(spans.iter().sum::<f64>() / spans.len() as f64, 1.0 + 0.9 / (2.0 * 0.1), 0.06);
    let (mut bench, lb, _) = with("rate=2000/s login=off", settings, 2, Server::new(64, "0"));
    bench.run(20.0);
    near(bench.ok() as f64, 20_000.0, 0.01);
    assert!(bench.gauge(lb).counters.refused > 15_000);
    assert!(bench.count(|o| o == Outcome::Fail(Cause::Full)) > 15_000);
}

#[test]
fn every_request_that_reached_it_is_answered_and_every_connection_given_back() {
    let users = "rate=300/s population=50 timeout=1s retries=1 reads=50% login=off";
    for policy in ["round-robin", "least-connections"] {
        let (mut bench, lb, servers) = with(users, &format!("policy={policy}"), 3, Server::new(2, "exp(8ms)"));
        for (until, server) in [(5.0, 0), (9.0, 1), (13.0, 2)] {
            bench.run(until);
            bench.crash(servers[server]);
            bench.run(until + 3.0);
            bench.restart(servers[server]);
        }
        bench.run(30.0);
        bench.order(NodeId(0), crate::components::protocol::Order::Traffic(0.0));
        bench.run(40.0);
        bench.check();
        assert_eq!(bench.gauge(lb).busy, 0);
        let c = bench.gauge(lb).counters;
        assert_eq!(c.arrivals, c.completions + c.failed + c.timed_out + c.refused);
        let facts = |which: fn(&Fact) -> bool| {
            bench.records.iter().filter(|(_, r)| matches!(r, Record::Fact(f) if which(f))).count() as u64
        };
        assert_eq!(facts(|f| matches!(f, Fact::Reached { .. })), c.arrivals);
        assert_eq!(facts(|f| matches!(f, Fact::Answered { .. })), c.arrivals);
    }
}

#[test]
fn a_server_taken_from_the_board_gets_nothing_more() {
    let mut bench = Bench::new(2);
    let users = bench.add("users", "users", "load=constant rate=100/s login=off");
    let lb = bench.add("load-balancer", "lb", "sticky=cookie");
    bench.join(users, Wire::Calls, lb, "");
    let servers = ["web-1", "web-2"].map(|name| bench.serve(name, Server::new(8, "1ms")));
    let links = servers.map(|server| bench.join(lb, Wire::Calls, server, ""));
    bench.run(10.005);
    bench.part(links[0]);
    bench.run(20.0);
    assert_eq!(bench.count(|o| !matches!(o, Outcome::Ok { .. })), 0);
    assert_eq!(bench.gauge(lb).live, Live::Up { up: 1, of: 1 });
}

#[test]
fn a_dead_server_does_not_look_like_the_least_busy_one() {
    let users = "load=constant rate=300/s login=off timeout=1min";
    let (mut bench, _, servers) = with(users, "policy=least-connections", 3, Server::new(64, "20ms"));
    bench.run(10.0);
    bench.crash(servers[0]);
    bench.run(30.0);
    bench.check();
    let refused = bench.count(|o| o == Outcome::Fail(Cause::Refused));
    assert!(refused < 20, "{refused} went to the dead one");
}

#[test]
fn a_request_that_waits_for_its_next_try_is_certain_not_to_have_happened() {
    let users = "load=constant rate=100/s reads=0% login=off timeout=1min";
    let (mut bench, _, servers) = with(users, "health=none", 1, Server::new(64, "1ms"));
    bench.run(10.005);
    bench.crash(servers[0]);
    bench.run(10.5);
    bench.restart(servers[0]);
    bench.run(10.705);
    bench.crash(servers[0]);
    bench.run(11.6);
    bench.restart(servers[0]);
    bench.run(20.0);
    assert_eq!(bench.count(|o| matches!(o, Outcome::Unknown(_))), 0);
    assert_eq!(bench.count(|o| matches!(o, Outcome::Fail(_))), 0);
}
