//! Which way each link takes over the board: straight, with one corner, or with two; around other cards where that is
//! simple, across few other links, and beside those that go the same way. It may not know what a link carries.

use super::line::Line;
use super::{Rect, Side, Vector, track};

/// A line leaves a card so far from the card's corners at least.
const MARGIN: f64 = 12.0;
/// A line's last leg is so long at least, and cards are passed at least so far away.
const CLEAR: f64 = 16.0;
/// Between two cards a street's middle, or so far from a card.
const STREET: f64 = 24.0;

/// So many lines are looked at for crossings.
const CROWD: usize = 300;

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
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Course {
    pub leaves: Side,
    pub enters: Side,
    legs: [f64; LEGS],
    count: usize,
}

/// A way has at most so many legs.
const LEGS: usize = 4;

impl Course {
    fn new(leaves: Side, enters: Side, given: &[f64]) -> Course {
        let mut legs = [0.0; LEGS];
        legs[..given.len()].copy_from_slice(given);
        Course { leaves, enters, legs, count: given.len() }
    }

    pub fn legs(&self) -> &[f64] {
        &self.legs[..self.count]
    }

    pub fn move_leg(&mut self, leg: usize, to: f64) {
        self.legs[..self.count][leg] = to;
    }

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
        let last = self.count - 1;
        let mut corners = Vec::with_capacity(LEGS + 1);
        corners.push(at(self.horizontal(0), edge(self.leaves, from), self.legs[0]));
        corners.extend((0..last).map(|i| at(self.horizontal(i), self.legs[i + 1], self.legs[i])));
        corners.push(at(self.horizontal(last), edge(self.enters, to), self.legs[last]));
        corners
    }

    /// What it costs in itself: its length and its corners.
    fn cost(&self, from: Rect, to: Rect) -> f64 {
        let (start, end) = (self.leaves.middle(from), self.enters.middle(to));
        let along = |v: Vector, leg: usize| if self.horizontal(leg) { v.x } else { v.y };
        // Each leg runs from the leg before it (or its card's edge) to the leg after it (or its card's edge).
        let length = |leg: usize| {
            let before = if leg == 0 { along(start, 0) } else { self.legs[leg - 1] };
            let after = if leg + 1 == self.count { along(end, leg) } else { self.legs[leg + 1] };
            (after - before).abs()
        };
        let entrance = if self.enters.horizontal() { 0.0 } else { price::ENTRANCE };
        (0..self.count).map(length).sum::<f64>() + entrance + price::CORNER * (self.count - 1) as f64
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
        for (bound, card) in [(leg == 0, from), (leg + 1 == self.count, to)] {
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
    // Where there are very many lines they cross whatever is done, and one more crossing is not looked for.
    let counted = if laid.len() <= CROWD { laid } else { &[] };
    let company: Vec<(bool, &[Vector])> = counted
        .iter()
        .flat_map(|(other, way)| {
            let kin = [other.from, other.to].iter().any(|card| [ends.from, ends.to].contains(card));
            way.windows(2).map(move |leg| (kin, leg))
        })
        .filter(|(_, leg)| Rect::between(leg[0], leg[1]).grown(1.0).overlaps(near))
        .collect();
    let surroundings = Surroundings { from, to, others: &others, company: &company };
    let direct = surroundings.cheapest(candidates(from, to, &[], along), None);
    let direct = direct.expect("by the right sides there is always a way");
    if surroundings.in_the_way(&direct.1).is_empty() {
        return direct.1;
    }
    let around = surroundings.cheapest(candidates(from, to, &others, along), Some(direct));
    let around = around.expect("the direct way at least");
    let in_the_way = surroundings.in_the_way(&around.1);
    if in_the_way.is_empty() {
        return around.1;
    }
    // One corner more may lead past them.
    let past = surroundings.cheapest(candidates(from, to, &in_the_way, past), Some(around));
    past.expect("the way around at least").1
}

/// What a way between two cards may meet.
struct Surroundings<'a> {
    from: Rect,
    to: Rect,
    /// The other cards, with some room about them.
    others: &'a [Rect],
    /// The legs laid already, and whether they join one of the same two cards.
    company: &'a [(bool, &'a [Vector])],
}

impl Surroundings<'_> {
    /// The cheapest of these and of the best so far. What a way costs in itself is known at once, and the rest only adds
    /// to it: once that alone is dearer than the best, nothing better can come.
    fn cheapest(&self, candidates: Vec<Course>, best: Option<(f64, Course)>) -> Option<(f64, Course)> {
        let mut best = best;
        let mut candidates: Vec<(f64, Course)> =
            candidates.into_iter().map(|course| (course.cost(self.from, self.to), course)).collect();
        candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (own, course) in candidates {
            let dearer = |cost: f64| best.as_ref().is_some_and(|(least, _)| cost >= *least);
            if dearer(own) {
                break;
            }
            let corners = course.corners(self.from, self.to);
            let mut cost = own;
            for _ in self.others.iter().filter(|card| run_through(&corners, **card)) {
                cost += price::CARD;
                if dearer(cost) {
                    break;
                }
            }
            if !dearer(cost) {
                cost += self.company_cost(&corners);
            }
            if !dearer(cost) {
                best = Some((cost, course));
            }
        }
        best
    }

    fn in_the_way(&self, course: &Course) -> Vec<Rect> {
        let corners = course.corners(self.from, self.to);
        self.others.iter().filter(|card| run_through(&corners, **card)).copied().collect()
    }

    /// Crossings, and company on the same street of links that have nothing to do with it.
    fn company_cost(&self, corners: &[Vector]) -> f64 {
        let (mut crossings, mut shared) = (0, 0.0);
        for own in corners.windows(2) {
            for (kin, leg) in self.company {
                let on_top = overlap(own, leg);
                if on_top > 0.0 {
                    shared += if *kin { 0.0 } else { on_top };
                } else if cross(own, leg) {
                    crossings += 1;
                }
            }
        }
        price::CROSSING * crossings.min(price::CROSSINGS) as f64 + price::SHARED * shared
    }
}

