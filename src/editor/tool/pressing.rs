//! A press that may become a click, a drag, or a long press.

use super::pointing::Press;
use super::{Dragging, Hand, LONG_PRESS, Marking, Panning, THRESHOLD, TOUCH_THRESHOLD};
use crate::editor::Editor;
use crate::editor::effect::Effect;
use crate::editor::geometry::Vector;
use crate::editor::input::{Input, Pointer};
use crate::editor::selection::Thing;

#[derive(Clone, PartialEq, Debug)]
pub struct Pressing {
    pub id: i32,
    /// Where it is now; it has not moved further than the threshold.
    pub at: Vector,
    press: Press,
    on: Option<Thing>,
    /// The menu is open already: the rest of the press means nothing.
    spent: bool,
}

impl Pressing {
    /// Lifted now, it is a click.
    pub fn is_click(&self) -> bool {
        !self.spent
    }

    pub fn new(press: Press, on: Option<Thing>) -> Pressing {
        Pressing { id: press.id, at: press.at, press, on, spent: false }
    }

    pub fn input(mut self, editor: &mut Editor, input: &Input) -> Hand {
        let touch = self.press.pointer == Pointer::Touch;
        match *input {
            Input::Move { id, at, modifiers } if id == self.id => {
                self.at = at;
                let threshold = if touch { TOUCH_THRESHOLD } else { THRESHOLD };
                if self.spent || at.distance(self.press.at) < threshold {
                    return Hand::Pressing(self);
                }
                match self.on {
                    Some(Thing::Machine(_) | Thing::Zone(_)) => {
                        let thing = self.on.expect("it was matched");
                        Hand::Dragging(Dragging::begin(editor, self.press, thing, at, modifiers.alt))
                    }
                    _ if touch => Hand::Panning(Panning::new(id, self.press.at)).input(editor, input),
                    _ => Hand::Marking(Marking::begin(editor, self.press, at)),
                }
            }
            Input::Up { id, .. } if id == self.id => {
                if !self.spent {
                    editor.click(self.on, self.press.modifiers.adds());
                }
                Hand::default()
            }
            Input::Tick { now } if !self.spent && self.press.pointer != Pointer::Mouse => {
                if now - self.press.now >= LONG_PRESS {
                    self.spent = true;
                    editor.choose_for_menu(self.on.clone());
                    editor.emit(Effect::Menu { at: self.press.at, of: self.on.clone() });
                }
                Hand::Pressing(self)
            }
            Input::Cancel { id } if id == self.id => Hand::default(),
            _ => Hand::Pressing(self),
        }
    }
}
