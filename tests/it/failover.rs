//! How long failing over takes: the spans that real systems promise, measured on whole boards by what clients saw.

use super::board;
use tradeoff::components::Machine as _;
use tradeoff::components::parts::gauge::Live;
use tradeoff::history::{Fact, Kind, Outcome, Process, Record};
use tradeoff::run::Run;
use tradeoff::stdx::Instant;

fn seconds(s: f64) -> Instant {
    Instant((s * 1e9) as u64)
}

fn run(text: &str) -> Run {
    let document = board(text);
    let mut run = Run::recorded(&document);
    run.advance_to(Instant::START + document.until, u64::MAX);
    run
}

/// When the first operation of a kind was answered well that was asked for after this instant.
fn answered(run: &Run, kind: Kind, after: f64) -> f64 {
    let good = run.history().iter().find(|entry| match entry.record {
        Record::Return { op, outcome: Outcome::Ok { .. } } => op.kind == kind && op.invoked >= seconds(after),
        _ => false,
    });
    good.map_or(f64::INFINITY, |entry| entry.at.as_secs())
}

#[track_caller]
fn within(what: f64, least: f64, most: f64) {
    assert!((least..=most).contains(&what), "{what}, which is not from {least} to {most}");
}

/// Two balancers that share an address; users who ask a thousand times a second and are refused at once meanwhile.
fn pair(settings: &str, faults: &str) -> Run {
    run(&format!(
        "until 60s\nusers users load=constant rate=1000/s reads=100% login=off timeout=50ms\n\
         load-balancer one {settings}\nload-balancer two {settings}\n\
         app-server web workers=64 service=0s\n\
         users -> one latency=0\nusers -> two latency=0\none -> web latency=0\ntwo -> web latency=0\none .. two latency=0\n{faults}"
    ))
}

#[test]
fn vrrp_takes_over_3_609_s_after_the_last_advertisement() {
    // Advertised every second from the begin: the last time at 5 s. 3 s and (256 − 100)/256 s of skew.
    within(answered(&pair("", "at 5500ms crash one host"), Kind::Read, 5.501), 8.609, 8.612);
    within(answered(&pair("priority=200", "at 5500ms crash one host"), Kind::Read, 5.501), 8.218, 8.222);
    within(answered(&pair("advert=100ms", "at 5550ms crash one host"), Kind::Read, 5.551), 5.860, 5.864);
    // A cold standby has to be started first.
    let cold = pair("standby=cold start-up=30s", "at 5500ms crash one host");
    within(answered(&cold, Kind::Read, 5.501), 38.609, 40.7);
}

#[test]
fn haproxy_removes_a_dead_server_after_4_to_6_s() {
    for millis in [5_000, 5_300, 5_900, 6_400, 6_999, 7_000] {
        let mut run = Run::new(&board(&format!(
            "until 30s\nusers users rate=100/s\nload-balancer lb product=haproxy\napp-server web clones=4\n\
             users -> lb -> web\nat {millis}ms crash web-3"
        )));
        let lb = run.state().cast.machines("lb")[0];
        let up = |run: &Run| match run.state().world.get(lb).gauge().live {
            Live::Up { up, .. } => up,
            other => panic!("a balancer shows {other:?}"),
        };
        run.advance_to(seconds(millis as f64 / 1000.0), u64::MAX);
        while up(&run) == 4 {
            run.advance_to(run.now() + tradeoff::stdx::Duration::from_millis(10), u64::MAX);
        }
        within(run.now().as_secs() - millis as f64 / 1000.0, 3.99, 6.02);
    }
}

#[test]
fn semi_synchronous_goes_on_asynchronously_after_10_s() {
    let board = "until 40s\nusers users load=constant rate=10/s reads=0% login=off timeout=1min\ndatabase db write=1ms\n\
                 database copy\nusers -> db latency=0\ndb => copy mode=semi-sync latency=0\nat 5s cut db=>copy\n";
    let once = run(board);
    within(answered(&once, Kind::Write, 4.95), 15.0, 15.11);
    // From then on nothing is waited for; when the copy has caught up it is again.
    within(answered(&once, Kind::Write, 16.0), 16.0, 16.2);
    let healed = run(&format!("{board}at 20s heal db=>copy\nat 25s cut db=>copy\n"));
    within(answered(&healed, Kind::Write, 24.95), 35.0, 35.11);
    let patient = run(&board.replace("mode=semi-sync", "mode=semi-sync ack-timeout=3s"));
    within(answered(&patient, Kind::Write, 4.95), 8.0, 8.11);
}

