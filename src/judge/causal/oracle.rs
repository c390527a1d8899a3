//! The causal checker against the definition itself: the transitive closure of session order and reads-from, made anew
//! for every read, on random histories of which a part lags and lies.

use super::Causal;
use crate::history::{Entry, Kind, Op, OpId, Outcome, Record, Value};
use crate::judge::swarm::{self, Shape};

#[derive(Clone, Copy)]
struct Node {
    op: Op,
    /// What it read; none for a write, and for an update whose answer is not there.
    read: Option<Value>,
    answered: bool,
    failed: bool,
}

/// The operations that matter for a read that returns at entry `end`, and the sets of those that precede each.
fn closure(entries: &[Entry]) -> (Vec<Node>, Vec<u64>) {
    let mut nodes: Vec<Node> = Vec::new();
    for entry in entries {
        match entry.record {
            Record::Invoke(op) if op.kind.on_register() && op.kind.writes() => {
                nodes.push(Node { op, read: None, answered: false, failed: false });
            }
            Record::Return { op, outcome: Outcome::Ok { value } } => {
                // What nobody has written yet says nothing about causes; linearizability names it.
                let known =
                    |n: &Node| n.op.kind.writes() && (n.op.key, n.op.value) == (op.key, value) && !n.failed;
                let read = (op.kind != Kind::Write).then_some(value);
                let read = read.filter(|v| *v == Value::INITIAL || nodes.iter().any(known));
                match nodes.iter_mut().find(|n| n.op.id == op.id) {
                    Some(node) => (node.read, node.answered) = (read, true),
                    None => nodes.push(Node { op, read, answered: true, failed: false }),
                }
            }
            Record::Return { op, outcome: Outcome::Fail(_) } => {
                nodes.iter_mut().filter(|n| n.op.id == op.id).for_each(|n| n.failed = true);
            }
            _ => {}
        }
    }
    let mut before = vec![0u64; nodes.len()];
    for (b, node) in nodes.iter().enumerate() {
        for (a, earlier) in nodes.iter().enumerate().filter(|(a, _)| *a != b) {
            let order = earlier.op.session == node.op.session
                && earlier.answered
                && earlier.op.invoked < node.op.invoked;
            let read = node.read.is_some_and(|v| earlier.op.kind.writes() && earlier.op.value == v)
                && earlier.op.key == node.op.key;
            before[b] |= u64::from(order || read) << a;
        }
    }
    for middle in 0..nodes.len() {
        for b in 0..nodes.len() {
            if before[b] >> middle & 1 == 1 {
                before[b] |= before[middle];
            }
        }
    }
    (nodes, before)
}

/// The guarantee that the read which returns last breaks, if any: 0 to 3 in the order of `Causal::counts`.
fn broken(entries: &[Entry], reader: OpId) -> Option<usize> {
    let (nodes, before) = closure(entries);
    let r = nodes.iter().position(|n| n.op.id == reader)?;
    let read = nodes[r].read?;
    let key = nodes[r].op.key;
    let v = nodes.iter().position(|n| n.op.kind.writes() && n.op.value == read && !n.failed);
    if read != Value::INITIAL && v.is_none() {
        return None;
    }
    let precedes = |a: usize, b: usize| before[b] >> a & 1 == 1;
    let own = |n: &Node| {
        n.op.session == nodes[r].op.session && n.op.id != reader && n.op.invoked < nodes[r].op.invoked
    };
    let mut worst = None;
    for (u, node) in nodes.iter().enumerate() {
        let replaced = v.is_none_or(|v| v != u && precedes(v, u));
        if !node.op.kind.writes()
            || node.failed
            || node.op.key != key
            || u == r
            || !precedes(u, r)
            || !replaced
        {
            continue;
        }
        let read_by_own = nodes.iter().any(|n| own(n) && n.op.key == key && n.read == Some(node.op.value));
        let met =
            nodes.iter().filter(|n| own(n)).filter_map(|n| n.read.map(|v| (n.op.key, v))).any(|(key, v)| {
                nodes.iter().any(|w| {
                    w.op.kind.writes()
                        && (w.op.key, w.op.value) == (key, v)
                        && w.op.session == node.op.session
                        && w.op.invoked > node.op.invoked
                })
            });
        let name = match () {
            () if node.op.session == nodes[r].op.session => 0,
            () if read_by_own => 1,
            () if met => 2,
            () => 3,
        };
        worst = Some(worst.map_or(name, |w: usize| w.min(name)));
    }
    worst
}

fn circular(entries: &[Entry]) -> bool {
    let (nodes, before) = closure(entries);
    (0..nodes.len()).any(|n| before[n] >> n & 1 == 1)
}

#[test]
fn the_clocks_agree_with_the_transitive_closure_on_random_histories() {
    let (mut holds, mut totals, mut circles) = (0, [0; 4], 0);
    for seed in 0..swarm::histories() {
        let shape = Shape {
            sessions: 2 + seed % 4,
            keys: 1 + seed % 4,
            operations: 6 + seed % 31,
            updates: seed % 3 == 0,
            lies: [0, 0, 10, 50][(seed / 7 % 4) as usize],
            copies: 1 + seed / 3 % 3,
        };
        let entries = swarm::history(seed, shape);
        let mut causal = Causal::default();
        let mut expected = [0; 4];
        for (n, entry) in entries.iter().enumerate() {
            causal.read(entry);
            if let Record::Return { op, outcome: Outcome::Ok { .. } } = entry.record
                && matches!(op.kind, Kind::Read | Kind::Update)
            {
                let circular = circular(&entries[..=n]);
                let name = broken(&entries[..=n], op.id).or(circular.then_some(3));
                expected[name.unwrap_or_default()] += u64::from(name.is_some());
                // Once causes run in a circle (two updates based on each other) nothing precedes anything any more.
                if circular {
                    circles += 1;
                    break;
                }
            }
        }
        assert_eq!(causal.counts(), expected, "seed {seed}\n{}", swarm::tell(&entries));
        holds += u64::from(expected == [0; 4]);
        totals.iter_mut().zip(expected).for_each(|(total, n)| *total += n);
    }
    let all = swarm::histories();
    println!(
        "causal against closure: {all} histories, {holds} causal, broken {totals:?} (own writes, own reads, authors, \
         answers), {circles} circular, 0 differences"
    );
    assert!(
        holds > all / 10 && holds < all * 9 / 10 && totals.iter().all(|n| *n > 50),
        "{holds} of {all}, {totals:?}"
    );
}
