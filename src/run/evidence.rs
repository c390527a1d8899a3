//! What the run saw around a proof: the messages between its operations, and the faults that befell the machines and
//! lines meanwhile. It adds them to the diagram as plain data; it judges nothing.

use super::cast::Cast;
use super::report::BoardNames;
use super::state::State;
use super::trace::{Traces, Way};
use crate::components::Component;
use crate::history::{Entry, Fact, OpId, Process, Record, Value};
use crate::judge::diagram::{Band, Message, Row, Who};
use crate::judge::{Diagram, Names as _, Witness};
use crate::sim::{NodeId, World};
use crate::stdx::Instant;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Writes of which it is remembered which machines have applied them when, apart from those of proofs.
const WRITES: usize = 1024;
/// Machines of one write.
const MACHINES: usize = 16;
/// Faults remembered; the oldest goes first.
const FAULTS: usize = 256;
/// Machines that a diagram gains at most.
const ROWS: usize = 4;

/// What was wrong, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wrong {
    Down(NodeId),
    /// No message passes between these two, one way at least.
    Cut(NodeId, NodeId),
}

#[derive(Clone, Copy, Debug)]
struct Span {
    wrong: Wrong,
    from: Instant,
    to: Option<Instant>,
}

/// Which machine applied a write when, in the order of time.
type Applied = Vec<(Process, Instant)>;

#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The latest writes, at places that their values say.
    applied: Vec<(Value, Applied)>,
    faults: VecDeque<Span>,
    /// Of the operations and values that proofs speak of.
    ways: BTreeMap<OpId, Way>,
    writes: BTreeMap<Value, Applied>,
}

fn place(value: Value) -> usize {
    (value.0 ^ (value.0 >> 40).wrapping_mul(0x9E37)) as usize % WRITES
}

impl Evidence {
    pub fn read(&mut self, entry: &Entry) {
        let Record::Fact(Fact::Applied { node, value, .. }) = entry.record else { return };
        if self.applied.is_empty() {
            self.applied.resize(WRITES, (Value::INITIAL, Vec::new()));
        }
        let (of, applied) = &mut self.applied[place(value)];
        if *of != value {
            *of = value;
            applied.clear();
        }
        if applied.len() < MACHINES && applied.iter().all(|(n, _)| *n != node) {
            applied.push((node, entry.at));
        }
        if let Some(pinned) = self.writes.get_mut(&value)
            && pinned.len() < MACHINES
            && pinned.iter().all(|(n, _)| *n != node)
        {
            pinned.push((node, entry.at));
        }
    }

    /// Looks at what is down and cut now: after each fault.
    pub fn look(&mut self, at: Instant, cast: &Cast, world: &World<Component>) {
        let mut now: Vec<Wrong> = cast.nodes().filter(|n| !alive(world, *n)).map(Wrong::Down).collect();
        for line in &cast.lines {
            for id in &line.links {
                let link = world.link(*id);
                let whole = link.removed || (link.open(0) && link.open(1));
                if !whole {
                    now.push(Wrong::Cut(link.plan.a, link.plan.b));
                }
            }
        }
        for span in self.faults.iter_mut().filter(|s| s.to.is_none()) {
            match now.iter().position(|wrong| *wrong == span.wrong) {
                Some(index) => drop(now.swap_remove(index)),
                None => span.to = Some(at),
            }
        }
        for wrong in now {
            if self.faults.len() == FAULTS {
                self.faults.pop_front();
            }
            self.faults.push_back(Span { wrong, from: at, to: None });
        }
    }

    /// Keeps what is known of the operations and values of a proof.
    pub fn pin(&mut self, witness: &Witness, traces: &Traces) {
        for seen in &witness.ops {
            if let Some(way) = traces.way(seen.op.id) {
                self.ways.insert(seen.op.id, way.clone());
            }
            for value in [Some(seen.op.value), seen.read()].into_iter().flatten() {
                let applied = self.applied.get(place(value)).filter(|(of, _)| *of == value);
                if let Some((_, applied)) = applied {
                    self.writes.entry(value).or_insert_with(|| applied.clone());
                }
            }
        }
    }

    /// Forgets what was kept of all others.
    pub fn keep(&mut self, operations: &BTreeSet<OpId>, values: &BTreeSet<Value>) {
        self.ways.retain(|op, _| operations.contains(op));
        self.writes.retain(|value, _| values.contains(value));
    }

