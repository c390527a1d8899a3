//! The engine, tested with a node that writes down what it is handed and answers nothing.

mod luck;

use super::*;
use crate::stdx::{Duration, Instant};

const MILLI: Duration = Duration::from_millis(1);

/// A parcel with a number on it.
#[derive(Clone, PartialEq, Debug)]
struct Parcel {
    number: u32,
    channel: Channel,
}

impl Packet for Parcel {
    fn channel(&self) -> Channel {
        self.channel
    }
    fn bytes(&self) -> u32 {
        1000
    }
}

#[derive(Clone, PartialEq, Debug)]
enum Saw {
    Start,
    Got(u32),
    Back(u32),
    Broken,
    Rang(u32),
    Died,
}
use Saw::*;

/// Milliseconds and what was seen then.
#[derive(Clone, Default)]
struct Diary(Vec<(f64, Saw)>);

type Ctx<'a> = Context<'a, Parcel, u32, u32>;

impl Diary {
    fn write(&mut self, ctx: &Ctx<'_>, saw: Saw) {
        self.0.push((ctx.now().0 as f64 / 1e6, saw));
    }
}

impl Behavior for Diary {
    type Message = Parcel;
    type Timer = u32;
    type Note = u32;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.write(ctx, Start)
    }
    fn message(&mut self, _: LinkId, parcel: Parcel, ctx: &mut Ctx<'_>) {
        ctx.note(parcel.number);
        self.write(ctx, Got(parcel.number))
    }
    fn refused(&mut self, _: LinkId, parcel: Parcel, ctx: &mut Ctx<'_>) {
        self.write(ctx, Back(parcel.number))
    }
    fn broken(&mut self, _: LinkId, ctx: &mut Ctx<'_>) {
        self.write(ctx, Broken)
    }
    fn timer(&mut self, timer: u32, ctx: &mut Ctx<'_>) {
        self.write(ctx, Rang(timer))
    }
    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.write(ctx, Died)
    }
}

/// Two nodes and a link between them.
struct Pair {
    world: World<Diary>,
    a: NodeId,
    b: NodeId,
    link: LinkId,
}

fn pair(latency: &str) -> Pair {
    let mut world = World::new(3);
    let (a, b) = (world.add(1, Diary::default()), world.add(2, Diary::default()));
    let link = world.join(3, plan(a, b, latency));
    let mut pair = Pair { world, a, b, link };
    pair.run(0.0);
    pair
}

fn plan(a: NodeId, b: NodeId, latency: &str) -> LinkPlan {
    LinkPlan { a, b, latency: latency.parse().unwrap(), distance: Duration::ZERO, loss: 0.0, bandwidth: None }
}

impl Pair {
    fn run(&mut self, millis: f64) {
        assert!(self.world.run(Instant::START + Duration::from_secs_f64(millis / 1e3), u64::MAX));
    }
    fn send(&mut self, from: NodeId, number: u32, channel: Channel) {
        let link = self.link;
        self.world.with(from, |_, ctx| ctx.send(link, Parcel { number, channel }));
    }
    fn timer(&mut self, node: NodeId, after: Duration, number: u32) {
        self.world.with(node, |_, ctx| ctx.timer(after, number));
    }
    fn apply(&mut self, fault: Fault) {
        self.world.apply(&fault);
    }
    /// What the node has seen after its start.
    fn diary(&self, node: NodeId) -> &[(f64, Saw)] {
        &self.world.get(node).0[1..]
    }
    fn numbers(&self, node: NodeId) -> Vec<u32> {
        let got = self.diary(node).iter();
        got.filter_map(|(_, saw)| if let Got(n) = saw { Some(*n) } else { None }).collect()
    }
}

#[test]
fn what_is_due_at_the_same_instant_comes_in_the_order_it_was_asked_for() {
    let mut p = pair("5ms");
    for n in 0..20 {
        match n % 3 {
            0 => p.timer(p.b, MILLI.saturating_mul(5), n),
            1 => p.send(p.a, n, Channel::Own),
            _ => p.send(p.a, n, Channel::Datagram),
        }
    }
    p.run(5.0);
    let seen: Vec<Saw> = p.diary(p.b).iter().map(|(_, saw)| saw.clone()).collect();
    let asked: Vec<Saw> = (0..20).map(|n| if n % 3 == 0 { Rang(n) } else { Got(n) }).collect();
    assert_eq!(seen, asked);
}

