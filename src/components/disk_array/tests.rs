//! The disk array alone, asked by hand: what each level costs and what it stands.

use super::*;
use crate::components::Kind;
use crate::components::parts::rig::{Rig, read};
use crate::components::parts::size::Size;
use crate::sim::NodeId;

/// An array of four disks of 1 ms, and a client beside it.
struct Bench {
    rig: Rig,
    client: NodeId,
    array: NodeId,
    link: LinkId,
}

fn bench(text: &str) -> Bench {
    let mut rig = Rig::new(3);
    let client = rig.client();
    let array = rig.machine(Kind::DiskArray, "disks", &format!("access=1ms {text}"));
    let link = rig.join(client, array, Duration::ZERO);
    rig.run(Duration::from_millis(1));
    Bench { rig, client, array, link }
}

const READ: What = What::Disk { write: false };
const WRITE: What = What::Disk { write: true };
const BLOCK: Reply = Reply::Block { losses: 0 };

impl Bench {
    /// Asks so often at once; the last answer and the milliseconds until then.
    fn ask(&mut self, what: What, times: u32) -> (Reply, f64) {
        let (before, known) = (self.rig.world.now(), self.rig.answers(self.client).len());
        for _ in 0..times {
            self.rig.send(self.client, self.link, Ask { what, ..read(1) });
        }
        while self.rig.answers(self.client).len() < known + times as usize {
            assert!(self.rig.world.step(), "nobody answers");
        }
        let (at, answer) = *self.rig.answers(self.client).last().expect("an answer");
        (answer.reply, at.since(before).as_millis())
    }

    fn order(&mut self, order: Order) {
        assert!(self.rig.with(self.array, |m, ctx| m.order(order, ctx)));
    }

    fn counters(&self) -> Counters {
        self.rig.get(self.array).gauge().counters
    }
}

#[test]
fn each_level_has_its_price_in_accesses() {
    // Milliseconds of a write alone, of twelve reads at once, and of twelve writes at once on four disks.
    for (level, alone, reads, writes) in [
        ("raid0", 1.0, 3.0, 3.0),
        ("raid1", 1.0, 3.0, 12.0),
        ("raid10", 1.0, 3.0, 6.0),
        ("raid5", 2.0, 3.0, 12.0),
        ("raid6", 2.0, 3.0, 18.0),
    ] {
        let mut b = bench(&format!("level={level} disks=4"));
        let all = [b.ask(WRITE, 1), b.ask(READ, 12), b.ask(WRITE, 12)];
        let expected = [alone, reads, writes].map(|ms| (BLOCK, ms));
        assert_eq!(all, expected, "{level}");
    }
    // A higher class is faster by its speed, and dearer by more.
    let price = |size| Settings { size, ..Settings::default() }.price_per_hour();
    for (word, size, ms) in [("s", Size::S, 3.0), ("m", Size::M, 1.5), ("l", Size::L, 0.75), ("xl", Size::XL, 0.375)] {
        assert_eq!(bench(&format!("level=raid0 disks=4 size={word}")).ask(READ, 12), (BLOCK, ms), "{word}");
        assert!(price(size) >= price(Size::S) * size.speed());
    }
}

#[test]
fn each_level_stands_so_many_losses_and_no_more() {
    for (level, stands) in [("raid0", 0), ("raid1", 3), ("raid5", 1), ("raid6", 2)] {
        let mut b = bench(&format!("level={level} disks=4 rebuild=1h"));
        for _ in 0..stands {
            b.order(Order::LoseDisk);
        }
        assert_eq!(b.ask(READ, 1).0, BLOCK, "{level} without {stands}");
        b.order(Order::LoseDisk);
        assert_eq!(b.ask(READ, 1).0, Reply::Gone, "{level} without one more");
        let c = b.counters();
        assert_eq!((c.disks_lost, c.data_losses), (stands + 1, 1));
        // It comes back empty, and says so to who remembers.
        b.rig.run(Duration::from_secs(3601));
        assert_eq!(b.ask(READ, 1).0, Reply::Block { losses: 1 });
    }
    // Of mirrored pairs one of each may be lost.
    let pairs = (0..40).filter(|seed| {
        let mut b = bench("level=raid10 disks=4");
        (0..*seed).for_each(|_| _ = b.rig.with(b.array, |_, ctx| ctx.random().word()));
        b.order(Order::LoseDisk);
        b.order(Order::LoseDisk);
        b.ask(READ, 1).0 == BLOCK
    });
    let stood = pairs.count() as f64 / 40.0;
    assert!((0.4..0.9).contains(&stood), "two of three second losses hit the other pair: {stood}");
}

