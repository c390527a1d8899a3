//! The texts of the lessons' frame and of the course page; the lessons themselves are files of their own. It may not know
//! where a text is shown.

pub mod lesson {
    pub const WHERE: &str = "Where you are";
    pub const COURSE: &str = "Course";
    pub const STEPS: &str = "Steps";
    pub const PREVIOUS: &str = "Previous step";
    pub const NEXT: &str = "Next step";
    pub const TO_COURSE: &str = "Back to the course";
    pub const WATCH: &str = "Watch";
    pub const PREDICT: &str = "Predict";
    pub const DO: &str = "Do";
    pub const DO_LATER: &str = "opens when the run has decided";
    pub const EXPLAIN: &str = "Explain";
    pub const OPENS_DECIDED: &str = "opens when the run has decided";
    pub const YOUR_OWN_RUN: &str = "Your own run: what it kept, and what it gave up.";
    pub const YOUR_PREDICTION: &str = "Your prediction";
    pub const COMMIT: &str = "Commit";
    pub const THEN_THE_RUN: &str = "Then the run decides.";
    pub const DECIDING: &str = "The run decides…";
    pub const NOT_SO: &str = "not so";
    pub const YOU_WERE_RIGHT: &str = "The run has decided: you were right.";
    pub const YOU_WERE_WRONG: &str = "The run has decided: it was not so.";
    pub const GOALS: &str = "Goals, checked live";
    pub const START: &str = "Start";
    pub const START_WHY: &str = "A fresh run of this board; your turn.";
    pub const HINT: &str = "Hint ";
    pub const HINTS: &str = "Hints";
    pub const RUNGS: [&str; 3] = ["Look here", "This part", "Do this"];
    pub const SHOW_ME: &str = "Show me";
    pub const SHOWN: &str = "The solution is on the board and runs. Undo brings yours back.";
    pub const OPENED: &str = "Explain is open.";
    pub const WORLD: &str = "In the real world";
    pub const CARD: &str = "What this run leaves out";
    pub const FREE_PLAY: &str = "The board is yours: change it, break it, cut it.";
    pub const TAKE_ALONG: &str = "Open on a free board";
}

pub mod course {
    pub const TITLE: &str = "The course";
    pub const FREE_BOARD: &str = "Open a free board";
    pub const DONE: &str = "done";
    pub const HERE: &str = "you are here";
    pub const OPEN: &str = "open";
    pub const START: &str = "start";
    pub const CHAPTER: &str = "Chapter ";
    pub const CONTINUE: &str = "Continue";
    pub const BEGIN: &str = "Begin";
}

fn plural(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

pub fn chapter(number: u32, title: &str) -> String {
    format!("{number} · {title}")
}

pub fn minutes(n: u32) -> String {
    format!("{n} min")
}

pub fn lesson_and_minutes(number: u32, minutes: u32) -> String {
    format!("Lesson {number} · {minutes} min")
}

pub fn lesson_and_step(number: u32, step: usize, of: usize) -> String {
    format!("Lesson {number}, step {step} of {of}")
}

pub fn lessons_and_minutes(lessons: usize, minutes: u32) -> String {
    format!("{} · {minutes} min", plural(lessons, "lesson"))
}

pub fn lines_and_stops(lines: usize, stops: usize) -> String {
    format!("{}, {}. Ride in order, or board anywhere.", plural(lines, "line"), plural(stops, "stop"))
}

/// What follows the number of the lessons that are left.
pub fn still_open(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, 0) => "open".into(),
        (0, m) => format!("open, about {m} min to go"),
        (h, 0) => format!("open, about {h} h to go"),
        (h, m) => format!("open, about {h} h {m} min to go"),
    }
}

pub fn step_of(step: usize, of: usize) -> String {
    format!("Step {step} of {of}")
}

pub fn numbered(number: usize, title: &str) -> String {
    format!("{number} {title}")
}

pub fn so_it_was(at: f64) -> String {
    format!("so it was, at {at:.1} s")
}

pub fn committed_at(at: f64) -> String {
    format!("Committed at {at:.1} s.")
}

pub fn opens_after(goals: usize) -> String {
    match goals {
        1 => "opens when the goal is met".into(),
        2 => "opens when both goals are met".into(),
        _ => "opens when all goals are met".into(),
    }
}

pub fn goal_met(goal: &str) -> String {
    format!("Goal met: {goal}.")
}

/// What follows the number of a hint.
pub fn of(all: usize) -> String {
    format!(" of {all}: ")
}
