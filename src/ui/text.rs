//! Every text of the page, in one place: what a translation has to replace. It may not know where a text is shown.

use crate::components::Shelf;

pub const TITLE: &str = "Tradeoff";

pub mod region {
    pub const COMPONENTS: &str = "Components";
    pub const BOARD: &str = "Board";
    pub const INSPECTOR: &str = "Inspector";
    pub const VERDICTS: &str = "Verdicts";
}

pub fn shelf(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Sends => "Send work",
        Shelf::Spreads => "Spread work",
        Shelf::Works => "Do work",
        Shelf::Keeps => "Keep data",
        Shelf::Holds => "Hold machines",
    }
}
