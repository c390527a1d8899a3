//! The hand's room: changes the drawing and can take it back. It knows the document, the catalogue and the names of
//! faults; of the page, the pixels of a device and the run it knows nothing: what they must do it hands back as
//! effects.
//!
//! An [`Editor`] is a value that owns the drawing and everything about it that is not in the document: what is chosen,
//! what is seen of it, which tool the hand holds. Four ways in: [`Editor::input`] for pointers, [`Editor::key`] for keys,
//! [`Editor::act`] for buttons, menus and the command list, [`Editor::change`] for an edit with values (and its likes:
//! `set`, `rename`, `connect`, `paste` …). Each hands back the [`Effect`]s that the page carries out.

mod act;
pub mod action;
mod build;
pub mod camera;
pub mod command;
pub mod effect;
pub mod fragment;
pub mod geometry;
pub mod input;
pub mod selection;
pub mod tool;
pub mod undo;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod script;
#[cfg(test)]
mod swarm;
#[cfg(test)]
mod tests;

use crate::components::Kind;
use crate::scenario::Document;
use camera::Camera;
use command::Command;
use effect::Effect;
use geometry::{Density, Vector, hit, layout::Layout};
use input::{Input, Pointer};
use selection::{Selection, Thing};
use tool::{Cursor, Hand, Pinching, Sketch, Tool};
use undo::Undo;

#[derive(Clone, PartialEq, Default, Debug)]
pub struct Editor {
    document: Document,
    undo: Undo,
    selection: Selection,
    camera: Camera,
    tool: Tool,
    hand: Hand,
    layout: Layout,
    /// The space bar is held: pressing moves the board.
    space: bool,
    /// Fingers on the board, in the order they came.
    touches: Vec<(i32, Vector)>,
    /// What was copied here last; the system's clipboard goes before it.
    clipboard: Option<String>,
    /// What has to be done since the last call, in order.
    effects: Vec<Effect>,
}

impl Editor {
    pub fn new(document: Document) -> Editor {
        let layout = Layout::of(&document, Density::default());
        Editor { document, layout, ..Editor::default() }
    }

    /// Whether the pointer that is down would click if it were lifted now: it has not moved, and opened no menu.
    pub fn would_click(&self) -> bool {
        matches!(&self.hand, Hand::Pressing(pressing) if pressing.is_click())
    }

    pub fn document(&self) -> &Document {
        &self.document
    }

    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    pub fn camera(&self) -> &Camera {
        &self.camera
    }

    pub fn tool(&self) -> Tool {
        self.tool
    }

