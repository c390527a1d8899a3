//! How a member serves a request: alone, as the leader with the group, or by asking the leader. It may not know how the
//! group agrees.

use super::reads::Reader;
use super::{Consensus, Followers, Reads, Role};
use crate::components::parts::calls::Call;
use crate::components::parts::log::{Place, Reign};
use crate::components::parts::station::Arrival;
use crate::components::protocol::consensus::{Command, Outcome, Raft};
use crate::components::protocol::{Answer, Ask, Ctx, Message, Note, Reply, Timer, What};
use crate::history::{Cause, Fact, Key, Kind, Value};
use crate::sim::LinkId;
use crate::stdx::Instant;

/// A request with the line it came on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub link: LinkId,
    pub ask: Ask,
    came: Instant,
    /// It has its place in the order already: what is left is to look the row up.
    ordered: bool,
}

/// What a request waits for.
#[derive(Clone, Copy, Debug)]
enum For {
    /// Its entry, with what the answer will say.
    Entry { index: u64, value: Value, place: Place },
    /// To learn up to where it must see.
    Index,
    /// That this member shows the log up to there.
    Shown { index: u64 },
    /// The leader's answer, which was asked over this line.
    Leader(LinkId),
}

/// A request that waits for the group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    request: Request,
    waits: For,
}

impl Ask {
    /// Whether it changes what is kept.
    fn orders(&self) -> bool {
        match self.what {
            What::Operation => self.op.kind.writes(),
            What::SessionPut { .. } | What::RowPut { .. } => true,
            _ => false,
        }
    }

    fn looks_up(&self) -> bool {
        match self.what {
            What::Operation => self.op.kind == Kind::Read,
            What::SessionGet => true,
            _ => false,
        }
    }

    fn is_operations(&self) -> bool {
        self.what == What::Operation
    }
}

impl Consensus {
    pub(super) fn asked(&mut self, link: LinkId, ask: Ask, ctx: &mut Ctx<'_>) {
        let request = Request { link, ask, came: ctx.now(), ordered: false };
        if ask.what == What::Probe {
            let answer = ask.answer(self.how_it_is());
            return ctx.send(link, Message::Answer(answer));
        }
        self.counters.arrivals += 1;
        self.inside += 1;
        if ask.is_operations() {
            self.fact(Fact::Reached { op: ask.op.id, node: self.me }, ctx);
        }
        let full = self.held.len() >= self.settings.pending as usize;
        if let Some(cause) = self.closed().or(full.then_some(Cause::Full)) {
            return self.refuse(request, cause, ctx);
        }
        let leads = self.role == Role::Leader;
        if ask.orders() || ask.looks_up() && self.settings.reads == Reads::Log {
            match leads {
                true => self.queue(request, ctx),
                false => self.pass_on(request, ctx),
            }
        } else if ask.looks_up() && self.settings.reads != Reads::Local {
            match (leads, self.leader_line()) {
                (true, _) => {
                    let call = self.hold(request, For::Index, ctx);
                    self.read_index(Reader::Own(call), ctx);
                }
                (false, Some(link)) if self.settings.followers == Followers::Forward => {
                    let call = self.hold(request, For::Index, ctx);
                    ctx.send(link, Message::Raft(Raft::ReadIndex { call }));
                }
                _ => self.refuse(request, self.not_the_leader(), ctx),
            }
        } else {
            self.queue(Request { ordered: true, ..request }, ctx);
        }
    }

    /// What it says of itself to who asks: whether it takes writes, or passes them on.
    fn how_it_is(&self) -> Reply {
        let leads = self.role == Role::Leader;
        let knows = leads || self.leader_line().is_some();
        match self.closed() {
            Some(cause) => Reply::Fail(cause),
            None if !knows && self.settings.reads != Reads::Local => Reply::Fail(Cause::NoQuorum),
            None => Reply::Well { writable: leads || knows && self.settings.followers == Followers::Forward },
        }
    }

    /// Why somebody else must be asked.
    fn not_the_leader(&self) -> Cause {
        if self.leader.is_some() { Cause::ReadOnly } else { Cause::NoQuorum }
    }

    fn leader_line(&self) -> Option<LinkId> {
        self.lines.iter().find(|l| Some(l.peer) == self.leader).map(|l| l.link)
    }

