//! `tradeoff validate`: reproduces published and computed reference numbers by running boards, and says which rows come
//! out within their tolerance. It may not know how a machine works: it draws boards, runs them and reads reports.

pub mod carry;
mod page;
pub mod plan;
pub mod table;

use super::{FINE, Failure, NOT_SO, Shell};
use carry::{Line, State, Unwatched, Watch, reproduce};
use indicatif::ProgressBar;
use plan::{Effort, Family};
use table::{OWN, Row, Table};

/// One file and one line a family of tables: the file has `pub const FAMILIES: &[Family]`.
macro_rules! families {
    ($($module:ident;)+) => {
        $(mod $module;)+

        /// Every table that can be reproduced.
        fn families() -> Vec<Family> {
            [$($module::FAMILIES),+].concat()
        }
    };
}

families! {
    background;
    balancing;
    caches;
    calls;
    closed;
    copies;
    detection;
    general;
    lines;
    quorums;
    reliability;
    shards;
    station;
}

/// Reproduce reference numbers by running boards, and compare: queues, balancers, caches, replicas, quorums, retries,
/// failures.
///
/// Exits with 0 when every row that can be reached is inside its tolerance, with 1 when one is not, with 2 when the file is
/// not right.
#[derive(clap::Args)]
pub struct Validate {
    /// Another file of tables than the program's own, of the same shape.
    #[arg(long)]
    tables: Option<String>,
    /// Only the table of this id, or only one of its rows (mm1/2); may be said several times.
    #[arg(long)]
    only: Vec<String>,
    /// As text, as JSON, or as the page docs/validation.md.
    #[arg(long, value_enum, default_value = "text")]
    report: Form,
    /// Print the boards instead of running them.
    #[arg(long)]
    boards: bool,
    /// Shorter runs with wider bounds, as in the tests: a share of the usual length.
    #[arg(long, default_value = "1")]
    effort: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
    Markdown,
}

impl Validate {
    pub fn run(self, shell: &mut Shell) -> Result<u8, Failure> {
        let (name, text) = match &self.tables {
            None => ("tables", OWN.to_string()),
            Some(file) => {
                let text = std::fs::read_to_string(file).map_err(|error| Failure(format!("{file}: {error}")))?;
                (file.as_str(), text)
            }
        };
        let mut tables = table::read(&text).map_err(|trouble| Failure(format!("{name}: {trouble}")))?;
        choose(&mut tables, &self.only)?;
        if !(self.effort > 0.0 && self.effort <= 1.0) {
            return Err(Failure("--effort is a share above 0 and at most 1.".into()));
        }
        if self.boards {
            return boards(&tables, Effort(self.effort), shell);
        }
        let bar = Bar(shell.bar(0, "{percent}%, about {eta} to go"));
        let lines = reproduce(&tables, &families(), |_| Effort(self.effort), &bar);
        bar.0.finish_and_clear();
        match self.report {
            Form::Text => shell.print(&page::text(&tables, &lines)),
            Form::Json => shell.print(&format!("{:#}\n", page::json(&lines))),
            Form::Markdown => shell.print(&page::markdown(&tables, &lines, self.effort)),
        }
        if self.report != Form::Text {
            shell.warn(&format!("{}\n", page::summary(&lines)));
        }
        let fine = lines.iter().all(|l| matches!(l.state, State::Inside | State::NotReached(_)));
        Ok(if fine { FINE } else { NOT_SO })
    }
}

/// Leaves only what was asked for: `mm1`, `mm1/2`.
fn choose(tables: &mut Vec<Table>, only: &[String]) -> Result<(), Failure> {
    let matches = |only: &str, table: &str, row: usize| match only.split_once('/') {
        Some((id, number)) => id == table && number == row.to_string(),
        None => only == table,
    };
    for only in only {
        if !tables.iter().any(|t| t.rows.iter().any(|(row, _)| matches(only, &t.id, *row))) {
            let ids: Vec<&str> = tables.iter().map(|t| t.id.as_str()).collect();
            return Err(Failure(format!("There is no table or row {only}. The tables are {}.", ids.join(", "))));
        }
    }
    if !only.is_empty() {
        for table in tables.iter_mut() {
            table.rows.retain(|(row, _)| only.iter().any(|only| matches(only, &table.id, *row)));
        }
        tables.retain(|table| !table.rows.is_empty());
    }
    Ok(())
}

/// Prints every row's boards, with the command that would run each.
fn boards(tables: &[Table], effort: Effort, shell: &mut Shell) -> Result<u8, Failure> {
    let families = families();
    for table in tables {
        let Some(family) = families.iter().find(|f| f.id == table.id) else { continue };
        for (number, fields) in &table.rows {
            let row = Row { table: &table.id, number: *number, fields };
            let plan = (family.plan)(&row, effort).map_err(|trouble| Failure(trouble.0))?;
            for board in &plan.boards {
                let goal = board.goal.map_or(String::new(), |goal| format!(" --goal {goal}"));
                shell.print(&format!(
                    "# {}/{number}: tradeoff run FILE --warm-up {} --until {}{goal} --report json\n{}\n",
                    table.id,
                    board.warm_up,
                    board.until,
                    board.text.trim_end().to_string() + "\n",
                ));
            }
        }
    }
    Ok(FINE)
}

/// One cheap row of every family, with short runs and bounds that are wider by their sampling error: for the tests.
pub fn quick() -> Vec<Line> {
    let families = families();
    let own = table::read(OWN).unwrap_or_default();
    let rows = own.into_iter().filter_map(|mut table| {
        let family = families.iter().find(|f| f.id == table.id)?;
        table.rows.retain(|(row, _)| *row == family.quick.0);
        Some(table)
    });
    let tables: Vec<Table> = rows.collect();
    reproduce(&tables, &families, |family| Effort(family.quick.1), &Unwatched)
}

/// What came of [`quick`], and a page of it to look at when something is off.
pub fn quick_text(lines: &[Line]) -> String {
    page::text(&table::read(OWN).unwrap_or_default(), lines)
}

/// A bar over the events still to be handled, on standard error and only where somebody looks.
struct Bar(ProgressBar);

impl Watch for Bar {
    fn more(&self, cost: f64) {
        self.0.inc_length(cost as u64);
    }

    fn done(&self, cost: f64) {
        self.0.inc(cost as u64);
    }
}
