//! Disk array: disks that work together at one of the RAID levels, lose one another, are rebuilt, and now and then lose
//! everything. It keeps files (sessions) itself and blocks for databases. It may not know what the blocks hold.

mod settings;
#[cfg(test)]
mod tests;

use super::parts::calls::{Call, Calls};
use super::parts::gauge::{Counters, Gauge, Live};
use super::parts::station::{Arrival, Station, Tally, WhenFull};
use super::protocol::{Ask, Ctx, Message, Note, Order, Reply, Timer, What};
use super::{Birth, Info, Machine, Port, Shelf};
use crate::history::{Cause, SessionId};
use crate::sim::{Behavior, LinkId};
use crate::stdx::{Distribution, Duration, Instant};
use settings::{Layout, Level};
use std::collections::BTreeMap;

pub use settings::Settings;

pub const INFO: Info = Info {
    word: "disk-array",
    label: "Disk array",
    shelf: Shelf::Keeps,
    help: "Disks that stand in for each other (RAID): storage behind databases, or a store of sessions that servers share.",
    first_name: "disks",
    card: crate::late!(include_str!("disk_array/card.md")),
};

/// A request from outside, and the accesses to disks that it still is.
#[derive(Clone, Debug)]
struct Request {
    from: LinkId,
    ask: Ask,
    arrived: Instant,
    started: Instant,
    /// Accesses under way, and how many more follow together after them.
    open: u32,
    then: u32,
}

/// What a timer of the array's own is for; with a number of the group behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Due {
    /// Some disk fails by itself.
    Fails,
    /// Somebody has brought a new disk for a group, or as a spare.
    Brought,
    BroughtSpare,
    /// A group's new disk is filled.
    Built,
    /// Everything is replaced, and empty.
    Renewed,
}

impl Due {
    const ALL: [Due; 5] = [Due::Fails, Due::Brought, Due::BroughtSpare, Due::Built, Due::Renewed];
}

#[derive(Clone, Debug)]
pub struct DiskArray {
    settings: Settings,
    layout: Layout,
    /// Disks lost and not yet rebuilt, by group.
    lost: Vec<u32>,
    /// Rebuilds under way.
    rebuilding: u32,
    spares: u32,
    /// How often everything was lost: who remembers another number finds its data gone.
    losses: u64,
    /// Everything is lost, and not yet replaced.
    failed: bool,
    full: bool,
    /// Timers of before are void.
    epoch: u32,
    requests: Calls<Request>,
    station: Station<Call>,
    sessions: BTreeMap<SessionId, u32>,
    disks_lost: u64,
    rebuilds: u64,
}

impl DiskArray {
    pub fn new(birth: &Birth) -> DiskArray {
        let settings = Settings::read(birth.settings);
        let layout = settings.layout();
        DiskArray {
            lost: vec![0; layout.groups as usize],
            rebuilding: 0,
            spares: layout.spares,
            losses: 0,
            failed: false,
            full: false,
            epoch: 0,
            requests: Calls::new(),
            station: Station::new(layout.groups * layout.size, 0, WhenFull::Block),
            sessions: BTreeMap::new(),
            disks_lost: 0,
            rebuilds: 0,
            layout,
            settings,
        }
    }

    fn disks(&self) -> u32 {
        self.layout.groups * self.layout.size
    }

    fn well(&self) -> u32 {
        if self.failed { 0 } else { self.disks() - self.lost.iter().sum::<u32>() }
    }

    fn at(&mut self, after: Duration, due: Due, group: u32, ctx: &mut Ctx<'_>) {
        let number = (due as u64) << 56 | (self.epoch as u64 & 0xff_ffff) << 32 | group as u64;
        ctx.timer(after, Timer::Wake(number));
    }

    /// Draws when some disk fails. That of one which is lost already is no failure, so that the time never depends on
    /// what has happened meanwhile.
    fn draw_failure(&mut self, ctx: &mut Ctx<'_>) {
        if !self.settings.disk_mttf.is_zero() {
            let mean = self.settings.disk_mttf.scale(1.0 / self.disks() as f64);
            let after = Distribution::Exponential(mean).sample(ctx.random());
            self.at(after.max(Duration::from_micros(1)), Due::Fails, 0, ctx);
        }
    }

    /// One of all disks, lost or not: its group, and whether it is one that works.
    fn any_disk(&self, ctx: &mut Ctx<'_>) -> (u32, bool) {
        let disk = ctx.random().below(self.disks() as u64) as u32;
        let (group, place) = (disk / self.layout.size, disk % self.layout.size);
        (group, !self.failed && place >= self.lost[group as usize])
    }

    fn lose_disk(&mut self, group: u32, ctx: &mut Ctx<'_>) {
        self.disks_lost += 1;
        let lost = &mut self.lost[group as usize];
        *lost += 1;
        if *lost > self.layout.tolerates {
            return self.lose_everything(ctx);
        }
        self.station.workers = self.well();
        if self.spares > 0 {
            self.spares -= 1;
            self.rebuild(group, ctx);
            self.at(self.settings.replace, Due::BroughtSpare, 0, ctx);
        } else if self.settings.replace.is_zero() {
            self.rebuild(group, ctx);
        } else {
            self.at(self.settings.replace, Due::Brought, group, ctx);
        }
    }

