//! The texts of what is watched closely: clones one by one, single requests, the copies of one value, files. It may not
//! know where a text is shown.

use crate::paint::scale::short;
use crate::run::frame::{CloneLine, Condition, Copy, MachineView, Mark, MarkKind, Trace};
use crate::stdx::grouping::count;
use crate::stdx::{Duration, Instant};

pub mod watch {
    pub const CLOSE_CLONES: &str = "Close the clones";
    pub const REQUESTS: &str = "Requests";
    pub const NO_REQUESTS: &str = "No request has come back yet: let the run go on.";
    pub const NO_FAILURE: &str = "No request has failed so far.";
    pub const FAILURES: &str = "Why requests failed";
    pub const LATEST: &str = "The latest requests";
    pub const WAITING: &str = "waiting";
    pub const WORK: &str = "at work";
    pub const WIRE: &str = "on the line";
    pub const FOLLOW_KEY: &str = "Where is its value?";
    pub const UNDER_WAY: &str = "under way";
    pub const ANSWERED: &str = "answered";
    pub const GONE: &str = "The trace of this request is not kept any more.";
    pub const VALUES: &str = "Where is my value?";
    pub const KEPT_BY: &str = "Kept by";
    pub const HOLDS: &str = "Holds";
    pub const BEHIND: &str = "Behind";
    pub const OUTDATED: &str = "Outdated for";
    pub const NOTHING: &str = "nothing of it";
    pub const NEWEST: &str = "newest";
    pub const NOBODY_WROTE: &str = "Nobody has written yet: there is no value to look for.";
    pub const WHICH: &str = "Key to look for";
    pub const LAST_SEEN: &str = "what its users last saw";
}

pub fn clones_of(card: &str) -> String {
    format!("Clones of {card}")
}

pub fn open_clones(card: &str, clones: usize) -> String {
    format!("Open {card} into its {clones} clones")
}

/// A clone's line: how busy it is, or why it is not.
pub fn clone_live(view: &MachineView) -> (String, String) {
    match view.condition {
        Condition::Running if view.workers > 0 && view.waiting > 0 => {
            (view.busy.to_string(), format!("of {} busy, {} waiting", view.workers, view.waiting))
        }
        Condition::Running if view.workers > 0 => {
            (view.busy.to_string(), format!("of {} busy", view.workers))
        }
        Condition::Running => (view.live.number.clone(), view.live.text.clone()),
        other => (String::new(), super::condition(other)),
    }
}

/// "cut from lb": the other ends of a clone's lines that are cut.
pub fn cut_from(lines: &[CloneLine], clone: &str) -> String {
    let others = lines.iter().filter(|l| l.cut_forth || l.cut_back || l.partly);
    let others: Vec<&str> = others
        .map(|l| if l.name.from == clone { l.name.to.as_str() } else { l.name.from.as_str() })
        .collect();
    if others.is_empty() { String::new() } else { format!("cut from {}", others.join(", ")) }
}

pub fn cut_line(line: &str) -> String {
    format!("Cut {line}")
}

pub fn heal_line(line: &str) -> String {
    format!("Heal {line}")
}

pub fn requests_over(machine: &str) -> String {
    format!("Over {machine}")
}

/// "read key 3".
pub fn asked(trace: &Trace) -> String {
    format!("{} {}", trace.kind.name(), super::super::state::key_name(trace.key))
}

pub fn outcome(trace: &Trace) -> &'static str {
    match trace.outcome {
        None => watch::UNDER_WAY,
        Some(Ok(())) => watch::ANSWERED,
        Some(Err(cause)) => cause.name(),
    }
}

/// The symbol of how a request ended.
pub fn outcome_sign(trace: &Trace) -> &'static str {
    use crate::history::Cause;
    match trace.outcome {
        None => "d-asked",
        Some(Ok(())) => "d-answered",
        Some(Err(Cause::TimedOut)) => "d-timed-out",
        Some(Err(_)) => "d-refused",
    }
}

/// 68.2 ms, as number and unit.
pub fn span(d: Duration) -> (String, &'static str) {
    match d.0 {
        n if n >= 1_000_000_000 => (short(d.as_secs()), "s"),
        n if n >= 1_000_000 => (short(d.as_millis()), "ms"),
        n => (short(n as f64 / 1e3), "µs"),
    }
}

pub fn span_words(d: Duration) -> String {
    let (number, unit) = span(d);
    format!("{number} {unit}")
}

/// The name of a row of the list of requests.
pub fn request(trace: &Trace) -> String {
    format!("{}, {}, {} after {}", trace.who, asked(trace), outcome(trace), span_words(trace.took))
}

