//! Who is the primary: heartbeats, votes, promotion by hand and by itself, fencing, and the return of an old master.
//! It may not know how the log is copied, beyond asking for it.

use super::{Database, Role, TICK_PULSE};
use crate::components::Wire;
use crate::components::parts::log::{Place, Reign};
use crate::components::protocol::replication::{Pulse, Replication};
use crate::components::protocol::{Ctx, Message, Reply, Timer};
use crate::components::wiring::replication::{CopySettings, OldMaster, Promotion, Standby};
use crate::history::{Cause, Process, Value};
use crate::sim::LinkId;
use crate::stdx::{Duration, Instant};
use std::collections::BTreeSet;

pub(super) const WAKE_WATCH: u64 = 5 << 56;
pub(super) const WAKE_STARTED: u64 = 6 << 56;

/// What is known of the primary of one set of copies: of one's own, or of one that this machine is a witness for.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub set: u32,
    pub reign: Reign,
    pub turn: u64,
    pub heard: Instant,
    /// When it was heard from one who could prove that it was the primary.
    pub led: Instant,
    /// The latest reign that it voted for; kept on disk.
    pub voted: Reign,
}

/// A replica on its way to become the primary, and a primary that has to prove that it still is.
#[derive(Clone, Debug, Default)]
pub(super) struct Throne {
    /// The reign that it asks votes for, and who gave theirs.
    asking: Option<Reign>,
    votes: BTreeSet<Process>,
    watching: bool,
    pulsing: bool,
    /// It will be primary as soon as it has started up and shows all that it has received.
    pub rising: Option<Rising>,
    /// When the latest heartbeat was sent that each of the others has heard.
    proofs: Vec<(Process, Instant)>,
    /// Before its first proofs a primary counts as proven since then; None after a crash.
    crowned: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rising {
    reign: Reign,
    started: bool,
}

impl Throne {
    /// The process died: what it was about to become is forgotten, and nothing is proven.
    pub fn crash(&mut self) {
        *self = Throne::default();
    }
}

/// How long heartbeats may stay away.
pub(super) fn patience(policy: &CopySettings) -> Duration {
    policy.heartbeat.saturating_mul(policy.misses as u64)
}

impl Database {
    fn watch_of(&mut self, set: u32, now: Instant) -> &mut Watch {
        let at = self.watches.iter().position(|w| w.set == set).unwrap_or_else(|| {
            let (reign, voted) = (Reign::default(), Reign::default());
            self.watches.push(Watch { set, reign, turn: 0, heard: now, led: now, voted });
            self.watches.len() - 1
        });
        &mut self.watches[at]
    }

    /// The reign that is known in its own set.
    pub(super) fn known_reign(&self) -> Reign {
        self.watches.iter().find(|w| w.set == self.set).map_or(Reign::default(), |w| w.reign)
    }

    /// Whether it takes part in a replication with one primary.
    fn has_copies(&self) -> bool {
        self.lines.iter().any(|l| l.replicates())
    }

    /// It serves from now on: says so as a primary, listens as a replica.
    pub(super) fn begin_reign(&mut self, fresh: bool, ctx: &mut Ctx<'_>) {
        let (set, reign, now) = (self.set, self.reign, ctx.now());
        let primary = self.role == Role::Primary;
        let watch = self.watch_of(set, now);
        (watch.heard, watch.led) = (now, now);
        if primary {
            watch.reign = watch.reign.max(reign);
            self.throne.crowned = fresh.then_some(now);
        }
        self.introduce(ctx);
        self.arm_pulse(ctx);
        self.arm_watch(ctx);
    }

    pub(super) fn arm_pulse(&mut self, ctx: &mut Ctx<'_>) {
        if self.role == Role::Primary && self.has_copies() && !self.throne.pulsing {
            self.throne.pulsing = true;
            self.pulse(ctx);
        }
    }

    /// The primary says that it lives, and will say so again.
    pub(super) fn pulse(&mut self, ctx: &mut Ctx<'_>) {
        if self.role != Role::Primary || !self.has_copies() {
            self.throne.pulsing = false;
            return;
        }
        self.say(ctx);
        ctx.timeout(self.policy().heartbeat, Timer::Tick(TICK_PULSE));
    }

