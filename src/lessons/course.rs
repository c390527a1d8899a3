//! The course: the lessons as their files say them, made ready when the crate is built. It runs nothing.

use super::goal::Goal;
use crate::scenario::Document;
use crate::scenario::fault::Fault;
use crate::stdx::Duration;
use serde::Deserialize;
use std::sync::OnceLock;

/// One lesson. Texts are HTML made from the file's Markdown; `{{metric}}` in a debrief stands for a number of the
/// learner's own run.
#[derive(Clone, Debug, Deserialize)]
pub struct Lesson {
    pub number: u32,
    pub title: String,
    pub chapter: u32,
    pub minutes: u32,
    /// Lessons that come before it.
    pub needs: Vec<u32>,
    pub intro: String,
    pub steps: Vec<Step>,
    /// Which known system works so.
    pub world: String,
    /// What the lesson's run leaves out.
    pub card: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    pub title: String,
    /// In the notation.
    pub board: String,
    pub watch: String,
    pub predict: Option<Predict>,
    pub act: Option<Act>,
    pub explain: String,
}

/// A question that the run decides.
#[derive(Clone, Debug, Deserialize)]
pub struct Predict {
    pub question: String,
    plan: String,
    pub options: Vec<Choice>,
}

/// An answer, and the goal that is met on the run exactly when it is right; or a goal of a step and its words.
#[derive(Clone, Debug, Deserialize)]
pub struct Choice {
    goal: String,
    pub words: String,
}

/// What the learner is to reach.
#[derive(Clone, Debug, Deserialize)]
pub struct Act {
    pub text: String,
    pub goals: Vec<Choice>,
    /// From "look here" to "do this".
    pub hints: Vec<String>,
    solution: String,
    pub wrong: Vec<Wrong>,
}

/// A fix that a learner is likely to try, and the goal that it does not reach.
#[derive(Clone, Debug, Deserialize)]
pub struct Wrong {
    pub name: String,
    fails: String,
    pub why: String,
    board: String,
}

/// What happens once the learner has committed to an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub faults: Vec<(Duration, Fault)>,
    /// When the run decides.
    pub lasting: Duration,
}

impl Step {
    pub fn start(&self) -> Document {
        read(&self.board)
    }
}

impl Act {
    pub fn solution(&self) -> Document {
        read(&self.solution)
    }
}

impl Wrong {
    pub fn document(&self) -> Document {
        read(&self.board)
    }

    pub fn fails(&self) -> Goal {
        goal(&self.fails)
    }
}

impl Choice {
    pub fn goal(&self) -> Goal {
        goal(&self.goal)
    }
}

impl Predict {
    /// `after 2s crash web-2` lines, then `decide after 12s`.
    pub fn plan(&self) -> Plan {
        let mut plan = Plan { faults: Vec::new(), lasting: Duration::ZERO };
        for line in self.plan.lines().map(str::trim).filter(|l| !l.is_empty()) {
            let time =
                |t: &str| t.parse::<Duration>().unwrap_or_else(|e| panic!("the plan's line “{line}”: {e}"));
            if let Some(span) = line.strip_prefix("decide after ") {
                plan.lasting = time(span);
            } else if let Some((span, fault)) = line.strip_prefix("after ").and_then(|l| l.split_once(' ')) {
                let fault = fault.parse().unwrap_or_else(|e| panic!("the plan's line “{line}”: {e}"));
                plan.faults.push((time(span), fault));
            } else {
                panic!("the plan's line “{line}” is neither “after 2s …” nor “decide after 12s”");
            }
        }
        plan
    }
}

/// The boards and goals of the lessons are checked by the tests; a wrong one is a mistake of ours.
fn read(board: &str) -> Document {
    match crate::scenario::notation::parse(board) {
        Ok(document) => document,
        Err(problems) => panic!("a lesson's board cannot be read: {problems:?}\n{board}"),
    }
}

fn goal(text: &str) -> Goal {
    text.parse().unwrap_or_else(|e| panic!("a lesson's goal: {e}"))
}

/// All lessons, in the order of their numbers.
pub fn lessons() -> &'static [Lesson] {
    static COURSE: OnceLock<Vec<Lesson>> = OnceLock::new();
    COURSE.get_or_init(|| {
        let text = crate::late!(include_str!(concat!(env!("OUT_DIR"), "/course.json"))).read();
        let mut lessons: Vec<Lesson> = serde_json::from_str(text).expect("the build made it");
        lessons.sort_by_key(|l| l.number);
        lessons
    })
}

pub fn lesson(number: u32) -> Option<&'static Lesson> {
    lessons().iter().find(|l| l.number == number)
}

/// The chapters' titles, from 1.
pub const CHAPTERS: [&str; 8] =
    ["One machine", "Clones", "The database", "Caches", "Later", "When things break", "CAP", "Build it"];
