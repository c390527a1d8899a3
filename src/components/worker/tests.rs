//! Workers with a real queue, and an app server that fills it.

use super::*;
use crate::components::Kind;
use crate::components::parts::rig::{Rig, operation};
use crate::sim::NodeId;
use std::collections::BTreeMap;

const HOP: Duration = Duration::from_micros(100);

struct Bench {
    rig: Rig,
    client: NodeId,
    front: LinkId,
    queue: NodeId,
    worker: NodeId,
    put: u64,
}

fn bench(queue: &str, worker: &str) -> Bench {
    let mut rig = Rig::new(1);
    let client = rig.client();
    let web = rig.machine(Kind::AppServer, "web-1", "service=1ms workers=50 room=100000");
    let queue = rig.machine(Kind::JobQueue, "queue", queue);
    let worker = rig.machine(Kind::Worker, "worker-1", worker);
    let front = rig.join(client, web, HOP);
    rig.join(web, queue, HOP);
    rig.join(worker, queue, HOP);
    rig.run(Duration::from_millis(1));
    Bench { rig, client, front, queue, worker, put: 0 }
}

impl Bench {
    fn put(&mut self, jobs: u64) {
        for _ in 0..jobs {
            self.put += 1;
            self.rig.send(self.client, self.front, operation(OpKind::Job, 1, self.put));
        }
    }

    fn run(&mut self, secs: u64) {
        self.rig.run(Duration::from_secs(secs));
    }

    /// How often each job was done, and how many were lost and given up.
    fn fates(&mut self) -> (BTreeMap<u64, u32>, u32, u32) {
        let (mut done, mut lost, mut dead) = (BTreeMap::new(), 0, 0);
        for (_, note) in self.rig.notes() {
            match note {
                Note::History(Record::Fact(Fact::JobDone { job, .. })) => *done.entry(job.0).or_default() += 1,
                Note::History(Record::Fact(Fact::JobLost { .. })) => lost += 1,
                Note::History(Record::Fact(Fact::JobDead { .. })) => dead += 1,
                _ => {}
            }
        }
        (done, lost, dead)
    }
}

#[test]
fn jobs_are_answered_at_once_and_done_later_each_once() {
    let mut b = bench("", "concurrency=2 service=1s");
    b.put(10);
    b.run(0);
    b.rig.run(Duration::from_millis(10));
    assert_eq!(b.rig.answers(b.client).iter().filter(|(_, a)| a.reply == Reply::InWork).count(), 10);
    b.rig.run(Duration::from_millis(3_500));
    let (done, ..) = b.fates();
    assert_eq!(done.len(), 6, "two at a time, a second each");
    b.run(10);
    let (rest, lost, dead) = b.fates();
    assert!(rest.len() == 4 && rest.values().all(|n| *n == 1));
    assert_eq!((lost, dead, b.rig.get(b.queue).gauge().counters.entries), (0, 0, 0));
}

#[test]
fn a_job_longer_than_the_visibility_is_done_twice() {
    let mut b = bench("visibility=30s", "concurrency=5 service=40s");
    b.put(1);
    b.run(100);
    let (done, ..) = b.fates();
    assert_eq!(done, BTreeMap::from([(1, 2)]));
}

#[test]
fn the_chance_of_a_second_delivery_follows_the_visibility() {
    // e^{−V/E[S]} per delivery for exponential work: 0.3679 at V = E[S].
    let mut b = bench("visibility=1s deliveries=0 receipts=latest", "concurrency=1000 service=exp(1s)");
    for _ in 0..200 {
        b.put(50);
        b.run(1);
    }
    b.run(60);
    let c = b.rig.get(b.queue).gauge().counters;
    let again = c.jobs_duplicated as f64 / c.jobs_delivered as f64;
    assert!((again - 0.367879).abs() < 0.01, "{again}");
}

#[test]
fn a_crash_in_the_middle_does_it_again_or_loses_it() {
    for (queue, worker, lost) in [
        ("visibility=10s", "acknowledge=after", 0),
        ("visibility=10s", "acknowledge=before", 3),
        ("delivery=at-most-once", "acknowledge=after", 3),
    ] {
        let mut b = bench(queue, &format!("concurrency=3 service=2s {worker}"));
        b.put(3);
        b.run(1);
        b.rig.crash(b.worker);
        b.rig.restart(b.worker);
        b.run(60);
        let (done, gone, _) = b.fates();
        assert_eq!((done.len() as u32, gone), (3 - lost, lost), "{queue} {worker}");
    }
}

