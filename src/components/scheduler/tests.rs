//! A scheduler with a real app server and static stores.

use super::*;
use crate::components::parts::rig::{Rig, read, write};
use crate::sim::NodeId;

const HOP: Duration = Duration::from_micros(100);

struct Bench {
    rig: Rig,
    client: NodeId,
    front: LinkId,
    files: NodeId,
    web: NodeId,
    cron: NodeId,
    store: NodeId,
}

/// Users read at the static store, whose origin is the app server that the scheduler renders from too.
fn bench(text: &str) -> Bench {
    let mut rig = Rig::new(1);
    let client = rig.client();
    let files = rig.machine(Kind::StaticStore, "files", "");
    let web = rig.machine(Kind::AppServer, "web-1", "service=1ms workers=50");
    let store = rig.rote("db", true, Duration::from_millis(1));
    let cron = rig.machine(Kind::Scheduler, "cron", &format!("service=9ms {text}"));
    let front = rig.join(client, files, HOP);
    rig.join(files, web, HOP);
    rig.join(web, store, HOP);
    rig.join(cron, web, HOP);
    rig.join(cron, files, HOP);
    Bench { rig, client, front, files, web, cron, store }
}

impl Bench {
    fn read(&mut self, key: u32) -> u64 {
        self.rig.ask(self.client, self.front, read(key)).value.0
    }

    fn at_server(&self) -> u64 {
        self.rig.get(self.web).gauge().counters.arrivals
    }

    fn rendered(&self) -> u64 {
        self.rig.get(self.cron).gauge().counters.completions
    }
}

#[test]
fn rendered_pages_need_no_server_and_show_what_was_true_then() {
    let mut b = bench("every=1min pages=10");
    b.rig.run(Duration::from_secs(10));
    assert_eq!((b.rendered(), b.at_server()), (10, 10));
    assert_eq!((0..10).map(|key| b.read(key)).sum::<u64>(), 0);
    assert_eq!(b.at_server(), 10, "no reader came to the server");
    b.rig.ask(b.client, b.front, write(3, 7));
    assert_eq!((b.read(3), b.rig.get(b.files).holds(Key(3))), (0, Some(Value(0))));
    b.rig.run(Duration::from_secs(60));
    assert_eq!((b.read(3), b.rendered()), (7, 20));
    // What is not rendered comes from the server each time.
    let before = b.at_server();
    assert_eq!((b.read(11), b.read(11)), (0, 0));
    assert_eq!(b.at_server(), before + 2);
}

#[test]
fn a_round_takes_its_time_and_is_not_begun_twice() {
    // Rendering takes 9 ms, fetching 2.4 ms: so many pages in a second, or so many at once.
    for (text, least) in [("concurrency=1", 86), ("concurrency=2", 173), ("concurrency=1 size=m", 143)] {
        let mut b = bench(&format!("every=100ms pages=1000 {text}"));
        b.rig.run(Duration::from_secs(1));
        assert!((least..least + 4).contains(&b.rendered()), "{text}: {}", b.rendered());
        b.rig.run(Duration::from_secs(9));
        let arrivals = b.rig.get(b.cron).gauge().counters.arrivals;
        assert!(arrivals <= 1000 + b.rendered(), "{text}: {arrivals} ordered, {} made", b.rendered());
    }
}

#[test]
fn a_page_that_cannot_be_made_stays_as_it_was() {
    let mut b = bench("every=10s pages=2 timeout=1s");
    b.rig.run(Duration::from_secs(1));
    b.rig.rote_mut(b.store, |r| _ = r.rows.insert(Key(1), (Value(9), 1)));
    b.rig.crash(b.web);
    b.rig.run(Duration::from_secs(12));
    assert_eq!(b.read(1), 0);
    assert_eq!(b.rig.get(b.cron).gauge().counters.failed, 2);
    b.rig.restart(b.web);
    b.rig.rote_mut(b.store, |r| r.silent = true);
    b.rig.run(Duration::from_secs(10));
    assert_eq!((b.read(1), b.rig.get(b.cron).gauge().counters.calls_timed_out), (0, 2));
    b.rig.rote_mut(b.store, |r| r.silent = false);
    b.rig.run(Duration::from_secs(10));
    assert_eq!(b.read(1), 9);
}

#[test]
fn a_restarted_scheduler_begins_anew() {
    let mut b = bench("every=1h pages=50");
    b.rig.run(Duration::from_millis(100));
    b.rig.crash(b.cron);
    b.rig.restart(b.cron);
    b.rig.run(Duration::from_secs(2));
    let c = b.rig.get(b.cron).gauge().counters;
    assert!(c.crashed > 30 && c.completions >= 50, "{c:?}");
}
