//! Small histories, drawn, that keep and that break each session guarantee.

use crate::judge::drawn::{history, proof, states};
use expect_test::{Expect, expect};

const IDS: [&str; 6] =
    ["read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads", "pram", "causal"];

/// Expects the named guarantees, and what follows from them, to be broken once, and no other.
fn breaks(drawing: &str, broken: &[&str]) {
    let entries = history(drawing);
    for id in IDS {
        let state = states(&entries, &[id]);
        assert_eq!(state.ends_with("broken 1"), broken.contains(&id), "{state}, but {broken:?}{drawing}");
        assert!(broken.contains(&id) || !state.contains("broken"), "{state}{drawing}");
    }
}

#[test]
fn an_own_write_is_seen_by_its_session() {
    breaks("ann |-w1-| |-w2-| |-r2-|", &[]);
    breaks("ann |-w1-| |-w2-| |-r1-|", &["read-your-writes", "pram", "causal"]);
    breaks("ann |-w1-| |-r0-|", &["read-your-writes", "pram", "causal"]);
    // Other sessions may lag as long as they like.
    breaks(
        "
        ann |-w1-| |-w2-|
        bob               |-r0-| |-r1-|",
        &[],
    );
}

#[test]
fn a_session_does_not_go_back_in_time() {
    breaks(
        "
        ann |-w1-| |-w2-|
        bob               |-r2-| |-r1-|",
        &["monotonic-reads", "pram", "causal"],
    );
    // Two sessions' concurrent writes have no causal order: a session may see them in either, even by turns.
    breaks(
        "
        ann |-w1-|
        eve |-w2-|
        bob        |-r2-| |-r1-| |-r2-|",
        &[],
    );
}

#[test]
fn the_writes_of_one_author_are_seen_in_order() {
    breaks(
        "
        ann |-wa1-| |-wa2-| |-wb3-|
        bob                         |-rb3-| |-ra1-|",
        &["monotonic-writes", "pram", "causal"],
    );
}

#[test]
fn who_has_not_seen_a_later_write_of_the_author_may_miss_the_earlier_one() {
    breaks(
        "
        ann |-wa1-| |-wa2-| |-wb3-|
        bob                         |-ra1-| |-rb3-| |-ra2-|",
        &[],
    );
    // Nothing orders the writes of two authors who know nothing of each other.
    breaks(
        "
        ann |-wa1-| |-wa2-|
        eve         |-wb3-|
        bob                 |-rb3-| |-ra1-|",
        &[],
    );
}

#[test]
fn an_answer_is_seen_with_its_question_or_not_at_all() {
    breaks(
        "
        ann |-wa1-|
        eve         |-ra1-| |-wb2-|
        bob                         |-ra0-| |-rb2-| |-ra1-|",
        &[],
    );
    // She had not read it: hers is no answer to it.
    breaks(
        "
        ann |-wa1-|
        eve         |-ra0-| |-wb2-|
        bob                         |-rb2-| |-ra0-|",
        &[],
    );
}

#[test]
fn an_answer_is_not_seen_without_its_question() {
    breaks(
        "
        ann |-wa1-|
        eve         |-ra1-| |-wb2-|
        bob                         |-rb2-| |-ra0-|",
        &["writes-follow-reads", "causal"],
    );
}

#[test]
fn a_session_does_not_depend_on_its_own_unanswered_write_until_somebody_has_read_it() {
    breaks("ann |-w1-| |-w2-? |-r1-|", &[]);
    breaks("ann |-w1-| |-w2-? |-r2-| |-r1-|", &["read-your-writes", "pram", "causal"]);
    // What followed the unanswered write does not carry it along.
    breaks(
        "
        ann |-wa1-? |-wb2-|
        bob                 |-rb2-| |-ra0-|",
        &[],
    );
    breaks(
        "
        ann |---wa1------? |-wb2-|
        eve    |-ra1-|
        bob                        |-rb2-| |-ra0-|",
        &[],
    );
}

#[test]
fn an_update_follows_what_it_was_based_on() {
    breaks(
        "
        ann |-w1-|
        eve        |-u1>2-|
        bob                 |-r2-| |-r1-|",
        &["monotonic-reads", "pram", "causal"],
    );
}

fn prove(drawing: &str, id: &str, expected: Expect) {
    expected.assert_eq(&proof(&history(drawing), id));
}

#[test]
fn the_proofs_are_drawn() {
    prove(
        "ann |-w1-| |-w2-|     |-r1-|",
        "read-your-writes",
        expect![[r#"
        Session 0's own write of v2 to key 0 had been answered, yet 6 ms later the same session read v1, the version before it.

                                                        ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓ 6 ms later
        session 0  ├──────────────┤     ├───────────────┤                 ├───────────────┤
                   write key 0 = v1     write key 0 = v2                  read key 0 → v1
                   ───┬──────────────┬──────────────┬───────────────┬──────────────┬───────
        time          5ms            10ms           15ms            20ms           25ms
    "#]],
    );
    prove(
        "
        ann |-wa1-|
        eve         |-ra1-| |-wb2-|
        bob                         |-rb2-| |-ra0-|",
        "writes-follow-reads",
        expect![[r#"
            Session 2 had seen something that was written knowing session 0's v1 of key 0, yet session 2 read the initial value, which v1 replaced.

                                  ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓ 26 ms later
            session 0  ├──────────┤
                       write key 0 = v1
            session 2                                              ├───────────┤  ├───────────┤
                                                                   read key 1 → v2
                                                                                  read key 0 → initial
                       ─────┬────────┬─────────┬────────┬────────┬─────────┬────────┬─────────┬
            time            15ms     20ms      25ms     30ms     35ms      40ms     45ms      50ms
        "#]],
    );
}
