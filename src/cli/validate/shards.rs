//! Keys over shards: what one more of them moves, and how uneven a ring is. It may not know how boards are run.

use super::plan::{ABSOLUTE, Batches, Board, Effort, Family, Plan, RELATIVE};
use super::table::{Row, Trouble};
use crate::stdx::Duration;

pub const FAMILIES: &[Family] = &[
    Family { id: "rehash", plan: rehash, quick: (2, 1.0) },
    Family { id: "ring_imbalance", plan: ring_imbalance, quick: (1, 1.0) },
];

/// Keys of the boards: enough that the share which moves is known to a third of a percentage point.
const KEYS: u32 = 20_000;

/// A router before so many databases, and nobody who asks.
fn board(databases: u32, router: &str) -> String {
    let mut text = format!("users u rate=0/s\nshard-router r {router}\nu -> r latency=0s\n");
    for i in 1..=databases {
        text += &format!("database d{i} read=0s write=0s workers=1024\nr -> d{i} latency=0s\n");
    }
    text
}

/// One of n + 1 drawn stands ready, and is taken in.
fn rehash(row: &Row, effort: Effort) -> Result<Plan, Trouble> {
    let n = row.count("n", 1, 400)?;
    let keys = ((KEYS as f64 * effort.0) as u32).max(1000);
    let boards = ["modulo", "consistent"].map(|by| {
        let router = format!("by={by} keys={keys} spare=1 movers=100");
        let text = board(n + 1, &router) + "at 1ms promote r\n";
        Board::lasting(text, Duration::from_secs(10), keys as f64 * 4.0)
    });
    let batches = Batches::AsNeeded { least: 4, most: 100 };
    let mut plan = Plan { boards: boards.into(), batches, ..Plan::default() };
    plan.compare(row, "mod_moved", (ABSOLUTE, 0.01), move |runs| runs[0].of("r", "keys_moved") / keys as f64)?;
    plan.compare(row, "consistent_moved", (RELATIVE, 0.3), move |runs| runs[1].of("r", "keys_moved") / keys as f64)?;
    Ok(plan)
}

/// Every seed is another ring.
fn ring_imbalance(row: &Row, _effort: Effort) -> Result<Plan, Trouble> {
    let (n, points) = (row.count("n", 1, 400)?, row.count("virtual_nodes", 1, 10_000)?);
    let text = board(n, &format!("by=consistent virtual-nodes={points}"));
    let boards = vec![Board::lasting(text, Duration::from_millis(1), 1000.0)];
    // The fewer points the more the rings differ.
    let batches = Batches::AsNeeded { least: (1000 / points).max(20), most: 50_000 };
    let mut plan = Plan { boards, batches, ..Plan::default() };
    plan.compare(row, "expected_max_over_mean", (RELATIVE, 0.02), |runs| {
        runs[0].of("r", "largest_share_over_fair")
    })?;
    Ok(plan)
}
