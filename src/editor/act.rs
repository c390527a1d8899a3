//! Carries out the actions of the list. It may not know which key or button asked.

use super::Editor;
use super::action::{Action, keys};
use super::command::Command;
use super::effect::{Effect, Panel, Transport};
use super::fragment::{self, Where};
use super::geometry::{GRID, Rect, Vector};
use super::selection::Thing;
use super::tool::{Connecting, Hand, Tool};
use crate::components::parameter::Settings;
use crate::scenario::fault::{Fault, LinkName, Way};
use crate::scenario::{Point, Zone};
use crate::stdx::{Distribution, Duration};

/// Shift makes a move by arrow keys so much longer.
const FAR: i32 = 4;
/// What the menu's "Slow", "Delay", "Lose" and "Traffic" stand for; other values come from the inspector.
const SLOW: f64 = 4.0;
const DELAY: Duration = Duration::from_millis(100);
const LOSS: f64 = 0.05;
const TRAFFIC: f64 = 3.0;
/// Machines begin with version 1 of the code.
const NEXT_VERSION: u32 = 2;

impl Editor {
    /// A key went down: the action that it means, carried out. None when it means nothing, and the page's own default
    /// should happen.
    pub fn key(
        &mut self,
        press: &keys::KeyPress,
        platform: keys::Platform,
        singles: bool,
    ) -> Option<Vec<Effect>> {
        let action = keys::find(press, platform, singles)?;
        // Holding a key moves on and on; it does not toggle, undo or step on and on.
        let repeats = matches!(
            action,
            Action::Left
                | Action::Right
                | Action::Up
                | Action::Down
                | Action::FarLeft
                | Action::FarRight
                | Action::FarUp
                | Action::FarDown
                | Action::Undo
                | Action::Redo
                | Action::Step
                | Action::StepBack
                | Action::ZoomIn
                | Action::ZoomOut
                | Action::Faster
                | Action::Slower
        );
        if press.repeat && !repeats {
            return Some(Vec::new());
        }
        self.perform(action, press.repeat);
        Some(self.drain())
    }

    /// A button, a menu or the command list asks for an action.
    pub fn act(&mut self, action: Action) -> Vec<Effect> {
        self.perform(action, false);
        self.drain()
    }

