//! Rows to which the store gives the number, on whole boards: nobody's row takes the place of another's but where two
//! count for themselves.

use super::board;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use tradeoff::history::{Key, Kind, Outcome, Record};
use tradeoff::run::Run;
use tradeoff::stdx::Instant;

/// Keys that were given, how many different ones, and the report.
fn inserted(text: &str) -> (usize, usize, Json) {
    let document = board(text);
    let mut run = Run::recorded(&document);
    run.advance_to(Instant::START + document.until, u64::MAX);
    let given = run.history().iter().filter_map(|entry| match entry.record {
        Record::Return { op, outcome: Outcome::Ok { .. } } if op.kind == Kind::Insert => Some(op.key),
        _ => None,
    });
    let given: Vec<Key> = given.collect();
    assert!(given.iter().all(|key| key.number().is_some_and(|n| (1..=Key::MOST).contains(&n))), "{text}");
    (given.len(), given.iter().collect::<BTreeSet<_>>().len(), run.report())
}

const USERS: &str = "seed 3\nuntil 30s\nusers u rate=60/s reads=0% inserts=100% timeout=2s login=off";

#[test]
fn who_counts_alone_or_asks_the_others_gives_no_number_twice() {
    for (name, rest, least) in [
        ("one database", "users u\ndatabase db\nu -> db\nat 10s crash db\nat 11s restart db\n", 900),
        (
            "a copy that is promoted",
            "users u\napp-server web workers=16 service=exp(2ms)\ndatabase db\ndatabase copy\nu -> web -> db\n\
             web -> copy\ndb => copy mode=sync\nat 10s crash db host\nat 12s promote copy\n",
            900,
        ),
        (
            "behind a cache",
            "users u\napp-server web cache-use=objects\ncache c\ndatabase db\nu -> web -> db\nweb -> c\n",
            900,
        ),
        ("a shard router", "users u\nshard-router r\ndatabase a\ndatabase b\nu -> r -> a\nr -> b\n", 900),
        (
            "a group",
            "users u retries=3\nconsensus-group g clones=3\nu -> g\nat 10s crash g-1\nat 12s restart g-1\n",
            900,
        ),
        (
            "a quorum",
            "users u retries=3\nquorum-store q\nu -> q\nat 10s crash q-1\nat 12s restart q-1\n",
            900,
        ),
    ] {
        let rest = rest.strip_prefix("users u").expect("users first");
        let (given, different, report) = inserted(&format!("{USERS}{rest}"));
        assert!(given > least, "{name}: {given}");
        assert_eq!(given, different, "{name}");
        let verdicts = report["verdicts"].as_array().expect("verdicts");
        let broken: Vec<&str> = verdicts
            .iter()
            .filter(|v| v["state"] == "broken" && v["id"] != "no-errors")
            .filter_map(|v| v["id"].as_str())
            .collect();
        assert_eq!(broken, ["available"; 0], "{name}");
    }
}

#[test]
fn the_proof_of_a_row_that_another_replaced_names_its_number() {
    let board = |offset: u32| {
        let two =
            USERS.strip_prefix("seed 3\nuntil 30s\n").expect("the head").replacen("users u", "users v", 1);
        format!(
            "{USERS}\n{two}\ndatabase one id-increment=2\ndatabase two id-increment=2 id-offset={offset}\nu -> one\n\
             v -> two\none <=> two latency=50ms\nat 28s traffic u x0\nat 28s traffic v x0\n"
        )
    };
    let discarded = |report: &Json| {
        let verdicts = report["verdicts"].as_array().expect("verdicts");
        verdicts.iter().find(|v| v["id"] == "nothing-discarded").expect("it is judged").clone()
    };
    let (given, different, report) = inserted(&board(1));
    let verdict = discarded(&report);
    let lost = verdict["count"].as_u64().expect("a count") as usize;
    assert!(given > different && lost > 100, "{given} {different} {verdict}");
    assert_eq!(lost, given - different, "each number given twice is a row lost");
    assert!(verdict["first"].as_str().is_some_and(|text| text.contains("row ")), "{verdict}");
    let (given, different, report) = inserted(&board(2));
    assert_eq!((given, discarded(&report)["state"].as_str()), (different, Some("holds")));
}
