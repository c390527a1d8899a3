//! What a machine shows of itself: to the card on the board, to the charts, to the report. It may hold no text that a
//! person reads; words are made where they are shown.

use crate::stdx::Duration;

/// A machine at one instant. Counters count from the run's begin.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Gauge {
    /// Workers at work and in all; a machine that does not work by workers has none.
    pub busy: u32,
    pub workers: u32,
    /// Requests in the waiting line, and its room.
    pub waiting: u32,
    pub room: u32,
    pub role: Option<Role>,
    /// The number that the card shows under the name.
    pub live: Live,
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

/// What a machine has counted since the run began. Zero where it does not apply.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    pub arrivals: u64,
    /// Answered with success.
    pub completions: u64,
    /// Refused because a line was full or the machine may not.
    pub refused: u64,
    /// Answered with another error.
    pub failed: u64,
    /// Given up because nobody answered in time.
    pub timed_out: u64,
    /// Lost with a crash of this machine while waiting or in work.
    pub crashed: u64,
    pub hits: u64,
    pub misses: u64,
    pub evictions: u64,
    pub expired: u64,
    pub retries: u64,
    /// Answers that came when nobody waited for them any more.
    pub late: u64,
    pub sessions: u64,
    pub sessions_lost: u64,
    /// Entries or rows held now.
    pub entries: u64,
    pub jobs_delivered: u64,
    pub jobs_duplicated: u64,
    pub jobs_lost: u64,
}
