//! What the judge says of one property: it holds, it is broken (with proof), or why nothing can be said.
//! Plain data; it knows no checker.

use super::witness::Witness;

/// The judgement of one property over everything read so far.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// Stable name for machines, in kebab case.
    pub id: &'static str,
    /// The field's name.
    pub name: &'static str,
    /// One line: what is promised when it holds.
    pub meaning: &'static str,
    pub state: State,
    /// How many operations (or facts) were judged.
    pub checked: u64,
    /// The measured part in words, with units; empty where there is none.
    pub detail: String,
}

#[derive(Clone, PartialEq, Debug)]
pub enum State {
    /// Nothing that was seen contradicts it, and there was something to see.
    Holds,
    /// `count` independent contradictions, each provable; the first and the latest are kept.
    Broken { count: u64, first: Witness, latest: Witness },
    /// Nothing has happened yet that could have broken it.
    NotExercised,
    /// It can only be judged after something that has not happened yet (the heal, the end of a transfer).
    NotYet,
    /// It cannot be decided, and why.
    Unknown(String),
}

impl State {
    /// In one or two words, as a lamp's label.
    pub fn name(&self) -> &'static str {
        match self {
            State::Holds => "holds",
            State::Broken { .. } => "broken",
            State::NotExercised => "not exercised",
            State::NotYet => "not yet",
            State::Unknown(_) => "unknown",
        }
    }

    pub fn is_broken(&self) -> bool {
        matches!(self, State::Broken { .. })
    }

    /// How many contradictions were found.
    pub fn count(&self) -> u64 {
        match self {
            State::Broken { count, .. } => *count,
            _ => 0,
        }
    }
}

/// Counts contradictions and keeps the proofs of the first and the latest.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    count: u64,
    proofs: Option<(Witness, Witness)>,
}

impl Tally {
    pub fn add(&mut self, witness: Witness) {
        self.count += 1;
        match &mut self.proofs {
            Some((_, latest)) => *latest = witness,
            None => self.proofs = Some((witness.clone(), witness)),
        }
    }

    /// Both together, in order of time.
    pub fn join(&mut self, other: &Tally) {
        self.count += other.count;
        let Some((first, latest)) = &other.proofs else { return };
        match &mut self.proofs {
            None => self.proofs = other.proofs.clone(),
            Some((mine_first, mine_latest)) => {
                if first.at < mine_first.at {
                    *mine_first = first.clone();
                }
                if latest.at >= mine_latest.at {
                    *mine_latest = latest.clone();
                }
            }
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn latest(&self) -> Option<&Witness> {
        self.proofs.as_ref().map(|(_, latest)| latest)
    }

    /// `Broken` if anything was counted, else what `otherwise` says.
    pub fn state_or(&self, otherwise: impl FnOnce() -> State) -> State {
        match &self.proofs {
            Some((first, latest)) => {
                State::Broken { count: self.count, first: first.clone(), latest: latest.clone() }
            }
            None => otherwise(),
        }
    }

    /// `Broken`, or `Holds` if something was checked, or `NotExercised`.
    pub fn state(&self, checked: u64) -> State {
        self.state_or(|| if checked > 0 { State::Holds } else { State::NotExercised })
    }
}
