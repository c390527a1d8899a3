//! Reads that must see all that was acknowledged before them: rounds of heartbeats that confirm the leader, and its lease.
//! It may not know how a read is served.

use super::{Consensus, Reads, Role, Settings};
use crate::components::parts::calls::Call;
use crate::components::protocol::consensus::Raft;
use crate::components::protocol::{Ctx, Message};
use crate::sim::LinkId;
use crate::stdx::Instant;
use std::collections::VecDeque;

/// Who waits to know up to where a read must see.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reader {
    Own(Call),
    Other(LinkId, Call),
}

/// The leader's rounds of heartbeats.
#[derive(Clone, Debug, Default)]
pub(super) struct Rounds {
    pub current: u64,
    /// The highest that a majority has answered.
    confirmed: u64,
    /// When those after it began, by the leader's clock.
    begun: VecDeque<(u64, Instant)>,
    /// When the confirmed one began.
    leased: Option<Instant>,
    /// Reads by the round that must be confirmed first, with the number that was decided when they came.
    waiting: VecDeque<(u64, u64, Reader)>,
    /// Those that came before this leader knew what is decided.
    early: Vec<Reader>,
    /// It has called another to take over, and trusts its lease no more.
    pub abdicated: bool,
}

impl Rounds {
    pub fn begin(&mut self, clock: Instant) {
        self.current += 1;
        self.begun.push_back((self.current, clock));
    }

    /// Until when voters are asked to vote for nobody else.
    pub fn lease(&self, settings: &Settings) -> Instant {
        match (settings.reads, self.begun.back()) {
            (Reads::Lease, Some((_, clock))) if !self.abdicated => *clock + settings.lease,
            _ => Instant::START,
        }
    }

    /// Whether nobody else can be the leader, if clocks differ by no more than is allowed for.
    fn leases(&self, settings: &Settings, clock: Instant) -> bool {
        let ends = self.leased.map(|at| at + settings.lease);
        settings.reads == Reads::Lease && !self.abdicated && ends.is_some_and(|ends| clock + settings.clock_error < ends)
    }
}

impl Consensus {
    /// Finds out for a reader up to where it must see.
    pub(super) fn read_index(&mut self, reader: Reader, ctx: &mut Ctx<'_>) {
        if !self.leads_for_certain() {
            self.rounds.early.push(reader);
            return;
        }
        if self.rounds.leases(&self.settings, ctx.clock()) {
            return self.tell_reader(reader, Some(self.committed), ctx);
        }
        // Who joins while a round is under way waits for the next: this one may have been answered before he came.
        let needs = self.rounds.current + 1;
        let under_way = !self.rounds.waiting.is_empty();
        self.rounds.waiting.push_back((needs, self.committed, reader));
        if !under_way {
            self.next_round(ctx);
        }
    }

    /// Somebody has answered a round.
    pub(super) fn confirm(&mut self, ctx: &mut Ctx<'_>) {
        if self.role != Role::Leader {
            return;
        }
        let mut rounds: Vec<u64> = self
            .lines
            .iter()
            .filter(|l| l.member.is_some_and(|m| self.roll.contains(m)))
            .map(|l| l.round)
            .collect();
        if self.is_member() {
            rounds.push(self.rounds.current);
        }
        rounds.sort_unstable_by(|a, b| b.cmp(a));
        let Some(confirmed) = rounds.get(self.roll.majority() - 1).copied() else { return };
        if confirmed <= self.rounds.confirmed {
            return;
        }
        self.rounds.confirmed = confirmed;
        while let Some((_, clock)) = self.rounds.begun.pop_front_if(|(round, _)| *round <= confirmed) {
            self.rounds.leased = Some(clock);
        }
        while let Some((_, index, reader)) = self.rounds.waiting.pop_front_if(|(needs, ..)| *needs <= confirmed) {
            self.tell_reader(reader, Some(index), ctx);
        }
        if self.rounds.waiting.front().is_some_and(|(needs, ..)| *needs > self.rounds.current) {
            self.next_round(ctx);
        }
    }

    /// More is decided: a new leader knows now what is.
    pub(super) fn decided(&mut self, ctx: &mut Ctx<'_>) {
        for reader in std::mem::take(&mut self.rounds.early) {
            self.read_index(reader, ctx);
        }
    }

    fn tell_reader(&mut self, reader: Reader, index: Option<u64>, ctx: &mut Ctx<'_>) {
        match reader {
            Reader::Own(call) => self.may_read(call, index, ctx),
            Reader::Other(link, call) => ctx.send(link, Message::Raft(Raft::ReadAt { call, index })),
        }
    }

    /// A follower has a reader.
    pub(super) fn asked_read_index(&mut self, link: LinkId, call: Call, ctx: &mut Ctx<'_>) {
        match self.role {
            Role::Leader => self.read_index(Reader::Other(link, call), ctx),
            _ => ctx.send(link, Message::Raft(Raft::ReadAt { call, index: None })),
        }
    }
}