#[test]
fn loss_is_decided_when_the_packet_would_arrive() {
    let mut p = pair("10ms");
    p.send(p.a, 1, Channel::Datagram);
    p.run(5.0);
    p.apply(Fault::Loss { link: p.link, share: Some(1.0) });
    p.run(9.0);
    p.send(p.a, 2, Channel::Datagram);
    p.run(11.0);
    p.apply(Fault::Loss { link: p.link, share: None });
    p.run(30.0);
    assert_eq!(p.diary(p.b), [(19.0, Got(2))]);
    assert_eq!((p.world.link(p.link).lanes[0].sent, p.world.link(p.link).lanes[0].lost), (2, 1));
}

#[test]
fn a_link_can_be_cut_one_way() {
    for (way, at_a, at_b) in
        [(Way::Forth, vec![2], vec![]), (Way::Back, vec![], vec![1]), (Way::Both, vec![], vec![])]
    {
        let mut p = pair("1ms");
        p.apply(Fault::Cut { link: p.link, way });
        p.send(p.a, 1, Channel::Own);
        p.send(p.b, 2, Channel::Own);
        p.run(10.0);
        assert_eq!((p.numbers(p.a), p.numbers(p.b)), (at_a, at_b), "{way:?}");
    }
}

#[test]
fn what_is_in_flight_when_the_link_is_cut_is_lost_even_if_it_is_healed_before() {
    for channel in [Channel::Own, Channel::Stream, Channel::Datagram] {
        let mut p = pair("10ms");
        p.send(p.a, 1, channel);
        p.run(2.0);
        p.apply(Fault::Cut { link: p.link, way: Way::Both });
        p.run(3.0);
        p.send(p.a, 2, channel);
        p.run(4.0);
        p.apply(Fault::Heal { link: p.link });
        p.send(p.a, 3, channel);
        p.run(100.0);
        // What was sent into the cut met it at its arrival only, and by then it was healed.
        assert_eq!(p.numbers(p.b), [2, 3], "{channel:?}");
        assert_eq!(p.world.link(p.link).lanes[0].lost, 1);
    }
}

#[test]
fn a_stream_keeps_its_order_under_jitter_and_loss() {
    for loss in [0.0, 0.05, 0.5] {
        let mut p = pair("exp(20ms)");
        p.apply(Fault::Loss { link: p.link, share: Some(loss) });
        for n in 0..500 {
            p.send(p.a, n, Channel::Stream);
            p.run(n as f64);
        }
        p.run(10_000_000.0);
        assert_eq!(p.numbers(p.b), (0..500).collect::<Vec<_>>(), "loss {loss}");
    }
    let mut p = pair("exp(20ms)");
    (0..500).for_each(|n| p.send(p.a, n, Channel::Own));
    p.run(10_000.0);
    assert!(!p.numbers(p.b).is_sorted(), "connections of their own overtake each other");
}

#[test]
fn one_lost_datagram_in_ten_stays_lost() {
    let mut p = pair("1ms");
    p.apply(Fault::Loss { link: p.link, share: Some(0.1) });
    (0..10_000).for_each(|n| p.send(p.a, n, Channel::Datagram));
    p.run(1e6);
    let share = p.numbers(p.b).len() as f64 / 10_000.0;
    assert!((share - 0.9).abs() < 0.01, "{share}");
}

#[test]
fn a_lost_segment_is_sent_again_after_200_400_800_milliseconds() {
    for (healed, arrives) in [(1.0, 10.0), (100.0, 210.0), (300.0, 610.0), (1000.0, 1410.0)] {
        let mut p = pair("10ms");
        p.apply(Fault::Loss { link: p.link, share: Some(1.0) });
        p.send(p.a, 1, Channel::Own);
        p.run(healed);
        p.apply(Fault::Loss { link: p.link, share: None });
        p.run(10_000.0);
        assert_eq!(p.diary(p.b), [(arrives, Got(1))]);
    }
}

#[test]
fn a_connection_that_nothing_comes_through_breaks_in_the_end() {
    let mut p = pair("10ms");
    p.apply(Fault::Loss { link: p.link, share: Some(1.0) });
    p.send(p.a, 1, Channel::Own);
    p.run(1e7);
    assert_eq!(p.diary(p.b), []);
    // Fifteen retransmissions, doubling up to 120 s: 924.6 s, as Linux's documentation says.
    assert_eq!(p.diary(p.a), [(924_610.0, Broken)]);
}

