//! Quorum stores: random quorums, the staleness that probabilistically bounded staleness predicts (Bailis et al., VLDB
//! 2012), and how often a quorum can be reached. It may not know how boards are run.

use super::plan::{ABSOLUTE, Batches, Board, Effort, Family, Plan, Published, Report};
use super::table::{Row, Trouble};
use crate::stdx::Duration;

pub const FAMILIES: &[Family] = &[
    Family { id: "pbs_k", plan: versions, quick: (1, 0.1) },
    Family { id: "pbs_table", plan: visibility, quick: (3, 0.01) },
    Family { id: "pbs_distributions", plan: distributions, quick: (1, 0.1) },
    Family { id: "pbs_text", plan: text, quick: (7, 0.1) },
    Family { id: "quorum_availability", plan: availability, quick: (1, 0.2) },
];

/// Pairs of a write and a read of one board at full effort.
const PAIRS: f64 = 100_000.0;
/// Users who write and read, each a key of their own.
const USERS: u32 = 200;
/// Writes of each user before random quorums are looked at: more than the versions that are told apart, which have to be
/// there to be missed.
const OLDEST: f64 = 20.0;
/// How many times as long as the 99.9th percentile a run for it lasts.
const SLOWEST: f64 = 100.0;

/// A time in milliseconds as boards write it.
fn ms(millis: f64) -> Duration {
    Duration::from_secs_f64(millis / 1000.0)
}

/// A share of times from a Pareto distribution, the others exponential, in milliseconds; as a leg of the way.
fn mixture(p: f64, least: f64, alpha: f64, rate: f64) -> String {
    format!("paretoexp({p},{},{alpha},{})", ms(least), ms(1.0 / rate))
}

/// The four legs of a model of latencies, and the time between two replicas besides.
fn legs(row: &Row) -> Result<(String, String), Trouble> {
    let name = row.text("dist")?;
    let all = |w: &str, ars: &str| {
        format!("write-leg={w} ack-leg={ars} read-leg={ars} reply-leg={ars}")
    };
    let ssd = mixture(0.9122, 0.235, 10.0, 1.66);
    let disk = mixture(0.38, 1.05, 1.51, 0.183);
    let near = "0s".to_string();
    Ok(match name {
        "LNKD-SSD" => (all(&ssd, &ssd), near),
        "LNKD-DISK" => (all(&disk, &ssd), near),
        "YMMR" => (all(&mixture(0.939, 3.0, 3.35, 0.0028), &mixture(0.982, 1.5, 3.8, 0.0217)), near),
        "WAN" => (all(&disk, &ssd), "75ms".to_string()),
        _ => {
            let [w, a, r, s] = exponential(row, name)?.map(|rate| format!("exp({})", ms(1.0 / rate)));
            (format!("write-leg={w} ack-leg={a} read-leg={r} reply-leg={s}"), near)
        }
    })
}

/// The rates of exponential legs W, A, R and S, as in "W~Exp(4), A=R=S~Exp(1)", in events a millisecond.
fn exponential(row: &Row, name: &str) -> Result<[f64; 4], Trouble> {
    let unknown = || {
        row.trouble(format!(
            "“{name}” is no model of latencies that is known: LNKD-SSD, LNKD-DISK, YMMR, WAN, or exponential legs as in \
             “W~Exp(0.1), A=R=S~Exp(1)”, with rates a millisecond from 0.0001 to 1000"
        ))
    };
    let mut rates = [None; 4];
    for part in name.split(',') {
        let (legs, rate) = part.trim().split_once("~Exp(").ok_or_else(unknown)?;
        let rate = rate.strip_suffix(')').and_then(|rate| rate.trim().parse::<f64>().ok());
        let rate = rate.filter(|rate| (1e-4..=1e3).contains(rate)).ok_or_else(unknown)?;
        for leg in legs.split('=') {
            let leg = ["W", "A", "R", "S"].iter().position(|known| *known == leg.trim()).ok_or_else(unknown)?;
            rates[leg] = Some(rate);
        }
    }
    let [Some(w), Some(a), Some(r), Some(s)] = rates else { return Err(unknown()) };
    Ok([w, a, r, s])
}

