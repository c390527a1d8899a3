//! Load balancer: one address for many servers. Policies, stickiness, health checks, connect retries. It may know
//! nothing of the other machines but the protocol.

mod health;
mod pair;
mod policy;
mod settings;
mod sticky;
#[cfg(test)]
mod tests;

pub use settings::{AllDown, Health, Pairing, Policy, Product, Settings, Standby, Stickiness};

use super::parts::calls::{Call, Calls};
use super::parts::deadlines::Deadlines;
use super::parts::gauge::{Counters, Gauge, Live};
use super::parts::station::Tally;
use super::protocol::{Answer, Ask, Ctx, Message, Note, Reply, Timer, What};
use super::{Birth, Info, Machine, Port, Shelf, Wire};
use crate::history::{Cause, Fact, Kind as OpKind, Process, Record};
use crate::sim::{Behavior, LinkId};
use crate::stdx::{Duration, Instant};
use pair::Pair;
use policy::{Ready, Server};
use sticky::Sticky;

pub const INFO: Info = Info {
    word: "load-balancer",
    label: "Load balancer",
    shelf: Shelf::Spreads,
    help: "One address for many servers: spreads requests over those that are up.",
    first_name: "lb",
    card: crate::late!(include_str!("load_balancer/card.md")),
};

/// What the balancer awaits an answer to, or an instant for.
#[derive(Clone, Debug)]
enum Pending {
    /// A client's request, at a server or (no server) waiting to be tried again or to be let in.
    Request(Request),
    Probe {
        server: u32,
    },
}

#[derive(Clone, Copy, Debug)]
struct Request {
    /// Where it came from, and as it came.
    client: LinkId,
    ask: Ask,
    server: Option<u32>,
    /// It has left for its server; if not, it waits to be tried again and is certain not to have been seen.
    sent: bool,
    /// The line that it went over.
    via: Option<LinkId>,
    tries: u8,
    arrived: Instant,
    started: Instant,
}

#[derive(Clone, Debug)]
pub struct LoadBalancer {
    settings: Settings,
    me: Process,
    /// The other balancer, if there is one.
    pair: Option<Pair>,
    /// Lines from those who ask.
    clients: Vec<LinkId>,
    servers: Vec<Server>,
    ready: Ready,
    sticky: Sticky,
    calls: Calls<Pending>,
    deadlines: Deadlines,
    /// Until when it is busy opening the connections it has taken, where it has a capacity.
    busy_until: Instant,
    /// Rises when the checks begin anew.
    epoch: u32,
    counters: Counters,
    tally: Tally,
}

impl LoadBalancer {
    pub fn new(birth: &Birth) -> LoadBalancer {
        LoadBalancer {
            settings: Settings::of(birth.settings),
            me: birth.me,
            pair: None,
            clients: Vec::new(),
            servers: Vec::new(),
            ready: Ready::default(),
            sticky: Sticky::default(),
            calls: Calls::new(),
            deadlines: Deadlines::default(),
            busy_until: Instant::START,
            epoch: 0,
            counters: Counters::default(),
            tally: Tally::default(),
        }
    }

    fn fact(&self, fact: Fact, ctx: &mut Ctx<'_>) {
        ctx.note(Note::History(Record::Fact(fact)));
    }

    fn asked(&mut self, client: LinkId, ask: Ask, ctx: &mut Ctx<'_>) {
        if ask.what == What::Probe {
            return ctx.send(client, Message::Answer(ask.answer(Reply::Well { writable: true })));
        }
        if !self.serves() {
            // The address is not here: whoever asks has not heard who holds it.
            return ctx.send(client, Message::Answer(ask.answer(Reply::Fail(Cause::Refused))));
        }
        self.counters.arrivals += 1;
        self.tally.comes(ctx.now());
        if ask.what == What::Operation {
            self.fact(Fact::Reached { op: ask.op.id, node: self.me }, ctx);
        }
        let now = ctx.now();
        let request = Request { client, ask, server: None, sent: false, via: None, tries: 0, arrived: now, started: now };
        let Some(speed) = self.settings.speed() else { return self.place(request, None, ctx) };
        let line = (self.busy_until - now).as_secs() * speed;
        if line >= self.settings.backlog as f64 + 1.0 {
            self.counters.refused += 1;
            return self.answer(request, ask.answer(Reply::Fail(Cause::Full)), ctx);
        }
        self.busy_until = self.busy_until.max(now) + Duration::from_secs_f64(1.0 / speed);
        let call = self.calls.open(Pending::Request(request));
        ctx.work(self.busy_until - now, Timer::Wake(call.0));
    }

