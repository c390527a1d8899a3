//! The session store asked by hand, and what its life and death do to users.

use super::*;
use crate::components::Kind;
use crate::components::parts::rig::{Rig, read};
use crate::components::protocol::{Ask, Reply, What};
use crate::history::Cause;
use crate::sim::NodeId;

fn rig(text: &str) -> (Rig, NodeId, NodeId, LinkId) {
    let mut rig = Rig::new(1);
    let client = rig.client();
    let store = rig.machine(Kind::SessionStore, "sessions", text);
    let link = rig.join(client, store, Duration::from_micros(100));
    (rig, client, store, link)
}

fn get() -> Ask {
    Ask { what: What::SessionGet, ..read(1) }
}

fn put(cart: u32) -> Ask {
    Ask { what: What::SessionPut { cart }, ..read(1) }
}

#[test]
fn a_session_lives_as_long_as_it_is_used() {
    let (mut rig, client, store, link) = rig("lifetime=10s");
    assert_eq!(rig.ask(client, link, get()).reply, Reply::NoSession);
    rig.ask(client, link, put(3));
    for _ in 0..3 {
        rig.run(Duration::from_secs(8));
        assert_eq!(rig.ask(client, link, get()).reply, Reply::Session { cart: 3 });
    }
    rig.run(Duration::from_secs(11));
    assert_eq!(rig.ask(client, link, get()).reply, Reply::NoSession);
    assert_eq!(rig.get(store).gauge().counters.sessions_lost, 0, "it has run out, nobody lost it");
}

#[test]
fn a_crash_takes_what_is_in_memory_and_leaves_what_is_on_disk() {
    for (kept, lost) in [("memory", 1), ("disk", 0)] {
        let (mut rig, client, store, link) = rig(&format!("kept={kept}"));
        rig.ask(client, link, put(3));
        rig.crash(store);
        rig.restart(store);
        rig.run(Duration::from_secs(1));
        let reply = rig.ask(client, link, get()).reply;
        assert_eq!(reply, if lost == 1 { Reply::NoSession } else { Reply::Session { cart: 3 } }, "{kept}");
        assert_eq!(rig.get(store).gauge().counters.sessions_lost, lost, "{kept}");
    }
}

#[test]
fn a_full_disk_takes_no_changes_and_memory_does_not_care() {
    for (kept, reply) in [("memory", Reply::Ok), ("disk", Reply::Fail(Cause::Disk))] {
        let (mut rig, client, store, link) = rig(&format!("kept={kept}"));
        assert_eq!(rig.ask(client, link, put(1)).reply, Reply::Ok);
        assert_eq!(rig.with(store, |store, ctx| store.order(Order::FillDisk, ctx)), kept == "disk");
        assert_eq!(rig.ask(client, link, put(2)).reply, reply, "{kept}");
    }
}
