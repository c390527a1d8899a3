//! Two copies, 0 and 1, of key `a`, and what becomes of writes in them.

use crate::history::{Fact, Gone, Key, OpId, Process, Value};
use crate::judge::drawn::{column, judge, proof, states, told};
use crate::judge::replicas::row::Row;
use crate::judge::swarm::Dice;
use crate::stdx::Duration;

const KEY: Key = Key(0);

fn joined() -> Vec<(usize, Fact)> {
    [0, 1].map(|n| (0, Fact::Joined { node: Process(n), set: 0 })).to_vec()
}

fn applied(at: usize, node: u32, value: u64, over: u64) -> (usize, Fact) {
    let (value, over) = (Value(value), Value(over));
    (at, Fact::Applied { node: Process(node), set: 0, key: KEY, value, over })
}

fn discarded(at: usize, node: u32, value: u64, now: u64, why: Gone) -> (usize, Fact) {
    let (value, now) = (Value(value), Value(now));
    (at, Fact::Discarded { node: Process(node), set: 0, key: KEY, value, now, why })
}

fn check(drawing: &str, facts: &[(usize, Fact)], expected: [&str; 3]) {
    let entries = told(drawing, &[&joined(), facts].concat());
    let ids = ["durable", "nothing-discarded", "converged"];
    let expected: Vec<String> =
        ids.iter().zip(expected).map(|(id, state)| format!("{id}: {state}")).collect();
    assert_eq!(states(&entries, &ids), expected.join("\n"), "{drawing}");
}

#[test]
fn what_both_copies_have_is_durable_and_converged() {
    check("", &[], ["not exercised"; 3]);
    check("ann |--w1--|", &[applied(6, 0, 1, 0), applied(12, 1, 1, 0)], ["holds"; 3]);
}

/// A tier before the store has answered for a write: until the write, or a later one of its key, comes to the store, it
/// cannot be called stored.
#[test]
fn what_was_acknowledged_and_is_in_no_store_is_not_durable_yet() {
    let both = |at, value, over| [applied(at, 0, value, over), applied(at + 1, 1, value, over)];
    check("ann |--w1--| |--w2--|", &both(6, 1, 0), ["not yet", "holds", "holds"]);
    check("ann |--w1--| |--w2--|", &[both(6, 1, 0), both(30, 2, 1)].concat(), ["holds"; 3]);
    check("ann |--w1--| |--w2--|", &both(16, 2, 0), ["holds"; 3]);
    check("ann |--w1--| |--w2--?", &both(6, 1, 0), ["holds"; 3]);
    let told = told("ann |--w1--|", &joined());
    assert_eq!(states(&told, &["durable"]), "durable: not yet");
    let durable = judge(&told).verdicts().into_iter().find(|v| v.id == "durable");
    assert_eq!(durable.map(|v| v.detail), Some("1 acknowledged writes are in no store".into()));
}

#[test]
fn a_truncated_log_loses_what_was_acknowledged_and_what_that_had_replaced() {
    let drawing = "ann |--w1--| |--w2--| |--w3--|";
    let facts = [
        applied(6, 0, 1, 0),
        applied(8, 1, 1, 0),
        applied(16, 0, 2, 1),
        applied(25, 0, 3, 2),
        discarded(40, 0, 3, 1, Gone::Truncated),
    ];
    check(drawing, &facts, ["broken 2", "holds", "holds"]);
    let said = "Session 0 was told that v3 of key 0 is stored; now no copy has it: it was cut off";
    let proof = proof(&told(drawing, &[&joined(), &facts[..]].concat()), "durable");
    assert!(proof.starts_with(said), "{proof}");
}

/// The copy had put the older versions behind it, and a crash that takes the newest ones brings it back to them.
#[test]
fn what_a_copy_goes_back_to_does_not_hold_what_it_lost() {
    let drawing: String = (1..=40).map(|n| format!("|-w{n}-| ")).collect();
    let mut facts = vec![(0, Fact::Joined { node: Process(0), set: 0 })];
    facts.extend((1..=40).map(|n| applied(n as usize * 7 - 4, 0, n, n - 1)));
    facts.extend((36..=40).rev().map(|n| discarded(400, 0, n, n - 1, Gone::Destroyed)));
    let entries = told(&format!("ann {drawing}"), &facts);
    assert_eq!(states(&entries, &["durable"]), "durable: broken 5");
}

