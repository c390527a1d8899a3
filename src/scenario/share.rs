//! A board as a link: the document's JSON, deflated, in base64url, behind `#`; and the instant to look at. A link may come
//! from anybody: it is read within limits. It may not know the page's address.

use crate::scenario::problem::Problem;
use crate::scenario::{Document, limits, version};
use crate::stdx::{Duration, Instant};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Before the packed board: a board, packed in the first way. A later way gets another number, and both are read.
const PREFIX: &str = "b1";
/// Before the instant.
const AT: &str = "&t=";
/// Characters of a link: browsers take two million, chats and mails far fewer.
const LINK: usize = 100_000;
/// The attached texts do not travel in links beyond this; nor does a link unfold to more.
const UNFOLDED: usize = limits::FILE;

/// What a link holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Shared {
    pub document: Document,
    /// "Look what happens at 6.2 s."
    pub at: Option<Instant>,
}

#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ShareError {
    #[error("The board is too large for a link: save it as a file instead.")]
    TooLarge,
    #[error("The link holds no board: it begins with #b1.")]
    NoBoard,
    #[error("The link was made by a newer Tradeoff.")]
    Newer,
    #[error("The link is not whole: it was cut or changed on its way.")]
    Damaged,
    #[error("The link's instant “{0}” is not a time, as in 6.2s.")]
    Instant(String),
    #[error("The board in the link is not right. {}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join(" "))]
    Board(Vec<Problem>),
}

/// The link's part behind `#`: letters, digits, `-`, `_`, `&`, `=` and `.` only.
pub fn write(document: &Document, at: Option<Instant>) -> Result<String, ShareError> {
    let json = version::write_compact(document);
    if json.len() > UNFOLDED {
        return Err(ShareError::TooLarge);
    }
    let packed = miniz_oxide::deflate::compress_to_vec(json.as_bytes(), 10);
    let mut link = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(packed));
    if link.len() > LINK {
        return Err(ShareError::TooLarge);
    }
    if let Some(at) = at {
        link.push_str(&format!("{AT}{at}"));
    }
    Ok(link)
}

/// Reads the part behind `#` (with or without it).
pub fn read(fragment: &str) -> Result<Shared, ShareError> {
    let fragment = fragment.trim().trim_start_matches('#');
    let (board, at) = match fragment.split_once(AT) {
        Some((board, at)) => (board, Some(at)),
        None => (fragment, None),
    };
    if board.len() > LINK {
        return Err(ShareError::TooLarge);
    }
    let Some(packed) = board.strip_prefix(PREFIX) else {
        let newer =
            board.strip_prefix('b').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        return Err(if newer { ShareError::Newer } else { ShareError::NoBoard });
    };
    let packed = URL_SAFE_NO_PAD.decode(packed).map_err(|_| ShareError::Damaged)?;
    let json = miniz_oxide::inflate::decompress_to_vec_with_limit(&packed, UNFOLDED)
        .map_err(|_| ShareError::Damaged)?;
    let json = String::from_utf8(json).map_err(|_| ShareError::Damaged)?;
    let document = version::read(&json).map_err(ShareError::Board)?;
    let at = at
        .map(|text| {
            text.parse::<Duration>().map_err(|_| ShareError::Instant(text.chars().take(40).collect()))
        })
        .transpose()?
        .map(|after| Instant::START + after);
    Ok(Shared { document, at })
}

#[cfg(test)]
mod tests;
