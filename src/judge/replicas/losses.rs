//! What is lost for good: acknowledged writes of which nothing is left, and what each crash cost (its RPO: how many
//! writes, and how far back they reach). It knows machines, instants and writes; which write is lost, others find out.

use crate::history::{Gone, Process};
use crate::judge::verdict::{State, Tally};
use crate::judge::witness::{Pattern, Seen, Witness, say};
use crate::stdx::{Duration, Instant};
use std::collections::VecDeque;

/// Lost writes that are listed; all are counted.
const LISTED: usize = 1000;
/// Crashes of which it is told what they cost: as many as their recovery is told of.
const CRASHES: usize = super::super::service::CRASHES;

/// The recovery point of a crash: what it lost of what clients had been promised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    pub node: Process,
    pub at: Instant,
    /// Acknowledged writes lost.
    pub lost: u64,
    /// From the acknowledgement of the oldest and of the newest of these to the crash; zero for one that was
    /// acknowledged later, and while nothing is lost.
    pub oldest: Duration,
    pub newest: Duration,
    /// The machine kept a copy of the data.
    keeper: bool,
}

#[derive(Clone, Default, Debug)]
pub struct Losses {
    tally: Tally,
    listed: VecDeque<(Seen, Gone)>,
    /// The latest crashes, oldest first.
    crashes: VecDeque<Cost>,
    /// Losses of one instant that are not ascribed yet: what a crash takes is told before the machine is said to be down.
    fresh: (Instant, Vec<(Process, Seen)>),
}

impl Losses {
    /// The write is nowhere any more since `at`; `node` had it last.
    pub fn lose(&mut self, seen: Seen, why: Gone, node: Process, at: Instant) {
        self.tally.add(Witness::alone(Pattern::Lost(why), seen.op.key, at, Some(seen)));
        if self.listed.len() == LISTED {
            self.listed.pop_front();
        }
        self.listed.push_back((seen, why));
        self.settle(at);
        self.fresh.1.push((node, seen));
    }

    /// The machine goes down.
    pub fn down(&mut self, node: Process, keeper: bool, at: Instant) {
        self.settle(at);
        if self.crashes.len() == CRASHES {
            self.crashes.pop_front();
        }
        let (lost, oldest, newest) = Default::default();
        self.crashes.push_back(Cost { node, at, lost, oldest, newest, keeper });
    }

    fn settle(&mut self, at: Instant) {
        if at > self.fresh.0 {
            let fresh = std::mem::take(&mut self.fresh.1);
            fresh.into_iter().for_each(|(node, seen)| self.ascribe(node, seen));
            self.fresh.0 = at;
        }
    }

    /// A loss goes back to the latest crash, since the write was asked for, of the machine that had it last, else of any
    /// that keeps the data: a copy may be cut back because another died. It may also go back to no crash.
    fn ascribe(&mut self, node: Process, seen: Seen) {
        let since = |c: &&mut Cost| c.at >= seen.op.invoked;
        let own = self.crashes.iter_mut().rev().take_while(since).find(|c| c.node == node);
        let cost = match own {
            Some(cost) => Some(cost),
            None => self.crashes.iter_mut().rev().take_while(since).find(|c| c.keeper),
        };
        let Some(cost) = cost else { return };
        let age = cost.at.since(seen.end());
        cost.newest = if cost.lost == 0 { age } else { cost.newest.min(age) };
        cost.oldest = cost.oldest.max(age);
        cost.lost += 1;
    }

    /// Of these machines the one that went down last.
    pub fn latest_down(&self, which: impl Fn(&Process) -> bool) -> Option<Process> {
        self.crashes.iter().rev().map(|c| c.node).find(which)
    }

    /// The latest 64 crashes, oldest first.
    pub fn crashes(&self) -> Vec<Cost> {
        let mut settled = self.clone();
        settled.settle(Instant::FAR);
        settled.crashes.into()
    }

    pub fn count(&self) -> u64 {
        self.tally.count()
    }

    pub fn listed(&self) -> impl Iterator<Item = &(Seen, Gone)> {
        self.listed.iter()
    }

    pub fn len(&self) -> usize {
        self.listed.len() + self.crashes.len() + self.fresh.1.len()
    }

    pub fn state_or(&self, otherwise: impl FnOnce() -> State) -> State {
        self.tally.state_or(otherwise)
    }

    /// The RPO in words; empty while nothing is lost.
    pub fn words(&self) -> String {
        if self.count() == 0 {
            return String::new();
        }
        let crashes = self.crashes();
        let worst = crashes.iter().filter(|c| c.lost > 0).max_by_key(|c| (c.lost, c.oldest, c.at));
        let worst = worst.map_or(String::new(), |c| {
            format!("; one crash at worst lost {} and {} of work", c.lost, say(c.oldest))
        });
        format!("RPO: {} acknowledged writes lost{worst}", self.count())
    }
}