    /// Where everything lies; made anew whenever the drawing changes.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    pub fn density(&self) -> Density {
        self.layout.density
    }

    pub fn undo(&self) -> &Undo {
        &self.undo
    }

    /// What the hand draws over the board just now.
    pub fn sketch(&self) -> Option<Sketch> {
        self.hand.sketch(self)
    }

    pub fn cursor(&self) -> Cursor {
        self.hand.cursor(self)
    }

    /// Whether a gesture goes on that [`Input::Tick`]s must be sent for, once a frame.
    pub fn ticks(&self) -> bool {
        matches!(self.hand, Hand::Pressing(_) | Hand::Dragging(_) | Hand::Marking(_))
    }

    /// The machine under the pointer, which shows its handles as the chosen ones do.
    pub fn hovered(&self) -> Option<&str> {
        match &self.hand {
            Hand::Pointing(pointing) => pointing.over_machine(),
            _ => None,
        }
    }

    /// Nothing of the drawing is on the screen: time for "Back to the board".
    pub fn lost(&self) -> bool {
        self.layout.bounds().is_some_and(|drawing| self.camera.lost(drawing))
    }

    // What comes in.

    /// A pointer, the wheel, the space bar, the passing of time.
    pub fn input(&mut self, input: Input) -> Vec<Effect> {
        match input {
            Input::Wheel { at, by, zoom: true } => {
                // A notch of a wheel (100 pixels) makes things about a quarter larger or smaller.
                self.camera.zoom_at(at, libm::exp(-by.y.clamp(-500.0, 500.0) / 450.0));
            }
            Input::Wheel { by, zoom: false, .. } => self.camera.pan(by * -1.0),
            Input::Space(held) => self.space = held,
            input => self.pointed(input),
        }
        self.drain()
    }

    fn pointed(&mut self, input: Input) {
        match input {
            Input::Down { id, at, pointer: Pointer::Touch, .. } => {
                self.touches.retain(|(held, _)| *held != id);
                self.touches.push((id, at));
                if let [one, other] = self.touches[..] {
                    // The second finger takes back what the first had begun.
                    std::mem::take(&mut self.hand).cancel(self);
                    self.hand = Hand::Pinching(Pinching::new(one, other));
                    return;
                }
                if self.touches.len() > 2 {
                    return;
                }
            }
            Input::Move { id, at, .. } => {
                self.touches.iter_mut().filter(|(held, _)| *held == id).for_each(|touch| touch.1 = at);
            }
            Input::Up { id, .. } | Input::Cancel { id } => self.touches.retain(|(held, _)| *held != id),
            _ => {}
        }
        let hand = std::mem::take(&mut self.hand);
        self.hand = hand.input(self, &input);
    }

    /// A component was taken from the palette by a pointer that is still down; `at` counts from the board's corner, and
    /// the pointer's later events go to [`Editor::input`].
    pub fn pick_up(&mut self, kind: Kind, id: i32, at: Vector) -> Vec<Effect> {
        self.let_go();
        self.hand = Hand::Adding(tool::Adding::picked_up(kind, id, at));
        self.drain()
    }

    pub fn hold(&mut self, tool: Tool) -> Vec<Effect> {
        self.let_go();
        self.tool = tool;
        self.drain()
    }

    /// Cancels whatever the hand is in the middle of; what it had done is taken back.
    fn let_go(&mut self) {
        std::mem::take(&mut self.hand).cancel(self);
    }

    /// The board has so many screen pixels now.
    pub fn resize(&mut self, width: f64, height: f64) {
        self.camera.resize(Vector::new(width.max(1.0), height.max(1.0)));
    }

    pub fn set_density(&mut self, density: Density) {
        self.layout = Layout::of(&self.document, density);
    }

    pub fn set_camera(&mut self, camera: Camera) {
        self.camera = camera;
    }

    // Editing.

    /// Makes an edit, as one entry of that name, or as part of the gesture that lasts.
    pub fn change(&mut self, name: &str, command: Command) -> Vec<Effect> {
        self.edit(name, command);
        self.drain()
    }

    /// A gesture begins: a slider is held. All edits until [`Editor::finish`] are one entry.
    pub fn begin(&mut self) {
        self.undo.begin();
    }

    /// The slider is let go.
    pub fn finish(&mut self, name: &str) -> Vec<Effect> {
        self.end(name);
        self.drain()
    }

    /// Sets one setting from the text a person gave; an empty text is the default. Err says what would fit, and nothing
    /// has changed.
    pub fn set(&mut self, of: &Thing, parameter: &str, text: &str) -> Result<Vec<Effect>, String> {
        let table = of.parameters(&self.document);
        let known = table.iter().find(|p| p.name == parameter);
        let known = known.ok_or_else(|| format!("{} has no setting “{parameter}”.", of.label()))?;
        let to = match text.trim() {
            "" => None,
            text => Some(known.read(text).map_err(|error| format!("{error}."))?),
        };
        let command = Command::Set { of: of.clone(), parameter: parameter.into(), to };
        let applied = command.apply(&mut self.document).map_err(|why| why.to_string())?;
        let label = known.label.to_ascii_lowercase();
        self.applied(&format!("Set {label} of {}", of.label()), applied);
        Ok(self.drain())
    }

    /// Gives a machine or zone another name; Err says why not.
    pub fn rename(&mut self, thing: &Thing, to: &str) -> Result<Vec<Effect>, String> {
        let to = to.trim().to_string();
        let command = match thing.clone() {
            Thing::Machine(from) => Command::RenameMachine { from, to },
            Thing::Zone(from) => Command::RenameZone { from, to },
            Thing::Link(_) => return Err("A link is named by its ends.".into()),
        };
        let applied = command.apply(&mut self.document).map_err(|why| why.to_string())?;
        self.applied(&format!("Rename {}", thing.label()), applied);
        Ok(self.drain())
    }

    /// Chooses one thing and nothing else: the focus came to it, or a list named it.
    pub fn choose(&mut self, thing: Thing) {
        self.selection.choose(thing);
    }

    /// Another drawing takes this one's place; it can be undone like any edit.
    pub fn open(&mut self, name: &str, document: Document) -> Vec<Effect> {
        self.let_go();
        self.edit(name, Command::Replace(Box::new(document)));
        self.selection.clear();
        self.fit();
        self.drain()
    }

    /// Makes an edit; says whether it was made.
    fn edit(&mut self, name: &str, command: Command) -> bool {
        if command.changes_nothing(&self.document) {
            return true;
        }
        match command.apply(&mut self.document) {
            Ok(applied) => {
                self.applied(name, applied);
                true
            }
            Err(why) => {
                self.emit(Effect::Refused(why.to_string()));
                false
            }
        }
    }

    fn applied(&mut self, name: &str, applied: command::Applied) {
        self.undo.record(name, applied.inverse);
        self.edited(name, applied.edits);
    }

    fn edited(&mut self, name: &str, edits: Vec<crate::scenario::edit::Edit>) {
        self.selection.follow(&edits);
        self.layout.follow(&self.document);
        self.emit(Effect::Edited { name: name.into(), edits });
    }

    fn end(&mut self, name: &str) {
        self.undo.end(name, &self.document);
    }

    fn cancel_gesture(&mut self) {
        let edits = self.undo.cancel(&mut self.document);
        self.edited("", edits);
    }

    // What the tools need.

    fn emit(&mut self, effect: Effect) {
        // Of many small steps of one gesture in one call the page needs to hear the last.
        if let (Effect::Edited { edits, .. }, Some(Effect::Edited { edits: before, .. })) =
            (&effect, self.effects.last())
            && edits.is_empty()
            && before.is_empty()
        {
            self.effects.pop();
        }
        self.effects.push(effect);
    }

    fn drain(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// What lies under a place of the screen; `over` shows its handles, as the chosen machines do.
    fn under(&self, screen: Vector, slop: f64, over: Option<&str>) -> hit::Hit {
        let handles = |name: &str| self.selection.has_machine(name) || over == Some(name);
        hit::under(&self.layout, self.camera.to_board(screen), slop / self.camera.zoom, handles)
    }

    fn click(&mut self, on: Option<Thing>, adds: bool) {
        match (on, adds) {
            (Some(thing), true) => self.selection.toggle(thing),
            (Some(thing), false) => self.selection.choose(thing),
            (None, true) => return,
            (None, false) => self.selection.clear(),
        }
        self.announce_selection();
    }

    fn choose_for_menu(&mut self, of: Option<Thing>) {
        match of {
            Some(thing) if self.selection.contains(&thing) => {}
            Some(thing) => self.selection.choose(thing),
            None => self.selection.clear(),
        }
    }

    fn announce_selection(&mut self) {
        let says = match (self.selection.only(), self.selection.len()) {
            (_, 0) => "Nothing selected.".to_string(),
            (Some(thing), _) => format!("{} selected.", thing.label()),
            (None, many) => format!("{many} selected."),
        };
        self.emit(Effect::Announce(says));
    }

    fn fit(&mut self) {
        match self.layout.extent() {
            Some(all) => self.camera.fit(all),
            None => self.camera = Camera { size: self.camera.size, ..Camera::default() },
        }
    }
}
