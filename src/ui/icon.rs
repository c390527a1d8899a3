//! The glyphs: one hidden sheet of symbols, and references to it. It may not know what a glyph is used for.

use leptos::prelude::*;

/// The sheet, once on the page; every other glyph refers to it.
pub fn sheet() -> AnyView {
    view! { <div class="vh" aria-hidden="true" inner_html=include_str!("icons.svg")></div> }.into_any()
}

/// A tool or a fault, by its name in `icons.svg`, 20 px.
pub fn icon(name: &str) -> AnyView {
    glyph("i", &format!("i-{name}"))
}

/// The same, 16 px.
pub fn small(name: &str) -> AnyView {
    glyph("i s", &format!("i-{name}"))
}

/// A component's glyph, by its word.
pub fn machine(word: &str) -> AnyView {
    glyph("i", &format!("g-{word}"))
}

/// A verdict's lamp.
pub fn lamp(name: &str) -> AnyView {
    glyph("lamp", &format!("lamp-{name}"))
}

/// Any symbol with any class. Decoration only: the words beside it carry the meaning.
pub fn glyph(class: &str, id: &str) -> AnyView {
    view! { <svg class=class.to_string() aria-hidden="true" inner_html=format!("<use href=\"#{id}\"/>")></svg> }.into_any()
}

/// A way out of the page that is shown.
pub fn leave() -> AnyView {
    view! { <svg class="i s" viewBox="0 0 24 24" aria-hidden="true"><path d="M7 17 17 7M8 7h9v9"></path></svg> }.into_any()
}
