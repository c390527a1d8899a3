//! Two balancers joined by a heartbeat line, as VRRP joins them (RFC 5798, keepalived): who is active, who takes over and
//! when. It may not know how requests are spread.

#[cfg(test)]
mod tests;

use super::LoadBalancer;
use super::settings::{Pairing, Standby};
use crate::components::Port;
use crate::components::parts::gauge::Role;
use crate::components::protocol::{Ctx, Message, Timer};
use crate::history::Process;
use crate::sim::LinkId;
use crate::stdx::{Duration, Instant};

/// Numbers of `Timer::Work` from here on are the pair's.
pub const TIMERS: u32 = 1 << 16;
const ADVERT: u32 = TIMERS;
const DOWN: u32 = TIMERS + 1;
const STARTED: u32 = TIMERS + 2;

/// What one balancer knows of the other, and what it is itself.
#[derive(Clone, Debug)]
pub struct Pair {
    pub link: LinkId,
    peer: Process,
    peer_priority: u32,
    state: State,
    /// Active–active: the peer fell silent and its address is here.
    took: bool,
    /// When the peer counts as down, unless it is heard before, and when the timer for that fires next.
    down_at: Instant,
    down_timer: Option<Instant>,
    /// When the next advertisement is due.
    advert_at: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Active,
    Standby,
    /// A cold standby that is needed and not yet ready.
    Starting,
}

impl LoadBalancer {
    /// Whether the address is here.
    pub(super) fn serves(&self) -> bool {
        self.pair.as_ref().is_none_or(|pair| pair.state == State::Active)
    }

    pub(super) fn role(&self) -> Option<Role> {
        self.pair.as_ref().map(|pair| if pair.state == State::Active { Role::Active } else { Role::Standby })
    }

    /// A cold standby does not run.
    pub(super) fn asleep(&self) -> bool {
        self.settings.standby == Standby::Cold && !self.serves()
    }

    /// Three advertisements, and a skew by which the higher of several standbys is the first (RFC 5798, 6.1).
    fn master_down(&self) -> Duration {
        let advert = self.settings.advert;
        let skew = advert.scale((256 - self.settings.priority) as f64 / 256.0);
        advert.saturating_mul(3) + skew
    }

    /// Whether this one is preferred to its peer: by priority, of equals the one that was drawn first.
    fn preferred(&self, peer: Process, priority: u32) -> bool {
        (self.settings.priority, peer.0) > (priority, self.me.0)
    }

    pub(super) fn pair_with(&mut self, port: &Port, ctx: &mut Ctx<'_>) {
        let drawn = super::Settings::of(port.peer_settings);
        let pair = Pair {
            link: port.link,
            peer: port.peer,
            peer_priority: drawn.priority,
            state: State::Standby,
            took: false,
            down_at: ctx.now(),
            down_timer: None,
            advert_at: ctx.now(),
        };
        self.pair = Some(pair);
        if ctx.now() > Instant::START {
            self.choose_sides(ctx);
        }
    }

    /// The process has begun: with the run the sides are as they would have settled; after a crash it listens first.
    pub(super) fn begin_pair(&mut self, ctx: &mut Ctx<'_>) {
        if ctx.now() == Instant::START {
            return self.choose_sides(ctx);
        }
        let Some(pair) = &mut self.pair else { return };
        (pair.state, pair.took, pair.down_timer) = (State::Standby, false, None);
        if self.settings.pairing == Pairing::ActiveActive { self.rise(ctx) } else { self.listen(ctx) }
    }

    fn choose_sides(&mut self, ctx: &mut Ctx<'_>) {
        let Some(pair) = &self.pair else { return };
        let first = self.preferred(pair.peer, pair.peer_priority);
        if first || self.settings.pairing == Pairing::ActiveActive { self.rise(ctx) } else { self.listen(ctx) }
    }

    /// Becomes active: the address is announced, and it is heard from now on.
    fn rise(&mut self, ctx: &mut Ctx<'_>) {
        let Some(pair) = &mut self.pair else { return };
        pair.state = State::Active;
        if self.settings.standby == Standby::Cold {
            self.begin_checks(ctx);
        }
        self.announce(ctx);
        self.advertise(ctx);
        self.listen(ctx);
    }

    /// Tells those who ask which addresses are here: its own, in an active–passive pair the shared one, and the one
    /// that it took from a silent peer.
    fn announce(&self, ctx: &mut Ctx<'_>) {
        let Some(pair) = &self.pair else { return };
        let both = self.settings.pairing == Pairing::ActivePassive || pair.took;
        for client in &self.clients {
            ctx.send(*client, Message::Address { of: self.me });
            if both {
                ctx.send(*client, Message::Address { of: pair.peer });
            }
        }
    }

