//! Runs the boards of many rows on all cores, as long as each row's tolerance needs, and compares. It may not know
//! any table.

use super::plan::{Batches, Board, Effort, Family, Number, Plan, Pool, Report};
use super::table::{Row, Table, Trouble};
use crate::cli::run::carry_out;
use crate::scenario::problem::{Problem, check};
use crate::scenario::{Document, notation};
use crate::stdx::hash;
use rayon::prelude::*;
use serde_json::{Map, Value as Json};

/// A tolerance is this many standard errors wide when enough has been run: one number in 200 is then outside by bad
/// luck alone.
const ERRORS: f64 = 2.8;
/// So often more batches are added where a number is still uncertain, each time at most so many times as many as there
/// are: the first few say little about how many are needed.
const ROUNDS: u32 = 8;
/// So many times as many batches as may be run would be needed: the number cannot be reached.
const HOPELESS: f64 = 20.0;
const GROWTH: f64 = 2.0;

/// What came of one row.
#[derive(Clone, Debug)]
pub struct Line {
    pub table: String,
    /// From 1.
    pub row: usize,
    /// What was asked for: the row's values that no number is compared with.
    pub label: String,
    pub state: State,
    pub numbers: Vec<Compared>,
    /// Runs with different seeds.
    pub seeds: u32,
    pub remarks: Vec<String>,
    pub boards: Vec<Board>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// Every number is near enough.
    Inside,
    Outside,
    /// No run can show it, for this reason.
    NotReached(String),
    /// The row itself is not right, or its board cannot run.
    Faulty(String),
}

/// A published number beside ours.
#[derive(Clone, PartialEq, Debug)]
pub struct Compared {
    pub name: String,
    pub published: super::plan::Published,
    pub ours: f64,
    /// Standard error of ours over the seeds.
    pub error: f64,
    pub inside: bool,
}

/// How much is still to do, for who shows it.
pub trait Watch: Sync {
    /// So much work was found, in events.
    fn more(&self, cost: f64);
    fn done(&self, cost: f64);
}

/// Nobody watches.
pub struct Unwatched;

impl Watch for Unwatched {
    fn more(&self, _cost: f64) {}
    fn done(&self, _cost: f64) {}
}

/// Events of one row at most, about: an hour of one core.
pub const EVENTS: f64 = 4e9;

/// A row under way.
struct Course<'a> {
    row: Row<'a>,
    plan: Result<Plan, State>,
    documents: Vec<Document>,
    /// By seed, each with one value a number.
    batches: Vec<Vec<f64>>,
    wanted: u32,
    /// Standard errors that a number may be off besides its tolerance.
    wider: f64,
}

/// Reproduces every row of the tables. With less than the whole effort the bounds are wider by what that costs.
pub fn reproduce(
    tables: &[Table],
    families: &[Family],
    effort: impl Fn(&Family) -> Effort,
    watch: &dyn Watch,
) -> Vec<Line> {
    let rows = tables.iter().flat_map(|table| {
        let family = families.iter().find(|f| f.id == table.id);
        table.rows.iter().map(move |(number, fields)| (Row { table: &table.id, number: *number, fields }, family))
    });
    let mut courses: Vec<Course> = rows.map(|(row, family)| set_out(row, family, &effort)).collect();
    for _ in 0..ROUNDS {
        if !round(&mut courses, watch) {
            break;
        }
    }
    courses.into_iter().map(finish).collect()
}

/// In the quick test a number may be off by so many standard errors more: a run that is a hundred times shorter has ten
/// times the error. With eight batches this is passed by chance less than once in two thousand numbers (Student's t).
const QUICK: f64 = 5.5;
const QUICK_BATCHES: u32 = 8;

