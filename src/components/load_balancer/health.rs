//! How the balancer learns who is up: by asking, or by what comes of the requests. It may not know how a server is
//! picked.

use super::policy::Server;
use super::settings::{AllDown, Health};
use super::{LoadBalancer, Pending};
use crate::components::protocol::{Ask, Cookie, Ctx, Message, Timer, What};
use crate::history::{Key, Kind, Op, OpId, SessionId, Value};
use crate::stdx::Instant;

/// Places of servers below this many bits of a check's number, the epoch above.
const PLACE: u32 = 12;

impl LoadBalancer {
    pub(super) fn believed_up(&self, server: &Server) -> bool {
        server.up || self.settings.health == Health::None
    }

    /// Who may get new requests has changed.
    pub(super) fn refresh(&mut self) {
        let mut ready = std::mem::take(&mut self.ready);
        let up = self.servers.iter().filter(|s| !s.gone && self.believed_up(s)).count();
        let enough = up >= self.settings.needed as usize;
        ready.refresh(&self.settings, &self.servers, |s| enough && !s.gone && !s.draining && self.believed_up(s));
        if ready.is_empty() && self.settings.all_down == AllDown::FailOpen {
            ready.refresh(&self.settings, &self.servers, |s| !s.gone);
        }
        self.ready = ready;
    }

    /// All checks begin anew: at the start, and when their settings have changed.
    pub(super) fn begin_checks(&mut self, ctx: &mut Ctx<'_>) {
        self.epoch = self.epoch.wrapping_add(1) & ((1 << (32 - PLACE)) - 1);
        for i in 0..self.servers.len() {
            if let Some(probe) = self.servers[i].probe.take() {
                self.calls.close(probe);
            }
            if self.settings.health != Health::Active {
                self.servers[i].up = self.servers[i].banned_until <= ctx.now();
            }
            self.first_check(i as u32, ctx);
        }
        self.refresh();
    }

    /// The first check of a server comes at some instant within the interval, so that not all come at once.
    pub(super) fn first_check(&mut self, server: u32, ctx: &mut Ctx<'_>) {
        if self.settings.health == Health::Active && !self.servers[server as usize].gone {
            let after = self.settings.check_every.scale(ctx.random().unit());
            ctx.timer(after, Timer::Tick(self.epoch << PLACE | server));
        }
    }

    /// It is time to ask a server. While the last question is open no other is asked.
    pub(super) fn check(&mut self, tick: u32, ctx: &mut Ctx<'_>) {
        let place = tick & ((1 << PLACE) - 1);
        if tick >> PLACE != self.epoch || self.servers[place as usize].gone {
            return;
        }
        if self.servers[place as usize].probe.is_some() || self.asleep() {
            return ctx.timer(self.settings.check_every, Timer::Tick(tick));
        }
        let call = self.calls.open(Pending::Probe { server: place });
        let server = &mut self.servers[place as usize];
        server.probe = Some(call);
        let nobody = Op {
            id: OpId(0),
            client: self.me,
            session: SessionId(0),
            kind: Kind::Read,
            key: Key(0),
            value: Value::INITIAL,
            invoked: ctx.now(),
        };
        let cookie = Cookie::default();
        let ask = Ask { call, op: nobody, what: What::Probe, cookie, seen: 0, attempt: 0, region: 0 };
        ctx.send(server.address.link, Message::Ask(ask));
        // In this order: a check given up at the very end of the interval makes room for the next.
        ctx.timer(self.settings.check_timeout, Timer::Timeout(call));
        ctx.timer(self.settings.check_every, Timer::Tick(tick));
    }

    /// A check has come out.
    pub(super) fn checked(&mut self, place: u32, well: bool, ctx: &mut Ctx<'_>) {
        let server = &mut self.servers[place as usize];
        server.probe = None;
        if well {
            (server.good, server.bad) = (server.good + 1, 0);
        } else {
            (server.good, server.bad) = (0, server.bad + 1);
        }
        if server.up && server.bad >= self.settings.fall {
            server.up = false;
            self.refresh();
        } else if !server.up && server.good >= self.settings.rise {
            server.up = true;
            server.up_since = ctx.now();
            self.refresh();
        }
    }

    /// A request came to nothing at this server: passive checks take note.
    pub(super) fn misbehaved(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        if self.settings.health != Health::Passive {
            return;
        }
        let (now, ban) = (ctx.now(), self.settings.ban);
        let server = &mut self.servers[place as usize];
        if server.bad == 0 || now - server.failing_since > ban {
            (server.bad, server.failing_since) = (0, now);
        }
        server.bad += 1;
        if server.bad >= self.settings.max_fails {
            server.bad = 0;
            server.banned_until = now + ban;
            server.up = false;
            ctx.timer(ban, Timer::Work(place));
            self.refresh();
        }
    }

    /// A ban may have come to its end.
    pub(super) fn pardon(&mut self, place: u32, now: Instant) {
        let server = &mut self.servers[place as usize];
        if self.settings.health == Health::Passive && !server.up && server.banned_until <= now {
            server.up = true;
            server.up_since = now;
            self.refresh();
        }
    }

    /// A request came out well.
    pub(super) fn served(&mut self, place: u32) {
        if self.settings.health == Health::Passive {
            self.servers[place as usize].bad = 0;
        }
    }
}
