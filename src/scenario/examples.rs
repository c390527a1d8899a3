//! The boards that come with the program. It may not know who opens them.

use crate::scenario::{Document, Point, layout, notation};
use crate::stdx::late::Late;

/// A board by its name, in the notation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Example {
    pub name: &'static str,
    text: Text,
}

/// The first sight needs one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Text {
    First(&'static str),
    Late(Late),
}

macro_rules! example {
    ($name:literal) => {
        Example {
            name: $name,
            text: Text::Late(crate::late!(include_str!(concat!("examples/", $name, ".tradeoff")))),
        }
    };
}

/// One file and one word an example, in the order in which they are offered, behind the first.
macro_rules! examples {
    ($($name:literal)+) => {
        pub static ALL: &[Example] = &[FIRST, $(example!($name)),+];
    };
}

/// The board of the first sight.
pub const FIRST: Example =
    Example { name: "three-tiers", text: Text::First(include_str!("examples/three-tiers.tradeoff")) };

/// Where its machines stand on an upright screen, as [`layout::portrait`] would place them: a phone's first sight does
/// without that.
const FIRST_UPRIGHT: [(i32, i32); 7] =
    [(184, 64), (184, 152), (184, 240), (96, 328), (272, 328), (272, 416), (96, 416)];

examples! {
    "three-tiers-broken"
    "one-database"
    "read-any-copy"
    "promote-the-copy"
    "two-masters"
    "agree-by-majority"
    "two-of-three"
    "one-more-shard"
    "names-that-last"
    "sessions-in-memory"
    "central-sessions"
    "stale-cache"
    "taking-turns"
    "bigger-or-more"
}

pub fn find(name: &str) -> Option<&'static Example> {
    ALL.iter().find(|e| e.name == name)
}

impl Example {
    /// The board, as it is written.
    pub fn text(&self) -> &'static str {
        match self.text {
            Text::First(text) => text,
            Text::Late(text) => text.read(),
        }
    }

    /// The board, read.
    pub fn document(&self) -> Document {
        notation::parse(self.text()).unwrap_or_else(|problems| {
            panic!("the example {} is tested to be readable: {problems:?}", self.name)
        })
    }

    /// The board for an upright screen.
    pub fn upright(&self) -> Document {
        let mut document = self.document();
        if *self == FIRST {
            let places = FIRST_UPRIGHT.map(|(x, y)| Point { x, y });
            document.machines.iter_mut().zip(places).for_each(|(machine, at)| machine.at = at);
        } else {
            layout::stand_upright(&mut document);
        }
        document
    }
}

/// Whether it is the empty board or one of these, wherever its machines stand: everybody has it.
pub fn is_ready(document: &Document) -> bool {
    let placed_nowhere = |mut document: Document| {
        document.machines.iter_mut().for_each(|machine| machine.at = Point::default());
        document
    };
    let nowhere = placed_nowhere(document.clone());
    document.machines.is_empty() || ALL.iter().any(|example| placed_nowhere(example.document()) == nowhere)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::problem;

    #[test]
    fn an_upright_example_stands_where_the_layout_puts_it() {
        for example in ALL {
            let places: Vec<_> = example.upright().machines.iter().map(|m| m.at).collect();
            assert_eq!(places, layout::portrait(&example.document()), "{}", example.name);
        }
    }

    #[test]
    fn a_ready_board_is_one_that_nobody_has_changed() {
        assert!(is_ready(&Document::default()) && is_ready(&FIRST.upright()));
        let mut mine = FIRST.document();
        mine.title += "!";
        assert!(!is_ready(&mine));
    }

    #[test]
    fn every_example_is_canonical_and_without_a_problem() {
        for example in ALL {
            let document = example.document();
            assert_eq!(problem::check(&document), [], "{}", example.name);
            assert_eq!(notation::write(&document), example.text(), "{}", example.name);
            assert_ne!(document.title, "Untitled", "{}", example.name);
            assert!(!document.notes.is_empty(), "{}: what does it show?", example.name);
            let places: Vec<_> = document.machines.iter().map(|m| m.at).collect();
            for (i, a) in places.iter().enumerate() {
                assert!(!places[..i].iter().any(|b| layout::overlap(*a, *b)), "{}", example.name);
            }
        }
    }
}
