//! Hinted handoff: what a replica keeps for another that could not be reached, and hands over when that one is back. It
//! may not know why the other was not reached.

use super::replica::Came;
use super::{Disk, QuorumStore};
use crate::components::protocol::Ctx;
use crate::components::protocol::quorum::{Item, Quorum, Version};
use crate::history::{Fact, Gone, Value};
use crate::stdx::Instant;

/// Hints handed over at a time.
const BATCH: usize = 256;

#[derive(Clone, Copy, Debug)]
pub(super) struct Hint {
    pub version: Version,
    pub until: Instant,
}

/// A batch that is on its way.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    turn: u32,
    versions: Vec<Version>,
    at: Instant,
}

impl QuorumStore {
    pub(super) fn keeps_hints(&self) -> bool {
        !self.settings.hints.is_zero()
    }

    /// Keeps a version for the replica in that seat. False: it does not.
    pub(super) fn keep_hint(&mut self, seat: usize, version: Version, ctx: &mut Ctx<'_>) -> bool {
        if !self.keeps_hints() || seat == 0 || self.members[seat].gone || self.disk != Disk::Well {
            return false;
        }
        let until = ctx.now() + self.settings.hints;
        let hints = &mut self.members[seat].hints;
        let old = hints.get(&version.item).map(|h| h.version);
        if old.is_none_or(|old| old.stamp < version.stamp) {
            hints.insert(version.item, Hint { version, until });
        }
        if let Some(old) = old.filter(|old| old.value != version.value) {
            let (old, new) = if old.stamp < version.stamp { (old, version) } else { (version, old) };
            self.outvote_hint(old, new, ctx);
        }
        true
    }

    /// Of two versions kept for another only the newer stays.
    fn outvote_hint(&mut self, old: Version, new: Version, ctx: &mut Ctx<'_>) {
        if !new.descends_from(&old) {
            self.drop_version(old, Gone::Outvoted { winner: new.value }, ctx);
        }
    }

    /// A version that only waited here is gone; whether it is lost depends on who shows it.
    fn drop_version(&self, version: Version, why: Gone, ctx: &mut Ctx<'_>) {
        let Item::Row(key) = version.item else { return };
        let now = self.shown(version.item);
        if now != version.value {
            let (node, set, value) = (self.me, self.set, version.value);
            self.fact(Fact::Discarded { node, set, key, value, now, why }, ctx);
        }
    }

    /// What is kept for the replica in that seat about the item: what its stand-in answers.
    pub(super) fn hinted(&self, seat: usize, item: Item) -> Option<Version> {
        self.members[seat].hints.get(&item).map(|h| h.version)
    }

    /// Hands over what is kept for a replica that can be reached, a batch at a time.
    pub(super) fn hand_over(&mut self, seat: usize, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        if self.members[seat].hints.is_empty() {
            return;
        }
        let stale = |h: &Hint| h.until < now;
        if self.members[seat].hints.values().any(stale) {
            let old: Vec<Version> =
                self.members[seat].hints.values().filter(|h| stale(h)).map(|h| h.version).collect();
            self.members[seat].hints.retain(|_, h| !stale(h));
            old.into_iter().for_each(|v| self.drop_version(v, Gone::Destroyed, ctx));
        }
        if !self.is_up(seat, now) {
            return;
        }
        let patience = self.settings.timeout;
        let member = &mut self.members[seat];
        let turn = match &member.handed {
            Some(handed) if now.since(handed.at) < patience => return,
            Some(handed) => handed.turn.wrapping_add(1),
            None => (now.0 >> 20) as u32,
        };
        let versions: Vec<Version> = member.hints.values().take(BATCH).map(|h| h.version).collect();
        member.handed = Some(Handed { turn, versions: versions.clone(), at: now });
        self.tell(seat, Quorum::Hints { turn, versions: versions.into() }, ctx);
    }

    /// Another replica hands over what it has kept for this one.
    pub(super) fn given_hints(&mut self, seat: usize, turn: u32, versions: &[Version], ctx: &mut Ctx<'_>) {
        for version in versions {
            self.take_in(*version, Came::Hinted, ctx);
        }
        self.tell(seat, Quorum::Taken { turn }, ctx);
    }

    /// The other has what was handed over: it need not be kept any longer.
    pub(super) fn hints_taken(&mut self, seat: usize, turn: u32, ctx: &mut Ctx<'_>) {
        let member = &mut self.members[seat];
        let Some(handed) = member.handed.take_if(|h| h.turn == turn) else { return };
        for version in handed.versions {
            if member.hints.get(&version.item).is_some_and(|h| h.version == version) {
                member.hints.remove(&version.item);
            }
        }
        self.hand_over(seat, ctx);
    }

    /// The disk with the hints is gone, or who they were for.
    pub(super) fn drop_hints(&mut self, seat: usize, ctx: &mut Ctx<'_>) {
        self.members[seat].handed = None;
        for hint in std::mem::take(&mut self.members[seat].hints).into_values() {
            if hint.version.value != Value::INITIAL {
                self.drop_version(hint.version, Gone::Destroyed, ctx);
            }
        }
    }
}
