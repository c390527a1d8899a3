//! Machines follow the pointer on the grid; at the board's edge the board follows too.

use super::pointing::Press;
use super::{Cursor, EdgePan, Hand};
use crate::editor::Editor;
use crate::editor::command::Command;
use crate::editor::geometry::Vector;
use crate::editor::input::Input;
use crate::editor::selection::{Selection, Thing};
use crate::scenario::Point;

#[derive(Clone, PartialEq, Debug)]
pub struct Dragging {
    pub id: i32,
    /// Where the pointer is, on the screen.
    pub at: Vector,
    /// Where on the board it took hold.
    grip: Vector,
    /// Where the machines stood.
    from: Vec<(String, Point)>,
    /// They are copies.
    copies: bool,
    /// What was chosen before the copies were.
    before: Selection,
    edge: EdgePan,
}

impl Dragging {
    /// Takes hold of the thing, and of all that is chosen with it; with `copies`, of copies of them.
    pub fn begin(editor: &mut Editor, press: Press, thing: Thing, at: Vector, copies: bool) -> Dragging {
        editor.begin();
        let grip = editor.camera.to_board(press.at);
        let mut names: Vec<String> = match &thing {
            Thing::Zone(zone) => {
                let inside = editor.document().machines.iter().filter(|m| m.zone.as_ref() == Some(zone));
                inside.map(|m| m.name.clone()).collect()
            }
            _ => {
                if !editor.selection().contains(&thing) {
                    editor.click(Some(thing), press.modifiers.adds());
                }
                editor.selection().machines().map(str::to_string).collect()
            }
        };
        let before = editor.selection().clone();
        let copied = copies.then(|| editor.duplicate_in_place()).flatten();
        let copies = copied.is_some();
        names = copied.unwrap_or(names);
        let machines = editor.document().machines.iter();
        let from = machines.filter(|m| names.contains(&m.name)).map(|m| (m.name.clone(), m.at)).collect();
        let dragging = Dragging { id: press.id, at, grip, from, copies, before, edge: EdgePan::default() };
        dragging.follow(editor);
        dragging
    }

    pub fn input(mut self, editor: &mut Editor, input: &Input) -> Hand {
        match *input {
            Input::Move { id, at, .. } if id == self.id => {
                self.at = at;
                self.follow(editor);
                Hand::Dragging(self)
            }
            Input::Tick { now } => {
                if self.edge.tick(editor, self.at, now) {
                    self.follow(editor);
                }
                Hand::Dragging(self)
            }
            Input::Up { id, at, .. } if id == self.id => {
                self.at = at;
                self.follow(editor);
                let what = if self.copies { "Duplicate" } else { "Move" };
                let name = match &self.from[..] {
                    [(name, _)] => format!("{what} {name}"),
                    many => format!("{what} {} machines", many.len()),
                };
                editor.end(&name);
                Hand::default()
            }
            Input::Cancel { id } if id == self.id => {
                self.cancel(editor);
                Hand::default()
            }
            _ => Hand::Dragging(self),
        }
    }

    pub fn cancel(self, editor: &mut Editor) {
        editor.cancel_gesture();
        editor.selection = self.before;
    }

    /// The machine that stands first gets onto the grid, the others keep their distance to it.
    fn follow(&self, editor: &mut Editor) {
        let Some((_, first)) = self.from.first() else { return };
        let way = editor.camera.to_board(self.at) - self.grip;
        let to = (Vector::from(*first) + way).snapped();
        let moved = |p: &Point| Point { x: p.x + to.x - first.x, y: p.y + to.y - first.y };
        let places = self.from.iter().map(|(name, at)| (name.clone(), moved(at)));
        editor.edit("Move", Command::Move(places.collect()));
    }

    pub fn cursor(&self) -> Cursor {
        if self.copies { Cursor::Copy } else { Cursor::Grabbing }
    }
}