fn replicas(row: &Row) -> Result<String, Trouble> {
    let n = row.count("N", 1, 100)?;
    let (r, w) = (row.count("R", 1, n)?, row.count("W", 1, n)?);
    Ok(format!("clones={n} r={r} w={w}"))
}

/// Nothing but the messages of reads and writes: no work, no repair, no hints; every coordinator is as likely.
fn store(settings: &str) -> String {
    format!(
        "load-balancer lb policy=random health=none timeout=1h\n\
         quorum-store s {settings} read=0s write=0s workers=1024 waiting=1000000 read-repair=off anti-entropy=0s \
         hints=0s timeout=1h gossip=1d suspect=1d\nu -> lb -> s latency=0s\n"
    )
}

fn model(row: &Row) -> Result<String, Trouble> {
    let (legs, latency) = legs(row)?;
    Ok(store(&format!("{} local=off latency={latency} {legs}", replicas(row)?)))
}

/// Each user writes a key of their own, and reads it at a fixed time after the acknowledgement.
fn pairs(store: &str, after_ms: f64, pairs: f64, operation_s: f64) -> Board {
    let text = format!(
        "users u load=closed population={USERS} think={} own-keys=on alternate=on keys={USERS} zipf=0 \
         login=off timeout=1d\n{store}",
        ms(after_ms)
    );
    let seconds = pairs / USERS as f64 * 2.0 * (after_ms / 1000.0 + operation_s);
    Board::lasting(text, Duration::from_secs_f64(seconds), pairs * 30.0)
}

/// How many seconds a read and a write of the model take, about.
fn operations(row: &Row) -> Result<(f64, f64), Trouble> {
    let (r, w) = (row.count("R", 1, 100)?, row.count("W", 1, 100)?);
    let by = |needed: u32, one: f64, more: f64| if needed > 1 { more } else { one };
    Ok(match row.text("dist")? {
        "WAN" => (by(r, 0.001, 0.15), by(w, 0.006, 0.16)),
        "YMMR" => (0.004, by(w, 0.004, 0.02)),
        "LNKD-DISK" => (0.0015, by(w, 0.0025, 0.01)),
        "LNKD-SSD" => (0.0015, 0.0015),
        name => {
            let [w, a, r, s] = exponential(row, name)?.map(|rate| 0.001 / rate);
            (r + s, w + a)
        }
    })
}

fn fresh(report: &Report) -> f64 {
    1.0 - report.at("staleness.stale") / report.at("staleness.reads")
}

/// Random quorums of which none hears of another: the share of reads that meet one of the last k writes.
fn versions(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let store = store(&format!("{} ask=needed send=needed latency=0.1ms", replicas(row)?));
    // Before them a version for each that may be missed.
    let board = pairs(&store, 0.0, PAIRS * 0.5 * effort.0 + OLDEST * USERS as f64, 0.0002);
    let warm_up = Duration::from_secs_f64(OLDEST * 0.0004);
    let board = Board { warm_up, ..board };
    let batches = Batches::AsNeeded { least: 4, most: 100 };
    let mut plan = Plan { boards: vec![board], batches, ..Plan::default() };
    plan.compare(row, "p_stale_k1", (ABSOLUTE, 0.01), |runs| 1.0 - fresh(&runs[0]))?;
    let within = row.inner("p_within")?;
    for k in [1u32, 2, 3, 5, 10] {
        let field = format!("k{k}");
        let published = Published::Absolute(within.number(&field)?, 0.01);
        plan.check(&format!("p_within.{field}"), published, move |runs| {
            let of = |n: u32| runs[0].at(&format!("staleness.versions_behind.{n}"));
            let met: f64 = (0..k).map(of).filter(|reads| reads.is_finite()).sum();
            met / runs[0].at("staleness.reads")
        });
    }
    Ok(plan)
}

