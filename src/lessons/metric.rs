//! What a goal, a prediction or a number in the prose can measure: by name, over a stretch of a run. It judges nothing.

use crate::components::Machine as _;
use crate::components::parts::gauge::Counters;
use crate::history::Cause;
use crate::metrics::series::Total;
use crate::run::picture;
use crate::run::state::State;
use crate::stdx::Duration;
use crate::stdx::grouping::grouped;
use std::collections::BTreeMap;
use std::fmt;

/// One thing that can be measured.
#[derive(Clone, PartialEq, Debug)]
pub enum Metric {
    /// Share of operations that ended well, of all that ended.
    Success,
    /// Operations that ended well, a second.
    Throughput,
    Goodput,
    /// Percentile of the latency of what ended well, in seconds.
    Latency(u8),
    /// Answers that were older than an acknowledged value, and their share of the reads.
    StaleReads,
    /// Users logged out; things lost with their carts.
    LoggedOut,
    /// Operations that ended so, by cause: `timed out`, `connection refused`…
    Errors(Cause),
    /// Dollars an hour, of the drawing.
    Price,
    /// A verdict's state, by its id: holds (not broken in this stretch, and checked), or broken.
    Verdict {
        id: String,
        holds: bool,
    },
    /// `acted CP`, `acted AP`, `gave up both`.
    Acted(String),
    /// Operations answered well on one side of the cut: `answered on side B`.
    Side {
        letter: char,
        answered: bool,
    },
    /// Of one card: `hits of cache`, `busy of db`, `arrivals of db`, `waiting of web`.
    Of {
        what: What,
        card: String,
    },
}

/// What is measured of one card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Share of look-ups that hit.
    Hits,
    /// Share of the workers' time that is worked.
    Busy,
    Arrivals,
    Completions,
    Refused,
    Waiting,
}

const WHATS: [(&str, What); 6] = [
    ("hits", What::Hits),
    ("busy", What::Busy),
    ("arrivals", What::Arrivals),
    ("completions", What::Completions),
    ("refused", What::Refused),
    ("waiting", What::Waiting),
];

const LABELS: [(&str, &str); 3] =
    [("acted CP", "acted CP"), ("acted AP", "acted AP"), ("gave up both", "gave up both")];

impl Metric {
    /// A statement that is true or not: `acted CP`, `linearizable holds`, `read-your-writes broken`.
    pub fn statement(text: &str) -> Option<Metric> {
        if let Some((_, label)) = LABELS.iter().find(|(name, _)| *name == text) {
            return Some(Metric::Acted(label.to_string()));
        }
        let (id, state) = text.rsplit_once(' ')?;
        let known = crate::judge::Judge::new().verdicts().iter().any(|v| v.id == id);
        match state {
            "holds" | "broken" if known => {
                Some(Metric::Verdict { id: id.to_string(), holds: state == "holds" })
            }
            _ => None,
        }
    }

    /// A measure by name.
    pub fn named(name: &str) -> Option<Metric> {
        let simple = match name {
            "success" => Metric::Success,
            "throughput" => Metric::Throughput,
            "goodput" => Metric::Goodput,
            "p50" => Metric::Latency(50),
            "p95" => Metric::Latency(95),
            "p99" => Metric::Latency(99),
            "stale reads" => Metric::StaleReads,
            "logged out" => Metric::LoggedOut,
            "price" => Metric::Price,
            _ => {
                if let Some(letter) = name.strip_prefix("answered on side ") {
                    return one_letter(letter).map(|letter| Metric::Side { letter, answered: true });
                }
                if let Some(letter) = name.strip_prefix("failed on side ") {
                    return one_letter(letter).map(|letter| Metric::Side { letter, answered: false });
                }
                if let Some((what, card)) = name.split_once(" of ") {
                    let what = WHATS.iter().find(|(n, _)| *n == what)?.1;
                    return Some(Metric::Of { what, card: card.trim().to_string() });
                }
                return Cause::ALL.into_iter().find(|c| c.name() == name).map(Metric::Errors);
            }
        };
        Some(simple)
    }