#[test]
fn what_another_copy_has_is_not_lost_and_neither_is_what_nobody_was_promised() {
    let drawing = "ann |--w1--| |--w2--?";
    let facts = [
        applied(6, 0, 1, 0),
        applied(8, 1, 1, 0),
        applied(16, 0, 2, 1),
        discarded(40, 0, 2, 1, Gone::Truncated),
        discarded(41, 0, 1, 0, Gone::Destroyed),
    ];
    check(drawing, &facts, ["holds", "holds", "holds"]);
    check(
        drawing,
        &[&facts[..], &[discarded(42, 1, 1, 0, Gone::Destroyed)]].concat(),
        ["broken 1", "holds", "holds"],
    );
}

#[test]
fn an_acknowledgement_that_comes_after_the_loss_counts_as_well() {
    let facts = [applied(6, 0, 1, 0), discarded(7, 0, 1, 0, Gone::Destroyed)];
    check("ann |--w1-----|", &facts, ["broken 1", "holds", "holds"]);
}

#[test]
fn what_only_a_dead_machine_has_is_not_lost_yet() {
    let facts = [applied(6, 0, 1, 0), (20, Fact::Down { node: Process(0) })];
    check("ann |--w1--|", &facts, ["not yet", "holds", "holds"]);
    check(
        "ann |--w1--|",
        &[&facts[..], &[(30, Fact::Up { node: Process(0), anew: true })]].concat(),
        ["holds", "holds", "holds"],
    );
}

fn durable(entries: &[crate::history::Entry], ended: Option<usize>) -> (String, String) {
    let judge = judge(entries);
    let judge = ended.map_or(judge.clone(), |at| judge.concluded(column(at)));
    let verdict = judge.verdicts().into_iter().find(|v| v.id == "durable").expect("it is always there");
    let count = verdict.state.count();
    let state = if count > 0 { format!("broken {count}") } else { verdict.state.name().into() };
    (state, verdict.detail)
}

/// The surviving copy has not got the second write; the machine that has stays down until the run ends.
#[test]
fn what_only_a_dead_machine_has_is_lost_when_the_run_ends_before_it_is_back() {
    let drawing = "ann |--w1--| |--w2--|";
    let facts = [
        applied(6, 0, 1, 0),
        applied(7, 1, 1, 0),
        applied(16, 0, 2, 1),
        (40, Fact::Down { node: Process(0) }),
    ];
    let entries = told(drawing, &[&joined(), &facts[..]].concat());
    let running = "1 acknowledged writes are only on machines that are down";
    assert_eq!(durable(&entries, None), ("not yet".into(), running.into()));
    // The second write was acknowledged at column 20.
    let ended = "RPO: 1 acknowledged writes lost; one crash at worst lost 1 and 20 ms of work";
    assert_eq!(durable(&entries, Some(90)), ("broken 1".into(), ended.into()));
    let judged = judge(&entries).concluded(column(90));
    let proof = match judged.verdicts().into_iter().find(|v| v.id == "durable").map(|v| v.state) {
        Some(crate::judge::State::Broken { first, .. }) => first.sentence(&crate::judge::Numbers),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        proof,
        "Session 0 was told that v2 of key 0 is stored; now no copy has it: those that have it were down until the end."
    );
    let back = [&joined(), &facts[..], &[(50, Fact::Up { node: Process(0), anew: true })]].concat();
    assert_eq!(durable(&told(drawing, &back), Some(90)).0, "holds");
}

