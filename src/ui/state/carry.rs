//! Carries out what the editor hands back: tells the run, says a sentence, opens a menu, moves the focus. It decides
//! nothing.

use super::look::put;
use super::{Ask, Dialog, Speed, State};
use crate::editor::action::Action;
use crate::editor::effect::{Effect, Panel, Transport};
use crate::editor::selection::Thing;
use crate::run::Run;
use crate::scenario::edit::Edit;
use crate::scenario::problem;
use crate::ui::{board, menu, text};
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

impl State {
    pub fn carry(self, effects: Vec<Effect>) {
        self.sync();
        for effect in effects {
            match effect {
                Effect::Edited { name, edits } => self.edited(&name, &edits),
                Effect::Fault(fault) => self.ask(Ask::Fault(fault)),
                Effect::Transport(transport) => self.transport(transport),
                Effect::Announce(sentence) => self.say(sentence, false),
                Effect::Refused(why) => self.say(why, true),
                Effect::Menu { at, of } => {
                    let (left, top) = board::corner();
                    // What the menu is of has the focus when it is closed again.
                    if let Some(thing) = &of {
                        self.focus_quietly(|| focus_thing(thing));
                    }
                    menu::open_of(self, left + at.x, top + at.y, of);
                }
                Effect::Offer(offer) => menu::open_offer(self, offer),
                Effect::Targets { from, targets } => menu::open_targets(self, from, targets),
                Effect::Copied(text) => {
                    let _ = window().navigator().clipboard().write_text(&text);
                    self.say(text::COPIED.into(), true);
                }
                Effect::PasteWanted => self.paste(),
                Effect::Show(Panel::Commands) => self.dialog.set(Some(Dialog::Commands)),
                Effect::Show(Panel::Help) => self.dialog.set(Some(Dialog::Help)),
                Effect::Show(Panel::Open) => self.dialog.set(Some(Dialog::Open)),
                Effect::Show(Panel::Save) => self.dialog.set(Some(Dialog::Save)),
                Effect::Show(Panel::Share) => self.dialog.set(Some(Dialog::Share)),
                Effect::Show(Panel::Rename) => focus("#panel-inspector .name"),
                Effect::Focus(thing) => focus_thing(&thing),
                Effect::Fan(name) => board::fan::toggle(self, &name),
            }
        }
        self.sync();
    }

    fn paste(self) {
        let promise = window().navigator().clipboard().read_text();
        wasm_bindgen_futures::spawn_local(async move {
            // Where the clipboard may not be read, what was copied here is pasted.
            let text = wasm_bindgen_futures::JsFuture::from(promise).await.ok().and_then(|t| t.as_string());
            self.edit(|e| e.paste(&text.unwrap_or_default(), None));
        });
    }

    /// The drawing has changed: the run follows, if the drawing can run.
    fn edited(self, name: &str, edits: &[Edit]) {
        if edits.is_empty() {
            return;
        }
        let renamed: Vec<_> = edits
            .iter()
            .filter_map(|e| match e {
                Edit::RenameMachine { from, to } => Some((from.clone(), to.clone())),
                _ => None,
            })
            .collect();
        let fresh = edits.iter().any(|e| matches!(e, Edit::Seed(_) | Edit::Replace(_)));
        let problems = self.with(|o| problem::check(o.editor.document()));
        let error = problems.iter().find(|p| p.is_error()).map(|p| format!("{} {}", p.says, p.help));
        put(self.problems, Arc::new(problems));
        let wrong = error.or_else(|| {
            self.with(|o| {
                let document = o.editor.document();
                if fresh {
                    o.run = Run::new(document);
                    None
                } else {
                    o.run.edit(document, &renamed, name).err()
                }
            })
        });
        if let Some(why) = wrong {
            self.say(why, true);
        }
        if fresh {
            board::dots::land_all();
        }
        self.look();
    }

    fn transport(self, transport: Transport) {
        let notch = |by: f64| {
            let speed = self.speed.get_untracked();
            let speed = Speed::from_slider(speed.slider() + by);
            self.speed.set(speed);
            self.say(text::pace(speed), false);
        };
        match transport {
            Transport::PlayOrPause => {
                let on = !self.playing.get_untracked();
                self.ask(Ask::Play(on));
                let now = self.with(|o| o.run.now());
                self.say(if on { text::bar::PLAYING.into() } else { text::stands_at(now) }, false);
            }
            Transport::Step => self.ask(Ask::Step),
            Transport::StepBack => self.ask(Ask::StepBack),
            Transport::Restart => self.ask(Ask::Restart),
            Transport::Faster => notch(0.3),
            Transport::Slower => notch(-0.3),
        }
    }

    /// Moves the focus to what is chosen already, or need not be: it chooses nothing by itself.
    pub fn focus_quietly(self, focus: impl FnOnce()) {
        let pressing = self.pressing.get_value();
        self.pressing.set_value(true);
        focus();
        self.pressing.set_value(pressing);
    }

    /// Whether an action can be done now; if not, why.
    pub fn enabled(self, action: Action) -> Result<(), &'static str> {
        self.with(|o| action.entry().enabled(&o.editor, &o.situation))
    }
}

pub fn focus(selector: &str) {
    let element =
        document().query_selector(selector).ok().flatten().and_then(|e| e.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        let _ = element.focus();
    }
}

/// An SVG group can have the focus as well as an HTML element; both are found by what they stand for.
fn focus_thing(thing: &Thing) {
    let selector = match thing {
        Thing::Machine(name) => format!("[data-name=\"{name}\"]"),
        Thing::Link(name) => format!("[data-link=\"{}\"]", board::key(name)),
        Thing::Zone(name) => format!("[data-zone=\"{name}\"]"),
    };
    let Some(element) = document().query_selector(&selector).ok().flatten() else { return };
    match element.dyn_into::<HtmlElement>() {
        Ok(element) => {
            let _ = element.focus();
        }
        Err(element) => {
            if let Ok(element) = element.dyn_into::<web_sys::SvgElement>() {
                let _ = element.focus();
            }
        }
    }
}

/// Scrolls so far that the element is seen.
pub fn reveal(selector: &str) {
    if let Some(element) = document().query_selector(selector).ok().flatten() {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