    fn say(&mut self, ctx: &mut Ctx<'_>) {
        let (set, at) = (self.set, ctx.now());
        let (reign, primary, last, proven) = (self.reign, self.me, self.log.last(), !self.fenced(at));
        let watch = self.watch_of(set, at);
        watch.turn += 1;
        let turn = watch.turn;
        self.spread(Pulse { set, reign, primary, turn, at, last, proven }, None, ctx);
    }

    /// Hands a sign of life on over all lines but the one it came over.
    fn spread(&self, pulse: Pulse, from: Option<LinkId>, ctx: &mut Ctx<'_>) {
        for line in &self.lines {
            // Another set's heartbeats go over lines of heartbeats only.
            let meant = line.wire == Wire::Heartbeat || (line.replicates() && pulse.set == self.set);
            if Some(line.link) != from && meant {
                ctx.send(line.link, Message::Copy(Replication::Pulse(pulse)));
            }
        }
    }

    pub(super) fn pulsed(&mut self, link: LinkId, pulse: Pulse, ctx: &mut Ctx<'_>) {
        let (own, now) = (pulse.set == self.set, ctx.now());
        // A master among masters gives way to nobody's slave.
        if own && self.role == Role::Primary && (pulse.primary == self.me || self.is_mirrored()) {
            return;
        }
        let watch = self.watch_of(pulse.set, now);
        if pulse.reign < watch.reign {
            return;
        }
        if pulse.reign < watch.voted {
            // It gave its vote to another, who may be the primary by now: whom it hears has to be elected anew.
            let (set, reign) = (watch.set, watch.voted);
            return self.tell(link, Replication::Deposed { set, reign }, ctx);
        }
        if own && self.role == Role::Primary {
            // Another is master. Of two with the same reign there cannot be: each takes reigns of its own.
            let policy = self.policy();
            let fenced = policy.promotion == Promotion::Automatic && policy.fencing;
            if policy.old_master == OldMaster::Stays && !fenced {
                return;
            }
            self.step_down(ctx);
        }
        if self.line(link).is_some_and(|l| l.peer == pulse.primary) {
            self.tell(link, Replication::Heard { set: pulse.set, reign: pulse.reign, at: pulse.at }, ctx);
        }
        let policy = self.policy();
        let watch = self.watch_of(pulse.set, now);
        let newer = pulse.reign > watch.reign;
        if !newer && pulse.turn < watch.turn {
            return;
        }
        let first = newer || pulse.turn > watch.turn;
        (watch.reign, watch.turn, watch.heard) = (pulse.reign, pulse.turn, now);
        if pulse.proven {
            watch.led = now;
        }
        if let Some(line) = self.lines.iter_mut().find(|l| l.link == link) {
            line.heard = now;
        }
        if own {
            self.applying.learn(pulse.at, pulse.last, self.shown, now);
            self.look_behind(now);
            self.throne.asking = None;
            self.choose_source(link, newer, patience(&policy), ctx);
            self.arm_watch(ctx);
        }
        if first {
            self.spread(pulse, Some(link), ctx);
        }
    }

    /// Follows the one over whom the primary was heard, when it is a new primary or the way to it so far is silent.
    fn choose_source(&mut self, link: LinkId, newer: bool, patience: Duration, ctx: &mut Ctx<'_>) {
        let replicates = self.line(link).is_some_and(|l| l.replicates());
        if self.role != Role::Replica || !replicates || self.source == Some(link) || self.throne.rising.is_some() {
            return;
        }
        let silent = match self.source.and_then(|s| self.line(s)) {
            Some(line) => ctx.now() - line.heard > patience,
            None => true,
        };
        if newer || silent {
            self.follow_over(link, ctx);
        }
    }

    pub(super) fn follow_over(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        self.source = Some(link);
        self.give_up_certifying(ctx);
        self.applying.void();
        if let Some(line) = self.lines.iter_mut().find(|l| l.link == link) {
            line.follower.disconnect();
            line.follower.counts = false;
        }
        self.follow(true, ctx);
        self.carry_on(ctx);
    }

    /// It was the primary and is not any more: nobody knows what becomes of the writes that were not committed.
    fn step_down(&mut self, ctx: &mut Ctx<'_>) {
        self.role = Role::Replica;
        self.source = None;
        self.throne = Throne { watching: self.throne.watching, ..Throne::default() };
        while let Some(w) = self.uncommitted.pop_front() {
            let reply = Reply::Unknown(Cause::Reset);
            self.reply(w.request, reply, Value::INITIAL, Place::default(), w.arrived, w.started, ctx);
        }
    }

