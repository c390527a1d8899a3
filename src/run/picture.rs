//! Makes the frame: what a picture of this instant shows. It reads the state and changes nothing.

use super::cast::Card;
use super::frame::{Chip, CloneLine, Condition, Copy, Frame, LinkView, Live, MachineView, Sample, Side};
use super::state::{Beat, State};
use crate::components::parts::gauge::{Counters, Gauge, Live as Gauged, Role};
use crate::components::{Component, Machine as _, Shelf};
use crate::history::Key;
use crate::metrics::series::Bucket;
use crate::scenario::fault::LinkName;
use crate::sim::{self, NodeId};
use crate::stdx::Duration;

/// The frame of a state, with the followed key's versions.
pub fn frame(state: &State, follow: Option<Key>) -> Frame {
    let cards = state.cast.cards.iter().enumerate();
    Frame {
        now: state.now(),
        operations: state.judge().operations(),
        machines: cards.map(|(i, card)| machine(state, i, &card.name, &card.nodes, follow)).collect(),
        links: (0..state.document.links.len()).map(|i| link(state, i)).collect(),
        verdicts: state.judge().verdicts(),
        cap: Some(state.judge().cap()),
        sides: sides(state),
        price_per_hour: price_per_hour(state),
        follow,
        versions: follow.map_or(0, |key| state.versions.count(key)),
    }
}

/// What the drawing costs, in dollars an hour.
pub fn price_per_hour(state: &State) -> f64 {
    let machines = state.document.machines.iter();
    // The sum of nothing is −0.
    machines.fold(0.0, |sum, m| sum + m.kind.price_per_hour(&m.settings))
}

/// The beats that span about the last second, first and last.
fn span(state: &State) -> Option<(&Beat, &Beat, f64)> {
    let (first, last) = (state.beats.front()?, state.beats.back()?);
    let seconds = (last.at - first.at).as_secs();
    (seconds > 0.0).then_some((first, last, seconds))
}

fn machine(state: &State, index: usize, name: &str, nodes: &[NodeId], follow: Option<Key>) -> MachineView {
    let clones: Vec<MachineView> = nodes.iter().map(|n| clone(state, *n, follow)).collect();
    let mut view = match clones.as_slice() {
        [only] => only.clone(),
        [] => MachineView { name: name.to_string(), ..MachineView::default() },
        many => sum(name, many),
    };
    let mut gauge = Gauge::default();
    for node in nodes {
        let one = state.world.get(*node).gauge();
        gauge.counters.add(&one.counters);
        gauge.live = one.live;
    }
    let recent = span(state).map(|(first, last, seconds)| {
        let before = first.counters.get(index).copied().unwrap_or_default();
        let after = last.counters.get(index).copied().unwrap_or_default();
        let waited = first.waiting.get(index).copied().unwrap_or(0) as f64;
        view.waiting_trend = (last.waiting.get(index).copied().unwrap_or(0) as f64 - waited) / seconds;
        (before, after, seconds)
    });
    view.live = live(&gauge, recent);
    view.clones = if clones.len() > 1 { clones } else { Vec::new() };
    view
}

fn clone(state: &State, node: NodeId, follow: Option<Key>) -> MachineView {
    let component: &Component = state.world.get(node);
    let gauge = component.gauge();
    let chip = follow.and_then(|key| {
        let value = component.holds(key)?;
        let place = state.versions.place(key, value, state.now());
        Some(Chip { version: place.version, outdated: place.outdated })
    });
    let down = !matches!(state.world.condition(node), sim::Condition::Up | sim::Condition::Paused);
    MachineView {
        name: state.cast.name(node).to_string(),
        condition: condition(state, node),
        live: live(&gauge, None),
        busy: if down { 0 } else { gauge.busy },
        workers: gauge.workers,
        waiting: if down { 0 } else { gauge.waiting },
        waiting_trend: 0.0,
        chip,
        role: gauge.role.map(role),
        clones: Vec::new(),
    }
}

