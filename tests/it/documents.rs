//! Documents that were written once are read for ever: each golden file of every past version, and what it says in the
//! notation of today. It may not know how they are read.

use std::fs;
use std::path::Path;
use tradeoff::scenario::fault::{Fault, VERBS};
use tradeoff::scenario::{notation, problem, share, version};

/// Compares with the file beside it, or writes it when `UPDATE_EXPECT` is set.
fn same_as(path: &Path, found: &str) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, found).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{} says otherwise", path.display());
}

#[test]
fn every_version_that_was_ever_written_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/documents");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "json"));
    files.sort();
    for number in 1..=version::VERSION {
        let prefix = format!("v{number}-");
        assert!(
            files.iter().any(|p| p.file_name().unwrap().to_str().unwrap().starts_with(&prefix)),
            "version {number} has no golden file"
        );
    }
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let document = version::read(&text).unwrap_or_else(|p| panic!("{}: {p:#?}", path.display()));
        assert_eq!(problem::whole(&document), [], "{}", path.display());
        same_as(&path.with_extension("tradeoff"), &notation::write(&document));
        assert_eq!(notation::parse(&notation::write(&document)), Ok(document.clone()));
        assert_eq!(version::read(&version::write(&document)), Ok(document));
    }
}

/// Links that are out in the world: they open for ever.
#[test]
fn every_link_that_was_ever_given_out_is_opened() {
    let link = "b1XY2xDsIwEEP_xXMGEFUl8itVhmtzERXkDuXCVOXfKS0wdLMt229BLRRZU4I_Oxhz3ESm6TYLG_ywQCgzPF5wmDQ_VVjqxxsXWzNazXDtXd-F5v7tOB7qkSqNZPxbXE7dNgkOj1nuOyoVzV9U1f2lhfYG&t=6.2s";
    let shared = share::read(link).unwrap();
    assert_eq!(notation::write(&shared.document), "seed 1\n\nusers u\ndatabase db\n\nu -> db\n");
    assert_eq!(shared.at.map(|at| at.to_string()).as_deref(), Some("6.2s"));
}

/// What the description of boards shows is read as it says.
#[test]
fn the_description_of_boards_is_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/boards.md");
    let text = fs::read_to_string(path).unwrap();
    let blocks = |language: &str| -> Vec<String> {
        let marked = text.split("```").skip(1).step_by(2);
        marked.filter_map(|b| b.strip_prefix(&format!("{language}\n"))).map(str::to_string).collect()
    };
    let boards = blocks("tradeoff");
    assert!(!boards.is_empty(), "a board is shown");
    for board in boards {
        let document = notation::parse(&board).unwrap_or_else(|p| panic!("{p:#?}"));
        assert_eq!(notation::write(&document), board);
    }
    let [json] = &blocks("json")[..] else { panic!("one board is shown in JSON") };
    version::read(json).unwrap_or_else(|p| panic!("{p:#?}"));
    let [faults] = &blocks("fault")[..] else { panic!("the faults are listed") };
    for line in faults.lines() {
        assert_eq!(line.parse::<Fault>().map(|f| f.to_string()), Ok(line.to_string()));
    }
    for verb in VERBS {
        assert!(faults.lines().any(|line| line.starts_with(verb.word)), "{} is not described", verb.word);
    }
}
