//! Goals as data: `metric op value [while condition] [for duration]`, read from text and checked live on a run. It may
//! know no particular lesson.

use super::metric::{Metric, Reading};
use crate::components::parameter::Setting;
use crate::run::state::State;
use crate::scenario::Document;
use crate::sim::Condition as Is;
use crate::stdx::{Duration, Instant};
use std::fmt;

/// How a measured value is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    AtLeast,
    AtMost,
    Above,
    Below,
    Equal,
}

impl Op {
    const ALL: [(&'static str, Op); 5] =
        [(">=", Op::AtLeast), ("<=", Op::AtMost), ("==", Op::Equal), (">", Op::Above), ("<", Op::Below)];

    fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Op::AtLeast => a >= b,
            Op::AtMost => a <= b,
            Op::Above => a > b,
            Op::Below => a < b,
            Op::Equal => (a - b).abs() < 1e-9,
        }
    }

    fn text(self) -> &'static str {
        Op::ALL.iter().find(|(_, op)| *op == self).map_or("?", |(text, _)| text)
    }
}

/// When a goal is looked at.
#[derive(Clone, PartialEq, Debug)]
pub enum Condition {
    Always,
    /// `web-2 is down`; a card's name means any one of its clones.
    Down(String),
    /// `db is up`.
    Up(String),
    /// `parted`: some machines that are wired to each other cannot talk.
    Parted,
    /// `whole`: everybody can talk.
    Whole,
    /// `board has web sessions=central`: a setting of the drawing.
    Set {
        machine: String,
        name: String,
        value: String,
    },
}

/// One goal.
#[derive(Clone, PartialEq, Debug)]
pub struct Goal {
    pub metric: Metric,
    pub op: Op,
    pub value: f64,
    pub during: Vec<Condition>,
    /// How long it must hold without a break.
    pub lasting: Duration,
}

/// Why a text is not a goal.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("“{text}” is not a goal: {why}")]
pub struct GoalError {
    pub text: String,
    pub why: String,
}

impl std::str::FromStr for Goal {
    type Err = GoalError;

    fn from_str(text: &str) -> Result<Goal, GoalError> {
        let wrong = |why: &str| GoalError { text: text.to_string(), why: why.to_string() };
        let mut rest = text.trim();
        let mut lasting = Duration::ZERO;
        if let Some((before, span)) = rest.rsplit_once(" for ")
            && let Ok(span) = span.trim().parse()
        {
            (rest, lasting) = (before, span);
        }
        let mut during = Vec::new();
        if let Some((before, conditions)) = rest.split_once(" while ") {
            rest = before;
            for condition in conditions.split(" and ") {
                during.push(condition.trim().parse().map_err(|why: String| wrong(&why))?);
            }
        }
        // A verdict or a label stands alone: it holds, or the run acted so.
        if let Some(metric) = Metric::statement(rest) {
            return Ok(Goal { metric, op: Op::AtLeast, value: 1.0, during, lasting });
        }
        let (name, op, value) = Op::ALL
            .iter()
            .find_map(|(sign, op)| {
                rest.split_once(sign).map(|(name, value)| (name.trim(), *op, value.trim()))
            })
            .ok_or_else(|| wrong("write it as in “success >= 99% while web-2 is down for 30s”"))?;
        let metric = Metric::named(name).ok_or_else(|| wrong(&format!("there is no metric “{name}”")))?;
        let value =
            number(value).ok_or_else(|| wrong(&format!("“{value}” is not a number, share, rate or time")))?;
        Ok(Goal { metric, op, value, during, lasting })
    }
}

/// `99%`, `200ms` (in seconds), `40/h`, `120/s`, `3`.
fn number(text: &str) -> Option<f64> {
    let bare = |t: &str| t.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    if let Some(percent) = text.strip_suffix('%') {
        return bare(percent).map(|p| p / 100.0);
    }
    if let Some(rate) = text.strip_suffix("/s").or_else(|| text.strip_suffix("/h")) {
        return bare(rate);
    }
    bare(text).or_else(|| text.parse::<Duration>().ok().map(|d| d.as_secs()))
}

