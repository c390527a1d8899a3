//! App server: does the work of a request, with the help of caches and databases that it calls. It may know nothing of
//! the other machines but the protocol.

use super::parts::calls::Calls;
use super::parts::disk::Disk;
use super::parts::entries::{Entries, Eviction};
use super::parts::gauge::Gauge;
use super::parts::station::{Arrival, Station, Tally};
use super::protocol::{Ask, Ctx, Message, Note, Order, Reply, Timer, What};
use super::{Birth, Info, Machine, Port, Shelf, Wire};
use crate::history::{Cause, Fact, Key, Process, Record, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::table::Table;
use crate::stdx::{Distribution, Duration};
use cores::Cores;
use outbound::Pending;
use peers::Peers;
use settings::{Deploy, Host, Sessions, Upload};
use work::Work;

mod breaker;
mod cores;
mod flow;
mod outbound;
mod peers;
mod sessions;
pub mod settings;
mod work;

#[cfg(test)]
mod tests;

pub use settings::Settings;

pub const INFO: Info = Info {
    word: "app-server",
    label: "App server",
    shelf: Shelf::Works,
    help: "Serves requests with its workers, and asks caches and databases for what it does not know.",
    first_name: "web",
    card: crate::late!(include_str!("app_server/card.md")),
};

/// Sessions that one server keeps at most; the longest unused is forgotten.
const SESSIONS: u32 = 1_000_000;
/// Neighbours on a shared host: how long they are quiet and busy.
const QUIET: Distribution = Distribution::Exponential(Duration::from_secs(10));
const BUSY: Distribution = Distribution::Exponential(Duration::from_secs(3));

/// Numbers of the rhythms, and of the steps of a deployment.
const PROBE: u32 = 0;
const NEIGHBOURS: u32 = 1;
/// Marks on what wakes it: whose patience ends, and who is done on shared cores.
const PATIENCE: u64 = 1 << 63;
const SHARED: u64 = 1 << 62;
const BEGIN: u64 = 0;
const DONE: u64 = 1;

/// One clone.
#[derive(Clone, Debug)]
pub struct AppServer {
    settings: Settings,
    me: Process,
    clone: u32,
    clones: u32,
    blocked: Vec<u32>,
    station: Station<Work>,
    cores: Cores,
    /// Requests that have come.
    tickets: u64,
    calls: Calls<Pending>,
    peers: Peers,
    /// Sessions that this server itself keeps, in memory or on its disk: things in the cart by session.
    sessions: Entries,
    /// Cached results on its disk: values by key.
    files: Entries,
    disk: Disk,
    /// Who fetches what at the moment, when requests for the same wait for each other.
    fetching: Table<u32>,
    /// The code that runs, the code that is to run, and whether it is being replaced.
    version: u32,
    wanted: u32,
    deploying: bool,
    /// Whether the process lives; and whether the rhythms of the probes and of the neighbours are running.
    running: bool,
    probing: bool,
    shared: bool,
    /// Work takes so many times as long because of the neighbours.
    neighbours: f64,
    late: u64,
    timeouts: u64,
    retries: u64,
    logins: u64,
    logged_out: u64,
    file_hits: u64,
    file_misses: u64,
    exposed: u64,
}

impl AppServer {
    pub fn new(birth: &Birth) -> AppServer {
        let settings = Settings::read(birth.settings);
        let mut server = AppServer {
            me: birth.me,
            clone: birth.clone,
            clones: birth.clones,
            blocked: settings.blocked(),
            station: Station::new(0, 0, settings.when_full),
            cores: Cores::new(settings.workers),
            tickets: 0,
            calls: Calls::new(),
            peers: Peers::default(),
            sessions: Entries::new(SESSIONS, Eviction::Lru),
            files: Entries::new(settings.file_entries, Eviction::Lru),
            disk: Disk::Well,
            fetching: Table::new(),
            version: 1,
            wanted: 1,
            deploying: false,
            running: false,
            probing: false,
            shared: false,
            neighbours: 1.0,
            late: 0,
            timeouts: 0,
            retries: 0,
            logins: 0,
            logged_out: 0,
            file_hits: 0,
            file_misses: 0,
            exposed: 0,
            settings,
        };
        server.furnish();
        server
    }

    /// Gives the station its workers and its waiting line.
    fn furnish(&mut self) {
        let s = &self.settings;
        (self.station.workers, self.station.room) = s.places();
        (self.station.when_full, self.station.cores) = (s.when_full, s.workers);
    }

    fn asked(&mut self, link: LinkId, ask: Ask, ctx: &mut Ctx<'_>) {
        if ask.what == What::Probe {
            let well = Reply::Well { writable: true };
            let reply = if self.deploying { Reply::Fail(Cause::Refused) } else { well };
            return ctx.send(link, Message::Answer(ask.answer(reply)));
        }
        let looks = ask.what == What::JobState;
        if ask.what != What::Operation && !looks {
            return ctx.send(link, Message::Answer(ask.answer(Reply::Fail(Cause::Error))));
        }
        if !looks {
            ctx.note(Note::History(Record::Fact(Fact::Reached { op: ask.op.id, node: self.me })));
        }
        if self.deploying {
            return self.turn_away(link, &ask, Cause::Refused, ctx);
        }
        if ask.region != 0 && self.blocked.contains(&ask.region) {
            return self.turn_away(link, &ask, Cause::Blocked, ctx);
        }
        self.tickets += 1;
        match self.station.arrive(Work::new(link, ask, self.tickets), ctx.now()) {
            Arrival::Starts(place) => self.begin(place, ctx),
            Arrival::Waits if self.settings.patience == settings::AS_READS => {}
            Arrival::Waits => {
                let patience = self.settings.patience.sample(ctx.random());
                ctx.timer(patience, Timer::Wake(PATIENCE | self.tickets));
            }
            Arrival::Refused(work) => {
                let full = work.ask.answer(Reply::Fail(Cause::Full));
                self.send_answer(work.from, full, &work.ask, false, ctx);
            }
        }
    }

    fn turn_away(&mut self, link: LinkId, ask: &Ask, cause: Cause, ctx: &mut Ctx<'_>) {
        self.station.counters.arrivals += 1;
        self.station.counters.refused += 1;
        self.send_answer(link, ask.answer(Reply::Fail(cause)), ask, false, ctx);
    }

    /// Asks the databases from now on who takes writes, when there are several.
    fn begin_probing(&mut self, ctx: &mut Ctx<'_>) {
        if self.running && !self.probing && self.peers.stores().len() > 1 {
            self.probing = true;
            self.tick(PROBE, ctx);
        }
    }

    /// Gives a shared host its neighbours.
    fn begin_sharing(&mut self, ctx: &mut Ctx<'_>) {
        if self.running && !self.shared && self.settings.host == Host::Shared {
            self.shared = true;
            let quiet = QUIET.sample(ctx.random());
            ctx.timer(quiet, Timer::Tick(NEIGHBOURS));
        }
    }

    fn tick(&mut self, number: u32, ctx: &mut Ctx<'_>) {
        match number {
            PROBE if self.peers.stores().len() > 1 => {
                self.probe(ctx);
                ctx.timer(self.settings.probe, Timer::Tick(PROBE));
            }
            PROBE => self.probing = false,
            NEIGHBOURS if self.settings.host == Host::Shared => {
                // Quiet and busy neighbours take turns; each time the busy ones take another share.
                let busy = self.neighbours == 1.0;
                let share = if busy { ctx.random().unit() * self.settings.noise.min(0.99) } else { 0.0 };
                self.neighbours = 1.0 / (1.0 - share);
                let span = if busy { BUSY.sample(ctx.random()) } else { QUIET.sample(ctx.random()) };
                ctx.timer(span, Timer::Tick(NEIGHBOURS));
            }
            _ => (self.shared, self.neighbours) = (false, 1.0),
        }
    }

    /// New code has been ordered for the card: when does this clone get it?
    fn deploy(&mut self, version: u32, ctx: &mut Ctx<'_>) {
        let forgotten = self.clones > 1 && self.clone == self.clones;
        match self.settings.deploy {
            Deploy::ForgotOne if forgotten => {}
            Deploy::Rolling if self.clone > 1 => {
                let wait = self.settings.deploy_time.saturating_mul(self.clone as u64 - 1);
                ctx.timer(wait, Timer::Wake((version as u64) << 1 | BEGIN));
            }
            _ => self.begin_deployment(version, ctx),
        }
    }

    fn begin_deployment(&mut self, version: u32, ctx: &mut Ctx<'_>) {
        self.exposed += (self.settings.upload == Upload::Ftp) as u64;
        (self.wanted, self.deploying) = (version, true);
        ctx.timer(self.settings.deploy_time, Timer::Wake((version as u64) << 1 | DONE));
    }

    fn end_deployment(&mut self) {
        (self.version, self.deploying) = (self.wanted, false);
    }
}

impl Behavior for AppServer {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        if self.deploying {
            self.end_deployment();
        }
        // Whoever starts the machine again has put the disk in order.
        self.disk = Disk::Well;
        self.running = true;
        self.begin_probing(ctx);
        self.begin_sharing(ctx);
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Ask(ask) => self.asked(link, ask, ctx),
            Message::Answer(answer) => self.answered(answer, ctx),
            Message::Address { of } => self.peers.moved(of, link),
            // Replication is between databases.
            _ => {}
        }
    }

    fn refused(&mut self, _link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        if let Message::Ask(ask) = message {
            self.connect_refused(ask.call, ctx);
        }
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.disconnected(link, false, ctx);
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Work(place) => self.resume(place, ctx),
            Timer::Timeout(call) => self.timed_out(call, ctx),
            Timer::Tick(number) => self.tick(number, ctx),
            Timer::Wake(word) if word & PATIENCE != 0 => self.give_up(word & !PATIENCE, ctx),
            Timer::Wake(word) if word & SHARED != 0 => {
                if let Some(place) = self.cores.done(word & !SHARED, ctx.now()) {
                    self.next_done(ctx);
                    self.resume(place, ctx);
                }
            }
            Timer::Wake(step) => match step & 1 {
                BEGIN => self.begin_deployment((step >> 1) as u32, ctx),
                _ if self.wanted as u64 == step >> 1 => self.end_deployment(),
                // Another deployment has begun since, and ends by itself.
                _ => {}
            },
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.station.crash(ctx.now());
        self.cores.clear();
        self.calls.clear();
        self.peers.forget();
        self.fetching.clear();
        (self.running, self.probing, self.shared, self.neighbours) = (false, false, false, 1.0);
        if self.settings.sessions == Sessions::Memory {
            self.sessions.clear();
        }
    }
}

