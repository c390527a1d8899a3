//! Users, driven on a bench: how often they come, how they try again, what they send along.

use super::{AccessLog, log_problem};
use crate::components::parts::bench::{Bench, Server, settings};
use crate::components::protocol::{Cookie, Order, region};
use crate::components::{Files, Machine, Wire};
use crate::history::{Cause, Fact, Key, Kind, Op, Outcome, Record, SessionId, Value};
use crate::sim::NodeId;
use std::collections::{BTreeMap, BTreeSet};

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
        bench.run(500.0);
        bench.check();
        let ends: Vec<f64> = bench.returns().map(|(at, op, _)| (at - op.invoked).as_secs() / 0.01).collect();
        near(ends.len() as f64 / 500.0 * 0.01, throughput, 0.015);
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

fn invoked(bench: &Bench) -> Vec<Op> {
    let ops = bench.records.iter().filter_map(|(_, r)| if let Record::Invoke(op) = r { Some(*op) } else { None });
    ops.collect()
}

#[test]
fn the_mix_is_the_mix_that_was_asked_for() {
    let settings = "rate=1000/s reads=80% updates=25% pages=20% jobs=10% logins=5% login=off keys=50 zipf=0";
    let (mut bench, _, _) = with(settings, Server::new(8, "1ms"));
    bench.run(100.0);
    let ops = invoked(&bench);
    for (kind, share) in [
        (Kind::Page, 0.2),
        (Kind::Job, 0.1),
        (Kind::Login, 0.05),
        (Kind::Read, 0.65 * 0.8),
        (Kind::Update, 0.65 * 0.2 * 0.25),
        (Kind::Write, 0.65 * 0.2 * 0.75),
    ] {
        near(ops.iter().filter(|op| op.kind == kind).count() as f64 / ops.len() as f64, share, 0.05);
    }
    for key in 0..50 {
        near(ops.iter().filter(|op| op.key.0 == key).count() as f64 / ops.len() as f64, 0.02, 0.15);
    }
    let values: BTreeSet<u64> = ops.iter().filter(|op| op.kind.writes()).map(|op| op.value.0).collect();
    assert_eq!(values.len(), ops.iter().filter(|op| op.kind.writes()).count(), "every write is another value");
    assert!(!values.contains(&0));
}

#[test]
fn a_session_logs_in_first_and_again_when_it_is_told_that_it_is_logged_out() {
    let (mut bench, users, server) =
        with("load=closed population=5 think=100ms reads=0%", Server::new(8, "1ms"));
    bench.run(2.0);
    let firsts: Vec<Kind> = bench.server(server).served[..5].iter().map(|(_, ask)| ask.op.kind).collect();
    assert_eq!(firsts, [Kind::Login; 5]);
    assert!(bench.server(server).served[5..].iter().all(|(_, ask)| ask.cookie.session));
    bench.change(server, |s| (s.failing, s.fails) = (1.0, Cause::LoggedOut));
    bench.run(2.15);
    bench.change(server, |s| s.failing = 0.0);
    bench.run(5.0);
    bench.check();
    let facts = |bench: &Bench| -> (Vec<SessionId>, Vec<(SessionId, u32)>) {
        let (mut opened, mut lost) = (Vec::new(), Vec::new());
        for (_, record) in &bench.records {
            match record {
                Record::Fact(Fact::SessionOpened { session }) => opened.push(*session),
                Record::Fact(Fact::SessionLost { session, cart }) => lost.push((*session, *cart)),
                _ => {}
            }
        }
        (opened, lost)
    };
    let (opened, lost) = facts(&bench);
    assert_eq!((opened.len(), lost.len(), bench.gauge(users).counters.sessions_lost), (10, 5, 5));
    for (session, cart) in lost {
        let writes = bench.returns().filter(|(at, op, outcome)| {
            let well = matches!(outcome, Outcome::Ok { .. });
            op.session == session && op.kind == Kind::Write && well && at.as_secs() < 2.2
        });
        assert_eq!(cart as usize, writes.count(), "the cart held what had been written");
    }
}

