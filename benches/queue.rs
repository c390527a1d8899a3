//! The event queue against the standard library's binary heap, side by side in one run: `cargo bench --bench queue`.
//! It may not judge: it prints items taken per second and the ratio, which is what a machine's mood changes least.
#![expect(clippy::disallowed_types, reason = "a bench measures real time")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use tradeoff::stdx::priority_queue::Queue;
use tradeoff::stdx::{Distribution, Duration, Instant, Random};

/// What an event of the simulation weighs; compared by time and number only.
#[derive(Clone, Copy)]
struct Item<const WORDS: usize> {
    kind: u64,
    rest: [u64; WORDS],
}

trait Pending<T> {
    fn empty() -> Self;
    fn push(&mut self, at: Instant, item: T);
    fn push_after(&mut self, now: Instant, span: Duration, item: T);
    fn pop(&mut self) -> Option<(Instant, T)>;
}

/// The peer: ties in order by a number, as the queue has it.
struct Heap<T>(BinaryHeap<Reverse<Entry<T>>>, u64);

struct Entry<T>(Instant, u64, T);

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl<T> Eq for Entry<T> {}
impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

impl<T> Pending<T> for Heap<T> {
    fn empty() -> Self {
        Heap(BinaryHeap::new(), 0)
    }
    fn push(&mut self, at: Instant, item: T) {
        self.0.push(Reverse(Entry(at, self.1, item)));
        self.1 += 1;
    }
    fn push_after(&mut self, now: Instant, span: Duration, item: T) {
        self.push(now + span, item);
    }
    fn pop(&mut self) -> Option<(Instant, T)> {
        self.0.pop().map(|Reverse(Entry(at, _, item))| (at, item))
    }
}

/// The ladder alone.
struct NoLines<T>(Queue<T>);

impl<T> Pending<T> for NoLines<T> {
    fn empty() -> Self {
        NoLines(Queue::new())
    }
    fn push(&mut self, at: Instant, item: T) {
        self.0.push(at, item);
    }
    fn push_after(&mut self, now: Instant, span: Duration, item: T) {
        self.0.push(now + span, item);
    }
    fn pop(&mut self) -> Option<(Instant, T)> {
        self.0.pop()
    }
}

impl<T> Pending<T> for Queue<T> {
    fn empty() -> Self {
        Queue::new()
    }
    fn push(&mut self, at: Instant, item: T) {
        Queue::push(self, at, item);
    }
    fn push_after(&mut self, now: Instant, span: Duration, item: T) {
        Queue::push_after(self, now, span, item);
    }
    fn pop(&mut self) -> Option<(Instant, T)> {
        Queue::pop(self)
    }
}

/// The classic *hold* model (Jones, CACM 1986): of `pending` items the next is taken and put back a random span later.
fn hold<const W: usize, Q: Pending<Item<W>>>(pending: u64, spans: &Distribution, taken: u64) -> u64 {
    let mut random = Random::stream(1, pending);
    let mut queue = Q::empty();
    for kind in 0..pending {
        queue.push(Instant::START + spans.sample(&mut random), Item { kind, rest: [kind; W] });
    }
    let mut sum = 0;
    // Samples are drawn ahead: the queue is measured, not the logarithm.
    let spans: Vec<Duration> = (0..4096).map(|_| spans.sample(&mut random)).collect();
    for i in 0..taken {
        let (now, item) = queue.pop().expect("always full");
        sum ^= now.0 ^ item.kind ^ item.rest[W - 1];
        queue.push(now + spans[i as usize % 4096], item);
    }
    sum
}

/// A web site: 10,000 requests/s travel 1 ms, are served in 12 ms on average, and travel back; each leaves a time-out of 1 s.
fn web<const W: usize, Q: Pending<Item<W>>>(taken: u64) -> u64 {
    let mut random = Random::stream(1, 2);
    let gap = Distribution::Exponential(Duration::from_micros(100));
    let service = Distribution::Exponential(Duration::from_millis(12));
    let gaps: Vec<Duration> = (0..4096).map(|_| gap.sample(&mut random)).collect();
    let services: Vec<Duration> = (0..4099).map(|_| service.sample(&mut random)).collect();
    let item = |kind| Item { kind, rest: [kind; W] };
    let mut queue = Q::empty();
    queue.push(Instant::START, item(0));
    let mut sum = 0;
    for i in 0..taken as usize {
        let (now, next) = queue.pop().expect("arrivals never end");
        sum ^= now.0 ^ next.rest[W - 1];
        match next.kind {
            0 => {
                queue.push(now + gaps[i % 4096], item(0));
                queue.push_after(now, Duration::from_millis(1), item(1));
                queue.push_after(now, Duration::from_secs(1), item(4));
            }
            1 => queue.push(now + services[i % 4099], item(2)),
            2 => queue.push_after(now, Duration::from_millis(1), item(3)),
            _ => {}
        }
    }
    sum
}

/// The best of five runs of each, in turns, in millions of items taken per second.
fn compare(name: &str, taken: u64, runs: [&dyn Fn() -> u64; 3]) {
    let mut best = [f64::INFINITY; 3];
    let mut sums = [0; 3];
    for _ in 0..5 {
        for ((run, best), sum) in runs.iter().zip(&mut best).zip(&mut sums) {
            let began = std::time::Instant::now();
            *sum = black_box(run());
            *best = best.min(began.elapsed().as_secs_f64());
        }
    }
    assert!(sums.iter().all(|sum| *sum == sums[0]), "{name}: the queues disagree");
    let rate = best.map(|seconds| taken as f64 / seconds / 1e6);
    println!(
        "{name:<40} {:>8.1} {:>8.1} {:>8.1}   {:>5.2} {:>5.2}",
        rate[0],
        rate[1],
        rate[2],
        rate[1] / rate[0],
        rate[2] / rate[0]
    );
}

fn rows<const W: usize>() {
    const TAKEN: u64 = 2_000_000;
    let bytes = std::mem::size_of::<Item<W>>();
    println!(
        "{:<40} {:>8} {:>8} {:>8}   {:>5} {:>5}",
        format!("items of {bytes} bytes, M/s"),
        "heap",
        "ladder",
        "lines",
        "×",
        "×"
    );
    compare(
        "web site, 10,000 time-outs pending",
        TAKEN,
        [&|| web::<W, Heap<_>>(TAKEN), &|| web::<W, NoLines<_>>(TAKEN), &|| web::<W, Queue<_>>(TAKEN)],
    );
    let second = Duration::from_secs(1);
    for (name, spans) in [
        ("exponential", Distribution::Exponential(second)),
        ("uniform", Distribution::Uniform(Duration::ZERO, second)),
        ("two-point", Distribution::TwoPoint { p: 0.9, a: Duration::from_millis(1), b: second }),
        ("Pareto 1.1", Distribution::Pareto { least: Duration::from_millis(1), alpha: 1.1 }),
    ] {
        for pending in [30, 1_000, 100_000] {
            compare(
                &format!("hold, {name}, {pending} pending"),
                TAKEN,
                [
                    &|| hold::<W, Heap<_>>(pending, &spans, TAKEN),
                    &|| hold::<W, NoLines<_>>(pending, &spans, TAKEN),
                    &|| hold::<W, Queue<_>>(pending, &spans, TAKEN),
                ],
            );
        }
    }
}

fn main() {
    rows::<1>();
    rows::<11>();
}
