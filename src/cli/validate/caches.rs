//! Caches: hit ratios under Zipf popularity, expiry, stale answers, stampedes. It may not know how boards are run.

use super::plan::{ABSOLUTE, Batches, Board, Effort, Family, Plan, Published, RELATIVE, Report};
use super::table::{Row, Trouble};
use crate::stdx::Duration;

pub const FAMILIES: &[Family] = &[
    Family { id: "lru_exact", plan: exact, quick: (1, 0.1) },
    Family { id: "lru_che", plan: che, quick: (1, 0.05) },
    Family { id: "ttl_cache", plan: expiry, quick: (2, 0.1) },
    Family { id: "cache_staleness", plan: stale, quick: (5, 0.3) },
    Family { id: "cache_stampede", plan: stampede, quick: (2, 0.2) },
];

/// Requests a second: time plays no part where nothing expires and nothing takes any.
const RATE: f64 = 1000.0;

/// A server that looks into a cache and then asks a database, all of them in no time.
fn aside(users: &str, server: &str, cache: &str, database: &str) -> String {
    format!(
        "{users}\napp-server s workers=1024 room=1000000 service=0s timeout=1h cache-timeout=1h cache-use=objects {server}\n\
         cache c service=0s {cache}\n\
         database d workers=1024 connections=100000 read=0s write=0s {database}\n\
         s -> c latency=0s\ns -> d latency=0s\n"
    )
}

fn readers(rate: f64, keys: u32, alpha: f64) -> String {
    format!("users u population=1 rate={rate}/s reads=100% keys={keys} zipf={alpha} login=off timeout=1d")
}

/// Requests of a warm-up at most for the sake of the rarest key that is kept.
const LONGEST: f64 = 1e6;

/// Independent requests for `n` keys of Zipf popularity, at a cache with room for `room` of them; the warm-up fills it.
fn zipf(n: u32, alpha: f64, room: u32, eviction: &str, effort: Effort) -> Board {
    let text = aside(&readers(RATE, n, alpha), "", &format!("entries={room} eviction={eviction}"), "");
    let text = format!("{text}u -> s latency=0s\n");
    let requests = 100_000.0 * effort.0;
    // Who counts uses has to see every key in question often enough to know its rank, and what is kept at all is asked for
    // now and then.
    let seen = if eviction == "lfu-ideal" { 200.0 } else { 20.0 } * room as f64;
    let last = libm::pow(room.min(n) as f64, -alpha) / (1..=n).map(|i| libm::pow(i as f64, -alpha)).sum::<f64>();
    let warm_up = seen.max((3.0 / last).min(LONGEST));
    Board { cost: 3.0 * (warm_up + requests), ..Board::serving(text, RATE, warm_up.max(2_000.0), requests) }
}

fn hits(board: usize) -> impl Fn(&[Report]) -> f64 + Send + Sync {
    move |runs| runs[board].of("c", "hit_ratio")
}

/// Keys, exponent, room.
fn popularity(row: &Row) -> Result<(u32, f64, u32), Trouble> {
    Ok((row.count("N", 1, 1_000_000)?, row.within("zipf_alpha", 0.0, 3.0)?, row.count("C", 1, 10_000_000)?))
}

fn exact(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (n, alpha, room) = popularity(row)?;
    let boards = ["lru", "lfu-ideal"].map(|eviction| zipf(n, alpha, room, eviction, effort)).into();
    let mut plan = Plan { boards, batches: Batches::AsNeeded { least: 6, most: 60 }, ..Plan::default() };
    plan.compare(row, "lru", (ABSOLUTE, 0.003), hits(0))?;
    plan.compare(row, "lfu_ideal", (ABSOLUTE, 0.003), hits(1))?;
    plan.remark("`che` is the approximation of `lru`; the exact figure is what is compared.");
    Ok(plan)
}

fn che(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (n, alpha, room) = popularity(row)?;
    let evictions = ["lru", "fifo", "random", "sampled-lru", "lfu-ideal"];
    let boards = evictions.map(|eviction| zipf(n, alpha, room, eviction, effort)).into();
    let mut plan = Plan { boards, batches: Batches::AsNeeded { least: 6, most: 60 }, ..Plan::default() };
    let near = (ABSOLUTE, 0.005);
    plan.compare(row, "lru", near, hits(0))?;
    plan.compare(row, "fifo_random", near, hits(1))?.name = "fifo_random (FIFO)".into();
    plan.compare(row, "fifo_random", near, hits(2))?.name = "fifo_random (random)".into();
    let (least, most) = (row.number("fifo_random")?, row.number("lru")?);
    plan.check("sampled_lru_above_random", Published::AtLeast(least - 0.005), hits(3));
    plan.check("sampled_lru_below_lru", Published::AtMost(most + 0.005), hits(3));
    plan.compare(row, "lfu_ideal", near, hits(4))?;
    if row.has("lru_sim_600k") {
        plan.compare(row, "lru_sim_600k", near, hits(0))?;
    }
    if row.has("random_sim_600k") {
        plan.compare(row, "random_sim_600k", near, hits(2))?;
    }
    Ok(plan)
}

