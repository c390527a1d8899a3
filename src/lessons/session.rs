//! One step of a lesson on the learner's own run: the prediction and its faults, the goals, and what the debrief says of
//! this run. It may not know what the page looks like.

use super::course::{Predict, Step};
use super::goal::{Condition, Question, Status, Watch};
use super::metric::{Metric, Reading};
use crate::run::Run;
use crate::run::state::State;
use crate::scenario::fault::Fault;
use crate::stdx::{Duration, Instant};

/// How often goals and answers are looked at, in simulated time.
pub const BEAT: Duration = Duration::from_millis(100);

/// What a look has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// The run has decided the prediction; whether the learner was right.
    Decided(bool),
    /// This goal is met.
    Met(usize),
    /// The debrief is open.
    Open,
}

/// The learner's answer, locked.
#[derive(Clone)]
struct Commitment {
    choice: usize,
    at: Instant,
    faults: Vec<(Duration, Fault)>,
    fired: usize,
    lasting: Duration,
    questions: Vec<Question>,
    /// Which answers were right, and when the run said so.
    decided: Option<(Vec<bool>, Instant)>,
}

/// One step on one run. Look at the run whenever it has come to [`Session::due`].
#[derive(Clone)]
pub struct Session {
    step: &'static Step,
    commitment: Option<Commitment>,
    watches: Vec<Watch>,
    /// The learner has begun to do what is asked.
    doing: bool,
    /// The counts when the step began.
    begin: Option<Reading>,
    /// The counts of the latest stretch in which the goals' condition held, and whether it still does.
    stretch: Option<(Reading, Reading, bool)>,
    /// The learner's own run, when the solution took its place.
    own: Option<(Reading, Reading)>,
    explained: Option<String>,
    last: Instant,
    next: Instant,
}

impl Session {
    pub fn new(step: &'static Step) -> Session {
        let mut session = Session {
            step,
            commitment: None,
            watches: Vec::new(),
            doing: step.predict.is_none(),
            begin: None,
            stretch: None,
            own: None,
            explained: None,
            last: Instant::START,
            next: Instant::START,
        };
        session.anew();
        session
    }

    /// The run has begun anew or gone back: what is not met is watched from here.
    fn anew(&mut self) {
        let goals = self.step.act.iter().flat_map(|a| &a.goals);
        let fresh: Vec<Watch> = goals.map(|g| Watch::new(g.goal())).collect();
        let kept = std::mem::take(&mut self.watches);
        self.watches = match kept.len() {
            0 => fresh,
            _ => kept
                .into_iter()
                .zip(fresh)
                .map(|(old, new)| if old.status.met() { old } else { new })
                .collect(),
        };
        if !self.open() {
            (self.begin, self.stretch) = (None, None);
        }
    }

    /// The next instant at which the run is to be looked at.
    pub fn due(&self) -> Instant {
        let fault = self.commitment.as_ref().and_then(|c| Some(c.at + c.faults.get(c.fired)?.0));
        fault.map_or(self.next, |at| at.min(self.next))
    }

    /// Locks an answer; the plan's faults follow.
    pub fn commit(&mut self, choice: usize, run: &Run) {
        if let (Some(predict), None) = (&self.step.predict, &self.commitment) {
            self.commitment = Some(Commitment::new(predict, choice, run.now()));
            self.next = run.now();
        }
    }

    pub fn committed(&self) -> Option<(usize, Instant)> {
        self.commitment.as_ref().map(|c| (c.choice, c.at))
    }

    pub fn decided(&self) -> Option<(&[bool], Instant)> {
        let (right, at) = self.commitment.as_ref()?.decided.as_ref()?;
        Some((right, *at))
    }

    /// Whether the learner has the word: the prediction is decided, or there is none.
    pub fn may_act(&self) -> bool {
        self.doing || self.decided().is_some()
    }

    /// Whether the plan's faults are still on the board: what the learner is to do begins on a fresh run.
    pub fn spoilt(&self) -> bool {
        !self.doing
    }

    /// The learner begins; the run has been started anew, or is about to be.
    pub fn act(&mut self) {
        if !self.open() {
            (self.doing, self.watches) = (true, Vec::new());
            self.anew();
        }
    }

    /// The solution is about to take the place of the learner's run. The debrief goes on speaking of the learner's, unless
    /// the goals name a condition that the solution's run brings about.
    pub fn hand_over(&mut self, run: &Run) {
        if let (Some(begin), true) = (&self.begin, self.doing && self.conditions().is_empty()) {
            self.own.get_or_insert_with(|| (begin.clone(), Reading::of(run.state())));
        }
    }

    pub fn watches(&self) -> &[Watch] {
        &self.watches
    }

    /// The debrief with this run's numbers, once there is one.
    pub fn explained(&self) -> Option<&str> {
        self.explained.as_deref()
    }

    fn open(&self) -> bool {
        self.explained.is_some()
    }

