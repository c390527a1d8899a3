//! The database: rows with their places in the order of writes, workers with a waiting line, a log on disk. It copies
//! to other databases over lines of replication. It may know nothing of the other machines but the protocol.

mod serve;
#[cfg(test)]
mod tests;

use super::parameter::Domain;
use super::parts::calls::Calls;
use super::parts::gauge::{Counters, Gauge};
use super::parts::log::{Change, Entry, Log, Place, Reign};
use super::parts::size::Size;
use super::parts::station::{Station, WhenFull};
use super::parts::store::Store;
use super::protocol::{Ctx, Message, Note, Order, Timer};
use super::{Birth, Info, Machine, Port, Shelf};
use crate::history::{Fact, Gone, Key, Process, Record, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::{Distribution, Duration, Instant};
use serve::{Held, QueryCache, Request, Uncommitted};
use std::collections::{BTreeSet, VecDeque};

pub const INFO: Info = Info {
    word: "database",
    label: "Database",
    shelf: Shelf::Keeps,
    help: "Keeps rows on its disk. Copies them to other databases over replication lines.",
    first_name: "db",
    card: include_str!("database/card.md"),
};

const MINUTE: Duration = Duration::from_secs(60);

crate::parameters! {
    /// What can be set on a database.
    pub struct Settings {
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "How large the machine is: all times below are those of an S, and larger ones divide them.";
        workers: u32 = 8, Domain::Count { least: 1, most: 1024, unit: "workers" }, Basic, "Workers", "Requests served at the same time: its processors and disks, not its connections.";
        read: Distribution = Distribution::Exponential(Duration::from_millis(2)), Domain::Times { most: MINUTE }, Basic, "Read", "Work of a read that finds its row by an index.";
        write: Distribution = Distribution::Exponential(Duration::from_millis(5)), Domain::Times { most: MINUTE }, Basic, "Write", "Work of a write with its index and its flush to disk.";
        joins: u32 = 0, Domain::Count { least: 0, most: 64, unit: "joins" }, Basic, "Joins", "Other tables that a read gathers its answer from.";
        join: Distribution = Distribution::Exponential(Duration::from_millis(2)), Domain::Times { most: MINUTE }, Advanced, "Join", "Work of one join, added to a read for each of its joins.";
        denormalised: bool = false, Domain::Flag, Basic, "Denormalised", "Each row carries what its joins would gather: reads join nothing, and a write is repeated once for each join.";
        index: bool = true, Domain::Flag, Basic, "Index", "Off: every read scans the table, and a write saves the index's upkeep.";
        scan: Distribution = Distribution::Fixed(Duration::from_millis(40)), Domain::Times { most: MINUTE }, Advanced, "Scan", "Added to a read without index. 40 ms is 100,000 rows at 2.5 million rows a second.";
        index_share: f64 = 0.1, Domain::Share, Advanced, "Index upkeep", "Share of a write's work that keeps the index; saved without index.";
        query_cache: bool = false, Domain::Flag, Advanced, "Query cache", "Keeps results of reads until any write to the table (MySQL up to 5.7).";
        cached: Distribution = Distribution::Fixed(Duration::from_micros(100)), Domain::Times { most: MINUTE }, Advanced, "Cached read", "Work of a read that the query cache answers.";
        durable: bool = true, Domain::Flag, Basic, "Durable", "Off: answers before the flush, which follows once a second (InnoDB's flush_log_at_trx_commit=2); a crash loses what was not flushed.";
        flush_share: f64 = 0.5, Domain::Share, Advanced, "Flush share", "Share of a write's work that waits for the disk; saved when not durable.";
        connections: u32 = 151, Domain::Count { least: 1, most: 100_000, unit: "connections" }, Basic, "Connections", "A request holds one until it is answered; one more than these is refused (MySQL's max_connections is 151, PostgreSQL's 100).";
        waiting: u32 = 1000, Domain::Count { least: 0, most: 1_000_000, unit: "requests" }, Advanced, "Waiting line", "Requests that may wait for a worker; the connections limit them too.";
        when_full: WhenFull = WhenFull::Reject, Domain::Choice(WhenFull::WORDS), Advanced, "When full", "What happens to a request that finds the waiting line full.";
        wait_timeout: Duration = Duration::from_secs(1), Domain::Time { least: Duration::ZERO, most: Duration::from_secs(3600) }, Advanced, "Wait for position", "How long a read waits until this copy has come to the position it asks for (WAIT_FOR_EXECUTED_GTID_SET); then it fails.";
        recovery: Duration = Duration::from_secs(5), Domain::Time { least: Duration::ZERO, most: Duration::from_secs(86_400) }, Advanced, "Recovery", "After a crash it reads its log again for so long, and refuses.";
        log: u32 = 100_000, Domain::Count { least: 1000, most: 1_000_000, unit: "writes" }, Advanced, "Log kept", "Writes kept in the log for copies that are behind; who is further behind gets a full copy.";
    }
}

impl Settings {
    /// On demand, one zone: Amazon RDS for MySQL, db.m5.large, 0.171 $/h in us-east-1, for an S.
    pub fn price_per_hour(&self) -> f64 {
        0.171 * self.size.price()
    }
}

/// How often what is in memory only goes to disk when writes are answered before: InnoDB's `innodb_flush_log_at_timeout`.
const FLUSH: Duration = Duration::from_secs(1);

const TICK_RECOVERED: u32 = 1;
const TICK_FLUSH: u32 = 2;

/// Entries kept in the log even when every copy has them: repeated writes are recognised by them.
const LOG_LEAST: u64 = 1000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Disk {
    Well,
    Full,
    Lost,
}

#[derive(Clone, Debug)]
pub struct Database {
    settings: Settings,
    me: Process,
    set: u32,
    reign: Reign,
    station: Station<Request>,
    /// Connections in use: requests that have come and are not answered.
    open: u32,
    store: Store,
    log: Log,
    /// Entries of the log up to this number are shown: committed here.
    shown: u64,
    /// Entries up to this number are on disk.
    flushed: u64,
    disk: Disk,
    flush_due: bool,
    crashed: bool,
    recovering: bool,
    query_cache: QueryCache,
    /// Writes in the log that may not be answered yet, oldest first.
    uncommitted: VecDeque<Uncommitted>,
    /// Reads that wait until this copy has come to a place, and the order in which they may go on.
    held: Calls<Held>,
    holding: BTreeSet<(Place, super::parts::calls::Call)>,
}

impl Database {
    pub fn new(birth: &Birth) -> Database {
        let settings = Settings::read(birth.settings);
        Database {
            me: birth.me,
            set: birth.set,
            reign: Reign::default(),
            station: Station::new(settings.workers, settings.waiting, settings.when_full),
            open: 0,
            store: Store::default(),
            log: Log::default(),
            shown: 0,
            flushed: 0,
            disk: Disk::Well,
            flush_due: false,
            crashed: false,
            recovering: false,
            query_cache: QueryCache::default(),
            uncommitted: VecDeque::new(),
            held: Calls::new(),
            holding: BTreeSet::new(),
            settings,
        }
    }

    fn fact(&self, fact: Fact, ctx: &mut Ctx<'_>) {
        ctx.note(Note::History(Record::Fact(fact)));
    }

    /// Gives a write its place at the end of the log.
    fn append(&mut self, change: Change, ctx: &mut Ctx<'_>) -> Place {
        let place = Place::new(self.reign, self.log.last() + 1);
        self.log.push(Entry { place, at: ctx.now(), change });
        if let Change::Row { key, value, over, .. } = change {
            let set = self.set;
            self.fact(Fact::Ordered { set, key, value, over, position: place.0 }, ctx);
        }
        self.written(ctx);
        place
    }

    /// The log has grown: on disk at once, or within a second.
    fn written(&mut self, ctx: &mut Ctx<'_>) {
        if self.settings.durable {
            self.flushed = self.log.last();
        } else if !self.flush_due {
            self.flush_due = true;
            ctx.timer(FLUSH, Timer::Tick(TICK_FLUSH));
        }
    }

    /// Shows what the log holds up to this number, and answers those who waited for it.
    fn show(&mut self, index: u64, ctx: &mut Ctx<'_>) {
        while self.shown < index.min(self.log.last()) {
            self.shown += 1;
            let entry = *self.log.get(self.shown).expect("what is not shown yet is in the log");
            self.store.apply(&entry);
            if let Change::Row { key, value, over, .. } = entry.change {
                let (node, set) = (self.me, self.set);
                self.fact(Fact::Applied { node, set, key, value, over }, ctx);
                self.query_cache.empty();
            }
        }
        self.answer_committed(ctx);
        self.release(ctx);
        self.trim();
    }

    /// Takes back everything in the log after this number.
    fn cut_back(&mut self, index: u64, why: Gone, ctx: &mut Ctx<'_>) {
        while self.log.last() > index {
            let shown = self.log.last() <= self.shown;
            let Some(entry) = self.log.pop() else { break };
            if !shown {
                continue;
            }
            self.shown -= 1;
            self.store.take_back(&entry);
            if let Change::Row { key, value, over, .. } = entry.change {
                let (node, set) = (self.me, self.set);
                self.fact(Fact::Discarded { node, set, key, value, now: over, why }, ctx);
            }
        }
        self.flushed = self.flushed.min(self.log.last());
        self.query_cache.empty();
    }

    /// Forgets the oldest entries that nobody needs.
    fn trim(&mut self) {
        let keep = self.settings.log as u64;
        let needed = self.shown.min(self.flushed);
        let spare = self.log.last().saturating_sub(LOG_LEAST).min(needed);
        // In strides, as dropping one with every write would be work for nothing.
        if self.log.len() as u64 > keep.min(2 * LOG_LEAST) {
            self.log.drop_before(spare.max((self.log.last() + 1).saturating_sub(keep).min(needed)));
        }
    }

    /// The whole disk is gone.
    fn destroy(&mut self, ctx: &mut Ctx<'_>) {
        let (node, set) = (self.me, self.set);
        let rows: Vec<(Key, Value)> = self.store.rows().map(|(k, r)| (k, r.value)).collect();
        for (key, value) in rows {
            let now = Value::INITIAL;
            self.fact(Fact::Discarded { node, set, key, value, now, why: Gone::Destroyed }, ctx);
        }
        self.store.clear();
        self.log = Log::default();
        (self.shown, self.flushed) = (0, 0);
        self.query_cache.empty();
    }
}

impl Behavior for Database {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        let (node, set) = (self.me, self.set);
        if std::mem::take(&mut self.crashed) {
            self.disk = Disk::Well;
            self.recovering = true;
            ctx.timer(self.settings.recovery, Timer::Tick(TICK_RECOVERED));
        } else {
            self.fact(Fact::Joined { node, set }, ctx);
        }
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Ask(ask) => self.asked(link, ask, ctx),
            // It asks nobody, so an answer is to somebody who was here before it.
            Message::Answer(_) => {}
        }
    }

    fn refused(&mut self, _link: LinkId, _message: Message, _ctx: &mut Ctx<'_>) {}

    fn broken(&mut self, _link: LinkId, _ctx: &mut Ctx<'_>) {}

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Work(place) => self.worked(place, ctx),
            Timer::Timeout(call) => self.waited_long_enough(call, ctx),
            Timer::Tick(TICK_RECOVERED) => {
                self.recovering = false;
                self.show(self.log.last(), ctx);
            }
            Timer::Tick(TICK_FLUSH) => {
                self.flush_due = false;
                self.flushed = self.log.last();
                self.trim();
            }
            Timer::Tick(_) | Timer::Wake(_) => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.station.crash(ctx.now());
        self.open = 0;
        self.uncommitted.clear();
        self.held.clear();
        self.holding.clear();
        self.query_cache.empty();
        self.flush_due = false;
        self.recovering = false;
        self.crashed = true;
        self.cut_back(self.flushed, Gone::Destroyed, ctx);
    }
}

