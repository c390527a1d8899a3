//! What a machine shows of itself: to the card on the board, to the charts, to the report. It may hold no text that a
//! person reads; words are made where they are shown.

use crate::history::Process;
use crate::stdx::Duration;

/// A machine at one instant. Counters count from the run's begin.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Gauge {
    /// Workers at work and in all; a machine that does not work by workers has none.
    pub busy: u32,
    pub workers: u32,
    /// Requests in the waiting line, and its room.
    pub waiting: u32,
    /// Requests that have come, hold no worker and stand in no line, and are not answered: they wait for another machine.
    pub pending: u32,
    /// Requests that have come and are not answered, where the station's jobs are others.
    pub open: Option<u64>,
    pub room: u32,
    pub role: Option<Role>,
    /// The number that the card shows under the name.
    pub live: Live,
    /// The version of the code that it runs; 0 where there is none.
    pub version: u32,
    pub counters: Counters,
}

/// What the card's live line says.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Live {
    /// Requests a second: taken from the counters by who draws.
    #[default]
    Rate,
    /// Servers that are up, of all.
    Up { up: u32, of: u32 },
    /// Share of look-ups that hit, in the last second or since the begin.
    Hits,
    /// How far this copy is behind its source.
    Behind(Duration),
    /// Entries held.
    Entries(u64),
    /// The busiest shard's share of the requests, of how many shards, and the keys that have yet to be moved.
    Shards { busiest: f64, of: u32, left: u64 },
    /// A consensus member's term, and the number of the newest entry in its log.
    Term { term: u32, log: u64 },
    /// Disks that work, of all.
    Disks { well: u32, of: u32 },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Primary,
    Replica,
    Master,
    Leader,
    Follower,
    Candidate,
    Active,
    Standby,
}

/// What falls to one of the machines that another spreads over.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Portion {
    pub peer: Process,
    /// Of all there is to be spread, 0 to 1.
    pub share: f64,
    /// Requests (answers of a name server) that went there.
    pub requests: u64,
}

/// Declares the counters and what is done with each of them: one line a counter.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        /// What a machine has counted since the run began. Zero where it does not apply.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct Counters { $($(#[$doc])* pub $name: u64),+ }

        impl Counters {
            /// Adds another clone's.
            pub fn add(&mut self, other: &Counters) {
                $(self.$name += other.$name;)+
            }

            /// What was counted since `earlier`, which are these counters as they were once.
            pub fn since(&self, earlier: &Counters) -> Counters {
                let counted = Counters { $($name: self.$name.saturating_sub(earlier.$name)),+ };
                // What it holds, and could hold, is a level and no count.
                Counters { entries: self.entries, usable_gb: self.usable_gb, ..counted }
            }

            /// Name and count of each, for the report.
            pub fn list(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name)),+]
            }
        }
    };
}

counters! {
    arrivals;
    /// Answered with success.
    completions;
    /// Refused because a line was full or the machine may not.
    refused;
    /// Answered with another error.
    failed;
    /// Requests that came here and ended with a time-out.
    timed_out;
    /// Requests of this machine's own to others that nobody answered in time.
    calls_timed_out;
    /// Of these who timed out, those that left the waiting line before a worker took them.
    abandoned;
    /// Lost with a crash of this machine while waiting or in work.
    crashed;
    hits;
    misses;
    evictions;
    expired;
    retries;
    /// Answers that came when nobody waited for them any more.
    late;
    sessions;
    sessions_lost;
    /// Carts with something in them that were gone with the sessions, and the things in them.
    carts_lost;
    cart_items_lost;
    /// Passwords that went over the wire in clear (deployments over FTP).
    exposed;
    /// Entries or rows held now.
    entries;
    /// Keys whose shard has changed and that are with the new one by now, and those of them that had a row.
    keys_moved;
    rows_moved;
    /// Elections that it won.
    elections;
    disks_lost;
    rebuilds;
    /// How often everything on the disks was lost.
    data_losses;
    /// Room for data on the disks, in gigabytes.
    usable_gb;
    /// Answers that showed a value, and those of them whose value was older than the newest that had been acknowledged
    /// when the request came. The machine does not know: the run counts it.
    reads_answered;
    stale_answers;
    /// Acknowledged writes that its copy was the last to have and does not have any more: lost, and thrown away to
    /// resolve a conflict. The run counts it.
    acknowledged_writes_lost;
    acknowledged_writes_discarded;
    jobs_delivered;
    jobs_duplicated;
    jobs_lost;
    /// Given up after too many deliveries.
    jobs_dead;
    /// Requests of users that asked after a job; jobs that they were told are done; and jobs after which they ask no more.
    polls;
    jobs_done;
    jobs_given_up;
}