    pub fn stands_alone(&self) -> bool {
        matches!(self, Metric::Verdict { .. } | Metric::Acted(_))
    }

    /// Whether it is a sum over the stretch, which never gets smaller.
    pub fn only_grows(&self) -> bool {
        match self {
            Metric::StaleReads | Metric::LoggedOut | Metric::Errors(_) | Metric::Side { .. } => true,
            Metric::Verdict { holds, .. } => !holds,
            Metric::Of { what, .. } => matches!(what, What::Arrivals | What::Completions | What::Refused),
            _ => false,
        }
    }

    /// Its value as goals write it.
    pub fn write(&self, value: f64) -> String {
        match self {
            Metric::Success | Metric::Of { what: What::Hits | What::Busy, .. } => {
                format!("{}%", (value * 1e6).round() / 1e4)
            }
            Metric::Latency(_) => Duration::from_secs_f64(value).to_string(),
            Metric::Throughput | Metric::Goodput => format!("{value}/s"),
            _ => format!("{value}"),
        }
    }

    /// Its value in a person's words.
    pub fn say(&self, value: f64) -> String {
        match self {
            Metric::Success | Metric::Of { what: What::Hits | What::Busy, .. } => {
                let percent = value * 100.0;
                // 99.96 % of success must not read as all.
                if percent > 99.0 && percent < 100.0 {
                    format!("{percent:.2} %")
                } else {
                    format!("{percent:.0} %")
                }
            }
            Metric::Latency(_) => {
                let (number, unit) = picture::split(Duration::from_secs_f64(value));
                format!("{number} {unit}")
            }
            Metric::Throughput | Metric::Goodput => format!("{} a second", grouped(&format!("{value:.0}"))),
            Metric::Price => format!("{value:.2} $ an hour"),
            Metric::Verdict { holds, .. } => {
                let yes = value >= 1.0;
                if yes == *holds { "holds".into() } else { "broken".into() }
            }
            _ => grouped(&format!("{value:.0}")),
        }
    }

    /// Its value over the stretch from one reading to another; None when there was nothing to measure.
    pub fn value(&self, from: &Reading, to: &Reading, state: &State) -> Option<f64> {
        let share = |part: u64, all: u64| (all > 0).then(|| part as f64 / all as f64);
        let seconds = to.at - from.at;
        let per_second = |n: u64| (seconds > 0.0).then(|| n as f64 / seconds);
        let (a, b) = (&from.total, &to.total);
        let bad = |t: &Total| t.failed + t.unknown;
        match self {
            Metric::Success => share(b.ok - a.ok, b.ok - a.ok + bad(b) - bad(a)),
            Metric::Throughput => per_second(b.ok - a.ok),
            Metric::Goodput => per_second(b.good - a.good),
            Metric::Latency(percent) => {
                let between = b.latency.since(&a.latency);
                between.quantile(*percent as f64 / 100.0).map(|d| d.as_secs())
            }
            Metric::StaleReads => Some((to.stale - from.stale) as f64),
            Metric::LoggedOut => Some((to.sum(|c| c.sessions_lost) - from.sum(|c| c.sessions_lost)) as f64),
            Metric::Errors(cause) => {
                let count = |t: &Total| t.errors.get(cause).copied().unwrap_or(0);
                Some((count(b) - count(a)) as f64)
            }
            Metric::Price => Some(picture::price_per_hour(state)),
            Metric::Verdict { id, holds } => {
                let (was, is) = (from.verdicts.get(id.as_str())?, to.verdicts.get(id.as_str())?);
                let broke = is.0 > was.0;
                if !broke && *holds && is.1 == was.1 {
                    return None;
                }
                Some(f64::from(broke != *holds))
            }
            Metric::Acted(label) => Some(f64::from(state.judge().cap().label.name() == label)),
            Metric::Side { letter, answered } => {
                let index = (*letter as u8 - b'A') as usize;
                let count = |r: &Reading| {
                    let (ok, all) = r.sides.get(index).copied().unwrap_or((0, 0));
                    if *answered { ok } else { all - ok }
                };
                Some(count(to).saturating_sub(count(from)) as f64)
            }
            Metric::Of { what, card } => {
                let (was, is) = (from.cards.get(card)?, to.cards.get(card)?);
                let count = |n: u64| Some(n as f64);
                let (w, i) = (&was.counters, &is.counters);
                match what {
                    What::Hits => share(i.hits - w.hits, i.hits + i.misses - w.hits - w.misses),
                    What::Busy => {
                        let all = (seconds * 1e9) * is.workers as f64;
                        (all > 0.0).then(|| (is.busy - was.busy) as f64 / all)
                    }
                    What::Arrivals => count(i.arrivals - w.arrivals),
                    What::Completions => count(i.completions - w.completions),
                    What::Refused => count(i.refused - w.refused),
                    What::Waiting => Some(is.waiting as f64),
                }
            }
        }
    }
}

