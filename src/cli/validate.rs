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
        if tables.iter().all(|table| table.rows.is_empty()) {
            return Err(Failure(format!("{name}: there is no row in it that could be reproduced.")));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::validate::plan::{Batches, Plan};
    use crate::cli::validate::table::Trouble;

    /// What a family makes of one row of another file than our own.
    fn plan(id: &str, row: &str) -> Result<Plan, Trouble> {
        let tables = table::read(&format!(r#"{{"tables":[{{"id":"{id}","rows":[{row}]}}]}}"#))?;
        let family = families().into_iter().find(|f| f.id == id).unwrap();
        (family.plan)(&Row { table: id, number: 1, fields: &tables[0].rows[0].1 }, Effort(1.0))
    }

    #[test]
    fn rows_that_our_own_tables_do_not_have_are_understood() {
        for (id, row, board) in [
            ("mg1", r#"{"service":"uniform(0.5,1.5)","cv2":0.0833333,"rho":0.8,"mean_wait":2.1667,"mean_sojourn":3.1667}"#, "uniform(500000ns,1500000ns)"),
            ("mg1", r#"{"service":"pareto alpha=3","cv2":0.333333,"rho":0.7,"mean_wait":1.5556,"mean_sojourn":2.5556}"#, "pareto(666667ns,3"),
            ("mg1", r#"{"service":"constant","cv2":0,"rho":0.5,"mean_wait":0.5,"mean_sojourn":1.5}"#, "service=1ms"),
            ("raid", r#"{"level":"RAID 2","data_disks":100,"G":10,"C":4,"disk_mttf_h":30000,"mttr_h":1,"mttf_h":494505}"#, "disks=140 group=14"),
            ("pbs_text", r#"{"dist":"W = A~Exp(0.5), R=S~Exp(2)","N":3,"R":1,"W":1,"t_ms":0,"p_published":0.5}"#, "write-leg=exp(2ms) ack-leg=exp(2ms) read-leg=exp(500us)"),
            ("fanout_tail", r#"{"p_slow":0.001,"fanout":1000,"p_any_slow":0.64}"#, "fan-out=1000"),
            ("visibility_timeout", r#"{"visibility_over_mean_service":0.05,"p_redelivered_exp":0.951229}"#, "visibility=500us"),
        ] {
            let plan = plan(id, row).unwrap_or_else(|trouble| panic!("{trouble}"));
            assert!(plan.boards[0].text.contains(board), "{}", plan.boards[0].text);
        }
    }

    #[test]
    fn what_cannot_be_measured_is_known_before() {
        let rare = r#"{"c":50,"rho":0.5,"erlang_c":7.2e-6,"mean_wait":2.9e-7,"mean_sojourn":1,"p50_sojourn":0.693,"p95_sojourn":2.996,"p99_sojourn":4.605,"p95_wait":0}"#;
        assert_eq!(plan("mmc", rare).ok().map(|plan| plan.unreachable[0].0.clone()), Some("mean_wait".to_string()));
        assert_eq!(plan("mmc", &rare.replace("7.2e-6", "0.01")).ok().map(|plan| plan.unreachable.len()), Some(0));
    }

    #[test]
    fn our_own_rows_can_be_run_and_are_affordable() {
        for table in table::read(OWN).unwrap() {
            let family = families().into_iter().find(|f| f.id == table.id).unwrap();
            for (number, fields) in &table.rows {
                let row = Row { table: &table.id, number: *number, fields };
                let plan = (family.plan)(&row, Effort(1.0)).unwrap_or_else(|trouble| panic!("{trouble}"));
                let (Batches::Exactly(least) | Batches::AsNeeded { least, .. }) = plan.batches;
                let cost = plan.boards.iter().map(|board| board.cost).sum::<f64>() * least as f64;
                assert!(cost < carry::EVENTS, "{} {number}: {cost:.1e} events", table.id);
                for board in &plan.boards {
                    assert_eq!(carry::document(&board.text).err(), None, "{} {number}", table.id);
                }
            }
        }
    }

    #[test]
    fn rows_that_are_not_right_say_what_is_wrong_with_them() {
        for (id, row, says) in [
            ("mm1", r#"{"rho":1.5}"#, "“rho” is 1.5; it must be from"),
            ("mg1", r#"{"service":"gamma","cv2":0.5,"rho":0.5}"#, "with a cv2 of 0.5 is no service distribution that is known"),
            ("quorum_availability", r#"{"node_availability":0.9,"N":3,"need":5,"availability":0.5}"#, "“need” is 5; it must be from 1 to 3"),
            ("pbs_k", r#"{"N":3,"R":4,"W":1}"#, "“R” is 4; it must be from 1 to 3"),
            ("pbs_text", r#"{"dist":"W~Exp(0), A=R=S~Exp(1)","N":3,"R":1,"W":1,"t_ms":0}"#, "no model of latencies that is known"),
            ("usl_datasets", r#"{"alpha":0.1,"beta":0.1,"gamma":1,"load":[],"throughput":[]}"#, "3 to 100 whole numbers"),
            ("sidekiq_backoff", &format!(r#"{{"first_10_delays_s":{:?}}}"#, [0; 30]), "30 delays, of 25"),
        ] {
            let trouble = plan(id, row).err().map_or_else(String::new, |trouble| trouble.0);
            assert!(trouble.starts_with(&format!("Table {id}, row 1: ")) && trouble.contains(says), "{id}: {trouble}");
        }
    }
}
