//! The one owner of the editor and the run. Widgets get signals to read and a few ways to ask; what the editor hands
//! back is carried out here. It decides nothing that the editor or the run could decide.

mod carry;
mod look;
mod names;
mod speed;
mod window;

pub use carry::{focus, reveal};
pub use names::key_name;
pub use speed::Speed;
pub use window::Window;

use super::lesson::Class;
use super::{menu, text};
use crate::editor::Editor;
use crate::editor::action::{Action, Situation, keys};
use crate::editor::camera::Camera;
use crate::editor::command::Command;
use crate::editor::effect::Effect;
use crate::editor::geometry::layout::Layout;
use crate::editor::input::Input;
use crate::editor::selection::{Selection, Thing};
use crate::editor::tool::{Cursor, Sketch, Tool};
use crate::history::Key;
use crate::judge::Cap;
use crate::lessons::session::Session;
use crate::run::Run;
use crate::run::frame::{Frame, Mark, Sample, Trace};
use crate::scenario::Document;
use crate::scenario::fault::Fault;
use crate::scenario::problem::Problem;
use crate::stdx::Instant;
use leptos::prelude::*;
use std::sync::Arc;

/// What the run is asked for.
#[derive(Clone, Debug)]
pub enum Ask {
    Fault(Fault),
    Play(bool),
    Step,
    StepBack,
    Restart,
    Seek(Instant),
    Follow(Option<Key>),
}

/// What is owned, outside of the reactive graph.
pub struct Owner {
    pub editor: Editor,
    pub run: Run,
    /// The step of a lesson that is under way.
    pub session: Option<Session>,
    pub situation: Situation,
    pub follow: Option<Key>,
    /// Seconds for which the dots go on although the run stands.
    pub moving: f64,
}

/// What is open over the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialog {
    Commands,
    Help,
    Open,
    Save,
    Share,
}

/// The signals of the page, and the way to its owner. A handle: copy it freely.
#[derive(Clone, Copy)]
pub struct State {
    owner: StoredValue<Owner, LocalStorage>,
    /// A pointer holds something: what gets the focus by it is not chosen a second time.
    pub pressing: StoredValue<bool>,

    // The drawing and the hand on it.
    pub document: RwSignal<Arc<Document>>,
    pub layout: RwSignal<Arc<Layout>>,
    pub selection: RwSignal<Arc<Selection>>,
    pub camera: RwSignal<Camera>,
    pub tool: RwSignal<Tool>,
    pub sketch: RwSignal<Option<Sketch>>,
    pub cursor: RwSignal<Cursor>,
    /// The card that is open into its clones.
    pub fan: RwSignal<Option<String>>,
    /// The machine that shows its handles because the pointer is over it.
    pub hovered: RwSignal<Option<String>>,
    pub lost: RwSignal<bool>,
    pub undo_name: RwSignal<Option<String>>,
    pub redo_name: RwSignal<Option<String>>,
    /// What is wrong with the drawing, or odd.
    pub problems: RwSignal<Arc<Vec<Problem>>>,

    // The run: pictures some times a second, its instant once a frame.
    pub frame: RwSignal<Arc<Frame>>,
    pub cap: RwSignal<Option<Arc<Cap>>>,
    pub samples: RwSignal<Arc<Vec<Sample>>>,
    pub marks: RwSignal<Arc<Vec<Mark>>>,
    pub now: RwSignal<Instant>,
    pub now_slow: RwSignal<Instant>,
    pub window: RwSignal<Window>,
    pub playing: RwSignal<bool>,
    pub speed: RwSignal<Speed>,
    /// One dot stands for so many messages.
    pub dot_scale: RwSignal<u64>,

    /// The lesson that is open, and how far the learner has come.
    pub class: Class,

    // The page.
    /// The verdict whose proof is open.
    pub proof: RwSignal<Option<&'static str>>,
    pub menu: RwSignal<Option<menu::Open>, LocalStorage>,
    pub dialog: RwSignal<Option<Dialog>>,
    /// The sentence for the live region, and the one that is shown as well.
    pub said: RwSignal<String>,
    pub shown: RwSignal<Option<String>>,
    pub as_table: RwSignal<bool>,
    /// The drawer's height in pixels.
    pub drawer: RwSignal<f64>,
    /// Which panel the drawer shows.
    pub panel: RwSignal<&'static str>,
    /// The request whose way is shown.
    pub trace: RwSignal<Option<Arc<Trace>>>,
    /// The charts' data of the branch that was left last.
    pub branch: RwSignal<Arc<Vec<Sample>>>,
    /// Single letters are shortcuts.
    pub singles: RwSignal<bool>,
    /// The tab is in the background: nothing runs.
    pub hidden: RwSignal<bool>,
    pub rail_open: RwSignal<bool>,
    /// Which panel the sheet shows on a phone, and the right column where it is narrow.
    pub tab: RwSignal<&'static str>,
    pub side: RwSignal<&'static str>,
}

