//! Scheduler: has pages made in advance, every so often, and puts them into the static store. It may not know how they
//! are made.

use super::parameter::Domain;
use super::parts::address::Address;
use super::parts::calls::{Call, Calls};
use super::parts::gauge::Gauge;
use super::parts::size::Size;
use super::parts::station::{Arrival, Station, Tally, WhenFull};
use super::protocol::{Answer, Ask, Cookie, Ctx, Message, Note, Reply, Timer, What};
use super::{Birth, Info, Kind, Machine, Port, Shelf, Wire};
use crate::history::{Key, Kind as OpKind, Op, OpId, Process, SessionId, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::{Distribution, Duration, Instant};

#[cfg(test)]
mod tests;

pub const INFO: Info = Info {
    word: "scheduler",
    label: "Scheduler",
    shelf: Shelf::Works,
    help: "Renders pages in advance, every so often, into the static store.",
    first_name: "cron",
    card: crate::late!(include_str!("scheduler/card.md")),
};

const HOUR: Duration = Duration::from_secs(3600);
const SERVICE: Distribution = Distribution::Exponential(Duration::from_millis(50));
/// Dollars an hour for size S: a t3.small of Amazon EC2, on demand in us-east-1.
const PRICE: f64 = 0.0208;
/// Asked in nobody's name.
const NOBODY: OpId = OpId(u64::MAX);

crate::parameters! {
    /// What can be set on a scheduler.
    pub struct Settings {
        every: Duration = Duration::from_secs(60), Domain::Time { least: Duration::from_millis(10), most: Duration::from_secs(31_536_000) }, Basic, "Every", "How often all pages are rendered; the first time at once. Cron's shortest is one minute.";
        pages: u32 = 100, Domain::Count { least: 1, most: 1_000_000, unit: "pages" }, Basic, "Pages", "Of the most popular keys, one each.";
        concurrency: u32 = 1, Domain::Count { least: 1, most: 1024, unit: "pages" }, Basic, "At once", "Pages rendered at the same time.";
        service: Distribution = SERVICE, Domain::Times { most: HOUR }, Basic, "Service time", "Of rendering one page, without fetching what is on it.";
        timeout: Duration = Duration::from_secs(30), Domain::Time { least: Duration::from_millis(1), most: HOUR }, Advanced, "Time-out", "For what is on the page. A page that cannot be made stays as it was.";
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "A larger machine works faster; its price grows faster than its speed.";
    }
}

impl Settings {
    pub fn price_per_hour(&self) -> f64 {
        PRICE * self.size.price()
    }
}

/// The scheduler.
#[derive(Clone, Debug)]
pub struct Scheduler {
    settings: Settings,
    me: Process,
    /// Pages to be made; a place is kept until the page is there.
    station: Station<Key>,
    /// What is on a page has been asked for: its place.
    fetching: Calls<(u32, LinkId)>,
    sources: Vec<Address>,
    stores: Vec<Address>,
    turn: u32,
    timeouts: u64,
}

impl Scheduler {
    pub fn new(birth: &Birth) -> Scheduler {
        let settings = Settings::read(birth.settings);
        Scheduler {
            me: birth.me,
            station: Station::new(settings.concurrency, u32::MAX, WhenFull::Reject),
            fetching: Calls::new(),
            sources: Vec::new(),
            stores: Vec::new(),
            turn: 0,
            timeouts: 0,
            settings,
        }
    }

    fn ask(&self, call: Call, key: Key, what: What, now: Instant) -> Ask {
        let (kind, value) = (OpKind::Read, Value::INITIAL);
        let op =
            Op { id: NOBODY, client: self.me, session: SessionId(u32::MAX), kind, key, value, invoked: now };
        Ask { call, op, what, cookie: Cookie::default(), seen: 0, attempt: 0, region: 0 }
    }

    /// All pages are due. Those of the last time that are not made yet are not ordered twice.
    fn render(&mut self, ctx: &mut Ctx<'_>) {
        ctx.timer(self.settings.every, Timer::Tick(0));
        if self.station.busy() > 0 || self.sources.is_empty() {
            return;
        }
        for page in 0..self.settings.pages {
            if let Arrival::Starts(place) = self.station.arrive(Key(page), ctx.now()) {
                self.begin(place, ctx);
            }
        }
    }

    fn begin(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let amount = self.settings.service.sample(ctx.random());
        ctx.work(amount.scale(1.0 / self.settings.size.speed()), Timer::Work(place));
    }

    fn fetch(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(key) = self.station.at(place).map(|j| j.job) else { return };
        self.turn = self.turn.wrapping_add(1);
        let Some(source) = self.sources.get(self.turn as usize % self.sources.len().max(1)).map(|s| s.via) else {
            return self.done(place, None, ctx);
        };
        let call = self.fetching.open((place, source));
        ctx.send(source, Message::Ask(self.ask(call, key, What::Operation, ctx.now())));
        ctx.timeout(self.settings.timeout, Timer::Timeout(call));
    }

    /// The page is made, or cannot be.
    fn done(&mut self, place: u32, value: Option<Value>, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.leave(place, value.is_some(), ctx.now()) else { return };
        if let Some(value) = value {
            for store in &self.stores {
                let put = self.ask(Call::default(), job.job, What::PagePut { value }, ctx.now());
                ctx.send(store.via, Message::Ask(put));
            }
        }
        while let Some(place) = self.station.next(ctx.now()) {
            self.begin(place, ctx);
        }
    }

    fn fetched(&mut self, call: Call, answer: Option<Answer>, ctx: &mut Ctx<'_>) {
        let Some((place, _)) = self.fetching.close(call) else { return };
        let value = answer.filter(|a| a.reply == Reply::Ok).map(|a| a.value);
        self.done(place, value, ctx);
    }

    fn hung_up(&mut self, source: LinkId, ctx: &mut Ctx<'_>) {
        for call in self.fetching.find(|(_, s)| *s == source) {
            self.fetched(call, None, ctx);
        }
    }
}

impl Behavior for Scheduler {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.render(ctx);
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Answer(answer) => self.fetched(answer.call, Some(answer), ctx),
            Message::Address { of } => {
                self.sources.iter_mut().chain(&mut self.stores).for_each(|a| a.moved(of, link));
            }
            Message::Ask(ask) if ask.what == What::Probe => {
                ctx.send(link, Message::Answer(ask.answer(Reply::Well { writable: false })));
            }
            _ => {}
        }
    }

    fn refused(&mut self, _link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        if let Message::Ask(ask) = message {
            self.fetched(ask.call, None, ctx);
        }
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.hung_up(link, ctx);
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Work(place) => self.fetch(place, ctx),
            Timer::Tick(_) => self.render(ctx),
            Timer::Timeout(call) if self.fetching.get(call).is_some() => {
                self.timeouts += 1;
                self.fetched(call, None, ctx);
            }
            Timer::Timeout(_) | Timer::Wake(_) => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.station.crash(ctx.now());
        self.fetching.clear();
    }
}

impl Machine for Scheduler {
    fn joined(&mut self, port: &Port, _ctx: &mut Ctx<'_>) {
        if port.outgoing && port.wire == Wire::Calls {
            let list =
                if port.peer_kind == Kind::StaticStore { &mut self.stores } else { &mut self.sources };
            if !list.iter().any(|known| known.link == port.link) {
                list.push(Address::new(port));
            }
        }
    }

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.stores.retain(|store| store.link != link);
        self.sources.retain(|source| source.link != link);
        self.sources.iter_mut().chain(&mut self.stores).for_each(|a| a.parted(link));
        self.hung_up(link, ctx);
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.settings = Settings::read(birth.settings);
        self.station.workers = self.settings.concurrency;
        while let Some(place) = self.station.next(ctx.now()) {
            self.begin(place, ctx);
        }
    }

    fn gauge(&self) -> Gauge {
        let mut counters = self.station.counters;
        counters.calls_timed_out = self.timeouts;
        Gauge {
            busy: self.station.busy(),
            workers: self.settings.concurrency,
            waiting: self.station.waiting(),
            room: self.settings.pages,
            counters,
            ..Gauge::default()
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.station.tally)
    }
}
