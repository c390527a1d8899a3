//! How a replica carries out what a client asks of it: it asks the replicas, counts their answers, and answers when R or
//! W of them are there. It may not know how a replica keeps what it has.

use super::operation::{Operation, Phase, Request, Seats, bit, each};
use super::settings::{Reach, Repair};
use super::{Disk, QuorumStore};
use crate::components::parts::calls::Call;
use crate::components::parts::log::Place;
use crate::components::protocol::quorum::{Item, Quorum, Version};
use crate::components::protocol::{Answer, Ask, Ctx, Message, Note, Reply, What};
use crate::history::{Cause, Fact, Key, Kind, Value};
use crate::sim::LinkId;
use crate::stdx::Instant;

impl QuorumStore {
    pub(super) fn asked(&mut self, link: LinkId, ask: Ask, ctx: &mut Ctx<'_>) {
        if ask.what == What::Probe {
            let reply = match self.closed() {
                Some(cause) => Reply::Fail(cause),
                None => Reply::Well { writable: true },
            };
            return ctx.send(link, Message::Answer(ask.answer(reply)));
        }
        if ask.what == What::Operation {
            self.fact(Fact::Reached { op: ask.op.id, node: self.me }, ctx);
        }
        self.counters.arrivals += 1;
        let mut request = Request { link, ask, arrived: ctx.now() };
        if ask.op.kind == Kind::Insert {
            // Nobody counts here: the client makes the row's identifier itself, and no two are alike (a UUID).
            let number = (ask.op.value.0 % Key::MOST as u64) as u32 + 1;
            request.ask.op.key = Key::added(ask.op.client.0, number);
        }
        if let Some(cause) = self.closed() {
            return self.refuse(request, cause, ctx);
        }
        let (reads, writes) = match ask.what {
            What::Operation => (matches!(ask.op.kind, Kind::Read | Kind::Update), ask.op.kind.writes()),
            What::SessionGet => (true, false),
            What::SessionPut { .. } => (false, true),
            _ => return self.refuse(request, Cause::Error, ctx),
        };
        if !reads && !writes {
            // Nothing that is kept here: a login, a page.
            return self.answer(request, Reply::Ok, Value::INITIAL, Place::default(), ctx);
        }
        let need = if reads { self.settings.r } else { 0 }.max(if writes { self.settings.w } else { 0 });
        if self.available(ctx.now()).count_ones() < need {
            return self.refuse(request, Cause::NoQuorum, ctx);
        }
        let phase = if reads { Phase::Reading } else { Phase::Writing };
        let call = self.operations.open(Operation::new(request, phase));
        self.deadlines.add(call, self.settings.timeout, ctx);
        if reads {
            let targets = self.choose(self.settings.r, self.settings.ask, ctx);
            self.send_reads(call, targets, ctx);
        } else {
            self.begin_write(call, ctx);
        }
    }

    /// Whether it answers anything at all now; if not, why.
    fn closed(&self) -> Option<Cause> {
        match self.disk {
            _ if self.recovering => Some(Cause::Refused),
            Disk::Lost => Some(Cause::Disk),
            Disk::Well | Disk::Full => None,
        }
    }

    /// The seats for which somebody can answer: those that can be reached, and with a sloppy quorum all.
    fn available(&self, now: Instant) -> Seats {
        let sloppy = self.settings.sloppy && self.keeps_hints();
        let able = |seat: &usize| !self.members[*seat].gone && (sloppy || self.is_up(*seat, now));
        (0..self.members.len()).filter(able).fold(0, |seats, seat| seats | bit(seat))
    }

    /// Whom to ask when so many must answer.
    fn choose(&self, need: u32, reach: Reach, ctx: &mut Ctx<'_>) -> Seats {
        let available = self.available(ctx.now());
        if reach == Reach::All {
            return available;
        }
        let mut left: Vec<usize> = each(available).collect();
        let mut chosen = 0;
        for _ in 0..need.min(left.len() as u32) {
            chosen |= bit(left.swap_remove(ctx.random().below(left.len() as u64) as usize));
        }
        chosen
    }

