//! A request's way through an app server: session, files, cache, database, and the answer. It may not know how calls
//! travel.

use super::AppServer;
use super::outbound::Got;
use super::settings::{CacheUse, Discipline, OnWrite, Sessions, Settings};
use super::work::{NONE, Purpose, Stage, Work};
use crate::components::protocol::{Ask, Ctx, Message, Note, Reply, Slot, Timer, What};
use crate::history::{Cause, Fact, Key, Kind, Record, Value};
use crate::stdx::{Instant, hash};

/// Where the value is in the cache. Query 0 is the one that a write knows of: "this row, by its key".
pub(super) fn slot_of(settings: &Settings, key: Key, query: u32) -> Slot {
    match settings.cache_use {
        CacheUse::Queries => Slot::Query(hash::fold(key.0 as u64, query as u64) as u32),
        CacheUse::Objects | CacheUse::None => Slot::Object(key),
    }
}

pub(super) fn word_of(slot: Slot) -> u64 {
    match slot {
        Slot::Object(key) => key.0 as u64,
        Slot::Query(text) => 1 << 32 | text as u64,
    }
}

impl AppServer {
    pub(super) fn work(&mut self, place: u32) -> Option<&mut Work> {
        self.station.at_mut(place).map(|job| &mut job.job)
    }

    /// A worker has taken the request.
    pub(super) fn begin(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.at(place) else { return };
        let s = &self.settings;
        let own = match job.job.ask.op.kind {
            _ if job.job.ask.what == What::JobState => &s.service,
            Kind::Read => &s.service,
            Kind::Write | Kind::Update | Kind::Insert => &s.write_service,
            Kind::Page => &s.page_service,
            Kind::Login => &s.login_service,
            Kind::Job => &s.job_service,
        };
        let time = if *own == super::settings::AS_READS { &s.service } else { own };
        let busy = self.station.busy();
        let amount = time.sample(ctx.random()).scale(s.effort() * self.neighbours * s.crowding(busy));
        match s.discipline {
            Discipline::Workers => ctx.work(amount, Timer::Work(place)),
            Discipline::Sharing => {
                let amount = ctx.slowed(amount);
                self.cores.enter(place, amount, ctx.now());
                self.next_done(ctx);
            }
        }
    }

    /// Sets the timer for who is done next on shared cores.
    pub(super) fn next_done(&mut self, ctx: &mut Ctx<'_>) {
        if let Some((after, turn)) = self.cores.next() {
            ctx.timer(after, Timer::Wake(super::SHARED | turn));
        }
    }

    /// Who has waited as long as it is ready to leaves, if it is still waiting.
    pub(super) fn give_up(&mut self, ticket: u64, ctx: &mut Ctx<'_>) {
        let left = self.station.withdraw(ctx.now(), |work| work.ticket.cmp(&ticket));
        if let Some(job) = left {
            let ask = job.job.ask;
            self.send_answer(job.job.from, ask.answer(Reply::Fail(Cause::TimedOut)), &ask, false, ctx);
        }
    }

    pub(super) fn begin_next(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(place) = self.station.next(ctx.now()) {
            self.begin(place, ctx);
        }
    }

    /// What was waited for at this place has come.
    pub(super) fn resume(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(work) = self.work(place) else { return };
        match work.stage {
            Stage::Serving => {
                let errors = self.settings.errors;
                match errors > 0.0 && ctx.random().chance(errors) {
                    true => self.finish(place, Reply::Fail(Cause::Error), ctx),
                    false => self.look_for_session(place, ctx),
                }
            }
            Stage::SessionFile => self.look_for_own_session(place, ctx),
            Stage::ResultFile => self.look_for_file(place, ctx),
            Stage::Retry(purpose) => self.call(place, purpose, ctx),
            Stage::LeaseWait => self.call(place, Purpose::CacheGet, ctx),
            Stage::Calling | Stage::Following => panic!("a request that waits for others was woken"),
        }
    }

