//! How popular each key is: Zipf's law, drawn in constant time (Walker 1977, Vose 1991). It may not know who asks.

use crate::stdx::Random;
use std::sync::Arc;

/// Key i of n (from 0) is drawn with probability proportional to (i + 1)^-skew; skew 0 is uniform. Clones share the table.
#[derive(Clone, Debug)]
pub struct Popularity {
    table: Arc<[(f64, u32)]>,
}

impl Popularity {
    /// `keys` from 1, `skew` from 0.
    pub fn zipf(keys: u32, skew: f64) -> Popularity {
        let weights: Vec<f64> = (0..keys.max(1)).map(|i| libm::pow(i as f64 + 1.0, -skew)).collect();
        Popularity::of(&weights)
    }

    /// By weights of one's own; at least one must be above zero.
    pub fn of(weights: &[f64]) -> Popularity {
        let n = weights.len();
        let total: f64 = weights.iter().sum();
        let mut share: Vec<f64> = weights.iter().map(|w| w / total * n as f64).collect();
        let mut table: Vec<(f64, u32)> = (0..n as u32).map(|i| (1.0, i)).collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) =
            (0..n as u32).partition(|i| share[*i as usize] < 1.0);
        while let (Some(s), Some(l)) = (small.pop(), large.pop()) {
            table[s as usize] = (share[s as usize], l);
            share[l as usize] -= 1.0 - share[s as usize];
            if share[l as usize] < 1.0 {
                small.push(l);
            } else {
                large.push(l);
            }
        }
        Popularity { table: table.into() }
    }

    pub fn draw(&self, random: &mut Random) -> u32 {
        let column = random.below(self.table.len() as u64) as usize;
        let (share, other) = self.table[column];
        if random.unit() < share { column as u32 } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_zipfs_law() {
        let (n, draws) = (50u32, 400_000);
        for skew in [0.0, 0.8, 1.0, 1.5] {
            let popularity = Popularity::zipf(n, skew);
            let mut random = Random::stream(5, 5);
            let mut counts = vec![0u32; n as usize];
            (0..draws).for_each(|_| counts[popularity.draw(&mut random) as usize] += 1);
            let total: f64 = (1..=n).map(|i| libm::pow(i as f64, -skew)).sum();
            for (i, count) in counts.iter().enumerate() {
                let p = libm::pow(i as f64 + 1.0, -skew) / total;
                let spread = 5.0 * libm::sqrt(draws as f64 * p * (1.0 - p));
                assert!((*count as f64 - draws as f64 * p).abs() < spread, "skew {skew}, key {i}: {count}");
            }
        }
    }
}
