//! What names do: users stay with the address that they were told, longer than the server lives.

use super::board;
use tradeoff::components::Machine as _;
use tradeoff::components::parts::gauge::{Counters, Portion};
use tradeoff::history::Cause;
use tradeoff::run::Run;
use tradeoff::stdx::{Duration, Instant};

/// Users who ask a name server for one of two sites.
fn sites(names: &str, more: &str) -> String {
    format!(
        "
seed 3
until 60s
users shoppers  load=closed population=100 think=exp(1s) login=off timeout=2s reads=100%
dns names  {names}
app-server one  workers=16
app-server two  workers=16
shoppers -> names  latency=5ms
names -> one       latency=10ms
names -> two       latency=10ms
{more}"
    )
}

fn at(text: &str, seconds: u64) -> Run {
    let mut run = Run::new(&board(text));
    run.advance_to(Instant::START + Duration::from_secs(seconds), u64::MAX);
    run
}

fn counters(run: &Run, name: &str) -> Counters {
    let state = run.state();
    state.world.get(state.cast.machines(name)[0]).gauge().counters
}

fn answers(run: &Run) -> Vec<Portion> {
    let state = run.state();
    state.world.get(state.cast.machines("names")[0]).spread()
}

/// Failed operations of the shoppers between two instants.
fn failed(text: &str, from: u64, to: u64) -> u64 {
    let count = |run: &Run| {
        let c = counters(run, "shoppers");
        c.failed + c.timed_out
    };
    count(&at(text, to)) - count(&at(text, from))
}

#[test]
fn users_are_spread_and_each_dials_over_a_way_of_its_own() {
    let run = at(&sites("", ""), 60);
    let (one, two) = (counters(&run, "one").arrivals, counters(&run, "two").arrivals);
    assert!(one.abs_diff(two) < 200 && one > 1000, "{one} {two}");
    assert_eq!(counters(&run, "shoppers").failed, 0);
    // 20 ms there and back, and nothing of the name server's 10 ms after the first time.
    let p50 = run.state().series.total.latency.quantile(0.5).unwrap();
    assert!(p50 < Duration::from_millis(60), "{p50}");
}

#[test]
fn a_dead_server_is_dialled_until_the_time_to_live_ends() {
    let crash = "at 20s crash one\n";
    let checked =
        |ttl: &str| sites(&format!("health=on check-every=1s check-timeout=500ms ttl={ttl}"), crash);
    // Checks take three seconds to find out; then whoever asks is told the other one.
    assert!(failed(&checked("5s"), 20, 24) > 50);
    assert_eq!(failed(&checked("5s"), 32, 60), 0, "everybody has asked again");
    assert!(failed(&checked("1h"), 32, 60) > 500, "nobody has");
    assert!(
        failed(&sites("ttl=5s", crash), 40, 60) > 200,
        "without checks the dead one is named again and again"
    );
}

#[test]
fn some_keep_an_answer_longer_than_they_may() {
    let text =
        sites("health=on check-every=1s check-timeout=500ms ttl=2s ignore-ttl=20%", "at 20s crash one\n");
    let stuck = failed(&text, 32, 60);
    let none = sites("health=on check-every=1s check-timeout=500ms ttl=2s", "at 20s crash one\n");
    assert_eq!(failed(&none, 32, 60), 0);
    // A fifth of the users, half of them with the dead one, each about once a second.
    assert!((120..500).contains(&stuck), "{stuck}");
}

#[test]
fn a_dead_process_refuses_and_a_dead_host_is_silent() {
    for (fault, cause) in [("crash one", Cause::Refused), ("crash one host", Cause::TimedOut)] {
        let run = at(&sites("ttl=1h", &format!("at 20s {fault}\n")), 60);
        let errors = &run.state().series.total.errors;
        let of = |wanted: Cause| errors.iter().find(|(c, _)| **c == wanted).map_or(0, |(_, n)| *n);
        assert!(of(cause) > 300, "{fault}: {errors:?}");
    }
}

#[test]
fn one_busy_user_is_glued_to_one_address() {
    let text =
        sites("", "users busy load=closed population=1 think=exp(5ms) login=off reads=100%\nbusy -> names\n");
    let run = at(&text.replace("population=100 think=exp(1s)", "population=2 think=exp(1s)"), 50);
    let (one, two) = (counters(&run, "one").arrivals, counters(&run, "two").arrivals);
    assert!(one.max(two) > 5 * one.min(two), "{one} {two}");
    let told = answers(&run);
    assert!(told.iter().all(|p| p.requests <= 2), "the answers were even all the same: {told:?}");
}

#[test]
fn without_the_name_server_known_addresses_serve_on() {
    let text = sites("ttl=30s", "at 20s crash names\n");
    assert_eq!(failed(&text, 20, 29), 0, "the answers still hold");
    assert!(failed(&text, 40, 60) > 500, "nobody can ask any more");
}

#[test]
fn the_nearest_region_answers_and_the_next_when_it_is_gone() {
    let text = "
seed 3
until 60s
zone eu  region=ireland
zone us  region=virginia
zone asia  region=tokyo
users dublin in eu  load=closed population=50 think=exp(1s) login=off timeout=2s reads=100%
users osaka in asia  load=closed population=50 think=exp(1s) login=off timeout=2s reads=100%
dns names  policy=nearest health=on check-every=1s check-timeout=1s ttl=5s
app-server west in us  workers=16
app-server home in eu  workers=16
app-server east in asia  workers=16
dublin -> names
osaka -> names
names -> west
names -> home
names -> east
at 30s outage asia
at 30s crash home host
";
    let before = at(text, 30);
    assert_eq!(counters(&before, "west").arrivals, 0);
    assert!(counters(&before, "home").arrivals > 1000 && counters(&before, "east").arrivals > 1000);
    let after = at(text, 60);
    assert!(counters(&after, "west").completions > 2000, "{:?}", counters(&after, "west"));
}

#[test]
fn cutting_a_record_cuts_the_way_of_those_who_dial_it() {
    let text = sites("ttl=1h", "at 20s cut names->one\nat 40s heal names->one\n");
    assert_eq!(failed(&text, 0, 20), 0);
    assert!(failed(&text, 20, 40) > 100);
    assert_eq!(failed(&text, 45, 60), 0);
}