    /// Watches for silence, if it is one who would do something about it.
    pub(super) fn arm_watch(&mut self, ctx: &mut Ctx<'_>) {
        let policy = self.policy();
        let stands = self.role == Role::Replica && policy.promotion == Promotion::Automatic;
        if stands && !self.throne.watching {
            self.throne.watching = true;
            ctx.timer(patience(&policy), Timer::Wake(WAKE_WATCH));
        }
    }

    /// Perhaps the primary has been silent for too long.
    pub(super) fn watched(&mut self, ctx: &mut Ctx<'_>) {
        self.throne.watching = false;
        let (policy, set, now) = (self.policy(), self.set, ctx.now());
        if self.role != Role::Replica || policy.promotion != Promotion::Automatic || self.throne.rising.is_some() {
            return;
        }
        let silence = now - self.watch_of(set, now).heard;
        self.throne.watching = true;
        if silence < patience(&policy) {
            return ctx.timer(patience(&policy) - silence, Timer::Wake(WAKE_WATCH));
        }
        self.campaign(&policy, ctx);
        // Two who ask at the same time would take each other's votes for ever: the next attempt comes at another time.
        let pause = policy.heartbeat + policy.heartbeat.scale(ctx.random().unit());
        ctx.timer(pause, Timer::Wake(WAKE_WATCH));
    }

    fn campaign(&mut self, policy: &CopySettings, ctx: &mut Ctx<'_>) {
        let (set, me, end, now) = (self.set, self.me, self.log.end(), ctx.now());
        let watch = self.watch_of(set, now);
        let reign = watch.reign.max(watch.voted).max(end.reign()).next(me.0);
        if !policy.quorum {
            self.rise(reign, ctx);
            self.throne.crowned = Some(now);
            return;
        }
        // Its own vote counts as long as it asks; whoever of the old or a new primary it hears meanwhile ends that.
        self.throne.asking = Some(reign);
        self.throne.votes = BTreeSet::from([me]);
        let patience = patience(policy);
        for link in self.electors().into_iter().map(|(_, link)| link) {
            self.tell(link, Replication::Vote { set, reign, end, patience }, ctx);
        }
    }

    /// The databases it is joined to, each with a line to it.
    fn electors(&self) -> Vec<(Process, LinkId)> {
        let mut electors: Vec<(Process, LinkId)> = Vec::new();
        for line in self.lines.iter().filter(|l| l.wire == Wire::Heartbeat || l.replicates()) {
            if !electors.iter().any(|(p, _)| *p == line.peer) {
                electors.push((line.peer, line.link));
            }
        }
        electors
    }

    /// Somebody wants to be primary.
    pub(super) fn asked_for_vote(&mut self, link: LinkId, vote: (u32, Reign, Place, Duration), ctx: &mut Ctx<'_>) {
        let (set, reign, end, patience) = vote;
        let (own, now) = (set == self.set, ctx.now());
        let (role, my_end) = (self.role, self.log.end());
        let watch = self.watch_of(set, now);
        let silent = now - watch.heard >= patience;
        let complete = !own || end >= my_end;
        let free = !own || role == Role::Replica;
        if silent && complete && free && reign > watch.voted && reign > watch.reign {
            watch.voted = reign;
            if own {
                self.throne.asking = None;
            }
            self.tell(link, Replication::Voted { reign }, ctx);
        }
    }

    /// Somebody who counted on it has voted for another: it is primary only if it is elected again.
    pub(super) fn deposed(&mut self, set: u32, reign: Reign, ctx: &mut Ctx<'_>) {
        let policy = self.policy();
        let elected = policy.promotion == Promotion::Automatic && policy.quorum && policy.fencing;
        if set == self.set && self.role == Role::Primary && reign > self.reign && elected && !self.is_mirrored() {
            self.step_down(ctx);
            let now = ctx.now();
            self.watch_of(set, now).heard = now;
            self.arm_watch(ctx);
        }
    }

    pub(super) fn got_vote(&mut self, link: LinkId, reign: Reign, ctx: &mut Ctx<'_>) {
        let Some(peer) = self.line(link).map(|l| l.peer) else { return };
        if self.throne.asking != Some(reign) || self.role != Role::Replica {
            return;
        }
        self.throne.votes.insert(peer);
        let all = self.electorate(self.electors().len() + 1);
        if self.throne.votes.len() > all / 2 {
            self.rise(reign, ctx);
        }
    }