#[test]
fn a_dead_process_refuses_and_its_connections_break() {
    let mut p = pair("10ms");
    p.apply(Fault::Crash { node: p.b, host: false });
    p.send(p.a, 1, Channel::Own);
    p.send(p.a, 2, Channel::Datagram);
    p.run(100.0);
    assert_eq!(p.diary(p.b), [(0.0, Died)]);
    assert_eq!(p.diary(p.a), [(10.0, Broken), (20.0, Back(1))]);
}

#[test]
fn a_dead_host_is_silent() {
    let mut p = pair("10ms");
    p.apply(Fault::Crash { node: p.b, host: true });
    p.send(p.a, 1, Channel::Own);
    p.run(1e7);
    assert_eq!(p.diary(p.a), []);
    // The host of a process that is down can go, too.
    let mut p = pair("10ms");
    p.apply(Fault::Crash { node: p.b, host: false });
    p.apply(Fault::Crash { node: p.b, host: true });
    p.send(p.a, 1, Channel::Own);
    p.run(1e7);
    assert_eq!(p.diary(p.a), [(10.0, Broken)]);
}

#[test]
fn timers_do_not_outlive_a_crash_and_the_process_starts_again() {
    let mut p = pair("10ms");
    p.timer(p.b, MILLI.saturating_mul(50), 1);
    p.run(10.0);
    p.apply(Fault::Crash { node: p.b, host: false });
    p.apply(Fault::Crash { node: p.b, host: false });
    p.run(20.0);
    p.apply(Fault::Restart { node: p.b });
    p.apply(Fault::Restart { node: p.b });
    p.timer(p.b, MILLI.saturating_mul(50), 2);
    p.run(100.0);
    assert_eq!(p.diary(p.b), [(10.0, Died), (20.0, Start), (70.0, Rang(2))]);
}

