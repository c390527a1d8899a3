//! The log's way from a database to its copies: sending, acknowledging, catching up, carrying out. It may not know who
//! decides which database is the primary.

use super::line::Line;
use super::reign::patience;
use super::{Database, Disk, Role};
use crate::components::Wire;
use crate::components::parts::log::{Change, Entry, Place};
use crate::components::protocol::replication::{Replication, Snapshot};
use crate::components::protocol::{Ctx, Message, Timer};
use crate::components::wiring::replication::{Ack, CopySettings, Mode};
use crate::history::{Fact, Gone, Key, Value};
use crate::sim::LinkId;
use crate::stdx::{Duration, Instant};
use std::collections::VecDeque;
use std::sync::Arc;

/// Entries under way to a follower that it has not acknowledged: what a connection's buffers hold.
const WINDOW: u64 = 4096;
/// Where nobody waits for it, every so many entries are acknowledged together.
const STRIDE: u64 = 256;

/// The timers of this file, in the upper byte of their number.
pub(super) const WAKE_APPLIED: u64 = 1 << 56;
pub(super) const WAKE_DELAYED: u64 = 2 << 56;
pub(super) const WAKE_RIPE: u64 = 3 << 56;
pub(super) const WAKE_SEMI: u64 = 4 << 56;

/// Entries that are being carried out.
#[derive(Clone, Debug, Default)]
pub(super) struct Applying {
    /// For those after what is shown, in their order: whether they are done.
    done: VecDeque<bool>,
    busy: u32,
    /// Rises when everything under way is void.
    turn: u16,
    /// A timer runs for the next entry of a delayed copy.
    delayed: bool,
    /// The last entry sent for was missing; asked again already.
    asked: bool,
    /// What was acknowledged last.
    acknowledged: (u64, u64),
    /// Up to when this copy is known to have been complete.
    fresh: Instant,
    /// How long the last entry, or the last heartbeat that found nothing missing, took from the primary to here.
    lag: Duration,
    /// Where the primary's log ended as far as it is known here.
    known: u64,
}

impl Applying {
    pub fn void(&mut self) {
        let (turn, fresh, known) = (self.turn.wrapping_add(1), self.fresh, self.known);
        *self = Applying { turn, fresh, known, ..Applying::default() };
    }

    pub fn is_at_work(&self) -> bool {
        !self.done.is_empty()
    }

    /// The primary said that its log ended there then.
    pub fn learn(&mut self, at: Instant, last: u64, shown: u64, now: Instant) {
        self.known = last;
        if shown >= last {
            self.fresh = self.fresh.max(at);
            self.lag = now - at;
        }
    }

    /// How far the copy is behind its primary, as far as it can know.
    pub fn behind(&self, now: Instant, shown: u64, patience: Duration) -> Duration {
        let since = now - self.fresh;
        if shown >= self.known && since <= patience { self.lag } else { since }
    }
}

/// Semi-synchronous replication of a primary.
#[derive(Clone, Debug, Default)]
pub(super) struct Semi {
    /// It waited too long, and goes on asynchronously.
    pub degraded: bool,
    armed: bool,
}

impl Database {
    pub(super) fn line(&self, link: LinkId) -> Option<&Line> {
        self.lines.iter().find(|l| l.link == link)
    }

