//! The app server with clients who ask by hand and stores that answer by rote, and with real caches.

use super::*;
use crate::components::Kind;
use crate::components::parts::rig::{Player, Rig, Rote, operation, read, write};
use crate::history::{Kind as OpKind, SessionId};
use crate::sim::{Fault, NodeId, Way};
use crate::stdx::Instant;

mod caching;
mod calling;
mod crowding;
mod serving;
mod several;
mod whole;

/// One way between any two.
const HOP: Duration = Duration::from_micros(100);
const MS: Duration = Duration::from_millis(1);

/// A client, one app server that works 1 ms on everything, and one store that takes 2 ms.
struct One {
    rig: Rig,
    client: NodeId,
    web: NodeId,
    store: NodeId,
    front: LinkId,
    back: LinkId,
}

fn one(text: &str) -> One {
    let mut rig = Rig::new(1);
    let client = rig.client();
    let web = rig.machine(Kind::AppServer, "web-1", &format!("service=1ms {text}"));
    let store = rig.rote("db", true, Duration::from_millis(2));
    let front = rig.join(client, web, HOP);
    let back = rig.join(web, store, HOP);
    rig.run(MS);
    One { rig, client, web, store, front, back }
}

impl One {
    fn ask(&mut self, ask: Ask) -> super::super::protocol::Answer {
        self.rig.ask(self.client, self.front, ask)
    }

    fn reply(&mut self, ask: Ask) -> Reply {
        self.ask(ask).reply
    }

    fn value(&mut self, key: u32) -> u64 {
        let answer = self.ask(read(key));
        assert_eq!(answer.reply, Reply::Ok);
        answer.value.0
    }

    fn counters(&self) -> super::super::parts::gauge::Counters {
        self.rig.get(self.web).gauge().counters
    }

    /// How many operations have come to the store.
    fn stored(&self) -> usize {
        rote(&self.rig, self.store).asked.len()
    }

    fn cache(&mut self, name: &str, text: &str) -> NodeId {
        let cache = self.rig.machine(Kind::Cache, name, text);
        self.rig.join(self.web, cache, HOP);
        cache
    }

    fn set(&mut self, text: &str) {
        self.rig.set(self.web, Kind::AppServer, &format!("service=1ms {text}"));
    }
}

fn rote(rig: &Rig, store: NodeId) -> &Rote {
    match rig.world.get(store) {
        Player::Rote(r) => r,
        _ => panic!("not a store"),
    }
}

/// The same from a browser that says it has logged in.
fn logged_in(ask: Ask) -> Ask {
    Ask { cookie: super::super::protocol::Cookie { session: true, ..ask.cookie }, ..ask }
}

fn login() -> Ask {
    operation(OpKind::Login, 0, 0)
}

fn by(session: u32, mut ask: Ask) -> Ask {
    ask.op.session = SessionId(session);
    ask
}