    fn perform(&mut self, action: Action, repeat: bool) {
        let to_run = |t| Effect::Transport(t);
        let grid = |x: i32, y: i32| Point { x: x * GRID, y: y * GRID };
        match action {
            Action::PlayOrPause => self.emit(to_run(Transport::PlayOrPause)),
            Action::Step => self.emit(to_run(Transport::Step)),
            Action::StepBack => self.emit(to_run(Transport::StepBack)),
            Action::Restart => self.emit(to_run(Transport::Restart)),
            Action::Faster => self.emit(to_run(Transport::Faster)),
            Action::Slower => self.emit(to_run(Transport::Slower)),
            Action::NewSeed => {
                // The next one: as good as any other, and a person can say it.
                let seed = self.document.seed % 999_999 + 1;
                self.edit("New seed", Command::SetSeed(seed));
                self.emit(Effect::Announce(format!("Seed {seed}.")));
            }
            Action::Select => self.take_up(Tool::Select),
            Action::Scissors => self.take_up(Tool::Scissors),
            Action::Hand => self.take_up(Tool::Hand),
            Action::Connect if self.hand_is_drawing() => self.take_up(Tool::Select),
            Action::Connect | Action::ConnectTo => match self.selection.only().cloned() {
                Some(Thing::Machine(from)) => self.offer_targets(from),
                _ => self.take_up(Tool::Connect),
            },
            Action::Undo => self.step_in_history(true),
            Action::Redo => self.step_in_history(false),
            Action::Copy => self.copy_out(),
            Action::Cut => {
                self.copy_out();
                self.delete("Cut");
            }
            Action::Paste => self.emit(Effect::PasteWanted),
            Action::Duplicate => self.duplicate(),
            Action::Delete => self.delete("Delete"),
            Action::Rename => self.emit(Effect::Show(Panel::Rename)),
            Action::Turn => {
                let link = self.selection.links().next().cloned();
                if let Some(link) = link {
                    self.change_wire(&link, &LinkName::new(&link.to, link.wire, &link.from));
                }
            }
            Action::SelectAll => {
                let machines = self.document.machines.iter().map(|m| Thing::Machine(m.name.clone()));
                let links = self.document.links.iter().map(|l| Thing::Link(l.name()));
                self.selection = machines.chain(links).collect();
                self.announce_selection();
            }
            Action::Left => self.nudge(grid(-1, 0), repeat),
            Action::Right => self.nudge(grid(1, 0), repeat),
            Action::Up => self.nudge(grid(0, -1), repeat),
            Action::Down => self.nudge(grid(0, 1), repeat),
            Action::FarLeft => self.nudge(grid(-FAR, 0), repeat),
            Action::FarRight => self.nudge(grid(FAR, 0), repeat),
            Action::FarUp => self.nudge(grid(0, -FAR), repeat),
            Action::FarDown => self.nudge(grid(0, FAR), repeat),
            Action::ZoomIn => self.camera.zoom_to(self.camera.zoom * super::camera::STEP),
            Action::ZoomOut => self.camera.zoom_to(self.camera.zoom / super::camera::STEP),
            Action::ZoomFull => self.camera.zoom_to(1.0),
            Action::Fit => self.fit(),
            Action::FitSelection => {
                let area = Rect::hull(self.selection.iter().filter_map(|thing| self.area(thing)));
                if let Some(area) = area {
                    self.camera.fit(area);
                }
            }
            Action::HealAll => self.emit(Effect::Fault(Fault::HealAll)),
            Action::Menu => {
                let of = self.selection.iter().next().cloned();
                let area = of.as_ref().and_then(|thing| self.area(thing));
                let at = area.map_or(self.camera.size * 0.5, |area| self.camera.to_screen(area.centre()));
                self.emit(Effect::Menu { at, of });
            }
            Action::Escape => self.escape(),
            Action::Open => self.emit(Effect::Show(Panel::Open)),
            Action::Save => self.emit(Effect::Show(Panel::Save)),
            Action::Share => self.emit(Effect::Show(Panel::Share)),
            Action::Commands => self.emit(Effect::Show(Panel::Commands)),
            Action::Help => self.emit(Effect::Show(Panel::Help)),
            Action::CutLink
            | Action::CutForth
            | Action::CutBack
            | Action::Delay
            | Action::Lose
            | Action::Heal => {
                self.hurt_links(action);
            }
            Action::Fan => {
                if let Some(name) = super::action::several(self).map(str::to_string) {
                    self.emit(Effect::Fan(name));
                }
            }
            Action::Outage | Action::Recover | Action::Part | Action::PartForth | Action::Join => {
                self.hurt_zones(action)
            }
            Action::Enclose => self.enclose(),
            Action::Release => {
                let out = self.selection.machines().map(|name| (name.to_string(), None)).collect();
                self.edit("Take out of the zone", Command::PutInZone(out));
            }
            Action::Crash
            | Action::CrashHost
            | Action::Restart1
            | Action::Pause
            | Action::Resume
            | Action::Slow
            | Action::FullSpeed
            | Action::Isolate
            | Action::Promote
            | Action::DropCache
            | Action::FillDisk
            | Action::LoseDisk
            | Action::Deploy
            | Action::TripleTraffic
            | Action::NormalTraffic => self.hurt_machines(action),
        }
    }

    fn take_up(&mut self, tool: Tool) {
        self.let_go();
        self.tool = tool;
        let says = match tool {
            Tool::Select => "Select.",
            Tool::Connect => "Connect: choose the machine that asks, then the one that is asked.",
            Tool::Scissors => "Scissors: draw a stroke across links.",
            Tool::Hand => "Hand: the board moves with the pointer.",
            Tool::Add(_) => "Choose a place.",
        };
        self.emit(Effect::Announce(says.into()));
    }

