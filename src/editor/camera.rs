//! What part of the board the screen shows: pan, zoom, fit. Screen pixels are CSS pixels counted from the board's top
//! left corner; how fine the device is does not matter. It may not know what is drawn.

use super::geometry::{Rect, Vector};

pub const LEAST: f64 = 0.1;
pub const MOST: f64 = 4.0;
/// Left free at each side of what is revealed, and above and below it, in screen pixels: tools float there.
const PAD: Vector = Vector::new(16.0, 56.0);
/// The same of what is fitted, which has a margin of its own.
const FIT: Vector = Vector::new(8.0, 48.0);
/// The plus and minus buttons' step.
pub const STEP: f64 = 1.25;

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Camera {
    /// The board's place at the screen's top left corner.
    pub corner: Vector,
    /// Screen pixels for one board pixel, from [`LEAST`] to [`MOST`].
    pub zoom: f64,
    /// The screen's size.
    pub size: Vector,
}

impl Default for Camera {
    fn default() -> Camera {
        Camera { corner: Vector::default(), zoom: 1.0, size: Vector::new(1064.0, 548.0) }
    }
}

impl Camera {
    pub fn to_board(&self, screen: Vector) -> Vector {
        self.corner + screen * (1.0 / self.zoom)
    }

    pub fn to_screen(&self, board: Vector) -> Vector {
        (board - self.corner) * self.zoom
    }

    /// The part of the board that is seen.
    pub fn view(&self) -> Rect {
        Rect::between(self.corner, self.to_board(self.size))
    }

    /// For the plane that holds the board: `transform: translate(…) scale(…)`, with its origin at 0 0.
    pub fn css(&self) -> String {
        let moved = self.to_screen(Vector::default());
        format!("translate({}px, {}px) scale({})", moved.x, moved.y, self.zoom)
    }

    /// Drags the board by so many screen pixels.
    pub fn pan(&mut self, by: Vector) {
        self.corner = self.corner - by * (1.0 / self.zoom);
    }

    /// Makes everything `factor` times as large; what is under `screen` stays there.
    pub fn zoom_at(&mut self, screen: Vector, factor: f64) {
        if factor.is_finite() && factor > 0.0 {
            let still = self.to_board(screen);
            self.zoom = (self.zoom * factor).clamp(LEAST, MOST);
            self.corner = still - screen * (1.0 / self.zoom);
        }
    }

    /// The same about the screen's middle.
    pub fn zoom_to(&mut self, zoom: f64) {
        self.zoom_at(self.size * 0.5, zoom / self.zoom);
    }

    pub fn centre_on(&mut self, board: Vector) {
        self.corner = board - self.size * (0.5 / self.zoom);
    }

    /// Shows all of `area`, centred, at most at 100 %.
    pub fn fit(&mut self, area: Rect) {
        let room = Vector::new((self.size.x - 2.0 * FIT.x).max(1.0), (self.size.y - 2.0 * FIT.y).max(1.0));
        let zoom = (room.x / area.width().max(1.0)).min(room.y / area.height().max(1.0));
        self.zoom = zoom.clamp(LEAST, 1.0);
        self.centre_on(area.centre());
    }

    /// The screen has another size now: what was in its middle stays there.
    pub fn resize(&mut self, size: Vector) {
        let middle = self.to_board(self.size * 0.5);
        self.size = size;
        self.centre_on(middle);
    }

    /// Nothing of the drawing is on the screen.
    pub fn lost(&self, drawing: Rect) -> bool {
        !self.view().overlaps(drawing)
    }

    /// Makes the place visible with some margin, moving no further than needed.
    pub fn reveal(&mut self, area: Rect) {
        let pad = PAD * (1.0 / self.zoom);
        let view = Rect::between(self.corner + pad, self.to_board(self.size) - pad);
        let shift = |low: f64, high: f64, least: f64, most: f64| {
            if low < least {
                low - least
            } else if high > most {
                high - most
            } else {
                0.0
            }
        };
        let by = Vector::new(
            shift(area.left, area.right, view.left, view.right),
            shift(area.top, area.bottom, view.top, view.bottom),
        );
        self.corner = self.corner + by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> Camera {
        Camera { size: Vector::new(800.0, 600.0), ..Camera::default() }
    }

    #[test]
    fn screen_and_board_are_inverse() {
        let mut c = camera();
        c.pan(Vector::new(37.0, -12.0));
        c.zoom_at(Vector::new(120.0, 450.0), 1.7);
        let p = Vector::new(311.0, 222.0);
        assert!(c.to_screen(c.to_board(p)).distance(p) < 1e-9);
    }

    #[test]
    fn zooming_keeps_the_place_under_the_pointer_and_stops_at_the_limits() {
        let mut c = camera();
        let pointer = Vector::new(200.0, 100.0);
        let still = c.to_board(pointer);
        for factor in [1.3, 1.3, 0.2, 9.0, 100.0, 1e-9, f64::NAN, 0.0, -1.0] {
            c.zoom_at(pointer, factor);
            assert!((LEAST..=MOST).contains(&c.zoom), "{factor}: {}", c.zoom);
            assert!(c.to_board(pointer).distance(still) < 1e-6, "{factor}");
        }
    }

    #[test]
    fn fitting_shows_everything() {
        let area = Rect::between(Vector::new(-500.0, 40.0), Vector::new(3_000.0, 900.0));
        let mut c = camera();
        c.fit(area);
        let view = c.view();
        assert_eq!(view.union(area), view);
        // A small drawing is not blown up.
        c.fit(Rect::between(Vector::new(0.0, 0.0), Vector::new(100.0, 100.0)));
        assert_eq!(c.zoom, 1.0);
    }

    #[test]
    fn lost_and_revealed() {
        let mut c = camera();
        let drawing = Rect::between(Vector::new(100.0, 100.0), Vector::new(300.0, 200.0));
        assert!(!c.lost(drawing));
        c.pan(Vector::new(5_000.0, 0.0));
        assert!(c.lost(drawing));
        c.reveal(drawing);
        assert!(!c.lost(drawing));
        let before = c;
        c.reveal(drawing);
        assert_eq!(c, before);
    }
}
