//! The station: a number of workers and a waiting line before them. It may not know what the work is.

use super::gauge::Counters;
use crate::stdx::Instant;
use crate::stdx::histogram::Histogram;
use std::cmp::Ordering;
use std::collections::VecDeque;

crate::choice! {
    /// What happens to a request that finds the waiting line full.
    pub enum WhenFull {
        Reject = "reject", "Reject", "The newcomer is refused at once.";
        DropOldest = "drop-oldest", "Drop oldest", "The one that has waited longest is refused and the newcomer joins.";
        Block = "block", "Block", "The newcomer waits outside, unseen, as in a listen queue without end.";
    }
}

/// A job in the station, with its instants.
#[derive(Clone, Debug)]
pub struct Job<J> {
    pub job: J,
    pub arrived: Instant,
    /// When a worker took it; equal to `arrived` when none had to be waited for.
    pub started: Instant,
}

/// What becomes of a newcomer.
#[derive(Clone, PartialEq, Debug)]
pub enum Arrival<J> {
    /// A worker takes it: give that place its service time.
    Starts(u32),
    Waits,
    /// Full: this one is refused (the newcomer, or the oldest in the line).
    Refused(J),
}

/// Times and sums of a station for the report. Sums of time are in nanoseconds × jobs.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub waits: Histogram,
    pub services: Histogram,
    pub sojourns: Histogram,
    /// ∫ jobs in the station dt, ∫ workers busy dt, up to `at`.
    pub in_system: u128,
    pub busy: u128,
    pub at: Instant,
    /// Jobs in the station and workers busy since `at`.
    pub standing: (u32, u32),
    /// The same areas seen from the jobs: how long those were in the station and in work who have left it, however they
    /// left; and the sums of the instants at which those came and began who are there still.
    /// Jobs that hold a worker, of which there may be more than cores to do them, and ∫ of their number dt.
    seated: u32,
    pub in_work: u128,
    /// The part of `in_work` that was done for nothing: jobs that a crash took out of work.
    pub lost: u128,
    stays: u128,
    works: u128,
    arrived: u128,
    started: u128,
}

impl Tally {
    /// The same up to this instant, which is not before `at`.
    pub fn until(&self, now: Instant) -> Tally {
        let mut tally = self.clone();
        tally.elapse(now);
        tally
    }

    /// What was added since `earlier`, which is this tally as it was once.
    pub fn since(&self, earlier: &Tally) -> Tally {
        Tally {
            waits: self.waits.since(&earlier.waits),
            services: self.services.since(&earlier.services),
            sojourns: self.sojourns.since(&earlier.sojourns),
            in_system: self.in_system - earlier.in_system,
            busy: self.busy - earlier.busy,
            in_work: self.in_work - earlier.in_work,
            lost: self.lost - earlier.lost,
            ..*self
        }
    }

    fn elapse(&mut self, now: Instant) {
        let span = (now - self.at).0 as u128;
        self.in_system += span * self.standing.0 as u128;
        self.busy += span * self.standing.1 as u128;
        self.in_work += span * self.seated as u128;
        self.at = now;
    }

    /// Little's law, job by job and so without any limit: the area under the number of jobs in the station is the sum of
    /// the times that jobs spent in it, and the area under the number of those in work that of their times in work. The
    /// two differences, which are always zero.
    pub fn little(&self) -> (i128, i128) {
        let (at, inside) = (self.at.0 as u128, self.standing.0);
        let stays = self.stays + inside as u128 * at - self.arrived;
        let works = self.works + self.under_way();
        (self.in_system as i128 - stays as i128, self.in_work as i128 - works as i128)
    }

    /// The work that is under way: ∫ of those in work dt, each from its begin up to `at`.
    pub fn under_way(&self) -> u128 {
        self.seated as u128 * self.at.0 as u128 - self.started
    }

    /// A request has come to a machine without workers of its own, which hands it on to others.
    pub fn comes(&mut self, now: Instant) {
        self.elapse(now);
        self.standing.0 += 1;
        self.arrived += now.0 as u128;
    }

    /// It has been answered; it was handed on (for the last time) at `started`.
    pub fn leaves(&mut self, arrived: Instant, started: Instant, now: Instant) {
        self.elapse(now);
        self.standing.0 -= 1;
        self.goes(arrived);
        self.waits.record(started - arrived);
        self.services.record(now - started);
        self.sojourns.record(now - arrived);
    }

    /// All of them are gone with a crash.
    pub fn vanish(&mut self, now: Instant) {
        self.elapse(now);
        self.stays +=
            std::mem::take(&mut self.standing.0) as u128 * now.0 as u128 - std::mem::take(&mut self.arrived);
    }

    fn goes(&mut self, arrived: Instant) {
        self.arrived -= arrived.0 as u128;
        self.stays += (self.at - arrived).0 as u128;
    }

