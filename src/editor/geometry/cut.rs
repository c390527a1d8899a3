//! How a cut link is drawn: the line parts with a gap and frayed ends, and where the scissors and the time stand; cut one
//! way, it opens into two lanes of which one parts. It may not know why it was cut.

use super::line::{Line, beside, svg_of};
use super::{LANE, Vector};

/// Bare paper between the frayed tips.
pub const GAP: f64 = 16.0;
/// A frayed end is so long.
const FRAY: f64 = 12.0;
/// A replication's two strokes lie so far from the middle.
pub const DOUBLE: f64 = 3.0;
/// How long the slanted piece is by which a line opens into two lanes.
const OPEN: f64 = 8.0;

/// The place of a line where it parts, and is marked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    /// How far along the middle of the gap lies.
    pub distance: f64,
    pub at: Vector,
    /// The way the line goes there.
    pub ahead: Vector,
    /// How long the straight stretch is that the gap lies in.
    pub room: f64,
}

/// A parted line, ready to be drawn: the `d` of SVG paths.
#[derive(Clone, PartialEq, Debug)]
pub struct Parted {
    /// What is left of the line, in its own colour.
    pub rest: String,
    /// The frayed ends, in the colour of the cut.
    pub frays: String,
    /// Centre of the scissors' mark, above the gap (beside it, on a vertical line).
    pub scissors: Vector,
    /// Where the time since the cut is written: the text's middle.
    pub time: Vector,
    /// The gap's own middle, in the parted lane.
    pub gap: Vector,
}

/// The middle of the longest straight stretch.
pub fn place(line: &Line) -> Place {
    let longest = line.straights().max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
    let (from, to) = longest.unwrap_or((0.0, line.length()));
    let distance = (from + to) / 2.0;
    let (at, ahead) = line.point_at(distance);
    Place { distance, at, ahead, room: to - from }
}

/// The line cut both ways.
pub fn both_ways(line: &Line, double: bool) -> Parted {
    let place = place(line);
    let fray = fray_length(place.room);
    let (before, after) = (place.distance - GAP / 2.0 - fray, place.distance + GAP / 2.0 + fray);
    let strokes: &[f64] = if double { &[-DOUBLE, DOUBLE] } else { &[0.0] };
    let mut parted = marks(&place, 0.0);
    for by in strokes {
        for stretch in [line.between(0.0, before), line.between(after, line.length())] {
            parted.rest += &svg_of(&beside(&stretch, *by));
        }
        parted.frays += &frays(&place, *by, fray);
    }
    parted
}

/// The line cut with its direction (`forth`) or against it: both lanes are drawn for a stretch, one of them parted.
pub fn one_way(line: &Line, double: bool, forth: bool) -> Parted {
    let place = place(line);
    let fray = fray_length(place.room);
    let lane = if forth { LANE } else { -LANE };
    let half = (GAP / 2.0 + fray + OPEN).min(place.room / 2.0);
    let open = OPEN.min(half / 2.0);
    let (start, end) = (place.distance - half, place.distance + half);
    let mut parted = marks(&place, lane);
    let strokes: &[f64] = if double { &[-DOUBLE, DOUBLE] } else { &[0.0] };
    for by in strokes {
        for stretch in [line.between(0.0, start), line.between(end, line.length())] {
            parted.rest += &svg_of(&beside(&stretch, *by));
        }
    }
    let along = |distance: f64, across: f64| {
        place.at + place.ahead * (distance - place.distance) + place.ahead.right() * across
    };
    // The whole lane.
    parted.rest +=
        &svg_of(&[along(start, 0.0), along(start + open, -lane), along(end - open, -lane), along(end, 0.0)]);
    // The parted one.
    let (before, after) = (place.distance - GAP / 2.0 - fray, place.distance + GAP / 2.0 + fray);
    parted.rest +=
        &svg_of(&[along(start, 0.0), along(start + open, lane), along(before.max(start + open), lane)]);
    parted.rest += &svg_of(&[along(after.min(end - open), lane), along(end - open, lane), along(end, 0.0)]);
    parted.frays = frays(&place, lane, fray);
    parted
}