#[test]
fn without_a_cookie_jar_every_request_is_a_strangers() {
    let (mut bench, _, server) = with("cookies=off", Server::new(8, "1ms"));
    bench.run(10.0);
    assert!(bench.server(server).served.iter().all(|(_, ask)| ask.cookie == Cookie::default() && ask.seen == 0));
}

#[test]
fn a_session_ends_after_its_length_and_another_comes() {
    let (mut bench, users, _) = with("rate=1000/s session-length=20 login=off", Server::new(8, "1ms"));
    bench.run(60.0);
    bench.check();
    let ops = invoked(&bench).len() as f64;
    near(ops / bench.gauge(users).counters.sessions as f64, 20.0, 0.05);
    let ids: BTreeSet<SessionId> = invoked(&bench).iter().map(|op| op.session).collect();
    near(ids.len() as f64, ops / 20.0, 0.05);
}

#[test]
fn when_all_are_waiting_another_visitor_joins() {
    let (mut bench, users, server) = with("rate=100/s population=10 login=off timeout=1h", Server::new(1, "1h"));
    bench.run(50.0);
    bench.check();
    let asked = bench.server(server).served.len();
    assert_eq!(bench.gauge(users).counters.sessions as usize, asked);
    assert_eq!((bench.gauge(users).busy as usize, bench.gauge(users).workers as usize), (asked, asked));
}

#[test]
fn own_keys_are_nobody_elses_and_a_session_may_read_what_it_has_just_written() {
    let settings = "load=closed population=20 think=exp(50ms) own-keys=on alternate=on login=off";
    let (mut bench, users, _) = with(settings, Server::new(8, "1ms"));
    bench.run(20.0);
    let mut last: BTreeMap<SessionId, (Kind, Value)> = BTreeMap::new();
    for (_, op, outcome) in bench.returns() {
        let Outcome::Ok { value } = outcome else { panic!("{outcome:?}") };
        assert_eq!(op.key, Key(op.session.0 & 0xfffff));
        let before = last.insert(op.session, (op.kind, value));
        match before {
            None | Some((Kind::Read, _)) => assert_eq!(op.kind, Kind::Write),
            Some((_, written)) => assert_eq!((op.kind, value), (Kind::Read, written)),
        }
    }
    let (session, (_, value)) = last.iter().next().unwrap();
    assert_eq!(bench.machine(users).holds(Key(session.0 & 0xfffff)), Some(*value));
    assert_eq!(bench.machine(users).holds(Key(999)), None);
}

#[test]
fn users_with_two_addresses_spread_over_them_and_leave_the_one_that_fails() {
    let mut bench = Bench::new(5);
    let users = bench.add("users", "users", "rate=400/s population=2000 retries=3 backoff=5ms login=off");
    let servers = ["a", "b"].map(|name| bench.serve(name, Server::new(8, "1ms")));
    for server in servers {
        bench.join(users, Wire::Calls, server, "latency=1ms");
    }
    bench.run(20.0);
    let before = servers.map(|s| bench.server(s).served.len());
    near(before[0] as f64, before[1] as f64, 0.15);
    bench.crash(servers[0]);
    bench.run(40.0);
    bench.check();
    let broken = bench.count(|o| !matches!(o, Outcome::Ok { .. }));
    assert_eq!(broken, 0, "every refused session found the other address");
    near((bench.server(servers[1]).served.len() - before[1]) as f64, 8000.0, 0.05);
    assert!(bench.gauge(users).counters.retries < 1200, "and stayed there");
}