    /// Becomes the primary because somebody says so.
    pub(super) fn promote(&mut self, ctx: &mut Ctx<'_>) -> bool {
        if self.role != Role::Replica || self.recovering || self.in_group() {
            return false;
        }
        let (set, me, end, now) = (self.set, self.me, self.log.end(), ctx.now());
        let watch = self.watch_of(set, now);
        let reign = watch.reign.max(watch.voted).max(end.reign()).next(me.0);
        self.rise(reign, ctx);
        self.throne.crowned = Some(now);
        true
    }

    /// From here on it takes nothing from its source any more; it still carries out what it has.
    fn rise(&mut self, reign: Reign, ctx: &mut Ctx<'_>) {
        let policy = self.policy();
        let cold = policy.standby == Standby::Cold;
        let (set, now) = (self.set, ctx.now());
        let watch = self.watch_of(set, now);
        (watch.reign, watch.voted, watch.turn) = (reign, watch.voted.max(reign), 0);
        self.throne.asking = None;
        self.throne.crowned = None;
        self.throne.rising = Some(Rising { reign, started: !cold });
        if cold {
            ctx.timer(policy.start_up, Timer::Wake(WAKE_STARTED));
        }
        self.source = None;
        self.give_up_certifying(ctx);
        self.ascend(ctx);
    }

    pub(super) fn started_up(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(rising) = &mut self.throne.rising {
            rising.started = true;
        }
        self.ascend(ctx);
    }

    /// Is primary as soon as nothing is left to carry out.
    pub(super) fn ascend(&mut self, ctx: &mut Ctx<'_>) {
        let Some(rising) = self.throne.rising else { return };
        // Members of a group show nothing before they know that a majority has it; the new reign finds that out.
        if !rising.started || (self.shown < self.log.last() && !self.in_group()) {
            return;
        }
        self.throne = Throne { crowned: self.throne.crowned, ..Throne::default() };
        self.role = Role::Primary;
        self.reign = rising.reign;
        self.semi = Default::default();
        self.applying.void();
        for line in &mut self.lines {
            // Whoever followed the old one has yet to come over.
            line.follower.disconnect();
            line.follower.counts = false;
        }
        self.arm_pulse(ctx);
        if self.in_group() {
            self.open_reign(ctx);
        }
        self.release(ctx);
    }

    /// The other has heard the heartbeat that was sent at that instant.
    pub(super) fn proven(&mut self, link: LinkId, set: u32, reign: Reign, at: Instant, ctx: &mut Ctx<'_>) {
        let Some(peer) = self.line(link).map(|l| l.peer) else { return };
        if set != self.set || reign != self.reign || self.role != Role::Primary {
            return;
        }
        let before = self.fenced(ctx.now());
        match self.throne.proofs.iter_mut().find(|(p, _)| *p == peer) {
            Some((_, latest)) => *latest = at.max(*latest),
            None => self.throne.proofs.push((peer, at)),
        }
        if before && !self.fenced(ctx.now()) {
            self.say(ctx);
        }
    }

    /// Whether another may have become the primary without this one hearing of it.
    pub(super) fn fenced(&self, now: Instant) -> bool {
        let (Role::Primary, Some(policy), false) = (self.role, self.policy_line(), self.is_mirrored()) else {
            return false;
        };
        if policy.promotion != Promotion::Automatic || !policy.fencing {
            return false;
        }
        let fresh = |at: Instant| now - at < patience(policy);
        if self.throne.crowned.is_some_and(fresh) {
            return false;
        }
        let proven = |p: &Process| self.throne.proofs.iter().any(|(q, at)| q == p && fresh(*at));
        if policy.quorum {
            let electors = self.electors();
            let heard = electors.iter().filter(|(p, _)| proven(p)).count() + 1;
            heard <= self.electorate(electors.len() + 1) / 2
        } else {
            // Any one of them may have promoted itself.
            let mut followers = self.lines.iter().filter(|l| l.replicates() && l.follower.counts);
            !followers.all(|l| proven(&l.peer))
        }
    }

    /// A cold standby answers nothing.
    pub(super) fn asleep(&self) -> bool {
        self.role == Role::Replica && self.policy_line().is_some_and(|p| p.standby == Standby::Cold)
    }
}
