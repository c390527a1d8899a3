//! The document as JSON, for machines: versioned, and every version that ever was is read for ever. It may not know what
//! the settings mean.

mod v1;

use crate::scenario::problem::{Place, Problem, Severity, whole};
use crate::scenario::{Document, layout, limits};
use serde::Deserialize;

/// The version that is written.
pub const VERSION: u32 = 1;

/// Reads a document of any version. Every problem is told, up to a limit: what is no JSON with line and column, the rest
/// with the path to it (`machines[3].settings.rate`).
pub fn read(text: &str) -> Result<Document, Vec<Problem>> {
    let most = limits::FILE + limits::ATTACHMENT;
    if text.len() > most {
        let says = format!("The document has {} bytes; it may have {most}.", text.len());
        return Err(vec![Problem::text(1, 1, says, "")]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    /// What every version has. The rest is not looked at here.
    #[derive(Deserialize)]
    struct Any {
        tradeoff: Option<u64>,
    }
    if !text.trim_start().starts_with('{') && !text.trim().is_empty() {
        return Err(vec![Problem::text(
            1,
            1,
            "A board is a JSON object.",
            "It begins with {\"tradeoff\": 1.",
        )]);
    }
    let any: Any = serde_json::from_str(text).map_err(json_problem)?;
    let (document, mut problems, placed) = match any.tradeoff {
        Some(1) => serde_json::from_str::<v1::Board>(text).map_err(json_problem)?.document(),
        Some(version) => {
            let says = format!("This board is of version {version}; this program reads up to {VERSION}.");
            return Err(vec![Problem::text(1, 1, says, "Open it with a newer Tradeoff.")]);
        }
        None => {
            let says = "This JSON is not a board: it has no field “tradeoff”.";
            return Err(vec![Problem::text(1, 1, says, "A board begins with {\"tradeoff\": 1.")]);
        }
    };
    let mut document = document;
    document.schedule.sort_by_key(|s| s.at);
    problems.extend(whole(&document));
    if problems.is_empty() {
        layout::complete(&mut document, &placed);
        return Ok(document);
    }
    problems.truncate(limits::PROBLEMS);
    Err(problems)
}

/// The document as stable JSON, indented, ending in a line break.
pub fn write(document: &Document) -> String {
    let board = v1::Board::new(document);
    serde_json::to_string_pretty(&board).expect("a board is made of texts and finite numbers") + "\n"
}

/// The same without a space, for links.
pub fn write_compact(document: &Document) -> String {
    serde_json::to_string(&v1::Board::new(document)).expect("a board is made of texts and finite numbers")
}

fn json_problem(error: serde_json::Error) -> Vec<Problem> {
    let (line, column) = (error.line() as u32, error.column() as u32);
    let message = error.to_string();
    // The place is told apart from the message.
    let message = message.split(" at line ").next().unwrap_or(&message);
    let says = format!("{}.", crate::scenario::suggest::sentence(&message));
    vec![Problem::text(line.max(1), column.max(1), says, "")]
}

/// A problem at a path of the JSON.
fn at_path(path: &str, says: impl std::fmt::Display, help: impl Into<String>) -> Problem {
    Problem::new(Severity::Error, Place::Board, format!("{path}: {says}"), help)
}

#[cfg(test)]
mod tests;
