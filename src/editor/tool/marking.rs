//! A box drawn on the empty board: it chooses what it touches, while it is drawn.

use super::pointing::Press;
use super::{EdgePan, Hand};
use crate::editor::Editor;
use crate::editor::geometry::{Rect, Vector, hit};
use crate::editor::input::Input;
use crate::editor::selection::Selection;

#[derive(Clone, PartialEq, Debug)]
pub struct Marking {
    pub id: i32,
    pub at: Vector,
    /// The corners, on the board.
    from: Vector,
    to: Vector,
    /// What was chosen before, and what of it stays.
    before: Selection,
    base: Selection,
    edge: EdgePan,
}

impl Marking {
    pub fn begin(editor: &mut Editor, press: Press, at: Vector) -> Marking {
        let before = editor.selection().clone();
        let base = if press.modifiers.adds() { before.clone() } else { Selection::default() };
        let from = editor.camera.to_board(press.at);
        let mut marking =
            Marking { id: press.id, at, from, to: from, before, base, edge: EdgePan::default() };
        marking.follow(editor);
        marking
    }

    pub fn input(mut self, editor: &mut Editor, input: &Input) -> Hand {
        match *input {
            Input::Move { id, at, .. } if id == self.id => {
                self.at = at;
                self.follow(editor);
                Hand::Marking(self)
            }
            Input::Tick { now } => {
                if self.edge.tick(editor, self.at, now) {
                    self.follow(editor);
                }
                Hand::Marking(self)
            }
            Input::Up { id, at, .. } if id == self.id => {
                self.at = at;
                self.follow(editor);
                editor.announce_selection();
                Hand::default()
            }
            Input::Cancel { id } if id == self.id => {
                self.cancel(editor);
                Hand::default()
            }
            _ => Hand::Marking(self),
        }
    }

    fn follow(&mut self, editor: &mut Editor) {
        self.to = editor.camera.to_board(self.at);
        let mut selection = self.base.clone();
        selection.extend(hit::boxed(editor.layout(), self.area()));
        editor.selection = selection;
    }

    pub fn area(&self) -> Rect {
        Rect::between(self.from, self.to)
    }

    pub fn cancel(self, editor: &mut Editor) {
        editor.selection = self.before;
    }
}