fn set_out<'a>(row: Row<'a>, family: Option<&Family>, effort: impl Fn(&Family) -> Effort) -> Course<'a> {
    let effort = family.map_or(Effort(1.0), effort);
    let plan = match family {
        None => Err(State::Faulty(row.trouble("no table of this id is known; its “id” must be one of our own tables'.").0)),
        Some(family) => (family.plan)(&row, effort).map_err(|Trouble(says)| State::Faulty(says)),
    };
    let wider = if effort.0 < 1.0 { QUICK } else { 0.0 };
    let mut course = Course { row, plan, documents: Vec::new(), batches: Vec::new(), wanted: 0, wider };
    let Ok(plan) = &mut course.plan else { return course };
    if let (Batches::AsNeeded { least, .. }, true) = (plan.batches, effort.0 < 1.0) {
        plan.batches = Batches::Exactly(least.max(QUICK_BATCHES));
    }
    for (i, board) in plan.boards.iter().enumerate() {
        match document(&board.text) {
            Ok(document) => course.documents.push(document),
            Err(says) => {
                course.plan = Err(State::Faulty(row.trouble(format!("Board {}: {says}", i + 1)).0));
                return course;
            }
        }
    }
    let (least, most) = match &mut plan.batches {
        _ if plan.boards.is_empty() => return course,
        Batches::Exactly(n) => (*n, n),
        Batches::AsNeeded { least, most } => (*least, most),
    };
    let cost: f64 = plan.boards.iter().map(|board| board.cost).sum();
    if cost * least as f64 > EVENTS {
        let why = format!("its shortest run takes about {:.0e} events, and {EVENTS:.0e} are the most.", cost * least as f64);
        course.plan = Err(State::NotReached(why));
        return course;
    }
    *most = (*most).min((EVENTS / cost.max(1.0)) as u32);
    course.wanted = least;
    course
}

/// The document of a board, read and checked as for `tradeoff run`.
pub fn document(text: &str) -> Result<Document, String> {
    let told = |problems: Vec<Problem>| problems.iter().map(Problem::to_string).collect::<Vec<_>>().join(" ");
    let document = notation::parse(text).map_err(told)?;
    let errors: Vec<Problem> = check(&document).into_iter().filter(Problem::is_error).collect();
    if errors.is_empty() { Ok(document) } else { Err(told(errors)) }
}

/// Runs what is wanted and not yet there; then asks for more where numbers are still uncertain. False: nothing was to be
/// run.
fn round(courses: &mut [Course], watch: &dyn Watch) -> bool {
    let mut jobs: Vec<(usize, u32, f64)> = Vec::new();
    for (i, course) in courses.iter().enumerate() {
        let Ok(plan) = &course.plan else { continue };
        let cost: f64 = plan.boards.iter().map(|b| b.cost).sum();
        let missing = course.batches.len() as u32..course.wanted;
        jobs.extend(missing.map(|seed| (i, seed, cost)));
    }
    if jobs.is_empty() {
        return false;
    }
    // The longest first, so that no core is left alone with one at the end.
    jobs.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    watch.more(jobs.iter().map(|job| job.2).sum());
    let view: &[Course] = courses;
    let run = |(course, seed, _): &(usize, u32, f64)| {
        let values = view[*course].batch(*seed, watch);
        (*course, *seed, values)
    };
    let mut results: Vec<_> = jobs.par_iter().with_max_len(1).map(run).collect();
    results.sort_by_key(|(course, seed, _)| (*course, *seed));
    for (course, _, values) in results {
        courses[course].batches.push(values);
    }
    courses.iter_mut().for_each(Course::want);
    true
}