#[test]
fn a_rebuild_takes_its_share_and_gives_the_disk_back() {
    let mut b = bench("level=raid1 disks=2 rebuild=10s rebuild-share=50% replace=1min");
    b.order(Order::LoseDisk);
    assert_eq!(b.ask(READ, 2), (BLOCK, 2.0), "one disk has to do the work of two");
    b.rig.run(Duration::from_secs(60));
    assert_eq!(b.ask(READ, 2), (BLOCK, 4.0), "the new disk is being filled");
    b.rig.run(Duration::from_secs(10));
    assert_eq!((b.ask(READ, 2), b.counters().rebuilds), ((BLOCK, 1.0), 1));
    // A spare is filled at once.
    let mut b = bench("level=raid1 disks=2 rebuild=10s rebuild-share=50% replace=1min spare-disks=1");
    b.order(Order::LoseDisk);
    assert_eq!(b.ask(READ, 2), (BLOCK, 4.0));
    b.rig.run(Duration::from_secs(10));
    assert_eq!(b.counters().rebuilds, 1);
    // Only until it is needed, too: the next one waits until somebody has brought another.
    b.order(Order::LoseDisk);
    b.rig.run(Duration::from_secs(11));
    assert_eq!(b.counters().rebuilds, 1);
    // A read that meets a lost disk of a parity group reads the others.
    let mut b = bench("level=raid5 disks=4 replace=1d");
    b.order(Order::LoseDisk);
    let took: Vec<f64> = (0..40).map(|_| b.ask(READ, 1).1).collect();
    assert!(took.iter().all(|ms| *ms == 1.0), "three disks read at once: {took:?}");
    assert!(b.rig.get(b.array).tally().unwrap().services.count() > 50);
}

#[test]
fn a_full_disk_reads_and_a_crash_loses_nothing() {
    let put = What::SessionPut { cart: 3 };
    let mut b = bench("level=raid1 disks=2");
    assert_eq!(b.ask(put, 1).0, Reply::Ok);
    b.order(Order::FillDisk);
    assert_eq!(b.ask(put, 1).0, Reply::Fail(Cause::Disk));
    assert_eq!(b.ask(What::SessionGet, 1).0, Reply::Session { cart: 3 });
    b.rig.crash(b.array);
    b.rig.restart(b.array);
    assert_eq!(b.ask(What::SessionGet, 1).0, Reply::Session { cart: 3 });
    assert_eq!(b.ask(put, 1).0, Reply::Ok, "whoever started it has made room");
    b.order(Order::LoseDisk);
    b.order(Order::LoseDisk);
    assert_eq!(b.ask(What::SessionGet, 1).0, Reply::Fail(Cause::Disk));
    b.rig.crash(b.array);
    b.rig.restart(b.array);
    assert_eq!(b.ask(What::SessionGet, 1).0, Reply::NoSession);
}

#[test]
fn too_many_at_once_are_refused() {
    let mut b = bench("level=raid0 disks=1 room=2");
    assert_eq!(b.ask(READ, 4).0, BLOCK);
    let c = b.counters();
    assert_eq!((c.arrivals, c.completions, c.refused), (4, 4, 0));
    b.ask(READ, 9);
    assert!(b.counters().refused > 0);
}
