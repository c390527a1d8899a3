//! Who may be wired to whom, with the reason why not, and what can be set on a line. It may not know what machines do
//! with what comes over it.

pub mod replication;
pub mod zones;

use super::parameter::{Domain, Parameter, Setting, Settings};
use super::parts::wear::LineWear;
use super::{Kind, Wire};
use crate::sim::{LinkPlan, NodeId};
use crate::stdx::{Distribution, Duration, hash};
use replication::{CopySettings, MirrorSettings};
use std::sync::OnceLock;
use zones::ZoneSettings;

crate::parameters! {
    /// What can be set on every line.
    pub struct LineSettings {
        latency: Distribution = Distribution::Fixed(Wire::LATENCY), Domain::Times { most: Duration::from_secs(60) }, Basic, "Latency", "One way. 0.25 ms is usual within a data centre, 40 ms between continents' coasts.";
        loss: f64 = 0.0, Domain::Share, Advanced, "Loss", "Share of packets lost. Connections send them again after 200 ms and more (TCP); heartbeats do not.";
        bandwidth: f64 = 0.0, Domain::Number { least: 0.0, most: 1e6, unit: "Mbit/s" }, Advanced, "Bandwidth", "Megabits a second each way; 0 is as much as wanted.";
    }
}

/// The settings of a line of this sort.
pub fn parameters(wire: Wire) -> &'static [Parameter] {
    static LINES: OnceLock<Vec<Parameter>> = OnceLock::new();
    static COPIES: OnceLock<Vec<Parameter>> = OnceLock::new();
    static MIRRORS: OnceLock<Vec<Parameter>> = OnceLock::new();
    let line = |own: &[Parameter]| [LineSettings::parameters(), own, LineWear::parameters()].concat();
    match wire {
        Wire::Calls | Wire::Heartbeat => LINES.get_or_init(|| line(&[])),
        Wire::Copies => COPIES.get_or_init(|| line(CopySettings::parameters())),
        Wire::Mirrors => MIRRORS.get_or_init(|| line(MirrorSettings::parameters())),
    }
}

/// The settings that count on a line of this sort from such a machine: members of a consensus group have all of theirs
/// on the members.
pub fn parameters_from(from: Kind, wire: Wire) -> &'static [Parameter] {
    match (from, wire) {
        (Kind::Consensus, _) => parameters(Wire::Calls),
        _ => parameters(wire),
    }
}

/// What can be set on a zone.
pub fn zone_parameters() -> &'static [Parameter] {
    ZoneSettings::parameters()
}

/// A sort of machines, by number, of which so many must work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Need {
    pub sort: u32,
    pub least: u32,
}

/// What the machine at a line's tail needs to do its work of those like the one at the line's head. None: it does without.
pub fn needs(from: Kind, settings: &Settings, to: Kind, name: &str) -> Option<Need> {
    use Kind::*;
    let word = |setting: &str| match settings.get(setting) {
        Some(Setting::Text(text)) => text.as_str(),
        _ => "",
    };
    let keeps_sessions = || {
        let named = word("session-store");
        word("sessions") == "central"
            && if named.is_empty() { matches!(to, SessionStore | Cache | DiskArray) } else { named == name }
    };
    let one = |sort| Some(Need { sort, least: 1 });
    match (from, to) {
        (AppServer, JobQueue) => None,
        (AppServer, _) if keeps_sessions() => one(1),
        (LoadBalancer, _) => match settings.get("needed") {
            Some(Setting::Number(least)) => Some(Need { sort: 0, least: *least as u32 }),
            _ => one(0),
        },
        (Users, _)
        | (AppServer, AppServer | LoadBalancer | Database | Consensus | QuorumStore | ShardRouter) => one(0),
        // Every shard has rows that no other has.
        (ShardRouter, _) => one(hash::text(name) as u32),
        (Database, DiskArray) | (Dns, _) => one(0),
        _ => None,
    }
}

/// The engine's link for a drawn line.
pub fn plan(a: NodeId, b: NodeId, settings: &Settings) -> LinkPlan {
    let line = LineSettings::read(settings);
    LinkPlan {
        a,
        b,
        latency: line.latency,
        distance: Duration::ZERO,
        loss: line.loss,
        bandwidth: (line.bandwidth > 0.0).then_some(line.bandwidth * 1e6 / 8.0),
    }
}

/// One way to a machine like this one where the line says nothing of its own; None: as everywhere.
pub fn usual_latency(to: Kind, settings: &Settings) -> Option<Duration> {
    (to == Kind::DiskArray).then(|| super::disk_array::Settings::read(settings).latency())
}

/// What the machine at a new line's tail has to be set to, or it would not use the line: a setting and its word.
pub fn puts_to_use(from: Kind, to: Kind) -> Option<(&'static str, &'static str)> {
    match (from, to) {
        (Kind::AppServer, Kind::Cache) => Some(("cache-use", "objects")),
        (Kind::AppServer, Kind::SessionStore) => Some(("sessions", "central")),
        _ => None,
    }
}

