//! The part of the address behind `#`: which page is shown, or which board a link holds. It may not know what the pages
//! look like.

use leptos::{ev, prelude::*};

#[derive(Clone, PartialEq, Debug)]
pub enum Route {
    Board,
    Course,
    /// A lesson, and one of its steps, counted from 0; without one, where the learner left off.
    Lesson(u32, Option<usize>),
    /// A shared board, packed.
    Shared(String),
    /// A ready board by its name.
    Example(String),
}

impl Route {
    pub fn read(hash: &str) -> Route {
        let path = hash.trim_start_matches('#');
        match path.strip_prefix('/') {
            Some("course") => Route::Course,
            Some(rest) => rest.strip_prefix("lesson/").and_then(Route::lesson).unwrap_or(Route::Board),
            None if path.starts_with("b1") => Route::Shared(path.to_string()),
            None => Route::Board,
        }
    }

    /// `5`, or `5/2` for its second step.
    fn lesson(text: &str) -> Option<Route> {
        let (number, step) = text.split_once('/').map_or((text, None), |(n, s)| (n, Some(s)));
        let step = step.map(|s| s.parse::<usize>().ok()?.checked_sub(1));
        Some(Route::Lesson(number.parse().ok()?, step.flatten()))
    }

    /// What is behind `#`; without that, `?lesson=5`.
    pub fn now() -> Route {
        let place = window().location();
        let hash = place.hash().unwrap_or_default();
        let query = place.search().unwrap_or_default();
        let asked = |name: &str| {
            let parts = query.trim_start_matches('?').split('&').filter(|_| hash.is_empty());
            parts.filter_map(|p| p.strip_prefix(name)).next().map(str::to_string)
        };
        // Whoever asks for a lesson that there is not is shown those that there are.
        let lesson = asked("lesson=").map(|text| Route::lesson(&text).unwrap_or(Route::Course));
        let example = asked("example=").map(Route::Example);
        lesson.or(example).unwrap_or_else(|| Route::read(&hash))
    }
}

/// `?embed=1`: the board stands within another page, to be played and not to be changed.
pub fn embedded() -> bool {
    let query = window().location().search().unwrap_or_default();
    query.trim_start_matches('?').split('&').any(|p| matches!(p, "embed" | "embed=1" | "embed=true"))
}

/// The route as a signal; it follows the address.
pub fn watch() -> RwSignal<Route> {
    let route = RwSignal::new(Route::now());
    let listener = window_event_listener(ev::hashchange, move |_| route.set(Route::now()));
    on_cleanup(move || listener.remove());
    route
}
