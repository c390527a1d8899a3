//! The whole board laid out: every card and every link's line, with the places of its marks. Made anew from the drawing
//! whenever that changes; it holds nothing that the drawing does not say.

use super::line::Line;
use super::route::{self, Ends};
use super::{Density, Rect, Vector, card, cut};
use crate::components::Wire;
use crate::scenario::fault::LinkName;
use crate::scenario::{Document, Link};
use std::collections::BTreeMap;

/// A machine's card.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    pub name: String,
    pub rect: Rect,
}

/// A link's line with its marks.
#[derive(Clone, PartialEq, Debug)]
pub struct Route {
    pub name: LinkName,
    pub line: Line,
    /// The whole line's `d`: one stroke, or two for a replication.
    pub svg: String,
    /// The direction tick: its tip, and the way it points.
    pub tick: (Vector, Vector),
    pub label: Label,
    /// Where it parts when it is cut.
    pub cut: cut::Place,
}

/// Where a link's label stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Label {
    /// On the baseline of the text.
    pub at: Vector,
    /// Centred there (on a horizontal line), else it begins there.
    pub centred: bool,
}

#[derive(Clone, PartialEq, Default, Debug)]
pub struct Layout {
    /// In the document's order; later ones lie on top.
    pub cards: Vec<Card>,
    /// In the document's order.
    pub routes: Vec<Route>,
    /// Zone by zone in the document's order: the frame round its machines; None when it is empty.
    pub zones: Vec<(String, Option<Rect>)>,
    pub density: Density,
}

impl Layout {
    pub fn of(document: &Document, density: Density) -> Layout {
        let mut layout = Layout { density, ..Layout::default() };
        layout.lay(document, cards(document, density));
        layout
    }

    /// The drawing has changed: what an edit did not touch is not laid anew.
    pub fn follow(&mut self, document: &Document) {
        let cards = cards(document, self.density);
        let names = self.routes.iter().map(|route| &route.name);
        let same = self.cards == cards && document.links.iter().map(Link::name).eq(names.cloned());
        if same {
            self.zones = zones(document, &cards);
        } else {
            self.lay(document, cards);
        }
    }

    fn lay(&mut self, document: &Document, cards: Vec<Card>) {
        let rects: Vec<Rect> = cards.iter().map(|c| c.rect).collect();
        let number: BTreeMap<&str, usize> =
            cards.iter().enumerate().map(|(i, card)| (card.name.as_str(), i)).collect();
        // A link whose end is missing cannot be laid, and the document's problems name it.
        let (names, ends): (Vec<LinkName>, Vec<Ends>) = document
            .links
            .iter()
            .filter_map(|link| {
                let ends =
                    Ends { from: *number.get(link.from.as_str())?, to: *number.get(link.to.as_str())? };
                Some((link.name(), ends))
            })
            .unzip();
        let lines = route::lay(&rects, &ends);
        self.routes = names.into_iter().zip(lines).map(|(name, line)| Route::of(name, line)).collect();
        self.zones = zones(document, &cards);
        self.cards = cards;
    }

    pub fn card(&self, name: &str) -> Option<Rect> {
        self.cards.iter().find(|c| c.name == name).map(|c| c.rect)
    }

    pub fn route(&self, name: &LinkName) -> Option<&Route> {
        self.routes.iter().find(|r| r.name == *name)
    }

    /// All that may come to be drawn: also the tints of the sides that a cut parts, which reach beyond the cards.
    pub fn extent(&self) -> Option<Rect> {
        let framed = |all: Rect| match self.density {
            Density::Regular => super::sides::frame(all),
            // On a phone legible cards go before whole tints.
            Density::Compact => all.grown(16.0),
        };
        let cards = Rect::hull(self.cards.iter().map(|c| c.rect)).map(framed);
        Rect::hull(cards.into_iter().chain(self.bounds()))
    }

    /// All that is drawn; None of an empty board.
    pub fn bounds(&self) -> Option<Rect> {
        let lines = self.routes.iter().flat_map(|r| r.line.points()).map(|p| Rect::between(*p, *p));
        let zones = self.zones.iter().filter_map(|(_, rect)| *rect);
        Rect::hull(self.cards.iter().map(|c| c.rect).chain(lines).chain(zones))
    }
}

fn cards(document: &Document, density: Density) -> Vec<Card> {
    document.machines.iter().map(|m| Card { name: m.name.clone(), rect: card(m, density) }).collect()
}

fn zones(document: &Document, cards: &[Card]) -> Vec<(String, Option<Rect>)> {
    let frame = |name: &String| {
        let inside = document.machines.iter().zip(cards).filter(|(m, _)| m.zone.as_ref() == Some(name));
        Rect::hull(inside.map(|(_, card)| card.rect)).map(super::sides::frame)
    };
    document.zones.iter().map(|zone| (zone.name.clone(), frame(&zone.name))).collect()
}

impl Route {
    fn of(name: LinkName, line: Line) -> Route {
        let double = matches!(name.wire, Wire::Copies | Wire::Mirrors);
        let place = cut::place(&line);
        // On the first straight stretch that has room for it, so that it stands near who asks.
        let first = line.straights().find(|(from, to)| to - from >= 24.0);
        let tick_at = first.map_or(line.length() / 2.0, |(from, to)| (from + to) / 2.0 + 2.0);
        let upright = place.ahead.y.abs() > place.ahead.x.abs();
        let label = if upright {
            Label { at: place.at + Vector::new(16.0, 4.0), centred: false }
        } else {
            Label { at: place.at + Vector::new(0.0, -18.0), centred: true }
        };
        Route { svg: cut::whole(&line, double), tick: line.point_at(tick_at), label, cut: place, name, line }
    }

    pub fn double(&self) -> bool {
        matches!(self.name.wire, Wire::Copies | Wire::Mirrors)
    }

    /// The tick's `d`: an open arrowhead of 4 pixels.
    pub fn tick_svg(&self) -> String {
        let (tip, ahead) = self.tick;
        let side = ahead.right() * 4.0;
        super::line::svg_of(&[tip - ahead * 4.0 - side, tip, tip - ahead * 4.0 + side])
    }

    /// The line parted: `forth` and `back` say which directions are cut. None when neither is.
    pub fn parted(&self, forth: bool, back: bool) -> Option<cut::Parted> {
        match (forth, back) {
            (false, false) => None,
            (true, true) => Some(cut::both_ways(&self.line, self.double())),
            (forth, _) => Some(cut::one_way(&self.line, self.double(), forth)),
        }
    }
}
