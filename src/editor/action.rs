//! Everything that can be asked for without values: one list for toolbars, menus, shortcuts, the command list and the
//! help. One action, one line. It may not know how an action is carried out.

pub mod keys;

use super::Editor;
use super::selection::Thing;
use super::tool::Tool;
use crate::components::{Shelf, Wire};
use crate::scenario::Machine;
use crate::scenario::fault::LinkName;

/// Under which heading an action stands in the help and in menus.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    Run,
    Tools,
    Edit,
    View,
    Machine,
    Link,
    Zone,
    Help,
}

impl Group {
    pub const ALL: [Group; 8] = [
        Group::Run,
        Group::Tools,
        Group::Edit,
        Group::View,
        Group::Machine,
        Group::Link,
        Group::Zone,
        Group::Help,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Group::Run => "Simulation",
            Group::Tools => "Tools",
            Group::Edit => "Edit",
            Group::View => "View",
            Group::Machine => "Machine",
            Group::Link => "Link",
            Group::Zone => "Zone",
            Group::Help => "Help",
        }
    }
}

/// What is known of the run, where an action's sense depends on it.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Situation {
    /// The run stands at its beginning.
    pub at_start: bool,
    /// Any fault holds that can be healed.
    pub parted: bool,
    /// Links of which some direction is cut, delayed or lossy.
    pub hurt: Vec<LinkName>,
    /// Machines (cards) that are down, paused, slowed.
    pub down: Vec<String>,
    pub paused: Vec<String>,
    pub slow: Vec<String>,
}

/// One line of the list.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub action: Action,
    /// Stable, kebab-case: for icons, tests and saved settings.
    pub id: &'static str,
    pub label: &'static str,
    pub group: Group,
    /// Its shortcuts, as [`keys::Shortcut`] reads them; the first is shown.
    pub keys: &'static [&'static str],
    /// Whether it can be done now; if not, why.
    enabled: fn(&Editor, &Situation) -> Result<(), &'static str>,
}

macro_rules! actions {
    ($($group:ident $action:ident $id:literal $label:literal [$($key:literal),*] $enabled:expr;)+) => {
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Action { $($action),+ }

        impl Action {
            pub const ALL: &'static [Entry] = &[$(Entry {
                action: Action::$action,
                id: $id,
                label: $label,
                group: Group::$group,
                keys: &[$($key),*],
                enabled: $enabled,
            }),+];
        }
    };
}

