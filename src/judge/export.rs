//! The history of a run as a file that `import` reads: one operation event per line as JSON, the sessions as processes.
//! It knows the file format; it opens no file.

use crate::history::{Entry, Kind, Op, OpId, Outcome, Record, Value};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the operations on keys; what else there is (pages, jobs, logins, facts) has no place in the format.
///
/// An update is a `cas` of the value that it was based on. Where that is unknown, because its client never learnt it, the
/// update is a `write` that may have happened: both forbid the same.
pub fn write(entries: &[Entry], out: &mut impl Write) -> io::Result<()> {
    let mut bases: BTreeMap<OpId, Value> = BTreeMap::new();
    for entry in entries {
        if let Record::Return { op: Op { id, kind: Kind::Update, .. }, outcome: Outcome::Ok { value } } =
            entry.record
        {
            bases.insert(id, value);
        }
    }
    writeln!(out, "{}", json!({ "model": "cas-register", "initial": Value::INITIAL.0 }))?;
    for entry in entries {
        let (op, kind, read) = match entry.record {
            Record::Invoke(op) => (op, "invoke", None),
            Record::Return { op, outcome: Outcome::Ok { value } } => (op, "ok", Some(value)),
            Record::Return { op, outcome: Outcome::Fail(_) } => (op, "fail", None),
            Record::Return { op, outcome: Outcome::Unknown(_) } => (op, "info", None),
            Record::Fact(_) => continue,
        };
        let (f, value) = match (op.kind, bases.get(&op.id)) {
            (Kind::Read, _) => ("read", read.map_or(Json::Null, |value| json!(value.0))),
            (Kind::Update, Some(base)) => ("cas", json!([base.0, op.value.0])),
            (Kind::Write | Kind::Update, _) => ("write", json!(op.value.0)),
            _ => continue,
        };
        let line = json!({
            "process": op.session.0,
            "type": kind,
            "f": f,
            "key": op.key.0,
            "value": value,
            "time": entry.at.0,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
