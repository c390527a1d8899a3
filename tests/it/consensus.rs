//! What a consensus group must be judged as: whole boards in the notation, each promise beside the one setting or fault
//! that breaks it; and random faults under which its linearizable reads must stay linearizable.

use super::architectures::check;
use super::board;
use tradeoff::components::Machine as _;
use tradeoff::components::parts::gauge::Role;
use tradeoff::run::Run;
use tradeoff::stdx::{Duration, Instant, Random};

/// Three members, of whom the first is elected first; two offices ask one member each.
fn offices(members: &str, more: &str) -> String {
    format!(
        "
seed 5
until 40s
users north  rate=60/s keys=3 reads=60% population=8 login=off timeout=3s
users south  rate=60/s keys=3 reads=60% population=8 login=off timeout=3s
consensus-group a  election=300ms {members}
consensus-group b  {members}
consensus-group c  {members}
north -> a   latency=1ms
south -> b   latency=1ms
a <=> b <=> c <=> a  latency=5ms
{more}"
    )
}

fn at(text: &str, seconds: f64) -> Run {
    let mut run = Run::new(&board(text));
    run.advance_to(Instant::START + Duration::from_secs_f64(seconds), u64::MAX);
    run
}

/// The leaders of a board at that second, with their terms.
fn leaders(text: &str, seconds: f64) -> Vec<String> {
    let run = at(text, seconds);
    let state = run.state();
    let nodes = state.cast.nodes().filter(|n| state.world.condition(*n) == tradeoff::sim::Condition::Up);
    let leads = nodes.filter(|n| state.world.get(*n).gauge().role == Some(Role::Leader));
    leads.map(|n| state.cast.name(n).to_string()).collect()
}

#[test]
fn it_elects_one_and_another_when_that_one_is_lost() {
    let crash = offices("", "at 10s crash a host\n");
    assert_eq!(leaders(&crash, 2.0), ["a"]);
    // An election time-out of one to two seconds, and a few round trips.
    assert_eq!(leaders(&crash, 10.9).len(), 0);
    assert_eq!(leaders(&crash, 12.2).len(), 1);
    check("the leader's host is lost", &crash, "linearizable=holds, durable=holds, causal=holds");
    let back = offices("", "at 10s crash a\nat 15s restart a\n");
    check("and comes back", &back, "linearizable=holds, durable=holds, converged=holds");
    assert_eq!(leaders(&back, 25.0).len(), 1);
}

/// Five on one card: each can die and each line between two of them be cut, by the clones' names.
#[test]
fn a_group_on_one_card_behaves_as_one_of_many_cards() {
    let text = "
seed 6
until 40s
users shoppers  rate=80/s keys=4 reads=60% population=8 login=off timeout=2s
consensus-group store  clones=5 latency=2ms
shoppers -> store  latency=1ms
at 8s  crash store-1
at 12s  cut store-2<=>store-3
at 16s  isolate store-4
at 24s  heal all
at 24s  restart store-1
";
    assert_eq!(leaders(text, 39.0).len(), 1);
    check("one card", text, "linearizable=holds, durable=holds, converged=holds");
    let run = at(text, 40.0);
    let total = &run.state().series.total;
    assert!(total.ok as f64 > 0.9 * total.invoked as f64, "{} of {}", total.ok, total.invoked);
}

#[test]
fn a_person_can_hand_the_lead_over() {
    let text = offices("", "at 10s promote b\n");
    assert_eq!((leaders(&text, 9.9), leaders(&text, 10.1)), (vec!["a".to_string()], vec!["b".to_string()]));
    check("handed over", &text, "linearizable=holds, durable=holds");
}

/// The leader is alone on its side.
const PARTED: &str = "at 10s cut a<=>b\nat 10s cut a<=>c\nat 30s heal all\n";

#[test]
fn a_minority_refuses_and_the_majority_answers() {
    let run = at(&offices("", PARTED), 29.0);
    let ok = |name: &str| {
        let state = run.state();
        let node = state.cast.machines(name)[0];
        state.world.get(node).gauge().counters.completions
    };
    let before = at(&offices("", PARTED), 10.0);
    let then = |name: &str| {
        before.state().world.get(before.state().cast.machines(name)[0]).gauge().counters.completions
    };
    assert!(ok("north") - then("north") < 5, "the minority went on");
    assert!(ok("south") - then("south") > 900, "the majority stopped");
    for reads in ["log", "read-index", "lease"] {
        let text = offices(&format!("reads={reads}"), PARTED);
        check(reads, &text, "linearizable=holds, cap=acted CP, durable=holds, converged=holds");
    }
    check("local reads", &offices("reads=local", PARTED), "linearizable=broken, durable=holds");
}

#[test]
fn reads_of_a_follower_are_stale_without_any_fault() {
    for (reads, expected) in [
        ("local", "linearizable=broken, durable=holds"),
        ("read-index", "linearizable=holds, read-your-writes=holds, monotonic-reads=holds"),
        ("log", "linearizable=holds, read-your-writes=holds, monotonic-reads=holds"),
    ] {
        check(reads, &offices(&format!("reads={reads}"), ""), expected);
    }
}

