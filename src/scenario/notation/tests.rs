//! Texts in, boards and problems out. It may know no parameter of a machine by name, only `latency` and `loss`, which
//! every line has.

use super::*;
use crate::components::{Kind, Wire};
use crate::scenario::{Document, Point, arbitrary};
use expect_test::{Expect, expect};

fn board(text: &str) -> Document {
    parse(text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

/// The text, written canonically.
fn check(text: &str, written: Expect) {
    let document = board(text);
    written.assert_eq(&write(&document));
    assert_eq!(board(&write(&document)), document);
}

/// The problems of a text, a line each.
fn problems(text: &str, told: Expect) {
    let found = parse(text).expect_err(text);
    told.assert_eq(&found.iter().map(|p| format!("{p}\n")).collect::<String>());
}

#[test]
fn every_document_comes_back_from_its_text() {
    for number in 0..250 {
        let document = arbitrary::document(number);
        assert_eq!(crate::scenario::problem::whole(&document), [], "document {number}");
        let text = write(&document);
        let read = parse(&text).unwrap_or_else(|p| panic!("document {number}\n{text}\n{p:#?}"));
        assert_eq!(read, document, "document {number}\n{text}");
        assert_eq!(write(&read), text, "document {number}");
    }
}

#[test]
fn a_board_is_written_aligned() {
    check(
        "title   Three tiers, one replica   # the first sight\nseed 7\n# Cut a line.\n#\n#  And heal it.\n\
         users shoppers\nload-balancer lb\napp-server web\ndatabase db\ndatabase copy # behind\n\
         shoppers->lb -> web ->db latency=1ms\ndb=>copy latency=\"40ms\" loss=0.01\n\
         at 9s heal db => copy # after four seconds\nat 5s cut db=>copy",
        expect![[r#"
            # Cut a line.
            #
            #  And heal it.
            title Three tiers, one replica
            seed 7

            users shoppers
            load-balancer lb
            app-server web
            database db
            database copy

            shoppers -> lb -> web -> db  latency=1ms
            db => copy                   latency=40ms loss=1%

            at 5s  cut db=>copy
            at 9s  heal db=>copy
        "#]],
    );
}

#[test]
fn positions_zones_and_files_are_kept() {
    check(
        "seed 3\nuntil 90s\nzone east\nzone west\nusers people @-80,8 in east\ndatabase main in west @400,160\n\
         people -> main\nfile a.log <<END\nfirst\n  END of it\nEND\nfile b.log <<X bare\nEND\nX\n",
        expect![[r#"
            seed 3
            until 90s

            zone east
            zone west

            users people   @-80,8    in east
            database main  @400,160  in west

            people -> main

            file a.log <<END
            first
              END of it
            END

            file b.log <<END2 bare
            END
            END2
        "#]],
    );
    let document = board("database a @8,16\ndatabase b @400,16");
    assert_eq!(document.machines[0].at, Point { x: 8, y: 16 });
}

#[test]
fn a_line_may_go_on_in_the_next_and_long_ones_are_broken() {
    check(
        "seed 1\n database \\\n   db \\ # why not\n\r\nusers u\r\nu -> db loss=1% \\\n  latency=uniform(1ms, 2ms)",
        expect![[r#"
            seed 1

            database db
            users u

            u -> db  latency=uniform(1ms,2ms) loss=1%
        "#]],
    );
    let names: Vec<String> = (0..30).map(|i| format!("database{i}")).collect();
    let machines: String = names.iter().map(|n| format!("database {n}\n")).collect();
    let chain = names.join(" => ");
    let values = vec!["123.456ms"; 20].join(",");
    let text = write(&board(&format!("{machines}{chain} latency=empirical({values}) loss=10%")));
    assert!(text.lines().all(|line| line.chars().count() <= 110 || line.contains("empirical")), "{text}");
    assert!(text.contains(" \\\n"), "{text}");
}

#[test]
fn chains_are_lines_in_their_order() {
    let document = board("database a\ndatabase b\ndatabase c\na <=> b => c\nb .. a\nc->a");
    let links: Vec<String> = document.links.iter().map(|l| l.name().to_string()).collect();
    assert_eq!(links, ["a<=>b", "b=>c", "b..a", "c->a"]);
    assert_eq!(document.links[1].wire, Wire::Copies);
}

#[test]
fn words_of_the_notation_may_be_names() {
    let document = board(
        "users title\ndatabase at\napp-server in\nzone zone\ncache seed in zone\ntitle -> in -> at\nin -> seed",
    );
    assert_eq!(document.links.len(), 3);
    assert_eq!(document.machines[3].kind, Kind::from_word("cache").unwrap());
}

#[test]
fn every_problem_is_told_with_its_place_and_a_way_out() {
    problems(
        "title x\ntitle y\nseed -1\nuntil 5\nusres a\ndatabase db\ndatabase db\ndatabase 2db\ndb -> wbe\n\
         database web @1,2,3 in nowhere\nweb -> db latnecy=1ms latency=soon\nweb -> db -> \nat 5 cut web->db\n\
         at 5s ct web->db\nat 5s cut web>db\ndb web\ndatabase c oops\nfile x\nweb -> db latency=1ms latency=2ms\n\
         -> db\nzone e far=1\n",
        expect![[r#"
            2:1: The title was said before, in line 1. Keep one of the two.
            3:6: “-1” is not a seed. It is a whole number from 0 to 18446744073709551615.
            4:7: “5” is not a time: write a number and a unit, as in 250ms, 1.5s, 10min.
            5:1: There is no component “usres”. Did you mean users?
            7:10: There is a machine db already, in line 6. db2 is free.
            8:10: “2db” is not a name: a name begins with a letter. It is written: database db.
            9:7: There is no machine “wbe”. Did you mean web?
            10:14: “@1,2,3” is not a position. It is written @480,240, each from -200000 to 200000.
            10:24: There is no zone “nowhere”. Add a line: zone, and its name.
            11:11: A -> line has no setting “latnecy”. Did you mean latency?
            11:31: Latency must be a time up to 1min or a distribution, as in 12ms or exp(12ms): “soon” is not a time: write a number and a unit, as in 250ms, 1.5s, 10min.
            12:11: A machine's name is missing. It is written: web -> db.
            13:4: “5” is not a time: write a number and a unit, as in 250ms, 1.5s, 10min. It is written: at 5s cut db=>copy.
            14:7: There is no fault “ct”. Did you mean cut?
            15:14: After “web” an arrow is missing: ->, =>, <=> or .. It is written cut db=>copy, or cut db=>copy forth (or back) for one way.
            16:1: There is no component “db”. To draw a line from db, write an arrow: db -> other.
            17:12: “oops” is not understood here. Settings are written name=value.
            18:6: It is a file beside the board's, and there is none here. It is written: file access.log <<END, then the text, then a line with END alone.
            19:23: latency is set twice. Keep one of the two.
            20:1: Before “->” the name of a machine is missing. It is written: web -> db.
            21:8: A zone has no setting “far”. There are region, latency, loss, bandwidth and repair-crews.
        "#]],
    );
}

#[test]
fn what_is_not_in_the_catalogue_is_told_with_what_is() {
    let told = |text: &str| parse(text).expect_err(text)[0].to_string();
    let kind = Kind::ALL[0].info().word;
    assert!(told("quux").starts_with(&format!("1:1: There is no component “quux”. There are {kind}, ")));
    assert!(told(&format!("{kind} a quux=1")).contains(&format!("{kind} has no setting “quux”. ")));
    for kind in Kind::ALL {
        for parameter in kind.parameters() {
            let text = format!("{} a {}=\"nothing like it\\\\\"", kind.info().word, parameter.name);
            // Only a free text can be that.
            let free = matches!(parameter.domain, crate::components::parameter::Domain::Text { .. });
            assert_eq!(parse(&text).is_ok(), free, "{text}");
        }
    }
}

#[test]
fn what_does_not_end_is_told() {
    problems(
        "database \"db",
        expect![[r#"
        1:1: A name is missing. It is written: database db.
        1:10: A quotation mark is opened and not closed. Write " where the text ends.
    "#]],
    );
    problems(
        "database a\na -> a latency=uniform(1ms, 2ms",
        expect![[r#"
        2:16: A parenthesis is opened and not closed. Write ) where it ends.
        2:16: Latency must be a time up to 1min or a distribution, as in 12ms or exp(12ms): a distribution is written name(…).
    "#]],
    );
    problems(
        "file a.log <<END\ntext",
        expect![[r#"
        1:1: The file does not end: no line holds END alone. Write END behind the text.
    "#]],
    );
    problems(
        "database a \\ b",
        expect![[r#"
            1:12: A \ stands only at the end of a line. Put it into quotes, or take it away.
            1:14: “b” is not understood here. Settings are written name=value.
        "#]],
    );
}

#[test]
fn limits_are_told() {
    problems(
        &"x".repeat(70_000),
        expect![[r#"
        1:64001: The line is too long. A line has at most 64000 characters; end it with \ to go on in the next.
    "#]],
    );
    problems(
        &format!("title {}", "x".repeat(121)),
        expect![[r#"
        1:1: The title is longer than 120 characters. Shorten it.
    "#]],
    );
    problems(
        &(0..501).map(|i| format!("database d{i}\n")).collect::<String>(),
        expect![[r#"
        1:1: There are 501 machines; a board has at most 500. Make the board smaller.
    "#]],
    );
    assert_eq!(parse(&"what is this\n".repeat(1000)).unwrap_err().len(), crate::scenario::limits::PROBLEMS);
    assert_eq!(parse(&"\n".repeat(2 << 20)).unwrap_err().len(), 1);
    assert_eq!(parse(&"\n".repeat(34 << 20)).unwrap_err().len(), 1);
}

#[test]
fn a_file_may_stand_beside_the_board() {
    let mut load = |name: &str| match name {
        "a.log" => Ok("text".to_string()),
        other => Err(format!("{other} is not there.")),
    };
    let (document, _) = parse_beside("file a.log", &mut load).unwrap();
    assert_eq!(document.files["a.log"].as_ref(), "text");
    assert_eq!(board(&write(&document)), document);
    let told = |found: Vec<crate::scenario::problem::Problem>| found[0].to_string();
    assert!(told(parse_beside("file b.log", &mut load).unwrap_err()).starts_with("1:6: b.log is not there."));
    assert!(told(parse_beside("file /etc/hosts", &mut load).unwrap_err()).contains("is not a file's name"));
    assert!(told(parse("file a.log").unwrap_err()).contains("there is none here"));
}

#[test]
fn a_later_problem_finds_its_place_in_the_text() {
    use crate::scenario::problem::{Place, Problem, Severity};
    let (document, spots) = parse_with_spots("users u\n  database db\nu -> db\nat 1s  crash db").unwrap();
    let at = |place: Place| {
        let problem =
            Problem { severity: Severity::Warning, place, says: String::new(), help: String::new() };
        spots.locate(problem).place
    };
    assert_eq!(at(Place::Machine("db".into())), Place::Text { line: 2, column: 12 });
    assert_eq!(at(Place::Link(document.links[0].name())), Place::Text { line: 3, column: 1 });
    assert_eq!(at(Place::Scheduled(0)), Place::Text { line: 4, column: 7 });
    assert_eq!(at(Place::Board), Place::Board);
}
