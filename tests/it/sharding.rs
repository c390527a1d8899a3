//! What a shard router must show: hot ranges, the keys that a new shard moves, right answers while they move, a shard that
//! is down, and queries that wait for the slowest.

use super::architectures::check;
use super::board;
use tradeoff::components::Machine as _;
use tradeoff::components::parts::gauge::{Counters, Portion};
use tradeoff::run::Run;
use tradeoff::stdx::{Duration, Instant};

/// Four databases behind a router, of which `spare` keep nothing at first.
fn shards(router: &str, more: &str) -> String {
    format!(
        "
seed 4
until 30s
users shoppers  rate=300/s keys=1000 reads=70% population=30 timeout=2s login=off
app-server app  workers=32 service=exp(2ms)
shard-router router  {router}
database one
database two
database three
database four
shoppers -> app -> router  latency=1ms
router -> one    latency=1ms
router -> two    latency=1ms
router -> three  latency=1ms
router -> four   latency=1ms
{more}"
    )
}

fn run(text: &str) -> Run {
    let document = board(text);
    let mut run = Run::new(&document);
    run.advance_to(Instant::START + document.until, u64::MAX);
    run
}

fn counters(run: &Run, name: &str) -> Counters {
    let state = run.state();
    state.world.get(state.cast.machines(name)[0]).gauge().counters
}

fn spread(run: &Run) -> Vec<Portion> {
    let state = run.state();
    state.world.get(state.cast.machines("router")[0]).spread()
}

/// The busiest shard's share of the requests.
fn hottest(run: &Run) -> f64 {
    let all = spread(run);
    let most = all.iter().map(|p| p.requests).max().unwrap();
    most as f64 / all.iter().map(|p| p.requests).sum::<u64>() as f64
}

#[test]
fn ranges_are_even_in_keys_and_hot_in_requests() {
    let ranges = run(&shards("by=range", ""));
    assert!(spread(&ranges).iter().all(|p| (p.share - 0.25).abs() < 1e-9));
    assert!(hottest(&ranges) > 0.7, "the popular keys stand together: {}", hottest(&ranges));
    for by in ["modulo", "consistent"] {
        let hashed = run(&shards(&format!("by={by}"), ""));
        assert!(hottest(&hashed) < 0.5, "{by}: {}", hottest(&hashed));
    }
    let drawn = run(&shards("by=range splits=\"5 50 500\"", ""));
    let shares: Vec<f64> = spread(&drawn).iter().map(|p| p.share).collect();
    assert_eq!(shares, [0.005, 0.045, 0.45, 0.5]);
    assert!(hottest(&drawn) < 0.5, "split points where the load is: {}", hottest(&drawn));
}

#[test]
fn one_more_shard_moves_what_it_must_and_every_answer_stays_right() {
    // From three shards to four: of 1000 keys these many, give or take.
    for (by, least, most) in [("modulo", 720, 780), ("consistent", 200, 300), ("range", 166, 167)] {
        let text = shards(&format!("by={by} spare=1"), "at 10s promote router\n");
        check(by, &text, "linearizable=holds, read-your-writes=holds, durable=holds, fresh=holds");
        let run = run(&text);
        let moved = counters(&run, "router");
        assert!((least..=most).contains(&moved.keys_moved), "{by}: {} moved", moved.keys_moved);
        assert!(moved.rows_moved > 0 && moved.rows_moved <= moved.keys_moved);
        let newcomer = spread(&run)[3];
        assert!(newcomer.requests > 0 && newcomer.share > 0.1, "{by}: {newcomer:?}");
        assert_eq!(counters(&run, "shoppers").failed, 0, "{by}");
    }
}

#[test]
fn a_second_router_that_nobody_told_answers_from_the_old_shard() {
    let second = "
shard-router other  spare=1
app -> other  latency=1ms
other -> one    latency=1ms
other -> two    latency=1ms
other -> three  latency=1ms
other -> four   latency=1ms
";
    let told = "at 10s promote router\nat 10s promote other\n";
    check("before", &shards("spare=1", second), "linearizable=holds");
    check(
        "one is told",
        &shards("spare=1", &format!("{second}at 10s promote router\n")),
        "linearizable=broken",
    );
    // Both move the rows, each on its own: what one has moved the other serves from where it was a moment longer.
    check("both are told", &shards("spare=1 movers=1", &format!("{second}{told}")), "linearizable=broken");
}

