//! What the page must do after an action: tell the run, say something, open something. It may not know how.

use super::geometry::Vector;
use super::selection::Thing;
use crate::components::{Kind, Wire};
use crate::scenario::Point;
use crate::scenario::edit::Edit;
use crate::scenario::fault::Fault;

#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// The drawing was edited. `edits` are what a run can tell; there are none when only cards moved.
    Edited {
        name: String,
        edits: Vec<Edit>,
    },
    /// Something befalls the run.
    Fault(Fault),
    /// The run is to do something.
    Transport(Transport),
    /// A sentence for the status region.
    Announce(String),
    /// Something cannot be done: a sentence that says why, to be shown where the hand is.
    Refused(String),
    /// The menu of a thing, or of the empty board.
    Menu {
        at: Vector,
        of: Option<Thing>,
    },
    /// A line was dropped on nothing: what may stand there. Answered by [`super::Editor::add_linked`].
    Offer(Offer),
    /// The list of machines to connect to. Answered by [`super::Editor::connect`].
    Targets {
        from: String,
        targets: Vec<Target>,
    },
    /// Text for the system's clipboard.
    Copied(String),
    /// Read the system's clipboard, and hand the text to [`super::Editor::paste`].
    PasteWanted,
    Show(Panel),
    /// The card opens into its clones, or closes again.
    Fan(String),
    /// The keyboard's focus goes there.
    Focus(Thing),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    PlayOrPause,
    Step,
    StepBack,
    Restart,
    Faster,
    Slower,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Panel {
    Commands,
    Help,
    Rename,
    Open,
    Save,
    Share,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Offer {
    pub from: String,
    /// Where the line ended, on the board and on the screen.
    pub at: Point,
    pub screen: Vector,
    pub kinds: Vec<(Kind, Wire)>,
}

/// A machine to which a line might go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    pub name: String,
    pub kind: Kind,
    /// What the line would be, or why there can be none.
    pub wire: Result<Wire, String>,
}
