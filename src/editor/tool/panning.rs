//! The board is pushed about under the hand.

use super::Hand;
use crate::editor::Editor;
use crate::editor::geometry::Vector;
use crate::editor::input::Input;

#[derive(Clone, PartialEq, Debug)]
pub struct Panning {
    pub id: i32,
    pub at: Vector,
}

impl Panning {
    pub fn new(id: i32, at: Vector) -> Panning {
        Panning { id, at }
    }

    pub fn input(mut self, editor: &mut Editor, input: &Input) -> Hand {
        match *input {
            Input::Move { id, at, .. } if id == self.id => {
                editor.camera.pan(at - self.at);
                self.at = at;
                Hand::Panning(self)
            }
            Input::Up { id, .. } | Input::Cancel { id } if id == self.id => Hand::default(),
            _ => Hand::Panning(self),
        }
    }
}
