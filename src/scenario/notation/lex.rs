//! The words of a line of the notation. It may not know what they mean.

use crate::components::Wire;
use crate::scenario::name;
use crate::scenario::problem::Problem;

#[derive(Clone, PartialEq, Debug)]
pub struct Token {
    pub line: u32,
    pub column: u32,
    pub what: What,
}

#[derive(Clone, PartialEq, Debug)]
pub enum What {
    Word(String),
    Quoted(String),
    Arrow(Wire),
    /// `name=value`; the column is the value's.
    Setting {
        name: String,
        value: String,
        column: u32,
    },
}

/// The words of one line, comments left out. True when it goes on in the next line.
pub fn lex(line: &str, number: u32, tokens: &mut Vec<Token>, problems: &mut Vec<Problem>) -> bool {
    let mut lexer = Lexer { rest: line, column: 1, line: number, problems };
    // Where a lone backslash stands.
    let mut goes_on = None;
    loop {
        lexer.skip_spaces();
        let (column, rest) = (lexer.column, lexer.rest);
        if rest.is_empty() || rest.starts_with('#') {
            return goes_on.is_some();
        }
        if let Some(column) = goes_on.take() {
            lexer.problem(
                column,
                "A \\ stands only at the end of a line.",
                "Put it into quotes, or take it away.",
            );
        }
        if rest.starts_with('\\') && rest[1..].starts_with(|c: char| c.is_whitespace()) || rest == "\\" {
            lexer.take(1);
            goes_on = Some(column);
            continue;
        }
        let what = if let Some(wire) = name::arrow(rest) {
            lexer.take(wire.arrow().len());
            What::Arrow(wire)
        } else if rest.starts_with('"') {
            What::Quoted(lexer.quoted())
        } else {
            lexer.word()
        };
        tokens.push(Token { line: number, column, what });
    }
}

struct Lexer<'a, 'p> {
    rest: &'a str,
    column: u32,
    line: u32,
    problems: &'p mut Vec<Problem>,
}

impl<'a> Lexer<'a, '_> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.column += taken.chars().count() as u32;
        self.rest = rest;
        taken
    }

    fn skip_spaces(&mut self) {
        self.take(self.rest.len() - self.rest.trim_start().len());
    }

    fn problem(&mut self, column: u32, says: &str, help: &str) {
        self.problems.push(Problem::text(self.line, column, says, help));
    }

    /// A word, or a setting.
    fn word(&mut self) -> What {
        let rest = self.rest;
        let end = rest
            .char_indices()
            .find(|(i, c)| c.is_whitespace() || *c == '=' || *c == '"' || name::arrow(&rest[*i..]).is_some())
            .map_or(rest.len(), |(i, _)| i);
        let name = self.take(end).to_string();
        if !self.rest.starts_with('=') || name::arrow(self.rest).is_some() {
            return What::Word(name);
        }
        self.take(1);
        let column = self.column;
        let value = if self.rest.starts_with('"') { self.quoted() } else { self.bare() };
        What::Setting { name, value, column }
    }

    /// A value up to the next space that stands outside of parentheses.
    fn bare(&mut self) -> String {
        let (rest, column) = (self.rest, self.column);
        let mut depth = 0;
        let mut end = rest.len();
        for (i, c) in rest.char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                c if c.is_whitespace() && depth <= 0 => {
                    end = i;
                    break;
                }
                _ => {}
            }
        }
        if depth > 0 {
            self.problem(column, "A parenthesis is opened and not closed.", "Write ) where it ends.");
        }
        self.take(end).to_string()
    }

    /// From a quotation mark to the next one; `\"` and `\\` stand for these two.
    fn quoted(&mut self) -> String {
        let opened = self.column;
        self.take(1);
        let mut text = String::new();
        while let Some(c) = self.rest.chars().next() {
            let column = self.column;
            self.take(c.len_utf8());
            match c {
                '"' => return text,
                '\\' => match self.escape() {
                    Some(c) => text.push(c),
                    None => self.problem(
                        column,
                        "After \\ in a quoted text stands \" or \\.",
                        "Write \\\\ for a backslash.",
                    ),
                },
                c => text.push(c),
            }
        }
        self.problem(opened, "A quotation mark is opened and not closed.", "Write \" where the text ends.");
        text
    }

    fn escape(&mut self) -> Option<char> {
        let c = self.rest.chars().next().filter(|c| matches!(c, '"' | '\\'))?;
        self.take(1);
        Some(c)
    }
}
