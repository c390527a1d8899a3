//! Processor sharing: every request in work gets an equal share of the cores, and never more than one of them. It may
//! not know what a request does.
//!
//! All that are present gain work at the same pace, so one clock of "work given to each" runs for all of them, and who
//! needs least of it is the next to be done (Kleinrock, Queueing Systems 2, 1976, section 4.4).

use crate::stdx::{Duration, Instant};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Cores {
    count: f64,
    /// Nanoseconds of work that each of those present has been given since the cores were last idle, up to `at`.
    given: f64,
    at: Instant,
    /// By the reading of `given` at which each is done, as ordered bits of a number that is never negative, and by the
    /// order of coming.
    present: BTreeMap<(u64, u64), u32>,
    came: u64,
    /// Names the latest timer; older ones are void.
    turn: u64,
}

impl Cores {
    pub fn new(count: u32) -> Cores {
        Cores {
            count: count as f64,
            given: 0.0,
            at: Instant::START,
            present: BTreeMap::new(),
            came: 0,
            turn: 0,
        }
    }

    pub fn set(&mut self, count: u32, now: Instant) {
        self.pass(now);
        self.count = count as f64;
    }

    /// The share of a core that each has.
    fn pace(&self) -> f64 {
        (self.count / self.present.len().max(1) as f64).min(1.0)
    }

    fn pass(&mut self, now: Instant) {
        self.given += (now - self.at).0 as f64 * self.pace();
        self.at = now;
        if self.present.is_empty() {
            self.given = 0.0;
        }
    }

    /// A request with so much work, whose place is named.
    pub fn enter(&mut self, place: u32, work: Duration, now: Instant) {
        self.pass(now);
        self.came += 1;
        self.present.insert(((self.given + work.0 as f64).to_bits(), self.came), place);
    }

    /// When the next is done, and the name of the timer that is to say so. None: nobody is there.
    pub fn next(&mut self) -> Option<(Duration, u64)> {
        let ((done, _), _) = self.present.first_key_value()?;
        let left = ((f64::from_bits(*done) - self.given) / self.pace()).max(0.0);
        self.turn += 1;
        Some((Duration(libm::ceil(left) as u64), self.turn))
    }

    /// The timer of this name has come: the place of who is done now. None: the timer is void.
    pub fn done(&mut self, turn: u64, now: Instant) -> Option<u32> {
        if turn != self.turn {
            return None;
        }
        self.pass(now);
        self.present.pop_first().map(|(_, place)| place)
    }

    /// The process died. The timers of before name nobody.
    pub fn clear(&mut self) {
        self.present.clear();
        self.given = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets requests of (arrival, work) share the cores: the instants at which they are done, by place.
    fn shared(count: u32, requests: &[(u64, u64)]) -> Vec<u64> {
        let (mut cores, mut done) = (Cores::new(count), vec![0; requests.len()]);
        let (mut coming, mut timer) = (requests.iter().enumerate().peekable(), None);
        loop {
            let arrival = coming.peek().map(|(_, (at, _))| *at);
            match (arrival, timer) {
                (Some(at), due) if due.is_none_or(|(due, _)| at <= due) => {
                    let (place, (_, work)) = coming.next().unwrap();
                    cores.enter(place as u32, Duration(*work), Instant(at));
                    timer = cores.next().map(|(after, turn)| (at + after.0, turn));
                }
                (_, Some((at, turn))) => {
                    done[cores.done(turn, Instant(at)).unwrap() as usize] = at;
                    timer = cores.next().map(|(after, turn)| (at + after.0, turn));
                }
                _ => return done,
            }
        }
    }

    #[test]
    fn those_present_share_the_cores_equally() {
        assert_eq!(shared(1, &[(0, 10)]), [10]);
        // Two at once on one core take twice as long; the shorter leaves first.
        assert_eq!(shared(1, &[(0, 10), (0, 4)]), [14, 8]);
        // On two cores they are not in each other's way; a third slows all of them to two thirds.
        assert_eq!(shared(2, &[(0, 10), (0, 4)]), [10, 4]);
        assert_eq!(shared(2, &[(0, 6), (0, 6), (0, 6)]), [9, 9, 9]);
        // Who comes later finds the first half done.
        assert_eq!(shared(1, &[(0, 10), (5, 10)]), [15, 20]);
    }

    #[test]
    fn an_old_timer_is_void() {
        let mut cores = Cores::new(1);
        cores.enter(0, Duration(10), Instant(0));
        let (_, first) = cores.next().unwrap();
        cores.enter(1, Duration(1), Instant(2));
        let (after, second) = cores.next().unwrap();
        assert_eq!((cores.done(first, Instant(10)), after), (None, Duration(2)));
        assert_eq!(cores.done(second, Instant(4)), Some(1));
        cores.clear();
        assert_eq!(cores.next(), None);
    }
}
