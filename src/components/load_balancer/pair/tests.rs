//! A pair of balancers on a bench: the takeover's gap, the return, the cut heartbeat line.

use crate::components::Wire;
use crate::components::parts::bench::{Bench, Server};
use crate::components::parts::gauge::Role;
use crate::history::Outcome;
use crate::sim::{Fault, LinkId, NodeId, Way};

struct Board {
    bench: Bench,
    a: NodeId,
    b: NodeId,
    heartbeat: LinkId,
    web: [NodeId; 2],
}

/// Users before two balancers, joined by a heartbeat line, before two servers.
fn board(a: &str, b: &str) -> Board {
    let mut bench = Bench::new(3);
    let users = bench.add("users", "users", "load=constant rate=100/s login=off timeout=100ms session-length=20");
    let (a, b) = (bench.add("load-balancer", "lb-1", a), bench.add("load-balancer", "lb-2", b));
    let heartbeat = bench.join(a, Wire::Heartbeat, b, "latency=0");
    let web = ["web-1", "web-2"].map(|name| bench.serve(name, Server::new(8, "1ms")));
    for lb in [a, b] {
        bench.join(users, Wire::Calls, lb, "latency=0");
        for server in web {
            bench.join(lb, Wire::Calls, server, "latency=0");
        }
    }
    Board { bench, a, b, heartbeat, web }
}

impl Board {
    /// From the instant `from` on: when the first and the last operation failed, in seconds since then; and how many.
    fn gap(&self, from: f64) -> (f64, f64, usize) {
        let failed: Vec<f64> = self
            .bench
            .returns()
            .filter(|(_, op, outcome)| !matches!(outcome, Outcome::Ok { .. }) && op.invoked.as_secs() >= from)
            .map(|(_, op, _)| op.invoked.as_secs() - from)
            .collect();
        (failed.first().copied().unwrap_or(0.0), failed.last().copied().unwrap_or(0.0), failed.len())
    }

    fn roles(&self) -> [Option<Role>; 2] {
        [self.a, self.b].map(|lb| self.bench.gauge(lb).role)
    }

    fn arrivals(&self) -> [u64; 2] {
        [self.a, self.b].map(|lb| self.bench.gauge(lb).counters.arrivals)
    }
}

const FIRST: [Option<Role>; 2] = [Some(Role::Active), Some(Role::Standby)];
const SECOND: [Option<Role>; 2] = [Some(Role::Standby), Some(Role::Active)];
const BOTH: [Option<Role>; 2] = [Some(Role::Active), Some(Role::Active)];

#[test]
fn the_standby_takes_over_when_three_advertisements_and_the_skew_have_passed() {
    for (priority, down) in [(100, 3.609375), (50, 3.8046875), (254, 3.0078125)] {
        // The last advertisement was at 10 s: the crash comes so much later.
        for after in [0.001, 0.5, 0.999] {
            let mut p = board("priority=254", &format!("priority={priority}"));
            p.bench.run(10.0 + after);
            assert_eq!(p.roles(), FIRST);
            assert_eq!(p.arrivals()[1], 0, "the standby is asked nothing");
            p.bench.crash_host(p.a);
            p.bench.run(30.0);
            p.bench.check();
            let (_, last, _) = p.gap(0.0);
            assert!((last - (10.0 + down)).abs() < 0.011, "priority {priority}: {last}");
            assert_eq!(p.bench.gauge(p.b).role, Some(Role::Active));
        }
    }
}

#[test]
fn a_cold_standby_is_later_by_its_start_up_time() {
    let mut p = board("standby=cold start-up=20s", "standby=cold start-up=20s");
    p.bench.run(10.5);
    let probed = p.bench.server(p.web[0]).probed;
    assert!(probed <= 6, "a cold standby checks nobody: {probed}");
    p.bench.crash_host(p.a);
    p.bench.run(60.0);
    let (_, last, _) = p.gap(0.0);
    assert!((last - (10.0 + 3.609375 + 20.0)).abs() < 0.011, "{last}");
}

#[test]
fn the_preferred_one_takes_the_address_back_or_leaves_it() {
    for (preempt, roles) in [("on", FIRST), ("off", SECOND)] {
        let settings = format!("preempt={preempt}");
        let mut p = board(&format!("priority=150 {settings}"), &settings);
        p.bench.run(10.0);
        p.bench.crash(p.a);
        p.bench.run(20.0);
        assert_eq!(p.roles()[1], Some(Role::Active));
        p.bench.restart(p.a);
        p.bench.run(40.0);
        assert_eq!(p.roles(), roles, "preempt {preempt}");
        assert_eq!(p.gap(15.0).2, 0, "the return costs nobody a request");
        let before = p.arrivals();
        p.bench.run(50.0);
        let active = usize::from(roles == SECOND);
        assert_eq!(p.arrivals()[active] - before[active], 1000);
    }
}

#[test]
fn when_the_heartbeat_line_is_cut_both_are_active_until_it_is_healed() {
    let mut p = board("", "");
    p.bench.run(10.5);
    p.bench.world.apply(&Fault::Cut { link: p.heartbeat, way: Way::Both });
    p.bench.run(20.0);
    assert_eq!(p.roles(), BOTH, "split brain");
    p.bench.world.apply(&Fault::Heal { link: p.heartbeat });
    p.bench.run(25.0);
    assert_eq!(p.roles(), FIRST);
    let before = p.arrivals();
    p.bench.run(35.0);
    assert_eq!(p.arrivals()[0] - before[0], 1000, "the address is where it was");
    assert_eq!(p.gap(0.0).2, 0, "both of them worked");
}

#[test]
fn a_paused_active_one_finds_on_waking_that_it_was_replaced_or_takes_its_place_again() {
    let mut p = board("", "priority=101");
    p.bench.run(5.0);
    assert_eq!(p.roles(), SECOND);
    p.bench.world.apply(&Fault::Pause { node: p.b });
    p.bench.run(15.0);
    assert_eq!(p.roles(), BOTH, "the paused one has not noticed");
    p.bench.world.apply(&Fault::Resume { node: p.b });
    p.bench.run(20.0);
    assert_eq!(p.roles(), SECOND);
}

#[test]
fn in_an_active_active_pair_each_works_and_takes_the_others_address_when_it_dies() {
    let settings = "pairing=active-active";
    let mut p = board(settings, settings);
    p.bench.run(20.0);
    assert_eq!(p.roles(), BOTH);
    let both = p.arrivals();
    assert!(both[0].abs_diff(both[1]) < 400, "{both:?}");
    p.bench.crash_host(p.a);
    p.bench.run(40.0);
    let (first, last, failed) = p.gap(20.0);
    assert!(first < 0.1 && last < 3.7, "{last}");
    assert!(failed < 370, "only those who dialled the dead one waited: {failed}");
    assert_eq!(p.gap(24.0).2, 0);
    p.bench.restart(p.a);
    let before = p.arrivals();
    p.bench.run(60.0);
    p.bench.check();
    assert!(p.arrivals()[0] - before[0] > 300, "its users are back");
    assert_eq!(p.gap(24.0).2, 0);
}

#[test]
fn without_the_heartbeat_line_each_has_its_own_address_again() {
    let mut p = board("", "");
    p.bench.run(5.0);
    p.bench.part(p.heartbeat);
    p.bench.run(25.0);
    assert_eq!(p.roles(), [None, None]);
    assert!(p.arrivals()[1] > 300 && p.gap(0.0).2 == 0);
}
