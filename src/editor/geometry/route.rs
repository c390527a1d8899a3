//! Which way each link takes over the board: straight, with one corner, or with two; around other cards where that is
//! simple, across few other links, and beside those that go the same way. It may not know what a link carries.

use super::line::{Line, meet};
use super::{Rect, Side, Vector, track};

/// A line leaves a card so far from the card's corners at least.
const MARGIN: f64 = 12.0;
/// A line's last leg is so long at least, and cards are passed at least so far away.
const CLEAR: f64 = 16.0;
/// Between two cards a street's middle, or so far from a card.
const STREET: f64 = 24.0;

/// What a course costs beyond its length, in board pixels.
mod price {
    pub const CORNER: f64 = 40.0;
    pub const CARD: f64 = 2_000.0;
    pub const CROSSING: f64 = 60.0;
    /// For each pixel on top of another line.
    pub const SHARED: f64 = 0.2;
    /// Entering a card from above or below: its waiting line is drawn at its sides.
    pub const ENTRANCE: f64 = 8.0;
    /// Beyond so many crossings one more is no worse.
    pub const CROSSINGS: usize = 20;
}

/// A link to be laid: the two cards by their number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ends {
    pub from: usize,
    pub to: usize,
}

/// A way along horizontals and verticals in turn: from which sides, and the coordinate that each leg keeps (the y of a
/// horizontal one, the x of a vertical one). Any of them can be moved, and it stays a way.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Course {
    pub leaves: Side,
    pub enters: Side,
    pub legs: Vec<f64>,
}

impl Course {
    pub fn horizontal(&self, leg: usize) -> bool {
        self.leaves.horizontal() == leg.is_multiple_of(2)
    }

    /// Its corners from card to card.
    pub fn corners(&self, from: Rect, to: Rect) -> Vec<Vector> {
        let at = |horizontal: bool, along: f64, leg: f64| {
            if horizontal { Vector::new(along, leg) } else { Vector::new(leg, along) }
        };
        let edge = |side: Side, card: Rect| {
            let middle = side.middle(card);
            if side.horizontal() { middle.x } else { middle.y }
        };
        let last = self.legs.len() - 1;
        let mut corners = vec![at(self.horizontal(0), edge(self.leaves, from), self.legs[0])];
        corners.extend((0..last).map(|i| at(self.horizontal(i), self.legs[i + 1], self.legs[i])));
        corners.push(at(self.horizontal(last), edge(self.enters, to), self.legs[last]));
        corners
    }

    /// Between which coordinates a leg may be moved.
    pub fn room(&self, leg: usize, from: Rect, to: Rect) -> (f64, f64) {
        let span = |card: Rect| {
            if self.horizontal(leg) {
                (card.top + MARGIN, card.bottom - MARGIN)
            } else {
                (card.left + MARGIN, card.right - MARGIN)
            }
        };
        let mut room = (f64::NEG_INFINITY, f64::INFINITY);
        for (bound, card) in [(leg == 0, from), (leg + 1 == self.legs.len(), to)] {
            if bound {
                room = (room.0.max(span(card).0), room.1.min(span(card).1));
            }
        }
        room
    }
}

/// Lays all links, in their order.
pub fn lay(cards: &[Rect], links: &[Ends]) -> Vec<Line> {
    let mut courses: Vec<Course> = Vec::with_capacity(links.len());
    let mut laid: Vec<(Ends, Vec<Vector>)> = Vec::with_capacity(links.len());
    for ends in links {
        let course = best(cards, *ends, &laid);
        laid.push((*ends, course.corners(cards[ends.from], cards[ends.to])));
        courses.push(course);
    }
    track::keep_apart(&mut courses, cards, links);
    let ways = courses.iter().zip(links);
    ways.map(|(course, ends)| Line::new(course.corners(cards[ends.from], cards[ends.to]))).collect()
}

fn best(cards: &[Rect], ends: Ends, laid: &[(Ends, Vec<Vector>)]) -> Course {
    let (from, to) = (cards[ends.from], cards[ends.to]);
    let near = from.union(to).grown(4.0 * STREET);
    let others: Vec<Rect> = cards
        .iter()
        .enumerate()
        .filter(|(i, card)| *i != ends.from && *i != ends.to && card.overlaps(near))
        .map(|(_, card)| card.grown(CLEAR / 2.0))
        .collect();
    let candidates = candidates(from, to, &others);
    let mut best = None;
    for course in candidates {
        let corners = course.corners(from, to);
        let mut cost = plain_cost(&course, &corners, &others);
        if best.as_ref().is_some_and(|(least, _)| cost >= *least) {
            continue;
        }
        cost += company_cost(ends, &corners, laid);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, course));
        }
    }
    best.expect("one can always leave and enter by the right side").1
}

/// Length, corners, and cards run through.
fn plain_cost(course: &Course, corners: &[Vector], others: &[Rect]) -> f64 {
    let legs = || corners.windows(2);
    let length: f64 = legs().map(|leg| leg[0].distance(leg[1])).sum();
    let run_through = others.iter().filter(|card| legs().any(|leg| through(leg, **card))).count();
    let entrance = if course.enters.horizontal() { 0.0 } else { price::ENTRANCE };
    length + entrance + price::CORNER * (course.legs.len() - 1) as f64 + price::CARD * run_through as f64
}

