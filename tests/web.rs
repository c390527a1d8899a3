//! In the browser itself, without a server or a person: the page mounts, and what runs there is what runs on the host.
//! On the host this is empty; it may not know the command line.
#![cfg(target_arch = "wasm32")]

#[path = "it/pinned.rs"]
mod pinned;

use leptos::prelude::document;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn the_page_takes_the_place_of_the_skeleton() {
    let skeleton = document().create_element("div").unwrap();
    skeleton.set_id("skeleton");
    document().body().unwrap().append_child(&skeleton).unwrap();
    tradeoff::ui::mount();
    assert!(document().get_element_by_id("skeleton").is_none());
    assert!(document().query_selector("h1").unwrap().is_some());
}

#[wasm_bindgen_test]
fn the_pinned_run_is_the_same_here() {
    assert_eq!(pinned::run(), pinned::HASH);
}
