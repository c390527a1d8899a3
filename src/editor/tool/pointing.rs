//! Nothing is held down: the pointer hovers, and a press begins something.

use super::{Adding, Connecting, Cursor, Cutting, Hand, Panning, Pressing, Tool};
use crate::editor::Editor;
use crate::editor::effect::Effect;
use crate::editor::geometry::{Vector, hit, hit::Hit};
use crate::editor::input::{Button, Input, Modifiers, Pointer};
use crate::editor::selection::Thing;

#[derive(Clone, PartialEq, Default, Debug)]
pub struct Pointing {
    pub over: Option<Hit>,
}

impl Pointing {
    pub fn input(self, editor: &mut Editor, input: &Input) -> Hand {
        match *input {
            Input::Move { at, .. } => {
                if let Tool::Add(kind) = editor.tool {
                    return Hand::Adding(Adding::armed(kind, at));
                }
                let over = editor.under(at, hit::SLOP, self.over_machine());
                Hand::Pointing(Pointing { over: Some(over) })
            }
            Input::Down { id, at, pointer, button, modifiers, now } => {
                let press = Press { id, at, pointer, modifiers, now };
                let over = self.over_machine().filter(|_| pointer != Pointer::Touch);
                begin(editor, press, button, over)
            }
            Input::Cancel { .. } => Hand::default(),
            Input::Up { .. } | Input::Wheel { .. } | Input::Space(_) | Input::Tick { .. } => {
                Hand::Pointing(self)
            }
        }
    }

    /// The machine under the pointer: it shows its handles.
    pub fn over_machine(&self) -> Option<&str> {
        match &self.over {
            Some(Hit::Handle(name, _) | Hit::Thing(Thing::Machine(name))) => Some(name),
            _ => None,
        }
    }

    pub fn cursor(&self, editor: &Editor) -> Cursor {
        match editor.tool {
            _ if editor.space => Cursor::Grab,
            Tool::Hand => Cursor::Grab,
            Tool::Scissors => Cursor::Scissors,
            Tool::Add(_) => Cursor::Copy,
            Tool::Connect => Cursor::Crosshair,
            Tool::Select => match &self.over {
                Some(Hit::Handle(..)) => Cursor::Crosshair,
                Some(Hit::Thing(Thing::Machine(_))) => Cursor::Grab,
                Some(Hit::Thing(_)) => Cursor::Pointer,
                Some(Hit::Nothing) | None => Cursor::Default,
            },
        }
    }
}

/// A pointer that went down.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Press {
    pub id: i32,
    pub at: Vector,
    pub pointer: Pointer,
    pub modifiers: Modifiers,
    pub now: f64,
}

fn begin(editor: &mut Editor, press: Press, button: Button, over: Option<&str>) -> Hand {
    let slop = if press.pointer == Pointer::Touch { hit::TOUCH } else { hit::SLOP };
    let hit = editor.under(press.at, slop, over);
    match (button, editor.tool) {
        (Button::Secondary, _) => {
            let of = hit.thing();
            editor.choose_for_menu(of.clone());
            editor.emit(Effect::Menu { at: press.at, of });
            Hand::default()
        }
        (Button::Middle, _) | (_, Tool::Hand) => Hand::Panning(Panning::new(press.id, press.at)),
        _ if editor.space => Hand::Panning(Panning::new(press.id, press.at)),
        (Button::Primary, Tool::Select) => match hit {
            Hit::Handle(machine, _) => Hand::Connecting(Connecting::pressed(machine, press)),
            hit => Hand::Pressing(Pressing::new(press, hit.thing())),
        },
        (Button::Primary, Tool::Connect) => match hit {
            Hit::Handle(machine, _) | Hit::Thing(Thing::Machine(machine)) => {
                Hand::Connecting(Connecting::pressed(machine, press))
            }
            hit => Hand::Pressing(Pressing::new(press, hit.thing())),
        },
        (Button::Primary, Tool::Scissors) => Hand::Cutting(Cutting::new(editor, press)),
        (Button::Primary, Tool::Add(kind)) => Hand::Adding(Adding::pressed(kind, press)),
    }
}
