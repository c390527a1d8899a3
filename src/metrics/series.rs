//! The charts' data: a bounded row of buckets of simulated time. When the row is full, neighbours are merged and every
//! bucket covers twice the time, so a run of any length fits. It may know nothing but the history.

use crate::history::{Cause, Entry, Outcome, Process, Record};
use crate::stdx::{Duration, Instant, histogram::Histogram};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Buckets at most; the row is halved when it is full.
pub const BUCKETS: usize = 1024;
/// The first width of a bucket.
pub const WIDTH: Duration = Duration::from_millis(100);

/// One finished bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    pub from: Instant,
    pub invoked: u64,
    pub ok: u64,
    /// Ok within the client's time-out counted from the first attempt.
    pub good: u64,
    pub latency: Arc<Histogram>,
    pub errors: Arc<BTreeMap<Cause, u64>>,
    /// The worst age of an answer: how long a newer value had been acknowledged.
    pub stale: Duration,
    /// Waiting lines by card at the bucket's end.
    pub waiting: Arc<[u32]>,
}

/// The bucket that is being filled.
#[derive(Clone, Debug, Default)]
struct Open {
    invoked: u64,
    ok: u64,
    good: u64,
    latency: Histogram,
    errors: BTreeMap<Cause, u64>,
}

#[derive(Clone, Debug)]
pub struct Series {
    width: Duration,
    buckets: Vec<Bucket>,
    open: Open,
    opened: Instant,
    deadlines: BTreeMap<Process, Duration>,
    /// Of the whole run.
    pub total: Total,
}

/// The whole run's sums.
#[derive(Clone, Debug, Default)]
pub struct Total {
    pub invoked: u64,
    pub ok: u64,
    pub good: u64,
    pub failed: u64,
    pub unknown: u64,
    pub latency: Histogram,
    pub errors: BTreeMap<Cause, u64>,
}

impl Total {
    /// Operations that have neither succeeded nor failed.
    pub fn in_flight(&self) -> u64 {
        self.invoked - self.ok - self.failed - self.unknown
    }

    /// What was added since `earlier`, which are these sums as they were once.
    pub fn since(&self, earlier: &Total) -> Total {
        let before = |cause: &Cause| earlier.errors.get(cause).copied().unwrap_or(0);
        Total {
            invoked: self.invoked - earlier.invoked,
            ok: self.ok - earlier.ok,
            good: self.good - earlier.good,
            failed: self.failed - earlier.failed,
            unknown: self.unknown - earlier.unknown,
            latency: self.latency.since(&earlier.latency),
            errors: self.errors.iter().map(|(cause, n)| (*cause, n - before(cause))).collect(),
        }
    }
}

impl Series {
    pub fn new() -> Series {
        Series {
            width: WIDTH,
            buckets: Vec::new(),
            open: Open::default(),
            opened: Instant::START,
            deadlines: BTreeMap::new(),
            total: Total::default(),
        }
    }

    /// The time-out of a machine of users: answers within it are goodput.
    pub fn deadline(&mut self, client: Process, deadline: Duration) {
        self.deadlines.insert(client, deadline);
    }

    pub fn read(&mut self, entry: &Entry) {
        match entry.record {
            Record::Invoke(_) => {
                self.open.invoked += 1;
                self.total.invoked += 1;
            }
            Record::Return { op, outcome } => {
                let latency = entry.at - op.invoked;
                match outcome {
                    Outcome::Ok { .. } => {
                        let within = self.deadlines.get(&op.client).is_none_or(|d| latency <= *d);
                        self.open.ok += 1;
                        self.open.good += within as u64;
                        self.open.latency.record(latency);
                        self.total.ok += 1;
                        self.total.good += within as u64;
                        self.total.latency.record(latency);
                    }
                    Outcome::Fail(cause) | Outcome::Unknown(cause) => {
                        *self.open.errors.entry(cause).or_default() += 1;
                        *self.total.errors.entry(cause).or_default() += 1;
                        match outcome {
                            Outcome::Fail(_) => self.total.failed += 1,
                            _ => self.total.unknown += 1,
                        }
                    }
                }
            }
            Record::Fact(_) => {}
        }
    }

