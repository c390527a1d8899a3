//! `tradeoff format`: writes a board in its canonical form, or from one form into another.

use super::open::{Form, open};
use super::{FINE, Failure, Shell};
use crate::scenario::{notation, share, version};

/// Write a board in its canonical form: aligned notation, indented JSON, or a link that holds it.
#[derive(clap::Args)]
pub struct Format {
    /// The board: notation or JSON, `-`, an example's name, or a link.
    file: String,
    /// Into this form; as it was, when nothing is said.
    #[arg(long, value_enum)]
    to: Option<Form>,
    /// Write it back into the file.
    #[arg(long, conflicts_with = "to")]
    write: bool,
}

impl Format {
    pub fn run(self, shell: &mut Shell) -> Result<u8, Failure> {
        let opened = open(&self.file, shell)?;
        let text = match self.to.unwrap_or(opened.form) {
            Form::Json => version::write(&opened.document),
            Form::Notation => notation::write(&opened.document),
            Form::Link => share::write(&opened.document, None).map_err(|e| Failure(e.to_string()))? + "\n",
        };
        if self.write {
            std::fs::write(&self.file, text).map_err(|error| Failure(format!("{}: {error}", self.file)))?;
        } else {
            shell.print(&text);
        }
        Ok(FINE)
    }
}
