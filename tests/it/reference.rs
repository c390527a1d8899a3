//! One cheap row of every table of reference numbers, reproduced with short runs: `tradeoff validate` runs them all, and
//! longer. It may not know any table.

use tradeoff::cli::validate::{carry::State, quick, quick_text};

#[test]
fn a_row_of_every_table_is_reproduced() {
    let lines = quick();
    assert!(lines.len() >= 2, "there are no tables");
    let off = lines.iter().any(|line| line.state != State::Inside);
    assert!(!off, "{}", quick_text(&lines));
    let near =
        lines.iter().flat_map(|line| &line.numbers).filter(|number| number.published.slack().is_some());
    for number in near {
        // So short a run must still say something, of shares too.
        let size = number.published.value().abs().max(0.1);
        assert!(number.error <= 0.1 * size, "{}\n{}", number.name, quick_text(&lines));
    }
}
