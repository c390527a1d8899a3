//! Machines follow the pointer on the grid; at the board's edge the board follows too. Put down, they never lie on
//! another, and they belong to the zone they were put into. It may not know what a zone is good for.

use super::pointing::Press;
use super::{Cursor, EdgePan, Hand, Sketch};
use crate::editor::Editor;
use crate::editor::command::Command;
use crate::editor::effect::Effect;
use crate::editor::geometry::{Rect, Vector, place};
use crate::editor::input::Input;
use crate::editor::selection::{Selection, Thing};
use crate::scenario::Point;

#[derive(Clone, PartialEq, Debug)]
pub struct Dragging {
    pub id: i32,
    /// Where the pointer is, on the screen.
    pub at: Vector,
    /// Where on the board it took hold.
    grip: Vector,
    /// Where the machines stood.
    from: Vec<(String, Point)>,
    /// They are copies.
    copies: bool,
    /// What was chosen before the copies were.
    before: Selection,
    /// The frames of the zones as they were when the machines were taken up; none of those that are carried whole.
    frames: Vec<(String, Rect)>,
    edge: EdgePan,
}

/// So far below a card its version chip reaches.
const HANGS: f64 = 32.0;
/// Machines put down on top of others move aside so far that this much stays free.
const ROOM: f64 = 16.0;

impl Dragging {
    /// Takes hold of the thing, and of all that is chosen with it; with `copies`, of copies of them.
    pub fn begin(editor: &mut Editor, press: Press, thing: Thing, at: Vector, copies: bool) -> Dragging {
        editor.begin();
        let grip = editor.camera.to_board(press.at);
        let on_zone = matches!(thing, Thing::Zone(_));
        let mut names: Vec<String> = match &thing {
            Thing::Zone(zone) => {
                let inside = editor.document().machines.iter().filter(|m| m.zone.as_ref() == Some(zone));
                inside.map(|m| m.name.clone()).collect()
            }
            _ => {
                if !editor.selection().contains(&thing) {
                    editor.click(Some(thing), press.modifiers.adds());
                }
                editor.selection().machines().map(str::to_string).collect()
            }
        };
        let before = editor.selection().clone();
        let copied = copies.then(|| editor.duplicate_in_place()).flatten();
        let copies = copied.is_some();
        names = copied.unwrap_or(names);
        let machines = editor.document().machines.iter();
        let from = machines.filter(|m| names.contains(&m.name)).map(|m| (m.name.clone(), m.at)).collect();
        let frames = if on_zone { Vec::new() } else { frames(editor, &names) };
        let edge = EdgePan::default();
        let dragging = Dragging { id: press.id, at, grip, from, copies, before, frames, edge };
        dragging.follow(editor);
        dragging
    }

    pub fn input(mut self, editor: &mut Editor, input: &Input) -> Hand {
        match *input {
            Input::Move { id, at, .. } if id == self.id => {
                self.at = at;
                self.follow(editor);
                Hand::Dragging(self)
            }
            Input::Tick { now } => {
                if self.edge.tick(editor, self.at, now) {
                    self.follow(editor);
                }
                Hand::Dragging(self)
            }
            Input::Up { id, at, .. } if id == self.id => {
                self.at = at;
                self.follow(editor);
                let what = if self.copies { "Duplicate" } else { "Move" };
                let things = match &self.from[..] {
                    [(name, _)] => name.clone(),
                    many => format!("{} machines", many.len()),
                };
                let into = self.put_down(editor);
                editor.end(&format!("{what} {things}{into}"));
                if !into.is_empty() {
                    editor.emit(Effect::Announce(format!("Moved {things}{into}.")));
                }
                Hand::default()
            }
            Input::Cancel { id } if id == self.id => {
                self.cancel(editor);
                Hand::default()
            }
            _ => Hand::Dragging(self),
        }
    }

    pub fn cancel(self, editor: &mut Editor) {
        editor.cancel_gesture();
        editor.selection = self.before;
    }

    /// The machine that stands first gets onto the grid, the others keep their distance to it. A pointer that leaves the board
    /// (over a panel, out of the window) leaves them at its edge, where they are seen.
    fn follow(&self, editor: &mut Editor) {
        let Some((_, first)) = self.from.first() else { return };
        let size = editor.camera.size;
        let at = Vector::new(self.at.x.clamp(0.0, size.x), self.at.y.clamp(0.0, size.y));
        let way = editor.camera.to_board(at) - self.grip;
        let to = (Vector::from(*first) + way).snapped();
        let moved = |p: &Point| Point { x: p.x + to.x - first.x, y: p.y + to.y - first.y };
        let places = self.from.iter().map(|(name, at)| (name.clone(), moved(at)));
        editor.edit("Move", Command::Move(places.collect()));
    }