    /// Who is asked for that seat: its replica, or who stands in for it.
    fn asked_for(&self, seat: usize, now: Instant) -> (usize, Option<crate::history::Process>) {
        match self.is_up(seat, now) {
            true => (seat, None),
            false => (self.stand_in(seat, now), Some(self.members[seat].process)),
        }
    }

    fn send_reads(&mut self, call: Call, targets: Seats, ctx: &mut Ctx<'_>) {
        let Some(op) = self.operations.get_mut(call) else { return };
        op.reads.asked |= targets;
        let item = op.request.item();
        for seat in each(targets) {
            let (to, stands_in) = self.asked_for(seat, ctx.now());
            self.tell(to, Quorum::Read { call, seat: seat as u8, item, stands_in }, ctx);
        }
    }

    fn send_writes(&mut self, call: Call, targets: Seats, ctx: &mut Ctx<'_>) {
        let Some(op) = self.operations.get_mut(call) else { return };
        let Some(version) = op.newest else { return };
        op.writes.asked |= targets;
        let back = op.phase == Phase::WritingBack;
        for seat in each(targets) {
            let (to, stands_in) = self.asked_for(seat, ctx.now());
            self.tell(to, Quorum::Write { call, seat: seat as u8, version, stands_in, back }, ctx);
        }
    }

    /// Gives the write its time stamp and sends it out. What it finds already here, as the same request came before,
    /// keeps the stamp that it had.
    fn begin_write(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        let Some(op) = self.operations.get(call) else { return };
        let (request, read) = (op.request, op.newest);
        let (item, value) = (request.item(), request.value());
        let mine = self.cells.get(item);
        let version = match mine.filter(|mine| mine.value == value && matches!(item, Item::Row(_))) {
            Some(known) => known,
            None => {
                // What an update has read its writer knows of, whatever this copy shows.
                let newer = |v: &Version| mine.is_none_or(|mine| v.stamp > mine.stamp);
                let newest = read.filter(newer).or(mine);
                let base = newest.map_or(Place::default(), |v| v.stamp);
                let (session, invoked) = (request.ask.op.session, request.ask.op.invoked);
                let stamp = self.next_stamp(ctx);
                if let Item::Row(key) = item {
                    let (set, over) = (self.set, newest.map_or(Value::INITIAL, |v| v.value));
                    self.fact(Fact::Ordered { set, key, value, over, position: stamp.0 }, ctx);
                }
                Version { item, value, stamp, base, session, invoked }
            }
        };
        let targets = self.choose(self.settings.w, self.settings.send, ctx);
        if let Some(op) = self.operations.get_mut(call) {
            op.found = read.map_or(Value::INITIAL, |v| v.value);
            (op.phase, op.newest, op.have) = (Phase::Writing, Some(version), 0);
        }
        if self.settings.send == Reach::All {
            let missing = (1..self.members.len()).filter(|seat| targets & bit(*seat) == 0);
            missing.collect::<Vec<_>>().into_iter().for_each(|seat| {
                self.keep_hint(seat, version, ctx);
            });
        }
        self.send_writes(call, targets, ctx);
    }

    /// The clock's nanoseconds above the machine's number: no two stamps are equal.
    fn next_stamp(&mut self, ctx: &mut Ctx<'_>) -> Place {
        let now = Place((ctx.clock().0 + 1) << 10 | (self.me.0 & 1023) as u64);
        let same_moment = now <= self.stamp && now.0 + (1 << 20) > self.stamp.0;
        self.stamp = if same_moment { Place(self.stamp.0 + (1 << 10)) } else { now };
        self.stamp
    }