/// The time to live that stands for the tables' T: the rates are λT and μT a second.
const TTL: &str = "ttl=1s";

fn expiry(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let rate = row.within("lambda_T", 0.001, 10_000.0)?;
    // Keys that are asked for alike: so many caches of one key each, in one run.
    let keys = 100;
    let board = |renew: &str| {
        let text = aside(&readers(rate * keys as f64, keys, 0.0), "", &format!("{TTL} {renew}"), "");
        let requests = 50_000.0 * effort.0;
        let warm_up = 10.0 * rate * keys as f64;
        let text = format!("{text}u -> s latency=0s\n");
        Board { cost: 3.0 * (warm_up + requests), ..Board::serving(text, rate * keys as f64, warm_up, requests) }
    };
    let boards = vec![board(""), board("renew=on")];
    let mut plan = Plan { boards, batches: Batches::AsNeeded { least: 6, most: 60 }, ..Plan::default() };
    plan.compare(row, "hit_fixed_ttl", (ABSOLUTE, 0.005), hits(0))?;
    plan.compare(row, "hit_sliding_ttl", (ABSOLUTE, 0.005), hits(1))?;
    Ok(plan)
}

fn stale(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (writes, reads) = (row.within("mu_T", 1e-4, 1000.0)?, row.within("lambda_T", 0.01, 10_000.0)?);
    let keys = 20;
    let per_key = |rate: f64| rate * keys as f64;
    let mut text = aside(&readers(per_key(reads), keys, 0.0), "on-write=nothing", TTL, "");
    text += &format!(
        "users w population=1 rate={}/s reads=0% keys={keys} zipf=0 login=off timeout=1d\n\
         u -> s latency=0s\nw -> s latency=0s\n",
        per_key(writes)
    );
    let span = (40_000.0 / per_key(reads)).max(200.0) * effort.0;
    let cost = 3.0 * span * per_key(reads + writes);
    // At the begin nothing is kept yet.
    let warm_up = Duration::from_secs(5);
    let boards = vec![Board { warm_up, ..Board::lasting(text, warm_up + Duration::from_secs_f64(span), cost) }];
    let mut plan = Plan { boards, batches: Batches::AsNeeded { least: 6, most: 60 }, ..Plan::default() };
    let near = (ABSOLUTE, 0.01);
    // What is stale is a hit: the database answers with the newest.
    plan.compare(row, "stale_fraction_of_hits", near, |runs| runs[0].at("staleness.stale") / runs[0].of("c", "hits"))?;
    plan.compare(row, "stale_fraction_of_reads", near, |runs| runs[0].at("staleness.stale_share"))?;
    Ok(plan)
}

fn stampede(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let during = row.within("lambda_D", 0.001, 1000.0)?;
    // The database takes 100 ms, or as long as 100 requests a second need; an entry lives for ten times that.
    let rate = (during * 10.0).max(100.0);
    let takes = during / rate;
    let live = (10.0 * takes).max(0.2);
    // The more reads an expiry brings the fewer of them tell their mean; the last one may be cut off.
    let expiries = (1_000.0 * (10.0 / during).clamp(0.1, 1.0) * effort.0).max(50.0);
    let board = |server: &str| {
        let cache = format!("ttl={:.0}us", live * 1e6);
        let text = aside(&readers(rate, 1, 0.0), server, &cache, &format!("read={:.0}ns", takes * 1e9));
        let text = text.replacen("read=0s ", "", 1) + "u -> s latency=0s\n";
        let span = (live + 2.0 * takes + 1.0 / rate) * expiries;
        Board::lasting(text, Duration::from_secs_f64(span), 3.0 * span * rate)
    };
    let boards = vec![board(""), board("coalescing=on")];
    let mut plan = Plan { boards, batches: Batches::AsNeeded { least: 6, most: 200 }, ..Plan::default() };
    // The first look-up of all finds nothing, and is no expiry.
    let reads = |runs: &[Report], board: usize| {
        let report = &runs[board];
        report.of("d", "completions") / (report.of("c", "expired") + 1.0)
    };
    plan.compare(row, "reads_per_expiry", (RELATIVE, 0.03), move |runs| reads(runs, 0))?;
    plan.check("reads_per_expiry_with_coalescing", Published::Relative(1.0, 0.03), move |runs| reads(runs, 1));
    Ok(plan)
}
