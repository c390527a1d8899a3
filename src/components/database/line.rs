//! One end of a line of replication or of heartbeats, as the database at that end keeps it. It may not know what is
//! said over it.

use super::Database;
use crate::components::wiring::replication::{Ack, Conflicts, CopySettings, MirrorSettings, Mode, Promotion};
use crate::components::protocol::Ctx;
use crate::components::protocol::replication::Replication;
use crate::components::{Port, Wire};
use crate::history::Process;
use crate::sim::LinkId;
use crate::stdx::Instant;
use std::collections::VecDeque;

/// A line and who is at its other end.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub link: LinkId,
    pub peer: Process,
    pub wire: Wire,
    /// Drawn from here to the other.
    pub outgoing: bool,
    /// What a line `=>` says, or what a group's line `<=>` amounts to.
    pub copy: CopySettings,
    /// What a line `<=>` says; the defaults on others.
    pub mirror: MirrorSettings,
    pub follower: Follower,
    /// When a sign of life came over it last.
    pub heard: Instant,
}

/// What is known of the other end as a follower of this log.
#[derive(Clone, Debug, Default)]
pub(super) struct Follower {
    /// It has said where its log ends, and the connection has not broken since.
    pub connected: bool,
    /// It is one of those whose acknowledgement a synchronous master waits for.
    pub counts: bool,
    pub sent: u64,
    pub received: u64,
    pub shown: u64,
    /// Where its log ended when it last said so unasked.
    pub said: u64,
    /// Entries up to this number may be sent by now, and from when on more may.
    pub ripe: u64,
    pub ripening: VecDeque<(Instant, u64)>,
}

impl Line {
    pub fn new(port: &Port, conflicts: Option<Conflicts>) -> Line {
        let (copy, mirror) = match port.wire {
            Wire::Copies => (CopySettings::read(port.settings), MirrorSettings::default()),
            Wire::Mirrors => {
                let mut mirror = MirrorSettings::read(port.settings);
                mirror.conflicts = conflicts.unwrap_or(mirror.conflicts);
                (group_policy(&mirror), mirror)
            }
            Wire::Calls | Wire::Heartbeat => Default::default(),
        };
        let counts = port.wire == Wire::Copies && port.outgoing;
        Line {
            link: port.link,
            peer: port.peer,
            wire: port.wire,
            outgoing: port.outgoing,
            copy,
            mirror,
            follower: Follower { counts, ..Follower::default() },
            heard: Instant::START,
        }
    }

    /// Whether the log can be copied over it.
    pub fn replicates(&self) -> bool {
        self.wire == Wire::Copies || self.in_group()
    }

    /// Up to which number the follower has acknowledged.
    pub fn acknowledged(&self) -> u64 {
        match self.copy.ack {
            Ack::Received => self.follower.received,
            Ack::Applied => self.follower.shown,
        }
    }
}

impl Follower {
    /// The connection is gone, or nothing is known of it any more.
    pub fn disconnect(&mut self) {
        self.connected = false;
        self.ripening.clear();
    }
}

/// A group with certification elects who gives the order, and asks him for proof of it, as one-way replication can.
fn group_policy(mirror: &MirrorSettings) -> CopySettings {
    CopySettings {
        mode: Mode::SemiSynchronous,
        apply: mirror.apply.clone(),
        apply_workers: mirror.apply_workers,
        promotion: Promotion::Automatic,
        heartbeat: mirror.heartbeat,
        misses: mirror.misses,
        quorum: true,
        fencing: true,
        ..CopySettings::default()
    }
}

impl Database {
    /// The end of a line. All its lines between masters are of the sort of the first.
    pub(super) fn line_of(&self, port: &Port) -> Line {
        let first = self.lines.iter().find(|l| l.wire == Wire::Mirrors && l.link != port.link);
        Line::new(port, first.map(|l| l.mirror.conflicts))
    }

    /// Another database says something.
    pub(super) fn told(&mut self, link: LinkId, what: Replication, ctx: &mut Ctx<'_>) {
        match what {
            Replication::Follow { end, missing } => self.followed(link, end, missing, ctx),
            Replication::Rewind { to } => self.rewound(link, to, ctx),
            Replication::Entry(entry) => self.received(link, entry, ctx),
            Replication::Whole(whole) => self.replaced(link, &whole, ctx),
            Replication::Ack { received, shown } => self.acknowledged(link, received, shown, ctx),
            Replication::Pulse(pulse) => self.pulsed(link, pulse, ctx),
            Replication::Heard { set, reign, at } => self.proven(link, set, reign, at, ctx),
            Replication::Vote { set, reign, end, patience } => {
                self.asked_for_vote(link, (set, reign, end, patience), ctx)
            }
            Replication::Voted { reign } => self.got_vote(link, reign, ctx),
            Replication::Deposed { set, reign } => self.deposed(set, reign, ctx),
            Replication::Update(update) => self.updated(link, update, ctx),
            Replication::Have { status, missing } => self.compared(link, &status, missing, ctx),
            Replication::State(state) => self.restored(&state, ctx),
            Replication::Members(members) => self.introduced(&members, ctx),
            Replication::Committed { index } => self.told_committed(link, index, ctx),
            Replication::Certify(asked) => self.certify(link, asked, ctx),
            Replication::Certified { call, place } => self.certified(call, place, ctx),
            Replication::ReadIndex { call } => self.asked_read_index(link, call, ctx),
            Replication::ReadAt { call, place } => self.read_at(call, place, ctx),
        }
    }

    /// Nobody is at the other end of the connection any more.
    pub(super) fn disconnected(&mut self, link: LinkId) {
        if let Some(line) = self.lines.iter_mut().find(|l| l.link == link) {
            line.follower.disconnect();
        }
        self.disconnect_mirror(link);
    }
}