    fn stops(&mut self, started: Instant) {
        self.started -= started.0 as u128;
        self.works += (self.at - started).0 as u128;
    }
}

/// Workers and their line, first come first served.
#[derive(Clone, Debug)]
pub struct Station<J> {
    pub workers: u32,
    /// Places in the waiting line.
    pub room: u32,
    pub when_full: WhenFull,
    /// So many of the workers can be busy at most: processors that the workers share.
    pub cores: u32,
    line: VecDeque<Job<J>>,
    /// Jobs in work by place; a place is a worker, or more after workers were taken away.
    desks: Vec<Option<Job<J>>>,
    free: Vec<u32>,
    busy: u32,
    pub counters: Counters,
    pub tally: Tally,
}

impl<J> Station<J> {
    pub fn new(workers: u32, room: u32, when_full: WhenFull) -> Station<J> {
        Station {
            workers,
            room,
            when_full,
            cores: u32::MAX,
            line: VecDeque::new(),
            desks: Vec::new(),
            free: Vec::new(),
            busy: 0,
            counters: Counters::default(),
            tally: Tally::default(),
        }
    }

    pub fn busy(&self) -> u32 {
        self.busy
    }

    pub fn waiting(&self) -> u32 {
        self.line.len() as u32
    }

    /// Notes how many there are, after something has changed.
    fn stand(&mut self) {
        self.tally.standing = (self.busy + self.line.len() as u32, self.busy.min(self.cores));
        self.tally.seated = self.busy;
    }

    /// A job comes in.
    pub fn arrive(&mut self, job: J, now: Instant) -> Arrival<J> {
        self.tally.elapse(now);
        self.counters.arrivals += 1;
        let job = Job { job, arrived: now, started: now };
        if self.busy < self.workers {
            self.tally.arrived += now.0 as u128;
            return Arrival::Starts(self.seat(job));
        }
        if (self.line.len() as u32) < self.room || self.when_full == WhenFull::Block {
            self.tally.arrived += now.0 as u128;
            self.line.push_back(job);
            self.stand();
            return Arrival::Waits;
        }
        self.counters.refused += 1;
        if self.when_full == WhenFull::DropOldest
            && let Some(oldest) = self.line.pop_front()
        {
            self.tally.goes(oldest.arrived);
            self.tally.arrived += now.0 as u128;
            self.line.push_back(job);
            return Arrival::Refused(oldest.job);
        }
        Arrival::Refused(job.job)
    }

    fn seat(&mut self, job: Job<J>) -> u32 {
        self.busy += 1;
        self.stand();
        self.tally.started += self.tally.at.0 as u128;
        match self.free.pop() {
            Some(place) => {
                self.desks[place as usize] = Some(job);
                place
            }
            None => {
                self.desks.push(Some(job));
                self.desks.len() as u32 - 1
            }
        }
    }

    pub fn at(&self, place: u32) -> Option<&Job<J>> {
        self.desks.get(place as usize)?.as_ref()
    }

    pub fn at_mut(&mut self, place: u32) -> Option<&mut Job<J>> {
        self.desks.get_mut(place as usize)?.as_mut()
    }

    /// The worker at this place is done, well or not: the job leaves. Call `next` afterwards.
    pub fn leave(&mut self, place: u32, ok: bool, now: Instant) -> Option<Job<J>> {
        let job = self.desks.get_mut(place as usize)?.take()?;
        self.tally.elapse(now);
        self.busy -= 1;
        self.stand();
        self.tally.stops(job.started);
        self.tally.goes(job.arrived);
        self.free.push(place);
        if ok {
            self.counters.completions += 1;
        } else {
            self.counters.failed += 1;
        }
        self.tally.waits.record(job.started - job.arrived);
        self.tally.services.record(now - job.started);
        self.tally.sojourns.record(now - job.arrived);
        Some(job)
    }

    /// The next of the line takes a free worker, if there are both: give that place its service time. Repeat until
    /// None (workers may have been added).
    pub fn next(&mut self, now: Instant) -> Option<u32> {
        if self.busy >= self.workers {
            return None;
        }
        self.tally.elapse(now);
        let mut job = self.line.pop_front()?;
        job.started = now;
        Some(self.seat(job))
    }

    /// Everything waiting or in work is lost with the process.
    pub fn crash(&mut self, now: Instant) -> Vec<J> {
        self.tally.elapse(now);
        let Station { desks, line, tally, .. } = self;
        for job in desks.iter().flatten() {
            tally.stops(job.started);
            tally.lost += (tally.at - job.started).0 as u128;
        }
        let lost = desks.drain(..).flatten().chain(line.drain(..)).inspect(|j| tally.goes(j.arrived));
        let lost: Vec<J> = lost.map(|j| j.job).collect();
        self.free.clear();
        self.busy = 0;
        self.stand();
        self.counters.crashed += lost.len() as u64;
        lost
    }