#[test]
fn moving_waits_for_a_shard_that_is_down_and_goes_on() {
    let faults = "at 9900ms crash two host\nat 10s promote router\nat 15s restart two\n";
    let text = shards("by=modulo spare=1 timeout=500ms", faults);
    check("down while rows move", &text, "linearizable=holds, durable=holds");
    let run = run(&text);
    assert!((720..=780).contains(&counters(&run, "router").keys_moved), "{:?}", counters(&run, "router"));
}

#[test]
fn a_shard_that_is_down_refuses_its_keys_and_no_others() {
    let text = shards("by=modulo", "at 10s crash two\n")
        .replace("zipf=0.99", "")
        .replace("keys=1000", "keys=1000 zipf=0");
    let run = run(&text);
    let users = counters(&run, "shoppers");
    // A quarter of the keys for two thirds of the time.
    let failed = users.failed as f64 / users.arrivals as f64;
    assert!((failed - 0.25 * 2.0 / 3.0).abs() < 0.02, "{failed}");
    check("one of four", &text, "linearizable=holds");
}

/// A router with a capacity is a station before the shards, and a larger one has more of it, for more money.
#[test]
fn a_router_with_a_capacity_is_a_queue_of_its_own() {
    for (router, price, ok, waits) in [
        ("by=modulo", 1.0, 295..=320, 0.0..=0.0),
        ("by=modulo capacity=400/s", 1.0, 295..=320, 0.001..=0.01),
        ("by=modulo capacity=100/s pending=50", 1.0, 95..=105, 0.1..=0.5),
        ("by=modulo capacity=100/s pending=50 size=m", 2.2, 190..=210, 0.05..=0.3),
        ("by=modulo capacity=100/s pending=50 size=xl", 12.0, 295..=320, 0.0..=0.01),
    ] {
        let text = format!(
            "seed 3\nuntil 20s\nusers users rate=300/s login=off keys=200\nshard-router router keys=200 {router}\n\
             database one workers=100\ndatabase two workers=100\nusers -> router -> one\nrouter -> two\n"
        );
        let report = run(&text).report();
        let machine = &report["machines"][1];
        let each = machine["completions"].as_u64().unwrap() / 20;
        let wait = machine["wait"]["mean_s"].as_f64().unwrap();
        assert!(ok.contains(&each) && waits.contains(&wait), "{router}: {each}/s, {wait} s");
        assert!((machine["price_per_hour"].as_f64().unwrap() - 0.0416 * price).abs() < 1e-9);
    }
}

#[test]
fn a_query_over_all_shards_waits_for_the_slowest() {
    let slow = |scatter: &str| {
        let text = shards(&format!("scatter={scatter}"), "").replace("reads=70%", "reads=100%");
        let text = text.replace("\ndatabase one", "\ndatabase one read=twopoint(0.9,1ms,100ms) workers=64");
        let text = text.replace("\ndatabase two", "\ndatabase two read=twopoint(0.9,1ms,100ms) workers=64");
        let text =
            text.replace("\ndatabase three", "\ndatabase three read=twopoint(0.9,1ms,100ms) workers=64");
        let text = text.replace("\ndatabase four", "\ndatabase four read=twopoint(0.9,1ms,100ms) workers=64");
        let run = run(&text.replace("workers=32", "workers=512"));
        1.0 - run.state().series.total.latency.share_within(Duration::from_millis(60)).unwrap()
    };
    let (one, all) = (slow("0%"), slow("100%"));
    assert!((one - 0.1).abs() < 0.01, "{one}");
    assert!((all - (1.0 - 0.9 * 0.9 * 0.9 * 0.9)).abs() < 0.015, "{all}");
}
