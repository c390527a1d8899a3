//! One stream of random numbers, the same on every machine: PCG (O'Neill 2014, `pcg64_mcg`), seeded by hashing.
//! It may not know who draws from it.

use super::hash;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A stream of random numbers. Streams of different names never share luck: adding a machine changes nobody else's.
#[derive(Clone, Debug)]
pub struct Random(Pcg64Mcg);

impl Random {
    /// The stream `name` of the run `seed`.
    pub fn stream(seed: u64, name: u64) -> Random {
        let word = hash::fold(hash::mix(seed), name);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&word.to_le_bytes());
        bytes[8..].copy_from_slice(&hash::mix(word).to_le_bytes());
        Random(Pcg64Mcg::from_seed(bytes))
    }

    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform on [0, 1), 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform on (0, 1]: safe to take the logarithm of.
    pub fn unit_open(&mut self) -> f64 {
        ((self.word() >> 11) + 1) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform on 0..n without bias worth measuring (Lemire's multiply-shift; the bias is below n/2^64).
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "a choice among none");
        ((self.word() as u128 * n as u128) >> 64) as u64
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, name| {
            let mut r = Random::stream(seed, name);
            [r.word(), r.word(), r.word()]
        };
        assert_eq!(draw(7, 1), draw(7, 1));
        assert_ne!(draw(7, 1), draw(7, 2));
        assert_ne!(draw(7, 1), draw(8, 1));
    }

    #[test]
    fn draws_are_uniform() {
        let mut r = Random::stream(1, 1);
        let n = 100_000;
        let mean = (0..n).map(|_| r.unit()).sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 0.005, "{mean}");
        let mut counts = [0u32; 7];
        (0..n).for_each(|_| counts[r.below(7) as usize] += 1);
        assert!(counts.iter().all(|c| (*c as f64 / (n as f64 / 7.0) - 1.0).abs() < 0.05), "{counts:?}");
    }
}
