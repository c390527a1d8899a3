//! `tradeoff break`: searches for the fewest faults that break a board's promises, and tells them as lines of the board.

use super::open::open;
use super::{FINE, Failure, NOT_SO, Report, Shell};
use crate::lessons::breaking::{self, Fate, Found};
use crate::lessons::goal::Goal;
use crate::scenario::{Document, Scheduled};
use crate::stdx::Duration;
use rayon::prelude::*;
use serde_json::{Value as Json, json};

/// Search for the smallest set of faults that breaks what a board promises: every fault alone, then every two.
///
/// Exits with 0 (everything was kept), 1 (something broke).
#[derive(clap::Args)]
pub struct Break {
    /// The board: notation or JSON, `-`, an example's name, or a link.
    file: String,
    /// A promise, as in "success >= 99%", "durable holds" or "p99 <= 200ms"; may be given several times. When nothing
    /// is said: every verdict that holds while nothing happens to the board.
    #[arg(long)]
    keep: Vec<Goal>,
    /// How much simulated time each run has; the board's own `until` when nothing is said.
    #[arg(long)]
    until: Option<Duration>,
    /// How many runs the search may take.
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// As text with lines to paste into the board, or as JSON.
    #[arg(long, value_enum, default_value = "text")]
    report: Report,
}

impl Break {
    pub fn run(self, shell: &mut Shell) -> Result<u8, Failure> {
        let mut document = open(&self.file, shell)?.runnable(shell)?;
        if let Some(until) = self.until {
            document.until = until;
        }
        let promises = if self.keep.is_empty() { breaking::promises(&document) } else { self.keep };
        let bar = shell.bar(u64::from(self.runs), "{pos} runs of at most {len}, {elapsed}");
        let mut judge = |all: &[Document]| -> Vec<Vec<Option<bool>>> {
            all.par_iter()
                .map(|document| {
                    let kept = breaking::kept(document, &promises);
                    bar.inc(1);
                    kept
                })
                .collect()
        };
        let found = breaking::search(&document, &promises, self.runs as usize, &mut judge);
        bar.finish_and_clear();
        shell.print(&match self.report {
            Report::Text => text(&promises, &found),
            Report::Json => format!("{:#}\n", as_json(&promises, &found)),
        });
        let broke = found.fates.iter().any(|f| matches!(f, Fate::Broken(_)));
        Ok(if broke { NOT_SO } else { FINE })
    }
}

/// As the notation writes it: `at 9s  crash db`.
fn line(scheduled: &Scheduled) -> String {
    format!("at {}  {}", scheduled.at, scheduled.fault)
}

fn text(promises: &[Goal], found: &Found) -> String {
    let mut out = String::new();
    for (promise, fate) in promises.iter().zip(&found.fates) {
        out += &match fate {
            Fate::Idle => format!("{promise}\n  not so even when nothing happens: nothing was searched\n"),
            Fate::Withstood => format!("{promise}\n  kept\n"),
            Fate::Broken(schedule) => {
                let lines: String = schedule.iter().map(|s| format!("    {}\n", line(s))).collect();
                format!("{promise}\n  broken by\n{lines}")
            }
        };
    }
    let extent = match found.whole {
        true => "every fault alone and every two were tried for what was kept",
        false => "the search ended at its limit: more --runs look further",
    };
    out + &format!("{} runs; {extent}\n", found.runs)
}

/// `{"runs", "whole", "promises": [{"promise", "fate": "kept" | "broken" | "never kept", "faults": ["at 9s  crash db"]}]}`.
fn as_json(promises: &[Goal], found: &Found) -> Json {
    let one = |(promise, fate): (&Goal, &Fate)| {
        let (word, faults) = match fate {
            Fate::Idle => ("never kept", Vec::new()),
            Fate::Withstood => ("kept", Vec::new()),
            Fate::Broken(schedule) => ("broken", schedule.iter().map(line).collect()),
        };
        json!({ "promise": promise.to_string(), "fate": word, "faults": faults })
    };
    let promises: Vec<Json> = promises.iter().zip(&found.fates).map(one).collect();
    json!({ "runs": found.runs, "whole": found.whole, "promises": promises })
}
