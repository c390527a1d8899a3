//! Every text of the page, in one place: what a translation has to replace. It may not know where a text is shown.

mod labels;
mod teaching;
mod watching;

pub use labels::*;
pub use teaching::*;
pub use watching::*;

use super::state::Speed;
use crate::components::Shelf;
use crate::paint::scale::{digits, short};
use crate::run::frame::{Chip, Condition, MachineView, Sample};
use crate::stdx::grouping::count;
use crate::stdx::{Duration, Instant};

pub const TITLE: &str = "Tradeoff";
pub const SELECTED: &str = ", selected";
pub const WAITING: &str = "waiting";
pub const BOARD_HELP: &str = "Machines and the links between them. Tab goes from one to the next, arrow keys move what is selected, the context menu key opens what can befall it.";
pub const NOTHING_UNDER_WAY: &str = "Nothing is under way.";
pub const COPIED: &str = "Copied.";
pub const FOLLOWING: &str = "Following";
pub const FOLLOWED_KEY: &str = "Followed key";
pub const EMPTY: &str = "An empty board";
pub const FIRST_USERS: &str = "Begin with users";

pub fn shelf(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Sends => "Send work",
        Shelf::Spreads => "Spread work",
        Shelf::Works => "Do work",
        Shelf::Keeps => "Keep data",
        Shelf::Holds => "Hold work",
    }
}

pub fn operations(n: u64) -> String {
    if n == 1 { "1 operation".into() } else { format!("{} operations", count(n)) }
}

pub fn unknown(why: &str) -> String {
    format!("Unknown: {why}")
}

pub fn proof_of(name: &str) -> String {
    format!("{}: {name}", verdict::SHOW_PROOF)
}

pub fn dot_scale(n: u64) -> String {
    if n <= 1 { "1 dot = 1 message".into() } else { format!("1 dot = {} messages", count(n)) }
}

/// "db, database, running".
pub fn machine_name(name: &str, label: &str, view: &MachineView) -> String {
    let label = label.to_ascii_lowercase();
    if view.clones.len() < 2 {
        return format!("{name}, {label}, {}", condition(view.condition));
    }
    let down = view
        .clones
        .iter()
        .filter(|c| matches!(c.condition, Condition::Refusing | Condition::Unreachable))
        .count();
    let state = match down {
        0 => condition(view.condition),
        n if n == view.clones.len() => "all down".into(),
        1 => "one down".into(),
        n => format!("{n} down"),
    };
    format!("{name}, {label} ×{}, {state}", view.clones.len())
}

pub fn condition(condition: Condition) -> String {
    match condition {
        Condition::Running => "running".into(),
        Condition::Refusing => "down, refuses".into(),
        Condition::Unreachable => "unreachable".into(),
        Condition::Paused => "paused".into(),
        Condition::Slow(k) => format!("slow ×{}", short(k)),
    }
}

/// The card's one line: a number and its words, or why there is none.
pub fn live(view: &MachineView) -> (String, String) {
    match view.condition {
        Condition::Running => (view.live.number.clone(), view.live.text.clone()),
        other => (String::new(), condition(other)),
    }
}

pub fn link_name(from: &str, to: &str, state: &str) -> String {
    format!("Link {from} to {to}, {state}")
}

pub fn loses(thousandths: u64) -> String {
    format!("loses {} %", short(thousandths as f64 / 10.0))
}

pub fn chip_age(chip: &Chip) -> String {
    match chip.outdated {
        None => "newest".into(),
        Some(age) => format!("{} old", seconds(age)),
    }
}

pub fn signed(n: i64) -> String {
    if n > 0 { format!("+{n}") } else { format!("−{}", n.unsigned_abs()) }
}

/// "4.3 s", "68 ms".
pub fn seconds(d: Duration) -> String {
    let s = d.as_secs();
    if s == 0.0 {
        "0 s".into()
    } else if s < 1.0 {
        format!("{} ms", digits(s * 1e3, 2))
    } else if s < 60.0 {
        format!("{s:.1} s")
    } else {
        format!("{:.0} min {:.0} s", (s / 60.0).floor(), s % 60.0)
    }
}

/// The clock: "00:12", ".48".
pub fn clock(at: Instant) -> (String, String) {
    let hundredths = at.0 / 10_000_000;
    let (minutes, rest) = (hundredths / 6_000, hundredths % 6_000);
    (format!("{minutes:02}:{:02}", rest / 100), format!(".{:02}", rest % 100))
}