/// The waterfall in words, for those who do not see it.
pub fn waterfall(trace: &Trace) -> String {
    let hops = trace.hops.iter().skip(1).map(|h| {
        let waited = h.started.since(h.arrived);
        format!(
            " {}: waited {}, gone after {}.",
            h.machine,
            span_words(waited),
            span_words(h.answered.since(h.arrived))
        )
    });
    format!("{} at {:.3} s.{}", request(trace), trace.began.as_secs(), hops.collect::<String>())
}

pub fn times(n: u64) -> String {
    count(n)
}

/// "Newest is v7, for 2.1 s."
pub fn newest_since(at: Instant, now: Instant) -> String {
    format!("for {}", super::seconds(now.since(at)))
}

pub fn copies_newest(copies: &[Copy]) -> String {
    let held: Vec<_> = copies.iter().filter_map(|c| c.holds.as_ref()).collect();
    let newest = held.iter().filter(|p| p.behind == 0).count();
    match held.len() {
        1 => if newest == 1 { "The only copy is the newest." } else { "The only copy is outdated." }.into(),
        n => format!("{newest} of {n} copies are the newest."),
    }
}

/// The help's first lines.
pub const HELP: [&str; 3] = [
    "Drag a component onto the board, or choose it and click. Draw a line from a machine’s handle to the machine it asks.",
    "Take the scissors and cut a line: the verdicts say what clients saw of it, and show the proof.",
    "Press Enter on a machine or a link, or right click it, for everything that can befall it. The outline holds the same board as a list.",
];

/// An address asks for a ready board that there is not.
pub fn no_example(name: &str) -> String {
    format!("There is no example called “{name}”; Open lists those that there are.")
}

pub mod files {
    pub const EXAMPLES: &str = "Examples";
    pub const SAVED: &str = "Kept on this device";
    pub const TEXT: &str = "As text";
    pub const HINT: &str = "Paste a board here: in the notation, as JSON, or a link.";
    pub const LINK: &str = "Link to this board and this moment";
    pub const COPY_LINK: &str = "Copy link";
    pub const COPY_TEXT: &str = "Copy text";
    pub const KEEP: &str = "Keep on this device";
    pub const FILE: &str = "Open a file";
    pub const AS_FILE: &str = "As a file";
    pub const AS_PICTURE: &str = "As a picture";
    pub const NOTATION: &str = "Notation";
    pub const JSON: &str = "JSON";
    pub const SVG: &str = "SVG";
    pub const PNG: &str = "PNG";
    pub const DROP: &str = "A file can also be dropped anywhere on the board.";
    pub const TOO_LARGE: &str = "That file is too large for a board.";
    pub const UNREADABLE: &str = "That file cannot be read as text.";
    pub const EARLIER: &str = "Earlier on this device";
    pub const EARLIER_WHY: &str = "The latest boards that another one took the place of: one that was opened over them, or one of another tab.";
    pub const OTHER_VERSION: &str = "A board that this version cannot read";
    pub const UNSAVED: &str =
        "There is no room left on this device: the board is not kept any more. Save it as a file.";
}

/// A board that another one took the place of, and when.
pub fn earlier(title: &str, when: &str) -> String {
    format!("{title}, until {when}")
}

pub fn handed_out(name: &str) -> String {
    format!("Saved as {name}.")
}

/// Why a dropped file is no board.
pub fn no_board(why: &str) -> String {
    format!("That is no board. {why}")
}

pub mod settings {
    pub const SINGLES: &str = "Single letters are shortcuts";
    pub const SINGLES_WHY: &str = "Switch this off when you dictate or when keys are pressed by accident: shortcuts with Ctrl or ⌘ stay.";
}

pub fn not_exercised(n: usize) -> String {
    format!("{n} not exercised")
}

/// Marks that are told in one breath, and those among which new ones are looked for: the latest.
const TOLD: usize = 3;
const LATEST: usize = 32;

/// "db => copy cut, Linearizable broke.": the faults and verdicts that are new among the latest marks.
pub fn news(before: &[Mark], now: &[Mark]) -> String {
    let latest = |marks: &[Mark]| marks.len().saturating_sub(LATEST);
    let (before, now) = (&before[latest(before)..], &now[latest(now)..]);
    let new = now.iter().filter(|m| m.what != MarkKind::Edit && !before.contains(m));
    let new: Vec<&str> = new.take(TOLD).map(|m| m.text.as_str()).collect();
    if new.is_empty() { String::new() } else { format!("{}.", new.join(", ")) }
}

/// "At 12.483102 s.": where a step has led.
pub fn stands_at(at: Instant) -> String {
    format!("At {:.6} s.", at.as_secs())
}

/// "east, zone, 2 machines".
pub fn zone(document: &crate::scenario::Document, name: &str) -> String {
    let inside = document.machines.iter().filter(|m| m.zone.as_deref() == Some(name)).count();
    format!("{name}, zone, {}", super::counted(inside, "machine"))
}
