//! The page: shows the run and asks the editor. It decides nothing, and it may not know the command line.

mod icon;
mod palette;
mod text;

use leptos::prelude::*;

/// Shows the page in place of the skeleton that `index.html` paints while the program is on its way.
pub fn mount() {
    console_error_panic_hook::set_once();
    mount_to_body(App);
    if let Some(skeleton) = document().get_element_by_id("skeleton") {
        skeleton.remove();
    }
}

#[component]
fn App() -> impl IntoView {
    view! {
        {icon::sheet()}
        <div class="page">
            <header class="bar"><div><h1>{text::TITLE}</h1></div></header>
            {palette::palette()}
            <main class="board" role="application" aria-label=text::region::BOARD><div class="surface"></div></main>
            <div class="right">
                <aside class="inspector sheet-page" aria-label=text::region::INSPECTOR></aside>
                <section class="verdicts sheet-page" aria-label=text::region::VERDICTS></section>
            </div>
            <div class="drawer"></div>
        </div>
    }
}
