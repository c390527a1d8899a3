//! One visit: from what a user wants to what the user gets, over every attempt in between. It may not know when users
//! come.

use super::session::{Session, State};
use super::{Load, Users};
use crate::components::parts::calls::Call;
use crate::components::protocol::{Answer, Ask, Cookie, Ctx, Message, Note, Reply, Timer, What};
use crate::history::{Cause, Fact, Key, Kind, Op, OpId, Outcome, Record, Value};
use crate::stdx::Duration;

/// Turns come round below the mark of those who ask after jobs.
const TURNS: u32 = u32::MAX >> 1;
/// A user who is told of an error looks at it for a moment, however short the think time is.
const DISMAY: Duration = Duration::from_millis(1);
/// The shortest think time: a closed loop over lines and servers that take no time must not stop the clock.
const GLANCE: Duration = Duration::from_micros(1);

impl Users {
    /// The session waits for something new; the number names it.
    pub(super) fn wait(&mut self, i: u32, state: State) -> u64 {
        self.turn = (self.turn + 1) & TURNS;
        let session = &mut self.sessions[i as usize];
        session.state = state;
        session.turn = self.turn;
        (self.turn as u64) << 32 | i as u64
    }

    /// The session wants something; it logs in first where that is asked for.
    pub(super) fn begin(&mut self, i: u32, kind: Kind, key: Key, ctx: &mut Ctx<'_>) {
        let settings = &self.settings;
        let key = if settings.own_keys { Key(i) } else { key };
        let session = &mut self.sessions[i as usize];
        let (kind, key) = match (settings.alternate, session.wrote.take()) {
            (false, _) => (kind, key),
            (true, None) => {
                session.wrote = Some(key);
                (Kind::Write, key)
            }
            (true, Some(key)) => (Kind::Read, key),
        };
        if settings.login && !session.logged_in && kind != Kind::Login {
            session.next = Some((kind, key));
            self.invoke(i, Kind::Login, key, ctx);
        } else {
            self.invoke(i, kind, key, ctx);
        }
    }

    pub(super) fn invoke(&mut self, i: u32, kind: Kind, key: Key, ctx: &mut Ctx<'_>) {
        self.asked += 1;
        let id = (self.me.0 as u64) << 40 | self.asked;
        let key = if kind == Kind::Insert { Key::NEW } else { key };
        let value = if kind.writes() || kind == Kind::Job { Value(id) } else { Value::INITIAL };
        let session = &mut self.sessions[i as usize];
        session.op =
            Op { id: OpId(id), client: self.me, session: session.id, kind, key, value, invoked: ctx.now() };
        session.attempt = 0;
        session.maybe = false;
        ctx.note(Note::History(Record::Invoke(session.op)));
        self.counters.arrivals += 1;
        self.outstanding += 1;
        if self.settings.retry_budget > 0.0 {
            self.budget.deposit(self.settings.retry_budget, ctx.now());
        }
        self.ask(i, ctx);
    }

    /// Sends the operation of session `i`, for the first time or again.
    pub(super) fn ask(&mut self, i: u32, ctx: &mut Ctx<'_>) {
        match self.needs_address(i, ctx.now()) {
            true => self.look_up(i, ctx),
            false => self.dial(i, ctx),
        }
    }

    pub(super) fn dial(&mut self, i: u32, ctx: &mut Ctx<'_>) {
        let known = self.sessions[i as usize].door;
        let door = match self.doors.iter().find(|door| Some(door.link) == known) {
            Some(door) => *door,
            None if self.doors.is_empty() => return self.finish(i, Outcome::Fail(Cause::NoServer), ctx),
            None if self.doors.len() == 1 => self.doors[0],
            None => self.doors[ctx.random().below(self.doors.len() as u64) as usize],
        };
        let session = &mut self.sessions[i as usize];
        (session.door, session.via, session.looking_up) = (Some(door.link), Some(door.via), false);
        let call = Call(self.wait(i, State::Asking));
        let session = &self.sessions[i as usize];
        let ask = Ask {
            call,
            op: session.op,
            what: What::Operation,
            cookie: if self.settings.cookies { session.cookie } else { Cookie::default() },
            seen: if self.settings.cookies { session.seen } else { 0 },
            attempt: session.attempt,
            region: self.region,
        };
        ctx.send(door.via, Message::Ask(ask));
        self.deadlines.add(call, self.settings.timeout, ctx);
    }

    /// The session that waits for this call, if it still does.
    pub(super) fn waiting(&self, call: Call) -> Option<u32> {
        waiting(&self.sessions, call)
    }

    pub(super) fn answered(&mut self, answer: Answer, ctx: &mut Ctx<'_>) {
        if self.poll_answered(&answer, ctx) {
            return;
        }
        let Some(i) = self.waiting(answer.call) else {
            self.counters.late += 1;
            return;
        };
        let session = &mut self.sessions[i as usize];
        if answer.cookie.stick != 0 {
            session.cookie.stick = answer.cookie.stick;
        }
        if answer.cookie.signed != 0 {
            session.cookie.signed = answer.cookie.signed;
        }
        match answer.reply {
            Reply::Fail(cause) => self.failed(i, cause, ctx),
            Reply::Unknown(cause) => {
                session.maybe = true;
                self.failed(i, cause, ctx)
            }
            Reply::Address { of, ttl } => self.told_address(i, of, ttl, ctx),
            _ => {
                session.seen = session.seen.max(answer.position);
                if session.op.kind == Kind::Insert {
                    // Now its number is known.
                    session.op.key = answer.key;
                }
                if answer.reply == Reply::InWork {
                    self.accepted(i, ctx);
                }
                self.finish(i, Outcome::Ok { value: answer.value }, ctx)
            }
        }
    }

