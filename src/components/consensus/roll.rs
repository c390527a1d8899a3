//! Who belongs to the group: the members at its founding, and every change since, which stand in the log (one at a time,
//! Ongaro's thesis, section 4.1). It may not know how the log is agreed on.

use super::election::Role;
use super::{Consensus, WAKE_FOUND};
use crate::components::protocol::consensus::{Command, Member};
use crate::components::protocol::{Ctx, Timer};
use crate::history::{Gone, Process};
use crate::stdx::Instant;
use std::collections::BTreeSet;

/// The members, by the latest change in the log whether it is committed or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Roll {
    /// The group's number: one more than that of the founder with the lowest. 0: it belongs to none so far.
    pub group: u32,
    /// Disks that this machine had before this one.
    pub life: u32,
    founders: Vec<Member>,
    /// Changes with their numbers in the log, oldest first.
    changes: Vec<(u64, Member, bool)>,
    now: BTreeSet<Member>,
}

impl Roll {
    pub fn members(&self) -> &BTreeSet<Member> {
        &self.now
    }

    pub fn contains(&self, member: Member) -> bool {
        self.now.contains(&member)
    }

    /// The member that this machine is, by that number.
    pub fn of(&self, node: Process) -> Option<Member> {
        self.now.iter().copied().find(|m| m.node == node)
    }

    /// More than half.
    pub fn majority(&self) -> usize {
        self.now.len() / 2 + 1
    }

    pub fn note(&mut self, index: u64, member: Member, joins: bool) {
        self.changes.push((index, member, joins));
        self.turn(member, joins);
    }

    fn turn(&mut self, member: Member, joins: bool) {
        match joins {
            true => self.now.insert(member),
            false => self.now.remove(&member),
        };
    }

    /// As it was when the log ended there.
    pub fn at(&self, index: u64) -> Vec<Member> {
        let mut then = Roll { now: self.founders.iter().copied().collect(), ..Roll::default() };
        let changes = self.changes.iter().filter(|(at, ..)| *at <= index);
        changes.for_each(|(_, member, joins)| then.turn(*member, *joins));
        then.now.into_iter().collect()
    }

    /// The log was cut back to this number.
    pub fn cut_back(&mut self, index: u64) {
        if self.changes.last().is_some_and(|(at, ..)| *at > index) {
            self.now = self.at(index).into_iter().collect();
            self.changes.retain(|(at, ..)| *at <= index);
        }
    }

    /// A copy of everything came, with these members.
    pub fn replace(&mut self, members: &[Member]) {
        self.founders = members.to_vec();
        self.changes.clear();
        self.now = members.iter().copied().collect();
    }

    /// The number of the latest change, 0 for none.
    fn latest(&self) -> u64 {
        self.changes.last().map_or(0, |(index, ..)| *index)
    }

    /// Another disk: whatever it knew, it is another member now, and of no group.
    fn reborn(&mut self) {
        *self = Roll { life: self.life + 1, ..Roll::default() };
    }
}

impl Consensus {
    pub(super) fn myself(&self) -> Member {
        Member { node: self.me, life: self.roll.life }
    }

    pub(super) fn is_member(&self) -> bool {
        self.roll.contains(self.myself())
    }

    /// With the run's begin all who are joined are a group, as a static `initial-cluster` says it in etcd.
    pub(super) fn found_with_peers(&mut self) {
        let peers = self.lines.iter().map(|l| Member { node: l.peer, life: 0 });
        let founders: BTreeSet<Member> = peers.chain([self.myself()]).collect();
        self.found(founders.into_iter().collect());
    }

    fn found(&mut self, founders: Vec<Member>) {
        self.roll.group = founders.first().map_or(0, |m| m.node.0 + 1);
        self.roll.replace(&founders);
    }

    /// A machine drawn later waits to be taken into a group. When nobody is there to do it, it founds one.
    pub(super) fn hope_for_a_group(&mut self, ctx: &mut Ctx<'_>) {
        if self.roll.group != 0 || self.roll.life != 0 {
            return;
        }
        if ctx.now() == Instant::START {
            self.found(vec![self.myself()]);
        } else {
            ctx.timer(self.settings.election.saturating_mul(2), Timer::Wake(WAKE_FOUND));
        }
    }

    /// Alone, and only if all that it is joined to came to be after it: whoever was there before has a group or founds one.
    pub(super) fn found_alone(&mut self, ctx: &mut Ctx<'_>) {
        if self.roll.group != 0 || self.roll.life != 0 {
            return;
        }
        if self.lines.iter().all(|l| l.peer > self.me) {
            self.found(vec![self.myself()]);
            self.arm_election(ctx);
        } else {
            self.hope_for_a_group(ctx);
        }
    }

    /// Whether the leader of that group may be listened to. One who is alone leaves what it has and joins a group that
    /// is larger or older; a group of several keeps to itself.
    pub(super) fn belongs_to(&mut self, group: u32, size: u32, ctx: &mut Ctx<'_>) -> bool {
        let alone = self.roll.members().len() <= 1 && self.is_member();
        if group != self.roll.group && alone && (size > 1 || group < self.roll.group) {
            self.give_up_leading(None, ctx);
            self.wipe(Gone::Truncated, ctx);
            self.lose_identity();
        }
        if self.roll.group == 0 {
            self.roll.group = group;
        }
        group == self.roll.group
    }

    /// It begins anew with nothing, as another member.
    pub(super) fn lose_identity(&mut self) {
        self.roll.reborn();
        (self.term, self.voted, self.leader) = (0, None, None);
    }

    /// The leader keeps the roll: who is not drawn any more leaves, who came back with an empty disk leaves and joins
    /// again, who is new joins when it has nearly all of the log. One change at a time.
    pub(super) fn keep_roll(&mut self, ctx: &mut Ctx<'_>) {
        let settled = self.roll.latest() <= self.committed && self.leads_for_certain();
        if self.role != Role::Leader || !settled || self.disk.full() {
            return;
        }
        let line_of = |m: &Member| self.lines.iter().find(|l| l.peer == m.node);
        let gone = |m: &&Member| match line_of(m) {
            _ if m.node == self.me => false,
            None => true,
            Some(line) => line.member.is_some_and(|now| now.life > m.life),
        };
        let leaves = self.roll.members().iter().find(gone).copied();
        let behind = self.log.last().saturating_sub(LEARNED);
        let joins = self.lines.iter().filter(|l| l.learned >= behind && l.learned > 0).filter_map(|l| l.member);
        let joins = joins.into_iter().find(|m| self.roll.of(m.node).is_none());
        if let Some((member, joins)) = leaves.map(|m| (m, false)).or(joins.map(|m| (m, true))) {
            self.propose(Command::Roll { member, joins }, ctx);
        }
    }

    /// When this machine was told something by a leader last.
    pub(super) fn heard(&self) -> Option<Instant> {
        self.election.heard
    }
}

/// A newcomer joins when it lacks at most so many entries.
const LEARNED: u64 = 100;
