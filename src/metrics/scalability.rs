//! The universal scalability law, fitted to measured throughputs: what contention and coherency cost as more work at the
//! same time (N. Gunther, Guerrilla Capacity Planning, 2007). It may not know what was measured.

/// X(N) = γN / (1 + α(N−1) + βN(N−1)).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scalability {
    /// Contention: the share of the work that is done one at a time.
    pub alpha: f64,
    /// Coherency: what each pair costs that must agree.
    pub beta: f64,
    /// Throughput of one alone.
    pub gamma: f64,
}

impl Scalability {
    /// The law that fits these (N, throughput) best: N/X is a sum of three known terms, so three linear equations are
    /// solved; every point counts by its relative error. None: fewer than three points that say something.
    pub fn fit(points: &[(f64, f64)]) -> Option<Scalability> {
        let mut sums = [[0.0; 4]; 3];
        for (n, x) in points.iter().filter(|(n, x)| *n > 0.0 && *x > 0.0) {
            let time = n / x;
            let terms = [1.0, n - 1.0, n * (n - 1.0)].map(|term| term / time);
            for (row, a) in sums.iter_mut().zip(terms) {
                for (cell, b) in row.iter_mut().zip(terms.into_iter().chain([1.0])) {
                    *cell += a * b;
                }
            }
        }
        let [one, contention, coherency] = solve(sums)?;
        let law = Scalability { alpha: contention / one, beta: coherency / one, gamma: 1.0 / one };
        (one > 0.0 && law.alpha.is_finite() && law.beta.is_finite()).then_some(law)
    }

    pub fn throughput(&self, n: f64) -> f64 {
        self.gamma * n / (1.0 + self.alpha * (n - 1.0) + self.beta * n * (n - 1.0))
    }

    /// Where more begin to be slower.
    pub fn peak(&self) -> f64 {
        ((1.0 - self.alpha) / self.beta).sqrt()
    }

    /// What no number of them exceeds, coherency left aside (Amdahl).
    pub fn limit(&self) -> f64 {
        self.gamma / self.alpha
    }

    /// How many one at a time would keep busy: where the line through the origin meets the limit.
    pub fn optimal(&self) -> f64 {
        1.0 / self.alpha
    }
}

/// Gauss' elimination with the largest pivot first. None: the equations do not decide.
fn solve(mut rows: [[f64; 4]; 3]) -> Option<[f64; 3]> {
    for i in 0..3 {
        let pivot = (i..3).max_by(|a, b| rows[*a][i].abs().total_cmp(&rows[*b][i].abs()))?;
        rows.swap(i, pivot);
        let lead = rows[i];
        // Terms of very different size are usual; nothing at all left is not.
        if lead[i].abs() <= 1e-300 {
            return None;
        }
        for (_, row) in rows.iter_mut().enumerate().filter(|(j, _)| *j != i) {
            let factor = row[i] / lead[i];
            row.iter_mut().zip(lead).for_each(|(cell, by)| *cell -= factor * by);
        }
    }
    Some([0, 1, 2].map(|i| rows[i][3] / rows[i][i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_is_found_again_in_its_own_points() {
        for law in [
            Scalability { alpha: 0.02773, beta: 0.0001044, gamma: 90.0 },
            Scalability { alpha: 0.02, beta: 0.02, gamma: 1.0 },
            Scalability { alpha: 0.001, beta: 1e-5, gamma: 90.0 },
        ] {
            let points: Vec<(f64, f64)> =
                [1.0, 8.0, 20.0, 50.0, 200.0].iter().map(|n| (*n, law.throughput(*n))).collect();
            let fit = Scalability::fit(&points).unwrap();
            for (a, b) in [(fit.alpha, law.alpha), (fit.beta, law.beta), (fit.gamma, law.gamma)] {
                assert!((a / b - 1.0).abs() < 1e-6, "{fit:?} for {law:?}");
            }
            assert!(fit.throughput(fit.peak()) >= fit.throughput(fit.peak() * 1.2));
        }
    }

    #[test]
    fn too_few_points_decide_nothing() {
        assert_eq!(Scalability::fit(&[]), None);
        assert_eq!(Scalability::fit(&[(0.0, 1.0), (1.0, 0.0)]), None);
    }
}
