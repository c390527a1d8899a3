//! A request's way through the router: to the shard of its key, or to all of them and back when the last has answered.
//! It may not know which shard keeps a key.

use super::ShardRouter;
use super::moving::NOBODY;
use crate::components::parts::calls::Call;
use crate::components::protocol::{Answer, Ask, Ctx, Message, Note, Reply, Timer, What};
use crate::history::{Cause, Fact, Key, Kind, Op};
use crate::sim::LinkId;
use crate::stdx::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    client: LinkId,
    pub ask: Ask,
    arrived: Instant,
    /// When it was handed on.
    started: Instant,
    /// It asks every shard.
    all: bool,
}

/// What a call to a shard is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pending {
    /// None yet: the router itself has others before it.
    Waiting { request: Request },
    One { request: Request, shard: u32 },
    /// One shard's part of a query over all; `own`: the shard that keeps the key.
    Part { gather: Call, key: Key, shard: u32, own: bool },
    /// A row that is moved: read there, written here.
    Fetch { key: Key, shard: u32 },
    Store { key: Key, shard: u32 },
}

impl Pending {
    pub fn key(&self) -> Option<Key> {
        match self {
            Pending::Waiting { request } | Pending::One { request, .. } => Some(request.ask.op.key),
            Pending::Part { key, .. } | Pending::Fetch { key, .. } | Pending::Store { key, .. } => Some(*key),
        }
    }

    fn shard(&self) -> u32 {
        match self {
            Pending::Waiting { .. } => u32::MAX,
            Pending::One { shard, .. }
            | Pending::Part { shard, .. }
            | Pending::Fetch { shard, .. }
            | Pending::Store { shard, .. } => *shard,
        }
    }

    /// Whether it is a client's request for the key's row.
    pub fn is_for(&self, key: Key) -> bool {
        matches!(self, Pending::One { .. } | Pending::Part { own: true, .. }) && self.key() == Some(key)
    }

    pub fn moves(&self, key: Key) -> bool {
        matches!(self, Pending::Fetch { .. } | Pending::Store { .. }) && self.key() == Some(key)
    }
}

/// A query over all shards that waits for the rest of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gather {
    request: Request,
    left: u32,
    /// What the shard that keeps the key has said, or why one has said nothing.
    answer: Option<Answer>,
    failed: Option<Cause>,
}

impl ShardRouter {
    pub(super) fn asked(&mut self, client: LinkId, ask: Ask, ctx: &mut Ctx<'_>) {
        if ask.what == What::Probe {
            let reply = match self.active().is_empty() {
                true => Reply::Fail(Cause::NoServer),
                false => Reply::Well { writable: true },
            };
            return ctx.send(client, Message::Answer(ask.answer(reply)));
        }
        self.counters.arrivals += 1;
        self.inside += 1;
        self.tally.comes(ctx.now());
        if ask.what == What::Operation {
            self.fact(Fact::Reached { op: ask.op.id, node: self.me }, ctx);
        }
        let reads = ask.what == What::Operation && ask.op.kind == Kind::Read;
        let all = reads && self.settings.scatter > 0.0 && ctx.random().chance(self.settings.scatter);
        let now = ctx.now();
        let request = Request { client, ask, arrived: now, started: now, all };
        if self.calls.len() >= self.settings.pending as usize {
            return self.answer(request, ask.answer(Reply::Fail(Cause::Full)), ctx);
        }
        let Some(speed) = self.settings.speed() else { return self.dispatch(request, ctx) };
        self.busy_until = self.busy_until.max(now) + Duration::from_secs_f64(1.0 / speed);
        let call = self.calls.open(Pending::Waiting { request });
        ctx.work(self.busy_until - now, Timer::Wake(call.0));
    }

    /// The router has come to this request.
    pub(super) fn its_turn(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        if let Some(Pending::Waiting { request }) = self.calls.close(call) {
            self.dispatch(Request { started: ctx.now(), ..request }, ctx);
        }
    }

    /// To the shard of its key; what has no key of the data is kept by the first (the unsharded tables).
    pub(super) fn dispatch(&mut self, request: Request, ctx: &mut Ctx<'_>) {
        let Ask { what, op, .. } = request.ask;
        let keyed = what == What::Operation && op.kind.on_register();
        if keyed && self.waits_for_move(&request) {
            return;
        }
        let shard = match keyed {
            true => self.home(op.key),
            false => self.active().first().copied(),
        };
        let Some(shard) = shard else {
            return self.answer(request, request.ask.answer(Reply::Fail(Cause::NoServer)), ctx);
        };
        if keyed {
            self.table.asked(op.key);
        }
        match request.all {
            true => self.scatter(request, shard, ctx),
            false => self.send(shard, Pending::One { request, shard }, op, &request, ctx),
        }
    }

