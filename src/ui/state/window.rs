//! The part of the run's time that the timeline and the charts show. It may not know what happened in it.

use crate::stdx::{Duration, Instant};

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    pub from: Instant,
    pub to: Instant,
}

impl Window {
    /// The longest that is shown at once, and the shortest.
    const MOST: Duration = Duration::from_secs(60);
    const LEAST: Duration = Duration::from_secs(2);

    pub fn around(now: Instant, furthest: Instant) -> Window {
        let to = furthest.max(Instant::START + Window::LEAST);
        let from = Instant(to.0.saturating_sub(Window::MOST.0)).min(now);
        Window { from, to: to.min(from + Window::MOST) }
    }

    pub fn span(self) -> f64 {
        (self.to - self.from).as_secs()
    }

    /// Where an instant lies, from 0 to 1 within.
    pub fn share(self, at: Instant) -> f64 {
        (at.as_secs() - self.from.as_secs()) / self.span()
    }

    pub fn at(self, share: f64) -> Instant {
        self.from + Duration::from_secs_f64(self.span() * share.clamp(0.0, 1.0))
    }
}
