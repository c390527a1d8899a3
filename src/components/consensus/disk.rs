//! What of a member is on its disk: log, term and vote survive a crash as far as they were flushed, and what others are
//! told of them waits for the flush. One flush at a time; whatever has come meanwhile goes with the next. It may not
//! know what the others make of it.

use super::{Consensus, Role, WAKE_FLUSHED, WAKE_SECOND};
use crate::components::parts::disk::Disk as Health;
use crate::components::protocol::consensus::Raft;
use crate::components::protocol::{Ctx, Message, Timer};
use crate::history::{Gone, Process};
use crate::sim::LinkId;
use crate::stdx::Duration;
use std::collections::VecDeque;

/// How often what is in memory only goes to disk when it is acknowledged before.
const SECOND: Duration = Duration::from_secs(1);

/// What waits for a flush.
#[derive(Clone, Debug)]
enum Waiting {
    Tell(LinkId, Raft),
    /// The vote for itself in this term.
    Vote(u32),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    health: Health,
    /// Counts changes: those that there are, those that the flush under way takes along, those that are on disk.
    changes: u64,
    flushing: Option<u64>,
    done: u64,
    /// The log's end and the term with its vote, as the flush under way takes them along and as they are on disk.
    taking: (u64, u32, Option<Process>),
    kept: (u64, u32, Option<Process>),
    waiting: VecDeque<(u64, Waiting)>,
    second: bool,
}

impl Disk {
    pub fn lost(&self) -> bool {
        self.health == Health::Lost
    }

    pub fn full(&self) -> bool {
        self.health == Health::Full
    }

    pub fn fill(&mut self) {
        self.health.fill();
    }

    /// An entry was added that is not on disk.
    pub fn grown(&mut self) {
        self.changes += 1;
    }

    /// Whoever starts the machine again has put its disk in order.
    pub fn repair(&mut self) {
        self.health = Health::Well;
    }
}

impl Consensus {
    /// Log, term or vote have changed.
    pub(super) fn changed(&mut self, ctx: &mut Ctx<'_>) {
        self.disk.changes += 1;
        self.write_out(ctx);
    }

    /// Sees to it that what has changed comes to disk: at once, or within a second.
    pub(super) fn write_out(&mut self, ctx: &mut Ctx<'_>) {
        if !self.settings.durable {
            if !std::mem::replace(&mut self.disk.second, true) {
                ctx.timer(SECOND, Timer::Wake(WAKE_SECOND));
            }
            return self.hand_out(ctx);
        }
        let disk = &mut self.disk;
        if disk.flushing.is_none() && disk.done < disk.changes {
            disk.flushing = Some(disk.changes);
            disk.taking = (self.log.last(), self.term, self.voted);
            let work = self.settings.sync.sample(ctx.random()).scale(1.0 / self.settings.size.speed());
            ctx.work(work, Timer::Wake(WAKE_FLUSHED | (disk.changes & ((1 << 56) - 1))));
        }
    }

    pub(super) fn flushed(&mut self, turn: u64, ctx: &mut Ctx<'_>) {
        if self.disk.flushing.map(|n| n & ((1 << 56) - 1)) != Some(turn) {
            return;
        }
        self.disk.done = self.disk.flushing.take().unwrap_or_default();
        self.disk.kept = self.disk.taking;
        self.write_out(ctx);
        self.hand_out(ctx);
        self.advance(ctx);
    }

    /// Without durability.
    pub(super) fn flush_of_the_second(&mut self) {
        self.disk.second = false;
        self.disk.done = self.disk.changes;
        self.disk.kept = (self.log.last(), self.term, self.voted);
    }

    /// Up to this number the log counts as this member's own.
    pub(super) fn stable(&self) -> u64 {
        if self.settings.durable { self.disk.kept.0 } else { self.log.last() }
    }

    /// Says it when all that has changed so far is on disk.
    pub(super) fn tell_once_flushed(&mut self, link: LinkId, what: Raft, ctx: &mut Ctx<'_>) {
        self.disk.waiting.push_back((self.disk.changes, Waiting::Tell(link, what)));
        self.hand_out(ctx);
    }

    pub(super) fn vote_once_flushed(&mut self, ctx: &mut Ctx<'_>) {
        self.disk.waiting.push_back((self.disk.changes, Waiting::Vote(self.term)));
        self.hand_out(ctx);
    }

    fn hand_out(&mut self, ctx: &mut Ctx<'_>) {
        let durable = self.settings.durable;
        while self.disk.waiting.front().is_some_and(|(needs, _)| !durable || *needs <= self.disk.done) {
            match self.disk.waiting.pop_front() {
                Some((_, Waiting::Tell(link, what))) if self.line(link).is_some() => ctx.send(link, Message::Raft(what)),
                Some((_, Waiting::Vote(term))) => self.own_vote_counts(term, ctx),
                _ => {}
            }
        }
    }

    /// The log was cut back to this number: what replaces the rest has yet to be flushed.
    pub(super) fn unflushed_after(&mut self, index: u64) {
        self.disk.kept.0 = self.disk.kept.0.min(index);
        self.disk.taking.0 = self.disk.taking.0.min(index);
    }

    /// A copy of everything was put on disk before it counts.
    pub(super) fn kept_whole(&mut self, last: u64) {
        self.disk.kept.0 = last;
        self.disk.taking.0 = last;
    }

    /// The process died: what is left is what was flushed.
    pub(super) fn back_to_disk(&mut self, ctx: &mut Ctx<'_>) {
        let (last, term, voted) = self.disk.kept;
        self.disk.waiting.clear();
        self.disk.flushing = None;
        self.disk.second = false;
        self.disk.changes = self.disk.done;
        (self.term, self.voted) = (term, voted);
        self.cut_back(last, Gone::Destroyed, ctx);
        self.committed = self.shown;
    }

    /// The disk is gone with all that was on it.
    pub(super) fn lose_disk(&mut self, ctx: &mut Ctx<'_>) {
        self.give_up_leading(None, ctx);
        self.abandon_all(ctx);
        self.wipe(Gone::Destroyed, ctx);
        self.disk = Disk { health: Health::Lost, ..Disk::default() };
        self.lose_identity();
        self.role = Role::Follower;
    }
}
