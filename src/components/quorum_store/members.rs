//! Who belongs to the group, who of them can be reached as far as this replica knows, and how something is said to one of
//! them. It may not know what is said.

use super::settings::MOST;
use super::{QuorumStore, TICK_GOSSIP};
use crate::components::protocol::quorum::{Item, Quorum};
use crate::components::protocol::{Ctx, Message, Timer};
use crate::history::Process;
use crate::sim::LinkId;
use crate::stdx::{Duration, Instant};
use std::collections::BTreeMap;

/// One replica as another knows it.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub process: Process,
    /// None: it is this one itself.
    pub link: Option<LinkId>,
    /// When something was heard of it last.
    pub heard: Instant,
    /// Its process died, and nothing was heard since.
    pub down: bool,
    /// It does not belong to the group any more.
    pub gone: bool,
    /// What is kept for it, and until when.
    pub hints: BTreeMap<Item, super::hints::Hint>,
    /// The hints sent last, until it says that it has them.
    pub handed: Option<super::hints::Handed>,
}

impl Member {
    pub fn new(process: Process, link: Option<LinkId>) -> Member {
        Member {
            process,
            link,
            heard: Instant::START,
            down: false,
            gone: false,
            hints: BTreeMap::new(),
            handed: None,
        }
    }

    /// The process died: what it knew of the other is gone.
    pub fn forget(&mut self) {
        self.down = false;
        self.handed = None;
    }
}

impl QuorumStore {
    pub(super) fn seat_of(&self, link: LinkId) -> Option<usize> {
        self.members.iter().position(|m| m.link == Some(link) && !m.gone)
    }

    pub(super) fn seat_named(&self, process: Process) -> Option<usize> {
        self.members.iter().position(|m| m.process == process && !m.gone)
    }

    /// A replica joins the group. More than a coordinator can keep account of are not asked.
    pub(super) fn meet(&mut self, process: Process, link: LinkId, ctx: &mut Ctx<'_>) {
        let (heard, room) = (ctx.now(), self.members.len() < MOST);
        match self.members.iter_mut().find(|m| m.process == process) {
            Some(known) => {
                (known.link, known.gone, known.down, known.heard) = (Some(link), false, false, heard)
            }
            None if room => {
                self.members.push(Member { heard, ..Member::new(process, Some(link)) })
            }
            None => {}
        }
    }

    pub(super) fn leave(&mut self, seat: usize, ctx: &mut Ctx<'_>) {
        self.give_up_on(seat, ctx);
        let member = &mut self.members[seat];
        member.gone = true;
        member.link = None;
        self.drop_hints(seat, ctx);
    }

    /// Whether the replica can be reached, as far as this one knows.
    pub(super) fn is_up(&self, seat: usize, now: Instant) -> bool {
        let m = &self.members[seat];
        m.link.is_none() && !m.gone || !m.gone && !m.down && now.since(m.heard) <= self.settings.suspect
    }

    pub(super) fn heard(&mut self, seat: usize, ctx: &mut Ctx<'_>) {
        let member = &mut self.members[seat];
        (member.heard, member.down) = (ctx.now(), false);
    }

    /// The seat of who stands in for one that cannot be reached: the next that can, going round by the machines' numbers.
    pub(super) fn stand_in(&self, seat: usize, now: Instant) -> usize {
        let home = self.members[seat].process;
        let up = |i: &usize| self.is_up(*i, now);
        let mut able: Vec<usize> = (0..self.members.len()).filter(up).collect();
        able.sort_by_key(|i| (self.members[*i].process < home, self.members[*i].process));
        able.first().copied().unwrap_or(0)
    }

    /// Says so to the replica in that seat, or to itself.
    pub(super) fn tell(&mut self, seat: usize, what: Quorum, ctx: &mut Ctx<'_>) {
        let s = &self.settings;
        let leg = match &what {
            Quorum::Write { .. } | Quorum::Repair(_) => &s.write_leg,
            Quorum::Written { .. } => &s.ack_leg,
            Quorum::Read { .. } => &s.read_leg,
            Quorum::Found { .. } => &s.reply_leg,
            _ => &crate::stdx::Distribution::Fixed(Duration::ZERO),
        };
        match self.members[seat].link {
            Some(link) => {
                let leg = leg.sample(ctx.random());
                ctx.send_late(link, Message::Quorum(what), leg);
            }
            None if self.members[seat].gone => {}
            None => {
                let leg = if s.local { Duration::ZERO } else { leg.sample(ctx.random()) };
                if leg.is_zero() {
                    return self.told(0, what, ctx);
                }
                let errand = self.errands.open(what);
                ctx.timer(leg, Timer::Wake(errand.0));
            }
        }
    }

    /// Tells everybody that it lives, hands over what it has kept for those who are back, and comes again.
    pub(super) fn gossip(&mut self, ctx: &mut Ctx<'_>) {
        if self.members.len() == 1 {
            return;
        }
        for seat in 1..self.members.len() {
            if let Some(link) = self.members[seat].link {
                ctx.send(link, Message::Quorum(Quorum::Alive));
                self.hand_over(seat, ctx);
            }
        }
        if !std::mem::replace(&mut self.gossiping, true) {
            ctx.timeout(self.settings.gossip, Timer::Tick(TICK_GOSSIP));
        }
    }
}
