//! A member of a consensus group: a state machine replicated by Raft. This file is its settings and how it is born,
//! dies and is edited. It may know nothing of the other machines but the protocol.

mod disk;
mod election;
mod ledger;
mod reads;
mod replication;
mod roll;
mod serve;
#[cfg(test)]
mod tests;

use super::parameter::Domain;
use super::parts::calls::{Call, Calls};
use super::parts::gauge::{self, Counters, Gauge, Live};
use super::parts::log::Log;
use super::parts::size::Size;
use super::parts::station::{Station, Tally, WhenFull};
use super::parts::store::Store;
use super::protocol::consensus::{Entry, Outcome, Raft};
use super::protocol::{Ctx, Message, Note, Order, Timer};
use super::{Birth, Info, Machine, Port, Shelf, Wire};
use crate::history::{Cause, Fact, Key, Process, Record, SessionId, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::{Distribution, Duration, Instant};
use disk::Disk;
use election::{Election, Role};
use reads::Rounds;
use replication::Line;
use roll::Roll;
use serve::{Held, Request};
use std::collections::{BTreeMap, BTreeSet};

pub const INFO: Info = Info {
    word: "consensus-group",
    label: "Consensus group",
    shelf: Shelf::Keeps,
    help: "One of 3, 5 or 7 that agree on every write by majority (Raft): several on one card, or cards that <=> joins.",
    first_name: "member",
    card: crate::late!(include_str!("consensus/card.md")),
};

const MINUTE: Duration = Duration::from_secs(60);
const MILLI: Duration = Duration::from_millis(1);

crate::choice! {
    /// How a read makes sure that it sees all that was acknowledged before it.
    pub enum Reads {
        Log = "log", "Through the log", "A read takes a place in the log like a write: one round trip to a majority and one flush.";
        ReadIndex = "read-index", "Read index", "The leader asks a majority whether it is the leader still: one round trip, no flush (etcd's linearizable read).";
        Lease = "lease", "Lease", "The leader answers alone until its lease ends by its own clock: no round trip, and right only while clocks are.";
        Local = "local", "Local", "Whoever is asked answers at once with what it shows: stale on followers (etcd's serializable read).";
    }
}

crate::choice! {
    /// What a follower does with a request that only the leader can answer.
    pub enum Followers {
        Forward = "forward", "Forward", "It asks the leader for its client (etcd).";
        Redirect = "redirect", "Redirect", "It refuses as read-only, and the client looks for the leader (Raft's paper, Consul's API).";
    }
}

crate::parameters! {
    /// What can be set on a member. All members of a group should be set alike.
    pub struct Settings {
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "How large the machine is: all times of work below are those of an S, and larger ones divide them.";
        clones: u32 = 1, Domain::Count { least: 1, most: 9, unit: "members" }, Basic, "Members", "Members on this card, each joined to each: 3, 5 or 7 are usual. Several cards that <=> joins are one group.";
        latency: Distribution = Distribution::Fixed(Wire::LATENCY), Domain::Times { most: MINUTE }, Basic, "Latency", "One way, between the members of this card.";
        reads: Reads = Reads::ReadIndex, Domain::Choice(Reads::WORDS), Basic, "Reads", "What a read costs, and what it is worth.";
        followers: Followers = Followers::Forward, Domain::Choice(Followers::WORDS), Basic, "Followers", "What a follower does with a request that is the leader's.";
        heartbeat: Duration = Duration::from_millis(100), Domain::Time { least: MILLI, most: MINUTE }, Basic, "Heartbeat", "The leader says so often that it lives (etcd --heartbeat-interval: 100 ms).";
        election: Duration = Duration::from_millis(1000), Domain::Time { least: MILLI, most: Duration::from_secs(600) }, Basic, "Election time-out", "A follower that hears nothing for this, and up to this again at random, stands for election (etcd --election-timeout: 1000 ms).";
        pre_vote: bool = true, Domain::Flag, Advanced, "Pre-vote", "Asks whether it would be elected before it raises the term: who was cut off does not unseat the leader when it returns (etcd: on).";
        check_quorum: bool = true, Domain::Flag, Advanced, "Check quorum", "A leader that has not heard a majority for an election time-out steps down, and who hears a leader elects no other (etcd: on).";
        lease: Duration = Duration::from_secs(2), Domain::Time { least: MILLI, most: MINUTE }, Advanced, "Lease", "With reads by lease: how long a majority promises to elect nobody else, by the clocks (YugabyteDB leader_lease_duration_ms: 2 s).";
        clock_error: Duration = Duration::from_millis(500), Domain::Time { least: Duration::ZERO, most: MINUTE }, Advanced, "Clock error", "With reads by lease: clocks may differ by this much; the leader gives its lease up so much earlier (CockroachDB --max-offset: 500 ms).";
        exactly_once: bool = true, Domain::Flag, Advanced, "Exactly once", "Keeps each session's last command with its answer, so that a repeated one is not carried out again (Raft's paper, section 8). Off: as etcd, which leaves that to its clients.";
        workers: u32 = 8, Domain::Count { least: 1, most: 1024, unit: "workers" }, Advanced, "Workers", "Requests worked on at the same time.";
        read: Distribution = Distribution::Exponential(Duration::from_micros(200)), Domain::Times { most: MINUTE }, Basic, "Read", "Work of a read at the member that answers it.";
        write: Distribution = Distribution::Exponential(Duration::from_micros(500)), Domain::Times { most: MINUTE }, Basic, "Write", "Work of a write at the leader, without the flush.";
        sync: Distribution = Distribution::Exponential(MILLI), Domain::Times { most: MINUTE }, Basic, "Flush", "What it takes to put the log on disk; whatever has come meanwhile goes with the next one (etcd asks for less than 10 ms).";
        durable: bool = true, Domain::Flag, Basic, "Durable", "Off: acknowledges before the flush, which follows once a second (etcd --unsafe-no-fsync); a crash loses log, term and vote since then, and with it what Raft promises.";
        timeout: Duration = Duration::from_secs(7), Domain::Time { least: MILLI, most: Duration::from_secs(3600) }, Advanced, "Time-out", "A request that waits for the group fails after this (etcd: 5 s and two election time-outs).";
        pending: u32 = 5000, Domain::Count { least: 1, most: 1_000_000, unit: "requests" }, Advanced, "Pending", "Requests that may wait for the group; one more is refused (etcd: 5000 entries that are not applied).";
        waiting: u32 = 1000, Domain::Count { least: 0, most: 1_000_000, unit: "requests" }, Advanced, "Waiting line", "Requests that may wait for a worker.";
        when_full: WhenFull = WhenFull::Reject, Domain::Choice(WhenFull::WORDS), Advanced, "When full", "What happens to a request that finds the waiting line full.";
        log: u32 = 10_000, Domain::Count { least: 100, most: 1_000_000, unit: "entries" }, Advanced, "Log kept", "Entries kept; who is further behind gets a snapshot of everything (etcd --snapshot-count: 10,000).";
        recovery: Duration = Duration::from_secs(1), Domain::Time { least: Duration::ZERO, most: Duration::from_secs(86_400) }, Advanced, "Recovery", "After a crash it reads its log again for so long, and takes no part.";
    }
}

impl Settings {
    /// On demand: Amazon EC2 m5.large, 0.096 $/h in us-east-1, for an S.
    pub fn price_per_hour(&self) -> f64 {
        0.096 * self.size.price()
    }
}

/// Timers of this machine: the upper byte of a `Timer::Wake` says which, the rest is its own.
const WAKE_ELECT: u64 = 1 << 56;
const WAKE_BEAT: u64 = 2 << 56;
const WAKE_FLUSHED: u64 = 3 << 56;
const WAKE_SECOND: u64 = 4 << 56;
const WAKE_RECOVERED: u64 = 5 << 56;
const WAKE_FOUND: u64 = 6 << 56;

#[derive(Clone, Debug)]
pub struct Consensus {
    settings: Settings,
    me: Process,
    set: u32,
    /// Lines to other members.
    lines: Vec<Line>,
    roll: Roll,
    role: Role,
    /// Terms count up; in each there is at most one leader.
    term: u32,
    voted: Option<Process>,
    leader: Option<Process>,
    election: Election,
    rounds: Rounds,
    log: Log<Entry>,
    disk: Disk,
    /// Known to be decided, and shown, up to these numbers.
    committed: u64,
    shown: u64,
    store: Store,
    outcomes: BTreeMap<SessionId, Outcome>,
    station: Station<Request>,
    /// Requests that wait for the group; and, by the number that must be shown first, those that know what for.
    held: Calls<Held>,
    waits: BTreeSet<(u64, Call)>,
    started: bool,
    crashed: bool,
    recovering: bool,
    elections: u64,
    counters: Counters,
    /// Requests that have come and are not answered.
    inside: u32,
}

impl Consensus {
    pub fn new(birth: &Birth) -> Consensus {
        let settings = Settings::read(birth.settings);
        Consensus {
            me: birth.me,
            set: birth.set,
            lines: Vec::new(),
            roll: Roll::default(),
            role: Role::Follower,
            term: 0,
            voted: None,
            leader: None,
            election: Election::default(),
            rounds: Rounds::default(),
            log: Log::default(),
            disk: Disk::default(),
            committed: 0,
            shown: 0,
            store: Store::default(),
            outcomes: BTreeMap::new(),
            station: Station::new(settings.workers, settings.waiting, settings.when_full),
            held: Calls::new(),
            waits: BTreeSet::new(),
            started: false,
            crashed: false,
            recovering: false,
            elections: 0,
            counters: Counters::default(),
            inside: 0,
            settings,
        }
    }

    fn fact(&self, fact: Fact, ctx: &mut Ctx<'_>) {
        ctx.note(Note::History(Record::Fact(fact)));
    }

    /// Whether it takes part at all: it runs, and its disk is there.
    fn awake(&self) -> bool {
        self.started && !self.recovering && !self.crashed && !self.disk.lost()
    }

    /// It takes part from now on.
    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        if self.settings.reads == Reads::Lease && self.term > 0 {
            // What it promised before it died is forgotten: it keeps the longest promise it can have made.
            self.election.promise = self.election.promise.max(ctx.clock() + self.settings.lease);
        }
        self.hope_for_a_group(ctx);
        self.arm_election(ctx);
    }

    /// Another member says something.
    fn told(&mut self, link: LinkId, what: Raft, ctx: &mut Ctx<'_>) {
        match what {
            Raft::Vote { group, term, trial, called, end } => {
                self.asked_for_vote(link, (group, term, trial, called, end), ctx)
            }
            Raft::Voted { term, trial, granted } => self.got_vote(link, term, trial, granted, ctx),
            Raft::Append(append) => self.append_from(link, append, ctx),
            Raft::Whole { group, term, round, whole } => self.replaced(link, (group, term, round), &whole, ctx),
            Raft::Appended { term, round, prev, matched, member } => {
                self.appended(link, (term, round, prev, matched, member), ctx)
            }
            Raft::ReadIndex { call } => self.asked_read_index(link, call, ctx),
            Raft::ReadAt { call, index } => self.told_read_index(call, index, ctx),
            Raft::Handover => self.asked_to_hand_over(link, ctx),
            Raft::Stand { term } => self.called_to_stand(link, term, ctx),
        }
    }
}

