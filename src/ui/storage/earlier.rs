//! Boards that another one took the place of, the latest few: of another tab, from before something was opened, of a
//! version that this one cannot read. It may not know who wrote them, nor why they went.

use super::{names_under, store};
use crate::scenario::{Document, examples, version};
use web_sys::Storage;

/// Behind this: when it was put aside, in milliseconds of the device's clock, and by which page it was written.
const EARLIER: &str = "tradeoff.earlier.";
/// So many are kept.
const KEPT: usize = 8;

/// One of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Earlier {
    key: String,
    /// As it was written.
    pub text: String,
    /// Milliseconds of the device's clock, as text.
    at: String,
}

/// Their keys, oldest first.
fn keys(store: &Storage) -> Vec<String> {
    names_under(store, EARLIER).iter().map(|name| format!("{EARLIER}{name}")).collect()
}

/// The latest first.
pub fn all() -> Vec<Earlier> {
    let Some(store) = store() else { return Vec::new() };
    let one = |key: String| {
        let text = store.get_item(&key).ok()??;
        let at = key.strip_prefix(EARLIER)?.split('.').next()?.to_string();
        Some(Earlier { key, text, at })
    };
    keys(&store).into_iter().rev().filter_map(one).collect()
}

impl Earlier {
    /// The board, where this version can read it.
    pub fn document(&self) -> Option<Document> {
        version::read(&self.text).ok()
    }

    /// When it was put aside, as people of the device write it.
    pub fn when(&self) -> String {
        let at = js_sys::Date::new(&self.at.parse::<f64>().unwrap_or_default().into());
        at.to_locale_string("default", &js_sys::Object::new()).into()
    }

    pub fn forget(&self) {
        if let Some(store) = store() {
            let _ = store.remove_item(&self.key);
        }
    }
}

/// Keeps a text that the page `by` wrote, in place of what that page wrote before; what everybody has need not be kept.
/// False: there is no room for it.
pub fn put_aside(store: &Storage, by: &str, text: &str) -> bool {
    if version::read(text).is_ok_and(|document| examples::is_ready(&document)) {
        return true;
    }
    take_back(store, by);
    let now = js_sys::Date::now();
    let mut keys = keys(store);
    while keys.len() >= KEPT {
        let _ = store.remove_item(&keys.remove(0));
    }
    let key = format!("{EARLIER}{now:013.0}.{by}");
    loop {
        let kept = store.set_item(&key, text).is_ok();
        if kept || !forget_oldest(store, 0) {
            return kept;
        }
    }
}

/// The page goes on with its board: what it wrote before is no earlier board any more.
pub fn take_back(store: &Storage, by: &str) {
    let ending = format!(".{by}");
    for key in keys(store).iter().filter(|key| key.ends_with(&ending)) {
        let _ = store.remove_item(key);
    }
}

/// False: there are only so many as are to be left.
pub fn forget_oldest(store: &Storage, left: usize) -> bool {
    let keys = keys(store);
    keys.len() > left && store.remove_item(&keys[0]).is_ok()
}