fn condition(state: &State, node: NodeId) -> Condition {
    match state.world.condition(node) {
        sim::Condition::Refusing => Condition::Refusing,
        sim::Condition::Silent | sim::Condition::Removed => Condition::Unreachable,
        sim::Condition::Paused => Condition::Paused,
        sim::Condition::Up if state.world.slowness(node) != 1.0 => {
            Condition::Slow(state.world.slowness(node))
        }
        sim::Condition::Up => Condition::Running,
    }
}

/// Several clones as one card: what they do together; down only when all are.
fn sum(name: &str, clones: &[MachineView]) -> MachineView {
    let same = clones.iter().all(|c| c.condition == clones[0].condition);
    MachineView {
        name: name.to_string(),
        condition: if same { clones[0].condition } else { Condition::Running },
        live: Live::default(),
        busy: clones.iter().map(|c| c.busy).sum(),
        workers: clones.iter().map(|c| c.workers).sum(),
        waiting: clones.iter().map(|c| c.waiting).sum(),
        waiting_trend: 0.0,
        // The oldest copy among them is what a reader may meet.
        chip: clones.iter().filter_map(|c| c.chip.clone()).min_by_key(|c| c.version),
        role: clones[0].role,
        clones: Vec::new(),
    }
}

/// As the picture and the report write it.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Primary => "primary",
        Role::Replica => "replica",
        Role::Master => "master",
        Role::Leader => "leader",
        Role::Follower => "follower",
        Role::Candidate => "candidate",
        Role::Active => "active",
        Role::Standby => "standby",
    }
}

fn live(gauge: &Gauge, recent: Option<(Counters, Counters, f64)>) -> Live {
    let say = |number: String, text: &str| Live { number, text: text.to_string() };
    match gauge.live {
        Gauged::Up { up, of } => say(up.to_string(), &format!("of {of} servers up")),
        Gauged::Disks { well, of } => say(well.to_string(), &format!("of {of} disks well")),
        Gauged::Behind(behind) => {
            let (number, unit) = split(behind);
            say(number, &format!("{unit} behind"))
        }
        Gauged::Entries(n) => say(group(n), "entries"),
        Gauged::Shards { left, .. } if left > 0 => say(group(left), "keys to move"),
        Gauged::Shards { busiest, of, .. } => {
            say(format!("{:.0}", 100.0 * busiest), &format!("% on one of {of} shards"))
        }
        Gauged::Term { term, log } => say(term.to_string(), &format!("the term · log to {}", group(log))),
        Gauged::Hits => {
            let (hits, misses) = match recent {
                // After an edit the beats before it may be another machine's.
                Some((before, after, _)) => {
                    (after.hits.saturating_sub(before.hits), after.misses.saturating_sub(before.misses))
                }
                None => (gauge.counters.hits, gauge.counters.misses),
            };
            match hits + misses {
                0 => say(String::new(), "not asked yet"),
                all => say(format!("{:.0}", 100.0 * hits as f64 / all as f64), "% hits"),
            }
        }
        Gauged::Rate => match recent {
            Some((before, after, seconds)) => {
                let rate = after.arrivals.saturating_sub(before.arrivals) as f64 / seconds;
                say(if rate < 10.0 { format!("{rate:.1}") } else { format!("{rate:.0}") }, "requests/s")
            }
            None => say(group(gauge.counters.arrivals), "requests"),
        },
    }
}

/// 12 345 as it is read.
fn group(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(c);
    }
    text
}

/// A span with three digits and its unit apart: ("4.3", "s").
pub fn split(span: Duration) -> (String, &'static str) {
    let nanos = span.0 as f64;
    let (value, unit) = match span.0 {
        0 => return ("0".into(), "ms"),
        n if n >= 60_000_000_000 => (nanos / 6e10, "min"),
        n if n >= 1_000_000_000 => (nanos / 1e9, "s"),
        n if n >= 1_000_000 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e3, "µs"),
    };
    (if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }, unit)
}

