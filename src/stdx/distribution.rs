//! Distributions of spans of time: service times, latencies, think times; sampled with `libm` only, so that every
//! machine draws the same nanosecond. It may not know what it is the time of.

use super::{Duration, Random};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A distribution of a non-negative span of time. Samples are rounded to whole nanoseconds.
#[derive(Clone, PartialEq, Debug)]
pub enum Distribution {
    /// Always the same.
    Fixed(Duration),
    /// Exponential with this mean; coefficient of variation 1.
    Exponential(Duration),
    /// Uniform between the two.
    Uniform(Duration, Duration),
    /// Log-normal with this mean and coefficient of variation (0 < cv ≤ 100).
    LogNormal { mean: Duration, cv: f64 },
    /// Sum of k exponentials, with this mean; squared coefficient of variation 1/k (1 ≤ k ≤ 1000).
    Erlang { k: u32, mean: Duration },
    /// Exponential of mean `a` with probability `p`, else of mean `b`.
    HyperExponential { p: f64, a: Duration, b: Duration },
    /// Pareto: least value `least`, tail index `alpha` > 0 (the mean is infinite for alpha ≤ 1).
    Pareto { least: Duration, alpha: f64 },
    /// Pareto with probability `p`, else exponential of this mean: the fits of Bailis et al., VLDB 2012, table 3.
    ParetoExponential { p: f64, least: Duration, alpha: f64, mean: Duration },
    /// `a` with probability `p`, else `b`: mostly quick, sometimes slow.
    TwoPoint { p: f64, a: Duration, b: Duration },
    /// One of these, each as likely (1 to 1000 values).
    Empirical(Arc<[Duration]>),
}

impl Distribution {
    pub fn sample(&self, random: &mut Random) -> Duration {
        match self {
            Distribution::Fixed(d) => *d,
            Distribution::Exponential(mean) => exponential(*mean, random),
            Distribution::Uniform(a, b) => *a + (*b - *a).scale(random.unit()),
            Distribution::LogNormal { mean, cv } => {
                let variance = libm::log(1.0 + cv * cv);
                let z = normal(random);
                mean.scale(libm::exp(libm::sqrt(variance) * z - variance / 2.0))
            }
            Distribution::Erlang { k, mean } => {
                let log: f64 = (0..*k).map(|_| -libm::log(random.unit_open())).sum();
                mean.scale(log / *k as f64)
            }
            Distribution::HyperExponential { p, a, b } => {
                let mean = if random.chance(*p) { *a } else { *b };
                exponential(mean, random)
            }
            Distribution::Pareto { least, alpha } => pareto(*least, *alpha, random),
            Distribution::ParetoExponential { p, least, alpha, mean } => {
                if random.chance(*p) {
                    pareto(*least, *alpha, random)
                } else {
                    exponential(*mean, random)
                }
            }
            Distribution::TwoPoint { p, a, b } => {
                if random.chance(*p) {
                    *a
                } else {
                    *b
                }
            }
            Distribution::Empirical(values) => values[random.below(values.len() as u64) as usize],
        }
    }

    /// The mean in seconds; infinite for a Pareto tail of index ≤ 1.
    pub fn mean(&self) -> f64 {
        let pareto = |least: &Duration, alpha: f64| {
            if alpha <= 1.0 { f64::INFINITY } else { least.as_secs() * alpha / (alpha - 1.0) }
        };
        match self {
            Distribution::Fixed(d) | Distribution::Exponential(d) => d.as_secs(),
            Distribution::Uniform(a, b) => (a.as_secs() + b.as_secs()) / 2.0,
            Distribution::LogNormal { mean, .. } | Distribution::Erlang { mean, .. } => mean.as_secs(),
            Distribution::HyperExponential { p, a, b } | Distribution::TwoPoint { p, a, b } => {
                p * a.as_secs() + (1.0 - p) * b.as_secs()
            }
            Distribution::Pareto { least, alpha } => pareto(least, *alpha),
            Distribution::ParetoExponential { p, least, alpha, mean } => {
                p * pareto(least, *alpha) + (1.0 - p) * mean.as_secs()
            }
            Distribution::Empirical(v) => v.iter().map(|d| d.as_secs()).sum::<f64>() / v.len() as f64,
        }
    }

