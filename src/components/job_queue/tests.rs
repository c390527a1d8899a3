//! The queue with producers and takers by hand.

use super::*;
use crate::components::Kind;
use crate::components::parts::rig::{Rig, operation, read};
use crate::components::protocol::Answer;
use crate::sim::NodeId;

const HOP: Duration = Duration::from_micros(100);

struct Bench {
    rig: Rig,
    queue: NodeId,
    producer: NodeId,
    taker: NodeId,
    front: LinkId,
    back: LinkId,
}

fn bench(text: &str) -> Bench {
    let mut rig = Rig::new(1);
    let (producer, taker) = (rig.client(), rig.client());
    let queue = rig.machine(Kind::JobQueue, "queue", text);
    let (front, back) = (rig.join(producer, queue, HOP), rig.join(taker, queue, HOP));
    Bench { rig, queue, producer, taker, front, back }
}

impl Bench {
    fn put(&mut self, job: u64) -> Reply {
        self.rig.ask(self.producer, self.front, operation(OpKind::Job, 1, job)).reply
    }

    fn say(&mut self, what: What) -> Answer {
        self.rig.ask(self.taker, self.back, Ask { what, ..read(0) })
    }

    /// The next job and its receipt.
    fn take(&mut self) -> Option<(u64, Call, u32)> {
        let answer = self.say(What::JobTake);
        match answer.reply {
            Reply::Job { receipt, delivery } => Some((answer.value.0, receipt, delivery)),
            Reply::NoJob => None,
            other => panic!("{other:?}"),
        }
    }

    fn facts(&mut self) -> Vec<Fact> {
        let facts = self.rig.notes().into_iter().filter_map(|(_, note)| match note {
            Note::History(Record::Fact(fact)) => Some(fact),
            _ => None,
        });
        facts.filter(|f| !matches!(f, Fact::Reached { .. } | Fact::Answered { .. })).collect()
    }
}

#[test]
fn a_job_is_answered_at_once_and_handed_out_in_the_order_of_coming() {
    let mut b = bench("");
    (1..=3).for_each(|job| assert_eq!(b.put(job), Reply::InWork));
    let jobs: Vec<u64> = (0..3).map(|_| b.take().unwrap().0).collect();
    assert_eq!(jobs, vec![1, 2, 3]);
    assert_eq!(b.facts(), [1, 2, 3].map(|job| Fact::JobQueued { job: Value(job) }).to_vec());
    assert_eq!(b.rig.get(b.queue).gauge().counters.jobs_delivered, 3);
    assert_eq!(b.rig.ask(b.producer, b.front, read(1)).reply, Reply::Fail(Cause::Error));
}

#[test]
fn who_asks_when_there_is_nothing_waits_for_a_while() {
    let mut b = bench("poll=5s");
    let start = b.rig.world.now();
    assert_eq!(b.take(), None);
    assert_eq!((b.rig.world.now() - start).0 / 1_000_000, 5_000);
    let call = b.rig.send(b.taker, b.back, Ask { what: What::JobTake, ..read(0) });
    b.rig.run(Duration::from_secs(1));
    b.put(7);
    b.rig.run(Duration::from_millis(1));
    let (_, answer) = *b.rig.answers(b.taker).last().unwrap();
    assert_eq!((answer.call, answer.value), (call, Value(7)));
}

#[test]
fn a_job_that_is_not_acknowledged_in_time_is_handed_out_again() {
    let mut b = bench("visibility=30s");
    b.put(7);
    let (_, receipt, _) = b.take().unwrap();
    b.rig.run(Duration::from_secs(29));
    assert_eq!(b.say(What::JobDone { receipt, worked: true }).reply, Reply::Ok);
    b.rig.run(Duration::from_secs(5));
    assert_eq!(b.take(), None);
    b.put(8);
    assert_eq!(b.take().map(|(job, _, n)| (job, n)), Some((8, 1)));
    b.rig.run(Duration::from_secs(30));
    assert_eq!(b.take().map(|(job, _, n)| (job, n)), Some((8, 2)));
    assert_eq!(b.rig.get(b.queue).gauge().counters.jobs_duplicated, 1);
    // The receipt of an earlier time names nothing any more.
    assert_eq!(b.say(What::JobDone { receipt, worked: true }).reply, Reply::Ok);
    assert_eq!(b.rig.get(b.queue).gauge().counters.late, 1);
}

