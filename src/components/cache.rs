//! Cache: values in memory with a limit, an expiry and a choice of who leaves, as Redis and Memcached keep them; also
//! the store of sessions. It may not know where the values come from.

use super::parameter::Domain;
use super::parts::disk::Disk;
use super::parts::entries::{Entries, Eviction, Put};
use super::parts::gauge::{Gauge, Live};
use super::parts::size::Size;
use super::parts::station::{Arrival, Station, Tally, WhenFull};
use super::protocol::{Answer, Ask, Ctx, Message, Note, Order, Reply, Slot, Timer, What};
use super::{Birth, Info, Machine, Port, Shelf};
use crate::history::{Cause, Key, SessionId, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::table::Table;
use crate::stdx::{Distribution, Duration, Instant};

#[cfg(test)]
mod tests;

pub const INFO: Info = Info {
    word: "cache",
    label: "Cache",
    shelf: Shelf::Keeps,
    help: "Keeps results in memory, so that the database is not asked twice. A crash empties it.",
    first_name: "cache",
    card: crate::late!(include_str!("cache/card.md")),
};

/// One thread serves all commands, and without pipelining about 100,000 of them a second (redis.io, benchmarks).
const SERVICE: Distribution = Distribution::Fixed(Duration::from_micros(10));
/// What an append-only file costs a write with `appendfsync always`: one flush of a data-centre SSD.
const SYNC: Distribution = Distribution::Fixed(Duration::from_millis(1));
const YEAR: Duration = Duration::from_secs(31_536_000);

crate::parameters! {
    /// What can be set on a cache.
    pub struct Settings {
        clones: u32 = 1, Domain::Count { least: 1, most: 64, unit: "nodes" }, Basic, "Nodes", "Machines, each with its own share of the keys: the app server picks one by the key.";
        entries: u32 = 65_536, Domain::Count { least: 1, most: 10_000_000, unit: "entries" }, Basic, "Entries", "Room per node. 65,536 is Memcached's 64 MB in objects of 1 KB.";
        eviction: Eviction = Eviction::Lru, Domain::Choice(Eviction::WORDS), Basic, "Eviction", "Who leaves when it is full. LRU is Memcached's way; Redis as shipped refuses writes.";
        ttl: Duration = Duration::ZERO, Domain::Time { least: Duration::ZERO, most: YEAR }, Basic, "Time to live", "For what is stored without one of its own; 0s keeps it until it is evicted, as Redis and Memcached do.";
        renew: bool = false, Domain::Flag, Advanced, "Renew on hit", "A hit begins the time to live anew (sliding expiry, Redis GETEX). Sessions always do.";
        session_ttl: Duration = Duration::from_secs(1440), Domain::Time { least: Duration::from_millis(1), most: YEAR }, Advanced, "Session lifetime", "A session not used for so long is forgotten. 24 minutes is PHP's session.gc_maxlifetime.";
        lease_time: Duration = Duration::from_secs(10), Domain::Time { least: Duration::from_millis(1), most: Duration::from_secs(3600) }, Advanced, "Lease time", "Who missed has so long to fill the entry before another may (10 s: Nishtala et al., NSDI 2013).";
        workers: u32 = 1, Domain::Count { least: 1, most: 1024, unit: "workers" }, Advanced, "Workers", "Threads. Redis has 1, Memcached 4.";
        service: Distribution = SERVICE, Domain::Times { most: Duration::from_secs(60) }, Advanced, "Service time", "Of one command. 10 µs: Redis serves about 100,000 a second on one core.";
        room: u32 = 10_000, Domain::Count { least: 0, most: 1_000_000, unit: "requests" }, Advanced, "Waiting line", "Requests that may wait. 10,000 is Redis' maxclients.";
        when_full: WhenFull = WhenFull::Reject, Domain::Choice(WhenFull::WORDS), Advanced, "When the line is full", "What happens to a request that finds it full.";
        persist: bool = false, Domain::Flag, Advanced, "Kept on disk", "Every write goes to disk before it is answered (Redis appendonly with appendfsync always; off as shipped).";
        sync: Distribution = SYNC, Domain::Times { most: Duration::from_secs(10) }, Advanced, "Disk flush", "What a write costs more when it goes to disk. 1 ms is usual for a data-centre SSD.";
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "A larger machine works faster; its price grows faster than its speed.";
    }
}

/// Dollars an hour for size S: a cache.t3.small of Amazon ElastiCache, on demand in us-east-1.
const PRICE: f64 = 0.034;

impl Settings {
    pub fn price_per_hour(&self) -> f64 {
        PRICE * self.size.price()
    }
}

#[derive(Clone, Debug)]
struct Job {
    from: LinkId,
    ask: Ask,
}

/// A cache node.
#[derive(Clone, Debug)]
pub struct Cache {
    settings: Settings,
    station: Station<Job>,
    entries: Entries,
    /// Who may fill a missing entry, and until when.
    leases: Table<(u32, Instant)>,
    leased: u32,
    disk: Disk,
    hits: u64,
    misses: u64,
    dropped: u64,
    now: Instant,
}

fn slot_word(slot: Slot) -> u64 {
    match slot {
        Slot::Object(key) => key.0 as u64,
        Slot::Query(text) => 1 << 32 | text as u64,
    }
}

fn session_word(session: SessionId) -> u64 {
    2 << 32 | session.0 as u64
}

impl Cache {
    pub fn new(birth: &Birth) -> Cache {
        Cache::with(Settings::read(birth.settings))
    }

    pub(super) fn with(settings: Settings) -> Cache {
        Cache {
            station: Station::new(settings.workers, settings.room, settings.when_full),
            entries: Entries::new(settings.entries, settings.eviction),
            leases: Table::new(),
            leased: 0,
            disk: Disk::Well,
            hits: 0,
            misses: 0,
            dropped: 0,
            now: Instant::START,
            settings,
        }
    }

    fn begin(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.at(place) else { return };
        let mut amount = self.settings.service.sample(ctx.random());
        let stores = matches!(job.job.ask.what, What::CacheSet { .. } | What::SessionPut { .. });
        if self.settings.persist && (stores || matches!(job.job.ask.what, What::CacheDelete { .. })) {
            amount = amount + self.settings.sync.sample(ctx.random());
        }
        ctx.work(amount.scale(1.0 / self.settings.size.speed()), Timer::Work(place));
    }

    fn begin_next(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(place) = self.station.next(ctx.now()) {
            self.begin(place, ctx);
        }
    }

    fn ends(&self, now: Instant, ttl: Duration) -> Instant {
        if ttl.is_zero() { Instant::FAR } else { now + ttl }
    }

    /// Carries the command out: all at one instant, as one thread does.
    fn answer(&mut self, ask: &Ask, ctx: &mut Ctx<'_>) -> Answer {
        let now = ctx.now();
        let mut answer = ask.answer(Reply::Ok);
        match ask.what {
            What::CacheGet { slot, lease } => {
                let word = slot_word(slot);
                match self.entries.get(word, now, ctx.random()) {
                    Some(value) => {
                        self.hits += 1;
                        answer.value = Value(value);
                        if self.settings.renew && !self.settings.ttl.is_zero() {
                            self.entries.renew(word, now + self.settings.ttl);
                        }
                    }
                    None => {
                        self.misses += 1;
                        answer.reply = if lease { self.lease(word, now) } else { MISS };
                    }
                }
            }
            What::CacheSet { slot, value, ttl, lease } => {
                let word = slot_word(slot);
                // A lease that a delete has ended, or that another holds by now, fills nothing: what was read may be
                // older than the delete.
                let valid = lease == 0 || self.leases.get(word).is_some_and(|(l, _)| l == lease);
                if valid {
                    self.leases.remove(word);
                    let ttl = if ttl.is_zero() { self.settings.ttl } else { ttl };
                    answer.reply = self.store(word, value.0, self.ends(now, ttl), ctx);
                    answer.value = value;
                }
            }
            What::CacheDelete { slot } => {
                let word = slot_word(slot);
                self.leases.remove(word);
                self.entries.remove(word);
            }
            What::SessionGet => {
                let word = session_word(ask.op.session);
                answer.reply = match self.entries.get(word, now, ctx.random()) {
                    Some(cart) => {
                        self.entries.renew(word, now + self.settings.session_ttl);
                        Reply::Session { cart: cart as u32 }
                    }
                    None => Reply::NoSession,
                };
            }
            What::SessionPut { cart } => {
                let ends = now + self.settings.session_ttl;
                answer.reply = self.store(session_word(ask.op.session), cart as u64, ends, ctx);
            }
            What::Operation | What::Probe | What::Lookup | What::RowPut { .. } | What::Disk { .. } | What::JobTake | What::JobDone { .. } | What::JobBack { .. } | What::JobResult { .. } | What::JobState | What::PagePut { .. } => answer.reply = Reply::Fail(Cause::Error),
        }
        answer
    }

    fn store(&mut self, word: u64, payload: u64, ends: Instant, ctx: &mut Ctx<'_>) -> Reply {
        if self.settings.persist && self.disk != Disk::Well {
            return Reply::Fail(Cause::Disk);
        }
        match self.entries.put(word, payload, ends, ctx.now(), ctx.random()) {
            Put::Stored | Put::NotAdmitted => Reply::Ok,
            Put::Refused => Reply::Fail(Cause::Full),
        }
    }

    /// The first to miss gets the lease; who comes while it is out waits.
    fn lease(&mut self, word: u64, now: Instant) -> Reply {
        if self.leases.get(word).is_some_and(|(_, until)| until > now) {
            return Reply::Miss { lease: 0, wait: true };
        }
        self.leased = self.leased.wrapping_add(1).max(1);
        self.leases.insert(word, (self.leased, now + self.settings.lease_time));
        Reply::Miss { lease: self.leased, wait: false }
    }

    fn forget(&mut self) {
        self.dropped += self.entries.len() as u64;
        self.entries.clear();
        self.leases.clear();
    }

    pub(super) fn change(&mut self, settings: Settings, ctx: &mut Ctx<'_>) {
        self.settings = settings;
        self.station.workers = self.settings.workers;
        self.station.room = self.settings.room;
        self.station.when_full = self.settings.when_full;
        self.entries.limit(self.settings.entries, self.settings.eviction, ctx.now(), ctx.random());
        self.begin_next(ctx);
    }

    /// Entries that it lost all at once: with a crash, with its disk, or because somebody emptied it.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

const MISS: Reply = Reply::Miss { lease: 0, wait: false };

impl Behavior for Cache {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.now = ctx.now();
        // Whoever starts the machine again has put the disk in order.
        self.disk = Disk::Well;
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        let Message::Ask(ask) = message else { return };
        self.now = ctx.now();
        if ask.what == What::Probe {
            ctx.send(link, Message::Answer(ask.answer(Reply::Well { writable: true })));
            return;
        }
        match self.station.arrive(Job { from: link, ask }, ctx.now()) {
            Arrival::Starts(place) => self.begin(place, ctx),
            Arrival::Waits => {}
            Arrival::Refused(job) => {
                ctx.send(job.from, Message::Answer(job.ask.answer(Reply::Fail(Cause::Full))));
            }
        }
    }

    fn refused(&mut self, _link: LinkId, _message: Message, _ctx: &mut Ctx<'_>) {}

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.station.abandon(ctx.now(), |job| job.from == link);
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        let Timer::Work(place) = timer else { return };
        self.now = ctx.now();
        let Some(Job { from, ask }) = self.station.at(place).map(|j| j.job.clone()) else { return };
        let answer = self.answer(&ask, ctx);
        let ok = answer.reply.is_ok();
        if let Some(job) = self.station.leave(place, ok, ctx.now()) {
            let shown = ask.shown(answer.reply, answer.value);
            ctx.note(Note::Hop { op: ask.op, arrived: job.arrived, started: job.started, ok, shown });
        }
        ctx.send(from, Message::Answer(answer));
        self.begin_next(ctx);
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.station.crash(ctx.now());
        self.leases.clear();
        if !self.settings.persist || self.disk == Disk::Lost {
            self.forget();
        }
    }
}

impl Machine for Cache {
    fn joined(&mut self, _port: &Port, _ctx: &mut Ctx<'_>) {}

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.station.abandon(ctx.now(), |job| job.from == link);
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.change(Settings::read(birth.settings), ctx);
    }

    fn gauge(&self) -> Gauge {
        let mut counters = self.station.counters;
        (counters.hits, counters.misses) = (self.hits, self.misses);
        (counters.evictions, counters.expired) = (self.entries.evictions, self.entries.expired);
        counters.entries = self.entries.len() as u64;
        Gauge {
            busy: self.station.busy(),
            workers: self.settings.workers,
            waiting: self.station.waiting(),
            room: self.settings.room,
            live: Live::Hits,
            counters,
            ..Gauge::default()
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.station.tally)
    }

    fn holds(&self, key: Key) -> Option<Value> {
        self.entries.peek(slot_word(Slot::Object(key)), self.now).map(Value)
    }

    fn order(&mut self, order: Order, _ctx: &mut Ctx<'_>) -> bool {
        match order {
            Order::DropCache => self.forget(),
            Order::FillDisk if self.settings.persist => self.disk.fill(),
            Order::LoseDisk if self.settings.persist => self.disk = Disk::Lost,
            _ => return false,
        }
        true
    }
}
