//! The part of the address behind `#`: which page is shown, or which board a link holds. It may not know what the pages
//! look like.

use leptos::{ev, prelude::*};

#[derive(Clone, PartialEq, Debug)]
pub enum Route {
    Board,
    Course,
    Lesson(u32),
    /// A shared board, packed.
    Shared(String),
}

impl Route {
    pub fn read(hash: &str) -> Route {
        let path = hash.trim_start_matches('#');
        match path.strip_prefix('/') {
            Some("course") => Route::Course,
            Some(rest) => match rest.strip_prefix("lesson/").and_then(|n| n.parse().ok()) {
                Some(number) => Route::Lesson(number),
                None => Route::Board,
            },
            None if path.starts_with("b1") => Route::Shared(path.to_string()),
            None => Route::Board,
        }
    }

    pub fn now() -> Route {
        Route::read(&window().location().hash().unwrap_or_default())
    }
}

/// The route as a signal; it follows the address.
pub fn watch() -> RwSignal<Route> {
    let route = RwSignal::new(Route::now());
    let listener = window_event_listener(ev::hashchange, move |_| route.set(Route::now()));
    on_cleanup(move || listener.remove());
    route
}
