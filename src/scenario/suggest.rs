//! Help for what was mistyped: the nearest word, and texts made fit to be shown. It may not know what the words are for.

/// The candidate nearest to the word, if one is near enough to be what was meant: the fewest letters to insert,
/// delete, change or swap with a neighbour (optimal string alignment), at most a third of the word, at least one. Of
/// equals the first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower: Vec<char> = word.to_lowercase().chars().take(LONGEST).collect();
    let limit = (lower.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|c| (distance(&lower, &c.to_lowercase().chars().take(LONGEST).collect::<Vec<_>>()), c))
        .filter(|(d, c)| {
            *d <= limit || (lower.len() >= 3 && c.to_lowercase().starts_with(&word.to_lowercase()))
        })
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// "Did you mean web?", or nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|c| format!("Did you mean {c}?"))
}

/// Words beyond this are compared by their beginnings only: the work stays bounded.
const LONGEST: usize = 48;

fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = change.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// At most 40 characters of a text, control characters made visible: what a message may quote.
pub fn clip(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(40)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

/// A message with a capital at its beginning.
pub fn sentence(message: &impl ToString) -> String {
    let text = message.to_string();
    let mut characters = text.chars();
    characters.next().map(|c| c.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// "a", "a and b", "a, b and c".
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_string(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(S::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_offered_when_it_is_near() {
        let words = ["users", "load-balancer", "app-server", "cache", "database", "web"];
        for (typed, meant) in [
            ("wbe", Some("web")),
            ("user", Some("users")),
            ("Cache", Some("cache")),
            ("databse", Some("database")),
            ("loadbalancer", Some("load-balancer")),
            ("load", Some("load-balancer")),
            ("queue", None),
            ("", None),
            ("zzz", None),
        ] {
            assert_eq!(nearest(typed, words), meant, "{typed}");
        }
    }

    #[test]
    fn what_is_quoted_is_short_and_visible() {
        assert_eq!(clip("a\u{0}b"), "a\\u{0}b");
        assert_eq!(clip(&"x".repeat(60)).chars().count(), 41);
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}
