//! The log's way from the leader to its followers: heartbeats, entries, snapshots, and what a majority has. It may not
//! know how a leader is elected, nor what the entries are for.

use super::{Consensus, Role};
use crate::components::parts::log::Place;
use crate::components::protocol::consensus::{Append, Member, Raft, Whole};
use crate::components::protocol::{Ctx, Message};
use crate::history::{Gone, Process};
use crate::sim::LinkId;
use crate::stdx::Instant;

/// Entries in one message.
const BATCH: u64 = 64;
/// Entries under way to a follower that it has not acknowledged.
const WINDOW: u64 = 4096;

/// A line to another member, and what the leader knows of the one at its end.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub link: LinkId,
    pub peer: Process,
    /// Who it says that it is.
    pub member: Option<Member>,
    /// Its log agrees with the leader's up to here; of one who is no member (yet) that is kept apart.
    pub matched: u64,
    pub learned: u64,
    next: u64,
    /// It is not known what it has: nothing is sent on trust.
    probing: bool,
    /// When it was sent a copy of everything.
    whole_at: Option<Instant>,
    /// When it answered this leader last, and which round.
    pub heard: Instant,
    pub round: u64,
}

impl Line {
    pub fn new(link: LinkId, peer: Process) -> Line {
        Line {
            link,
            peer,
            member: None,
            matched: 0,
            learned: 0,
            next: 1,
            probing: true,
            whole_at: None,
            heard: Instant::START,
            round: 0,
        }
    }

    pub fn forget(&mut self) {
        *self = Line::new(self.link, self.peer);
    }

    /// Whoever leads from now on knows nothing of what the follower has.
    pub fn begin(&mut self, next: u64, now: Instant) {
        *self = Line { member: self.member, next, heard: now, ..Line::new(self.link, self.peer) };
    }
}

impl Consensus {
    pub(super) fn line(&self, link: LinkId) -> Option<&Line> {
        self.lines.iter().find(|l| l.link == link)
    }

