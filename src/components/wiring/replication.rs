//! What can be set on a line of replication. It may not know how databases carry it out.

use crate::components::parameter::Domain;
use crate::stdx::{Distribution, Duration};

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

crate::choice! {
    /// When a write is answered.
    pub enum Mode {
        Asynchronous = "async", "Asynchronous", "The master (primary) answers at once; the copy follows.";
        SemiSynchronous = "semi-sync", "Semi-synchronous", "Answers when one semi-synchronous copy has it; without an answer for the acknowledgement time-out it silently goes on asynchronously until a copy has caught up.";
        Synchronous = "sync", "Synchronous", "Answers when every synchronous copy has it; while one cannot be reached writes wait.";
    }
}

crate::choice! {
    /// What an acknowledgement says.
    pub enum Ack {
        Received = "received", "Received", "The copy has it in its log, and may show it later (MySQL semi-synchronous; PostgreSQL synchronous_commit=on).";
        Applied = "applied", "Applied", "The copy shows it (PostgreSQL synchronous_commit=remote_apply).";
    }
}

crate::choice! {
    /// Who makes a slave (replica) the master (primary).
    pub enum Promotion {
        Manual = "manual", "By hand", "Somebody promotes it.";
        Automatic = "automatic", "Automatic", "It promotes itself when heartbeats stay away.";
    }
}

crate::choice! {
    /// What a slave (replica) does before it is promoted.
    pub enum Standby {
        Hot = "hot", "Hot", "It answers reads, and takes over at once.";
        Cold = "cold", "Cold", "It only keeps the log; it has to start up before it answers anything.";
    }
}

crate::choice! {
    /// What a master does that learns of a newer one.
    pub enum OldMaster {
        Follows = "follows", "Follows", "It takes back what the new master never had, and follows it.";
        Stays = "stays", "Stays a master", "It keeps what it has and goes on: two masters (split brain).";
    }
}

crate::parameters! {
    /// What can be set on a line from a master (primary) to its slave (replica), besides what every line has.
    pub struct CopySettings {
        mode: Mode = Mode::Asynchronous, Domain::Choice(Mode::WORDS), Basic, "Mode", "When the master answers a write: before or after the copy has it. MySQL and PostgreSQL are asynchronous unless told otherwise.";
        ack: Ack = Ack::Received, Domain::Choice(Ack::WORDS), Advanced, "Acknowledges", "What the copy has done with a write when it acknowledges it.";
        ack_timeout: Duration = Duration::from_secs(10), Domain::Time { least: Duration::from_millis(1), most: DAY }, Advanced, "Acknowledgement time-out", "Semi-synchronous goes on asynchronously after so long (MySQL rpl_semi_sync_source_timeout: 10 s).";
        shipping: Duration = Duration::ZERO, Domain::Time { least: Duration::ZERO, most: DAY }, Basic, "Shipping", "How far the sender is behind the master's log: lost with the master. 0: sent as it is written; log shipping sends a file now and then.";
        apply: Distribution = Distribution::Exponential(Duration::from_millis(1)), Domain::Times { most: MINUTE }, Basic, "Apply", "Work of the copy to carry one write out.";
        apply_workers: u32 = 4, Domain::Count { least: 1, most: 1024, unit: "workers" }, Advanced, "Apply workers", "Writes carried out at the same time; they are shown in the master's order (MySQL replica_parallel_workers: 4).";
        delay: Duration = Duration::ZERO, Domain::Time { least: Duration::ZERO, most: DAY }, Advanced, "Delay", "Carries a write out only so long after the master wrote it, on purpose (MySQL SOURCE_DELAY).";
        promotion: Promotion = Promotion::Manual, Domain::Choice(Promotion::WORDS), Basic, "Promotion", "How the slave (replica) becomes the master (primary).";
        heartbeat: Duration = Duration::from_secs(1), Domain::Time { least: Duration::from_millis(10), most: MINUTE }, Advanced, "Heartbeat", "The master says so often that it is alive.";
        misses: u32 = 5, Domain::Count { least: 1, most: 1000, unit: "heartbeats" }, Advanced, "Misses", "It counts as dead when so many heartbeats stay away (MySQL Group Replication suspects after 5 s).";
        quorum: bool = true, Domain::Flag, Advanced, "Quorum", "Automatic promotion needs the votes of more than half of the databases that it is joined to, itself and the old master counted. Heartbeat lines join witnesses.";
        fencing: bool = true, Domain::Flag, Advanced, "Fencing", "With automatic promotion: a master that has not been heard for as long as promotion takes refuses everything, as another may be master by now.";
        standby: Standby = Standby::Hot, Domain::Choice(Standby::WORDS), Advanced, "Standby", "Hot answers reads; cold has to be started first.";
        start_up: Duration = Duration::from_secs(30), Domain::Time { least: Duration::ZERO, most: DAY }, Advanced, "Start-up", "How long a cold standby takes to start.";
        old_master: OldMaster = OldMaster::Follows, Domain::Choice(OldMaster::WORDS), Advanced, "Old master", "What the old master does when it meets the new one.";
    }
}

crate::choice! {
    /// What becomes of two writes of a row at two masters.
    pub enum Conflicts {
        LastWriteWins = "last-write-wins", "Last write wins", "The later time stamp stays, by the clock of the master that took it; the other is gone (Cassandra, DynamoDB global tables).";
        Versions = "versions", "Version vectors", "Both are kept side by side until somebody merges them (Dynamo, Riak).";
        Certification = "certification", "Certification", "The first to commit wins and the other gets an error; a minority refuses (Galera, MySQL Group Replication).";
    }
}

crate::choice! {
    /// What the next writer of a row with siblings makes of them.
    pub enum Merge {
        KeepNewest = "keep-newest", "Keep newest", "The older siblings are thrown away.";
        Union = "union", "Union", "The new value holds what is in all of them, as a shopping cart does.";
    }
}

crate::choice! {
    /// What a read in a group with certification waits for.
    pub enum Reads {
        Local = "local", "Local", "Nothing: it may be behind (Galera wsrep_sync_wait=0).";
        Synced = "synced", "Synced", "All that the group has committed before the read (Galera wsrep_sync_wait=1).";
    }
}

crate::parameters! {
    /// What can be set on a line between two masters, besides what every line has.
    pub struct MirrorSettings {
        conflicts: Conflicts = Conflicts::LastWriteWins, Domain::Choice(Conflicts::WORDS), Basic, "Conflicts", "What becomes of two writes of the same row at two masters.";
        merge: Merge = Merge::KeepNewest, Domain::Choice(Merge::WORDS), Basic, "Merge", "With version vectors: what the next writer makes of the siblings.";
        reads: Reads = Reads::Local, Domain::Choice(Reads::WORDS), Basic, "Reads", "With certification: whether a read waits for what others have committed.";
        apply: Distribution = Distribution::Exponential(Duration::from_millis(1)), Domain::Times { most: MINUTE }, Basic, "Apply", "Work to carry out one write of another master.";
        apply_workers: u32 = 4, Domain::Count { least: 1, most: 1024, unit: "workers" }, Advanced, "Apply workers", "Writes carried out at the same time (wsrep_slave_threads).";
        heartbeat: Duration = Duration::from_secs(1), Domain::Time { least: Duration::from_millis(10), most: MINUTE }, Advanced, "Heartbeat", "With certification: the members say so often that they are alive (Galera evs.keepalive_period: 1 s).";
        misses: u32 = 5, Domain::Count { least: 1, most: 1000, unit: "heartbeats" }, Advanced, "Misses", "A member is out when so many heartbeats stay away (Galera evs.suspect_timeout: 5 s).";
    }
}
