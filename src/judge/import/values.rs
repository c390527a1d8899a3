//! Numbers for JSON values: equal values have equal numbers. `1`, `1.0` and `"1"` are three values.

use super::super::map::Map;
use serde_json::Value as Json;

#[derive(Clone, Default, Debug)]
pub struct Values {
    integers: Map<i64, u32>,
    others: Map<String, u32>,
    all: Vec<Json>,
}

impl Values {
    pub fn intern(&mut self, value: &Json) -> u32 {
        let fresh = self.all.len() as u32;
        // Objects are kept in the order of their names, so equal values have equal texts.
        let number = match value.as_i64() {
            Some(integer) => *self.integers.entry(integer).or_insert(fresh),
            None => *self.others.entry(value.to_string()).or_insert(fresh),
        };
        if number == fresh {
            self.all.push(value.clone());
        }
        number
    }

    /// The number of a value that has one.
    pub fn find(&self, value: &Json) -> Option<u32> {
        match value.as_i64() {
            Some(integer) => self.integers.get(&integer).copied(),
            None => self.others.get(&value.to_string()).copied(),
        }
    }

    pub fn get(&self, number: u32) -> &Json {
        &self.all[number as usize]
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// As the file writes it, shortened in the middle if it is long.
    pub fn text(&self, number: u32) -> String {
        let text = self.get(number).to_string();
        let letters: Vec<char> = text.chars().collect();
        if letters.len() <= 40 {
            return text;
        }
        let (start, end) = (&letters[..18], &letters[letters.len() - 18..]);
        format!("{}…{}", start.iter().collect::<String>(), end.iter().collect::<String>())
    }
}
