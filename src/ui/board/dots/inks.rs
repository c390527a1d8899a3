//! The dots' colours, read from the style sheet as it is now: theme and contrast decide there. It may not know shapes'
//! pixels.

use crate::paint::raster::{Rgba, Stamp};
use crate::run::frame::Look;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// The tokens, in the order of `Look`'s meanings, then the grounds.
const TOKENS: [&str; 13] = [
    "--ink-soft",
    "--write",
    "--answered",
    "--stale",
    "--refused",
    "--timed-out",
    "--job",
    "--heartbeat",
    "--paper",
    "--side-a",
    "--side-b",
    "--side-c",
    "--panel",
];

#[derive(Clone, Default)]
pub struct Inks([Rgba; TOKENS.len()]);

impl Inks {
    /// A colour token may be any CSS colour; painting a pixel with it makes it plain numbers.
    pub fn read() -> Inks {
        Inks::try_read().unwrap_or_default()
    }

    fn try_read() -> Option<Inks> {
        let probe = document().create_element("i").ok()?;
        document().body()?.append_child(&probe).ok()?;
        let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.unchecked_into();
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.unchecked_into();
        // A pixel each, read back at once.
        for (i, token) in TOKENS.iter().enumerate() {
            probe.set_attribute("style", &format!("forced-color-adjust:none;color:var({token})")).ok()?;
            let style = leptos::prelude::window().get_computed_style(&probe).ok()??;
            context.set_fill_style_str(&style.get_property_value("color").ok()?);
            context.fill_rect(i as f64, 0.0, 1.0, 1.0);
        }
        probe.remove();
        let pixels = context.get_image_data(0.0, 0.0, TOKENS.len() as f64, 1.0).ok()?.data();
        let mut inks = Inks::default();
        inks.0.iter_mut().zip(pixels.0.chunks_exact(4)).for_each(|(ink, pixel)| ink.copy_from_slice(pixel));
        Some(inks)
    }

    pub fn stamp(&self, look: Look, ground: u8) -> Stamp {
        let ink = match look {
            Look::Asked => 0,
            Look::Write | Look::Copying => 1,
            Look::Answered => 2,
            Look::Stale => 3,
            Look::Refused => 4,
            Look::TimedOut => 5,
            Look::Job => 6,
            Look::Heartbeat => 7,
        };
        Stamp {
            shape: super::shape(look),
            ink: self.0[ink],
            fill: self.0[12],
            ground: self.0[8 + usize::from(ground)],
        }
    }
}