    /// One has waited long enough and leaves the line: the one that `find` compares as equal, where the line is in
    /// order by it. None: it is not in the line any more.
    pub fn withdraw(&mut self, now: Instant, find: impl Fn(&J) -> Ordering) -> Option<Job<J>> {
        let place = self.line.binary_search_by(|job| find(&job.job)).ok()?;
        self.tally.elapse(now);
        let job = self.line.remove(place);
        if let Some(job) = &job {
            self.tally.goes(job.arrived);
        }
        self.stand();
        self.counters.abandoned += 1;
        self.counters.timed_out += 1;
        job
    }

    /// Takes those out of the line for which `gone` holds: their clients have left.
    pub fn abandon(&mut self, now: Instant, gone: impl Fn(&J) -> bool) -> u32 {
        self.tally.elapse(now);
        let before = self.line.len();
        let tally = &mut self.tally;
        self.line.retain(|j| {
            let leaves = gone(&j.job);
            if leaves {
                tally.goes(j.arrived);
            }
            !leaves
        });
        self.stand();
        let left = (before - self.line.len()) as u32;
        self.counters.timed_out += left as u64;
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(n: u64) -> Instant {
        Instant(n)
    }

    #[test]
    fn the_first_to_come_is_the_first_served() {
        let mut s = Station::new(1, 2, WhenFull::Reject);
        assert_eq!(s.arrive('a', at(0)), Arrival::Starts(0));
        assert_eq!(s.arrive('b', at(1)), Arrival::Waits);
        assert_eq!(s.arrive('c', at(2)), Arrival::Waits);
        assert_eq!(s.arrive('d', at(3)), Arrival::Refused('d'));
        assert_eq!(s.next(at(4)), None);
        assert_eq!(s.leave(0, true, at(10)).map(|j| j.job), Some('a'));
        let place = s.next(at(10)).unwrap();
        assert_eq!(s.at(place).map(|j| (j.job, j.arrived, j.started)), Some(('b', at(1), at(10))));
        assert_eq!((s.busy(), s.waiting(), s.counters.refused), (1, 1, 1));
    }

    #[test]
    fn a_full_line_may_drop_its_oldest_or_let_them_stand_outside() {
        let mut s = Station::new(1, 1, WhenFull::DropOldest);
        s.arrive('a', at(0));
        s.arrive('b', at(0));
        assert_eq!(s.arrive('c', at(1)), Arrival::Refused('b'));
        let mut s = Station::new(1, 0, WhenFull::Block);
        s.arrive('a', at(0));
        assert_eq!(s.arrive('b', at(0)), Arrival::Waits);
    }

    #[test]
    fn the_sums_of_time_are_littles() {
        let mut s = Station::new(1, 9, WhenFull::Reject);
        s.arrive('a', at(0));
        s.arrive('b', at(5));
        s.leave(0, true, at(10));
        s.next(at(10));
        s.leave(0, true, at(14));
        assert_eq!((s.tally.busy, s.tally.in_system), (14, 10 + 9));
        assert_eq!(s.tally.waits.max().0, 5);
        let earlier = s.tally.clone();
        s.arrive('c', at(20));
        s.arrive('d', at(22));
        let since = s.tally.until(at(30)).since(&earlier);
        assert_eq!((since.busy, since.in_system, since.sojourns.count()), (10, 18, 0));
    }

    #[test]
    fn whoever_has_waited_long_enough_leaves_the_line() {
        let mut s = Station::new(1, 9, WhenFull::Reject);
        for (i, c) in ['a', 'b', 'c', 'd'].into_iter().enumerate() {
            s.arrive(c, at(i as u64));
        }
        assert_eq!(s.withdraw(at(5), |j| j.cmp(&'c')).map(|j| (j.job, j.arrived)), Some(('c', at(2))));
        assert!(s.withdraw(at(5), |j| j.cmp(&'c')).is_none() && s.withdraw(at(5), |j| j.cmp(&'a')).is_none());
        s.leave(0, true, at(10));
        s.next(at(10));
        assert_eq!((s.waiting(), s.counters.abandoned, s.counters.completions), (1, 1, 1));
        // 4 + 4 + 3 + 2 up to 5, then three of them up to 10.
        assert_eq!(s.tally.in_system, 5 + 4 + 3 + 2 + 3 * 5);
    }

    #[test]
    fn a_crash_loses_all_and_counts_it() {
        let mut s = Station::new(2, 9, WhenFull::Reject);
        for c in ['a', 'b', 'c'] {
            s.arrive(c, at(0));
        }
        assert_eq!(s.crash(at(1)), vec!['a', 'b', 'c']);
        assert_eq!((s.busy(), s.waiting(), s.counters.crashed), (0, 0, 3));
        assert_eq!((s.tally.lost, s.tally.in_work, s.tally.under_way()), (2, 2, 0));
        assert_eq!(s.arrive('d', at(2)), Arrival::Starts(0));
    }
}