/// Whether a line may go from one to the other; if not, why, in one sentence.
pub fn allowed(from: Kind, wire: Wire, to: Kind) -> Result<(), &'static str> {
    use Kind::*;
    match (wire, from, to) {
        (Wire::Calls, _, Users) => Err("Users ask; nobody asks them."),
        (Wire::Calls, Users, Cache) => Err("Users talk to servers. A cache stands behind an app server."),
        (Wire::Calls, Users | LoadBalancer, SessionStore) => Err(
            "Sessions are looked up by the servers that serve them: link an app server to the session store.",
        ),
        (Wire::Calls, Users, Dns) => Ok(()),
        (Wire::Calls, _, Dns) => Err("Only users look names up: servers know each other's addresses."),
        (
            Wire::Calls,
            Dns,
            LoadBalancer | AppServer | Database | Consensus | QuorumStore | ShardRouter | StaticStore,
        ) => Ok(()),
        (Wire::Calls, Dns, _) => Err("A name server tells users the addresses of servers that they may ask."),
        (Wire::Calls, _, Scheduler) => Err("Nobody asks a scheduler: it works by the clock."),
        (Wire::Calls, Scheduler, LoadBalancer | AppServer | StaticStore) => Ok(()),
        (Wire::Calls, Scheduler, _) => {
            Err("A scheduler has servers make its pages, and puts them into static stores.")
        }
        (Wire::Calls, _, Worker) => Err("Nobody asks a worker: it fetches its jobs from a queue itself."),
        (Wire::Calls, Worker, JobQueue) => Ok(()),
        (Wire::Calls, Worker, _) => Err("A worker fetches jobs from queues, and from nothing else."),
        (Wire::Calls, JobQueue, _) => Err("A queue asks nobody: workers come and fetch."),
        (Wire::Calls, StaticStore, LoadBalancer | AppServer | StaticStore) => Ok(()),
        (Wire::Calls, StaticStore, _) => {
            Err("A static store fetches pages from servers: an app server, a balancer, another static store.")
        }
        (Wire::Calls, Users | LoadBalancer, JobQueue) => {
            Err("Users order jobs at an app server, which puts them into the queue.")
        }
        (Wire::Calls, AppServer, StaticStore) => {
            Err("Static pages go to the users without an app server: link the users or the balancer to them.")
        }
        (
            Wire::Calls,
            Users | LoadBalancer,
            LoadBalancer | AppServer | Database | Consensus | QuorumStore | ShardRouter | StaticStore,
        ) => Ok(()),
        (Wire::Calls, LoadBalancer, Cache) => {
            Err("A load balancer spreads requests over servers; a cache is asked by an app server.")
        }
        (
            Wire::Calls,
            AppServer,
            AppServer | LoadBalancer | Cache | Database | Consensus | QuorumStore | ShardRouter | JobQueue
            | SessionStore,
        ) => Ok(()),
        (Wire::Calls, AppServer | Database, DiskArray) => Ok(()),
        (Wire::Calls, Users | LoadBalancer, DiskArray) => {
            Err("Disks stand behind servers: link a database or an app server to them.")
        }
        (Wire::Calls, DiskArray, _) => Err("A disk array asks nobody: servers read from it and write to it."),
        (Wire::Calls, SessionStore, _) => Err(
            "A session store asks nobody: it keeps what app servers put into it, and has a disk of its own.",
        ),
        (Wire::Calls, Cache, _) => {
            Err("A cache asks nobody: the app server looks in the cache, and then asks the database itself.")
        }
        (Wire::Calls, Database, _) => {
            Err("A database asks nobody but its disks. To copy its data, draw a replication line.")
        }
        (Wire::Calls, ShardRouter, Database | Consensus) => Ok(()),
        (Wire::Calls, ShardRouter, _) => {
            Err("A shard router spreads keys over what keeps data: databases, consensus groups.")
        }
        (Wire::Calls, Consensus, _) => {
            Err("A member of a group asks nobody but the other members, over the lines <=> that join them.")
        }
        (Wire::Calls, QuorumStore, _) => {
            Err("A quorum store asks nobody. To have replicas elsewhere, join two quorum stores by <=>.")
        }
        (Wire::Copies | Wire::Mirrors, Database, Database)
        | (Wire::Mirrors, Consensus, Consensus)
        | (Wire::Mirrors, QuorumStore, QuorumStore) => Ok(()),
        (Wire::Copies, Consensus, Consensus) => {
            Err("Which member copies to the others is elected: join them by <=>.")
        }
        (Wire::Copies, QuorumStore, _) | (Wire::Copies, _, QuorumStore) => {
            Err("The replicas of a quorum store are equal: join two of them by <=>.")
        }
        (Wire::Copies | Wire::Mirrors, _, _) => Err("Only databases replicate to each other."),
        (Wire::Heartbeat, Database, Database) | (Wire::Heartbeat, LoadBalancer, LoadBalancer) => Ok(()),
        (Wire::Heartbeat, _, _) => Err("Heartbeats join the two machines of a pair."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_an_answer_and_every_no_a_sentence() {
        for from in Kind::ALL {
            for to in Kind::ALL {
                for wire in Wire::ALL {
                    if let Err(why) = allowed(*from, wire, *to) {
                        assert!(why.ends_with('.') && why.len() > 20, "{from:?} {wire:?} {to:?}: {why}");
                    }
                }
            }
        }
    }
}