pub fn speed(factor: f64) -> String {
    format!("{}×", digits(factor, 2))
}

/// The same in words where there is no factor.
pub fn pace(pace: Speed) -> String {
    match pace {
        Speed::Times(k) => speed(k),
        Speed::Flat => bar::FLAT.into(),
    }
}

pub fn seed(seed: u64) -> String {
    format!("seed {seed}")
}

pub fn line_at(machine: &str) -> String {
    format!("Line at {machine}")
}

/// A label of the time axis; the first carries the unit.
pub fn axis_time(at: f64, step: f64, first: bool) -> String {
    let number = if step >= 1.0 {
        format!("{at:.0}")
    } else if step >= 0.1 {
        format!("{at:.1}")
    } else {
        format!("{at:.2}")
    };
    if first { format!("{number} s") } else { number }
}

/// One instant's measurements as name and value, for the reading and the table.
pub fn sample(sample: &Sample) -> Vec<(&'static str, String)> {
    let ms = |d: Option<Duration>| d.map_or("–".into(), |d| format!("{} ms", short(d.as_millis())));
    // The sum of nothing is −0.
    let failed = sample.errors.iter().fold(0.0, |sum, (_, rate)| sum + rate);
    vec![
        ("At", format!("{:.2} s", sample.at.as_secs())),
        ("Tried", format!("{}/s", short(sample.tried))),
        ("Goodput", format!("{}/s", short(sample.goodput))),
        ("Failed", format!("{}/s", short(failed))),
        ("p50", ms(sample.p50)),
        ("p95", ms(sample.p95)),
        ("p99", ms(sample.p99)),
        ("Answers", count(sample.answered)),
        ("Worst age", seconds(sample.staleness)),
    ]
}

/// Whether a mark speaks of a cut: it is drawn in the colour of the cut.
pub fn is_cut(mark: &str) -> bool {
    mark.ends_with(" cut")
        || mark.contains(" cut from ")
        || mark.ends_with(" parted")
        || mark.ends_with(" isolated")
}

pub fn go_to(mark: &str, at: Instant) -> String {
    format!("{mark}, at {:.2} s", at.as_secs())
}

pub mod cap {
    pub const AVAILABLE: &str = "Available";
    pub const NEVER_PARTED: &str = "Never parted";
    pub const PACELC: &str = "PACELC: ";
}

/// "side A", as the board names it.
pub fn side(number: u32) -> String {
    format!("side {}", char::from(b'A' + (number % 26) as u8))
}

/// What the availability line says of the sides of the latest cut: name, share of good answers, tint.
pub fn availability(sides: &[(String, Option<f64>, u32)]) -> String {
    let broken: Vec<&str> =
        sides.iter().filter(|s| s.1.is_some_and(|x| x < 1.0)).map(|s| s.0.as_str()).collect();
    match broken.as_slice() {
        [] if sides.iter().all(|s| s.1.is_none()) => "Nobody asked".into(),
        [] => "On every side".into(),
        [one] => format!("Broken on {one}"),
        _ => "Broken on several sides".into(),
    }
}

pub fn in_this_run(label: &str) -> String {
    format!("In this run: {label}")
}

pub fn triangle(label: &str) -> String {
    format!("CAP triangle: {label}")
}

fn counted(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

pub mod edit {
    pub const OPEN: &str = "Open";
}

pub fn machines_and_links(document: &crate::scenario::Document) -> String {
    format!("{}, {}", counted(document.machines.len(), "machine"), counted(document.links.len(), "link"))
}

pub fn chosen(n: usize) -> String {
    format!("{n} things are selected. Arrow keys move them, Delete removes them.")
}

pub fn dollars(x: f64) -> String {
    format!("${x:.2}")
}

pub fn n_more(n: usize) -> String {
    format!("{n} more")
}

/// "Database, primary · running".
pub fn what_and_state(label: &str, role: Option<&str>, state: Condition) -> String {
    let role = role.map(|r| format!(", {r}")).unwrap_or_default();
    format!("{label}{role} · {}", condition(state))
}

pub fn arrow(wire: crate::components::Wire) -> &'static str {
    use crate::components::Wire;
    match wire {
        Wire::Calls => "→",
        Wire::Copies => "⇒",
        Wire::Mirrors => "⇔",
        Wire::Heartbeat => "⋯",
    }
}