actions! {
    Run PlayOrPause "play" "Play or pause" ["P"] always;
    Run Step "step" "One event on" ["."] always;
    Run StepBack "step-back" "One event back" [","] |_, s| (!s.at_start).or("The run stands at its beginning.");
    Run Restart "restart" "Restart" ["R"] always;
    Run NewSeed "new-seed" "New seed" [] always;
    Run Faster "faster" "Faster" ["]"] always;
    Run Slower "slower" "Slower" ["["] always;
    Run HealAll "heal-all" "Heal all" ["Shift+X"] |_, s| s.parted.or("Nothing is cut.");
    Tools Select "select" "Select" ["V"] always;
    Tools Connect "connect" "Connect" ["C"] always;
    Tools Scissors "scissors" "Scissors" ["X"] always;
    Tools Hand "hand" "Hand" ["H"] always;
    Edit Undo "undo" "Undo" ["Mod+Z"] |e, _| e.undo().undo_name().is_some().or("Nothing to undo.");
    Edit Redo "redo" "Redo" ["Mod+Shift+Z", "Mod+Y"] |e, _| e.undo().redo_name().is_some().or("Nothing to redo.");
    Edit Open "open" "Open …" ["Mod+O"] always;
    Edit Save "save" "Save …" ["Mod+S"] always;
    Edit Share "share" "Share …" [] always;
    Edit Cut "cut" "Cut" ["Mod+X"] machine;
    Edit Copy "copy" "Copy" ["Mod+C"] machine;
    Edit Paste "paste" "Paste" ["Mod+V"] always;
    Edit Duplicate "duplicate" "Duplicate" ["Mod+D"] machine;
    Edit Delete "delete" "Delete" ["Delete", "Backspace"] something;
    Edit Rename "rename" "Rename" ["F2"] named;
    Edit SelectAll "select-all" "Select all" ["Mod+A"] |e, _| (!e.document().machines.is_empty()).or("The board is empty.");
    Edit Enclose "enclose" "Put in a new zone" [] machine;
    Edit Release "release" "Take out of the zone" [] |e, _| zoned(e).or("No selected machine is in a zone.");
    Edit Turn "turn" "Turn round" [] |e, _| one_link(e).is_some_and(|l| matches!(l.wire, Wire::Calls | Wire::Copies)).or("Select a link that has a direction.");
    Edit Left "left" "Move left" ["ArrowLeft"] machine;
    Edit Right "right" "Move right" ["ArrowRight"] machine;
    Edit Up "up" "Move up" ["ArrowUp"] machine;
    Edit Down "down" "Move down" ["ArrowDown"] machine;
    Edit FarLeft "far-left" "Move left ×4" ["Shift+ArrowLeft"] machine;
    Edit FarRight "far-right" "Move right ×4" ["Shift+ArrowRight"] machine;
    Edit FarUp "far-up" "Move up ×4" ["Shift+ArrowUp"] machine;
    Edit FarDown "far-down" "Move down ×4" ["Shift+ArrowDown"] machine;
    View ZoomIn "zoom-in" "Zoom in" ["+", "=", "Mod+=", "Mod++"] always;
    View ZoomOut "zoom-out" "Zoom out" ["-", "Mod+-"] always;
    View ZoomFull "zoom-100" "Zoom to 100 %" ["Mod+0", "Shift+0"] always;
    View Fit "fit" "Show all" ["Shift+1"] always;
    View FitSelection "fit-selection" "Show selection" ["Shift+2"] something;
    Machine ConnectTo "connect-to" "Connect to …" [] |e, _| one_machine(e).is_some().or("Select one machine.");
    Machine Fan "fan" "Open into its clones" ["O"] |e, _| several(e).is_some().or("Select one machine that has clones.");
    Machine Crash "crash" "Crash" [] machine;
    Machine CrashHost "crash-host" "Crash the host" [] machine;
    Machine Restart1 "restart-machine" "Start again" [] |e, s| any(e, &s.down).or("No selected machine is down.");
    Machine Pause "pause" "Pause" [] machine;
    Machine Resume "resume" "Resume" [] |e, s| any(e, &s.paused).or("No selected machine is paused.");
    Machine Slow "slow" "Slow ×4" [] machine;
    Machine FullSpeed "full-speed" "Full speed" [] |e, s| any(e, &s.slow).or("No selected machine is slow.");
    Machine Isolate "isolate" "Isolate" [] machine;
    Machine Promote "promote" "Promote to primary" [] |e, _| replica(e).or("Select a replica: a database that another copies to.");
    Machine DropCache "drop-cache" "Empty the cache" [] |e, _| on_shelf(e, &[Shelf::Keeps, Shelf::Works]).or("Select a machine that keeps something.");
    Machine FillDisk "fill-disk" "Fill the disk" [] |e, _| on_shelf(e, &[Shelf::Keeps, Shelf::Works]).or("Select a machine with a disk.");
    Machine LoseDisk "lose-disk" "Lose a disk" [] |e, _| on_shelf(e, &[Shelf::Keeps, Shelf::Works]).or("Select a machine with a disk.");
    Machine Deploy "deploy" "Deploy version 2" [] |e, _| on_shelf(e, &[Shelf::Works]).or("Select a machine that runs code.");
    Machine TripleTraffic "triple-traffic" "Traffic ×3" [] |e, _| on_shelf(e, &[Shelf::Sends]).or("Select users.");
    Machine NormalTraffic "normal-traffic" "Traffic as drawn" [] |e, _| on_shelf(e, &[Shelf::Sends]).or("Select users.");
    Zone Outage "outage" "Outage" [] |e, _| (zones(e) > 0).or("Select a zone.");
    Zone Recover "recover" "Recover" [] |e, _| (zones(e) > 0).or("Select a zone.");
    Zone Part "part" "Part the two zones" [] |e, _| (zones(e) == 2).or("Select two zones.");
    Zone PartForth "part-forth" "Part them one way only" [] |e, _| (zones(e) == 2).or("Select two zones: nothing gets from the first to the second.");
    Zone Join "join" "Join the two zones" [] |e, _| (zones(e) == 2).or("Select two zones.");
    Link CutLink "cut-link" "Cut" [] link;
    Link CutForth "cut-forth" "Cut with the arrow only" [] link;
    Link CutBack "cut-back" "Cut against the arrow only" [] link;
    Link Delay "delay" "Delay by 100 ms" [] link;
    Link Lose "lose" "Lose 5 %" [] link;
    Link Heal "heal" "Heal" [] |e, s| e.selection().links().any(|l| s.hurt.contains(l)).or("No selected link is hurt.");
    Help Menu "menu" "Menu" ["Shift+F10", "ContextMenu"] always;
    Help Escape "escape" "Cancel" ["Escape"] always;
    Help Commands "commands" "All commands" ["Mod+K"] always;
    Help Help "help" "Help" ["?"] always;
}

