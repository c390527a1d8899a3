//! Reads what is said about the board as a whole: notes, title, seed, length, attached files. It may not know its machines.

use super::super::lex::{Token, What};
use super::super::spots::Spot;
use super::{Reader, spot_of};
use crate::scenario::{limits, name, suggest};
use crate::stdx::Duration;

impl Reader<'_> {
    pub(super) fn note(&mut self, number: u32, line: &str) {
        let notes = self.notes.get_or_insert_default();
        if !notes.is_empty() || self.said.iter().any(|(what, _)| *what == "notes") {
            notes.push('\n');
        }
        notes.push_str(line.replace(char::is_control, " ").trim_end());
        self.said.push(("notes", number));
        if notes.chars().nth(limits::NOTES).is_some() {
            self.notes = Some(String::new());
            self.problem(
                (number, 1),
                "There are too many comments.",
                format!("Keep them under {} characters.", limits::NOTES),
            );
        }
    }

    /// Whether this is the first time that it is said.
    fn once(&mut self, what: &'static str, spot: Spot) -> bool {
        if let Some((_, line)) = self.said.iter().find(|(w, _)| *w == what) {
            let says = format!("The {what} was said before, in line {line}.");
            self.problem(spot, says, "Keep one of the two.");
            return false;
        }
        self.said.push((what, spot.0));
        true
    }

    pub(super) fn title(&mut self, spot: Spot, title: String) {
        if !self.once("title", spot) {
            return;
        }
        match crate::scenario::check_title(&title) {
            Ok(()) => self.document.title = title,
            Err(says) => self.problem(spot, says, "Shorten it."),
        }
    }

    /// The one word behind `seed` or `until`.
    fn argument<'t>(&mut self, spot: Spot, tokens: &'t [Token], usage: &str) -> Option<&'t str> {
        match tokens {
            [_, Token { what: What::Word(word), .. }] => Some(word),
            _ => {
                self.problem(spot, "One value is wanted here.", format!("It is written: {usage}."));
                None
            }
        }
    }

    pub(super) fn seed(&mut self, spot: Spot, tokens: &[Token]) {
        let Some(word) = self.argument(spot, tokens, "seed 7") else { return };
        if !self.once("seed", spot) {
            return;
        }
        match word.parse() {
            Ok(seed) => self.document.seed = seed,
            Err(_) => {
                let says = format!("“{}” is not a seed.", suggest::clip(word));
                self.problem(
                    spot_of(&tokens[1]),
                    says,
                    format!("It is a whole number from 0 to {}.", u64::MAX),
                );
            }
        }
    }

    pub(super) fn until(&mut self, spot: Spot, tokens: &[Token]) {
        let Some(word) = self.argument(spot, tokens, "until 60s") else { return };
        if !self.once("until", spot) {
            return;
        }
        match word.parse::<Duration>() {
            Ok(until) if !until.is_zero() => self.document.until = until,
            Ok(_) => {
                self.problem(spot_of(&tokens[1]), "A run of no time shows nothing.", "Write: until 60s.")
            }
            Err(error) => {
                self.problem(spot_of(&tokens[1]), format!("{}.", suggest::sentence(&error)), "");
            }
        }
    }

    pub(super) fn file(&mut self, spot: Spot, tokens: &[Token]) {
        let word = |t: &Token| match &t.what {
            What::Word(word) => word.clone(),
            _ => String::new(),
        };
        let words: Vec<String> = tokens.iter().skip(1).map(word).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (name, text) = match words[..] {
            [name] => match crate::scenario::check_file_name(name).and_then(|()| (self.load)(name)) {
                Ok(text) => (name, Some(text)),
                Err(says) => return self.problem(spot_of(&tokens[1]), says, FILE),
            },
            [name, mark] => (name, self.here_text(spot, mark)),
            // The last line break is not the text's.
            [name, mark, "bare"] => {
                (name, self.here_text(spot, mark).map(|t| t[..t.len().max(1) - 1].to_string()))
            }
            _ => return self.problem(spot, "A file has a name and a text.", FILE),
        };
        let Some(text) = text else { return };
        self.attached += text.len();
        if let Err(says) = crate::scenario::check_file_name(name) {
            self.problem(spot_of(&tokens[1]), says, FILE);
        } else if self.attached > limits::ATTACHMENT {
            let help = format!("Together they may have {} bytes.", limits::ATTACHMENT);
            self.problem(spot, "The attached files are too long.", help);
        } else if self.document.files.insert(name.to_string(), text.into()).is_some() {
            self.problem(spot, "A file of this name was attached before.", "Choose another name.");
        }
    }

    /// The lines up to the one that holds the mark alone.
    fn here_text(&mut self, spot: Spot, mark: &str) -> Option<String> {
        let Some(mark) = mark.strip_prefix("<<").filter(|m| name::check(m).is_ok()) else {
            self.problem(spot, "The mark before the text is missing.", FILE);
            return None;
        };
        let mut text = String::new();
        loop {
            let Some((_, line)) = self.next_line() else {
                let says = format!("The file does not end: no line holds {mark} alone.");
                self.problem(spot, says, format!("Write {mark} behind the text."));
                return None;
            };
            if line.trim_end() == mark {
                return Some(text);
            }
            text.push_str(line);
            text.push('\n');
        }
    }
}

const FILE: &str = "It is written: file access.log <<END, then the text, then a line with END alone.";
