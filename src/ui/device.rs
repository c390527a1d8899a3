//! Files of the device: handed out as downloads, and read when a person has chosen or dropped one. It may not know what
//! is in them.

use super::state::State;
use super::text;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Blob, CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement};

/// The largest file that is read, in bytes: the document's own limits are far below.
const LARGEST: f64 = 4e6;
/// Pixels of a picture for one of the board's.
const FINE: f64 = 2.0;

/// Gives the device a file; the browser decides where it goes.
pub fn hand_out(name: &str, kind: &str, text: &str) {
    let encoded = String::from(js_sys::encode_uri_component(text));
    offer(name, &format!("data:{kind};charset=utf-8,{encoded}"));
}

fn offer(name: &str, url: &str) {
    let Some(link) = document().create_element("a").ok().and_then(|a| a.dyn_into::<HtmlAnchorElement>().ok())
    else {
        return;
    };
    link.set_href(url);
    link.set_download(name);
    link.click();
}

/// Draws an SVG of that size into a PNG and gives it to the device.
pub fn hand_out_png(name: String, svg: &str, width: f64, height: f64) {
    let Ok(image) = HtmlImageElement::new() else { return };
    let drawn = image.clone();
    let draw = move || -> Option<()> {
        let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
        canvas.set_width((width * FINE) as u32);
        canvas.set_height((height * FINE) as u32);
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
        context.draw_image_with_html_image_element_and_dw_and_dh(&drawn, 0.0, 0.0, width, height).ok()?;
        offer(&name, &canvas.to_data_url().ok()?);
        Some(())
    };
    let draw = Closure::once_into_js(move || {
        let _ = draw();
    });
    image.set_onload(Some(draw.unchecked_ref()));
    image.set_src(&format!("data:image/svg+xml,{}", String::from(js_sys::encode_uri_component(svg))));
}

/// The first of the files that an input or a drop holds, read as text.
pub fn take_in(state: State, from: &JsValue, then: impl FnOnce(String) + 'static) {
    let field = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).unwrap_or_default();
    let Ok(file) = field(&field(from, "files"), "0").dyn_into::<Blob>() else { return };
    if file.size() > LARGEST {
        return state.say(text::files::TOO_LARGE.into(), true);
    }
    let text = file.text();
    wasm_bindgen_futures::spawn_local(async move {
        match wasm_bindgen_futures::JsFuture::from(text).await.ok().and_then(|t| t.as_string()) {
            Some(text) => then(text),
            None => state.say(text::files::UNREADABLE.into(), true),
        }
    });
}

/// A board's name as a file's name.
pub fn file_name(title: &str, ending: &str) -> String {
    let plain: String =
        title.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|w| !w.is_empty()).collect();
    if words.is_empty() { format!("board.{ending}") } else { format!("{}.{ending}", words.join("-")) }
}
