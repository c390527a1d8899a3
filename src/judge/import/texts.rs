//! What is appended to, as symbols: the letters of a string, or the items of a list. It knows values and events.

use super::{Event, History, Values, What};
use serde_json::Value as Json;

/// What is appended to, as symbols: the letters of a string, or the items of a list.
pub struct Texts<'a> {
    values: &'a Values,
    list: bool,
}

/// Symbols from here on stand for whole values that are no text (or no list) where one should be.
const ODD: u32 = 1 << 31;

impl<'a> Texts<'a> {
    pub fn of(history: &'a History, events: &[&Event]) -> Texts<'a> {
        let values = &history.values;
        let whole = events.iter().filter_map(|e| match e.what {
            What::Read => Some(e.read),
            What::Write(value) => Some(value),
            _ => None,
        });
        let list = history.initial.into_iter().chain(whole).any(|value| values.get(value).is_array());
        Texts { values, list }
    }

    pub fn piece(&self, value: u32) -> Vec<u32> {
        match self.values.get(value) {
            _ if self.list => vec![value],
            Json::String(text) => text.chars().map(u32::from).collect(),
            other => other.to_string().chars().map(u32::from).collect(),
        }
    }

    /// Whether the whole begins with another one.
    pub fn begins(&self, whole: u32, beginning: u32) -> bool {
        match (self.values.get(whole), self.values.get(beginning)) {
            (Json::String(whole), Json::String(beginning)) if !self.list => whole.starts_with(beginning),
            _ => self.whole(whole).starts_with(&self.whole(beginning)),
        }
    }

    /// Symbols of the whole, without making them.
    pub fn length(&self, value: u32) -> usize {
        match self.values.get(value) {
            Json::Null => 0,
            Json::Array(items) if self.list => items.len(),
            _ if self.list => 1,
            Json::String(text) => text.chars().count(),
            other => other.to_string().chars().count(),
        }
    }

    pub fn whole(&self, value: u32) -> Vec<u32> {
        match self.values.get(value) {
            Json::Null => Vec::new(),
            Json::Array(items) if self.list => {
                items.iter().map(|item| self.values.find(item).unwrap_or(ODD | value)).collect()
            }
            _ if self.list => vec![ODD | value],
            Json::String(text) => text.chars().map(u32::from).collect(),
            other => other.to_string().chars().map(u32::from).collect(),
        }
    }

    /// The text, shortened at its beginning if it is long.
    pub fn show(&self, symbols: &[u32]) -> String {
        let text = |symbol: &u32| match char::from_u32(*symbol) {
            Some(letter) if !self.list => letter.to_string(),
            _ => self.values.text(*symbol & !ODD) + " ",
        };
        let start = symbols.len().saturating_sub(24);
        let tail: String = symbols[start..].iter().map(text).collect();
        if start > 0 { format!("“…{}”", tail.trim_end()) } else { format!("“{}”", tail.trim_end()) }
    }
}