impl Machine for AppServer {
    fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
        if port.outgoing && port.wire == Wire::Calls {
            self.peers.join(port, &self.settings);
            self.begin_probing(ctx);
        }
    }

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.disconnected(link, true, ctx);
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.settings = Settings::read(birth.settings);
        (self.clone, self.clones) = (birth.clone, birth.clones);
        self.blocked = self.settings.blocked();
        self.furnish();
        self.cores.set(self.settings.workers, ctx.now());
        self.next_done(ctx);
        let s = &self.settings;
        self.files.limit(s.file_entries, Eviction::Lru, ctx.now(), ctx.random());
        self.peers.assign(s);
        self.begin_probing(ctx);
        self.begin_sharing(ctx);
        for peer in 0..self.peers.len() {
            self.connect_waiting(peer, ctx);
        }
        self.begin_next(ctx);
    }

    fn gauge(&self) -> Gauge {
        let mut counters = self.station.counters;
        (counters.calls_timed_out, counters.retries, counters.late) = (self.timeouts, self.retries, self.late);
        (counters.sessions, counters.sessions_lost) = (self.logins, self.logged_out);
        (counters.hits, counters.misses) = (self.file_hits, self.file_misses);
        (counters.evictions, counters.expired) = (self.files.evictions, self.files.expired);
        (counters.entries, counters.exposed) = (self.files.len() as u64, self.exposed);
        Gauge {
            busy: self.station.busy().min(self.settings.workers),
            workers: self.settings.workers,
            waiting: self.station.waiting() + self.station.busy().saturating_sub(self.settings.workers),
            room: self.settings.room,
            version: self.version,
            counters,
            ..Gauge::default()
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.station.tally)
    }

    fn holds(&self, key: Key) -> Option<Value> {
        self.files.peek(key.0 as u64, self.seen_at()).map(Value)
    }

    fn order(&mut self, order: Order, ctx: &mut Ctx<'_>) -> bool {
        match order {
            Order::Deploy(version) => self.deploy(version, ctx),
            Order::DropCache if self.settings.file_cache => self.files.clear(),
            Order::FillDisk => self.disk.fill(),
            Order::LoseDisk => {
                self.disk = Disk::Lost;
                self.files.clear();
                if self.settings.sessions == Sessions::Disk {
                    self.sessions.clear();
                }
            }
            _ => return false,
        }
        true
    }
}