    /// To the leader, unless it came from a member who thought that this one is.
    fn pass_on(&mut self, request: Request, ctx: &mut Ctx<'_>) {
        let from_member = self.line(request.link).is_some();
        match self.leader_line().filter(|_| !from_member && self.settings.followers == Followers::Forward) {
            Some(link) => {
                let call = self.hold(request, For::Leader(link), ctx);
                ctx.send(link, Message::Ask(Ask { call, ..request.ask }));
            }
            None if from_member => self.refuse(request, Cause::NoQuorum, ctx),
            None => self.refuse(request, self.not_the_leader(), ctx),
        }
    }

    fn refuse(&mut self, request: Request, cause: Cause, ctx: &mut Ctx<'_>) {
        self.reply(&request, Reply::Fail(cause), Value::INITIAL, Place::default(), ctx.now(), ctx);
        self.counters.refused += 1;
        self.counters.failed -= 1;
    }

    fn hold(&mut self, request: Request, waits: For, ctx: &mut Ctx<'_>) -> Call {
        let call = self.held.open(Held { request, waits });
        if let For::Entry { index, .. } | For::Shown { index } = waits {
            self.waits.insert((index, call));
        }
        ctx.timeout(self.settings.timeout, Timer::Timeout(call));
        call
    }

    fn release(&mut self, call: Call) -> Option<Held> {
        let held = self.held.close(call)?;
        if let For::Entry { index, .. } | For::Shown { index } = held.waits {
            self.waits.remove(&(index, call));
        }
        Some(held)
    }

    /// Something more is shown: answers those who waited for it.
    pub(super) fn settle_shown(&mut self, ctx: &mut Ctx<'_>) {
        while let Some((index, call)) = self.waits.first().copied()
            && index <= self.shown
        {
            let Some(Held { request, waits }) = self.release(call) else { break };
            match waits {
                For::Entry { value, place, .. } => self.reply(&request, Reply::Ok, value, place, request.came, ctx),
                _ => self.queue(Request { ordered: true, ..request }, ctx),
            }
        }
    }

    /// Up to where a read must see is known, or nobody can say it.
    pub(super) fn may_read(&mut self, call: Call, index: Option<u64>, ctx: &mut Ctx<'_>) {
        let Some(held) = self.held.get_mut(call) else { return };
        match index {
            Some(index) if matches!(held.waits, For::Index) => {
                held.waits = For::Shown { index };
                self.waits.insert((index, call));
                self.settle_shown(ctx);
            }
            Some(_) => {}
            None => {
                if let Some(held) = self.release(call) {
                    self.refuse(held.request, Cause::NoQuorum, ctx);
                }
            }
        }
    }

    pub(super) fn told_read_index(&mut self, call: Call, index: Option<u64>, ctx: &mut Ctx<'_>) {
        self.may_read(call, index, ctx);
    }

    /// What a request waits for has not come in time.
    pub(super) fn waited_long_enough(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        if let Some(held) = self.release(call) {
            self.give_up(held, Cause::TimedOut, ctx);
        }
    }

    /// Nobody can say what becomes of it; a read just was not answered.
    fn give_up(&mut self, held: Held, cause: Cause, ctx: &mut Ctx<'_>) {
        let Held { request, waits } = held;
        let sent = matches!(waits, For::Entry { .. } | For::Leader(_)) && request.ask.orders();
        let reply = if sent { Reply::Unknown(cause) } else { Reply::Fail(cause) };
        self.reply(&request, reply, Value::INITIAL, Place::default(), ctx.now(), ctx);
    }

    /// It leads no more: nobody knows what becomes of what it had in the log.
    pub(super) fn abandon_all(&mut self, ctx: &mut Ctx<'_>) {
        for call in self.held.find(|held| !matches!(held.waits, For::Leader(_))) {
            if let Some(held) = self.release(call) {
                self.give_up(held, Cause::NoQuorum, ctx);
            }
        }
    }