impl std::str::FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Condition, String> {
        match text {
            "parted" => return Ok(Condition::Parted),
            "whole" => return Ok(Condition::Whole),
            "always" => return Ok(Condition::Always),
            _ => {}
        }
        if let Some(name) = text.strip_suffix(" is down") {
            return Ok(Condition::Down(name.to_string()));
        }
        if let Some(name) = text.strip_suffix(" is up") {
            return Ok(Condition::Up(name.to_string()));
        }
        if let Some((machine, setting)) = text.strip_prefix("board has ").and_then(|t| t.split_once(' '))
            && let Some((name, value)) = setting.split_once('=')
        {
            let part = |t: &str| t.trim().to_string();
            return Ok(Condition::Set { machine: part(machine), name: part(name), value: part(value) });
        }
        Err(format!("there is no condition “{text}”"))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Always => f.write_str("always"),
            Condition::Down(name) => write!(f, "{name} is down"),
            Condition::Up(name) => write!(f, "{name} is up"),
            Condition::Parted => f.write_str("parted"),
            Condition::Whole => f.write_str("whole"),
            Condition::Set { machine, name, value } => write!(f, "board has {machine} {name}={value}"),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.metric.stands_alone() {
            write!(f, "{}", self.metric)?;
        } else {
            write!(f, "{} {} {}", self.metric, self.op.text(), self.metric.write(self.value))?;
        }
        for (i, condition) in self.during.iter().enumerate() {
            write!(f, " {} {condition}", if i == 0 { "while" } else { "and" })?;
        }
        if !self.lasting.is_zero() {
            write!(f, " for {}", self.lasting)?;
        }
        Ok(())
    }
}

impl Condition {
    pub fn holds(&self, state: &State) -> bool {
        let some = |name: &str, wanted: fn(Is) -> bool| {
            state.cast.machines(name).into_iter().any(|n| wanted(state.world.condition(n)))
        };
        match self {
            Condition::Always => true,
            Condition::Down(name) => some(name, |c| matches!(c, Is::Refusing | Is::Silent)),
            Condition::Up(name) => {
                let nodes = state.cast.machines(name);
                !nodes.is_empty() && nodes.into_iter().all(|n| state.world.condition(n) == Is::Up)
            }
            Condition::Parted => state.sides.parted,
            Condition::Whole => !state.sides.parted,
            Condition::Set { machine, name, value } => set(&state.document, machine, name, value),
        }
    }
}

/// Whether a setting of the drawing has this value, by default or by choice.
fn set(document: &Document, machine: &str, name: &str, value: &str) -> bool {
    let Some(machine) = document.machine(machine) else { return false };
    let Some(parameter) = machine.kind.parameters().iter().find(|p| p.name == name) else { return false };
    let default: Setting = (parameter.default)();
    let now = machine.settings.get(name).unwrap_or(&default);
    parameter.read(value).is_ok_and(|wanted| wanted == *now)
}

/// Where a goal stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Status {
    /// Its condition does not hold, or nothing has been measured yet.
    Waiting,
    /// The value as it is now does not do.
    Not { value: f64 },
    /// It holds, and has for so long.
    Holding { value: f64, since: Instant, held: Duration },
    /// It was met at that instant; met stays met.
    Met { value: f64, at: Instant },
}

impl Status {
    pub fn met(self) -> bool {
        matches!(self, Status::Met { .. })
    }
}

/// A goal being watched on one run. Look at it at every beat.
#[derive(Clone)]
pub struct Watch {
    pub goal: Goal,
    pub status: Status,
    /// The readings when its condition began to hold.
    since: Option<(Instant, Reading)>,
}

impl Watch {
    pub fn new(goal: Goal) -> Watch {
        Watch { goal, status: Status::Waiting, since: None }
    }

