//! What may be a name on the board, and which one a new machine gets. It may not know what is named.

use crate::components::Wire;
use crate::scenario::fault::LinkName;
use crate::scenario::{Document, Link, Machine, limits, suggest};

/// Whether a text can name a machine or a zone; if not, why, in one sentence.
pub fn check(name: &str) -> Result<(), String> {
    let shown = suggest::clip(name);
    let mut characters = name.chars();
    match characters.next() {
        None => return Err("A name is missing.".into()),
        Some(first) if !first.is_alphabetic() => {
            return Err(format!("“{shown}” is not a name: a name begins with a letter."));
        }
        Some(_) => {}
    }
    if let Some(wrong) = characters.find(|c| !is_inside(*c)) {
        return Err(format!(
            "“{shown}” is not a name: “{}” cannot stand in one, only letters, digits, - and _ can.",
            wrong.escape_debug()
        ));
    }
    if name.chars().count() > limits::NAME {
        return Err(format!("“{shown}” is too long: a name has at most {} characters.", limits::NAME));
    }
    Ok(())
}

fn is_inside(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}

/// How many bytes at the text's start are the characters of a name. A hyphen that begins an arrow is none of them.
pub fn length(text: &str) -> usize {
    text.char_indices()
        .find(|(i, c)| !is_inside(*c) || text[*i..].starts_with("->"))
        .map_or(text.len(), |(i, _)| i)
}

/// The arrow that the text begins with.
pub fn arrow(text: &str) -> Option<Wire> {
    Wire::ALL.into_iter().find(|w| text.starts_with(w.arrow()))
}

/// The name of clone `number` (from 1) of a card that stands for several machines.
pub fn clone(card: &str, number: u32) -> String {
    format!("{card}-{number}")
}

/// The card and the number that a clone's name is made of: `web-2` → `web`, 2.
pub fn split_clone(name: &str) -> Option<(&str, u32)> {
    let (card, digits) = name.rsplit_once('-')?;
    let plain = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    Some((card, digits.parse().ok().filter(|_| plain)?))
}

impl Document {
    /// The machine that a name means: a card, or one clone of it.
    pub fn machine_meant(&self, name: &str) -> Option<&Machine> {
        self.machine(name).or_else(|| {
            let (card, number) = split_clone(name)?;
            self.machine(card).filter(|m| m.clones() > 1 && (1..=m.clones()).contains(&number))
        })
    }

    /// The lines that a link's name means: between cards, or between clones of theirs.
    pub fn links_meant(&self, name: &LinkName) -> impl Iterator<Item = &Link> {
        let card = |name: &str| self.machine_meant(name).map(|m| m.name.clone());
        let (from, to) = (card(&name.from), card(&name.to));
        let (wire, both_ways) = (name.wire, matches!(name.wire, Wire::Mirrors | Wire::Heartbeat));
        self.links.iter().filter(move |l| {
            let (tail, head) = (Some(&l.from), Some(&l.to));
            let along = tail == from.as_ref() && head == to.as_ref();
            let against = tail == to.as_ref() && head == from.as_ref();
            l.wire == wire && (along || both_ways && against)
        })
    }

    /// Whether a link's name means lines between the clones of one card: `store-1<=>store-2`, `store-1<=>store`.
    pub fn is_inside(&self, name: &LinkName) -> bool {
        let card = |name: &str| self.machine_meant(name).map(|m| m.name.as_str());
        let inside = |m: &Machine| m.clones() > 1 && m.kind.inner() == Some(name.wire);
        let one_clone = name.from == name.to && card(&name.from) != Some(&name.from);
        card(&name.from) == card(&name.to) && !one_clone && self.machine_meant(&name.from).is_some_and(inside)
    }

    /// A name that is still free: the wish itself, else with the first number that is free behind it (`web2`; not
    /// `web-2`, which is a clone's name).
    pub fn fresh_name(&self, wish: &str) -> String {
        let taken = |name: &str| {
            self.machines.iter().any(|m| m.name == name) || self.zones.iter().any(|z| z.name == name)
        };
        if !taken(wish) {
            return wish.to_string();
        }
        let stem = wish.trim_end_matches(|c: char| c.is_ascii_digit());
        (2u32..)
            .map(|n| {
                let number = n.to_string();
                let room = limits::NAME - number.len();
                format!("{}{number}", stem.chars().take(room).collect::<String>())
            })
            .find(|name| !taken(name))
            .expect("the numbers do not end before the names do")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::Kind;

    #[test]
    fn names_are_words() {
        for good in ["a", "web-2", "käufer", "app_server", "Ω9", &"x".repeat(40)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "2web", "-a", "a b", "a.b", "a=b", "a>b", "😀", "a\u{0}", &"x".repeat(41)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_arrow_ends_a_name() {
        for (text, name) in
            [("web-2->db", "web-2"), ("a-->b", "a-"), ("db=>copy", "db"), ("a..b", "a"), ("x", "x")]
        {
            assert_eq!(&text[..length(text)], name, "{text}");
        }
    }

    #[test]
    fn clones_are_told_from_cards() {
        assert_eq!(split_clone("web-2"), Some(("web", 2)));
        assert_eq!(split_clone("web-a-12"), Some(("web-a", 12)));
        for none in ["web", "web-", "web-02", "web-+2", "web-99999999999"] {
            assert_eq!(split_clone(none), None, "{none}");
        }
    }

    #[test]
    fn a_fresh_name_is_free() {
        let mut document = Document::default();
        let mut names = Vec::new();
        for _ in 0..4 {
            let name = document.fresh_name("web");
            names.push(name.clone());
            document.machines.push(Machine::new(Kind::ALL[0], name));
        }
        assert_eq!(names, ["web", "web2", "web3", "web4"]);
        assert_eq!(document.fresh_name("web3"), "web5");
        let long = "x".repeat(40);
        document.machines.push(Machine::new(Kind::ALL[0], long.clone()));
        assert_eq!(check(&document.fresh_name(&long)), Ok(()));
    }
}