    fn advertise(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(pair) = self.pair.as_mut().filter(|pair| pair.state == State::Active) {
            ctx.send(pair.link, Message::Beat { priority: self.settings.priority, took: pair.took });
            pair.advert_at = ctx.now() + self.settings.advert;
            ctx.timer(self.settings.advert, Timer::Work(ADVERT));
        }
    }

    /// Waits for the peer's next advertisement.
    fn listen(&mut self, ctx: &mut Ctx<'_>) {
        let down = self.master_down();
        if let Some(pair) = &mut self.pair {
            pair.down_at = ctx.now() + down;
            // One timer is enough: when it comes too early it is set again.
            if pair.down_timer.is_none_or(|at| at > pair.down_at) {
                pair.down_timer = Some(pair.down_at);
                ctx.timer(down, Timer::Work(DOWN));
            }
        }
    }

    /// The peer has advertised; `held`: as the holder of this one's address too.
    pub(super) fn heard(&mut self, priority: u32, held: bool, ctx: &mut Ctx<'_>) {
        let Some(pair) = &self.pair else { return };
        let (state, took, peer) = (pair.state, pair.took, pair.peer);
        let preferred = self.preferred(peer, priority);
        let patient = state == State::Active || !preferred || !self.settings.preempt;
        let Some(pair) = &mut self.pair else { return };
        pair.peer_priority = priority;
        match (self.settings.pairing, state) {
            (Pairing::ActiveActive, _) => {
                pair.took = false;
                if took {
                    // A last word as the holder of both addresses, at which the peer announces its own.
                    ctx.send(pair.link, Message::Beat { priority: self.settings.priority, took });
                }
                if took || held {
                    self.announce(ctx);
                }
            }
            // Two actives that hear each other: the less preferred steps down, the other says once more who it is.
            (Pairing::ActivePassive, State::Active) if preferred => self.announce(ctx),
            (Pairing::ActivePassive, State::Active | State::Starting) if !preferred || !self.settings.preempt => {
                // A last word, so that the other says once more who it is: those who ask still have this one's address
                // (keepalived's vrrp_higher_prio_send_advert).
                if state == State::Active {
                    ctx.send(pair.link, Message::Beat { priority: self.settings.priority, took: false });
                }
                pair.state = State::Standby;
            }
            _ => {}
        }
        // One that is preferred and may preempt does not let itself be quieted: it takes over when its time is up.
        if patient {
            self.listen(ctx);
        }
    }

    pub(super) fn pair_timer(&mut self, number: u32, ctx: &mut Ctx<'_>) {
        let Some(pair) = &mut self.pair else { return };
        match number {
            // A timer may come late, after a pause; one that is not the latest set comes too early.
            ADVERT if pair.advert_at <= ctx.now() => self.advertise(ctx),
            DOWN if pair.down_timer.is_none_or(|at| at > ctx.now()) => {}
            DOWN if pair.down_at > ctx.now() => {
                pair.down_timer = Some(pair.down_at);
                ctx.timer(pair.down_at - ctx.now(), Timer::Work(DOWN));
            }
            DOWN => match (self.settings.pairing, pair.state) {
                (Pairing::ActiveActive, _) => {
                    pair.down_timer = None;
                    pair.took = true;
                    self.announce(ctx);
                }
                (Pairing::ActivePassive, State::Standby) if self.settings.standby == Standby::Cold => {
                    (pair.state, pair.down_timer) = (State::Starting, None);
                    ctx.timer(self.settings.start_up, Timer::Work(STARTED));
                }
                (Pairing::ActivePassive, State::Standby) => {
                    pair.down_timer = None;
                    self.rise(ctx);
                }
                (Pairing::ActivePassive, _) => pair.down_timer = None,
            },
            STARTED if pair.state == State::Starting => self.rise(ctx),
            _ => {}
        }
    }

    /// The settings were edited.
    pub(super) fn pair_set(&mut self, ctx: &mut Ctx<'_>) {
        let Some(pair) = &self.pair else { return };
        if self.settings.pairing == Pairing::ActiveActive && pair.state != State::Active {
            self.rise(ctx);
        } else {
            self.announce_if_active(ctx);
        }
    }

    fn announce_if_active(&self, ctx: &mut Ctx<'_>) {
        if self.serves() {
            self.announce(ctx);
        }
    }

    /// The heartbeat line was taken from the board: no pair, and every balancer has its own address.
    pub(super) fn alone(&mut self, ctx: &mut Ctx<'_>) {
        self.pair = None;
        for client in &self.clients {
            ctx.send(*client, Message::Address { of: self.me });
        }
    }
}
