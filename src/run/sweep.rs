//! A sweep: the same board again and again with some settings varied, each variant on the same seeds, so that whatever
//! differs comes from the settings. It plans the runs and reads their outcomes; who runs them, and on how many cores,
//! it may not know.

use super::{picture, state::State};
use crate::components::parameter::{Domain, Parameter, Setting};
use crate::scenario::fault::LinkName;
use crate::scenario::problem::{self, Problem};
use crate::scenario::{Document, suggest};
use crate::stdx::Duration;
use std::sync::Arc;

/// Variants of one sweep at most, and runs: variants times seeds.
pub const MOST_RUNS: usize = 10_000;

/// Whose setting is varied.
#[derive(Clone, PartialEq, Debug)]
enum Subject {
    Machine(String),
    Link(LinkName),
}

/// One setting and the values it takes: `web.clones=1..16`, `db=>copy.mode=async,sync`, `users.rate=50/s..400/s..50/s`.
#[derive(Clone, Debug)]
pub struct Axis {
    /// As it was written before the equals sign: `web.clones`.
    pub name: String,
    subject: Subject,
    parameter: &'static Parameter,
    values: Vec<Setting>,
}

impl Axis {
    /// Reads an axis for this board. Values are separated by commas; `FROM..TO` counts whole numbers up by one,
    /// `FROM..TO..STEP` any number or time. The error is one or two sentences.
    pub fn read(text: &str, document: &Document) -> Result<Axis, String> {
        let usage = "Write it as in web.clones=1..16, cache.ttl=1s,10s or db=>copy.mode=async,sync.";
        let cut =
            equals_sign(text).ok_or_else(|| format!("“{}” has no values. {usage}", suggest::clip(text)))?;
        let (name, values) = (text[..cut].trim(), &text[cut + 1..]);
        let (whose, word) = name
            .rsplit_once('.')
            .ok_or_else(|| format!("“{}” names no setting. {usage}", suggest::clip(name)))?;
        let (subject, parameters) = Subject::find(whose.trim(), document)?;
        let parameter = parameters.iter().find(|p| p.name == word).ok_or_else(|| {
            let meant = suggest::did_you_mean(word, parameters.iter().map(|p| p.name)).unwrap_or_default();
            format!("{whose} has no setting “{}”. {meant}", suggest::clip(word)).trim_end().to_string()
        })?;
        let mut list = Vec::new();
        for item in items(values) {
            list.extend(read_item(parameter, item)?);
            if list.len() > MOST_RUNS {
                return Err(format!("{name} takes more than {MOST_RUNS} values."));
            }
        }
        Ok(Axis { name: name.to_string(), subject, parameter, values: list })
    }

    /// Sets this axis's value number `index` in a document.
    fn apply(&self, document: &mut Document, index: usize) {
        let value = self.values[index].clone();
        let settings = match &self.subject {
            Subject::Machine(name) => {
                document.machines.iter_mut().find(|m| m.name == *name).map(|m| &mut m.settings)
            }
            Subject::Link(link) => {
                document.links.iter_mut().find(|l| l.name() == *link).map(|l| &mut l.settings)
            }
        };
        settings
            .expect("an axis is read for a board that has its subject")
            .insert(self.parameter.name.into(), value);
    }

    /// Value number `index` as the notation writes it.
    fn write(&self, index: usize) -> String {
        self.parameter.write(&self.values[index])
    }
}

impl Subject {
    fn find(name: &str, document: &Document) -> Result<(Subject, &'static [Parameter]), String> {
        if let Some(machine) = document.machine(name) {
            return Ok((Subject::Machine(name.into()), machine.kind.parameters()));
        }
        if let Ok(link) = name.parse::<LinkName>() {
            return match document.links_meant(&link).next() {
                Some(found) => Ok((Subject::Link(found.name()), found.wire.parameters())),
                None => Err(format!("There is no line “{link}” on the board.")),
            };
        }
        let meant = suggest::did_you_mean(name, document.machines.iter().map(|m| m.name.as_str()));
        let meant = meant.unwrap_or_default();
        Err(format!("There is no machine “{}” on the board. {meant}", suggest::clip(name))
            .trim_end()
            .to_string())
    }
}

