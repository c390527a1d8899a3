//! JSON in, boards and problems out; the golden files of every version. It may know no parameter of a machine by name.

use super::*;
use crate::scenario::{arbitrary, notation};
use expect_test::{Expect, expect};

fn problems(text: &str, told: Expect) {
    let found = read(text).expect_err(text);
    told.assert_eq(&found.iter().map(|p| format!("{p}\n")).collect::<String>());
}

#[test]
fn every_document_comes_back_from_its_json() {
    for number in 0..250 {
        let document = arbitrary::document(number);
        let text = write(&document);
        let back = read(&text).unwrap_or_else(|p| panic!("document {number}\n{text}\n{p:#?}"));
        assert_eq!(back, document, "document {number}\n{text}");
        assert_eq!(write(&back), text);
        assert_eq!(read(&write_compact(&document)).as_ref(), Ok(&document));
    }
}

#[test]
fn notation_and_json_say_the_same() {
    let document =
        notation::parse("title T\nusers u\ndatabase db\nu -> db latency=2ms\nat 1s crash db").unwrap();
    expect![[r#"
        {
          "tradeoff": 1,
          "title": "T",
          "seed": 1,
          "machines": [
            {
              "name": "u",
              "component": "users",
              "at": [
                96,
                64
              ]
            },
            {
              "name": "db",
              "component": "database",
              "at": [
                304,
                64
              ]
            }
          ],
          "links": [
            {
              "from": "u",
              "to": "db",
              "settings": {
                "latency": "2ms"
              }
            }
          ],
          "schedule": [
            {
              "at": "1s",
              "fault": "crash db"
            }
          ]
        }
    "#]]
    .assert_eq(&write(&document));
}

#[test]
fn what_is_no_board_is_told_with_its_place() {
    problems(
        "",
        expect![[r#"
        1:1: EOF while parsing a value.
    "#]],
    );
    problems(
        "{\n  \"tradeoff\": 1,\n  \"machines\": [}\n",
        expect![[r#"
        3:16: Expected value.
    "#]],
    );
    problems(
        "{}",
        expect![[r#"
        1:1: This JSON is not a board: it has no field “tradeoff”. A board begins with {"tradeoff": 1.
    "#]],
    );
    problems(
        "[1]",
        expect![[r#"
        1:1: A board is a JSON object. It begins with {"tradeoff": 1.
    "#]],
    );
    problems(
        r#"{"tradeoff": 2}"#,
        expect![[r#"
        1:1: This board is of version 2; this program reads up to 1. Open it with a newer Tradeoff.
    "#]],
    );
    problems(
        r#"{"tradeoff": 1, "sneed": 7}"#,
        expect![[r#"
        1:23: Unknown field `sneed`, expected one of `tradeoff`, `title`, `notes`, `seed`, `until`, `zones`, `machines`, `links`, `schedule`, `files`.
    "#]],
    );
    problems(
        r#"{"tradeoff": 1, "seed": 1e999}"#,
        expect![[r#"
        1:29: Number out of range.
    "#]],
    );
    problems(
        r#"{"tradeoff": 1, "seed": -1}"#,
        expect![[r#"
        1:26: Invalid value: integer `-1`, expected u64.
    "#]],
    );
    problems(
        r#"{"tradeoff": 1, "machines": [{"name": "a"}]}"#,
        expect![[r#"
        1:42: Missing field `component`.
    "#]],
    );
    problems(
        &"[".repeat(100_000),
        expect![[r#"
        1:1: A board is a JSON object. It begins with {"tradeoff": 1.
    "#]],
    );
}

#[test]
fn every_problem_is_told_with_its_path() {
    problems(
        r#"{"tradeoff": 1, "until": "soon", "zones": [{"name": "e", "settings": {"x": 1}}], "machines": [
            {"name": "a", "component": "databse"},
            {"name": "2b", "component": "database", "at": [1, 2]},
            {"name": "c", "component": "database", "zone": "w"},
            {"name": "c", "component": "database"}],
          "links": [{"from": "a", "wire": "->>", "to": "c"}, {"from": "c", "to": "d", "settings": {"latency": 5}},
                    {"from": "c", "to": "c", "settings": {"latnecy": "5ms", "loss": 2, "bandwidth": [null]}}],
          "schedule": [{"at": "1s", "fault": "crahs c"}, {"at": "x", "fault": "crash c"}], "files": {"../x": ""}}"#,
        expect![[r#"
            until: “soon” is not a time: write a number and a unit, as in 250ms, 1.5s, 10min.
            zones[0].settings.x: there is no such setting.
            machines[0].component: there is no component “databse”. Did you mean database?
            links[0].wire: “->>” is not an arrow. There are ->, =>, <=> and .. for it.
            links[1].settings.latency: 5 does not fit. It must be a time up to 1min or a distribution, as in 12ms or exp(12ms).
            links[2].settings.bandwidth: [null] does not fit. It must be a number from 0 to 1000000 Mbit/s.
            links[2].settings.latnecy: there is no such setting. Did you mean latency?
            links[2].settings.loss: 2 does not fit. It must be a share from 0% to 100%.
            schedule[0].fault: There is no fault “crahs”. Did you mean crash?
            schedule[1].at: “x” is not a time: write a number and a unit, as in 250ms, 1.5s, 10min.
            “../x” is not a file's name: it has letters, digits, single dots, - and _, and at most 80 characters. Rename the file.
            “2b” is not a name: a name begins with a letter. Rename it.
            c stands in a zone “w” that is not there. Did you mean e?
            Two machines are called c. c2 is free.
            c -> d: there is no machine “d”. Did you mean c?
        "#]],
    );
}
