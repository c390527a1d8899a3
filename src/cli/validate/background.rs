//! Jobs that are done later: tried again after growing delays, and handed out again while they are still in work. It may
//! not know how boards are run.

use super::plan::{ABSOLUTE, Batches, Board, Effort, Family, Plan, RELATIVE, Report};
use super::table::{Row, Trouble};
use crate::stdx::Duration;

pub const FAMILIES: &[Family] = &[
    Family { id: "sidekiq_backoff", plan: backoff, quick: (1, 0.02) },
    Family { id: "visibility_timeout", plan: visibility, quick: (1, 0.3) },
];

/// Sidekiq gives a job up after so many retries.
const RETRIES: u32 = 25;
/// Longer than all the delays together.
const LIFE: Duration = Duration::from_secs(2_000_000);

/// So many jobs, all of which fail whenever they are tried, with so many retries each.
fn poison(jobs: u32, retries: u32, jitter: &str) -> Board {
    let text = format!(
        "users u load=constant rate=1000/s population=1 jobs=100% poll=0s keys=1 login=off timeout=1d shape=step shape-at={} shape-factor=0\n\
         app-server s workers=1024 room=1000000 service=0s timeout=1h\n\
         job-queue q deliveries={} visibility=1h poll=30min workers=1024 service=0s room=1000000\n\
         worker w concurrency={} service=0s poison=100% on-failure=backoff jitter={jitter} timeout=1h\n\
         u -> s -> q latency=0s\nw -> q latency=0s\n",
        Duration::from_micros(jobs as u64 * 1000 + 500),
        retries + 1,
        jobs.min(20),
    );
    Board::lasting(text, LIFE, jobs as f64 * retries as f64 * 2.0)
}

fn total(run: &Report) -> f64 {
    run.of("q", "backoff.mean_s") * run.of("q", "backoff.count") / run.of("q", "jobs_dead")
}

fn backoff(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let first = row.numbers("first_10_delays_s")?;
    if first.len() > RETRIES as usize {
        return Err(row.trouble(format!("“first_10_delays_s” holds {} delays, of {RETRIES} that there are.", first.len())));
    }
    let mut plan = Plan { batches: Batches::AsNeeded { least: 6, most: 60 }, ..Plan::default() };
    // With one retry the only delay is the first; with n the longest is the n-th, as they grow.
    for (i, delay) in first.iter().enumerate() {
        plan.boards.push(poison(1, i as u32 + 1, "off"));
        let name = format!("first_10_delays_s, {}", i + 1);
        plan.check(&name, ABSOLUTE(*delay, 0.0), move |runs| runs[i].of("q", "backoff.max_s"));
    }
    let whole = plan.boards.len();
    plan.boards.push(poison(1, RETRIES, "off"));
    plan.boards.push(poison((5_000.0 * effort.0) as u32, RETRIES, "on"));
    plan.compare(row, "last_delay_s", (ABSOLUTE, 0.0), move |runs| runs[whole].of("q", "backoff.max_s"))?;
    plan.compare(row, "sum_s", (ABSOLUTE, 0.0), move |runs| total(&runs[whole]))?;
    plan.compare(row, "sum_days", (ABSOLUTE, 0.005), move |runs| total(&runs[whole]) / 86_400.0)?;
    // A mean over chance is never exact: a hundredth.
    plan.compare(row, "mean_jitter_total_s", (RELATIVE, 0.002), move |runs| {
        total(&runs[whole + 1]) - total(&runs[whole])
    })?;
    plan.aside = &["dead_set"];
    plan.remark("How long Sidekiq keeps dead jobs is no behaviour of the queue, and not compared; the jitter's mean within 0.2 %.");
    Ok(plan)
}

fn visibility(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let ratio = row.within("visibility_over_mean_service", 0.001, 1000.0)?;
    let rate = 1000.0;
    let text = format!(
        "users u population=1 rate={rate}/s jobs=100% poll=0s keys=1 login=off timeout=1d\n\
         app-server s workers=1024 room=1000000 service=0s\n\
         job-queue q visibility={}us deliveries=0 receipts=latest workers=1024 service=0s room=1000000\n\
         worker w clones=4 concurrency=1024 service=exp(10ms)\n\
         u -> s -> q latency=0s\nw -> q latency=0s\n",
        (ratio * 10_000.0).round()
    );
    let requests = 10_000.0 * effort.0;
    let mut plan = Plan::default();
    plan.boards.push(Board::serving(text, rate, 0.02 * requests, requests));
    plan.compare(row, "p_redelivered_exp", (ABSOLUTE, 0.005), |runs| {
        runs[0].sum("q", "jobs_duplicated") / runs[0].of("q", "jobs_delivered")
    })?;
    Ok(plan)
}
