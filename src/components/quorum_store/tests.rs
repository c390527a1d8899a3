//! A quorum store, asked by hand in a small world of its own: replicas 1 ms from each other, a client 1 ms from each.

mod swarm;

use crate::components::parts::calls::Call;
use crate::components::parts::rig::{self, Rig};
use crate::components::protocol::{Ask, Order, Reply, What};
use crate::components::{Kind, Machine, Wire};
use crate::history::{Cause, Fact, Gone, Key, Kind as OpKind, Process, Record, Value};
use crate::sim::{Fault, LinkId, NodeId, Way};
use crate::stdx::{Duration, Instant};

const KEYS: u32 = 100;

/// Work that takes no chance: a read 2 ms, a write 1 ms.
const PLAIN: &str = "read=2ms write=1ms recovery=100ms anti-entropy=0s read-repair=off suspect=3s";

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

struct Store {
    rig: Rig,
    replicas: Vec<NodeId>,
    client: NodeId,
    doors: Vec<LinkId>,
    /// Between the replicas, from the lower number to the higher.
    inner: Vec<LinkId>,
    facts: Vec<(Instant, Fact)>,
}

impl Store {
    fn new(n: u32, text: &str) -> Store {
        Store::seeded(1, n, text)
    }

    fn seeded(seed: u64, n: u32, text: &str) -> Store {
        let mut rig = Rig::new(seed);
        let text = format!("clones={n} {text}");
        let replicas: Vec<NodeId> =
            (1..=n).map(|i| rig.machine(Kind::QuorumStore, &format!("store-{i}"), &text)).collect();
        let client = rig.client();
        let mut inner = Vec::new();
        for (i, a) in replicas.iter().enumerate() {
            for b in &replicas[i + 1..] {
                inner.push(rig.join_by(*a, Wire::Mirrors, *b, ms(1)));
            }
        }
        let doors = replicas.iter().map(|r| rig.join(client, *r, ms(1))).collect();
        Store { rig, replicas, client, doors, inner, facts: Vec::new() }
    }

    fn run(&mut self, span: Duration) {
        self.rig.run(span);
        for (at, note) in self.rig.notes() {
            if let crate::components::protocol::Note::History(Record::Fact(fact)) = note {
                self.facts.push((at, fact));
            }
        }
    }

    fn send(&mut self, at: usize, ask: Ask) -> Call {
        self.rig.send(self.client, self.doors[at], ask)
    }

    /// The answer, and how long after the begin of the run it came.
    fn answer(&self, call: Call) -> Option<(Duration, Reply, Value)> {
        let answers = self.rig.answers(self.client).iter();
        answers.clone().find(|(_, a)| a.call == call).map(|(at, a)| (at.since(Instant::START), a.reply, a.value))
    }

    fn reply(&self, call: Call) -> Option<Reply> {
        self.answer(call).map(|(_, reply, _)| reply)
    }

    /// Asks one replica, lets a quarter of a second pass, and says how that ended.
    fn ask(&mut self, at: usize, ask: Ask) -> Option<(Reply, Value)> {
        let call = self.send(at, ask);
        self.run(ms(250));
        self.answer(call).map(|(_, reply, value)| (reply, value))
    }

    fn holds(&self, key: u32) -> Vec<u64> {
        self.replicas.iter().map(|r| self.rig.get(*r).holds(Key(key)).map_or(0, |v| v.0)).collect()
    }

    fn crash(&mut self, at: usize) {
        self.rig.crash(self.replicas[at]);
    }

    fn restart(&mut self, at: usize) {
        self.rig.restart(self.replicas[at]);
    }

    /// Cuts one replica off from the others; its clients reach it still.
    fn cut_off(&mut self, at: usize, cut: bool) {
        let node = self.replicas[at];
        for link in self.inner.clone() {
            let plan = &self.rig.world.link(link).plan;
            if plan.a == node || plan.b == node {
                self.rig.fault(if cut { Fault::Cut { link, way: Way::Both } } else { Fault::Heal { link } });
            }
        }
    }

    fn order(&mut self, at: usize, order: Order) {
        let node = self.replicas[at];
        assert!(self.rig.with(node, |m, ctx| m.order(order, ctx)));
    }

    /// The latest time stamp that a value got.
    fn stamp(&self, of: Value) -> u64 {
        let stamps = self.facts.iter().filter_map(|(_, f)| match f {
            Fact::Ordered { value, position, .. } if *value == of => Some(*position),
            _ => None,
        });
        stamps.max().unwrap_or(0)
    }

