//! What can go wrong in any world, by number. It knows no name and no component.

use super::link::{LinkId, NodeId};
use crate::stdx::Distribution;

/// Which lanes of a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Both,
    /// From its end `a` to its end `b`.
    Forth,
    Back,
}

impl Way {
    pub fn lanes(self) -> &'static [usize] {
        match self {
            Way::Both => &[0, 1],
            Way::Forth => &[0],
            Way::Back => &[1],
        }
    }
}

/// A fault of machines and links. Applying one twice does no more than applying it once.
#[derive(Clone, PartialEq, Debug)]
pub enum Fault {
    /// The process dies; with `host` the whole host does, and callers meet silence instead of refusal.
    Crash {
        node: NodeId,
        host: bool,
    },
    /// The machine starts again if it was down.
    Restart {
        node: NodeId,
    },
    Pause {
        node: NodeId,
    },
    Resume {
        node: NodeId,
    },
    /// Work takes `factor` times as long.
    Slow {
        node: NodeId,
        factor: f64,
    },
    /// The machine's clock is so many nanoseconds ahead.
    Skew {
        node: NodeId,
        nanos: i64,
    },
    Cut {
        link: LinkId,
        way: Way,
    },
    Heal {
        link: LinkId,
    },
    Delay {
        link: LinkId,
        by: Option<Distribution>,
    },
    Loss {
        link: LinkId,
        share: Option<f64>,
    },
}
