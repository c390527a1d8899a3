//! Makes `course.json` of the Markdown files in `src/lessons`: prose becomes HTML here, so that the page carries no
//! Markdown reader. It knows the shape of a lesson file and nothing of what goals and boards mean.
//!
//! A lesson file: front matter (`key: value` lines between `---`), then `## ` steps with the sections `### Watch`,
//! `### Predict`, `### Do`, `### Explain`, then `## In the real world` and `## What this run leaves out`.
//! Fenced blocks carry data: `board` (the step's board), `plan` (what happens after the prediction), `solution`, and
//! `wrong NAME` (a wrong fix). List items begin with a goal in backticks; numbered items are hints.

use pulldown_cmark::{Event, Parser, html};
use serde_json::{Value, json};
use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new("src/lessons");
    println!("cargo:rerun-if-changed=src/lessons");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("src/lessons can be read")
        .map(|entry| entry.expect("a file of src/lessons").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    files.sort();
    let lessons: Vec<Value> = files
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("a lesson can be read");
            lesson(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
        })
        .collect();
    let out = Path::new(&env::var("OUT_DIR").expect("cargo names the folder")).join("course.json");
    fs::write(out, json!(lessons).to_string()).expect("the course can be written");
}

fn lesson(text: &str) -> Result<Value, String> {
    let rest = text.strip_prefix("---\n").ok_or("it begins with --- and the front matter")?;
    let (front, body) = rest.split_once("\n---\n").ok_or("the front matter ends with ---")?;
    let mut lesson = serde_json::Map::new();
    for line in front.lines() {
        let (key, value) =
            line.split_once(':').ok_or(format!("front matter: “{line}” is not “key: value”"))?;
        let value = value.trim();
        let value = match key {
            "number" | "chapter" | "minutes" => {
                json!(value.parse::<u32>().map_err(|e| format!("{key}: {e}"))?)
            }
            "needs" => {
                let numbers: Result<Vec<u32>, _> = value.split_whitespace().map(str::parse).collect();
                json!(numbers.map_err(|e| format!("{key}: {e}"))?)
            }
            "title" => json!(value),
            other => return Err(format!("front matter: there is no key “{other}”")),
        };
        lesson.insert(key.to_string(), value);
    }
    let mut steps = Vec::new();
    for (heading, part) in sections(body, "## ") {
        match heading.as_str() {
            "" => {
                lesson.insert("intro".into(), json!(prose(&part)));
            }
            "In the real world" => {
                lesson.insert("world".into(), json!(prose(&part)));
            }
            "What this run leaves out" => {
                lesson.insert("card".into(), json!(prose(&part)));
            }
            _ => steps.push(step(&heading, &part).map_err(|why| format!("step “{heading}”: {why}"))?),
        }
    }
    lesson.insert("steps".into(), json!(steps));
    for key in ["number", "title", "chapter", "minutes", "needs", "intro", "world", "card"] {
        lesson.get(key).ok_or(format!("it lacks “{key}”"))?;
    }
    Ok(Value::Object(lesson))
}

/// Parts a text at its headings of one level, leaving fenced blocks alone; the text before the first has none.
fn sections(text: &str, mark: &str) -> Vec<(String, String)> {
    let mut parts = vec![(String::new(), String::new())];
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        match line.strip_prefix(mark) {
            Some(heading) if !fenced => parts.push((heading.trim().to_string(), String::new())),
            _ => {
                let part = &mut parts.last_mut().expect("there is a first part").1;
                part.push_str(line);
                part.push('\n');
            }
        }
    }
    parts
}

/// Takes the fenced blocks out of a text: what is left, and (info string, content) of each.
fn blocks(text: &str) -> (String, Vec<(String, String)>) {
    let (mut rest, mut found) = (String::new(), Vec::new());
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(info), None) => open = Some((info.trim().to_string(), String::new())),
            (None, Some((_, content))) => {
                content.push_str(line);
                content.push('\n');
            }
            (None, None) => {
                rest.push_str(line);
                rest.push('\n');
            }
        }
    }
    (rest, found)
}

/// Takes list items out of a text: those with `- ` that begin with a goal in backticks, and the numbered ones.
fn items(text: &str) -> (String, Vec<(String, String)>, Vec<String>) {
    let (mut rest, mut goals, mut hints) = (String::new(), Vec::new(), Vec::new());
    for line in text.lines() {
        let goal = line.strip_prefix("- `").and_then(|l| l.split_once('`'));
        let hint =
            line.split_once(". ").filter(|(n, _)| n.len() == 1 && n.chars().all(|c| c.is_ascii_digit()));
        match (goal, hint) {
            (Some((goal, words)), _) => goals.push((goal.to_string(), words.trim().to_string())),
            (None, Some((_, words))) => hints.push(words.to_string()),
            _ => {
                rest.push_str(line);
                rest.push('\n');
            }
        }
    }
    (rest, goals, hints)
}

fn step(title: &str, text: &str) -> Result<Value, String> {
    let mut step = json!({ "title": title });
    for (heading, part) in sections(text, "### ") {
        let (rest, data) = blocks(&part);
        let block =
            |name: &str| data.iter().find(|(info, _)| info == name).map(|(_, content)| content.clone());
        let (rest, goals, hints) = items(&rest);
        let goals: Vec<Value> =
            goals.iter().map(|(goal, words)| json!({ "goal": goal, "words": line(words) })).collect();
        match heading.as_str() {
            "" => {
                if let Some(board) = block("board") {
                    step["board"] = json!(board);
                }
            }
            "Watch" => step["watch"] = json!(prose(&rest)),
            "Explain" => step["explain"] = json!(prose(&rest)),
            "Predict" => {
                let plan = block("plan").ok_or("its prediction has a plan")?;
                step["predict"] = json!({ "question": prose(&rest), "plan": plan, "options": goals });
            }
            "Do" => {
                let solution = block("solution").ok_or("it has a solution")?;
                let wrong: Vec<Value> = data
                    .iter()
                    .filter_map(|(info, content)| {
                        let (head, board) = content.split_once("\n---\n")?;
                        let name = info.strip_prefix("wrong ")?;
                        Some((name, head, board))
                    })
                    .map(|(name, head, board)| {
                        let (fails, why) = head.split_once('\n').unwrap_or((head, ""));
                        json!({ "name": name, "fails": fails.trim(), "why": prose(why), "board": board })
                    })
                    .collect();
                let hints: Vec<String> = hints.iter().map(|h| line(h)).collect();
                step["act"] = json!({
                    "text": prose(&rest), "goals": goals, "hints": hints, "solution": solution, "wrong": wrong,
                });
            }
            other => return Err(format!("there is no section “{other}”")),
        }
    }
    for key in ["board", "watch", "explain"] {
        step.get(key).ok_or(format!("it lacks {key}"))?;
    }
    Ok(step)
}

/// Markdown to HTML; HTML written by hand is dropped.
fn prose(text: &str) -> String {
    let events = Parser::new(text).filter(|e| !matches!(e, Event::Html(_) | Event::InlineHtml(_)));
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

/// One line of Markdown, without the paragraph around it.
fn line(text: &str) -> String {
    let html = prose(text);
    html.trim().trim_start_matches("<p>").trim_end_matches("</p>").to_string()
}
