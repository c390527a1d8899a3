//! The judge: reads the history, proves what it can, and says "unknown" where it cannot. It was not there; it only reads.
//! It may not know links, faults or seeds: only `history`, and time.
//!
//! A checker is one file below with `read`, `verdicts`, `contradictions` and `Clone`, and one line in the list of checkers here.

pub mod availability;
pub mod causal;
pub mod diagram;
pub mod drawn;
pub mod export;
pub mod failed_visible;
pub mod import;
pub mod jobs;
pub mod linearizability;
pub mod load;
pub mod logins;
pub mod lost_update;
pub mod map;
pub mod oracle;
pub mod replicas;
pub mod sequential;
pub mod service;
pub mod staleness;
#[cfg(test)]
mod swarm;
pub mod verdict;
pub mod waits;
pub mod witness;

use availability::cap::Elsewhere;
pub use availability::cap::{Cap, Choice, Label, Pacelc, Partition};
pub use diagram::{Diagram, render_text};
pub use verdict::{State, Verdict};
pub use witness::{Names, Numbers, Pattern, Seen, Witness};

use crate::history::{Entry, Fact, Record};
use crate::stdx::Instant;

/// What clients asked, and what returned.
const ASKED: u8 = 1;
const RETURNED: u8 = 2;
/// The way of requests: most lines of a history, and few checkers care for them.
const REACHED: u8 = 4;
const ANSWERED: u8 = 8;
const SERVED: u8 = 16;
/// What becomes of writes in the stores.
const STORED: u8 = 32;
/// All other facts.
const OTHERS: u8 = 64;

/// Which of these an entry is.
fn sort_of(entry: &Entry) -> u8 {
    match entry.record {
        Record::Invoke(_) => ASKED,
        Record::Return { .. } => RETURNED,
        Record::Fact(Fact::Reached { .. }) => REACHED,
        Record::Fact(Fact::Answered { .. }) => ANSWERED,
        Record::Fact(Fact::Served { .. }) => SERVED,
        Record::Fact(Fact::Ordered { .. } | Fact::Applied { .. } | Fact::Discarded { .. }) => STORED,
        Record::Fact(_) => OTHERS,
    }
}

/// Makes the judge of its checkers: each reads every entry of the sorts that are named, and is asked for its verdicts in
/// this order.
macro_rules! checkers {
    ($($field:ident: $checker:path [$($sort:ident)*],)*) => {
        /// Everything that is known about the run so far. A value: a checkpoint is a clone.
        #[derive(Clone, Default, Debug)]
        pub struct Judge {
            operations: u64,
            /// Contradictions to linearizability outside all partitions.
            outside: u64,
            $(pub $field: $checker,)*
        }

        impl Judge {
            pub fn new() -> Judge {
                Judge::default()
            }

            /// The next line of the history. Entries come in the order of time.
            pub fn read(&mut self, entry: &Entry) {
                self.operations += u64::from(matches!(entry.record, Record::Invoke(_)));
                let before = self.linearizability.violations();
                let sort = sort_of(entry);
                $(if sort & (0 $(| $sort)*) != 0 {
                    self.$field.read(entry);
                })*
                if self.linearizability.violations() > before {
                    let latest = self.linearizability.latest();
                    let within = latest.is_some_and(|w| self.availability.contradicted(w));
                    self.outside += u64::from(!within);
                }
            }

            /// All verdicts, always all of them and always in the same order.
            pub fn verdicts(&self) -> Vec<Verdict> {
                let mut verdicts = Vec::new();
                $(self.$field.verdicts(&mut verdicts);)*
                verdicts
            }

            /// Changes whenever one of the proofs in the verdicts does: cheaper to ask for than these.
            pub fn contradictions(&self) -> u64 {
                0 $(+ self.$field.contradictions())*
            }

            /// Operations that were invoked so far.
            pub fn operations(&self) -> u64 {
                self.operations
            }
        }
    };
}

checkers! {
    linearizability: linearizability::Linearizability [ASKED RETURNED],
    causal: causal::Causal [ASKED RETURNED],
    sequential: sequential::Sequential [ASKED RETURNED STORED],
    staleness: staleness::Staleness [ASKED RETURNED STORED],
    lost_update: lost_update::LostUpdate [RETURNED],
    failed_visible: failed_visible::FailedVisible [ASKED RETURNED],
    replicas: replicas::Replicas [ASKED RETURNED REACHED STORED OTHERS],
    jobs: jobs::Jobs [RETURNED OTHERS],
    logins: logins::Logins [OTHERS],
    availability: availability::Availability [ASKED RETURNED REACHED ANSWERED OTHERS],
    service: service::Service [RETURNED OTHERS],
    waits: waits::Waits [ASKED RETURNED SERVED STORED OTHERS],
}

impl Judge {
    /// What is to be said when the run is over: what until then could still come back is lost now.
    pub fn concluded(&self, at: Instant) -> Judge {
        let mut judge = self.clone();
        judge.replicas.conclude(at);
        judge
    }

    /// What the run gave up while it was partitioned, and what it preferred while it was not.
    pub fn cap(&self) -> Cap {
        let (waited, unwaited) = self.waits.counts();
        let (judged, contradictions) = (self.linearizability.checked(), self.outside);
        availability::cap::cap(&self.availability, Elsewhere { judged, contradictions, waited, unwaited })
    }
}

impl Judge {
    /// Things remembered by the checkers that remember more than a handful: what memory grows with.
    pub fn retained(&self) -> usize {
        self.linearizability.retained()
            + self.causal.retained()
            + self.sequential.retained()
            + self.replicas.retained()
            + self.staleness.retained()
            + self.failed_visible.retained()
            + self.waits.retained()
            + self.lost_update.retained()
            + self.jobs.retained()
            + self.availability.retained()
    }
}

#[cfg(test)]
mod tests;