fn run_through(corners: &[Vector], card: Rect) -> bool {
    corners.windows(2).any(|leg| Rect::between(leg[0], leg[1]).grown(0.5).overlaps(card))
}

/// Whether two legs cross within both: where one only begins on the other, tracks will part them.
fn cross(a: &[Vector], b: &[Vector]) -> bool {
    let (a, b) = (Rect::between(a[0], a[1]), Rect::between(b[0], b[1]));
    let upright = |leg: Rect| leg.width() < leg.height();
    let within = |h: Rect, v: Rect| h.left < v.left && v.left < h.right && v.top < h.top && h.top < v.bottom;
    match (upright(a), upright(b)) {
        (false, true) => within(a, b),
        (true, false) => within(b, a),
        _ => false,
    }
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

/// Finds ways that leave horizontally: between two cards, with others about, adding each.
type Finder = fn(Rect, Rect, &[Rect], &mut dyn FnMut(Side, Side, &[f64]));

/// What the finder finds, and what it finds when the board is turned about its diagonal: right becomes bottom, left
/// becomes top.
fn candidates(from: Rect, to: Rect, others: &[Rect], find: Finder) -> Vec<Course> {
    let mut courses = Vec::new();
    find(from, to, others, &mut |leaves, enters, legs| {
        courses.push(Course::new(leaves, enters, legs));
    });
    let turned = others.iter().map(|card| transposed(*card)).collect::<Vec<_>>();
    let side = |side| match side {
        Side::Right => Side::Bottom,
        Side::Bottom => Side::Right,
        Side::Left => Side::Top,
        Side::Top => Side::Left,
    };
    find(transposed(from), transposed(to), &turned, &mut |leaves, enters, legs| {
        courses.push(Course::new(side(leaves), side(enters), legs));
    });
    courses
}

fn transposed(card: Rect) -> Rect {
    Rect { left: card.top, top: card.left, right: card.bottom, bottom: card.right }
}

/// Whether a street lies so far before that side of the card.
fn ahead(side: Side, card: Rect, street: f64) -> bool {
    match side {
        Side::Right => street >= card.right + CLEAR,
        Side::Left => street <= card.left - CLEAR,
        Side::Bottom => street >= card.bottom + CLEAR,
        Side::Top => street <= card.top - CLEAR,
    }
}

/// The ways with at most two corners, the streets between and around other cards among them.
fn along(from: Rect, to: Rect, others: &[Rect], add: &mut dyn FnMut(Side, Side, &[f64])) {
    let (a, b) = (from.centre(), to.centre());

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

    let streets = streets(from, to, others);
    for leaves in [Side::Right, Side::Left] {
        // One corner: across to the other's middle, and down or up into it.
        for enters in [Side::Top, Side::Bottom] {
            if ahead(leaves, from, b.x) && ahead(enters, to, a.y) {
                add(leaves, enters, &[a.y, b.x]);
            }
        }
        // Two corners: over a street that lies before both sides.
        for enters in [Side::Left, Side::Right] {
            for x in streets.iter().filter(|x| ahead(leaves, from, **x) && ahead(enters, to, **x)) {
                add(leaves, enters, &[a.y, *x, b.y]);
            }
        }
    }
}

/// The ways with three corners: out to a street, along another, and into the card from above or below.
fn past(from: Rect, to: Rect, others: &[Rect], add: &mut dyn FnMut(Side, Side, &[f64])) {
    let (a, b) = (from.centre(), to.centre());
    let turned: Vec<Rect> = others.iter().map(|card| transposed(*card)).collect();
    let (xs, ys) = (streets(from, to, others), streets(transposed(from), transposed(to), &turned));
    for leaves in [Side::Right, Side::Left] {
        for x in xs.iter().filter(|x| ahead(leaves, from, **x)) {
            for enters in [Side::Top, Side::Bottom] {
                for y in ys.iter().filter(|y| ahead(enters, to, **y)) {
                    add(leaves, enters, &[a.y, *x, *y, b.x]);
                }
            }
        }
    }
}

/// Verticals worth running along: between the two cards before all, beside each, beside each of the others.
fn streets(from: Rect, to: Rect, others: &[Rect]) -> Vec<f64> {
    let beside = [from, to].into_iter().flat_map(|c| [c.right + STREET, c.left - STREET]);
    let around = others.iter().flat_map(|c| [c.right + CLEAR, c.left - CLEAR]);
    let mut streets: Vec<f64> = beside.chain(around).collect();
    streets.sort_by(f64::total_cmp);
    streets.dedup();
    streets.splice(0..0, [(from.right + to.left) / 2.0, (from.left + to.right) / 2.0]);
    streets
}