/// Latencies of reads and writes, how many reads are fresh right after the acknowledgement, and after how long 99.9 % are.
fn visibility(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (store, (read, write)) = (model(row)?, operations(row)?);
    let operation = (read + write) / 2.0;
    let published = row.inner("published")?;
    let t = published.number("t_visibility_999_ms")?;
    let [reads_p999, writes_p999] =
        [published.number("Lr_p999_ms")? / 1000.0, published.number("Lw_p999_ms")? / 1000.0];
    let single = |reads: &str, operation: f64, p999: f64| {
        let text = format!(
            "users u load=closed population={USERS} think=0s own-keys=on keys={USERS} zipf=0 reads={reads} login=off \
             timeout=1d\n{store}"
        );
        // What is under way at the end is not counted: a run must be long against the slowest operations it counts.
        let operations = PAIRS * effort.0;
        let seconds = (operations / USERS as f64 * operation).max(SLOWEST * p999 * effort.0);
        Board::lasting(text, Duration::from_secs_f64(seconds), operations * 15.0)
    };
    let mut boards = vec![
        single("100%", read, reads_p999),
        single("0%", write, writes_p999),
        pairs(&store, 0.0, PAIRS * effort.0, operation),
    ];
    let times: Vec<f64> = match t {
        0.0 => vec![0.05],
        t => [0.7, 0.84, 1.0, 1.2, 1.44].iter().map(|share| share * t).collect(),
    };
    boards.extend(times.iter().map(|t| pairs(&store, *t, PAIRS * effort.0, operation)));
    let batches = Batches::AsNeeded { least: 2, most: 20 };
    let mut plan = Plan { boards, batches, ..Plan::default() };
    let p999 = |run: &Report| run.at("operations.latency.p999_s") * 1000.0;
    plan.check("Lr_p999_ms", Published::Relative(published.number("Lr_p999_ms")?, 0.05), move |runs| p999(&runs[0]));
    plan.check("Lw_p999_ms", Published::Relative(published.number("Lw_p999_ms")?, 0.05), move |runs| p999(&runs[1]));
    if row.has("recomputed_1M") {
        let recomputed = row.inner("recomputed_1M")?;
        plan.compare(&recomputed, "p_consistent_t0", (ABSOLUTE, 0.01), |runs| fresh(&runs[2]))?;
    }
    if t == 0.0 {
        plan.check("fresh after 0.05 ms", Published::AtLeast(0.999), |runs| fresh(&runs[3]));
    } else {
        let near = Published::Relative(t, 0.2);
        plan.check("t_visibility_999_ms", near, move |runs| crossing(&times, &runs[3..]));
    }
    Ok(plan)
}

/// When 99.9 % of the reads are fresh: the logarithm of the share of stale ones falls about in a line with that of time.
fn crossing(times: &[f64], runs: &[Report]) -> f64 {
    let points: Vec<(f64, f64)> = times
        .iter()
        .zip(runs)
        .map(|(t, run)| (libm::log(*t), libm::log((1.0 - fresh(run)).max(1e-7))))
        .collect();
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (xy, xx) = points.iter().fold((0.0, 0.0), |(xy, xx), p| {
        (xy + (p.0 - x) * (p.1 - y), xx + (p.0 - x) * (p.0 - x))
    });
    libm::exp(x + (libm::log(0.001) - y) * xx / xy)
}

/// The legs of the models: the share of writes to a single replica that take at most so long is the mixture's.
fn distributions(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let mut plan = Plan { batches: Batches::AsNeeded { least: 4, most: 40 }, ..Plan::default() };
    for leg in ["W_A_R_S", "W", "A_R_S"] {
        let Ok(fit) = row.inner(leg) else { continue };
        let (p, least) = (fit.within("p_pareto", 0.0, 1.0)?, fit.within("xm", 1e-3, 1e4)?);
        let (alpha, rate) = (fit.within("alpha", 0.1, 1000.0)?, fit.within("exp_rate", 1e-6, 1e3)?);
        for times in [1.2, 3.0] {
            let t = least * times;
            let store = store(&format!("clones=1 r=1 w=1 local=off write-leg={}", mixture(p, least, alpha, rate)));
            let text = format!("users u rate=1000/s population=1000 reads=0% keys=1000 login=off timeout=1d\n{store}");
            let requests = 40_000.0 * effort.0;
            let goal = ms(t);
            let at = plan.boards.len();
            plan.boards.push(Board::serving(text, 1000.0, 0.05 * requests, requests).with_goal(goal));
            let below = p * (1.0 - libm::pow(least / t, alpha)) + (1.0 - p) * (1.0 - libm::exp(-rate * t));
            let name = format!("{leg}: share within {t:.3} ms");
            plan.check(&name, Published::Absolute(below, 0.01), move |runs| {
                runs[at].at("operations.latency.within_goal")
            });
        }
    }
    if plan.boards.is_empty() {
        // What has no fit of its own: the way to another site and back, with a copy at both.
        let store = store("clones=2 r=1 w=2 latency=75ms");
        let text = format!("users u rate=100/s population=100 reads=0% login=off timeout=1d\n{store}");
        plan.boards.push(Board::serving(text, 100.0, 100.0, 1000.0));
        plan.check("one way to another site, ms", Published::Relative(75.0, 0.01), |runs| {
            runs[0].at("operations.latency.mean_s") * 500.0
        });
        plan.remark("LNKD-DISK, and the line between two replicas takes 75 ms each way");
    }
    if row.text("A_R_S").is_ok() {
        plan.remark(format!("acknowledgements and reads as {}", row.text("A_R_S")?));
    }
    Ok(plan)
}

