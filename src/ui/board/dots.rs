//! The moving dots: one canvas outside the reactive graph. Each sampled message travels its link's lane for as long as it
//! really takes, and at least as long as an eye needs. It may not know what a message says.

mod inks;

use super::super::state::State;
use crate::editor::geometry::{LANE, Vector, layout::Layout};
use crate::paint::raster::{Raster, Shape};
use crate::run::frame::{Dot, Look};
use inks::Inks;
use leptos::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// A flight lasts at least so many seconds on the wall: quicker ones could not be seen.
const LEAST: f64 = 0.5;
/// And so many at most: a message that takes a minute is not watched.
const MOST: f64 = 30.0;
/// Dots of one lane start so many seconds apart at least, so that they never run into a blur.
const APART: f64 = 0.085;
/// Where nothing may move, a dot stands so many seconds, and so many of them stand in a lane.
const STILL: f64 = 1.5;
const STANDING: f64 = 3.0;
/// A press so near to a dot, in screen pixels, means the dot.
const REACH: f64 = 7.0;
/// Flights at once; the oldest land first.
const FLIGHTS: usize = 3_000;

#[derive(Clone, Copy)]
struct Flight {
    dot: Dot,
    from: f64,
    lasts: f64,
}

/// The dots in the air, by the dots' own clock, which stands still while the run is paused.
pub struct Sky {
    raster: Raster,
    inks: Inks,
    flights: Vec<Flight>,
    clock: f64,
    /// When a dot last started, by link and direction.
    last: Vec<[f64; 2]>,
    canvas: Option<HtmlCanvasElement>,
    dirty: bool,
    /// Motion is not wanted: dots stand where they would pass, and change once a second.
    still: bool,
}

thread_local! {
    static SKY: Rc<RefCell<Sky>> = Rc::new(RefCell::new(Sky {
        raster: Raster::default(), inks: Inks::default(), flights: Vec::new(), clock: 0.0, last: Vec::new(), canvas: None, dirty: true, still: false,
    }));
}

/// The canvas element.
pub fn canvas(_state: State) -> AnyView {
    let node = NodeRef::<leptos::html::Canvas>::new();
    Effect::new(move |_| {
        if let Some(canvas) = node.get() {
            SKY.with(|sky| sky.borrow_mut().canvas = Some(canvas.unchecked_into()));
        }
    });
    on_cleanup(|| SKY.with(|sky| sky.borrow_mut().canvas = None));
    view! { <canvas class="dots" node_ref=node aria-hidden="true"></canvas> }.into_any()
}

/// Whether motion is not wanted.
pub fn keep_still(still: bool) {
    SKY.with(|sky| {
        let sky = &mut *sky.borrow_mut();
        sky.still = still;
        sky.flights.clear();
        sky.last.clear();
        sky.dirty = true;
    });
}

/// New dots set off.
pub fn launch(dots: Vec<Dot>, speed: f64) {
    SKY.with(|sky| {
        let sky = &mut *sky.borrow_mut();
        for dot in dots {
            let lane = dot.link as usize;
            if sky.last.len() <= lane {
                sky.last.resize(lane + 1, [f64::MIN; 2]);
            }
            let last = &mut sky.last[lane][usize::from(dot.forth)];
            let apart = if sky.still { STILL / STANDING } else { APART };
            if sky.clock - *last < apart {
                continue;
            }
            *last = sky.clock;
            let flight = ((dot.due - dot.sent).as_secs() / speed).clamp(LEAST, MOST);
            let lasts = if sky.still { STILL } else { flight };
            sky.flights.push(Flight { dot, from: sky.clock, lasts });
        }
        let many = sky.flights.len().saturating_sub(FLIGHTS);
        sky.flights.drain(..many);
    });
}

/// What is in the air belongs to another time: it is gone.
pub fn land_all() {
    SKY.with(|sky| {
        let sky = &mut *sky.borrow_mut();
        sky.flights.clear();
        sky.last.clear();
        sky.dirty = true;
    });
}

/// The look has changed (theme, zoom, layout): the next picture is drawn even when nothing moves.
pub fn refresh(theme: bool) {
    SKY.with(|sky| {
        let sky = &mut *sky.borrow_mut();
        sky.dirty = true;
        if theme {
            sky.inks = Inks::read();
        }
    });
}

/// Lets the dots' clock go on by `dt` seconds, and draws.
pub fn fly(state: State, dt: f64) {
    SKY.with(|sky| {
        let sky = &mut *sky.borrow_mut();
        sky.clock += dt;
        let now = sky.clock;
        sky.flights.retain(|f| now < f.from + f.lasts);
        if dt == 0.0 && !sky.dirty {
            return;
        }
        sky.dirty = false;
        sky.draw(state);
    });
}