    fn hand_is_drawing(&self) -> bool {
        matches!(self.hand, Hand::Connecting(_))
    }

    /// With one machine chosen: the list of targets for the keyboard; meanwhile the pointer may draw the line too.
    fn offer_targets(&mut self, from: String) {
        self.let_go();
        let start = self.layout.card(&from).map_or(Vector::default(), |card| card.centre());
        self.hand = Hand::Connecting(Connecting::clicked(from.clone(), self.camera.to_screen(start)));
        let targets = self.targets(&from);
        self.emit(Effect::Targets { from, targets });
    }

    /// The gesture first, then the tool, then the selection.
    fn escape(&mut self) {
        if self.hand.busy() {
            self.let_go();
            self.emit(Effect::Announce("Cancelled.".into()));
        } else if self.undo.in_gesture() {
            self.cancel_gesture();
        } else if self.tool != Tool::Select {
            self.take_up(Tool::Select);
        } else if !self.selection.is_empty() {
            self.selection.clear();
            self.announce_selection();
        }
    }

    fn step_in_history(&mut self, back: bool) {
        self.let_go();
        self.end("Change");
        let step = if back { self.undo.undo(&mut self.document) } else { self.undo.redo(&mut self.document) };
        match step {
            None => {
                let says = if back { "Nothing to undo." } else { "Nothing to redo." };
                self.emit(Effect::Announce(says.into()));
            }
            Some((name, edits)) => {
                let what = if back { "Undone" } else { "Done again" };
                self.edited(&format!("{}: {name}", if back { "Undo" } else { "Redo" }), edits);
                self.emit(Effect::Announce(format!("{what}: {name}.")));
            }
        }
    }

    fn copy_out(&mut self) {
        match self.copy() {
            Some(text) => self.emit(Effect::Copied(text)),
            None => self.emit(Effect::Refused("Select a machine first.".into())),
        }
    }

    fn duplicate(&mut self) {
        let part = fragment::extract(&self.document, &self.selection);
        let names = part.and_then(|part| self.insert("Duplicate", &part, Where::Near));
        if let Some([name, ..]) = names.as_deref() {
            let area = Rect::hull(self.selection.iter().filter_map(|thing| self.area(thing)));
            area.into_iter().for_each(|area| self.camera.reveal(area));
            self.emit(Effect::Focus(Thing::Machine(name.clone())));
        }
    }

    fn delete(&mut self, what: &str) {
        if self.selection.is_empty() {
            return;
        }
        let name = match self.selection.only() {
            Some(thing) => format!("{what} {}", thing.label()),
            None => format!("{what} {} things", self.selection.len()),
        };
        let command = Command::remove(self.selection.iter(), &self.document);
        if self.edit(&name, command) {
            self.selection.clear();
            self.emit(Effect::Announce(format!("{name}: done. It can be undone.")));
        }
    }

    fn nudge(&mut self, by: Point, repeat: bool) {
        let names: Vec<String> = self.selection.machines().map(str::to_string).collect();
        let machines = self.document.machines.iter().filter(|m| names.contains(&m.name));
        let to: Vec<(String, Point)> =
            machines.map(|m| (m.name.clone(), Point { x: m.at.x + by.x, y: m.at.y + by.y })).collect();
        let name = match &to[..] {
            [] => return,
            [(name, _)] => format!("Move {name}"),
            many => format!("Move {} machines", many.len()),
        };
        // A key that is held is one gesture.
        if repeat {
            self.undo.continue_last(&name);
        }
        self.edit(&name, Command::Move(to));
        self.end(&name);
        let area = Rect::hull(names.iter().filter_map(|name| self.layout.card(name)));
        area.into_iter().for_each(|area| self.camera.reveal(area));
    }

