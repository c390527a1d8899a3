//! What a replica does for a coordinator: finds its version, keeps a newer one, or says that it cannot. It may not know
//! what the client asked for, nor how many others were asked.

use super::{Disk, FLUSH, QuorumStore, TICK_FLUSH};
use crate::components::parts::sharing;
use crate::components::parts::station::Arrival;
use crate::components::protocol::quorum::{Item, Quorum, Version};
use crate::components::protocol::{Ctx, Timer};
use crate::history::{Fact, Gone, Value};

/// Something to be done for the coordinator in that seat.
#[derive(Clone, Debug)]
pub(super) struct Task {
    from: usize,
    what: Quorum,
}

/// How a version comes to a replica. Of one that takes the place of another the history says that it follows it when it
/// came from its writer or its writer knew of the other; what two sides wrote without hearing of each other is a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Came {
    /// From the coordinator of its write.
    Written,
    /// From who kept it for this replica; perhaps nobody shows it.
    Hinted,
    /// From, or on the word of, another replica that shows it.
    Shown,
}

impl Version {
    /// Whether its writer knew of the other, or wrote both himself.
    pub(super) fn descends_from(&self, other: &Version) -> bool {
        other.stamp <= self.base || self.session == other.session && self.invoked > other.invoked
    }
}

impl QuorumStore {
    /// Another replica, or this one itself (seat 0), says something.
    pub(super) fn told(&mut self, from: usize, what: Quorum, ctx: &mut Ctx<'_>) {
        match what {
            Quorum::Write { .. } | Quorum::Read { .. } | Quorum::Repair(_) => self.given(from, what, ctx),
            Quorum::Written { call, seat, ok } => self.written(call, seat, ok, ctx),
            Quorum::Found { call, seat, version, ok } => self.found(call, seat, version, ok, ctx),
            Quorum::Alive => {}
            _ if self.recovering || self.disk == Disk::Lost => {}
            Quorum::Taken { turn } => self.hints_taken(from, turn, ctx),
            _ if self.disk == Disk::Full => {}
            Quorum::Hints { turn, versions } => self.given_hints(from, turn, &versions, ctx),
            Quorum::Tree(leaves) => self.shown_tree(from, &leaves, ctx),
            Quorum::Leaves { leaves, versions, asking } => {
                self.told_leaves(from, &leaves, &versions, asking, ctx)
            }
        }
    }

    /// Work for this replica.
    fn given(&mut self, from: usize, what: Quorum, ctx: &mut Ctx<'_>) {
        let keeps = !matches!(what, Quorum::Read { .. });
        let task = Task { from, what };
        if self.recovering || self.disk == Disk::Lost || keeps && self.disk == Disk::Full {
            return self.decline(task, ctx);
        }
        match self.station.arrive(task, ctx.now()) {
            Arrival::Starts(place) => self.start_work(place, ctx),
            Arrival::Waits => {}
            Arrival::Refused(refused) => self.decline(refused, ctx),
        }
    }

    /// Says that it cannot.
    fn decline(&mut self, task: Task, ctx: &mut Ctx<'_>) {
        let answer = match task.what {
            Quorum::Write { call, seat, .. } => Quorum::Written { call, seat, ok: false },
            Quorum::Read { call, seat, .. } => Quorum::Found { call, seat, version: None, ok: false },
            _ => return,
        };
        self.tell(task.from, answer, ctx);
    }

    fn start_work(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.at(place) else { return };
        let s = &self.settings;
        let work = if matches!(job.job.what, Quorum::Read { .. }) { &s.read } else { &s.write };
        let work = work.sample(ctx.random());
        let work = match s.size.speed() {
            1.0 => work,
            speed => work.scale(1.0 / speed),
        };
        ctx.work(work, Timer::Work(place));
    }

