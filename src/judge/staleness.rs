//! Staleness of reads: how many acknowledged newer versions there were when a read began, for how long there had been
//! one, and how likely a read is to be fresh at a time after the last acknowledged write (the curve of Bailis et al.,
//! "Probabilistically bounded staleness for practical partial quorums", VLDB 2012).
//! It reads writes and reads, and the store's order of writes where there is one.

use super::map::{Keyed, Recent};
use super::verdict::{Tally, Verdict};
use super::witness::{Pattern, Seen, Witness, say};
use crate::history::{Entry, Fact, Key, Outcome, Record, Value};
use crate::stdx::histogram::Histogram;
use crate::stdx::table::Table;
use crate::stdx::{Duration, Instant};
use std::collections::VecDeque;
use std::sync::Arc;

/// Acknowledged writes remembered per key: a read is never called more versions behind than this.
const VERSIONS: usize = 64;
/// Positions remembered of writes whose outcome stayed unknown.
const ADRIFT: usize = 1 << 10;
/// Beginnings of the curve's intervals in microseconds.
const CURVE: [u64; 17] = [
    0, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000,
    5_000_000, 10_000_000, 20_000_000, 60_000_000,
];

/// The latest acknowledged writes of a key, in the order of their acknowledgements.
#[derive(Clone, Default, Debug)]
struct Line {
    writes: VecDeque<Acknowledged>,
    /// The highest position among all that ever were here.
    top: u64,
}

#[derive(Clone, Copy, Debug)]
struct Acknowledged {
    seen: Seen,
    /// In the store's order; 0 where it is not known.
    position: u64,
}

/// What a read did not see.
#[derive(Default)]
struct Missed<'a> {
    /// The write whose value it returned, if that was acknowledged.
    own: Option<&'a Acknowledged>,
    /// Newer writes that were acknowledged before it began, and the first of them.
    behind: usize,
    first: Option<&'a Seen>,
    /// The last acknowledgement before it began.
    last: Option<Instant>,
}

#[derive(Clone, Debug)]
pub struct Staleness {
    /// Shared with checkpoints until there is another write.
    keys: Keyed<Arc<Line>>,
    /// Positions of writes that wait for their answer, and of those that never got one.
    ordered: Table<u64>,
    adrift: Recent<Value, u64>,
    counts: Reads,
    stale: Tally,
    /// Whether the read that was judged last was.
    latest: bool,
    /// The oldest answer since somebody asked for it last.
    worst: Duration,
}

impl Default for Staleness {
    fn default() -> Staleness {
        Staleness {
            keys: Keyed::default(),
            ordered: Table::default(),
            adrift: Recent::new(ADRIFT),
            counts: Reads::default(),
            stale: Tally::default(),
            latest: false,
            worst: Duration::ZERO,
        }
    }
}

/// What was counted of reads.
#[derive(Clone, Default, Debug)]
pub struct Reads {
    reads: u64,
    stale: u64,
    /// Reads by versions behind.
    behind: Vec<u64>,
    ages: Histogram,
    /// Fresh reads and all reads by the time since the last acknowledgement.
    curve: [(u64, u64); CURVE.len()],
}

impl Reads {
    /// What has been counted since `earlier`, which are these counts as they were once.
    pub fn since(&self, earlier: &Reads) -> Reads {
        let mut now = self.clone();
        now.reads -= earlier.reads;
        now.stale -= earlier.stale;
        now.behind.iter_mut().zip(&earlier.behind).for_each(|(now, was)| *now -= was);
        now.behind.truncate(now.behind.iter().rposition(|reads| *reads > 0).map_or(0, |last| last + 1));
        now.ages = now.ages.since(&earlier.ages);
        for ((fresh, reads), (was_fresh, were)) in now.curve.iter_mut().zip(&earlier.curve) {
            (*fresh, *reads) = (*fresh - was_fresh, *reads - were);
        }
        now
    }

    pub fn figures(&self) -> StalenessFigures {
        let quantile = |share: f64| {
            let rank = (self.reads as f64 * share) as u64;
            let mut below = 0;
            let versions = self.behind.iter().position(|n| {
                below += n;
                below > rank
            });
            versions.unwrap_or(self.behind.len().saturating_sub(1)) as u32
        };
        let age = |share| self.ages.quantile(share).unwrap_or(Duration::ZERO);
        let points = CURVE.iter().zip(&self.curve).filter(|(_, (_, reads))| *reads > 0);
        StalenessFigures {
            reads: self.reads,
            stale: self.stale,
            versions: Spread {
                p50: quantile(0.5),
                p99: quantile(0.99),
                max: self.behind.len().saturating_sub(1) as u32,
            },
            mean_versions: self.behind.iter().zip(0u64..).map(|(n, v)| n * v).sum::<u64>() as f64
                / self.reads.max(1) as f64,
            behind: self.behind.clone(),
            age: Spread { p50: age(0.5), p99: age(0.99), max: self.ages.max() },
            curve: points
                .map(|(micros, (fresh, reads))| CurvePoint {
                    after: Duration::from_micros(*micros),
                    fresh: *fresh as f64 / *reads as f64,
                    reads: *reads,
                })
                .collect(),
        }
    }
}

