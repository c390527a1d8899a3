//! Shows what came of a validation: as text, as JSON, as a page of Markdown. It may not know how it was measured.

use super::carry::{Compared, Line, State};
use super::plan::Published;
use super::table::Table;
use serde_json::{Value as Json, json};

/// "n of m rows inside the tolerance", and what of the rest.
pub fn summary(lines: &[Line]) -> String {
    let count = |which: fn(&State) -> bool| lines.iter().filter(|l| which(&l.state)).count();
    let inside = count(|s| *s == State::Inside);
    let mut text = format!("{inside} of {} rows inside the tolerance", lines.len());
    for (n, what) in [
        (count(|s| *s == State::Outside), "outside"),
        (count(|s| matches!(s, State::NotReached(_))), "not reached"),
        (count(|s| matches!(s, State::Faulty(_))), "not right"),
    ] {
        if n > 0 {
            text += &format!(", {n} {what}");
        }
    }
    text + "."
}

/// A number with so many digits as its size asks for.
fn figure(x: f64) -> String {
    if x.is_nan() {
        return "not measured".into();
    }
    let size = x.abs();
    let text = match size {
        0.0 => return "0".into(),
        _ if !(1e-4..1e7).contains(&size) => return format!("{x:.3e}"),
        _ if size >= 1000.0 => format!("{x:.1}"),
        _ if size >= 10.0 => format!("{x:.3}"),
        _ if size >= 0.1 => format!("{x:.4}"),
        _ => format!("{x:.6}"),
    };
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

fn published(published: Published) -> String {
    let value = figure(published.value());
    match published {
        Published::Relative(..) | Published::Absolute(..) => value,
        Published::AtLeast(_) => format!("≥ {value}"),
        Published::AtMost(_) => format!("≤ {value}"),
    }
}

fn tolerance(published: Published) -> String {
    match published {
        Published::Relative(_, share) => format!("±{} %", figure(share * 100.0)),
        Published::Absolute(_, slack) => format!("±{}", figure(slack)),
        Published::AtLeast(_) | Published::AtMost(_) => "bound".into(),
    }
}

fn ours(number: &Compared) -> String {
    match number.error > 0.0 {
        true => format!("{} ± {}", figure(number.ours), figure(number.error)),
        false => figure(number.ours),
    }
}

fn word(state: &State) -> &'static str {
    match state {
        State::Inside => "inside",
        State::Outside => "outside",
        State::NotReached(_) => "not reached",
        State::Faulty(_) => "not right",
    }
}

fn reason(state: &State) -> Option<&str> {
    match state {
        State::NotReached(why) | State::Faulty(why) => Some(why),
        State::Inside | State::Outside => None,
    }
}

fn of<'a>(table: &'a Table, lines: &'a [Line]) -> impl Iterator<Item = &'a Line> {
    lines.iter().filter(|l| l.table == table.id)
}

pub fn text(tables: &[Table], lines: &[Line]) -> String {
    let mut out = String::new();
    for table in tables.iter().filter(|table| of(table, lines).next().is_some()) {
        out += &format!("\n{} · {}\n", table.id, table.title);
        for line in of(table, lines) {
            out += &format!("  {:>2}  {:<11}  {}\n", line.row, word(&line.state), line.label);
            for n in &line.numbers {
                let mark = if n.inside { ' ' } else { '✗' };
                out += &format!(
                    "    {mark} {:<34} published {:>12}   ours {:>24}   {}\n",
                    n.name,
                    published(n.published),
                    ours(n),
                    tolerance(n.published)
                );
            }
            for says in reason(&line.state).into_iter().chain(line.remarks.iter().map(String::as_str)) {
                out += &format!("      {says}\n");
            }
        }
    }
    out += &format!("\n{}\n", summary(lines));
    out
}

pub fn json(lines: &[Line]) -> Json {
    let number = |n: &Compared| {
        json!({
            "name": n.name,
            "published": n.published.value(),
            "ours": n.ours,
            "standard_error": n.error,
            "tolerance": tolerance(n.published),
            "inside": n.inside,
        })
    };
    let line = |l: &Line| {
        json!({
            "table": l.table,
            "row": l.row,
            "given": l.label,
            "state": word(&l.state),
            "reason": reason(&l.state),
            "seeds": l.seeds,
            "numbers": l.numbers.iter().map(number).collect::<Vec<_>>(),
            "remarks": l.remarks,
        })
    };
    json!({
        "rows": lines.iter().map(line).collect::<Vec<_>>(),
        "inside": lines.iter().filter(|l| l.state == State::Inside).count(),
        "of": lines.len(),
    })
}

pub fn markdown(tables: &[Table], lines: &[Line], effort: f64) -> String {
    let (command, short) = match effort < 1.0 {
        true => (
            format!("tradeoff validate --effort {effort} --report markdown"),
            format!(
                "\n**Short runs**, {} % as long as usual: a number may be off by 5.5 standard errors besides its tolerance.\n",
                figure(effort * 100.0)
            ),
        ),
        false => ("tradeoff validate --report markdown".to_string(), String::new()),
    };
    let mut out = format!(
        "# True to theory\n\n\
         {} Made by `{command}`.\n\n\
         Every row below is a board in the public notation, run as `tradeoff run` runs it; `tradeoff validate --boards` prints\n\
         the boards. “Ours” is the mean over several seeds with its standard error; a row runs until that is small against its\n\
         tolerance. A row counts as inside when every one of its numbers is.\n{short}",
        summary(lines)
    );
    for table in tables {
        out += &format!("\n## {}: {}\n\n", table.id, cell(&table.title));
        for (name, text) in
            [("Theory", &table.formula), ("Source", &table.source), ("Tolerance", &table.tolerance), ("Unit", &table.units)]
        {
            if !text.is_empty() {
                out += &format!("{name}: {}\n\n", cell(text));
            }
        }
        out += "| row | number | published | ours | tolerance | inside |\n|---|---|---:|---:|---:|---|\n";
        for line in of(table, lines) {
            let mut label = format!("{}. {}", line.row, cell(&line.label));
            for n in &line.numbers {
                let inside = if n.inside { "yes" } else { "**no**" };
                out += &format!(
                    "| {label} | {} | {} | {} | {} | {inside} |\n",
                    cell(&n.name),
                    published(n.published),
                    ours(n),
                    tolerance(n.published)
                );
                label.clear();
            }
            for says in reason(&line.state).into_iter().chain(line.remarks.iter().map(String::as_str)) {
                let mark = if reason(&line.state) == Some(says) { word(&line.state) } else { "" };
                out += &format!("| {label} | {} | | | | {mark} |\n", cell(says));
                label.clear();
            }
        }
    }
    out
}

/// A text as it may stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*").replace('<', "&lt;").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_digits_that_they_need() {
        for (x, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (19.0, "19"),
            (0.111111, "0.1111"),
            (0.00734, "0.00734"),
            (0.0000123, "1.230e-5"),
            (1763395.0, "1763395"),
            (100.0, "100"),
            (f64::NAN, "not measured"),
        ] {
            assert_eq!(figure(x), text);
        }
    }
}
