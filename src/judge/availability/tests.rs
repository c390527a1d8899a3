//! Two clients, two machines that keep copies (0 and 1), and a cut between them: what each label looks like.

use crate::history::{Fact, Key, OpId, Process, Value};
use crate::judge::drawn::{client, judge, states, told};
use crate::judge::{Label, State};

const LEFT: Process = Process(0);
const RIGHT: Process = Process(1);

fn cut(at: usize) -> Vec<(usize, Fact)> {
    let side = |node, side| (at, Fact::Side { node, side });
    let sides = [side(LEFT, 0), side(client(0), 0), side(RIGHT, 1), side(client(1), 1)];
    [&sides[..], &[(at, Fact::Parted { sides: 2 })]].concat()
}

fn reached(at: usize, op: u64, node: Process) -> (usize, Fact) {
    (at, Fact::Reached { op: OpId(op), node })
}

fn answered(at: usize, op: u64, node: Process, ok: bool) -> (usize, Fact) {
    (at, Fact::Answered { op: OpId(op), node, ok })
}

/// One machine on each side is asked and answers.
fn both_answer() -> Vec<(usize, Fact)> {
    vec![
        reached(14, 0, LEFT),
        answered(15, 0, LEFT, true),
        reached(25, 1, RIGHT),
        answered(26, 1, RIGHT, true),
    ]
}

fn label(drawing: &str, facts: &[Vec<(usize, Fact)>]) -> Label {
    judge(&told(drawing, &facts.concat())).cap().label
}

#[test]
fn without_a_cut_nothing_had_to_be_given_up() {
    assert_eq!(label("ann |-w1-| |-r1-|", &[]), Label::NeverPartitioned);
}

#[test]
fn a_cut_that_only_one_side_worked_on_proves_nothing() {
    let asked = vec![reached(2, 0, LEFT), answered(4, 0, LEFT, true)];
    assert_eq!(label("ann |-w1-| |-r1-|", &[cut(1), asked]), Label::NotExercised);
}

#[test]
fn whoever_refuses_on_one_side_acted_cp() {
    let asked = vec![
        reached(6, 0, LEFT),
        answered(8, 0, LEFT, true),
        reached(16, 1, RIGHT),
        answered(18, 1, RIGHT, false),
    ];
    let drawing = "
        ann  |-w1-|
        bob            |-r-!";
    assert_eq!(label(drawing, &[cut(1), asked]), Label::ActedCp);
}

#[test]
fn whoever_answers_with_what_it_has_acted_ap() {
    let drawing = "
        ann  |-w1-|
        bob            |-r0-|";
    let entries = told(drawing, &[cut(1), both_answer()].concat());
    let cap = judge(&entries).cap();
    assert_eq!(cap.label, Label::ActedAp);
    assert_eq!((cap.consistent, cap.available), (Some(false), Some(true)));
    assert_eq!(cap.pacelc.name(), "PA/E?");
    assert!(cap.words.starts_with("In this run"), "{}", cap.words);
}

#[test]
fn a_cut_in_which_nothing_went_wrong_yet_has_cost_nothing() {
    let drawing = "
        ann  |-w1-|
        bob            |-r1-|";
    let entries = told(drawing, &[cut(1), both_answer()].concat());
    assert_eq!(judge(&entries).cap().label, Label::KeptBoth);
    assert_eq!(states(&entries, &["available"]), "available: holds");
}