#[test]
fn a_visibility_time_out_of_30_s_runs_a_job_of_40_s_twice() {
    for (visibility, times, exactly) in [("30s", 2, "broken"), ("60s", 1, "holds")] {
        let run = run(&format!(
            "until 200s\nusers users load=constant rate=1/s jobs=100% login=off\napp-server web\n\
             job-queue queue visibility={visibility}\nworker worker service=40s concurrency=8\nusers -> web -> queue\n\
             worker -> queue\nat 3500ms traffic users x0\n"
        ));
        let done =
            run.history().iter().filter(|e| matches!(e.record, Record::Fact(Fact::JobDone { .. }))).count();
        let asked =
            run.history().iter().filter(|e| matches!(e.record, Record::Fact(Fact::JobQueued { .. }))).count();
        assert_eq!(asked, 3);
        assert_eq!(done, times * asked, "{asked} jobs, visible again after {visibility}");
        let verdicts = run.state().judge().verdicts();
        let state = |id: &str| verdicts.iter().find(|v| v.id == id).map(|v| v.state.name());
        assert_eq!((state("exactly-once"), state("at-least-once")), (Some(exactly), Some("holds")));
    }
}

/// Whoever asks a pair, not only browsers, follows its address.
#[test]
fn whoever_is_in_front_of_a_pair_follows_its_address() {
    for (front, kind, mix) in [
        ("app-server front workers=200 service=0s timeout=100ms", Kind::Read, "reads=100%"),
        ("load-balancer front timeout=100ms", Kind::Read, "reads=100%"),
        ("static-store front ttl=1ms timeout=100ms workers=64", Kind::Page, "pages=100%"),
    ] {
        let run = run(&format!(
            "until 20s\nusers users load=constant rate=200/s {mix} login=off timeout=1s\n{front}\n\
             load-balancer one\nload-balancer two\napp-server web workers=64 service=0s\n\
             users -> front latency=0\nfront -> one latency=0\nfront -> two latency=0\none -> web latency=0\n\
             two -> web latency=0\none .. two latency=0\nat 5500ms crash one host"
        ));
        let failed = |from: f64, to: f64| {
            let within = |at: Instant| at >= seconds(from) && at < seconds(to);
            let bad = run.history().iter().filter(|entry| match entry.record {
                Record::Return { op, outcome } => {
                    !matches!(outcome, Outcome::Ok { .. }) && within(op.invoked)
                }
                _ => false,
            });
            bad.count()
        };
        assert_eq!((failed(0.1, 5.4), failed(9.0, 20.0)), (0, 0), "{front}");
        assert!(failed(5.6, 8.4) > 500, "{front}: {}", failed(5.6, 8.4));
        within(answered(&run, kind, 5.501), 8.609, 8.7);
    }
}

/// Two actives that meet again agree on one, and those who ask find it, whoever hears the other first; of two that
/// both work each has its own address again.
#[test]
fn after_a_split_brain_each_address_is_where_its_holder_is() {
    let board = |pairing: &str| {
        format!(
            "until 40s\nusers users load=constant rate=100/s reads=100% login=off timeout=1s\n\
             load-balancer one pairing={pairing}\nload-balancer two pairing={pairing}\napp-server web workers=64 service=0s\n\
             load-balancer front health=none timeout=1s\nusers -> front -> one -> web\nfront -> two -> web\none .. two\n"
        )
    };
    for phase in (0..1000).step_by(250) {
        let from = |s: u64| format!("{}ms", s * 1000 + phase);
        let (begin, end) = (from(10), from(20));
        for faults in [
            format!("at {begin} cut one..two\nat {end} heal one..two"),
            format!("at {begin} cut one..two forth\nat {end} heal one..two"),
            format!("at {begin} pause one\nat {end} resume one"),
        ] {
            for (pairing, share) in [("active-passive", 1.0..=1.0), ("active-active", 0.3..=0.7)] {
                let run = run(&format!("{}{faults}", board(pairing)));
                let (mut asked, mut reached) = (0.0, 0.0);
                for entry in run.history().iter().filter(|entry| entry.at > seconds(22.0)) {
                    match entry.record {
                        Record::Return { op, outcome } if op.invoked > seconds(22.0) => {
                            assert!(matches!(outcome, Outcome::Ok { .. }), "{pairing}, {faults}");
                            asked += 1.0;
                        }
                        // The machine that stands second in the text.
                        Record::Fact(Fact::Reached { node: Process(1), .. }) => reached += 1.0,
                        _ => {}
                    }
                }
                let first = reached / asked;
                let share = *share.start() - 0.01..=*share.end() + 0.01;
                assert!(share.contains(&first), "{pairing}, {faults}: {first} of the requests");
            }
        }
    }
}
