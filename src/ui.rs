//! The page: shows the run and asks the editor. It decides nothing, and it may not know the command line.

mod actions;
mod bar;
mod board;
mod cap;
mod chart;
mod drawer;
mod driver;
mod events;
mod hand;
mod icon;
mod inspector;
mod live;
mod menu;
mod outline;
mod palette;
mod proof;
mod screen;
mod state;
mod text;
mod timeline;
mod verdicts;

use leptos::prelude::*;
use state::State;

/// Shows the page in place of the skeleton that `index.html` paints while the program is on its way.
pub fn mount() {
    console_error_panic_hook::set_once();
    mount_to_body(App);
    if let Some(skeleton) = document().get_element_by_id("skeleton") {
        skeleton.remove();
    }
}

/// The pages of the sheet on a phone, and of the right column where it is narrow.
const SHEET: [(&str, &str); 7] = [
    ("verdicts", text::region::VERDICTS),
    ("inspector", text::region::INSPECTOR),
    ("charts", text::region::CHARTS),
    ("timeline", text::region::TIMELINE),
    ("events", text::region::EVENTS),
    ("components", text::region::COMPONENTS),
    ("outline", text::region::OUTLINE),
];
const SIDE: [(&str, &str); 2] =
    [("inspector", text::region::INSPECTOR), ("verdicts", text::region::VERDICTS)];

#[component]
fn App() -> impl IntoView {
    let state = State::new(demo());
    driver::start(state);
    board::dots::refresh(true);
    state.look();
    state.ask(state::Ask::Play(true));
    hand::keys(state);
    screen::watch(state);
    view! {
        {icon::sheet()}
        <div class="page" data-tab=move || state.tab.get() data-side=move || state.side.get() data-rail=move || if state.rail_open.get() { "open" } else { "closed" }
            style:--drawer=move || format!("{:.0}px", state.drawer.get())>
            {bar::bar(state)}
            {palette::palette(state)}
            {board::board(state)}
            <div class="grab" aria-hidden="true"></div>
            <div class="sheet-tabs tabs" role="tablist" aria-label=text::region::PANELS>{drawer::tabs(&SHEET, state.tab, |_| None)}</div>
            <div class="right">
                <div class="right-tabs tabs" role="tablist" aria-label=text::region::PANELS>{drawer::tabs(&SIDE, state.side, |_| None)}</div>
                {inspector::inspector(state)}
                {verdicts::verdicts(state)}
            </div>
            {drawer::drawer(state)}
        </div>
        {menu::menu(state)}
        {proof::proof(state)}
        {live::live(state)}
    }
}

fn demo() -> crate::scenario::Document {
    crate::scenario::notation::parse(
        "title Three tiers, one replica\nseed 7\nusers shoppers @96,252 rate=120/s\nload-balancer lb @304,252\napp-server web @512,252 clones=3\ncache cache @728,128\ndatabase db @728,376\ndatabase copy @972,376\nusers travellers @972,128 rate=30/s\nshoppers -> lb -> web\nweb -> cache\nweb -> db\ndb => copy\ntravellers -> copy latency=40ms\n",
    )
    .unwrap_or_default()
}