    /// The span when it is always the same: a queue can then keep such timers in a plain line.
    pub fn constant(&self) -> Option<Duration> {
        match self {
            Distribution::Fixed(d) => Some(*d),
            _ => None,
        }
    }
}

fn exponential(mean: Duration, random: &mut Random) -> Duration {
    mean.scale(-libm::log(random.unit_open()))
}

fn pareto(least: Duration, alpha: f64, random: &mut Random) -> Duration {
    least.scale(libm::pow(random.unit_open(), -1.0 / alpha))
}

/// Standard normal by Box and Muller (1958), one of the pair.
fn normal(random: &mut Random) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(random.unit_open()));
    radius * libm::cos(2.0 * std::f64::consts::PI * random.unit())
}

impl Default for Distribution {
    fn default() -> Distribution {
        Distribution::Fixed(Duration::ZERO)
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distribution::Fixed(d) => d.fmt(f),
            Distribution::Exponential(mean) => write!(f, "exp({mean})"),
            Distribution::Uniform(a, b) => write!(f, "uniform({a},{b})"),
            Distribution::LogNormal { mean, cv } => write!(f, "lognormal({mean},{cv})"),
            Distribution::Erlang { k, mean } => write!(f, "erlang({k},{mean})"),
            Distribution::HyperExponential { p, a, b } => write!(f, "hyperexp({p},{a},{b})"),
            Distribution::Pareto { least, alpha } => write!(f, "pareto({least},{alpha})"),
            Distribution::ParetoExponential { p, least, alpha, mean } => {
                write!(f, "paretoexp({p},{least},{alpha},{mean})")
            }
            Distribution::TwoPoint { p, a, b } => write!(f, "twopoint({p},{a},{b})"),
            Distribution::Empirical(values) => {
                f.write_str("empirical(")?;
                for (i, v) in values.iter().enumerate() {
                    write!(f, "{}{v}", if i == 0 { "" } else { "," })?;
                }
                f.write_str(")")
            }
        }
    }
}

/// Why a text is not a distribution.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DistributionError {
    #[error(transparent)]
    Time(#[from] super::time::TimeError),
    #[error(
        "there is no distribution “{0}”: choose exp, uniform, lognormal, erlang, hyperexp, pareto, paretoexp, twopoint, empirical, or a plain time"
    )]
    NoSuch(String),
    #[error("{0} is written {1}")]
    Shape(&'static str, &'static str),
    #[error("“{0}” is not a number between {1} and {2}")]
    Number(String, &'static str, &'static str),
}