    /// A replica's answer to a read.
    pub(super) fn found(
        &mut self,
        call: Call,
        seat: u8,
        version: Option<Version>,
        ok: bool,
        ctx: &mut Ctx<'_>,
    ) {
        let seat = seat as usize;
        let Some(op) = self.operations.get_mut(call) else { return };
        if op.reads.pending() & bit(seat) == 0 {
            return;
        }
        if ok {
            op.reads.well |= bit(seat);
            if op.phase != Phase::Writing {
                op.weigh(seat, version);
            }
            if op.phase == Phase::Reading && !op.done && op.request.ask.what == What::Operation {
                let (op, node) = (op.request.ask.op.id, self.members[seat].process);
                let position = version.map_or(0, |v| v.stamp.0);
                self.fact(Fact::Served { op, node, position }, ctx);
            }
        } else {
            op.reads.failed |= bit(seat);
        }
        self.go_on(call, ctx);
    }

    /// A replica's answer to a write.
    pub(super) fn written(&mut self, call: Call, seat: u8, ok: bool, ctx: &mut Ctx<'_>) {
        let Some(op) = self.operations.get_mut(call) else { return };
        let seat = bit(seat as usize);
        if op.writes.pending() & seat == 0 {
            return;
        }
        if ok { op.writes.well |= seat } else { op.writes.failed |= seat }
        self.go_on(call, ctx);
    }

    /// Nobody answers in that seat any more: its process died or it left.
    pub(super) fn give_up_on(&mut self, seat: usize, ctx: &mut Ctx<'_>) {
        let waiting = |op: &Operation| (op.reads.pending() | op.writes.pending()) & bit(seat) != 0;
        for call in self.operations.find(waiting) {
            self.lost(call, seat, ctx);
        }
    }

    /// Who was asked in that seat will not answer: with a sloppy quorum another stands in, else it has failed.
    pub(super) fn lost(&mut self, call: Call, seat: usize, ctx: &mut Ctx<'_>) {
        let another = self.available(ctx.now()) & bit(seat) != 0 && !self.is_up(seat, ctx.now());
        let Some(op) = self.operations.get_mut(call) else { return };
        let (read, write) = (op.reads.pending() & bit(seat), op.writes.pending() & bit(seat));
        if another {
            self.send_reads(call, read, ctx);
            self.send_writes(call, write, ctx);
        } else {
            op.reads.failed |= read;
            op.writes.failed |= write;
            self.go_on(call, ctx);
        }
    }

    /// Looks whether enough have answered, or enough never will.
    fn go_on(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        let Some(op) = self.operations.get(call) else { return };
        if op.done {
            return self.close_if_settled(call, ctx);
        }
        let (r, w) = (self.settings.r, self.settings.w);
        let (round, enough, need) = match op.phase {
            Phase::Reading => (op.reads, op.reads.well, r),
            Phase::WritingBack => (op.writes, op.have | op.writes.well, w),
            Phase::Writing => (op.writes, op.writes.well, w),
        };
        if enough.count_ones() >= need {
            return match op.phase {
                Phase::Reading => self.decide(call, ctx),
                Phase::WritingBack | Phase::Writing => self.succeed(call, ctx),
            };
        }
        if (enough | round.pending()).count_ones() >= need {
            return;
        }
        let spare = each(self.available(ctx.now()) & !round.asked & !enough).next();
        match (spare, op.phase) {
            (Some(seat), Phase::Reading) => self.send_reads(call, bit(seat), ctx),
            (Some(seat), _) => self.send_writes(call, bit(seat), ctx),
            (None, phase) => {
                self.counters.failed += 1;
                self.fail(call, phase, ctx);
                self.close_if_settled(call, ctx);
            }
        }
    }

