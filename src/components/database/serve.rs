//! How a database serves one request: connection, waiting line, work, and the answer. It may not know how what is
//! written comes to other copies.

use super::Database;
use super::group::Certifying;
use crate::components::parts::calls::Call;
use crate::components::parts::log::{Change, Place};
use crate::components::parts::station::Arrival;
use crate::components::protocol::{Answer, Ask, Ctx, Message, Note, Reply, Timer, What};
use crate::history::{Cause, Fact, Key, Kind, SessionId, Value};
use crate::sim::LinkId;
use crate::stdx::{Duration, Instant};

/// A request with the line it came on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub link: LinkId,
    pub ask: Ask,
}

/// A write that is in the log and may not be answered yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Uncommitted {
    pub request: Request,
    pub index: u64,
    pub arrived: Instant,
    pub started: Instant,
    /// What the answer will say.
    pub value: Value,
    pub place: Place,
}

/// A read that waits for a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub request: Request,
    pub place: Place,
    pub since: Instant,
}

/// A request that waits for something that another machine does.
#[derive(Clone, Debug)]
pub(super) enum Waits {
    Read(Held),
    Write(Certifying),
    /// The worker at this place waits for the disk array.
    Disk(u32),
}

/// Which keys' results are kept since the table's last write.
#[derive(Clone, Debug, Default)]
pub(super) struct QueryCache {
    turn: u32,
    kept: Vec<u32>,
}

impl QueryCache {
    /// Results of keys above this are not kept.
    const KEYS: u32 = 1 << 20;

    pub fn empty(&mut self) {
        self.turn = self.turn.wrapping_add(1);
    }

    /// Whether the result was there; it is from now on.
    fn hit(&mut self, key: Key) -> bool {
        if key.0 >= QueryCache::KEYS {
            return false;
        }
        let (i, mark) = (key.0 as usize, self.turn.wrapping_add(1));
        if i >= self.kept.len() {
            self.kept.resize(i + 1, 0);
        }
        std::mem::replace(&mut self.kept[i], mark) == mark
    }
}

impl Ask {
    fn is_operation(&self) -> bool {
        self.what == What::Operation
    }

    pub(super) fn writes(&self) -> bool {
        match self.what {
            What::Operation => self.op.kind.writes(),
            What::SessionPut { .. } | What::RowPut { .. } => true,
            _ => false,
        }
    }
}

impl Database {
    pub(super) fn asked(&mut self, link: LinkId, ask: Ask, ctx: &mut Ctx<'_>) {
        let request = Request { link, ask };
        if ask.what == What::Probe {
            let reply = match self.closed(ctx.now()) {
                Some(cause) => Reply::Fail(cause),
                None => Reply::Well { writable: self.writable(ctx.now()).is_ok() },
            };
            ctx.send(link, Message::Answer(ask.answer(reply)));
            return;
        }
        if ask.is_operation() {
            self.fact(Fact::Reached { op: ask.op.id, node: self.me }, ctx);
        }
        self.open += 1;
        self.ends.arrivals += 1;
        let now = ctx.now();
        let full = (self.open > self.settings.connections).then_some(Cause::Full);
        let refusal = self.closed(now).or(full);
        if let Some(cause) = refusal {
            return self.refuse(request, cause, ctx);
        }
        if ask.is_operation() && self.sync_read(request, ctx) {
            return;
        }
        let place = Place(ask.seen);
        if ask.is_operation() && ask.op.kind == Kind::Read && !self.has_shown(place) {
            let call = self.held.open(Waits::Read(Held { request, place, since: now }));
            self.holding.insert((place, call));
            ctx.timeout(self.settings.wait_timeout, Timer::Timeout(call));
            return;
        }
        self.queue(request, ctx);
    }

    fn queue(&mut self, request: Request, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        match self.station.arrive(request, now) {
            Arrival::Starts(place) => self.start_work(place, ctx),
            Arrival::Waits => {}
            Arrival::Refused(refused) => self.refuse(refused, Cause::Full, ctx),
        }
    }

    fn refuse(&mut self, request: Request, cause: Cause, ctx: &mut Ctx<'_>) {
        self.ends.refused += 1;
        let now = ctx.now();
        self.send_reply(request, Reply::Fail(cause), Value::INITIAL, Place::default(), (now, now), ctx);
    }

    /// Whether a reader who knows of that place may be answered here.
    fn has_shown(&self, place: Place) -> bool {
        place == Place::default()
            || if self.is_mirrored() { self.has_taken_in(place) } else { place <= self.shown_place() }
    }

    /// Reads that have waited for a place which is shown now go on.
    pub(super) fn release(&mut self, ctx: &mut Ctx<'_>) {
        // With one order of all writes only the first of those who wait need be looked at.
        let look = if self.is_mirrored() { self.holding.len() } else { 1 };
        let next = |db: &Database| db.holding.iter().take(look).find(|(p, _)| db.has_shown(*p)).copied();
        while let Some((place, call)) = next(self) {
            self.holding.remove(&(place, call));
            if let Some(Waits::Read(held)) = self.held.close(call) {
                self.queue(held.request, ctx);
            }
        }
    }