    /// Sends the request to a server: to that of its session, or to whom the policy names.
    fn place(&mut self, mut request: Request, not: Option<u32>, ctx: &mut Ctx<'_>) {
        let op = &request.ask.op;
        let stuck = match not {
            Some(_) => None,
            None => self.sticky.find(&self.settings, &request.ask, &self.servers),
        };
        let chosen = stuck.or_else(|| {
            let LoadBalancer { ready, settings, servers, .. } = self;
            ready.choose(settings, servers, op, not, ctx.now(), ctx.random())
        });
        match chosen {
            Some(server) => {
                request.server = Some(server);
                self.send(request, ctx)
            }
            None => self.answer(request, request.ask.answer(Reply::Fail(Cause::NoServer)), ctx),
        }
    }

    fn send(&mut self, mut request: Request, ctx: &mut Ctx<'_>) {
        let Some(server) = request.server else { return };
        let via = self.servers[server as usize].address.via;
        (request.started, request.sent, request.via) = (ctx.now(), true, Some(via));
        let ask = request.ask;
        let call = self.calls.open(Pending::Request(request));
        let server = &mut self.servers[server as usize];
        server.connections += 1;
        server.sent += 1;
        ctx.send(via, Message::Ask(Ask { call, ..ask }));
        self.deadlines.add(call, self.settings.timeout, ctx);
    }

    /// Answers the client.
    fn answer(&mut self, request: Request, answer: Answer, ctx: &mut Ctx<'_>) {
        let ok = answer.reply.is_ok();
        match answer.reply {
            Reply::Fail(Cause::Full) if request.server.is_none() => {}
            Reply::Fail(Cause::TimedOut) | Reply::Unknown(Cause::TimedOut) => self.counters.timed_out += 1,
            _ if ok => self.counters.completions += 1,
            _ => self.counters.failed += 1,
        }
        let ask = &request.ask;
        if ask.what == What::Operation {
            self.fact(Fact::Answered { op: ask.op.id, node: self.me, ok }, ctx);
        }
        let (arrived, started) = (request.arrived, request.started);
        self.tally.leaves(arrived, started, ctx.now());
        let shown = ask.shown(answer.reply, answer.value);
        ctx.note(Note::Hop { op: ask.op, arrived, started, ok, shown });
        ctx.send(request.client, Message::Answer(Answer { call: ask.call, ..answer }));
    }

    fn answered(&mut self, mut answer: Answer, ctx: &mut Ctx<'_>) {
        match self.calls.close(answer.call) {
            None => self.counters.late += 1,
            Some(Pending::Probe { server }) => {
                let well = answer.reply.is_ok();
                self.checked(server, well, ctx);
            }
            Some(Pending::Request(request)) => {
                self.released(&request);
                if let Some(server) = request.server {
                    let stick = self.sticky.mark(&self.settings, &request.ask, server, &self.servers, ctx.random());
                    if stick != 0 {
                        answer.cookie.stick = stick;
                    }
                    self.served(server);
                }
                self.answer(request, answer, ctx);
            }
        }
    }

    /// The request holds its server's connection no more.
    fn released(&mut self, request: &Request) {
        if let Some(server) = request.server {
            let server = &mut self.servers[server as usize];
            server.connections = server.connections.saturating_sub(1);
        }
    }

    /// The server's process is down, certainly without having seen the request.
    fn turned_away(&mut self, mut request: Request, ctx: &mut Ctx<'_>) {
        let Some(server) = request.server else { return };
        self.released(&request);
        self.misbehaved(server, ctx);
        if (request.tries as u32) >= self.settings.retries {
            return self.answer(request, request.ask.answer(Reply::Fail(Cause::Refused)), ctx);
        }
        request.tries += 1;
        (request.sent, request.via) = (false, None);
        self.counters.retries += 1;
        if self.settings.redispatch {
            request.server = None;
            self.place(request, Some(server), ctx);
        } else {
            // It counts as the server's while it waits: a dead server must not look like the least busy one.
            self.servers[server as usize].connections += 1;
            let call = self.calls.open(Pending::Request(request));
            ctx.timer(self.settings.retry_pause, Timer::Wake(call.0));
        }
    }

    /// The request was on its way to the server or there, and no answer will come: a read changed nothing, anything
    /// else may have happened.
    fn lost(&mut self, request: Request, cause: Cause, ctx: &mut Ctx<'_>) {
        self.released(&request);
        let harmless = matches!(request.ask.op.kind, OpKind::Read | OpKind::Page)
            && !matches!(request.ask.what, What::CacheSet { .. } | What::CacheDelete { .. } | What::SessionPut { .. });
        let reply = if harmless { Reply::Fail(cause) } else { Reply::Unknown(cause) };
        self.answer(request, request.ask.answer(reply), ctx);
    }

    /// Requests that have come and are not answered.
    fn requests(&self) -> u64 {
        self.calls.find(|pending| matches!(pending, Pending::Request(_))).len() as u64
    }

