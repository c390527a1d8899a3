//! What a textbook says of a station that Poisson arrivals reach: Erlang's formula for c servers with exponential
//! service, and Allen and Cunneen's for any service. It may not know any machine.

/// The probability that an arrival has to wait (Erlang's C formula): `c` servers, of which `load` are busy on average
/// (arrivals a second times the mean service in seconds). 1 when they cannot keep up.
pub fn erlang_c(c: u32, load: f64) -> f64 {
    if c == 0 || load >= f64::from(c) {
        return 1.0;
    }
    // Erlang's B by its recursion: stable for any number of servers.
    let blocked = (1..=c).fold(1.0, |b, n| load * b / (f64::from(n) + load * b));
    f64::from(c) * blocked / (f64::from(c) - load * (1.0 - blocked))
}

/// How many wait on average: exact for M/M/c and for M/G/1 (Pollaczek and Khinchine), Allen and Cunneen's approximation
/// else. `variation` is the squared coefficient of variation of the service time: 1 for exponential, 0 for constant.
/// None when the station cannot keep up.
pub fn waiting(c: u32, load: f64, variation: f64) -> Option<f64> {
    let rho = load / f64::from(c.max(1));
    (rho < 1.0).then(|| erlang_c(c, load) * rho / (1.0 - rho) * (1.0 + variation) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formulas_give_the_textbooks_numbers() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 5e-4 * b.max(1.0), "{a} is not {b}");
        // M/M/1: ρ is the share that waits, ρ²/(1−ρ) wait.
        near(erlang_c(1, 0.8), 0.8);
        near(waiting(1, 0.8, 1.0).unwrap(), 3.2);
        // M/D/1 waits half as long.
        near(waiting(1, 0.8, 0.0).unwrap(), 1.6);
        // Erlang's own tables: two servers at 1 erlang, ten at 8.
        near(erlang_c(2, 1.0), 1.0 / 3.0);
        near(erlang_c(10, 8.0), 0.40918);
        assert_eq!((erlang_c(4, 4.0), waiting(4, 4.5, 1.0)), (1.0, None));
    }
}
