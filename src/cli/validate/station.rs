//! Stations with Poisson arrivals: M/M/1, M/M/c. It may not know how boards are run.

use super::plan::{ABSOLUTE, Batches, Board, Effort, Family, Plan, Published, RELATIVE, Report};
use super::table::{Row, Trouble};
use crate::stdx::Duration;

pub const FAMILIES: &[Family] = &[
    Family { id: "mm1", plan: mm1, quick: (2, 0.05) },
    Family { id: "mmc", plan: mmc, quick: (14, 0.05) },
];

/// The mean service time that stands for the tables' unit of time.
pub const SERVICE: f64 = 0.001;
/// Requests of one row at most, over all its seeds.
const MOST: f64 = 4e8;
/// Of those who wait, so many are needed for a mean over all of which they are few: 2 % are 2.8 standard errors of 20,000
/// independent exponential waits, and waits come in clusters.
const WAITERS: f64 = 60_000.0;

/// How many requests one seed's run takes: many times as many as a queue at this utilisation remembers, which is about
/// 1/(1-ρ)².
pub fn batch(rho: f64) -> f64 {
    let idle = (1.0 - rho).max(0.005);
    100_000.0 + 1_000.0 / (idle * idle)
}

/// Poisson users with `settings` of their own before a machine `s`, drawn as `server`.
pub fn open_loop(rate: f64, server: &str) -> String {
    format!(
        "users u population=1 rate={rate}/s reads=100% keys=1 zipf=0 login=off timeout=1d\n\
         {server}\nu -> s latency=0s\n"
    )
}

/// A plan of one board, which `rate` requests a second reach.
pub fn station(server: &str, rate: f64, rho: f64, effort: Effort, goal: Option<Duration>) -> Plan {
    let requests = batch(rho) * effort.0;
    let board = Board { goal, ..Board::serving(open_loop(rate, server), rate, 0.05 * requests, requests) };
    let most = (MOST / batch(rho)) as u32;
    Plan { boards: vec![board], batches: Batches::AsNeeded { least: 10, most: most.max(10) }, ..Plan::default() }
}

fn server(workers: u32) -> String {
    format!("app-server s workers={workers} room=1000000 service=exp(1ms)")
}

/// A field of the station's report, in service times.
pub fn times(way: &'static str) -> impl Fn(&[Report]) -> f64 + Send + Sync {
    move |runs| runs[0].of("s", way) / SERVICE
}

fn mm1(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let rho = row.within("rho", 0.001, 0.995)?;
    let goal = Some(Duration::from_secs_f64(10.0 * SERVICE));
    let mut plan = station(&server(1), rho / SERVICE, rho, effort, goal);
    plan.aside = &["customers_for_2pct_mean_wait"];
    plan.compare(row, "mean_sojourn", (RELATIVE, 0.02), times("sojourn.mean_s"))?;
    plan.compare(row, "mean_wait", (RELATIVE, 0.02), times("wait.mean_s"))?;
    plan.compare(row, "mean_in_system", (RELATIVE, 0.02), |runs| runs[0].of("s", "mean_in_system"))?;
    plan.compare(row, "p50_sojourn", (RELATIVE, 0.03), times("sojourn.p50_s"))?;
    plan.compare(row, "p95_sojourn", (RELATIVE, 0.03), times("sojourn.p95_s"))?;
    plan.compare(row, "p99_sojourn", (RELATIVE, 0.03), times("sojourn.p99_s"))?;
    plan.compare(row, "p_idle", (ABSOLUTE, 0.005), |runs| 1.0 - runs[0].of("s", "utilisation"))?;
    plan.compare(row, "p_timeout_at_10_service_times", (ABSOLUTE, 0.005), |runs| {
        1.0 - runs[0].of("s", "sojourn.within_goal")
    })?;
    Ok(plan)
}

fn mmc(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (c, rho) = (row.count("c", 1, 1024)?, row.within("rho", 0.001, 0.995)?);
    let mut plan = station(&server(c), rho * c as f64 / SERVICE, rho, effort, None);
    plan.compare(row, "erlang_c", (ABSOLUTE, 0.01), |runs| runs[0].of("s", "wait.waited"))?;
    let (waiting, wait) = (row.within("erlang_c", 0.0, 1.0)?, row.number("mean_wait")?);
    let needed = WAITERS / waiting;
    if needed > MOST {
        // What can be said of so rare an event: that it is not more frequent.
        plan.check("mean_wait, at most", Published::AtMost(10.0 * wait + 1e-5), times("wait.mean_s"));
        let why = format!("one in {:.0e} requests waits: to measure how long, {needed:.0e} requests are needed.", 1.0 / waiting);
        plan.unreachable.push(("mean_wait".into(), why));
    } else {
        plan.compare(row, "mean_wait", (RELATIVE, 0.02), times("wait.mean_s"))?;
    }
    plan.compare(row, "mean_sojourn", (RELATIVE, 0.02), times("sojourn.mean_s"))?;
    plan.compare(row, "p50_sojourn", (RELATIVE, 0.04), times("sojourn.p50_s"))?;
    plan.compare(row, "p95_sojourn", (RELATIVE, 0.04), times("sojourn.p95_s"))?;
    plan.compare(row, "p99_sojourn", (RELATIVE, 0.04), times("sojourn.p99_s"))?;
    plan.compare(row, "p95_wait", (RELATIVE, 0.04), times("wait.p95_s"))?;
    Ok(plan)
}