    fn line_mut(&mut self, link: LinkId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|l| l.link == link)
    }

    /// The connection broke: what was under way is gone.
    pub(super) fn line_broke(&mut self, link: LinkId) {
        if let Some(line) = self.line_mut(link) {
            (line.probing, line.whole_at) = (true, None);
            line.next = line.next.min(line.matched.max(line.learned) + 1).max(1);
        }
    }

    /// The leader says to everybody that it lives; who answers confirms it.
    pub(super) fn next_round(&mut self, ctx: &mut Ctx<'_>) {
        self.rounds.begin(ctx.clock());
        for i in 0..self.lines.len() {
            self.send_append(i, false, ctx);
        }
        self.confirm(ctx);
    }

    /// There is more in the log than before.
    pub(super) fn offer(&mut self, ctx: &mut Ctx<'_>) {
        for i in 0..self.lines.len() {
            self.send_on(i, ctx);
        }
    }

    fn send_on(&mut self, i: usize, ctx: &mut Ctx<'_>) {
        let last = self.log.last();
        while let Some(line) = self.lines.get(i)
            && !line.probing
            && line.next <= last
            && line.next <= line.matched.max(line.learned) + WINDOW
        {
            self.send_append(i, true, ctx);
        }
    }

    /// One message to a follower: what it has not got, or only that the leader lives.
    fn send_append(&mut self, i: usize, entries: bool, ctx: &mut Ctx<'_>) {
        let (first, last, now) = (self.log.first(), self.log.last(), ctx.now());
        let patience = self.settings.election;
        let line = &mut self.lines[i];
        let link = line.link;
        let stranger = line.member.is_some_and(|m| !self.roll.contains(m)) && line.learned == 0;
        if (line.next < first || stranger) && line.member.is_some() {
            // Sent once more when nothing has come of it.
            let due = line.whole_at.is_none_or(|at| now - at >= patience);
            if due {
                line.whole_at = Some(now);
                line.probing = true;
                line.next = self.shown + 1;
                let (group, term, round) = (self.roll.group, self.term, self.rounds.current);
                ctx.send(link, Message::Raft(Raft::Whole { group, term, round, whole: self.whole() }));
                return;
            }
        }
        let line = &mut self.lines[i];
        line.next = line.next.max(first);
        let next = line.next;
        let until = if entries { last.min(next + BATCH - 1) } else { next - 1 };
        let batch: Vec<_> = (next..=until).filter_map(|n| self.log.get(n).copied()).collect();
        if !line.probing {
            line.next += batch.len() as u64;
        }
        let lease = self.rounds.lease(&self.settings);
        let append = Append {
            group: self.roll.group,
            size: self.roll.members().len() as u32,
            term: self.term,
            round: self.rounds.current,
            prev: self.log.place(next - 1),
            entries: batch,
            committed: self.committed,
            lease,
        };
        ctx.send(link, Message::Raft(Raft::Append(append)));
    }

    /// What the leader of this or of a newer term says.
    fn hears_leader(&mut self, link: LinkId, term: u32, ctx: &mut Ctx<'_>) -> bool {
        let Some(peer) = self.line(link).map(|l| l.peer) else { return false };
        if term < self.term {
            let missing = Err(self.log.end());
            self.answer_append(link, 0, 0, missing, ctx);
            return false;
        }
        self.follow(term, Some(peer), ctx);
        true
    }

    pub(super) fn append_from(&mut self, link: LinkId, append: Append, ctx: &mut Ctx<'_>) {
        let Append { group, size, term, round, prev, entries, committed, lease } = append;
        if !self.belongs_to(group, size, ctx) || !self.hears_leader(link, term, ctx) {
            return;
        }
        self.election.promise = self.election.promise.max(lease);
        let at = prev.index();
        if self.roll.members().is_empty() || self.log.place(at) != prev || at > self.log.last() {
            let missing = Err(self.hint(at));
            return self.answer_append(link, round, at, missing, ctx);
        }
        let upto = at + entries.len() as u64;
        let alive = entries.is_empty();
        for entry in entries {
            let index = entry.place.index();
            if index <= self.log.last() && self.log.place(index) == entry.place {
                continue;
            }
            if self.disk.full() {
                return;
            }
            self.cut_back(index - 1, Gone::Truncated, ctx);
            self.append(entry);
            self.disk.grown();
        }
        self.write_out(ctx);
        self.committed = self.committed.max(committed.min(upto));
        match alive {
            // Says nothing of what is on disk: only that this is the leader.
            true => self.answer_append(link, round, at, Ok(at.min(self.stable())), ctx),
            false => {
                let (term, member) = (self.term, self.myself());
                let what = Raft::Appended { term, round, prev: at, matched: Ok(upto), member };
                self.tell_once_flushed(link, what, ctx);
            }
        }
        self.advance(ctx);
    }

    /// Where the leader should look next: its own end, or before the term that differs.
    fn hint(&self, at: u64) -> Place {
        if at > self.log.last() {
            return self.log.end();
        }
        let term = self.log.place(at).reign();
        let first = self.log.reigns().iter().find(|(r, _)| *r == term).map_or(1, |(_, first)| *first);
        self.log.place(first.saturating_sub(1))
    }

    fn answer_append(&self, link: LinkId, round: u64, prev: u64, matched: Result<u64, Place>, ctx: &mut Ctx<'_>) {
        let (term, member) = (self.term, self.myself());
        ctx.send(link, Message::Raft(Raft::Appended { term, round, prev, matched, member }));
    }

    /// A copy of everything, for one who is far behind.
    pub(super) fn replaced(&mut self, link: LinkId, head: (u32, u32, u64), whole: &Whole, ctx: &mut Ctx<'_>) {
        let (group, term, round) = head;
        let size = whole.roll.len() as u32;
        if !self.belongs_to(group, size, ctx) || !self.hears_leader(link, term, ctx) || self.disk.full() {
            return;
        }
        if whole.last > self.shown || self.roll.members().is_empty() {
            self.take_over(whole, ctx);
        }
        let (term, member) = (self.term, self.myself());
        let what = Raft::Appended { term, round, prev: whole.last, matched: Ok(whole.last), member };
        self.tell_once_flushed(link, what, ctx);
    }

    /// A follower's answer.
    pub(super) fn appended(&mut self, link: LinkId, said: (u32, u64, u64, Result<u64, Place>, Member), ctx: &mut Ctx<'_>) {
        let (term, round, prev, matched, member) = said;
        if term > self.term {
            return self.follow(term, None, ctx);
        }
        let Some(i) = self.lines.iter().position(|l| l.link == link) else { return };
        if self.role != Role::Leader || term < self.term {
            return;
        }
        let (counts, last) = (self.roll.contains(member), self.log.last());
        let line = &mut self.lines[i];
        if line.member.is_some_and(|m| m != member) {
            // Another disk: what was known of the one before is void.
            line.begin(last + 1, ctx.now());
        }
        line.member = Some(member);
        line.heard = ctx.now();
        line.round = line.round.max(round);
        match matched {
            Ok(index) => {
                line.learned = line.learned.max(index);
                if counts {
                    line.matched = line.matched.max(line.learned);
                }
                let was = std::mem::replace(&mut line.probing, false);
                line.next = if was { index + 1 } else { line.next.max(index + 1) };
                line.whole_at = None;
                self.send_on(i, ctx);
            }
            Err(hint) => {
                // Answers to what was sent before it was known say nothing new.
                let new = if line.probing { prev == line.next - 1 } else { prev > line.matched.max(line.learned) };
                if new && line.whole_at.is_none() {
                    line.probing = true;
                    line.next = self.log.common(hint).min(prev.saturating_sub(1)) + 1;
                    self.send_append(i, true, ctx);
                }
            }
        }
        self.advance(ctx);
        self.confirm(ctx);
    }

    /// What a majority has, the leader with what it has flushed, is decided once an entry of this term is among it.
    pub(super) fn decide(&mut self, ctx: &mut Ctx<'_>) {
        let mut has: Vec<u64> = self
            .lines
            .iter()
            .filter(|l| l.member.is_some_and(|m| self.roll.contains(m)))
            .map(|l| l.matched)
            .collect();
        if self.is_member() {
            has.push(self.stable());
        }
        has.sort_unstable_by(|a, b| b.cmp(a));
        let Some(index) = has.get(self.roll.majority() - 1).copied() else { return };
        if index <= self.committed || self.log.place(index).reign().0 != self.term {
            return;
        }
        self.committed = index;
        self.decided(ctx);
        // The followers show it as soon as they know.
        for i in 0..self.lines.len() {
            if !self.lines[i].probing {
                self.send_append(i, false, ctx);
            }
        }
    }

    /// Whether it knows what is decided: an entry of its own term is.
    pub(super) fn leads_for_certain(&self) -> bool {
        self.role == Role::Leader && self.log.place(self.committed).reign().0 == self.term
    }
}