    pub(super) fn read_disk(&mut self, place: u32, stage: Stage, ctx: &mut Ctx<'_>) {
        let amount = self.settings.disk.sample(ctx.random());
        if let Some(work) = self.work(place) {
            work.stage = stage;
            ctx.work(amount, Timer::Work(place));
        }
    }

    pub(super) fn look_for_data(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let (version, files, queued) = (self.version, self.settings.file_cache, self.peers.has_queue());
        let Some(work) = self.work(place) else { return };
        match work.ask.op.kind {
            Kind::Login => self.finish(place, Reply::Ok, ctx),
            Kind::Page => {
                // What everybody sees is made by the code alone: two versions of it are two pages.
                work.value = Value(version as u64);
                self.finish(place, Reply::Ok, ctx);
            }
            Kind::Job if work.ask.what == What::JobState => self.call(place, Purpose::JobState, ctx),
            Kind::Job if queued => self.call(place, Purpose::Enqueue, ctx),
            Kind::Job => {
                let job = work.ask.op.value;
                work.value = job;
                ctx.note(Note::History(Record::Fact(Fact::JobQueued { job })));
                ctx.note(Note::History(Record::Fact(Fact::JobDone { job, node: self.me })));
                self.finish(place, Reply::Ok, ctx);
            }
            Kind::Write | Kind::Update | Kind::Insert => self.call(place, Purpose::Write, ctx),
            Kind::Read if files => self.read_disk(place, Stage::ResultFile, ctx),
            Kind::Read => self.fetch(place, ctx),
        }
    }

    fn look_for_file(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(key) = self.work(place).map(|w| w.ask.op.key.0 as u64) else { return };
        match self.files.get(key, ctx.now(), ctx.random()) {
            Some(value) => {
                self.file_hits += 1;
                if let Some(work) = self.work(place) {
                    work.value = Value(value);
                }
                self.finish(place, Reply::Ok, ctx);
            }
            None => {
                self.file_misses += 1;
                self.fetch(place, ctx);
            }
        }
    }

    /// Gets the value from wherever it is outside of this server.
    fn fetch(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let by_query = self.settings.cache_use == CacheUse::Queries;
        let query = if by_query { ctx.random().below(self.settings.queries as u64) as u32 } else { 0 };
        let Some(work) = self.work(place) else { return };
        work.query = query;
        if self.settings.coalescing && self.follow(place) {
            return;
        }
        if self.peers.stores().is_empty() {
            // Nobody keeps data: the answer is made by the code, and shows what was there from the begin.
            return self.finish(place, Reply::Ok, ctx);
        }
        let cached = self.settings.cache_use != CacheUse::None && self.peers.has_cache();
        if cached { self.call(place, Purpose::CacheGet, ctx) } else { self.read(place, ctx) }
    }

    /// Asks the database for the row, and at once for as many others as the fan-out says.
    fn read(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let rows = self.settings.fan_out;
        if rows > 1
            && let Some(work) = self.work(place)
        {
            (work.leaves, work.awaited) = (0, rows);
        }
        self.call(place, Purpose::Read, ctx);
        for leaf in 1..rows {
            if let Some(work) = self.work(place) {
                work.leaves = leaf;
                self.call(place, Purpose::Leaf, ctx);
            }
        }
    }

    /// One of several rows has come, or will not. True: others are still awaited, or the request is over.
    fn gathered(&mut self, place: u32, missed: Option<Cause>, ctx: &mut Ctx<'_>) -> bool {
        let Some(work) = self.work(place).filter(|work| work.awaited > 0) else { return false };
        work.awaited -= 1;
        work.missed = work.missed.or(missed);
        match (work.awaited, work.missed) {
            (0, None) => return false,
            (0, Some(cause)) => self.finish(place, Reply::Fail(cause), ctx),
            _ => {}
        }
        true
    }