impl Behavior for Consensus {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        let (node, set) = (self.me, self.set);
        self.started = true;
        if std::mem::take(&mut self.crashed) {
            self.disk.repair();
            self.recovering = true;
            ctx.timer(self.settings.recovery, Timer::Wake(WAKE_RECOVERED));
        } else {
            self.fact(Fact::Joined { node, set }, ctx);
            self.begin(ctx);
        }
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Ask(ask) => self.asked(link, ask, ctx),
            Message::Answer(answer) => self.leader_answered(answer, ctx),
            Message::Raft(what) if self.awake() => self.told(link, what, ctx),
            Message::Raft(_) | Message::Copy(_) | Message::Quorum(_) => {}
            Message::Beat { .. } | Message::Address { .. } => {}
        }
    }

    fn refused(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Ask(ask) => self.leader_refused(ask.call, ctx),
            _ => self.line_broke(link),
        }
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.line_broke(link);
        self.leader_died(link, ctx);
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Work(place) => self.worked(place, ctx),
            Timer::Timeout(call) => self.waited_long_enough(call, ctx),
            Timer::Wake(number) => match (number >> 56 << 56, number & ((1 << 56) - 1)) {
                (WAKE_ELECT, _) => self.election_due(ctx),
                (WAKE_BEAT, turn) => self.beat(turn, ctx),
                (WAKE_FLUSHED, turn) => self.flushed(turn, ctx),
                (WAKE_SECOND, _) => self.flush_of_the_second(),
                (WAKE_FOUND, _) => self.found_alone(ctx),
                (WAKE_RECOVERED, _) => {
                    self.recovering = false;
                    self.begin(ctx);
                }
                _ => {}
            },
            Timer::Tick(_) => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.station.crash(ctx.now());
        self.counters.crashed += std::mem::take(&mut self.inside) as u64;
        self.held.clear();
        self.waits.clear();
        self.recovering = false;
        self.crashed = true;
        self.role = Role::Follower;
        self.leader = None;
        self.election.forget();
        self.rounds = Rounds::default();
        self.lines.iter_mut().for_each(Line::forget);
        self.back_to_disk(ctx);
    }
}

