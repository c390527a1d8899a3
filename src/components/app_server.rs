//! App server. It may know nothing of the other machines but the protocol.

use super::parameter::Domain;
use super::parts::gauge::Gauge;
use super::protocol::{Ctx, Message, Note, Order, Timer};
use super::{Birth, Info, Machine, Port, Shelf};
use crate::history::{Key, Value};
use crate::sim::{Behavior, LinkId};

pub const INFO: Info = Info {
    word: "app-server",
    label: "App server",
    shelf: Shelf::Works,
    help: "App server.",
    first_name: "web",
    card: "",
};

crate::parameters! {
    /// What can be set.
    pub struct Settings {
        workers: u32 = 8, Domain::Count { least: 1, most: 1024, unit: "workers" }, Basic, "Workers", "Requests served at the same time.";
        clones: u32 = 1, Domain::Count { least: 1, most: 64, unit: "clones" }, Basic, "Clones", "Equal machines behind one card.";
    }
}

impl Settings {
    pub fn price_per_hour(&self) -> f64 {
        0.0
    }
}

#[derive(Clone, Debug)]
pub struct AppServer {
    settings: Settings,
}

impl AppServer {
    pub fn new(birth: &Birth) -> AppServer {
        AppServer { settings: Settings::read(birth.settings) }
    }
}

impl Behavior for AppServer {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, _ctx: &mut Ctx<'_>) {}
    fn message(&mut self, _link: LinkId, _message: Message, _ctx: &mut Ctx<'_>) {}
    fn refused(&mut self, _link: LinkId, _message: Message, _ctx: &mut Ctx<'_>) {}
    fn broken(&mut self, _link: LinkId, _ctx: &mut Ctx<'_>) {}
    fn timer(&mut self, _timer: Timer, _ctx: &mut Ctx<'_>) {}
    fn crash(&mut self, _ctx: &mut Ctx<'_>) {}
}

impl Machine for AppServer {
    fn joined(&mut self, _port: &Port, _ctx: &mut Ctx<'_>) {}
    fn parted(&mut self, _link: LinkId, _ctx: &mut Ctx<'_>) {}
    fn set(&mut self, birth: &Birth, _ctx: &mut Ctx<'_>) {
        self.settings = Settings::read(birth.settings);
    }
    fn gauge(&self) -> Gauge {
        Gauge { workers: self.settings.workers, ..Gauge::default() }
    }
    fn holds(&self, _key: Key) -> Option<Value> {
        None
    }
    fn order(&mut self, _order: Order, _ctx: &mut Ctx<'_>) -> bool {
        false
    }
}
