//! What a family of tables makes of one row: the boards to run, and how each published number is read off their reports. It
//! may not know how and where the boards are run.

use super::table::{Row, Trouble};
use crate::stdx::Duration;
use serde_json::Value as Json;

/// How one family of tables reproduces its rows.
#[derive(Clone, Copy)]
pub struct Family {
    /// The table's `id`.
    pub id: &'static str,
    pub plan: fn(&Row, Effort) -> Result<Plan, Trouble>,
    /// A row of our own copy (from 1) that is cheap enough for the quick test, and the share of the usual run length it
    /// is run for there.
    pub quick: (usize, f64),
}

/// How long to run: 1 for a validation, less for the quick test.
#[derive(Clone, Copy, Debug)]
pub struct Effort(pub f64);

/// How a row is reproduced.
#[derive(Default)]
pub struct Plan {
    pub boards: Vec<Board>,
    pub numbers: Vec<Number>,
    pub batches: Batches,
    /// Published values (by the names of their numbers, if they are measured nevertheless) that no run of affordable
    /// length can reach, each with the reason. Such a row counts as not reached where its other numbers are inside.
    pub unreachable: Vec<(String, String)>,
    /// Fields of the row that say neither what is given nor what is to come out.
    pub aside: &'static [&'static str],
    /// Remarks for the page: what of the row is no number.
    pub remarks: Vec<String>,
}

/// A board in the notation, and how it is run.
#[derive(Clone, Debug)]
pub struct Board {
    pub text: String,
    pub warm_up: Duration,
    pub until: Duration,
    /// Asks the report for the share of all times that are at most this.
    pub goal: Option<Duration>,
    /// About how many events it takes: the longest are begun first.
    pub cost: f64,
}

impl Board {
    /// Runs for so many requests, which come at `rate` a second; before them so many warm the board up.
    pub fn serving(text: String, rate: f64, warm_up: f64, requests: f64) -> Board {
        let span = |requests: f64| Duration::from_secs_f64(requests / rate);
        let (warm_up, until) = (span(warm_up), span(warm_up + requests));
        Board { text, warm_up, until, goal: None, cost: until.as_secs() * rate }
    }

    /// Runs for so much simulated time, all of it measured.
    pub fn lasting(text: String, until: Duration, cost: f64) -> Board {
        Board { text, warm_up: Duration::ZERO, until, goal: None, cost }
    }

    pub fn with_goal(mut self, goal: Duration) -> Board {
        self.goal = Some(goal);
        self
    }
}

/// With how many seeds the boards are run, and how the numbers of the single runs become one.
#[derive(Clone, Copy, Debug)]
pub enum Batches {
    /// So many.
    Exactly(u32),
    /// At least so many, and then until the standard error of every number is small against its tolerance, at most `most`.
    AsNeeded { least: u32, most: u32 },
}

impl Default for Batches {
    fn default() -> Batches {
        Batches::AsNeeded { least: 10, most: 200 }
    }
}

/// Reads a number off the reports of one seed's runs, one per board of the plan. Not a number: the runs do not say.
pub type Reading = Box<dyn Fn(&[Report]) -> f64 + Send + Sync>;

/// One published number and how ours is measured.
pub struct Number {
    pub name: String,
    pub published: Published,
    pub read: Reading,
    pub pool: Pool,
}

/// What was published, and when ours is near enough.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Published {
    /// Within a share of it.
    Relative(f64, f64),
    /// Within so much of it, above or below.
    Absolute(f64, f64),
    AtLeast(f64),
    AtMost(f64),
}

impl Published {
    pub fn value(self) -> f64 {
        match self {
            Published::Relative(v, _) | Published::Absolute(v, _) | Published::AtLeast(v) | Published::AtMost(v) => v,
        }
    }

    /// How far ours may be from the published value; None where it is a bound.
    pub fn slack(self) -> Option<f64> {
        match self {
            Published::Relative(v, share) => Some((v * share).abs()),
            Published::Absolute(_, slack) => Some(slack),
            Published::AtLeast(_) | Published::AtMost(_) => None,
        }
    }

    /// How far `ours` is from the edge of what is near enough, on either side of it; None where it is a bound.
    pub fn margin(self, ours: f64) -> Option<f64> {
        Some((self.slack()? - (ours - self.value()).abs()).abs())
    }

    /// Whether `ours` is near enough, with so much more slack.
    pub fn holds(self, ours: f64, more: f64) -> bool {
        // Decimal figures have no exact binary form: a hair more than the slack is still the slack.
        let hair = 1e-9 * self.value().abs() + more;
        match (self, self.slack()) {
            (_, Some(slack)) => (ours - self.value()).abs() <= slack + hair,
            (Published::AtLeast(least), _) => ours >= least - hair,
            (_, _) => ours <= self.value() + hair,
        }
    }
}

/// How the numbers of several seeds become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pool {
    Mean,
    Least,
    Most,
}

