//! Stations whose service times are not exponential, or whose workers are shared. It may not know how boards are run.

use super::plan::{ABSOLUTE, Batches, Board, Effort, Family, Plan, RELATIVE};
use super::station::{SERVICE, batch, open_loop, station, times};
use super::table::{Row, Trouble};

pub const FAMILIES: &[Family] = &[
    Family { id: "mg1", plan: mg1, quick: (5, 0.05) },
    Family { id: "md1", plan: md1, quick: (1, 0.05) },
    Family { id: "mg1ps", plan: sharing, quick: (1, 0.05) },
];

/// A distribution of mean 1 ms in the notation, by the table's words for it and its squared coefficient of variation.
fn service(row: &Row) -> Result<String, Trouble> {
    let (words, cv2) = (row.text("service")?, row.within("cv2", 0.0, 1000.0)?);
    let fits = |expected: f64| match (cv2 - expected).abs() <= 1e-4 {
        true => Ok(()),
        false => Err(row.trouble(format!("“{words}” has a cv2 of {expected}, not {cv2}."))),
    };
    let name = words.split([' ', '-', '(']).next().unwrap_or("");
    Ok(match name {
        "deterministic" | "fixed" | "constant" => fits(0.0).map(|()| "1ms".to_string())?,
        "exponential" | "exp" => fits(1.0).map(|()| "exp(1ms)".to_string())?,
        "erlang" => {
            let k = words.rsplit('-').next().and_then(|k| k.parse::<u32>().ok()).filter(|k| (1..=1000).contains(k));
            let k = k.ok_or_else(|| row.trouble(format!("“{words}” does not say of how many phases.")))?;
            fits(1.0 / k as f64)?;
            format!("erlang({k},1ms)")
        }
        "uniform" => {
            let ends = words.replace(' ', "");
            let ends = ends.strip_prefix("uniform(").and_then(|ends| ends.strip_suffix(')')?.split_once(','));
            let ends = ends.and_then(|(a, b)| Some((a.parse::<f64>().ok()?, b.parse::<f64>().ok()?)));
            match ends {
                Some((a, b)) if 0.0 <= a && a < b && a + b == 2.0 => {
                    fits((b - a) * (b - a) / 12.0)?;
                    format!("uniform({:.0}ns,{:.0}ns)", 1e6 * a, 1e6 * b)
                }
                _ => return Err(row.trouble(format!("“{words}” must be uniform(a,b) of mean 1."))),
            }
        }
        "lognormal" => format!("lognormal(1ms,{})", cv2.sqrt()),
        "hyperexp" | "hyperexponential" if cv2 >= 1.0 => {
            // Two phases that carry the same load each ("balanced means").
            let p = 0.5 * (1.0 + ((cv2 - 1.0) / (cv2 + 1.0)).sqrt());
            let mean = |p: f64| format!("{:.0}ns", 1e6 / (2.0 * p));
            format!("hyperexp({p},{},{})", mean(p), mean(1.0 - p))
        }
        "pareto" if cv2 > 0.0 => {
            // Of variance 1/(α(α-2)) where the mean is 1.
            let alpha = 1.0 + (1.0 + 1.0 / cv2).sqrt();
            format!("pareto({:.0}ns,{alpha})", 1e6 * (alpha - 1.0) / alpha)
        }
        _ => {
            let known = "deterministic, exponential, erlang-k, uniform(a,b), lognormal, pareto, and hyperexp of a cv2 of at least 1";
            return Err(row.trouble(format!("“{words}” with a cv2 of {cv2} is no service distribution that is known: {known}.")));
        }
    })
}

fn server(service: &str) -> String {
    format!("app-server s workers=1 room=1000000 service={service}")
}

/// Of a Pareto tail of α = 3: below it the mean of the squares hardly settles.
const HEAVY: f64 = 0.34;

fn mg1(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (rho, cv2) = (row.within("rho", 0.001, 0.99)?, row.within("cv2", 0.0, 1000.0)?);
    let near = (RELATIVE, if cv2 > 2.0 { 0.06 } else { 0.03 });
    let service = service(row)?;
    let mut plan = station(&server(&service), rho / SERVICE, rho, effort, None);
    plan.compare(row, "mean_wait", near, times("wait.mean_s"))?;
    plan.compare(row, "mean_sojourn", near, times("sojourn.mean_s"))?;
    if service.starts_with("pareto") && cv2 > HEAVY {
        for field in ["mean_wait", "mean_sojourn"] {
            let why = "the jobs that make most of the wait are too rare in so heavy a tail to be met.";
            plan.unreachable.push((field.into(), why.into()));
        }
    }
    Ok(plan)
}

fn md1(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let rho = row.within("rho", 0.001, 0.99)?;
    let mut plan = station(&server("1ms"), rho / SERVICE, rho, effort, None);
    plan.compare(row, "mean_wait", (RELATIVE, 0.02), times("wait.mean_s"))?;
    plan.compare(row, "p_no_wait", (ABSOLUTE, 0.01), |runs| 1.0 - runs[0].of("s", "wait.waited"))?;
    plan.compare(row, "p90_wait", (RELATIVE, 0.04), times("wait.p90_s"))?;
    plan.compare(row, "p95_wait", (RELATIVE, 0.04), times("wait.p95_s"))?;
    plan.compare(row, "p99_wait", (RELATIVE, 0.04), times("wait.p99_s"))?;
    Ok(plan)
}

/// Service times of mean 1 ms, from the steadiest to a heavy tail.
const SERVICES: [(&str, &str); 3] =
    [("fixed", "1ms"), ("exponential", "exp(1ms)"), ("Pareto tail 2.5", "pareto(600us,2.5)")];

/// Sizes of the two sorts of jobs whose times are told apart, in mean service times.
const SIZES: [(&str, f64); 2] = [("small", 0.5), ("large", 2.0)];

fn sharing(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let rho = row.within("rho", 0.001, 0.98)?;
    let mean = row.number("mean_sojourn")?;
    let (rate, requests) = (rho / SERVICE, batch(rho) * effort.0);
    let mut plan = Plan { batches: Batches::AsNeeded { least: 10, most: 400 }, ..Plan::default() };
    for (i, (name, service)) in SERVICES.iter().enumerate() {
        let server = format!("app-server s workers=1 room=1000000 discipline=sharing service={service}");
        plan.boards.push(Board::serving(open_loop(rate, &server), rate, 0.05 * requests, requests));
        plan.check(&format!("mean_sojourn, {name}"), RELATIVE(mean, 0.02), move |runs| {
            runs[i].of("s", "sojourn.mean_s") / SERVICE
        });
    }
    // Small jobs are reads and large ones pages; there are as many of the one as of the other.
    let each = rate / SIZES.iter().map(|(_, size)| size).sum::<f64>();
    let users = "population=1 keys=1 zipf=0 login=off timeout=1d";
    let text = format!(
        "users small rate={each}/s reads=100% {users}\nusers large rate={each}/s pages=100% {users}\n\
         app-server s workers=1 room=1000000 discipline=sharing service={}ms page-service={}ms\n\
         small -> s latency=0s\nlarge -> s latency=0s\n",
        SIZES[0].1, SIZES[1].1
    );
    plan.boards.push(Board::serving(text, 2.0 * each, 0.05 * requests, requests));
    for (name, size) in SIZES {
        // x/(1-ρ) is x times the mean time of jobs of mean size 1.
        plan.check(&format!("sojourn_of_job_size_x, x = {size}"), RELATIVE(size * mean, 0.02), move |runs| {
            runs[SERVICES.len()].of(name, "latency.mean_s") / SERVICE
        });
    }
    Ok(plan)
}
