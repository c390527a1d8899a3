//! Static store: pages and pictures that are the same for everybody, served from disk or kept at the edge of a content
//! delivery network. It may not know how its origin makes them.

use super::parameter::Domain;
use super::parts::address::Address;
use super::parts::calls::{Call, Calls};
use super::parts::disk::Disk;
use super::parts::entries::{Entries, Eviction};
use super::parts::gauge::{Gauge, Live};
use super::parts::size::Size;
use super::parts::station::{Arrival, Station, Tally, WhenFull};
use super::protocol::{Answer, Ask, Ctx, Message, Note, Order, Reply, Timer, What};
use super::{Birth, Info, Machine, Port, Shelf, Wire};
use crate::history::{Cause, Fact, Key, Kind as OpKind, Process, Record, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::{Distribution, Duration, Instant};

#[cfg(test)]
mod tests;

pub const INFO: Info = Info {
    word: "static-store",
    label: "Static store",
    shelf: Shelf::Keeps,
    help: "Serves pages and pictures from its own disk; with an origin behind it, it is the edge of a delivery network.",
    first_name: "static",
    card: crate::late!(include_str!("static_store/card.md")),
};

/// nginx serves about 10,000 small files a second on one core.
const SERVICE: Distribution = Distribution::Fixed(Duration::from_micros(100));
const HOUR: Duration = Duration::from_secs(3600);
const YEAR: Duration = Duration::from_secs(31_536_000);
/// Dollars an hour for size S: a t3.small of Amazon EC2, on demand in us-east-1.
const PRICE: f64 = 0.0208;

crate::parameters! {
    /// What can be set on a static store.
    pub struct Settings {
        clones: u32 = 1, Domain::Count { least: 1, most: 64, unit: "clones" }, Basic, "Clones", "Equal machines behind one card.";
        ttl: Duration = Duration::from_secs(86_400), Domain::Time { least: Duration::ZERO, most: YEAR }, Basic, "Time to live", "How long a page from the origin is served without asking again (CloudFront: 24 h).";
        entries: u32 = 100_000, Domain::Count { least: 1, most: 10_000_000, unit: "pages" }, Basic, "Pages", "Kept of the origin's; the longest unused leaves.";
        coalescing: bool = false, Domain::Flag, Advanced, "Coalescing", "Requests for a page that is being fetched wait for it (nginx proxy_cache_lock, off as shipped).";
        timeout: Duration = Duration::from_secs(30), Domain::Time { least: Duration::from_millis(1), most: HOUR }, Advanced, "Time-out", "For the origin's answer (CloudFront: 30 s).";
        workers: u32 = 4, Domain::Count { least: 1, most: 1024, unit: "workers" }, Advanced, "Workers", "Requests worked on at the same time: one for each core. Nobody is held while the origin is waited for.";
        service: Distribution = SERVICE, Domain::Times { most: HOUR }, Advanced, "Service time", "Of one request. 100 µs: nginx serves about 10,000 small files a second on a core.";
        room: u32 = 511, Domain::Count { least: 0, most: 1_000_000, unit: "requests" }, Advanced, "Waiting line", "Requests that may wait (nginx: a backlog of 511).";
        when_full: WhenFull = WhenFull::Reject, Domain::Choice(WhenFull::WORDS), Advanced, "When the line is full", "What happens to a request that finds it full.";
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "A larger machine works faster; its price grows faster than its speed.";
    }
}

impl Settings {
    pub fn price_per_hour(&self) -> f64 {
        PRICE * self.size.price()
    }
}

/// A request, at work or waiting for the origin.
#[derive(Clone, Debug)]
struct Request {
    from: LinkId,
    ask: Ask,
    arrived: Instant,
    started: Instant,
    origin: Option<LinkId>,
    /// The next who waits for the same page.
    next: Option<Call>,
}

/// One clone.
#[derive(Clone, Debug)]
pub struct StaticStore {
    settings: Settings,
    me: Process,
    station: Station<Request>,
    pages: Entries,
    origins: Vec<Address>,
    turn: u32,
    /// Requests that wait for the origin, or for one that does.
    waiting: Calls<Request>,
    /// By page: who fetches it.
    fetching: crate::stdx::table::Table<Call>,
    /// Of its own pages.
    version: u32,
    hits: u64,
    misses: u64,
    timeouts: u64,
    late: u64,
    /// Requests answered with success and with an error, whoever's.
    completions: u64,
    failed: u64,
    disk: Disk,
}

/// A page of the origin's, or one rendered in advance that shows the value of a key.
fn word(kind: OpKind, key: Key) -> u64 {
    ((kind == OpKind::Read) as u64) << 32 | key.0 as u64
}

impl StaticStore {
    pub fn new(birth: &Birth) -> StaticStore {
        let settings = Settings::read(birth.settings);
        StaticStore {
            me: birth.me,
            station: Station::new(settings.workers, settings.room, settings.when_full),
            pages: Entries::new(settings.entries, Eviction::Lru),
            origins: Vec::new(),
            turn: 0,
            waiting: Calls::new(),
            fetching: crate::stdx::table::Table::new(),
            version: 1,
            hits: 0,
            misses: 0,
            timeouts: 0,
            late: 0,
            completions: 0,
            failed: 0,
            disk: Disk::Well,
            settings,
        }
    }

    fn begin(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let amount = self.settings.service.sample(ctx.random());
        ctx.work(amount.scale(1.0 / self.settings.size.speed()), Timer::Work(place));
    }

    fn begin_next(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(place) = self.station.next(ctx.now()) {
            self.begin(place, ctx);
        }
    }

    /// The server's own work on the request is done: it is answered, or fetched.
    fn serve(&mut self, mut request: Request, ctx: &mut Ctx<'_>) {
        let page = request.ask.op.kind == OpKind::Page;
        let key = word(request.ask.op.kind, request.ask.op.key);
        if let What::PagePut { value } = request.ask.what {
            if self.disk != Disk::Well {
                self.failed += 1;
                return ctx.send(request.from, Message::Answer(request.ask.answer(Reply::Fail(Cause::Disk))));
            }
            let word = word(OpKind::Read, request.ask.op.key);
            self.pages.put(word, value.0, Instant::FAR, ctx.now(), ctx.random());
            self.completions += 1;
            return ctx.send(request.from, Message::Answer(request.ask.answer(Reply::Ok)));
        }
        if request.ask.op.kind == OpKind::Read
            && let Some(value) = self.pages.get(key, ctx.now(), ctx.random())
        {
            // Rendered in advance: what it shows was true then.
            self.hits += 1;
            let answer = Answer { value: Value(value), ..request.ask.answer(Reply::Ok) };
            return self.respond(&request, answer, ctx);
        }
        if self.origins.is_empty() {
            let (reply, value) = match page {
                // Its own files were on the disk.
                true if self.disk == Disk::Lost => (Reply::Fail(Cause::Disk), Value::INITIAL),
                true => (Reply::Ok, Value(self.version as u64)),
                false => (Reply::Fail(Cause::NoServer), Value::INITIAL),
            };
            self.hits += reply.is_ok() as u64;
            let answer = Answer { value, ..request.ask.answer(reply) };
            return self.respond(&request, answer, ctx);
        }
        if page {
            if let Some(value) = self.pages.get(key, ctx.now(), ctx.random()) {
                self.hits += 1;
                let answer = Answer { value: Value(value), ..request.ask.answer(Reply::Ok) };
                return self.respond(&request, answer, ctx);
            }
            self.misses += 1;
            let leader = self.fetching.get(key).filter(|_| self.settings.coalescing);
            if let Some(leader) = leader.and_then(|call| self.waiting.get(call).map(|lead| (call, lead.next))) {
                request.next = leader.1;
                let call = self.waiting.open(request);
                if let Some(lead) = self.waiting.get_mut(leader.0) {
                    lead.next = Some(call);
                }
                return;
            }
        }
        self.turn = self.turn.wrapping_add(1);
        let origin = self.origins[self.turn as usize % self.origins.len()].via;
        request.origin = Some(origin);
        let ask = request.ask;
        let call = self.waiting.open(request);
        if page && self.settings.coalescing {
            self.fetching.insert(key, call);
        }
        ctx.send(origin, Message::Ask(Ask { call, ..ask }));
        ctx.timeout(self.settings.timeout, Timer::Timeout(call));
    }

    /// The origin has said something, or nothing.
    fn fetched(&mut self, call: Call, got: Result<Answer, (Cause, bool)>, ctx: &mut Ctx<'_>) {
        let Some(request) = self.waiting.close(call) else {
            self.late += 1;
            return;
        };
        let page = request.ask.op.kind == OpKind::Page;
        let key = word(request.ask.op.kind, request.ask.op.key);
        if page && self.fetching.get(key) == Some(call) {
            self.fetching.remove(key);
        }
        if let (true, Ok(Answer { reply: Reply::Ok, value, .. })) = (page && self.disk == Disk::Well, got) {
            let ends = ctx.now() + self.settings.ttl;
            self.pages.put(key, value.0, ends, ctx.now(), ctx.random());
        }
        let mut next = Some(request);
        while let Some(request) = next {
            let answer = match got {
                Ok(answer) => Answer { call: request.ask.call, ..answer },
                // A read that was not answered has failed; of anything else nobody knows.
                Err((cause, certain)) if certain || !request.ask.op.kind.writes() => {
                    request.ask.answer(Reply::Fail(cause))
                }
                Err((cause, _)) => request.ask.answer(Reply::Unknown(cause)),
            };
            self.respond(&request, answer, ctx);
            next = request.next.and_then(|call| self.waiting.close(call));
        }
    }

    fn respond(&mut self, request: &Request, answer: Answer, ctx: &mut Ctx<'_>) {
        match answer.reply.is_ok() {
            true => self.completions += 1,
            false => self.failed += 1,
        }
        self.send(request, answer, ctx);
    }

    fn send(&mut self, request: &Request, answer: Answer, ctx: &mut Ctx<'_>) {
        let ok = answer.reply.is_ok();
        let op = request.ask.op;
        let shown = request.ask.shown(answer.reply, answer.value);
        ctx.send(request.from, Message::Answer(answer));
        if request.ask.what == What::Operation {
            ctx.note(Note::History(Record::Fact(Fact::Answered { op: op.id, node: self.me, ok })));
        }
        ctx.note(Note::Hop { op, arrived: request.arrived, started: request.started, ok, shown });
    }

    fn hung_up(&mut self, origin: LinkId, ctx: &mut Ctx<'_>) {
        for call in self.waiting.find(|request| request.origin == Some(origin)) {
            self.fetched(call, Err((Cause::Reset, false)), ctx);
        }
    }
}

impl Behavior for StaticStore {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, _ctx: &mut Ctx<'_>) {
        // Whoever starts the machine again has put the disk in order, and its own files on it.
        self.disk = Disk::Well;
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        let ask = match message {
            Message::Ask(ask) => ask,
            Message::Answer(answer) => return self.fetched(answer.call, Ok(answer), ctx),
            Message::Address { of } => return self.origins.iter_mut().for_each(|o| o.moved(of, link)),
            _ => return,
        };
        let put = matches!(ask.what, What::PagePut { .. });
        let looks = ask.what == What::JobState;
        if ask.what != What::Operation && !put && !looks {
            let well = Reply::Well { writable: true };
            let reply = if ask.what == What::Probe { well } else { Reply::Fail(Cause::Error) };
            return ctx.send(link, Message::Answer(ask.answer(reply)));
        }
        if !put && !looks {
            ctx.note(Note::History(Record::Fact(Fact::Reached { op: ask.op.id, node: self.me })));
        }
        let now = ctx.now();
        let request = Request { from: link, ask, arrived: now, started: now, origin: None, next: None };
        match self.station.arrive(request, now) {
            Arrival::Starts(place) => self.begin(place, ctx),
            Arrival::Waits => {}
            Arrival::Refused(request) if put => {
                ctx.send(request.from, Message::Answer(request.ask.answer(Reply::Fail(Cause::Full))))
            }
            Arrival::Refused(request) => {
                self.send(&request, request.ask.answer(Reply::Fail(Cause::Full)), ctx)
            }
        }
    }

    fn refused(&mut self, _link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        if let Message::Ask(ask) = message {
            self.fetched(ask.call, Err((Cause::Refused, true)), ctx);
        }
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.hung_up(link, ctx);
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Work(place) => {
                if let Some(job) = self.station.leave(place, true, ctx.now()) {
                    let started = job.started;
                    self.serve(Request { started, ..job.job }, ctx);
                }
                self.begin_next(ctx);
            }
            Timer::Timeout(call) if self.waiting.get(call).is_some() => {
                self.timeouts += 1;
                self.fetched(call, Err((Cause::TimedOut, false)), ctx);
            }
            _ => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.station.crash(ctx.now());
        self.station.counters.crashed += self.waiting.len() as u64;
        self.waiting.clear();
        self.fetching.clear();
    }
}

