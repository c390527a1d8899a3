//! Finds and reads the boards that the command line names, and tells their problems as a compiler does. It may not know
//! what is done with them.

use super::{Failure, Shell};
use crate::scenario::problem::{Problem, Severity, check};
use crate::scenario::{Document, examples, limits, notation, share, version};
use std::io::Read;
use std::path::Path;

/// How a board was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Form {
    Json,
    Notation,
    Link,
}

/// A board that was read: whole, but perhaps not able to run.
pub struct Opened {
    pub document: Document,
    pub form: Form,
    spots: notation::Spots,
    /// As it was named, for messages.
    source: String,
}

/// Reads a board: a file in the notation or in JSON (told by its first character), `-` for standard input, the name of
/// an example, or a link.
pub fn open(file: &str, shell: &mut Shell) -> Result<Opened, Failure> {
    if let Some((_, fragment)) = file.split_once("#b") {
        let shared = share::read(&format!("b{fragment}")).map_err(|e| Failure(e.to_string()))?;
        let source = "the link".to_string();
        return Ok(Opened { document: shared.document, form: Form::Link, spots: Default::default(), source });
    }
    let example = examples::find(file).filter(|_| !Path::new(file).exists());
    let text = match example {
        Some(example) => example.text().to_string(),
        None => read_text(file, shell)?,
    };
    let failure = |problems: Vec<Problem>| Failure(told(file, &problems));
    let source = file.to_string();
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        let document = version::read(&text).map_err(failure)?;
        return Ok(Opened { document, form: Form::Json, spots: Default::default(), source });
    }
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut beside = |name: &str| {
        read_text(&folder.join(name).to_string_lossy(), shell).map_err(|Failure(message)| message)
    };
    let (document, spots) = notation::parse_beside(&text, &mut beside).map_err(failure)?;
    Ok(Opened { document, form: Form::Notation, spots, source })
}

impl Opened {
    /// The board, if it can run; warnings go to standard error.
    pub fn runnable(self, shell: &mut Shell) -> Result<Document, Failure> {
        let problems: Vec<Problem> =
            check(&self.document).into_iter().map(|p| self.spots.locate(p)).collect();
        let text = told(&self.source, &problems);
        if problems.iter().any(Problem::is_error) {
            return Err(Failure(text));
        }
        shell.warn(&text);
        Ok(self.document)
    }
}

/// A line a problem: `board.tradeoff:3:15: error: There is no machine “wbe”. Did you mean web?`
fn told(file: &str, problems: &[Problem]) -> String {
    let line = |problem: &Problem| {
        let word = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let text = problem.to_string();
        match problem.place {
            crate::scenario::problem::Place::Text { .. } => {
                let (place, says) = text.split_once(": ").unwrap_or(("", &text));
                format!("{file}:{place}: {word}: {says}\n")
            }
            _ => format!("{file}: {word}: {text}\n"),
        }
    };
    problems.iter().map(line).collect()
}

/// The text of a file or of standard input, within the limits.
fn read_text(file: &str, shell: &mut Shell) -> Result<String, Failure> {
    let most = (limits::FILE + limits::ATTACHMENT) as u64;
    let mut bytes = Vec::new();
    let read = if file == "-" {
        shell.input.take(most + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(most + 1).read_to_end(&mut bytes))
    };
    let length = read.map_err(|error| Failure(format!("{file}: {error}")))?;
    if length as u64 > most {
        return Err(Failure(format!("{file}: it has more than {most} bytes.")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        Failure(format!("{file}:{line}: this is not text (UTF-8)."))
    })
}
