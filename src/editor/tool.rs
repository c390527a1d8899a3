//! The hand on the board: which tool it holds, and what it is in the middle of. One small state machine a file, named by
//! what the hand does. It may not know where its events come from, nor what the page does with the effects.

mod adding;
mod connecting;
mod cutting;
mod dragging;
mod marking;
mod panning;
mod pinching;
mod pointing;
mod pressing;
#[cfg(test)]
mod tests;

pub use adding::Adding;
pub use connecting::Connecting;
pub use cutting::Cutting;
pub use dragging::Dragging;
pub use marking::Marking;
pub use panning::Panning;
pub use pinching::Pinching;
pub use pointing::Pointing;
pub use pressing::Pressing;

use super::Editor;
use super::geometry::{Rect, Vector};
use super::input::Input;
use crate::components::Kind;
use crate::scenario::fault::LinkName;

/// What the hand holds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Tool {
    #[default]
    Select,
    Connect,
    Scissors,
    Hand,
    /// A component from the palette, to be put down by a click.
    Add(Kind),
}

/// What the hand is in the middle of.
#[derive(Clone, PartialEq, Debug)]
pub enum Hand {
    Pointing(Pointing),
    Pressing(Pressing),
    Dragging(Dragging),
    Marking(Marking),
    Connecting(Connecting),
    Panning(Panning),
    Pinching(Pinching),
    Cutting(Cutting),
    Adding(Adding),
}

impl Default for Hand {
    fn default() -> Hand {
        Hand::Pointing(Pointing::default())
    }
}

/// What the hand draws over the board meanwhile, in board pixels.
#[derive(Clone, PartialEq, Debug)]
pub enum Sketch {
    /// The box that marks.
    Box(Rect),
    /// A line that is being drawn; `to` has snapped when there is a target.
    Wire {
        from: Vector,
        to: Vector,
        target: Option<String>,
        /// Whether it may stand, and what it would carry or why it may not. None over nothing.
        verdict: Option<Result<&'static str, String>>,
    },
    /// The scissors' stroke, and what it would cut.
    Stroke { points: Vec<Vector>, cuts: Vec<LinkName> },
    /// The frame of the zone that would take in what is carried.
    Into(Rect),
    /// The card that would be put down.
    Ghost { kind: Kind, card: Rect },
}

/// The pointer's shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cursor {
    Default,
    /// Over something that can be pressed.
    Pointer,
    Grab,
    Grabbing,
    Crosshair,
    Copy,
    NotAllowed,
    Scissors,
}

/// A pointer must move so far (screen pixels) before a press is a drag.
pub const THRESHOLD: f64 = 4.0;
/// A finger trembles more.
pub const TOUCH_THRESHOLD: f64 = 8.0;
/// A finger that rests so long (milliseconds) asks for the menu.
pub const LONG_PRESS: f64 = 500.0;
/// So near the edge the board begins to move.
const EDGE: f64 = 32.0;
/// And at most so many screen pixels a second.
const EDGE_SPEED: f64 = 900.0;

impl Hand {
    pub(super) fn input(self, editor: &mut Editor, input: &Input) -> Hand {
        match self {
            Hand::Pointing(state) => state.input(editor, input),
            Hand::Pressing(state) => state.input(editor, input),
            Hand::Dragging(state) => state.input(editor, input),
            Hand::Marking(state) => state.input(editor, input),
            Hand::Connecting(state) => state.input(editor, input),
            Hand::Panning(state) => state.input(editor, input),
            Hand::Pinching(state) => state.input(editor, input),
            Hand::Cutting(state) => state.input(editor, input),
            Hand::Adding(state) => state.input(editor, input),
        }
    }

    /// Whether there is a gesture to cancel.
    pub fn busy(&self) -> bool {
        !matches!(self, Hand::Pointing(_))
    }

    /// The gesture never was.
    pub(super) fn cancel(self, editor: &mut Editor) {
        match self {
            Hand::Dragging(state) => state.cancel(editor),
            Hand::Marking(state) => state.cancel(editor),
            Hand::Adding(_) => editor.tool = Tool::Select,
            Hand::Pointing(_)
            | Hand::Pressing(_)
            | Hand::Connecting(_)
            | Hand::Panning(_)
            | Hand::Pinching(_)
            | Hand::Cutting(_) => {}
        }
    }

    pub(super) fn sketch(&self, editor: &Editor) -> Option<Sketch> {
        match self {
            Hand::Marking(state) => Some(Sketch::Box(state.area())),
            Hand::Dragging(state) => state.sketch(editor),
            Hand::Connecting(state) => state.sketch(editor),
            Hand::Cutting(state) => Some(state.sketch(editor)),
            Hand::Adding(state) => state.sketch(editor),
            _ => None,
        }
    }

    pub(super) fn cursor(&self, editor: &Editor) -> Cursor {
        match self {
            Hand::Pointing(state) => state.cursor(editor),
            Hand::Pressing(_) | Hand::Marking(_) => Cursor::Default,
            Hand::Dragging(state) => state.cursor(),
            Hand::Panning(_) | Hand::Pinching(_) => Cursor::Grabbing,
            Hand::Connecting(state) => match state.verdict(editor) {
                Some(Err(_)) => Cursor::NotAllowed,
                _ => Cursor::Crosshair,
            },
            Hand::Cutting(_) => Cursor::Scissors,
            Hand::Adding(_) => Cursor::Copy,
        }
    }
}

/// Moves the board under a pointer that holds something at its edge.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
struct EdgePan {
    last: Option<f64>,
}

impl EdgePan {
    /// Says whether the board moved.
    fn tick(&mut self, editor: &mut Editor, at: Vector, now: f64) -> bool {
        // A frame that came late moves no further than a tenth of a second would.
        let passed = self.last.map_or(0.0, |last| (now - last).clamp(0.0, 100.0)) / 1_000.0;
        self.last = Some(now);
        let size = editor.camera.size;
        let push = |at: f64, size: f64| {
            if at < EDGE {
                ((EDGE - at) / EDGE).min(1.0)
            } else if at > size - EDGE {
                -((at - size + EDGE) / EDGE).min(1.0)
            } else {
                0.0
            }
        };
        let by = Vector::new(push(at.x, size.x), push(at.y, size.y)) * (EDGE_SPEED * passed);
        editor.camera.pan(by);
        by != Vector::default()
    }
}
