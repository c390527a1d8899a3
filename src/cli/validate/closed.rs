//! So many users who ask, wait, think and ask again; and what crowding costs them. It may not know how boards are run.

use super::plan::{ABSOLUTE, Batches, Board, Effort, Family, Plan, RELATIVE, Report};
use super::table::{Row, Trouble};
use crate::metrics::scalability::Scalability;

pub const FAMILIES: &[Family] = &[
    Family { id: "closed_mva", plan: closed, quick: (6, 0.1) },
    Family { id: "usl_datasets", plan: scalability, quick: (2, 0.1) },
];

/// The mean service time that stands for the table's unit of time. A user needs a microsecond at least to ask again.
const SERVICE: f64 = 0.01;

fn closed(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (think, clients) = (row.within("think_Z", 0.0, 10_000.0)?, row.count("clients", 1, 100_000)?);
    let pause = if think == 0.0 { "0s".to_string() } else { format!("exp({}ms)", 10.0 * think) };
    let text = format!(
        "users u load=closed population={clients} think={pause} reads=100% keys=1 login=off timeout=1d\n\
         app-server s workers=1 room=1000000 service=exp(10ms)\nu -> s latency=0s\n"
    );
    // What the users could ask for, and what the server could do.
    let rate = (clients as f64 / (think + 1.0)).min(1.0) / SERVICE;
    let requests = (100_000.0 + 20.0 * clients as f64) * effort.0;
    let mut plan = Plan::default();
    plan.boards.push(Board::serving(text, rate, 0.05 * requests, requests));
    let near = (RELATIVE, 0.015);
    plan.compare(row, "throughput", near, |runs| {
        runs[0].of("s", "completions") / runs[0].at("measured_s") * SERVICE
    })?;
    plan.compare(row, "response", near, |runs| runs[0].of("u", "latency.mean_s") / SERVICE)?;
    plan.compare(row, "utilisation", near, |runs| runs[0].of("s", "utilisation"))?;
    Ok(plan)
}

/// A server with so many workers that are always busy, whose work takes longer the more of them there are.
fn crowded(law: Scalability, n: f64, effort: Effort) -> Board {
    let Scalability { alpha, beta, gamma } = law;
    let text = format!(
        "users u load=closed population={} think=0s reads=100% keys=1 login=off timeout=1d\n\
         app-server s workers={n} room=1000000 service={:.0}ns contention={alpha} coherency={beta}\nu -> s latency=0s\n",
        2.0 * n + 10.0,
        1e9 / gamma,
    );
    // So many times does each worker finish: one time more or less is the error.
    let rounds = 5_000.0 * effort.0.max(0.5);
    Board::serving(text, law.throughput(n), 0.05 * rounds * n, rounds * n)
}

fn throughput(board: usize) -> impl Fn(&[Report]) -> f64 + Send + Sync {
    move |runs| runs[board].of("s", "completions") / runs[board].at("measured_s")
}

/// How near the law's numbers come out, and how near those that are 0.
const NEAR: f64 = 0.001;
const NONE: f64 = 5e-5;

fn scalability(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (alpha, beta) = (row.within("alpha", 0.0, 1.0)?, row.within("beta", 0.0, 1.0)?);
    // A limit is named with the throughput of one that it holds for.
    let limit = row.fields.keys().find_map(|name| Some((name, name.strip_prefix("limit_X_with_gamma_")?.parse().ok()?)));
    let gamma = match limit {
        Some((_, gamma)) => gamma,
        None => row.within("gamma", 1e-3, 1e6)?,
    };
    let law = Scalability { alpha, beta, gamma };
    let (given, loads, published) = if row.has("fitted") {
        let fitted = row.inner("fitted")?;
        ("fitted.X", fitted.numbers("N")?, fitted.numbers("X")?)
    } else if row.has("load") {
        ("throughput", row.numbers("load")?, row.numbers("throughput")?)
    } else {
        let peak = law.peak().clamp(8.0, 500.0).round();
        ("", [1.0, peak / 8.0, peak / 4.0, peak / 2.0, peak, peak * 2.0].map(f64::round).to_vec(), Vec::new())
    };
    let whole = |n: &f64| (1.0..=1024.0).contains(n) && *n == n.trunc();
    if !loads.iter().all(whole) || !(3..=100).contains(&loads.len()) || !published.is_empty() && published.len() != loads.len() {
        return Err(row.trouble("loads must be 3 to 100 whole numbers from 1 to 1024, each with its throughput."));
    }
    let mut plan = Plan { batches: Batches::Exactly(1), ..Plan::default() };
    for (i, n) in loads.iter().enumerate() {
        plan.boards.push(crowded(law, *n, effort));
        if let Some(x) = published.get(i) {
            plan.check(&format!("{given} at {n}"), RELATIVE(*x, NEAR), throughput(i));
        }
    }
    // The law is fitted to what the boards did, and its numbers are compared with the published fit's.
    let measured = move |runs: &[Report]| -> Option<Scalability> {
        let points: Vec<(f64, f64)> = loads.iter().enumerate().map(|(i, n)| (*n, throughput(i)(runs))).collect();
        Scalability::fit(&points)
    };
    type Of = fn(Scalability) -> f64;
    let numbers: [(&str, Of); 7] = [
        ("alpha", |law| law.alpha),
        ("beta", |law| law.beta),
        ("gamma", |law| law.gamma),
        ("peak_N", |law| law.peak()),
        ("peak_X", |law| law.throughput(law.peak())),
        ("limit_X", |law| law.limit()),
        ("optimal_N", |law| law.optimal()),
    ];
    for (field, of) in numbers.into_iter().filter(|(field, _)| row.has(field)) {
        let measured = measured.clone();
        // A coefficient that is none has no share to be near within.
        let near = if row.number(field)? == 0.0 { (ABSOLUTE, NONE) } else { (RELATIVE, NEAR) };
        plan.compare(row, field, near, move |runs| measured(runs).map_or(f64::NAN, of))?;
    }
    if let Some((field, _)) = limit {
        plan.compare(row, field, (RELATIVE, NEAR), move |runs| measured(runs).map_or(f64::NAN, |law| law.limit()))?;
    }
    Ok(plan)
}