    /// Lets due faults befall the run, and sees how far the step has come.
    pub fn look(&mut self, run: &mut Run) -> Vec<News> {
        let now = run.now();
        if now < self.last {
            self.anew();
            self.next = now;
            if let Some(commitment) = self.commitment.as_mut().filter(|c| c.decided.is_none()) {
                commitment.rewind(self.step, now);
            }
        }
        self.last = now;
        if let Some(commitment) = &mut self.commitment {
            commitment.fire(run);
        }
        if now < self.next {
            return Vec::new();
        }
        self.next = Instant(now.0 - now.0 % BEAT.0) + BEAT;
        let mut news = Vec::new();
        let state = run.state();
        if self.begin.is_none() {
            self.begin = Some(Reading::of(state));
        }
        if let Some(right) = self.commitment.as_mut().and_then(|c| c.look(state)) {
            news.push(News::Decided(right));
            // Where nothing was broken for the prediction, the learner goes on with the same run.
            self.doing |= self.commitment.as_ref().is_some_and(|c| c.faults.is_empty());
        }
        if self.doing && !self.open() {
            for (i, watch) in self.watches.iter_mut().enumerate() {
                let before = watch.status.met();
                watch.look(state);
                if watch.status.met() && !before {
                    news.push(News::Met(i));
                }
            }
        }
        self.measure(state);
        let ready = match self.step.act {
            Some(_) => self.doing && self.watches.iter().all(|w| w.status.met()),
            None => self.step.predict.is_none() || self.decided().is_some(),
        };
        if ready && !self.open() {
            self.explained = Some(self.explain(state));
            news.push(News::Open);
        }
        news
    }

    /// When the goals speak of a condition, the debrief speaks of the stretch in which it held.
    fn conditions(&self) -> &[Condition] {
        self.watches.iter().map(|w| w.goal.during.as_slice()).find(|d| !d.is_empty()).unwrap_or(&[])
    }

    fn measure(&mut self, state: &State) {
        if self.open() || self.conditions().is_empty() {
            return;
        }
        let holds = self.conditions().iter().all(|c| c.holds(state));
        match (&mut self.stretch, holds) {
            (Some((_, to, goes_on @ true)), _) => (*to, *goes_on) = (Reading::of(state), holds),
            (stretch, true) => *stretch = Some((Reading::of(state), Reading::of(state), true)),
            _ => {}
        }
    }

    fn explain(&self, state: &State) -> String {
        let now = Reading::of(state);
        let (from, to) = match (&self.stretch, &self.own) {
            (Some((from, to, _)), _) | (None, Some((from, to))) => (from, to),
            (None, None) => (self.begin.as_ref().unwrap_or(&now), &now),
        };
        fill(&self.step.explain, |metric| {
            let words = metric.value(from, to, state).map_or("–".to_string(), |v| metric.say(v));
            // What speaks of a run that gave way to the solution's shows at no instant of this one.
            (words, self.own.is_none().then(|| instant(metric, state)))
        })
    }
}

impl Commitment {
    fn new(predict: &Predict, choice: usize, at: Instant) -> Commitment {
        let mut plan = predict.plan();
        plan.faults.sort_by_key(|(after, _)| *after);
        Commitment {
            choice,
            at,
            faults: plan.faults,
            fired: 0,
            lasting: plan.lasting,
            questions: predict.options.iter().map(|o| Question::new(o.goal())).collect(),
            decided: None,
        }
    }

    /// The run has gone back before it could decide. On a run begun anew the plan begins anew; a run gone back befalls
    /// again what befell it.
    fn rewind(&mut self, step: &Step, now: Instant) {
        if let Some(predict) = &step.predict {
            self.questions = predict.options.iter().map(|o| Question::new(o.goal())).collect();
        }
        if now <= self.at {
            (self.at, self.fired) = (now, 0);
        }
    }

    fn fire(&mut self, run: &mut Run) {
        while let Some((after, fault)) = self.faults.get(self.fired)
            && self.at + *after <= run.now()
        {
            // A learner may have taken away what was to break: then there is nothing to break.
            let _ = run.fault(fault.clone());
            self.fired += 1;
        }
    }

    /// Says once whether the learner was right.
    fn look(&mut self, state: &State) -> Option<bool> {
        if self.decided.is_some() || state.now() < self.at {
            return None;
        }
        self.questions.iter_mut().for_each(|q| q.look(state));
        if state.now() < self.at + self.lasting {
            return None;
        }
        let right: Vec<bool> =
            self.questions.iter().map(|q| q.answer(state).is_some_and(|(_, yes)| yes)).collect();
        let mine = right.get(self.choice).copied().unwrap_or(false);
        self.decided = Some((right, state.now()));
        Some(mine)
    }
}

/// How far a goal has come, from 0 to 1.
pub fn share(watch: &Watch) -> f64 {
    match watch.status {
        Status::Met { .. } => 1.0,
        Status::Holding { held, .. } if !watch.goal.lasting.is_zero() => {
            (held.as_secs() / watch.goal.lasting.as_secs()).min(1.0)
        }
        _ => 0.0,
    }
}