#[test]
fn a_job_is_dead_after_its_last_delivery() {
    let mut b = bench("visibility=1s deliveries=3");
    b.put(7);
    let times: Vec<u32> = (0..3).map(|_| b.take().unwrap().2).collect();
    assert_eq!(times, vec![1, 2, 3]);
    assert_eq!(b.take(), None);
    assert_eq!(b.facts().last(), Some(&Fact::JobDead { job: Value(7) }));
    let c = b.rig.get(b.queue).gauge().counters;
    assert_eq!((c.jobs_dead, c.entries), (1, 0));
}

#[test]
fn a_job_given_back_comes_when_it_is_told() {
    let mut b = bench("");
    b.put(7);
    let (_, receipt, _) = b.take().unwrap();
    b.say(What::JobBack { receipt, after: Duration::from_secs(10) });
    let start = b.rig.world.now();
    assert_eq!(b.take().map(|(job, _, n)| (job, n)), Some((7, 2)));
    assert_eq!((b.rig.world.now() - start).0 / 1_000_000, 10_000);
}

#[test]
fn in_order_means_one_at_a_time() {
    let mut b = bench("ordered=on visibility=4s poll=1s");
    (1..=2).for_each(|job| _ = b.put(job));
    let (first, _, _) = b.take().unwrap();
    assert_eq!((first, b.take()), (1, None));
    b.rig.run(Duration::from_secs(3));
    // The first was not acknowledged: it comes again before the second.
    let (again, receipt, _) = b.take().unwrap();
    assert_eq!(again, 1);
    b.say(What::JobDone { receipt, worked: true });
    assert_eq!(b.take().unwrap().0, 2);
}

#[test]
fn at_most_once_forgets_what_it_hands_out() {
    let mut b = bench("delivery=at-most-once visibility=1s");
    b.put(7);
    assert_eq!(b.take(), Some((7, Call::default(), 1)));
    assert_eq!((b.take(), b.rig.get(b.queue).gauge().counters.entries), (None, 0));
}

#[test]
fn a_crash_keeps_what_is_on_disk_and_loses_what_is_not() {
    for (text, left) in [("durable=on", 3), ("durable=off", 0)] {
        let mut b = bench(text);
        (1..=3).for_each(|job| _ = b.put(job));
        b.take();
        b.facts();
        b.rig.crash(b.queue);
        let lost = b.facts().iter().filter(|f| matches!(f, Fact::JobLost { .. })).count();
        assert_eq!(lost, 3 - left, "{text}");
        b.rig.restart(b.queue);
        b.rig.run(HOP);
        assert_eq!(b.rig.get(b.queue).gauge().counters.entries, left as u64);
        // What was out is out no more: it may be handed out at once.
        assert_eq!((0..3).filter(|_| b.take().is_some()).count(), left, "{text}");
    }
}

#[test]
fn a_full_queue_refuses() {
    let mut b = bench("capacity=2");
    let replies: Vec<Reply> = (1..=3).map(|job| b.put(job)).collect();
    assert_eq!(replies, vec![Reply::InWork, Reply::InWork, Reply::Fail(Cause::Full)]);
    b.rig.set(b.queue, Kind::JobQueue, "capacity=3 size=l");
    assert_eq!(b.put(4), Reply::InWork);
}

#[test]
fn a_taker_that_died_gets_nothing() {
    let mut b = bench("");
    b.rig.send(b.taker, b.back, Ask { what: What::JobTake, ..read(0) });
    b.rig.run(Duration::from_secs(1));
    b.rig.crash(b.taker);
    b.rig.run(Duration::from_secs(1));
    b.put(7);
    assert_eq!(b.rig.get(b.queue).gauge().counters.jobs_delivered, 0);
}
