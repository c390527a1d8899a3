//! A small 64-bit hash that is the same on every machine: run hashes, replica contents, consistent hashing.
//! Not for anything an adversary can aim at.

/// Mixes the bits of one word (the finaliser of SplitMix64: Steele, Lea, Flood, OOPSLA 2014).
pub const fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Folds one more word into a running hash; the order of words matters.
pub const fn fold(hash: u64, word: u64) -> u64 {
    mix(hash.rotate_left(23) ^ word)
}

/// The hash of a text (FNV-1a, then mixed): the stable number of a name.
pub fn text(text: &str) -> u64 {
    let fnv =
        text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ b as u64).wrapping_mul(0x100_0000_01b3));
    mix(fnv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_pinned_for_ever() {
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_ne!(fold(fold(0, 1), 2), fold(fold(0, 2), 1));
        assert_ne!(text("web-1"), text("web-2"));
    }
}
