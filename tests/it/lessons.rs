//! Every lesson is proven by machine, both ways; and its prose states no number that nobody measures.

use tradeoff::lessons::course::{CHAPTERS, lessons};
use tradeoff::lessons::prove;

#[test]
fn every_lesson_is_proven_both_ways() {
    let mut failed = Vec::new();
    let mut count = 0;
    for lesson in lessons() {
        let claims = prove::lesson(lesson);
        assert!(claims.len() >= 3, "lesson {} claims next to nothing", lesson.number);
        count += claims.len();
        failed.extend(claims.into_iter().filter(|c| !c.shown));
    }
    assert!(failed.is_empty(), "{failed:#?}");
    println!("{count} claims of {} lessons shown", lessons().len());
}

#[test]
fn every_goal_that_forbids_something_lasts() {
    for lesson in lessons() {
        for step in &lesson.steps {
            for goal in step.act.iter().flat_map(|a| &a.goals) {
                let goal = goal.goal();
                let at_once = goal.metric.only_grows() && goal.value == 0.0 && goal.lasting.is_zero();
                assert!(
                    !at_once,
                    "lesson {}, {}: “{goal}” is met before anything happens",
                    lesson.number, step.title
                );
            }
        }
    }
}

/// A number with a unit in the prose must be a setting of the step's board or stand for what the learner's own run measures.
#[test]
fn the_prose_states_no_unmeasured_number() {
    for lesson in lessons() {
        for step in &lesson.steps {
            let mut texts = vec![step.watch.clone(), step.explain.clone()];
            texts.extend(step.predict.iter().map(|p| p.question.clone()));
            texts.extend(step.act.iter().flat_map(|a| a.hints.iter().cloned().chain([a.text.clone()])));
            for text in texts {
                for number in measured_numbers(&text) {
                    let drawn = step.board.replace([' ', '\n'], "");
                    assert!(
                        drawn.contains(&number),
                        "lesson {}, {}: “{number}” is neither on the board nor measured",
                        lesson.number,
                        step.title
                    );
                }
            }
        }
    }
}

/// Numbers directly followed by a unit (`40ms`, `99 %`, `12 s`), without the space.
fn measured_numbers(html: &str) -> Vec<String> {
    const UNITS: [&str; 6] = ["%", "ms", "s", "/s", "min", "µs"];
    let words: Vec<&str> = html.split(|c: char| c.is_whitespace() || "<>(),;".contains(c)).collect();
    let is_number = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_digit() || c == '.');
    let mut found = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let next = words.get(i + 1).copied().unwrap_or("").trim_end_matches('.');
        if is_number(word) && UNITS.contains(&next) {
            found.push(format!("{word}{next}"));
        }
        if let Some(unit) = UNITS.iter().find(|u| word.strip_suffix(**u).is_some_and(is_number)) {
            debug_assert!(!unit.is_empty());
            found.push(word.to_string());
        }
    }
    found
}

#[test]
fn the_course_is_in_order() {
    let numbers: Vec<u32> = lessons().iter().map(|l| l.number).collect();
    assert!(numbers.windows(2).all(|w| w[0] < w[1]), "{numbers:?}");
    for lesson in lessons() {
        assert!((1..=CHAPTERS.len() as u32).contains(&lesson.chapter));
        assert!(lesson.needs.iter().all(|n| *n < lesson.number));
        for text in [&lesson.intro, &lesson.world, &lesson.card] {
            assert!(text.len() > 40, "lesson {}", lesson.number);
        }
    }
}