    fn rebuild(&mut self, group: u32, ctx: &mut Ctx<'_>) {
        self.rebuilding += 1;
        let takes = self.settings.rebuild.sample(ctx.random());
        self.at(takes, Due::Built, group, ctx);
    }

    fn lose_everything(&mut self, ctx: &mut Ctx<'_>) {
        self.losses += 1;
        self.failed = true;
        self.epoch = self.epoch.wrapping_add(1);
        self.rebuilding = 0;
        self.sessions.clear();
        self.station.crash(ctx.now());
        for call in self.requests.find(|_| true) {
            self.answer(call, Reply::Gone, ctx);
        }
        let takes = self.settings.rebuild.sample(ctx.random());
        self.at(takes, Due::Renewed, 0, ctx);
        self.draw_failure(ctx);
    }

    /// Begins the rebuilds anew that are due, and waits for the next failure.
    fn go_on(&mut self, ctx: &mut Ctx<'_>) {
        (self.spares, self.rebuilding) = (self.layout.spares, 0);
        for group in 0..self.layout.groups {
            (0..self.lost[group as usize]).for_each(|_| self.rebuild(group, ctx));
        }
        self.draw_failure(ctx);
    }

    /// New disks everywhere, with nothing on them.
    fn renew(&mut self) {
        self.lost = vec![0; self.layout.groups as usize];
        self.spares = self.layout.spares;
        (self.failed, self.rebuilding) = (false, 0);
        self.station.workers = self.well();
    }

    fn due(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let Some(due) = Due::ALL.get((number >> 56) as usize).copied() else { return };
        if (number >> 32) & 0xff_ffff != self.epoch as u64 & 0xff_ffff {
            return;
        }
        let group = number as u32;
        match due {
            Due::Fails => {
                let (group, works) = self.any_disk(ctx);
                // The next one first: losing everything makes timers of before void.
                let epoch = self.epoch;
                if works {
                    self.lose_disk(group, ctx);
                }
                if self.epoch == epoch {
                    self.draw_failure(ctx);
                }
            }
            Due::Brought => self.rebuild(group, ctx),
            Due::BroughtSpare => self.spares += 1,
            Due::Built => {
                self.rebuilding = self.rebuilding.saturating_sub(1);
                self.rebuilds += 1;
                let lost = &mut self.lost[group as usize];
                *lost = lost.saturating_sub(1);
                self.station.workers = self.well();
                self.seat(ctx);
            }
            Due::Renewed => self.renew(),
        }
    }

    fn asked(&mut self, from: LinkId, ask: Ask, ctx: &mut Ctx<'_>) {
        let write = match ask.what {
            What::Probe => {
                let well = Reply::Well { writable: !self.full };
                let reply = if self.failed { Reply::Fail(Cause::Disk) } else { well };
                return ctx.send(from, Message::Answer(ask.answer(reply)));
            }
            What::Disk { write } => write,
            What::SessionGet => false,
            What::SessionPut { .. } => true,
            _ => return ctx.send(from, Message::Answer(ask.answer(Reply::Fail(Cause::Error)))),
        };
        let now = ctx.now();
        let (open, then) = if write { self.writing() } else { (self.reading(ctx), 0) };
        let request = Request { from, ask, arrived: now, started: now, open, then };
        let call = self.requests.open(request);
        let why = if self.failed {
            Some(Reply::Gone)
        } else if self.full && write {
            Some(Reply::Fail(Cause::Disk))
        } else {
            (self.station.waiting() > self.settings.room).then_some(Reply::Fail(Cause::Full))
        };
        let Some(reply) = why else { return self.access(call, open, ctx) };
        // No disk has seen it; it counts as one access that was turned away.
        let counters = &mut self.station.counters;
        counters.arrivals += 1;
        match reply {
            Reply::Fail(Cause::Full) => counters.refused += 1,
            _ => counters.failed += 1,
        }
        self.answer(call, reply, ctx);
    }

    /// Accesses of a read: one, or one to each disk whose part of the parity gives back what a lost one held.
    fn reading(&self, ctx: &mut Ctx<'_>) -> u32 {
        if !matches!(self.settings.level, Level::Raid5 | Level::Raid6) || self.lost.iter().all(|n| *n == 0) {
            return 1;
        }
        let (_, works) = self.any_disk(ctx);
        if works { 1 } else { (self.layout.size - self.layout.tolerates).max(1) }
    }

    /// Accesses of a small write, together and then together: old data and parity are read before the new are written.
    fn writing(&self) -> (u32, u32) {
        match self.settings.level {
            Level::Raid0 => (1, 0),
            Level::Raid1 | Level::Raid10 => (self.layout.size, 0),
            Level::Raid5 => (2, 2),
            Level::Raid6 => (3, 3),
        }
    }

