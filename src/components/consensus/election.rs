//! Who leads: time-outs at random, votes, pre-votes, and how a leader ends. It may not know what the log holds but where
//! it ends.

use super::replication::Line;
use super::{Consensus, Reads, WAKE_BEAT, WAKE_ELECT};
use crate::components::protocol::consensus::{Command, Raft};
use crate::components::protocol::{Ctx, Message, Timer};
use crate::components::parts::log::Place;
use crate::history::Process;
use crate::sim::LinkId;
use crate::stdx::{Duration, Instant};
use std::collections::BTreeSet;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Follower,
    /// Asks whether it would be elected (pre-vote).
    Trying,
    Candidate,
    Leader,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Election {
    /// Who would vote for it, or has.
    votes: BTreeSet<Process>,
    /// Waits so long without a leader before it stands: drawn anew with every term.
    patience: Duration,
    due: Instant,
    armed: bool,
    /// When a leader was heard last.
    pub heard: Option<Instant>,
    /// Votes for nobody else before its own clock shows this.
    pub promise: Instant,
    /// Counts the leader's rhythms, so that there is only one.
    turn: u64,
}

impl Election {
    /// The process died.
    pub fn forget(&mut self) {
        *self = Election { promise: self.promise, ..Election::default() };
    }
}

impl Consensus {
    pub(super) fn arm_election(&mut self, ctx: &mut Ctx<'_>) {
        self.draw_patience(ctx);
        if !std::mem::replace(&mut self.election.armed, true) {
            ctx.timer(self.election.patience, Timer::Wake(WAKE_ELECT));
        }
    }

    fn draw_patience(&mut self, ctx: &mut Ctx<'_>) {
        let least = self.settings.election;
        self.election.patience = least + least.scale(ctx.random().unit());
        self.election.due = ctx.now() + self.election.patience;
    }

    /// Perhaps nobody has led for too long.
    pub(super) fn election_due(&mut self, ctx: &mut Ctx<'_>) {
        self.election.armed = false;
        if self.role == Role::Leader || !self.awake() {
            return;
        }
        if ctx.now() < self.election.due {
            self.election.armed = true;
            return ctx.timer(self.election.due - ctx.now(), Timer::Wake(WAKE_ELECT));
        }
        let promised = self.settings.reads == Reads::Lease && ctx.clock() < self.election.promise;
        if self.is_member() && !promised {
            match self.settings.pre_vote {
                true => self.try_whether(ctx),
                false => self.stand(false, ctx),
            }
        }
        if self.role != Role::Leader {
            self.arm_election(ctx);
        }
    }

    /// Asks the others whether they would vote for it; its term stays what it is.
    fn try_whether(&mut self, ctx: &mut Ctx<'_>) {
        self.leader_is(None, ctx);
        self.role = Role::Trying;
        self.ask_for_votes(self.term + 1, true, false, ctx);
    }

    /// A new term, and its own vote in it.
    fn stand(&mut self, called: bool, ctx: &mut Ctx<'_>) {
        self.leader_is(None, ctx);
        self.role = Role::Candidate;
        self.term += 1;
        self.voted = Some(self.me);
        self.changed(ctx);
        self.ask_for_votes(self.term, false, called, ctx);
    }

    fn ask_for_votes(&mut self, term: u32, trial: bool, called: bool, ctx: &mut Ctx<'_>) {
        self.election.votes.clear();
        let (group, end) = (self.roll.group, self.log.end());
        for i in 0..self.lines.len() {
            if self.roll.of(self.lines[i].peer).is_some() {
                let what = Raft::Vote { group, term, trial, called, end };
                self.tell_once_flushed(self.lines[i].link, what, ctx);
            }
        }
        match trial {
            true => self.count_vote(self.me, ctx),
            false => self.vote_once_flushed(ctx),
        }
    }

    /// Its own vote for itself in this term is on disk.
    pub(super) fn own_vote_counts(&mut self, term: u32, ctx: &mut Ctx<'_>) {
        if self.role == Role::Candidate && self.term == term {
            self.count_vote(self.me, ctx);
        }
    }

    fn count_vote(&mut self, from: Process, ctx: &mut Ctx<'_>) {
        self.election.votes.insert(from);
        let votes = self.election.votes.iter().filter(|node| self.roll.of(**node).is_some()).count();
        match self.role {
            Role::Trying if votes >= self.roll.majority() => self.stand(false, ctx),
            Role::Candidate if votes >= self.roll.majority() => self.lead(ctx),
            _ => {}
        }
    }

    pub(super) fn asked_for_vote(&mut self, link: LinkId, asked: (u32, u32, bool, bool, Place), ctx: &mut Ctx<'_>) {
        let (group, term, trial, called, end) = asked;
        let Some(peer) = self.line(link).map(|l| l.peer) else { return };
        if group != self.roll.group || !self.is_member() {
            return;
        }
        // Who hears a leader elects no other; with a lease because that was promised.
        let led = self.role == Role::Leader
            || self.leader.is_some() && self.heard().is_some_and(|at| ctx.now() - at < self.settings.election);
        let promised = self.settings.reads == Reads::Lease && ctx.clock() < self.election.promise;
        if !called && (self.settings.check_quorum && led || promised) {
            return;
        }
        if !trial && term > self.term {
            self.follow(term, None, ctx);
        }
        let free = match trial {
            true => term > self.term,
            false => term == self.term && self.voted.is_none_or(|v| v == peer),
        };
        let granted = free && end >= self.log.end();
        if granted && !trial {
            if self.voted.is_none() {
                self.voted = Some(peer);
                self.changed(ctx);
            }
            self.election.due = ctx.now() + self.election.patience;
            return self.tell_once_flushed(link, Raft::Voted { term, trial, granted }, ctx);
        }
        let term = if granted { term } else { self.term };
        self.tell_once_flushed(link, Raft::Voted { term, trial, granted }, ctx);
    }

