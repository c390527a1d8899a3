//! Copies that are behind: stale reads, sessions that miss their own writes, writes lost with the master. It may not know
//! how boards are run.

use super::plan::{ABSOLUTE, Batches, Board, Effort, Family, Plan, Published, RELATIVE, Report};
use super::table::{Row, Trouble};
use crate::stdx::Duration;

pub const FAMILIES: &[Family] = &[
    Family { id: "async_replica", plan: behind, quick: (2, 0.3) },
    Family { id: "ryw_violation", plan: own_writes, quick: (2, 0.3) },
    Family { id: "failover_loss", plan: loss, quick: (3, 0.05) },
];

/// A span in the notation.
fn span(seconds: f64) -> String {
    format!("{:.0}ns", seconds * 1e9)
}

/// A database, and copies of it that show each write `lag` seconds after it was made; nothing else takes any time.
fn lagging(copies: u32, lag: f64) -> String {
    let fast = "workers=1024 connections=100000 read=0s write=0s wait-timeout=1h";
    let mut text = format!("database d {fast}\ns -> d latency=0s\n");
    for n in 1..=copies {
        text += &format!(
            "database c{n} {fast}\ns -> c{n} latency=0s\nd => c{n} latency=0s apply=0s delay={}\n",
            span(lag)
        );
    }
    text
}

fn server(reads: &str) -> String {
    format!("app-server s workers=1024 room=1000000 service=0s timeout=1h reads={reads}\n")
}

/// The lag that stands for the tables' L where its length does not matter.
const LAG: f64 = 0.1;

fn behind(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let writes = row.within("mu_L", 1e-4, 50.0)? / LAG;
    let keys = 10;
    // Several in each lag: more would meet the same versions.
    let reads = 3.0 / LAG * keys as f64;
    let users = |name: &str, rate: f64, reads: &str| {
        format!("users {name} population=1 rate={rate}/s reads={reads} keys={keys} zipf=0 login=off timeout=1d\n")
    };
    let text = users("u", reads, "100%")
        + &users("w", writes * keys as f64, "0%")
        + &server("replicas")
        + &lagging(1, LAG)
        + "u -> s latency=0s\nw -> s latency=0s\n";
    // So many lags as show as many independent numbers of versions; at the begin the copy is not behind yet.
    let (begin, lasting) = (Duration::from_secs_f64(2.0 * LAG), Duration::from_secs_f64(200.0 * LAG * effort.0));
    let cost = 3.0 * lasting.as_secs() * (reads + writes * keys as f64);
    let boards = vec![Board { warm_up: begin, ..Board::lasting(text, begin + lasting, cost) }];
    let mut plan = Plan { boards, batches: Batches::AsNeeded { least: 6, most: 100 }, ..Plan::default() };
    plan.compare(row, "p_replica_read_stale", (ABSOLUTE, 0.01), |runs| runs[0].at("staleness.stale_share"))?;
    plan.compare(row, "mean_versions_behind", (ABSOLUTE, 0.01), |runs| runs[0].at("staleness.versions_mean"))?;
    Ok(plan)
}

fn own_writes(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let lag = row.within("lag_over_think", 0.001, 1000.0)?;
    let sessions = 50;
    let board = |copies: u32, settings: &str| {
        // Each session writes a key of its own, thinks for a second on average, reads it, and thinks again.
        let text = format!(
            "users u load=closed population={sessions} think=exp(1s) alternate=on own-keys=on keys=1000 login=off timeout=1d\n"
        ) + &server(settings)
            + &lagging(copies, lag)
            + "u -> s latency=0s\n";
        let lasting = (400.0 * effort.0).max(20.0 * lag);
        Board::lasting(text, Duration::from_secs_f64(lasting), 6.0 * lasting * sessions as f64)
    };
    let counts = [1, 2, 4];
    let mut boards: Vec<Board> = counts.iter().map(|k| board(*k, "any")).collect();
    boards.push(board(2, "primary"));
    boards.push(board(2, "wait"));
    boards.push(board(2, "any"));
    let text = boards[5].text.replace("delay=", "mode=sync ack=applied delay=");
    boards[5].text = text;
    let mut plan = Plan { boards, batches: Batches::AsNeeded { least: 6, most: 60 }, ..Plan::default() };
    let missed = |runs: &[Report], board: usize| {
        runs[board].verdict("read-your-writes", "count") / runs[board].at("staleness.reads")
    };
    for (i, k) in counts.into_iter().enumerate() {
        let field = format!("violation_{k}_replicas_random_read");
        plan.compare(row, &field, (ABSOLUTE, 0.01), move |runs| missed(runs, i))?;
    }
    for (i, name) in [(3, "sticky_to_the_leader"), (4, "with_a_session_token"), (5, "synchronous")] {
        plan.check(name, Published::AtMost(0.0), move |runs| missed(runs, i));
    }
    Ok(plan)
}

/// One failover a run: the leader's host dies, the copy is promoted at once, the old leader comes back and gives up what the
/// copy never had.
fn failover(rate: f64, line: &str, lag: f64) -> Board {
    let dies = 10.0 * lag + 1.0;
    let text = format!(
        "users u population=1 rate={rate}/s reads=0% keys=1000 zipf=0 login=off timeout=1d\n\
         database d workers=1024 connections=100000 write=0s recovery=0s\n\
         database c workers=1024 write=0s\nu -> d latency=0s\n\
         d => c latency=0s apply=0s {line}\n\
         at {dies} crash d host\nat {dies} traffic u x0\nat {dies} promote c\nat {back} restart d\n",
        dies = span(dies),
        back = span(dies + 0.5),
    );
    Board::lasting(text, Duration::from_secs_f64(dies + 4.0), 5.0 * rate * dies + 100.0)
}

/// With a mean loss of one write so many failovers, and with a smaller one as many times more, show it within 10 % in 2.8
/// standard errors.
const FAILOVERS: f64 = 784.0;
/// Failovers of one row.
const MOST: u32 = 400_000;

fn loss(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let (rate, lag) = (row.within("lambda_per_s", 0.1, 10_000.0)?, row.within("lag_s", 1e-5, 60.0)?);
    let boards = vec![
        failover(rate, &format!("shipping={}", span(lag)), lag),
        failover(rate, "mode=semi-sync", lag),
        failover(rate, "mode=sync", lag),
    ];
    // At least 200 failovers, and as many as a tenth of the mean asks for.
    let few = FAILOVERS / (rate * lag);
    let least = (few.clamp(200.0, MOST as f64 / 2.0) * effort.0).max(20.0) as u32;
    let mut plan = Plan { boards, batches: Batches::AsNeeded { least, most: MOST }, ..Plan::default() };
    let lost = |runs: &[Report], board: usize| runs[board].verdict("durable", "count");
    if few > MOST as f64 {
        let why = format!("to measure so small a mean, {few:.0e} failovers are needed.");
        plan.unreachable.push(("mean_lost".into(), why));
    }
    plan.compare(row, "mean_lost", (RELATIVE, 0.1), move |runs| lost(runs, 0))?;
    plan.compare(row, "p_no_loss", (ABSOLUTE, 0.02), move |runs| f64::from(lost(runs, 0) == 0.0))?;
    plan.check("semi_synchronous", Published::AtMost(0.0), move |runs| lost(runs, 1));
    plan.check("synchronous", Published::AtMost(0.0), move |runs| lost(runs, 2));
    Ok(plan)
}