fn link(state: &State, index: usize) -> LinkView {
    let line = &state.cast.lines[index];
    let links: Vec<&sim::link::Link> = line.links.iter().map(|l| state.world.link(*l)).collect();
    let all = |lane: usize| !links.is_empty() && links.iter().all(|l| l.lanes[lane].cut);
    let any = links.iter().any(|l| l.lanes.iter().any(|lane| lane.cut));
    let (forth, back) = (all(0), all(1));
    let rate = |lane: usize| {
        span(state).map_or(0.0, |(first, last, seconds)| {
            let sent = |b: &Beat| b.sent.get(index).map_or(0, |s| s[lane]);
            sent(last).saturating_sub(sent(first)) as f64 / seconds
        })
    };
    LinkView {
        cut_forth: forth,
        cut_back: back,
        partly: any && !forth && !back,
        cut_since: links.iter().flat_map(|l| &l.lanes).filter_map(|lane| lane.cut_since).min(),
        delay: links.iter().find_map(|l| l.delay.as_ref()).map(|d| format!("+{d}")),
        loss: links.iter().map(|l| l.loss_now()).find(|p| *p > 0.0),
        forth_per_second: rate(0),
        back_per_second: rate(1),
    }
}

fn sides(state: &State) -> Vec<Side> {
    if !state.sides.parted || state.sides.parts.len() < 2 {
        return Vec::new();
    }
    let letter = |i: usize| char::from(b'A' + (i % 26) as u8);
    // Whoever is wired to nobody was not parted from anybody.
    let wired = |part: &[NodeId]| part.iter().any(|n| !state.world.links_of(*n).is_empty());
    let parts = state.sides.parts.iter().enumerate().filter(|(_, part)| wired(part));
    let elsewhere = |card: &Card, part: &[NodeId]| {
        let parts = state.sides.parts.iter().flatten();
        parts.filter(|n| card.nodes.contains(n)).any(|n| !part.contains(n))
    };
    let named = |part: &[NodeId]| {
        let mut names: Vec<String> = Vec::new();
        for card in &state.cast.cards {
            let mut here = card.nodes.iter().filter(|n| part.contains(n)).peekable();
            match here.peek().is_some() && !elsewhere(card, part) {
                true => names.push(card.name.clone()),
                false => names.extend(here.map(|n| state.cast.name(*n).to_string())),
            }
        }
        names
    };
    parts.map(|(i, part)| Side { name: format!("side {}", letter(i)), machines: named(part) }).collect()
}

/// The lines of one clone, as faults on it name them: to each of its fellows on the same card, and to other cards as a whole.
pub fn lines_of(state: &State, clone: &str) -> Vec<CloneLine> {
    let mut found = Vec::new();
    for line in &state.cast.lines {
        if line.from == line.to {
            let links = line.links.iter().map(|l| state.world.link(*l));
            found.extend(links.filter_map(|link| {
                let (a, b) = (state.cast.name(link.plan.a), state.cast.name(link.plan.b));
                let [cut_forth, cut_back] = [0, 1].map(|lane: usize| link.lanes[lane].cut);
                let name = LinkName::new(a, line.wire, b);
                (a == clone || b == clone).then_some(CloneLine { name, cut_forth, cut_back, partly: false })
            }));
            continue;
        }
        for tail in [true, false] {
            let mine = line.links.iter().map(|l| state.world.link(*l));
            let end = |l: &&sim::link::Link| state.cast.name(if tail { l.plan.a } else { l.plan.b }) == clone;
            let mine: Vec<&sim::link::Link> = mine.filter(end).collect();
            if mine.is_empty() {
                continue;
            }
            let (from, to) = if tail { (clone, line.to.as_str()) } else { (line.from.as_str(), clone) };
            let all = |lane: usize| mine.iter().all(|l| l.lanes[lane].cut);
            let any = mine.iter().any(|l| l.lanes.iter().any(|lane| lane.cut));
            let (cut_forth, cut_back) = (all(0), all(1));
            found.push(CloneLine {
                name: LinkName::new(from, line.wire, to),
                cut_forth,
                cut_back,
                partly: any && !cut_forth && !cut_back,
            });
        }
    }
    found
}

