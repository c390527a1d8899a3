//! Keeps lines that share a street apart: each gets its own track, in the order that makes them cross least. It moves
//! legs sideways only, and may not choose another way for any.

use super::route::{Course, Ends};
use super::{Rect, TRACK};

/// One leg of one course, with what is needed to order it among its neighbours.
struct Leg {
    course: usize,
    leg: usize,
    /// The coordinate it keeps.
    at: f64,
    /// From where to where it runs, ascending.
    span: (f64, f64),
    room: (f64, f64),
    order: f64,
}

/// Gives the legs that lie on top of each other, or nearly, a track each.
pub fn keep_apart(courses: &mut [Course], cards: &[Rect], links: &[Ends]) {
    for horizontal in [false, true] {
        let mut legs = legs(courses, cards, links, horizontal);
        legs.sort_by(|a, b| a.at.total_cmp(&b.at));
        for group in groups(&legs) {
            spread(&legs, group, courses);
        }
    }
}

fn legs(courses: &[Course], cards: &[Rect], links: &[Ends], horizontal: bool) -> Vec<Leg> {
    let mut legs = Vec::new();
    for (number, (course, ends)) in courses.iter().zip(links).enumerate() {
        let (from, to) = (cards[ends.from], cards[ends.to]);
        let corners = course.corners(from, to);
        for leg in (0..course.legs.len()).filter(|leg| course.horizontal(*leg) == horizontal) {
            let along = |i: usize| if horizontal { corners[i].x } else { corners[i].y };
            let (start, end) = (along(leg), along(leg + 1));
            let turn = |neighbour: Option<usize>| {
                // Where the way comes from, or goes on to: to the lower or the higher coordinates.
                neighbour.map_or(0.0, |i| {
                    let there = if horizontal { corners[i].y } else { corners[i].x };
                    let away = there - course.legs[leg];
                    if away > 0.0 { 1.0 } else { -1.0 }
                })
            };
            let before = turn(leg.checked_sub(1));
            let after = turn((leg + 2 < corners.len()).then_some(leg + 2));
            legs.push(Leg {
                course: number,
                leg,
                at: course.legs[leg],
                span: (start.min(end), start.max(end)),
                room: course.room(leg, from, to),
                order: order(before, after, start, end),
            });
        }
    }
    legs
}

/// Where a leg stands among those on its street. A way that turns off to one side stands on that side, and the outer
/// the sooner it turns; of ways that pass from one side to the other, each stands so that the next finds room behind.
fn order(before: f64, after: f64, start: f64, end: f64) -> f64 {
    const FAR: f64 = 1e6;
    if before * after < 0.0 {
        let down = if end > start { 1.0 } else { -1.0 };
        return -after * down * (start + end) / 2.0;
    }
    (before + after) * (FAR - (end - start).abs())
}

/// The legs (sorted by coordinate) that hang together: closer than a track, over a common stretch.
fn groups(legs: &[Leg]) -> Vec<Vec<usize>> {
    let mut group_of: Vec<usize> = (0..legs.len()).collect();
    fn root(group_of: &mut [usize], mut i: usize) -> usize {
        while group_of[i] != i {
            group_of[i] = group_of[group_of[i]];
            i = group_of[i];
        }
        i
    }
    for i in 0..legs.len() {
        for j in i + 1..legs.len() {
            if legs[j].at - legs[i].at >= TRACK {
                break;
            }
            let (a, b) = (legs[i].span, legs[j].span);
            if legs[i].course != legs[j].course && a.0 < b.1 && b.0 < a.1 {
                let (i, j) = (root(&mut group_of, i), root(&mut group_of, j));
                group_of[j] = i;
            }
        }
    }
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); legs.len()];
    for i in 0..legs.len() {
        groups[root(&mut group_of, i)].push(i);
    }
    groups.retain(|group| group.len() > 1);
    groups
}

fn spread(legs: &[Leg], mut group: Vec<usize>, courses: &mut [Course]) {
    group.sort_by(|a, b| {
        let (a, b) = (&legs[*a], &legs[*b]);
        a.order.total_cmp(&b.order).then(a.course.cmp(&b.course))
    });
    let last = (group.len() - 1) as f64;
    let middle = group.iter().map(|i| legs[*i].at).sum::<f64>() / group.len() as f64;
    // Where the cards' sides leave less room, the tracks move closer.
    let room = group.iter().map(|i| legs[*i].room.1 - legs[*i].room.0).fold(f64::INFINITY, f64::min);
    let step = TRACK.min(room / last).max(2.0);
    for (place, i) in group.iter().enumerate() {
        let leg = &legs[*i];
        let at = middle + (place as f64 - last / 2.0) * step;
        let (least, most) = leg.room;
        courses[leg.course].legs[leg.leg] = at.max(least.min(most)).min(most.max(least));
    }
}