impl Action {
    pub fn entry(self) -> &'static Entry {
        // The list has one line an action, in the order of the actions.
        &Action::ALL[self as usize]
    }
}

impl Entry {
    /// Whether it can be done now; if not, why, in a sentence.
    pub fn enabled(&self, editor: &Editor, situation: &Situation) -> Result<(), &'static str> {
        (self.enabled)(editor, situation)
    }

    /// For toggle buttons: whether it is what holds now.
    pub fn pressed(&self, editor: &Editor) -> Option<bool> {
        let tool = match self.action {
            Action::Select => Tool::Select,
            Action::Connect => Tool::Connect,
            Action::Scissors => Tool::Scissors,
            Action::Hand => Tool::Hand,
            _ => return None,
        };
        Some(editor.tool() == tool)
    }
}

/// What the menu of this thing holds, in order; None is the empty board.
pub fn menu(of: Option<&Thing>) -> Vec<&'static Entry> {
    use Action::*;
    let all = |actions: &[Action]| actions.iter().map(|a| a.entry()).collect();
    match of {
        Some(Thing::Machine(_)) => {
            let own = Action::ALL.iter().filter(|entry| entry.group == Group::Machine);
            own.chain([Rename, Duplicate, Copy, Enclose, Release, Delete].iter().map(|a| a.entry())).collect()
        }
        Some(Thing::Link(_)) => {
            let own = Action::ALL.iter().filter(|entry| entry.group == Group::Link);
            own.chain([Turn, Delete].iter().map(|a| a.entry())).collect()
        }
        Some(Thing::Zone(_)) => all(&[Outage, Recover, Part, PartForth, Join, Rename, Delete]),
        None => {
            all(&[Paste, Open, Save, Share, SelectAll, Fit, ZoomFull, HealAll, Undo, Redo, Commands, Help])
        }
    }
}

