//! Files in, verdicts out.

mod recorded;

use super::*;
use expect_test::{Expect, expect};

/// One line per key: key, operations, checker, finding.
fn summary(file: &str) -> String {
    match judge_file(file.as_bytes(), &mut |_| {}) {
        Err(error) => format!("2: {error}"),
        Ok(report) => {
            let key = |k: &KeyReport| {
                format!(" | {}{} of {} by {}", k.key, k.finding.name(), k.operations, k.checker.name())
            };
            let keys: String = report.keys.iter().map(key).collect();
            format!("{}: {}{keys}", report.exit_code(), report.model.name())
        }
    }
}

/// A file in few letters: `process type f value`, values as JSON.
fn short(lines: &str) -> String {
    let line = |line: &str| {
        if line.starts_with('{') {
            return line.to_string();
        }
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap_or("null").to_string();
        let (process, kind, f, value) = (word(), word(), word(), word());
        let applied = if value.ends_with(" refused") { r#", "applied": false"# } else { "" };
        let value = value.trim_end_matches(" refused");
        format!(r#"{{"process": {process}, "type": "{kind}", "f": "{f}", "value": {value}{applied}}}"#)
    };
    lines.lines().map(str::trim).filter(|l| !l.is_empty()).map(line).collect::<Vec<_>>().join("\n")
}

fn check(lines: &str, expected: &str) {
    assert_eq!(summary(&short(lines)), expected, "{lines}");
}

#[test]
fn unique_values_go_to_the_zones_and_others_to_the_search() {
    let file = "
        0 invoke write 1
        0 ok write 1
        1 invoke read
        1 ok read 1";
    check(file, "0: register | linearizable of 2 by zones");
    let again = "
        0 invoke write 1
        0 ok write 1
        0 invoke write 1
        0 ok write 1
        1 invoke read
        1 ok read null";
    check(again, "1: register | not linearizable of 3 by search");
}

#[test]
fn without_a_first_line_the_register_begins_with_null() {
    check("0 invoke read\n0 ok read null", "0: register | linearizable of 1 by zones");
    check("0 invoke read\n0 ok read 0", "1: register | not linearizable of 1 by zones");
    check("{\"initial\": 0}\n0 invoke read\n0 ok read 0", "0: register | linearizable of 1 by zones");
    check("{\"initial\": null}\n0 invoke read\n0 ok read null", "0: register | linearizable of 1 by zones");
    check(
        "{\"model\": \"register\", \"initial\": [1, \"x\"]}\n0 invoke read\n0 ok read [1,\"x\"]",
        "0: register | linearizable of 1 by zones",
    );
}

#[test]
fn compare_and_set() {
    let applied = "
        0 invoke write 1
        0 ok write 1
        0 invoke cas [1,2]
        0 ok cas [1,2]
        1 invoke read
        1 ok read 2";
    check(applied, "0: cas-register | linearizable of 3 by zones");
    let refused = "
        0 invoke write 1
        0 ok write 1
        0 invoke cas [1,2]
        0 ok cas [1,2] refused";
    check(refused, "1: cas-register | not linearizable of 2 by search");
    let rightly_refused = "
        0 invoke write 1
        0 ok write 1
        0 invoke cas [3,2]
        0 ok cas [3,2] refused
        0 invoke read
        0 ok read 1";
    check(rightly_refused, "0: cas-register | linearizable of 3 by search");
    // `fail` says that it never happened, and nothing about why.
    let failed = "
        0 invoke write 1
        0 ok write 1
        0 invoke cas [1,2]
        0 fail cas [1,2]
        0 invoke read
        0 ok read 1";
    check(failed, "0: cas-register | linearizable of 3 by zones");
    let seen_unknown = "
        0 invoke write 1
        0 ok write 1
        1 invoke cas [1,2]
        1 info cas [1,2]
        0 invoke read
        0 ok read 2
        0 invoke read
        0 ok read 1";
    check(seen_unknown, "1: cas-register | not linearizable of 4 by search");
    let from_what_never_was = "
        0 invoke cas [7,2]
        0 info cas [7,2]
        1 invoke read
        1 ok read 2";
    check(from_what_never_was, "1: cas-register | not linearizable of 2 by search");
}

#[test]
fn an_unknown_outcome_is_an_info_a_missing_return_or_a_process_that_went_on() {
    for end in ["0 info write 1", "", "0 invoke read"] {
        let seen = format!("0 invoke write 1\n{end}\n1 invoke read\n1 ok read 1\n1 invoke read\n1 ok read 1");
        assert!(summary(&short(&seen)).starts_with("0: register | linearizable"), "{seen}");
        let unseen = format!("0 invoke write 1\n{end}\n1 invoke read\n1 ok read null");
        assert!(summary(&short(&unseen)).starts_with("0: register | linearizable"), "{unseen}");
    }
    check(
        "0 invoke write 1\n0 fail write 1\n1 invoke read\n1 ok read 1",
        "1: register | not linearizable of 2 by zones",
    );
}

#[test]
fn strings_and_lists_that_grow() {
    let file = r#"
        0 invoke append "x 1 y"
        0 ok append "x 1 y"
        1 invoke append "b"
        0 invoke read null
        0 ok read "x 1 yb"
        1 ok append "b"
        0 invoke read null
        0 ok read "x 1 yb""#;
    check(file, "0: append | linearizable of 4 by search");
    let back = r#"
        0 invoke append "a"
        0 ok append "a"
        1 invoke append "b"
        0 invoke read null
        0 ok read "ab"
        0 invoke read null
        0 ok read "a"
        1 ok append "b""#;
    check(back, "1: append | not linearizable of 4 by search");
    let list = "
        0 invoke append 1
        0 ok append 1
        0 invoke append [2]
        0 ok append [2]
        0 invoke read
        0 ok read [1,[2]]";
    check(list, "0: append | linearizable of 3 by search");
    let begun = "{\"model\": \"append\", \"initial\": \"ab\"}\n0 invoke append \"c\"\n0 ok append \"c\"\n0 invoke read\n0 ok read \"abc\"";
    check(begun, "0: append | linearizable of 2 by search");
    let empty = "{\"model\": \"append\"}\n0 invoke read\n0 ok read \"\"\n0 invoke read\n0 ok read null";
    check(empty, "0: append | linearizable of 2 by search");
}

#[test]
fn what_a_list_began_with_is_still_there_when_it_has_grown() {
    let grown = "
        0 invoke append 3
        0 ok append 3
        0 invoke read
        0 ok read [1,2,3]";
    let begun = format!("{{\"model\": \"append\", \"initial\": [1,2]}}{grown}");
    check(&begun, "0: append | linearizable of 2 by search");
    let written = format!("0 invoke write [1,2]\n0 ok write [1,2]{grown}");
    check(&written, "0: append | linearizable of 3 by search");
    let other = format!("0 invoke write [2,1]\n0 ok write [2,1]{grown}");
    check(&other, "1: append | not linearizable of 3 by search");
}

#[test]
fn keys_are_judged_apart_and_need_not_be_repeated() {
    let file = r#"
        {"process": 0, "type": "invoke", "f": "write", "key": "x", "value": 1}
        {"process": 1, "type": "invoke", "f": "write", "key": 7, "value": 1}
        {"process": 1, "type": "ok"}
        {"process": 0, "type": "ok"}
        {"process": 0, "type": "invoke", "f": "read", "key": "x"}
        {"process": 0, "type": "ok", "value": null}
        {"process": 0, "type": "invoke", "f": "read", "key": 7}
        {"process": 0, "type": "ok", "value": 1, "error": "ignored"}"#;
    check(file, "1: register | xnot linearizable of 2 by zones | 7linearizable of 2 by zones");
}

#[test]
fn time_counts_where_it_is_given() {
    let line = |process: u32, kind: &str, f: &str, value: &str, time: &str| {
        format!(r#"{{"process": {process}, "type": "{kind}", "f": "{f}", "value": {value}, "time": {time}}}"#)
    };
    let file = |read_at: &str| {
        [
            line(0, "invoke", "write", "1", "10"),
            line(0, "ok", "write", "1", "20"),
            line(1, "invoke", "read", "null", read_at),
            line(1, "ok", "read", "null", "30"),
        ]
        .join("\n")
    };
    // At equal times they are concurrent; earlier they overlap although the line comes later; a fraction later is later.
    let times = [("20", 0), ("15", 0), ("20.5", 1), ("20.000000001", 1), ("20.0", 0), ("21", 1), ("-1e3", 0)];
    for (at, code) in times {
        assert!(summary(&file(at)).starts_with(&code.to_string()), "{at}: {}", summary(&file(at)));
    }
}

#[test]
fn what_is_not_a_history_is_named_by_its_line() {
    let mut all = String::new();
    for file in [
        "hello",
        "[1]",
        r#"{"process": 0, "type": "invoke""#,
        r#"{"model": "queue"}"#,
        r#"{"type": "invoke", "f": "read"}"#,
        r#"{"process": 0, "f": "read"}"#,
        r#"{"process": 0, "type": "start", "f": "read"}"#,
        r#"{"process": 0, "type": "invoke", "f": "pop"}"#,
        r#"{"process": 0, "type": "invoke"}"#,
        "[",
        "{:process 0, :type :invoke, :f :read, :value nil}",
        "\u{feff}  {\"process\": 0, \"type\": \"invoke\", \"f\": \"write\", \"value\": \"é\" 5}",
        r#"{"process": 0, "type": "invoke", "f": "write", "value": 100000000000000000001}"#,
        r#"{"process": 0, "type": "invoke", "f": "read", "key": ["k", {"n": 1e30}]}"#,
        "0 ok read 1",
        "0 invoke write 1\n0 ok write 1 refused",
        "0 invoke read\n0 ok write 1",
        "0 invoke read\n0 ok read 1\n0 ok read 1",
        "0 invoke cas 1",
        "0 invoke cas [1,2,3]",
        "{\"model\": \"register\"}\n0 invoke append 1",
        "{\"model\": \"append\"}\n0 invoke cas [1,2]",
        "0 invoke read\n{\"model\": \"register\"}",
        "0 invoke read\n{\"process\": 0, \"type\": \"ok\", \"value\": 1, \"time\": 3}",
        "{\"process\": 0, \"type\": \"invoke\", \"f\": \"read\", \"time\": 3}\n{\"process\": 0, \"type\": \"ok\", \"time\": 2}",
        "{\"process\": 0, \"type\": \"invoke\", \"f\": \"read\", \"key\": 1}\n{\"process\": 0, \"type\": \"ok\", \"key\": 2}",
    ] {
        let file = if file.starts_with(['{', '[', 'h', '\u{feff}']) && !file.contains('\n') {
            file.to_string()
        } else {
            short(file)
        };
        all += &(summary(&file) + "\n");
    }
    expect![[r#"
        2: line 1: it is not a JSON object
        2: line 1: it is a JSON array: write one object a line, without brackets around all
        2: line 1: it is not an operation as JSON: the line ends within an object, column 31
        2: line 1: “model” is “queue”: it must be register, cas-register or append
        2: line 1: it has no “process”
        2: line 1: it has no “type”
        2: line 1: “type” is “start”: it must be invoke, ok, fail or info
        2: line 1: “f” is “pop”: it must be read, write, cas or append
        2: line 1: it has no “f”
        2: line 1: it is a JSON array: write one object a line, without brackets around all
        2: line 1: it is EDN: write it as JSON, {"process": 0, …}
        2: line 1: it is not an operation as JSON: expected `,` or `}`, column 63
        2: line 1: 1e+20 is beyond 64 bits, so it may be rounded: write it as a string
        2: line 1: 1e+30 is beyond 64 bits, so it may be rounded: write it as a string
        2: line 1: process 0 has invoked nothing that could return
        2: line 2: “applied” is false, but only a cas can find another value, not a write
        2: line 2: its “f” is not what the process asked for, which was read
        2: line 3: process 0 has invoked nothing that could return
        2: line 1: the “value” of a cas must be [from, to]
        2: line 1: the “value” of a cas must be [from, to]
        2: line 2: nothing can be appended to a register
        2: line 2: what is appended to has no compare-and-set
        2: line 2: only the first line may give the model and the initial value
        2: line 2: either all lines have a “time” or none has
        2: line 2: it returns before it was invoked
        2: line 2: its “key” is not the one that the process asked for
    "#]]
    .assert_eq(&all);
}

#[test]
fn bytes_that_are_no_text_are_named_by_what_they_are() {
    let why = |bytes: &[u8]| judge_file(bytes, &mut |_| {}).expect_err("it is no history").to_string();
    assert_eq!(why(b"\x1f\x8b\x08\0"), "line 1: it is compressed: unpack it with gunzip first");
    assert_eq!(why(b"\xff\xfe{\0"), "line 1: it is UTF-16: save it as UTF-8");
    assert_eq!(why(b"\n{\"process\": \"\xe9\"}"), "line 2: it is not UTF-8");
}

#[test]
fn empty_lines_faults_and_a_byte_order_mark_are_skipped() {
    let file = "\u{feff}{\"model\": \"register\"}\r\n\r\n{\"process\": \"nemesis\", \"type\": \"info\", \"f\": \"kill\"}\r\n{\"process\": 7, \"type\": \"info\", \"f\": \"start\"}\n";
    assert_eq!(summary(file), "0: register");
    assert_eq!(summary(""), "0: register");
}

#[test]
fn a_spent_budget_is_unknown_but_a_contradiction_elsewhere_counts() {
    let file = short(
        "
        0 invoke write 1
        1 invoke write 1
        0 ok write 1
        1 ok write 1
        0 invoke read
        0 ok read 1",
    );
    let report = judge_with(file.as_bytes(), 2, &mut |_| {});
    let report = report.expect("it is a history");
    assert_eq!((report.exit_code(), &report.keys[0].finding), (3, &Finding::Unknown { steps: 2 }));
}

fn prove(file: &str, expected: Expect) {
    let report = judge_file(short(file).as_bytes(), &mut |_| {}).expect("it is a history");
    match &report.keys[0].finding {
        Finding::Not { lines, diagram, .. } => expected.assert_eq(&format!("lines {lines:?}\n{diagram}")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_proofs_count_lines() {
    prove(
        "
        0 invoke write 1
        0 ok write 1
        1 invoke write 2
        1 ok write 2
        0 invoke read
        0 ok read 1",
        expect![[r#"
            lines [1, 2, 3, 4, 5, 6]
            Process 1 had written 2 to the object and been told so; 1 line later process 0 asked and still got 1, which is older.

                                                                 ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓ 1 line later
            process 0  ├─────────────┤                                         ├──────────────┤
                       write the object = 1                                    read the object → 1
            process 1                              ├─────────────┤
                                                   write the object = 2
                       ┬─────────────┬─────────────┬─────────────┬─────────────┬──────────────┬
            line       1             2             3             4             5              6
        "#]],
    );
    // What was not there yet is not older.
    prove(
        "
        0 invoke write 1
        0 ok write 1
        1 invoke read
        1 ok read 2
        0 invoke write 2
        0 ok write 2",
        expect![[r#"
            lines [3, 4]
            Process 1 found 2 in the object (lines 3 and 4), but the write of 2 began only later (line 5).

            process 1  ├──────────────────────────────────────────────────────────────────────┤
                       read the object → 2
                       ┬──────────────────────────────────────────────────────────────────────┬
            line       3                                                                      4
        "#]],
    );
    // Lines that are in another order than time are no axis.
    let at = |process, kind, f, value, time| {
        format!(
            "{{\"process\": {process}, \"type\": \"{kind}\", \"f\": \"{f}\", \"value\": {value}, \"time\": {time}}}\n"
        )
    };
    prove(
        &[
            at(2, "invoke", "read", 0, 30),
            at(2, "ok", "read", 1, 40),
            at(1, "invoke", "write", 1, 1),
            at(1, "ok", "write", 1, 2),
            at(0, "invoke", "write", 2, 10),
            at(0, "ok", "write", 2, 20),
        ]
        .concat(),
        expect![[r#"
            lines [1, 2, 3, 4, 5, 6]
            Process 0 had written 2 to the object and been told so; later process 2 asked and still got 1, which is older.

                                                                 ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓ later
            process 1  ├─────────────┤
                       write the object = 1
            process 0                              ├─────────────┤
                                                   write the object = 2
            process 2                                                          ├──────────────┤
                                                                               read the object → 1
                       ┬─────────────┬─────────────┬─────────────┬─────────────┬──────────────┬
            instant    0             1             2             3             4              5
        "#]],
    );
    // The initial value, and one that is forgotten: the live checker does not keep why these are older.
    prove(
        "
        0 invoke cas [null,1]
        0 ok cas [null,1]
        0 invoke write 2
        0 ok write 2
        1 invoke read
        1 ok read null",
        expect![[r#"
            lines [3, 4, 5, 6]
            Process 0 had written 2 to the object and been told so; 1 line later process 1 asked and still got the initial value, which is older.

                                              ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓ 1 line later
            process 0  ├──────────────────────┤
                       write the object = 2
            process 1                                                 ├───────────────────────┤
                                                                      read the object → null
                       ┬──────────────────────┬───────────────────────┬───────────────────────┬
            line       3                      4                       5                       6
        "#]],
    );
    prove(
        "
        0 invoke write 1
        0 ok write 1
        0 invoke write 2
        0 ok write 2
        0 invoke write 3
        0 ok write 3
        0 invoke write 4
        0 ok write 4
        0 invoke read
        0 ok read 4
        1 invoke read
        1 ok read 1",
        expect![[r#"
            lines [1, 2, 7, 8, 11, 12]
            Process 0 had written 4 to the object and been told so; 3 lines later process 1 asked and still got 1, which is older.

                                                                    ┏━━━━━━━━━━━━━━━━━━━━━━━━━┓ 3 lines later
            process 0  ├─────┤                               ├──────┤
                       write the object = 1                  write the object = 4
            process 1                                                                  ├──────┤
                                                                                       read the object → 1
                       ──────┬────────────┬────────────┬────────────┬────────────┬────────────┬
            line             2            4            6            8            10           12
        "#]],
    );
    prove(
        r#"
        0 invoke append "a"
        0 ok append "a"
        1 invoke append "b"
        1 ok append "b"
        0 invoke read
        0 ok read "ba""#,
        expect![[r#"
            lines [1, 2, 3, 4, 5, 6]
            The read of "ba" of process 0 (lines 5 and 6) fits into no order: these 3 operations alone make it impossible, whenever the others happened.

                                                                 ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓ 1 line later
            process 0  ├─────────────┤                                         ├──────────────┤
                       append "a" to the object                                read the object → "ba"
            process 1                              ├─────────────┤
                                                   append "b" to the object
                       ┬─────────────┬─────────────┬─────────────┬─────────────┬──────────────┬
            line       1             2             3             4             5              6
        "#]],
    );
}