    fn line_mut(&mut self, link: LinkId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|l| l.link == link)
    }

    pub(super) fn tell(&self, link: LinkId, what: Replication, ctx: &mut Ctx<'_>) {
        ctx.send(link, Message::Copy(what));
    }

    /// Asks the source for what follows.
    pub(super) fn follow(&mut self, missing: bool, ctx: &mut Ctx<'_>) {
        if let (Role::Replica, Some(link)) = (self.role, self.source) {
            self.tell(link, Replication::Follow { end: self.log.end(), missing }, ctx);
        }
    }

    /// Somebody wants what comes after the end of his log.
    pub(super) fn followed(&mut self, link: LinkId, end: Place, missing: bool, ctx: &mut Ctx<'_>) {
        if self.role == Role::Replica && self.source == Some(link) {
            return;
        }
        let common = self.log.common(end);
        let primary = self.role != Role::Replica;
        if common < end.index() && (primary || end < self.log.end()) {
            let to = self.log.place(common);
            return self.tell(link, Replication::Rewind { to }, ctx);
        }
        let (limit, index) = (self.sendable(), end.index());
        let Some(line) = self.line_mut(link) else { return };
        let fresh = line.copy.shipping.is_zero() || !line.follower.connected;
        let f = &mut line.follower;
        // Nothing has come since it last said so, though more was sent: that was lost on the way.
        let stuck = f.connected && f.said == index && f.sent > index;
        if !f.connected || missing || stuck {
            f.sent = index;
        }
        if fresh {
            f.ripe = limit;
        }
        f.connected = true;
        f.counts = true;
        f.said = index;
        f.received = index;
        f.shown = f.shown.min(index);
        self.send_on(link, ctx);
        if self.in_group() {
            self.tell(link, Replication::Committed { index: self.shown }, ctx);
        }
        self.advance(ctx);
    }

    /// Entries up to this number may go to followers: a primary sends what is written, a replica what it shows.
    fn sendable(&self) -> u64 {
        if self.role == Role::Replica { self.shown } else { self.log.last() }
    }

    /// There is more to send than before.
    pub(super) fn offer(&mut self, ctx: &mut Ctx<'_>) {
        let limit = self.sendable();
        for i in 0..self.lines.len() {
            let line = &mut self.lines[i];
            if !line.follower.connected {
                continue;
            }
            let link = line.link;
            if line.copy.shipping.is_zero() {
                line.follower.ripe = limit;
                self.send_on(link, ctx);
            } else if line.follower.ripening.back().map_or(line.follower.ripe, |(_, n)| *n) < limit {
                line.follower.ripening.push_back((ctx.now() + line.copy.shipping, limit));
                ctx.timeout(line.copy.shipping, Timer::Wake(WAKE_RIPE | link.0 as u64));
            }
        }
    }

    /// What was shipped at this instant may be sent.
    pub(super) fn ripened(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let Some(line) = self.line_mut(link) else { return };
        let f = &mut line.follower;
        while let Some((_, n)) = f.ripening.pop_front_if(|(at, _)| *at <= now) {
            f.ripe = f.ripe.max(n);
        }
        self.send_on(link, ctx);
    }

    /// Sends what the follower may have and has not been sent, as much as the connection takes.
    fn send_on(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        let limit = self.sendable();
        let Some(at) = self.lines.iter().position(|l| l.link == link) else { return };
        let f = &mut self.lines[at].follower;
        if !f.connected {
            return;
        }
        while f.sent < f.ripe.min(limit) && f.sent < f.received + WINDOW {
            match self.log.get(f.sent + 1) {
                Some(entry) => {
                    ctx.send(link, Message::Copy(Replication::Entry(*entry)));
                    f.sent += 1;
                }
                None => {
                    let (store, reigns) = (self.store.clone(), self.log.reigns().to_vec());
                    let whole = Snapshot { store, reigns, last: self.shown };
                    ctx.send(link, Message::Copy(Replication::Whole(Arc::new(whole))));
                    f.sent = self.shown;
                    f.received = self.shown.min(f.received.max(self.shown));
                }
            }
        }
    }

    /// The source says that what follows that place is not the primary's.
    pub(super) fn rewound(&mut self, link: LinkId, to: Place, ctx: &mut Ctx<'_>) {
        if self.role == Role::Replica && self.source == Some(link) {
            let index = self.log.common(to).min(to.index());
            self.cut_back(index, Gone::Truncated, ctx);
            self.follow(true, ctx);
        }
    }

    /// An entry of the source's log.
    pub(super) fn received(&mut self, link: LinkId, entry: Entry, ctx: &mut Ctx<'_>) {
        if self.role != Role::Replica || self.source != Some(link) || self.disk != Disk::Well {
            return;
        }
        let next = self.log.last() + 1;
        if entry.place.index() != next || entry.place < self.log.end() {
            // Something before it got lost on the way; said once, as the rest of what is under way is of no use either.
            if entry.place.index() > next && !std::mem::replace(&mut self.applying.asked, true) {
                self.follow(true, ctx);
            }
            return;
        }
        self.applying.asked = false;
        self.log.push(entry);
        self.applying.known = self.applying.known.max(next);
        self.written(ctx);
        self.advance(ctx);
        self.acknowledge(ctx);
    }

    /// Tells the source how far this copy is, as often as somebody waits for it.
    fn acknowledge(&mut self, ctx: &mut Ctx<'_>) {
        let Some(line) = self.source.and_then(|link| self.line(link)) else { return };
        let now = (self.log.last(), self.shown);
        let before = self.applying.acknowledged;
        let due = match (line.copy.mode, line.copy.ack) {
            (Mode::Asynchronous, _) => now.0 >= before.0 + STRIDE || now.0 < before.0,
            (_, Ack::Received) => now.0 != before.0,
            (_, Ack::Applied) => now.1 != before.1,
        };
        let link = line.link;
        if due {
            self.applying.acknowledged = now;
            self.tell(link, Replication::Ack { received: now.0, shown: now.1 }, ctx);
        }
    }

    /// A follower says how far it is.
    pub(super) fn acknowledged(&mut self, link: LinkId, received: u64, shown: u64, ctx: &mut Ctx<'_>) {
        let last = self.log.last();
        let Some(line) = self.line_mut(link) else { return };
        let f = &mut line.follower;
        f.received = f.received.max(received.min(last));
        f.shown = f.shown.max(shown.min(last));
        let caught_up = line.copy.mode == Mode::SemiSynchronous && line.acknowledged() >= last;
        if caught_up {
            self.semi.degraded = false;
        }
        self.send_on(link, ctx);
        if self.role != Role::Replica {
            self.advance(ctx);
        }
    }

    /// A full copy, in place of all there is.
    pub(super) fn replaced(&mut self, link: LinkId, whole: &Snapshot, ctx: &mut Ctx<'_>) {
        if self.role != Role::Replica || self.source != Some(link) || self.disk != Disk::Well {
            return;
        }
        let mut log = crate::components::parts::log::Log::default();
        log.begin_at(&whole.reigns, whole.last);
        let common = self.log.place(self.log.common(log.end()));
        let (node, set) = (self.me, self.set);
        let mut keys: Vec<Key> = self.store.rows().chain(whole.store.rows()).map(|(k, _)| k).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (mine, new) = (self.store.row(key), whole.store.row(key));
            let (value, now) = (mine.value, new.value);
            if value == now {
                continue;
            }
            let lost = mine.version > new.version || mine.version > common;
            let fact = if lost && value != Value::INITIAL {
                Fact::Discarded { node, set, key, value, now, why: Gone::Truncated }
            } else {
                Fact::Applied { node, set, key, value: now, over: value }
            };
            self.fact(fact, ctx);
        }
        self.store = whole.store.clone();
        self.log = log;
        self.shown = whole.last;
        self.flushed = whole.last;
        self.applying.void();
        self.query_cache.empty();
        self.follow(false, ctx);
        self.release(ctx);
        self.offer(ctx);
    }

    /// The settings of the line over which this copy gets its log, or would; a primary's are those of its first line.
    pub(super) fn policy_line(&self) -> Option<&CopySettings> {
        let source = self.source.and_then(|link| self.line(link));
        let drawn = || self.lines.iter().find(|l| l.wire == Wire::Copies && !l.outgoing);
        let any = || self.lines.iter().find(|l| l.replicates());
        source.or_else(drawn).or_else(any).map(|l| &l.copy)
    }

    pub(super) fn policy(&self) -> CopySettings {
        self.policy_line().cloned().unwrap_or_default()
    }

    /// Hands entries to free apply workers.
    pub(super) fn carry_on(&mut self, ctx: &mut Ctx<'_>) {
        let Some(at) = self.apply_line() else {
            // No line says how long it takes.
            return self.show(self.showable(), ctx);
        };
        let workers = self.lines[at].copy.apply_workers;
        let delay = self.lines[at].copy.delay;
        loop {
            let next = self.shown + self.applying.done.len() as u64 + 1;
            let Some(entry) = self.log.get(next) else { break };
            // What it has just carried out may have made it the primary.
            if next > self.showable() || self.role != Role::Replica {
                break;
            }
            if self.applying.busy >= workers || self.disk != Disk::Well {
                break;
            }
            let due = entry.at + delay;
            if due > ctx.now() {
                if !std::mem::replace(&mut self.applying.delayed, true) {
                    let turn = self.applying.turn as u64;
                    ctx.timer(due - ctx.now(), Timer::Wake(WAKE_DELAYED | turn << 40));
                }
                break;
            }
            let work = self.lines[at].copy.apply.sample(ctx.random());
            let work = work.scale(1.0 / self.settings.size.speed());
            if work.is_zero() {
                self.applying.done.push_back(true);
                self.show_done(ctx);
            } else {
                self.applying.done.push_back(false);
                self.applying.busy += 1;
                let turn = self.applying.turn as u64;
                ctx.work(work, Timer::Wake(WAKE_APPLIED | turn << 40 | next));
            }
        }
    }

    fn apply_line(&self) -> Option<usize> {
        let source = self.source.and_then(|link| self.lines.iter().position(|l| l.link == link));
        let drawn = || self.lines.iter().position(|l| l.wire == Wire::Copies && !l.outgoing);
        source.or_else(drawn).or_else(|| self.lines.iter().position(|l| l.in_group()))
    }

    /// An apply worker is done, or a delayed entry is due.
    pub(super) fn woken(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let index = number & ((1 << 40) - 1);
        match number >> 56 << 56 {
            WAKE_RIPE => self.ripened(LinkId(index as u32), ctx),
            WAKE_SEMI => self.semi_waited(ctx),
            _ if (number >> 40) as u16 != self.applying.turn => {}
            WAKE_DELAYED => {
                self.applying.delayed = false;
                self.carry_on(ctx);
            }
            WAKE_APPLIED => {
                self.applying.busy -= 1;
                let place = (index - self.shown - 1) as usize;
                self.applying.done[place] = true;
                self.show_done(ctx);
                self.carry_on(ctx);
            }
            _ => {}
        }
    }

    fn show_done(&mut self, ctx: &mut Ctx<'_>) {
        while self.applying.done.front() == Some(&true) {
            self.applying.done.pop_front();
            let at = self.log.get(self.shown + 1).map_or(Instant::START, |e| e.at);
            self.applying.lag = ctx.now() - at;
            self.applying.fresh = self.applying.fresh.max(at);
            self.show_to(self.shown + 1, ctx);
        }
        self.look_behind(ctx.now());
        self.acknowledge(ctx);
    }

    /// Sees how far this copy is behind, for the picture.
    pub(super) fn look_behind(&mut self, now: Instant) {
        let patience = self.policy_line().map_or(Duration::ZERO, patience);
        self.behind = self.applying.behind(now, self.shown, patience);
    }

    /// The number up to which a primary may show and answer writes.
    pub(super) fn committed(&mut self, ctx: &mut Ctx<'_>) -> u64 {
        if self.in_group() {
            return self.majority_has();
        }
        let mut index = self.log.last();
        let (mut semi, mut best) = (false, 0);
        for line in self.lines.iter().filter(|l| l.replicates() && l.follower.counts) {
            match line.copy.mode {
                Mode::Asynchronous => {}
                Mode::Synchronous => index = index.min(line.acknowledged()),
                Mode::SemiSynchronous => {
                    semi = true;
                    best = best.max(line.acknowledged());
                }
            }
        }
        if semi && !self.semi.degraded && best < index {
            index = best;
            self.arm_semi(ctx);
        }
        index.max(self.shown)
    }

    /// How long the oldest write that is not committed may still wait, from now.
    fn semi_left(&self, now: Instant) -> Option<Duration> {
        let oldest = self.log.get(self.shown + 1)?;
        let lines = self.lines.iter().filter(|l| l.replicates() && l.copy.mode == Mode::SemiSynchronous);
        let patience = lines.map(|l| l.copy.ack_timeout).max()?;
        Some(patience - (now - oldest.at))
    }

    fn arm_semi(&mut self, ctx: &mut Ctx<'_>) {
        if !self.semi.armed
            && let Some(left) = self.semi_left(ctx.now())
        {
            self.semi.armed = true;
            ctx.timer(left, Timer::Wake(WAKE_SEMI));
        }
    }

    fn semi_waited(&mut self, ctx: &mut Ctx<'_>) {
        self.semi.armed = false;
        match self.semi_left(ctx.now()) {
            Some(left) if left.is_zero() => self.semi.degraded = true,
            _ => {}
        }
        self.advance(ctx);
    }

    /// The number of the oldest entry that a follower still needs.
    pub(super) fn needed(&self) -> u64 {
        let followers = self.lines.iter().filter(|l| l.replicates() && l.follower.counts);
        followers.map(|l| l.follower.received + 1).min().unwrap_or(u64::MAX)
    }

    /// Whether the last change of the log concerns a row of this key and is not shown yet.
    pub(super) fn tail(&self) -> impl Iterator<Item = &Entry> {
        (self.shown + 1..=self.log.last()).rev().filter_map(|i| self.log.get(i))
    }

    /// What a row will hold once everything in the log is shown.
    pub(super) fn latest(&self, key: Key) -> (Value, Place, Value) {
        for entry in self.tail() {
            if let Change::Row { key: k, value, version, over, .. } = entry.change
                && k == key
            {
                return (value, version, over);
            }
        }
        let row = self.store.row(key);
        (row.value, row.version, row.over)
    }
}