    fn access(&mut self, call: Call, times: u32, ctx: &mut Ctx<'_>) {
        // Where disks are missing there are fewer to write to.
        let times = times.min(self.well()).max(1);
        if let Some(request) = self.requests.get_mut(call) {
            request.open = times;
        }
        for _ in 0..times {
            if let Arrival::Starts(place) = self.station.arrive(call, ctx.now()) {
                self.work(place, ctx);
            }
        }
    }

    fn work(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let work = self.settings.access.sample(ctx.random()).scale(1.0 / self.settings.size.speed());
        let slower = if self.rebuilding > 0 { 1.0 / (1.0 - self.settings.rebuild_share.min(0.99)) } else { 1.0 };
        ctx.work(if slower == 1.0 { work } else { work.scale(slower) }, Timer::Work(place));
    }

    fn seat(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(place) = self.station.next(ctx.now()) {
            self.work(place, ctx);
        }
    }

    /// One access is done.
    fn accessed(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.station.leave(place, true, ctx.now()) else { return };
        let call = job.job;
        if let Some(request) = self.requests.get_mut(call) {
            request.open = request.open.saturating_sub(1);
            if request.open == 0 {
                match std::mem::take(&mut request.then) {
                    0 => {
                        let reply = self.carry_out(call);
                        self.answer(call, reply, ctx);
                    }
                    then => self.access(call, then, ctx),
                }
            }
        }
        self.seat(ctx);
    }

    fn carry_out(&mut self, call: Call) -> Reply {
        let Some(Request { ask, .. }) = self.requests.get(call) else { return Reply::Ok };
        match ask.what {
            What::SessionGet => match self.sessions.get(&ask.op.session) {
                Some(cart) => Reply::Session { cart: *cart },
                None => Reply::NoSession,
            },
            What::SessionPut { cart } => {
                self.sessions.insert(ask.op.session, cart);
                Reply::Ok
            }
            _ => Reply::Block { losses: self.losses },
        }
    }

    fn answer(&mut self, call: Call, reply: Reply, ctx: &mut Ctx<'_>) {
        let Some(Request { from, ask, arrived, started, .. }) = self.requests.close(call) else { return };
        let blocks = matches!(ask.what, What::Disk { .. });
        let reply = if reply == Reply::Gone && !blocks { Reply::Fail(Cause::Disk) } else { reply };
        ctx.send(from, Message::Answer(ask.answer(reply)));
        ctx.note(Note::Hop { op: ask.op, arrived, started, ok: reply.is_ok(), shown: None });
    }
}

impl Behavior for DiskArray {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        // Whoever starts it again has made room, has replaced what had lost everything, and begins the rebuilds anew.
        self.full = false;
        self.epoch = self.epoch.wrapping_add(1);
        if self.failed {
            self.renew();
        }
        self.go_on(ctx);
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        if let Message::Ask(ask) = message {
            self.asked(link, ask, ctx);
        }
    }

    fn refused(&mut self, _link: LinkId, _message: Message, _ctx: &mut Ctx<'_>) {}

    fn broken(&mut self, _link: LinkId, _ctx: &mut Ctx<'_>) {}

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Work(place) => self.accessed(place, ctx),
            Timer::Wake(number) => self.due(number, ctx),
            _ => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.requests.clear();
        self.station.crash(ctx.now());
    }
}

impl Machine for DiskArray {
    fn joined(&mut self, _port: &Port, _ctx: &mut Ctx<'_>) {}

    fn parted(&mut self, _link: LinkId, _ctx: &mut Ctx<'_>) {}

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        let old = std::mem::replace(&mut self.settings, Settings::read(birth.settings));
        self.layout = self.settings.layout();
        self.epoch = self.epoch.wrapping_add(1);
        if (old.level, old.disks, old.group) != (self.settings.level, self.settings.disks, self.settings.group) {
            // Another layout is another array: the data is moved over, and all its disks are well.
            self.renew();
        } else if self.failed {
            let takes = self.settings.rebuild.sample(ctx.random());
            self.at(takes, Due::Renewed, 0, ctx);
        }
        self.go_on(ctx);
        self.seat(ctx);
    }

    fn gauge(&self) -> Gauge {
        let counters = Counters {
            disks_lost: self.disks_lost,
            rebuilds: self.rebuilds,
            data_losses: self.losses,
            usable_gb: self.settings.usable_gb(),
            entries: self.sessions.len() as u64,
            ..self.station.counters
        };
        Gauge {
            busy: self.station.busy(),
            workers: self.well(),
            waiting: self.station.waiting(),
            room: self.settings.room,
            live: Live::Disks { well: self.well(), of: self.disks() },
            counters,
            ..Gauge::default()
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.station.tally)
    }

    fn order(&mut self, order: Order, ctx: &mut Ctx<'_>) -> bool {
        match order {
            Order::FillDisk => self.full = true,
            Order::LoseDisk if self.failed => {}
            Order::LoseDisk => {
                // Any one that works.
                let mut nth = ctx.random().below(self.well().max(1) as u64) as u32;
                for group in 0..self.layout.groups {
                    let well = self.layout.size - self.lost[group as usize];
                    if nth < well {
                        self.lose_disk(group, ctx);
                        break;
                    }
                    nth -= well;
                }
            }
            _ => return false,
        }
        true
    }
}
