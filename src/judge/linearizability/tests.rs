//! Small histories, drawn, that hold and that break.

use crate::judge::drawn::{history, proof, states};
use expect_test::{Expect, expect};

fn check(drawing: &str, expected: &str) {
    assert_eq!(
        states(&history(drawing), &["linearizable"]),
        format!("linearizable: {expected}"),
        "{drawing}"
    );
}

fn prove(drawing: &str, expected: Expect) {
    expected.assert_eq(&proof(&history(drawing), "linearizable"));
}

#[test]
fn nothing_happened_so_nothing_is_said() {
    check("", "not exercised");
}

#[test]
fn a_read_after_an_acknowledged_write_sees_it() {
    check(
        "
        ann |--w1--|
        bob          |--r1--|",
        "holds",
    );
    check(
        "
        ann |--w1--|
        bob          |--r0--|",
        "broken 1",
    );
}

#[test]
fn a_concurrent_read_may_see_either() {
    check(
        "
        ann |-----w1------|
        bob    |-r0-|
        eve       |-r1-|",
        "holds",
    );
    check(
        "
        ann |-----w1----------------|
        bob    |-r1-|
        eve            |-r0-|",
        "broken 1",
    );
    // Equal instants are concurrent.
    check(
        "
        ann |--w1--|
        bob        |--r0--|",
        "holds",
    );
}

#[test]
fn two_concurrent_writes_are_ordered_by_the_first_reader_for_everybody() {
    check(
        "
        ann |---w1---|
        bob  |---w2---|
        eve            |-r1-| |-r1-|
        dan            |-r1-|   |-r1-|",
        "holds",
    );
    check(
        "
        ann |---w1---|
        bob  |---w2---|
        eve            |-r1-| |-r2-|",
        "broken 1",
    );
}

#[test]
fn an_unanswered_write_may_happen_any_time_later_but_only_once() {
    check(
        "
        ann |-w1-?
        bob        |-r0-|        |-r1-|",
        "holds",
    );
    check(
        "
        ann |-w1-?
        bob        |-r1-|        |-r0-|",
        "broken 1",
    );
    check(
        "
        ann |-w1-?       |-w2-|
        bob        |-r1-|       |-r1-|",
        "broken 1",
    );
}

#[test]
fn a_failed_write_never_happened() {
    check(
        "
        ann |-w1-!
        bob        |-r0-|",
        "holds",
    );
    check(
        "
        ann |-w1-!
        bob        |-r1-|",
        "broken 1",
    );
    check(
        "
        ann |---w1-------!
        bob   |-r1-|",
        "broken 1",
    );
}

#[test]
fn a_value_that_nobody_wrote_cannot_be_read() {
    check("ann |-r7-|", "broken 1");
    check(
        "
        ann        |-w7-|
        bob |-r7-|",
        "broken 1",
    );
}

#[test]
fn one_bad_read_does_not_spoil_what_follows() {
    check(
        "
        ann |-w1-| |-w2-|
        bob               |-r1-| |-r2-| |-r1-| |-r2-|",
        "broken 2",
    );
}

#[test]
fn keys_are_judged_apart() {
    check(
        "
        ann |-wa1-| |-wb2-|
        bob                 |-ra1-| |-rb0-|",
        "broken 1",
    );
}

#[test]
fn of_two_updates_of_the_same_value_one_is_lost() {
    check(
        "
        ann |-u0>1-|
        bob          |-u1>2-| |-r2-|",
        "holds",
    );
    check(
        "
        ann |-u0>1-|
        bob   |-u0>2-|",
        "broken 1",
    );
    // Nothing may come between an update and what it was based on.
    check(
        "
        ann |-w1-| |--------u1>3-----------|
        bob          |-w2-| |-r2-|   |-r2-|",
        "holds",
    );
    check(
        "
        ann |-w1-| |--------u1>3----------|
        bob          |-w2-| |-r2-|   |-r3-|",
        "broken 1",
    );
}

#[test]
fn an_update_that_timed_out_could_be_based_on_anything() {
    check(
        "
        ann |-u1-?            |-r1-|
        bob        |-w2-|  |-r2-|",
        "holds",
    );
}

#[test]
fn the_proof_is_drawn() {
    prove(
        "
        ann |--w1--|   |--w2--|
        bob                      |--r1--|",
        expect![[r#"
            Session 0 had written v2 to key 0 and been told so; 3 ms later session 1 asked and still got v1, which is older.

                                                                    ┏━━━━━━━━━━━━━━━━━━━━━━━━━┓ 3 ms later
            session 0  ├────────────────┤         ├─────────────────┤
                       write key 0 = v1           write key 0 = v2
            session 1                                                       ├─────────────────┤
                                                                            read key 0 → v1
                       ───────┬────────────┬───────────┬────────────┬────────────┬────────────┬
            time              15ms         20ms        25ms         30ms         35ms         40ms
        "#]],
    );
}
