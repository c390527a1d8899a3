//! Gestures as small scripts, and what became of them as text: how the tests of the hand are written. It may not know
//! how a tool works.
//!
//! `press 304,256 [shift ctrl alt touch pen middle right #2]` · `move 320,260 [#2]` · `release [#2]` · `cancel [#2]` ·
//! `click x,y` · `drag x,y x,y` · `wait 600` · `key Ctrl+Z` (`*3` holds it) · `wheel x,y dx,dy [ctrl]` · `space down`
//! · `take scissors` · `pick cache x,y` · `do crash` (an action by its id) · `paste` (what was copied)

use super::Editor;
use super::action::{Action, keys::KeyPress, keys::Platform};
use super::effect::Effect;
use super::geometry::{Vector, tests::board};
use super::input::{Button, Input, Modifiers, Pointer};
use super::selection::Thing;
use crate::components::Kind;
use crate::scenario::{Document, notation};
use std::fmt::Write;

pub struct Hands {
    pub editor: Editor,
    first: Document,
    effects: Vec<Effect>,
    copied: String,
    now: f64,
    at: Vector,
}

/// Users, balancer, server, cache, database and its copy; another user at the copy.
pub const BOARD: &str = "users 96,256; lb 304,256; web 512,256; cache 728,128; db 728,384; copy 976,384; users2 976,128; \
    users->lb; lb->web; web->cache; web->db; db=>copy; users2->copy";

/// Plays the script on the board, and tells what became of it.
pub fn play(script: &str) -> String {
    Hands::new(BOARD).play(script).report()
}

fn place(text: &str) -> Vector {
    let (x, y) = text.split_once(',').unwrap_or_else(|| panic!("{text} is no place"));
    Vector::new(x.parse().unwrap(), y.parse().unwrap())
}

impl Hands {
    pub fn new(text: &str) -> Hands {
        let mut document = board(text);
        // The names of the tests' boards tell the kinds; the board itself is an ordinary document.
        document.title = "Test".into();
        let editor = Editor::new(document.clone());
        Hands {
            editor,
            first: document,
            effects: Vec::new(),
            copied: String::new(),
            now: 0.0,
            at: Vector::default(),
        }
    }

    pub fn play(mut self, script: &str) -> Hands {
        for step in script.split([';', '\n']).map(str::trim).filter(|s| !s.is_empty()) {
            self.step(step);
        }
        self
    }

    fn input(&mut self, input: Input) {
        let effects = self.editor.input(input);
        self.hear(effects);
    }

    fn hear(&mut self, effects: Vec<Effect>) {
        for effect in &effects {
            if let Effect::Copied(text) = effect {
                self.copied = text.clone();
            }
        }
        self.effects.extend(effects);
    }

    fn step(&mut self, step: &str) {
        let words: Vec<&str> = step.split_whitespace().collect();
        let has = |word: &str| words.contains(&word);
        let id = words.iter().find_map(|w| w.strip_prefix('#')).map_or(1, |n| n.parse().unwrap());
        let modifiers = Modifiers { shift: has("shift"), alt: has("alt"), command: has("ctrl") };
        self.now += 16.0;
        let now = self.now;
        match words[0] {
            "press" => {
                self.at = place(words[1]);
                let pointer = if has("touch") {
                    Pointer::Touch
                } else if has("pen") {
                    Pointer::Pen
                } else {
                    Pointer::Mouse
                };
                let button = if has("middle") {
                    Button::Middle
                } else if has("right") {
                    Button::Secondary
                } else {
                    Button::Primary
                };
                self.input(Input::Down { id, at: self.at, pointer, button, modifiers, now });
            }
            "move" => {
                self.at = place(words[1]);
                self.input(Input::Move { id, at: self.at, modifiers });
            }
            "release" => self.input(Input::Up { id, at: self.at, modifiers }),
            "cancel" => self.input(Input::Cancel { id }),
            "click" => {
                self.step(&step.replacen("click", "press", 1));
                self.step(&format!("release #{id}"));
            }
            "drag" => {
                let (from, to) = (words[1], words[2]);
                let rest = words[3..].join(" ");
                self.step(&format!("press {from} {rest}"));
                self.step(&format!("move {to} {rest}"));
                self.step(&format!("release #{id}"));
            }
            "wait" => {
                let until = self.now + words[1].parse::<f64>().unwrap();
                while self.now < until {
                    self.now += 16.0;
                    self.input(Input::Tick { now: self.now });
                }
            }
            "wheel" => {
                self.input(Input::Wheel { at: place(words[1]), by: place(words[2]), zoom: has("ctrl") });
            }
            "space" => self.input(Input::Space(words[1] == "down")),
            "key" => {
                let times = words.iter().find_map(|w| w.strip_prefix('*')).map_or(1, |n| n.parse().unwrap());
                for time in 0..times {
                    let mut press = KeyPress { repeat: time > 0, ..KeyPress::default() };
                    let mut rest = words[1];
                    while let Some((held, key)) = rest.split_once('+').filter(|(h, _)| !h.is_empty()) {
                        press.ctrl |= held == "Ctrl";
                        press.shift |= held == "Shift";
                        rest = key;
                    }
                    press.key = rest.into();
                    press.code = format!("Digit{rest}");
                    let effects = self.editor.key(&press, Platform::Other, true);
                    self.hear(effects.unwrap_or_else(|| panic!("{} means nothing", words[1])));
                }
            }
            "take" | "do" => {
                let entry = Action::ALL.iter().find(|e| e.id == words[1]).expect("an action's id");
                let effects = self.editor.act(entry.action);
                self.hear(effects);
            }
            "pick" => {
                self.at = place(words[2]);
                let effects = self.editor.pick_up(Kind::from_word(words[1]).expect("a kind"), id, self.at);
                self.hear(effects);
            }
            "paste" => {
                let at = words.get(1).map(|at| place(at));
                let effects = self.editor.paste(&self.copied.clone(), at);
                self.hear(effects);
            }
            other => panic!("{other} is no step"),
        }
    }