impl Machine for Consensus {
    fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
        if port.wire == Wire::Mirrors && !self.lines.iter().any(|l| l.link == port.link) {
            self.lines.push(Line::new(port.link, port.peer));
            if ctx.now() == Instant::START {
                self.found_with_peers();
            }
        }
    }

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.leader_died(link, ctx);
        self.lines.retain(|l| l.link != link);
        let left = self.station.abandon(ctx.now(), |request| request.link == link);
        self.inside -= left;
        self.counters.timed_out += left as u64;
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.settings = Settings::read(birth.settings);
        self.station.workers = self.settings.workers;
        self.station.room = self.settings.waiting;
        self.station.when_full = self.settings.when_full;
        self.move_to_set(birth.set, ctx);
        if self.awake() {
            self.write_out(ctx);
            self.seat_waiting(ctx);
        }
    }

    fn gauge(&self) -> Gauge {
        let counters = Counters {
            entries: self.store.len(),
            sessions: self.store.sessions().len() as u64,
            elections: self.elections,
            ..self.counters
        };
        Gauge {
            busy: self.station.busy(),
            workers: self.station.workers,
            waiting: self.station.waiting(),
            room: self.station.room,
            pending: self.inside - self.station.tally.standing.0,
            role: Some(match self.role {
                Role::Leader => gauge::Role::Leader,
                Role::Follower => gauge::Role::Follower,
                Role::Trying | Role::Candidate => gauge::Role::Candidate,
            }),
            live: Live::Term { term: self.term, log: self.log.last() },
            counters,
            ..Gauge::default()
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
            Order::FillDisk => self.disk.fill(),
            Order::LoseDisk => self.lose_disk(ctx),
            Order::Promote => return self.want_to_lead(ctx),
            Order::DropCache | Order::Deploy(_) | Order::Traffic(_) => return false,
        }
        true
    }
}

impl Consensus {
    /// Whether a request can be taken now; if not, why.
    fn closed(&self) -> Option<Cause> {
        if self.recovering {
            Some(Cause::Refused)
        } else if self.disk.lost() {
            Some(Cause::Disk)
        } else {
            None
        }
    }
}