    /// There is a new leader. What was passed on to the old one is passed on again where that can do no harm.
    pub(super) fn leader_changed(&mut self, ctx: &mut Ctx<'_>) {
        let Some(leader) = self.leader_line() else { return };
        for call in self.held.find(|held| matches!(held.waits, For::Leader(_) | For::Index)) {
            let Some(held) = self.held.get_mut(call) else { continue };
            match held.waits {
                For::Index => ctx.send(leader, Message::Raft(Raft::ReadIndex { call })),
                _ if self.settings.exactly_once || !held.request.ask.orders() => {
                    held.waits = For::Leader(leader);
                    ctx.send(leader, Message::Ask(Ask { call, ..held.request.ask }));
                }
                _ => {
                    if let Some(held) = self.release(call) {
                        self.give_up(held, Cause::NoQuorum, ctx);
                    }
                }
            }
        }
    }

    /// The leader's process died, or the line to it is gone.
    pub(super) fn leader_died(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        if self.settings.exactly_once {
            // The next leader is asked again.
            return;
        }
        for call in self.held.find(|held| matches!(held.waits, For::Leader(over) if over == link)) {
            if let Some(held) = self.release(call) {
                self.give_up(held, Cause::Reset, ctx);
            }
        }
    }

    /// Nobody listens where the leader was: the request did nothing.
    pub(super) fn leader_refused(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        if let Some(held) = self.release(call) {
            let reply = Reply::Fail(Cause::NoQuorum);
            self.reply(&held.request, reply, Value::INITIAL, Place::default(), held.request.came, ctx);
        }
    }

    pub(super) fn leader_answered(&mut self, answer: Answer, ctx: &mut Ctx<'_>) {
        let Some(Held { mut request, .. }) = self.release(answer.call) else {
            self.counters.late += 1;
            return;
        };
        // Of an added row the leader has said which it is.
        request.ask.op.key = answer.key;
        let came = request.came;
        self.reply(&request, answer.reply, answer.value, Place(answer.position), came, ctx);
    }

    fn queue(&mut self, request: Request, ctx: &mut Ctx<'_>) {
        match self.station.arrive(request, ctx.now()) {
            Arrival::Starts(place) => self.start_work(place, ctx),
            Arrival::Waits => {}
            Arrival::Refused(refused) => {
                let full = Reply::Fail(Cause::Full);
                self.reply(&refused, full, Value::INITIAL, Place::default(), ctx.now(), ctx)
            }
        }
    }

    fn start_work(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.at(place) else { return };
        let orders = job.job.ask.orders();
        let work = if orders { &self.settings.write } else { &self.settings.read };
        // A read that goes through the log is work when it is looked up, not when it is ordered.
        let work = match orders || job.job.ordered {
            true => work.sample(ctx.random()).scale(1.0 / self.settings.size.speed()),
            false => crate::stdx::Duration::ZERO,
        };
        ctx.work(work, Timer::Work(place));
    }

    /// The worker at this place is done.
    pub(super) fn worked(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.at(place) else { return };
        let (request, started) = (job.job, job.started);
        if request.ordered {
            let (reply, value, version) = self.look_up(&request.ask, ctx);
            self.station.leave(place, reply.is_ok(), ctx.now());
            self.reply(&request, reply, value, version, started, ctx);
        } else {
            let leads = self.role == Role::Leader;
            self.station.leave(place, leads, ctx.now());
            match leads {
                true => self.order_request(request, started, ctx),
                false => {
                    let cause = self.not_the_leader();
                    self.reply(&request, Reply::Fail(cause), Value::INITIAL, Place::default(), started, ctx)
                }
            }
        }
        self.seat_waiting(ctx);
    }

    pub(super) fn seat_waiting(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(place) = self.station.next(ctx.now()) {
            self.start_work(place, ctx);
        }
    }

    fn look_up(&mut self, ask: &Ask, ctx: &mut Ctx<'_>) -> (Reply, Value, Place) {
        match ask.what {
            What::Operation if ask.op.kind == Kind::Read => {
                let row = self.store.row(ask.op.key);
                let (op, node, position) = (ask.op.id, self.me, row.version.0);
                self.fact(Fact::Served { op, node, position }, ctx);
                (Reply::Ok, row.value, row.version)
            }
            What::Operation => (Reply::Ok, Value::INITIAL, Place::default()),
            What::SessionGet => {
                let cart = self.store.session(ask.op.session);
                let reply = cart.map_or(Reply::NoSession, |cart| Reply::Session { cart });
                (reply, Value::INITIAL, Place::default())
            }
            _ => (Reply::Fail(Cause::Error), Value::INITIAL, Place::default()),
        }
    }