    /// The worker at this place is done.
    pub(super) fn worked(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.leave(place, true, ctx.now()) else { return };
        let Task { from, what } = job.job;
        match what {
            Quorum::Write { .. } | Quorum::Repair(_) if self.disk != Disk::Well => {
                self.decline(Task { from, what }, ctx);
            }
            Quorum::Read { .. } if self.disk == Disk::Lost => self.decline(Task { from, what }, ctx),
            Quorum::Write { call, seat, version, stands_in, back } => {
                let ok = match stands_in.filter(|process| *process != self.me) {
                    None => {
                        self.take_in(version, if back { Came::Shown } else { Came::Written }, ctx);
                        true
                    }
                    Some(process) => {
                        self.seat_named(process).is_some_and(|kept_for| self.keep_hint(kept_for, version, ctx))
                    }
                };
                self.tell(from, Quorum::Written { call, seat, ok }, ctx);
            }
            Quorum::Repair(version) => self.take_in(version, Came::Shown, ctx),
            Quorum::Read { call, seat, item, stands_in } => {
                let version = match stands_in.filter(|process| *process != self.me) {
                    None => self.cells.get(item),
                    Some(process) => self.seat_named(process).and_then(|s| self.hinted(s, item)),
                };
                self.tell(from, Quorum::Found { call, seat, version, ok: true }, ctx);
            }
            _ => {}
        }
        self.seat_waiting(ctx);
    }

    /// Free workers take those who wait.
    pub(super) fn seat_waiting(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(place) = self.station.next(ctx.now()) {
            self.start_work(place, ctx);
        }
    }

    /// What readers of this copy see.
    pub(super) fn shown(&self, item: Item) -> Value {
        self.cells.get(item).map_or(Value::INITIAL, |v| v.value)
    }

    /// Takes a version in if it is newer than what is here.
    pub(super) fn take_in(&mut self, new: Version, came: Came, ctx: &mut Ctx<'_>) {
        let old = self.cells.get(new.item);
        if let Some(old) = old.filter(|old| old.stamp >= new.stamp) {
            // What another shows has its story told there, and what the one here follows is no conflict.
            if came != Came::Shown && old.value != new.value && !old.descends_from(&new) {
                self.outvoted(new, old, ctx);
            }
            return;
        }
        self.cells.put(new, self.settings.durable);
        if !self.settings.durable && !std::mem::replace(&mut self.flush_due, true) {
            ctx.timer(FLUSH, Timer::Tick(TICK_FLUSH));
        }
        let Item::Row(key) = new.item else { return };
        let (node, set, value) = (self.me, self.set, new.value);
        let over = match old {
            Some(old) if old.value == value => return,
            Some(old) if came != Came::Written && !new.descends_from(&old) => {
                return self.outvoted(old, new, ctx);
            }
            Some(old) => old.value,
            None => Value::INITIAL,
        };
        self.fact(Fact::Applied { node, set, key, value, over }, ctx);
    }

    /// Of two writes that did not know of each other the one with the later time stamp stays.
    fn outvoted(&self, old: Version, new: Version, ctx: &mut Ctx<'_>) {
        let Item::Row(key) = old.item else { return };
        let (node, set, value, now) = (self.me, self.set, old.value, new.value);
        self.fact(Fact::Discarded { node, set, key, value, now, why: Gone::Outvoted { winner: now } }, ctx);
    }

    /// The process died: what was not on disk is gone.
    pub(super) fn lose_unflushed(&mut self, ctx: &mut Ctx<'_>) {
        for (gone, before) in self.cells.lose() {
            self.destroyed(gone, before.map_or(Value::INITIAL, |v| v.value), ctx);
        }
        if !self.settings.durable {
            (1..self.members.len()).for_each(|seat| self.drop_hints(seat, ctx));
        }
    }

    fn destroyed(&self, gone: Version, now: Value, ctx: &mut Ctx<'_>) {
        let Item::Row(key) = gone.item else { return };
        let (node, set, value) = (self.me, self.set, gone.value);
        if now != value {
            self.fact(Fact::Discarded { node, set, key, value, now, why: Gone::Destroyed }, ctx);
        }
    }

    /// The whole disk is gone.
    pub(super) fn destroy(&mut self, ctx: &mut Ctx<'_>) {
        let all: Vec<Version> = self.cells.iter().collect();
        self.cells.clear();
        all.into_iter().for_each(|gone| self.destroyed(gone, Value::INITIAL, ctx));
        (1..self.members.len()).for_each(|seat| self.drop_hints(seat, ctx));
    }

    /// The drawing has changed so that it shares its data with others than before.
    pub(super) fn move_to_set(&mut self, set: u32, ctx: &mut Ctx<'_>) {
        let row = |cell: Version| match cell.item {
            Item::Row(key) => Some((key, cell.value)),
            _ => None,
        };
        let rows = self.cells.iter().filter_map(row);
        sharing::move_to(set, &mut self.set, self.me, rows, ctx);
    }
}