    /// An attempt came to nothing: try again, or give up.
    pub(super) fn failed(&mut self, i: u32, cause: Cause, ctx: &mut Ctx<'_>) {
        let session = &mut self.sessions[i as usize];
        let mut cause = cause;
        if !matches!(cause, Cause::LoggedOut | Cause::Blocked) {
            // Whoever has another address at hand tries that one next; a name's is the one that was told.
            if self.doors.len() > 1 && self.names.is_empty() {
                let others = self.doors.iter().map(|d| d.link).filter(|d| Some(*d) != session.door);
                let n = others.clone().count() as u64;
                let pick = ctx.random().below(n.max(1)) as usize;
                session.door = others.clone().nth(pick).or(session.door);
            }
            if (session.attempt as u32) < self.settings.retries {
                if self.settings.retry_budget == 0.0 || self.budget.withdraw(ctx.now()) {
                    return self.back_off(i, ctx);
                }
                cause = Cause::Shed;
            }
        }
        let maybe = session.maybe;
        self.finish(i, if maybe { Outcome::Unknown(cause) } else { Outcome::Fail(cause) }, ctx)
    }

    /// Exponential back-off with full jitter (Brooker, AWS Architecture Blog 2015).
    fn back_off(&mut self, i: u32, ctx: &mut Ctx<'_>) {
        self.counters.retries += 1;
        let session = &mut self.sessions[i as usize];
        let most = self.settings.backoff.saturating_mul(1 << session.attempt.min(32));
        let pause = most.min(self.settings.backoff_most).scale(ctx.random().unit());
        session.attempt += 1;
        ctx.timer(pause, Timer::Wake(self.wait(i, State::BackingOff)));
    }

    /// The operation returns to the user.
    pub(super) fn finish(&mut self, i: u32, outcome: Outcome, ctx: &mut Ctx<'_>) {
        let session = &mut self.sessions[i as usize];
        let op = session.op;
        self.outstanding -= 1;
        ctx.note(Note::History(Record::Return { op, outcome }));
        match outcome {
            Outcome::Ok { value } => {
                self.counters.completions += 1;
                self.latency.record(ctx.now() - op.invoked);
                if op.kind == Kind::Login {
                    session.logged_in = true;
                    session.cookie.session = true;
                    session.cart = 0;
                    ctx.note(Note::History(Record::Fact(Fact::SessionOpened { session: session.id })));
                } else if op.kind.on_register() {
                    session.cart += op.kind.writes() as u32;
                    remember(&mut self.holds, op.key, if op.kind.writes() { op.value } else { value });
                }
            }
            Outcome::Fail(cause) | Outcome::Unknown(cause) => {
                match cause {
                    Cause::TimedOut => self.counters.timed_out += 1,
                    _ => self.counters.failed += 1,
                }
                if cause == Cause::LoggedOut && session.logged_in {
                    // The next login opens a session of its own: no clone that still knows the old one knows it.
                    let fresh = self.next_session();
                    let session = &mut self.sessions[i as usize];
                    let (id, cart) = (session.id, session.log_out(fresh));
                    self.counters.sessions_lost += 1;
                    self.counters.carts_lost += u64::from(cart > 0);
                    self.counters.cart_items_lost += u64::from(cart);
                    ctx.note(Note::History(Record::Fact(Fact::SessionLost { session: id, cart })));
                }
            }
        }
        let next = self.sessions[i as usize].next.take();
        match (outcome, next) {
            (Outcome::Ok { .. }, Some((kind, key))) => self.invoke(i, kind, key, ctx),
            (Outcome::Ok { .. }, None) => self.rest(i, Duration::ZERO, ctx),
            _ => self.rest(i, DISMAY, ctx),
        }
    }

    /// Between two operations: the session may end, and another visitor takes its place.
    pub(super) fn rest(&mut self, i: u32, least: Duration, ctx: &mut Ctx<'_>) {
        if let Some(left) = &mut self.sessions[i as usize].left {
            *left -= 1;
            if *left == 0 {
                let id = self.next_session();
                let length = self.length(ctx.random());
                self.sessions[i as usize].anew(id);
                self.sessions[i as usize].left = length;
            }
        }
        match self.settings.load {
            Load::Closed if (i as usize) < self.active(ctx.now()) => self.think(i, least, ctx),
            Load::Closed => _ = self.wait(i, State::Away),
            // A client of the log is found by its own list.
            Load::Log => _ = self.wait(i, State::Idle),
            Load::Poisson | Load::Constant => {
                self.wait(i, State::Idle);
                self.idle.push(i);
            }
        }
    }

    pub(super) fn think(&mut self, i: u32, least: Duration, ctx: &mut Ctx<'_>) {
        let pause = self.settings.think.sample(ctx.random()).max(least).max(GLANCE);
        ctx.timer(pause, Timer::Wake(self.wait(i, State::Thinking)));
    }
}

/// The session that waits for this call, if one does.
pub(super) fn waiting(sessions: &[Session], call: Call) -> Option<u32> {
    let i = call.0 as u32;
    let session = sessions.get(i as usize)?;
    (session.state == State::Asking && session.turn == (call.0 >> 32) as u32).then_some(i)
}

fn remember(holds: &mut Vec<Value>, key: Key, value: Value) {
    let i = key.0 as usize;
    if i >= holds.len() {
        holds.resize(i + 1, Value::INITIAL);
    }
    holds[i] = value;
}
