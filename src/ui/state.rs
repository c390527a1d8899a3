//! The one owner of the editor and the run. Widgets get signals to read and one way to ask: [`State::ask`]. It decides
//! nothing that the editor or the run could decide.

pub mod faults;
mod names;
mod speed;

pub use names::{Labels, key_name};
pub use speed::Speed;

use crate::editor::camera::{Camera, STEP};
use crate::editor::command::Command;
use crate::editor::geometry::{Density, Rect, layout::Layout};
use crate::editor::selection::{Selection, Thing};
use crate::editor::undo::Undo;
use crate::judge::{Cap, Diagram, State as Judged};
use crate::run::Run;
use crate::run::frame::{Frame, Mark, Sample};
use crate::scenario::Document;
use crate::scenario::edit::Edit;
use crate::scenario::fault::Fault;
use crate::stdx::{Duration, Instant};
use leptos::prelude::*;
use std::sync::Arc;

/// What a widget can ask for.
#[derive(Clone, Debug)]
pub enum Ask {
    Do(&'static str, Command),
    /// One of many steps of a gesture; `Settle` makes them one entry of the history.
    Slide(&'static str, Command),
    Undo,
    Redo,
    Choose(Thing),
    Toggle(Thing),
    ChooseNothing,
    Fault(Fault),
    Play(bool),
    Step,
    StepBack,
    Restart,
    NewSeed,
    Seek(Instant),
    Follow(Option<crate::history::Key>),
    Tool(Tool),
    Zoom(Zoom),
    ChooseAll,
    Duplicate,
    Delete,
    Table(bool),
    Dialog(Option<&'static str>),
    Proof(Option<&'static str>),
    Say(String),
}

/// What the hand holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    Select,
    Connect,
    Scissors,
    Hand,
}

impl Tool {
    pub fn word(self) -> &'static str {
        match self {
            Tool::Select => "select",
            Tool::Connect => "connect",
            Tool::Scissors => "scissors",
            Tool::Hand => "hand",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Zoom {
    In,
    Out,
    Fit,
    Selection,
    Full,
}

/// The part of the run's time that the timeline and the charts show.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    pub from: Instant,
    pub to: Instant,
}

impl Window {
    /// The longest that is shown at once.
    const MOST: Duration = Duration::from_secs(60);
    const LEAST: Duration = Duration::from_secs(2);

    fn around(now: Instant, furthest: Instant) -> Window {
        let to = furthest.max(Instant::START + Window::LEAST);
        let from = Instant(to.0.saturating_sub(Window::MOST.0)).min(now);
        Window { from, to: to.min(from + Window::MOST) }
    }

    pub fn span(self) -> f64 {
        (self.to - self.from).as_secs()
    }

    pub fn share(self, at: Instant) -> f64 {
        (at.as_secs() - self.from.as_secs()) / self.span()
    }

    pub fn at(self, share: f64) -> Instant {
        self.from + Duration::from_secs_f64(self.span() * share.clamp(0.0, 1.0))
    }
}

/// What is owned, outside of the reactive graph.
pub struct Owner {
    pub document: Document,
    pub selection: Selection,
    pub undo: Undo,
    pub run: Run,
    pub follow: Option<crate::history::Key>,
    /// Seconds for which the dots go on although the run stands.
    pub moving: f64,
}

/// The signals of the page, and the way to its owner. A handle: copy it freely.
#[derive(Clone, Copy)]
pub struct State {
    owner: StoredValue<Owner, LocalStorage>,
    pub document: RwSignal<Arc<Document>>,
    pub layout: Memo<Arc<Layout>>,
    pub density: RwSignal<Density>,
    pub selection: RwSignal<Selection>,
    pub camera: RwSignal<Camera>,
    /// The picture, some times a second.
    pub frame: RwSignal<Arc<Frame>>,
    pub samples: RwSignal<Arc<Vec<Sample>>>,
    pub marks: RwSignal<Arc<Vec<Mark>>>,
    /// The instant, once a frame; and some times a second for what cannot be read faster.
    pub now: RwSignal<Instant>,
    pub now_slow: RwSignal<Instant>,
    pub window: RwSignal<Window>,
    pub playing: RwSignal<bool>,
    pub speed: RwSignal<Speed>,
    /// One dot stands for so many messages.
    pub dot_scale: RwSignal<u64>,
    pub undo_name: RwSignal<Option<String>>,
    pub redo_name: RwSignal<Option<String>>,
    /// The verdict whose proof is open.
    pub proof: RwSignal<Option<&'static str>>,
    /// The sentence for the live region.
    pub said: RwSignal<String>,
    pub as_table: RwSignal<bool>,
    pub tool: RwSignal<Tool>,
    pub cap: RwSignal<Option<Arc<Cap>>>,
    pub menu: RwSignal<Option<super::menu::Open>>,
    pub dialog: RwSignal<Option<&'static str>>,
    /// The drawer's height in pixels, and of one strip in it.
    pub drawer: RwSignal<f64>,
    pub strip_height: RwSignal<f64>,
}

impl State {
    pub fn new(document: Document) -> State {
        let run = Run::new(&document);
        let shown = Arc::new(document.clone());
        let document_signal = RwSignal::new(shown);
        let density = RwSignal::new(Density::Regular);
        let frame = Arc::new(run.frame(None));
        State {
            owner: StoredValue::new_local(Owner {
                document,
                selection: Selection::default(),
                undo: Undo::default(),
                run,
                follow: None,
                moving: 0.0,
            }),
            document: document_signal,
            layout: Memo::new(move |_| Arc::new(document_signal.with(|d| Layout::of(d, density.get())))),
            density,
            selection: RwSignal::new(Selection::default()),
            camera: RwSignal::new(Camera::default()),
            frame: RwSignal::new(frame),
            samples: RwSignal::new(Arc::default()),
            marks: RwSignal::new(Arc::default()),
            now: RwSignal::new(Instant::START),
            now_slow: RwSignal::new(Instant::START),
            window: RwSignal::new(Window::around(Instant::START, Instant::START)),
            playing: RwSignal::new(false),
            speed: RwSignal::new(Speed::Times(1.0)),
            dot_scale: RwSignal::new(1),
            undo_name: RwSignal::new(None),
            redo_name: RwSignal::new(None),
            proof: RwSignal::new(None),
            said: RwSignal::new(String::new()),
            as_table: RwSignal::new(false),
            tool: RwSignal::new(Tool::Select),
            cap: RwSignal::new(None),
            menu: RwSignal::new(None),
            dialog: RwSignal::new(None),
            drawer: RwSignal::new(312.0),
            strip_height: RwSignal::new(44.0),
        }
    }

    /// Looks at the owner, or changes it without telling anybody.
    pub fn with<T>(self, f: impl FnOnce(&mut Owner) -> T) -> T {
        self.owner.try_update_value(f).expect("the owner lives as long as the page")
    }

    pub fn ask(self, ask: Ask) {
        match ask {
            Ask::Do(name, command) => {
                self.with(|o| o.undo.end(name, &o.document));
                self.edit(name, command);
            }
            Ask::Slide(name, command) => {
                self.with(|o| o.undo.begin());
                self.edit(name, command);
            }
            Ask::Undo => self.take(Undo::undo),
            Ask::Redo => self.take(Undo::redo),
            Ask::Choose(thing) => self.choose(|s| s.choose(thing)),
            Ask::Toggle(thing) => self.choose(|s| s.toggle(thing)),
            Ask::ChooseNothing => self.choose(Selection::clear),
            Ask::Fault(fault) => {
                let done = self.with(|o| o.run.fault(fault));
                if let Err(why) = done {
                    self.ask(Ask::Say(why));
                }
                self.look();
            }
            Ask::Play(on) => self.playing.set(on),
            Ask::Step => {
                self.playing.set(false);
                self.with(|o| o.run.step());
                self.look();
            }
            Ask::StepBack => {
                self.playing.set(false);
                self.with(|o| o.run.step_back());
                self.look();
            }
            Ask::Restart => {
                self.with(|o| o.run = Run::new(&o.document));
                self.look();
            }
            Ask::NewSeed => {
                let seed = self.with(|o| o.document.seed) % 9999 + 1;
                self.ask(Ask::Do("New seed", Command::SetSeed(seed)));
            }
            Ask::Seek(to) => {
                self.with(|o| o.run.seek(to));
                self.look();
            }
            Ask::Follow(key) => {
                self.with(|o| o.follow = key);
                self.look();
            }
            Ask::Tool(tool) => self.tool.set(tool),
            Ask::Zoom(zoom) => self.zoom(zoom),
            Ask::ChooseAll => {
                let all = self.with(|o| {
                    let machines = o.document.machines.iter().map(|m| Thing::Machine(m.name.clone()));
                    machines.collect::<Vec<_>>()
                });
                self.choose(|s| s.extend(all));
            }
            Ask::Duplicate => {}
            Ask::Delete => {
                let commands = self.with(|o| {
                    let links = o.selection.links().cloned().map(Command::RemoveLink);
                    links
                        .chain(o.selection.machines().map(|m| Command::RemoveMachine(m.to_string())))
                        .collect()
                });
                self.ask(Ask::Do(super::text::edit::DELETE, Command::Batch(commands)));
            }
            Ask::Table(on) => self.as_table.set(on),
            Ask::Dialog(name) => self.dialog.set(name),
            Ask::Proof(id) => self.proof.set(id),
            Ask::Say(text) => self.said.set(text),
        }
    }

    fn zoom(self, zoom: Zoom) {
        let layout = self.layout.get_untracked();
        let chosen =
            self.selection.with_untracked(|s| Rect::hull(s.machines().filter_map(|m| layout.card(m))));
        self.camera.update(|camera| match (zoom, layout.bounds()) {
            (Zoom::In, _) => camera.zoom_to(camera.zoom * STEP),
            (Zoom::Out, _) => camera.zoom_to(camera.zoom / STEP),
            (Zoom::Full, _) => camera.zoom_to(1.0),
            (Zoom::Selection, all) => {
                if let Some(area) = chosen.or(all) {
                    camera.fit(area);
                }
            }
            (Zoom::Fit, Some(all)) => camera.fit(all),
            (Zoom::Fit, None) => *camera = Camera { size: camera.size, ..Camera::default() },
        });
    }

    fn edit(self, name: &str, command: Command) {
        let done = self.with(|o| {
            let applied = command.apply(&mut o.document)?;
            o.undo.record(name, applied.inverse);
            o.selection.follow(&applied.edits);
            Ok::<_, crate::editor::command::Refusal>(applied.edits)
        });
        match done {
            Ok(edits) => self.edited(name, &edits),
            Err(why) => self.ask(Ask::Say(why.to_string())),
        }
    }

    fn take(self, way: fn(&mut Undo, &mut Document) -> Option<(String, Vec<Edit>)>) {
        let done = self.with(|o| {
            let done = way(&mut o.undo, &mut o.document)?;
            o.selection.follow(&done.1);
            Some(done)
        });
        if let Some((name, edits)) = done {
            self.edited(&name, &edits);
        }
    }

    /// The drawing has changed: the run hears of it, and everybody who shows it.
    fn edited(self, name: &str, edits: &[Edit]) {
        let renamed: Vec<_> = edits
            .iter()
            .filter_map(|e| match e {
                Edit::RenameMachine { from, to } => Some((from.clone(), to.clone())),
                _ => None,
            })
            .collect();
        let fresh = edits.iter().any(|e| matches!(e, Edit::Seed(_) | Edit::Replace(_)));
        self.with(|o| {
            if fresh {
                o.run = Run::new(&o.document);
            } else if !edits.is_empty() {
                let _ = o.run.edit(&o.document, &renamed, name);
            }
        });
        let (document, selection, undo, redo) = self.with(|o| {
            let named = |n: Option<&str>| n.map(str::to_string);
            (
                Arc::new(o.document.clone()),
                o.selection.clone(),
                named(o.undo.undo_name()),
                named(o.undo.redo_name()),
            )
        });
        self.document.set(document);
        self.selection.set(selection);
        self.undo_name.set(undo);
        self.redo_name.set(redo);
        self.look();
    }

    fn choose(self, change: impl FnOnce(&mut Selection)) {
        let selection = self.with(|o| {
            change(&mut o.selection);
            o.selection.clone()
        });
        self.selection.set(selection);
    }

    /// Takes a picture of the run for everybody who shows it: after a change, and some times a second.
    pub fn look(self) {
        let (frame, samples, marks, window, cap) = self.with(|o| {
            let window = Window::around(o.run.now(), o.run.furthest());
            (
                Arc::new(o.run.frame(o.follow)),
                Arc::new(o.run.samples()),
                Arc::new(o.run.marks()),
                window,
                o.run.state().judge.cap(),
            )
        });
        if self.cap.read_untracked().as_deref() != Some(&cap) {
            self.cap.set(Some(Arc::new(cap)));
        }
        self.now.set(frame.now);
        self.now_slow.set(frame.now);
        self.window.set(window);
        self.samples.set(samples);
        if *self.marks.read_untracked() != marks {
            self.marks.set(marks);
        }
        self.frame.set(frame);
    }

    /// The proof of a broken verdict: its first contradiction or its latest.
    pub fn diagram(self, id: &str, latest: bool) -> Option<Diagram> {
        let frame = self.frame.get_untracked();
        let verdict = frame.verdicts.iter().find(|v| v.id == id)?;
        let Judged::Broken { first, latest: last, .. } = &verdict.state else { return None };
        let witness = if latest { last } else { first };
        Some(self.with(|o| witness.diagram(&Labels::of(&o.run))))
    }
}
