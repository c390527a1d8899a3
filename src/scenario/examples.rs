//! The boards that come with the program. It may not know who opens them.

/// A board by its name, in the notation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Example {
    pub name: &'static str,
    pub text: &'static str,
}

macro_rules! example {
    ($name:literal) => {
        Example { name: $name, text: include_str!(concat!("examples/", $name, ".tradeoff")) }
    };
}

/// One file and one word an example, in the order in which they are offered, behind the first.
macro_rules! examples {
    ($($name:literal)+) => {
        pub static ALL: &[Example] = &[FIRST, $(example!($name)),+];
    };
}

/// The board of the first sight.
pub const FIRST: Example = example!("three-tiers");

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
    /// The board, read.
    pub fn document(&self) -> crate::scenario::Document {
        crate::scenario::notation::parse(self.text).unwrap_or_else(|problems| {
            panic!("the example {} is tested to be readable: {problems:?}", self.name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{layout, notation, problem};

    #[test]
    fn every_example_is_canonical_and_without_a_problem() {
        for example in ALL {
            let document = example.document();
            assert_eq!(problem::check(&document), [], "{}", example.name);
            assert_eq!(notation::write(&document), example.text, "{}", example.name);
            assert_ne!(document.title, "Untitled", "{}", example.name);
            assert!(!document.notes.is_empty(), "{}: what does it show?", example.name);
            let places: Vec<_> = document.machines.iter().map(|m| m.at).collect();
            for (i, a) in places.iter().enumerate() {
                assert!(!places[..i].iter().any(|b| layout::overlap(*a, *b)), "{}", example.name);
            }
        }
    }
}