impl Course<'_> {
    /// One seed's runs, read.
    fn batch(&self, seed: u32, watch: &dyn Watch) -> Vec<f64> {
        let Ok(plan) = &self.plan else { return Vec::new() };
        let mut reports = Vec::with_capacity(plan.boards.len());
        for (board, document) in plan.boards.iter().zip(&self.documents) {
            let document = Document { seed: self.seed(seed), ..document.clone() };
            let run = carry_out(&document, board.warm_up, board.until, |_| ());
            reports.push(Report(run.report_with(board.goal)));
            watch.done(board.cost);
        }
        plan.numbers.iter().map(|number| (number.read)(&reports)).collect()
    }

    /// Every row has seeds of its own, so that no two are lucky together.
    fn seed(&self, batch: u32) -> u64 {
        let row = hash::fold(hash::text(self.row.table), self.row.number as u64);
        (row & 0xFFFF_FFFF) + batch as u64
    }

    /// How many batches are needed for every tolerance, by the spread of those that were run.
    fn want(&mut self) {
        let Ok(plan) = &self.plan else { return };
        let Batches::AsNeeded { most, .. } = plan.batches else { return };
        let n = self.batches.len() as f64;
        let mut wanted = n;
        for (i, number) in plan.numbers.iter().enumerate() {
            let (Some(slack), Pool::Mean) = (number.published.slack(), number.pool) else { continue };
            let (ours, error) = self.pooled(i, number);
            let margin = number.published.margin(ours).unwrap_or(slack);
            if error.is_finite() && slack > 0.0 {
                // Small against the tolerance; where so many runs are far too few for that, more than these tell nothing.
                let small = n * (ERRORS * error / slack) * (ERRORS * error / slack);
                if small > HOPELESS * most as f64 {
                    continue;
                }
                // And not so near its edge that chance decides.
                let near = error / margin.max(slack * 0.01);
                wanted = wanted.max(small).max(n * near * near);
            }
        }
        self.wanted = self.wanted.max(wanted.min(GROWTH * n).ceil().min(most as f64) as u32);
    }

    /// Ours of all batches together, and its standard error.
    fn pooled(&self, i: usize, number: &Number) -> (f64, f64) {
        let values = || self.batches.iter().map(|batch| batch[i]);
        let n = self.batches.len() as f64;
        match number.pool {
            Pool::Least => (values().fold(f64::NAN, f64::min), 0.0),
            Pool::Most => (values().fold(f64::NAN, f64::max), 0.0),
            Pool::Mean => {
                let mean = values().sum::<f64>() / n;
                let spread: f64 = values().map(|v| (v - mean) * (v - mean)).sum();
                (mean, if n > 1.0 { (spread / (n - 1.0) / n).sqrt() } else { 0.0 })
            }
        }
    }
}

/// Compares.
fn finish(course: Course) -> Line {
    let label = |skip: &[Number], aside: &[&str]| label(course.row.fields, skip, aside);
    let mut line = Line {
        table: course.row.table.to_string(),
        row: course.row.number,
        label: String::new(),
        state: State::Inside,
        numbers: Vec::new(),
        seeds: course.batches.len() as u32,
        remarks: Vec::new(),
        boards: Vec::new(),
    };
    let plan = match &course.plan {
        Ok(plan) => plan,
        Err(state) => return Line { label: label(&[], &[]), state: state.clone(), ..line },
    };
    line.label = label(&plan.numbers, plan.aside);
    for (i, number) in plan.numbers.iter().enumerate() {
        let (ours, error) = course.pooled(i, number);
        let inside = number.published.holds(ours, course.wider * error);
        line.numbers.push(Compared { name: number.name.clone(), published: number.published, ours, error, inside });
    }
    // What runs of this length do not tell: the tolerance, and ours in it or out of it, are within the error of ours.
    let untold = |n: &Compared| {
        let slack = n.published.slack().unwrap_or(f64::INFINITY);
        let reach = ERRORS * n.error;
        reach > slack && (n.ours - n.published.value()).abs() <= slack + reach
    };
    let mut unreached = plan.unreachable.clone();
    let short = line.numbers.iter().filter(|n| !n.inside && untold(n));
    unreached.extend(short.map(|n| {
        let why = format!("the error of ours after {} runs is still larger than the tolerance tells apart.", line.seeds);
        (n.name.clone(), why)
    }));
    let reached = |n: &Compared| !unreached.iter().any(|(name, _)| *name == n.name);
    if line.numbers.iter().any(|n| !n.inside && reached(n)) {
        line.state = State::Outside;
    } else if !unreached.is_empty() {
        let why = unreached.iter().map(|(name, why)| format!("{name}: {why}"));
        line.state = State::NotReached(why.collect::<Vec<_>>().join(" "));
    }
    line.remarks = plan.remarks.clone();
    line.boards = plan.boards.clone();
    line
}

/// The row's values that are no results, as in `c 4, rho 0.95`.
fn label(fields: &Map<String, Json>, results: &[Number], aside: &[&str]) -> String {
    let is_result = |name: &str| aside.contains(&name) || results.iter().any(|n| n.name == name || n.name.starts_with(&format!("{name}.")));
    let given = fields.iter().filter(|(name, value)| !is_result(name) && !value.is_array() && !value.is_object());
    let said = given.map(|(name, value)| match value {
        Json::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    });
    said.collect::<Vec<_>>().join(", ")
}