/// A plain time, or `name(argument, …)` as `Display` writes it.
impl FromStr for Distribution {
    type Err = DistributionError;
    fn from_str(text: &str) -> Result<Distribution, DistributionError> {
        let text = text.trim();
        let Some((name, rest)) = text.split_once('(') else {
            return Ok(Distribution::Fixed(text.parse()?));
        };
        let inner = rest.strip_suffix(')').ok_or(DistributionError::Shape("a distribution", "name(…)"))?;
        let arguments: Vec<&str> = inner.split(',').map(str::trim).collect();
        let time = |i: usize| arguments[i].parse::<Duration>().map_err(DistributionError::from);
        let number = |i: usize, low: f64, high: f64, names: (&'static str, &'static str)| {
            let wrong = || DistributionError::Number(arguments[i].to_string(), names.0, names.1);
            let x: f64 = arguments[i].parse().map_err(|_| wrong())?;
            if x.is_finite() && x >= low && x <= high { Ok(x) } else { Err(wrong()) }
        };
        let share = |i| number(i, 0.0, 1.0, ("0", "1"));
        let tail = |i| number(i, 0.01, 1000.0, ("0.01", "1000"));
        let shape = |what, how, n: usize| {
            if arguments.len() == n { Ok(()) } else { Err(DistributionError::Shape(what, how)) }
        };
        match name.trim() {
            "exp" => {
                shape("an exponential", "exp(mean), as in exp(12ms)", 1)?;
                Ok(Distribution::Exponential(time(0)?))
            }
            "uniform" => {
                shape("a uniform", "uniform(least,most)", 2)?;
                let (a, b) = (time(0)?, time(1)?);
                if a > b {
                    return Err(DistributionError::Shape(
                        "a uniform",
                        "uniform(least,most), the smaller first",
                    ));
                }
                Ok(Distribution::Uniform(a, b))
            }
            "lognormal" => {
                shape("a log-normal", "lognormal(mean,cv), as in lognormal(12ms,0.5)", 2)?;
                Ok(Distribution::LogNormal { mean: time(0)?, cv: number(1, 0.0, 100.0, ("0", "100"))? })
            }
            "erlang" => {
                shape("an Erlang", "erlang(k,mean), as in erlang(4,12ms)", 2)?;
                let k = number(0, 1.0, 1000.0, ("1", "1000"))?;
                Ok(Distribution::Erlang { k: k as u32, mean: time(1)? })
            }
            "hyperexp" => {
                shape("a hyper-exponential", "hyperexp(share,mean,other mean)", 3)?;
                Ok(Distribution::HyperExponential { p: share(0)?, a: time(1)?, b: time(2)? })
            }
            "pareto" => {
                shape("a Pareto", "pareto(least,alpha), as in pareto(1ms,1.5)", 2)?;
                Ok(Distribution::Pareto { least: time(0)?, alpha: tail(1)? })
            }
            "paretoexp" => {
                shape("a Pareto mixture", "paretoexp(share,least,alpha,mean of the rest)", 4)?;
                Ok(Distribution::ParetoExponential {
                    p: share(0)?,
                    least: time(1)?,
                    alpha: tail(2)?,
                    mean: time(3)?,
                })
            }
            "twopoint" => {
                shape("a two-point", "twopoint(share,time,other time)", 3)?;
                Ok(Distribution::TwoPoint { p: share(0)?, a: time(1)?, b: time(2)? })
            }
            "empirical" => {
                if arguments.len() > 1000 {
                    return Err(DistributionError::Shape(
                        "an empirical",
                        "empirical(a,b,…) with at most 1000 times",
                    ));
                }
                let values: Result<Vec<Duration>, _> = (0..arguments.len()).map(time).collect();
                Ok(Distribution::Empirical(values?.into()))
            }
            other => Err(DistributionError::NoSuch(other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 10] = [
        "12ms",
        "exp(12ms)",
        "uniform(1ms,3ms)",
        "lognormal(12ms,0.5)",
        "erlang(4,12ms)",
        "hyperexp(0.25,1ms,10ms)",
        "pareto(1ms,3)",
        "paretoexp(0.38,1.05ms,4,5.46ms)",
        "twopoint(0.99,1ms,100ms)",
        "empirical(1ms,2ms,9ms)",
    ];

    #[test]
    fn what_is_written_is_read() {
        for text in ALL {
            assert_eq!(text.parse::<Distribution>().map(|d| d.to_string()), Ok(text.to_string()));
        }
    }

    #[test]
    fn the_sample_mean_is_the_mean() {
        for text in ALL {
            let d: Distribution = text.parse().unwrap();
            let mut random = Random::stream(1, 2);
            let n = 400_000;
            let mean = (0..n).map(|_| d.sample(&mut random).as_secs()).sum::<f64>() / n as f64;
            assert!((mean / d.mean() - 1.0).abs() < 0.02, "{text}: {mean} for {}", d.mean());
        }
    }

    #[test]
    fn the_sample_spread_is_the_one_asked_for() {
        for (text, cv2) in
            [("exp(1s)", 1.0), ("erlang(4,1s)", 0.25), ("lognormal(1s,0.5)", 0.25), ("1s", 0.0)]
        {
            let d: Distribution = text.parse().unwrap();
            let mut random = Random::stream(3, 4);
            let n = 400_000;
            let squares: f64 = (0..n).map(|_| d.sample(&mut random).as_secs()).map(|s| s * s).sum();
            let variance = squares / n as f64 - d.mean() * d.mean();
            assert!((variance - cv2).abs() < 0.02, "{text}: {variance}");
        }
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        for text in [
            "",
            "12",
            "exp",
            "exp(",
            "exp()",
            "exp(12)",
            "exp(1ms,2ms)",
            "uniform(3ms,1ms)",
            "pareto(1ms,0)",
            "lognormal(1ms,NaN)",
            "hyperexp(2,1ms,1ms)",
            "gamma(1ms)",
            "empirical()",
        ] {
            assert!(text.parse::<Distribution>().is_err(), "{text}");
        }
    }
}
