//! A lesson on the page: which step is open, its board, what the learner does and what the run says to it. It decides
//! nothing: the run does, through the lesson's session.

mod column;
pub mod progress;
mod stations;

pub use column::column;

use super::route::Route;
use super::state::{Ask, Speed, State};
use super::{board, screen, text};
use crate::editor::Editor;
use crate::editor::action::{Action, Situation};
use crate::lessons::course::{Lesson, Step, lesson};
use crate::lessons::session::{News, Session, share};
use crate::run::Run;
use crate::scenario::{Document, layout};
use leptos::prelude::*;
use progress::Progress;

/// One step of one lesson; steps count from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub lesson: u32,
    pub step: usize,
}

impl Place {
    pub fn lesson(self) -> Option<&'static Lesson> {
        lesson(self.lesson)
    }

    pub fn step(self) -> Option<&'static Step> {
        self.lesson()?.steps.get(self.step)
    }
}

/// Where the step stands, as the column shows it; compared, so that only what changes is drawn again.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Picture {
    /// The learner's answer, and at which second it was locked.
    pub committed: Option<(usize, f64)>,
    /// Which answers were right, and at which second the run said so.
    pub decided: Option<(Vec<bool>, f64)>,
    pub may_act: bool,
    pub spoilt: bool,
    pub goals: Vec<GoalPicture>,
    pub explained: Option<String>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct GoalPicture {
    pub met: bool,
    pub share: f64,
    pub words: String,
}

impl Picture {
    fn of(session: &Session) -> Picture {
        let goal =
            |w| GoalPicture { met: share(w) >= 1.0 && w.status.met(), share: share(w), words: w.words() };
        Picture {
            committed: session.committed().map(|(choice, at)| (choice, at.as_secs())),
            decided: session.decided().map(|(right, at)| (right.to_vec(), at.as_secs())),
            may_act: session.may_act(),
            spoilt: session.spoilt(),
            goals: session.watches().iter().map(goal).collect(),
            explained: session.explained().map(str::to_string),
        }
    }
}

/// The lesson's signals, a part of the page's state.
#[derive(Clone, Copy)]
pub struct Class {
    pub place: RwSignal<Option<Place>>,
    pub picture: RwSignal<Picture>,
    pub progress: RwSignal<Progress>,
    /// The course page covers the board: its keys are not the board's.
    pub away: RwSignal<bool>,
    /// The learner takes the lesson's board along.
    take: RwSignal<bool>,
}

impl Class {
    pub fn new() -> Class {
        Class {
            place: RwSignal::new(None),
            picture: RwSignal::new(Picture::default()),
            progress: RwSignal::new(Progress::restore()),
            away: RwSignal::new(false),
            take: RwSignal::new(false),
        }
    }
}

/// Goes where the address says. `home`: the learner's own board.
pub fn follow(state: State, route: RwSignal<Route>, home: fn() -> Document) {
    let class = state.class;
    Effect::new(move |_| {
        let route = route.get();
        class.away.set(route == Route::Course);
        match route {
            Route::Lesson(number, step) => match place(class, number, step) {
                Some(place) if class.place.get_untracked() != Some(place) => begin(state, place),
                Some(_) => state.ask(Ask::Play(true)),
                None => {
                    class.away.set(true);
                    state.ask(Ask::Play(false));
                }
            },
            Route::Course => state.ask(Ask::Play(false)),
            Route::Board => {
                if class.place.get_untracked().is_some() {
                    leave(state);
                    if class.take.get_untracked() {
                        class.take.set(false);
                    } else {
                        replace(state, home());
                    }
                }
                state.ask(Ask::Play(true));
            }
            Route::Shared(_) | Route::Example(_) => leave(state),
        }
    });
}

/// The step that an address means: the named one, or the one where the learner left off.
fn place(class: Class, number: u32, step: Option<usize>) -> Option<Place> {
    let lesson = lesson(number)?;
    let step = step.unwrap_or_else(|| class.progress.with_untracked(|p| p.next(lesson)));
    (step < lesson.steps.len()).then_some(Place { lesson: number, step })
}

