//! What a command reads from and writes to: the process's own streams, or those that a test gives it. It may not know what
//! is said.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{Read, Write};

/// Standard input, output and errors of a command.
pub struct Shell<'a> {
    pub input: &'a mut dyn Read,
    pub out: &'a mut dyn Write,
    pub errors: &'a mut dyn Write,
    /// Whether somebody may be looking at progress bars; they show only where the process's standard error is a terminal.
    pub bars: bool,
}

impl Shell<'_> {
    /// Writes to standard output. That nobody reads on (`| head`) is no failure.
    pub fn print(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    /// Writes to standard error.
    pub fn warn(&mut self, text: &str) {
        let _ = self.errors.write_all(text.as_bytes()).and_then(|()| self.errors.flush());
    }

    /// A bar over so many steps, with `tail` after it, written as indicatif's templates are: `{pos} of {len}`, `{msg}`.
    pub fn bar(&self, steps: u64, tail: &str) -> ProgressBar {
        if !self.bars {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template(&format!("{{bar:40}} {tail}"))
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(steps).with_style(style)
    }
}
