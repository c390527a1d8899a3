//! The database: rows with their places in the order of writes, workers with a waiting line, a log on disk. It copies
//! to other databases over lines of replication. It may know nothing of the other machines but the protocol.

mod copies;
mod group;
mod ledger;
mod line;
mod mirrors;
mod reign;
mod serve;
mod storage;
#[cfg(test)]
mod tests;

use super::parameter::Domain;
use super::parts::calls::Calls;
use super::parts::disk::Disk;
use super::parts::gauge::{self, Counters, Gauge, Live};
use super::parts::log::{Log, Place, Reign};
use super::parts::size::Size;
use super::parts::station::{Station, Tally, WhenFull};
use super::parts::store::Store;
use super::protocol::{Ctx, Message, Note, Order, Timer};
use super::{Birth, Info, Machine, Port, Shelf, Wire};
use crate::history::{Cause, Fact, Gone, Key, Process, Record, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::{Distribution, Duration, Instant};
use copies::{Applying, Semi};
use group::Group;
use line::Line;
use mirrors::{Mirrors, WAKE_MIRRORED};
use reign::{Throne, WAKE_STARTED, WAKE_WATCH, Watch};
use serve::{QueryCache, Request, Uncommitted, Waits};
use storage::Storage;
use std::collections::{BTreeSet, VecDeque};

pub const INFO: Info = Info {
    word: "database",
    label: "Database",
    shelf: Shelf::Keeps,
    help: "Keeps rows on its disk. Copies them to other databases over replication lines.",
    first_name: "db",
    card: crate::late!(include_str!("database/card.md")),
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
        buffered: f64 = 0.9, Domain::Share, Advanced, "Buffered reads", "Share of the reads that find their pages in memory (buffer pool) where a disk array is linked; the others, and every durable write, wait for it. Work and disks of its own are in the times above.";
        recovery: Duration = Duration::from_secs(5), Domain::Time { least: Duration::ZERO, most: Duration::from_secs(86_400) }, Advanced, "Recovery", "After a crash it reads its log again for so long, and refuses.";
        id_increment: u32 = 1, Domain::Count { least: 1, most: 1000, unit: "" }, Advanced, "Id increment", "Numbers of added rows rise by this (auto_increment_increment): as many as there are masters, and with an offset of its own no master gives a number that another gives.";
        id_offset: u32 = 1, Domain::Count { least: 1, most: 1000, unit: "" }, Advanced, "Id offset", "The first number of added rows (auto_increment_offset): 1 and 2 with an increment of 2 are odd and even numbers.";
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
const TICK_FOLLOW: u32 = 3;
const TICK_PULSE: u32 = 4;

/// A copy says to its source how far it is at least so often, and by that finds a line that has healed (Redis'
/// replicas report once a second too; MySQL asks again after 60 s, PostgreSQL reports every 10 s).
const FOLLOW: Duration = Duration::from_secs(1);

/// Entries kept in the log even when every copy has them: repeated writes are recognised by them.
const LOG_LEAST: u64 = 1000;

/// What a database is to the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    /// It takes writes, alone or with replicas behind it.
    Primary,
    /// It takes its log from another.
    Replica,
}

#[derive(Clone, Debug)]
pub struct Database {
    settings: Settings,
    me: Process,
    set: u32,
    /// In which it gives places, while it is the primary.
    reign: Reign,
    role: Role,
    /// Lines of replication and of heartbeats.
    lines: Vec<Line>,
    /// Whom it takes its log from.
    source: Option<LinkId>,
    applying: Applying,
    semi: Semi,
    watches: Vec<Watch>,
    throne: Throne,
    group: Group,
    mirrors: Mirrors,
    behind: Duration,
    started: bool,
    ticking: bool,
    station: Station<Request>,
    /// Connections in use: requests that have come and are not answered.
    open: u32,
    /// How those ended that are.
    ends: Counters,
    store: Store,
    log: Log,
    /// Entries of the log up to this number are shown: committed here.
    shown: u64,
    /// Entries up to this number are on disk.
    flushed: u64,
    disk: Disk,
    storage: Storage,
    flush_due: bool,
    /// The highest number that it has given to an added row since it started.
    numbered: u32,
    crashed: bool,
    recovering: bool,
    query_cache: QueryCache,
    /// Writes in the log that may not be answered yet, oldest first.
    uncommitted: VecDeque<Uncommitted>,
    /// Reads that wait until this copy has come to a place, and the order in which they may go on; and writes that wait
    /// for word from another member of the group.
    held: Calls<Waits>,
    holding: BTreeSet<(Place, super::parts::calls::Call)>,
}

impl Database {
    pub fn new(birth: &Birth) -> Database {
        let settings = Settings::read(birth.settings);
        Database {
            me: birth.me,
            set: birth.set,
            reign: Reign(birth.me.0 & 0xfff),
            role: Role::Primary,
            lines: Vec::new(),
            source: None,
            applying: Applying::default(),
            semi: Semi::default(),
            watches: Vec::new(),
            throne: Throne::default(),
            group: Group::default(),
            mirrors: Mirrors::default(),
            behind: Duration::ZERO,
            started: false,
            ticking: false,
            station: Station::new(settings.workers, settings.waiting, settings.when_full),
            open: 0,
            ends: Counters::default(),
            store: Store::default(),
            log: Log::default(),
            shown: 0,
            flushed: 0,
            disk: Disk::Well,
            storage: Storage::default(),
            flush_due: false,
            numbered: 0,
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
}

impl Behavior for Database {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        let (node, set) = (self.me, self.set);
        self.started = true;
        if std::mem::take(&mut self.crashed) {
            self.disk = Disk::Well;
            self.storage.forget();
            self.recovering = true;
            ctx.timer(self.settings.recovery, Timer::Tick(TICK_RECOVERED));
        } else {
            self.fact(Fact::Joined { node, set }, ctx);
            self.begin(true, ctx);
        }
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Ask(ask) => self.asked(link, ask, ctx),
            Message::Answer(answer) => self.storage_answered(link, answer, ctx),
            Message::Beat { .. } | Message::Address { .. } => {}
            Message::Raft(_) | Message::Quorum(_) => {}
            Message::Copy(_) if self.recovering || self.disk == Disk::Lost => {}
            Message::Copy(what) => self.told(link, what, ctx),
        }
    }

    fn refused(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Copy(_) => self.disconnected(link),
            Message::Ask(ask) => self.disk_call_failed(ask.call, ctx),
            _ => {}
        }
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.disconnected(link);
        self.storage_broken(link, ctx);
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Work(place) => self.worked(place, ctx),
            Timer::Timeout(call) => self.waited_long_enough(call, ctx),
            Timer::Tick(TICK_RECOVERED) => {
                self.recovering = false;
                // What was in the log when it died is committed now, whoever had not acknowledged it.
                if self.role == Role::Primary && !self.in_group() {
                    self.show(self.log.last(), ctx);
                }
                self.begin(false, ctx);
                self.work_inbox(ctx);
            }
            Timer::Tick(TICK_FLUSH) => {
                self.flush_due = false;
                self.flushed = self.log.last();
                self.trim();
            }
            Timer::Tick(TICK_FOLLOW) => {
                self.ticking = false;
                self.keep_following(ctx);
            }
            Timer::Tick(TICK_PULSE) => self.pulse(ctx),
            Timer::Wake(number) => match number >> 56 << 56 {
                WAKE_WATCH => self.watched(ctx),
                WAKE_STARTED => self.started_up(ctx),
                WAKE_MIRRORED => self.mirrored(number, ctx),
                _ => self.woken(number, ctx),
            },
            Timer::Tick(_) => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.station.crash(ctx.now());
        self.ends.crashed += self.open as u64;
        self.open = 0;
        self.uncommitted.clear();
        self.held.clear();
        self.holding.clear();
        self.query_cache.empty();
        self.flush_due = false;
        self.recovering = false;
        self.ticking = false;
        self.numbered = 0;
        self.crashed = true;
        self.semi = Semi::default();
        self.throne.crash();
        self.crash_group();
        self.mirrors.crash();
        self.lines.iter_mut().for_each(|l| l.follower.disconnect());
        if self.flushed < self.log.last() && self.role == Role::Primary {
            // Somebody may have what is lost here: the numbers are not given twice.
            self.reign = self.reign.max(self.known_reign()).next(self.me.0);
        }
        self.cut_back(self.flushed, Gone::Destroyed, ctx);
    }
}

