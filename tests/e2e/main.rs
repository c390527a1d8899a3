//! End to end: a person's hands on the built page in a real Chromium. Everything is found by role and accessible name,
//! as a screen reader finds it; nothing here may know a class, an id or a tag. `make test` builds `dist/` first.

mod harness;

mod earlier;
mod first_load;
mod hands;
mod keeping;
mod lessons;
mod menus;
mod newcomer;
mod story;
mod watching;
