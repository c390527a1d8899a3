//! The way of single requests, hop by hop: what the waterfall of a clicked request shows. Keeps the latest thousand, and
//! of those that failed the latest few hundred longer. It judges nothing.

use super::frame::{Dot, Hop, Trace};
use super::report::BoardNames;
use super::state::State;
use crate::history::{Entry, Op, OpId, Outcome, Record};
use crate::judge::Names as _;
use crate::sim::NodeId;
use crate::stdx::{Distribution, Duration, Instant};
use std::collections::VecDeque;

/// Places; a request takes the place of the one that came so many before it.
const KEPT: usize = 1024;
/// Requests that failed are remembered apart, so that they can be read while thousands go well.
const FAILED: usize = 256;
/// Hops of one request at most: retries over many machines.
const STOPS: usize = 64;

#[derive(Clone, Copy, Debug)]
pub struct Stop {
    pub node: NodeId,
    pub arrived: Instant,
    started: Instant,
    pub left: Instant,
}

#[derive(Clone, Debug)]
pub struct Way {
    op: Op,
    end: Option<(Instant, Outcome)>,
    stops: Vec<Stop>,
}

impl Way {
    /// The machine that the request came to last before the first answer from there went back.
    pub fn deepest(&self) -> Option<&Stop> {
        self.stops.iter().max_by_key(|s| (s.arrived, std::cmp::Reverse(s.left)))
    }

    /// Its last stop at this machine.
    pub fn stop_at(&self, node: NodeId) -> Option<&Stop> {
        self.stops.iter().rev().find(|s| s.node == node)
    }

    /// The machines that had the request when it came there, in the order in which it came to them.
    pub fn between<'a>(&'a self, last: &'a Stop) -> impl Iterator<Item = NodeId> + 'a {
        let mut over: Vec<&Stop> =
            self.stops.iter().filter(|s| s.arrived < last.arrived && s.left >= last.left).collect();
        over.sort_by_key(|s| s.arrived);
        over.into_iter().map(|s| s.node)
    }
}

/// The latest requests, each at a place of its own, so that finding one costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    ways: Vec<Option<Way>>,
    failed: VecDeque<Way>,
}

/// Operations count up machine by machine; the machine's number keeps two machines' latest apart.
fn place(op: OpId) -> usize {
    (op.0 ^ (op.0 >> 40).wrapping_mul(0x9E37)) as usize % KEPT
}

impl Traces {
    pub fn read(&mut self, entry: &Entry) {
        match entry.record {
            Record::Invoke(op) => {
                if self.ways.is_empty() {
                    self.ways.resize(KEPT, None);
                }
                let way = self.ways[place(op.id)].get_or_insert(Way { op, end: None, stops: Vec::new() });
                way.stops.clear();
                (way.op, way.end) = (op, None);
            }
            Record::Return { op, outcome } => {
                let Some(way) = self.find(op.id) else { return };
                way.end = Some((entry.at, outcome));
                if !matches!(outcome, Outcome::Ok { .. }) {
                    let way = way.clone();
                    if self.failed.len() == FAILED {
                        self.failed.pop_front();
                    }
                    self.failed.push_back(way);
                }
            }
            Record::Fact(_) => {}
        }
    }

    /// A request left a machine.
    pub fn hop(&mut self, at: Instant, node: NodeId, op: &Op, arrived: Instant, started: Instant) {
        if let Some(way) = self.find(op.id).filter(|w| w.stops.len() < STOPS) {
            way.stops.push(Stop { node, arrived, started, left: at });
        }
    }

    fn find(&mut self, op: OpId) -> Option<&mut Way> {
        self.ways.get_mut(place(op))?.as_mut().filter(|w| w.op.id == op)
    }

    /// The way of one request, if it is still kept.
    pub fn way(&self, op: OpId) -> Option<&Way> {
        let latest = self.ways.get(place(op)).and_then(Option::as_ref).filter(|w| w.op.id == op);
        latest.or_else(|| self.failed.iter().rfind(|w| w.op.id == op))
    }