    /// What differs from the first drawing, what is chosen, and what the page was asked for: one line each, none for
    /// nothing.
    pub fn report(&self) -> String {
        let mut out = String::new();
        let (before, after) = (&self.first, self.editor.document());
        for machine in &after.machines {
            let place = format!("{} {},{}", machine.name, machine.at.x, machine.at.y);
            match before.machine(&machine.name) {
                None => writeln!(out, "+ {place}").unwrap(),
                Some(old) if old.at != machine.at => writeln!(out, "{place}").unwrap(),
                Some(_) => {}
            }
            let was = before.machine(&machine.name).and_then(|m| m.zone.clone());
            if machine.zone != was {
                let zone = machine.zone.as_deref().unwrap_or("no zone");
                writeln!(out, "{} in {zone}", machine.name).unwrap();
            }
        }
        for machine in before.machines.iter().filter(|m| after.machine(&m.name).is_none()) {
            writeln!(out, "- {}", machine.name).unwrap();
        }
        let has =
            |d: &Document, link: &crate::scenario::Link| d.links.iter().any(|l| l.name() == link.name());
        for link in after.links.iter().filter(|l| !has(before, l)) {
            writeln!(out, "+ {}", link.name().words()).unwrap();
        }
        for link in before.links.iter().filter(|l| !has(after, l)) {
            writeln!(out, "- {}", link.name().words()).unwrap();
        }
        let chosen: Vec<String> = self.editor.selection().iter().map(Thing::label).collect();
        if !chosen.is_empty() {
            writeln!(out, "chosen: {}", chosen.join(", ")).unwrap();
        }
        for effect in &self.effects {
            let name = |of: &Option<Thing>| of.as_ref().map_or("board".into(), Thing::label);
            let _ = match effect {
                Effect::Fault(fault) => writeln!(out, "fault: {fault}"),
                Effect::Transport(what) => writeln!(out, "run: {what:?}"),
                Effect::Refused(why) => writeln!(out, "refused: {why}"),
                Effect::Menu { of, .. } => writeln!(out, "menu: {}", name(of)),
                Effect::Offer(offer) => {
                    assert!(!offer.kinds.is_empty(), "an offer of nothing");
                    writeln!(out, "offer at {},{}", offer.at.x, offer.at.y)
                }
                Effect::Targets { from, targets } => {
                    let may = targets.iter().filter(|t| t.wire.is_ok()).map(|t| t.name.as_str());
                    writeln!(out, "targets of {from}: {}", may.collect::<Vec<_>>().join(", "))
                }
                Effect::Fan(name) => writeln!(out, "fan: {name}"),
                Effect::Show(panel) => writeln!(out, "show: {panel:?}"),
                Effect::Copied(text) => {
                    let part = notation::parse(text).expect("what is copied can be read");
                    writeln!(out, "copied: {} machines, {} links", part.machines.len(), part.links.len())
                }
                Effect::PasteWanted => writeln!(out, "paste wanted"),
                Effect::Edited { .. } | Effect::Announce(_) | Effect::Focus(_) => Ok(()),
            };
        }
        let entries = self.editor.undo();
        if let Some(name) = entries.undo_name() {
            writeln!(out, "undo {}: {name}", entries.len()).unwrap();
        }
        let camera = self.editor.camera();
        if camera.corner != Vector::default() || camera.zoom != 1.0 {
            writeln!(out, "seen from {:.0},{:.0} at {:.2}", camera.corner.x, camera.corner.y, camera.zoom)
                .unwrap();
        }
        out.trim_end().to_string()
    }
}