/// A condition and the sentence for when it does not hold.
trait Or {
    fn or(self, why: &'static str) -> Result<(), &'static str>;
}

impl Or for bool {
    fn or(self, why: &'static str) -> Result<(), &'static str> {
        if self { Ok(()) } else { Err(why) }
    }
}

type Enabled = Result<(), &'static str>;

fn always(_: &Editor, _: &Situation) -> Enabled {
    Ok(())
}

fn something(editor: &Editor, _: &Situation) -> Enabled {
    (!editor.selection().is_empty()).or("Select something first.")
}

fn machine(editor: &Editor, _: &Situation) -> Enabled {
    editor.selection().machines().next().is_some().or("Select a machine first.")
}

fn link(editor: &Editor, _: &Situation) -> Enabled {
    editor.selection().links().next().is_some().or("Select a link first.")
}

fn named(editor: &Editor, _: &Situation) -> Enabled {
    let only = editor.selection().only();
    matches!(only, Some(Thing::Machine(_) | Thing::Zone(_))).or("Select one machine or zone.")
}

fn one_machine(editor: &Editor) -> Option<&str> {
    let mut machines = editor.selection().machines();
    machines.next().filter(|_| machines.next().is_none())
}

/// The one chosen machine, when its card stands for several.
pub fn several(editor: &Editor) -> Option<&str> {
    one_machine(editor).filter(|name| editor.document().machine(name).is_some_and(|m| m.clones() > 1))
}

fn one_link(editor: &Editor) -> Option<&LinkName> {
    let mut links = editor.selection().links();
    links.next().filter(|_| links.next().is_none())
}

/// Whether a chosen machine is among these.
fn any(editor: &Editor, machines: &[String]) -> bool {
    editor.selection().machines().any(|name| machines.iter().any(|m| m == name))
}

/// The chosen machines as they are drawn.
fn machines(editor: &Editor) -> impl Iterator<Item = &Machine> {
    editor.selection().machines().filter_map(|name| editor.document().machine(name))
}

fn on_shelf(editor: &Editor, shelves: &[Shelf]) -> bool {
    machines(editor).any(|m| shelves.contains(&m.kind.info().shelf))
}

fn zoned(editor: &Editor) -> bool {
    machines(editor).any(|m| m.zone.is_some())
}

/// Whether a chosen machine gets copies from another.
fn replica(editor: &Editor) -> bool {
    let copied_to =
        |name: &String| editor.document().links.iter().any(|l| l.wire == Wire::Copies && l.to == *name);
    machines(editor).any(|m| copied_to(&m.name))
}

fn zones(editor: &Editor) -> usize {
    editor.selection().iter().filter(|thing| matches!(thing, Thing::Zone(_))).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keys::Shortcut;

    #[test]
    fn the_list_is_in_order_and_nothing_in_it_is_twice() {
        let mut taken: Vec<(Shortcut, &str)> = Vec::new();
        for (i, entry) in Action::ALL.iter().enumerate() {
            assert_eq!(entry.action as usize, i);
            assert_eq!(entry.action.entry().id, entry.id);
            assert_eq!(Action::ALL.iter().filter(|e| e.id == entry.id).count(), 1, "{}", entry.id);
            for key in entry.keys {
                let shortcut = Shortcut::read(key).unwrap_or_else(|| panic!("{key} is no shortcut"));
                let other = taken.iter().find(|(s, _)| *s == shortcut);
                assert!(other.is_none(), "{key} means {} and {}", entry.id, other.unwrap().1);
                taken.push((shortcut, entry.id));
            }
        }
    }

    #[test]
    fn what_cannot_be_done_says_why() {
        let editor = Editor::default();
        let situation = Situation { at_start: true, ..Situation::default() };
        for entry in Action::ALL {
            if let Err(why) = entry.enabled(&editor, &situation) {
                assert!(why.ends_with('.') && why.len() > 10, "{}: {why}", entry.id);
            }
        }
        assert!(Action::Undo.entry().enabled(&editor, &situation).is_err());
        assert!(Action::Help.entry().enabled(&editor, &situation).is_ok());
    }

    #[test]
    fn every_menu_has_what_its_thing_can_suffer() {
        let ids = |of: Option<&Thing>| menu(of).iter().map(|e| e.id).collect::<Vec<_>>();
        assert!(ids(Some(&Thing::Machine("db".into()))).contains(&"crash"));
        let link = Thing::Link(LinkName::new("db", Wire::Copies, "copy"));
        assert!(ids(Some(&link)).starts_with(&["cut-link", "cut-forth"]));
        assert!(ids(None).contains(&"paste"));
    }
}
