//! The space-time diagram of a witness as plain data, and its drawing as text for the command line.
//! It draws what it is given; it decides nothing. Messages and bands are left for a room that saw them.

use super::witness::{Names, Pattern, Seen, Witness};
use crate::history::{Kind, OpId, Outcome, Process, SessionId, Value};
use crate::stdx::{Duration, Instant};

/// Whose life a horizontal line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Session(SessionId),
    Machine(Process),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub who: Who,
    pub name: String,
}

/// One operation, drawn from its invocation to its response.
#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    pub row: usize,
    pub op: OpId,
    pub kind: Kind,
    pub from: Instant,
    /// None if no answer came: drawn open to the right.
    pub to: Option<Instant>,
    /// The value it shows, for its colour.
    pub value: Option<Value>,
    /// In words: `write cart:12 → v7`.
    pub text: String,
    /// Whether it is one of the two that contradict each other.
    pub guilty: bool,
}

/// The bold bracket that joins the contradiction.
#[derive(Clone, PartialEq, Debug)]
pub struct Bracket {
    /// Indices into `bars`.
    pub first: usize,
    pub second: usize,
    pub from: Instant,
    pub to: Instant,
    /// From the end of the first to the beginning of the second; zero where there is no gap.
    pub gap: Duration,
    /// The gap in words: `39 ms later`.
    pub words: String,
}

/// A message between two rows; another room fills these in from what it saw.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    pub from: usize,
    pub to: usize,
    pub sent: Instant,
    /// None if it has not come; after the diagram's end if it came too late.
    pub arrived: Option<Instant>,
    pub value: Option<Value>,
    pub text: String,
}

