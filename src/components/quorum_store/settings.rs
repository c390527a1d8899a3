//! What can be set on a quorum store, with the defaults of real ones. It may not know what is made of it.

use crate::components::Wire;
use crate::components::parameter::Domain;
use crate::components::parts::size::Size;
use crate::components::parts::station::WhenFull;
use crate::stdx::{Distribution, Duration};

crate::choice! {
    /// What a read does about replicas that answered with something older.
    pub enum Repair {
        Off = "off", "Off", "They stay as they are until something else tells them.";
        After = "after", "After answering", "They are told once all have answered or the time is up; nobody waits for it (Dynamo).";
        Before = "before", "Before answering", "Write-back: the read waits until W replicas have what it will answer, so no later read goes back (Cassandra's blocking read repair).";
    }
}

crate::choice! {
    /// How many replicas a coordinator asks.
    pub enum Reach {
        All = "all", "All", "Every replica; the first answers count (Dynamo).";
        Needed = "needed", "As many as needed", "As many as must answer, drawn at random, and another for each that fails.";
    }
}

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);
const NONE: Distribution = Distribution::Fixed(Duration::ZERO);
/// The most replicas in one group: a coordinator keeps their answers as bits.
pub const MOST: usize = 128;

crate::parameters! {
    /// What can be set on a quorum store.
    pub struct Settings {
        clones: u32 = 3, Domain::Count { least: 1, most: 100, unit: "replicas" }, Basic, "N", "Replicas; each keeps a copy of every key. Dynamo, Riak and Cassandra are usually run with 3 copies.";
        r: u32 = 2, Domain::Count { least: 1, most: 100, unit: "replicas" }, Basic, "R", "Replicas that must answer a read. More than half is Riak's default, and Cassandra's QUORUM.";
        w: u32 = 2, Domain::Count { least: 1, most: 100, unit: "replicas" }, Basic, "W", "Replicas that must have a write before it is answered. With R + W > N every read meets the last write.";
        read_repair: Repair = Repair::After, Domain::Choice(Repair::WORDS), Basic, "Read repair", "What a read does about replicas that answered with something older.";
        sloppy: bool = false, Domain::Flag, Basic, "Sloppy quorum", "For a replica that cannot be reached the next one stands in, keeps a hint, and counts (Dynamo, Riak). Off: it is missing (Cassandra).";
        hints: Duration = Duration::from_secs(3 * 3600), Domain::Time { least: Duration::ZERO, most: Duration::from_secs(30 * 86_400) }, Advanced, "Hints kept", "A write that a replica missed is kept for it so long, and handed over when it is back (Cassandra's max_hint_window: 3 h). 0: not at all, and nobody stands in.";
        anti_entropy: Duration = Duration::from_secs(15), Domain::Time { least: Duration::ZERO, most: DAY }, Basic, "Anti-entropy", "Each replica compares all it has with another one so often, the others in turn (Riak's entropy manager ticks every 15 s; Cassandra's repair is run by hand). 0: never.";
        timeout: Duration = Duration::from_secs(2), Domain::Time { least: Duration::from_millis(1), most: DAY }, Basic, "Time-out", "The coordinator waits so long for R or W answers (Cassandra: 2 s for writes, 5 s for reads).";
        durable: bool = true, Domain::Flag, Basic, "Durable", "On disk before a replica acknowledges. Off: flushed every 10 s (Cassandra's commitlog_sync: periodic, as shipped); a crash loses what was not.";
        size: Size = Size::S, Domain::Choice(Size::WORDS), Basic, "Size", "How large each machine is: the work below is that of an S, and larger ones divide it.";
        workers: u32 = 32, Domain::Count { least: 1, most: 1024, unit: "workers" }, Basic, "Workers", "Reads and writes that a replica works on at the same time (Cassandra: 32).";
        read: Distribution = Distribution::Exponential(Duration::from_millis(1)), Domain::Times { most: MINUTE }, Basic, "Read", "Work of a replica to find its version.";
        write: Distribution = Distribution::Exponential(Duration::from_micros(500)), Domain::Times { most: MINUTE }, Basic, "Write", "Work of a replica to keep a version: an append to its log and a place in memory, less than a read.";
        waiting: u32 = 1000, Domain::Count { least: 0, most: 1_000_000, unit: "requests" }, Advanced, "Waiting line", "Reads and writes that may wait for a worker of a replica.";
        when_full: WhenFull = WhenFull::Reject, Domain::Choice(WhenFull::WORDS), Advanced, "When full", "What happens to one that finds the waiting line full: this replica counts as having failed.";
        ask: Reach = Reach::All, Domain::Choice(Reach::WORDS), Advanced, "Reads ask", "How many replicas a read asks.";
        send: Reach = Reach::All, Domain::Choice(Reach::WORDS), Advanced, "Writes go to", "How many replicas a write is sent to; those that it is not sent to get it by repair only.";
        latency: Distribution = Distribution::Fixed(Wire::LATENCY), Domain::Times { most: MINUTE }, Basic, "Latency between replicas", "One way between any two clones of this card. 0.25 ms is usual within a data centre, 40 ms between continents' coasts.";
        loss: f64 = 0.0, Domain::Share, Advanced, "Loss between replicas", "Share of packets lost. Connections send them again after 200 ms and more (TCP).";
        bandwidth: f64 = 0.0, Domain::Number { least: 0.0, most: 1e6, unit: "Mbit/s" }, Advanced, "Bandwidth between replicas", "Megabits a second each way between two clones; 0 is as much as wanted.";
        write_leg: Distribution = NONE, Domain::Times { most: MINUTE }, Advanced, "W", "Added to a write's way from the coordinator to a replica: the W of the PBS model (Bailis et al., VLDB 2012), in which it contains the replica's disk.";
        ack_leg: Distribution = NONE, Domain::Times { most: MINUTE }, Advanced, "A", "Added to the way of a replica's acknowledgement: the A of the PBS model.";
        read_leg: Distribution = NONE, Domain::Times { most: MINUTE }, Advanced, "R on the way", "Added to a read's way from the coordinator to a replica: the R of the PBS model.";
        reply_leg: Distribution = NONE, Domain::Times { most: MINUTE }, Advanced, "S", "Added to the way of what a replica answers to a read: the S of the PBS model.";
        local: bool = true, Domain::Flag, Advanced, "Own copy at once", "On: the coordinator's own copy is asked without a message, free of the four legs above (Cassandra). Off: they are added for it too, as the PBS model has it.";
        gossip: Duration = Duration::from_secs(1), Domain::Time { least: Duration::from_millis(10), most: DAY }, Advanced, "Gossip", "Each replica tells the others so often that it lives (Cassandra: every second).";
        suspect: Duration = Duration::from_secs(18), Domain::Time { least: Duration::from_millis(10), most: DAY }, Advanced, "Suspect after", "A replica counts as unreachable when nothing was heard of it for so long (Cassandra's phi of 8 at one gossip a second: 18 s); at once when its process dies.";
        recovery: Duration = Duration::from_secs(5), Domain::Time { least: Duration::ZERO, most: DAY }, Advanced, "Recovery", "After a crash it reads its log again for so long, and refuses.";
    }
}

impl Settings {
    /// Replicas that must be reached for both reads and writes.
    pub fn quorum(&self) -> u32 {
        if self.sloppy && !self.hints.is_zero() { 1 } else { self.r.max(self.w) }
    }

    /// On demand: an i3.large of Amazon EC2 in us-east-1, 0.156 $/h, for an S: storage-optimised, as Cassandra is run.
    pub fn price_per_hour(&self) -> f64 {
        0.156 * self.size.price()
    }
}