/// The whole line as it is drawn: one stroke, or the two of a replication.
pub fn whole(line: &Line, double: bool) -> String {
    if !double {
        return line.svg().into();
    }
    [-DOUBLE, DOUBLE].iter().map(|by| svg_of(&beside(line.points(), *by))).collect()
}

/// Short stretches get short frays; the gap itself never shrinks.
fn fray_length(room: f64) -> f64 {
    FRAY.min((room - GAP) / 2.0 - 4.0).max(3.0)
}

fn marks(place: &Place, lane: f64) -> Parted {
    let upright = place.ahead.y.abs() > place.ahead.x.abs();
    let gap = place.at + place.ahead.right() * lane;
    let (scissors, time) = if upright {
        (place.at + Vector::new(-30.0, 0.0), place.at + Vector::new(34.0, 0.0))
    } else {
        (place.at + Vector::new(0.0, -34.0), place.at + Vector::new(0.0, 24.0))
    };
    Parted { rest: String::new(), frays: String::new(), scissors, time, gap }
}

/// Both ends of one stroke, each with three strands of uneven length: one bends to each side, one goes on.
fn frays(place: &Place, across: f64, length: f64) -> String {
    let mut svg = String::new();
    for (way, strands) in
        [(1.0, [(1.0, 0.66), (0.5, 0.0), (0.95, -0.6)]), (-1.0, [(0.9, 0.58), (0.6, 0.0), (1.0, -0.66)])]
    {
        let ahead = place.ahead * way;
        let side = ahead.right();
        let root = place.at + place.ahead.right() * across - ahead * (GAP / 2.0 + length);
        for (reach, bend) in strands {
            let tip = root + ahead * (length * reach) + side * (length * bend);
            if bend == 0.0 {
                svg += &svg_of(&[root, tip]);
            } else {
                let knee = root + ahead * (length * reach * 0.75);
                svg += &format!(
                    "M{}Q{} {}",
                    super::line::Pair(root),
                    super::line::Pair(knee),
                    super::line::Pair(tip)
                );
            }
        }
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn straight() -> Line {
        Line::new(vec![Vector::new(800.0, 376.0), Vector::new(900.0, 376.0)])
    }

    #[test]
    fn the_gap_lies_in_the_middle_of_the_longest_straight() {
        let line = Line::new(vec![Vector::new(0.0, 0.0), Vector::new(0.0, 100.0), Vector::new(400.0, 100.0)]);
        let place = place(&line);
        assert_eq!((place.at.y, place.ahead), (100.0, Vector::new(1.0, 0.0)));
        assert_eq!(place.at.x, (32.0 + 400.0) / 2.0);
    }

    #[test]
    fn a_cut_leaves_both_ends_and_sixteen_pixels_of_paper() {
        let parted = both_ways(&straight(), false);
        assert_eq!(parted.rest, "M800 376L830 376M870 376L900 376");
        assert_eq!(parted.gap, Vector::new(850.0, 376.0));
        let double = both_ways(&straight(), true);
        assert_eq!(double.rest.matches('M').count(), 4);
        assert!(parted.scissors.y < 376.0 && parted.time.y > 376.0);
    }

    #[test]
    fn one_way_only_one_lane_parts() {
        let forth = one_way(&straight(), false, true);
        let back = one_way(&straight(), false, false);
        assert_eq!(forth.gap, Vector::new(850.0, 384.0));
        assert_eq!(back.gap, Vector::new(850.0, 368.0));
        assert_eq!(forth.rest.matches('M').count(), 5);
    }

    #[test]
    fn a_short_line_still_has_its_gap() {
        let line = Line::new(vec![Vector::new(0.0, 0.0), Vector::new(30.0, 0.0)]);
        let parted = both_ways(&line, false);
        assert_eq!(parted.rest, "M0 0L4 0M26 0L30 0");
    }
}