    /// The leader gives a request its place.
    fn order_request(&mut self, request: Request, started: Instant, ctx: &mut Ctx<'_>) {
        let ask = request.ask;
        let mut request = Request { came: started, ..request };
        if self.disk.full() {
            return self.reply(&request, Reply::Fail(Cause::Disk), Value::INITIAL, Place::default(), started, ctx);
        }
        let waits = match ask.what {
            What::Operation if ask.op.kind == Kind::Read => {
                For::Shown { index: self.propose(Command::Nothing, ctx).index() }
            }
            What::SessionGet => For::Shown { index: self.propose(Command::Nothing, ctx).index() },
            What::SessionPut { cart } => {
                let (session, was) = (ask.op.session, self.latest_session(ask.op.session));
                let place = self.propose(Command::Session { session, cart, was }, ctx);
                For::Entry { index: place.index(), value: Value::INITIAL, place }
            }
            What::RowPut { value, position } => {
                let (key, version) = (ask.op.key, Place(position));
                let (over, over_version) = self.latest(key);
                // One that is here and newer stays; even so the answer waits until all before it is decided.
                let command = match over_version >= version {
                    true => Command::Nothing,
                    false => Command::Moved { key, value, version, over, over_version },
                };
                let place = self.propose(command, ctx);
                For::Entry { index: place.index(), value, place }
            }
            _ if ask.op.kind == Kind::Insert && self.numbers() >= Key::MOST => {
                let full = Reply::Fail(Cause::Full);
                return self.reply(&request, full, Value::INITIAL, Place::default(), started, ctx);
            }
            _ => match self.order_write(&mut request.ask, ctx) {
                Some(waits) => waits,
                None => {
                    // A later command of the session has been carried out: nobody waits for this one any more.
                    let reply = Reply::Unknown(Cause::Error);
                    return self.reply(&request, reply, Value::INITIAL, Place::default(), started, ctx);
                }
            },
        };
        self.hold(request, waits, ctx);
        self.settle_shown(ctx);
    }

    /// A write gets its entry, or finds the one it has already.
    fn order_write(&mut self, ask: &mut Ask, ctx: &mut Ctx<'_>) -> Option<For> {
        let (kind, value, session, op) = (ask.op.kind, ask.op.value, ask.op.session, ask.op.id);
        let says = |over| if kind == Kind::Update { over } else { value };
        if self.settings.exactly_once
            && let Some(last) = self.latest_of(session)
        {
            if last.op == op {
                let Outcome { key, over, place, .. } = last;
                ask.op.key = key;
                return Some(For::Entry { index: place.index(), value: says(over), place });
            }
            if last.op > op {
                return None;
            }
        }
        if kind == Kind::Insert {
            ask.op.key = Key::added(self.set, self.numbers() + 1);
        }
        let key = ask.op.key;
        let (over, over_version) = self.latest(key);
        let version = Place::new(Reign(self.term), self.log.last() + 1).max(Place(over_version.0 + 1));
        let place = self.propose(Command::Row { key, value, version, over, over_version, session, op }, ctx);
        Some(For::Entry { index: place.index(), value: says(over), place })
    }

    /// Sends the answer.
    fn reply(&mut self, request: &Request, reply: Reply, value: Value, place: Place, started: Instant, ctx: &mut Ctx<'_>) {
        let ask = request.ask;
        self.inside -= 1;
        match reply {
            _ if reply.is_ok() => self.counters.completions += 1,
            Reply::Fail(Cause::TimedOut) | Reply::Unknown(Cause::TimedOut) => self.counters.timed_out += 1,
            _ => self.counters.failed += 1,
        }
        ctx.send(request.link, Message::Answer(Answer { value, position: place.0, ..ask.answer(reply) }));
        if ask.is_operations() {
            self.fact(Fact::Answered { op: ask.op.id, node: self.me, ok: reply.is_ok() }, ctx);
        }
        let (arrived, shown) = (request.came, ask.shown(reply, value));
        ctx.note(Note::Hop { op: ask.op, arrived, started, ok: reply.is_ok(), shown });
    }
}