    /// What a request waits for has not come in time.
    pub(super) fn waited_long_enough(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        match self.held.close(call) {
            Some(Waits::Read(held)) => {
                self.holding.remove(&(held.place, call));
                self.ends.timed_out += 1;
                let cause = if self.in_group() { Cause::NoQuorum } else { Cause::TimedOut };
                let reply = Reply::Fail(cause);
                let times = (held.since, ctx.now());
                self.send_reply(held.request, reply, Value::INITIAL, Place::default(), times, ctx);
            }
            Some(Waits::Write(write)) => self.nobody_knows(write, ctx),
            Some(Waits::Disk(place)) => self.disk_answered(place, false, ctx),
            None => {}
        }
    }

    /// A worker takes the request in this place of the station.
    fn start_work(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.at(place) else { return };
        let ask = job.job.ask;
        let work = self.work_of(&ask, ctx);
        ctx.work(work, Timer::Work(place));
    }

    /// How much work a request is on this machine.
    fn work_of(&mut self, ask: &Ask, ctx: &mut Ctx<'_>) -> Duration {
        let s = &self.settings;
        let work = if ask.writes() {
            if self.writable(ctx.now()).is_err() {
                // It is turned away when it is looked at.
                Duration::ZERO
            } else {
                let mut share = 1.0;
                share -= if s.index { 0.0 } else { s.index_share };
                share -= if s.durable { 0.0 } else { s.flush_share };
                let wide = if s.denormalised { 1.0 + s.joins as f64 } else { 1.0 };
                s.write.sample(ctx.random()).scale(share.max(0.0) * wide)
            }
        } else if s.query_cache && ask.is_operation() && self.query_cache.hit(ask.op.key) {
            self.station.counters.hits += 1;
            s.cached.sample(ctx.random())
        } else {
            self.station.counters.misses += (s.query_cache && ask.is_operation()) as u64;
            let mut work = s.read.sample(ctx.random());
            if !s.index {
                work = work + s.scan.sample(ctx.random());
            }
            if !s.denormalised && ask.is_operation() {
                for _ in 0..s.joins {
                    work = work + s.join.sample(ctx.random());
                }
            }
            work
        };
        match self.settings.size.speed() {
            1.0 => work,
            speed => work.scale(1.0 / speed),
        }
    }

    /// The worker at this place is done, but for what it needs of the disk array.
    pub(super) fn worked(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        if !self.ask_disk(place, ctx) {
            self.complete(place, ctx);
        }
    }

    /// Everything that the request at this place needed is there.
    pub(super) fn complete(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.at(place) else { return };
        let (mut request, arrived, started) = (job.job, job.arrived, job.started);
        if !self.number(&mut request.ask, ctx.now()) {
            self.station.leave(place, false, ctx.now());
            let full = Reply::Fail(Cause::Full);
            self.reply(request, full, Value::INITIAL, Place::default(), arrived, started, ctx);
            return self.seat_waiting(ctx);
        }
        let ask = request.ask;
        if ask.writes() && self.certifies_elsewhere() && self.writable(ctx.now()).is_ok() {
            self.station.leave(place, true, ctx.now());
            self.send_to_certify(request, arrived, started, ctx);
            return self.seat_waiting(ctx);
        }
        let done = self.carry_out(&ask, ctx);
        self.station.leave(place, done.reply.is_ok(), ctx.now());
        match done.index {
            Some(index) if done.reply.is_ok() => {
                let (value, place) = (done.value, done.place);
                let waits = Uncommitted { request, index, arrived, started, value, place };
                // In the order of the log; only a write that is asked for twice finds others behind it.
                let behind = self.uncommitted.iter().rposition(|u| u.index <= index).map_or(0, |i| i + 1);
                self.uncommitted.insert(behind, waits);
                self.advance(ctx);
            }
            _ => self.reply(request, done.reply, done.value, done.place, arrived, started, ctx),
        }
        self.seat_waiting(ctx);
    }

    /// Free workers take those who wait.
    pub(super) fn seat_waiting(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(place) = self.station.next(ctx.now()) {
            self.start_work(place, ctx);
        }
    }