/// Where the name ends: the first equals sign that is no part of an arrow.
fn equals_sign(text: &str) -> Option<usize> {
    text.char_indices().find(|(i, c)| *c == '=' && !text[i + 1..].starts_with('>')).map(|(i, _)| i)
}

/// The parts between commas; a comma in parentheses belongs to a distribution.
fn items(text: &str) -> Vec<&str> {
    let mut depth = 0i32;
    text.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    })
    .collect()
}

fn read_item(parameter: &'static Parameter, item: &str) -> Result<Vec<Setting>, String> {
    let read = |text: &str| parameter.read(text).map_err(|e| format!("{}.", suggest::sentence(&e)));
    let mut parts = item.splitn(3, "..");
    let (Some(from), Some(to)) = (parts.next(), parts.next()) else { return Ok(vec![read(item)?]) };
    let counted = matches!(parameter.domain, Domain::Count { .. });
    let step = match parts.next() {
        Some(step) => read(step)?,
        None if counted => Setting::Number(1.0),
        None => return Err(format!("“{}” needs a step, as in FROM..TO..STEP.", suggest::clip(item))),
    };
    let (from, to) = (read(from)?, read(to)?);
    let not_a_range = || {
        format!("“{}” is no range: a range goes up from one number or time to another.", suggest::clip(item))
    };
    let steps = match (&from, &to, &step) {
        (Setting::Number(a), Setting::Number(b), Setting::Number(s)) if a <= b && *s > 0.0 => {
            ((b - a) / s + 1e-9) as usize
        }
        (Setting::Time(a), Setting::Time(b), Setting::Time(s)) if a <= b && s.0 > 0 => {
            ((b.0 - a.0) / s.0) as usize
        }
        _ => return Err(not_a_range()),
    };
    if steps >= MOST_RUNS {
        return Err(format!("“{}” has more than {MOST_RUNS} values.", suggest::clip(item)));
    }
    let value = |i: usize| match (&from, &step) {
        (Setting::Number(a), Setting::Number(s)) => Setting::Number(a + s * i as f64),
        (Setting::Time(a), Setting::Time(s)) => Setting::Time(Duration(a.0 + s.0 * i as u64)),
        _ => from.clone(),
    };
    Ok((0..=steps).map(value).collect())
}

/// One combination of values: what it is called, and the board that has it.
#[derive(Clone, Debug)]
pub struct Variant {
    /// A value an axis, in the axes' order, as the notation writes them.
    pub values: Vec<String>,
    pub document: Arc<Document>,
}

/// Every combination of the axes' values; the last axis turns fastest. The error names the first variant that cannot
/// run, and why.
pub fn variants(document: &Document, axes: &[Axis], seeds: usize) -> Result<Vec<Variant>, String> {
    let count = axes.iter().try_fold(seeds, |n, axis| n.checked_mul(axis.values.len()));
    let count =
        count.filter(|n| *n <= MOST_RUNS).ok_or_else(|| format!("That is more than {MOST_RUNS} runs."))?;
    let mut all = Vec::new();
    for mut number in 0..count / seeds.max(1) {
        let mut variant = document.clone();
        let mut values = Vec::new();
        for axis in axes.iter().rev() {
            let index = number % axis.values.len();
            number /= axis.values.len();
            axis.apply(&mut variant, index);
            values.push(axis.write(index));
        }
        values.reverse();
        if let Some(problem) = problem::check(&variant).into_iter().find(Problem::is_error) {
            let named: Vec<String> =
                axes.iter().zip(&values).map(|(a, v)| format!("{}={v}", a.name)).collect();
            return Err(format!("With {}: {problem}", suggest::list(&named)));
        }
        all.push(Variant { values, document: Arc::new(variant) });
    }
    Ok(all)
}

/// What one run of a variant came to. Rates are a second of simulated time, shares from 0 to 1.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    pub seed: u64,
    pub throughput_per_s: f64,
    pub goodput_per_s: f64,
    /// Operations that ended well, of all that ended; None: none ended.
    pub success: Option<f64>,
    /// Latency of what ended well.
    pub p50: Option<Duration>,
    pub p99: Option<Duration>,
    pub price_per_hour: f64,
    /// The ids of the verdicts that are broken.
    pub broken: Vec<&'static str>,
}