    fn count(&self, which: impl Fn(&Fact) -> bool) -> usize {
        self.facts.iter().filter(|(_, f)| which(f)).count()
    }
}

fn read(key: u32) -> Ask {
    rig::read(key)
}

fn write(key: u32, value: u64) -> Ask {
    rig::write(key, value)
}

/// A write of another session, which knows nothing of the others'.
fn write_of(session: u32, key: u32, value: u64) -> Ask {
    let mut ask = rig::write(key, value);
    ask.op.session = crate::history::SessionId(session);
    ask
}

#[test]
fn an_answer_comes_with_the_rth_or_wth_replica() {
    // Settings, then the milliseconds until a write and until a read are answered: 1 ms to the coordinator and back each,
    // 2 ms more to another replica and back, and the work.
    for (settings, wrote, found) in [
        ("r=1 w=1", 3, 4),
        ("r=2 w=2", 5, 6),
        ("r=3 w=3", 5, 6),
        ("r=2 w=2 local=off write-leg=10ms ack-leg=3ms read-leg=7ms reply-leg=5ms", 18, 18),
        ("r=1 w=1 write-leg=10ms", 3, 4),
        ("r=3 w=3 write-leg=10ms ack-leg=3ms", 18, 6),
        ("r=2 w=2 size=m", 4, 5),
    ] {
        let mut store = Store::new(3, &format!("{PLAIN} {settings}"));
        let call = store.send(1, write(7, 1));
        store.run(ms(100));
        let (at, reply, _) = store.answer(call).unwrap();
        let wrote_in = at.as_millis();
        assert_eq!(reply, Reply::Ok);
        let call = store.send(2, read(7));
        store.run(ms(100));
        let (at, reply, value) = store.answer(call).unwrap();
        assert_eq!((reply, value), (Reply::Ok, Value(1)), "{settings}");
        let halves = if settings.contains("size=m") { 0.5 } else { 0.0 };
        assert_eq!((wrote_in, at.as_millis() - 100.0), (wrote as f64 + halves, found as f64), "{settings}");
    }
}

#[test]
fn a_side_without_a_quorum_refuses_and_certainly_nothing_happened() {
    let mut store = Store::new(3, PLAIN);
    assert_eq!(store.ask(0, write(1, 5)), Some((Reply::Ok, Value(5))));
    store.cut_off(0, true);
    // Until it suspects the others it asks them in vain.
    let (a, b) = (store.send(0, write(1, 6)), store.send(0, read(1)));
    store.run(Duration::from_secs(2) + ms(500));
    assert_eq!(store.reply(a), Some(Reply::Unknown(Cause::NoQuorum)), "its own copy has it");
    assert_eq!(store.reply(b), Some(Reply::Fail(Cause::NoQuorum)));
    store.run(Duration::from_secs(2));
    let begun = store.rig.world.now();
    let (a, b) = (store.send(0, write(1, 7)), store.send(0, read(1)));
    store.run(ms(10));
    assert_eq!(store.reply(a), Some(Reply::Fail(Cause::NoQuorum)));
    assert_eq!(store.answer(b).unwrap().0, begun.since(Instant::START) + ms(2), "at once");
    assert_eq!(store.ask(1, read(1)), Some((Reply::Ok, Value(5))), "the others go on");
    assert_eq!(store.holds(1)[1..], [5, 5]);
    assert!(!store.holds(1).contains(&7));
}

#[test]
fn a_dead_process_is_missing_at_once_and_back_when_it_says_so() {
    let mut store = Store::new(3, &format!("{PLAIN} r=3 w=3"));
    store.crash(2);
    store.run(ms(5));
    assert_eq!(store.ask(0, read(1)), Some((Reply::Fail(Cause::NoQuorum), Value(0))));
    store.restart(2);
    store.run(ms(50));
    assert_eq!(store.ask(2, read(1)), Some((Reply::Fail(Cause::Refused), Value(0))), "it reads its log");
    store.run(ms(1100));
    assert_eq!(store.ask(0, read(1)), Some((Reply::Ok, Value(0))));
}

#[test]
fn a_crash_keeps_what_is_on_disk_and_loses_the_rest() {
    for (durable, kept) in [("on", [5, 6]), ("off", [5, 0])] {
        let mut store = Store::new(3, &format!("{PLAIN} durable={durable}"));
        store.ask(0, write(1, 5));
        store.run(Duration::from_secs(11));
        store.ask(0, write(2, 6));
        store.crash(1);
        store.restart(1);
        store.run(ms(200));
        assert_eq!([store.holds(1)[1], store.holds(2)[1]], kept, "durable={durable}");
        let lost = |f: &Fact| matches!(f, Fact::Discarded { why: Gone::Destroyed, .. });
        assert_eq!(store.count(lost), (durable == "off") as usize);
        assert_eq!(store.ask(1, read(2)), Some((Reply::Ok, Value(6))), "the others have it");
    }
}

