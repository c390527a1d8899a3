//! The page: shows the run and asks the editor. It decides nothing, and it may not know the command line.

mod actions;
mod bar;
mod board;
mod cap;
mod chart;
mod course;
mod device;
mod dialogs;
mod drawer;
mod driver;
mod events;
mod hand;
mod icon;
mod inspector;
mod lesson;
mod live;
mod menu;
mod outline;
mod palette;
mod picture;
mod proof;
mod requests;
mod route;
mod screen;
mod state;
mod storage;
mod text;
mod timeline;
mod values;
mod verdicts;

use crate::scenario::problem::{self, Problem};
use crate::scenario::{Document, examples, share};
use crate::stdx::Instant;
use leptos::prelude::*;
use route::Route;
use state::State;
use std::sync::Arc;
use wasm_bindgen::JsCast;

/// Shows the page in place of the skeleton that `index.html` paints while the program is on its way.
pub fn mount() {
    console_error_panic_hook::set_once();
    mount_to_body(App);
    if let Some(skeleton) = document().get_element_by_id("skeleton") {
        skeleton.remove();
    }
}

/// The pages of the sheet on a phone, and of the right column where it is narrow.
const SHEET: [(&str, &str); 9] = [
    ("verdicts", text::region::VERDICTS),
    ("inspector", text::region::INSPECTOR),
    ("charts", text::region::CHARTS),
    ("timeline", text::region::TIMELINE),
    ("events", text::region::EVENTS),
    ("requests", text::watch::REQUESTS),
    ("values", text::watch::VALUES),
    ("components", text::region::COMPONENTS),
    ("outline", text::region::OUTLINE),
];
/// The same with a lesson open.
const LESSON_SHEET: [(&str, &str); 10] = [
    ("lesson", text::region::LESSON),
    SHEET[0],
    SHEET[1],
    SHEET[2],
    SHEET[3],
    SHEET[4],
    SHEET[5],
    SHEET[6],
    SHEET[7],
    SHEET[8],
];
const SIDE: [(&str, &str); 2] =
    [("inspector", text::region::INSPECTOR), ("verdicts", text::region::VERDICTS)];

/// Builds what is not seen at first. A function of its own for each of them lets `.make/split.mjs` keep it out of the first load.
#[inline(never)]
fn later<T>(build: impl FnOnce() -> T) -> T {
    build()
}

/// What is built when it is asked for the first time, and kept from then on.
fn once(
    state: State,
    asked: impl Fn() -> bool + Send + Sync + 'static,
    build: fn(State) -> AnyView,
) -> AnyView {
    let met = Memo::new(move |met: Option<&bool>| met == Some(&true) || asked());
    (move || met.get().then(|| later(|| build(state)))).into_any()
}

#[component]
fn App() -> impl IntoView {
    let route = route::watch();
    let (document, at, problems) = first(&route.get_untracked());
    let state = State::new(document);
    state.problems.set(Arc::new(problems));
    if let Some(at) = at {
        state.ask(state::Ask::Seek(at));
    }
    if let Some(why) = trouble(&route.get_untracked()) {
        state.say(why, true);
    }
    // What stands in another page is not this device's own board.
    if !route::embedded() {
        storage::keep(state);
    }
    // How high the sheet stands on a phone; who asks for a page of it wants to see it.
    let sheet = RwSignal::new(if screen::is_low() { "low" } else { "middle" });
    Effect::new(move |asked: Option<()>| {
        state.tab.track();
        if asked.is_some() && sheet.get_untracked() == "low" {
            sheet.set("middle");
        }
    });
    let grab = Grab { sheet, from: StoredValue::new(0), dragged: StoredValue::new(false) };
    driver::start(state);
    board::dots::refresh(true);
    state.look();
    state.ask(state::Ask::Play(at.is_none()));
    // A link to another board, opened while this one is shown.
    Effect::new(move |before: Option<()>| {
        if let (Some(()), Route::Shared(packed)) = (before, route.get()) {
            match share::read(&packed) {
                Ok(shared) => match flaw(&shared.document) {
                    None => dialogs::files::take(state, shared.document),
                    Some(why) => state.say(why, true),
                },
                Err(why) => state.say(why.to_string(), true),
            }
        }
    });
    lesson::follow(state, route, || first(&Route::Board).0);
    let teaching = Memo::new(move |_| state.class.place.with(Option::is_some));
    let sheet_tabs = move || match teaching.get() {
        true => drawer::tabs(&LESSON_SHEET, state.tab, |_| None),
        false => drawer::tabs(&SHEET, state.tab, |_| None),
    };
    hand::keys(state);
    screen::watch(state);
    view! {
        {icon::sheet()}
        <div class="page" data-embed=route::embedded().then_some("") data-panel=move || state.panel.get() data-lesson=move || teaching.get().then_some("open") style:display=move || state.class.away.get().then_some("none") data-sheet=move || sheet.get() data-tab=move || state.tab.get() data-side=move || state.side.get() data-rail=move || if state.rail_open.get() { "open" } else { "closed" }
            style:--drawer=move || format!("{:.0}px", state.drawer.get())>
            {bar::bar(state)}
            {lesson::column(state)}
            {palette::palette(state)}
            <main class="main">
            {board::board(state)}
            <button class="grab" aria-label=text::SHEET_HEIGHT on:pointerdown=move |e| grab.down(&e) on:pointerup=move |e| grab.up(&e) on:click=move |_| grab.click()></button>
            <div class="sheet-tabs tabs" role="tablist" aria-label=text::region::PANELS>{sheet_tabs}</div>
            <div class="right">
                <div class="right-tabs tabs" role="tablist" aria-label=text::region::PANELS>{drawer::tabs(&SIDE, state.side, |_| None)}</div>
                {inspector::inspector(state)}
                {verdicts::verdicts(state)}
            </div>
            {drawer::drawer(state)}
            </main>
        </div>
        {course::course(state, route)}
        {menu::menu(state)}
        {once(state, move || state.proof.with(Option::is_some), proof::proof)}
        {once(state, move || state.dialog.with(Option::is_some), dialogs::dialogs)}
        {live::live(state)}
    }
}

