//! Masters with certification: every member takes requests, one of them gives the writes their order, the first to
//! commit wins, and a minority refuses. It may not know how members elect the one, nor how the log is copied.

use super::line::Line;
use super::serve::{Held, Request, Waits};
use super::{Database, Role};
use crate::components::Wire;
use crate::components::parts::calls::Call;
use crate::components::parts::log::{Change, Place};
use crate::components::protocol::replication::{Certify, Replication};
use crate::components::protocol::{Ctx, Reply, Timer, What};
use crate::components::wiring::replication::{Conflicts, Reads};
use crate::history::{Cause, Kind, Process, Value};
use crate::sim::LinkId;
use crate::stdx::Instant;
use std::collections::{BTreeSet, VecDeque};

/// A write that this member has sent to be ordered.
#[derive(Clone, Debug)]
pub(super) struct Certifying {
    request: Request,
    arrived: Instant,
    started: Instant,
    value: Value,
    /// It was ordered: answered as soon as it is shown here.
    place: Option<Place>,
}

/// What a member of a group with certification keeps besides.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// Everybody who was ever seen to belong to it; a majority is one of these.
    pub members: BTreeSet<Process>,
    /// Up to this number the log is committed, as far as it is known here.
    pub committed: u64,
    /// The number of the first entry of the reign, for the one who orders.
    pub opened: u64,
    /// Reads that wait until that entry is committed: before, it does not know what is.
    early: Vec<(LinkId, Call)>,
    /// Writes to the same row wait for one another, as a lock makes them.
    locked: VecDeque<(Request, Instant, Instant)>,
}

