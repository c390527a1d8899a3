//! Drawn histories with the store's order of writes, and random ones against trying every interleaving.

use super::circle;
use crate::history::{Entry, Fact, Key, Kind, Outcome, Record, Value};
use crate::judge::drawn::{states, told};
use crate::judge::swarm::{self, Shape};
use crate::judge::{Judge, Seen};
use crate::stdx::{Instant, hash};
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

/// A read that is stale for others, so that linearizability is broken: only then this checker is asked.
const STALE: &str = "
        fay |-wz9-|
        gus         |-rz0-|";

/// The store orders writes (column, set, key, value, position); what the judge says after each line never gets weaker.
fn ordered(drawing: &str, orders: &[(usize, u32, u32, u64, u64)], expected: &str) {
    let fact = |&(column, set, key, value, position): &(usize, u32, u32, u64, u64)| {
        let (key, value, over) = (Key(key), Value(value), Value::INITIAL);
        (column, Fact::Ordered { set, key, value, over, position })
    };
    let stale = [(9, 0, 25, 9, 1)];
    let entries =
        told(&format!("{drawing}{STALE}"), &stale.iter().chain(orders).map(fact).collect::<Vec<_>>());
    assert_eq!(states(&entries, &["sequential"]), format!("sequential: {expected}"), "{drawing}");
    never_falls(&entries);
}

fn never_falls(entries: &[Entry]) {
    let (mut judge, mut before) = (Judge::new(), 0);
    for (n, entry) in entries.iter().enumerate() {
        judge.read(entry);
        let verdicts = judge.verdicts();
        let count = verdicts.iter().find(|v| v.id == "sequential").unwrap().state.count();
        assert!(count >= before, "{before} became {count} with line {n} of\n{}", swarm::tell(entries));
        before = count;
    }
}

#[test]
fn a_write_that_is_ordered_again_stays_at_its_first_place() {
    let drawing = "
        ann |-w1-----------------------------------
        bob     |-w2-|
        eve     |-r1-| |-r2-|";
    ordered(drawing, &[(9, 0, 0, 1, 1), (9, 0, 0, 2, 2), (35, 0, 0, 1, 3)], "holds");
    // And what was seen out of that order before is not taken back.
    let drawing = "
        ann |-w1-----------------------------------
        bob     |-w2-|
        eve     |-r2-| |-r1-|";
    ordered(drawing, &[(9, 0, 0, 1, 1), (9, 0, 0, 2, 2), (35, 0, 0, 1, 3)], "broken 1");
    // Whether the second place was read nobody knows.
    let drawing = "
        ann |-w1----------------------------|
        bob     |-w2-|
        eve     |-r2-|                        |-r1-|";
    ordered(drawing, &[(9, 0, 0, 1, 1), (9, 0, 0, 2, 2), (25, 0, 0, 1, 3)], "unknown");
}

#[test]
fn a_write_that_was_read_has_happened_whatever_its_client_is_told() {
    for end in ["", "!", "?"] {
        let drawing = format!(
            "
        ann |-w1-|
        bob |-w2----------------------{end}
        eve          |-r2-| |-r1-|"
        );
        ordered(&drawing, &[(9, 0, 0, 1, 1), (9, 0, 0, 2, 2)], "broken 1");
    }
}

#[test]
fn a_write_that_nobody_has_read_may_never_have_happened() {
    // Bob's clock is behind, so his write lost against one that Eve had read before she wrote what Bob had read.
    let order = [(9, 0, 0, 2, 1), (9, 0, 0, 1, 2), (9, 0, 1, 4, 1)];
    for (end, expected) in [("", "holds"), ("?", "holds"), ("!", "holds"), ("|", "broken 1")] {
        let drawing = format!(
            "
        ann |-w1-|
        eve       |-r1-| |-wb4-|
        bob                      |-rb4-| |-w2-{end}"
        );
        ordered(&drawing, &order, expected);
    }
}

#[test]
fn two_stores_that_have_the_same_key_have_no_common_order() {
    let drawing = "
        ann |-w1-|
        bob |-w2-|
        eve        |-r2-| |-r1-|";
    ordered(drawing, &[(9, 0, 0, 1, 1), (9, 0, 0, 2, 2)], "broken 1");
    ordered(drawing, &[(9, 0, 0, 1, 1), (9, 7, 0, 2, 2)], "unknown");
}

#[test]
fn what_is_broken_stays_broken() {
    let (mut broken, mut again) = (0, 0);
    for seed in 0..3_000 {
        let shape = Shape {
            sessions: 2 + seed % 3,
            keys: 1 + seed % 3,
            operations: 4 + seed % 13,
            updates: seed % 3 == 0,
            lies: [0, 0, 10][(seed / 7 % 3) as usize],
            copies: 1 + seed / 3 % 3,
        };
        let mut entries = swarm::history(seed, shape);
        let mut dice = swarm::Dice::new(seed ^ 0x5e0);
        let writes = entries.iter().filter_map(|e| match e.record {
            Record::Invoke(op) if op.kind.writes() => Some(op),
            _ => None,
        });
        for op in writes.collect::<Vec<_>>() {
            for _ in 0..1 + dice.below(4) / 3 {
                let at = Instant(op.invoked.0 + dice.below(8));
                let position = at.0 << 8 | op.id.0;
                let (set, key, value, over) = (dice.below(20) as u32 / 19, op.key, op.value, Value::INITIAL);
                entries.push(Entry {
                    at,
                    record: Record::Fact(Fact::Ordered { set, key, value, over, position }),
                });
                again += 1;
            }
        }
        entries.sort_by_key(|e| match e.record {
            Record::Invoke(_) => (e.at, 0),
            Record::Fact(_) => (e.at, 1),
            Record::Return { .. } => (e.at, 2),
        });
        never_falls(&entries);
        broken += u64::from(!states(&entries, &["sequential"]).ends_with("holds"));
    }
    assert!(broken > 300 && again > 3_000, "{broken} broken, {again} places");
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
        // What nobody has read may never have happened, so no write of unknown outcome has to take its turn.
        if places.iter().zip(sessions).all(|(n, s)| *n == s.len()) {
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
    for seed in 0..2 * swarm::histories() {
        if judged == swarm::histories() {
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
        judged == swarm::histories() && holds > judged / 10 && holds < judged * 9 / 10,
        "{holds} of {judged}"
    );
}