#[test]
fn prefetched_jobs_wait_at_the_worker_and_their_time_runs_on() {
    let mut b = bench("visibility=5s", "concurrency=1 prefetch=4 service=2s");
    b.put(5);
    b.run(1);
    let gauge = b.rig.get(b.worker).gauge();
    assert_eq!((gauge.busy, gauge.waiting), (1, 4));
    b.run(60);
    let (done, ..) = b.fates();
    assert!(done.len() == 5 && done.values().any(|n| *n > 1), "{done:?}");
}

#[test]
fn poison_jobs_fail_each_time_until_they_are_given_up() {
    let mut b = bench("visibility=1s deliveries=3", "concurrency=10 service=10ms poison=30%");
    b.put(1000);
    b.run(60);
    let (done, _, dead) = b.fates();
    assert_eq!(done.len() as u32 + dead, 1000);
    assert!((250..350).contains(&dead), "{dead}");
    assert_eq!(b.rig.get(b.worker).gauge().counters.failed, 3 * dead as u64);
    let mut b = bench("", "service=10ms poison=100% acknowledge=before");
    b.put(5);
    b.run(60);
    assert_eq!(b.fates().1, 5);
}

#[test]
fn sidekiqs_delays_are_sidekiqs() {
    let first: Vec<u64> = (0..10).map(|n| backoff(n).as_secs() as u64).collect();
    assert_eq!(first, vec![15, 16, 31, 96, 271, 640, 1311, 2416, 4111, 6576]);
    let all: f64 = (0..25).map(|n| backoff(n).as_secs()).sum();
    assert_eq!((backoff(24).as_secs(), all), (331_791.0, 1_763_395.0));
    let mut random = Random::stream(1, 1);
    let luck: Vec<u64> = (0..3000).map(|_| jitter(2, &mut random).as_secs() as u64).collect();
    let mean = luck.iter().sum::<u64>() as f64 / 3000.0;
    assert!(luck.iter().all(|s| *s < 30) && (mean - 14.5).abs() < 0.6, "{mean}");
    let mut b = bench("deliveries=3", "service=10ms poison=100% on-failure=backoff");
    b.put(1);
    // After 15 to 24 s, then 16 to 35 s more; the third is its last.
    b.run(14);
    assert_eq!(b.rig.get(b.queue).gauge().counters.jobs_delivered, 1);
    b.run(12);
    assert_eq!(b.rig.get(b.queue).gauge().counters.jobs_delivered, 2);
    b.run(34);
    let c = b.rig.get(b.queue).gauge().counters;
    assert_eq!((c.jobs_delivered, c.jobs_dead, c.entries), (3, 1, 0));
}

#[test]
fn a_queue_that_was_down_is_asked_again() {
    let mut b = bench("", "service=100ms");
    b.rig.crash(b.queue);
    b.run(5);
    b.rig.restart(b.queue);
    b.run(2);
    b.put(3);
    b.run(5);
    assert_eq!(b.fates().0.len(), 3);
    // While the queue is down, nobody's job is taken.
    b.rig.crash(b.queue);
    b.put(1);
    b.run(1);
    let refused = crate::history::Cause::Refused;
    assert_eq!(b.rig.answers(b.client).last().map(|(_, a)| a.reply), Some(Reply::Fail(refused)));
}

#[test]
fn a_cut_line_to_the_queue_leaves_jobs_for_later() {
    let mut b = bench("visibility=5s", "service=100ms timeout=30s");
    let line = LinkId(2);
    b.rig.fault(crate::sim::Fault::Cut { link: line, way: crate::sim::Way::Both });
    b.put(2);
    b.run(40);
    assert!(b.fates().0.is_empty());
    b.rig.fault(crate::sim::Fault::Heal { link: line });
    b.run(40);
    assert_eq!(b.fates().0.len(), 2);
}

#[test]
fn larger_and_more_workers_do_more() {
    for (text, least) in [("concurrency=1", 9), ("concurrency=1 size=m", 19), ("concurrency=4", 36)] {
        let mut b = bench("", &format!("service=1s {text}"));
        b.put(100);
        b.run(10);
        let done = b.fates().0.len();
        assert!((least..=least + 4).contains(&done), "{text}: {done}");
        b.rig.set(b.worker, Kind::Worker, "service=1s concurrency=50");
        b.run(3);
        assert!(b.fates().0.len() >= 60 - 4);
    }
}