    /// True: another request fetches the same already, and this one waits for it.
    fn follow(&mut self, place: u32) -> bool {
        let Some(job) = self.station.at(place) else { return false };
        let word = word_of(self.slot(&job.job));
        let Some(leader) = self.fetching.get(word) else {
            self.fetching.insert(word, place);
            if let Some(work) = self.work(place) {
                work.leads = Some(word);
            }
            return false;
        };
        let Some(lead) = self.work(leader) else { return false };
        let last = std::mem::replace(&mut lead.last, place);
        if last == NONE {
            lead.first = place;
        } else if let Some(before) = self.work(last) {
            before.next = place;
        }
        if let Some(work) = self.work(place) {
            work.stage = Stage::Following;
        }
        true
    }

    /// A call for the request has ended.
    pub(super) fn proceed(&mut self, place: u32, purpose: Purpose, got: Got, ctx: &mut Ctx<'_>) {
        let answer = match got {
            Got::Answer(answer) => answer,
            Got::Nothing { cause, certain } => return self.failed(place, purpose, cause, certain, ctx),
        };
        let joins = self.settings.joins;
        let patience = self.settings.timeout.0 / self.settings.lease_wait.0;
        let Some(work) = self.work(place) else { return };
        work.attempt = 0;
        match (purpose, answer.reply) {
            (Purpose::SessionGet, Reply::Session { cart }) => {
                work.copy = 0;
                self.session_found(place, Some(cart), ctx);
            }
            (Purpose::SessionGet | Purpose::SessionOpen | Purpose::SessionPut, _) => {
                work.kept |= purpose != Purpose::SessionGet;
                self.session_asked(place, purpose, None, ctx);
            }
            (Purpose::CacheGet, Reply::Miss { wait: true, .. }) if (work.lease_waits as u64) < patience => {
                work.lease_waits += 1;
                work.stage = Stage::LeaseWait;
                ctx.timer(self.settings.lease_wait, Timer::Work(place));
            }
            (Purpose::CacheGet, Reply::Miss { lease, wait }) => {
                (work.fill, work.lease) = (!wait, lease);
                self.read(place, ctx);
            }
            (Purpose::CacheGet, _) => {
                work.value = answer.value;
                self.got_value(place, ctx);
            }
            (Purpose::Read, _) => {
                (work.value, work.position) = (answer.value, answer.position);
                if !self.gathered(place, None, ctx) {
                    self.read_done(place, joins, ctx);
                }
            }
            (Purpose::Leaf, _) => {
                if !self.gathered(place, None, ctx) {
                    self.read_done(place, joins, ctx);
                }
            }
            (Purpose::Join, _) => {
                work.joined += 1;
                match work.joined < joins {
                    true => self.call(place, Purpose::Join, ctx),
                    false => self.store_value(place, ctx),
                }
            }
            (Purpose::Fill, _) => self.got_value(place, ctx),
            (Purpose::Write, _) => {
                (work.value, work.position) = (answer.value, answer.position);
                // Of an added row nothing can be cached yet, and only now has it a key.
                let added = work.ask.op.kind == Kind::Insert;
                work.ask.op.key = if added { answer.key } else { work.ask.op.key };
                let key = work.ask.op.key.0 as u64;
                self.files.remove(key);
                let cached = !added && self.settings.cache_use != CacheUse::None && self.peers.has_cache();
                match cached && self.settings.on_write != OnWrite::Nothing {
                    true => self.call(place, Purpose::Invalidate, ctx),
                    false => self.fill_cart(place, ctx),
                }
            }
            (Purpose::Enqueue, _) => {
                work.value = work.ask.op.value;
                self.finish(place, answer.reply, ctx);
            }
            (Purpose::JobState, reply) => self.finish(place, reply, ctx),
            (Purpose::Invalidate, _) => self.fill_cart(place, ctx),
            (Purpose::Probe, _) => {}
        }
    }

    fn read_done(&mut self, place: u32, joins: u32, ctx: &mut Ctx<'_>) {
        match joins {
            0 => self.store_value(place, ctx),
            _ => self.call(place, Purpose::Join, ctx),
        }
    }