pub fn wire(wire: crate::components::Wire) -> &'static str {
    use crate::components::Wire;
    match wire {
        Wire::Calls => "Requests",
        Wire::Copies => "Replication, one way",
        Wire::Mirrors => "Replication, both ways",
        Wire::Heartbeat => "Heartbeats",
    }
}

pub fn link_state(view: Option<&crate::run::frame::LinkView>) -> String {
    match view {
        Some(v) if v.cut_forth && v.cut_back => link::CUT.into(),
        Some(v) if v.cut_forth => link::CUT_FORTH.into(),
        Some(v) if v.cut_back => link::CUT_BACK.into(),
        Some(v) if v.partly => link::PARTLY.into(),
        _ => link::WHOLE.into(),
    }
}

pub fn both_ways(forth: f64, back: f64) -> String {
    format!("{} → {} ←", short(forth), short(back))
}

pub const NO_EVENTS: &str = "Nothing has happened yet: cut a line, crash a machine, change a setting.";

pub fn more_of(what: &str) -> String {
    format!("More for {what}")
}

pub const CLOSE: &str = "Close";

pub mod proof {
    pub const FIRST: &str = "First proof";
    pub const LATEST: &str = "Latest proof";
    pub const GO: &str = "Go there";
    pub const TIME: &str = "simulated time";
}

pub fn proof_is(name: &str) -> String {
    format!("Proof: {name} is broken")
}

pub fn times_since(n: u64, since: Option<Instant>) -> String {
    let times = if n == 1 { "once".into() } else { format!("{} times", count(n)) };
    since.map_or(format!(" {times}"), |at| format!(" {times} since {:.3} s", at.as_secs()))
}

pub fn which_of(latest: bool, n: u64) -> String {
    match (n, latest) {
        (0 | 1, _) => String::new(),
        (n, false) => format!("First of {}", count(n)),
        (n, true) => format!("Latest of {}", count(n)),
    }
}

pub fn proved_by(operations: usize) -> String {
    if operations == 1 {
        "1 operation proves it.".into()
    } else {
        format!("{operations} operations prove it.")
    }
}

pub fn later(gap: Duration) -> String {
    if gap.is_zero() { String::new() } else { format!("{} later", crate::judge::witness::say(gap)) }
}

/// The diagram in words, for those who do not see it.
pub fn diagram(diagram: &crate::judge::Diagram) -> String {
    let bars = diagram.bars.iter().map(|b| {
        let who = diagram.rows.get(b.row).map_or("", |r| r.name.as_str());
        let end = b.to.map_or("no answer".to_string(), |t| format!("answered at {:.3} s", t.as_secs()));
        format!(" {who}: {}, asked at {:.3} s, {end}.", b.text, b.from.as_secs())
    });
    format!("Space-time diagram. {}{}", diagram.sentence, bars.collect::<String>())
}

pub fn set_of(label: &str, of: &str) -> String {
    format!("{label} of {of}")
}

pub fn crash(machine: &str) -> String {
    format!("Crash {machine}")
}

pub fn restart(machine: &str) -> String {
    format!("Start {machine} again")
}

pub fn put_here(from: &str) -> String {
    format!("What {from} may be joined to")
}

pub fn connect_to(from: &str) -> String {
    format!("Connect {from} to")
}

pub fn versions(first: u64, newest: u64) -> String {
    format!("Versions from {first}, the oldest shown, to {newest}, the newest")
}

pub const SHEET_HEIGHT: &str = "Height of the sheet";
pub const DRAWER_HEIGHT: &str = "Height of the drawer";

pub const COMMANDS: &str = "Find a command";
pub const NO_COMMAND: &str = "No command has all these words. A command is done to what is selected.";
pub const NOT_ARRIVED: &str =
    "What runs the board has not arrived yet: it is asked for again until it is here.";
pub const NO_ROOM: &str = "There is no room left on this device.";

pub fn forget(name: &str) -> String {
    format!("Forget {name}")
}

pub fn saved(title: &str) -> String {
    format!("“{title}” is kept on this device.")
}

pub fn characters(n: usize) -> String {
    format!("{} characters: the board, the seed and the planned faults are all in it.", count(n as u64))
}
