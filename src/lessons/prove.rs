//! Proves a lesson by machine, both ways: the starting board misses its goals, the solution meets them, each wrong fix
//! misses the goal that the lesson says it misses, and exactly one answer of each prediction comes true.

use super::course::{Lesson, Predict, Step};
use super::goal::{Goal, Question, Watch};
use crate::run::Run;
use crate::scenario::Document;
use crate::stdx::{Duration, Instant};

/// One thing that was to be shown.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    pub lesson: u32,
    pub step: String,
    pub claim: String,
    pub shown: bool,
    /// What the run said.
    pub found: String,
}

/// How often goals are looked at, as on the page.
pub(super) const BEAT: Duration = Duration::from_millis(100);

/// Runs a board to its end and says for each goal where it stands then.
pub fn watch(document: &Document, goals: &[Goal]) -> Vec<Watch> {
    let mut run = Run::new(document);
    let mut watches: Vec<Watch> = goals.iter().cloned().map(Watch::new).collect();
    let end = Instant::START + document.until;
    while run.now() < end {
        run.advance_to((run.now() + BEAT).min(end), u64::MAX);
        watches.iter_mut().for_each(|w| w.look(run.state()));
    }
    watches
}

/// Runs a prediction's plan on the step's board: which answers come true.
pub fn decide(document: &Document, predict: &Predict) -> Vec<bool> {
    let plan = predict.plan();
    let mut run = Run::new(document);
    // The learner has watched for a while before committing.
    run.advance(Duration::from_secs(2), u64::MAX);
    let begin = run.now();
    let mut questions: Vec<Question> = predict.options.iter().map(|o| Question::new(o.goal())).collect();
    questions.iter_mut().for_each(|q| q.look(run.state()));
    let mut faults = plan.faults.clone();
    faults.sort_by_key(|(after, _)| *after);
    let mut faults = faults.into_iter().peekable();
    let end = begin + plan.lasting;
    while run.now() < end {
        let mut next = (run.now() + BEAT).min(end);
        if let Some((after, _)) = faults.peek() {
            next = next.min(begin + *after);
        }
        run.advance_to(next, u64::MAX);
        while let Some((_, fault)) = faults.next_if(|(after, _)| begin + *after <= run.now()) {
            run.fault(fault).expect("a lesson's plan names what is on its board");
        }
        questions.iter_mut().for_each(|q| q.look(run.state()));
    }
    questions.iter().map(|q| q.answer(run.state()).is_some_and(|(_, yes)| yes)).collect()
}

/// All that a lesson claims.
pub fn lesson(lesson: &Lesson) -> Vec<Claim> {
    lesson.steps.iter().flat_map(|step| self::step(lesson.number, step)).collect()
}

fn step(number: u32, step: &Step) -> Vec<Claim> {
    let mut claims = Vec::new();
    let mut claim = |claim: String, shown: bool, found: String| {
        claims.push(Claim { lesson: number, step: step.title.clone(), claim, shown, found });
    };
    let start = step.start();
    if let Some(predict) = &step.predict {
        let came_true = decide(&start, predict);
        let right: Vec<String> =
            came_true.iter().enumerate().filter(|(_, t)| **t).map(|(i, _)| (i + 1).to_string()).collect();
        claim(
            "exactly one answer comes true".into(),
            right.len() == 1,
            if right.is_empty() { "none".into() } else { format!("answer {}", right.join(" and ")) },
        );
    }
    if let Some(act) = &step.act {
        let goals: Vec<Goal> = act.goals.iter().map(|g| g.goal()).collect();
        let all = |watches: &[Watch]| watches.iter().all(|w| w.status.met());
        let say = |watches: &[Watch]| {
            watches.iter().map(|w| format!("{}: {}", w.goal, w.words())).collect::<Vec<_>>().join("; ")
        };
        let watches = watch(&start, &goals);
        claim("the starting board misses its goals".into(), !all(&watches), say(&watches));
        let watches = watch(&act.solution(), &goals);
        claim("the solution meets them".into(), all(&watches), say(&watches));
        for wrong in &act.wrong {
            let fails = wrong.fails();
            let watches = watch(&wrong.document(), std::slice::from_ref(&fails));
            claim(format!("“{}” misses {fails}", wrong.name), !all(&watches), say(&watches));
        }
    }
    claims
}