impl State {
    pub fn new(document: Document) -> State {
        let run = Run::new(&document);
        let frame = Arc::new(run.frame(None));
        let editor = Editor::new(document);
        State {
            document: RwSignal::new(Arc::new(editor.document().clone())),
            layout: RwSignal::new(Arc::new(editor.layout().clone())),
            selection: RwSignal::new(Arc::default()),
            camera: RwSignal::new(*editor.camera()),
            tool: RwSignal::new(Tool::Select),
            sketch: RwSignal::new(None),
            cursor: RwSignal::new(Cursor::Default),
            fan: RwSignal::new(None),
            hovered: RwSignal::new(None),
            lost: RwSignal::new(false),
            undo_name: RwSignal::new(None),
            redo_name: RwSignal::new(None),
            problems: RwSignal::new(Arc::default()),
            frame: RwSignal::new(frame),
            cap: RwSignal::new(None),
            samples: RwSignal::new(Arc::default()),
            marks: RwSignal::new(Arc::default()),
            now: RwSignal::new(Instant::START),
            now_slow: RwSignal::new(Instant::START),
            window: RwSignal::new(Window::around(Instant::START, Instant::START)),
            playing: RwSignal::new(false),
            speed: RwSignal::new(Speed::Times(1.0)),
            dot_scale: RwSignal::new(1),
            class: Class::new(),
            proof: RwSignal::new(None),
            menu: RwSignal::new_local(None),
            dialog: RwSignal::new(None),
            said: RwSignal::new(String::new()),
            shown: RwSignal::new(None),
            as_table: RwSignal::new(false),
            drawer: RwSignal::new(312.0),
            panel: RwSignal::new("charts"),
            trace: RwSignal::new(None),
            branch: RwSignal::new(Arc::default()),
            singles: RwSignal::new(true),
            hidden: RwSignal::new(false),
            rail_open: RwSignal::new(false),
            tab: RwSignal::new("verdicts"),
            side: RwSignal::new("verdicts"),
            pressing: StoredValue::new(false),
            owner: StoredValue::new_local(Owner {
                editor,
                run,
                session: None,
                situation: Situation::default(),
                follow: None,
                moving: 0.0,
            }),
        }
    }

    /// Looks at the owner, or changes it without telling anybody.
    pub fn with<T>(self, f: impl FnOnce(&mut Owner) -> T) -> T {
        self.owner.try_update_value(f).expect("the owner lives as long as the page")
    }

    /// Asks the editor for something, and carries out what it hands back.
    pub fn edit(self, f: impl FnOnce(&mut Editor) -> Vec<Effect>) {
        let effects = self.with(|o| f(&mut o.editor));
        self.carry(effects);
    }

    pub fn act(self, action: Action) {
        self.edit(|e| e.act(action));
    }

    pub fn input(self, input: Input) {
        self.edit(|e| e.input(input));
    }

    /// A key went down; says whether it meant something.
    pub fn key(self, press: &keys::KeyPress, platform: keys::Platform) -> bool {
        match self.with(|o| o.editor.key(press, platform, self.singles.get_untracked())) {
            Some(effects) => {
                self.carry(effects);
                true
            }
            None => false,
        }
    }

    /// Selects one thing, as a click on it does.
    pub fn choose(self, thing: Thing) {
        self.with(|o| o.editor.choose(thing));
        self.sync();
    }

    /// One setting, or one step of a slider that is still held.
    pub fn set(self, name: &str, command: Command, held: bool) {
        self.edit(|e| {
            if held {
                e.begin();
            }
            let mut effects = e.change(name, command);
            if !held {
                effects.extend(e.finish(name));
            }
            effects
        });
    }

    pub fn ask(self, ask: Ask) {
        match ask {
            Ask::Fault(fault) => {
                if let Err(why) = self.with(|o| o.run.fault(fault)) {
                    self.say(why, true);
                }
            }
            Ask::Play(on) => {
                self.playing.set(on);
                // What stands is shown as it stands.
                if on {
                    return;
                }
            }
            Ask::Step => {
                self.playing.set(false);
                self.dot_scale.set(1);
                let (stepped, dots) = self.with(|o| {
                    o.run.watch(1);
                    o.moving = super::driver::AFTER_STEP;
                    (o.run.step(), o.run.take_dots())
                });
                super::board::dots::launch(dots, 1.0);
                match stepped {
                    true => self.say(text::stands_at(self.with(|o| o.run.now())), false),
                    false => self.say(text::NOTHING_UNDER_WAY.into(), true),
                }
            }
            Ask::StepBack => {
                self.playing.set(false);
                let now = self.with(|o| {
                    o.run.step_back();
                    o.run.now()
                });
                self.say(text::stands_at(now), false);
            }
            Ask::Restart => {
                self.with(|o| o.run = Run::new(o.editor.document()));
                super::board::dots::land_all();
                self.say(text::stands_at(Instant::START), false);
            }
            Ask::Seek(to) => {
                self.with(|o| o.run.seek(to));
                super::board::dots::land_all();
            }
            Ask::Follow(key) => self.with(|o| o.follow = key),
        }
        self.look();
    }

    /// Shows a panel: in the drawer, or on a phone in the sheet.
    pub fn open_panel(self, name: &'static str) {
        self.panel.set(name);
        self.tab.set(name);
    }

    /// A sentence for the live region; shown as well when it answers what a hand just did.
    pub fn say(self, text: String, show: bool) {
        if show {
            self.shown.set(Some(text.clone()));
        }
        self.said.set(text);
    }
}
