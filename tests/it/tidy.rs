//! Holds the house in order: who may know whom, that every file says what it is, that nothing is forgotten in a list,
//! that no file outgrows a reader. It reads the sources and runs nothing of them.

use std::fs;
use std::path::Path;

/// Room by room: which other rooms its files may name.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("stdx", &[]),
    ("sim", &["stdx"]),
    ("history", &["stdx"]),
    ("judge", &["history", "stdx"]),
    ("metrics", &["history", "stdx"]),
    ("components", &["sim", "history", "stdx"]),
    ("scenario", &["components", "sim", "stdx"]),
    ("editor", &["scenario", "components", "sim", "stdx"]),
    ("run", &["scenario", "components", "sim", "judge", "metrics", "history", "stdx"]),
    ("lessons", &["scenario", "run", "judge", "metrics", "components", "history", "sim", "stdx"]),
    (
        "ui",
        &["editor", "lessons", "run", "scenario", "components", "sim", "judge", "metrics", "history", "stdx"],
    ),
    ("cli", &["lessons", "run", "scenario", "components", "sim", "judge", "metrics", "history", "stdx"]),
];

/// Of the components' room: what a machine may name of it. Everything else there is another machine.
const COMMON: &[&str] = &["parameter", "parts", "protocol", "wiring"];

const LINES: usize = 510;

struct Source {
    /// From `src/`, without the ending: `components/cache/store`.
    path: String,
    text: String,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<Source>) {
        let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let inner = path.strip_prefix(root).unwrap().with_extension("");
                let path_text = inner.to_str().unwrap().replace('\\', "/");
                found.push(Source { path: path_text, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found
}

fn room(path: &str) -> &str {
    path.split('/').next().unwrap()
}

/// The paths `crate::a::b` that a text names, with the line, comments left out. `use crate::{a, b::c}` counts as each.
fn named(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap();
        for (at, _) in code.match_indices("crate::") {
            let before = code[..at].chars().last();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            let rest = &code[at + "crate::".len()..];
            if let Some(group) = rest.strip_prefix('{') {
                for item in group.split('}').next().unwrap().split(',') {
                    found.push((number + 1, item.trim().split("::").map(String::from).collect()));
                }
                continue;
            }
            let end =
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
            let path = rest[..end].trim_end_matches(':').split("::").map(String::from).collect();
            found.push((number + 1, path));
        }
    }
    found
}

/// Every place where a file names a room that its own may not know.
fn arrows(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        let own = room(&source.path);
        let Some((_, allowed)) = MAY_KNOW.iter().find(|(name, _)| *name == own) else { continue };
        for (line, path) in named(&source.text) {
            let other = path[0].as_str();
            if other != own && MAY_KNOW.iter().any(|(name, _)| *name == other) && !allowed.contains(&other) {
                wrong.push(format!("src/{}.rs:{line}: {own} may not know {other}", source.path));
            }
        }
        if own == "components" && source.path.contains('/') {
            wrong.extend(strangers(source));
        }
    }
    wrong
}

/// A machine that names another machine's file.
fn strangers(source: &Source) -> Vec<String> {
    let me = source.path.split('/').nth(1).unwrap();
    if COMMON.contains(&me) {
        return Vec::new();
    }
    let is_module = |name: &str| name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    let fine = |name: &str| name == me || COMMON.contains(&name) || !is_module(name);
    let mut wrong = Vec::new();
    for (line, path) in named(&source.text) {
        if let [room, module, ..] = path.as_slice()
            && room == "components"
            && !fine(module)
        {
            wrong.push(format!("src/{}.rs:{line}: {me} may not know {module}", source.path));
        }
    }
    wrong
}

#[test]
fn nobody_knows_whom_they_may_not() {
    let wrong = arrows(&sources());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_planted_arrow_is_found() {
    for (path, text, found) in [
        ("judge/register", "use crate::sim::World;", true),
        ("judge/register", "use crate::history::Op;", false),
        ("judge/register", "// as in crate::sim", false),
        ("sim/world", "let x = crate::components::Kind::ALL;", true),
        ("editor/tool", "use crate::{stdx::Instant, run::Run};", true),
        ("components/cache", "use crate::components::database::Database;", true),
        ("components/cache/store", "use crate::components::cache::Cache;", false),
        ("components/cache", "use crate::components::Kind;", false),
        ("run/state", "use crate::editor::Editor;", true),
    ] {
        let planted = [Source { path: path.into(), text: text.into() }];
        assert_eq!(!arrows(&planted).is_empty(), found, "{path}: {text}");
    }
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> =
        sources().iter().filter(|s| !s.text.starts_with("//!")).map(|s| s.path.clone()).collect();
    assert!(silent.is_empty(), "these files do not open with //!: {silent:?}");
}

#[test]
fn no_file_outgrows_its_reader() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|s| s.text.lines().count() > LINES)
        .map(|s| format!("{}: {} lines", s.path, s.text.lines().count()))
        .collect();
    assert!(long.is_empty(), "more than {LINES} lines, there is a second thing in the room: {long:?}");
}

/// A file beside the list that the list does not name would be forgotten silently.
#[test]
fn every_component_and_checker_is_in_its_list() {
    for room in ["components", "judge"] {
        let list = fs::read_to_string(format!("{}/src/{room}.rs", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for source in sources().iter().filter(|s| s.path.starts_with(&format!("{room}/"))) {
            let name = source.path.split('/').nth(1).unwrap();
            let named = list.contains(&format!("mod {name};")) || list.contains(&format!("{name}::"));
            assert!(named, "src/{room}.rs does not name {name}");
        }
    }
}

/// A card without a sign would be an empty corner on the board, in the palette and in pictures.
#[test]
fn every_component_has_its_glyph() {
    let sheet = fs::read_to_string(format!("{}/src/ui/icons.svg", env!("CARGO_MANIFEST_DIR"))).unwrap();
    for kind in tradeoff::components::Kind::ALL {
        let word = kind.info().word;
        assert!(sheet.contains(&format!("<symbol id=\"g-{word}\"")), "src/ui/icons.svg has no g-{word}");
    }
}
