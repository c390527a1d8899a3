//! The oracle on drawn histories, on growing strings, and as the judge of the live checker.

use super::*;
use crate::history::{Entry, Kind, Outcome, Record};
use crate::judge::Judge;
use crate::judge::drawn;
use crate::judge::swarm::{self, Shape};

/// The operations on one key, as the oracle takes them; an update is a compare-and-set that succeeded.
fn operations(entries: &[Entry], key: u32) -> Vec<Operation> {
    let of_key = |e: &&Entry| match e.record {
        Record::Invoke(op) | Record::Return { op, .. } => op.key.0 == key,
        Record::Fact(_) => false,
    };
    let mut operations = Vec::new();
    for entry in entries.iter().filter(of_key) {
        let Record::Invoke(op) = entry.record else { continue };
        let returned = entries.iter().find_map(|e| match e.record {
            Record::Return { op: done, outcome } if done.id == op.id => Some((e.at.0, outcome)),
            _ => None,
        });
        let (action, returned) = match (op.kind, returned) {
            (_, Some((_, Outcome::Fail(_)))) => continue,
            (Kind::Read, Some((at, Outcome::Ok { value }))) => (Action::Read(value.0 as u32), Some(at)),
            (Kind::Read, _) => continue,
            (Kind::Update, Some((at, Outcome::Ok { value }))) => {
                (Action::Cas { from: value.0 as u32, to: op.value.0 as u32 }, Some(at))
            }
            (_, Some((at, Outcome::Ok { .. }))) => (Action::Write(op.value.0 as u32), Some(at)),
            (_, _) => (Action::Write(op.value.0 as u32), None),
        };
        operations.push(Operation { action, call: op.invoked.0, returned });
    }
    operations
}

fn linearizable(operations: &[Operation]) -> bool {
    match search(&mut Register::new(0), operations, BUDGET).0 {
        Answer::Linearizable(order) => {
            explains(operations, &order);
            true
        }
        Answer::Not { .. } => false,
        Answer::Unknown => panic!("a small history took more than {BUDGET} steps"),
    }
}

/// The order that the search gives is one: everybody sees what was seen, all that is certain is there once, and nobody
/// comes before what had returned before its call.
fn explains(operations: &[Operation], order: &[u32]) {
    let mut model = Register::new(0);
    let (mut state, mut latest_call) = (0, 0);
    let mut done = vec![false; operations.len()];
    for op in order {
        let operation = &operations[*op as usize];
        state = model.step(state, &operation.action).expect("it fits");
        assert!(operation.returned.is_none_or(|at| at >= latest_call), "{op} comes too late in {order:?}");
        latest_call = latest_call.max(operation.call);
        assert!(!std::mem::replace(&mut done[*op as usize], true), "{op} comes twice in {order:?}");
    }
    assert!((0..).zip(operations).all(|(n, o)| o.returned.is_none() || done[n]), "{order:?} is not all");
}

/// Every order of everything, without any cleverness: the oracle's own oracle.
fn brute_force<M: Model>(model: &mut M, operations: &[Operation], done: &mut Vec<bool>, state: u32) -> bool {
    let certain = |n: usize| operations[n].returned.is_some();
    if (0..operations.len()).all(|n| done[n] || !certain(n)) {
        return true;
    }
    (0..operations.len()).any(|n| {
        let first = !done[n]
            && (0..operations.len())
                .all(|m| done[m] || operations[m].returned.is_none_or(|at| at >= operations[n].call));
        if !first {
            return false;
        }
        let Some(reached) = model.step(state, &operations[n].action) else {
            return false;
        };
        done[n] = true;
        let found = brute_force(model, operations, done, reached);
        done[n] = false;
        found
    })
}

/// Histories tried against every order; `ROUNDS=20` tries twenty times as many.
fn histories() -> u64 {
    60_000 * swarm::rounds()
}

