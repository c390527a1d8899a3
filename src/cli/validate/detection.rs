//! How long a dead machine goes unnoticed: by a balancer that checks its servers, and by the standby of a pair. It may
//! not know how boards are run.

use super::plan::{ABSOLUTE, Batches, Board, Effort, Family, Plan, Pool, Published, RELATIVE, Report};
use super::table::{Row, Trouble};
use crate::stdx::Duration;

pub const FAMILIES: &[Family] = &[Family { id: "detection", plan: detection, quick: (1, 0.05) }];

/// Requests in one interval of checks or advertisements, at even distances: as finely is time measured.
const STEPS: f64 = 200.0;

fn detection(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    if row.has("advert_s") { standby(row) } else { checks(row, effort) }
}

fn span(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// The only server of a balancer dies. Until the balancer knows, its requests are refused by the dead server; from then
/// on by the balancer, for want of a server.
fn checks(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (interval, fall) = (row.within("interval_s", 0.01, 3600.0)?, row.count("fall", 1, 100)?);
    let rate = STEPS / interval;
    // Two intervals after the begin and between two requests.
    let crash = interval * (2.0 + 0.5 / STEPS);
    let text = format!(
        "users u load=constant rate={rate}/s population=1 reads=100% keys=1 login=off timeout=1d\n\
         load-balancer lb check-every={0} check-timeout={0} fall={fall} retries=0\n\
         app-server s workers=1024 service=0s\n\
         u -> lb latency=0s\nlb -> s latency=0s\nat {1} crash s\n",
        span(interval),
        span(crash)
    );
    let until = interval * (4.0 + fall as f64);
    let mut plan = Plan { batches: Batches::Exactly((3_000.0 * effort.0) as u32), ..Plan::default() };
    plan.boards.push(Board::lasting(text, span(until), until * rate));
    let unnoticed = move |runs: &[Report]| {
        let refused = runs[0].at("operations.errors.connection refused");
        let noticed = runs[0].at("operations.errors.no server up") > 0.0;
        if noticed { refused.max(0.0) / rate } else { f64::NAN }
    };
    plan.compare(row, "detect_mean_s", (RELATIVE, 0.03), unnoticed)?;
    // The range is that of thousands of crashes: its ends are as near as so many come, and never beyond.
    let (least, most) = (row.number("detect_min_s")?, row.number("detect_max_s")?);
    let near = interval * if effort.0 < 1.0 { 0.1 } else { 0.01 };
    plan.compare(row, "detect_min_s", (ABSOLUTE, near), unnoticed)?.pool = Pool::Least;
    plan.compare(row, "detect_max_s", (ABSOLUTE, near), unnoticed)?.pool = Pool::Most;
    plan.check("detect_min_s, never less", Published::AtLeast(least - 1.0 / rate), unnoticed).pool = Pool::Least;
    plan.check("detect_max_s, never more", Published::AtMost(most + 1.0 / rate), unnoticed).pool = Pool::Most;
    Ok(plan)
}

/// Crashes of the active balancer at so many even parts of the time between two advertisements.
const PHASES: usize = 50;

/// The active one of a pair dies; until the other takes its address over, requests are refused.
fn standby(row: &Row) -> Result<Plan, Trouble> {
    let (advert, skew) = (row.within("advert_s", 0.01, 60.0)?, row.within("skew_s", 0.0, 60.0)?);
    let priority = (256.0 * (1.0 - skew / advert)).round();
    if !(1.0..=254.0).contains(&priority) {
        return Err(row.trouble(format!("a skew of {skew} s belongs to no priority from 1 to 254.")));
    }
    let rate = STEPS / advert;
    let phase = move |i: usize| (i as f64 + 0.5) / PHASES as f64 * advert;
    let mut plan = Plan { batches: Batches::Exactly(1), ..Plan::default() };
    for i in 0..PHASES {
        // Advertisements leave at the begin and then at every interval.
        let crash = 3.0 * advert + phase(i) + 0.25 * advert / STEPS;
        let text = format!(
            "users u load=constant rate={rate}/s population=1 reads=100% keys=1 login=off timeout=1d\n\
             load-balancer first priority=254 advert={0} health=none\n\
             load-balancer second priority={priority} advert={0} health=none\n\
             app-server s workers=1024 service=0s\n\
             u -> first latency=0s\nu -> second latency=0s\nfirst -> s latency=0s\nsecond -> s latency=0s\n\
             first .. second latency=0s\nat {1} crash first\n",
            span(advert),
            span(crash)
        );
        plan.boards.push(Board::lasting(text, span(9.0 * advert), 9.0 * STEPS));
    }
    let silent = move |run: &Report| {
        let back = run.sum("second", "completions") > 0.0;
        if back { run.at("operations.failed") / rate } else { f64::NAN }
    };
    plan.compare(row, "detect_mean_s", (RELATIVE, 0.03), move |runs| {
        runs.iter().map(silent).sum::<f64>() / runs.len() as f64
    })?;
    // From the last advertisement, whenever after it the crash was: always the same span.
    let since_advert = move |runs: &[Report], of: fn(f64, f64) -> f64| {
        let spans = runs.iter().enumerate().map(|(i, run)| silent(run) + phase(i));
        spans.reduce(of).unwrap_or(f64::NAN)
    };
    let (field, near) = ("master_down_interval_s", 1.5 * advert / STEPS);
    plan.compare(row, field, (ABSOLUTE, near), move |runs| since_advert(runs, f64::min))?;
    let published = row.number(field)?;
    plan.check(&format!("{field}, the longest"), ABSOLUTE(published, near), move |runs| since_advert(runs, f64::max));
    Ok(plan)
}
