//! The names of what stands on the page: regions, buttons, marks, columns, fields. It may not know where one is shown.

pub mod region {
    pub const SIMULATION: &str = "Simulation";
    pub const EDIT: &str = "Edit";
    pub const COMPONENTS: &str = "Components";
    pub const BOARD: &str = "Board";
    pub const LINKS: &str = "Links";
    pub const INSPECTOR: &str = "Inspector";
    pub const VERDICTS: &str = "Verdicts";
    pub const CHARTS: &str = "Charts";
    pub const TIMELINE: &str = "Timeline";
    pub const EVENTS: &str = "Events";
    pub const OUTLINE: &str = "Outline";
    pub const LEGEND: &str = "Legend";
    pub const PANELS: &str = "Panels";
    pub const LESSON: &str = "Lesson";
}

pub mod bar {
    pub const PLAY: &str = "Play";
    pub const PAUSE: &str = "Pause";
    pub const PLAYING: &str = "Playing.";
    pub const STEP: &str = "Step";
    pub const STEP_BACK: &str = "Step back";
    pub const RESTART: &str = "Restart";
    pub const NEW_SEED: &str = "New seed";
    pub const SPEED: &str = "Speed";
    pub const FLAT: &str = "as fast as it can";
    pub const CLOCK: &str = "Clock";
    pub const UNDO: &str = "Undo";
    pub const REDO: &str = "Redo";
    pub const LESSONS: &str = "Lessons";
    pub const OPEN: &str = "Open";
    pub const SAVE: &str = "Save";
    pub const SHARE: &str = "Share";
    pub const RENAME: &str = "Board’s name";
    pub const MORE: &str = "More";
    pub const HELP: &str = "Help";
    pub const TO_THE_BOARD: &str = "To the board";
    pub const SHOW_NAMES: &str = "Show names";
}

pub mod tool {
    pub const SELECT: &str = "Select";
    pub const CONNECT: &str = "Connect";
    pub const HAND: &str = "Hand";
    pub const SCISSORS: &str = "Scissors";
    pub const CUT_A_LINE: &str = "Cut a line.";
    pub const DUPLICATE: &str = "Duplicate";
    pub const DELETE: &str = "Delete";
    pub const HEAL_ALL: &str = "Heal all";
    pub const ZOOM_IN: &str = "Zoom in";
    pub const ZOOM_OUT: &str = "Zoom out";
    pub const FIT: &str = "Show everything";
    pub const BACK: &str = "Back to the board";
    pub const ZOOM: &str = "Zoom";
    pub const FULL_SIZE: &str = "Zoom to 100 %";
}

pub mod dot {
    pub const ASKED: &str = "asked";
    pub const WRITE: &str = "write";
    pub const ANSWERED: &str = "answered";
    pub const STALE: &str = "stale";
    pub const REFUSED: &str = "refused";
    pub const TIMED_OUT: &str = "timed out";
}

pub mod verdict {
    pub const HOLDS: &str = "Holds";
    pub const BROKEN: &str = "Broken";
    pub const NOT_EXERCISED: &str = "Not exercised";
    pub const NOT_YET: &str = "Not yet";
    pub const SHOW_PROOF: &str = "Show proof";
}

pub mod link {
    pub const WHOLE: &str = "whole";
    pub const CUT: &str = "cut";
    pub const CUT_FORTH: &str = "cut one way, with the arrow";
    pub const CUT_BACK: &str = "cut one way, against the arrow";
    pub const PARTLY: &str = "partly cut";
}

pub mod chart {
    pub const THROUGHPUT: &str = "Throughput";
    pub const LATENCY: &str = "Latency";
    pub const FAILURES: &str = "Failures";
    pub const STALENESS: &str = "Staleness";
    pub const PER_SECOND: &str = "requests/s";
    pub const MILLISECONDS: &str = "ms";
    pub const SECONDS: &str = "s";
    pub const WAITING: &str = "waiting";
    pub const TRIED: &str = "tried";
    pub const GOODPUT: &str = "goodput";
    pub const WORST: &str = "worst";
    pub const NOW: &str = "now";
    pub const TABLE: &str = "Measurements, the latest first";
    pub const AS_TABLE: &str = "As table";
    pub const AS_CHARTS: &str = "As charts";
    pub const BRANCH: &str = "branch";
    pub const THIS_RUN: &str = "this run";
    pub const INSTANT: &str = "Instant";
}

pub mod inspector {
    pub const NOTHING: &str = "Select a machine or a link to see what it is made of.";
    pub const ADVANCED: &str = "More settings";
    pub const CARD: &str = "What is modelled";
    pub const PRICE: &str = "Price of the drawing";
    pub const NAME: &str = "Name";
    pub const HINTS: &str = "What is missing";
    pub const ZONE: &str = "Zone: a data centre or region";
    pub const PER_HOUR: &str = "/h";
    pub const MESSAGES: &str = "Messages a second";
    pub const MORE: &str = "More";
}
