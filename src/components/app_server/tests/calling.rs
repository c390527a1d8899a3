//! What becomes of calls that fail: what is certain, what is tried again, and what it costs to wait.

use super::*;

#[test]
fn what_a_client_is_told_is_certain_or_unknown() {
    // What happens to the store, then what a read and a write are told.
    type Blow = fn(&mut One);
    let down: Blow = |one| one.rig.crash(one.store);
    let cut: Blow = |one| one.rig.fault(Fault::Cut { link: one.back, way: Way::Both });
    let mute: Blow = |one| one.rig.fault(Fault::Cut { link: one.back, way: Way::Back });
    let host: Blow = |one| one.rig.fault(Fault::Crash { node: one.store, host: true });
    let full: Blow = |one| one.rig.rote_mut(one.store, |r| r.says = Some(Reply::Fail(Cause::Full)));
    let lost: Blow = |one| one.rig.rote_mut(one.store, |r| r.says = Some(Reply::Unknown(Cause::Reset)));
    let read_only: Blow = |one| one.rig.rote_mut(one.store, |r| r.writable = false);
    use Cause::*;
    for (name, blow, of_read, of_write) in [
        ("process down", down, Reply::Fail(Refused), Reply::Fail(Refused)),
        ("link cut", cut, Reply::Fail(TimedOut), Reply::Unknown(TimedOut)),
        ("answers lost", mute, Reply::Fail(TimedOut), Reply::Unknown(TimedOut)),
        ("host down", host, Reply::Fail(TimedOut), Reply::Unknown(TimedOut)),
        ("line full", full, Reply::Fail(Full), Reply::Fail(Full)),
        ("unknown behind", lost, Reply::Fail(Reset), Reply::Unknown(Reset)),
        ("read-only", read_only, Reply::Ok, Reply::Fail(ReadOnly)),
    ] {
        let mut one = one("");
        blow(&mut one);
        assert_eq!((one.reply(read(1)), one.reply(write(1, 1))), (of_read, of_write), "{name}");
    }
}

#[test]
fn a_store_that_dies_with_the_write_leaves_it_unknown() {
    for (ask, reply) in
        [(read(1), Reply::Fail(Cause::Reset)), (write(1, 1), Reply::Unknown(Cause::Reset))]
    {
        let mut one = one("");
        let call = one.rig.send(one.client, one.front, ask);
        one.rig.run(Duration::from_millis(2));
        one.rig.crash(one.store);
        one.rig.run(Duration::from_secs(1));
        assert_eq!(one.rig.answers(one.client).iter().map(|(_, a)| (a.call, a.reply)).collect::<Vec<_>>(), vec![
            (call, reply)
        ]);
        assert_eq!(one.rig.get(one.web).gauge().busy, 0);
    }
}

#[test]
fn a_link_that_is_taken_away_ends_its_calls() {
    let mut one = one("pool=1");
    one.rig.send(one.client, one.front, write(1, 1));
    one.rig.send(one.client, one.front, write(2, 2));
    one.rig.run(Duration::from_millis(2));
    let back = one.back;
    one.rig.world.remove_link(back);
    one.rig.with(one.web, |m, ctx| m.parted(back, ctx));
    one.rig.run(Duration::from_secs(1));
    let replies: Vec<Reply> = one.rig.answers(one.client).iter().map(|(_, a)| a.reply).collect();
    assert_eq!(replies, vec![Reply::Unknown(Cause::Reset), Reply::Fail(Cause::Reset)]);
    assert_eq!(one.reply(write(3, 3)), Reply::Fail(Cause::NoServer));
}

