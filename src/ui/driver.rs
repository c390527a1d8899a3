//! The page's clock: each frame lets simulated time pass within its budget, flies the dots, and some times a second has a
//! picture taken. A slow machine slows simulated time; it never freezes the page. It may not know what runs.

use super::board::dots;
use super::state::{Speed, State};
use super::text;
use crate::editor::input::Input;
use crate::stdx::late::Part;
use crate::stdx::{Duration, Instant};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, closure::Closure};

/// Milliseconds of a frame for the simulation.
const BUDGET: f64 = 4.0;
/// Events of one slice: a short call lets the browser's optimising compiler in, and keeps the budget exact.
const SLICE: u64 = 10_000;
/// A frame that took longer counts as this long: time lost is not caught up.
const LONGEST: f64 = 100.0;
/// Milliseconds between two pictures.
const PICTURE: f64 = 125.0;
/// Seconds that the dots go on after a step.
pub const AFTER_STEP: f64 = 0.6;
/// So far a run goes with nothing but what runs it: the watch of `make late` is longer.
const ALONE: Instant = Instant(40_000_000_000);
/// Milliseconds that the part of the program that runs boards may be on its way before a word is said.
const PATIENCE: f64 = 5_000.0;
/// Dots a second and lane that an eye can follow.
const DOTS: f64 = 9.0;

type Tick = Closure<dyn FnMut(f64)>;

/// Starts the clock; it stops with the page.
pub fn start(state: State) {
    let tick: Rc<RefCell<Option<Tick>>> = Rc::default();
    let handle = Rc::new(Cell::new(0));
    let (again, next) = (tick.clone(), handle.clone());
    let mut before = None::<f64>;
    let mut pictured = 0.0;
    let mut patience = milliseconds() + PATIENCE;
    *tick.borrow_mut() = Some(Closure::new(move |at: f64| {
        let dt = (at - before.unwrap_or(at)).clamp(0.0, LONGEST);
        before = Some(at);
        // A page that stands already, while what runs it is on its way, waits without holding up the hand.
        let asked = state.playing.get_untracked();
        let part = if state.now.get_untracked() < ALONE { Part::Runs } else { Part::Rest };
        let plays = asked && part.is_there();
        if asked && !plays && at > patience {
            patience = f64::INFINITY;
            state.say(text::NOT_ARRIVED.into(), true);
        }
        frame(state, dt / 1e3, plays && !state.hidden.get_untracked());
        if plays && at - pictured >= PICTURE {
            pictured = at;
            state.look();
            super::lesson::show(state);
            stride(state);
        }
        if let Some(tick) = &*again.borrow() {
            next.set(request(tick));
        }
    }));
    if let Some(tick) = &*tick.borrow() {
        handle.set(request(tick));
    }
    on_cleanup({
        let handle = send_wrapper::SendWrapper::new(handle);
        let tick = send_wrapper::SendWrapper::new(tick);
        move || {
            let _ = window().cancel_animation_frame(handle.get());
            tick.borrow_mut().take();
        }
    });
}

fn request(tick: &Tick) -> i32 {
    window().request_animation_frame(tick.as_ref().unchecked_ref()).expect("a page has frames")
}

pub fn milliseconds() -> f64 {
    window().performance().map_or(0.0, |p| p.now())
}

fn frame(state: State, dt: f64, playing: bool) {
    let speed = state.speed.get_untracked();
    if playing && dt > 0.0 {
        let end = milliseconds() + BUDGET;
        let (now, dots, news) = state.with(|o| {
            let until = match speed {
                Speed::Times(k) => o.run.now() + Duration::from_secs_f64(dt * k),
                Speed::Flat => o.run.now() + Duration::from_secs(3_600),
            };
            // The run may have begun anew since the last frame.
            let run = &mut o.run;
            let mut news = o.session.as_mut().map_or(Vec::new(), |s| s.look(run));
            loop {
                // A lesson looks at the run at exact instants.
                let stop = o.session.as_ref().map_or(until, |s| s.due().clamp(o.run.now(), until));
                let there = o.run.advance_to(stop, SLICE);
                if let (true, Some(session)) = (there, &mut o.session) {
                    news.extend(session.look(&mut o.run));
                }
                if (there && stop >= until) || milliseconds() >= end {
                    break (o.run.now(), o.run.take_dots(), news);
                }
            }
        });
        super::lesson::heard(state, &news);
        state.now.set(now);
        dots::launch(dots, speed.factor());
        // Paused, they stand where they are: each can be pointed at.
        state.with(|o| o.moving = 0.0);
    }
    if state.with(|o| o.editor.ticks()) {
        state.input(Input::Tick { now: milliseconds() });
    }
    let moves = state.with(|o| {
        let moves = playing || o.moving > 0.0;
        if !playing {
            o.moving = (o.moving - dt).max(0.0);
        }
        moves
    });
    dots::fly(state, if moves { dt } else { 0.0 });
}

/// As many dots as can be followed on the busiest lane; the legend says what one stands for.
fn stride(state: State) {
    let busiest = state.frame.with_untracked(|f| {
        f.links.iter().map(|l| l.forth_per_second.max(l.back_per_second)).fold(0.0, f64::max)
    });
    let wall = busiest * state.speed.get_untracked().factor();
    let wanted = crate::paint::scale::round_up((wall / DOTS).max(1.0)) as u64;
    if wanted != state.dot_scale.get_untracked() {
        state.dot_scale.set(wanted);
        state.with(|o| o.run.watch(wanted));
    }
}