impl Machine for Database {
    fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
        if port.wire == Wire::Calls {
            return self.join_storage(port);
        }
        let running = self.started && !self.recovering && !self.crashed;
        if self.line(port.link).is_some_and(|l| l.in_group() != self.line_of(port).in_group()) {
            // Another sort of group altogether: as if the line had been drawn anew.
            self.parted(port.link, ctx);
        }
        let edited = self.line_of(port);
        if let Some(line) = self.lines.iter_mut().find(|l| l.link == port.link) {
            (line.copy, line.mirror) = (edited.copy, edited.mirror);
            if running {
                self.arm_watch(ctx);
                self.advance(ctx);
            }
            return;
        }
        let first = self.lines.is_empty();
        let newcomer = self.role == Role::Replica || self.is_newcomer();
        let new = self.lines.len();
        self.lines.push(self.line_of(port));
        let master = self.lines.iter().any(|l| l.wire == Wire::Mirrors);
        if port.wire == Wire::Copies && !port.outgoing && self.source.is_none() && newcomer && !master {
            self.role = Role::Replica;
            self.reign = Reign::default();
            self.source = Some(port.link);
        } else if port.wire == Wire::Mirrors && self.lines.iter().filter(|l| l.wire == Wire::Mirrors).count() == 1 {
            // Whoever becomes a master among masters follows nobody outside any more.
            self.role = Role::Primary;
            self.reign = self.reign.max(Reign(self.me.0 & 0xfff));
            self.source = None;
            self.applying.void();
            self.show(self.log.last(), ctx);
        }
        if self.lines[new].mirrors() {
            self.join_mirrors(new);
        } else if self.lines[new].in_group() && newcomer {
            self.join_group(new);
        }
        if running {
            self.begin(first, ctx);
        }
    }

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.lines.retain(|l| l.link != link);
        self.part_storage(link, ctx);
        self.leave_mirrors(link);
        self.applying.void();
        if self.source == Some(link) {
            self.source = None;
            self.give_up_certifying(ctx);
        }
        self.advance(ctx);
    }

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
        self.advance(ctx);
    }

    fn gauge(&self) -> Gauge {
        let counters = Counters {
            entries: self.store.len(),
            sessions: self.store.sessions().len() as u64,
            hits: self.station.counters.hits,
            misses: self.station.counters.misses,
            ..self.ends
        };
        Gauge {
            version: 0,
            open: None,
            busy: self.station.busy(),
            workers: self.station.workers,
            waiting: self.station.waiting(),
            pending: self.open - self.station.tally.standing.0,
            room: self.station.room,
            role: (!self.lines.is_empty()).then_some(match self.role {
                _ if self.lines.iter().any(|l| l.wire == Wire::Mirrors) => gauge::Role::Master,
                Role::Primary => gauge::Role::Primary,
                Role::Replica => gauge::Role::Replica,
            }),
            live: match self.role {
                Role::Replica if !self.in_group() => Live::Behind(self.behind),
                _ => Live::Rate,
            },
            counters,
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.station.tally)
    }

    fn holds(&self, key: Key) -> Option<Value> {
        Some(self.store.row(key).value)
    }

    fn order(&mut self, order: Order, ctx: &mut Ctx<'_>) -> bool {
        match order {
            Order::FillDisk => {
                self.disk.fill();
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
            Order::Promote => self.promote(ctx),
            Order::Deploy(_) | Order::Traffic(_) => false,
        }
    }
}