    fn scatter(&mut self, request: Request, owner: u32, ctx: &mut Ctx<'_>) {
        let mut shards = self.active();
        if !shards.contains(&owner) {
            shards.push(owner);
        }
        let left = shards.len() as u32;
        let gather = self.gathers.open(Gather { request, left, answer: None, failed: None });
        for shard in shards {
            let own = shard == owner;
            let op = if own { request.ask.op } else { Op { id: NOBODY, ..request.ask.op } };
            let pending = Pending::Part { gather, key: op.key, shard, own };
            self.send(shard, pending, op, &request, ctx);
        }
    }

    fn send(&mut self, shard: u32, pending: Pending, op: Op, request: &Request, ctx: &mut Ctx<'_>) {
        let call = self.calls.open(pending);
        let to = &mut self.shards[shard as usize];
        to.requests += 1;
        // Places in one shard's log say nothing of another's.
        ctx.send(to.link, Message::Ask(Ask { call, op, seen: 0, ..request.ask }));
        self.deadlines.add(call, self.settings.timeout, ctx);
    }

    pub(super) fn answered(&mut self, answer: Answer, ctx: &mut Ctx<'_>) {
        match self.calls.close(answer.call) {
            None => self.counters.late += 1,
            Some(Pending::One { request, .. }) => {
                self.answer(request, answer, ctx);
                self.one_less(request.ask.op.key, ctx);
            }
            Some(Pending::Part { gather, key, own, .. }) => {
                let failed = match answer.reply {
                    Reply::Fail(cause) | Reply::Unknown(cause) => Some(cause),
                    _ => None,
                };
                self.gathered(gather, own.then_some(answer), failed, ctx);
                if own {
                    self.one_less(key, ctx);
                }
            }
            // Nobody was asked for it yet.
            Some(Pending::Waiting { .. }) => {}
            Some(Pending::Fetch { key, .. }) => self.fetched(key, answer, ctx),
            Some(Pending::Store { key, .. }) => self.stored(key, answer, ctx),
        }
    }

    fn gathered(&mut self, gather: Call, own: Option<Answer>, failed: Option<Cause>, ctx: &mut Ctx<'_>) {
        let Some(g) = self.gathers.get_mut(gather) else { return };
        g.left -= 1;
        g.answer = own.or(g.answer);
        g.failed = g.failed.or(failed);
        if g.left > 0 {
            return;
        }
        let Some(g) = self.gathers.close(gather) else { return };
        let answer = match (g.failed, g.answer) {
            (None, Some(answer)) => answer,
            (cause, _) => g.request.ask.answer(Reply::Fail(cause.unwrap_or(Cause::Error))),
        };
        self.answer(g.request, answer, ctx);
    }

    /// Nobody listens there: certain that nothing happened.
    pub(super) fn turned_away(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        self.came_to_nothing(call, Cause::Refused, true, ctx);
    }

    pub(super) fn timed_out(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        self.came_to_nothing(call, Cause::TimedOut, false, ctx);
    }

    /// The shard's process died, or the line to it is gone.
    pub(super) fn lost_shard(&mut self, shard: u32, ctx: &mut Ctx<'_>) {
        for call in self.calls.find(|p| p.shard() == shard) {
            self.came_to_nothing(call, Cause::Reset, false, ctx);
        }
    }

    fn came_to_nothing(&mut self, call: Call, cause: Cause, certain: bool, ctx: &mut Ctx<'_>) {
        match self.calls.get(call).copied() {
            None | Some(Pending::Waiting { .. }) => {}
            Some(Pending::One { request, .. }) => {
                self.calls.close(call);
                let Ask { what, op, .. } = request.ask;
                let changes = op.kind.writes() || op.kind == Kind::Job || matches!(what, What::SessionPut { .. });
                let reply = if certain || !changes { Reply::Fail(cause) } else { Reply::Unknown(cause) };
                self.answer(request, request.ask.answer(reply), ctx);
                self.one_less(op.key, ctx);
            }
            Some(Pending::Part { gather, key, own, .. }) => {
                self.calls.close(call);
                self.gathered(gather, None, Some(cause), ctx);
                if own {
                    self.one_less(key, ctx);
                }
            }
            Some(Pending::Fetch { .. } | Pending::Store { .. }) => self.move_call_failed(call, ctx),
        }
    }

    fn answer(&mut self, request: Request, answer: Answer, ctx: &mut Ctx<'_>) {
        let ok = answer.reply.is_ok();
        self.inside -= 1;
        self.tally.leaves(request.arrived, request.started, ctx.now());
        match answer.reply {
            Reply::Fail(Cause::TimedOut) | Reply::Unknown(Cause::TimedOut) => self.counters.timed_out += 1,
            Reply::Fail(Cause::Full) => self.counters.refused += 1,
            _ if ok => self.counters.completions += 1,
            _ => self.counters.failed += 1,
        }
        let ask = &request.ask;
        if ask.what == What::Operation {
            self.fact(Fact::Answered { op: ask.op.id, node: self.me, ok }, ctx);
        }
        let (arrived, started) = (request.arrived, request.started);
        let shown = ask.shown(answer.reply, answer.value);
        ctx.note(Note::Hop { op: ask.op, arrived, started, ok, shown });
        ctx.send(request.client, Message::Answer(Answer { call: ask.call, ..answer }));
    }
}
