//! Failed writes that are seen all the same: a client was told "this never happened", and somebody read it, before or
//! after (a dirty read, if it is taken back later). It reads invocations and returns.

use super::map::{Map, Recent};
use super::verdict::{Tally, Verdict};
use super::witness::{Pattern, Seen, Witness};
use crate::history::{Entry, Kind, Outcome, Record, Value};

/// Failed writes remembered.
const FAILED: usize = 1 << 13;

#[derive(Clone, Debug)]
pub struct FailedVisible {
    /// Writes without an answer, with their first reader.
    pending: Map<Value, Option<Seen>>,
    failed: Recent<Value, Option<Seen>>,
    seen: Tally,
    failures: u64,
}

impl Default for FailedVisible {
    fn default() -> FailedVisible {
        FailedVisible {
            pending: Map::default(),
            failed: Recent::new(FAILED),
            seen: Tally::default(),
            failures: 0,
        }
    }
}

impl FailedVisible {
    pub fn read(&mut self, entry: &Entry) {
        match entry.record {
            Record::Invoke(op) if op.kind.on_register() && op.kind.writes() => {
                self.pending.insert(op.value, None);
            }
            Record::Return { op, outcome } if op.kind.on_register() => {
                let seen = || Seen::done(op, outcome, entry.at);
                if op.kind.writes() {
                    let reader = self.pending.remove(&op.value).flatten();
                    if let Outcome::Fail(_) = outcome {
                        self.failures += 1;
                        *self.failed.of(op.value) = Some(seen());
                        if let Some(reader) = reader {
                            self.add(seen(), reader);
                        }
                    }
                }
                if let Outcome::Ok { value } = outcome
                    && op.kind != Kind::Write
                    && value != Value::INITIAL
                {
                    if let Some(reader) = self.pending.get_mut(&value) {
                        reader.get_or_insert_with(seen);
                    } else if self.failures > 0
                        && let Some(Some(write)) = self.failed.get(&value).copied()
                    {
                        self.add(write, seen());
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, write: Seen, reader: Seen) {
        let at = write.end().max(reader.end());
        self.seen.add(Witness::new(Pattern::FailedVisible, write.op.key, at, write, reader, &[]));
    }

    /// Writes remembered: what memory grows with.
    pub fn retained(&self) -> usize {
        self.pending.len() + self.failed.len()
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        self.seen.count()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        out.push(Verdict {
            id: "no-failed-write-visible",
            name: "No failed write visible",
            meaning: "What a client was told has failed is never read by anybody.",
            state: self.seen.state(self.failures),
            checked: self.failures,
            detail: String::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::drawn::{history, states};

    fn check(drawing: &str, expected: &str) {
        let id = "no-failed-write-visible";
        assert_eq!(states(&history(drawing), &[id]), format!("{id}: {expected}"), "{drawing}");
    }

    #[test]
    fn a_failed_write_is_read_by_nobody() {
        check("ann |-w1-| |-r1-|", "not exercised");
        check("ann |-w1-! |-r0-|", "holds");
        check("ann |-w1-! |-r1-| |-r1-|", "broken 2");
        check(
            "
            ann |----w1------!
            bob   |-r1-|  ",
            "broken 1",
        );
        // Of a write that timed out nobody said that it failed.
        check("ann |-w1-? |-r1-|", "not exercised");
    }
}
