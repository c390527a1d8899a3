//! Calls downstream: connection, time-out, breaker, retry; and what is certain when one fails. It may not know what the
//! answer is for.

use super::AppServer;
use super::peers::bit;
use super::settings::{OnWrite, Reads};
use super::work::{Purpose, Stage, Work};
use crate::components::parts::calls::Call;
use crate::components::protocol::{Answer, Ask, Cookie, Ctx, Message, Reply, Timer, What};
use crate::history::{Cause, Key, Kind, Op, OpId, SessionId, Value};
use crate::sim::LinkId;
use crate::stdx::{Duration, Instant};

/// A call that has not been answered.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    place: u32,
    peer: u32,
    purpose: Purpose,
    /// False while it waits for a connection.
    sent: bool,
    /// The line that it went over.
    via: Option<LinkId>,
    deadline: Instant,
}

/// How a call ended: an answer that says something, or none.
#[derive(Clone, Copy, Debug)]
pub enum Got {
    Answer(Answer),
    /// `certain`: it did nothing and never will.
    Nothing {
        cause: Cause,
        certain: bool,
    },
}

/// The longest backoff (AWS SDKs).
const BACKOFF: Duration = Duration::from_secs(20);
/// What is asked for no client's operation: probes, and the further rows of a join.
const NOBODY: OpId = OpId(u64::MAX);

impl AppServer {
    /// Makes the call for the request at this place.
    pub(super) fn call(&mut self, place: u32, purpose: Purpose, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.at_mut(place) else { return };
        let work = &mut job.job;
        work.stage = Stage::Calling;
        let (session, value, tried, leaf) = (work.ask.op.session, work.ask.op.value, work.tried, work.leaves);
        let copy = work.copy;
        let slot = self.slot_word(place);
        let chosen = match purpose {
            Purpose::SessionGet | Purpose::SessionOpen | Purpose::SessionPut => {
                self.peers.for_session(session, &self.settings, tried, copy)
            }
            Purpose::CacheGet | Purpose::Fill | Purpose::Invalidate => {
                self.peers.for_slot(slot, self.settings.spread)
            }
            Purpose::Read | Purpose::Join => self.peers.for_read(session, &self.settings, tried),
            Purpose::Leaf => self.peers.for_leaf(leaf),
            Purpose::Write => self.peers.for_write(session, &self.settings, tried),
            Purpose::Enqueue | Purpose::JobState => self.peers.for_job(value),
            Purpose::Probe => None,
        };
        let Some(peer) = chosen else {
            return self.proceed(place, purpose, certainly(Cause::NoServer), ctx);
        };
        let p = self.peers.get(peer);
        if self.settings.breaker && !p.breaker.lets_through(ctx.now()) {
            return self.proceed(place, purpose, certainly(Cause::Shed), ctx);
        }
        let pending = Pending { place, peer, purpose, sent: false, via: None, deadline: Instant::FAR };
        let call = self.calls.open(pending);
        if self.settings.pool > 0 && p.in_use >= self.settings.pool {
            p.queue.push_back(call);
            self.set_deadline(call, self.settings.pool_wait, ctx);
        } else {
            self.transmit(call, ctx);
        }
    }

    fn set_deadline(&mut self, call: Call, span: Duration, ctx: &mut Ctx<'_>) {
        if let Some(pending) = self.calls.get_mut(call) {
            pending.deadline = ctx.now() + span;
            ctx.timeout(span, Timer::Timeout(call));
        }
    }

    /// The call has a connection and leaves.
    fn transmit(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        let Some(pending) = self.calls.get_mut(call) else { return };
        pending.sent = true;
        let Pending { place, peer, purpose, .. } = *pending;
        let timeout = match purpose {
            Purpose::CacheGet | Purpose::Fill | Purpose::Invalidate => self.settings.cache_timeout,
            _ => self.settings.timeout,
        };
        let ask = match purpose {
            Purpose::Probe => nobodys(ctx.now(), call, What::Probe),
            _ => match self.request(place, call, purpose, ctx.now()) {
                Some(ask) => ask,
                None => return,
            },
        };
        let peer = self.peers.get(peer);
        peer.in_use += 1;
        let via = peer.address.via;
        if let Some(pending) = self.calls.get_mut(call) {
            pending.via = Some(via);
        }
        ctx.send(via, Message::Ask(ask));
        self.set_deadline(call, timeout, ctx);
    }

