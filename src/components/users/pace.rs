//! How often users come: the rate over time, and the instant of the next arrival. It may not know what they come for.

use super::{Load, Settings, Shape};
use crate::stdx::{Duration, Instant, Random};
use std::f64::consts::PI;

/// A day's wave is cut into so many pieces of constant rate.
const PIECES: u64 = 96;

/// The rate as it was drawn, times what a fault makes of it.
#[derive(Clone, Debug)]
pub struct Pace {
    load: Load,
    rate: f64,
    shape: Shape,
    at: Instant,
    factor: f64,
    length: Duration,
    pub traffic: f64,
}

impl Pace {
    pub fn new(settings: &Settings, traffic: f64) -> Pace {
        Pace {
            load: settings.load,
            rate: settings.rate,
            shape: settings.shape,
            at: Instant::START + settings.shape_at,
            factor: settings.shape_factor,
            length: settings.shape_length,
            traffic,
        }
    }

    /// How many times the drawn load there is at this instant.
    pub fn level(&self, at: Instant) -> f64 {
        let shape = match self.shape {
            Shape::Flat => 1.0,
            Shape::Step if at >= self.at => self.factor,
            Shape::Spike if at >= self.at && at < self.at + self.length => self.factor,
            Shape::Step | Shape::Spike => 1.0,
            Shape::Wave => {
                let (piece, length) = (self.piece(), self.length.0.max(PIECES));
                let middle = (at.0 % length / piece.0) as f64 + 0.5;
                let swing = (self.factor - 1.0) / (self.factor + 1.0);
                // The trough is at the begin and the peak half a day later.
                1.0 - swing * libm::cos(2.0 * PI * middle / PIECES as f64)
            }
        };
        shape * self.traffic
    }

    fn piece(&self) -> Duration {
        Duration(self.length.0.max(PIECES).div_ceil(PIECES))
    }

    /// Until when the level stays as it is at this instant.
    pub fn steady_until(&self, at: Instant) -> Instant {
        let edges = match self.shape {
            Shape::Flat => [Instant::FAR; 2],
            Shape::Step => [self.at, Instant::FAR],
            Shape::Spike => [self.at, self.at + self.length],
            Shape::Wave => {
                let (piece, length) = (self.piece().0, self.length.0.max(PIECES));
                let day = at.0 - at.0 % length;
                [Instant(day + (at.0 % length / piece + 1) * piece), Instant(day + length)]
            }
        };
        edges.into_iter().find(|edge| *edge > at).unwrap_or(Instant::FAR)
    }

    /// When the next one comes; None: nobody ever. Exact for every shape: a unit of "need" (exponential for a Poisson
    /// process, 1 for a constant one) is used up at the rate of each steady piece.
    pub fn next(&self, now: Instant, random: &mut Random) -> Option<Instant> {
        if self.rate * self.traffic <= 0.0 {
            return None;
        }
        let mut need = match self.load {
            Load::Constant => 1.0,
            _ => -libm::log(random.unit_open()),
        };
        let mut at = now;
        loop {
            let rate = self.rate * self.level(at);
            let until = self.steady_until(at);
            let room = rate * (until - at).as_secs();
            if rate > 0.0 && need <= room {
                return Some(at + Duration::from_secs_f64(need / rate));
            }
            if until == Instant::FAR {
                return None;
            }
            need -= room;
            at = until;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(shape: Shape, load: Load) -> Pace {
        let settings = Settings {
            load,
            shape,
            rate: 1000.0,
            shape_at: Duration::from_secs(30),
            shape_factor: 3.0,
            shape_length: Duration::from_secs(10),
            ..Settings::default()
        };
        Pace::new(&settings, 1.0)
    }

    /// Arrivals in each of the first 60 seconds.
    fn counts(pace: &Pace) -> Vec<u32> {
        let (mut random, mut now, mut counts) = (Random::stream(1, 1), Instant::START, vec![0; 60]);
        while let Some(next) = pace.next(now, &mut random).filter(|at| at.as_secs() < 60.0) {
            counts[next.as_secs() as usize] += 1;
            now = next;
        }
        counts
    }

    #[test]
    fn each_shape_has_its_rate_in_every_second() {
        for load in [Load::Poisson, Load::Constant] {
            for (shape, expected) in [
                (Shape::Flat, [1000, 1000, 1000]),
                (Shape::Step, [1000, 3000, 3000]),
                (Shape::Spike, [1000, 3000, 1000]),
            ] {
                let counts = counts(&pace(shape, load));
                for (second, want) in [(5, expected[0]), (35, expected[1]), (45, expected[2])] {
                    let spread = if load == Load::Constant { 1 } else { 200 };
                    assert!(counts[second].abs_diff(want) <= spread, "{shape:?} {load:?} {second}: {counts:?}");
                }
            }
        }
    }

    #[test]
    fn a_wave_has_the_mean_rate_and_the_ratio_of_peak_to_trough() {
        let wave = pace(Shape::Wave, Load::Constant);
        let counts = counts(&wave);
        let total: u32 = counts.iter().sum();
        assert!(total.abs_diff(60_000) < 100, "{total}");
        let (peak, trough) = (wave.level(Instant(5_000_000_000)), wave.level(Instant(0)));
        assert!((peak / trough - 3.0).abs() < 0.01, "{peak} over {trough}");
    }

    #[test]
    fn gaps_of_a_poisson_stream_are_exponential() {
        let (pace, mut random) = (pace(Shape::Flat, Load::Poisson), Random::stream(2, 2));
        let n = 200_000;
        let gaps: Vec<f64> =
            (0..n).map(|_| (pace.next(Instant(7), &mut random).unwrap() - Instant(7)).as_secs()).collect();
        let mean = gaps.iter().sum::<f64>() / n as f64;
        let variance = gaps.iter().map(|g| g * g).sum::<f64>() / n as f64 - mean * mean;
        assert!((mean * 1000.0 - 1.0).abs() < 0.01 && (variance * 1e6 - 1.0).abs() < 0.02, "{mean} {variance}");
        let beyond = gaps.iter().filter(|g| **g > 0.002).count() as f64 / n as f64;
        assert!((beyond - libm::exp(-2.0)).abs() < 0.003, "{beyond}");
    }

    #[test]
    fn no_rate_brings_nobody() {
        let mut none = pace(Shape::Wave, Load::Poisson);
        none.traffic = 0.0;
        assert_eq!(none.next(Instant::START, &mut Random::stream(1, 1)), None);
    }
}
