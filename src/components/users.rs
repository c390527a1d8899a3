//! Users: who asks. Sessions that come by themselves (open loop), that think between two requests (closed loop), or
//! that do again what a web server's log says. It may know nothing of the other machines but the protocol.

mod lookup;
mod pace;
mod polling;
mod replay;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod visit;

pub use replay::{AccessLog, LogError};
pub use settings::{Load, Settings, Shape};

use super::parts::address::Address;
use super::parts::calls::Call;
use super::parts::deadlines::Deadlines;
use super::parts::gauge::{Counters, Gauge, Live};
use super::parts::popularity::Popularity;
use super::protocol::{self, Ctx, Message, Note, Order, Timer};
use super::{Birth, Info, Machine, Port, Shelf, Wire};
use crate::history::{Cause, Key, Kind, Outcome, Process, Record, SessionId, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::histogram::Histogram;
use crate::stdx::{Duration, Instant, Random};
use pace::Pace;
use polling::{POLL, Polls};
use session::{Budget, Session, State};
use std::sync::Arc;

pub const INFO: Info = Info {
    word: "users",
    label: "Users",
    shelf: Shelf::Sends,
    help: "Send requests: so many a second, or each after a pause, or as an access log says.",
    first_name: "users",
    card: crate::late!(include_str!("users/card.md")),
};

/// Sessions that one card of users may have at the same time. Who comes beyond it is turned away and counted as refused.
pub const SESSIONS: usize = 200_000;
/// The session's place in its number; the machine's number stands above it.
const PLACE: u32 = 20;

#[derive(Clone, Debug)]
pub struct Users {
    settings: Settings,
    me: Process,
    region: u32,
    popularity: Popularity,
    pace: Pace,
    /// One stream for what comes and what it wants, so that nothing the servers do changes it.
    arrivals: Random,
    sessions: Vec<Session>,
    idle: Vec<u32>,
    /// Sessions that there have been.
    met: u32,
    /// Operations that there have been.
    asked: u64,
    /// What sessions have waited for so far; survives a crash, so that an old answer names nobody.
    turn: u32,
    doors: Vec<Address>,
    /// Lines to name servers, which say which of the doors to take.
    names: Vec<LinkId>,
    deadlines: Deadlines,
    polls: Polls,
    budget: Budget,
    /// Rises when the next arrival is drawn anew.
    epoch: u32,
    log: Option<Arc<AccessLog>>,
    /// Lines of the log done, and the sessions of each of its clients.
    line: usize,
    tabs: Vec<Vec<u32>>,
    outstanding: u32,
    counters: Counters,
    /// Times of what ended well, from the first attempt on.
    latency: Histogram,
    /// What was last seen of each key by anybody here.
    holds: Vec<Value>,
}

impl Users {
    pub fn new(birth: &Birth) -> Users {
        let settings = Settings::read(birth.settings);
        Users {
            me: birth.me,
            region: protocol::region(&settings.region),
            popularity: Popularity::zipf(settings.keys, settings.zipf),
            pace: Pace::new(&settings, 1.0),
            arrivals: Random::stream(birth.seed, 0),
            sessions: Vec::new(),
            idle: Vec::new(),
            met: 0,
            asked: 0,
            turn: 0,
            doors: Vec::new(),
            names: Vec::new(),
            deadlines: Deadlines::default(),
            polls: Polls::default(),
            budget: Budget::default(),
            epoch: 0,
            log: read_log(&settings, birth),
            line: 0,
            tabs: Vec::new(),
            outstanding: 0,
            counters: Counters::default(),
            latency: Histogram::default(),
            holds: Vec::new(),
            settings,
        }
    }

    /// One more session, wherever there is room for it.
    fn join(&mut self, ctx: &mut Ctx<'_>) -> Option<u32> {
        if self.sessions.len() >= SESSIONS {
            return None;
        }
        let mut session = Session::new(self.next_session(), self.me);
        session.left = self.length(ctx.random());
        self.sessions.push(session);
        Some(self.sessions.len() as u32 - 1)
    }

    /// Numbers of sessions come round after a million of them.
    fn next_session(&mut self) -> SessionId {
        let place = self.met & ((1 << PLACE) - 1);
        self.met = self.met.wrapping_add(1);
        self.counters.sessions += 1;
        SessionId(self.me.0 << PLACE | place)
    }

    /// Operations until a session ends: geometric with the mean that is set.
    fn length(&self, random: &mut Random) -> Option<u32> {
        let mean = self.settings.session_length;
        (mean > 0).then(|| {
            let p = 1.0 / mean as f64;
            if p >= 1.0 { 1 } else { (libm::log(random.unit_open()) / libm::log1p(-p)) as u32 + 1 }
        })
    }

    /// So many sessions does a closed loop keep busy now.
    fn active(&self, now: Instant) -> usize {
        ((self.settings.population as f64 * self.pace.level(now)).round() as usize).min(SESSIONS)
    }

    /// Brings the closed loop to the number of sessions that it is to have, and comes again when that changes.
    fn fill(&mut self, ctx: &mut Ctx<'_>) {
        let active = self.active(ctx.now());
        for i in 0..self.sessions.len().min(active) {
            if matches!(self.sessions[i].state, State::Away | State::Idle) {
                self.think(i as u32, Duration::ZERO, ctx);
            }
        }
        self.idle.clear();
        while self.sessions.len() < active {
            match self.join(ctx) {
                Some(i) => self.think(i, Duration::ZERO, ctx),
                None => break,
            }
        }
        let until = self.pace.steady_until(ctx.now());
        if until < Instant::FAR {
            ctx.timer(until - ctx.now(), Timer::Tick(self.epoch));
        }
    }

    /// Draws when the next one comes.
    fn schedule(&mut self, ctx: &mut Ctx<'_>) {
        let next = match self.settings.load {
            Load::Poisson | Load::Constant => self.pace.next(ctx.now(), &mut self.arrivals),
            Load::Log => self.next_line(ctx.now()),
            Load::Closed => None,
        };
        if let Some(at) = next {
            ctx.timer(at - ctx.now(), Timer::Tick(self.epoch));
        }
    }

    /// When the log's next line is due: its distance from the line before, at the speed that is set.
    fn next_line(&self, now: Instant) -> Option<Instant> {
        let entries = &self.log.as_ref()?.entries;
        let due = entries.get(self.line)?.at;
        let before = if self.line == 0 { Duration::ZERO } else { entries[self.line - 1].at };
        let speed = self.settings.log_speed * self.pace.traffic;
        (speed > 0.0).then(|| now + (due - before).scale(1.0 / speed))
    }

    /// What the load is now begins anew.
    fn restart(&mut self, ctx: &mut Ctx<'_>) {
        self.epoch = self.epoch.wrapping_add(1);
        match self.settings.load {
            Load::Closed => return self.fill(ctx),
            Load::Log => {}
            Load::Poisson | Load::Constant => {
                while self.sessions.len() < self.settings.population as usize {
                    let Some(i) = self.join(ctx) else { break };
                    self.idle.push(i);
                }
            }
        }
        self.schedule(ctx);
    }

    /// The load is of another sort now: whoever rests, rests as that sort does.
    fn settle(&mut self) {
        self.idle.clear();
        for i in 0..self.sessions.len() {
            let resting = matches!(self.sessions[i].state, State::Idle | State::Thinking | State::Away);
            if resting && self.settings.load != Load::Closed {
                self.wait(i as u32, State::Idle);
                if self.settings.load != Load::Log {
                    self.idle.push(i as u32);
                }
            }
        }
    }

    /// What an arrival wants.
    fn draw(&mut self) -> (Kind, Key) {
        let s = &self.settings;
        let mut share = self.arrivals.unit();
        let key = Key(self.popularity.draw(&mut self.arrivals));
        for (of, kind) in [(s.pages, Kind::Page), (s.jobs, Kind::Job), (s.logins, Kind::Login)] {
            if share < of {
                return (kind, key);
            }
            share -= of;
        }
        let rest = (1.0 - s.pages - s.jobs - s.logins).max(f64::MIN_POSITIVE);
        let share = share / rest;
        let kind = if share < s.reads {
            Kind::Read
        } else if share < s.reads + (1.0 - s.reads) * s.updates {
            Kind::Update
        } else if share < s.reads + (1.0 - s.reads) * (s.updates + s.inserts) {
            Kind::Insert
        } else {
            Kind::Write
        };
        (kind, key)
    }

    /// A visitor of the open loop.
    fn arrive(&mut self, ctx: &mut Ctx<'_>) {
        let (kind, key) = self.draw();
        let i = if self.idle.is_empty() {
            match self.join(ctx) {
                Some(i) => i,
                None => {
                    self.counters.arrivals += 1;
                    self.counters.refused += 1;
                    return;
                }
            }
        } else {
            let pick = ctx.random().below(self.idle.len() as u64) as usize;
            self.idle.swap_remove(pick)
        };
        self.begin(i, kind, key, ctx);
    }

    /// Everything in the log that is due now.
    fn replay(&mut self, ctx: &mut Ctx<'_>) {
        let Some(log) = self.log.clone() else { return };
        let Some(entry) = log.entries.get(self.line) else { return };
        self.line += 1;
        let client = entry.client as usize;
        if self.tabs.len() <= client {
            self.tabs.resize(client + 1, Vec::new());
        }
        // A browser has several requests under way; each such strand is a session of its own.
        let free = self.tabs[client].iter().copied().find(|i| self.sessions[*i as usize].state == State::Idle);
        let i = match free {
            Some(i) => i,
            None => match self.join(ctx) {
                Some(i) => {
                    self.tabs[client].push(i);
                    i
                }
                None => {
                    self.counters.arrivals += 1;
                    self.counters.refused += 1;
                    return;
                }
            },
        };
        self.invoke(i, entry.kind, Key(entry.key), ctx);
    }
}

/// Why users drawn so replay nothing: they name no log, or one that is not attached, or a file that is none. Only the
/// begin of a long log is looked at, so that this is quick.
pub fn log_problem(drawn: &super::parameter::Settings, files: &super::Files) -> Option<String> {
    let settings = Settings::read(drawn);
    if settings.load != Load::Log {
        return None;
    }
    if settings.log.is_empty() {
        return Some("no log is named".to_string());
    }
    let Some(text) = files.get(&settings.log) else { return Some(format!("no file {} is attached", settings.log)) };
    let begin = text.lines().scan(0, |read, line| {
        *read += line.len();
        (*read <= GLIMPSE).then_some(line)
    });
    AccessLog::read(&begin.collect::<Vec<_>>().join("\n")).err().map(|error| error.to_string())
}

/// Bytes of a log that are looked at before a run.
const GLIMPSE: usize = 1 << 18;

/// The log that the settings name. One that cannot be read brings nobody; the document's problems say why.
fn read_log(settings: &Settings, birth: &Birth) -> Option<Arc<AccessLog>> {
    if settings.load != Load::Log {
        return None;
    }
    let text = birth.files.get(&settings.log)?;
    AccessLog::read(text).ok().map(Arc::new)
}

impl Behavior for Users {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.arrivals = Random::stream(ctx.random().word(), 0);
        self.restart(ctx);
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Answer(answer) => self.answered(answer, ctx),
            Message::Address { of } => {
                self.doors.iter_mut().for_each(|door| door.moved(of, link))
            }
            // Nobody asks users; what else goes over lines is not for them.
            _ => {}
        }
    }

    fn refused(&mut self, _link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        let Message::Ask(ask) = message else { return };
        if let Some(i) = self.waiting(ask.call) {
            self.failed(i, Cause::Refused, ctx);
        } else {
            self.poll_failed(ask.call, ctx);
        }
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        for i in 0..self.sessions.len() {
            let session = &mut self.sessions[i];
            if session.state == State::Asking && session.via == Some(link) {
                session.maybe |= !session.looking_up;
                self.failed(i as u32, Cause::Reset, ctx);
            }
        }
        self.polls_broken(link, ctx);
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Tick(epoch) if epoch == self.epoch => match self.settings.load {
                Load::Closed => self.fill(ctx),
                Load::Log => {
                    self.replay(ctx);
                    self.schedule(ctx);
                }
                Load::Poisson | Load::Constant => {
                    self.arrive(ctx);
                    self.schedule(ctx);
                }
            },
            Timer::Wake(word) if word & POLL != 0 => self.poll(Call(word), ctx),
            Timer::Wake(word) => {
                let i = word as u32;
                let Some(session) = self.sessions.get(i as usize) else { return };
                match session.state {
                    _ if session.turn != (word >> 32) as u32 => {}
                    State::BackingOff => self.ask(i, ctx),
                    State::Thinking if i as usize >= self.active(ctx.now()) => _ = self.wait(i, State::Away),
                    State::Thinking => {
                        let (kind, key) = self.draw();
                        self.begin(i, kind, key, ctx);
                    }
                    _ => {}
                }
            }
            Deadlines::TIMER => {
                while let Some(call) = self.next_deadline(ctx) {
                    self.poll_failed(call, ctx);
                    if let Some(i) = self.waiting(call) {
                        let session = &mut self.sessions[i as usize];
                        session.maybe |= !session.looking_up;
                        self.failed(i, Cause::TimedOut, ctx);
                    }
                }
            }
            _ => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        for session in &mut self.sessions {
            if matches!(session.state, State::Asking | State::BackingOff) {
                let (op, outcome) = (session.op, Outcome::Unknown(Cause::Reset));
                ctx.note(Note::History(Record::Return { op, outcome }));
                self.counters.crashed += 1;
            }
        }
        self.outstanding = 0;
        self.sessions.clear();
        self.idle.clear();
        self.tabs.clear();
        self.deadlines.clear();
        self.polls.forget();
    }
}