    /// Those that are over, the latest first.
    fn over(&self) -> Vec<&Way> {
        let latest = self.ways.iter().flatten().filter(|w| w.end.is_some());
        let kept = |w: &&Way| self.ways[place(w.op.id)].as_ref().is_some_and(|k| k.op.id == w.op.id);
        let mut all: Vec<&Way> = latest.chain(self.failed.iter().filter(|w| !kept(w))).collect();
        all.sort_by_key(|w| std::cmp::Reverse((w.end.map(|e| e.0), w.op.id)));
        all
    }
}

/// The traces of the latest requests that are over, at most so many, the latest first: of those that went over a card or
/// a clone, or of all; with `failed` only of those that failed.
pub fn latest(state: &State, over: Option<&str>, failed: bool, most: usize) -> Vec<Trace> {
    let cast = &state.cast;
    let at = |node: NodeId, name: &str| cast.card_of(node) == name || cast.name(node) == name;
    let through = |w: &&Way| {
        over.is_none_or(|name| at(NodeId(w.op.client.0), name) || w.stops.iter().any(|s| at(s.node, name)))
    };
    let fits = |w: &&Way| !failed || !matches!(w.end, Some((_, Outcome::Ok { .. })));
    let ways = state.traces.over().into_iter().filter(through).filter(fits);
    ways.take(most).filter_map(|way| told(state, way)).collect()
}

/// The trace of one request: as far as it has come; None when it is no longer kept.
pub fn of(state: &State, op: OpId) -> Option<Trace> {
    told(state, state.traces.way(op)?)
}

/// The request that a dot stands for: an answer is known by the machine and the instant at which it left.
pub fn of_dot(state: &State, dot: &Dot) -> Option<Trace> {
    if let Some(op) = dot.op {
        return of(state, op);
    }
    let line = state.cast.lines.get(dot.link as usize)?;
    let sender = if dot.forth { &line.from } else { &line.to };
    let left = |s: &Stop| s.left == dot.sent && state.cast.card_of(s.node) == sender;
    let mut ways = state.traces.ways.iter().flatten();
    told(state, ways.find(|w| w.stops.iter().any(left))?)
}

fn told(state: &State, way: &Way) -> Option<Trace> {
    let cast = &state.cast;
    let end = way.end.map_or(state.now(), |(at, _)| at);
    let mut stops = way.stops.clone();
    stops.sort_by_key(|s| (s.arrived, std::cmp::Reverse(s.left)));
    let client = NodeId(way.op.client.0);
    let first = Hop {
        machine: cast.name(client).to_string(),
        arrived: way.op.invoked,
        started: way.op.invoked,
        answered: end,
        inside: None,
        wire: Duration::ZERO,
    };
    let mut hops = vec![(client, first)];
    for stop in stops {
        // The latest one that still had the request when it came here has asked for it.
        let asker = |h: &(NodeId, Hop)| {
            h.0 != stop.node && h.1.answered >= stop.arrived && joined(state, h.0, stop.node).is_some()
        };
        let inside = hops.iter().rposition(asker);
        let wire = inside.and_then(|i| joined(state, hops[i].0, stop.node)).unwrap_or_default();
        let hop = Hop {
            machine: cast.name(stop.node).to_string(),
            arrived: stop.arrived,
            started: stop.started,
            answered: stop.left,
            inside: Some(inside.unwrap_or(0)),
            wire,
        };
        hops.push((stop.node, hop));
    }
    Some(Trace {
        op: way.op.id,
        kind: way.op.kind,
        key: way.op.key,
        who: BoardNames(state).session(way.op.session),
        began: way.op.invoked,
        took: end.since(way.op.invoked),
        outcome: match way.end {
            None => None,
            Some((_, Outcome::Ok { .. })) => Some(Ok(())),
            Some((_, Outcome::Fail(cause) | Outcome::Unknown(cause))) => Some(Err(cause)),
        },
        hops: hops.into_iter().map(|(_, hop)| hop).collect(),
    })
}

