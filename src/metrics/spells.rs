//! Time in two states that take turns: up and down. It may not know what goes up and down.

use crate::stdx::{Duration, Instant};

/// Time in two states that take turns.
#[derive(Clone, Debug)]
pub struct Spells {
    up: bool,
    since: Instant,
    /// Of the spells that have ended.
    ups: Duration,
    downs: Duration,
    /// How often it went down.
    pub outages: u64,
    /// When it first did.
    pub first_outage: Option<Instant>,
}

impl Spells {
    pub fn new(now: Instant) -> Spells {
        Spells {
            up: true,
            since: now,
            ups: Duration::ZERO,
            downs: Duration::ZERO,
            outages: 0,
            first_outage: None,
        }
    }

    /// It is up or down from now on. True: it has just gone down.
    pub fn set(&mut self, up: bool, now: Instant) -> bool {
        if up == self.up {
            return false;
        }
        let span = now - self.since;
        match self.up {
            true => self.ups = self.ups + span,
            false => self.downs = self.downs + span,
        }
        (self.up, self.since) = (up, now);
        if !up {
            self.outages += 1;
            self.first_outage.get_or_insert(now);
        }
        !up
    }

    /// Time up and time down until now.
    pub fn until(&self, now: Instant) -> (Duration, Duration) {
        let span = now - self.since;
        match self.up {
            true => (self.ups + span, self.downs),
            false => (self.ups, self.downs + span),
        }
    }

    /// Share of the time up (availability) and down; 1 and 0 while no time has passed.
    pub fn shares(&self, now: Instant) -> (f64, f64) {
        let (up, down) = self.until(now);
        match (up + down).0 {
            0 => (1.0, 0.0),
            all => (up.0 as f64 / all as f64, down.0 as f64 / all as f64),
        }
    }

    /// How long a spell up lasts on average and how long one down, in seconds, of those that have ended.
    pub fn means(&self) -> (Option<f64>, Option<f64>) {
        let mean = |sum: Duration, n: u64| (n > 0).then(|| sum.as_secs() / n as f64);
        (mean(self.ups, self.outages), mean(self.downs, self.outages - !self.up as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_those_of_the_spells() {
        let at = |secs: u64| Instant::START + Duration::from_secs(secs);
        let mut spells = Spells::new(at(0));
        assert_eq!((spells.shares(at(0)), spells.means()), ((1.0, 0.0), (None, None)));
        assert!(spells.set(false, at(10)) && !spells.set(false, at(11)) && !spells.set(true, at(12)));
        assert!(spells.set(false, at(32)));
        assert_eq!(spells.until(at(40)), (Duration::from_secs(30), Duration::from_secs(10)));
        assert_eq!(spells.shares(at(40)), (0.75, 0.25));
        assert_eq!(spells.means(), (Some(15.0), Some(2.0)));
        assert_eq!((spells.outages, spells.first_outage), (2, Some(at(10))));
    }
}
