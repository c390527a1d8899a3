//! Counts spans of time in log-linear buckets: percentiles within 0.8 %. It may not know what is timed.

use super::Duration;

/// Each power of two is parted into so many buckets, so a bucket is at most 1/64 of its value wide.
const SUB: u64 = 64;
const BITS: u32 = 6;

/// A histogram of spans. Grows with the largest value; empty it holds nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Histogram {
    counts: Vec<u32>,
    count: u64,
    sum: u128,
    max: u64,
}

fn bucket(nanos: u64) -> usize {
    if nanos < SUB {
        return nanos as usize;
    }
    let power = 63 - nanos.leading_zeros();
    let sub = (nanos >> (power - BITS)) - SUB;
    ((power - BITS + 1) as u64 * SUB + sub) as usize
}

/// The least value of a bucket, and how many values it holds.
fn extent(bucket: usize) -> (u64, u64) {
    let bucket = bucket as u64;
    if bucket < SUB {
        return (bucket, 1);
    }
    let (power, sub) = (bucket / SUB - 1, bucket % SUB);
    ((SUB + sub) << power, 1u64 << power)
}

/// The middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let (least, width) = extent(bucket);
    least + width / 2
}

impl Histogram {
    pub fn record(&mut self, span: Duration) {
        let i = bucket(span.0);
        if i >= self.counts.len() {
            self.counts.resize(i + 1, 0);
        }
        self.counts[i] = self.counts[i].saturating_add(1);
        self.count += 1;
        self.sum += span.0 as u128;
        self.max = self.max.max(span.0);
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Exact.
    pub fn mean(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration((self.sum / self.count as u128) as u64))
    }

    /// The exact mean in seconds.
    pub fn mean_secs(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum as f64 / self.count as f64 / 1e9 }
    }

    pub fn max(&self) -> Duration {
        Duration(self.max)
    }

    /// The value that a share `q` (0 to 1) of all are not above, within 0.8 %; None when empty.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        if self.count == 0 {
            return None;
        }
        let rank = ((q * self.count as f64).ceil() as u64).clamp(1, self.count);
        let mut seen = 0;
        for (i, n) in self.counts.iter().enumerate() {
            seen += *n as u64;
            if seen >= rank {
                return Some(Duration(middle(i).min(self.max)));
            }
        }
        Some(Duration(self.max))
    }

    /// The share of all that are not above this span, 0 to 1; None when empty. Exact at zero; else the values of the
    /// bucket that the span lies in count as evenly spread.
    pub fn share_within(&self, span: Duration) -> Option<f64> {
        let last = bucket(span.0);
        let before: u64 = self.counts.iter().take(last).map(|n| *n as u64).sum();
        let at = self.counts.get(last).copied().unwrap_or(0) as f64;
        let (least, width) = extent(last);
        let part = at * (span.0 - least + 1) as f64 / width as f64;
        (self.count > 0).then(|| ((before as f64 + part) / self.count as f64).min(1.0))
    }

    pub fn merge(&mut self, other: &Histogram) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (a, b) in self.counts.iter_mut().zip(&other.counts) {
            *a = a.saturating_add(*b);
        }
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// What has been recorded since `earlier`, which is this histogram as it was once. The maximum is exact when it is
    /// that of the whole, else within 0.8 %.
    pub fn since(&self, earlier: &Histogram) -> Histogram {
        let mut counts = self.counts.clone();
        for (now, was) in counts.iter_mut().zip(&earlier.counts) {
            *now = now.saturating_sub(*was);
        }
        let highest = counts.iter().rposition(|n| *n > 0);
        let max = highest.map_or(0, |i| if i == bucket(self.max) { self.max } else { middle(i) });
        Histogram { counts, count: self.count - earlier.count, sum: self.sum - earlier.sum, max }
    }

    pub fn clear(&mut self) {
        *self = Histogram::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_near_its_buckets_middle() {
        for nanos in (0..63).flat_map(|b| [1u64 << b, (1u64 << b) + (1u64 << b) / 3, (1u64 << b) * 2 - 1]) {
            let m = middle(bucket(nanos));
            let off = (m as f64 - nanos as f64).abs() / nanos as f64;
            assert!(off <= 0.008, "{nanos} is counted as {m}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_values() {
        let mut h = Histogram::default();
        let mut values: Vec<u64> =
            (0..10_000u64).map(|i| super::super::hash::mix(i) % 1_000_000_000).collect();
        values.iter().for_each(|v| h.record(Duration(*v)));
        values.sort();
        for q in [0.0, 0.01, 0.5, 0.95, 0.99, 1.0] {
            let exact = values[((q * 10_000.0_f64).ceil() as usize).clamp(1, 10_000) - 1] as f64;
            let ours = h.quantile(q).unwrap().0 as f64;
            assert!((ours / exact - 1.0).abs() < 0.02, "{q}: {ours} for {exact}");
        }
        let mean = values.iter().map(|v| *v as u128).sum::<u128>() / 10_000;
        assert_eq!(h.mean(), Some(Duration(mean as u64)));
    }

    #[test]
    fn what_came_later_is_told_apart() {
        let mut h = Histogram::default();
        (0..100).for_each(|_| h.record(Duration(10)));
        let earlier = h.clone();
        (0..100).for_each(|_| h.record(Duration(1000)));
        let later = h.since(&earlier);
        assert_eq!((later.count(), later.mean()), (100, Some(Duration(1000))));
        assert!(later.quantile(0.01).unwrap().0 > 980);
        assert_eq!(later.max(), Duration(1000));
        let none = h.since(&h);
        assert_eq!((none.count(), none.max(), none.quantile(0.5)), (0, Duration::ZERO, None));
    }

    #[test]
    fn shares_are_those_of_the_values() {
        let mut h = Histogram::default();
        assert_eq!(h.share_within(Duration(5)), None);
        (0..100).for_each(|_| h.record(Duration::ZERO));
        (1..=300u64).for_each(|i| h.record(Duration(i * 1000)));
        assert_eq!(h.share_within(Duration::ZERO), Some(0.25));
        let half = h.share_within(Duration(100_000)).unwrap();
        assert!((half - 0.5).abs() < 0.005, "{half}");
        assert_eq!(h.share_within(Duration(1 << 40)), Some(1.0));
    }

    #[test]
    fn two_merged_are_as_one() {
        let (mut a, mut b, mut both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for i in 0..1000u64 {
            let d = Duration(i * i * 7);
            if i % 2 == 0 {
                a.record(d)
            } else {
                b.record(d)
            }
            both.record(d);
        }
        a.merge(&b);
        assert_eq!(a, both);
    }
}