    fn failed(&mut self, place: u32, purpose: Purpose, cause: Cause, certain: bool, ctx: &mut Ctx<'_>) {
        if matches!(purpose, Purpose::Read | Purpose::Leaf) && self.gathered(place, Some(cause), ctx) {
            return;
        }
        if let Some(work) = self.work(place) {
            work.maybe |= purpose.changes() && !certain;
        }
        let cached = matches!(purpose, Purpose::CacheGet | Purpose::Fill | Purpose::Invalidate);
        if !cached && self.again(place, purpose, (cause, certain), ctx) {
            return;
        }
        let Some(work) = self.work(place) else { return };
        work.attempt = 0;
        match purpose {
            // A cache that does not answer is no reason to fail: it is done without.
            Purpose::CacheGet => self.read(place, ctx),
            Purpose::Fill => self.got_value(place, ctx),
            Purpose::Invalidate => self.fill_cart(place, ctx),
            Purpose::SessionGet | Purpose::SessionOpen | Purpose::SessionPut => {
                self.session_asked(place, purpose, Some(cause), ctx);
            }
            Purpose::Write | Purpose::Enqueue if work.maybe => self.finish(place, Reply::Unknown(cause), ctx),
            _ => self.finish(place, Reply::Fail(cause), ctx),
        }
    }

    fn store_value(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        match self.work(place).is_some_and(|w| w.fill) {
            true => self.call(place, Purpose::Fill, ctx),
            false => self.got_value(place, ctx),
        }
    }

    /// A read has its value.
    fn got_value(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        if self.settings.file_cache && self.disk == super::Disk::Well {
            let Some((key, value)) = self.work(place).map(|w| (w.ask.op.key.0, w.value.0)) else { return };
            let ends = ctx.now() + self.settings.file_ttl;
            self.files.put(key as u64, value, ends, ctx.now(), ctx.random());
        }
        self.finish(place, Reply::Ok, ctx);
    }

    /// The answer goes out, to this request and to those that waited for what it fetched; their workers are free.
    pub(super) fn finish(&mut self, place: u32, reply: Reply, ctx: &mut Ctx<'_>) {
        let Some(work) = self.work(place) else { return };
        let (value, position, leads) = (work.value, work.position, work.leads);
        let mut follower = work.first;
        self.respond(place, reply, ctx);
        if let Some(word) = leads {
            self.fetching.remove(word);
        }
        while let Some(work) = self.work(follower) {
            (work.value, work.position) = (value, position);
            let next = work.next;
            self.respond(follower, reply, ctx);
            follower = next;
        }
        self.begin_next(ctx);
    }

    fn respond(&mut self, place: u32, reply: Reply, ctx: &mut Ctx<'_>) {
        let ok = reply.is_ok();
        let Some(job) = self.station.leave(place, ok, ctx.now()) else { return };
        let work = job.job;
        let mut answer = work.ask.answer(reply);
        if ok {
            (answer.value, answer.position) = (work.value, work.position);
        }
        if let (Sessions::Cookie, Some(cart), true) = (self.settings.sessions, work.cart, ok) {
            answer.cookie.signed = cart.saturating_add(1);
        }
        self.send_answer(work.from, answer, &work.ask, ok, ctx);
        let shown = work.ask.shown(reply, work.value);
        ctx.note(Note::Hop { op: work.ask.op, arrived: job.arrived, started: job.started, ok, shown });
    }

    pub(super) fn send_answer(
        &mut self,
        to: crate::sim::LinkId,
        answer: crate::components::protocol::Answer,
        ask: &Ask,
        ok: bool,
        ctx: &mut Ctx<'_>,
    ) {
        ctx.send(to, Message::Answer(answer));
        if ask.what == What::Operation {
            ctx.note(Note::History(Record::Fact(Fact::Answered { op: ask.op.id, node: self.me, ok })));
        }
    }

    /// When nothing else is known: the clock of the last event.
    pub(super) fn seen_at(&self) -> Instant {
        self.station.tally.at
    }
}