    /// Reads the state as it is now.
    pub fn look(&mut self, state: &State) {
        if self.status.met() {
            return;
        }
        let now = state.now();
        if !self.goal.during.iter().all(|c| c.holds(state)) {
            (self.since, self.status) = (None, Status::Waiting);
            return;
        }
        let reading = Reading::of(state);
        let (since, start) = self.since.get_or_insert_with(|| (now, reading.clone()));
        let Some(value) = self.goal.metric.value(start, &reading, state) else {
            self.status = Status::Waiting;
            return;
        };
        let held = now - *since;
        if !self.goal.op.holds(value, self.goal.value) {
            self.status = Status::Not { value };
            // A sum that has gone too far never comes back. Where the goal watches a condition, only the condition's
            // next time is another chance; where it watches always, the watch begins anew, as it does with a value
            // that has failed over the whole stretch.
            let too_far =
                self.goal.metric.only_grows() && matches!(self.goal.op, Op::AtMost | Op::Below | Op::Equal);
            let missed = !self.goal.metric.only_grows() && held >= self.goal.lasting;
            if (too_far || missed) && self.goal.during.is_empty() {
                self.since = Some((now, reading));
            }
            return;
        }
        self.status = if held >= self.goal.lasting {
            Status::Met { value, at: now }
        } else {
            Status::Holding { value, since: *since, held }
        };
    }
}

impl Watch {
    /// Where it stands, in words.
    pub fn words(&self) -> String {
        let say = |value: f64| self.goal.metric.say(value);
        match self.status {
            // A statement has no value to tell.
            Status::Not { .. } if self.goal.metric.stands_alone() => "not so yet".to_string(),
            Status::Holding { held, .. } if self.goal.metric.stands_alone() => {
                format!("{:.0} of {}", held.as_secs(), self.goal.lasting)
            }
            Status::Met { at, .. } if self.goal.metric.stands_alone() => {
                format!("met at {:.1} s", at.as_secs())
            }
            Status::Waiting => "nothing to measure yet".to_string(),
            Status::Not { value } => format!("now {}", say(value)),
            Status::Holding { value, held, .. } => {
                format!("{}, {:.0} of {}", say(value), held.as_secs(), self.goal.lasting)
            }
            Status::Met { value, at } => format!("met, {} at {:.1} s", say(value), at.as_secs()),
        }
    }
}

/// A goal that is asked once, at the end of a stretch: the answer to a prediction.
#[derive(Clone)]
pub struct Question {
    goal: Goal,
    stretch: Option<(Reading, Reading)>,
}

impl Question {
    pub fn new(goal: Goal) -> Question {
        Question { goal, stretch: None }
    }

    /// Reads the state as it is now: the stretch lasts from the first to the latest look at which the goal's condition
    /// holds.
    pub fn look(&mut self, state: &State) {
        if !self.goal.during.iter().all(|c| c.holds(state)) {
            return;
        }
        let reading = Reading::of(state);
        match &mut self.stretch {
            Some((_, to)) => *to = reading,
            None => self.stretch = Some((reading.clone(), reading)),
        }
    }

    /// What was measured, and whether it is as the goal says.
    pub fn answer(&self, state: &State) -> Option<(f64, bool)> {
        let (from, to) = self.stretch.as_ref()?;
        let value = self.goal.metric.value(from, to, state)?;
        Some((value, self.goal.op.holds(value, self.goal.value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_read_and_written_back() {
        for text in [
            "success >= 99% while web-2 is down for 30s",
            "logged out == 0 while web is down for 30s",
            "stale reads == 0",
            "p99 <= 200ms for 10s",
            "price <= 40",
            "acted CP",
            "linearizable holds while parted for 5s",
            "read-your-writes broken",
            "answered on side B >= 1 while parted",
            "hits of cache >= 80% for 10s",
            "success >= 99% while db is up and board has web sessions=central",
        ] {
            let goal: Goal = text.parse().unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(goal.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_goal_says_why() {
        for (text, why) in [
            ("happiness >= 3", "there is no metric “happiness”"),
            ("success >= lots", "“lots” is not a number, share, rate or time"),
            ("success >= 99% while it rains", "there is no condition “it rains”"),
            ("success", "write it as in “success >= 99% while web-2 is down for 30s”"),
        ] {
            let error = text.parse::<Goal>().unwrap_err();
            assert_eq!((error.text.as_str(), error.why.as_str()), (text, why));
        }
    }
}