#[test]
fn a_lease_is_worth_what_the_clocks_are() {
    let lease = "reads=lease lease=5s check-quorum=off";
    let skewed = format!("at 5s skew a -20s\n{PARTED}");
    check("right clocks", &offices(lease, PARTED), "linearizable=holds, cap=acted CP");
    // A leader that looks whether it is heard steps down before its clock can mislead it for long.
    check("check quorum", &offices("reads=lease lease=5s", &skewed), "linearizable=holds");
    check("a clock that is behind", &offices(lease, &skewed), "linearizable=broken");
    check(
        "as much as is allowed for",
        &offices(lease, &format!("at 5s skew a -450ms\n{PARTED}")),
        "linearizable=holds",
    );
    check("and no clock is asked", &offices("reads=read-index", &skewed), "linearizable=holds");
}

#[test]
fn what_is_acknowledged_before_the_flush_is_lost_with_the_majority() {
    let all = "at 20s crash a\nat 20s crash b\nat 20s crash c\nat 21s restart a\nat 21s restart b\nat 21s restart c\n";
    check("flushed", &offices("", all), "durable=holds, linearizable=holds");
    check("not flushed", &offices("durable=off", all), "durable=broken, linearizable=broken");
    check(
        "one of three",
        &offices("durable=off", "at 20s crash c\nat 21s restart c\n"),
        "durable=holds, linearizable=holds",
    );
}

#[test]
fn a_command_that_is_repeated_is_carried_out_once() {
    let impatient = |members: &str| {
        let text = offices(members, "at 10s delay a<=>b exp(150ms)\nat 10s delay a<=>c exp(150ms)\n");
        text.replace("timeout=3s", "timeout=200ms retries=3 backoff=100ms")
    };
    check("once", &impatient(""), "linearizable=holds, no-lost-update=not exercised");
    check("twice", &impatient("exactly-once=off"), "linearizable=broken");
}

#[test]
fn an_application_finds_the_leader_by_itself() {
    let text = "
seed 9
until 40s
users shoppers  rate=100/s keys=5 reads=50% population=20 timeout=2s
app-server app  workers=16 service=exp(4ms)
consensus-group a     election=300ms followers=redirect
consensus-group b     followers=redirect
consensus-group c     followers=redirect
shoppers -> app -> a  latency=1ms
app -> b              latency=1ms
app -> c              latency=1ms
a <=> b <=> c <=> a   latency=1ms
at 10s  crash a host
at 20s  restart a
";
    check("redirected", text, "linearizable=holds, durable=holds");
    let run = at(text, 40.0);
    let total = &run.state().series.total;
    assert!(total.ok as f64 > 0.93 * total.invoked as f64, "{} of {}", total.ok, total.invoked);
}

/// Random crashes, cuts, pauses and clocks that are within what the lease allows for.
fn storm(seed: u64) -> String {
    let mut random = Random::stream(seed, 77);
    let mut pick = |words: &[&'static str]| words[random.below(words.len() as u64) as usize];
    let reads = pick(&["log", "read-index", "lease"]);
    let followers = pick(&["forward", "redirect"]);
    let settings = format!(
        "reads={reads} followers={followers} pre-vote={} log=100 recovery=200ms",
        pick(&["on", "off"])
    );
    let mut text = offices(&settings, "")
        .replace("seed 5", &format!("seed {seed}"))
        .replace("timeout=3s", "timeout=1s retries=2 updates=30%");
    for second in (4..34).step_by(2) {
        let (one, other) = (pick(&["a", "b", "c"]), pick(&["a<=>b", "b<=>c", "a<=>c"]));
        let fault = match pick(&[
            "crash", "restart", "cut", "cut", "heal", "heal", "pause", "skew", "isolate", "way",
        ]) {
            "crash" => format!("crash {one}{}", pick(&["", " host"])),
            "restart" => format!("restart {one}\nat {second}s resume {one}"),
            "cut" => format!("cut {other}"),
            "way" => format!("cut {other} {}", pick(&["forth", "back"])),
            "pause" => format!("pause {one}\nat {}s resume {one}", second + 1),
            "skew" => format!("skew {one} {}", pick(&["200ms", "-200ms", "0s"])),
            "isolate" => format!("isolate {one}"),
            _ => "heal all".to_string(),
        };
        text += &format!("at {second}s {fault}\n");
    }
    text += "at 34s heal all\n";
    for member in ["a", "b", "c"] {
        text += &format!("at 34s restart {member}\nat 34s resume {member}\n");
    }
    text.replace("until 40s", "until 45s")
}

#[test]
fn linearizable_reads_stay_so_whatever_happens() {
    // SEED=n runs one, ROUNDS=n so many.
    let read = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match read("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..read("ROUNDS").unwrap_or(8),
    };
    for seed in seeds {
        let text = storm(seed);
        check(&format!("seed {seed}"), &text, "linearizable=holds, durable=holds, nothing-discarded=holds");
        if seed.is_multiple_of(6) {
            let hash = || at(&text, 45.0).state().hash();
            assert_eq!(hash(), hash(), "seed {seed} replays");
        }
    }
}