    fn request(&self, place: u32, call: Call, purpose: Purpose, now: Instant) -> Option<Ask> {
        let work = &self.station.at(place)?.job;
        let settings = &self.settings;
        let seen = if settings.reads == Reads::Wait { work.ask.seen } else { 0 };
        let mut ask = Ask { call, attempt: work.ask.attempt.saturating_add(work.attempt.min(255) as u8), seen, ..work.ask };
        let slot = self.slot(work);
        let ttl = settings.cache_ttl;
        ask.what = match purpose {
            Purpose::Read | Purpose::Write | Purpose::Enqueue => What::Operation,
            Purpose::JobState => What::JobState,
            Purpose::Join | Purpose::Leaf => {
                // A neighbouring row, which no client asked for.
                let (key, n) = (work.ask.op.key.0, work.joined.max(work.leaves) + 1);
                let key = Key(if key >= n { key - n } else { key + n });
                let op = Op { id: NOBODY, kind: Kind::Read, key, value: Value::INITIAL, invoked: now, ..ask.op };
                ask.op = op;
                What::Operation
            }
            Purpose::SessionGet => What::SessionGet,
            Purpose::SessionOpen | Purpose::SessionPut => What::SessionPut { cart: work.cart.unwrap_or(0) },
            Purpose::CacheGet => What::CacheGet { slot, lease: settings.on_write == OnWrite::Leases },
            Purpose::Fill => What::CacheSet { slot, value: work.value, ttl, lease: work.lease },
            Purpose::Invalidate if settings.on_write == OnWrite::WriteThrough => {
                What::CacheSet { slot, value: work.ask.op.value, ttl, lease: 0 }
            }
            Purpose::Invalidate => What::CacheDelete { slot },
            Purpose::Probe => What::Probe,
        };
        Some(ask)
    }

    /// The call is over, however: its connection goes to the next who waits for one.
    fn settle(&mut self, call: Call, ctx: &mut Ctx<'_>) -> Option<Pending> {
        let pending = self.calls.close(call)?;
        if pending.sent {
            self.peers.get(pending.peer).in_use -= 1;
            self.connect_waiting(pending.peer, ctx);
        }
        Some(pending)
    }

    /// Gives free connections to those who wait for one.
    pub(super) fn connect_waiting(&mut self, peer: u32, ctx: &mut Ctx<'_>) {
        let pool = self.settings.pool;
        loop {
            let p = self.peers.get(peer);
            if pool > 0 && p.in_use >= pool {
                return;
            }
            // Those that gave up waiting are still in the queue, and name no call any more.
            let Some(call) = p.queue.pop_front() else { return };
            self.transmit(call, ctx);
        }
    }

    pub(super) fn answered(&mut self, answer: Answer, ctx: &mut Ctx<'_>) {
        let Some(pending) = self.settle(answer.call, ctx) else {
            self.late += 1;
            return;
        };
        let got = match answer.reply {
            Reply::Fail(cause) => certainly(cause),
            Reply::Unknown(cause) => Got::Nothing { cause, certain: false },
            _ => Got::Answer(answer),
        };
        self.ended(pending, got, ctx);
    }

    pub(super) fn timed_out(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        if self.calls.get(call).is_none_or(|p| p.deadline > ctx.now()) {
            return;
        }
        let Some(pending) = self.settle(call, ctx) else { return };
        if !pending.sent {
            return self.ended(pending, certainly(Cause::Pool), ctx);
        }
        self.timeouts += 1;
        self.ended(pending, Got::Nothing { cause: Cause::TimedOut, certain: false }, ctx);
    }

    pub(super) fn connect_refused(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        if let Some(pending) = self.settle(call, ctx) {
            self.ended(pending, certainly(Cause::Refused), ctx);
        }
    }

    /// Every connection over this link is broken, or the link is gone.
    pub(super) fn disconnected(&mut self, link: LinkId, gone: bool, ctx: &mut Ctx<'_>) {
        let peer = self.peers.over(link).filter(|_| gone);
        if gone {
            self.peers.unlink(link);
        }
        if let Some(peer) = peer {
            self.peers.part(peer, &self.settings);
        }
        for call in self.calls.find(|p| p.via == Some(link) || Some(p.peer) == peer) {
            if let Some(pending) = self.calls.close(call) {
                let p = self.peers.get(pending.peer);
                p.in_use -= pending.sent as u32;
                self.ended(pending, Got::Nothing { cause: Cause::Reset, certain: !pending.sent }, ctx);
            }
        }
        (0..self.peers.len()).for_each(|peer| self.connect_waiting(peer, ctx));
    }