    /// An answer was this old, in the bucket that was closed last: a newer value had been acknowledged for so long when
    /// it was asked for.
    pub fn stale(&mut self, age: Duration) {
        if let Some(bucket) = self.buckets.last_mut() {
            bucket.stale = bucket.stale.max(age);
        }
    }

    /// When the open bucket ends: the run calls `close` then.
    pub fn closes_at(&self) -> Instant {
        self.opened + self.width
    }

    /// Ends the open bucket; `waiting` are the cards' waiting lines now.
    pub fn close(&mut self, waiting: Vec<u32>) {
        let open = std::mem::take(&mut self.open);
        self.buckets.push(Bucket {
            from: self.opened,
            invoked: open.invoked,
            ok: open.ok,
            good: open.good,
            latency: Arc::new(open.latency),
            errors: Arc::new(open.errors),
            stale: Duration::ZERO,
            waiting: waiting.into(),
        });
        self.opened += self.width;
        if self.buckets.len() >= BUCKETS {
            self.halve();
        }
    }

    fn halve(&mut self) {
        self.buckets = self.buckets.chunks(2).map(merge).collect();
        self.width = self.width.saturating_mul(2);
    }

    pub fn width(&self) -> Duration {
        self.width
    }

    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }
}

fn merge(pair: &[Bucket]) -> Bucket {
    let [a, b] = pair else { return pair[0].clone() };
    let mut latency = Histogram::clone(&a.latency);
    latency.merge(&b.latency);
    let mut errors = BTreeMap::clone(&a.errors);
    b.errors.iter().for_each(|(cause, n)| *errors.entry(*cause).or_default() += n);
    Bucket {
        from: a.from,
        invoked: a.invoked + b.invoked,
        ok: a.ok + b.ok,
        good: a.good + b.good,
        latency: Arc::new(latency),
        errors: Arc::new(errors),
        stale: a.stale.max(b.stale),
        waiting: b.waiting.clone(),
    }
}

impl Default for Series {
    fn default() -> Series {
        Series::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Key, Kind, Op, OpId, SessionId, Value};

    fn entries(at: Instant, took: Duration, outcome: Outcome) -> [Entry; 2] {
        let op = Op {
            id: OpId(1),
            client: Process(0),
            session: SessionId(0),
            kind: Kind::Read,
            key: Key(0),
            value: Value::INITIAL,
            invoked: at,
        };
        [
            Entry { at, record: Record::Invoke(op) },
            Entry { at: at + took, record: Record::Return { op, outcome } },
        ]
    }

    #[test]
    fn a_long_run_fits_and_loses_no_count() {
        let mut series = Series::new();
        series.deadline(Process(0), Duration::from_millis(5));
        let mut operations = 0u64;
        for tick in 0..5_000u64 {
            let at = series.closes_at();
            let outcome = match tick % 3 {
                0 => Outcome::Fail(Cause::Full),
                _ => Outcome::Ok { value: Value::INITIAL },
            };
            for entry in entries(at, Duration::from_millis(tick % 10), outcome) {
                series.read(&entry);
            }
            operations += 1;
            series.close(vec![tick as u32]);
        }
        let buckets = series.buckets();
        assert!(buckets.len() < BUCKETS && series.width() > WIDTH);
        assert_eq!(buckets.iter().map(|b| b.invoked).sum::<u64>(), operations);
        assert_eq!(buckets.iter().map(|b| b.latency.count()).sum::<u64>(), series.total.ok);
        assert_eq!(
            buckets.iter().map(|b| b.errors.get(&Cause::Full).copied().unwrap_or(0)).sum::<u64>(),
            series.total.failed
        );
        assert!(series.total.good < series.total.ok, "answers after the deadline are no goodput");
        for pair in buckets.windows(2) {
            assert_eq!(pair[1].from - pair[0].from, series.width().min(pair[1].from - pair[0].from));
        }
    }
}
