//! Quorum store: equal replicas, each with a copy of every key. Whoever is asked coordinates: it sends a read or write to
//! the replicas and answers when R or W of them have. It may know nothing of the other machines but the protocol.

mod cells;
mod coordinate;
mod entropy;
mod hints;
mod members;
mod operation;
mod replica;
mod settings;
#[cfg(test)]
mod tests;

use super::parts::calls::Calls;
use super::parts::deadlines::Deadlines;
use super::parts::disk::Disk;
use super::parts::gauge::{Counters, Gauge, Live};
use super::parts::log::Place;
use super::parts::station::{Station, Tally};
use super::protocol::quorum::{Item, Quorum};
use super::protocol::{Ctx, Message, Note, Order, Timer};
use super::{Birth, Info, Machine, Port, Shelf, Wire};
use crate::history::{Fact, Key, Process, Record, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::Duration;
use cells::Cells;
use members::Member;
use operation::Operation;
use replica::Task;
pub use settings::Settings;

pub const INFO: Info = Info {
    word: "quorum-store",
    label: "Quorum store",
    shelf: Shelf::Keeps,
    help: "N equal replicas: a read waits for R of them, a write for W. Any of them can be asked.",
    first_name: "store",
    card: crate::late!(include_str!("quorum_store/card.md")),
};

/// How often what is in memory only goes to disk when it is acknowledged before (Cassandra's
/// `commitlog_sync_period`).
const FLUSH: Duration = Duration::from_secs(10);

const TICK_RECOVERED: u32 = 1;
const TICK_FLUSH: u32 = 2;
const TICK_GOSSIP: u32 = 3;
const TICK_ENTROPY: u32 = 4;

/// One replica.
#[derive(Clone, Debug)]
pub struct QuorumStore {
    settings: Settings,
    me: Process,
    set: u32,
    /// Itself first, then the others in the order in which it met them; numbers stay when one goes.
    members: Vec<Member>,
    cells: Cells,
    station: Station<Task>,
    operations: Calls<Operation>,
    deadlines: Deadlines,
    /// What is on its way from this replica to itself.
    errands: Calls<Quorum>,
    /// The latest stamp that it gave.
    stamp: Place,
    disk: Disk,
    started: bool,
    crashed: bool,
    recovering: bool,
    flush_due: bool,
    gossiping: bool,
    comparing: bool,
    /// Whom it compared with last.
    compared: usize,
    counters: Counters,
}

impl QuorumStore {
    pub fn new(birth: &Birth) -> QuorumStore {
        let settings = Settings::read(birth.settings);
        QuorumStore {
            me: birth.me,
            set: birth.set,
            members: vec![Member::new(birth.me, None)],
            cells: Cells::default(),
            station: Station::new(settings.workers, settings.waiting, settings.when_full),
            operations: Calls::new(),
            deadlines: Deadlines::default(),
            errands: Calls::new(),
            stamp: Place::default(),
            disk: Disk::Well,
            started: false,
            crashed: false,
            recovering: false,
            flush_due: false,
            gossiping: false,
            comparing: false,
            compared: 0,
            counters: Counters::default(),
            settings,
        }
    }

    fn fact(&self, fact: Fact, ctx: &mut Ctx<'_>) {
        ctx.note(Note::History(Record::Fact(fact)));
    }

    /// It takes part from now on.
    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.members.iter_mut().for_each(|m| m.heard = ctx.now());
        self.gossip(ctx);
        self.arm_entropy(ctx);
    }
}

impl Behavior for QuorumStore {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        let (node, set) = (self.me, self.set);
        self.started = true;
        if std::mem::take(&mut self.crashed) {
            self.disk = Disk::Well;
            self.recovering = true;
            ctx.timer(self.settings.recovery, Timer::Tick(TICK_RECOVERED));
        } else {
            self.fact(Fact::Joined { node, set }, ctx);
            self.begin(ctx);
        }
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Ask(ask) => self.asked(link, ask, ctx),
            Message::Quorum(what) => {
                if let Some(seat) = self.seat_of(link) {
                    self.heard(seat, ctx);
                    self.told(seat, what, ctx);
                }
            }
            // It asks nobody else, so an answer is to somebody who was here before it.
            Message::Answer(_) | Message::Copy(_) | Message::Raft(_) => {}
            Message::Beat { .. } | Message::Address { .. } => {}
        }
    }

    fn refused(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        let (Some(seat), Message::Quorum(what)) = (self.seat_of(link), message) else { return };
        self.members[seat].down = true;
        if let Quorum::Write { call, seat, .. } | Quorum::Read { call, seat, .. } = what {
            self.lost(call, seat as usize, ctx);
        }
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        if let Some(seat) = self.seat_of(link) {
            self.members[seat].down = true;
            self.give_up_on(seat, ctx);
        }
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Work(place) => self.worked(place, ctx),
            Deadlines::TIMER => {
                while let Some(call) = self.deadlines.next(|call| self.operations.get(call).is_some(), ctx) {
                    self.out_of_time(call, ctx);
                }
            }
            Timer::Wake(errand) => {
                if let Some(what) = self.errands.close(super::parts::calls::Call(errand)) {
                    self.told(0, what, ctx);
                }
            }
            Timer::Tick(TICK_RECOVERED) => {
                self.recovering = false;
                self.begin(ctx);
            }
            Timer::Tick(TICK_FLUSH) => {
                self.flush_due = false;
                self.cells.flush();
            }
            Timer::Tick(TICK_GOSSIP) => {
                self.gossiping = false;
                self.gossip(ctx);
            }
            Timer::Tick(TICK_ENTROPY) => {
                self.comparing = false;
                self.compare(ctx);
                self.arm_entropy(ctx);
            }
            Timer::Tick(_) | Timer::Timeout(_) => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.station.crash(ctx.now());
        self.counters.crashed += self.unanswered();
        self.operations.clear();
        self.deadlines.clear();
        self.errands.clear();
        (self.recovering, self.crashed) = (false, true);
        (self.flush_due, self.gossiping, self.comparing) = (false, false, false);
        self.members.iter_mut().for_each(Member::forget);
        self.lose_unflushed(ctx);
    }
}

impl Machine for QuorumStore {
    fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
        if port.wire != Wire::Mirrors || self.seat_of(port.link).is_some() {
            return;
        }
        self.meet(port.peer, port.link, ctx);
        if self.started && !self.recovering && !self.crashed {
            self.gossip(ctx);
        }
    }

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        if let Some(seat) = self.seat_of(link) {
            self.leave(seat, ctx);
        }
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.settings = Settings::read(birth.settings);
        self.station.workers = self.settings.workers;
        self.station.room = self.settings.waiting;
        self.station.when_full = self.settings.when_full;
        if self.settings.durable {
            self.cells.flush();
        }
        self.move_to_set(birth.set, ctx);
        if !self.crashed && !self.recovering {
            self.arm_entropy(ctx);
        }
        self.seat_waiting(ctx);
    }

    fn gauge(&self) -> Gauge {
        let (entries, sessions) = self.cells.counts();
        Gauge {
            busy: self.station.busy(),
            workers: self.station.workers,
            waiting: self.station.waiting(),
            room: self.station.room,
            live: Live::Rate,
            // Its station also works for the other members.
            open: Some(self.unanswered()),
            counters: Counters { entries, sessions, ..self.counters },
            ..Gauge::default()
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.station.tally)
    }

    fn holds(&self, key: Key) -> Option<Value> {
        Some(self.shown(Item::Row(key)))
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
            _ => false,
        }
    }
}