/// Where the key's value is: every machine that keeps data, and everybody else who holds a copy, with its version.
pub fn copies(state: &State, key: Key) -> Vec<Copy> {
    let now = state.now();
    let copy = |card: &Card, node: NodeId| {
        let machine: &Component = state.world.get(node);
        let holds = machine.holds(key).map(|value| state.versions.place(key, value, now));
        let keeps = card.kind.info().shelf == Shelf::Keeps;
        (holds.is_some() || keeps).then(|| Copy {
            machine: state.cast.name(node).to_string(),
            kind: card.kind,
            role: machine.gauge().role.map(role),
            holds,
        })
    };
    let cards = state.cast.cards.iter();
    cards.flat_map(|card| card.nodes.iter().filter_map(move |node| copy(card, *node))).collect()
}

/// One finished bucket for the charts.
pub fn sample(state: &State, bucket: &Bucket, width: Duration) -> Sample {
    let seconds = width.as_secs();
    let cards = state.cast.cards.iter();
    Sample {
        at: bucket.from,
        width,
        tried: bucket.invoked as f64 / seconds,
        throughput: bucket.ok as f64 / seconds,
        goodput: bucket.good as f64 / seconds,
        p50: bucket.latency.quantile(0.5),
        p95: bucket.latency.quantile(0.95),
        p99: bucket.latency.quantile(0.99),
        answered: bucket.ok,
        errors: bucket.errors.iter().map(|(cause, n)| (*cause, *n as f64 / seconds)).collect(),
        staleness: bucket.stale,
        waiting: cards.zip(bucket.waiting.iter()).map(|(c, n)| (c.name.clone(), *n)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use crate::run::Run;
    use crate::scenario::fault::{Fault, Way};
    use crate::scenario::notation;
    use crate::stdx::Instant;

    #[test]
    fn a_machine_without_lines_is_no_side_of_a_cut() {
        let board = "users u\napp-server app\ndatabase db\ncache alone\nu -> app -> db\nat 1s cut app->db\n";
        let mut run = Run::new(&notation::parse(board).expect("a board"));
        run.advance_to(Instant(2_000_000_000), u64::MAX);
        let sides: Vec<Vec<String>> = run.frame(None).sides.into_iter().map(|s| s.machines).collect();
        assert_eq!(sides, [vec!["u".to_string(), "app".into()], vec!["db".into()]]);
    }

    #[test]
    fn within_a_card_each_line_of_a_clone_is_cut_by_its_own_name() {
        let board = "users someone rate=10/s\nquorum-store ring clones=3\nsomeone -> ring\n";
        let mut run = Run::new(&notation::parse(board).expect("a board"));
        let lines = |run: &Run| -> Vec<(String, bool)> {
            let lines = run.lines_of("ring-2").into_iter().filter(|l| !l.name.words().contains("someone"));
            lines.map(|l| (format!("{} {}", l.name.from, l.name.to), l.cut_forth && l.cut_back)).collect()
        };
        assert_eq!(lines(&run), [("ring-1 ring-2".into(), false), ("ring-2 ring-3".into(), false)]);
        let link =
            run.lines_of("ring-2").iter().find(|l| l.name.to == "ring-3").expect("a line").name.clone();
        run.fault(Fault::Cut { link, way: Way::Both }).expect("it can be cut");
        assert_eq!(lines(&run), [("ring-1 ring-2".into(), false), ("ring-2 ring-3".into(), true)]);
    }
}
