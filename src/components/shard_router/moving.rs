//! Rows on their way to another shard: a key is served where its row is until its turn comes; then requests for it wait
//! until the row has been read here and written there. It may not know how keys are spread.

use super::ShardRouter;
use super::flow::{Pending, Request};
use crate::components::protocol::{Answer, Ask, Cookie, Ctx, Message, Timer, What};
use crate::components::parts::calls::Call;
use crate::history::{Key, Kind, Op, OpId, SessionId, Value};
use crate::stdx::Duration;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const RETRY: u32 = 1;
/// A shard that could not be reached is tried again after this.
const PAUSE: Duration = Duration::from_secs(1);
/// What is asked for no client's operation.
pub(super) const NOBODY: OpId = OpId(u64::MAX);

/// A key whose row is being moved.
#[derive(Clone, Debug)]
struct Move {
    from: u32,
    to: u32,
    /// Its requests that had left before: they come to an end first.
    under_way: u32,
    waiting: Vec<Request>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Moves {
    /// Keys whose rows are not yet with the shard that is to keep them, and where they are.
    away: BTreeMap<u32, u32>,
    moving: BTreeMap<u32, Move>,
    /// The last key that was begun.
    cursor: u32,
    /// Shards that could not be reached just now.
    blocked: BTreeSet<u32>,
}

impl Moves {
    pub fn left(&self) -> u64 {
        self.away.len() as u64
    }

    pub fn crash(&mut self) {
        self.moving.clear();
        self.blocked.clear();
    }
}

impl ShardRouter {
    /// The shard where the key's row is.
    pub(super) fn home(&self, key: Key) -> Option<u32> {
        self.moves.away.get(&key.0).copied().or_else(|| self.table.owner(key))
    }

    /// Shards came or went, or all is spread `anew`: what is to be moved follows from that.
    pub(super) fn shards_changed(&mut self, anew: bool, ctx: &mut Ctx<'_>) {
        let table = if anew { self.first_table() } else { self.next_table() };
        let mut away = BTreeMap::new();
        for key in 0..self.settings.keys {
            let (home, owner) = (self.home(Key(key)), table.owner(Key(key)));
            if let Some(home) = home.filter(|h| Some(*h) != owner && !self.shards[*h as usize].gone) {
                away.insert(key, home);
            }
        }
        self.table = table;
        self.moves.away = away;
        for (key, going) in std::mem::take(&mut self.moves.moving) {
            // What was under way to a shard that is not to have it goes to the right one later.
            self.calls.find(|p| p.moves(Key(key))).into_iter().for_each(|call| _ = self.calls.close(call));
            going.waiting.into_iter().for_each(|request| self.dispatch(request, ctx));
        }
        self.move_on(ctx);
    }

    /// Begins with as many keys as may be moved at a time.
    pub(super) fn move_on(&mut self, ctx: &mut Ctx<'_>) {
        while (self.moves.moving.len() as u32) < self.settings.movers {
            let moves = &self.moves;
            let after = moves.away.range(moves.cursor + 1..).chain(moves.away.range(..=moves.cursor));
            let next = after.map(|(k, from)| (*k, *from)).find(|(k, from)| {
                let to = self.table.owner(Key(*k));
                let blocked = |shard: &u32| moves.blocked.contains(shard);
                !moves.moving.contains_key(k) && !blocked(from) && !to.as_ref().is_some_and(blocked)
            });
            let Some((key, from)) = next else { return };
            self.moves.cursor = key;
            let Some(to) = self.table.owner(Key(key)) else { return };
            let under_way = self.calls.find(|p| p.is_for(Key(key))).len() as u32;
            self.moves.moving.insert(key, Move { from, to, under_way, waiting: Vec::new() });
            if under_way == 0 {
                self.fetch_row(Key(key), ctx);
            }
        }
    }

    /// True: the key is being moved, and the request waits until that is done.
    pub(super) fn waits_for_move(&mut self, request: &Request) -> bool {
        let going = self.moves.moving.get_mut(&request.ask.op.key.0);
        going.map(|m| m.waiting.push(*request)).is_some()
    }

    /// A request for this key has come to its end.
    pub(super) fn one_less(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        if let Some(going) = self.moves.moving.get_mut(&key.0)
            && going.under_way > 0
        {
            going.under_way -= 1;
            if going.under_way == 0 {
                self.fetch_row(key, ctx);
            }
        }
    }

    fn fetch_row(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        if let Some(from) = self.moves.moving.get(&key.0).map(|m| m.from) {
            self.send_move(from, Pending::Fetch { key, shard: from }, Kind::Read, Value::INITIAL, What::Operation, ctx);
        }
    }

    fn send_move(&mut self, shard: u32, pending: Pending, kind: Kind, value: Value, what: What, ctx: &mut Ctx<'_>) {
        let Some(key) = pending.key() else { return };
        let (id, session, invoked) = (NOBODY, SessionId(u32::MAX), ctx.now());
        let op = Op { id, client: self.me, session, kind, key, value, invoked };
        let call = self.calls.open(pending);
        let ask = Ask { call, op, what, cookie: Cookie::default(), seen: 0, attempt: 0, region: 0 };
        ctx.send(self.shards[shard as usize].link, Message::Ask(ask));
        self.deadlines.add(call, self.settings.timeout, ctx);
    }

    /// The row as it is where it was; there is nothing to write when there is none.
    pub(super) fn fetched(&mut self, key: Key, answer: Answer, ctx: &mut Ctx<'_>) {
        let Some(to) = self.moves.moving.get(&key.0).map(|m| m.to) else { return };
        match answer.value {
            _ if !answer.reply.is_ok() => self.move_failed(key, ctx),
            Value::INITIAL => self.moved(key, ctx),
            value => {
                let what = What::RowPut { value, position: answer.position };
                self.send_move(to, Pending::Store { key, shard: to }, Kind::Write, value, what, ctx);
            }
        }
    }

    pub(super) fn stored(&mut self, key: Key, answer: Answer, ctx: &mut Ctx<'_>) {
        if !answer.reply.is_ok() {
            return self.move_failed(key, ctx);
        }
        self.counters.rows_moved += 1;
        self.moved(key, ctx);
    }

    fn moved(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        self.counters.keys_moved += 1;
        self.moves.away.remove(&key.0);
        self.let_go(key, ctx);
        self.move_on(ctx);
    }

    /// One of the two could not be reached: the key stays where it is, and is tried again.
    pub(super) fn move_failed(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        if let Some(going) = self.moves.moving.get(&key.0) {
            if self.moves.blocked.is_empty() {
                ctx.timer(PAUSE, Timer::Tick(RETRY));
            }
            // Which of the two it was does not matter: neither is bothered for a moment.
            self.moves.blocked.extend([going.from, going.to]);
        }
        self.let_go(key, ctx);
        self.move_on(ctx);
    }

    pub(super) fn retry_moves(&mut self, ctx: &mut Ctx<'_>) {
        self.moves.blocked.clear();
        self.move_on(ctx);
    }

    fn let_go(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        if let Some(going) = self.moves.moving.remove(&key.0) {
            going.waiting.into_iter().for_each(|request| self.dispatch(request, ctx));
        }
    }

    /// A call that moved a row came to nothing.
    pub(super) fn move_call_failed(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        if let Some(Pending::Fetch { key, .. } | Pending::Store { key, .. }) = self.calls.close(call) {
            self.move_failed(key, ctx);
        }
    }
}