impl Sky {
    fn draw(&mut self, state: State) -> Option<()> {
        let canvas = self.canvas.clone()?;
        let camera = state.camera.get_untracked();
        let ratio = window().device_pixel_ratio().clamp(1.0, 3.0);
        let (width, height) = ((camera.size.x * ratio) as u32, (camera.size.y * ratio) as u32);
        if width == 0 || height == 0 {
            return None;
        }
        if (canvas.width(), canvas.height()) != (width, height) {
            canvas.set_width(width);
            canvas.set_height(height);
            canvas
                .set_attribute("style", &format!("width:{}px;height:{}px", camera.size.x, camera.size.y))
                .ok()?;
        }
        // Dots keep their size when the board is seen from far away, down to half; up close they grow with it.
        let scale = (ratio * camera.zoom.clamp(0.6, 2.0)) as f32;
        self.raster.resize(width as usize, height as usize, scale);
        let before = self.raster.clear();
        let layout = state.layout.get_untracked();
        let grounds = grounds(state, &layout);
        for flight in &self.flights {
            let Some((place, alpha)) = self.place(flight, &layout) else { continue };
            let place = camera.to_screen(place) * ratio;
            let ground = grounds.get(flight.dot.link as usize).copied().unwrap_or(0);
            self.raster.stamp(
                self.inks.stamp(flight.dot.look, ground),
                place.x as f32,
                place.y as f32,
                alpha as f32,
            );
        }
        let area = union(before, self.raster.drawn())?;
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.unchecked_into();
        let image =
            ImageData::new_with_u8_clamped_array_and_sh(Clamped(self.raster.pixels()), width, height).ok()?;
        let [left, top, wide, high] = area.map(|n| n as f64);
        context
            .put_image_data_with_dirty_x_and_dirty_y_and_dirty_width_and_dirty_height(
                &image, 0.0, 0.0, left, top, wide, high,
            )
            .ok()
    }
}

impl Sky {
    /// Where on the board a flight is now, and how solid it looks.
    fn place(&self, flight: &Flight, layout: &Layout) -> Option<(Vector, f64)> {
        let share = (self.clock - flight.from) / flight.lasts;
        let route = layout.routes.get(flight.dot.link as usize)?;
        let (share, alpha) = if self.still {
            // Three places of a lane, taken in turn.
            let turn = libm::floor(flight.from * STANDING / STILL) % STANDING;
            ((turn + 1.0) / (STANDING + 1.0), 1.0)
        } else if flight.dot.lost {
            lost(share)
        } else {
            (share, arriving(share))
        };
        Some((route.line.lane_at(share, flight.dot.forth, LANE), alpha))
    }
}

/// The dot under a place of the screen. Lines keep clear of it: between two lanes a press means the line.
pub fn hit(state: State, at: Vector) -> Option<Dot> {
    let camera = state.camera.get_untracked();
    let layout = state.layout.get_untracked();
    SKY.with(|sky| {
        let sky = sky.borrow();
        let reach = REACH * camera.zoom.clamp(0.6, 1.0);
        let away = |f: &Flight| sky.place(f, &layout).map(|(p, _)| camera.to_screen(p).distance(at));
        let near = sky.flights.iter().filter_map(|f| Some((away(f)?, f.dot))).filter(|(d, _)| *d <= reach);
        let asks = near.filter(|(_, dot)| !matches!(dot.look, Look::Heartbeat | Look::Copying));
        asks.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, dot)| dot)
    })
}

/// Which ground a link's dots pass over: 0 paper, 1 to 3 the tint of a side that holds both ends.
fn grounds(state: State, layout: &Layout) -> Vec<u8> {
    state.frame.with_untracked(|frame| {
        let side = |name: &str| frame.sides.iter().position(|s| s.machines.iter().any(|m| m == name));
        let ground = |route: &crate::editor::geometry::layout::Route| match (
            side(&route.name.from),
            side(&route.name.to),
        ) {
            (Some(a), Some(b)) if a == b => (a % 3 + 1) as u8,
            _ => 0,
        };
        layout.routes.iter().map(ground).collect()
    })
}

/// A dot appears and arrives softly.
fn arriving(share: f64) -> f64 {
    (share / 0.08).min((1.0 - share) / 0.12).clamp(0.0, 1.0)
}

/// A lost one goes as far as the gap, and fades there.
fn lost(share: f64) -> (f64, f64) {
    let way = (share * 1.2).min(0.5);
    (way, if share < 0.45 { arriving(share) } else { (1.0 - (share - 0.45) / 0.4).clamp(0.0, 1.0) })
}

fn union(a: Option<[usize; 4]>, b: Option<[usize; 4]>) -> Option<[usize; 4]> {
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) => (a, b),
        (one, other) => return one.or(other),
    };
    let (left, top) = (a[0].min(b[0]), a[1].min(b[1]));
    let (right, bottom) = ((a[0] + a[2]).max(b[0] + b[2]), (a[1] + a[3]).max(b[1] + b[3]));
    Some([left, top, right - left, bottom - top])
}

/// The shape that stands for a meaning.
pub fn shape(look: Look) -> Shape {
    match look {
        Look::Asked => Shape::Small,
        Look::Write => Shape::Diamond,
        Look::Answered => Shape::Disc,
        Look::Stale => Shape::Half,
        Look::Refused => Shape::Notched,
        Look::TimedOut => Shape::Ring,
        Look::Job => Shape::Card,
        Look::Heartbeat => Shape::Pulse,
        Look::Copying => Shape::Tag,
    }
}