/// The sheet's handle: a tap goes on to its next height, a pull up or down to the one there.
#[derive(Clone, Copy)]
struct Grab {
    sheet: RwSignal<&'static str>,
    from: StoredValue<i32>,
    dragged: StoredValue<bool>,
}

impl Grab {
    /// Pixels from where on it is a pull.
    const PULL: i32 = 24;

    fn down(self, e: &leptos::ev::PointerEvent) {
        self.from.set_value(e.client_y());
        self.dragged.set_value(false);
        if let Some(handle) = e.current_target() {
            let _ = handle.unchecked_into::<web_sys::Element>().set_pointer_capture(e.pointer_id());
        }
    }

    fn up(self, e: &leptos::ev::PointerEvent) {
        let by = e.client_y() - self.from.get_value();
        if by.abs() < Self::PULL {
            return;
        }
        self.dragged.set_value(true);
        self.sheet.update(|s| {
            *s = match (*s, by < 0) {
                ("low", true) => "middle",
                (_, true) => "tall",
                ("tall", false) => "middle",
                (_, false) => "low",
            }
        });
    }

    /// A pull with the mouse ends in a click as well.
    fn click(self) {
        if !self.dragged.try_update_value(std::mem::take).unwrap_or_default() {
            self.sheet.update(|s| {
                *s = if *s == "middle" {
                    "tall"
                } else if *s == "tall" {
                    "low"
                } else {
                    "middle"
                }
            });
        }
    }
}

/// Why the board that the address names cannot be shown.
#[inline(never)]
fn trouble(route: &Route) -> Option<String> {
    match route {
        Route::Shared(packed) => match share::read(packed) {
            Ok(shared) => flaw(&shared.document),
            Err(why) => Some(why.to_string()),
        },
        Route::Example(name) if examples::find(name).is_none() => Some(text::no_example(name)),
        _ => None,
    }
}

/// Why a board cannot run.
fn flaw(document: &Document) -> Option<String> {
    problem::check(document).iter().find(|p| p.is_error()).map(|p| p.to_string())
}

/// The first board and what is odd about it: the one of the link, the one that was left here, or the three tiers.
fn first(route: &Route) -> (Document, Option<Instant>, Vec<Problem>) {
    let sound = |d: &Document| Some(problem::check(d)).filter(|all| !all.iter().any(Problem::is_error));
    if let Route::Shared(packed) = route
        && let Ok(shared) = share::read(packed)
        && let Some(problems) = sound(&shared.document)
    {
        return (shared.document, shared.at, problems);
    }
    let ready = match route {
        Route::Example(name) => later(|| examples::find(name)),
        _ => None,
    };
    let kept = || storage::restore().and_then(|kept| Some((sound(&kept)?, kept)));
    if ready.is_none()
        && !route::embedded()
        && let Some((problems, kept)) = kept()
    {
        return (kept, None, problems);
    }
    (screen::placed(ready.unwrap_or(&examples::FIRST)), None, Vec::new())
}