fn through(leg: &[Vector], card: Rect) -> bool {
    Rect::between(leg[0], leg[1]).grown(0.5).overlaps(card)
}

/// Crossings, and company on the same street of links that have nothing to do with it.
fn company_cost(ends: Ends, corners: &[Vector], laid: &[(Ends, Vec<Vector>)]) -> f64 {
    let hull = corners.windows(2).map(|leg| Rect::between(leg[0], leg[1]));
    let hull = Rect::hull(hull).unwrap_or_default().grown(1.0);
    let (mut crossings, mut shared) = (0, 0.0);
    for (other, way) in laid {
        let kin = [other.from, other.to].iter().any(|card| [ends.from, ends.to].contains(card));
        for leg in way.windows(2) {
            if !Rect::between(leg[0], leg[1]).grown(1.0).overlaps(hull) {
                continue;
            }
            for own in corners.windows(2) {
                let on_top = overlap(own, leg);
                if on_top > 0.0 {
                    shared += if kin { 0.0 } else { on_top };
                } else if meet(own[0], own[1], leg[0], leg[1]) {
                    crossings += 1;
                }
            }
        }
    }
    price::CROSSING * crossings.min(price::CROSSINGS) as f64 + price::SHARED * shared
}

/// How long two legs run on top of each other.
fn overlap(a: &[Vector], b: &[Vector]) -> f64 {
    let (a, b) = (Rect::between(a[0], a[1]), Rect::between(b[0], b[1]));
    let shared = |a: (f64, f64), b: (f64, f64)| a.1.min(b.1) - a.0.max(b.0);
    let (w, h) = (shared((a.left, a.right), (b.left, b.right)), shared((a.top, a.bottom), (b.top, b.bottom)));
    match (w, h) {
        (w, h) if w < -1.0 || h < -1.0 => 0.0,
        (w, h) => w.max(h).max(0.0),
    }
}

/// Every way with at most two corners, the streets between and around other cards among them.
fn candidates(from: Rect, to: Rect, others: &[Rect]) -> Vec<Course> {
    let mut courses = Vec::new();
    along(from, to, others, &mut courses, |side| side);
    // The same turned about the diagonal: right becomes bottom, left becomes top.
    let turned = others.iter().map(|card| transposed(*card)).collect::<Vec<_>>();
    along(transposed(from), transposed(to), &turned, &mut courses, |side| match side {
        Side::Right => Side::Bottom,
        Side::Bottom => Side::Right,
        Side::Left => Side::Top,
        Side::Top => Side::Left,
    });
    courses
}

fn transposed(card: Rect) -> Rect {
    Rect { left: card.top, top: card.left, right: card.bottom, bottom: card.right }
}

/// The ways that leave horizontally.
fn along(from: Rect, to: Rect, others: &[Rect], courses: &mut Vec<Course>, name: impl Fn(Side) -> Side) {
    let mut add = |leaves, enters, legs: &[f64]| {
        courses.push(Course { leaves: name(leaves), enters: name(enters), legs: legs.to_vec() });
    };
    let (a, b) = (from.centre(), to.centre());
    let ahead = |side: Side, card: Rect, x: f64, by: f64| match side {
        Side::Right => x >= card.right + by,
        _ => x <= card.left - by,
    };

    // Straight, where the two face each other.
    let shared = (from.top.max(to.top) + MARGIN, from.bottom.min(to.bottom) - MARGIN);
    if shared.0 <= shared.1 {
        let y = if a.y == b.y { a.y } else { (shared.0 + shared.1) / 2.0 };
        if from.right < to.left {
            add(Side::Right, Side::Left, &[y]);
        } else if to.right < from.left {
            add(Side::Left, Side::Right, &[y]);
        }
    }

    for leaves in [Side::Right, Side::Left] {
        // One corner: across to the other's middle, and down or up into it.
        if ahead(leaves, from, b.x, CLEAR) {
            if a.y <= to.top - CLEAR {
                add(leaves, Side::Top, &[a.y, b.x]);
            } else if a.y >= to.bottom + CLEAR {
                add(leaves, Side::Bottom, &[a.y, b.x]);
            }
        }
        // Two corners: over a street that lies before both sides.
        for enters in [Side::Left, Side::Right] {
            let streets = [(from.right + to.left) / 2.0, (from.left + to.right) / 2.0];
            let beside = [from, to].into_iter().flat_map(|c| [c.right + STREET, c.left - STREET]);
            let around = others.iter().flat_map(|c| [c.right + CLEAR, c.left - CLEAR]);
            for x in streets.into_iter().chain(beside).chain(around) {
                if ahead(leaves, from, x, CLEAR) && ahead(enters, to, x, CLEAR) {
                    add(leaves, enters, &[a.y, x, b.y]);
                }
            }
        }
    }
}
