//! Requests that are tried again, and requests that ask many at once. It may not know how boards are run.

use super::plan::{ABSOLUTE, Batches, Board, Effort, Family, Plan, Published, RELATIVE};
use super::table::{Row, Trouble};
use crate::stdx::Duration;

pub const FAMILIES: &[Family] = &[
    Family { id: "retries", plan: retries, quick: (7, 0.05) },
    Family { id: "fanout_tail", plan: fan_out, quick: (2, 0.1) },
];

/// Requests a second.
const RATE: f64 = 1000.0;
/// Requests of one row at most, over all its seeds.
const MOST: f64 = 1.5e8;
/// Failures that must be counted for a share of them that is right within 1 % in 2.8 standard errors.
const FAILURES: f64 = 78_400.0;

fn retries(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (p, retries) = (row.within("p_fail", 0.0, 1.0)?, row.count("max_retries", 0, 20)?);
    let text = format!(
        "users u population=1 rate={RATE}/s retries={retries} backoff=0s reads=100% keys=1 zipf=0 login=off timeout=1d\n\
         app-server s workers=1024 room=1000000 service=0s errors={p}\nu -> s latency=0s\n"
    );
    let requests = 500_000.0 * effort.0;
    let mut plan = Plan { batches: Batches::AsNeeded { least: 10, most: (MOST / 500_000.0) as u32 }, ..Plan::default() };
    plan.boards.push(Board::serving(text, RATE, 0.0, requests));
    plan.compare(row, "mean_attempts", (RELATIVE, 0.01), |runs| {
        1.0 + runs[0].sum("u", "retries") / runs[0].of("u", "arrivals")
    })?;
    let failure = row.number("user_failure")?;
    let needed = FAILURES / failure.max(f64::MIN_POSITIVE);
    if failure > 0.0 && failure < 1.0 && needed > MOST {
        // What can be said of so rare an event: that it is not more frequent.
        let most = 10.0 * failure + 1e-5;
        plan.check("user_failure, at most", Published::AtMost(most), |runs| runs[0].of("u", "failed") / runs[0].of("u", "arrivals"));
        let why = format!("to measure {failure} within 1 % takes {needed:.0e} requests; that it is at most {most:.1e} is checked.");
        plan.unreachable.push(("user_failure".into(), why));
    } else {
        plan.compare(row, "user_failure", (RELATIVE, 0.01), |runs| {
            runs[0].of("u", "failed") / runs[0].of("u", "arrivals")
        })?;
    }
    Ok(plan)
}

fn fan_out(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (p, leaves) = (row.within("p_slow", 0.0, 1.0)?, row.count("fanout", 1, 1000)?);
    // Few enough that no leaf ever waits for another's work.
    let rate = 1000.0 / leaves as f64;
    let text = format!(
        "users u population=1 rate={rate}/s reads=100% keys=1000 zipf=0 login=off timeout=1d\n\
         app-server s workers=1024 room=1000000 service=0s fan-out={leaves}\n\
         database leaf workers=1024 connections=100000 waiting=1000000 read=twopoint({},1ms,100ms)\n\
         u -> s latency=0s\ns -> leaf latency=0s\n",
        1.0 - p
    );
    // Each is as much work as there are leaves.
    let requests = (1e6 / leaves as f64).min(10_000.0) * effort.0;
    let mut plan = Plan::default();
    let board = Board::serving(text, rate, 0.0, requests).with_goal(Duration::from_millis(50));
    plan.boards.push(Board { cost: board.cost * leaves as f64, ..board });
    plan.compare(row, "p_any_slow", (ABSOLUTE, 0.005), |runs| 1.0 - runs[0].of("s", "sojourn.within_goal"))?;
    Ok(plan)
}