/// Single points of the curve: how many reads are fresh at a time after the acknowledgement.
fn text(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let t = row.within("t_ms", 0.0, 1e5)?;
    let (read, write) = operations(row)?;
    let board = pairs(&model(row)?, t, PAIRS * effort.0, (read + write) / 2.0);
    let mut plan = Plan { boards: vec![board], batches: Batches::AsNeeded { least: 2, most: 40 }, ..Plan::default() };
    let read = |runs: &[Report]| fresh(&runs[0]);
    match row.text("p_published").ok().and_then(|text| text.strip_prefix('>')).map(str::parse::<f64>) {
        // A bound that is a hair under 1 cannot be told from 1 by so many reads; it is held to what they can tell.
        Some(Ok(least)) => {
            plan.check("p_published", Published::AtLeast(least.min(0.9999)), read);
        }
        Some(Err(_)) => return Err(row.trouble("p_published is no number")),
        None => {
            // What was read off a plot has two digits, and nobody has computed it.
            let percent = row.number("p_published")? * 100.0;
            let read_off = (percent - percent.round()).abs() < 1e-9 && !row.has("p_recomputed");
            let near = if read_off { 0.015 } else { 0.01 };
            plan.compare(row, "p_published", (ABSOLUTE, near), read)?;
        }
    }
    if row.has("p_recomputed") {
        plan.compare(row, "p_recomputed", (ABSOLUTE, 0.01), read)?;
    }
    Ok(plan)
}

/// Replicas fail at random and nobody asks them anything: how long an open way led to one that reached enough others.
fn availability(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let a = row.within("node_availability", 0.01, 0.99999)?;
    let n = row.count("N", 1, 100)?;
    let need = row.count("need", 1, n)?;
    let published = row.within("availability", 0.0, 1.0)?;
    let mut plan = Plan { batches: Batches::AsNeeded { least: 4, most: 64 }, ..Plan::default() };
    // A thousand seconds between two failures; as many of them as make the quorum fail often enough to be measured.
    let mttr = 1000.0 * (1.0 - a) / a;
    let outage = mttr / (n - need + 1) as f64;
    let outages_per_s = (1.0 - published).max(1e-12) / outage;
    let wanted = 300.0 / outages_per_s;
    let most = 1e5 * 1000.0 * 40.0 / n as f64;
    if wanted > most * 16.0 {
        let failures = wanted / 1000.0 * n as f64;
        let reason = format!("300 failures of the quorum are among {failures:.0e} failures of replicas");
        plan.unreachable.push(("1 - availability".into(), reason));
    }
    let span = wanted.clamp(1e5 * 1000.0 / n as f64, most) * effort.0;
    let text = format!(
        "users u rate=0/s login=off\nquorum-store s clones={n} r={need} w={need} mttf=1000s mttr={} recovery=0s \
         anti-entropy=0s gossip=1d suspect=1d\nu -> s\n",
        ms(mttr * 1000.0)
    );
    plan.boards.push(Board::lasting(text, Duration::from_secs_f64(span), span / 1000.0 * n as f64 * 4.0));
    plan.check("1 - availability", Published::Relative(1.0 - published, 0.1), |runs| {
        runs[0].at("services.0.downtime_per_year_s") / (365.25 * 86_400.0)
    });
    Ok(plan)
}
