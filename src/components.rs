//! The catalogue: every machine that can stand on the board, one file each. A machine knows the engine, the history
//! and the protocol it speaks; of the other machines it knows nothing. This file is the list, and the table of who may
//! be wired to whom.

pub mod parameter;
pub mod parts;
pub mod protocol;
pub mod wiring;

use crate::history::{Key, Process, Value};
use crate::sim::{Behavior, LinkId};
use crate::stdx::Duration;
use crate::stdx::histogram::Histogram;
use crate::stdx::late::Late;
use parameter::{Parameter, Settings};
use parts::gauge::{Gauge, Portion};
use parts::station::Tally;
use parts::wear::WearSettings;
use protocol::{Ctx, Message, Note, Order, Timer};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use wiring::zones::Region;

/// What the palette says of a component.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Info {
    /// As the notation writes it: kebab-case.
    pub word: &'static str,
    /// As a person reads it: "Load balancer".
    pub label: &'static str,
    pub shelf: Shelf,
    /// One line for the palette's tip.
    pub help: &'static str,
    /// The name a new one gets on the board, a number added when taken.
    pub first_name: &'static str,
    /// The model card: what is modelled, what is left out, whose defaults it uses. Markdown.
    pub card: Late,
}

/// The palette's shelves, in its order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shelf {
    Sends,
    Spreads,
    Works,
    Keeps,
    Holds,
}

/// What one machine of the run is told at its birth.
#[derive(Clone, Debug)]
pub struct Birth<'a> {
    pub settings: &'a Settings,
    /// Its own number, as the history names it.
    pub me: Process,
    /// The clone's number from 1, and how many there are.
    pub clone: u32,
    pub clones: u32,
    pub seed: u64,
    /// Which set of copies it belongs to, as the facts of the history number them: machines that lines of replication
    /// join, over however many steps, share one number, and no others; every other machine has a number of its own.
    pub set: u32,
    /// The texts that came with the drawing.
    pub files: &'a Files,
}

/// Texts that a document carries along (access logs), by the names that settings call them by. Shared, never copied.
pub type Files = BTreeMap<String, Arc<str>>;

/// One end of a link, as the machine at that end sees it.
#[derive(Clone, Debug)]
pub struct Port<'a> {
    pub link: LinkId,
    /// The machine at the other end.
    pub peer: Process,
    pub peer_kind: Kind,
    /// Name of the other machine ("web-2") and of its card ("web").
    pub peer_name: &'a str,
    pub peer_card: &'a str,
    pub peer_settings: &'a Settings,
    /// The zone in which that machine stands, and the region in which it lies or says that it lies.
    pub peer_zone: Option<&'a str>,
    pub peer_region: Region,
    pub wire: Wire,
    /// Whether this end is the arrow's tail: it asks, or it copies to the other.
    pub outgoing: bool,
    /// The link's settings, as drawn.
    pub settings: &'a Settings,
}

/// What every machine can do besides being a [`Behavior`].
pub trait Machine: Behavior<Message = Message, Timer = Timer, Note = Note> {
    /// A link was joined to it, at its birth or while it runs.
    fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>);
    /// A link was taken from it.
    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>);
    /// Its settings were edited while it runs: it keeps what it has.
    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>);
    /// What the picture and the report show of it.
    fn gauge(&self) -> Gauge;
    /// Times and sums of its station, for the report.
    fn tally(&self) -> Option<&Tally> {
        None
    }
    /// What falls to each of those that it spreads over; nothing for a machine that does not.
    fn spread(&self) -> Vec<Portion> {
        Vec::new()
    }
    /// Other spans of time that it keeps count of, by their names in the report.
    fn spans(&self) -> Vec<(&'static str, &Histogram)> {
        Vec::new()
    }
    /// What its copy holds of the key, for "where is my value?": None when it keeps no copy.
    fn holds(&self, _key: Key) -> Option<Value> {
        None
    }
    /// A fault only machines of its kind can carry out. False: it means nothing to this machine.
    fn order(&mut self, _order: Order, _ctx: &mut Ctx<'_>) -> bool {
        false
    }
}

