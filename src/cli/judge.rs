//! `tradeoff judge`: says of a recorded history whether it is linearizable, key by key, and proves it where it is not.

use super::{Failure, Report as Form, Shell};
use crate::judge::import::{Finding, KeyReport, LINE_LIMIT, NotAHistory, Progress, Report, judge_with};
use crate::judge::oracle::BUDGET;
use std::fmt::Write;
use std::io::{BufReader, Read};

/// Judge a history from elsewhere: one operation event per line as JSON, as in
/// {"process": 3, "type": "invoke", "f": "write", "key": "x", "value": 1}.
///
/// Exits with 0 (linearizable), 1 (not), 3 (unknown: the search's budget was spent), 2 (the file is no history).
#[derive(clap::Args)]
pub struct Judge {
    /// The history, or `-` for standard input.
    file: String,
    /// Steps that the search may take for each key.
    #[arg(long, default_value_t = BUDGET, value_parser = clap::value_parser!(u64).range(1..))]
    budget: u64,
    /// As text, or as JSON: {"model", "operations", "verdict", "keys": [{"key", "operations", "checker", "verdict",
    /// "sentence", "lines"}]}.
    #[arg(long, value_enum, default_value = "text")]
    report: Form,
}

impl Judge {
    pub fn run(self, shell: &mut Shell) -> Result<u8, Failure> {
        let not_found = |error| Failure(format!("{}: {error}", self.file));
        let bar = shell.bar(1, "{percent}% {msg}, about {eta} to go").with_message("read");
        let (input, size): (Box<dyn Read + '_>, u64) = if self.file == "-" {
            (Box::new(&mut *shell.input), 0)
        } else {
            let file = std::fs::File::open(&self.file).map_err(not_found)?;
            let about = file.metadata().map_err(not_found)?;
            if about.is_dir() {
                return Err(not_found(std::io::ErrorKind::IsADirectory.into()));
            }
            (Box::new(file), about.len())
        };
        bar.set_length(size.max(1));
        let mut judging = false;
        let mut show = |progress| match progress {
            Progress::Reading(bytes) => bar.set_position(bytes),
            Progress::Judging(done, all) => {
                if !std::mem::replace(&mut judging, true) {
                    bar.set_length(all);
                    bar.set_message("judged");
                }
                bar.set_position(done);
            }
        };
        let reader = BufReader::with_capacity(LINE_LIMIT.min(1 << 18), input);
        let report = judge_with(reader, self.budget, &mut show);
        bar.finish_and_clear();
        let report = report.map_err(|NotAHistory { line, why }| Failure(format!("{}:{line}: {why}", self.file)))?;
        match self.report {
            Form::Text => shell.print(&text(&report)),
            Form::Json => shell.print(&format!("{:#}\n", json(&report))),
        }
        Ok(report.exit_code())
    }
}

/// The worst of all keys.
fn verdict(report: &Report) -> &'static str {
    match report.exit_code() {
        0 => "linearizable",
        1 => "not linearizable",
        _ => "unknown",
    }
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    // What is wrong comes last: there it is seen, however many keys there are.
    let mut keys: Vec<&KeyReport> = report.keys.iter().collect();
    keys.sort_by_key(|k| match k.finding {
        Finding::Linearizable => 0,
        Finding::Unknown { .. } => 1,
        Finding::Not { .. } => 2,
    });
    for KeyReport { key, operations, checker, finding } in keys {
        let name = if key.is_empty() { "the object" } else { key };
        let plural = if *operations == 1 { "" } else { "s" };
        let (finding_name, checker) = (finding.name(), checker.name());
        let _ = writeln!(out, "{name}: {finding_name} ({operations} operation{plural}, by {checker})");
        match finding {
            Finding::Linearizable => {}
            Finding::Not { diagram, .. } => {
                diagram.lines().for_each(|line| {
                    let _ = writeln!(out, "{}", format!("  {line}").trim_end());
                });
                out.push('\n');
            }
            Finding::Unknown { steps } => {
                let _ = writeln!(out, "  The search was given up after {steps} steps (--budget).");
            }
        }
    }
    let count = |n: u64, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (operations, keys) = (count(report.operations, "operation"), count(report.keys.len() as u64, "key"));
    let _ = writeln!(out, "{}: {operations} on {keys} (model: {})", verdict(report), report.model.name());
    out
}

fn json(report: &Report) -> serde_json::Value {
    let key = |k: &KeyReport| {
        let (sentence, lines) = match &k.finding {
            Finding::Not { sentence, lines, .. } => (Some(sentence), Some(lines)),
            _ => (None, None),
        };
        serde_json::json!({
            "key": k.key,
            "operations": k.operations,
            "checker": k.checker.name(),
            "verdict": k.finding.name(),
            "sentence": sentence,
            "lines": lines,
        })
    };
    serde_json::json!({
        "model": report.model.name(),
        "operations": report.operations,
        "verdict": verdict(report),
        "keys": report.keys.iter().map(key).collect::<Vec<_>>(),
    })
}
