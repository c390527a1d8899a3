//! Asking after jobs: a user whose job was accepted asks until it is done, beside whatever else the session does. It may not
//! know who does the job.

use super::Users;
use super::visit::waiting;
use crate::components::parts::calls::{Call, Calls};
use crate::components::protocol::{Answer, Ask, Cookie, Ctx, Message, Reply, Timer, What};
use crate::history::{Op, OpId};
use crate::sim::LinkId;
use crate::stdx::histogram::Histogram;
use crate::stdx::Duration;

/// Marks the calls and timers of this among those of sessions.
pub(super) const POLL: u64 = 1 << 63;

/// The defaults of google.api_core's polling: half as long again each time, up to 20 s, for 15 minutes.
const GROWTH: f64 = 1.5;
const LONGEST: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(900);
/// Jobs that one card of users asks after at a time; of the others it does not.
const LIMIT: usize = 1 << 18;
/// It is asked for no operation of the history: the job's own has returned.
const NOBODY: OpId = OpId(u64::MAX);

/// One job that is asked after.
#[derive(Clone, Copy, Debug)]
pub(super) struct Poll {
    /// The operation that ordered it.
    op: Op,
    /// The session's place and its door then.
    session: u32,
    door: Option<LinkId>,
    cookie: Cookie,
    pause: Duration,
    /// The line that it was asked over; None: it waits for the next time.
    via: Option<LinkId>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Polls {
    open: Calls<Poll>,
    /// From asking for a job to knowing that it is done.
    pub times: Histogram,
}

impl Polls {
    /// The job after which was asked with this call, if no answer has come.
    pub fn asked(&self, call: Call) -> Option<&Poll> {
        if call.0 & POLL == 0 {
            return None;
        }
        self.open.get(Call(call.0 & !POLL)).filter(|poll| poll.via.is_some())
    }

    pub fn forget(&mut self) {
        self.open.clear();
    }
}

impl Users {
    /// The session's job is in work: it is asked after from now on.
    pub(super) fn accepted(&mut self, i: u32, ctx: &mut Ctx<'_>) {
        let pause = self.settings.poll;
        if pause.is_zero() {
            return;
        }
        if self.polls.open.len() >= LIMIT {
            self.counters.jobs_given_up += 1;
            return;
        }
        let session = &self.sessions[i as usize];
        let (op, door, cookie) = (session.op, session.door, session.cookie);
        self.ask_again(Poll { op, session: i, door, cookie, pause, via: None }, ctx);
    }

    fn ask_again(&mut self, poll: Poll, ctx: &mut Ctx<'_>) {
        let call = self.polls.open.open(Poll { via: None, ..poll });
        ctx.timer(poll.pause, Timer::Wake(call.0 | POLL));
    }

    /// It is time to ask.
    pub(super) fn poll(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        let Some(mut poll) = self.polls.open.close(Call(call.0 & !POLL)) else { return };
        // Whoever is still there asks where it asks for everything else by now.
        let session = &self.sessions[poll.session as usize];
        if session.id == poll.op.session {
            (poll.door, poll.cookie) = (session.door, session.cookie);
        }
        let door = self.doors.iter().find(|d| Some(d.link) == poll.door).or(self.doors.first()).copied();
        let Some(door) = door else { return self.not_done(poll, ctx) };
        poll.via = Some(door.via);
        let call = Call(self.polls.open.open(poll).0 | POLL);
        let op = Op { id: NOBODY, invoked: ctx.now(), ..poll.op };
        let cookie = if self.settings.cookies { poll.cookie } else { Cookie::default() };
        let ask = Ask { call, op, what: What::JobState, cookie, seen: 0, attempt: 0, region: self.region };
        self.counters.polls += 1;
        ctx.send(door.via, Message::Ask(ask));
        self.deadlines.add(call, self.settings.timeout, ctx);
    }

    /// True: it was the answer to one who asks after a job, or came too late to be.
    pub(super) fn poll_answered(&mut self, answer: &Answer, ctx: &mut Ctx<'_>) -> bool {
        if answer.call.0 & POLL == 0 {
            return false;
        }
        let Some(poll) = self.polls.open.close(Call(answer.call.0 & !POLL)) else {
            self.counters.late += 1;
            return true;
        };
        match answer.reply {
            Reply::Ok => {
                self.counters.jobs_done += 1;
                self.polls.times.record(ctx.now() - poll.op.invoked);
            }
            Reply::NoJob => self.counters.jobs_given_up += 1,
            _ => self.not_done(poll, ctx),
        }
        true
    }

    /// The next call that has waited long enough, of a session or of one who asks after a job.
    pub(super) fn next_deadline(&mut self, ctx: &mut Ctx<'_>) -> Option<Call> {
        let (sessions, polls) = (&self.sessions, &self.polls);
        let open = |call| polls.asked(call).is_some() || waiting(sessions, call).is_some();
        self.deadlines.next(open, ctx)
    }

    /// Nobody has answered.
    pub(super) fn poll_failed(&mut self, call: Call, ctx: &mut Ctx<'_>) {
        if self.polls.asked(call).is_some()
            && let Some(poll) = self.polls.open.close(Call(call.0 & !POLL))
        {
            self.not_done(poll, ctx);
        }
    }

    /// The same for all that was asked over this line.
    pub(super) fn polls_broken(&mut self, link: LinkId, ctx: &mut Ctx<'_>) {
        for call in self.polls.open.find(|poll| poll.via == Some(link)) {
            self.poll_failed(Call(call.0 | POLL), ctx);
        }
    }

    fn not_done(&mut self, mut poll: Poll, ctx: &mut Ctx<'_>) {
        if ctx.now() - poll.op.invoked >= PATIENCE {
            self.counters.jobs_given_up += 1;
            return;
        }
        poll.pause = poll.pause.scale(GROWTH).min(LONGEST.max(self.settings.poll));
        self.ask_again(poll, ctx);
    }
}
