//! Session store: a cache in this one role, with what sessions need in place of what results need. It may not know who the
//! users are, nor what is in their carts.

use super::cache::{self, Cache};
use super::parameter::Domain;
use super::parts::entries::Eviction;
use super::parts::gauge::{Gauge, Live};
use super::parts::size::Size;
use super::parts::station::Tally;
use super::protocol::{Ctx, Message, Note, Order, Timer};
use super::{Birth, Info, Machine, Port, Shelf};
use crate::sim::{Behavior, LinkId};
use crate::stdx::Duration;

#[cfg(test)]
mod tests;

pub const INFO: Info = Info {
    word: "session-store",
    label: "Session store",
    shelf: Shelf::Keeps,
    help: "Keeps the sessions of all app servers, so that any clone may serve any user. When it is gone everybody is logged out.",
    first_name: "sessions",
    card: crate::late!(include_str!("session_store/card.md")),
};

crate::choice! {
    /// What is left of the sessions after a crash.
    pub enum Kept {
        Memory = "memory", "In memory", "A crash loses them all (Memcached; Redis without its append-only file).";
        Disk = "disk", "On disk", "Each change goes to disk before it is answered: a crash loses nothing, and every change costs a flush.";
    }
}

const YEAR: Duration = Duration::from_secs(31_536_000);

crate::parameters! {
    /// What can be set on a session store.
    pub struct Settings {
        clones: u32 = 1, Domain::Count { least: 1, most: 64, unit: "nodes" }, Basic, "Nodes", "Machines, each with its own share of the sessions: one that is gone logs out its share of the users.";
        kept: Kept = Kept::Memory, Domain::Choice(Kept::WORDS), Basic, "Kept", "What is left of the sessions after a crash.";
        lifetime: Duration = Duration::from_secs(1440), Domain::Time { least: Duration::from_millis(1), most: YEAR }, Basic, "Lifetime", "A session not used for so long is forgotten. 24 minutes is PHP's session.gc_maxlifetime.";
        entries: u32 = 1_000_000, Domain::Count { least: 1, most: 10_000_000, unit: "sessions" }, Advanced, "Room", "Sessions per node; of more than these the longest unused are logged out. 1,000,000 of 1 KB fill the 1.4 GB of a cache.t3.small.";
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "A larger machine works faster; its price grows faster than its speed.";
    }
}

impl Settings {
    pub fn price_per_hour(&self) -> f64 {
        self.cache().price_per_hour()
    }

    /// The cache that does the work; whatever is not set here is as a cache has it.
    fn cache(&self) -> cache::Settings {
        cache::Settings {
            clones: self.clones,
            entries: self.entries,
            eviction: Eviction::Lru,
            session_ttl: self.lifetime,
            persist: self.kept == Kept::Disk,
            size: self.size,
            ..cache::Settings::default()
        }
    }
}

/// One node.
#[derive(Clone, Debug)]
pub struct SessionStore(Cache);

impl SessionStore {
    pub fn new(birth: &Birth) -> SessionStore {
        SessionStore(Cache::with(Settings::read(birth.settings).cache()))
    }
}

impl Behavior for SessionStore {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.0.start(ctx);
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        self.0.message(link, message, ctx);
    }

    fn refused(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        self.0.refused(link, message, ctx);
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.0.broken(link, ctx);
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        self.0.timer(timer, ctx);
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.0.crash(ctx);
    }
}

impl Machine for SessionStore {
    fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
        self.0.joined(port, ctx);
    }

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.0.parted(link, ctx);
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        self.0.change(Settings::read(birth.settings).cache(), ctx);
    }

    fn gauge(&self) -> Gauge {
        let mut gauge = self.0.gauge();
        gauge.counters.sessions_lost = self.0.dropped() + gauge.counters.evictions;
        gauge.live = Live::Entries(gauge.counters.entries);
        gauge
    }

    fn tally(&self) -> Option<&Tally> {
        self.0.tally()
    }

    fn order(&mut self, order: Order, ctx: &mut Ctx<'_>) -> bool {
        self.0.order(order, ctx)
    }
}
