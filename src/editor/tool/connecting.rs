//! A line is drawn from a machine: pulled to another, or clicked from one to the other.

use super::pointing::Press;
use super::{Hand, Sketch, THRESHOLD, TOUCH_THRESHOLD, Tool};
use crate::components::Wire;
use crate::editor::Editor;
use crate::editor::command::natural_wire;
use crate::editor::effect::{Effect, Offer};
use crate::editor::geometry::{Rect, Vector, hit};
use crate::editor::input::{Button, Input, Pointer};

#[derive(Clone, PartialEq, Debug)]
pub struct Connecting {
    from: String,
    /// The pointer that pulls the line; None between two clicks.
    pub held: Option<i32>,
    pub at: Vector,
    start: Vector,
    /// The first click is done: the next press is the second.
    clicked: bool,
    threshold: f64,
}

impl Connecting {
    pub fn pressed(from: String, press: Press) -> Connecting {
        let threshold = if press.pointer == Pointer::Touch { TOUCH_THRESHOLD } else { THRESHOLD };
        Connecting { from, held: Some(press.id), at: press.at, start: press.at, clicked: false, threshold }
    }

    /// The first click is done, by keyboard or menu.
    pub fn clicked(from: String, at: Vector) -> Connecting {
        Connecting { from, held: None, at, start: at, clicked: true, threshold: THRESHOLD }
    }

    pub fn input(mut self, editor: &mut Editor, input: &Input) -> Hand {
        match *input {
            Input::Move { id, at, .. } if self.held.is_none_or(|held| held == id) => {
                self.at = at;
                Hand::Connecting(self)
            }
            Input::Down { button: Button::Secondary, .. } => Hand::default(),
            Input::Down { id, at, .. } if self.held.is_none() => {
                self.at = at;
                self.held = Some(id);
                Hand::Connecting(self)
            }
            Input::Up { id, at, .. } if self.held == Some(id) => {
                self.at = at;
                let pulled = at.distance(self.start) >= self.threshold;
                if !pulled && !self.clicked {
                    self.clicked = true;
                    self.held = None;
                    return Hand::Connecting(self);
                }
                self.finish(editor);
                Hand::default()
            }
            Input::Cancel { id } if self.held == Some(id) => Hand::default(),
            _ => Hand::Connecting(self),
        }
    }

    /// The machine that the line would join, if the pointer is near one.
    fn target(&self, editor: &Editor) -> Option<String> {
        let at = editor.camera.to_board(self.at);
        let target = hit::snap(editor.layout(), at, hit::SNAP / editor.camera.zoom)?;
        // Still at home.
        (target != self.from).then(|| target.to_string())
    }

    /// What the line would be, or why it may not stand; None over nothing.
    pub fn verdict(&self, editor: &Editor) -> Option<Result<Wire, String>> {
        let target = self.target(editor)?;
        Some(natural_wire(editor.document(), &self.from, &target).map_err(|why| why.to_string()))
    }

    fn finish(self, editor: &mut Editor) {
        let home = editor.layout().card(&self.from);
        let at = editor.camera.to_board(self.at);
        if let Some(target) = self.target(editor) {
            editor.join(&self.from, &target, None);
        } else if home.is_some_and(|card| card.distance(at) <= hit::SNAP / editor.camera.zoom) {
            // A second click at home puts the line away.
        } else {
            let kinds = editor.may_follow(&self.from);
            if kinds.is_empty() {
                editor.emit(Effect::Refused(format!("Nothing can be asked by {}.", self.from)));
            } else {
                editor.emit(Effect::Offer(Offer {
                    from: self.from,
                    at: at.snapped(),
                    screen: self.at,
                    kinds,
                }));
            }
        }
        if editor.tool == Tool::Connect && self.clicked {
            // The tool stays for the next line.
            editor.selection.clear();
        }
    }

    pub fn sketch(&self, editor: &Editor) -> Option<Sketch> {
        let home = editor.layout().card(&self.from)?;
        let pointer = editor.camera.to_board(self.at);
        let target = self.target(editor);
        let there = target.as_ref().and_then(|t| editor.layout().card(t));
        let to = there.map_or(pointer, |card| edge(card, home.centre()));
        let verdict = self.verdict(editor).map(|answer| answer.map(carries));
        Some(Sketch::Wire { from: edge(home, to), to, target, verdict })
    }
}

/// What a line of that sort carries, for the tip at its end.
pub fn carries(wire: Wire) -> &'static str {
    match wire {
        Wire::Calls => "requests and answers",
        Wire::Copies => "copies of what is written",
        Wire::Mirrors => "copies both ways",
        Wire::Heartbeat => "heartbeats",
    }
}

/// Where the way from the card's middle towards `to` leaves the card.
fn edge(card: Rect, to: Vector) -> Vector {
    let middle = card.centre();
    let way = to - middle;
    let share = |room: f64, way: f64| if way == 0.0 { f64::INFINITY } else { room / way.abs() };
    let t = share(card.width() / 2.0, way.x).min(share(card.height() / 2.0, way.y));
    if t < 1.0 { middle + way * t } else { to }
}
