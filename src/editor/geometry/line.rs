//! A link's line as it is drawn: along horizontals and verticals with 45° corners, as transit lines run, measured along
//! its length so that a dot knows where it is. It may not know what it joins.

use super::Vector;
use std::fmt::Write;

/// A corner is cut by at most so much of each leg.
const CHAMFER: f64 = 24.0;
/// The two angles that the cut leaves are rounded by at most so much.
const ROUND: f64 = 8.0;
/// A rounding is walked in so many steps.
const STEPS: usize = 4;

/// One stretch of the line's ideal course, for drawing.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Stroke {
    To(Vector),
    /// A quadratic curve: the angle, and where it ends.
    Round(Vector, Vector),
}

/// A way over the board, measured.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Line {
    /// The course with square corners.
    corners: Vec<Vector>,
    /// The course as it is walked, and how far along each point lies.
    points: Vec<Vector>,
    at: Vec<f64>,
    svg: String,
}

impl Line {
    /// Through these corners, each cut at 45° and rounded as far as its legs allow.
    pub fn new(corners: Vec<Vector>) -> Line {
        let mut corners = corners;
        corners.dedup_by(|b, a| a.distance(*b) < 1e-6);
        let mut cut: Vec<Vector> = Vec::new();
        for (i, corner) in corners.iter().enumerate() {
            let (Some(before), Some(after)) = (i.checked_sub(1).map(|i| corners[i]), corners.get(i + 1))
            else {
                cut.push(*corner);
                continue;
            };
            let (back, on) = ((before - *corner), (*after - *corner));
            let straight = back.unit().dot(on.unit()) < -0.999;
            // An inner leg is shared by its two corners; an outer one keeps a straight end at the card.
            let first = if i == 1 { back.length() - ROUND } else { back.length() / 2.0 };
            let last = if i + 2 == corners.len() { on.length() - ROUND } else { on.length() / 2.0 };
            let size = CHAMFER.min(first).min(last);
            if straight || size < 1.0 {
                cut.push(*corner);
            } else {
                cut.push(*corner + back.unit() * size);
                cut.push(*corner + on.unit() * size);
            }
        }
        let strokes = rounded(&cut);
        Line::walked(corners, &cut, &strokes)
    }

    fn walked(corners: Vec<Vector>, cut: &[Vector], strokes: &[Stroke]) -> Line {
        let start = cut.first().copied().unwrap_or_default();
        let mut points = vec![start];
        let mut svg = format!("M{}", Pair(start));
        for stroke in strokes {
            let from = *points.last().expect("there is a start");
            match *stroke {
                Stroke::To(to) => {
                    points.push(to);
                    let _ = if (to.y - from.y).abs() < 1e-6 {
                        write!(svg, "H{}", Short(to.x))
                    } else if (to.x - from.x).abs() < 1e-6 {
                        write!(svg, "V{}", Short(to.y))
                    } else {
                        write!(svg, "L{}", Pair(to))
                    };
                }
                Stroke::Round(angle, to) => {
                    for step in 1..=STEPS {
                        let t = step as f64 / STEPS as f64;
                        points.push(from.toward(angle, t).toward(angle.toward(to, t), t));
                    }
                    let _ = write!(svg, "Q{} {}", Pair(angle), Pair(to));
                }
            }
        }
        points.dedup_by(|b, a| a.distance(*b) < 1e-6);
        let mut far = 0.0;
        let at = points
            .iter()
            .enumerate()
            .map(|(i, p)| {
                far += i.checked_sub(1).map_or(0.0, |i| points[i].distance(*p));
                far
            })
            .collect();
        Line { corners, points, at, svg }
    }

    pub fn length(&self) -> f64 {
        self.at.last().copied().unwrap_or(0.0)
    }

    /// The `d` of an SVG path.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The course with square corners, from end to end.
    pub fn corners(&self) -> &[Vector] {
        &self.corners
    }

    /// The course as it is walked.
    pub fn points(&self) -> &[Vector] {
        &self.points
    }

    pub fn start(&self) -> Vector {
        self.points.first().copied().unwrap_or_default()
    }

    pub fn end(&self) -> Vector {
        self.points.last().copied().unwrap_or_default()
    }

