//! The menu: of a machine, a link or the board, of what may stand at a line's end, of the machines to connect to. It may
//! not know what an entry does.

use super::state::{Ask, State};
use super::{actions, icon, later, text};
use crate::editor::action;
use crate::editor::effect::{Offer, Target};
use crate::editor::selection::Thing;
use crate::editor::tool::Tool;
use crate::run::frame::Condition;
use crate::scenario::fault::{Fault, Way};
use leptos::{ev, prelude::*};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// One entry: its sign, its words, its key or reason, and what it does; without that it cannot be chosen.
#[derive(Clone)]
pub struct Item {
    pub icon: AnyIcon,
    pub words: String,
    pub note: String,
    pub pick: Option<Rc<dyn Fn()>>,
}

/// A symbol's id on the sheet of glyphs.
type AnyIcon = String;

/// An open menu: where, of what, and its entries in groups.
#[derive(Clone)]
pub struct Open {
    x: f64,
    y: f64,
    title: String,
    groups: Vec<Vec<Item>>,
}

/// Room that the menu needs: its width, and the height of an entry for a mouse and for a finger.
const WIDTH: f64 = 256.0;
const ROWS: [f64; 2] = [33.0, 40.0];
/// Clones that are offered one by one.
const CLONES: usize = 8;

fn open(state: State, x: f64, y: f64, title: String, groups: Vec<Vec<Item>>) {
    let size = |v: Result<wasm_bindgen::JsValue, _>| v.ok().and_then(|v| v.as_f64()).unwrap_or(800.0);
    let (width, height) = (size(window().inner_width()), size(window().inner_height()));
    let rows = groups.iter().map(Vec::len).sum::<usize>() as f64;
    let needed =
        rows * ROWS[usize::from(super::screen::is_for_fingers())] + groups.len() as f64 * 13.0 + 44.0;
    let (x, y) = (x.min(width - WIDTH - 8.0).max(8.0), y.min(height - needed - 8.0).max(8.0));
    state.menu.set(Some(Open {
        x,
        y,
        title,
        groups: groups.into_iter().filter(|g| !g.is_empty()).collect(),
    }));
}

/// The menu of a thing (or of the board) at a place of the window.
pub fn open_of(state: State, x: f64, y: f64, of: Option<Thing>) {
    let title = of.as_ref().map_or(text::region::BOARD.to_string(), Thing::label);
    let mut groups: Vec<Vec<Item>> = Vec::new();
    let mut group = None;
    for entry in action::menu(of.as_ref()) {
        if state.enabled(entry.action).is_err() {
            continue;
        }
        if group != Some(entry.group) {
            group = Some(entry.group);
            groups.push(Vec::new());
        }
        let action = entry.action;
        let item = Item {
            icon: format!("i-{}", actions::sign_name(entry.id)),
            words: entry.label.into(),
            note: actions::key(action),
            pick: Some(Rc::new(move || state.act(action))),
        };
        groups.last_mut().expect("a group was begun").push(item);
    }
    if let Some(Thing::Machine(name)) = &of {
        groups.insert(1.min(groups.len()), clones(state, name));
    }
    open(state, x, y, title, groups);
}

/// Crash or restart of each clone, where the card stands for several.
fn clones(state: State, name: &str) -> Vec<Item> {
    let frame = state.frame.get_untracked();
    let clones = frame.machines.iter().find(|m| m.name == name).map_or(&[][..], |m| &m.clones);
    let item = |clone: &crate::run::frame::MachineView| {
        let machine = clone.name.clone();
        let down = matches!(clone.condition, Condition::Refusing | Condition::Unreachable);
        let (icon, words, fault) = if down {
            ("i-power", text::restart(&machine), Fault::Restart { machine })
        } else {
            ("i-crash", text::crash(&machine), Fault::Crash { machine, host: false })
        };
        Item {
            icon: icon.into(),
            words,
            note: String::new(),
            pick: Some(Rc::new(move || state.ask(Ask::Fault(fault.clone())))),
        }
    };
    clones.iter().take(CLONES).map(item).collect()
}

