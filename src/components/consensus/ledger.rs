//! The log and what it makes: entries are appended by the leader, shown in their order once they are decided, taken back
//! when a crash or a newer term took them. It may not know how it is decided.

use super::{Consensus, Role};
use crate::components::parts::log::{Change, Log, Place, Reign};
use crate::components::parts::sharing;
use crate::components::protocol::Ctx;
use crate::components::protocol::consensus::{Command, Entry, Outcome, Whole};
use crate::history::{Fact, Gone, Key, SessionId, Value};
use std::sync::Arc;

impl Consensus {
    /// Gives a command its place at the end of the leader's log.
    pub(super) fn propose(&mut self, command: Command, ctx: &mut Ctx<'_>) -> Place {
        debug_assert_eq!(self.role, Role::Leader);
        let place = Place::new(Reign(self.term), self.log.last() + 1);
        if let Command::Row { key, value, over, version, .. } = command {
            let set = self.set;
            self.fact(Fact::Ordered { set, key, value, over, position: version.0 }, ctx);
        }
        self.append(Entry { place, at: ctx.now(), command });
        self.changed(ctx);
        self.offer(ctx);
        self.advance(ctx);
        place
    }

    pub(super) fn append(&mut self, entry: Entry) {
        if let Command::Roll { member, joins } = entry.command {
            self.roll.note(entry.place.index(), member, joins);
        }
        self.log.push(entry);
    }

    /// What is decided has changed, or what of it is on this disk: shows it.
    pub(super) fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if self.role == Role::Leader {
            self.decide(ctx);
        }
        let until = self.committed.min(self.stable()).min(self.log.last());
        if until <= self.shown {
            return;
        }
        while self.shown < until {
            self.shown += 1;
            let Some(entry) = self.log.get(self.shown).copied() else { panic!("what is not shown yet is in the log") };
            self.store.apply(&entry.stored());
            if let Command::Row { key, over, session, op, .. } = entry.command {
                self.outcomes.insert(session, Outcome { op, key, over, place: entry.place });
            }
            if let Change::Row { key, value, over, .. } = entry.stored().change {
                let (node, set) = (self.me, self.set);
                self.fact(Fact::Applied { node, set, key, value, over }, ctx);
            }
        }
        self.settle_shown(ctx);
        // In strides, as dropping one with every entry would be work for nothing.
        if self.log.len() as u64 > self.settings.log as u64 + STRIDE {
            let keep_from = (self.log.last() + 1).saturating_sub(self.settings.log as u64);
            self.log.drop_before(keep_from.min(self.shown.min(self.stable())));
        }
    }

    /// Takes back everything in the log after this number.
    pub(super) fn cut_back(&mut self, index: u64, why: Gone, ctx: &mut Ctx<'_>) {
        if self.log.last() <= index {
            return;
        }
        while self.log.last() > index {
            let shown = self.log.last() <= self.shown;
            let Some(entry) = self.log.pop() else { break };
            if !shown {
                continue;
            }
            self.shown -= 1;
            self.store.take_back(&entry.stored());
            if let Command::Row { session, op, .. } = entry.command
                && self.outcomes.get(&session).is_some_and(|o| o.op == op)
            {
                self.outcomes.remove(&session);
            }
            if let Change::Row { key, value, over, .. } = entry.stored().change {
                let (node, set) = (self.me, self.set);
                self.fact(Fact::Discarded { node, set, key, value, now: over, why }, ctx);
            }
        }
        self.committed = self.committed.min(self.log.last());
        self.roll.cut_back(index);
        self.unflushed_after(index);
    }

    /// Everything this member shows, and the log up to there.
    pub(super) fn whole(&self) -> Arc<Whole> {
        Arc::new(Whole {
            store: self.store.clone(),
            outcomes: self.outcomes.clone(),
            roll: self.roll.at(self.shown),
            terms: self.log.reigns().iter().copied().filter(|(_, first)| *first <= self.shown).collect(),
            last: self.shown,
        })
    }

    /// Puts a copy of everything in place of all there is.
    pub(super) fn take_over(&mut self, whole: &Whole, ctx: &mut Ctx<'_>) {
        let mut log = Log::default();
        log.begin_at(&whole.terms, whole.last);
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
            let fact = match mine.version > new.version {
                true => Fact::Discarded { node, set, key, value, now, why: Gone::Truncated },
                false => Fact::Applied { node, set, key, value: now, over: value },
            };
            self.fact(fact, ctx);
        }
        self.store = whole.store.clone();
        self.outcomes = whole.outcomes.clone();
        self.roll.replace(&whole.roll);
        self.log = log;
        (self.shown, self.committed) = (whole.last, whole.last);
        self.kept_whole(whole.last);
        self.changed(ctx);
        self.settle_shown(ctx);
    }

    /// Forgets everything that it keeps.
    pub(super) fn wipe(&mut self, why: Gone, ctx: &mut Ctx<'_>) {
        let (node, set) = (self.me, self.set);
        let rows: Vec<(Key, Value)> = self.store.rows().map(|(k, r)| (k, r.value)).collect();
        for (key, value) in rows {
            self.fact(Fact::Discarded { node, set, key, value, now: Value::INITIAL, why }, ctx);
        }
        self.store.clear();
        self.outcomes.clear();
        self.log = Log::default();
        (self.shown, self.committed) = (0, 0);
        self.kept_whole(0);
    }

    /// What a row will hold once everything in the log is shown, and the place of that.
    pub(super) fn latest(&self, key: Key) -> (Value, Place) {
        for entry in self.tail() {
            if let Change::Row { key: k, value, version, .. } = entry.stored().change
                && k == key
            {
                return (value, version);
            }
        }
        let row = self.store.row(key);
        (row.value, row.version)
    }

    /// The latest command of a session that changed a row.
    pub(super) fn latest_of(&self, session: SessionId) -> Option<Outcome> {
        for entry in self.tail() {
            if let Command::Row { session: s, key, op, over, .. } = entry.command
                && s == session
            {
                return Some(Outcome { op, key, over, place: entry.place });
            }
        }
        self.outcomes.get(&session).copied()
    }

    /// The highest number that an added row has, committed or not.
    pub(super) fn numbers(&self) -> u32 {
        let number = |entry: &Entry| match entry.command {
            Command::Row { key, .. } => key.number(),
            _ => None,
        };
        self.tail().filter_map(number).max().unwrap_or(0).max(self.store.numbers())
    }

    pub(super) fn latest_session(&self, session: SessionId) -> Option<u32> {
        for entry in self.tail() {
            if let Command::Session { session: s, cart, .. } = entry.command
                && s == session
            {
                return Some(cart);
            }
        }
        self.store.session(session)
    }

    /// What is in the log and not shown, newest first.
    pub(super) fn tail(&self) -> impl Iterator<Item = &Entry> {
        (self.shown + 1..=self.log.last()).rev().filter_map(|i| self.log.get(i))
    }

    /// The drawing has changed so that it shares its data with others than before.
    pub(super) fn move_to_set(&mut self, set: u32, ctx: &mut Ctx<'_>) {
        let rows = self.store.rows().map(|(k, r)| (k, r.value));
        sharing::move_to(set, &mut self.set, self.me, rows, ctx);
    }
}

/// Entries that are dropped together.
const STRIDE: u64 = 256;
