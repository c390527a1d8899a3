//! The shard router: keys are spread over databases, each keeps a part. It passes every request to the one that keeps
//! its key, asks all of them where a query needs that, and moves rows when a shard is added. It may know nothing of the
//! other machines but the protocol.

mod flow;
mod moving;
mod table;
#[cfg(test)]
mod tests;

use super::parameter::Domain;
use super::parts::calls::{Call, Calls};
use super::parts::deadlines::Deadlines;
use super::parts::gauge::{Counters, Gauge, Live, Portion};
use super::parts::size::Size;
use super::parts::station::Tally;
use super::protocol::{Ctx, Message, Note, Order, Timer};
use super::{Birth, Info, Machine, Port, Shelf, Wire};
use crate::history::{Fact, Process, Record};
use crate::sim::{Behavior, LinkId};
use crate::stdx::{Duration, Instant, hash};
use flow::{Gather, Pending};
use moving::Moves;
use table::Table;

pub const INFO: Info = Info {
    word: "shard-router",
    label: "Shard router",
    shelf: Shelf::Spreads,
    help: "Spreads the keys over several databases, each of which keeps a part: by range, by hash, by consistent hashing.",
    first_name: "router",
    card: crate::late!(include_str!("shard_router/card.md")),
};

crate::choice! {
    /// Which shard keeps a key.
    pub enum By {
        Range = "range", "By range", "A–M here, N–Z there: neighbours stay together, and a popular range is a hot shard. A new shard takes half of the busiest range.";
        Modulo = "modulo", "By hash, modulo", "The key's hash, modulo the number of shards: even, and one more shard moves nearly every key.";
        Consistent = "consistent", "Consistent hashing", "Points on a ring (Karger 1997): one more shard moves only its own share.";
    }
}

crate::parameters! {
    /// What can be set on a shard router.
    pub struct Settings {
        by: By = By::Consistent, Domain::Choice(By::WORDS), Basic, "Shards", "Which shard keeps a key.";
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "The machine it runs on: its capacity, where it has one, and its price.";
        keys: u32 = 1000, Domain::Count { least: 1, most: 1_000_000, unit: "keys" }, Basic, "Keys", "Keys there are, from 0: ranges divide them, and those that change their shard are moved.";
        splits: String = String::new(), Domain::Text { most: 200 }, Advanced, "Split points", "By range: the first key of the second range, of the third …, as in “250 500”; empty: equal ranges.";
        virtual_nodes: u32 = 160, Domain::Count { least: 1, most: 10_000, unit: "points" }, Advanced, "Virtual nodes", "Consistent hashing: points of each shard on the ring; more make the shares more even (ketama: 160).";
        scatter: f64 = 0.0, Domain::Share, Basic, "Queries over all", "Share of the reads that ask every shard and wait for the slowest (scatter and gather).";
        spare: u32 = 0, Domain::Count { least: 0, most: 1000, unit: "shards" }, Advanced, "Spare shards", "So many of the shards drawn last stand ready and keep nothing: promote the router to take one in.";
        movers: u32 = 4, Domain::Count { least: 1, most: 10_000, unit: "rows" }, Advanced, "Movers", "Rows moved at the same time after a shard was added.";
        timeout: Duration = Duration::from_secs(5), Domain::Time { least: Duration::from_millis(1), most: Duration::from_secs(3600) }, Advanced, "Time-out", "A shard that has not answered for so long is given up.";
        capacity: f64 = 0.0, Domain::Rate { least: 0.0, most: 1e7 }, Advanced, "Capacity", "Requests a second that it can hand on on a machine of size S; 0: as many as wanted.";
        pending: u32 = 10_000, Domain::Count { least: 1, most: 1_000_000, unit: "requests" }, Advanced, "Pending", "Requests that may wait for it and for shards; one more is refused.";
    }
}

impl Settings {
    /// On demand: Amazon EC2 t3.medium, 0.0416 $/h in us-east-1.
    pub fn price_per_hour(&self) -> f64 {
        0.0416 * self.size.price()
    }

    /// Requests a second; None: as many as wanted.
    fn speed(&self) -> Option<f64> {
        (self.capacity > 0.0).then(|| self.capacity * self.size.speed())
    }
}

/// A database at the end of a line.
#[derive(Clone, Debug)]
struct Shard {
    link: LinkId,
    peer: Process,
    /// A number of its own in this run, for the ring.
    name: u64,
    gone: bool,
    /// Requests sent to it.
    requests: u64,
}

#[derive(Clone, Debug)]
pub struct ShardRouter {
    settings: Settings,
    me: Process,
    seed: u64,
    shards: Vec<Shard>,
    /// Spare ones that were taken in.
    taken: u32,
    table: Table,
    moves: Moves,
    calls: Calls<Pending>,
    gathers: Calls<Gather>,
    deadlines: Deadlines,
    counters: Counters,
    tally: Tally,
    /// Requests that have come and are not answered.
    inside: u32,
    started: bool,
    /// Where it has a capacity: until then it hands on what has come.
    busy_until: Instant,
}