/// The instant at which what a metric says can be seen: when the promise that it speaks of was broken first; else now.
fn instant(metric: &Metric, state: &State) -> Instant {
    let id = match metric {
        Metric::Verdict { id, .. } => id.as_str(),
        Metric::StaleReads => "linearizable",
        Metric::LoggedOut => "sessions-kept",
        _ => return state.now(),
    };
    let verdicts = state.judge().verdicts();
    let broken = verdicts.iter().find(|v| v.id == id).and_then(|v| match &v.state {
        crate::judge::State::Broken { first, .. } => Some(first.at),
        _ => None,
    });
    broken.unwrap_or(state.now())
}

/// HTML with each `{{metric}}` replaced by what `say` says of it, and marked with the instant that shows it, in
/// nanoseconds, where there is one.
fn fill(html: &str, say: impl Fn(&Metric) -> (String, Option<Instant>)) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(b, r)| Some((b, r.split_once("}}")?)))
    {
        let metric = Metric::statement(name.trim()).or_else(|| Metric::named(name.trim()));
        out.push_str(before);
        match metric.map(|m| say(&m)) {
            Some((words, Some(at))) => {
                out.push_str(&format!("<b data-at=\"{}\">{}</b>", at.0, escape(&words)));
            }
            Some((words, None)) => out.push_str(&format!("<b>{}</b>", escape(&words))),
            None => out.push_str("<b>–</b>"),
        }
        rest = after;
    }
    out + rest
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::course::lesson;
    use crate::lessons::prove::decide;

    /// Runs on for so long, as the page does.
    fn run_on(session: &mut Session, run: &mut Run, by: Duration) -> Vec<News> {
        let end = run.now() + by;
        let mut news = session.look(run);
        while run.now() < end {
            let stop = session.due().min(end);
            run.advance_to(stop, u64::MAX);
            news.extend(session.look(run));
        }
        news
    }

    #[test]
    fn a_step_from_prediction_to_debrief() {
        let step = &lesson(5).expect("the golden rule").steps[1];
        let mut run = Run::new(&step.start());
        let mut session = Session::new(step);
        assert_eq!(run_on(&mut session, &mut run, Duration::from_secs(2)), []);
        let came_true = decide(&step.start(), step.predict.as_ref().expect("a question"));
        let right = came_true.iter().position(|yes| *yes).expect("one answer comes true");
        session.commit(right, &run);
        session.commit(right + 1, &run);
        assert_eq!(session.committed().map(|c| c.0), Some(right), "an answer is locked");
        let news = run_on(&mut session, &mut run, Duration::from_secs(21));
        assert_eq!(news, [News::Decided(true)]);
        assert_eq!(session.decided().map(|d| d.0), Some(came_true.as_slice()));
        assert_eq!(run.marks().iter().filter(|m| m.text.contains("web-2")).count(), 1);
        // The clone that the prediction crashed is no deed of the learner.
        assert!(session.may_act() && session.spoilt());
        assert_eq!(run_on(&mut session, &mut run, Duration::from_secs(30)), []);

        session.act();
        run = Run::new(&step.act.as_ref().expect("something to do").solution());
        let news = run_on(&mut session, &mut run, Duration::from_secs(25));
        assert_eq!(news, [News::Met(0), News::Met(1), News::Open]);
        let text = session.explained().expect("it is open");
        let (_, after) = text.split_once("<b data-at=\"").expect("a value");
        assert!(after.split_once('"').is_some_and(|(at, _)| at.parse::<u64>().is_ok()), "{text}");
        assert!(text.contains("\">0</b> users were logged out"), "{text}");
        assert!(!text.contains("{{"), "{text}");
    }

    #[test]
    fn a_run_begun_anew_before_it_has_decided_is_asked_again() {
        let step = &lesson(5).expect("the golden rule").steps[1];
        let mut session = Session::new(step);
        let mut run = Run::new(&step.start());
        run_on(&mut session, &mut run, Duration::from_secs(1));
        session.commit(0, &run);
        run_on(&mut session, &mut run, Duration::from_secs(5));
        run = Run::new(&step.start());
        let news = run_on(&mut session, &mut run, Duration::from_millis(20_500));
        assert_eq!(news, [News::Decided(false)]);
    }

    #[test]
    fn what_a_run_says_is_text() {
        let say = |m: &Metric| ("<1 & 2>".to_string(), (*m == Metric::Success).then_some(Instant(7)));
        assert_eq!(
            fill("<p>a {{success}} b {{nothing}} c {{goodput}}</p>", say),
            "<p>a <b data-at=\"7\">&lt;1 &amp; 2&gt;</b> b <b>–</b> c <b>&lt;1 &amp; 2&gt;</b></p>"
        );
    }
}
