//! Numbers for people: thousands apart. It may not know what is counted.

/// A whole number with its thousands apart by a narrow no-break space.
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// A decimal number's text with the thousands of its whole part apart by a narrow no-break space.
pub fn grouped(text: &str) -> String {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, ciphers) = whole.split_at(usize::from(whole.starts_with('-')));
    if ciphers.len() < 4 {
        return text.to_string();
    }
    let mut out = String::from(sign);
    for (i, c) in ciphers.chars().enumerate() {
        if i > 0 && (ciphers.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        assert_eq!(count(999), "999");
        assert_eq!(count(2914), "2\u{202f}914");
        assert_eq!(count(1_000_000), "1\u{202f}000\u{202f}000");
        assert_eq!(grouped("-12345.6789"), "-12\u{202f}345.6789");
    }
}