#[test]
fn nobody_to_ask_is_an_error_at_once() {
    let mut bench = Bench::new(5);
    let users = bench.add("users", "users", "load=closed population=3 think=0 login=off");
    bench.run(1.0);
    bench.check();
    assert_eq!(bench.ok(), 0);
    let failed = bench.count(|o| o == Outcome::Fail(Cause::NoServer));
    assert!((2500..=3003).contains(&failed), "an error is looked at for a moment: {failed}");
    assert_eq!(bench.gauge(users).counters.arrivals, failed as u64);
}

#[test]
fn traffic_and_settings_change_while_it_runs() {
    let (mut bench, users, _) = with("load=constant rate=100/s login=off", Server::new(64, "1ms"));
    let phase = |bench: &mut Bench, until: f64, expected: usize| {
        let before = bench.ok();
        bench.run(until);
        let came = bench.ok() - before;
        assert!(came.abs_diff(expected) <= expected / 50 + 2, "{came} until {until}, expected {expected}");
    };
    phase(&mut bench, 10.0, 1000);
    assert!(bench.order(users, Order::Traffic(3.0)));
    phase(&mut bench, 20.0, 3000);
    assert!(bench.order(users, Order::Traffic(0.0)));
    phase(&mut bench, 30.0, 0);
    assert!(bench.order(users, Order::Traffic(1.0)));
    bench.set(users, "load=constant rate=50/s login=off");
    phase(&mut bench, 40.0, 500);
    bench.set(users, "load=closed population=40 think=100ms login=off");
    phase(&mut bench, 50.0, 3960);
    assert!(bench.order(users, Order::Traffic(2.0)));
    phase(&mut bench, 60.0, 7920);
    assert!(bench.order(users, Order::Traffic(0.5)));
    phase(&mut bench, 70.0, 1980);
    bench.set(users, "load=poisson rate=200/s login=off");
    assert!(bench.order(users, Order::Traffic(1.0)));
    phase(&mut bench, 170.0, 20_000);
    assert!(!bench.order(users, Order::DropCache));
    bench.check();
}

#[test]
fn the_population_of_a_closed_loop_follows_a_spike() {
    let settings = "load=closed population=10 think=100ms login=off shape=spike shape-factor=5 shape-at=10s shape-length=10s";
    let (mut bench, _, _) = with(settings, Server::new(64, "0"));
    for (until, expected) in [(10.0, 990), (20.0, 4950), (30.0, 1000)] {
        let before = bench.ok();
        bench.run(until);
        assert!((bench.ok() - before).abs_diff(expected) < 60, "{} until {until}", bench.ok() - before);
    }
}

#[test]
fn a_late_answer_is_counted_and_changes_nothing() {
    let (mut bench, users, _) = with("rate=10/s timeout=1s reads=0% login=off", Server::new(64, "2s"));
    bench.run(60.0);
    bench.check();
    let counters = bench.gauge(users).counters;
    assert_eq!((bench.ok(), counters.completions), (0, 0));
    assert!(counters.late > 400 && counters.timed_out > 400);
}

#[test]
fn users_who_crash_return_what_was_under_way_and_come_back() {
    let (mut bench, users, _) = with("rate=100/s login=off timeout=1min", Server::new(256, "1s"));
    bench.run(10.0);
    let under_way = bench.gauge(users).busy as usize;
    bench.crash(users);
    assert!(under_way > 50);
    bench.run(20.0);
    assert_eq!(bench.count(|o| o == Outcome::Unknown(Cause::Reset)), under_way);
    bench.restart(users);
    bench.run(40.0);
    assert_eq!(bench.gauge(users).counters.late, 0, "a dead browser hears nothing");
    let ok = bench.returns().filter(|(at, ..)| at.as_secs() > 21.0).count() as f64;
    near(ok, 1900.0, 0.08);
    bench.check();
}

