//! Equal servers behind a balancer: what each way of spreading costs. It may not know how boards are run.

use super::plan::{Batches, Board, Effort, Family, Plan, Published, RELATIVE, Report};
use super::station::{SERVICE, batch, open_loop};
use super::table::{Row, Trouble};

pub const FAMILIES: &[Family] = &[
    Family { id: "lb_small_exact", plan: small, quick: (1, 0.05) },
    Family { id: "po2_meanfield", plan: limit, quick: (1, 0.01) },
    Family { id: "po2_finite_N_published", plan: finite, quick: (1, 0.1) },
];

/// Clones that one card may stand for.
const CLONES: u32 = 64;

/// `n` servers of one worker behind a balancer with this policy, `rho` of each of them asked for.
fn balanced(n: u32, rho: f64, policy: &str) -> String {
    let mut text = format!(
        "users u population=1 rate={}/s reads=100% keys=1 zipf=0 login=off timeout=1d\n\
         load-balancer lb health=none timeout=1h {policy}\nu -> lb latency=0s\n",
        n as f64 * rho / SERVICE
    );
    for (i, clones) in cards(n).enumerate() {
        text += &format!("app-server s{i} clones={clones} workers=1 room=1000000 service=exp(1ms)\nlb -> s{i} latency=0s\n");
    }
    text
}

fn cards(n: u32) -> impl Iterator<Item = u32> {
    (0..n.div_ceil(CLONES)).map(move |i| CLONES.min(n - i * CLONES))
}

/// Mean time at the servers, in service times.
fn sojourn(n: u32, board: usize) -> impl Fn(&[Report]) -> f64 + Send + Sync + Clone {
    move |runs| {
        let cards = || (0..cards(n).count()).map(|i| format!("s{i}"));
        let count = |card: &str| runs[board].sum(card, "sojourn.count");
        let all: f64 = cards().map(|card| count(&card)).sum();
        cards().map(|card| runs[board].mean(&card, "sojourn") * count(&card)).sum::<f64>() / all / SERVICE
    }
}

/// Mean number of requests in a server, waiting and in work.
fn queue(n: u32, board: usize) -> impl Fn(&[Report]) -> f64 + Send + Sync + Clone {
    move |runs| {
        let cards = (0..cards(n).count()).map(|i| format!("s{i}"));
        cards.map(|card| runs[board].sum(&card, "mean_in_system")).sum::<f64>() / n as f64
    }
}

/// A board of `n` servers that is run for so many requests; the servers' memory, counted in requests, is that of one
/// server times their number where they do not share their load.
fn board(n: u32, rho: f64, policy: &str, requests: f64) -> Board {
    let rate = n as f64 * rho / SERVICE;
    let mut board = Board::serving(balanced(n, rho, policy), rate, 0.05 * requests, requests);
    board.cost *= 1.5;
    board
}

/// From the longest times to the shortest.
const POLICIES: [(&str, &str); 6] = [
    ("random", "policy=random"),
    ("round_robin", "policy=round-robin"),
    ("po2_with_replacement", "policy=two-choices distinct=off"),
    ("po2_without_replacement", "policy=two-choices distinct=on"),
    ("least_connections_jsq", "policy=least-connections"),
    ("central_queue", ""),
];

fn small(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (n, rho) = (row.count("N", 2, 64)?, row.within("rho", 0.01, 0.99)?);
    let requests = batch(rho) * effort.0;
    let mut plan = Plan { batches: Batches::AsNeeded { least: 10, most: 200 }, ..Plan::default() };
    for (i, (field, policy)) in POLICIES.iter().enumerate() {
        let rate = n as f64 * rho / SERVICE;
        plan.boards.push(match *field {
            "central_queue" => {
                let server = format!("app-server s0 workers={n} room=1000000 service=exp(1ms)");
                let text = open_loop(rate, &server).replace("-> s ", "-> s0 ");
                Board::serving(text, rate, 0.05 * requests, requests)
            }
            _ => board(n, rho, policy, requests),
        });
        plan.compare(row, field, (RELATIVE, 0.02), sojourn(n, i))?;
    }
    // What is published as equal (two servers: two different draws are all of them) need not be in order.
    for pair in (0..POLICIES.len()).collect::<Vec<_>>().windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let (slow, quick) = (POLICIES[a].0, POLICIES[b].0);
        if row.number(slow)? > row.number(quick)? {
            let (slower, quicker) = (sojourn(n, a), sojourn(n, b));
            let name = format!("{slow} > {quick}");
            plan.check(&name, Published::AtLeast(0.0), move |runs| slower(runs) - quicker(runs));
        }
    }
    Ok(plan)
}