    /// The place so far along, and the way one looks there (a unit vector). Clamped to the ends.
    pub fn point_at(&self, distance: f64) -> (Vector, Vector) {
        if self.points.len() < 2 {
            return (self.start(), Vector::new(1.0, 0.0));
        }
        let distance = distance.clamp(0.0, self.length());
        let i = self.at.partition_point(|a| *a <= distance).clamp(1, self.points.len() - 1);
        let (from, to) = (self.points[i - 1], self.points[i]);
        let share = (distance - self.at[i - 1]) / (self.at[i] - self.at[i - 1]);
        (from.toward(to, share), (to - from).unit())
    }

    /// Where a message is that has gone the share `t` of the way, in its lane to the right of the line: forth from the
    /// start, or back from the end.
    pub fn lane_at(&self, t: f64, forth: bool, lane: f64) -> Vector {
        let t = t.clamp(0.0, 1.0);
        let (place, ahead) = self.point_at(self.length() * if forth { t } else { 1.0 - t });
        place + ahead.right() * if forth { lane } else { -lane }
    }

    /// The stretch between two distances as points.
    pub fn between(&self, from: f64, to: f64) -> Vec<Vector> {
        let (from, to) = (from.clamp(0.0, self.length()), to.clamp(0.0, self.length()));
        let mut points = vec![self.point_at(from).0];
        let inner = self.points.iter().zip(&self.at).filter(|(_, at)| **at > from && **at < to);
        points.extend(inner.map(|(p, _)| *p));
        points.push(self.point_at(to).0);
        points
    }

    /// The straight stretches: where each begins and ends along the line. A curve's steps are none.
    pub fn straights(&self) -> impl Iterator<Item = (f64, f64)> {
        let upright = |a: Vector, b: Vector| (a.x - b.x).abs() < 1e-6 || (a.y - b.y).abs() < 1e-6;
        let legs = self.points.windows(2).zip(self.at.windows(2));
        legs.filter(move |(p, _)| upright(p[0], p[1])).map(|(_, at)| (at[0], at[1]))
    }

    /// The point of the line nearest to `p`: how far from it, and how far along.
    pub fn nearest(&self, p: Vector) -> (f64, f64) {
        let legs = self.points.windows(2).zip(&self.at);
        legs.map(|(leg, at)| {
            let (away, along) = leg_distance(leg[0], leg[1], p);
            (away, at + along)
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or((self.start().distance(p), 0.0))
    }

    /// Whether the stroke from `a` to `b` crosses it.
    pub fn crosses(&self, a: Vector, b: Vector) -> bool {
        self.points.windows(2).any(|leg| meet(leg[0], leg[1], a, b))
    }
}

/// Cuts every angle of the course off with a curve.
fn rounded(cut: &[Vector]) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    for (i, angle) in cut.iter().enumerate().skip(1) {
        let Some(next) = cut.get(i + 1) else {
            strokes.push(Stroke::To(*angle));
            break;
        };
        let (back, on) = (cut[i - 1] - *angle, *next - *angle);
        let room = ROUND.min(back.length() / 2.0).min(on.length() / 2.0);
        if back.unit().dot(on.unit()) < -0.999 || room < 0.5 {
            strokes.push(Stroke::To(*angle));
        } else {
            strokes.push(Stroke::To(*angle + back.unit() * room));
            strokes.push(Stroke::Round(*angle, *angle + on.unit() * room));
        }
    }
    strokes
}

/// How far the point is from the leg, and how far along it the nearest point lies.
fn leg_distance(from: Vector, to: Vector, p: Vector) -> (f64, f64) {
    let leg = to - from;
    let along = ((p - from).dot(leg.unit())).clamp(0.0, leg.length());
    ((from + leg.unit() * along).distance(p), along)
}

/// Whether two legs meet.
pub fn meet(a: Vector, b: Vector, c: Vector, d: Vector) -> bool {
    let turn = |p: Vector, q: Vector, r: Vector| (q - p).right().dot(r - p);
    let (t1, t2) = (turn(a, b, c), turn(a, b, d));
    let (t3, t4) = (turn(c, d, a), turn(c, d, b));
    if t1 == 0.0 && t2 == 0.0 {
        // On one straight: they meet when their shadows do.
        let overlap = |a: f64, b: f64, c: f64, d: f64| a.min(b) <= c.max(d) && c.min(d) <= a.max(b);
        return overlap(a.x, b.x, c.x, d.x) && overlap(a.y, b.y, c.y, d.y);
    }
    t1 * t2 <= 0.0 && t3 * t4 <= 0.0
}

/// Points as the `d` of an SVG path.
pub fn svg_of(points: &[Vector]) -> String {
    let mut svg = String::new();
    for (i, p) in points.iter().enumerate() {
        let _ = write!(svg, "{}{}", if i == 0 { 'M' } else { 'L' }, Pair(*p));
    }
    svg
}

/// Points moved to the right by so much (to the left when negative), each along the mean of its legs' normals.
pub fn beside(points: &[Vector], by: f64) -> Vec<Vector> {
    let leg = |i: usize| points.get(i + 1).map(|to| (*to - points[i]).unit().right());
    let shift = |i: usize| {
        let (before, after) = (i.checked_sub(1).and_then(leg), leg(i));
        let (a, b) = (before.or(after).unwrap_or_default(), after.or(before).unwrap_or_default());
        // As far out as both legs' offsets meet; their angles here are never sharp.
        let mean = a + b;
        let square = mean.dot(mean);
        if square > 0.1 { mean * (2.0 / square) } else { a }
    };
    points.iter().enumerate().map(|(i, p)| *p + shift(i) * by).collect()
}

/// A number with at most two decimals.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Adding zero turns -0 into 0.
        (libm::round(self.0 * 100.0) / 100.0 + 0.0).fmt(f)
    }
}