#[test]
fn the_search_finds_what_trying_every_order_finds() {
    let mut holds = 0;
    let all = histories();
    for seed in 0..all {
        let mut dice = swarm::Dice::new(seed);
        // Many writes of few values, or more compare-and-set and time-outs.
        let (writes, lost) = if seed % 2 == 0 { (5, 20) } else { (1, 40) };
        let operations: Vec<Operation> = (0..2 + dice.below(6))
            .map(|_| {
                let call = dice.below(12);
                let (a, b) = (dice.below(3) as u32, dice.below(3) as u32);
                let unknown = dice.percent(lost);
                let action = match dice.below(4 + writes) {
                    0 if !unknown => Action::Read(a),
                    1 if !unknown => Action::CasRefused { from: a },
                    2 | 3 if unknown => Action::CasUnknown { from: a, to: b },
                    2 if !unknown => Action::Cas { from: a, to: b },
                    3 if !unknown => Action::Read(b),
                    _ => Action::Write(a),
                };
                Operation { action, call, returned: (!unknown).then(|| call + 1 + dice.below(6)) }
            })
            .collect();
        let done = &mut vec![false; operations.len()];
        let expected = brute_force(&mut Register::new(0), &operations, done, 0);
        assert_eq!(linearizable(&operations), expected, "seed {seed}: {operations:#?}");
        holds += u64::from(expected);
    }
    println!("search against every order: {all} histories, {holds} linearizable, 0 differences");
    assert!(
        holds > all / 10 && holds < all * 9 / 10,
        "{holds} of {all} hold: the histories are too one-sided"
    );
}

/// A string in the plainest way: states are texts, each in its place in a list.
struct Plain {
    texts: Vec<String>,
    pieces: Vec<&'static str>,
}

impl Plain {
    fn number(&mut self, text: &str) -> u32 {
        let known = self.texts.iter().position(|t| t == text);
        known.unwrap_or_else(|| {
            self.texts.push(text.into());
            self.texts.len() - 1
        }) as u32
    }
}

impl Model for Plain {
    fn initial(&self) -> u32 {
        0
    }
    fn step(&mut self, state: u32, action: &Action) -> Option<u32> {
        match *action {
            Action::Read(text) => (text == state).then_some(state),
            Action::Write(text) => Some(text),
            Action::Append(piece) => {
                let text = self.texts[state as usize].clone() + self.pieces[piece as usize];
                Some(self.number(&text))
            }
            _ => None,
        }
    }
}

#[test]
fn strings_grow_as_trying_every_order_says() {
    const TEXTS: [&str; 12] = ["", "a", "b", "c", "aa", "ab", "ba", "ca", "bc", "aab", "aba", "abab"];
    const PIECES: [&str; 5] = ["a", "b", "aa", "c", ""];
    let (mut holds, mut written) = (0, 0);
    let all = histories();
    for seed in 0..all {
        let mut dice = swarm::Dice::new(seed);
        // Pieces that come again, and begin with one another, or each only once, as far as they go.
        let (writes, once) = ([0, 10, 30][(seed % 3) as usize], seed % 2 == 0);
        let initial = if dice.percent(80) { "" } else { TEXTS[dice.below(3) as usize] };
        let mut plain = Plain { texts: vec![initial.into()], pieces: PIECES.to_vec() };
        let operations: Vec<Operation> = (0..2 + dice.below(6))
            .map(|n| {
                let (call, unknown) = (dice.below(12), dice.percent(25));
                let text = TEXTS[dice.below(12) as usize];
                let action = match (dice.percent(writes), !unknown && dice.percent(40)) {
                    (true, _) => Action::Write(plain.number(text)),
                    (_, true) => Action::Read(plain.number(text)),
                    _ if once => Action::Append((n % 5) as u32),
                    _ => Action::Append(dice.below(5).min(3) as u32),
                };
                Operation { action, call, returned: (!unknown).then(|| call + 1 + dice.below(6)) }
            })
            .collect();
        let texts = plain.texts.clone();
        let expected = brute_force(&mut plain, &operations, &mut vec![false; operations.len()], 0);
        let reads = operations.iter().filter_map(|o| match o.action {
            Action::Read(text) => Some(texts[text as usize].as_bytes()),
            _ => None,
        });
        let mut model =
            Append::new(initial.as_bytes(), PIECES.iter().map(|p| p.as_bytes()).collect(), reads.collect());
        let told: Vec<Operation> = operations
            .iter()
            .map(|o| {
                let action = match o.action {
                    Action::Read(text) => Action::Read(model.number(texts[text as usize].as_bytes())),
                    Action::Write(text) => Action::Write(model.number(texts[text as usize].as_bytes())),
                    other => other,
                };
                Operation { action, ..o.clone() }
            })
            .collect();
        let found = matches!(search(&mut model, &told, BUDGET).0, Answer::Linearizable(_));
        assert_eq!(found, expected, "seed {seed}, from {initial:?}: {operations:#?} of {texts:?}");
        holds += u64::from(expected);
        written += u64::from(expected && operations.iter().any(|o| matches!(o.action, Action::Write(_))));
    }
    println!("growing strings against every order: {all} histories, {holds} linearizable, 0 differences");
    assert!(holds > all / 20 && holds < all * 9 / 10, "{holds}: the histories are too one-sided");
    assert!(written > all / 20, "{written}: too few are written as a whole");
}

