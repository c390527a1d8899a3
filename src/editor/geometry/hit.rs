//! What lies under a point of the board, under a box, or across a stroke. It may not know what is done with it.

use super::layout::Layout;
use super::{Rect, Side, Vector};
use crate::editor::selection::Thing;
use crate::scenario::fault::LinkName;

/// How far from a line a mouse or pen still hits it, in screen pixels: half of the 24 pixels a target needs.
pub const SLOP: f64 = 12.0;
/// The same for a finger: half of 44 pixels.
pub const TOUCH: f64 = 22.0;
/// How near the pointer must come to a card for a line to snap to it, in screen pixels.
pub const SNAP: f64 = 20.0;

/// What lies under a point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hit {
    /// A handle of a machine that shows its handles.
    Handle(String, Side),
    Thing(Thing),
    Nothing,
}

impl Hit {
    pub fn thing(self) -> Option<Thing> {
        match self {
            Hit::Handle(machine, _) => Some(Thing::Machine(machine)),
            Hit::Thing(thing) => Some(thing),
            Hit::Nothing => None,
        }
    }
}

/// What lies under `p`: a handle before a card, a card before a line, a line before a zone's frame. `slop` is in board
/// pixels; `handles` says whose handles are shown.
pub fn under(layout: &Layout, p: Vector, slop: f64, handles: impl Fn(&str) -> bool) -> Hit {
    let topmost = || layout.cards.iter().rev();
    for card in topmost().filter(|card| handles(&card.name)) {
        // Inside the card a handle is no larger than it is drawn: the card is for dragging.
        let near = |side: &Side| {
            let way = p - side.middle(card.rect);
            way.length() <= if card.rect.contains(p) { slop.min(8.0) } else { slop }
        };
        if let Some(side) = Side::ALL.into_iter().find(near) {
            return Hit::Handle(card.name.clone(), side);
        }
    }
    if let Some(card) = topmost().find(|card| card.rect.contains(p)) {
        return Hit::Thing(Thing::Machine(card.name.clone()));
    }
    let lines = layout.routes.iter().map(|route| (route.line.nearest(p).0, route));
    if let Some((_, route)) = lines.filter(|(away, _)| *away <= slop).min_by(|a, b| a.0.total_cmp(&b.0)) {
        return Hit::Thing(Thing::Link(route.name.clone()));
    }
    let frames = layout.zones.iter().rev().filter_map(|(name, rect)| Some((name, (*rect)?)));
    let on_edge = |rect: &Rect| rect.grown(slop / 2.0).contains(p) && !rect.grown(-slop / 2.0).contains(p);
    let on_name = |rect: &Rect| rect.contains(p) && p.y <= rect.top + 32.0;
    match frames.into_iter().find(|(_, rect)| on_edge(rect) || on_name(rect)) {
        Some((name, _)) => Hit::Thing(Thing::Zone(name.clone())),
        None => Hit::Nothing,
    }
}

/// The machine to which a line drawn to `p` snaps: the nearest within `reach` board pixels.
pub fn snap(layout: &Layout, p: Vector, reach: f64) -> Option<&str> {
    let near = layout.cards.iter().rev().map(|card| (card.rect.distance(p), card));
    let near = near.filter(|(away, _)| *away <= reach);
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, card)| card.name.as_str())
}

/// The machines that a box touches, and the links that lie wholly in it.
pub fn boxed(layout: &Layout, area: Rect) -> Vec<Thing> {
    let cards = layout.cards.iter().filter(|card| card.rect.overlaps(area));
    let lines = layout.routes.iter().filter(|route| route.line.points().iter().all(|p| area.contains(*p)));
    cards
        .map(|card| Thing::Machine(card.name.clone()))
        .chain(lines.map(|route| Thing::Link(route.name.clone())))
        .collect()
}

/// The links that a stroke crosses, in the document's order.
pub fn crossed(layout: &Layout, stroke: &[Vector]) -> Vec<LinkName> {
    let crosses =
        |route: &&super::layout::Route| stroke.windows(2).any(|leg| route.line.crosses(leg[0], leg[1]));
    layout.routes.iter().filter(crosses).map(|route| route.name.clone()).collect()
}
