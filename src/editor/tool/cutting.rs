//! The scissors: one stroke cuts every link that it crosses; a click cuts the one under it.

use super::pointing::Press;
use super::{Hand, Sketch, THRESHOLD};
use crate::editor::Editor;
use crate::editor::effect::Effect;
use crate::editor::geometry::{Vector, hit};
use crate::editor::input::{Input, Pointer};
use crate::editor::selection::Thing;
use crate::scenario::fault::{Fault, LinkName, Way};

#[derive(Clone, PartialEq, Debug)]
pub struct Cutting {
    pub id: i32,
    pub at: Vector,
    /// The stroke, on the board.
    points: Vec<Vector>,
    /// The link that was pressed.
    on: Option<LinkName>,
}

/// The points of a stroke lie at least so far apart (screen pixels): its crossings are what counts.
const STRIDE: f64 = 3.0;

impl Cutting {
    pub fn new(editor: &Editor, press: Press) -> Cutting {
        let slop = if press.pointer == Pointer::Touch { hit::TOUCH } else { hit::SLOP };
        let on = match editor.under(press.at, slop, None).thing() {
            Some(Thing::Link(link)) => Some(link),
            _ => None,
        };
        Cutting { id: press.id, at: press.at, points: vec![editor.camera.to_board(press.at)], on }
    }

    pub fn input(mut self, editor: &mut Editor, input: &Input) -> Hand {
        match *input {
            Input::Move { id, at, .. } if id == self.id => {
                self.go(editor, at, STRIDE);
                Hand::Cutting(self)
            }
            Input::Up { id, at, .. } if id == self.id => {
                self.go(editor, at, 0.0);
                let cuts = self.cuts(editor);
                if cuts.is_empty() {
                    editor.emit(Effect::Announce("The stroke crossed no link.".into()));
                }
                for link in cuts {
                    editor.emit(Effect::Fault(Fault::Cut { link, way: Way::Both }));
                }
                Hand::default()
            }
            Input::Cancel { id } if id == self.id => Hand::default(),
            _ => Hand::Cutting(self),
        }
    }

    fn go(&mut self, editor: &Editor, at: Vector, stride: f64) {
        let point = editor.camera.to_board(at);
        let last = self.points[self.points.len() - 1];
        if last.distance(point) * editor.camera.zoom > stride {
            self.points.push(point);
            self.at = at;
        }
    }

    fn cuts(&self, editor: &Editor) -> Vec<LinkName> {
        let start = self.points[0];
        let reach = self.points.iter().map(|p| p.distance(start)).fold(0.0, f64::max);
        if reach * editor.camera.zoom < THRESHOLD {
            return self.on.iter().cloned().collect();
        }
        hit::crossed(editor.layout(), &self.points)
    }

    pub fn sketch(&self, editor: &Editor) -> Sketch {
        Sketch::Stroke { points: self.points.clone(), cuts: self.cuts(editor) }
    }
}
