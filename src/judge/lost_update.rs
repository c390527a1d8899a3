//! Lost updates: two acknowledged read-modify-writes that started from the same version, so that one has undone the
//! other unseen (Berenson et al., "A critique of ANSI SQL isolation levels", SIGMOD 1995). It reads returns.

use super::map::{Keyed, Recent};
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
    /// For a version the acknowledged updates it is built on, itself among them: what a counter would show.
    counts: Recent<(Key, Value), u64>,
    counters: Keyed<Counter>,
}

/// A key as a counter, which every update raises by one.
#[derive(Clone, Copy, Default, Debug)]
struct Counter {
    acknowledged: u64,
    /// The most that any version counts.
    shown: u64,
    /// Something else than counted updates changed it: then nothing is said.
    spoiled: bool,
}

impl Default for LostUpdate {
    fn default() -> LostUpdate {
        LostUpdate {
            bases: Recent::new(BASES),
            lost: Tally::default(),
            updates: 0,
            counts: Recent::new(BASES),
            counters: Keyed::default(),
        }
    }
}

impl LostUpdate {
    pub fn read(&mut self, entry: &Entry) {
        let Record::Return { op, outcome } = entry.record else { return };
        if op.kind == Kind::Write && !matches!(outcome, Outcome::Fail(_)) {
            self.counters.of(op.key).spoiled = true;
        }
        let Outcome::Ok { value } = outcome else { return };
        if op.kind != Kind::Update {
            return;
        }
        let counter = self.counters.of(op.key);
        counter.acknowledged += 1;
        let base = if value == Value::INITIAL { Some(0) } else { self.counts.get(&(op.key, value)).copied() };
        match base {
            Some(base) if !counter.spoiled => {
                counter.shown = counter.shown.max(base + 1);
                *self.counts.of((op.key, op.value)) = base + 1;
            }
            // Its base is an update of unknown outcome, or one that is forgotten.
            _ => counter.spoiled = true,
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
        self.bases.len() + self.counts.len()
    }

    /// Of keys that are only ever changed by acknowledged updates: these updates, and how many of them are missing in
    /// what a counter would show at most.
    pub fn counted(&self) -> (u64, u64) {
        let counters = self.counters.iter().filter(|c| !c.spoiled);
        counters.fold((0, 0), |(all, missing), c| (all + c.acknowledged, missing + c.acknowledged - c.shown))
    }

    /// Contradictions found so far: while this is the same, so are the proofs.
    pub fn contradictions(&self) -> u64 {
        self.lost.count()
    }

    pub fn verdicts(&self, out: &mut Vec<Verdict>) {
        let (counted, missing) = self.counted();
        let detail = match missing {
            0 => String::new(),
            n => format!("counters would miss {n} of {counted} acknowledged increments"),
        };
        out.push(Verdict {
            id: "no-lost-update",
            name: "No lost update",
            meaning: "No two acknowledged changes of a value started from the same version of it.",
            state: self.lost.state(self.updates),
            checked: self.updates,
            detail,
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
    fn a_counter_misses_what_was_acknowledged_and_is_not_in_its_newest_version() {
        let counted = |drawing| crate::judge::drawn::judge(&history(drawing)).lost_update.counted();
        assert_eq!(counted("ann |-u0>1-| |-u1>2-| |-u2>3-|"), (3, 0));
        let lost = "
            ann |-u0>1-|  |-u1>3-|
            bob   |-u0>2-|          |-ub0>9-|
            eve                    |-u3>4-|";
        assert_eq!(counted(lost), (5, 1));
        let detail = crate::judge::drawn::judge(&history(lost)).verdicts();
        let detail = detail.into_iter().find(|v| v.id == "no-lost-update").map(|v| v.detail);
        assert_eq!(detail, Some("counters would miss 1 of 5 acknowledged increments".into()));
        // What nobody knows of may have been counted, or not.
        assert_eq!(counted("ann |-u0>1-? |-u1>2-|"), (0, 0));
        assert_eq!(counted("ann |-u0>1-| |-w5-| |-u5>6-|"), (0, 0));
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