impl Machine for StaticStore {
    fn joined(&mut self, port: &Port, _ctx: &mut Ctx<'_>) {
        let known = self.origins.iter().any(|origin| origin.link == port.link);
        if port.outgoing && port.wire == Wire::Calls && !known {
            self.origins.push(Address::new(port));
        }
    }

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.origins.retain(|origin| origin.link != link);
        self.origins.iter_mut().for_each(|origin| origin.parted(link));
        self.hung_up(link, ctx);
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.settings = Settings::read(birth.settings);
        self.station.workers = self.settings.workers;
        self.station.room = self.settings.room;
        self.station.when_full = self.settings.when_full;
        self.pages.limit(self.settings.entries, Eviction::Lru, ctx.now(), ctx.random());
        self.begin_next(ctx);
    }

    fn gauge(&self) -> Gauge {
        let mut counters = self.station.counters;
        (counters.hits, counters.misses) = (self.hits, self.misses);
        (counters.evictions, counters.expired) = (self.pages.evictions, self.pages.expired);
        (counters.entries, counters.calls_timed_out) = (self.pages.len() as u64, self.timeouts);
        (counters.late, counters.completions, counters.failed) = (self.late, self.completions, self.failed);
        Gauge {
            busy: self.station.busy(),
            workers: self.settings.workers,
            waiting: self.station.waiting(),
            pending: self.waiting.len() as u32,
            room: self.settings.room,
            live: if self.origins.is_empty() { Live::Rate } else { Live::Hits },
            version: if self.origins.is_empty() { self.version } else { 0 },
            counters,
            ..Gauge::default()
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.station.tally)
    }

    fn holds(&self, key: Key) -> Option<Value> {
        self.pages.peek(word(OpKind::Read, key), Instant::START).map(Value)
    }

    fn order(&mut self, order: Order, _ctx: &mut Ctx<'_>) -> bool {
        match order {
            // A purge: every page is fetched anew.
            Order::DropCache => self.pages.clear(),
            Order::Deploy(version) if self.origins.is_empty() => self.version = version,
            Order::FillDisk => self.disk.fill(),
            Order::LoseDisk => {
                self.disk = Disk::Lost;
                self.pages.clear();
            }
            _ => return false,
        }
        true
    }
}
