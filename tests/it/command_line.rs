//! The binary as a shell meets it: what goes in, what comes out, with which code. It may not know what is inside.

use std::io::Write;
use std::process::{Command, Stdio};

/// Runs `tradeoff` with these arguments and this standard input: code, output, errors.
fn tradeoff(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tradeoff"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
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
    assert_eq!(text, tradeoff::scenario::examples::FIRST.text);
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
