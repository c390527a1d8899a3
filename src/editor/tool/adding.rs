//! A component from the palette is carried over the board, and put down where there is room.

use super::pointing::Press;
use super::{Hand, Sketch, THRESHOLD, Tool};
use crate::components::Kind;
use crate::editor::Editor;
use crate::editor::geometry::{Rect, Vector, card_size, place};
use crate::editor::input::{Button, Input};
use crate::scenario::Machine;

#[derive(Clone, PartialEq, Debug)]
pub struct Adding {
    kind: Kind,
    /// The pointer that carries it; None when the next press puts it down.
    pub held: Option<i32>,
    pub at: Vector,
    start: Vector,
    /// It was picked up in the palette, and the pointer has not been let go since.
    from_palette: bool,
}

impl Adding {
    /// Picked up in the palette; `at` lies outside of the board.
    pub fn picked_up(kind: Kind, id: i32, at: Vector) -> Adding {
        Adding { kind, held: Some(id), at, start: at, from_palette: true }
    }

    /// Carried without being held: a click will put it down.
    pub fn armed(kind: Kind, at: Vector) -> Adding {
        Adding { kind, held: None, at, start: at, from_palette: false }
    }

    pub fn pressed(kind: Kind, press: Press) -> Adding {
        Adding { kind, held: Some(press.id), at: press.at, start: press.at, from_palette: false }
    }

    pub fn input(mut self, editor: &mut Editor, input: &Input) -> Hand {
        match *input {
            Input::Move { id, at, .. } if self.held.is_none_or(|held| held == id) => {
                self.at = at;
                Hand::Adding(self)
            }
            Input::Down { button: Button::Secondary, .. } => {
                editor.tool = Tool::Select;
                Hand::default()
            }
            Input::Down { id, at, .. } if self.held.is_none() => {
                self.at = at;
                self.held = Some(id);
                Hand::Adding(self)
            }
            Input::Up { id, at, .. } if self.held == Some(id) => {
                self.at = at;
                if self.over_board(editor) {
                    editor.tool = Tool::Select;
                    editor.add(self.kind, Some(editor.camera.to_board(at)));
                } else if self.from_palette && at.distance(self.start) < THRESHOLD {
                    // A click in the palette: the next one on the board puts it down.
                    editor.tool = Tool::Add(self.kind);
                } else {
                    editor.tool = Tool::Select;
                }
                Hand::default()
            }
            Input::Cancel { id } if self.held == Some(id) => {
                editor.tool = Tool::Select;
                Hand::default()
            }
            _ => Hand::Adding(self),
        }
    }

    fn over_board(&self, editor: &Editor) -> bool {
        let size = editor.camera.size;
        Rect::between(Vector::default(), size).contains(self.at)
    }

    pub fn sketch(&self, editor: &Editor) -> Option<Sketch> {
        let machine = Machine::new(self.kind, self.kind.info().first_name);
        let (width, height) = card_size(&machine, editor.density());
        let standing: Vec<Rect> = editor.layout().cards.iter().map(|card| card.rect).collect();
        let at = place::free(editor.camera.to_board(self.at), (width, height), &standing);
        let card = Rect::around(at.into(), width, height);
        self.over_board(editor).then_some(Sketch::Ghost { kind: self.kind, card })
    }
}