impl Machine for Database {
    fn joined(&mut self, _port: &Port, _ctx: &mut Ctx<'_>) {}

    fn parted(&mut self, _link: LinkId, _ctx: &mut Ctx<'_>) {}

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.settings = Settings::read(birth.settings);
        self.station.workers = self.settings.workers;
        self.station.room = self.settings.waiting;
        self.station.when_full = self.settings.when_full;
        if self.settings.durable {
            self.flushed = self.log.last();
        }
        self.move_to_set(birth.set, ctx);
        self.seat_waiting(ctx);
    }

    fn gauge(&self) -> Gauge {
        let counters = Counters {
            entries: self.store.len(),
            sessions: self.store.sessions().len() as u64,
            ..self.station.counters
        };
        Gauge {
            busy: self.station.busy(),
            workers: self.station.workers,
            waiting: self.station.waiting(),
            room: self.station.room,
            counters,
            ..Gauge::default()
        }
    }

    fn holds(&self, key: Key) -> Option<Value> {
        Some(self.store.row(key).value)
    }

    fn order(&mut self, order: Order, ctx: &mut Ctx<'_>) -> bool {
        match order {
            Order::FillDisk => {
                if self.disk == Disk::Well {
                    self.disk = Disk::Full;
                }
                true
            }
            Order::LoseDisk => {
                self.destroy(ctx);
                self.disk = Disk::Lost;
                true
            }
            Order::DropCache => {
                self.query_cache.empty();
                self.settings.query_cache
            }
            Order::Promote | Order::Deploy(_) | Order::Traffic(_) => false,
        }
    }
}

impl Database {
    /// The drawing has changed so that it shares its data with others than before.
    fn move_to_set(&mut self, set: u32, ctx: &mut Ctx<'_>) {
        if set == self.set {
            return;
        }
        let node = self.me;
        self.fact(Fact::Left { node, set: self.set }, ctx);
        self.set = set;
        self.fact(Fact::Joined { node, set }, ctx);
        let rows: Vec<(Key, Value)> = self.store.rows().map(|(k, r)| (k, r.value)).collect();
        for (key, value) in rows {
            self.fact(Fact::Applied { node, set, key, value, over: Value::INITIAL }, ctx);
        }
    }

    /// The place up to which this copy shows everything.
    fn shown_place(&self) -> Place {
        self.log.place(self.shown)
    }

    /// What a row will hold once everything in the log is shown, and where it got that.
    fn latest(&self, key: Key) -> (Value, Place, Value) {
        for index in (self.shown + 1..=self.log.last()).rev() {
            if let Some(Entry { place, change: Change::Row { key: k, value, over, .. }, .. }) = self.log.get(index)
                && *k == key
            {
                return (*value, *place, *over);
            }
        }
        let row = self.store.row(key);
        (row.value, row.place, row.over)
    }

    /// Whether it can take a write now; if not, why.
    fn writable(&self, _now: Instant) -> Result<(), crate::history::Cause> {
        match self.disk {
            Disk::Well => Ok(()),
            Disk::Full | Disk::Lost => Err(crate::history::Cause::Disk),
        }
    }

    /// The number up to which writes may be shown and answered.
    fn committed(&self) -> u64 {
        self.log.last()
    }
}