    fn ended(&mut self, pending: Pending, got: Got, ctx: &mut Ctx<'_>) {
        let Pending { place, peer, purpose, sent, .. } = pending;
        let several = self.peers.stores().len() > 1;
        let p = self.peers.get(peer);
        let sick = match got {
            Got::Answer(_) => false,
            Got::Nothing { cause, .. } => is_sick(cause),
        };
        if purpose == Purpose::Probe {
            p.up = matches!(got, Got::Answer(_));
            if let Got::Answer(Answer { reply: Reply::Well { writable }, .. }) = got {
                p.writable = Some(writable);
            }
            return;
        }
        if self.settings.breaker {
            p.breaker.record(!sick, ctx.now(), &self.settings);
        }
        match got {
            Got::Answer(_) => p.up = true,
            Got::Nothing { cause: Cause::Refused | Cause::Reset, .. } if sent => p.up = false,
            Got::Nothing { cause: Cause::ReadOnly, .. } if several => {
                p.writable = Some(false);
                if self.try_another(place, peer, purpose, ctx) {
                    return;
                }
            }
            Got::Nothing { .. } => {}
        }
        self.proceed(place, purpose, got, ctx);
    }

    /// A database that takes no writes was asked to: the next one is tried at once, each once.
    fn try_another(&mut self, place: u32, peer: u32, purpose: Purpose, ctx: &mut Ctx<'_>) -> bool {
        let (settings, stores) = (&self.settings, self.peers.stores().len() as u32);
        let Some(job) = self.station.at_mut(place) else { return false };
        job.job.tried |= bit(peer);
        let (tried, session) = (job.job.tried, job.job.ask.op.session);
        let next = match purpose {
            Purpose::SessionGet | Purpose::SessionOpen | Purpose::SessionPut => {
                self.peers.for_session(session, settings, tried, 0)
            }
            _ => self.peers.for_write(session, settings, tried),
        };
        let another = tried.count_ones() < stores && next.is_some_and(|next| tried & bit(next) == 0);
        if another {
            self.call(place, purpose, ctx);
        }
        another
    }

    /// Sets the failed call up once more if the settings allow it and the failure does.
    pub(super) fn again(
        &mut self,
        place: u32,
        purpose: Purpose,
        got: (Cause, bool),
        ctx: &mut Ctx<'_>,
    ) -> bool {
        let (cause, certain) = got;
        let settings = &self.settings;
        let Some(job) = self.station.at_mut(place) else { return false };
        let work = &mut job.job;
        let harmless = certain || !purpose.changes() || settings.retry_writes;
        if work.attempt >= settings.retries || !is_sick(cause) || !harmless {
            return false;
        }
        let most = settings.backoff.saturating_mul(1 << work.attempt.min(32)).0.min(BACKOFF.0);
        work.attempt += 1;
        work.stage = Stage::Retry(purpose);
        self.retries += 1;
        let delay = Duration(most).scale(ctx.random().unit());
        ctx.timer(delay, Timer::Work(place));
        true
    }

    /// The request goes on to the next copy of its session. False: there is none, and it begins with the first again.
    pub(super) fn next_copy(&mut self, place: u32) -> bool {
        let copies = self.settings.session_copies.min(self.peers.session_nodes());
        let Some(job) = self.station.at_mut(place) else { return false };
        let next = job.job.copy + 1;
        job.job.copy = if next < copies { next } else { 0 };
        next < copies
    }

    /// Asks each of several databases whether it takes writes.
    pub(super) fn probe(&mut self, ctx: &mut Ctx<'_>) {
        for i in 0..self.peers.stores().len() {
            let peer = self.peers.stores()[i];
            let pending =
                Pending { place: u32::MAX, peer, purpose: Purpose::Probe, sent: false, via: None, deadline: Instant::FAR };
            let call = self.calls.open(pending);
            self.transmit(call, ctx);
        }
    }
}

fn certainly(cause: Cause) -> Got {
    Got::Nothing { cause, certain: true }
}

/// Whether the failure says something about the machine's health, and another attempt may fare better.
fn is_sick(cause: Cause) -> bool {
    match cause {
        Cause::Refused | Cause::Reset | Cause::TimedOut | Cause::Full => true,
        Cause::NoServer | Cause::NoQuorum | Cause::Error | Cause::Shed | Cause::Pool => true,
        Cause::ReadOnly | Cause::Conflict | Cause::LoggedOut | Cause::Disk | Cause::Blocked => false,
    }
}

fn nobodys(now: Instant, call: Call, what: What) -> Ask {
    let (client, session) = (crate::history::Process(u32::MAX), SessionId(u32::MAX));
    let (kind, key, value) = (Kind::Read, Key(0), Value::INITIAL);
    let op = Op { id: NOBODY, client, session, kind, key, value, invoked: now };
    Ask { call, op, what, cookie: Cookie::default(), seen: 0, attempt: 0, region: 0 }
}

impl AppServer {
    /// The request's place in the cache: its object, or the query that it makes.
    pub(super) fn slot(&self, work: &Work) -> crate::components::protocol::Slot {
        super::flow::slot_of(&self.settings, work.ask.op.key, work.query)
    }

    fn slot_word(&self, place: u32) -> u64 {
        self.station.at(place).map_or(0, |job| super::flow::word_of(self.slot(&job.job)))
    }
}
