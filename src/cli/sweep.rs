//! `tradeoff sweep`: runs a board with some of its settings varied, and tells the variants side by side.

use super::open::open;
use super::{FINE, Failure, Report, Shell};
use crate::run::Run;
use crate::run::picture::split;
use crate::run::sweep::{self, Axis, Outcome, Variant};
use crate::scenario::Document;
use crate::stdx::{Duration, Instant};
use indicatif::ParallelProgressIterator;
use rayon::prelude::*;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Run a board with settings varied, every combination on the same seeds and on all cores, and compare.
#[derive(clap::Args)]
pub struct Sweep {
    /// The board: notation or JSON, `-`, an example's name, or a link.
    file: String,
    /// A setting and its values, as in web.clones=1..16, cache.ttl=1s,10s, users.rate=50/s..400/s..50/s or
    /// db=>copy.mode=async,sync. May be given several times: then every combination is run.
    #[arg(long, required = true)]
    vary: Vec<String>,
    /// How many seeds each combination is run with: the board's own and those after it.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    /// How much simulated time; the board's own `until` when nothing is said.
    #[arg(long)]
    until: Option<Duration>,
    /// As a table (means over the seeds), or as JSON with every run.
    #[arg(long, value_enum, default_value = "text")]
    report: Report,
}

impl Sweep {
    pub fn run(self, shell: &mut Shell) -> Result<u8, Failure> {
        let mut document = open(&self.file, shell)?.runnable(shell)?;
        if let Some(until) = self.until {
            document.until = until;
        }
        let axes: Result<Vec<Axis>, String> = self.vary.iter().map(|text| Axis::read(text, &document)).collect();
        let axes = axes.map_err(Failure)?;
        let seeds = usize::from(self.seeds);
        let variants = sweep::variants(&document, &axes, seeds).map_err(Failure)?;
        let bar = shell.bar((variants.len() * seeds) as u64, "{pos} of {len} runs, about {eta} to go");
        let outcomes: Vec<Outcome> = (0..variants.len() * seeds)
            .into_par_iter()
            .progress_with(bar.clone())
            .map(|i| one(&variants[i / seeds].document, (i % seeds) as u64))
            .collect();
        bar.finish_and_clear();
        let told: Vec<(&Variant, &[Outcome])> = variants.iter().zip(outcomes.chunks(seeds)).collect();
        let names: Vec<&str> = axes.iter().map(|a| a.name.as_str()).collect();
        shell.print(&match self.report {
            Report::Text => text(&names, &told),
            Report::Json => format!("{:#}\n", as_json(&names, &told)),
        });
        Ok(FINE)
    }
}

fn one(document: &Document, further: u64) -> Outcome {
    let document = Document { seed: document.seed.wrapping_add(further), ..document.clone() };
    let mut run = Run::new(&document).onward();
    run.advance_to(Instant::START + document.until, u64::MAX);
    Outcome::of(run.state())
}

/// The mean of what there is; None: there is nothing.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let known: Vec<f64> = values.flatten().collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// A table with a line a variant; with several seeds, a verdict is followed by how many of them broke it.
fn text(names: &[&str], variants: &[(&Variant, &[Outcome])]) -> String {
    let mut rows = vec![Vec::from_iter(
        names.iter().copied().chain(["goodput", "success", "p50", "p99", "price", "broken"]).map(String::from),
    )];
    for (variant, runs) in variants {
        let of = |f: &dyn Fn(&Outcome) -> Option<f64>| mean(runs.iter().map(f));
        let time = |secs: Option<f64>| {
            secs.map_or("–".into(), |s| {
                let (number, unit) = split(Duration::from_secs_f64(s));
                format!("{number} {unit}")
            })
        };
        let mut broken: BTreeMap<&str, usize> = BTreeMap::new();
        runs.iter().flat_map(|r| &r.broken).for_each(|id| *broken.entry(id).or_default() += 1);
        let verdicts = broken.iter().map(|(id, n)| match runs.len() {
            1 => id.to_string(),
            all => format!("{id} {n}/{all}"),
        });
        let mut row = variant.values.clone();
        row.push(of(&|r| Some(r.goodput_per_s)).map_or("–".into(), |x| format!("{x:.1}/s")));
        row.push(of(&|r| r.success).map_or("–".into(), |x| format!("{:.2} %", 100.0 * x)));
        row.push(time(of(&|r| r.p50.map(Duration::as_secs))));
        row.push(time(of(&|r| r.p99.map(Duration::as_secs))));
        row.push(of(&|r| Some(r.price_per_hour)).map_or("–".into(), |x| format!("{x:.2} $/h")));
        row.push(if broken.is_empty() { "none".into() } else { verdicts.collect::<Vec<_>>().join(", ") });
        rows.push(row);
    }
    let columns = rows[0].len();
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(c, cell)| match c + 1 == columns {
                true => cell.clone(),
                false => format!("{cell:>width$}", width = widths[c]),
            })
            .collect();
        cells.join("  ") + "\n"
    };
    rows.iter().map(line).collect()
}

/// `[{"set": {"web.clones": "2"}, "runs": [{"seed", "throughput_per_s", …}]}]`, in the units of `tradeoff run`.
fn as_json(names: &[&str], variants: &[(&Variant, &[Outcome])]) -> Json {
    let run = |r: &Outcome| {
        json!({
            "seed": r.seed,
            "throughput_per_s": r.throughput_per_s,
            "goodput_per_s": r.goodput_per_s,
            "success": r.success,
            "p50_s": r.p50.map(Duration::as_secs),
            "p99_s": r.p99.map(Duration::as_secs),
            "price_per_hour": r.price_per_hour,
            "broken": r.broken,
        })
    };
    let variant = |(variant, runs): &(&Variant, &[Outcome])| {
        let set: Map<String, Json> =
            names.iter().zip(&variant.values).map(|(n, v)| (n.to_string(), json!(v))).collect();
        json!({ "set": set, "runs": runs.iter().map(run).collect::<Vec<_>>() })
    };
    Json::Array(variants.iter().map(variant).collect())
}
