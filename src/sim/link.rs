//! A line between two machines: how long messages take, what it loses, how it is cut. Only a link decides a message's
//! fate; it may not read the message.

use crate::stdx::{Distribution, Duration, Instant, Random};

/// A machine's number in its world, in the order of birth; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u32);

/// A link's number in its world; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkId(pub u32);

/// How a link is built.
#[derive(Clone, PartialEq, Debug)]
pub struct LinkPlan {
    pub a: NodeId,
    pub b: NodeId,
    /// One way, each message drawn anew.
    pub latency: Distribution,
    /// Added to every message: the way between two places.
    pub distance: Duration,
    /// Share of packets lost, 0 to 1.
    pub loss: f64,
    /// Bytes a second each way; None: no limit.
    pub bandwidth: Option<f64>,
}

/// Each way for itself: index 0 is from `a` to `b`, 1 from `b` to `a`.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    pub cut: bool,
    pub cut_since: Option<Instant>,
    /// Rises with every cut: what was in flight before it never arrives.
    pub(super) generation: u32,
    /// When the last message of the ordered stream arrives: the next one not earlier.
    pub(super) stream_due: Instant,
    /// Until when the stream waits for a packet that is being sent again.
    pub(super) stream_held: Instant,
    /// Messages put on the stream so far, and the one that is to be handed over next.
    pub(super) stream_sent: u32,
    pub(super) stream_next: u32,
    /// When the wire is free again, where it has a bandwidth.
    pub(super) free_at: Instant,
    pub sent: u64,
    pub delivered: u64,
    pub lost: u64,
}

#[derive(Clone, Debug)]
pub struct Link {
    pub plan: LinkPlan,
    pub lanes: [Lane; 2],
    /// Added by a fault to every message each way.
    pub delay: Option<Distribution>,
    /// A fault's loss, in place of the plan's.
    pub loss: Option<f64>,
    pub removed: bool,
    pub(super) random: Random,
}

/// TCP's smallest retransmission time-out (Linux `TCP_RTO_MIN`), doubled with every further loss (RFC 6298).
pub const RETRANSMIT: Duration = Duration::from_millis(200);
/// The doubling ends here (Linux `TCP_RTO_MAX`).
pub const RETRANSMIT_MOST: Duration = Duration::from_secs(120);
/// How often a packet is sent again before the connection is given up (Linux `tcp_retries2`).
pub const RETRIES: u8 = 15;

impl Link {
    pub(super) fn new(plan: LinkPlan, random: Random) -> Link {
        Link { plan, lanes: Default::default(), delay: None, loss: None, removed: false, random }
    }

    /// The end that is not `node`; None when `node` is no end of it.
    pub fn other(&self, node: NodeId) -> Option<NodeId> {
        if node == self.plan.a {
            Some(self.plan.b)
        } else if node == self.plan.b {
            Some(self.plan.a)
        } else {
            None
        }
    }

    pub fn loss_now(&self) -> f64 {
        self.loss.unwrap_or(self.plan.loss)
    }

    /// Whether messages in this direction can arrive at all.
    pub fn open(&self, lane: usize) -> bool {
        !self.removed && !self.lanes[lane].cut && self.loss_now() < 1.0
    }

    /// How long the next message of so many bytes takes, and whether every one takes just that long.
    pub(super) fn travel(&mut self, lane: usize, bytes: u32, now: Instant) -> (Duration, bool) {
        let mut constant = self.delay.is_none();
        let mut span = self.plan.distance;
        span = span
            + match self.plan.latency.constant() {
                Some(d) => d,
                None => {
                    constant = false;
                    self.plan.latency.sample(&mut self.random)
                }
            };
        if let Some(delay) = &self.delay {
            span = span + delay.sample(&mut self.random);
        }
        if let Some(bandwidth) = self.plan.bandwidth {
            constant = false;
            let wire = Duration::from_secs_f64(bytes as f64 / bandwidth);
            let free = self.lanes[lane].free_at.max(now) + wire;
            self.lanes[lane].free_at = free;
            span = span + (free - now);
        }
        (span, constant)
    }

    pub(super) fn loses(&mut self) -> bool {
        let loss = self.loss_now();
        loss > 0.0 && self.random.chance(loss)
    }

    pub(super) fn cut(&mut self, lane: usize, now: Instant) {
        let lane = &mut self.lanes[lane];
        if !lane.cut {
            lane.cut = true;
            lane.cut_since = Some(now);
            lane.generation += 1;
            lane.stream_next = lane.stream_sent;
            (lane.stream_due, lane.stream_held) = (now, now);
        }
    }

    pub(super) fn heal(&mut self, lane: usize) {
        self.lanes[lane].cut = false;
        self.lanes[lane].cut_since = None;
    }
}
