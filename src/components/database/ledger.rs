//! What a database has written: its log, what of it is on disk and what is shown. It may not know who asked for a
//! write, nor when it may be shown.

use super::{Database, FLUSH, LOG_LEAST, Role, TICK_FLUSH};
use crate::components::parts::log::{Change, Entry, Log, Place};
use crate::components::parts::sharing;
use crate::components::protocol::{Ask, Ctx, Timer, What};
use crate::history::{Fact, Gone, Key, Kind, Value};
use crate::stdx::Instant;

impl Database {
    /// Gives a write its place at the end of the log.
    pub(super) fn append(&mut self, change: Change, ctx: &mut Ctx<'_>) -> Place {
        if let Change::Row { key, value, over, version, .. } = change {
            let set = self.set;
            self.fact(Fact::Ordered { set, key, value, over, position: version.0 }, ctx);
        }
        self.enter(change, ctx)
    }

    /// The same for what was written elsewhere before.
    pub(super) fn enter(&mut self, change: Change, ctx: &mut Ctx<'_>) -> Place {
        let place = self.next_place();
        self.log.push(Entry { place, at: ctx.now(), change });
        self.written(ctx);
        self.offer(ctx);
        place
    }

    /// Gives a row that is to be added its number. False: there are no more.
    pub(super) fn number(&mut self, ask: &mut Ask, now: Instant) -> bool {
        let adds = ask.what == What::Operation && ask.op.kind == Kind::Insert;
        if !adds || self.writable(now).is_err() {
            return true;
        }
        if let Some(key) = self.added_before(ask) {
            ask.op.key = key;
            return true;
        }
        let (increment, offset) = (self.settings.id_increment, self.settings.id_offset);
        let highest = self.numbered.max(self.store.numbers());
        // The least above all there are in the row offset, offset + increment, …
        let first = (offset - 1) % increment + 1;
        let number = first + (highest + increment - first) / increment * increment;
        self.numbered = number.max(self.numbered);
        ask.op.key = Key::added(self.set, number);
        number <= Key::MOST
    }

    /// The row that the same request added when it came here before.
    fn added_before(&self, ask: &Ask) -> Option<Key> {
        if ask.attempt == 0 {
            return None;
        }
        let latest = (self.log.last().saturating_sub(LOG_LEAST)..=self.log.last()).rev();
        latest.filter_map(|index| self.log.get(index)).find_map(|entry| match entry.change {
            Change::Row { key, value, .. } if value == ask.op.value => Some(key),
            _ => None,
        })
    }

    /// The place that the next write will get.
    pub(super) fn next_place(&self) -> Place {
        Place::new(self.reign, self.log.last() + 1)
    }

    /// The log has grown: on disk at once, or within a second.
    pub(super) fn written(&mut self, ctx: &mut Ctx<'_>) {
        if self.settings.durable {
            self.flushed = self.log.last();
        } else if !self.flush_due {
            self.flush_due = true;
            ctx.timer(FLUSH, Timer::Tick(TICK_FLUSH));
        }
    }

    /// Shows what the log holds up to this number, and answers those who waited for it.
    pub(super) fn show(&mut self, index: u64, ctx: &mut Ctx<'_>) {
        if index > self.shown && self.applying.is_at_work() {
            // What apply workers were at is shown without them.
            self.applying.void();
        }
        self.show_to(index, ctx);
    }

    /// The same for what the apply workers have carried out.
    pub(super) fn show_to(&mut self, index: u64, ctx: &mut Ctx<'_>) {
        let before = self.shown;
        while self.shown < index.min(self.log.last()) {
            self.shown += 1;
            let entry = *self.log.get(self.shown).expect("what is not shown yet is in the log");
            self.store.apply(&entry);
            if let Change::Row { key, value, over, .. } = entry.change {
                let (node, set) = (self.me, self.set);
                self.fact(Fact::Applied { node, set, key, value, over }, ctx);
                self.query_cache.empty();
            }
        }
        if self.shown > before && self.in_group() {
            self.announce(ctx);
        }
        self.answer_committed(ctx);
        self.answer_certified(ctx);
        self.release(ctx);
        self.trim();
        if self.throne.rising.is_some() {
            self.ascend(ctx);
        }
        if self.role == Role::Replica {
            self.offer(ctx);
        }
    }

    /// The log or what is known of its copies has changed: shows what may be shown.
    pub(super) fn advance(&mut self, ctx: &mut Ctx<'_>) {
        match self.role {
            Role::Primary => {
                let index = self.committed(ctx);
                self.show(index, ctx);
            }
            Role::Replica => self.carry_on(ctx),
        }
    }

    /// Takes back everything in the log after this number.
    pub(super) fn cut_back(&mut self, index: u64, why: Gone, ctx: &mut Ctx<'_>) {
        while self.log.last() > index {
            let shown = self.log.last() <= self.shown;
            let Some(entry) = self.log.pop() else { break };
            if !shown {
                continue;
            }
            self.shown -= 1;
            self.store.take_back(&entry);
            if let Change::Row { key, value, over, .. } = entry.change {
                let (node, set) = (self.me, self.set);
                self.fact(Fact::Discarded { node, set, key, value, now: over, why }, ctx);
            }
        }
        self.flushed = self.flushed.min(self.log.last());
        self.applying.void();
        self.query_cache.empty();
    }

    /// Forgets the oldest entries that nobody needs.
    pub(super) fn trim(&mut self) {
        let keep = self.settings.log as u64;
        let needed = self.shown.min(self.flushed);
        let wanted = self.needed();
        let spare = self.log.last().saturating_sub(LOG_LEAST).min(needed).min(wanted);
        // In strides, as dropping one with every write would be work for nothing.
        if self.log.len() as u64 > keep.min(2 * LOG_LEAST) {
            self.log.drop_before(spare.max((self.log.last() + 1).saturating_sub(keep).min(needed)));
        }
    }

    /// The whole disk is gone.
    pub(super) fn destroy(&mut self, ctx: &mut Ctx<'_>) {
        let (node, set) = (self.me, self.set);
        let rows: Vec<(Key, Value)> = self.store.rows().map(|(k, r)| (k, r.value)).collect();
        for (key, value) in rows {
            let now = Value::INITIAL;
            self.fact(Fact::Discarded { node, set, key, value, now, why: Gone::Destroyed }, ctx);
        }
        self.store.clear();
        self.destroy_mirrors();
        self.applying.void();
        self.log = Log::default();
        (self.shown, self.flushed) = (0, 0);
        self.query_cache.empty();
    }

    /// The drawing has changed so that it shares its data with others than before.
    pub(super) fn move_to_set(&mut self, set: u32, ctx: &mut Ctx<'_>) {
        let rows = self.store.rows().map(|(k, r)| (k, r.value));
        sharing::move_to(set, &mut self.set, self.me, rows, ctx);
    }

    /// The place up to which this copy shows everything.
    pub(super) fn shown_place(&self) -> Place {
        self.log.place(self.shown)
    }
}