    pub(super) fn got_vote(&mut self, link: LinkId, term: u32, trial: bool, granted: bool, ctx: &mut Ctx<'_>) {
        let Some(peer) = self.line(link).map(|l| l.peer) else { return };
        if term > self.term && !(trial && granted) {
            return self.follow(term, None, ctx);
        }
        let counts = match self.role {
            Role::Trying => trial && term == self.term + 1,
            Role::Candidate => !trial && term == self.term,
            _ => false,
        };
        if granted && counts {
            self.count_vote(peer, ctx);
        }
    }

    /// Elected.
    fn lead(&mut self, ctx: &mut Ctx<'_>) {
        self.role = Role::Leader;
        self.elections += 1;
        self.leader_is(Some(self.me), ctx);
        self.rounds = super::Rounds::default();
        let (next, now) = (self.log.last() + 1, ctx.now());
        self.lines.iter_mut().for_each(|line| line.begin(next, now));
        self.election.turn += 1;
        self.propose(Command::Nothing, ctx);
        self.beat(self.election.turn, ctx);
    }

    /// The leader's rhythm: it says that it lives, and looks whether a majority has.
    pub(super) fn beat(&mut self, turn: u64, ctx: &mut Ctx<'_>) {
        if self.role != Role::Leader || turn != self.election.turn || !self.awake() {
            return;
        }
        let now = ctx.now();
        let alive = |line: &Line| now - line.heard < self.settings.election;
        if self.settings.check_quorum && self.count(|line| alive(line)) < self.roll.majority() {
            return self.follow(self.term, None, ctx);
        }
        self.keep_roll(ctx);
        self.next_round(ctx);
        ctx.timeout(self.settings.heartbeat, Timer::Wake(WAKE_BEAT | turn));
    }

    /// Members for whom it holds, the leader itself counted.
    pub(super) fn count(&self, which: impl Fn(&Line) -> bool) -> usize {
        let one = |l: &Line| self.roll.of(l.peer).is_some_and(|m| l.member.is_none_or(|said| said == m));
        let others = self.lines.iter().filter(|l| one(l) && which(l));
        others.count() + self.is_member() as usize
    }

    /// Somebody else leads this term, or nobody so far.
    pub(super) fn follow(&mut self, term: u32, leader: Option<Process>, ctx: &mut Ctx<'_>) {
        if term > self.term {
            (self.term, self.voted) = (term, None);
            self.changed(ctx);
        }
        self.give_up_leading(leader, ctx);
        if leader.is_some() {
            self.election.heard = Some(ctx.now());
            self.election.due = ctx.now() + self.election.patience;
        }
        if !self.election.armed {
            self.arm_election(ctx);
        }
    }

    /// Whatever it was, it is a follower now.
    pub(super) fn give_up_leading(&mut self, leader: Option<Process>, ctx: &mut Ctx<'_>) {
        let led = std::mem::replace(&mut self.role, Role::Follower) == Role::Leader;
        self.leader_is(leader, ctx);
        if led {
            self.rounds = super::Rounds::default();
            self.abandon_all(ctx);
        }
    }

    fn leader_is(&mut self, leader: Option<Process>, ctx: &mut Ctx<'_>) {
        let before = std::mem::replace(&mut self.leader, leader);
        if before != leader && leader.is_some() && leader != Some(self.me) {
            self.leader_changed(ctx);
        }
    }

    /// A person wants this member to lead: it asks the leader for that.
    pub(super) fn want_to_lead(&mut self, ctx: &mut Ctx<'_>) -> bool {
        let line = self.lines.iter().find(|l| Some(l.peer) == self.leader);
        match line {
            Some(line) if self.awake() && self.is_member() => ctx.send(line.link, Message::Raft(Raft::Handover)),
            _ => return false,
        }
        true
    }

    /// The leader lets one who has all of its log stand at once, and uses its lease no more.
    pub(super) fn asked_to_hand_over(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        let (last, term) = (self.log.last(), self.term);
        let Some(line) = self.line(link) else { return };
        if self.role == Role::Leader && line.matched == last && line.member.is_some_and(|m| self.roll.contains(m)) {
            self.rounds.abdicated = true;
            ctx.send(link, Message::Raft(Raft::Stand { term }));
        }
    }

    pub(super) fn called_to_stand(&mut self, link: LinkId, term: u32, ctx: &mut Ctx<'_>) {
        let from_leader = self.line(link).is_some_and(|l| Some(l.peer) == self.leader);
        if from_leader && term == self.term && self.is_member() {
            self.draw_patience(ctx);
            self.stand(true, ctx);
        }
    }
}
