//! Lost updates: two acknowledged read-modify-writes that started from the same version, so that one has undone the
//! other unseen (Berenson et al., "A critique of ANSI SQL isolation levels", SIGMOD 1995). It reads returns.

use super::map::Recent;
use super::verdict::{Tally, Verdict};
use super::witness::{Pattern, Seen, Witness};
use crate::history::{Entry, Key, Kind, Outcome, Record, Value};

/// Versions remembered with the update that replaced them.
const BASES: usize = 1 << 11;

#[derive(Clone, Debug)]
pub struct LostUpdate {
    bases: Recent<(Key, Value), Option<Seen>>,
    lost: Tally,
    updates: u64,
}

impl Default for LostUpdate {
    fn default() -> LostUpdate {
        LostUpdate { bases: Recent::new(BASES), lost: Tally::default(), updates: 0 }
    }
}

impl LostUpdate {
    pub fn read(&mut self, entry: &Entry) {
        let Record::Return { op, outcome: Outcome::Ok { value } } = entry.record else { return };
        if op.kind != Kind::Update {
            return;
        }
        self.updates += 1;
        let seen = Seen::done(op, Outcome::Ok { value }, entry.at);
        match self.bases.of((op.key, value)) {
            Some(first) => {
                self.lost.add(Witness::new(Pattern::SameBase, op.key, entry.at, *first, seen, &[]))
            }
            place => *place = Some(seen),
        }
    }

    /// Versions remembered: what memory grows with.
    pub fn retained(&self) -> usize {
        self.bases.len()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        out.push(Verdict {
            id: "no-lost-update",
            name: "No lost update",
            meaning: "No two acknowledged changes of a value started from the same version of it.",
            state: self.lost.state(self.updates),
            checked: self.updates,
            detail: String::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::drawn::{history, states};

    fn check(drawing: &str, expected: &str) {
        assert_eq!(states(&history(drawing), &["no-lost-update"]), format!("no-lost-update: {expected}"));
    }

    #[test]
    fn of_two_changes_of_the_same_version_one_is_lost() {
        check("ann |-w1-|", "not exercised");
        check("ann |-u0>1-| |-u1>2-|", "holds");
        check(
            "
            ann |-u0>1-|
            bob   |-u0>2-|
            eve             |-u2>3-| |-u2>4-| |-u2>5-|",
            "broken 3",
        );
        // One that failed has changed nothing.
        check(
            "
            ann |-u0>1-!
            bob   |-u0>2-|",
            "holds",
        );
    }
}