/// A tier (machine 7) answers for writes before the store has them. It dies: as long as it may come back with them nothing
/// is said; when it comes back without them they are lost, and when it was only paused they are not.
#[test]
fn a_tier_that_dies_with_what_it_has_answered_for_loses_it() {
    let drawing = "ann |--w1--| |--w2--|";
    let reached = |at, op| (at, Fact::Reached { op: OpId(op), node: Process(7) });
    let down = (40, Fact::Down { node: Process(7) });
    let before = [&joined(), &[reached(6, 0), reached(15, 1), applied(20, 0, 1, 0), down][..]].concat();
    let then = |more: &[(usize, Fact)]| told(drawing, &[&before[..], more].concat());
    let anew = |anew| (50, Fact::Up { node: Process(7), anew });
    assert_eq!(durable(&then(&[]), None).0, "not yet");
    assert_eq!(durable(&then(&[]), Some(90)).0, "broken 1");
    assert_eq!(durable(&then(&[anew(true)]), None).0, "broken 1");
    assert_eq!(durable(&then(&[anew(false)]), Some(90)).0, "not yet");
    assert_eq!(durable(&then(&[anew(false), applied(60, 0, 2, 1)]), Some(90)).0, "holds");
    // Another machine has been asked to do it as well, and may still.
    let other = (30, Fact::Reached { op: OpId(1), node: Process(8) });
    assert_eq!(durable(&then(&[other, anew(true)]), Some(90)).0, "not yet");
    let crashes = judge(&then(&[anew(true)])).replicas.crashes();
    let costs: Vec<_> = crashes.iter().map(|c| (c.node.0, c.lost, c.oldest.as_millis())).collect();
    assert_eq!(costs, [(7, 1, 20.0)]);
}

/// Every loss goes back to the crash that caused it, with the age that the write had then.
#[test]
fn what_is_lost_is_split_by_crashes() {
    let drawing = "ann |--w1--| |--w2--| |--w3--|                |--w4--|";
    let down = |at, node| (at, Fact::Down { node: Process(node) });
    let up = |at, node| (at, Fact::Up { node: Process(node), anew: true });
    let facts = [
        applied(6, 0, 1, 0),
        applied(7, 1, 1, 0),
        applied(16, 0, 2, 1),
        applied(26, 0, 3, 2),
        // The primary dies with two writes that the copy has not got, and is cut back when it follows the copy.
        down(40, 0),
        up(44, 0),
        discarded(46, 0, 3, 2, Gone::Truncated),
        discarded(46, 0, 2, 1, Gone::Truncated),
        // The new one dies with a write in memory: what is gone is told before the machine is said to be down.
        applied(50, 1, 4, 1),
        discarded(70, 1, 4, 1, Gone::Destroyed),
        down(70, 1),
    ];
    let judge = judge(&told(drawing, &[&joined(), &facts[..]].concat()));
    let crashes = judge.replicas.crashes();
    let costs: Vec<_> =
        crashes.iter().map(|c| (c.node.0, c.lost, c.oldest.as_millis(), c.newest.as_millis())).collect();
    // Acknowledged at columns 20, 29 and 53: the first crash was at 40, the second at 70.
    assert_eq!(costs, [(0, 2, 20.0, 11.0), (1, 1, 17.0, 17.0)]);
}

/// A disk that is lost without a crash is in the count, and in no crash.
#[test]
fn what_no_crash_has_cost_is_counted_alone() {
    let facts = [
        (1, Fact::Down { node: Process(0) }),
        (2, Fact::Up { node: Process(0), anew: true }),
        applied(8, 0, 1, 0),
        discarded(40, 0, 1, 0, Gone::Destroyed),
    ];
    let judge = judge(&told("     |--w1--|", &[&joined(), &facts[..]].concat()));
    assert_eq!((judge.replicas.counts().0, judge.replicas.crashes()[0].lost), (1, 0));
}

#[test]
fn conflict_resolution_discards_and_a_wrong_clock_eats_later_writes() {
    let concurrent = "
        ann |--w1--|
        bob |--w2--|";
    let winner = Gone::Outvoted { winner: Value(2) };
    let facts = [applied(16, 0, 1, 0), applied(16, 1, 2, 0), discarded(30, 0, 1, 2, winner)];
    check(concurrent, &facts, ["holds", "broken 1", "holds"]);
    let later = "
        bob |--w2--|
        ann          |--w1--|";
    let facts = [applied(6, 1, 2, 0), applied(15, 0, 1, 0), discarded(30, 0, 1, 2, winner)];
    let entries = told(later, &[&joined(), &facts[..]].concat());
    assert_eq!(judge(&entries).replicas.counts(), (0, 1, 1));
    assert!(proof(&entries, "nothing-discarded").contains("its clock was ahead"));
}