/// The four pairs: in the beginning both copies are read and a write is acknowledged by both or by one of them; then
/// they are cut apart, one is written, and the other refuses or answers with what it has.
#[test]
fn what_is_preferred_with_and_without_a_cut() {
    let fact = |at, fact| vec![(at, fact)];
    let joined = [LEFT, RIGHT].map(|node| (0, Fact::Joined { node, set: 0 })).to_vec();
    let served = |at, op, node| fact(at, Fact::Served { op: OpId(op), node, position: 0 });
    let applied = |at, node, value, over| {
        let (value, over) = (Value(value), Value(over));
        fact(at, Fact::Applied { node, set: 0, key: Key(0), value, over })
    };
    let pair = |both: bool, answers: bool| {
        let last = if answers { "|-r1-|" } else { "|-r-!" };
        let drawing = format!(
            "ann  |-r0-| |-r0-| |-w1-|      |-w2-|\n\
             bob                                     {last}"
        );
        let facts = [
            joined.clone(),
            served(7, 0, LEFT),
            served(14, 1, RIGHT),
            applied(20, LEFT, 1, 0),
            applied(if both { 21 } else { 25 }, RIGHT, 1, 0),
            cut(26),
            [reached(32, 3, LEFT), answered(34, 3, LEFT, true)].to_vec(),
            applied(34, LEFT, 2, 1),
            [reached(41, 4, RIGHT), answered(42, 4, RIGHT, answers)].to_vec(),
        ];
        let entries = told(&drawing, &facts.concat());
        (judge(&entries).cap().pacelc.name(), states(&entries, &["available"]))
    };
    let (well, not) = ("available: holds".to_string(), "available: broken 1".to_string());
    assert_eq!(pair(true, false), ("PC/EC".into(), not.clone()));
    assert_eq!(pair(false, false), ("PC/EL".into(), not));
    assert_eq!(pair(true, true), ("PA/EC".into(), well.clone()));
    assert_eq!(pair(false, true), ("PA/EL".into(), well));
}

#[test]
fn stale_answers_here_and_silence_there_give_up_both() {
    let asked = [both_answer(), vec![reached(34, 2, RIGHT)]].concat();
    let drawing = "
        ann  |-w1-|
        bob            |-r0-|  |-w2--?";
    let judge = judge(&told(drawing, &[cut(1), asked].concat()));
    assert_eq!(judge.cap().label, Label::GaveUpBoth);
    let partition = &judge.cap().partitions[0];
    let table =
        partition.nodes.iter().map(|n| (n.node, n.answers.reached, n.answers.ok, n.answers.unanswered));
    let table: Vec<_> = table.collect();
    assert_eq!(table, [(LEFT, 1, 1, 0), (RIGHT, 2, 1, 1)]);
    let sides: Vec<_> = partition.sides.iter().map(|s| (s.side, s.asked, s.succeeded)).collect();
    assert_eq!(sides, [(0, 1, 1), (1, 2, 1)]);
}

#[test]
fn where_clients_reach_everybody_the_copies_are_the_sides() {
    let joined = [LEFT, RIGHT].map(|node| (0, Fact::Joined { node, set: 0 })).to_vec();
    let parted = vec![
        (1, Fact::Side { node: LEFT, side: 0 }),
        (1, Fact::Side { node: RIGHT, side: 0 }),
        (1, Fact::Parted { sides: 1 }),
    ];
    let drawing = "
        ann  |-w1-|
        bob            |-r0-|";
    assert_eq!(label(drawing, &[joined, parted, both_answer()]), Label::ActedAp);
}

#[test]
fn a_machine_that_died_owes_no_answer_and_neither_does_one_whose_cut_healed_in_time() {
    let asked = vec![reached(14, 0, LEFT), (16, Fact::Down { node: LEFT })];
    let drawing = "ann  |-w1----?";
    let available = |facts: &[(usize, Fact)], drawing| {
        let verdicts = judge(&told(drawing, facts)).verdicts();
        verdicts.into_iter().find(|v| v.id == "available").map(|v| v.state)
    };
    assert_eq!(available(&[cut(1), asked].concat(), drawing), Some(State::NotExercised));
    let slow_before = "ann |-r0-| |-w1-----|";
    let healed = vec![reached(12, 1, LEFT), (15, Fact::Whole)];
    assert_eq!(available(&[cut(10), healed].concat(), slow_before), Some(State::NotExercised));
    let late = vec![reached(12, 1, LEFT), (18, Fact::Whole)];
    assert!(available(&[cut(10), late].concat(), slow_before).is_some_and(|s| s.is_broken()));
}