#[test]
fn what_a_replica_missed_is_kept_for_it_and_handed_over() {
    for (hints, then) in [("3h", 6), ("0s", 5), ("10s", 5)] {
        let mut store = Store::new(3, &format!("{PLAIN} hints={hints}"));
        store.ask(0, write(1, 5));
        store.crash(2);
        store.run(ms(5));
        assert_eq!(store.ask(0, write(1, 6)), Some((Reply::Ok, Value(6))));
        store.run(Duration::from_secs(20));
        assert_eq!(store.holds(1)[2], 5);
        store.restart(2);
        store.run(Duration::from_secs(3));
        assert_eq!(store.holds(1)[2], then, "hints={hints}");
    }
}

#[test]
fn a_sloppy_quorum_counts_stand_ins_and_misses_what_the_other_side_wrote() {
    let mut store = Store::new(3, &format!("{PLAIN} sloppy=on"));
    store.cut_off(0, true);
    store.run(Duration::from_secs(4));
    assert_eq!(store.ask(0, write_of(1, 1, 5)), Some((Reply::Ok, Value(5))), "it stands in for both others");
    assert_eq!(store.ask(0, read(1)), Some((Reply::Ok, Value(5))));
    assert_eq!(store.ask(1, read(1)), Some((Reply::Ok, Value(0))), "an acknowledged write is not seen");
    store.ask(1, write_of(2, 1, 6));
    store.ask(0, write_of(3, 2, 7));
    store.cut_off(0, false);
    store.run(Duration::from_secs(3));
    assert_eq!((store.holds(1), store.holds(2)), (vec![6; 3], vec![7; 3]), "the hints came home");
    let gone = |f: &Fact| matches!(f, Fact::Discarded { value: Value(5), why: Gone::Outvoted { .. }, .. });
    assert!(store.count(gone) > 0, "one of the two writes of key 1 is thrown away");
}

#[test]
fn a_sloppy_quorum_goes_on_when_a_process_dies_in_the_middle() {
    let mut store = Store::new(3, &format!("{PLAIN} sloppy=on w=3 r=3 write=10ms"));
    let call = store.send(0, write(1, 5));
    store.run(ms(3));
    store.crash(2);
    store.run(ms(100));
    assert_eq!(store.reply(call), Some(Reply::Ok));
    store.restart(2);
    store.run(Duration::from_secs(3));
    assert_eq!(store.holds(1), [5; 3]);
}

#[test]
fn read_repair_tells_who_is_behind_and_write_back_waits_for_it() {
    // The replica that is asked, and what all hold after a read at the one that missed the write.
    for (repair, answered, after) in [("off", 4, [6, 6, 5]), ("after", 4, [6; 3]), ("before", 6, [6; 3])] {
        let text = format!("{PLAIN} r=1 w=2 hints=0s").replace("read-repair=off", &format!("read-repair={repair}"));
        let mut store = Store::new(3, &text);
        store.ask(0, write(1, 5));
        store.cut_off(2, true);
        store.ask(0, write(1, 6));
        store.cut_off(2, false);
        store.run(Duration::from_secs(3));
        assert_eq!(store.holds(1), [6, 6, 5]);
        let begun = store.rig.world.now().since(Instant::START);
        let call = store.send(0, read(1));
        store.run(ms(200));
        let (at, _, value) = store.answer(call).unwrap();
        assert_eq!((value, (at - begun).as_millis()), (Value(6), answered as f64), "{repair}");
        assert_eq!(store.holds(1), after, "{repair}");
    }
}

#[test]
fn anti_entropy_makes_them_alike_also_after_a_lost_disk() {
    let text = format!("{PLAIN} hints=0s").replace("anti-entropy=0s", "anti-entropy=5s");
    let mut store = Store::new(3, &text);
    for key in 0..3 * KEYS {
        store.send((key % 3) as usize, write(key, key as u64 + 1));
    }
    store.run(Duration::from_secs(1));
    store.cut_off(2, true);
    store.ask(0, write(1, 9999));
    store.cut_off(2, false);
    store.order(1, Order::LoseDisk);
    assert_eq!(store.ask(1, read(1)), Some((Reply::Fail(Cause::Disk), Value(0))));
    store.crash(1);
    store.restart(1);
    store.run(Duration::from_secs(20));
    for key in 0..3 * KEYS {
        let holds = store.holds(key);
        let wanted = if key == 1 { 9999 } else { key as u64 + 1 };
        assert_eq!(holds, [wanted; 3], "key {key}");
    }
}

