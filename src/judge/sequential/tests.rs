//! Drawn histories with the store's order of writes, and random ones against trying every interleaving.

use super::circle;
use crate::history::{Fact, Key, Kind, Outcome, Record, Value};
use crate::judge::Seen;
use crate::judge::drawn::{states, told};
use crate::judge::swarm::{self, Shape};
use crate::stdx::hash;
use std::collections::BTreeSet;

/// The store has ordered the writes by their values.
fn check(drawing: &str, values: &[(u32, u64)], expected: &str) {
    let ordered = values.iter().map(|(key, value)| {
        let (set, key, over) = (0, Key(*key), Value::INITIAL);
        (9, Fact::Ordered { set, key, value: Value(*value), over, position: *value })
    });
    let entries = told(drawing, &ordered.collect::<Vec<_>>());
    assert_eq!(states(&entries, &["sequential"]), format!("sequential: {expected}"), "{drawing}");
}

#[test]
fn a_stale_read_of_another_session_is_sequential_though_not_linearizable() {
    check("", &[], "not exercised");
    check(
        "
        ann |-w1-| |-w2-|
        bob               |-r1-| |-r2-|",
        &[(0, 1), (0, 2)],
        "holds",
    );
    // A broken session guarantee breaks it as well.
    check(
        "
        ann |-w1-| |-w2-|
        bob               |-r2-| |-r1-|",
        &[(0, 1), (0, 2)],
        "broken 1",
    );
}

#[test]
fn two_sessions_that_miss_each_others_writes_have_no_common_order() {
    check(
        "
        ann |-wa1-| |-rb0-|
        bob |-wb2-| |-ra0-|",
        &[(0, 1), (1, 2)],
        "broken 1",
    );
    check(
        "
        ann |-wa1-| |-rb0-|
        bob |-wb2-| |-ra1-|",
        &[(0, 1), (1, 2)],
        "holds",
    );
}

#[test]
fn observers_who_see_two_writes_in_different_orders_have_no_common_order() {
    check(
        "
        ann |-wa1-|
        bob |-wb2-|
        eve          |-ra1-| |-rb0-|
        dan          |-rb2-| |-ra0-|",
        &[(0, 1), (1, 2)],
        "broken 1",
    );
}

#[test]
fn without_the_stores_order_nothing_is_said() {
    check(
        "
        ann |-w1-| |-w2-|
        bob               |-r1-| |-r2-|",
        &[],
        "unknown",
    );
}

/// Whether the sessions' operations can be interleaved so that every read returns the latest write and the writes of
/// each key come in the given order: every interleaving is tried.
fn brute_force(
    sessions: &[Vec<Seen>],
    floating: &[Seen],
    position: &dyn Fn(Value) -> u64,
    keys: usize,
) -> bool {
    let mut tried = BTreeSet::new();
    let mut stack = vec![(vec![0usize; sessions.len()], 0u64, vec![Value::INITIAL; keys])];
    while let Some((places, used, values)) = stack.pop() {
        if !tried.insert((places.clone(), used, values.clone())) {
            continue;
        }
        if places.iter().zip(sessions).all(|(n, s)| *n == s.len())
            && used.count_ones() as usize == floating.len()
        {
            return true;
        }
        let heads =
            sessions.iter().enumerate().filter_map(|(s, ops)| ops.get(places[s]).map(|op| (Some(s), 0, op)));
        let free =
            floating.iter().enumerate().filter(|(n, _)| used >> n & 1 == 0).map(|(n, op)| (None, n, op));
        for (session, n, seen) in heads.chain(free) {
            // A write of unknown outcome comes after what its session had done before.
            let early = session.is_none()
                && sessions.iter().zip(&places).any(|(ops, done)| {
                    ops[*done..]
                        .iter()
                        .any(|op| op.op.session == seen.op.session && op.op.invoked < seen.op.invoked)
                });
            let key = seen.op.key.0 as usize;
            if early || seen.read().is_some_and(|v| v != values[key]) {
                continue;
            }
            let mut after = values.clone();
            if seen.op.kind.writes() {
                if position(seen.op.value) < position(values[key]) {
                    continue;
                }
                after[key] = seen.op.value;
            }
            let (mut places, mut used) = (places.clone(), used);
            match session {
                Some(session) => places[session] += 1,
                None => used |= 1 << n,
            }
            stack.push((places, used, after));
        }
    }
    false
}

#[test]
fn circles_agree_with_every_interleaving_on_random_histories() {
    let (mut holds, mut judged) = (0u64, 0);
    for seed in 0..2 * swarm::HISTORIES {
        if judged == swarm::HISTORIES {
            break;
        }
        let shape = Shape {
            sessions: 2 + seed % 3,
            keys: 1 + seed % 3,
            operations: 4 + seed % 7,
            updates: seed % 3 == 0,
            lies: [0, 0, 10][(seed / 7 % 3) as usize],
            copies: 1 + seed / 3 % 3,
        };
        let entries = swarm::history(seed, shape);
        // The store's order: mostly that of the invocations, sometimes any.
        let scrambled = seed % 5 == 0;
        let position = |value: Value| match value {
            Value::INITIAL => 0,
            Value(n) if scrambled => hash::fold(seed, n) | 1,
            Value(n) => {
                let invoked = entries.iter().find_map(|e| match e.record {
                    Record::Invoke(op) if op.value == Value(n) => Some(op.invoked.0),
                    _ => None,
                });
                invoked.unwrap_or(0) * 100 + n
            }
        };
        let mut failed = BTreeSet::new();
        let mut operations: Vec<Seen> = Vec::new();
        for entry in &entries {
            let Record::Return { op, outcome } = entry.record else { continue };
            let seen = Seen::done(op, outcome, entry.at);
            match (outcome, op.kind) {
                (Outcome::Fail(_), _) => {
                    failed.insert(op.value);
                }
                (Outcome::Unknown(_), Kind::Read) => {}
                _ => operations.push(seen),
            }
        }
        // Reads of what failed or never returned have no place in the order; the checker leaves them out as well.
        let known: BTreeSet<Value> = operations
            .iter()
            .filter(|s| s.op.kind.writes())
            .map(|s| s.op.value)
            .chain([Value::INITIAL])
            .collect();
        operations.retain(|s| {
            s.read().is_none_or(|v| known.contains(&v) && (v == Value::INITIAL || !failed.contains(&v)))
        });
        let known: BTreeSet<Value> = operations
            .iter()
            .filter(|s| s.op.kind.writes())
            .map(|s| s.op.value)
            .chain([Value::INITIAL])
            .collect();
        if operations.iter().any(|s| s.read().is_some_and(|v| !known.contains(&v))) {
            continue;
        }
        let certain = |s: &&Seen| matches!(s.outcome, Some(Outcome::Ok { .. }));
        let sessions: Vec<Vec<Seen>> = (0..shape.sessions as u32)
            .map(|n| operations.iter().filter(certain).filter(|s| s.op.session.0 == n).copied().collect())
            .collect();
        let floating: Vec<Seen> = operations.iter().filter(|s| !certain(s)).copied().collect();
        let expected = brute_force(&sessions, &floating, &position, shape.keys as usize);
        let circle = circle::find(&operations, |v| Some(position(v)));
        assert_eq!(circle.is_none(), expected, "seed {seed}\n{}", swarm::tell(&entries));
        judged += 1;
        holds += u64::from(expected);
    }
    println!("circles against every interleaving: {judged} histories, {holds} sequential, 0 differences");
    assert!(
        judged == swarm::HISTORIES && holds > judged / 10 && holds < judged * 9 / 10,
        "{holds} of {judged}"
    );
}
