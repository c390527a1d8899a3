//! How many answers each machine gave that showed data, and how many of them were stale: older than what had been
//! acknowledged when the request came to it. It asks the judge what was acknowledged, and judges nothing itself.

use crate::components::parts::gauge::Counters;
use crate::history::{Entry, Kind, Outcome, Record};
use crate::history::{Op, Process, Value};
use crate::judge::Judge;
use crate::judge::staleness::Staleness;
use crate::sim::NodeId;
use crate::stdx::Instant;

#[derive(Clone, Copy, Debug, Default)]
struct Given {
    reads: u64,
    stale: u64,
}

/// By the machine's number.
#[derive(Clone, Debug, Default)]
pub struct Answers(Vec<Given>);

impl Answers {
    /// What users were shown counts for them as it does for the machines on its way. The judge has just read it.
    pub fn read(&mut self, entry: &Entry, staleness: &Staleness) {
        if let Record::Return { op, outcome: Outcome::Ok { .. } } = entry.record
            && op.kind == Kind::Read
        {
            self.add(NodeId(op.client.0), staleness.latest_is_stale());
        }
    }

    /// The machine answered a request that had come at `arrived` with this value.
    pub fn shown(&mut self, node: NodeId, op: &Op, value: Value, arrived: Instant, staleness: &Staleness) {
        self.add(node, staleness.is_stale(op.key, value, arrived));
    }

    fn add(&mut self, node: NodeId, stale: bool) {
        let index = node.0 as usize;
        if index >= self.0.len() {
            self.0.resize(index + 1, Given::default());
        }
        self.0[index].reads += 1;
        self.0[index].stale += u64::from(stale);
    }

    /// Adds to a machine's own counters what only the whole can know.
    pub fn count(&self, node: NodeId, judge: &Judge, counters: &mut Counters) {
        let given = self.0.get(node.0 as usize).copied().unwrap_or_default();
        (counters.reads_answered, counters.stale_answers) = (given.reads, given.stale);
        let (lost, discarded) = judge.replicas.dropped_by(Process(node.0));
        (counters.acknowledged_writes_lost, counters.acknowledged_writes_discarded) = (lost, discarded);
    }
}
