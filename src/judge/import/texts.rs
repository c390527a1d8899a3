//! What is appended to, as bytes: those of a string, or four for each item of a list. It knows values and events.

use super::{Event, History, Values, What};
use serde_json::Value as Json;
use std::borrow::Cow;

/// Texts of one object as bytes, so that what begins with what can be seen from these alone.
pub struct Texts<'a> {
    values: &'a Values,
    list: bool,
}

/// Items from here on stand for whole values that are no list where one should be.
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

    /// What is appended.
    pub fn piece(&self, value: u32) -> Cow<'a, [u8]> {
        match self.values.get(value) {
            _ if self.list => Cow::Owned(value.to_be_bytes().to_vec()),
            Json::String(text) => Cow::Borrowed(text.as_bytes()),
            other => Cow::Owned(other.to_string().into_bytes()),
        }
    }

    /// What is read or written as a whole.
    pub fn whole(&self, value: u32) -> Cow<'a, [u8]> {
        match self.values.get(value) {
            Json::Null => Cow::Borrowed(&[]),
            Json::Array(items) if self.list => {
                let item = |item| self.values.find(item).unwrap_or(ODD | value).to_be_bytes();
                Cow::Owned(items.iter().flat_map(item).collect())
            }
            _ if self.list => Cow::Owned((ODD | value).to_be_bytes().to_vec()),
            Json::String(text) => Cow::Borrowed(text.as_bytes()),
            other => Cow::Owned(other.to_string().into_bytes()),
        }
    }

    /// The text, shortened at its beginning if it is long.
    pub fn show(&self, text: &[u8]) -> String {
        let parts: Vec<String> = if self.list {
            let items = text.chunks_exact(4).map(|n| u32::from_be_bytes([n[0], n[1], n[2], n[3]]) & !ODD);
            items.map(|value| self.values.text(value) + " ").collect()
        } else {
            String::from_utf8_lossy(text).chars().map(String::from).collect()
        };
        let start = parts.len().saturating_sub(24);
        let tail = parts[start..].concat();
        if start > 0 { format!("“…{}”", tail.trim_end()) } else { format!("“{}”", tail.trim_end()) }
    }
}
