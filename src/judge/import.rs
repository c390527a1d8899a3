//! Histories from elsewhere: one operation event per line as JSON, read into operations per key and judged.
//! It knows the file format and the checkers; it opens no file and prints nothing.
//!
//! ```text
//! {"model": "cas-register", "initial": 0}                                           (optional first line)
//! {"process": 3, "type": "invoke", "f": "write", "key": "x", "value": 1, "time": 5}
//! {"process": 3, "type": "ok", "f": "write", "key": "x", "value": 1, "time": 9}
//! ```
//! - `type`: `invoke`, then for the same process `ok` (it happened), `fail` (it never happened) or `info` (nobody knows).
//!   An operation without a return is like `info`; so is one whose process invokes again without having returned.
//! - `f`: `read` (or `get`), `write` (or `put`), `cas` (`value` is `[from, to]`; answered "compare failed": `ok` with
//!   `"applied": false`), `append`. A return may leave out `f`, `key` and `value` (a read then returned `null`).
//! - `key`, `value`, `process`: any JSON. Without `key` there is one object. A read's value in the invocation is ignored.
//! - `time`: on all lines or on none; then the order of lines is the time. At equal times operations are concurrent.
//! - The initial value is `null`, or, where something is appended, the empty string (which reads may call `null`).
//! - Appending to a string continues it by the piece's text; appending to a list adds the piece as its last item.
//! - Empty lines are skipped, and what Jepsen writes of faults: lines of the process `"nemesis"`, and an `info` about
//!   something else than the operations above.

mod decide;
mod proof;
mod read;
mod search;
mod texts;
mod values;

pub use decide::{Checker, Finding, KeyReport};
pub use values::Values;

use super::oracle::BUDGET;
use std::io::BufRead;

/// Longer lines are refused.
pub const LINE_LIMIT: usize = 16 << 20;
/// Files with more operations are refused.
pub const OPERATIONS_LIMIT: usize = 20_000_000;

/// Why a file is not a history.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct NotAHistory {
    /// Counted from 1.
    pub line: u64,
    pub why: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ObjectModel {
    Register,
    CasRegister,
    Append,
}

impl ObjectModel {
    pub fn name(self) -> &'static str {
        match self {
            ObjectModel::Register => "register",
            ObjectModel::CasRegister => "cas-register",
            ObjectModel::Append => "append",
        }
    }
}

/// How far the work is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Bytes read so far.
    Reading(u64),
    /// Keys judged, of all.
    Judging(u64, u64),
}

/// What the judge says of a file.
#[derive(Clone, Debug)]
pub struct Report {
    pub model: ObjectModel,
    pub operations: u64,
    /// In the order in which the keys first occur.
    pub keys: Vec<KeyReport>,
}

impl Report {
    /// 0: linearizable, 1: not, 3: unknown, because the budget of some key's search was spent.
    pub fn exit_code(&self) -> u8 {
        let any = |f: fn(&Finding) -> bool| self.keys.iter().any(|k| f(&k.finding));
        match () {
            () if any(|f| matches!(f, Finding::Not { .. })) => 1,
            () if any(|f| matches!(f, Finding::Unknown { .. })) => 3,
            () => 0,
        }
    }
}

/// Reads and judges a whole history. `Err` is exit code 2.
pub fn judge_file(reader: impl BufRead, progress: &mut dyn FnMut(Progress)) -> Result<Report, NotAHistory> {
    judge_with(reader, BUDGET, progress)
}

/// As `judge_file`, with a budget of search steps per key.
pub fn judge_with(
    reader: impl BufRead,
    budget: u64,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, NotAHistory> {
    let history = History::read(reader, progress)?;
    let total = history.objects.len() as u64;
    let mut keys = Vec::with_capacity(history.objects.len());
    for (done, object) in (1..).zip(&history.objects) {
        keys.push(decide::decide(&history, object, budget));
        progress(Progress::Judging(done, total));
    }
    Ok(Report { model: history.model, operations: history.operations, keys })
}

/// What an operation does, with interned values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Read,
    Write(u32),
    Cas(u32, u32),
    Append(u32),
}

impl What {
    /// What is meant by an `f` of a file.
    fn name_of(f: &str) -> Option<&'static str> {
        match f {
            "read" | "get" => Some("read"),
            "write" | "put" => Some("write"),
            "cas" => Some("cas"),
            "append" => Some("append"),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            What::Read => "read",
            What::Write(_) => "write",
            What::Cas(..) => "cas",
            What::Append(_) => "append",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Ok,
    /// A compare-and-set that was answered "compare failed".
    Refused,
    Fail,
    Unknown,
}

/// One operation of the file.
#[derive(Clone, Copy, Debug)]
struct Event {
    process: u32,
    what: What,
    /// What a read returned.
    read: u32,
    end: End,
    /// Ranks of the instants; the return of an unknown end means nothing.
    call: u64,
    returned: u64,
    /// Lines of the invocation and of the return (0: none).
    lines: (u64, u64),
}

#[derive(Debug)]
struct Object {
    key: u32,
    events: Vec<Event>,
}

#[derive(Debug)]
struct History {
    model: ObjectModel,
    values: Values,
    /// Keys and processes.
    names: Values,
    /// Interned; none if the file does not say.
    initial: Option<u32>,
    objects: Vec<Object>,
    operations: u64,
    /// Whether the lines are in the order of time.
    sorted: bool,
}

#[cfg(test)]
mod tests;