/// (1-ρ)² times the requests after which the mean time of M/M/1 is right within 1.5 % in 2.8 standard errors (Daley 1968).
const INDEPENDENT: f64 = 146_000.0;
/// Requests of one row at most, over all its seeds.
const MOST: f64 = 1.5e8;

/// Servers of the larger of two boards that stand for very many.
const MANY: u32 = 1000;

/// Where more choices than one share the load, what two finite numbers of servers show is carried on to infinitely many:
/// the error falls as 1/N (Gast 2017), so twice the larger minus the smaller has none of it.
fn limit(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (d, lambda) = (row.count("d", 1, 16)?, row.within("lam", 0.01, 0.995)?);
    let policy = format!("policy=two-choices distinct=off choices={d}");
    let near = (RELATIVE, 0.015);
    let mut plan = Plan::default();
    if d == 1 {
        // Servers that share nothing: a hundred of them are as good as any number.
        let needed = INDEPENDENT / ((1.0 - lambda) * (1.0 - lambda));
        if needed > MOST {
            let why = format!("queues that share nothing are right within 1.5 % only after {needed:.0e} requests.");
            plan.unreachable.push(("mean_sojourn_N_infinity".into(), why));
            return Ok(plan);
        }
        let (n, requests) = (100, 20.0 * batch(lambda) * effort.0);
        plan.boards.push(board(n, lambda, &policy, requests));
        plan.batches = Batches::AsNeeded { least: 4, most: (MOST / requests).max(4.0) as u32 };
        plan.compare(row, "mean_sojourn_N_infinity", near, sojourn(n, 0))?;
        plan.compare(row, "mean_queue_per_server", near, queue(n, 0))?;
        return Ok(plan);
    }
    for n in [MANY / 2, MANY] {
        // The fuller they are the longer it takes until as many wait as will.
        let requests = 300.0 * n as f64 / (1.0 - lambda).sqrt() * effort.0;
        let rate = n as f64 * lambda / SERVICE;
        let board = Board::serving(balanced(n, lambda, &policy), rate, requests / 3.0, requests);
        plan.boards.push(Board { cost: 1.5 * board.cost, ..board });
    }
    plan.batches = Batches::AsNeeded { least: 4, most: 60 };
    let carried_on = |small: f64, large: f64| 2.0 * large - small;
    let (a, b) = (sojourn(MANY / 2, 0), sojourn(MANY, 1));
    plan.compare(row, "mean_sojourn_N_infinity", near, move |runs| carried_on(a(runs), b(runs)))?;
    let (a, b) = (queue(MANY / 2, 0), queue(MANY, 1));
    plan.compare(row, "mean_queue_per_server", near, move |runs| carried_on(a(runs), b(runs)))?;
    plan.remark(format!("Boards of {} and {MANY} servers, carried on to infinitely many by their difference.", MANY / 2));
    Ok(plan)
}

fn finite(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (n, d) = (row.count("N", 2, 1500)?, row.count("d", 1, 16)?);
    let rho = row.within("rho", 0.01, 0.99)?;
    let requests = (batch(rho) + 2_000.0 * n as f64) * effort.0;
    let mut plan = Plan { batches: Batches::AsNeeded { least: 10, most: 200 }, ..Plan::default() };
    plan.boards.push(board(n, rho, &format!("policy=two-choices distinct=off choices={d}"), requests));
    plan.compare(row, "simulation_mean_queue_per_server", (RELATIVE, 0.015), queue(n, 0))?;
    plan.compare(row, "mean_sojourn", (RELATIVE, 0.015), sojourn(n, 0))?;
    // Approximations of the same number.
    plan.aside = &["mean_field", "one_over_N", "one_over_N2"];
    Ok(plan)
}
