//! The static store alone, and before an app server.

use super::*;
use crate::components::Kind;
use crate::components::parts::rig::{Rig, operation, read, write};
use crate::sim::{Fault, NodeId, Way};

const HOP: Duration = Duration::from_micros(100);

struct Edge {
    rig: Rig,
    client: NodeId,
    edge: NodeId,
    web: NodeId,
    front: LinkId,
    back: LinkId,
}

/// A client, an edge, and an app server that works 10 ms on everything, with a store behind it.
fn edge(text: &str) -> Edge {
    let mut rig = Rig::new(1);
    let client = rig.client();
    let edge = rig.machine(Kind::StaticStore, "edge", text);
    let web = rig.machine(Kind::AppServer, "web-1", "service=10ms workers=100 deploy-time=0s");
    let store = rig.rote("db", true, Duration::from_millis(1));
    let (front, back) = (rig.join(client, edge, HOP), rig.join(edge, web, HOP));
    rig.join(web, store, HOP);
    rig.run(Duration::from_millis(1));
    Edge { rig, client, edge, web, front, back }
}

fn page(key: u32) -> Ask {
    operation(OpKind::Page, key, 0)
}

impl Edge {
    fn ask(&mut self, ask: Ask) -> Answer {
        self.rig.ask(self.client, self.front, ask)
    }

    fn at_origin(&self) -> u64 {
        self.rig.get(self.web).gauge().counters.arrivals
    }
}

#[test]
fn pages_come_from_the_edge_and_the_rest_from_the_origin() {
    let mut e = edge("");
    assert_eq!((e.ask(page(1)).value, e.ask(page(1)).value, e.at_origin()), (Value(1), Value(1), 1));
    assert_eq!((e.ask(write(1, 9)).reply, e.ask(read(1)).value), (Reply::Ok, Value(9)));
    assert_eq!((e.ask(read(1)).value, e.at_origin()), (Value(9), 4));
    let c = e.rig.get(e.edge).gauge().counters;
    assert_eq!((c.hits, c.misses, c.entries), (1, 1, 1));
}

#[test]
fn new_code_is_seen_after_the_time_to_live_or_a_purge() {
    let mut e = edge("ttl=1h");
    e.ask(page(1));
    assert!(e.rig.with(e.web, |m, ctx| m.order(Order::Deploy(2), ctx)));
    e.rig.run(Duration::from_secs(3500));
    assert_eq!(e.ask(page(1)).value, Value(1));
    e.rig.run(Duration::from_secs(100));
    assert_eq!(e.ask(page(1)).value, Value(2));
    e.rig.with(e.web, |m, ctx| m.order(Order::Deploy(3), ctx));
    e.rig.run(Duration::from_millis(1));
    assert_eq!(e.ask(page(1)).value, Value(2));
    assert!(e.rig.with(e.edge, |m, ctx| m.order(Order::DropCache, ctx)));
    assert_eq!(e.ask(page(1)).value, Value(3));
}

#[test]
fn the_edge_serves_while_the_origin_is_down_and_after_a_crash_of_its_own() {
    let mut e = edge("");
    e.ask(page(1));
    e.rig.crash(e.web);
    e.rig.crash(e.edge);
    e.rig.restart(e.edge);
    e.rig.run(HOP);
    assert_eq!(e.ask(page(1)).reply, Reply::Ok);
    assert_eq!(e.ask(page(2)).reply, Reply::Fail(Cause::Refused));
    assert_eq!(e.ask(write(1, 1)).reply, Reply::Fail(Cause::Refused));
}

#[test]
fn what_is_certain_is_told_as_certain() {
    let mut e = edge("timeout=2s");
    e.rig.fault(Fault::Cut { link: e.back, way: Way::Both });
    assert_eq!(e.ask(page(1)).reply, Reply::Fail(Cause::TimedOut));
    assert_eq!(e.ask(write(1, 1)).reply, Reply::Unknown(Cause::TimedOut));
    e.rig.fault(Fault::Heal { link: e.back });
    e.rig.send(e.client, e.front, write(1, 1));
    e.rig.run(Duration::from_millis(5));
    e.rig.crash(e.web);
    e.rig.run(Duration::from_secs(1));
    assert_eq!(e.rig.answers(e.client).last().map(|(_, a)| a.reply), Some(Reply::Unknown(Cause::Reset)));
    assert_eq!(e.rig.get(e.edge).gauge().counters.calls_timed_out, 2);
}

#[test]
fn requests_for_one_page_are_fetched_each_or_once() {
    for (text, fetched) in [("", 8), ("coalescing=on", 1)] {
        let mut e = edge(&format!("workers=8 {text}"));
        (0..8).for_each(|_| _ = e.rig.send(e.client, e.front, page(1)));
        e.rig.run(Duration::from_secs(1));
        assert_eq!((e.at_origin(), e.rig.answers(e.client).len()), (fetched, 8), "{text}");
        assert!(e.rig.answers(e.client).iter().all(|(_, a)| a.value == Value(1)));
    }
}

#[test]
fn few_places_hold_the_pages_used_last() {
    let mut e = edge("entries=2 ttl=1h");
    [1, 2, 1, 3].into_iter().for_each(|key| _ = e.ask(page(key)));
    assert_eq!(e.at_origin(), 3);
    e.ask(page(1));
    assert_eq!(e.at_origin(), 3);
    e.ask(page(2));
    assert_eq!((e.at_origin(), e.rig.get(e.edge).gauge().counters.evictions), (4, 2));
}

#[test]
fn alone_it_serves_its_own_files() {
    let mut rig = Rig::new(1);
    let client = rig.client();
    let files = rig.machine(Kind::StaticStore, "files", "workers=1 room=1 service=10ms size=m");
    let front = rig.join(client, files, HOP);
    assert_eq!(rig.ask(client, front, page(1)).value, Value(1));
    assert_eq!(rig.ask(client, front, write(1, 1)).reply, Reply::Fail(Cause::NoServer));
    assert!(rig.with(files, |m, ctx| m.order(Order::Deploy(2), ctx)));
    let start = rig.world.now();
    (0..3).for_each(|_| _ = rig.send(client, front, page(1)));
    rig.run(Duration::from_secs(1));
    let seen: Vec<(u64, Reply, u64)> = (rig.answers(client).iter().rev().take(3))
        .map(|(at, a)| ((*at - start).0 / 100_000, a.reply, a.value.0))
        .collect();
    assert_eq!(seen, vec![(102, Reply::Ok, 2), (52, Reply::Ok, 2), (2, Reply::Fail(Cause::Full), 0)]);
}

#[test]
fn a_line_taken_away_ends_what_waits_on_it() {
    let mut e = edge("");
    e.rig.send(e.client, e.front, page(1));
    e.rig.run(Duration::from_millis(5));
    let back = e.back;
    e.rig.world.remove_link(back);
    e.rig.with(e.edge, |m, ctx| m.parted(back, ctx));
    e.rig.run(Duration::from_secs(1));
    assert_eq!(e.rig.answers(e.client).last().map(|(_, a)| a.reply), Some(Reply::Fail(Cause::Reset)));
    assert_eq!(e.ask(page(1)).value, Value(1), "its own files");
}