/// `Module::Variant, "word"`: makes the closed set of kinds, of behaviours, and the way from the one to the other.
macro_rules! catalogue {
    ($($module:ident :: $variant:ident;)+) => {
        $(pub mod $module;)+

        /// Which component a machine is.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Kind { $($variant),+ }

        impl Kind {
            /// In the palette's order.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant),+];

            pub fn info(self) -> &'static Info {
                match self { $(Kind::$variant => &$module::INFO),+ }
            }

            /// Its own settings, then those of every machine.
            pub fn parameters(self) -> &'static [Parameter] {
                match self { $(Kind::$variant => {
                    static TABLE: OnceLock<Vec<Parameter>> = OnceLock::new();
                    TABLE.get_or_init(|| self.with_wear($module::Settings::parameters()))
                }),+ }
            }

            /// How many machines a card with these settings stands for.
            pub fn clones(self, settings: &Settings) -> u32 {
                let read = <u32 as parameter::Read>::read;
                let drawn = || self.parameters().iter().find(|p| p.name == "clones");
                let usual = || drawn().and_then(|p| read(&(p.default)()));
                settings.get("clones").and_then(read).or_else(usual).unwrap_or(1)
            }

            /// What a card with these settings costs, in dollars an hour: all its machines.
            pub fn price_per_hour(self, settings: &Settings) -> f64 {
                let one = match self { $(Kind::$variant => $module::Settings::read(settings).price_per_hour()),+ };
                one * self.clones(settings) as f64
            }
        }

        /// One machine of a run.
        #[derive(Clone, Debug)]
        pub enum Component { $($variant(Box<$module::$variant>)),+ }

        impl Component {
            pub fn new(kind: Kind, birth: &Birth) -> Component {
                match kind { $(Kind::$variant => Component::$variant(born(birth, $module::$variant::new))),+ }
            }

            pub fn kind(&self) -> Kind {
                match self { $(Component::$variant(_) => Kind::$variant),+ }
            }
        }

        impl Behavior for Component {
            type Message = Message;
            type Timer = Timer;
            type Note = Note;

            fn start(&mut self, ctx: &mut Ctx<'_>) {
                match self { $(Component::$variant(m) => m.start(ctx)),+ }
            }
            fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
                match self { $(Component::$variant(m) => m.message(link, message, ctx)),+ }
            }
            fn refused(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
                match self { $(Component::$variant(m) => m.refused(link, message, ctx)),+ }
            }
            fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
                match self { $(Component::$variant(m) => m.broken(link, ctx)),+ }
            }
            fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
                match self { $(Component::$variant(m) => m.timer(timer, ctx)),+ }
            }
            fn crash(&mut self, ctx: &mut Ctx<'_>) {
                match self { $(Component::$variant(m) => m.crash(ctx)),+ }
            }
        }

        impl Machine for Component {
            fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
                match self { $(Component::$variant(m) => m.joined(port, ctx)),+ }
            }
            fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
                match self { $(Component::$variant(m) => m.parted(link, ctx)),+ }
            }
            fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
                match self { $(Component::$variant(m) => m.set(birth, ctx)),+ }
            }
            fn gauge(&self) -> Gauge {
                match self { $(Component::$variant(m) => m.gauge()),+ }
            }
            fn tally(&self) -> Option<&Tally> {
                match self { $(Component::$variant(m) => m.tally()),+ }
            }
            fn spread(&self) -> Vec<Portion> {
                match self { $(Component::$variant(m) => m.spread()),+ }
            }
            fn spans(&self) -> Vec<(&'static str, &Histogram)> {
                match self { $(Component::$variant(m) => m.spans()),+ }
            }
            fn holds(&self, key: Key) -> Option<Value> {
                match self { $(Component::$variant(m) => m.holds(key)),+ }
            }
            fn order(&mut self, order: Order, ctx: &mut Ctx<'_>) -> bool {
                match self { $(Component::$variant(m) => m.order(order, ctx)),+ }
            }
        }
    };
}

/// A call of its own for each kind: in the page a machine's code comes when the first of its kind is born.
#[inline(never)]
fn born<M>(birth: &Birth, new: fn(&Birth) -> M) -> Box<M> {
    Box::new(new(birth))
}

// One file and one line a component, in the palette's order.
catalogue! {
    users::Users;
    dns::Dns;
    load_balancer::LoadBalancer;
    shard_router::ShardRouter;
    app_server::AppServer;
    worker::Worker;
    scheduler::Scheduler;
    cache::Cache;
    database::Database;
    consensus::Consensus;
    session_store::SessionStore;
    disk_array::DiskArray;
    quorum_store::QuorumStore;
    static_store::StaticStore;
    job_queue::JobQueue;
}

impl Kind {
    /// Whatever is a machine can fail by itself; people do not.
    fn with_wear(self, own: &[Parameter]) -> Vec<Parameter> {
        let wear = if self.info().shelf == Shelf::Sends { &[] } else { WearSettings::parameters() };
        [own, wear].concat()
    }

    /// The sort of line that joins the clones of one card to one another, every pair of them, without being drawn; None
    /// for clones that know nothing of each other. Its latency, loss and bandwidth are the card's own settings.
    pub fn inner(self) -> Option<Wire> {
        match self {
            Kind::QuorumStore | Kind::Consensus => Some(Wire::Mirrors),
            _ => None,
        }
    }

    /// Of how many machines that keep the same data this one needs to reach at least so many, itself counted, to serve
    /// reads and writes.
    pub fn quorum(self, settings: &Settings, members: u32) -> u32 {
        match self {
            Kind::QuorumStore => quorum_store::Settings::read(settings).quorum(),
            Kind::Consensus => members / 2 + 1,
            _ => 1,
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|k| k.info().word == word)
    }
}

/// What a line on the board carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Wire {
    /// `->` requests one way, answers the other.
    Calls,
    /// `=>` what a master (primary) writes goes to its slave (replica).
    Copies,
    /// `<=>` both are masters.
    Mirrors,
    /// `..` heartbeats between a pair.
    Heartbeat,
}

impl Wire {
    pub const ALL: [Wire; 4] = [Wire::Calls, Wire::Copies, Wire::Mirrors, Wire::Heartbeat];

    pub fn arrow(self) -> &'static str {
        match self {
            Wire::Calls => "->",
            Wire::Copies => "=>",
            Wire::Mirrors => "<=>",
            Wire::Heartbeat => "..",
        }
    }

    pub fn from_arrow(arrow: &str) -> Option<Wire> {
        Wire::ALL.into_iter().find(|w| w.arrow() == arrow)
    }

    /// The settings of such a line: what every line has, then what is its own.
    pub fn parameters(self) -> &'static [Parameter] {
        wiring::parameters(self)
    }

    /// The one-way latency a line has when nothing is said: a round trip of 0.5 ms, as within a data centre.
    pub const LATENCY: Duration = Duration::from_micros(250);
}