/// Of the latest partition, by side: operations answered well, and all that clients there asked for.
fn sides(state: &State) -> Vec<(u64, u64)> {
    let cap = state.judge().cap();
    let Some(partition) = cap.partitions.last() else { return Vec::new() };
    partition.sides.iter().map(|s| (s.succeeded, s.asked)).collect()
}

fn one_letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|c| c.is_ascii_uppercase() && letters.next().is_none())
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Success => f.write_str("success"),
            Metric::Throughput => f.write_str("throughput"),
            Metric::Goodput => f.write_str("goodput"),
            Metric::Latency(percent) => write!(f, "p{percent}"),
            Metric::StaleReads => f.write_str("stale reads"),
            Metric::LoggedOut => f.write_str("logged out"),
            Metric::Errors(cause) => f.write_str(cause.name()),
            Metric::Price => f.write_str("price"),
            Metric::Verdict { id, holds } => write!(f, "{id} {}", if *holds { "holds" } else { "broken" }),
            Metric::Acted(label) => f.write_str(label),
            Metric::Side { letter, answered: true } => write!(f, "answered on side {letter}"),
            Metric::Side { letter, answered: false } => write!(f, "failed on side {letter}"),
            Metric::Of { what, card } => {
                let word = WHATS.iter().find(|(_, w)| w == what).map_or("?", |(n, _)| n);
                write!(f, "{word} of {card}")
            }
        }
    }
}

/// What one card has come to.
#[derive(Clone, Debug, Default)]
pub struct CardReading {
    counters: Counters,
    busy: u128,
    workers: u32,
    waiting: u32,
}

/// All that has been counted up to an instant: a metric's value is a difference of two of these.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub at: f64,
    total: Total,
    cards: BTreeMap<String, CardReading>,
    /// Broken and checked counts by verdict.
    verdicts: BTreeMap<&'static str, (u64, u64)>,
    stale: u64,
    /// By side: answered well, and all.
    sides: Vec<(u64, u64)>,
}

impl Reading {
    pub fn of(state: &State) -> Reading {
        let cards = state.cast.cards.iter().map(|card| {
            let mut reading = CardReading::default();
            for node in &card.nodes {
                let component = state.world.get(*node);
                let gauge = component.gauge();
                reading.counters.add(&gauge.counters);
                reading.workers += gauge.workers;
                reading.waiting += gauge.waiting;
                reading.busy += component.tally().map_or(0, |t| t.busy);
            }
            (card.name.clone(), reading)
        });
        let verdicts = state.judge().verdicts();
        let count = |v: Option<&crate::judge::Verdict>| v.map_or(0, |v| v.state.count());
        Reading {
            at: state.now().as_secs(),
            total: state.series.total.clone(),
            cards: cards.collect(),
            verdicts: verdicts.iter().map(|v| (v.id, (v.state.count(), v.checked))).collect(),
            stale: count(verdicts.iter().find(|v| v.id == "fresh")),
            sides: sides(state),
        }
    }

    fn sum(&self, of: impl Fn(&Counters) -> u64) -> u64 {
        self.cards.values().map(|c| of(&c.counters)).sum()
    }
}
