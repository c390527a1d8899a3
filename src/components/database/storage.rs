//! A disk array in place of the database's own disk: durable writes and some reads wait for it, and when it has lost
//! everything so has the database. It may not know how the array works.

use super::serve::Waits;
use super::{Database, Disk, Port};
use crate::components::Kind;
use crate::components::parts::calls::Call;
use crate::components::protocol::{Answer, Ask, Ctx, Message, Reply, Timer, What};
use crate::history::{Cause, Value};
use crate::sim::LinkId;
use crate::stdx::Duration;

/// An access unanswered for so long has failed (Linux' SCSI command time-out).
const PATIENCE: Duration = Duration::from_secs(30);

/// The lines to disk arrays: the first one drawn is used, the next when that is taken away.
#[derive(Clone, Default, Debug)]
pub(super) struct Storage {
    links: Vec<LinkId>,
    /// How often the array had lost everything when it was first asked.
    losses: Option<u64>,
}

impl Storage {
    /// The process is new, and takes the array as it finds it.
    pub fn forget(&mut self) {
        self.losses = None;
    }
}

impl Database {
    pub(super) fn join_storage(&mut self, port: &Port) {
        if port.outgoing && port.peer_kind == Kind::DiskArray && !self.storage.links.contains(&port.link) {
            self.storage.links.push(port.link);
        }
    }

    pub(super) fn part_storage(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        if self.storage.links.first() == Some(&link) {
            // Another array, another count of its losses.
            self.storage.forget();
            self.storage_broken(link, ctx);
        }
        self.storage.links.retain(|l| *l != link);
    }

    /// True: the request at this place needs the disk array, and its worker waits for it.
    pub(super) fn ask_disk(&mut self, place: u32, ctx: &mut Ctx<'_>) -> bool {
        let Some(link) = self.storage.links.first().copied() else { return false };
        let Some(ask) = self.station.at(place).map(|job| job.job.ask) else { return false };
        let write = ask.writes();
        let needed = match write {
            true => self.settings.durable && self.writable(ctx.now()).is_ok(),
            false => !ctx.random().chance(self.settings.buffered),
        };
        if !needed {
            return false;
        }
        let call = self.held.open(Waits::Disk(place));
        ctx.send(link, Message::Ask(Ask { call, what: What::Disk { write }, ..ask }));
        ctx.timeout(PATIENCE, Timer::Timeout(call));
        true
    }

    pub(super) fn storage_answered(&mut self, link: LinkId, answer: Answer, ctx: &mut Ctx<'_>) {
        if self.storage.links.first() != Some(&link) {
            return;
        }
        let (gone, well) = match answer.reply {
            Reply::Block { losses } => (*self.storage.losses.get_or_insert(losses) != losses, true),
            Reply::Gone => (true, false),
            _ => (false, false),
        };
        if gone && self.disk != Disk::Lost {
            self.destroy(ctx);
            self.disk = Disk::Lost;
        }
        if let Some(Waits::Disk(place)) = self.held.close(answer.call) {
            self.disk_answered(place, well, ctx);
        }
    }

    /// The access for the request at this place is over.
    pub(super) fn disk_answered(&mut self, place: u32, well: bool, ctx: &mut Ctx<'_>) {
        if well && self.disk != Disk::Lost {
            return self.complete(place, ctx);
        }
        let Some(job) = self.station.leave(place, false, ctx.now()) else { return };
        let failed = Reply::Fail(Cause::Disk);
        self.reply(job.job, failed, Value::INITIAL, Default::default(), job.arrived, job.started, ctx);
        self.seat_waiting(ctx);
    }

    pub(super) fn disk_call_failed(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        if let Some(Waits::Disk(place)) = self.held.close(call) {
            self.disk_answered(place, false, ctx);
        }
    }

    /// Nobody answers over this line any more.
    pub(super) fn storage_broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        if self.storage.links.first().is_none_or(|first| *first == link) {
            for call in self.held.find(|waits| matches!(waits, Waits::Disk(_))) {
                self.disk_call_failed(call, ctx);
            }
        }
    }
}