#[test]
fn a_full_disk_and_a_full_line_count_as_a_failed_replica() {
    let mut store = Store::new(3, &format!("{PLAIN} r=3 w=3"));
    store.order(1, Order::FillDisk);
    assert_eq!(store.ask(0, write(1, 5)).unwrap().0, Reply::Unknown(Cause::NoQuorum), "the others may have it");
    assert_eq!(store.ask(0, read(1)), Some((Reply::Ok, Value(5))), "reads go on");
    let mut store = Store::new(3, &format!("{PLAIN} workers=1 waiting=1 read=50ms r=3"));
    let asks: Vec<Call> = (0..4).map(|_| store.send(0, read(1))).collect();
    store.run(ms(500));
    let replies: Vec<bool> = asks.iter().map(|c| store.reply(*c) == Some(Reply::Ok)).collect();
    assert_eq!(replies, [true, true, false, false]);
}

#[test]
fn as_many_as_needed_are_asked_and_another_for_each_that_fails() {
    let text = format!("{PLAIN} ask=needed send=needed r=2 w=2 hints=0s");
    let mut store = Store::new(5, &text);
    for key in 0..40 {
        store.ask(0, write(key, key as u64 + 1));
    }
    let copies: usize = (0..40).map(|key| store.holds(key).iter().filter(|v| **v != 0).count()).sum();
    assert_eq!(copies, 80, "two of the five each");
    let served = store.count(|f| matches!(f, Fact::Served { .. }));
    store.ask(0, read(1));
    assert_eq!(store.count(|f| matches!(f, Fact::Served { .. })) - served, 2);
    store.order(1, Order::FillDisk);
    for key in 100..120 {
        assert_eq!(store.ask(0, write(key, key as u64 + 1)).unwrap().0, Reply::Ok, "another is asked");
    }
}

#[test]
fn an_update_says_what_it_is_based_on_and_a_session_is_found_everywhere() {
    let mut store = Store::new(3, PLAIN);
    store.ask(0, write(1, 5));
    let update = rig::operation(OpKind::Update, 1, 6);
    assert_eq!(store.ask(1, update), Some((Reply::Ok, Value(5))));
    assert_eq!(store.ask(2, read(1)), Some((Reply::Ok, Value(6))));
    let session = |what| Ask { what, ..read(0) };
    assert_eq!(store.ask(0, session(What::SessionGet)).unwrap().0, Reply::NoSession);
    store.ask(0, session(What::SessionPut { cart: 3 }));
    assert_eq!(store.ask(2, session(What::SessionGet)).unwrap().0, Reply::Session { cart: 3 });
    assert_eq!(store.ask(2, session(What::Probe)).unwrap().0, Reply::Well { writable: true });
    let login = rig::operation(OpKind::Login, 0, 0);
    assert_eq!(store.ask(2, login).unwrap().0, Reply::Ok);
}

#[test]
fn a_clock_that_is_ahead_eats_later_writes() {
    let mut store = Store::new(3, PLAIN);
    store.rig.fault(Fault::Skew { node: store.replicas[0], nanos: 60_000_000_000 });
    store.ask(0, write_of(1, 1, 5));
    assert_eq!(store.ask(1, write_of(2, 1, 6)), Some((Reply::Ok, Value(6))), "it is told that all is well");
    assert_eq!(store.ask(1, read(1)), Some((Reply::Ok, Value(5))));
    let gone = |f: &Fact| {
        let winner = Value(5);
        matches!(f, Fact::Discarded { value: Value(6), why: Gone::Outvoted { winner: w }, .. } if *w == winner)
    };
    assert!(store.count(gone) > 0);
}

#[test]
fn a_request_that_comes_again_keeps_its_time_stamp() {
    let mut store = Store::new(3, PLAIN);
    store.ask(0, write(1, 5));
    store.ask(1, write(1, 5));
    assert_eq!(store.count(|f| matches!(f, Fact::Ordered { .. })), 1);
    let joined = |f: &Fact| matches!(f, Fact::Joined { node: Process(_), .. });
    assert_eq!(store.count(joined), 3);
}
