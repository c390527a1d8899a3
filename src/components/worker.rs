//! Worker: fetches jobs from queues and does them, out of the users' sight. It may not know who ordered them.

use super::parameter::Domain;
use super::parts::calls::{Call, Calls};
use super::parts::gauge::Gauge;
use super::parts::size::Size;
use super::parts::station::{Arrival, Station, Tally, WhenFull};
use super::protocol::{Answer, Ask, Cookie, Ctx, Message, Note, Reply, Timer, What};
use super::{Birth, Info, Machine, Port, Shelf, Wire};
use crate::history::{Fact, Key, Kind as OpKind, Op, OpId, Process, Record, SessionId, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::{Distribution, Duration, Instant, Random, hash};

#[cfg(test)]
mod tests;

pub const INFO: Info = Info {
    word: "worker",
    label: "Worker",
    shelf: Shelf::Works,
    help: "Fetches jobs from a queue and does them in the background.",
    first_name: "worker",
    card: crate::late!(include_str!("worker/card.md")),
};

crate::choice! {
    /// When the queue is told that it may forget the job.
    pub enum Acknowledge {
        After = "after", "After the work", "A crash in the middle leaves the job in the queue: it is done again (Sidekiq Pro, SQS).";
        Before = "before", "Before the work", "A crash in the middle loses the job (Celery as shipped).";
    }
}

crate::choice! {
    /// What is done about a job that failed.
    pub enum OnFailure {
        Leave = "leave", "Leave it", "It is not acknowledged, and comes again after the queue's visibility time-out (SQS).";
        Backoff = "backoff", "Back off", "It is given back for later: n⁴ + 15 s and a random part, n the failures before (Sidekiq).";
    }
}

const SERVICE: Distribution = Distribution::Exponential(Duration::from_secs(1));
const HOUR: Duration = Duration::from_secs(3600);
/// How long it waits before it asks a queue again that did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// Dollars an hour for size S: a t3.medium of Amazon EC2, on demand in us-east-1.
const PRICE: f64 = 0.0416;
/// Asked in nobody's name.
const NOBODY: OpId = OpId(u64::MAX);

crate::parameters! {
    /// What can be set on a worker.
    pub struct Settings {
        clones: u32 = 1, Domain::Count { least: 1, most: 64, unit: "clones" }, Basic, "Clones", "Equal machines behind one card.";
        concurrency: u32 = 5, Domain::Count { least: 1, most: 1024, unit: "jobs" }, Basic, "At once", "Jobs done at the same time (Sidekiq 7: 5 threads).";
        service: Distribution = SERVICE, Domain::Times { most: HOUR }, Basic, "Service time", "Of one job.";
        acknowledge: Acknowledge = Acknowledge::After, Domain::Choice(Acknowledge::WORDS), Basic, "Acknowledges", "When the queue may forget the job.";
        prefetch: u32 = 0, Domain::Count { least: 0, most: 10_000, unit: "jobs" }, Advanced, "Prefetch", "Jobs fetched beyond those in work; they wait here, and their visibility runs on (Sidekiq: none; Celery: 3 for each in work).";
        poison: f64 = 0.0, Domain::Share, Advanced, "Poison", "Share of jobs that fail whenever they are tried.";
        on_failure: OnFailure = OnFailure::Leave, Domain::Choice(OnFailure::WORDS), Advanced, "On failure", "What is done about a job that failed.";
        jitter: bool = true, Domain::Flag, Advanced, "Jitter", "Backing off: the delay's random part, so that jobs that failed together are not tried together (Sidekiq: on).";
        timeout: Duration = Duration::from_secs(30), Domain::Time { least: Duration::from_millis(1), most: HOUR }, Advanced, "Time-out", "For the queue's answer; longer than its long poll.";
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "A larger machine works faster; its price grows faster than its speed.";
    }
}

impl Settings {
    pub fn price_per_hour(&self) -> f64 {
        PRICE * self.size.price()
    }
}

/// A job in the worker's hands.
#[derive(Clone, Debug)]
struct Job {
    from: LinkId,
    receipt: Call,
    delivery: u32,
    job: Value,
}

/// One clone.
#[derive(Clone, Debug)]
pub struct Worker {
    settings: Settings,
    me: Process,
    station: Station<Job>,
    queues: Vec<LinkId>,
    turn: u32,
    /// Requests for a job that have not been answered, by the queue asked.
    takes: Calls<LinkId>,
    /// The queue did not answer: it is asked again when this rings.
    pausing: bool,
    running: bool,
    lost: u64,
    timeouts: u64,
}

impl Worker {
    pub fn new(birth: &Birth) -> Worker {
        let settings = Settings::read(birth.settings);
        Worker {
            me: birth.me,
            station: Station::new(settings.concurrency, u32::MAX, WhenFull::Reject),
            queues: Vec::new(),
            turn: 0,
            takes: Calls::new(),
            pausing: false,
            running: false,
            lost: 0,
            timeouts: 0,
            settings,
        }
    }

    /// Asks for as many jobs as it has hands free.
    fn take(&mut self, ctx: &mut Ctx<'_>) {
        let wanted = (self.settings.concurrency + self.settings.prefetch) as usize;
        if !self.running || self.pausing || self.queues.is_empty() {
            return;
        }
        while self.takes.len() + self.station.busy() as usize + (self.station.waiting() as usize) < wanted {
            self.turn = self.turn.wrapping_add(1);
            let queue = self.queues[self.turn as usize % self.queues.len()];
            let call = self.takes.open(queue);
            ctx.send(queue, Message::Ask(self.ask(call, What::JobTake, ctx.now())));
            ctx.timeout(self.settings.timeout, Timer::Timeout(call));
        }
    }

    fn ask(&self, call: Call, what: What, now: Instant) -> Ask {
        let (kind, key, value) = (OpKind::Job, Key(0), Value::INITIAL);
        let op =
            Op { id: NOBODY, client: self.me, session: SessionId(u32::MAX), kind, key, value, invoked: now };
        Ask { call, op, what, cookie: Cookie::default(), seen: 0, attempt: 0, region: 0 }
    }

    /// Tells the queue something that needs no answer.
    fn tell(&self, queue: LinkId, what: What, ctx: &mut Ctx<'_>) {
        if self.queues.contains(&queue) {
            ctx.send(queue, Message::Ask(self.ask(Call::default(), what, ctx.now())));
        }
    }

    fn pause(&mut self, ctx: &mut Ctx<'_>) {
        if !self.pausing {
            self.pausing = true;
            ctx.timer(PAUSE, Timer::Tick(0));
        }
    }

    fn received(&mut self, answer: Answer, ctx: &mut Ctx<'_>) {
        let Some(queue) = self.takes.close(answer.call) else { return };
        match answer.reply {
            Reply::Job { receipt, delivery } => {
                let job = Job { from: queue, receipt, delivery, job: answer.value };
                if self.settings.acknowledge == Acknowledge::Before {
                    self.tell(queue, What::JobDone { receipt, worked: false }, ctx);
                }
                if let Arrival::Starts(place) = self.station.arrive(job, ctx.now()) {
                    self.begin(place, ctx);
                }
            }
            Reply::Fail(_) | Reply::Unknown(_) => self.pause(ctx),
            _ => {}
        }
        self.take(ctx);
    }

    fn begin(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let amount = self.settings.service.sample(ctx.random());
        ctx.work(amount.scale(1.0 / self.settings.size.speed()), Timer::Work(place));
    }

    fn done(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.at(place).map(|j| j.job.clone()) else { return };
        // The same jobs fail wherever and whenever they are tried.
        let fails = (hash::mix(job.job.0) >> 11) as f64 / ((1u64 << 53) as f64) < self.settings.poison;
        self.station.leave(place, !fails, ctx.now());
        let forgotten = self.forgotten(&job);
        match (fails, forgotten) {
            (false, _) => {
                fact(ctx, Fact::JobDone { job: job.job, node: self.me });
                let what = match forgotten {
                    true => What::JobResult { job: job.job },
                    false => What::JobDone { receipt: job.receipt, worked: true },
                };
                self.tell(job.from, what, ctx);
            }
            (true, true) => self.lose(&job, ctx),
            (true, false) if self.settings.on_failure == OnFailure::Backoff => {
                let count = job.delivery.saturating_sub(1);
                let jitter = if self.settings.jitter { jitter(count, ctx.random()) } else { Duration::ZERO };
                let after = backoff(count) + jitter;
                self.tell(job.from, What::JobBack { receipt: job.receipt, after }, ctx);
            }
            (true, false) => {}
        }
        while let Some(place) = self.station.next(ctx.now()) {
            self.begin(place, ctx);
        }
        self.take(ctx);
    }

    /// Whether the queue keeps the job no more: it was acknowledged as it came, or handed out without a receipt.
    fn forgotten(&self, job: &Job) -> bool {
        self.settings.acknowledge == Acknowledge::Before || job.receipt == Call::default()
    }

    fn lose(&mut self, job: &Job, ctx: &mut Ctx<'_>) {
        self.lost += 1;
        fact(ctx, Fact::JobLost { job: job.job });
    }

    fn hung_up(&mut self, queue: LinkId, ctx: &mut Ctx<'_>) {
        for call in self.takes.find(|q| *q == queue) {
            self.takes.close(call);
        }
        self.pause(ctx);
    }
}

/// Sidekiq's delay after so many failures before this one: count⁴ + 15 s.
pub fn backoff(count: u32) -> Duration {
    let count = count.min(1000) as u64;
    Duration::from_secs(count * count * count * count + 15)
}

/// What Sidekiq adds by chance: whole seconds below 10 (count + 1).
fn jitter(count: u32, random: &mut Random) -> Duration {
    Duration::from_secs(random.below(10 * (count.min(1000) as u64 + 1)))
}

fn fact(ctx: &mut Ctx<'_>, fact: Fact) {
    ctx.note(Note::History(Record::Fact(fact)));
}

impl Behavior for Worker {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.running = true;
        self.take(ctx);
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Answer(answer) => self.received(answer, ctx),
            Message::Ask(ask) if ask.what == What::Probe => {
                ctx.send(link, Message::Answer(ask.answer(Reply::Well { writable: false })));
            }
            _ => {}
        }
    }

    fn refused(&mut self, link: LinkId, _message: Message, ctx: &mut Ctx<'_>) {
        self.hung_up(link, ctx);
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.hung_up(link, ctx);
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Work(place) => self.done(place, ctx),
            Timer::Timeout(call) if self.takes.close(call).is_some() => {
                self.timeouts += 1;
                self.take(ctx);
            }
            Timer::Tick(_) => {
                self.pausing = false;
                self.take(ctx);
            }
            Timer::Timeout(_) | Timer::Wake(_) => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        (self.running, self.pausing) = (false, false);
        self.takes.clear();
        for job in self.station.crash(ctx.now()) {
            if self.forgotten(&job) {
                self.lose(&job, ctx);
            }
        }
    }
}

impl Machine for Worker {
    fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
        if port.outgoing && port.wire == Wire::Calls && !self.queues.contains(&port.link) {
            self.queues.push(port.link);
            self.take(ctx);
        }
    }

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.queues.retain(|queue| *queue != link);
        self.hung_up(link, ctx);
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.settings = Settings::read(birth.settings);
        self.station.workers = self.settings.concurrency;
        while let Some(place) = self.station.next(ctx.now()) {
            self.begin(place, ctx);
        }
        self.take(ctx);
    }

    fn gauge(&self) -> Gauge {
        let mut counters = self.station.counters;
        (counters.jobs_delivered, counters.jobs_lost) = (counters.completions, self.lost);
        counters.calls_timed_out = self.timeouts;
        Gauge {
            busy: self.station.busy(),
            workers: self.settings.concurrency,
            waiting: self.station.waiting(),
            room: self.settings.prefetch,
            counters,
            ..Gauge::default()
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.station.tally)
    }
}