impl ShardRouter {
    pub fn new(birth: &Birth) -> ShardRouter {
        ShardRouter {
            settings: Settings::read(birth.settings),
            me: birth.me,
            seed: birth.seed,
            shards: Vec::new(),
            taken: 0,
            table: Table::default(),
            moves: Moves::default(),
            calls: Calls::new(),
            gathers: Calls::new(),
            deadlines: Deadlines::default(),
            counters: Counters::default(),
            tally: Tally::default(),
            inside: 0,
            started: false,
            busy_until: Instant::START,
        }
    }

    fn fact(&self, fact: Fact, ctx: &mut Ctx<'_>) {
        ctx.note(Note::History(Record::Fact(fact)));
    }

    /// The shards that keep keys, by number: all but those that stand ready.
    fn active(&self) -> Vec<u32> {
        let there = |i: &u32| !self.shards[*i as usize].gone;
        let all: Vec<u32> = (0..self.shards.len() as u32).filter(there).collect();
        let spare = self.settings.spare.saturating_sub(self.taken) as usize;
        // One at least keeps keys, however many are to stand ready.
        all[..all.len().saturating_sub(spare).max(all.len().min(1))].to_vec()
    }

    fn shard_over(&self, link: LinkId) -> Option<u32> {
        self.shards.iter().position(|s| s.link == link && !s.gone).map(|i| i as u32)
    }
}

impl Behavior for ShardRouter {
    type Message = Message;
    type Timer = Timer;
    type Note = Note;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        if !std::mem::replace(&mut self.started, true) {
            self.table = self.first_table();
        }
        self.move_on(ctx);
    }

    fn message(&mut self, link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Ask(ask) => self.asked(link, ask, ctx),
            Message::Answer(answer) => self.answered(answer, ctx),
            _ => {}
        }
    }

    fn refused(&mut self, _link: LinkId, message: Message, ctx: &mut Ctx<'_>) {
        if let Message::Ask(ask) = message {
            self.turned_away(ask.call, ctx);
        }
    }

    fn broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        if let Some(shard) = self.shard_over(link) {
            self.lost_shard(shard, ctx);
        }
    }

    fn timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Deadlines::TIMER => {
                while let Some(call) = self.deadlines.next(|call| self.calls.get(call).is_some(), ctx) {
                    self.timed_out(call, ctx);
                }
            }
            Timer::Tick(moving::RETRY) => self.retry_moves(ctx),
            Timer::Wake(call) => self.its_turn(Call(call), ctx),
            _ => {}
        }
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.counters.crashed += std::mem::take(&mut self.inside) as u64;
        self.tally.vanish(ctx.now());
        self.calls.clear();
        self.gathers.clear();
        self.deadlines.clear();
        self.busy_until = Instant::START;
        // Which key is where is kept with the shards' own settings (config servers): it is there again.
        self.moves.crash();
    }
}

impl Machine for ShardRouter {
    fn joined(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
        if port.wire != Wire::Calls || !port.outgoing || self.shard_over(port.link).is_some() {
            return;
        }
        let name = hash::fold(hash::mix(self.seed), hash::text(port.peer_name));
        self.shards.push(Shard { link: port.link, peer: port.peer, name, gone: false, requests: 0 });
        if self.started {
            self.shards_changed(false, ctx);
        }
    }

    fn parted(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        if let Some(shard) = self.shard_over(link) {
            self.lost_shard(shard, ctx);
            self.shards[shard as usize].gone = true;
            self.shards_changed(false, ctx);
        }
    }

    fn set(&mut self, birth: &Birth, ctx: &mut Ctx<'_>) {
        let before = std::mem::replace(&mut self.settings, Settings::read(birth.settings));
        let s = &self.settings;
        let anew = (s.by, s.keys, &s.splits, s.virtual_nodes) != (before.by, before.keys, &before.splits, before.virtual_nodes);
        if self.started && (anew || s.spare != before.spare) {
            self.shards_changed(anew, ctx);
        }
    }

    fn gauge(&self) -> Gauge {
        let all: u64 = self.shards.iter().filter(|s| !s.gone).map(|s| s.requests).sum();
        let most = self.shards.iter().filter(|s| !s.gone).map(|s| s.requests).max().unwrap_or(0);
        let busiest = if all > 0 { most as f64 / all as f64 } else { 0.0 };
        Gauge {
            busy: self.inside,
            open: Some(self.inside as u64),
            live: Live::Shards { busiest, of: self.active().len() as u32, left: self.moves.left() },
            counters: self.counters,
            ..Gauge::default()
        }
    }

    fn tally(&self) -> Option<&Tally> {
        Some(&self.tally)
    }

    fn spread(&self) -> Vec<Portion> {
        let shares = self.table.shares(self.shards.len(), self.settings.keys);
        let there = self.shards.iter().zip(shares).filter(|(s, _)| !s.gone);
        there.map(|(s, share)| Portion { peer: s.peer, share, requests: s.requests }).collect()
    }

    /// Promoted, it takes in a shard that stands ready.
    fn order(&mut self, order: Order, ctx: &mut Ctx<'_>) -> bool {
        let more = order == Order::Promote && self.taken < self.settings.spare;
        if more {
            self.taken += 1;
            self.shards_changed(false, ctx);
        }
        more
    }
}