    fn cards(&self, editor: &Editor) -> Vec<(String, Rect)> {
        let carried = |name: &String| self.from.iter().any(|(n, _)| n == name);
        let cards = editor.layout().cards.iter().filter(|card| carried(&card.name));
        cards.map(|card| (card.name.clone(), card.rect)).collect()
    }

    /// Which machines would be in another zone if they were put down here.
    fn zones(&self, editor: &Editor) -> Vec<(String, Option<String>)> {
        let mut changes = Vec::new();
        for (name, card) in self.cards(editor) {
            let now = editor.document().machine(&name).and_then(|m| m.zone.clone());
            let into = self.frames.iter().filter(|(_, frame)| frame.contains(card.centre()));
            // Of two frames that overlap the smaller one is meant.
            let area = |frame: &Rect| frame.width() * frame.height();
            let into = into.min_by(|a, b| area(&a.1).total_cmp(&area(&b.1))).map(|(zone, _)| zone.clone());
            // A zone that is carried whole comes along.
            let stays = now.as_ref().is_some_and(|zone| !self.frames.iter().any(|(z, _)| z == zone));
            let then = if stays && into.is_none() { now.clone() } else { into };
            if then != now {
                changes.push((name, then));
            }
        }
        changes
    }

    /// Makes room where the machines lie on others, and puts them into the zone they lie in; says into which, or out
    /// of which, all of them went.
    fn put_down(&self, editor: &mut Editor) -> String {
        let cards = self.cards(editor);
        let still = |(name, at): &(String, Point)| {
            !self.copies && editor.document().machine(name).is_some_and(|m| m.at == *at)
        };
        if self.from.iter().all(still) {
            return String::new();
        }
        let zones = if self.frames.is_empty() { Vec::new() } else { self.zones(editor) };
        let carried = |name: &str| cards.iter().any(|(n, _)| n == name);
        // The version that a card holds hangs below it.
        let hung = |card: Rect| Rect { bottom: card.bottom + HANGS, ..card };
        let standing: Vec<Rect> =
            editor.layout().cards.iter().filter(|c| !carried(&c.name)).map(|c| hung(c.rect)).collect();
        if cards.iter().any(|(_, card)| standing.iter().any(|other| other.overlaps(*card))) {
            let rects: Vec<Rect> = cards.iter().map(|(_, card)| hung(*card)).collect();
            let by = place::shift(&rects, &standing, ROOM);
            let at = |name: &String| editor.document().machine(name).map_or(Point::default(), |m| m.at);
            let aside = |name: &String| (name.clone(), Point { x: at(name).x + by.x, y: at(name).y + by.y });
            let places = cards.iter().map(|(name, _)| aside(name)).collect();
            editor.edit("Move", Command::Move(places));
        }
        let Some((name, to)) = zones.first().cloned() else { return String::new() };
        let was = editor.document().machine(&name).and_then(|m| m.zone.clone()).unwrap_or_default();
        editor.edit("Move", Command::PutInZone(zones));
        to.map_or_else(|| format!(" out of {was}"), |zone| format!(" into {zone}"))
    }

    /// The zone that would take in what is carried, if it were put down here.
    pub fn sketch(&self, editor: &Editor) -> Option<Sketch> {
        let zones = if self.frames.is_empty() { Vec::new() } else { self.zones(editor) };
        let zone = zones.into_iter().find_map(|(_, zone)| zone)?;
        self.frames.iter().find(|(name, _)| *name == zone).map(|(_, frame)| Sketch::Into(*frame))
    }

    pub fn cursor(&self) -> Cursor {
        if self.copies { Cursor::Copy } else { Cursor::Grabbing }
    }
}

/// The frames of the zones, but of those that are carried whole.
fn frames(editor: &Editor, carried: &[String]) -> Vec<(String, Rect)> {
    let stays = |zone: &String| {
        editor.document().machines.iter().any(|m| m.zone.as_ref() == Some(zone) && !carried.contains(&m.name))
    };
    let zones = editor.layout().zones.iter().filter(|(name, _)| stays(name));
    zones.filter_map(|(name, frame)| Some((name.clone(), (*frame)?))).collect()
}
