//! Everything that can be asked for by a key, a menu or by its name: one list for keyboard, menus, command list and help.
//! It may not know how anything is done.

use super::menu::Entry;
use super::state::{Ask, State, Tool, Zoom};
use super::text::{self, action as words};
use leptos::prelude::*;

/// Where an action stands in the help.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    Run,
    Tools,
    Edit,
    View,
}

impl Group {
    pub const ALL: [Group; 4] = [Group::Run, Group::Tools, Group::Edit, Group::View];
}

/// One action: its sign, its words, its key (as `event.key` gives it, in lower case), and what it asks.
#[derive(Clone)]
pub struct Action {
    pub group: Group,
    pub icon: &'static str,
    pub words: &'static str,
    /// "ctrl+shift+z"; several with a space between. Control and Command are the same.
    pub keys: &'static str,
    pub ask: fn(State) -> Option<Ask>,
}

macro_rules! actions {
    ($($group:ident $icon:literal $words:ident $keys:literal => $ask:expr;)+) => {
        pub const ALL: &[Action] = &[$(Action { group: Group::$group, icon: $icon, words: words::$words, keys: $keys, ask: $ask }),+];
    };
}

actions! {
    Run "play" PLAY "p" => |s| Some(Ask::Play(!s.playing.get_untracked()));
    Run "step" STEP "." => |_| Some(Ask::Step);
    Run "back" STEP_BACK "," => |_| Some(Ask::StepBack);
    Run "again" RESTART "r" => |_| Some(Ask::Restart);
    Run "dice" NEW_SEED "" => |_| Some(Ask::NewSeed);
    Run "heal" HEAL_ALL "shift+x" => |_| Some(Ask::Fault(crate::scenario::fault::Fault::HealAll));
    Tools "select" SELECT "v" => |_| Some(Ask::Tool(Tool::Select));
    Tools "connect" CONNECT "c" => |_| Some(Ask::Tool(Tool::Connect));
    Tools "scissors" SCISSORS "x" => |_| Some(Ask::Tool(Tool::Scissors));
    Tools "hand" HAND "h" => |_| Some(Ask::Tool(Tool::Hand));
    Edit "undo" UNDO "ctrl+z" => |s| s.undo_name.with_untracked(Option::is_some).then_some(Ask::Undo);
    Edit "redo" REDO "ctrl+shift+z ctrl+y" => |s| s.redo_name.with_untracked(Option::is_some).then_some(Ask::Redo);
    Edit "duplicate" DUPLICATE "ctrl+d" => |s| something(s).then_some(Ask::Duplicate);
    Edit "delete" DELETE "delete backspace" => |s| something(s).then_some(Ask::Delete);
    Edit "select" SELECT_ALL "ctrl+a" => |_| Some(Ask::ChooseAll);
    View "plus" ZOOM_IN "+ =" => |_| Some(Ask::Zoom(Zoom::In));
    View "minus" ZOOM_OUT "-" => |_| Some(Ask::Zoom(Zoom::Out));
    View "fit" FIT "shift+1 !" => |_| Some(Ask::Zoom(Zoom::Fit));
    View "search" FIT_SELECTION "shift+2 @" => |s| something(s).then_some(Ask::Zoom(Zoom::Selection));
    View "go" FULL_SIZE "ctrl+0" => |_| Some(Ask::Zoom(Zoom::Full));
    View "table" TABLE "t" => |s| Some(Ask::Table(!s.as_table.get_untracked()));
    View "search" COMMANDS "ctrl+k" => |_| Some(Ask::Dialog(Some("commands")));
    View "help" HELP "?" => |_| Some(Ask::Dialog(Some("help")));
}

fn something(state: State) -> bool {
    state.selection.with_untracked(|s| !s.is_empty())
}

impl Action {
    /// The first key as a person reads it: "Ctrl+Shift+Z".
    pub fn key(&self) -> String {
        let first = self.keys.split(' ').next().unwrap_or_default();
        let parts = first.split('+').filter(|p| !p.is_empty()).map(text::key);
        if first == "+" { "+".into() } else { parts.collect::<Vec<_>>().join("+") }
    }

    pub fn fits(&self, pressed: &str) -> bool {
        self.keys.split(' ').any(|k| k == pressed)
    }

    fn entry(&self, state: State) -> Option<Entry> {
        Some(Entry { icon: self.icon, words: self.words.into(), key: self.key(), ask: (self.ask)(state)? })
    }
}

fn named(state: State, names: &[&str]) -> Vec<Entry> {
    ALL.iter().filter(|a| names.contains(&a.words)).filter_map(|a| a.entry(state)).collect()
}

/// What a menu of something chosen ends with.
pub fn of_things(state: State) -> Vec<Entry> {
    named(state, &[words::DUPLICATE, words::DELETE])
}

/// The menu of the empty board.
pub fn of_board(state: State) -> Vec<Entry> {
    named(
        state,
        &[words::SELECT_ALL, words::FIT, words::FULL_SIZE, words::HEAL_ALL, words::COMMANDS, words::HELP],
    )
}
