//! Addresses by name: a user whose server has a name asks for its address first, and keeps it until it ends. It may not know
//! how a name server chooses.

use super::Users;
use super::session::State;
use crate::components::parts::calls::Call;
use crate::components::protocol::{Ask, Cookie, Ctx, Message, What};
use crate::history::{Cause, Process};
use crate::stdx::{Duration, Instant};

impl Users {
    /// Whether the session has to ask for an address before it can dial one.
    pub(super) fn needs_address(&self, i: u32, now: Instant) -> bool {
        let session = &self.sessions[i as usize];
        let known = || session.door.is_some_and(|door| self.doors.iter().any(|d| d.link == door));
        !(self.names.is_empty() || session.known_until > now && known())
    }

    /// Asks a name server; after a failure the next one.
    pub(super) fn look_up(&mut self, i: u32, ctx: &mut Ctx<'_>) {
        let turn = self.sessions[i as usize].attempt as usize % self.names.len();
        let link = self.names[turn];
        let call = Call(self.wait(i, State::Asking));
        let session = &mut self.sessions[i as usize];
        (session.via, session.looking_up) = (Some(link), true);
        let (op, attempt, cookie) = (session.op, session.attempt, Cookie::default());
        let ask = Ask { call, op, what: What::Lookup, cookie, seen: 0, attempt, region: self.region };
        ctx.send(link, Message::Ask(ask));
        self.deadlines.add(call, self.settings.timeout, ctx);
    }

    /// The name server has said whom to dial, and for how long that holds.
    pub(super) fn told_address(&mut self, i: u32, of: Process, ttl: Duration, ctx: &mut Ctx<'_>) {
        let Some(door) = self.doors.iter().find(|d| d.peer == of).map(|d| d.link) else {
            return self.failed(i, Cause::NoServer, ctx);
        };
        let session = &mut self.sessions[i as usize];
        session.door = Some(door);
        session.known_until = ctx.now() + ttl;
        self.dial(i, ctx);
    }
}