#[test]
fn retries_are_made_where_they_do_no_harm() {
    // (settings, write?, attempts that come to the store)
    for (text, ask, attempts) in [
        ("retries=0", read(1), 1),
        ("retries=2", read(1), 3),
        ("retries=2", write(1, 1), 1),
        ("retries=2 retry-writes=on", write(1, 1), 3),
    ] {
        let mut one = one(&format!("{text} timeout=10ms"));
        one.rig.rote_mut(one.store, |r| r.silent = true);
        assert!(matches!(one.reply(ask), Reply::Fail(Cause::TimedOut) | Reply::Unknown(Cause::TimedOut)));
        assert_eq!((one.stored(), one.counters().retries), (attempts, attempts as u64 - 1), "{text}");
        let numbers: Vec<u8> = rote(&one.rig, one.store).asked.iter().map(|(_, a)| a.attempt).collect();
        assert_eq!(numbers, (0..attempts as u8).collect::<Vec<_>>());
    }
    // A refused connection has done no harm: the write may be sent again, and is certain to have happened once.
    let mut one = one("retries=5 backoff=1s");
    one.rig.crash(one.store);
    one.rig.send(one.client, one.front, write(1, 9));
    one.rig.run(Duration::from_millis(5));
    one.rig.restart(one.store);
    one.rig.run(Duration::from_secs(60));
    assert_eq!(one.rig.answers(one.client)[0].1.reply, Reply::Ok);
    assert_eq!(one.stored(), 1);
}

#[test]
fn a_write_that_may_have_happened_stays_unknown_after_a_refusal() {
    let mut one = one("retries=1 retry-writes=on timeout=10ms backoff=1s");
    one.rig.rote_mut(one.store, |r| r.silent = true);
    one.rig.send(one.client, one.front, write(1, 9));
    one.rig.run(Duration::from_millis(12));
    one.rig.crash(one.store);
    one.rig.run(Duration::from_secs(2));
    assert_eq!(one.rig.answers(one.client)[0].1.reply, Reply::Unknown(Cause::Refused));
}

#[test]
fn backoff_doubles_and_is_drawn_at_random() {
    let mut waits = [Vec::new(), Vec::new(), Vec::new()];
    let mut one = one("retries=3 backoff=100ms timeout=10s");
    one.rig.rote_mut(one.store, |r| r.says = Some(Reply::Fail(Cause::Error)));
    for k in 0..300 {
        one.reply(read(k));
        let asked: Vec<Instant> = rote(&one.rig, one.store).asked.iter().rev().take(4).map(|(at, _)| *at).collect();
        // From one attempt's coming to the next one's: 2 ms there, 0.2 ms on the way.
        (0..3).for_each(|i| waits[i].push((asked[2 - i] - asked[3 - i]).as_millis() - 2.2));
    }
    for (i, most) in [100.0, 200.0, 400.0].into_iter().enumerate() {
        let mean = waits[i].iter().sum::<f64>() / 300.0;
        assert!((mean / (most / 2.0) - 1.0).abs() < 0.12, "retry {i}: {mean} ms");
        assert!(waits[i].iter().all(|w| (0.0..=most).contains(w)));
    }
}

#[test]
fn attempts_and_failures_follow_the_chance_of_failing() {
    // Each attempt fails with probability 1/2: 1.875 attempts, 6.25 % given up with three retries.
    let mut one = one("retries=3 backoff=1ms");
    let mut random = crate::stdx::Random::stream(5, 5);
    let (n, mut given_up) = (4000, 0);
    for k in 0..n {
        let call = one.rig.send(one.client, one.front, read(k % 50));
        while one.rig.answers(one.client).last().is_none_or(|(_, a)| a.call != call) {
            one.rig.rote_mut(one.store, |r| r.says = random.chance(0.5).then_some(Reply::Fail(Cause::Error)));
            // To just before the store's next answer, so that each answer is drawn anew.
            one.rig.run(Duration::from_micros(1500));
        }
        given_up += !one.rig.answers(one.client).last().unwrap().1.reply.is_ok() as u32;
    }
    let attempts = one.stored() as f64 / n as f64;
    assert!((attempts / 1.875 - 1.0).abs() < 0.02, "{attempts}");
    assert!((given_up as f64 / n as f64 - 0.0625).abs() < 0.012, "{given_up}");
}

#[test]
fn a_slow_store_takes_all_workers_and_the_breaker_gives_them_back() {
    for (text, sheds) in [("", false), ("breaker=on", true)] {
        let mut one = one(&format!("workers=4 room=1000 timeout=1s {text}"));
        one.rig.rote_mut(one.store, |r| r.silent = true);
        for i in 0..200 {
            one.rig.send(one.client, one.front, read(i));
            one.rig.run(Duration::from_millis(50));
        }
        let gauge = one.rig.get(one.web).gauge();
        let shed = one.rig.answers(one.client).iter().filter(|(_, a)| a.reply == Reply::Fail(Cause::Shed)).count();
        assert_eq!((gauge.busy == 4, shed > 80), (!sheds, sheds), "{text}: {} shed, {} busy", shed, gauge.busy);
        // When the store is well again, one call tries it and the rest follow.
        one.rig.rote_mut(one.store, |r| r.silent = false);
        one.rig.run(Duration::from_secs(120));
        assert_eq!((one.reply(read(1)), one.reply(read(2))), (Reply::Ok, Reply::Ok), "{text}");
    }
}

