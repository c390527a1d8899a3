//! Where everything on the board lies, in board pixels: cards, lines, what is under a point, what is free. It knows the
//! drawing; of the screen, the zoom and the hand it knows nothing.

pub mod cut;
pub mod hit;
pub mod layout;
pub mod line;
pub mod minimap;
pub mod place;
pub mod route;
pub mod sides;
#[cfg(test)]
pub mod tests;
mod track;

use crate::components::Shelf;
use crate::scenario::{Machine, Point};
use std::ops::{Add, Mul, Sub};

/// A card's place is on this grid.
pub const GRID: i32 = 8;

/// Parallel lines keep so far apart, so that the dots on their lanes do not touch.
pub const TRACK: f64 = 24.0;

/// Dots keep so far to the right of their line.
pub const LANE: f64 = 8.0;

/// A place on the board, or a way between two, in board pixels; y grows downwards.
#[derive(Clone, Copy, PartialEq, PartialOrd, Default, Debug)]
pub struct Vector {
    pub x: f64,
    pub y: f64,
}

impl Vector {
    pub const fn new(x: f64, y: f64) -> Vector {
        Vector { x, y }
    }

    pub fn length(self) -> f64 {
        libm::sqrt(self.x * self.x + self.y * self.y)
    }

    pub fn distance(self, other: Vector) -> f64 {
        (self - other).length()
    }

    pub fn dot(self, other: Vector) -> f64 {
        self.x * other.x + self.y * other.y
    }

    /// Of length one; zero stays zero.
    pub fn unit(self) -> Vector {
        let length = self.length();
        if length > 0.0 { self * (1.0 / length) } else { self }
    }

    /// To the right hand of one who walks this way: y grows downwards.
    pub fn right(self) -> Vector {
        Vector::new(-self.y, self.x)
    }

    /// The point between two, at the share `t` of the way.
    pub fn toward(self, other: Vector, t: f64) -> Vector {
        self + (other - self) * t
    }

    /// The nearest point of the grid.
    pub fn snapped(self) -> Point {
        let grid = GRID as f64;
        Point { x: (libm::round(self.x / grid) * grid) as i32, y: (libm::round(self.y / grid) * grid) as i32 }
    }
}

impl Add for Vector {
    type Output = Vector;
    fn add(self, other: Vector) -> Vector {
        Vector::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Vector {
    type Output = Vector;
    fn sub(self, other: Vector) -> Vector {
        Vector::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f64> for Vector {
    type Output = Vector;
    fn mul(self, k: f64) -> Vector {
        Vector::new(self.x * k, self.y * k)
    }
}

impl From<Point> for Vector {
    fn from(p: Point) -> Vector {
        Vector::new(p.x as f64, p.y as f64)
    }
}

/// An upright rectangle.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    /// Between two corners, whichever they are.
    pub fn between(a: Vector, b: Vector) -> Rect {
        Rect { left: a.x.min(b.x), top: a.y.min(b.y), right: a.x.max(b.x), bottom: a.y.max(b.y) }
    }

    pub fn around(centre: Vector, width: f64, height: f64) -> Rect {
        let half = Vector::new(width / 2.0, height / 2.0);
        Rect::between(centre - half, centre + half)
    }

    /// The smallest that holds them all; None of none.
    pub fn hull(rects: impl IntoIterator<Item = Rect>) -> Option<Rect> {
        rects.into_iter().reduce(Rect::union)
    }

    pub fn union(self, other: Rect) -> Rect {
        Rect {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    pub fn width(self) -> f64 {
        self.right - self.left
    }

    pub fn height(self) -> f64 {
        self.bottom - self.top
    }

    pub fn centre(self) -> Vector {
        Vector::new((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0)
    }

    pub fn grown(self, by: f64) -> Rect {
        Rect { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    pub fn shifted(self, by: Vector) -> Rect {
        Rect {
            left: self.left + by.x,
            top: self.top + by.y,
            right: self.right + by.x,
            bottom: self.bottom + by.y,
        }
    }

    pub fn contains(self, p: Vector) -> bool {
        p.x >= self.left && p.x <= self.right && p.y >= self.top && p.y <= self.bottom
    }

    /// Whether the two share more than an edge.
    pub fn overlaps(self, other: Rect) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// How far the point lies outside; zero within.
    pub fn distance(self, p: Vector) -> f64 {
        let dx = (self.left - p.x).max(p.x - self.right).max(0.0);
        let dy = (self.top - p.y).max(p.y - self.bottom).max(0.0);
        Vector::new(dx, dy).length()
    }
}

/// Which edge of a card.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Side {
    Right,
    Bottom,
    Left,
    Top,
}

impl Side {
    pub const ALL: [Side; 4] = [Side::Right, Side::Bottom, Side::Left, Side::Top];

    /// The way out of the card.
    pub fn out(self) -> Vector {
        match self {
            Side::Right => Vector::new(1.0, 0.0),
            Side::Bottom => Vector::new(0.0, 1.0),
            Side::Left => Vector::new(-1.0, 0.0),
            Side::Top => Vector::new(0.0, -1.0),
        }
    }

    /// Whether a line leaves it horizontally.
    pub fn horizontal(self) -> bool {
        matches!(self, Side::Left | Side::Right)
    }

    /// The edge's middle, where the handle sits.
    pub fn middle(self, card: Rect) -> Vector {
        let centre = card.centre();
        match self {
            Side::Right => Vector::new(card.right, centre.y),
            Side::Bottom => Vector::new(centre.x, card.bottom),
            Side::Left => Vector::new(card.left, centre.y),
            Side::Top => Vector::new(centre.x, card.top),
        }
    }
}

/// How large the cards are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Density {
    /// 144 × 72, or 160 wide.
    #[default]
    Regular,
    /// 92 × 48, or 108 wide: phones.
    Compact,
}

/// A card's size: wide when the name needs it. It follows from the drawing alone, so that no card changes its width
/// while the system runs.
pub fn card_size(machine: &Machine, density: Density) -> (f64, f64) {
    let letters = machine.name.chars().count();
    let clones = machine.clones();
    match density {
        // The count and the pips of the clones stand beside the name, and so does the role of one that keeps data.
        Density::Regular => {
            let role = machine.kind.info().shelf == Shelf::Keeps;
            let least = if clones > 1 {
                4
            } else if role {
                6
            } else {
                9
            };
            (if letters > least { 160.0 } else { 144.0 }, 72.0)
        }
        Density::Compact => (if letters > 6 { 108.0 } else { 92.0 }, 48.0),
    }
}

/// Where the machine's card lies.
pub fn card(machine: &Machine, density: Density) -> Rect {
    let (width, height) = card_size(machine, density);
    Rect::around(machine.at.into(), width, height)
}
