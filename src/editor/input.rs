//! What a hand does, as plain data: pointers, wheel, keys, and the passing of time. Places are screen pixels from the
//! board's top left corner. It may not know where events come from.

use super::geometry::Vector;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pointer {
    Mouse,
    Touch,
    Pen,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Button {
    Primary,
    Middle,
    Secondary,
}

/// Keys held down meanwhile. `command` is Ctrl, or ⌘ on a Mac.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Modifiers {
    pub shift: bool,
    pub alt: bool,
    pub command: bool,
}

impl Modifiers {
    /// A click with it adds to the selection.
    pub fn adds(self) -> bool {
        self.shift || self.command
    }
}

/// One event. `now` is any clock in milliseconds that does not run backwards.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Input {
    Down {
        id: i32,
        at: Vector,
        pointer: Pointer,
        button: Button,
        modifiers: Modifiers,
        now: f64,
    },
    Move {
        id: i32,
        at: Vector,
        modifiers: Modifiers,
    },
    Up {
        id: i32,
        at: Vector,
        modifiers: Modifiers,
    },
    /// The pointer is gone: cancelled by the system, or its capture was lost.
    Cancel {
        id: i32,
    },
    /// `zoom` when Ctrl is held, or a trackpad pinches; `by` in pixels.
    Wheel {
        at: Vector,
        by: Vector,
        zoom: bool,
    },
    /// The space bar went down or up.
    Space(bool),
    /// Time passes: once a frame while a gesture lasts.
    Tick {
        now: f64,
    },
}
