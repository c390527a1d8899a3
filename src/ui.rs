//! The page: shows the run and asks the editor. It decides nothing, and it may not know the command line.

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
        <header>
            <h1>"Tradeoff"</h1>
        </header>
        <main>
            <p>"Everything is a trade-off."</p>
        </main>
    }
}