impl Machine for Users {
    fn joined(&mut self, port: &Port, _ctx: &mut Ctx<'_>) {
        if port.wire != Wire::Calls || !port.outgoing || self.names.contains(&port.link) {
            return;
        }
        if port.peer_kind == super::Kind::Dns {
            self.names.push(port.link);
        } else if !self.doors.iter().any(|door| door.link == port.link) {
            self.doors.push(Address::new(port));
        }
    }

    fn parted(&mut self, link: LinkId, _ctx: &mut Ctx<'_>) {
        self.doors.retain(|door| door.link != link);
        self.names.retain(|name| *name != link);
        self.doors.iter_mut().for_each(|door| door.parted(link));
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        let settings = Settings::read(birth.settings);
        let before = std::mem::replace(&mut self.settings, settings);
        let settings = &self.settings;
        if (settings.keys, settings.zipf) != (before.keys, before.zipf) {
            self.popularity = Popularity::zipf(settings.keys, settings.zipf);
        }
        if (settings.load, &settings.log) != (before.load, &before.log) {
            self.log = read_log(settings, birth);
            self.line = 0;
            self.tabs.clear();
        }
        self.region = protocol::region(&settings.region);
        self.pace = Pace::new(settings, self.pace.traffic);
        if self.settings.load != before.load {
            self.settle();
        }
        self.restart(ctx);
    }

    fn gauge(&self) -> Gauge {
        Gauge {
            busy: self.outstanding,
            workers: self.sessions.len() as u32,
            live: Live::Rate,
            counters: self.counters,
            ..Gauge::default()
        }
    }

    fn spans(&self) -> Vec<(&'static str, &Histogram)> {
        let done = Some(("time_to_done", &self.polls.times)).filter(|(_, times)| times.count() > 0);
        [("latency", &self.latency)].into_iter().chain(done).collect()
    }

    fn holds(&self, key: Key) -> Option<Value> {
        self.holds.get(key.0 as usize).copied()
    }

    fn order(&mut self, order: Order, ctx: &mut Ctx<'_>) -> bool {
        match order {
            Order::Traffic(factor) => {
                self.pace.traffic = factor;
                self.restart(ctx);
                true
            }
            _ => false,
        }
    }
}
