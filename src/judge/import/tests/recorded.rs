//! Histories of the shapes that stores are tested with elsewhere, of any length: registers with compare-and-set and
//! time-outs, and key-value stores to which whole texts are put and pieces appended. What is true and what is a lie is
//! known from how they were made.

use super::super::*;
use crate::judge::swarm::{self, Dice};
use serde_json::{Value as Json, json};

/// A store of one object and the history that its clients see: answers get lost, and what was asked then happens at
/// once, much later or never.
struct Store {
    dice: Dice,
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
    let dice = Dice::new(seed);
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

#[test]
fn registers_of_many_clients_and_values_are_decided_within_a_hundredth_of_the_budget() {
    for seed in 0..12 {
        let (values, lost) = ([20, 50, 200][(seed % 3) as usize], [0, 5][(seed % 2) as usize]);
        let file = recorded(seed, 50, 400, Some(values), lost, false);
        let report = judge_with(file.as_bytes(), BUDGET / 100, &mut |_| {}).expect("it is a history");
        assert_eq!(report.exit_code(), 0, "seed {seed}, {values} values: {:?}", report.keys[0].finding);
    }
}

/// The register's history, and after it, when all is quiet, two writes and a read: of the second value, or of the
/// first, to which nothing that was lost can have changed it back. None if there is no such value.
fn quiet_end(seed: u64, lost: u64, wrong: bool) -> Option<String> {
    let mut file = recorded(seed, 5, 80, Some(5), lost, false);
    let lines: Vec<Json> = file.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    let targets = |line: &Json| line["value"].as_u64().or(line["value"][1].as_u64());
    let gone = |n: usize| {
        let same = |line: &&Json| line["process"] == lines[n]["process"];
        lines[n]["type"] == "invoke"
            && lines[n + 1..].iter().find(same).is_some_and(|next| next["type"] == "info")
    };
    let lost: Vec<u64> = (0..lines.len()).filter(|n| gone(*n)).filter_map(|n| targets(&lines[n])).collect();
    let first = (0..5).find(|value| !lost.contains(value))?;
    let second = (first + 1) % 5;
    let read = if wrong { first } else { second };
    for (f, asked, told) in
        [("write", json!(first), first), ("write", json!(second), second), ("read", json!(null), read)]
    {
        for (kind, value) in [("invoke", asked), ("ok", json!(told))] {
            file += &json!({"process": "last", "type": kind, "f": f, "value": value}).to_string();
            file.push('\n');
        }
    }
    Some(file)
}

#[test]
fn what_a_quiet_register_cannot_be_is_seen_after_any_past() {
    let mut judged = [0; 2];
    for seed in 0..36 * swarm::rounds() {
        for wrong in [false, true] {
            let Some(file) = quiet_end(seed, [2, 5, 10][(seed % 3) as usize], wrong) else { continue };
            let report = judge_with(file.as_bytes(), BUDGET / 1_000, &mut |_| {}).expect("it is a history");
            assert_eq!(report.exit_code(), u8::from(wrong), "seed {seed}: {:?}\n{file}", report.keys);
            judged[usize::from(wrong)] += 1;
        }
    }
    println!("registers with a quiet end: {judged:?} judged rightly, 0 undecided");
    assert!(judged[1] > 24, "{judged:?}");
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lie {
    None,
    /// One get returns a text that was gone before it was asked for, as an earlier get had shown.
    Past,
    /// One get returns a text that others have seen with two pieces in the other order.
    Exchanged,
}

/// One key of a store: all its texts, as pieces, and which of them has been seen by a get that is over.
#[derive(Clone)]
struct Texts {
    past: Vec<Vec<String>>,
    seen: usize,
}

/// What a client of the log waits for.
#[derive(Clone)]
struct Call {
    f: &'static str,
    key: usize,
    piece: String,
    /// Rounds until the store works on it, and from then until the client hears of it.
    delay: [u64; 2],
    /// The version that was seen before it began, and for a get the one that it found.
    seen: usize,
    found: usize,
    told: Option<String>,
}

/// A log of about `bytes` bytes of `clients` clients of ten keys. One call in ten is slow. With `again`, clients write
/// the same pieces again after a while.
fn log(seed: u64, clients: u64, bytes: usize, again: bool, lie: Lie) -> String {
    let mut dice = Dice::new(seed);
    let mut store = vec![Texts { past: vec![Vec::new()], seen: 0 }; 10];
    let mut calls: Vec<Option<Call>> = vec![None; clients as usize];
    let mut written = vec![0; clients as usize];
    let (mut file, mut lied) = (String::from("{\"model\":\"append\",\"initial\":\"\"}\n"), lie == Lie::None);
    while file.len() < bytes || calls.iter().any(Option::is_some) {
        let client = dice.below(clients) as usize;
        let line = |kind: &str, call: &Call, value: Option<&String>| {
            let key = call.key.to_string();
            json!({"process": client, "type": kind, "f": call.f, "key": key, "value": value}).to_string()
                + "\n"
        };
        match calls[client].as_mut() {
            None if file.len() < bytes => {
                let (f, key) = (
                    ["read", "append", "write"][[0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2][dice.below(11) as usize]],
                    dice.below(10) as usize,
                );
                let mut delay = [dice.below(3), dice.below(3)];
                if dice.percent(10) {
                    delay = delay.map(|n| 20 * n);
                }
                let piece = format!("x {client} {} y", written[client]);
                if f != "read" {
                    written[client] = (written[client] + 1) % if again { 6 } else { u64::MAX };
                }
                let call = Call { f, key, piece, delay, seen: store[key].seen, found: 0, told: None };
                file += &line("invoke", &call, Some(&call.piece).filter(|_| f != "read"));
                calls[client] = Some(call);
            }
            None => {}
            Some(call) if call.told.is_none() && call.delay[0] > 0 => call.delay[0] -= 1,
            Some(call) if call.told.is_none() => {
                let texts = &mut store[call.key];
                let mut text = texts.past.last().cloned().unwrap_or_default();
                match call.f {
                    "read" => {
                        let late = !lied && file.len() > bytes / 2;
                        let old =
                            |n: usize| texts.past[n].len() > 3 && texts.past[n] != texts.past[call.seen];
                        if late && lie == Lie::Past && call.seen > 0 && old(call.seen - 1) {
                            text = texts.past[call.seen - 1].clone();
                            lied = true;
                        }
                        let seen = &texts.past[call.seen];
                        if late
                            && lie == Lie::Exchanged
                            && seen.len() > 3
                            && text.starts_with(seen)
                            && seen[1] != seen[2]
                        {
                            text.swap(1, 2);
                            lied = true;
                        }
                        call.found = texts.past.len() - 1;
                        call.told = Some(text.concat());
                    }
                    f => {
                        if f == "write" {
                            text.clear();
                        }
                        text.push(call.piece.clone());
                        texts.past.push(text);
                        call.told = Some(call.piece.clone());
                    }
                }
            }
            Some(call) if call.delay[1] > 0 => call.delay[1] -= 1,
            Some(call) => {
                let texts = &mut store[call.key];
                texts.seen = texts.seen.max(call.found);
                file += &line("ok", call, call.told.as_ref());
                calls[client] = None;
            }
        }
    }
    assert!(lied, "seed {seed}: there was no occasion for a lie");
    file
}

#[test]
fn logs_of_many_clients_are_decided_in_few_steps() {
    let mut judged = [0; 2];
    for seed in 0..8 {
        for (clients, bytes) in [(10, 48_000), (50, 320_000)] {
            for lie in [Lie::None, Lie::Past, Lie::Exchanged] {
                let file = log(seed, clients, bytes, seed % 2 == 1, lie);
                let report =
                    judge_with(file.as_bytes(), BUDGET / 1_000, &mut |_| {}).expect("it is a history");
                let wrong = lie != Lie::None;
                let keys: Vec<_> = report.keys.iter().map(|k| (&k.key, &k.finding)).collect();
                assert_eq!(
                    report.exit_code(),
                    u8::from(wrong),
                    "seed {seed}, {clients} clients, {lie:?}: {keys:?}"
                );
                let broken = report.keys.iter().filter(|k| k.finding != Finding::Linearizable).count();
                assert_eq!(broken, usize::from(wrong), "seed {seed}, {clients} clients, {lie:?}: {keys:?}");
                judged[usize::from(wrong)] += 1;
            }
        }
    }
    println!("logs of 10 and 50 clients: {judged:?} judged rightly, 0 undecided");
}