impl Outcome {
    pub fn of(state: &State) -> Outcome {
        let total = &state.series.total;
        let seconds = state.now().as_secs().max(1e-9);
        let ended = total.ok + total.failed + total.unknown;
        let verdicts = state.judge().verdicts();
        Outcome {
            seed: state.document.seed,
            throughput_per_s: total.ok as f64 / seconds,
            goodput_per_s: total.good as f64 / seconds,
            success: (ended > 0).then(|| total.ok as f64 / ended as f64),
            p50: total.latency.quantile(0.5),
            p99: total.latency.quantile(0.99),
            price_per_hour: picture::price_per_hour(state),
            broken: verdicts.iter().filter(|v| v.state.is_broken()).map(|v| v.id).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;
    use crate::scenario::notation;
    use crate::stdx::Instant;

    const BOARD: &str =
        "users u rate=100/s\napp-server web\ndatabase db\ndatabase copy\nu -> web -> db\ndb => copy";

    fn board() -> Document {
        notation::parse(BOARD).unwrap()
    }

    /// The values that an axis takes, as the notation writes them.
    fn values(text: &str) -> Result<String, String> {
        let axis = Axis::read(text, &board())?;
        Ok((0..axis.values.len()).map(|i| axis.write(i)).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn an_axis_is_a_list_or_a_range() {
        for (text, wanted) in [
            ("web.clones=1..4", "1 2 3 4"),
            ("web.clones=1,2..8..3", "1 2 5 8"),
            ("u.rate=50/s..200/s..50/s", "50/s 100/s 150/s 200/s"),
            ("u.reads=80%..100%..10%", "80% 90% 100%"),
            ("web.service=exp(2ms),uniform(1ms,3ms)", "exp(2ms) uniform(1ms, 3ms)"),
            ("db=>copy.mode=async,sync", "async sync"),
            ("u->web.latency=1ms,2ms", "1ms 2ms"),
        ] {
            let spaceless = |text: String| text.replace(", ", ",");
            assert_eq!(values(text).map(spaceless), Ok(wanted.replace(", ", ",")), "{text}");
        }
    }

    #[test]
    fn what_is_no_axis_is_told() {
        for (text, says) in [
            ("web.clones", "has no values"),
            ("clones=3", "names no setting"),
            ("wbe.clones=3", "Did you mean web?"),
            ("web.clone=3", "Did you mean clones?"),
            ("db=>web.mode=async", "no line"),
            ("web.clones=0..4", "whole number"),
            ("web.clones=4..1", "goes up"),
            ("u.rate=1/s..9/s", "needs a step"),
            ("u.rate=1/s..900000/s..1/s", "values"),
        ] {
            let error = values(text).expect_err(text);
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn variants_are_every_combination_and_each_can_run() {
        let document = board();
        let axes = ["web.clones=1..2", "db=>copy.mode=async,sync"].map(|t| Axis::read(t, &document).unwrap());
        let all = variants(&document, &axes, 3).unwrap();
        let names: Vec<String> = all.iter().map(|v| v.values.join(" ")).collect();
        assert_eq!(names, ["1 async", "1 sync", "2 async", "2 sync"]);
        assert_eq!(all[3].document.machine("web").unwrap().clones(), 2);
        assert!(variants(&document, &axes, MOST_RUNS).is_err());
        assert_eq!(variants(&document, &[], 3).unwrap().len(), 1);
    }

    #[test]
    fn more_clones_bear_more_load() {
        let mut document = board();
        document.until = Duration::from_secs(4);
        let axes = ["u.rate=2000/s", "web.service=exp(10ms)", "web.clones=1,4"];
        let axes = axes.map(|t| Axis::read(t, &document).unwrap());
        let goodput: Vec<f64> = variants(&document, &axes, 1)
            .unwrap()
            .iter()
            .map(|variant| {
                let mut run = Run::new(&variant.document).onward();
                run.advance_to(Instant::START + document.until, u64::MAX);
                Outcome::of(run.state()).goodput_per_s
            })
            .collect();
        assert!(goodput[1] > 2.0 * goodput[0], "{goodput:?}");
    }
}