/// The menu of one clone: what can befall it, and each of its lines.
pub fn open_of_clone(state: State, x: f64, y: f64, name: &str) {
    let view = state.frame.with_untracked(|f| {
        f.machines.iter().flat_map(|m| &m.clones).find(|c| c.name == name).map(|c| c.condition)
    });
    let item = |icon: &str, words: String, fault: Fault| Item {
        icon: format!("i-{icon}"),
        words,
        note: String::new(),
        pick: Some(Rc::new(move || state.ask(Ask::Fault(fault.clone())))),
    };
    let label = |action: action::Action| action.entry().label.to_string();
    let machine = || name.to_string();
    use action::Action as A;
    let mut own = Vec::new();
    let condition = view.unwrap_or_default();
    if matches!(condition, Condition::Refusing | Condition::Unreachable) {
        own.push(item("power", label(A::Restart1), Fault::Restart { machine: machine() }));
    } else {
        own.push(item("crash", label(A::Crash), Fault::Crash { machine: machine(), host: false }));
        own.push(item("crash", label(A::CrashHost), Fault::Crash { machine: machine(), host: true }));
        own.push(match condition {
            Condition::Paused => item("play", label(A::Resume), Fault::Resume { machine: machine() }),
            _ => item("pause", label(A::Pause), Fault::Pause { machine: machine() }),
        });
        own.push(match condition {
            Condition::Slow(_) => {
                item("slow", label(A::FullSpeed), Fault::Slow { machine: machine(), factor: 1.0 })
            }
            _ => item("slow", label(A::Slow), Fault::Slow { machine: machine(), factor: 4.0 }),
        });
        own.push(item("isolate", label(A::Isolate), Fault::Isolate { machine: machine() }));
    }
    let lines = state.with(|o| o.run.lines_of(name)).into_iter().take(CLONES).map(|line| {
        let (words, link) = (line.name.words(), line.name.clone());
        if super::board::fan::is_cut(&line) {
            item("heal", text::heal_line(&words), Fault::Heal { link })
        } else {
            item("scissors", text::cut_line(&words), Fault::Cut { link, way: Way::Both })
        }
    });
    open(state, x, y, name.to_string(), vec![own, lines.collect()]);
}

/// The same below a button.
pub fn open_at_button(state: State, e: &ev::MouseEvent, thing: Thing) {
    let (x, y) = below(e);
    state.choose(thing.clone());
    open_of(state, x, y, Some(thing));
}

/// Where a menu stands that a button opens.
pub fn below(e: &ev::MouseEvent) -> (f64, f64) {
    let button = e.current_target().and_then(|t| t.dyn_into::<HtmlElement>().ok());
    let rect = button.map(|b| b.get_bounding_client_rect());
    rect.map_or((0.0, 0.0), |rect| (rect.right() - WIDTH, rect.bottom() + 4.0))
}

/// A line was dropped on nothing: what may stand there.
pub fn open_offer(state: State, offer: Offer) {
    let (left, top) = super::board::corner();
    let (x, y) = (left + offer.screen.x, top + offer.screen.y);
    let items = offer.kinds.clone().into_iter().map(|(kind, wire)| {
        let offer = offer.clone();
        Item {
            icon: format!("g-{}", kind.info().word),
            words: kind.info().label.into(),
            note: text::wire(wire).into(),
            pick: Some(Rc::new(move || state.edit(|e| e.add_linked(&offer, kind, wire)))),
        }
    });
    open(state, x, y, text::put_here(&offer.from), vec![items.collect()]);
}

/// The machines that a line from one may go to; those it may not go to say why.
pub fn open_targets(state: State, from: String, targets: Vec<Target>) {
    let (left, top) = super::board::corner();
    let place = state.with(|o| {
        let card = o.editor.layout().card(&from);
        card.map(|c| o.editor.camera().to_screen(crate::editor::geometry::Vector::new(c.right + 12.0, c.top)))
    });
    let place = place.unwrap_or_default();
    let (may, may_not): (Vec<Target>, Vec<Target>) = targets.into_iter().partition(|t| t.wire.is_ok());
    let item = |target: Target| {
        let (from, to) = (from.clone(), target.name.clone());
        let wire = target.wire.clone();
        Item {
            icon: format!("g-{}", target.kind.info().word),
            words: target.name,
            note: match &target.wire {
                Ok(wire) => text::wire(*wire).into(),
                Err(why) => why.clone(),
            },
            pick: wire.ok().map(|wire| {
                Rc::new(move || {
                    state.edit(|e| {
                        // The line is drawn: the hand that was drawing it is free again.
                        e.hold(Tool::Select);
                        e.connect(&from, &to, Some(wire))
                    })
                }) as Rc<dyn Fn()>
            }),
        }
    };
    let groups = vec![may.into_iter().map(item).collect(), may_not.into_iter().map(item).collect()];
    open(state, left + place.x, top + place.y, text::connect_to(&from), groups);
}