    fn carry_out(&mut self, ask: &Ask, ctx: &mut Ctx<'_>) -> Done {
        if self.fenced(ctx.now()) {
            return Done::of(Reply::Fail(Cause::NoQuorum));
        }
        match ask.what {
            What::Operation if ask.op.kind.writes() => self.write_row(ask, ctx),
            What::RowPut { value, position } => self.put_row(ask, value, Place(position), ctx),
            What::Operation if ask.op.kind == Kind::Read => {
                let row = self.store.row(ask.op.key);
                let (op, node, position) = (ask.op.id, self.me, row.version.0);
                self.fact(Fact::Served { op, node, position }, ctx);
                Done { value: row.value, place: row.version, ..Done::of(Reply::Ok) }
            }
            What::Operation => Done::of(Reply::Ok),
            What::SessionGet => Done::of(match self.store.session(ask.op.session) {
                Some(cart) => Reply::Session { cart },
                None => Reply::NoSession,
            }),
            What::SessionPut { cart } => {
                if let Err(cause) = self.writable(ctx.now()) {
                    return Done::of(Reply::Fail(cause));
                }
                let session = ask.op.session;
                if self.is_mirrored() {
                    self.put_session_mirrored(session, cart, ctx);
                    return Done::of(Reply::Ok);
                }
                let was = self.latest_session(session);
                let place = self.append(Change::Session { session, cart, was }, ctx);
                Done { index: Some(place.index()), ..Done::of(Reply::Ok) }
            }
            What::Probe | What::CacheGet { .. } | What::CacheSet { .. } | What::CacheDelete { .. } => {
                Done::of(Reply::Fail(Cause::Error))
            }
            What::Disk { .. }
            | What::Lookup | What::JobTake
            | What::JobDone { .. }
            | What::JobResult { .. }
            | What::JobState
            | What::JobBack { .. }
            | What::PagePut { .. } => {
                Done::of(Reply::Fail(Cause::Error))
            }
        }
    }

    /// A write, or a read-modify-write in one step.
    fn write_row(&mut self, ask: &Ask, ctx: &mut Ctx<'_>) -> Done {
        if let Err(cause) = self.writable(ctx.now()) {
            return Done::of(Reply::Fail(cause));
        }
        if self.is_mirrored() {
            return self.write_mirrored(ask, ctx);
        }
        let (key, value) = (ask.op.key, ask.op.value);
        let (over, over_version, before) = self.latest(key);
        let base = |over| if ask.op.kind == Kind::Update { over } else { value };
        if over == value {
            // The same request once more, and nothing in between: it finds its work done.
            return Done {
                value: base(before),
                place: over_version,
                // What was moved here has its place in another log.
                index: Some(over_version.index()).filter(|i| self.log.place(*i) == over_version),
                ..Done::of(Reply::Ok)
            };
        }
        let version = self.next_place().max(Place(over_version.0 + 1));
        let place = self.append(Change::Row { key, value, version, over, over_version }, ctx);
        Done { value: base(over), place, index: Some(place.index()), ..Done::of(Reply::Ok) }
    }

    /// A row that another shard kept until now: no new version, and so no new place among those there are.
    fn put_row(&mut self, ask: &Ask, value: Value, version: Place, ctx: &mut Ctx<'_>) -> Done {
        if let Err(cause) = self.writable(ctx.now()) {
            return Done::of(Reply::Fail(cause));
        }
        if self.is_mirrored() {
            return self.write_mirrored(ask, ctx);
        }
        let key = ask.op.key;
        let (over, over_version, _) = self.latest(key);
        if over_version >= version {
            return Done::of(Reply::Ok);
        }
        let place = self.enter(Change::Row { key, value, version, over, over_version }, ctx);
        Done { index: Some(place.index()), ..Done::of(Reply::Ok) }
    }

    pub(super) fn latest_session(&self, session: SessionId) -> Option<u32> {
        for entry in self.tail() {
            if let Change::Session { session: s, cart, .. } = entry.change
                && s == session
            {
                return Some(cart);
            }
        }
        self.store.session(session)
    }

    /// Answers the writes that are committed now.
    pub(super) fn answer_committed(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(w) = self.uncommitted.front().copied()
            && w.index <= self.shown
        {
            self.uncommitted.pop_front();
            self.reply(w.request, Reply::Ok, w.value, w.place, w.arrived, w.started, ctx);
        }
    }

    /// Sends the answer and frees the connection.
    #[expect(clippy::too_many_arguments, reason = "one line of the history and one of the trace, each with all of it")]
    pub(super) fn reply(
        &mut self,
        request: Request,
        reply: Reply,
        value: Value,
        place: Place,
        arrived: Instant,
        started: Instant,
        ctx: &mut Ctx<'_>,
    ) {
        match reply.is_ok() {
            true => self.ends.completions += 1,
            false => self.ends.failed += 1,
        }
        self.send_reply(request, reply, value, place, (arrived, started), ctx);
    }

    fn send_reply(
        &mut self,
        request: Request,
        reply: Reply,
        value: Value,
        place: Place,
        (arrived, started): (Instant, Instant),
        ctx: &mut Ctx<'_>,
    ) {
        self.open -= 1;
        let ask = request.ask;
        let answer = Answer { value, position: place.0, ..ask.answer(reply) };
        ctx.send(request.link, Message::Answer(answer));
        if ask.is_operation() {
            self.fact(Fact::Answered { op: ask.op.id, node: self.me, ok: reply.is_ok() }, ctx);
        }
        ctx.note(Note::Hop { op: ask.op, arrived, started, ok: reply.is_ok(), shown: ask.shown(reply, value) });
    }
}

/// How the work on a request ended.
pub(super) struct Done {
    pub reply: Reply,
    pub value: Value,
    pub place: Place,
    /// The entry of the log that must be committed before the answer.
    pub index: Option<u64>,
}

impl Done {
    pub fn of(reply: Reply) -> Done {
        Done { reply, value: Value::INITIAL, place: Place::default(), index: None }
    }
}