    fn applied(&self, value: Value) -> &[(Process, Instant)] {
        let latest = self.applied.get(place(value)).filter(|(of, _)| *of == value).map(|(_, a)| a);
        self.writes.get(&value).or(latest).map_or(&[], Vec::as_slice)
    }
}

fn alive(world: &World<Component>, node: NodeId) -> bool {
    world.condition(node) == crate::sim::Condition::Up
}

/// The diagram of a proof with the messages and the faults that the run saw.
pub fn diagram(state: &State, witness: &Witness) -> Diagram {
    let names = BoardNames(state);
    let mut drawn = Drawn { state, diagram: witness.diagram(&names), machines: 0 };
    drawn.requests(witness);
    drawn.copies(witness);
    drawn.faults();
    drawn.diagram
}

struct Drawn<'a> {
    state: &'a State,
    diagram: Diagram,
    /// Rows that were added.
    machines: usize,
}

impl Drawn<'_> {
    fn row_of(&self, node: Process) -> Option<usize> {
        self.diagram.rows.iter().position(|r| r.who == Who::Machine(node))
    }

    /// The row of a machine, a new one while there are not too many.
    fn row(&mut self, node: Process) -> Option<usize> {
        if let Some(row) = self.row_of(node) {
            return Some(row);
        }
        if self.machines == ROWS {
            return None;
        }
        self.machines += 1;
        let name = BoardNames(self.state).process(node);
        self.diagram.rows.push(Row { who: Who::Machine(node), name });
        Some(self.diagram.rows.len() - 1)
    }

    /// A write went to the machine that applied it first, any other operation to the one that it came to last; the answer came
    /// back from there.
    fn requests(&mut self, witness: &Witness) {
        for (index, seen) in witness.ops.iter().enumerate() {
            let evidence = &self.state.evidence;
            let way = evidence.ways.get(&seen.op.id).or_else(|| self.state.traces.way(seen.op.id));
            let Some(way) = way.cloned() else { continue };
            let first = evidence.applied(seen.op.value).first().filter(|_| seen.op.kind.writes());
            let kept = first.and_then(|(node, _)| way.stop_at(NodeId(node.0)));
            let Some(last) = kept.or_else(|| way.deepest()) else { continue };
            let Some(row) = self.row(Process(last.node.0)) else { continue };
            let (client, value) = (self.diagram.bars[index].row, seen.shows());
            let over = way.between(last).map(|node| self.state.cast.name(node)).collect::<Vec<_>>();
            let text = if over.is_empty() { String::new() } else { format!("by way of {}", over.join(", ")) };
            let asked = Message {
                from: client,
                to: row,
                sent: seen.op.invoked,
                arrived: Some(last.arrived),
                value: value.filter(|_| seen.op.kind.writes()),
                text: text.clone(),
            };
            let arrived = self.diagram.bars[index].to;
            let answered = Message { from: row, to: client, sent: last.left, arrived, value, text };
            self.diagram.messages.extend([asked, answered]);
        }
    }

    /// What was written went from the machine that had it first to the others of the diagram, or did not come in time.
    fn copies(&mut self, witness: &Witness) {
        for seen in witness.ops.iter().filter(|s| s.op.kind.writes()) {
            let applied = self.state.evidence.applied(seen.op.value).to_vec();
            let Some((origin, sent)) = applied.first().copied() else { continue };
            let Some(from) = self.row(origin) else { continue };
            // Those that are in the diagram already, and while there is room those that it came to.
            let drawn = self.diagram.rows.iter().filter_map(|r| match r.who {
                Who::Machine(node) if node != origin => Some(node),
                _ => None,
            });
            let copies: Vec<Process> = drawn.filter(|n| self.keeps(*n)).collect();
            let others = applied.iter().map(|(n, _)| *n).filter(|n| *n != origin && !copies.contains(n));
            let all: Vec<Process> = copies.iter().copied().chain(others.take(2)).collect();
            for node in all {
                let came = applied.iter().find(|(n, _)| *n == node).map(|(_, at)| *at);
                let late = came.is_none_or(|at| at > self.diagram.to);
                let text = if late { "not there yet".into() } else { String::new() };
                let Some(to) = self.row(node) else { continue };
                let value = Some(seen.op.value);
                self.diagram.messages.push(Message { from, to, sent, arrived: came, value, text });
            }
        }
    }

    /// Whether the machine keeps a copy of the data.
    fn keeps(&self, node: Process) -> bool {
        self.state.judge().replicas.keeps(node)
    }

    /// The faults of that time over the rows they befell; those that befell none of them over all machines.
    fn faults(&mut self) {
        let (from, to) = (self.diagram.from, self.diagram.to);
        let cast = &self.state.cast;
        let machines: Vec<usize> = (0..self.diagram.rows.len())
            .filter(|row| matches!(self.diagram.rows[*row].who, Who::Machine(_)))
            .collect();
        for span in &self.state.evidence.faults {
            if span.from > to || span.to.is_some_and(|end| end < from) {
                continue;
            }
            let row = |node: NodeId| self.row_of(Process(node.0));
            let (rows, text): (Vec<usize>, String) = match span.wrong {
                Wrong::Down(node) => {
                    (row(node).into_iter().collect(), format!("{} is down", cast.name(node)))
                }
                Wrong::Cut(a, b) => {
                    let text = format!("no message between {} and {}", cast.name(a), cast.name(b));
                    (row(a).into_iter().chain(row(b)).collect(), text)
                }
            };
            let rows = if rows.is_empty() { machines.clone() } else { rows };
            if !rows.is_empty() {
                self.diagram.bands.push(Band { rows, from: span.from.max(from), to: span.to, text });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::{State as Judged, render_text};
    use crate::run::Run;
    use crate::scenario::notation;
    use crate::stdx::Instant;

    #[test]
    fn a_write_goes_to_the_machine_that_keeps_it_and_not_to_the_cache_it_empties_afterwards() {
        let board = include_str!("../scenario/examples/three-tiers.tradeoff");
        let mut run = Run::new(&notation::parse(&format!("{board}\nat 1s cut db=>copy\n")).expect("a board"));
        run.advance_to(Instant(4_000_000_000), u64::MAX);
        let verdicts = run.state().judge().verdicts();
        let broken = verdicts.iter().find(|v| v.id == "linearizable").expect("it is judged");
        let Judged::Broken { latest, .. } = &broken.state else { panic!("{:?}", broken.state) };
        let diagram = run.diagram(latest);
        let write = diagram.bars.iter().position(|b| b.text.starts_with("write")).expect("a write");
        let (client, asked) = (diagram.bars[write].row, diagram.bars[write].from);
        let went =
            diagram.messages.iter().find(|m| m.from == client && m.sent == asked).expect("it was asked");
        assert_eq!(diagram.rows[went.to].name, "db", "{}", render_text(&diagram));
    }

    #[test]
    fn a_copy_that_is_still_on_its_way_is_not_drawn_as_lost() {
        let board = include_str!("../scenario/examples/two-masters.tradeoff");
        let mut run = Run::new(&notation::parse(board).expect("a board"));
        run.advance_to(Instant(2_000_000_000), u64::MAX);
        let verdicts = run.state().judge().verdicts();
        let broken = verdicts.iter().find(|v| v.id == "linearizable").expect("it is judged");
        let Judged::Broken { first, .. } = &broken.state else { panic!("{:?}", broken.state) };
        let diagram = run.diagram(first);
        let late = diagram.messages.iter().find(|m| m.text == "not there yet").expect("it came too late");
        assert!(late.arrived.is_some_and(|at| at > diagram.to), "{diagram:#?}");
    }

    #[test]
    fn a_proof_shows_the_copying_that_came_too_late_and_the_cut_that_stopped_it() {
        let board = include_str!("../scenario/examples/read-any-copy.tradeoff");
        let board = format!("{board}\nat 2s cut db=>copy\nat 9s heal db=>copy\n");
        let mut run = Run::new(&notation::parse(&board).expect("a board"));
        run.advance_to(Instant(5_000_000_000), u64::MAX);
        let verdicts = run.state().judge().verdicts();
        let fresh = verdicts.iter().find(|v| v.id == "fresh").expect("it is judged");
        let Judged::Broken { latest, .. } = &fresh.state else { panic!("{:?}", fresh.state) };
        let diagram = run.diagram(latest);
        println!("{}", render_text(&diagram));
        let names: Vec<&str> = diagram.rows.iter().map(|r| r.name.as_str()).collect();
        let db = names.iter().position(|n| *n == "db").expect("the master is drawn");
        let late = diagram.messages.iter().filter(|m| m.from == db && m.text == "not there yet");
        assert!(late.clone().count() > 0 && late.clone().all(|m| m.arrived.is_none()), "{diagram:#?}");
        assert!(diagram.messages.iter().any(|m| m.text == "by way of app"), "requests and answers");
        assert!(
            diagram.bands.iter().any(|b| b.text == "no message between db and copy"),
            "{:?}",
            diagram.bands
        );
    }
}