fn begin(state: State, place: Place) {
    let Some(step) = place.step() else { return };
    let class = state.class;
    // From here on nothing is kept as the learner's own board.
    class.place.set(Some(place));
    class.progress.update(|p| p.here = Some((place.lesson, place.step)));
    class.progress.with_untracked(Progress::keep);
    replace(state, upright(step.start()));
    state.with(|o| o.session = Some(Session::new(step)));
    show(state);
    state.tab.set("lesson");
    state.panel.set("verdicts");
    state.speed.set(Speed::Times(1.0));
    state.ask(Ask::Play(true));
    // The heading is there, and the board has its place, after the next drawing.
    request_animation_frame(move || {
        super::state::focus("#lesson-step");
        // A lesson is read from its beginning.
        super::state::reveal("#panel-lesson .kicker");
        request_animation_frame(move || state.act(Action::Fit));
    });
}

fn leave(state: State) {
    if state.class.place.get_untracked().is_some() {
        state.class.place.set(None);
        state.with(|o| o.session = None);
        state.tab.set("verdicts");
        state.panel.set("charts");
    }
}

/// Another board with a past of its own: what was drawn before cannot be brought back by undo.
fn replace(state: State, document: Document) {
    state.with(|o| {
        let (camera, density) = (*o.editor.camera(), o.editor.density());
        o.editor = Editor::new(document);
        o.editor.set_camera(camera);
        o.editor.set_density(density);
        o.run = Run::new(o.editor.document());
        (o.situation, o.follow) = (Situation::default(), None);
    });
    board::dots::land_all();
    state.sync();
    state.act(Action::Fit);
    state.look();
}

/// Ready boards stand upright on a phone.
fn upright(mut document: Document) -> Document {
    if screen::is_upright() {
        layout::stand_upright(&mut document);
    }
    document
}

/// Shows where the step stands.
pub fn show(state: State) {
    let picture = state.with(|o| o.session.as_ref().map(Picture::of));
    if let Some(picture) = picture.filter(|p| state.class.picture.with_untracked(|old| old != p)) {
        state.class.picture.set(picture);
    }
}

/// What the run said since the last frame.
pub fn heard(state: State, news: &[News]) {
    let (Some(place), false) = (state.class.place.get_untracked(), news.is_empty()) else { return };
    show(state);
    let goals = place.step().and_then(|s| s.act.as_ref()).map_or(&[][..], |a| a.goals.as_slice());
    for news in news {
        match news {
            News::Decided(right) => {
                let sentence =
                    if *right { text::lesson::YOU_WERE_RIGHT } else { text::lesson::YOU_WERE_WRONG };
                state.say(sentence.into(), false);
                come_to("#lesson-do");
            }
            News::Met(i) => {
                let words = goals.get(*i).map_or("", |g| g.words.as_str());
                state.say(text::goal_met(&plain(words)), false);
            }
            News::Open => {
                state.class.progress.update(|p| p.done(place.lesson, place.step));
                state.class.progress.with_untracked(Progress::keep);
                state.say(text::lesson::OPENED.into(), false);
                come_to("#lesson-explain");
            }
        }
    }
}

/// Scrolls so far that a station which has just opened is seen; the focus stays where it is.
fn come_to(station: &'static str) {
    request_animation_frame(move || super::state::reveal(station));
}

/// Locks an answer, and lets the run decide.
pub fn commit(state: State, choice: usize) {
    state.with(|o| {
        if let Some(session) = &mut o.session {
            session.commit(choice, &o.run);
        }
    });
    show(state);
    state.ask(Ask::Play(true));
}

/// The learner's own turn, on a fresh run of what is drawn.
pub fn start(state: State) {
    state.ask(Ask::Restart);
    turn(state);
}

/// Plays the reference solution; undo brings the learner's own board back.
pub fn show_me(state: State) {
    let Some(act) = state.class.place.get_untracked().and_then(|p| p.step()?.act.as_ref()) else { return };
    state.with(|o| {
        if let Some(session) = &mut o.session {
            session.hand_over(&o.run);
        }
    });
    state.edit(|e| e.open(text::lesson::SHOW_ME, upright(act.solution())));
    state.ask(Ask::Restart);
    turn(state);
    state.say(text::lesson::SHOWN.into(), false);
}

fn turn(state: State) {
    state.with(|o| {
        if let Some(session) = &mut o.session {
            session.act();
        }
    });
    show(state);
    state.ask(Ask::Play(true));
}

/// Goes on with this board outside of the lesson.
pub fn take_along(state: State) {
    state.class.take.set(true);
    let _ = window().location().set_hash("#/");
}

/// The words of a line of HTML.
pub fn plain(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
}
