//! The command line as a shell meets it: what goes in, what comes out, with which code. It may not know what is inside.

use tradeoff::cli::{self, Shell};

/// Runs `tradeoff` with these arguments and this standard input: code, output, errors.
fn tradeoff(arguments: &[&str], input: &str) -> (u8, String, String) {
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let mut shell = Shell { input: &mut input.as_bytes(), out: &mut out, errors: &mut errors, bars: false };
    let code = cli::run([&["tradeoff"], arguments].concat(), &mut shell);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (code, text(out), text(errors))
}

const BOARD: &str = "seed 1\n\nusers u\ndatabase db\n\nu -> db\n";

#[test]
fn boards_go_from_form_to_form_and_back() {
    let (code, json, _) = tradeoff(&["format", "-", "--to", "json"], "users u\ndatabase db\nu->db");
    assert_eq!(code, 0);
    assert!(json.starts_with("{\n  \"tradeoff\": 1,"), "{json}");
    let (_, link, _) = tradeoff(&["format", "-", "--to", "link"], &json);
    assert!(link.starts_with("b1"), "{link}");
    let address = format!("https://example.org/#{}&t=2s", link.trim_end());
    assert_eq!(tradeoff(&["format", &address, "--to", "notation"], ""), (0, BOARD.into(), String::new()));
    assert_eq!(tradeoff(&["format", "-"], BOARD), (0, BOARD.into(), String::new()));
}

#[test]
fn an_example_is_opened_by_its_name() {
    let (code, text, _) = tradeoff(&["format", "three-tiers"], "");
    assert_eq!(code, 0);
    assert_eq!(text, tradeoff::scenario::examples::FIRST.text());
}

#[test]
fn problems_are_told_with_file_line_and_column() {
    let (code, out, errors) = tradeoff(&["format", "-"], "users u\ndatabase db\nu -> bd\nseed x\n");
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(
        errors,
        "-:3:6: error: There is no machine “bd”. Did you mean db?\n\
         -:4:6: error: “x” is not a seed. It is a whole number from 0 to 18446744073709551615.\n"
    );
    assert_eq!(tradeoff(&["format", "/no/such/file"], "").0, 2);
    let (code, _, errors) = tradeoff(&["format", "http://x/#b1rubbish"], "");
    assert_eq!((code, errors.as_str()), (2, "The link is not whole: it was cut or changed on its way.\n"));
    assert_eq!(tradeoff(&["frmat"], "").0, 2);
}

#[test]
fn a_sweep_compares_variants_on_the_same_seeds() {
    let board = "until 2s\nusers u rate=50/s\napp-server web\ndatabase db\nu -> web -> db";
    let sweep = ["sweep", "-", "--vary", "web.clones=1..2", "--vary", "db.read=1ms,2ms", "--seeds", "2"];
    let (code, table, _) = tradeoff(&sweep, board);
    assert_eq!(code, 0, "{table}");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 5, "{table}");
    assert!(lines[0].contains("web.clones  db.read") && lines[0].contains("goodput"), "{table}");
    assert!(lines[4].trim_start().starts_with("2      2ms"), "{table}");
    let (_, json, _) = tradeoff(&[&sweep[..], &["--report", "json"]].concat(), board);
    let told: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(told[3]["set"], serde_json::json!({ "web.clones": "2", "db.read": "2ms" }));
    assert_eq!(told[3]["runs"].as_array().map(Vec::len), Some(2));
    let (code, _, errors) = tradeoff(&["sweep", "-", "--vary", "web.clone=1..2"], board);
    assert_eq!((code, errors.as_str()), (2, "web has no setting “clone”. Did you mean clones?\n"));
}

#[test]
fn a_break_finds_the_fault_and_writes_it_as_the_board_does() {
    let board = "until 4s\nusers u rate=40/s timeout=200ms\ndatabase db\nu -> db";
    let (code, out, _) = tradeoff(&["break", "-", "--keep", "success >= 99%"], board);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("broken by\n    at 1.2s  cut u->db\n"), "{out}");
    // What it writes can be pasted.
    let (code, text, _) = tradeoff(&["run", "-"], &format!("{board}\nat 1.2s  cut u->db\n"));
    assert_eq!(code, 0, "{text}");
    let (code, out, _) = tradeoff(&["break", "-", "--keep", "linearizable holds", "--runs", "3"], board);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("kept\n3 runs; the search ended at its limit"), "{out}");
}

/// What the description of histories shows is judged as it says, and the shell is told.
#[test]
fn a_history_from_elsewhere_is_judged() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/histories.md");
    let text = std::fs::read_to_string(path).unwrap();
    let block = |language: &str| {
        let start = text.split(&format!("```{language}\n")).nth(1).expect("it is shown");
        start.split("```").next().unwrap().to_string()
    };
    let history = block("jsonl");
    let (code, out, errors) = tradeoff(&["judge", "-"], &history);
    assert_eq!((code, errors.as_str()), (1, ""));
    assert!(out.starts_with(&block("text")), "{out}");
    assert!(out.ends_with("\nnot linearizable: 4 operations on 1 key (model: cas-register)\n"), "{out}");
    let (code, json, _) = tradeoff(&["judge", "-", "--report", "json"], &history);
    let told: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &told["verdict"]), (1, &"not linearizable".into()));
    assert_eq!(told["keys"][0]["lines"], serde_json::json!([6, 7, 8, 9]));

    let lines: Vec<&str> = history.lines().collect();
    let (code, out, _) = tradeoff(&["judge", "-"], &lines[..7].join("\n"));
    assert_eq!(
        (code, out.lines().last()),
        (0, Some("linearizable: 3 operations on 1 key (model: cas-register)"))
    );
    let (code, out, _) = tradeoff(&["judge", "-", "--budget", "1"], &lines[..7].join("\n"));
    assert_eq!(code, 3, "{out}");
    let (code, out, errors) = tradeoff(&["judge", "-"], &format!("{}\n{{", lines[..3].join("\n")));
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(errors, "-:4: it is not an operation as JSON: the line ends within an object, column 1\n");
    let (code, _, errors) = tradeoff(&["judge", "docs"], "");
    assert_eq!((code, errors.as_str()), (2, "docs: is a directory\n"));

    // Of many keys those that are wrong come last, where they are seen.
    let read = |key, value| {
        let line = |kind, value| {
            format!(r#"{{"process":1,"type":"{kind}","f":"read","key":"{key}","value":{value}}}"#)
        };
        format!("{}\n{}\n", line("invoke", "null"), line("ok", value))
    };
    let keys = read("a", "1") + &read("b", "null");
    let (code, out, _) = tradeoff(&["judge", "-"], &keys);
    assert_eq!(code, 1);
    assert!(out.starts_with("b: linearizable (1 operation, by zones)\na: not linearizable"), "{out}");
}
