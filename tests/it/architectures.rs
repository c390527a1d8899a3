//! What each architecture must be judged as: without faults, with the faults that show what it is, and with one thing in
//! it broken. Each is a board in `architectures/`; its lines `#:` say what is changed and what the judge has to say then.
//!
//! ```text
//! #: expect linearizable=holds, durable=broken 9..25, fresh=broken share 0.30..0.37, cap=acted AP
//! #: change `this` to `that` and add `at 10s crash db` `at 12s restart db`: no-errors=broken
//! ```

use super::board;
use tradeoff::judge::{Cap, State, Verdict};
use tradeoff::run::Run;
use tradeoff::stdx::Instant;

/// A variant of a board and what its run must be judged as.
struct Case {
    text: String,
    expected: String,
}

/// What stands between backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn case(board: &str, directive: &str) -> Case {
    let mut text = board.to_string();
    if let Some(expected) = directive.strip_prefix("expect ") {
        return Case { text, expected: expected.into() };
    }
    let (changes, expected) = directive.rsplit_once("`: ").unwrap_or_else(|| panic!("{directive}"));
    for change in changes.split("` and ").map(|c| format!("{c}`")) {
        let words = quoted(&change);
        match (change.split(' ').next(), &words[..]) {
            (Some("change"), [from, to]) => {
                assert!(text.contains(from), "{directive}: nothing to change");
                text = text.replace(from, to);
            }
            (Some("add"), lines) => text += &format!("{}\n", lines.join("\n")),
            _ => panic!("{directive}"),
        }
    }
    Case { text, expected: expected.into() }
}

/// Whether the verdict is what was asked for: "holds", "broken", "broken 9..25" times, "broken share 0.3..0.4" of all.
fn matches(verdict: &Verdict, wanted: &str) -> bool {
    let (name, range) = match wanted.split_once(' ') {
        Some(("broken", range)) => ("broken", Some(range)),
        _ => (wanted, None),
    };
    let count = verdict.state.count() as f64;
    let within = range.is_none_or(|range| {
        let (of, range) = match range.strip_prefix("share ") {
            Some(range) => (verdict.checked as f64, range),
            None => (1.0, range),
        };
        let (least, most) = range.split_once("..").unwrap();
        (least.parse::<f64>().unwrap()..=most.parse::<f64>().unwrap()).contains(&(count / of))
    });
    verdict.state.name() == name && within
}

/// Runs the board to its end and compares the verdicts.
pub fn check(name: &str, text: &str, expected: &str) {
    let wrong = judged(name, text, expected);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is not as expected.
fn judged(name: &str, text: &str, expected: &str) -> Vec<String> {
    let document = board(text);
    let mut run = Run::new(&document);
    run.advance_to(Instant::START + document.until, u64::MAX);
    let judge = run.state().judge();
    let (verdicts, cap): (Vec<Verdict>, Cap) = (judge.verdicts(), judge.cap());
    let mut wrong = Vec::new();
    for pair in expected.split(", ") {
        let (id, wanted) = pair.split_once('=').unwrap();
        if id == "cap" {
            if cap.label.name() != wanted {
                wrong.push(format!("{name}: {pair}, but {}", cap.label.name()));
            }
            continue;
        }
        let verdict = verdicts.iter().find(|v| v.id == id).unwrap_or_else(|| panic!("no verdict {id}"));
        if !matches(verdict, wanted) {
            let (count, of) = (verdict.state.count(), verdict.checked);
            let first = match &verdict.state {
                State::Broken { first, .. } => format!("first at {}", first.at),
                _ => String::new(),
            };
            wrong.push(format!("{name}: {pair}, but {} {count} of {of} {first}", verdict.state.name()));
        }
    }
    wrong
}

#[test]
fn each_architecture_is_judged_as_theory_says_and_each_mutation_flips_its_verdict() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/architectures");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let (mut cases, mut wrong) = (0, Vec::new());
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if std::env::var("ONLY").is_ok_and(|only| !name.contains(&only)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let directives: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("#: ")).collect();
        assert!(directives.len() > 1, "{name}: an expectation and at least one mutation");
        for directive in directives {
            let Case { text, expected } = case(&text, directive);
            wrong.extend(judged(&format!("{name}: {directive}"), &text, &expected));
            cases += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Four colleges and their students: each tells the other three.
fn colleges(line: &str, cut: bool) -> String {
    let mut text = "seed 29\nuntil 60s\n".to_string();
    for n in 1..=4 {
        text += &format!(
            "users students{n}  rate=15/s reads=70% keys=3 login=off timeout=2s\ndatabase college{n}\n"
        );
        text += &format!("students{n} -> college{n}  latency=1ms\n");
    }
    for (a, b) in [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)] {
        text += &format!("college{a} <=> college{b}  latency=5ms {line}\n");
        let across = (a % 2) != (b % 2);
        if cut && across {
            text += &format!("at 10s cut college{a}<=>college{b}\nat 40s heal college{a}<=>college{b}\n");
        }
    }
    text
}

#[test]
fn four_colleges_are_consistent_or_available_once_they_are_parted() {
    let atomic = "conflicts=certification reads=synced";
    for (name, text, expected) in [
        ("consistent, parted", colleges(atomic, true), "linearizable=holds, cap=acted CP"),
        ("consistent, whole", colleges(atomic, false), "linearizable=holds"),
        ("available, parted", colleges("", true), "linearizable=broken, cap=acted AP"),
    ] {
        check(name, &text, expected);
    }
}

/// Quorums that need not meet: how likely a read is fresh improves with the time since the last acknowledged write.
/// Quorums that meet are fresh from the first instant on.
#[test]
fn partial_quorums_are_stale_for_a_while_and_overlapping_ones_never() {
    let curve = |quorum: &str| -> Vec<(u64, f64)> {
        let document = board(&format!(
            "seed 7\nuntil 60s\nusers shoppers rate=200/s population=60 keys=4 zipf=0 reads=70% timeout=5s login=off\n\
             load-balancer lb policy=random\n\
             quorum-store store {quorum} read-repair=off write-leg=exp(100ms) anti-entropy=0s hints=0s\n\
             shoppers -> lb -> store latency=1ms\n"
        ));
        let mut run = Run::new(&document);
        run.advance_to(Instant::START + document.until, u64::MAX);
        let points = run.report()["staleness"]["curve"].clone();
        let of = |p: &serde_json::Value| (p["reads"].as_u64().unwrap(), p["fresh"].as_f64().unwrap());
        points.as_array().unwrap().iter().map(of).filter(|(reads, _)| *reads > 300).collect()
    };
    let partial = curve("r=1 w=1");
    assert!(partial.len() > 4 && partial[0].1 < 0.5 && partial[partial.len() - 1].1 > 0.85, "{partial:?}");
    // Up to what chance does with so many reads.
    assert!(partial.windows(2).all(|p| p[1].1 > p[0].1 - 0.05), "{partial:?}");
    assert!(curve("r=2 w=2").iter().all(|(_, fresh)| *fresh == 1.0));
}