impl Database {
    /// Whether it can take a write now; if not, why.
    fn writable(&self, now: Instant) -> Result<(), Cause> {
        if self.disk != Disk::Well {
            return Err(Cause::Disk);
        }
        if self.role == Role::Replica && !self.in_group() {
            return Err(Cause::ReadOnly);
        }
        if self.lonely(now) || self.fenced(now) { Err(Cause::NoQuorum) } else { Ok(()) }
    }

    /// Whether it answers anything at all now; if not, why.
    fn closed(&self, now: Instant) -> Option<Cause> {
        if self.recovering || self.asleep() {
            Some(Cause::Refused)
        } else if self.disk == Disk::Lost {
            Some(Cause::Disk)
        } else if self.fenced(now) || self.lonely(now) {
            Some(Cause::NoQuorum)
        } else {
            None
        }
    }

    /// It has never been promoted: lines that are drawn to it make it a replica.
    fn is_newcomer(&self) -> bool {
        self.reign == Reign(self.me.0 & 0xfff)
    }

    /// It takes part from now on: `fresh` at its birth, else after a crash.
    fn begin(&mut self, fresh: bool, ctx: &mut Ctx<'_>) {
        if self.lines.is_empty() {
            return;
        }
        self.begin_reign(fresh, ctx);
        self.keep_following(ctx);
    }

    /// Tells the source how far this copy is, now and every second.
    fn keep_following(&mut self, ctx: &mut Ctx<'_>) {
        self.compare(None, ctx);
        if self.role == Role::Replica {
            self.follow(false, ctx);
            self.carry_on(ctx);
            self.look_behind(ctx.now());
        }
        if !self.ticking && !self.lines.is_empty() {
            self.ticking = true;
            ctx.timeout(FOLLOW, Timer::Tick(TICK_FOLLOW));
        }
    }
}
