//! A circle in the order that operations force upon each other, for a given order of each key's writes.
//! It knows operations and positions; it judges no history.

use crate::history::{Key, Outcome, SessionId, Value};
use crate::judge::Seen;
use std::collections::{BTreeMap, BTreeSet};

/// Two operations on a circle, the second of which must come before the first although the first must come before it:
/// a read that returned what the write had replaced, if there is such a pair on the circle. None without a circle.
pub fn find(operations: &[Seen], position: impl Fn(Value) -> Option<u64>) -> Option<(usize, usize)> {
    let (edges, before_write) = edges(operations, position);
    let mut incoming = vec![0u32; operations.len()];
    edges.iter().flatten().for_each(|to| incoming[*to] += 1);
    let mut ready: Vec<usize> = (0..operations.len()).filter(|n| incoming[*n] == 0).collect();
    let mut left = operations.len();
    while let Some(node) = ready.pop() {
        left -= 1;
        for to in &edges[node] {
            incoming[*to] -= 1;
            if incoming[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    if left == 0 {
        return None;
    }
    // What is left is on a circle or behind one. A read on a circle goes back to itself through the write after it.
    let on_circle = |from: usize, to: usize| {
        let mut seen = vec![false; operations.len()];
        let mut stack = vec![from];
        while let Some(node) = stack.pop() {
            if node == to {
                return true;
            }
            if !std::mem::replace(&mut seen[node], true) {
                stack.extend(edges[node].iter().filter(|n| incoming[**n] > 0));
            }
        }
        false
    };
    let reads = before_write.iter().filter(|(read, write)| incoming[*read] > 0 && incoming[*write] > 0);
    let pair = reads.clone().find(|(read, write)| on_circle(*write, *read)).or(reads.clone().next());
    let any = || (0..operations.len()).find(|n| incoming[*n] > 0).map(|n| (n, n));
    pair.map(|(read, write)| (*write, *read)).or_else(any)
}

/// Successors of each operation, and the pairs of a read and the write that replaced what it returned.
fn edges(
    operations: &[Seen],
    position: impl Fn(Value) -> Option<u64>,
) -> (Vec<Vec<usize>>, Vec<(usize, usize)>) {
    let mut edges: Vec<Vec<usize>> = vec![Vec::new(); operations.len()];
    let known = |seen: &Seen| matches!(seen.outcome, Some(Outcome::Ok { .. }));
    // What may not have happened at all has a place only if somebody has seen that it did.
    let read: BTreeSet<Value> = operations.iter().filter_map(Seen::read).collect();
    let happened = |seen: &Seen| known(seen) || read.contains(&seen.op.value);
    let mut sessions: BTreeMap<SessionId, Vec<usize>> = BTreeMap::new();
    let mut writes: BTreeMap<Key, Vec<(u64, usize)>> = BTreeMap::new();
    for (index, seen) in operations.iter().enumerate().filter(|(_, seen)| happened(seen)) {
        sessions.entry(seen.op.session).or_default().push(index);
        if seen.op.kind.writes()
            && let Some(place) = position(seen.op.value)
        {
            writes.entry(seen.op.key).or_default().push((place, index));
        }
    }
    for order in sessions.values_mut() {
        order.sort_by_key(|n| (operations[*n].op.invoked, operations[*n].op.id));
        // Nothing waits for a write of which the session never learnt that it happened.
        let mut before = None;
        for index in order {
            if let Some(before) = before {
                let from: &mut Vec<usize> = &mut edges[before];
                from.push(*index);
            }
            if known(&operations[*index]) {
                before = Some(*index);
            }
        }
    }
    for order in writes.values_mut() {
        order.sort_unstable();
        order.windows(2).for_each(|pair| edges[pair[0].1].push(pair[1].1));
    }
    let mut before_write = Vec::new();
    for (index, seen) in operations.iter().enumerate() {
        if seen.op.kind.writes() && seen.read() == Some(seen.op.value) {
            // An update cannot be based on itself.
            edges[index].push(index);
        }
        let Some(place) = seen.read().and_then(&position) else { continue };
        let Some(order) = writes.get(&seen.op.key) else { continue };
        let next = order.partition_point(|(p, _)| *p <= place);
        if let Some((_, write)) =
            next.checked_sub(1).and_then(|n| order.get(n)).filter(|(p, w)| *p == place && *w != index)
        {
            edges[*write].push(index);
        }
        if let Some((_, write)) = order.get(next).filter(|(_, w)| *w != index) {
            edges[index].push(*write);
            before_write.push((index, *write));
        }
    }
    (edges, before_write)
}
