//! Reads a file of reference numbers: tables of rows, each row a set of named values. It may not know what any table is
//! about, or how its numbers are reproduced.

use serde_json::{Map, Value as Json};
use std::fmt;

/// The figures that come with the program.
pub const OWN: &str = include_str!("tables.json");

/// One table: what it is of, whence it comes, how near is near enough, and its rows.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub id: String,
    pub title: String,
    pub kind: String,
    pub formula: String,
    pub source: String,
    pub tolerance: String,
    pub units: String,
    pub how_to_run: String,
    /// With their numbers, from 1.
    pub rows: Vec<(usize, Map<String, Json>)>,
}

/// What is wrong with a file or a row, as a sentence that names the table and the row.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

/// Reads a file of tables: `{"tables": [{"id": …, "rows": [{…}, …]}, …]}`.
pub fn read(text: &str) -> Result<Vec<Table>, Trouble> {
    let trouble = |says: String| Err(Trouble(says));
    let json: Json = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => return trouble(format!("line {}, column {}: {error}", error.line(), error.column())),
    };
    let Some(list) = json.get("tables").and_then(Json::as_array) else {
        return trouble("There is no list “tables”.".into());
    };
    let mut tables: Vec<Table> = Vec::new();
    for (number, table) in list.iter().enumerate() {
        let Some(id) = table.get("id").and_then(Json::as_str).filter(|id| !id.is_empty()) else {
            return trouble(format!("Table number {} has no “id”.", number + 1));
        };
        if tables.iter().any(|t| t.id == id) {
            return trouble(format!("Table {id} stands there twice."));
        }
        let text = |name: &str| match table.get(name) {
            None => Ok(String::new()),
            Some(Json::String(text)) => Ok(text.clone()),
            Some(_) => Err(Trouble(format!("Table {id}: “{name}” is no text."))),
        };
        let Some(rows) = table.get("rows").and_then(Json::as_array) else {
            return trouble(format!("Table {id} has no list “rows”."));
        };
        let mut maps = Vec::with_capacity(rows.len());
        for (i, row) in rows.iter().enumerate() {
            match row {
                Json::Object(fields) => maps.push((i + 1, fields.clone())),
                other => return trouble(format!("Table {id}, row {}: {other} is no row of named values.", i + 1)),
            }
        }
        tables.push(Table {
            id: id.to_string(),
            title: text("title")?,
            kind: text("kind")?,
            formula: text("formula")?,
            source: text("source")?,
            tolerance: text("tolerance")?,
            units: text("units")?,
            how_to_run: text("how_to_run")?,
            rows: maps,
        });
    }
    Ok(tables)
}

/// One row of a table, with its place for messages.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub table: &'a str,
    /// From 1.
    pub number: usize,
    pub fields: &'a Map<String, Json>,
}

impl<'a> Row<'a> {
    pub fn trouble(&self, says: impl fmt::Display) -> Trouble {
        Trouble(format!("Table {}, row {}: {says}", self.table, self.number))
    }

    fn field(&self, name: &str) -> Result<&'a Json, Trouble> {
        self.fields.get(name).ok_or_else(|| self.trouble(format!("“{name}” is missing.")))
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A finite number.
    pub fn number(&self, name: &str) -> Result<f64, Trouble> {
        let field = self.field(name)?;
        field.as_f64().ok_or_else(|| self.trouble(format!("“{name}” is {field}, which is no number.")))
    }

    /// A number within bounds, which a board can be made from.
    pub fn within(&self, name: &str, least: f64, most: f64) -> Result<f64, Trouble> {
        let number = self.number(name)?;
        match number >= least && number <= most {
            true => Ok(number),
            false => Err(self.trouble(format!("“{name}” is {number}; it must be from {least} to {most}."))),
        }
    }

    /// A whole number within bounds.
    pub fn count(&self, name: &str, least: u32, most: u32) -> Result<u32, Trouble> {
        let number = self.within(name, least as f64, most as f64)?;
        match number == (number as u32) as f64 {
            true => Ok(number as u32),
            false => Err(self.trouble(format!("“{name}” is {number}, which is no whole number."))),
        }
    }

    pub fn text(&self, name: &str) -> Result<&'a str, Trouble> {
        let field = self.field(name)?;
        field.as_str().ok_or_else(|| self.trouble(format!("“{name}” is {field}, which is no text.")))
    }

    /// A list of numbers.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, Trouble> {
        let field = self.field(name)?;
        let list = field.as_array().and_then(|list| list.iter().map(Json::as_f64).collect::<Option<Vec<f64>>>());
        list.ok_or_else(|| self.trouble(format!("“{name}” is no list of numbers.")))
    }

    /// A set of named values within this row.
    pub fn inner(&self, name: &str) -> Result<Row<'a>, Trouble> {
        match self.field(name)? {
            Json::Object(fields) => Ok(Row { fields, ..*self }),
            other => Err(self.trouble(format!("“{name}” is {other}, and no set of named values."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_none_is_refused_with_the_place() {
        for (text, says) in [
            ("{", "line 1, column 1"),
            ("[]", "no list “tables”"),
            (r#"{"tables":[{}]}"#, "Table number 1 has no “id”"),
            (r#"{"tables":[{"id":"a"}]}"#, "Table a has no list “rows”"),
            (r#"{"tables":[{"id":"a","rows":[{},7]}]}"#, "Table a, row 2: 7 is no row"),
            (r#"{"tables":[{"id":"a","rows":[]},{"id":"a","rows":[]}]}"#, "Table a stands there twice"),
            (r#"{"tables":[{"id":"a","title":1,"rows":[]}]}"#, "Table a: “title” is no text"),
        ] {
            let trouble = read(text).unwrap_err().0;
            assert!(trouble.contains(says), "{text}: {trouble}");
        }
    }

    #[test]
    fn a_row_says_what_is_wrong_with_its_values() {
        let tables = read(r#"{"tables":[{"id":"a","rows":[{"x":1.5,"t":"w","l":[1,2],"p":{"q":3}}]}]}"#).unwrap();
        let row = Row { table: "a", number: 1, fields: &tables[0].rows[0].1 };
        assert_eq!((row.number("x"), row.text("t"), row.numbers("l")), (Ok(1.5), Ok("w"), Ok(vec![1.0, 2.0])));
        assert_eq!(row.inner("p").and_then(|p| p.count("q", 1, 5)), Ok(3));
        for (trouble, says) in [
            (row.number("y").unwrap_err(), "Table a, row 1: “y” is missing."),
            (row.number("t").unwrap_err(), "“t” is \"w\", which is no number"),
            (row.count("x", 1, 9).unwrap_err(), "“x” is 1.5, which is no whole number"),
            (row.within("x", 2.0, 9.0).unwrap_err(), "“x” is 1.5; it must be from 2 to 9"),
            (row.text("x").unwrap_err(), "“x” is 1.5, which is no text"),
            (row.numbers("t").unwrap_err(), "“t” is no list of numbers"),
            (row.inner("x").unwrap_err(), "“x” is 1.5, and no set"),
        ] {
            assert!(trouble.0.contains(says), "{trouble}");
        }
    }

    #[test]
    fn our_own_figures_can_be_read() {
        let tables = read(OWN).unwrap();
        assert!(tables.iter().map(|t| t.rows.len()).sum::<usize>() >= 297);
        assert!(tables.iter().all(|t| !t.title.is_empty() && !t.source.is_empty() && !t.rows.is_empty()));
    }
}