#[test]
fn the_same_arrivals_whatever_the_servers_do() {
    let arrivals = |service: &str, failing: f64| {
        let settings = "rate=200/s login=off retries=2 backoff=10ms";
        let (mut bench, _, _) = with(settings, Server { failing, ..Server::new(4, service) });
        bench.run(20.0);
        invoked(&bench).iter().map(|op| (op.invoked, op.kind, op.key)).collect::<Vec<_>>()
    };
    assert_eq!(arrivals("1ms", 0.0), arrivals("exp(20ms)", 0.3));
}

#[test]
fn the_region_and_the_newest_position_travel_along() {
    let (mut bench, _, server) = with("region=europe", Server::new(8, "1ms"));
    bench.run(1.0);
    assert!(bench.server(server).served.iter().all(|(_, ask)| ask.region == region("europe") && ask.region != 0));
}

#[test]
fn a_log_is_replayed_at_its_own_instants_and_as_much_faster_as_is_said() {
    let text = include_str!("../../../tests/data/access.log");
    let log = AccessLog::read(text).unwrap();
    for speed in [1.0, 4.0] {
        let mut bench = Bench::new(7);
        bench.files.insert("nginx.log".into(), text.into());
        let settings = format!("load=log log=nginx.log log-speed={speed}×");
        let users = bench.add("users", "users", &settings);
        let server = bench.serve("web", Server::new(1000, "exp(400ms)"));
        bench.join(users, Wire::Calls, server, "");
        bench.run(100.0);
        bench.check();
        let ops = invoked(&bench);
        assert_eq!(ops.len(), log.entries.len());
        for (op, entry) in ops.iter().zip(&log.entries) {
            let off = (op.invoked.as_secs() - entry.at.as_secs() / speed).abs();
            assert!(off < 1e-5, "{op:?} is {off} s off");
            assert_eq!((op.kind, op.key), (entry.kind, Key(entry.key)));
        }
        let sessions = bench.gauge(users).counters.sessions;
        assert!(sessions >= log.clients as u64 && sessions < 300, "{sessions} sessions of {} clients", log.clients);
    }
}

#[test]
fn why_a_log_cannot_be_replayed_is_said_before_the_run() {
    let mut files = Files::new();
    files.insert("nginx.log".into(), include_str!("../../../tests/data/access.log").into());
    files.insert("board.txt".into(), "users u\ndatabase db\n".into());
    for (text, says) in [
        ("", None),
        ("log=none.log", None),
        ("load=log log=nginx.log", None),
        ("load=log", Some("no log is named")),
        ("load=log log=none.log", Some("no file none.log is attached")),
        ("load=log log=board.txt", Some("line 1 of the log: there is no time in brackets")),
    ] {
        let problem = log_problem(&settings(crate::components::Kind::Users, text), &files);
        assert_eq!(problem.as_deref(), says, "{text}");
    }
}

#[test]
fn a_log_that_is_missing_or_broken_brings_nobody() {
    for (name, text) in [("other.log", "x"), ("bad.log", "no log at all")] {
        let mut bench = Bench::new(7);
        bench.files.insert(name.into(), text.into());
        let users = bench.add("users", "users", "load=log log=bad.log");
        bench.run(10.0);
        assert_eq!(bench.gauge(users).counters.arrivals, 0);
    }
}

#[test]
fn each_request_has_the_patience_that_was_set_when_it_was_asked() {
    let (mut bench, users, server) = with("load=constant rate=10/s login=off", Server::new(1, "1ms"));
    bench.crash_host(server);
    bench.run(2.0);
    bench.set(users, "load=constant rate=10/s login=off timeout=1s");
    bench.run(5.0);
    bench.set(users, "load=constant rate=10/s login=off timeout=3s");
    bench.run(20.0);
    bench.check();
    for (at, op, _) in bench.returns() {
        let patience = match op.invoked.as_secs() {
            t if t <= 2.0 => 10.0,
            t if t <= 5.0 => 1.0,
            _ => 3.0,
        };
        assert_eq!((at - op.invoked).as_secs(), patience, "{op:?}");
    }
    assert!(bench.returns().count() > 160);
}