impl Plan {
    /// Compares the row's field of this name with what `read` measures; `near` says how near is near enough
    /// (`Published::Relative` or `Published::Absolute`), and by how much.
    pub fn compare(
        &mut self,
        row: &Row,
        field: &str,
        near: (fn(f64, f64) -> Published, f64),
        read: impl Fn(&[Report]) -> f64 + Send + Sync + 'static,
    ) -> Result<&mut Number, Trouble> {
        let published = near.0(row.number(field)?, near.1);
        Ok(self.check(field, published, read))
    }

    /// The same where the published value is no plain field of the row.
    pub fn check(
        &mut self,
        name: &str,
        published: Published,
        read: impl Fn(&[Report]) -> f64 + Send + Sync + 'static,
    ) -> &mut Number {
        self.numbers.push(Number { name: name.to_string(), published, read: Box::new(read), pool: Pool::Mean });
        self.numbers.last_mut().expect("it was pushed")
    }

    pub fn remark(&mut self, remark: impl Into<String>) {
        self.remarks.push(remark.into());
    }
}

/// Near within a share of the published value.
pub const RELATIVE: fn(f64, f64) -> Published = Published::Relative;
/// Near within so much above or below it.
pub const ABSOLUTE: fn(f64, f64) -> Published = Published::Absolute;

/// The public report of one run, as `tradeoff run --report json` prints it.
pub struct Report(pub Json);

impl Report {
    /// A number by its way through the report's fields, as in `operations.latency.mean_s`; not a number where there is
    /// none.
    pub fn at(&self, way: &str) -> f64 {
        walk(&self.0, way)
    }

    fn machines(&self, card: &str) -> impl Iterator<Item = &Json> {
        let machines = self.0["machines"].as_array().map_or(&[][..], |m| m);
        machines.iter().filter(move |m| m["card"] == card)
    }

    /// Of a card with a single machine.
    pub fn of(&self, card: &str, way: &str) -> f64 {
        self.machines(card).next().map_or(f64::NAN, |m| walk(m, way))
    }

    /// Summed over all clones of a card; a counter that was left out counts as zero.
    pub fn sum(&self, card: &str, way: &str) -> f64 {
        self.machines(card).map(|m| walk(m, way)).filter(|x| x.is_finite()).sum()
    }

    /// The mean over everything that the clones of a card counted: `mean("web", "sojourn")`.
    pub fn mean(&self, card: &str, spans: &str) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for machine in self.machines(card) {
            let n = walk(&machine[spans], "count");
            if n > 0.0 {
                sum += n * walk(&machine[spans], "mean_s");
                count += n;
            }
        }
        sum / count
    }

    /// What the service of this machine of users was: `service("shoppers", "mttf_s")`.
    pub fn service(&self, users: &str, way: &str) -> f64 {
        let services = self.0["services"].as_array().map_or(&[][..], |s| s);
        services.iter().find(|s| s["users"] == users).map_or(f64::NAN, |s| walk(s, way))
    }

    /// A verdict's field: `verdict("fresh", "count")`.
    pub fn verdict(&self, id: &str, way: &str) -> f64 {
        let verdicts = self.0["verdicts"].as_array().map_or(&[][..], |v| v);
        verdicts.iter().find(|v| v["id"] == id).map_or(f64::NAN, |v| walk(v, way))
    }
}

fn walk(json: &Json, way: &str) -> f64 {
    let end = way.split('.').try_fold(json, |at, step| match step.parse::<usize>() {
        Ok(index) if at.is_array() => at.get(index),
        _ => at.get(step),
    });
    end.and_then(Json::as_f64).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_enough_is_what_was_asked_for() {
        for (published, ours, holds) in [
            (Published::Relative(2.0, 0.02), 2.04, true),
            (Published::Relative(2.0, 0.02), 2.05, false),
            (Published::Absolute(0.1, 0.005), 0.105, true),
            (Published::Absolute(0.1, 0.005), 0.0949, false),
            (Published::AtLeast(0.99), 0.99, true),
            (Published::AtLeast(0.99), 0.98, false),
            (Published::AtMost(0.05), 0.06, false),
            (Published::AtMost(0.05), 0.0, true),
            (Published::Relative(2.0, 0.02), f64::NAN, false),
            (Published::AtMost(0.05), f64::NAN, false),
        ] {
            assert_eq!(published.holds(ours, 0.0), holds, "{published:?} {ours}");
        }
        assert!(Published::Relative(2.0, 0.02).holds(2.05, 0.02));
    }

    #[test]
    fn a_report_is_read_by_names() {
        let report = Report(serde_json::json!({
            "operations": { "ok": 7 },
            "machines": [
                { "card": "web", "arrivals": 3, "sojourn": { "count": 1, "mean_s": 4.0 } },
                { "card": "web", "arrivals": 4, "sojourn": { "count": 3, "mean_s": 8.0 } },
            ],
            "verdicts": [{ "id": "fresh", "count": 2 }],
        }));
        assert_eq!((report.at("operations.ok"), report.sum("web", "arrivals")), (7.0, 7.0));
        assert_eq!((report.mean("web", "sojourn"), report.of("web", "arrivals")), (7.0, 3.0));
        assert_eq!(report.verdict("fresh", "count"), 2.0);
        assert!(report.at("operations.nothing").is_nan() && report.of("db", "arrivals").is_nan());
    }
}
