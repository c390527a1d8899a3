//! Time-outs in a plain line: as all of them are equally long, the first to be set is the first to be due, and one timer
//! for the front will do. Most are answered long before and cost no event at all. It may not know what is awaited.

use super::calls::Call;
use crate::components::protocol::{Ctx, Timer};
use crate::stdx::{Duration, Instant};
use std::collections::VecDeque;

/// Calls with the instants at which their callers give up. The machine passes its [`Deadlines::TIMER`] on to `next`.
#[derive(Clone, Debug, Default)]
pub struct Deadlines {
    line: VecDeque<(Instant, Call)>,
    /// When the earliest timer fires that is under way, or has just fired.
    armed: Option<Instant>,
}

impl Deadlines {
    /// What wakes the machine; it names no call, so it cannot be taken for a call's own time-out.
    pub const TIMER: Timer = Timer::Timeout(Call(u64::MAX));

    pub fn add(&mut self, call: Call, after: Duration, ctx: &mut Ctx<'_>) {
        let due = ctx.now() + after;
        // Only when the time-out has just been set shorter does a newcomer go before others.
        let place = match self.line.back() {
            Some((last, _)) if *last > due => self.line.partition_point(|(at, _)| *at <= due),
            _ => self.line.len(),
        };
        self.line.insert(place, (due, call));
        if self.armed.is_none_or(|at| due < at) {
            self.armed = Some(due);
            ctx.timer(after, Self::TIMER);
        }
    }

    /// To be called until None when `TIMER` has come: the next call that is due and still `open`. None: there is none for now, and the timer is set again if need be.
    pub fn next(&mut self, open: impl Fn(Call) -> bool, ctx: &mut Ctx<'_>) -> Option<Call> {
        while let Some((due, call)) = self.line.front().copied() {
            if !open(call) {
                self.line.pop_front();
            } else if due <= ctx.now() {
                self.line.pop_front();
                return Some(call);
            } else {
                if self.armed.is_none_or(|at| at <= ctx.now() || due < at) {
                    self.armed = Some(due);
                    ctx.timer(due - ctx.now(), Self::TIMER);
                }
                return None;
            }
        }
        self.armed = self.armed.filter(|at| *at > ctx.now());
        None
    }

    /// The machine crashed: its timers are void.
    pub fn clear(&mut self) {
        self.line.clear();
        self.armed = None;
    }
}
