//! The boards that come with the program show what their first lines say. It may not know how.

use super::board;
use tradeoff::run::Run;
use tradeoff::scenario::examples;
use tradeoff::stdx::Duration;

/// An example, lines added to it, how long it runs in seconds, and the verdicts that must hold and be broken then.
type Shown = (&'static str, &'static str, u64, &'static [&'static str], &'static [&'static str]);

const SHOWN: &[Shown] = &[
    // The first sight: sound until somebody cuts the line, and not for a second longer.
    (
        "three-tiers",
        "",
        60,
        &["linearizable", "read-your-writes", "monotonic-reads", "causal", "sessions-kept"],
        &[],
    ),
    ("three-tiers", "at 5s cut db=>copy", 6, &["read-your-writes"], &["linearizable"]),
    ("three-tiers", "at 5s crash web-2", 12, &["linearizable"], &["sessions-kept"]),
    ("one-database", "", 60, &["linearizable", "causal"], &[]),
    ("one-database", "at 20s crash db\nat 30s restart db", 60, &["linearizable", "causal"], &[]),
    ("read-any-copy", "", 20, &["monotonic-writes"], &["linearizable", "read-your-writes"]),
    ("promote-the-copy", "", 60, &[], &["linearizable"]),
    ("two-masters", "", 60, &["read-your-writes", "available"], &["linearizable"]),
    ("two-of-three", "", 60, &["linearizable", "fresh", "durable"], &["available"]),
    ("sessions-in-memory", "", 15, &["linearizable"], &["sessions-kept"]),
    ("central-sessions", "", 60, &["linearizable", "sessions-kept"], &[]),
    ("stale-cache", "", 60, &[], &["linearizable", "read-your-writes"]),
];

#[test]
fn every_example_shows_what_it_says() {
    for (name, lines, seconds, holds, broken) in SHOWN {
        let example = examples::find(name).unwrap();
        let mut run = Run::new(&board(&format!("{}\n{lines}\n", example.text())));
        run.advance(Duration::from_secs(*seconds), u64::MAX);
        let verdicts = run.state().judge().verdicts();
        let state = |id: &str| {
            let verdict = verdicts.iter().find(|v| v.id == id);
            verdict.unwrap_or_else(|| panic!("there is no verdict {id}")).state.name()
        };
        for id in *holds {
            assert_eq!(state(id), "holds", "{name} {lines}: {id}");
        }
        for id in *broken {
            assert_eq!(state(id), "broken", "{name} {lines}: {id}");
        }
    }
}

#[test]
fn quorums_that_do_not_overlap_answer_faster_and_always_and_wrongly() {
    let text = examples::find("two-of-three").unwrap().text();
    let one = text.replace("quorum-store store", "quorum-store store r=1 w=1");
    assert!(measured(&one).0 < 0.7 * measured(text).0, "one answer comes sooner than two");
    assert!(measured(&one).1 > 1.05 * measured(text).1, "who is alone answers");
    let mut run = Run::new(&board(&one));
    run.advance(Duration::from_secs(60), u64::MAX);
    let state =
        |id: &str| run.state().judge().verdicts().into_iter().find(|v| v.id == id).unwrap().state.name();
    let states = ["linearizable", "fresh", "monotonic-reads", "available"].map(state);
    assert_eq!(states, ["broken", "broken", "broken", "holds"]);
}

/// The slowest one percent, in milliseconds, and the requests answered in 60 s.
fn measured(text: &str) -> (f64, f64) {
    let mut run = Run::new(&board(text));
    run.advance(Duration::from_secs(60), u64::MAX);
    let report = run.report();
    let operations = &report["operations"];
    (operations["latency"]["p99_s"].as_f64().unwrap() * 1000.0, operations["ok"].as_f64().unwrap())
}

#[test]
fn asking_who_has_least_to_do_beats_taking_turns() {
    let text = examples::find("taking-turns").unwrap().text();
    let least = text.replace("load-balancer lb", "load-balancer lb policy=least-connections");
    let (turns, least) = (measured(text).0, measured(&least).0);
    assert!(least < 0.8 * turns, "{turns} ms in turn, {least} ms by least connections");
}

#[test]
fn more_clones_help_until_there_are_enough() {
    let text = examples::find("bigger-or-more").unwrap().text();
    let slow = text.replace("clones=2 service=exp(20ms)", "clones=2 service=exp(40ms)");
    let more = slow.replace("clones=2", "clones=4");
    let (few, more) = (measured(&slow).1, measured(&more).1);
    assert!(more > 1.3 * few, "{few} answers from two clones, {more} from four");
}