    /// A new zone round the chosen machines.
    fn enclose(&mut self) {
        let inside: Vec<String> = self.selection.machines().map(str::to_string).collect();
        if inside.is_empty() {
            return;
        }
        let name = self.document.fresh_name("zone");
        let zone = Zone { name: name.clone(), settings: Settings::new() };
        let put = inside.into_iter().map(|machine| (machine, Some(name.clone()))).collect();
        let both = vec![Command::AddZone { index: None, zone }, Command::PutInZone(put)];
        if self.edit(&format!("Add {name}"), Command::Batch(both)) {
            self.selection.choose(Thing::Zone(name));
            self.announce_selection();
        }
    }

    /// Where the thing lies on the board.
    pub fn area(&self, thing: &Thing) -> Option<Rect> {
        match thing {
            Thing::Machine(name) => self.layout.card(name),
            Thing::Link(name) => {
                let points = self.layout.route(name)?.line.points().iter();
                Rect::hull(points.map(|p| Rect::between(*p, *p)))
            }
            Thing::Zone(name) => {
                self.layout.zones.iter().find(|(n, _)| n == name).and_then(|(_, rect)| *rect)
            }
        }
    }

    fn hurt_links(&mut self, action: Action) {
        let links: Vec<LinkName> = self.selection.links().cloned().collect();
        for link in links {
            self.emit(Effect::Fault(match action {
                Action::CutForth => Fault::Cut { link, way: Way::Forth },
                Action::CutBack => Fault::Cut { link, way: Way::Back },
                Action::Delay => Fault::Delay { link, by: Distribution::Fixed(DELAY) },
                Action::Lose => Fault::Loss { link, share: LOSS },
                Action::Heal => Fault::Heal { link },
                _ => Fault::Cut { link, way: Way::Both },
            }));
        }
    }

    fn hurt_zones(&mut self, action: Action) {
        let zones: Vec<String> = self.selection.zones().into_iter().map(str::to_string).collect();
        let faults: Vec<Fault> = match (action, &zones[..]) {
            (Action::Outage, _) => zones.into_iter().map(|zone| Fault::Outage { zone }).collect(),
            (Action::Recover, _) => zones.into_iter().map(|zone| Fault::Recover { zone }).collect(),
            (_, [one, other]) => {
                let (one, other) = (one.clone(), other.clone());
                vec![match action {
                    Action::Join => Fault::Join { one, other },
                    Action::PartForth => Fault::Part { one, other, way: Way::Forth },
                    _ => Fault::Part { one, other, way: Way::Both },
                }]
            }
            _ => Vec::new(),
        };
        faults.into_iter().for_each(|fault| self.emit(Effect::Fault(fault)));
    }

    fn hurt_machines(&mut self, action: Action) {
        let machines: Vec<String> = self.selection.machines().map(str::to_string).collect();
        for machine in machines {
            self.emit(Effect::Fault(match action {
                Action::CrashHost => Fault::Crash { machine, host: true },
                Action::Restart1 => Fault::Restart { machine },
                Action::Pause => Fault::Pause { machine },
                Action::Resume => Fault::Resume { machine },
                Action::Slow => Fault::Slow { machine, factor: SLOW },
                Action::FullSpeed => Fault::Slow { machine, factor: 1.0 },
                Action::Isolate => Fault::Isolate { machine },
                Action::Promote => Fault::Promote { machine },
                Action::DropCache => Fault::DropCache { machine },
                Action::FillDisk => Fault::FillDisk { machine },
                Action::LoseDisk => Fault::LoseDisk { machine },
                Action::Deploy => Fault::Deploy { machine, version: NEXT_VERSION },
                Action::TripleTraffic => Fault::Traffic { machine, factor: TRAFFIC },
                Action::NormalTraffic => Fault::Traffic { machine, factor: 1.0 },
                _ => Fault::Crash { machine, host: false },
            }));
        }
    }
}