/// The middle, the worst hundredth and the worst of all reads, fresh ones included.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Spread<T> {
    pub p50: T,
    pub p99: T,
    pub max: T,
}

/// One interval of the curve.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CurvePoint {
    /// Time since the last acknowledged write of the key: from here to the next point.
    pub after: Duration,
    /// Share of the reads that returned it or something newer.
    pub fresh: f64,
    pub reads: u64,
}

#[derive(Clone, PartialEq, Debug)]
pub struct StalenessFigures {
    pub reads: u64,
    pub stale: u64,
    /// Acknowledged newer versions when the read began; and the reads by that number.
    pub versions: Spread<u32>,
    /// Their mean over all reads.
    pub mean_versions: f64,
    pub behind: Vec<u64>,
    /// Time from the acknowledgement of the first newer version to the beginning of the read.
    pub age: Spread<Duration>,
    /// Intervals without reads are left out.
    pub curve: Vec<CurvePoint>,
}

impl Staleness {
    pub fn read(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Return { op, outcome: Outcome::Ok { value } } if op.kind.on_register() => {
                let seen = Seen::done(*op, Outcome::Ok { value: *value }, entry.at);
                if op.kind.writes() {
                    let position = self.ordered.remove(op.value.0).unwrap_or(0);
                    let line = Arc::make_mut(self.keys.of(op.key));
                    if line.writes.len() == VERSIONS {
                        line.writes.pop_front();
                    }
                    line.writes.push_back(Acknowledged { seen, position });
                    line.top = line.top.max(position);
                } else {
                    self.observe(seen, *value);
                }
            }
            Record::Return { op, .. } if op.kind.on_register() && op.kind.writes() => {
                if let Some(position) = self.ordered.remove(op.value.0) {
                    *self.adrift.of(op.value) = position;
                }
            }
            Record::Invoke(op) if op.kind.on_register() && op.kind.writes() => {
                self.ordered.insert(op.value.0, 0);
            }
            Record::Fact(Fact::Ordered { value, position, .. }) => match self.ordered.get_mut(value.0) {
                Some(place) => *place = *position,
                None => *self.adrift.of(*value) = *position,
            },
            _ => {}
        }
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        self.stale.count()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        let figures = self.figures();
        let detail = match figures.stale {
            0 => String::new(),
            stale => format!(
                "{stale} of {} reads were out of date, at worst {} versions and {} behind",
                figures.reads,
                figures.versions.max,
                say(figures.age.max)
            ),
        };
        out.push(Verdict {
            id: "fresh",
            name: "Fresh",
            meaning: "Every read returns the newest version that was acknowledged before it began.",
            state: self.stale.state(figures.reads),
            checked: figures.reads,
            detail,
        });
    }

    /// The age of the oldest answer since the last call: for a chart, bucket by bucket.
    pub fn take_worst(&mut self) -> Duration {
        std::mem::take(&mut self.worst)
    }

    /// Writes remembered: what memory grows with.
    pub fn retained(&self) -> usize {
        self.keys.iter().map(|line| line.writes.len()).sum::<usize>() + self.ordered.len() + self.adrift.len()
    }

    /// What was counted of the reads so far.
    pub fn reads(&self) -> &Reads {
        &self.counts
    }

    pub fn figures(&self) -> StalenessFigures {
        self.counts.figures()
    }

    /// Whether the read that was judged last was stale.
    pub fn latest_is_stale(&self) -> bool {
        self.latest
    }

    /// Whether an answer to a request that came at `asked` shows less of the key than had been acknowledged by then.
    pub fn is_stale(&self, key: Key, value: Value, asked: Instant) -> bool {
        self.keys.get(key).is_some_and(|line| self.missed(line, value, asked).behind > 0)
    }

    /// What of these acknowledged writes a read that began at `start` and returned the value did not see.
    fn missed<'a>(&self, line: &'a Line, value: Value, start: Instant) -> Missed<'a> {
        let list = &line.writes;
        // What waits for its answer is not acknowledged; and what has the highest position is no older than anything.
        let waiting = self.ordered.get(value.0);
        if waiting.is_some_and(|position| position > line.top) {
            let last = list.iter().rfind(|a| a.seen.end() < start).map(|a| a.seen.end());
            return Missed { last, ..Missed::default() };
        }
        let own = list.iter().rfind(|a| waiting.is_none() && a.seen.op.value == value);
        let position = match own {
            Some(own) => own.position,
            None => waiting.or_else(|| self.adrift.get(&value).copied()).unwrap_or(0),
        };
        // Without the store's order a write is newer than what it was asked for after the acknowledgement of.
        let newer = |a: &Acknowledged| match own {
            _ if a.seen.op.value == value => false,
            _ if value == Value::INITIAL => true,
            _ if a.position > 0 && position > 0 => a.position > position,
            Some(own) => a.seen.op.invoked > own.seen.end(),
            // What was read is not acknowledged and has no position: nothing is known to be newer.
            None => false,
        };
        let since = own.map_or(Instant::START, |a| a.seen.op.invoked);
        let mut behind = 0;
        let mut first = None;
        let mut last = None;
        for acknowledged in list.iter().rev().take_while(|a| a.seen.end() >= since) {
            if acknowledged.seen.end() >= start {
                continue;
            }
            last.get_or_insert(acknowledged.seen.end());
            if newer(acknowledged) {
                behind += 1;
                first = Some(&acknowledged.seen);
            }
        }
        Missed { own, behind, first, last }
    }

    fn observe(&mut self, seen: Seen, value: Value) {
        let start = seen.op.invoked;
        let line = self.keys.get(seen.op.key);
        let missed = line.map_or(Missed::default(), |line| self.missed(line, value, start));
        let Missed { own, behind, first, last } = missed;
        self.latest = behind > 0;
        let counts = &mut self.counts;
        counts.reads += 1;
        counts.stale += u64::from(behind > 0);
        if behind >= counts.behind.len() {
            counts.behind.resize(behind + 1, 0);
        }
        counts.behind[behind] += 1;
        let age = first.map_or(Duration::ZERO, |f| start.since(f.end()));
        self.worst = self.worst.max(age);
        counts.ages.record(age);
        // The time since the last acknowledgement is known unless what was read was acknowledged earlier than all.
        if let Some(last) = last.or(own.map(|a| a.seen.end()).filter(|end| *end < start)) {
            let micros = start.since(last).0 / 1_000;
            let interval = CURVE.partition_point(|edge| *edge <= micros) - 1;
            counts.curve[interval].1 += 1;
            counts.curve[interval].0 += u64::from(behind == 0);
        }
        if let Some(first) = first {
            let older = own.map(|a| a.seen);
            let (pattern, key) = (Pattern::Overwritten, seen.op.key);
            self.stale.add(Witness::new(pattern, key, seen.end(), *first, seen, &[older]));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::history::{Fact, Key, Value};
    use crate::judge::drawn::{history, judge, states, told};
    use crate::stdx::Duration;

    #[test]
    fn versions_and_age_count_from_the_first_newer_acknowledgement() {
        let drawing = "
            ann |-w1-| |-w2-| |-w3-|
            bob                        |-r1-|  |-r3-|";
        let entries = history(drawing);
        assert_eq!(states(&entries, &["fresh"]), "fresh: broken 1");
        let figures = judge(&entries).staleness.figures();
        // The second write was acknowledged at column 28, the read began at 39.
        assert_eq!((figures.reads, figures.stale, figures.versions.max), (2, 1, 2));
        assert_eq!(figures.age.max, Duration::from_millis(39 - 28));
        let curve: Vec<_> = figures.curve.iter().map(|p| (p.after.as_millis(), p.fresh, p.reads)).collect();
        assert_eq!(curve, [(2.0, 0.0, 1), (10.0, 1.0, 1)]);
    }

    #[test]
    fn a_concurrent_write_makes_nothing_stale() {
        let fresh = "
            ann |-w1-|  |---w2---|
            bob            |-r1-|";
        assert_eq!(states(&history(fresh), &["fresh"]), "fresh: holds");
        assert_eq!(states(&history("ann |-w1-|"), &["fresh"]), "fresh: not exercised");
    }

    #[test]
    fn where_the_store_orders_writes_its_order_counts() {
        let drawing = "
            ann |----w1----|
            bob  |----w2----|
            eve               |-r1-|";
        let ordered = |at, value, position| {
            let (set, key, over) = (0, Key(0), Value::INITIAL);
            (at, Fact::Ordered { set, key, value: Value(value), over, position })
        };
        assert_eq!(states(&history(drawing), &["fresh"]), "fresh: holds");
        let first = told(drawing, &[ordered(20, 1, 1), ordered(21, 2, 2)]);
        assert_eq!(states(&first, &["fresh"]), "fresh: broken 1");
        let last = told(drawing, &[ordered(20, 2, 1), ordered(21, 1, 2)]);
        assert_eq!(states(&last, &["fresh"]), "fresh: holds");
    }

    #[test]
    fn what_was_counted_before_can_be_left_out() {
        let entries = history(
            "
            ann |-w1-| |-w2-|       |-w3-|
            ben              |-r1-|        |-r3-|
            ",
        );
        let reads = |upto: usize| judge(&entries[..upto]).staleness.reads().clone();
        let whole = reads(entries.len());
        let begun = (0..entries.len()).find(|upto| reads(*upto).figures().reads == 1).unwrap();
        assert_eq!((whole.figures().reads, whole.figures().stale, whole.figures().versions.max), (2, 1, 1));
        let rest = whole.since(&reads(begun)).figures();
        assert_eq!((rest.reads, rest.stale, rest.versions.max, rest.behind), (1, 0, 0, vec![1]));
        assert_eq!(whole.since(&whole).figures().reads, 0);
    }
}
