//! The session of a request: found where the settings keep it, opened by a login, stored again when its cart has grown. It may
//! not know what the request is for otherwise.

use super::AppServer;
use super::settings::Sessions;
use super::work::{Purpose, Stage};
use crate::components::protocol::{Ctx, Reply, What};
use crate::history::{Cause, Kind};

impl AppServer {
    pub(super) fn look_for_session(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let sessions = self.settings.sessions;
        let Some(work) = self.work(place) else { return };
        let (kind, cookie) = (work.ask.op.kind, work.ask.cookie);
        // Who asks after a job names it, and needs no session.
        let open = kind == Kind::Page || work.ask.what == What::JobState;
        if sessions == Sessions::None || open {
            return self.look_for_data(place, ctx);
        }
        if !cookie.session {
            return match kind {
                Kind::Login => self.open_session(place, ctx),
                _ => self.look_for_data(place, ctx),
            };
        }
        match sessions {
            Sessions::Cookie => self.session_found(place, cookie.signed.checked_sub(1), ctx),
            Sessions::Central => self.call(place, Purpose::SessionGet, ctx),
            Sessions::Memory | Sessions::None => self.look_for_own_session(place, ctx),
            Sessions::Disk => self.read_disk(place, Stage::SessionFile, ctx),
        }
    }

    pub(super) fn look_for_own_session(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(session) = self.work(place).map(|w| w.ask.op.session.0 as u64) else { return };
        let found = self.sessions.get(session, ctx.now(), ctx.random()).map(|cart| cart as u32);
        if found.is_some() {
            self.sessions.renew(session, ctx.now() + self.settings.session_ttl);
        }
        self.session_found(place, found, ctx);
    }

    pub(super) fn session_found(&mut self, place: u32, cart: Option<u32>, ctx: &mut Ctx<'_>) {
        let Some(work) = self.work(place) else { return };
        work.cart = cart;
        match (cart, work.ask.op.kind) {
            (Some(_), _) => self.look_for_data(place, ctx),
            (None, Kind::Login) => self.open_session(place, ctx),
            (None, _) => {
                self.logged_out += 1;
                self.finish(place, Reply::Fail(Cause::LoggedOut), ctx);
            }
        }
    }

    pub(super) fn open_session(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(work) = self.work(place) else { return };
        work.cart = Some(0);
        if self.settings.sessions == Sessions::Central {
            return self.call(place, Purpose::SessionOpen, ctx);
        }
        match self.keep_session(place, ctx) {
            Ok(()) => self.session_opened(place, ctx),
            Err(cause) => self.finish(place, Reply::Fail(cause), ctx),
        }
    }

    pub(super) fn session_opened(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        self.logins += 1;
        self.look_for_data(place, ctx);
    }

    /// Stores the cart where this server itself keeps sessions.
    pub(super) fn keep_session(&mut self, place: u32, ctx: &mut Ctx<'_>) -> Result<(), Cause> {
        let sessions = self.settings.sessions;
        if !matches!(sessions, Sessions::Memory | Sessions::Disk) {
            return Ok(());
        }
        if sessions == Sessions::Disk && self.disk != super::Disk::Well {
            return Err(Cause::Disk);
        }
        let Some((session, cart)) = self.work(place).map(|w| (w.ask.op.session, w.cart)) else { return Ok(()) };
        let ends = ctx.now() + self.settings.session_ttl;
        let cart = cart.unwrap_or(0) as u64;
        self.sessions.put(session.0 as u64, cart, ends, ctx.now(), ctx.random());
        Ok(())
    }

    /// A copy of the session was written, does not know it, or has not answered: the next one's turn, if there is one.
    pub(super) fn session_asked(&mut self, place: u32, purpose: Purpose, cause: Option<Cause>, ctx: &mut Ctx<'_>) {
        if self.next_copy(place) {
            return self.call(place, purpose, ctx);
        }
        let kept = self.work(place).is_some_and(|work| std::mem::take(&mut work.kept));
        match (purpose, cause) {
            // The write has happened, whether or not the cart has got it.
            (Purpose::SessionPut, _) => self.finish(place, Reply::Ok, ctx),
            (Purpose::SessionOpen, _) if kept => self.session_opened(place, ctx),
            (_, Some(cause)) => self.finish(place, Reply::Fail(cause), ctx),
            (_, None) => self.session_found(place, None, ctx),
        }
    }

    /// A write has happened: its session's cart grows.
    pub(super) fn fill_cart(&mut self, place: u32, ctx: &mut Ctx<'_>) {
        let Some(work) = self.work(place) else { return };
        let Some(cart) = &mut work.cart else { return self.finish(place, Reply::Ok, ctx) };
        *cart = cart.saturating_add(1);
        work.tried = 0;
        if self.settings.sessions == Sessions::Central {
            return self.call(place, Purpose::SessionPut, ctx);
        }
        // A full disk keeps the cart as it was; the write itself has happened.
        _ = self.keep_session(place, ctx);
        self.finish(place, Reply::Ok, ctx);
    }
}