impl Database {
    /// Its lines to the other members.
    fn group_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|l| l.in_group())
    }

    /// Whether it belongs to a group with certification.
    pub(super) fn in_group(&self) -> bool {
        self.group_lines().next().is_some()
    }

    /// At first the member with the lowest number gives the order.
    pub(super) fn join_group(&mut self, line: usize) {
        let (peer, link) = (self.lines[line].peer, self.lines[line].link);
        self.group.members.extend([self.me, peer]);
        let current = self.source.and_then(|s| self.line(s)).map(|l| l.peer);
        if peer < self.me && current.is_none_or(|c| peer < c) {
            self.role = Role::Replica;
            self.source = Some(link);
        }
    }

    /// Tells a member who belongs to the group as far as it is known here.
    pub(super) fn introduce(&self, ctx: &mut Ctx<'_>) {
        let members: std::sync::Arc<[Process]> = self.group.members.iter().copied().collect();
        for line in self.group_lines() {
            self.tell(line.link, Replication::Members(members.clone()), ctx);
        }
    }

    pub(super) fn introduced(&mut self, members: &[Process], ctx: &mut Ctx<'_>) {
        let before = self.group.members.len();
        self.group.members.extend(members);
        if self.group.members.len() > before {
            self.introduce(ctx);
        }
    }

    /// How many members there are, this one with them.
    pub(super) fn electorate(&self, joined: usize) -> usize {
        self.group.members.len().max(joined)
    }

    /// The number that a majority has in its log.
    pub(super) fn majority_has(&self) -> u64 {
        let mut has: Vec<u64> = self.group_lines().map(|l| l.follower.received).collect();
        has.push(self.log.last());
        has.sort_unstable_by(|a, b| b.cmp(a));
        let needed = self.electorate(has.len()) / 2;
        let index = has.get(needed).copied().unwrap_or(0).min(self.log.last());
        // An entry of an earlier reign counts as committed only with one of this reign after it (Raft, section 5.4.2).
        if index >= self.group.opened { index } else { self.shown }
    }

    /// The one who gives the order begins: an empty entry shows what of the earlier ones is committed.
    pub(super) fn open_reign(&mut self, ctx: &mut Ctx<'_>) {
        self.group.opened = self.log.last() + 1;
        self.append(Change::Nothing, ctx);
        self.advance(ctx);
    }

    /// Tells the members what is committed.
    pub(super) fn announce(&mut self, ctx: &mut Ctx<'_>) {
        let index = self.shown;
        for line in self.lines.iter().filter(|l| l.in_group() && l.follower.connected) {
            self.tell(line.link, Replication::Committed { index }, ctx);
        }
        if self.role == Role::Primary && self.shown >= self.group.opened {
            let place = self.shown_place();
            for (link, call) in std::mem::take(&mut self.group.early) {
                self.tell(link, Replication::ReadAt { call, place }, ctx);
            }
            while let Some((Place(u64::MAX), call)) = self.holding.last().copied() {
                self.read_at(call, place, ctx);
            }
        }
    }

    pub(super) fn told_committed(&mut self, link: LinkId, index: u64, ctx: &mut Ctx<'_>) {
        if self.role == Role::Replica && self.source == Some(link) {
            self.group.committed = self.group.committed.max(index);
            self.carry_on(ctx);
            self.answer_certified(ctx);
        }
    }

    /// Whether a member has been without the one who gives the order for so long that it may be on the smaller side.
    pub(super) fn lonely(&self, now: Instant) -> bool {
        if self.role != Role::Replica || !self.in_group() {
            return false;
        }
        let led = self.watches.iter().find(|w| w.set == self.set).map_or(Instant::START, |w| w.led);
        self.policy_line().is_some_and(|p| now - led >= super::reign::patience(p))
    }

    /// A read that must see all that was committed before it. True: it waits for word from the one who knows.
    pub(super) fn sync_read(&mut self, request: Request, ctx: &mut Ctx<'_>) -> bool {
        let synced = self.group_lines().next().is_some_and(|l| l.mirror.reads == Reads::Synced);
        if !synced || request.ask.op.kind != Kind::Read {
            return false;
        }
        let now = ctx.now();
        // Above every place there is: until the answer says which.
        let place = Place(u64::MAX);
        let call = self.held.open(Waits::Read(Held { request, place, since: now }));
        self.holding.insert((place, call));
        ctx.timeout(self.settings.wait_timeout, Timer::Timeout(call));
        match self.role {
            Role::Primary if self.shown >= self.group.opened => self.read_at(call, self.shown_place(), ctx),
            // As soon as it knows itself what is committed.
            Role::Primary => {}
            Role::Replica => {
                if let Some(link) = self.source {
                    self.tell(link, Replication::ReadIndex { call }, ctx);
                }
            }
        }
        true
    }

    pub(super) fn asked_read_index(&mut self, link: LinkId, call: Call, ctx: &mut Ctx<'_>) {
        if self.role != Role::Primary || self.fenced(ctx.now()) {
            return;
        }
        if self.shown >= self.group.opened {
            let place = self.shown_place();
            self.tell(link, Replication::ReadAt { call, place }, ctx);
        } else {
            self.group.early.push((link, call));
        }
    }

    /// The read may be served as soon as this place is shown.
    pub(super) fn read_at(&mut self, call: Call, place: Place, ctx: &mut Ctx<'_>) {
        if let Some(Waits::Read(held)) = self.held.get_mut(call) {
            self.holding.remove(&(held.place, call));
            held.place = place;
            self.holding.insert((place, call));
            self.release(ctx);
        }
    }

    /// A write that came to this member: to the one who gives the order, with what it is based on.
    pub(super) fn send_to_certify(&mut self, request: Request, arrived: Instant, started: Instant, ctx: &mut Ctx<'_>) {
        let ask = request.ask;
        let key = ask.op.key;
        let same = |c: &Certifying| c.request.ask.op.key == key;
        if ask.op.kind.writes() && !self.certifying(same).is_empty() {
            self.group.locked.push_back((request, arrived, started));
            return;
        }
        let row = self.store.row(key);
        let value = if ask.op.kind == Kind::Update { row.value } else { ask.op.value };
        let call = self.held.open(Waits::Write(Certifying { request, arrived, started, value, place: None }));
        let patience = super::reign::patience(&self.policy());
        ctx.timeout(patience, Timer::Timeout(call));
        if let Some(link) = self.source {
            let what = Certify { call, op: ask.op, what: ask.what, base: row.version };
            self.tell(link, Replication::Certify(what), ctx);
        }
    }

    /// The order of a member's write is asked for: it is in order when nobody has written the row since.
    pub(super) fn certify(&mut self, link: LinkId, asked: Certify, ctx: &mut Ctx<'_>) {
        if self.role != Role::Primary || self.writable(ctx.now()).is_err() {
            return;
        }
        let Certify { call, op, what, base } = asked;
        let change = match what {
            What::SessionPut { cart } => {
                let was = self.latest_session(op.session);
                Change::Session { session: op.session, cart, was }
            }
            _ => {
                let (over, over_version, _) = self.latest(op.key);
                if over == op.value {
                    return self.tell(link, Replication::Certified { call, place: Some(over_version) }, ctx);
                }
                if over_version != base {
                    return self.tell(link, Replication::Certified { call, place: None }, ctx);
                }
                let (key, value, version) = (op.key, op.value, self.next_place());
                Change::Row { key, value, version, over, over_version }
            }
        };
        let place = self.append(change, ctx);
        self.tell(link, Replication::Certified { call, place: Some(place) }, ctx);
        self.advance(ctx);
    }

    /// The word on a write: its place, or that another was first.
    pub(super) fn certified(&mut self, call: Call, place: Option<Place>, ctx: &mut Ctx<'_>) {
        let Some(Waits::Write(c)) = self.held.get_mut(call) else { return };
        match place {
            Some(place) => {
                c.place = Some(place);
                self.answer_certified(ctx);
            }
            None => {
                let Some(Waits::Write(c)) = self.held.close(call) else { return };
                let conflict = Reply::Fail(Cause::Conflict);
                self.reply(c.request, conflict, Value::INITIAL, Place::default(), c.arrived, c.started, ctx);
                self.unlock(ctx);
            }
        }
    }

    /// Rows that nobody waits for any more go to the next writer.
    fn unlock(&mut self, ctx: &mut Ctx<'_>) {
        for _ in 0..self.group.locked.len() {
            let Some((request, arrived, started)) = self.group.locked.pop_front() else { break };
            self.send_to_certify(request, arrived, started, ctx);
        }
    }

    /// Answers the writes that are shown here by now.
    pub(super) fn answer_certified(&mut self, ctx: &mut Ctx<'_>) {
        if self.held.is_empty() {
            return;
        }
        let shown = self.shown_place();
        let done = self.certifying(|c| c.place.is_some_and(|p| p <= shown));
        if done.is_empty() {
            return;
        }
        for call in done {
            let Some(Waits::Write(c)) = self.held.close(call) else { continue };
            // Whoever has the place in the log has the write, unless a newer reign cut it off.
            let place = c.place.unwrap_or_default();
            let there = self.log.place(place.index()) == place;
            let reply = if there { Reply::Ok } else { Reply::Unknown(Cause::NoQuorum) };
            self.reply(c.request, reply, c.value, place, c.arrived, c.started, ctx);
        }
        self.unlock(ctx);
    }

    /// The writes under way for which `which` holds.
    fn certifying(&self, which: impl Fn(&Certifying) -> bool) -> Vec<Call> {
        self.held.find(|w| matches!(w, Waits::Write(c) if which(c)))
    }

    /// Nobody can say any more what becomes of this write.
    pub(super) fn nobody_knows(&mut self, c: Certifying, ctx: &mut Ctx<'_>) {
        let reply = Reply::Unknown(Cause::NoQuorum);
        self.reply(c.request, reply, Value::INITIAL, Place::default(), c.arrived, c.started, ctx);
        self.unlock(ctx);
    }

    /// Another gives the order now: what the one before was sent may have been ordered or not.
    pub(super) fn give_up_certifying(&mut self, ctx: &mut Ctx<'_>) {
        for call in self.certifying(|c| c.place.is_none()) {
            if let Some(Waits::Write(c)) = self.held.close(call) {
                self.nobody_knows(c, ctx);
            }
        }
    }

    /// Whether a row's write has to be sent elsewhere to get its place.
    pub(super) fn certifies_elsewhere(&self) -> bool {
        self.role == Role::Replica && self.in_group()
    }

    /// The number up to which a member may show its log.
    pub(super) fn showable(&self) -> u64 {
        if self.in_group() { self.group.committed.min(self.log.last()) } else { self.log.last() }
    }

    /// Forgets what was under way.
    pub(super) fn crash_group(&mut self) {
        self.group.early.clear();
        self.group.locked.clear();
    }
}

impl Line {
    /// Whether it joins two members of a group with certification.
    pub fn in_group(&self) -> bool {
        self.wire == Wire::Mirrors && self.mirror.conflicts == Conflicts::Certification
    }
}
