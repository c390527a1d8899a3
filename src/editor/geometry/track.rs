//! Keeps lines that share a street apart: each gets its own track, in the order that makes them cross least. It moves
//! legs sideways only, and may not choose another way for any.

use super::route::{Course, Ends};
use super::{Rect, TRACK};

/// A track keeps so far from the cards it passes.
const NEAR: f64 = 8.0;

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
        for leg in (0..course.legs().len()).filter(|leg| course.horizontal(*leg) == horizontal) {
            let along = |i: usize| if horizontal { corners[i].x } else { corners[i].y };
            let (start, end) = (along(leg), along(leg + 1));
            let turn = |neighbour: Option<usize>| {
                // Where the way comes from, or goes on to: to the lower or the higher coordinates.
                neighbour.map_or(0.0, |i| {
                    let there = if horizontal { corners[i].y } else { corners[i].x };
                    let away = there - course.legs()[leg];
                    if away > 0.0 { 1.0 } else { -1.0 }
                })
            };
            let before = turn(leg.checked_sub(1));
            let after = turn((leg + 2 < corners.len()).then_some(leg + 2));
            legs.push(Leg {
                course: number,
                leg,
                at: course.legs()[leg],
                span: (start.min(end), start.max(end)),
                room: free(course, leg, cards, *ends, (start.min(end), start.max(end))),
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
    let wanted = group.iter().map(|i| legs[*i].at).sum::<f64>() / group.len() as f64;
    // Where cards leave less room, the tracks move closer; the closest serves when even that is too much.
    let rooms: Vec<(f64, f64)> = group.iter().map(|i| legs[*i].room).collect();
    let tried = [TRACK, 16.0, 12.0, 8.0, 4.0].map(|step| (step, places(wanted, step, &rooms)));
    let fits = |(step, places): &&(f64, Vec<f64>)| places.windows(2).all(|p| p[1] - p[0] >= step - 1e-6);
    let (_, places) = tried.iter().find(fits).unwrap_or(&tried[tried.len() - 1]);
    for (i, at) in group.iter().zip(places) {
        courses[legs[*i].course].move_leg(legs[*i].leg, *at);
    }
}

/// Places about `wanted`, a step apart, each moved into its room, the others giving way as far as theirs allows.
fn places(wanted: f64, step: f64, rooms: &[(f64, f64)]) -> Vec<f64> {
    let last = (rooms.len() - 1) as f64;
    let mut places: Vec<f64> = (0..rooms.len()).map(|i| wanted + (i as f64 - last / 2.0) * step).collect();
    for i in 0..places.len() {
        let behind = if i > 0 { places[i - 1] + step } else { f64::NEG_INFINITY };
        places[i] = places[i].max(behind).max(rooms[i].0);
    }
    for i in (0..places.len()).rev() {
        let before = if i + 1 < places.len() { places[i + 1] - step } else { f64::INFINITY };
        places[i] = places[i].min(before).min(rooms[i].1).max(rooms[i].0);
    }
    places
}

/// Between which coordinates a leg may be moved: along its own cards' sides, and short of the cards beside it.
fn free(course: &Course, leg: usize, cards: &[Rect], ends: Ends, span: (f64, f64)) -> (f64, f64) {
    let at = course.legs()[leg];
    let own =
        |card: usize| leg == 0 && card == ends.from || leg + 1 == course.legs().len() && card == ends.to;
    let mut room = course.room(leg, cards[ends.from], cards[ends.to]);
    for (_, card) in cards.iter().enumerate().filter(|(i, _)| !own(*i)) {
        let (along, across) = if course.horizontal(leg) {
            ((card.left, card.right), (card.top, card.bottom))
        } else {
            ((card.top, card.bottom), (card.left, card.right))
        };
        if along.0 < span.1 && span.0 < along.1 {
            if across.1 <= at {
                room.0 = room.0.max((across.1 + NEAR).min(at));
            } else if across.0 >= at {
                room.1 = room.1.min((across.0 - NEAR).max(at));
            }
        }
    }
    room
}