/// How long a message is on the line between two machines on average; None when no line joins them.
fn joined(state: &State, a: NodeId, b: NodeId) -> Option<Duration> {
    let link = state.world.links_of(a).iter().find(|l| state.world.link(**l).other(a) == Some(b))?;
    let link = state.world.link(*link);
    let mean = |d: &Distribution| Duration::from_secs_f64(d.mean().min(60.0));
    Some(mean(&link.plan.latency) + link.delay.as_ref().map_or(Duration::ZERO, mean))
}

/// What a request's time was spent on, in shares of its whole: it waited for a worker, it was worked on, it was on a line
/// (by the lines' mean latency), or its client had it back (pauses between attempts).
pub fn spent(trace: &Trace) -> [Duration; 3] {
    let mut waiting = Duration::ZERO;
    let mut wire = Duration::ZERO;
    for hop in &trace.hops {
        waiting = waiting + hop.started.since(hop.arrived);
        wire = wire + hop.wire + hop.wire;
    }
    let whole = trace.took;
    let waiting = waiting.min(whole);
    let wire = wire.min(Duration(whole.0 - waiting.0));
    [waiting, Duration(whole.0 - waiting.0 - wire.0), wire]
}

#[cfg(test)]
mod tests {
    use crate::run::Run;
    use crate::scenario::notation;
    use crate::stdx::{Duration, Instant};

    const BOARD: &str = "seed 7\nusers shop rate=20/s reads=100% keys=10 timeout=1s\nload-balancer lb\napp-server web workers=1 \
        service=12ms\ndatabase db read=2ms\nshop -> lb latency=1ms\nlb -> web latency=1ms\nweb -> db latency=1ms\n";

    fn run(board: &str, seconds: u64) -> Run {
        let mut run = Run::new(&notation::parse(board).expect("a board"));
        run.advance_to(Instant(seconds * 1_000_000_000), u64::MAX);
        run
    }

    #[test]
    fn a_request_is_followed_from_machine_to_machine() {
        let run = run(BOARD, 3);
        let trace = &run.traces(None, false, 1)[0];
        let way: Vec<(&str, Option<usize>)> =
            trace.hops.iter().map(|h| (h.machine.as_str(), h.inside)).collect();
        assert_eq!(way, [("shop", None), ("lb", Some(0)), ("web", Some(1)), ("db", Some(2))]);
        assert_eq!(trace.outcome, Some(Ok(())));
        let [waiting, work, wire] = super::spent(trace);
        assert_eq!(wire, Duration::from_millis(6), "three lines there and back");
        assert_eq!(waiting + work + wire, trace.took);
        assert!(work >= Duration::from_millis(14), "12 ms of the server and 2 ms of the database: {work:?}");
        assert_eq!(run.trace_by(trace.op).as_ref(), Some(trace));
        assert!(
            run.traces(Some("db"), false, 99).len() > 10 && run.traces(Some("nobody"), false, 9).is_empty()
        );
    }

    #[test]
    fn what_failed_is_kept_while_thousands_go_well() {
        let mut run =
            run(&format!("{BOARD}at 1s crash db\nat 2s restart db\n").replace("rate=20/s", "rate=30/s"), 45);
        assert!(run.state().series.total.ok > 1024);
        let failed = run.traces(None, true, 999);
        assert!(!failed.is_empty() && failed.iter().all(|t| matches!(t.outcome, Some(Err(_)))));
        let oldest = failed.last().expect("a failure");
        assert!(oldest.began < Instant(2_000_000_000), "{oldest:?}");
        run.seek(Instant(500_000_000));
        assert!(run.traces(None, true, 9).is_empty(), "before the crash nothing had failed");
    }
}
