//! Where a new card finds room: as near as may be to where it was wanted, on the grid, never on top of another. It may
//! not move what stands.

use super::{GRID, Rect, Vector};
use crate::scenario::{Point, limits};

/// Cards keep so far apart, so that a line between two has room.
pub const ROOM: f64 = 48.0;
/// The search goes outwards in steps of so many grid squares: a third of a card's height.
const STEP: i32 = 3 * GRID;
/// And so many steps far; a full board is 500 cards, which lie closer than that.
const REACH: i32 = 200;

/// By how much the new cards, as a whole, move so that none lies nearer than `room` to a standing one.
pub fn shift(new: &[Rect], standing: &[Rect], room: f64) -> Point {
    let free = |by: Point| {
        let by = Vector::from(by);
        new.iter().all(|card| {
            let wide = card.shifted(by).grown(room);
            !standing.iter().any(|other| other.overlaps(wide))
        })
    };
    let far = |p: &Point| i64::from(p.x) * i64::from(p.x) + i64::from(p.y) * i64::from(p.y);
    for ring in 0..=REACH {
        // All of one ring are about equally near: the nearest that is free, to the right before below, before left.
        let mut found: Vec<Point> = ring_of(ring).filter(|p| free(*p)).collect();
        found.sort_by_key(|p| (far(p), -p.x, -p.y));
        if let Some(nearest) = found.first() {
            return *nearest;
        }
    }
    // So full a board has no near place; beyond the last card there is one.
    let right = standing.iter().map(|r| r.right).fold(0.0, f64::max);
    let left = new.iter().map(|r| r.left).fold(f64::INFINITY, f64::min);
    Vector::new((right - left + room).min(limits::BOARD as f64), 0.0).snapped()
}

/// The nearest free place for one card wanted with its middle at `wanted`.
pub fn free(wanted: Vector, size: (f64, f64), standing: &[Rect]) -> Point {
    let at = wanted.snapped();
    let by = shift(&[Rect::around(at.into(), size.0, size.1)], standing, ROOM);
    Point { x: at.x + by.x, y: at.y + by.y }
}

/// The square ring of steps at that distance.
fn ring_of(ring: i32) -> impl Iterator<Item = Point> {
    let side = -ring..=ring;
    let point = |x: i32, y: i32| Point { x: x * STEP, y: y * STEP };
    side.flat_map(move |x| {
        let whole = x.abs() == ring;
        let ys = if whole { -ring..=ring } else { ring..=ring };
        let far_side = (!whole).then_some(-ring);
        ys.chain(far_side).map(move |y| point(x, y))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(x: f64, y: f64) -> Rect {
        Rect::around(Vector::new(x, y), 144.0, 72.0)
    }

    #[test]
    fn a_free_place_is_kept_and_snapped() {
        assert_eq!(free(Vector::new(101.0, 50.0), (144.0, 72.0), &[]), Point { x: 104, y: 48 });
    }

    #[test]
    fn many_added_at_one_place_never_lie_on_each_other() {
        let mut standing: Vec<Rect> = Vec::new();
        for _ in 0..200 {
            let at = free(Vector::new(400.0, 300.0), (144.0, 72.0), &standing);
            let new = Rect::around(at.into(), 144.0, 72.0);
            assert!(!standing.iter().any(|other| other.overlaps(new)));
            standing.push(new);
        }
        let all = Rect::hull(standing).unwrap();
        assert!(all.width() < 4_000.0 && all.height() < 4_000.0, "scattered: {all:?}");
    }

    #[test]
    fn a_group_moves_as_one() {
        let by = shift(&[card(0.0, 0.0), card(200.0, 0.0)], &[card(0.0, 0.0), card(200.0, 0.0)], ROOM);
        assert_eq!(by, Point { x: 0, y: 120 });
    }
}
