//! What an edit of the board means to a run that is under way: plain data, complete in itself, so that a run can record
//! it with its instant and repeat it. It may not know who edits, nor how it is undone.

use super::fault::LinkName;
use super::{Document, Link, Machine, Scheduled};
use crate::components::parameter::Settings;
use crate::stdx::Duration;
use std::sync::Arc;

/// One change of the drawing. Moving a card, the title and the notes are none: no run
/// can tell.
#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    /// It stands at `index` among the document's machines; later ones move up by one.
    AddMachine {
        index: usize,
        machine: Machine,
    },
    /// Its links were removed by edits before this one.
    RemoveMachine {
        name: String,
    },
    /// Its links' ends follow; a schedule that speaks of it comes as an edit of its own.
    RenameMachine {
        from: String,
        to: String,
    },
    /// All its settings, as they are now.
    SetMachine {
        name: String,
        settings: Settings,
    },
    /// The zone it stands in now.
    PutInZone {
        machine: String,
        zone: Option<String>,
    },
    /// It stands at `index` among the document's links; later ones move up by one.
    AddLink {
        index: usize,
        link: Link,
    },
    RemoveLink {
        link: LinkName,
    },
    /// All its settings, as they are now.
    SetLink {
        link: LinkName,
        settings: Settings,
    },
    AddZone {
        name: String,
        settings: Settings,
    },
    RemoveZone {
        name: String,
    },
    RenameZone {
        from: String,
        to: String,
    },
    SetZone {
        name: String,
        settings: Settings,
    },
    /// A text that settings may name (an access log), or that it is gone.
    SetFile {
        name: String,
        text: Option<Arc<str>>,
    },
    /// Means a new run.
    Seed(u64),
    Until(Duration),
    /// The whole schedule, as it is now.
    Schedule(Vec<Scheduled>),
    /// Another drawing altogether; means a new run.
    Replace(Box<Document>),
}
