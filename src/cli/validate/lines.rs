//! Stations that turn requests away or lose them: bounded lines, no line at all, callers who hang up. It may not know how
//! boards are run.

use super::plan::{ABSOLUTE, Effort, Family, Plan, RELATIVE, Report};
use super::station::{SERVICE, station, times};
use super::table::{Row, Trouble};
use crate::stdx::Duration;

pub const FAMILIES: &[Family] = &[
    Family { id: "mm1k", plan: mm1k, quick: (2, 0.05) },
    Family { id: "erlang_b", plan: erlang_b, quick: (1, 0.05) },
    Family { id: "erlang_published", plan: published, quick: (1, 0.05) },
];

/// These never hold many: they remember as little as a queue that is nine tenths used.
const MEMORY: f64 = 0.9;

/// The utilisation of an unbounded queue that remembers as long as one with `k` places does.
fn memory(rho: f64, k: u32) -> f64 {
    (1.0 - (1.0 - rho).abs().max(6.0 / k as f64)).max(MEMORY)
}

fn mm1k(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (rho, k) = (row.within("rho", 0.001, 20.0)?, row.count("K", 1, 100_000)?);
    let server = format!("app-server s workers=1 room={} service=exp(1ms)", k - 1);
    let mut plan = station(&server, rho / SERVICE, memory(rho, k), effort, None);
    plan.compare(row, "blocking", (ABSOLUTE, 0.005), |runs| runs[0].of("s", "refused") / runs[0].of("s", "arrivals"))?;
    plan.compare(row, "throughput", (RELATIVE, 0.02), |runs| {
        runs[0].of("s", "completions") / runs[0].at("measured_s") * SERVICE
    })?;
    plan.compare(row, "mean_sojourn_accepted", (RELATIVE, 0.02), times("sojourn.mean_s"))?;
    Ok(plan)
}

fn erlang_b(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (c, a) = (row.count("c", 1, 1024)?, row.within("a", 0.001, 10_000.0)?);
    let server = format!("app-server s workers={c} room=0 service=exp(1ms)");
    let mut plan = station(&server, a / SERVICE, MEMORY, effort, None);
    plan.compare(row, "blocking", (ABSOLUTE, 0.005), |runs| runs[0].of("s", "refused") / runs[0].of("s", "arrivals"))?;
    Ok(plan)
}

/// A call centre: a minute of it is a millisecond here.
fn published(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (calls, aht) = (row.within("arrivals_per_30min", 0.1, 1e6)?, row.within("aht", 0.001, 1e4)?);
    let (c, model) = (row.count("c", 1, 1024)?, row.text("model")?);
    let (room, patience) = match model {
        "ErlangB" => (0, String::new()),
        "ErlangC" => (1_000_000, String::new()),
        "ErlangA" => (1_000_000, format!("patience=exp({}ms)", row.within("patience", 0.001, 1e9)?)),
        other => return Err(row.trouble(format!("“{other}” is neither ErlangB nor ErlangC nor ErlangA."))),
    };
    let rate = calls / 30.0 / SERVICE;
    let server = format!("app-server s workers={c} room={room} service=exp({aht}ms) {patience}");
    let goal = match row.has("asa") {
        true => Some(Duration::from_secs_f64(row.within("asa", 0.0, 1e4)? * SERVICE)),
        false => None,
    };
    let rho = match model {
        "ErlangC" => rate * SERVICE * aht / c as f64,
        _ => MEMORY,
    };
    if rho >= 0.995 {
        return Err(row.trouble("more comes than so many can do: the line would grow without end."));
    }
    let mut plan = station(&server, rate, rho, effort, goal);
    let near = (ABSOLUTE, 0.01);
    if row.has("waiting_probability") {
        // Whoever hung up had waited.
        plan.compare(row, "waiting_probability", near, |runs| {
            let (served, left) = (runs[0].of("s", "wait.count"), runs[0].sum("s", "abandoned"));
            (runs[0].of("s", "wait.waited") * served + left) / (served + left)
        })?;
    }
    if row.has("service_level") {
        plan.compare(row, "service_level", near, |runs| {
            let (served, left) = (runs[0].of("s", "wait.count"), runs[0].sum("s", "abandoned"));
            runs[0].of("s", "wait.within_goal") * served / (served + left)
        })?;
    }
    if row.has("occupancy") {
        plan.compare(row, "occupancy", near, |runs| runs[0].of("s", "utilisation"))?;
    }
    for field in ["abandonment", "abandonment_probability"].into_iter().filter(|field| row.has(field)) {
        plan.compare(row, field, near, |runs| runs[0].sum("s", "abandoned") / runs[0].of("s", "arrivals"))?;
    }
    // How many wait, and by Little's law for how long, whoever hangs up among them.
    let waiting = move |runs: &[Report]| runs[0].of("s", "mean_in_system") - runs[0].of("s", "utilisation") * c as f64;
    if row.has("average_queue_length") {
        plan.compare(row, "average_queue_length", near, waiting)?;
    }
    if row.has("average_speed_of_answer") {
        plan.compare(row, "average_speed_of_answer", near, move |runs| waiting(runs) / rate / SERVICE)?;
    }
    let blocking = match row.has("blocking_prefix") {
        true => {
            let digits = row.text("blocking_prefix")?;
            let prefix = digits.parse::<f64>();
            Some(("blocking_prefix", prefix.map_err(|_| row.trouble(format!("“{digits}” is no number.")))?))
        }
        false if row.has("blocking") => Some(("blocking", row.number("blocking")?)),
        false => None,
    };
    if let Some((field, published)) = blocking {
        plan.check(field, ABSOLUTE(published, 0.01), |runs| runs[0].of("s", "refused") / runs[0].of("s", "arrivals"));
    }
    if plan.numbers.is_empty() {
        return Err(row.trouble("it holds no number that could be compared."));
    }
    Ok(plan)
}