    /// A pause is over: a request is let in, or tried once more.
    fn go_on(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        let Some(Pending::Request(request)) = self.calls.close(call) else { return };
        self.released(&request);
        match request.server {
            Some(server) if !self.servers[server as usize].gone => self.send(request, ctx),
            _ => self.place(request, None, ctx),
        }
    }
}

impl Behavior for LoadBalancer {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.begin_checks(ctx);
        self.begin_pair(ctx);
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Ask(ask) => self.asked(link, ask, ctx),
            Message::Answer(answer) => self.answered(answer, ctx),
            Message::Beat { priority, took } => self.heard(priority, took, ctx),
            Message::Address { of } => self.servers.iter_mut().for_each(|s| s.address.moved(of, link)),
            // Nothing else is for it.
            Message::Copy(_) | Message::Raft(_) | Message::Quorum(_) => {}
        }
    }

    fn refused(&mut self, _link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        let Message::Ask(ask) = message else { return };
        match self.calls.close(ask.call) {
            None => {}
            Some(Pending::Probe { server }) => self.checked(server, false, ctx),
            Some(Pending::Request(request)) => self.turned_away(request, ctx),
        }
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        let server = self.servers.iter().position(|s| s.address.link == link && !s.gone).map(|i| i as u32);
        let open = self.calls.find(|pending| match pending {
            Pending::Probe { server: of } => Some(*of) == server,
            Pending::Request(request) => request.sent && request.via == Some(link),
        });
        for call in open {
            match self.calls.close(call) {
                Some(Pending::Probe { server }) => self.checked(server, false, ctx),
                Some(Pending::Request(request)) => {
                    if let Some(server) = request.server {
                        self.misbehaved(server, ctx);
                    }
                    self.lost(request, Cause::Reset, ctx)
                }
                None => {}
            }
        }
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Deadlines::TIMER => {
                while let Some(call) = self.deadlines.next(|call| self.calls.get(call).is_some(), ctx) {
                    if let Some(Pending::Request(request)) = self.calls.close(call) {
                        if let Some(server) = request.server {
                            self.misbehaved(server, ctx);
                        }
                        self.lost(request, Cause::TimedOut, ctx);
                    }
                }
            }
            Timer::Timeout(call) => {
                if let Some(Pending::Probe { server }) = self.calls.close(call) {
                    self.checked(server, false, ctx);
                }
            }
            Timer::Tick(tick) => self.check(tick, ctx),
            Timer::Wake(word) => self.go_on(Call(word), ctx),
            Timer::Work(number) if number < pair::TIMERS => self.pardon(number, ctx.now()),
            Timer::Work(number) => self.pair_timer(number, ctx),
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.counters.crashed += self.requests();
        self.tally.vanish(ctx.now());
        self.calls.clear();
        self.deadlines.clear();
        self.sticky.clear();
        self.busy_until = Instant::START;
        self.servers.iter_mut().for_each(Server::forget);
    }
}

impl Machine for LoadBalancer {
    fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
        match port.wire {
            Wire::Calls if port.outgoing => {}
            Wire::Calls if self.clients.contains(&port.link) => return,
            Wire::Calls => return self.clients.push(port.link),
            Wire::Heartbeat => return self.pair_with(port, ctx),
            Wire::Copies | Wire::Mirrors => return,
        }
        // A line that it has already: something else of the drawing was edited.
        if let Some(known) = self.servers.iter_mut().find(|s| s.address.link == port.link && !s.gone) {
            known.follow(port);
            policy::weigh(&self.settings, &mut self.servers);
            return self.refresh();
        }
        self.servers.push(Server::new(port, ctx.now()));
        policy::weigh(&self.settings, &mut self.servers);
        self.refresh();
        self.first_check(self.servers.len() as u32 - 1, ctx);
    }

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.clients.retain(|client| *client != link);
        if self.pair.as_ref().is_some_and(|pair| pair.link == link) {
            self.alone(ctx);
        }
        for server in &mut self.servers {
            server.address.parted(link);
            server.gone |= server.address.link == link;
        }
        policy::weigh(&self.settings, &mut self.servers);
        self.refresh();
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.settings = Settings::of(birth.settings);
        policy::weigh(&self.settings, &mut self.servers);
        self.begin_checks(ctx);
        self.pair_set(ctx);
    }

    fn gauge(&self) -> Gauge {
        let there = || self.servers.iter().filter(|s| !s.gone);
        let busy = there().map(|s| s.connections).sum();
        Gauge {
            busy,
            open: Some(self.requests()),
            live: Live::Up { up: there().filter(|s| self.believed_up(s)).count() as u32, of: there().count() as u32 },
            role: self.role(),
            counters: self.counters,
            ..Gauge::default()
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.tally)
    }
}