/// The menu, where one is open. Focus goes into it and comes back to where it was.
pub fn menu(state: State) -> AnyView {
    let node = NodeRef::<leptos::html::Div>::new();
    let before = StoredValue::new_local(None::<web_sys::Element>);
    // A finger that was down before the menu was there chooses nothing by being lifted over it.
    let pressed = StoredValue::new(false);
    // Closed without a choice, the gesture that opened it is over as well.
    let leave = move || state.edit(|e| e.hold(e.tool()));
    let close = move || {
        state.menu.set(None);
        if let Some(element) = before.try_update_value(Option::take).flatten() {
            state.focus_quietly(|| refocus(&element));
        }
    };
    Effect::new(move |_| {
        pressed.set_value(!state.pressing.get_value());
        if state.menu.with(Option::is_none) {
            return;
        }
        let active =
            document().active_element().filter(|a| a.get_attribute("role").as_deref() != Some("menuitem"));
        if active.is_some() {
            before.set_value(active);
        }
        if let Some(first) = node.get().and_then(|n| n.query_selector("[role=menuitem]").ok().flatten()) {
            let _ = first.unchecked_into::<HtmlElement>().focus();
        }
    });
    let body = move || {
        state.menu.get().map(|open| {
            later(|| {
            let groups = open.groups.into_iter().enumerate().map(|(n, group)| {
                let items = group.into_iter().map(|i| item(i, pressed, close)).collect_view();
                view! { {(n > 0).then(|| view! { <hr/> })}{items} }
            });
            let label = open.title.clone();
            view! {
                <div class="menu-ground" on:pointerdown=move |_| { close(); leave() } on:contextmenu=|e| e.prevent_default()></div>
                <div class="menu pop" role="menu" aria-label=label node_ref=node style=format!("left:{:.0}px;top:{:.0}px", open.x, open.y)
                    on:pointerdown=move |_| pressed.set_value(true) on:keydown=move |e| key(&e, node, &|| { close(); leave() })>
                    <h3 aria-hidden="true">{open.title}</h3>
                    {groups.collect_view()}
                </div>
            }
            })
        })
    };
    view! { {body} }.into_any()
}

fn item(item: Item, pressed: StoredValue<bool>, close: impl Fn() + Copy + 'static) -> AnyView {
    let can = item.pick.is_some();
    let pick = send_wrapper::SendWrapper::new(item.pick);
    let note = (!item.note.is_empty()).then(|| {
        if can && item.note.len() < 12 {
            view! { <kbd>{item.note}</kbd> }.into_any()
        } else {
            view! { <small>{item.note}</small> }.into_any()
        }
    });
    view! {
        <button role="menuitem" tabindex="-1" aria-disabled=(!can).then_some("true") on:click=move |e| {
            if let Some(pick) = pick.as_ref().filter(|_| e.detail() == 0 || pressed.get_value()) {
                close();
                pick();
            }
        }>{icon::glyph("i s", &item.icon)}<span>{item.words}</span>{note}</button>
    }
    .into_any()
}

fn refocus(element: &web_sys::Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    } else if let Some(element) = element.dyn_ref::<web_sys::SvgElement>() {
        let _ = element.focus();
    }
}

fn key(e: &ev::KeyboardEvent, node: NodeRef<leptos::html::Div>, close: &impl Fn()) {
    let items: Vec<HtmlElement> = node
        .get_untracked()
        .and_then(|n| n.query_selector_all("[role=menuitem]").ok())
        .map(|list| (0..list.length()).filter_map(|i| list.get(i)?.dyn_into().ok()).collect())
        .unwrap_or_default();
    let active = document().active_element();
    let at = items.iter().position(|i| active.as_ref().is_some_and(|a| a.is_same_node(Some(i))));
    let last = items.len().saturating_sub(1);
    // Keys of the menu are not the board's.
    e.stop_propagation();
    let to = match e.key().as_str() {
        "ArrowDown" => at.map_or(0, |i| if i == last { 0 } else { i + 1 }),
        "ArrowUp" => at.map_or(last, |i| i.checked_sub(1).unwrap_or(last)),
        "Home" => 0,
        "End" => last,
        "Escape" | "Tab" => {
            e.prevent_default();
            close();
            return;
        }
        letter if letter.chars().count() == 1 && letter != " " => {
            let wanted = letter.to_lowercase();
            let from = at.map_or(0, |i| i + 1);
            let begins = |i: &usize| {
                items[*i].text_content().is_some_and(|t| t.trim().to_lowercase().starts_with(&wanted))
            };
            match (from..items.len()).chain(0..from.min(items.len())).find(begins) {
                Some(i) => i,
                None => return,
            }
        }
        _ => return,
    };
    e.prevent_default();
    if let Some(item) = items.get(to) {
        let _ = item.focus();
    }
}
