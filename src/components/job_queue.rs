//! Job queue: takes work for later, says so at once, and hands it to whoever asks, again when nobody acknowledged it. It
//! may not know what the work is.

use super::parameter::Domain;
use super::parts::calls::{Call, Calls};
use super::parts::disk::Disk;
use super::parts::gauge::{Gauge, Live};
use super::parts::size::Size;
use super::parts::station::{Arrival, Station, Tally, WhenFull};
use super::protocol::{Ask, Ctx, Message, Note, Order, Reply, Timer, What};
use super::{Birth, Info, Machine, Port, Shelf};
use crate::history::{Cause, Fact, Key, Kind as OpKind, Process, Record, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::histogram::Histogram;
use crate::stdx::{Distribution, Duration};
use known::{Known, State};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

mod known;
#[cfg(test)]
mod tests;

pub const INFO: Info = Info {
    word: "job-queue",
    label: "Job queue",
    shelf: Shelf::Holds,
    help: "Takes jobs and answers at once; workers fetch them. A job that nobody acknowledges is handed out again.",
    first_name: "queue",
    card: crate::late!(include_str!("job_queue/card.md")),
};

crate::choice! {
    /// Whether an acknowledgement counts that comes after the job has become visible again.
    pub enum Receipts {
        Any = "any", "Any delivery's", "Whoever was handed the job may say that it is done, late or not (SQS standard queues, as a rule).";
        Latest = "latest", "The latest one's", "Only the latest delivery may be acknowledged, and only while it lasts (SQS FIFO queues): a job that takes longer is done again and again.";
    }
}

crate::choice! {
    /// How often a job may reach a worker.
    pub enum Delivery {
        AtLeastOnce = "at-least-once", "At least once", "Kept until it is acknowledged: nothing is lost, something may be done twice (SQS).";
        AtMostOnce = "at-most-once", "At most once", "Forgotten as it is handed out: nothing is done twice, something may be lost (Redis LPOP).";
    }
}

/// RabbitMQ takes about 20,000 persistent messages a second on one queue.
const SERVICE: Distribution = Distribution::Fixed(Duration::from_micros(50));
const DAY: Duration = Duration::from_secs(86_400);
/// Dollars an hour for size S: an mq.t3.micro of Amazon MQ, on demand in us-east-1.
const PRICE: f64 = 0.0271;

crate::parameters! {
    /// What can be set on a job queue.
    pub struct Settings {
        visibility: Duration = Duration::from_secs(30), Domain::Time { least: Duration::from_millis(1), most: DAY }, Basic, "Visible again after", "A job that was handed out and not acknowledged for so long is handed out again (SQS: 30 s).";
        deliveries: u32 = 10, Domain::Count { least: 0, most: 1000, unit: "deliveries" }, Basic, "Deliveries", "After so many in vain the job goes to the dead letters (10 in the console of SQS); 0: never.";
        delivery: Delivery = Delivery::AtLeastOnce, Domain::Choice(Delivery::WORDS), Basic, "Delivery", "How often a job may reach a worker.";
        receipts: Receipts = Receipts::Any, Domain::Choice(Receipts::WORDS), Advanced, "Late acknowledgements", "Whether an acknowledgement counts that comes after the job has become visible again.";
        ordered: bool = false, Domain::Flag, Basic, "Ordered", "One after the other in the order of coming: the next is handed out when the one before is acknowledged (a FIFO queue with one group).";
        durable: bool = true, Domain::Flag, Basic, "Durable", "On disk before it is answered; off: a crash loses what it holds.";
        capacity: u32 = 1_000_000, Domain::Count { least: 1, most: 10_000_000, unit: "jobs" }, Advanced, "Capacity", "Jobs that it holds; more are refused. SQS has no limit.";
        poll: Duration = Duration::from_secs(20), Domain::Time { least: Duration::ZERO, most: DAY }, Advanced, "Long poll", "Who asks for a job when there is none waits so long (SQS: at most 20 s).";
        workers: u32 = 1, Domain::Count { least: 1, most: 1024, unit: "workers" }, Advanced, "Threads", "A queue of RabbitMQ is one Erlang process.";
        service: Distribution = SERVICE, Domain::Times { most: Duration::from_secs(60) }, Advanced, "Service time", "Of one command. 50 µs: RabbitMQ takes about 20,000 messages a second.";
        room: u32 = 10_000, Domain::Count { least: 0, most: 1_000_000, unit: "requests" }, Advanced, "Waiting line", "Commands that may wait.";
        when_full: WhenFull = WhenFull::Reject, Domain::Choice(WhenFull::WORDS), Advanced, "When the line is full", "What happens to a command that finds it full.";
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "A larger machine works faster; its price grows faster than its speed.";
    }
}

impl Settings {
    pub fn price_per_hour(&self) -> f64 {
        PRICE * self.size.price()
    }
}

/// A job as the queue keeps it.
#[derive(Clone, Copy, Debug)]
struct Job {
    job: Value,
    key: Key,
    /// How often it has been handed out.
    deliveries: u32,
}

#[derive(Clone, Debug)]
struct Command {
    from: LinkId,
    ask: Ask,
}

/// The queue.
#[derive(Clone, Debug)]
pub struct JobQueue {
    settings: Settings,
    me: Process,
    station: Station<Command>,
    line: VecDeque<Job>,
    /// Handed out and not acknowledged, or given back to be handed out later; the call is the receipt.
    held: Calls<Job>,
    /// Receipts that have run out, by number, of jobs that are still here; and the jobs in the line that are done by such.
    expired: BTreeMap<Call, Value>,
    done: BTreeSet<Value>,
    /// What whoever ordered a job is told of it.
    known: Known,
    /// Who waits for a job, and their order.
    takers: Calls<Command>,
    takers_line: VecDeque<Call>,
    delivered: u64,
    again: u64,
    lost: u64,
    dead: u64,
    late: u64,
    /// Delays with which failed jobs were given back.
    backoffs: Histogram,
    disk: Disk,
}

impl JobQueue {
    pub fn new(birth: &Birth) -> JobQueue {
        let settings = Settings::read(birth.settings);
        JobQueue {
            me: birth.me,
            station: Station::new(settings.workers, settings.room, settings.when_full),
            line: VecDeque::new(),
            held: Calls::new(),
            expired: BTreeMap::new(),
            done: BTreeSet::new(),
            known: Known::default(),
            takers: Calls::new(),
            takers_line: VecDeque::new(),
            delivered: 0,
            again: 0,
            lost: 0,
            dead: 0,
            late: 0,
            backoffs: Histogram::default(),
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

    fn holds_jobs(&self) -> usize {
        self.line.len() - self.done.len() + self.held.len()
    }

    /// Carries a command out. None: its answer comes later.
    fn carry_out(&mut self, command: &Command, ctx: &mut Ctx<'_>) -> Option<Reply> {
        let ask = &command.ask;
        match ask.what {
            What::Operation if ask.op.kind == OpKind::Job => {
                if self.settings.durable && self.disk != Disk::Well {
                    return Some(Reply::Fail(Cause::Disk));
                }
                if self.holds_jobs() >= self.settings.capacity as usize {
                    return Some(Reply::Fail(Cause::Full));
                }
                let (job, key) = (ask.op.value, ask.op.key);
                self.line.push_back(Job { job, key, deliveries: 0 });
                self.known.began(job);
                fact(ctx, Fact::JobQueued { job });
                Some(Reply::InWork)
            }
            What::JobTake => {
                let call = self.takers.open(command.clone());
                self.takers_line.push_back(call);
                ctx.timeout(self.settings.poll, Timer::Wake(call.0));
                None
            }
            What::JobDone { receipt, worked } => {
                let how = if worked { State::Done } else { State::InWork };
                match self.held.close(receipt) {
                    Some(job) => self.forget(&job, how),
                    None => self.acknowledged_late(receipt, how),
                }
                Some(Reply::Ok)
            }
            What::JobResult { job } => {
                self.known.left(job, State::Done);
                Some(Reply::Ok)
            }
            What::JobState => Some(match self.known.of(ask.op.value) {
                Some(State::InWork) => Reply::InWork,
                Some(State::Done) => Reply::Ok,
                Some(State::Dead) | None => Reply::NoJob,
            }),
            What::JobBack { receipt, after } => {
                match self.held.close(receipt) {
                    // What may not be tried again goes to the dead letters at once.
                    Some(job) if self.spent(&job) => self.put_back(receipt, job, ctx),
                    Some(job) => {
                        self.backoffs.record(after);
                        let later = self.held.open(job);
                        ctx.timer(after, Timer::Timeout(later));
                    }
                    None => self.late += 1,
                }
                Some(Reply::Ok)
            }
            _ => Some(Reply::Fail(Cause::Error)),
        }
    }

    /// Hands jobs to those who wait for them.
    fn hand_out(&mut self, ctx: &mut Ctx<'_>) {
        loop {
            while self.line.front().is_some_and(|job| self.done.remove(&job.job)) {
                self.line.pop_front();
            }
            if self.line.is_empty() || self.settings.ordered && !self.held.is_empty() {
                return;
            }
            let Some(call) = self.takers_line.pop_front() else { return };
            // Who has waited long enough, or has died, is still in the line, and names nobody any more.
            let Some(taker) = self.takers.close(call) else { continue };
            let Some(mut job) = self.line.pop_front() else { return };
            job.deliveries += 1;
            self.delivered += 1;
            self.again += (job.deliveries > 1) as u64;
            let receipt = match self.settings.delivery {
                Delivery::AtLeastOnce => {
                    let receipt = self.held.open(job);
                    ctx.timeout(self.settings.visibility, Timer::Timeout(receipt));
                    receipt
                }
                Delivery::AtMostOnce => {
                    self.known.left(job.job, State::InWork);
                    Call::default()
                }
            };
            let mut answer = taker.ask.answer(Reply::Job { receipt, delivery: job.deliveries });
            (answer.value, answer.key) = (job.job, job.key);
            ctx.send(taker.from, Message::Answer(answer));
        }
    }

    /// Whether the job has been handed out as often as it may be.
    fn spent(&self, job: &Job) -> bool {
        self.settings.deliveries > 0 && job.deliveries >= self.settings.deliveries
    }

    /// The job is over: its old receipts name nothing any more.
    fn forget(&mut self, job: &Job, how: State) {
        self.known.left(job.job, how);
        if job.deliveries > 1 {
            self.expired.retain(|_, of| *of != job.job);
        }
    }

    /// The job had become visible again before its worker said that it is done: it is taken out, whoever has it by now.
    fn acknowledged_late(&mut self, receipt: Call, how: State) {
        self.late += 1;
        let Some(job) = self.expired.get(&receipt).copied() else { return };
        self.expired.retain(|_, of| *of != job);
        self.known.left(job, how);
        let held = self.held.find(|held| held.job == job);
        if held.is_empty() {
            self.done.insert(job);
        }
        held.into_iter().for_each(|receipt| _ = self.held.close(receipt));
    }

    /// Nobody has acknowledged it in time, or the time for another attempt has come.
    fn put_back(&mut self, receipt: Call, job: Job, ctx: &mut Ctx<'_>) {
        if self.settings.receipts == Receipts::Any {
            self.expired.insert(receipt, job.job);
        }
        if self.spent(&job) {
            self.dead += 1;
            self.forget(&job, State::Dead);
            fact(ctx, Fact::JobDead { job: job.job });
        } else if self.settings.ordered {
            self.line.push_front(job);
        } else {
            self.line.push_back(job);
        }
    }

    fn dismiss(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        if let Some(taker) = self.takers.close(call) {
            ctx.send(taker.from, Message::Answer(taker.ask.answer(Reply::NoJob)));
        }
        while self.takers_line.front().is_some_and(|call| self.takers.get(*call).is_none()) {
            self.takers_line.pop_front();
        }
    }

    fn forget_takers(&mut self, link: LinkId) {
        for call in self.takers.find(|taker| taker.from == link) {
            self.takers.close(call);
        }
    }

    fn answered(&mut self, command: &Command, reply: Reply, ctx: &mut Ctx<'_>) {
        let mut answer = command.ask.answer(reply);
        if command.ask.what == What::Operation {
            let (op, ok) = (command.ask.op.id, reply.is_ok());
            answer.value = command.ask.op.value;
            fact(ctx, Fact::Answered { op, node: self.me, ok });
        }
        ctx.send(command.from, Message::Answer(answer));
    }
}

fn fact(ctx: &mut Ctx<'_>, fact: Fact) {
    ctx.note(Note::History(Record::Fact(fact)));
}

impl Behavior for JobQueue {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        // Whoever starts the machine again has put the disk in order.
        self.disk = Disk::Well;
        // What was handed out before a crash is handed out again: nobody knows any more whether it was done.
        for receipt in self.held.find(|_| true) {
            if let Some(job) = self.held.close(receipt) {
                self.put_back(receipt, job, ctx);
            }
        }
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        let Message::Ask(ask) = message else { return };
        if ask.what == What::Probe {
            return ctx.send(link, Message::Answer(ask.answer(Reply::Well { writable: true })));
        }
        if ask.what == What::Operation {
            fact(ctx, Fact::Reached { op: ask.op.id, node: self.me });
        }
        match self.station.arrive(Command { from: link, ask }, ctx.now()) {
            Arrival::Starts(place) => self.begin(place, ctx),
            Arrival::Waits => {}
            Arrival::Refused(command) => self.answered(&command, Reply::Fail(Cause::Full), ctx),
        }
    }

    fn refused(&mut self, link: LinkId, _message: Message, _ctx: &mut Ctx<'_>) {
        self.forget_takers(link);
    }

    fn broken(&mut self, link: LinkId, _ctx: &mut Ctx<'_>) {
        self.forget_takers(link);
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Work(place) => {
                let Some(command) = self.station.at(place).map(|j| j.job.clone()) else { return };
                let reply = self.carry_out(&command, ctx);
                let ok = reply.is_none_or(Reply::is_ok);
                if let Some(job) = self.station.leave(place, ok, ctx.now())
                    && command.ask.what == What::Operation
                {
                    let op = command.ask.op;
                    ctx.note(Note::Hop { op, arrived: job.arrived, started: job.started, ok, shown: None });
                }
                if let Some(reply) = reply {
                    self.answered(&command, reply, ctx);
                }
                self.begin_next(ctx);
            }
            Timer::Timeout(receipt) => {
                let Some(job) = self.held.close(receipt) else { return };
                self.put_back(receipt, job, ctx);
            }
            Timer::Wake(call) => self.dismiss(Call(call), ctx),
            Timer::Tick(_) => {}
        }
        self.hand_out(ctx);
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.station.crash(ctx.now());
        self.takers.clear();
        self.takers_line.clear();
        if self.settings.durable && self.disk != Disk::Lost {
            return;
        }
        let held: Vec<Job> = self.held.find(|_| true).into_iter().filter_map(|c| self.held.close(c)).collect();
        self.expired.clear();
        self.known = Known::default();
        let done = std::mem::take(&mut self.done);
        for job in self.line.drain(..).filter(|job| !done.contains(&job.job)).chain(held) {
            self.lost += 1;
            fact(ctx, Fact::JobLost { job: job.job });
        }
    }
}

impl Machine for JobQueue {
    fn joined(&mut self, _port: &Port, _ctx: &mut Ctx<'_>) {}

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.forget_takers(link);
        self.station.abandon(ctx.now(), |command| command.from == link);
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.settings = Settings::read(birth.settings);
        self.station.workers = self.settings.workers;
        self.station.room = self.settings.room;
        self.station.when_full = self.settings.when_full;
        self.begin_next(ctx);
        self.hand_out(ctx);
    }

    fn gauge(&self) -> Gauge {
        let mut counters = self.station.counters;
        counters.entries = self.holds_jobs() as u64;
        (counters.jobs_delivered, counters.jobs_duplicated) = (self.delivered, self.again);
        (counters.jobs_lost, counters.jobs_dead, counters.late) = (self.lost, self.dead, self.late);
        Gauge {
            busy: self.station.busy(),
            workers: self.settings.workers,
            // The jobs are what waits here; the commands pass in no time.
            waiting: (self.line.len() - self.done.len()) as u32,
            room: self.settings.capacity,
            live: Live::Entries(self.holds_jobs() as u64),
            counters,
            ..Gauge::default()
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.station.tally)
    }

    fn spans(&self) -> Vec<(&'static str, &Histogram)> {
        if self.backoffs.count() > 0 { vec![("backoff", &self.backoffs)] } else { Vec::new() }
    }

    fn order(&mut self, order: Order, _ctx: &mut Ctx<'_>) -> bool {
        match order {
            Order::FillDisk if self.settings.durable => self.disk.fill(),
            // What it holds it has in memory too: it hands that out, and a crash takes it.
            Order::LoseDisk if self.settings.durable => self.disk = Disk::Lost,
            _ => return false,
        }
        true
    }
}