#[test]
fn before_the_heal_nothing_is_said_and_afterwards_the_time_counts() {
    let drawing = "ann    |--w1--|";
    let cut = [(1, Fact::Parted { sides: 2 }), applied(10, 0, 1, 0)];
    check(drawing, &cut, ["holds", "holds", "not yet"]);
    let healed = [&cut[..], &[(50, Fact::Whole)]].concat();
    check(drawing, &healed, ["holds", "holds", "not yet"]);
    let converged = [&healed[..], &[applied(75, 1, 1, 0)]].concat();
    check(drawing, &converged, ["holds", "holds", "holds"]);
    let judge = judge(&told(drawing, &[&joined(), &converged[..]].concat()));
    let figures = judge.replicas.convergence();
    assert_eq!((figures.distinct, figures.converged_in), (1, Some(Duration::from_millis(25))));
}

#[test]
fn the_same_writes_and_different_contents_are_a_contradiction_at_once() {
    let facts = [applied(6, 0, 1, 0), applied(6, 1, 2, 0), applied(8, 0, 2, 1), applied(8, 1, 1, 2)];
    check("ann |--w1--|\nbob |--w2--|", &facts, ["holds", "holds", "broken 1"]);
}

#[test]
fn a_busy_key_keeps_few_versions() {
    let mut facts = joined();
    for n in 1..20_000u64 {
        facts.push(applied(10 * n as usize, 0, n, n - 1));
        // The second copy is always ten versions behind.
        if n > 10 {
            facts.push(applied(10 * n as usize + 5, 1, n - 10, n - 11));
        }
    }
    assert!(judge(&told("", &facts)).replicas.retained() < 64);
}

/// Two copies part after write 1 and go on for more versions than are remembered: what only the one has is not taken for
/// an ancestor of what the other shows, and is lost when it is thrown away.
#[test]
fn what_had_to_be_forgotten_leads_to_nothing_newer() {
    let mut row = super::row::Row::default();
    row.add(Value(1), Value::INITIAL);
    let branch = |row: &mut super::row::Row, first: u64, last: u64| {
        (first..=last).for_each(|v| row.add(Value(v), Value(if v == first { 1 } else { v - 1 })));
    };
    branch(&mut row, 2, 900);
    branch(&mut row, 1_001, 1_400);
    assert!(row.overflowed && row.find(Value(1)).is_none());
    assert!(!row.descends(Value(1_400), Value(900)));
    assert!(row.descends(Value(1_400), Value(1_200)));
    assert!(row.descends(Value(900), Value(800)));
}

/// Rows of versions with any parents, joined, recalled and forgotten: one walk over all says what one walk for each says.
#[test]
fn what_is_missed_is_what_is_not_held() {
    let (mut held, mut missed, members) = (0, 0, [0, 1, 2].map(Process));
    for seed in 0..2_000 {
        let (mut dice, mut row) = (Dice::new(seed), Row::default());
        // Some rows forget nothing, some much; few have versions that replaced what came to be after them.
        let (forgetful, tangled) = (dice.below(3), dice.percent(20));
        for value in 1..=10 + dice.below(60) {
            let any = |dice: &mut Dice| Value(value.saturating_sub(dice.below(6)));
            row.add(Value(value), any(&mut dice));
            match dice.below(8) {
                0 => {
                    let (one, other) = (any(&mut dice), any(&mut dice));
                    let (new, old) = if one < other && !tangled { (other, one) } else { (one, other) };
                    row.succeed(new, old);
                }
                1 if forgetful > 0 => row.recall(any(&mut dice)),
                _ => {}
            }
            let (node, head) = (members[dice.below(3) as usize], any(&mut dice));
            let heads = &mut row.copy(node).heads;
            if !dice.percent(10) {
                heads.clear();
            }
            heads.extend((head != Value::INITIAL).then_some(head));
            if forgetful == 2 {
                row.trim(&members, dice.percent(5));
            }
            if forgetful > 0 && dice.percent(5) {
                let gone = dice.below(row.versions.len() as u64) as usize;
                row.versions.remove(gone);
            }
            let by = |node: Process| node.0 > 0;
            let one_by_one: Vec<Value> =
                row.versions.iter().map(|v| v.value).filter(|v| !row.held(*v, by)).collect();
            let all_at_once: Vec<Value> = row.missed(by).map(|v| v.value).collect();
            assert_eq!(all_at_once, one_by_one, "seed {seed}, {row:?}");
            missed += one_by_one.len();
            held += row.versions.len() - one_by_one.len();
        }
    }
    assert!(missed > 10_000 && held > 10_000, "{missed} missed, {held} held");
}