#[test]
fn zones_agree_with_the_search_on_random_histories() {
    let (mut holds, mut operations_checked) = (0u64, 0);
    for seed in 0..swarm::histories() {
        let shape = Shape {
            sessions: 2 + seed % 4,
            keys: 1 + seed % 2,
            operations: 4 + seed % 13,
            updates: seed % 3 == 0,
            lies: [0, 0, 5, 20][(seed / 7 % 4) as usize],
            copies: 1 + u64::from(seed % 5 == 0),
        };
        let entries = swarm::history(seed, shape);
        let mut judge = Judge::new();
        entries.iter().for_each(|e| judge.read(e));
        let per_key = (0..shape.keys as u32).map(|key| operations(&entries, key));
        let expected = per_key.inspect(|o| operations_checked += o.len()).all(|o| linearizable(&o));
        assert_eq!(judge.linearizability.holds(), expected, "seed {seed}:\n{}", swarm::tell(&entries));
        holds += u64::from(expected);
    }
    let all = swarm::histories();
    println!(
        "zones against search: {all} histories of {operations_checked} operations, {holds} linearizable, 0 differences"
    );
    assert!(
        holds > all / 10 && holds < all * 9 / 10,
        "{holds} of {all} hold: the histories are too one-sided"
    );
}

#[test]
fn the_search_says_where_it_got_stuck() {
    let entries = drawn::history(
        "
        ann |-w1-| |-w2-|
        bob               |-r1-|",
    );
    let answer = search(&mut Register::new(0), &operations(&entries, 0), BUDGET).0;
    // The write of 2 would leave behind who read 1.
    assert_eq!(answer, Answer::Not { explained: 1, recent: vec![0], state: 1, stuck: 1 });
}

#[test]
fn what_too_many_take_is_seen_without_a_search() {
    let ends = |action, returned| Operation { action, call: 1, returned: Some(returned) };
    let (give, again) = (ends(Action::Write(1), 9), ends(Action::Write(1), 9));
    let (take, look) = (ends(Action::Cas { from: 1, to: 2 }, 8), ends(Action::Read(1), 9));
    let took = |operations: &[Operation]| search(&mut Register::new(0), operations, BUDGET);
    let twice = took(&[give.clone(), take.clone(), take.clone(), look.clone()]);
    assert_eq!(twice, (Answer::Not { explained: 0, recent: vec![], state: 0, stuck: 1 }, 0));
    assert!(linearizable(&[give.clone(), take.clone(), look.clone()]));
    assert!(linearizable(&[give.clone(), again.clone(), take.clone(), take.clone(), look.clone()]));
    // The other one comes too late for the second.
    let late = Operation { call: 9, ..again };
    assert_eq!(took(&[give, late, take.clone(), take, look]).1, 0);
}

#[test]
fn a_spent_budget_is_unknown() {
    let entries = drawn::history("ann |-w1-| |-w2-| |-r2-|");
    let answer = search(&mut Register::new(0), &operations(&entries, 0), 3);
    assert_eq!(answer, (Answer::Unknown, 4));
}

