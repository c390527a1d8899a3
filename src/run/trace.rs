//! The way of single requests, hop by hop: what the waterfall of a clicked request shows. Keeps the latest few hundred.

use super::cast::Cast;
use super::frame::{Hop, Trace};
use crate::history::{Entry, Op, OpId, Outcome, Record};
use crate::sim::NodeId;
use crate::stdx::Instant;
use std::collections::VecDeque;

const KEPT: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Stop {
    node: NodeId,
    arrived: Instant,
    started: Instant,
    left: Instant,
}

#[derive(Clone, Debug)]
struct Way {
    op: Op,
    end: Option<(Instant, Outcome)>,
    stops: Vec<Stop>,
}

/// One in `stride` operations is followed, so that the kept ones span some time.
const STRIDE: u64 = 8;

/// The latest followed requests, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    ways: VecDeque<Way>,
}

/// Whether this operation is one of those that are followed.
fn followed(op: &Op) -> bool {
    op.id.0 % STRIDE == 1
}

impl Traces {
    pub fn read(&mut self, entry: &Entry) {
        match entry.record {
            Record::Invoke(op) => {
                if !followed(&op) {
                    return;
                }
                let mut way = if self.ways.len() >= KEPT { self.ways.pop_front() } else { None }
                    .unwrap_or(Way { op, end: None, stops: Vec::new() });
                way.stops.clear();
                (way.op, way.end) = (op, None);
                self.ways.push_back(way);
            }
            Record::Return { op, outcome } => {
                if followed(&op)
                    && let Some(way) = self.find(op.id)
                {
                    way.end = Some((entry.at, outcome));
                }
            }
            Record::Fact(_) => {}
        }
    }

    /// A request left a machine.
    pub fn hop(&mut self, at: Instant, node: NodeId, op: &Op, arrived: Instant, started: Instant, _ok: bool) {
        if followed(op)
            && let Some(way) = self.find(op.id)
            && way.stops.len() < 64
        {
            way.stops.push(Stop { node, arrived, started, left: at });
        }
    }

    fn find(&mut self, op: OpId) -> Option<&mut Way> {
        self.ways.iter_mut().rev().find(|w| w.op.id == op)
    }

    /// The latest finished request that went over a card, or of all.
    pub fn latest(&self, cast: &Cast, over: Option<&str>) -> Option<Trace> {
        let through = |w: &Way| match over {
            Some(card) => w.stops.iter().any(|s| cast.card_of(s.node) == card || cast.name(s.node) == card),
            None => true,
        };
        let way = self.ways.iter().rev().find(|w| w.end.is_some() && through(w))?;
        let (at, outcome) = way.end?;
        let mut stops = way.stops.clone();
        stops.sort_by_key(|s| (s.arrived, s.left));
        let client = Hop {
            machine: cast.name(NodeId(way.op.client.0)).to_string(),
            arrived: way.op.invoked,
            started: way.op.invoked,
            answered: at,
        };
        let hops = stops.iter().map(|s| Hop {
            machine: cast.name(s.node).to_string(),
            arrived: s.arrived,
            started: s.started,
            answered: s.left,
        });
        Some(Trace {
            kind: way.op.kind,
            key: format!("key {}", way.op.key.0),
            outcome: match outcome {
                Outcome::Ok { .. } => "answered".to_string(),
                Outcome::Fail(cause) | Outcome::Unknown(cause) => cause.name().to_string(),
            },
            hops: std::iter::once(client).chain(hops).collect(),
        })
    }
}
