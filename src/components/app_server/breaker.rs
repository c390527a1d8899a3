//! A circuit breaker: stops calls to a machine that mostly fails, and tries again after a while (Nygard 2007, with the
//! rolling window of Hystrix). It may not know what is called.

use super::settings::Settings;
use crate::stdx::{Duration, Instant};

/// Seconds of the rolling window.
const WINDOW: u64 = 10;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Closed,
    /// Nobody is let through before this instant.
    Open(Instant),
    /// One call is out to try.
    HalfOpen,
}

#[derive(Clone, Debug)]
pub struct Breaker {
    state: State,
    /// Calls and failures by second, the second modulo the window.
    buckets: [(u32, u32); WINDOW as usize],
    second: u64,
}

impl Breaker {
    pub fn new() -> Breaker {
        Breaker { state: State::Closed, buckets: Default::default(), second: 0 }
    }

    /// Whether a call may go out now; the one that may while it is half open is the only one.
    pub fn lets_through(&mut self, now: Instant) -> bool {
        match self.state {
            State::Closed => true,
            State::Open(until) if now >= until => {
                self.state = State::HalfOpen;
                true
            }
            State::Open(_) | State::HalfOpen => false,
        }
    }

    /// How a call that was let through ended.
    pub fn record(&mut self, ok: bool, now: Instant, settings: &Settings) {
        if self.state == State::HalfOpen {
            self.buckets = Default::default();
            self.state = if ok { State::Closed } else { State::Open(now + settings.breaker_open) };
            return;
        }
        let second = now.0 / Duration::from_secs(1).0;
        // As many seconds as there are buckets empty all of them.
        for gone in (self.second + 1..=second).take(WINDOW as usize) {
            self.buckets[(gone % WINDOW) as usize] = (0, 0);
        }
        self.second = second;
        let bucket = &mut self.buckets[(second % WINDOW) as usize];
        *bucket = (bucket.0 + 1, bucket.1 + !ok as u32);
        let (calls, failures) = self.buckets.iter().fold((0, 0), |sum, b| (sum.0 + b.0, sum.1 + b.1));
        let mostly = failures as f64 >= settings.breaker_share * calls as f64;
        if self.state == State::Closed && !ok && calls >= settings.breaker_requests && mostly {
            self.state = State::Open(now + settings.breaker_open);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_when_most_fail_tries_one_and_closes_when_that_succeeds() {
        let settings = Settings::default();
        let (mut b, at) = (Breaker::new(), |ms| Instant::START + Duration::from_millis(ms));
        for i in 0..19 {
            b.record(i % 2 == 0, at(i), &settings);
        }
        assert!(b.lets_through(at(20)), "too few calls to judge");
        b.record(false, at(20), &settings);
        assert!(!b.lets_through(at(21)) && !b.lets_through(at(5_019)));
        assert!(b.lets_through(at(5_020)) && !b.lets_through(at(5_021)));
        b.record(false, at(5_030), &settings);
        assert!(!b.lets_through(at(10_029)) && b.lets_through(at(10_030)));
        b.record(true, at(10_040), &settings);
        assert!(b.lets_through(at(10_041)) && b.lets_through(at(10_042)));
    }

    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let settings = Settings::default();
        let (mut b, at) = (Breaker::new(), |s| Instant::START + Duration::from_secs(s));
        (0..19).for_each(|_| b.record(false, at(1), &settings));
        b.record(false, at(11), &settings);
        assert!(b.lets_through(at(11)));
        (0..19).for_each(|_| b.record(false, at(40), &settings));
        assert!(b.lets_through(at(40)));
        b.record(false, at(49), &settings);
        assert!(!b.lets_through(at(49)));
    }
}