/// Appends `a`, `b`, … and reads of whole strings: `(call, return or none, text)`, a text in capitals is appended.
fn string(ops: &[(u64, Option<u64>, &str)]) -> bool {
    let appended = |text: &str| text.chars().any(char::is_uppercase);
    let small: Vec<String> = ops.iter().map(|(.., text)| text.to_lowercase()).collect();
    let reads = ops.iter().map(|(.., text)| *text).filter(|text| !appended(text));
    let mut pieces: Vec<&[u8]> = small.iter().map(String::as_bytes).collect();
    pieces.sort_unstable();
    pieces.dedup();
    let mut model = Append::new(b"", pieces.clone(), reads.map(str::as_bytes).collect());
    let operations: Vec<Operation> = ops
        .iter()
        .zip(&small)
        .map(|((call, returned, text), small)| {
            let action = match pieces.iter().position(|piece| *piece == small.as_bytes()) {
                Some(piece) if appended(text) => Action::Append(piece as u32),
                _ => Action::Read(model.number(text.as_bytes())),
            };
            Operation { action, call: *call, returned: *returned }
        })
        .collect();
    match search(&mut model, &operations, BUDGET).0 {
        Answer::Linearizable(_) => true,
        Answer::Not { .. } => false,
        Answer::Unknown => panic!("a small history took more than {BUDGET} steps"),
    }
}

#[test]
fn strings_grow_in_one_order_for_everybody() {
    assert!(string(&[(1, Some(2), "X"), (1, Some(2), "Y"), (3, Some(4), "yx")]));
    assert!(!string(&[(1, Some(2), "X"), (3, Some(4), "Y"), (5, Some(6), "yx")]));
    assert!(!string(&[(1, Some(2), "X"), (1, Some(2), "Y"), (3, Some(4), "yx"), (3, Some(4), "xy")]));
    // An append of unknown outcome may come late, or never.
    assert!(string(&[(1, None, "X"), (2, Some(3), "Y"), (4, Some(5), "y"), (6, Some(7), "yx")]));
    assert!(string(&[(1, None, "X"), (2, Some(3), "Y"), (4, Some(5), "y")]));
    assert!(!string(&[(1, Some(2), "X"), (2, Some(3), "Y"), (4, Some(5), "y")]));
    assert!(!string(&[(1, Some(2), "X"), (3, Some(4), "")]));
}

/// Somebody else's search (the model checker `stateright`) on histories short enough for it.
#[test]
fn zones_agree_with_stateright_on_short_histories() {
    use stateright::semantics::register::{Register, RegisterOp, RegisterRet};
    use stateright::semantics::{ConsistencyTester, LinearizabilityTester};
    const HISTORIES: u64 = 20_000;
    let mut holds = 0;
    for seed in 0..HISTORIES {
        let lies = [0, 10, 30][(seed % 3) as usize];
        let operations = 3 + seed % 6;
        let shape =
            Shape { sessions: 2 + seed % 3, keys: 1, operations, updates: false, lies, copies: 1 + seed % 2 };
        let entries = swarm::history(seed, shape);
        let mut judge = Judge::new();
        entries.iter().for_each(|e| judge.read(e));
        let outcome = |id| {
            entries.iter().find_map(|e| match e.record {
                Record::Return { op, outcome } if op.id == id => Some(outcome),
                _ => None,
            })
        };
        let mut tester = LinearizabilityTester::new(Register(0u64));
        for entry in &entries {
            // Each operation is a thread of its own, so that one without an answer stays in flight for ever. Failed
            // operations and reads without an answer say nothing.
            let told = match entry.record {
                Record::Invoke(op) => match (op.kind, outcome(op.id)) {
                    (_, Some(Outcome::Fail(_))) => Ok(&mut tester),
                    (Kind::Write, _) => tester.on_invoke(op.id.0, RegisterOp::Write(op.value.0)),
                    (_, Some(Outcome::Ok { .. })) => tester.on_invoke(op.id.0, RegisterOp::Read),
                    _ => Ok(&mut tester),
                },
                Record::Return { op, outcome: Outcome::Ok { value } } => match op.kind {
                    Kind::Write => tester.on_return(op.id.0, RegisterRet::WriteOk),
                    _ => tester.on_return(op.id.0, RegisterRet::ReadOk(value.0)),
                },
                _ => Ok(&mut tester),
            };
            told.expect("the history is well formed");
        }
        let expected = tester.is_consistent();
        assert_eq!(judge.linearizability.holds(), expected, "seed {seed}:\n{}", swarm::tell(&entries));
        holds += u64::from(expected);
    }
    println!("zones against stateright: {HISTORIES} histories, {holds} linearizable, 0 differences");
    assert!(holds > HISTORIES / 10 && holds < HISTORIES * 9 / 10, "{holds}: the histories are too one-sided");
}