    /// R replicas have answered.
    fn decide(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        let Some(op) = self.operations.get_mut(call) else { return };
        if op.request.ask.what == What::Operation && op.request.ask.op.kind == Kind::Update {
            return self.begin_write(call, ctx);
        }
        let back = self.settings.read_repair == Repair::Before && op.newest.is_some();
        if !back || op.have.count_ones() >= self.settings.w {
            return self.succeed(call, ctx);
        }
        op.phase = Phase::WritingBack;
        let without = !op.have;
        self.send_writes(call, self.available(ctx.now()) & without, ctx);
        self.go_on(call, ctx);
    }

    fn succeed(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        let Some(op) = self.operations.get_mut(call) else { return };
        op.done = true;
        let (request, newest, found) = (op.request, op.newest, op.found);
        let place = newest.map_or(Place::default(), |v| v.stamp);
        let value = newest.map_or(Value::INITIAL, |v| v.value);
        let (reply, value) = match request.ask.what {
            What::SessionGet => match newest {
                Some(version) => (Reply::Session { cart: version.value.0 as u32 }, Value::INITIAL),
                None => (Reply::NoSession, Value::INITIAL),
            },
            What::SessionPut { .. } => (Reply::Ok, Value::INITIAL),
            _ if request.ask.op.kind == Kind::Update => (Reply::Ok, found),
            _ => (Reply::Ok, value),
        };
        self.answer(request, reply, value, place, ctx);
        self.close_if_settled(call, ctx);
    }

    /// Too few will answer. A write that was sent to anybody may happen still.
    fn fail(&mut self, call: Call, phase: Phase, ctx: &mut Ctx<'_>) {
        let Some(op) = self.operations.get_mut(call) else { return };
        op.done = true;
        let request = op.request;
        let reply = match phase {
            Phase::Writing => Reply::Unknown(Cause::NoQuorum),
            Phase::Reading | Phase::WritingBack => Reply::Fail(Cause::NoQuorum),
        };
        self.answer(request, reply, Value::INITIAL, Place::default(), ctx);
    }

    /// The coordinator has waited long enough.
    pub(super) fn out_of_time(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        let Some(op) = self.operations.get(call) else { return };
        if !op.done {
            let phase = op.phase;
            self.counters.timed_out += 1;
            self.fail(call, phase, ctx);
        }
        self.close(call, ctx);
    }

    fn close_if_settled(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        if self.operations.get(call).is_some_and(Operation::is_settled) {
            self.close(call, ctx);
        }
    }

    /// The operation is forgotten; who has missed a write gets it later, and who was found behind is told.
    fn close(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        let Some(op) = self.operations.close(call) else { return };
        let Some(version) = op.newest else { return };
        if op.phase == Phase::Writing {
            for seat in each(op.writes.asked & !op.writes.well) {
                self.keep_hint(seat, version, ctx);
            }
        } else if self.settings.read_repair != Repair::Off {
            for seat in each(op.reads.well & !op.have & !op.writes.asked) {
                if self.is_up(seat, ctx.now()) {
                    self.tell(seat, Quorum::Repair(version), ctx);
                }
            }
        }
    }

    /// Operations whose clients have no answer yet.
    pub(super) fn unanswered(&self) -> u64 {
        self.operations.find(|op| !op.done).len() as u64
    }

    fn refuse(&mut self, request: Request, cause: Cause, ctx: &mut Ctx<'_>) {
        self.counters.refused += 1;
        self.answer(request, Reply::Fail(cause), Value::INITIAL, Place::default(), ctx);
    }

    fn answer(&mut self, request: Request, reply: Reply, value: Value, place: Place, ctx: &mut Ctx<'_>) {
        let Request { link, ask, arrived } = request;
        let ok = reply.is_ok();
        self.counters.completions += ok as u64;
        ctx.send(link, Message::Answer(Answer { value, position: place.0, ..ask.answer(reply) }));
        if ask.what == What::Operation {
            self.fact(Fact::Answered { op: ask.op.id, node: self.me, ok }, ctx);
        }
        ctx.note(Note::Hop { op: ask.op, arrived, started: arrived, ok, shown: ask.shown(reply, value) });
    }
}