#[test]
fn what_a_dying_machine_sends_is_never_sent() {
    #[derive(Clone)]
    struct Testament(LinkId, u32);
    impl Behavior for Testament {
        type Message = Parcel;
        type Timer = u32;
        type Note = u32;
        fn start(&mut self, _: &mut Ctx<'_>) {}
        fn message(&mut self, _: LinkId, _: Parcel, _: &mut Ctx<'_>) {
            self.1 += 1;
        }
        fn refused(&mut self, _: LinkId, _: Parcel, _: &mut Ctx<'_>) {}
        fn broken(&mut self, _: LinkId, _: &mut Ctx<'_>) {}
        fn timer(&mut self, _: u32, _: &mut Ctx<'_>) {}
        fn crash(&mut self, ctx: &mut Ctx<'_>) {
            ctx.send(self.0, Parcel { number: 1, channel: Channel::Own });
            ctx.note(9);
        }
    }
    let mut world = World::new(1);
    let (a, b) = (world.add(1, Testament(LinkId(0), 0)), world.add(2, Testament(LinkId(0), 0)));
    world.join(3, plan(a, b, "1ms"));
    world.apply(&Fault::Crash { node: a, host: true });
    world.run(Instant(1_000_000_000), 100);
    assert_eq!(world.get(b).1, 0);
    assert_eq!(world.drain_notes().map(|(_, _, note)| note).collect::<Vec<_>>(), [9]);
}

#[test]
fn a_paused_machine_finds_everything_in_order_when_it_wakes() {
    let mut p = pair("10ms");
    p.apply(Fault::Pause { node: p.b });
    p.timer(p.b, MILLI.saturating_mul(15), 100);
    for n in 0..4 {
        p.send(p.a, n, Channel::Stream);
        p.run(n as f64 * 3.0 + 3.0);
    }
    p.run(18.0);
    assert_eq!(p.diary(p.b), []);
    // What its kernel has taken already is past what becomes of the link.
    p.apply(Fault::Cut { link: p.link, way: Way::Both });
    p.apply(Fault::Resume { node: p.b });
    p.run(30.0);
    let woke = |saw: Saw| (18.0, saw);
    assert_eq!(p.diary(p.b), [woke(Got(0)), woke(Got(1)), woke(Rang(100)), woke(Got(2))]);
}

#[test]
fn what_comes_at_the_instant_of_waking_comes_after_what_waited() {
    let mut p = pair("10ms");
    p.apply(Fault::Pause { node: p.b });
    p.send(p.a, 1, Channel::Stream);
    p.timer(p.a, MILLI.saturating_mul(12), 9);
    p.run(2.0);
    p.send(p.a, 2, Channel::Stream);
    p.run(11.0);
    assert!(p.world.step(), "the timer brings the clock to 12 ms, before the message of that instant");
    p.apply(Fault::Resume { node: p.b });
    p.run(20.0);
    assert_eq!(p.diary(p.b), [(12.0, Got(1)), (12.0, Got(2))]);
}

#[test]
fn a_crash_forgets_what_a_pause_had_kept() {
    let mut p = pair("1ms");
    p.apply(Fault::Pause { node: p.b });
    p.send(p.a, 1, Channel::Own);
    p.run(5.0);
    p.apply(Fault::Crash { node: p.b, host: true });
    p.apply(Fault::Resume { node: p.b });
    p.run(6.0);
    p.apply(Fault::Restart { node: p.b });
    p.run(10.0);
    assert_eq!(p.diary(p.b), [(5.0, Died), (6.0, Start)]);
}

#[test]
fn slowness_stretches_work_and_not_the_clock() {
    let mut p = pair("1ms");
    p.apply(Fault::Slow { node: p.b, factor: 4.0 });
    p.world.with(p.b, |_, ctx| {
        ctx.work(MILLI.saturating_mul(10), 1);
        ctx.timer(MILLI.saturating_mul(10), 2);
        ctx.timeout(MILLI.saturating_mul(10), 3);
    });
    p.run(100.0);
    assert_eq!(p.diary(p.b), [(10.0, Rang(2)), (10.0, Rang(3)), (40.0, Rang(1))]);
}

#[test]
fn a_skewed_clock_shows_another_time_and_rings_at_the_right_one() {
    let mut p = pair("1ms");
    p.run(1000.0);
    for (skew, shows) in [(5_000_000_000, 6.0), (-400_000_000, 0.6), (-9_000_000_000, 0.0)] {
        p.apply(Fault::Skew { node: p.b, nanos: skew });
        assert_eq!(p.world.with(p.b, |_, ctx| (ctx.clock().as_secs(), ctx.now().as_secs())), (shows, 1.0));
    }
    p.timer(p.b, MILLI, 1);
    p.run(2000.0);
    assert_eq!(p.diary(p.b), [(1001.0, Rang(1))]);
}

#[test]
fn what_is_removed_takes_what_is_in_flight_along() {
    let mut p = pair("10ms");
    p.send(p.a, 1, Channel::Own);
    p.send(p.b, 2, Channel::Own);
    p.timer(p.b, MILLI, 3);
    p.world.remove(p.b);
    p.send(p.a, 4, Channel::Own);
    p.apply(Fault::Restart { node: p.b });
    p.apply(Fault::Crash { node: p.b, host: false });
    p.run(100.0);
    assert_eq!((p.diary(p.a), p.diary(p.b)), (&[][..], &[][..]));
    assert_eq!(p.world.links_of(p.a), []);
    let c = p.world.add(9, Diary::default());
    assert_ne!(c, p.b, "numbers are never used twice");
}

#[test]
#[should_panic(expected = "does not end there")]
fn nobody_can_send_over_a_line_of_others() {
    let mut p = pair("1ms");
    let stranger = p.world.add(9, Diary::default());
    p.send(stranger, 1, Channel::Own);
}

#[test]
fn a_wire_with_a_bandwidth_carries_one_after_the_other_each_way() {
    let mut p = pair("10ms");
    p.world.replan(p.link, LinkPlan { bandwidth: Some(100_000.0), ..plan(p.a, p.b, "10ms") });
    (0..3).for_each(|n| p.send(p.a, n, Channel::Own));
    p.send(p.b, 7, Channel::Own);
    p.run(25.0);
    p.send(p.a, 3, Channel::Own);
    p.run(100.0);
    // A thousand bytes at a hundred thousand a second take 10 ms, and then they travel.
    assert_eq!(p.diary(p.b), [(20.0, Got(0)), (30.0, Got(1)), (40.0, Got(2)), (50.0, Got(3))]);
    assert_eq!(p.diary(p.a), [(20.0, Got(7))]);
}

#[test]
fn a_delay_is_added_and_taken_away() {
    let mut p = pair("10ms");
    p.apply(Fault::Delay { link: p.link, by: Some("80ms".parse().unwrap()) });
    p.send(p.a, 1, Channel::Own);
    p.apply(Fault::Delay { link: p.link, by: None });
    p.send(p.a, 2, Channel::Own);
    p.run(100.0);
    assert_eq!(p.diary(p.b), [(10.0, Got(2)), (90.0, Got(1))]);
}