/// `12 34.5`.
pub(super) struct Pair(pub Vector);

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", Short(self.0.x), Short(self.0.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(corners: &[(f64, f64)]) -> Line {
        Line::new(corners.iter().map(|(x, y)| Vector::new(*x, *y)).collect())
    }

    #[test]
    fn a_corner_is_cut_at_45_degrees_and_rounded() {
        let l = line(&[(512.0, 216.0), (512.0, 128.0), (656.0, 128.0)]);
        assert_eq!(l.svg(), "M512 216V160Q512 152 517.66 146.34L530.34 133.66Q536 128 544 128H656");
        assert_eq!(line(&[(0.0, 0.0), (64.0, 0.0)]).svg(), "M0 0H64");
        // Too short a leg for the whole cut: as much as there is, with a straight end kept.
        assert_eq!(
            line(&[(0.0, 0.0), (0.0, 20.0), (90.0, 20.0)]).svg(),
            "M0 0V4Q0 8 2.83 10.83L6.34 14.34Q12 20 20 20H90"
        );
    }

    #[test]
    fn distances_run_from_end_to_end() {
        let l = line(&[(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)]);
        assert!(l.length() < 200.0 && l.length() > 180.0, "{}", l.length());
        assert_eq!(l.point_at(0.0).0, Vector::new(0.0, 0.0));
        assert_eq!(l.point_at(1e9).0, Vector::new(100.0, 100.0));
        assert_eq!(l.point_at(10.0), (Vector::new(10.0, 0.0), Vector::new(1.0, 0.0)));
        let mut before = l.point_at(0.0).0;
        for step in 1..=200 {
            let here = l.point_at(l.length() * step as f64 / 200.0).0;
            assert!((before.distance(here) - l.length() / 200.0).abs() < 0.2, "step {step}");
            before = here;
        }
    }

    #[test]
    fn lanes_keep_right() {
        let l = line(&[(0.0, 0.0), (100.0, 0.0)]);
        assert_eq!(l.lane_at(0.25, true, 8.0), Vector::new(25.0, 8.0));
        assert_eq!(l.lane_at(0.25, false, 8.0), Vector::new(75.0, -8.0));
    }

    #[test]
    fn a_stroke_crosses_or_does_not() {
        let l = line(&[(0.0, 0.0), (100.0, 0.0)]);
        let v = Vector::new;
        for (a, b, crosses) in [
            (v(50.0, -10.0), v(50.0, 10.0), true),
            (v(50.0, 1.0), v(50.0, 10.0), false),
            (v(120.0, -10.0), v(120.0, 10.0), false),
            (v(20.0, 0.0), v(40.0, 0.0), true),
            (v(120.0, 0.0), v(140.0, 0.0), false),
        ] {
            assert_eq!(l.crosses(a, b), crosses, "{a:?} {b:?}");
        }
    }

    #[test]
    fn beside_a_line_runs_its_double() {
        let points = [Vector::new(0.0, 0.0), Vector::new(10.0, 0.0), Vector::new(10.0, 10.0)];
        let v = Vector::new;
        assert_eq!(beside(&points, 3.0), [v(0.0, 3.0), v(7.0, 3.0), v(7.0, 10.0)]);
        assert_eq!(beside(&points, -3.0), [v(0.0, -3.0), v(13.0, -3.0), v(13.0, 10.0)]);
    }
}
