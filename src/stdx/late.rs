//! What a page need not have from the start. Texts (lessons, help) stand between marks, so that `.make/split.mjs` can find
//! them in the built page and let them come late; and the part that runs boards can be asked for. It may know nothing of
//! what the texts say, nor who runs.

use std::hint::black_box;

/// A text of the program that may come late; [`late!`](crate::late) makes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Late(&'static str);

/// Bytes of the mark before the text, and of the one behind it.
const MARK: usize = "\u{2}late\u{2}".len();

impl Late {
    /// Between marks: what [`late!`](crate::late) writes.
    pub const fn between_marks(marked: &'static str) -> Late {
        Late(marked)
    }

    /// The text. In a page whose late part has not arrived, the call itself waits for it: this function is in that part, and
    /// the compiler may neither merge it into its callers nor see through it.
    #[inline(never)]
    pub fn read(self) -> &'static str {
        let marked = black_box(self.0);
        &marked[MARK..marked.len() - MARK]
    }
}

/// The parts of the program that arrive after the first: what runs boards, and the rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Part {
    Runs = 1,
    Rest = 2,
}

impl Part {
    /// Who would be kept waiting by calling into a part can look here first.
    pub fn is_there(self) -> bool {
        has_arrived(self as u8)
    }
}

/// A program in one piece has all its parts; in a parted one `.make/split.mjs` gives the answer, so the compiler may not see
/// through this function either.
#[inline(never)]
fn has_arrived(part: u8) -> bool {
    black_box(part) <= Part::Rest as u8
}

/// A text that the first sight of the page does not show, out of literals and `include_str!`.
#[macro_export]
macro_rules! late {
    ($($text:tt)*) => {
        $crate::stdx::late::Late::between_marks(concat!("\u{2}late\u{2}", $($text)*, "\u{3}late\u{3}"))
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_program_in_one_piece_has_all_its_parts() {
        assert!(super::Part::Runs.is_there() && super::Part::Rest.is_there());
    }

    #[test]
    fn a_late_text_reads_as_it_was_written() {
        assert_eq!(late!("half of ", "it: “½”").read(), "half of it: “½”");
        assert_eq!(late!("").read(), "");
    }
}
