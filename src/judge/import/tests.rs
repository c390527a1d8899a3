//! Files in, verdicts out.

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
    for (at, code) in [("20", "0"), ("15", "0"), ("20.5", "1"), ("21", "1"), ("-1e3", "0")] {
        assert!(summary(&file(at)).starts_with(code), "{at}: {}", summary(&file(at)));
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
        "0 ok read 1",
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
        let file = if file.starts_with(['{', '[', 'h']) && !file.contains('\n') {
            file.to_string()
        } else {
            short(file)
        };
        all += &(summary(&file) + "\n");
    }
    expect![[r#"
        2: line 1: it is not a JSON object
        2: line 1: it is not a JSON object
        2: line 1: it is not an operation as JSON: EOF while parsing an object, column 31
        2: line 1: “model” is “queue”: it must be register, cas-register or append
        2: line 1: it has no “process”
        2: line 1: it has no “type”
        2: line 1: “type” is “start”: it must be invoke, ok, fail or info
        2: line 1: “f” is “pop”: it must be read, write, cas or append
        2: line 1: it has no “f”
        2: line 1: process 0 has invoked nothing that could return
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
                       write the object = "a"                                  read the object → "ba"
            process 1                              ├─────────────┤
                                                   write the object = "b"
                       ┬─────────────┬─────────────┬─────────────┬─────────────┬──────────────┬
            line       1             2             3             4             5              6
        "#]],
    );
}

/// A store of one object and the history that its clients see: answers get lost, and what was asked then happens at
/// once, much later or never.
struct Store {
    dice: crate::judge::swarm::Dice,
    append: bool,
    value: u64,
    text: String,
    past: Vec<String>,
    late: Vec<(u64, u64, u64)>,
}

impl Store {
    fn shown(&self) -> String {
        if self.append { format!("\"{}\"", self.text) } else { self.value.to_string() }
    }

    /// Whether it was done: a compare-and-set may find something else.
    fn work(&mut self, kind: u64, a: u64, b: u64) -> bool {
        let done = kind != 2 || self.value == a;
        match (self.append, kind) {
            (_, 0) => {}
            (true, _) => self.text += &format!("x {a} {b} y"),
            (false, 1) => self.value = a,
            (false, _) if done => self.value = b,
            (false, _) => {}
        }
        self.past.push(self.shown());
        done
    }

    /// Something that was lost may happen now.
    fn late(&mut self) {
        if !self.late.is_empty() && self.dice.percent(2) {
            let which = self.dice.below(self.late.len() as u64) as usize;
            let (kind, a, b) = self.late.swap_remove(which);
            self.work(kind, a, b);
        }
    }
}

/// A history of `processes` clients of one object of `values` values, of whose answers `lost` percent get lost. With
/// `wrong`, one read in the last tenth returns what was there long before.
fn recorded(
    seed: u64,
    processes: u64,
    operations: usize,
    values: Option<u64>,
    lost: u64,
    wrong: bool,
) -> String {
    use std::fmt::Write;
    let append = values.is_none();
    let dice = crate::judge::swarm::Dice::new(seed);
    let mut store = Store { dice, append, value: 0, text: String::new(), past: vec![], late: vec![] };
    let mut file = match append {
        true => "{\"model\":\"append\"}\n".to_string(),
        false => "{\"model\":\"cas-register\",\"initial\":0}\n".to_string(),
    };
    store.past.push(store.shown());
    // Per process: what it waits for, and the answer once the store has worked.
    type Waiting = (u64, u64, u64, Option<(bool, String)>);
    let mut open: Vec<Option<Waiting>> = vec![None; processes as usize];
    let mut names: Vec<u64> = (0..processes).collect();
    let (mut asked, mut lied) = (0, !wrong);
    while asked < operations || open.iter().any(Option::is_some) {
        store.late();
        let slot = store.dice.below(processes) as usize;
        let process = names[slot];
        match open[slot].take() {
            None if asked < operations => {
                asked += 1;
                let kind = store.dice.below(3);
                let values = values.unwrap_or(5);
                let (a, b) = (store.dice.below(values), store.dice.below(values));
                let (a, b) = if append { (process, asked as u64) } else { (a, b) };
                let (f, shown) = match (append, kind) {
                    (_, 0) => ("read", "null".to_string()),
                    (true, _) => ("append", format!("\"x {a} {b} y\"")),
                    (false, 1) => ("write", a.to_string()),
                    (false, _) => ("cas", format!("[{a},{b}]")),
                };
                let kind = if append { kind.min(1) } else { kind };
                writeln!(file, r#"{{"process":{process},"type":"invoke","f":"{f}","value":{shown}}}"#)
                    .unwrap();
                open[slot] = Some((kind, a, b, None));
            }
            None => {}
            // The store works on it.
            Some((kind, a, b, None)) => {
                let gone = kind != 0 && store.dice.percent(lost);
                match gone.then(|| store.dice.below(3)) {
                    Some(0) => {}
                    Some(1) => store.late.push((kind, a, b)),
                    now => {
                        let done = store.work(kind, a, b);
                        let mut shown = store.shown();
                        if !lied && asked > operations * 9 / 10 && kind == 0 {
                            lied = true;
                            let other = values.map(|n| ((store.value + n / 2) % n).to_string());
                            shown = other.unwrap_or_else(|| store.past[store.past.len() / 2].clone());
                        }
                        if now.is_none() {
                            open[slot] = Some((kind, a, b, Some((done, shown))));
                        }
                    }
                }
                if gone {
                    writeln!(file, r#"{{"process":{process},"type":"info"}}"#).unwrap();
                    names[slot] += processes;
                }
            }
            Some((kind, _, _, Some((well, shown)))) => {
                let kind = match (well, kind) {
                    (false, _) => r#""ok","applied":false"#.to_string(),
                    (true, 0) => format!(r#""ok","value":{shown}"#),
                    (true, _) => r#""ok""#.to_string(),
                };
                writeln!(file, r#"{{"process":{process},"type":{kind}}}"#).unwrap();
            }
        }
    }
    file
}

#[test]
fn histories_as_long_as_recorded_ones_are_decided_within_a_hundredth_of_the_budget() {
    let mut codes = [0u64; 4];
    for seed in 0..160 {
        let (processes, operations) = (3 + seed % 10, [60, 170, 400, 800][(seed % 4) as usize]);
        let values = if seed % 3 == 0 { None } else { Some([3, 5, 20][(seed % 5 / 2) as usize]) };
        let lost = [1, 5, 15, 40][(seed / 4 % 4) as usize];
        // To show that a hundred lost changes to twenty values explain nothing is truly hard.
        let wrong = seed % 8 > 4 && (lost < 40 || values != Some(20));
        let file = recorded(seed, processes, operations, values, lost, wrong);
        let report = judge_with(file.as_bytes(), BUDGET / 100, &mut |_| {}).expect("it is a history");
        let finding = &report.keys[0].finding;
        let what = format!("seed {seed}, {operations} operations, {} bytes: {finding:?}", file.len());
        // A lie about a register of few values may be true by accident; a text that was shorter never is.
        let right = match (wrong, values) {
            (false, _) => 0..=0,
            (true, None) => 1..=1,
            (true, Some(_)) => 0..=1,
        };
        assert!(right.contains(&report.exit_code()), "{what}");
        codes[report.exit_code() as usize] += 1;
    }
    println!("recorded histories: {} linearizable, {} not, 0 undecided", codes[0], codes[1]);
    assert!(codes[1] > 20, "{codes:?}");
}