/// A fault over some rows; another room fills these in.
#[derive(Clone, PartialEq, Debug)]
pub struct Band {
    pub rows: Vec<usize>,
    pub from: Instant,
    /// None while it lasts.
    pub to: Option<Instant>,
    pub text: String,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Diagram {
    pub sentence: String,
    pub key: String,
    pub from: Instant,
    pub to: Instant,
    /// What instants count, if that is no time: the lines of a file.
    pub counts: Option<&'static str>,
    pub rows: Vec<Row>,
    pub bars: Vec<Bar>,
    pub bracket: Option<Bracket>,
    pub messages: Vec<Message>,
    pub bands: Vec<Band>,
}

/// The diagram of a witness: one row per session, in the order in which they act.
pub fn of(witness: &Witness, names: &dyn Names) -> Diagram {
    let mut rows: Vec<Row> = Vec::new();
    let mut bars = Vec::new();
    for (index, seen) in witness.ops.iter().enumerate() {
        let who = Who::Session(seen.op.session);
        let row = rows.iter().position(|r| r.who == who).unwrap_or_else(|| {
            rows.push(Row { who, name: names.session(seen.op.session) });
            rows.len() - 1
        });
        let guilty = index == witness.between.0 || index == witness.between.1;
        bars.push(bar(row, seen, guilty, names));
    }
    for node in machines(witness.pattern) {
        rows.push(Row { who: Who::Machine(node), name: names.process(node) });
    }
    let from = bars.iter().map(|b| b.from).min().unwrap_or(witness.at);
    let to = bars.iter().filter_map(|b| b.to).max().unwrap_or(witness.at).max(witness.at);
    let (first, second) = witness.between;
    let bracket = (first != second).then(|| Bracket {
        first,
        second,
        from: bars[first].to.unwrap_or(bars[first].from),
        to: bars[second].to.unwrap_or(to),
        gap: witness.gap(),
        words: names.later(witness.gap()),
    });
    Diagram {
        sentence: witness.sentence(names),
        key: names.key(witness.key),
        from,
        to,
        counts: names.counts(),
        rows,
        bars,
        bracket,
        messages: Vec::new(),
        bands: Vec::new(),
    }
}

fn machines(pattern: Pattern) -> Vec<Process> {
    match pattern {
        Pattern::Diverged { node, other } => vec![node, other],
        Pattern::Unanswered { node } => vec![node],
        _ => Vec::new(),
    }
}

fn bar(row: usize, seen: &Seen, guilty: bool, names: &dyn Names) -> Bar {
    let op = &seen.op;
    let value = |v| names.value(op.key, v);
    let shown = match (op.kind, seen.read()) {
        (Kind::Update, Some(base)) => format!("{} → {}", value(base), value(op.value)),
        (_, _) => seen.shows().map_or(String::new(), value),
    };
    let end = match seen.outcome {
        Some(Outcome::Fail(cause) | Outcome::Unknown(cause)) => format!(" ({})", cause.name()),
        _ => String::new(),
    };
    let text = match op.kind {
        Kind::Write => format!("write {} = {shown}{end}", names.key(op.key)),
        Kind::Login => format!("login{end}"),
        kind => format!("{} {} → {shown}{end}", kind.name(), names.key(op.key)),
    };
    Bar {
        row,
        op: op.id,
        kind: op.kind,
        from: op.invoked,
        to: seen.returned.filter(|_| !matches!(seen.outcome, Some(Outcome::Unknown(_)))),
        value: seen.shows(),
        text: text.trim_end_matches(" → ").to_string(),
        guilty,
    }
}

/// Columns of the time axis in text.
const WIDTH: usize = 72;

/// The diagram as lines of text: bars over the rows, the bracket above, the time axis below.
pub fn render_text(diagram: &Diagram) -> String {
    let margin = diagram.rows.iter().map(|r| r.name.chars().count()).max().unwrap_or(0).max(4) + 2;
    let span = diagram.to.since(diagram.from).0.max(1);
    let column =
        |at: Instant| (at.since(diagram.from).0 as u128 * (WIDTH as u128 - 1) / span as u128) as usize;
    let mut lines = vec![diagram.sentence.clone(), String::new()];
    if let Some(bracket) = &diagram.bracket {
        let (a, b) = (column(bracket.from), column(bracket.to).max(column(bracket.from) + 1));
        let mut line = Line::new(margin);
        line.put(a, '┏');
        (a + 1..b).for_each(|c| line.put(c, '━'));
        line.put(b, '┓');
        if !bracket.gap.is_zero() {
            line.text(b + 2, &bracket.words);
        }
        lines.push(line.finish());
    }
    for (index, row) in diagram.rows.iter().enumerate() {
        let mut line = Line::new(margin);
        line.label(&row.name);
        let mut words = Vec::new();
        for bar in diagram.bars.iter().filter(|b| b.row == index) {
            let a = column(bar.from).min(WIDTH - 2);
            let b = bar.to.map_or(WIDTH - 1, column).max(a + 1);
            line.put(a, '├');
            (a + 1..b).for_each(|c| line.put(c, '─'));
            line.put(b, if bar.to.is_some() { '┤' } else { '┄' });
            words.push((a, bar.text.clone()));
        }
        for message in diagram.messages.iter().filter(|m| m.from == index || m.to == index) {
            let (at, sign) = match (message.from == index, message.arrived) {
                (true, _) => (message.sent, '●'),
                (false, Some(at)) if at <= diagram.to => (at, '▼'),
                (false, _) => (message.sent, '×'),
            };
            line.put(column(at), sign);
        }
        lines.push(line.finish());
        // The words of each bar stand below it, one line lower where two would touch.
        let mut shelves: Vec<Line> = Vec::new();
        for (at, text) in words {
            let free = shelves.iter().position(|shelf| shelf.end() < at + margin);
            let shelf = free.unwrap_or_else(|| {
                shelves.push(Line::new(margin));
                shelves.len() - 1
            });
            shelves[shelf].text(at, &text);
        }
        lines.extend(shelves.into_iter().map(Line::finish));
        for band in diagram.bands.iter().filter(|b| b.rows.last() == Some(&index)) {
            let mut line = Line::new(margin);
            let (a, b) = (column(band.from.max(diagram.from)), column(band.to.unwrap_or(diagram.to)));
            (a..=b.min(WIDTH - 1)).for_each(|c| line.put(c, '/'));
            line.text(a + 2, &format!(" {} ", band.text));
            lines.push(line.finish());
        }
    }
    lines.extend(axis(diagram, margin, column));
    lines.join("\n") + "\n"
}

fn axis(diagram: &Diagram, margin: usize, column: impl Fn(Instant) -> usize) -> [String; 2] {
    let (mut ruler, mut labels) = (Line::new(margin), Line::new(margin));
    (0..WIDTH).for_each(|c| ruler.put(c, '─'));
    labels.label(diagram.counts.unwrap_or("time"));
    let step = tick(diagram.to.since(diagram.from).0);
    let mut at = diagram.from.0.div_ceil(step) * step;
    while at <= diagram.to.0 {
        let c = column(Instant(at));
        if labels.end() < c + margin || labels.end() <= margin {
            ruler.put(c, '┬');
            let text = diagram.counts.map_or_else(|| Duration(at).to_string(), |_| at.to_string());
            labels.text(c, &text);
        }
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    [ruler.finish(), labels.finish()]
}

/// A round step (1, 2 or 5 times a power of ten) that gives four to eight ticks.
fn tick(span: u64) -> u64 {
    (0..19)
        .flat_map(|power| [1, 2, 5].map(|k| k * 10u64.pow(power)))
        .find(|step| span / step <= 8)
        .unwrap_or(10u64.pow(19))
}

/// A line of characters behind a margin.
struct Line {
    margin: usize,
    letters: Vec<char>,
}

impl Line {
    fn new(margin: usize) -> Line {
        Line { margin, letters: Vec::new() }
    }
    fn put(&mut self, column: usize, letter: char) {
        self.set(column + self.margin, letter);
    }
    fn set(&mut self, index: usize, letter: char) {
        if index >= self.letters.len() {
            self.letters.resize(index + 1, ' ');
        }
        self.letters[index] = letter;
    }
    fn text(&mut self, column: usize, text: &str) {
        text.chars().enumerate().for_each(|(n, letter)| self.put(column + n, letter));
    }
    fn label(&mut self, text: &str) {
        text.chars().enumerate().for_each(|(n, letter)| self.set(n, letter));
    }
    fn end(&self) -> usize {
        self.letters.len()
    }
    fn finish(self) -> String {
        self.letters.into_iter().collect::<String>().trim_end().to_string()
    }
}