#[test]
fn the_breaker_follows_its_settings() {
    for (text, shed) in [
        ("breaker-requests=5 breaker-share=100%", true),
        ("breaker-requests=6", false),
        ("breaker-requests=5 breaker-open=10ms", false),
    ] {
        let mut one = one(&format!("breaker=on {text}"));
        one.rig.crash(one.store);
        (0..5).for_each(|k| assert_eq!(one.reply(read(k)), Reply::Fail(Cause::Refused)));
        one.rig.run(Duration::from_millis(10));
        let cause = if shed { Cause::Shed } else { Cause::Refused };
        assert_eq!(one.reply(read(9)), Reply::Fail(cause), "{text}");
    }
}

#[test]
fn a_pool_lets_so_many_through_and_the_rest_wait() {
    for (pool, most) in [(0, 8), (2, 2), (1, 1)] {
        let mut one = one(&format!("workers=8 pool={pool}"));
        (0..8).for_each(|k| _ = one.rig.send(one.client, one.front, read(k)));
        one.rig.run(Duration::from_secs(1));
        assert_eq!(one.counters().completions, 8);
        let asked: Vec<Instant> = rote(&one.rig, one.store).asked.iter().map(|(at, _)| *at).collect();
        // A connection is free again when the answer is back: 2 ms there and two hops later.
        let at_once = asked.iter().filter(|at| **at - asked[0] < Duration::from_micros(2200)).count();
        assert_eq!(at_once, most, "pool={pool}");
    }
    // Whoever waits too long gives up, and certainly nothing has happened.
    let mut one = one("workers=2 pool=1 pool-wait=50ms timeout=200ms");
    one.rig.rote_mut(one.store, |r| r.silent = true);
    (0..2).for_each(|k| _ = one.rig.send(one.client, one.front, write(k, 1)));
    one.rig.run(Duration::from_secs(1));
    let replies: Vec<Reply> = one.rig.answers(one.client).iter().map(|(_, a)| a.reply).collect();
    assert_eq!(replies, vec![Reply::Fail(Cause::Pool), Reply::Unknown(Cause::TimedOut)]);
    // The connection of the one that timed out is free for the next.
    one.rig.rote_mut(one.store, |r| r.silent = false);
    assert_eq!(one.reply(read(1)), Reply::Ok);
    assert_eq!(one.counters().calls_timed_out, 1, "what was not sent has not timed out");
}

#[test]
fn joins_in_the_application_cost_a_round_trip_each() {
    for joins in [0, 1, 3] {
        let mut one = one(&format!("joins={joins}"));
        one.ask(write(7, 70));
        let start = one.rig.world.now();
        assert_eq!((one.value(7), one.stored()), (70, 2 + joins));
        let span = (one.rig.world.now() - start).0 / 100_000;
        assert_eq!(span, 12 + 22 * (1 + joins as u64));
        // The further rows are asked in nobody's name, so that they are not taken for the client's read.
        let asked = &rote(&one.rig, one.store).asked;
        let own = asked.iter().filter(|(_, a)| a.op.key == Key(7)).count();
        assert_eq!(own, 2);
    }
}

#[test]
fn a_crash_forgets_the_requests_and_answers_of_before_mean_nothing() {
    let mut one = one("workers=1");
    (0..3).for_each(|k| _ = one.rig.send(one.client, one.front, read(k)));
    one.rig.run(Duration::from_millis(2));
    one.rig.crash(one.web);
    one.rig.restart(one.web);
    one.rig.run(Duration::from_secs(2));
    assert_eq!((one.rig.answers(one.client).len(), one.counters().crashed), (0, 3));
    assert_eq!(one.reply(read(1)), Reply::Ok);
    assert_eq!(one.counters().late, 1);
}
