//! Simulated time in whole nanoseconds: a point (`Instant`) and a span (`Duration`), with the way people write them.
//! It knows no clock: the only time here is the one that the event queue gives out.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

/// A point of simulated time: nanoseconds since the run began. 2^64 ns are 584 years.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Instant(pub u64);

/// A span of simulated time in whole nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Duration(pub u64);

impl Instant {
    pub const START: Instant = Instant(0);
    pub const FAR: Instant = Instant(u64::MAX);

    /// The span since `earlier`, zero if `earlier` is later.
    pub fn since(self, earlier: Instant) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Duration {
    pub const ZERO: Duration = Duration(0);
    pub const MAX: Duration = Duration(u64::MAX);

    pub const fn from_nanos(n: u64) -> Duration {
        Duration(n)
    }
    pub const fn from_micros(n: u64) -> Duration {
        Duration(n * 1_000)
    }
    pub const fn from_millis(n: u64) -> Duration {
        Duration(n * 1_000_000)
    }
    pub const fn from_secs(n: u64) -> Duration {
        Duration(n * 1_000_000_000)
    }

    /// Rounded to the nearest nanosecond; negative and NaN become zero, too large becomes `MAX`.
    pub fn from_secs_f64(s: f64) -> Duration {
        Duration((s * 1e9 + 0.5) as u64)
    }

    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1e9
    }

    pub fn as_millis(self) -> f64 {
        self.0 as f64 / 1e6
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self` times `k`, rounded, saturating.
    pub fn scale(self, k: f64) -> Duration {
        Duration((self.0 as f64 * k + 0.5) as u64)
    }

    pub fn saturating_mul(self, k: u64) -> Duration {
        Duration(self.0.saturating_mul(k))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, d: Duration) -> Instant {
        Instant(self.0.saturating_add(d.0))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;
    fn sub(self, earlier: Instant) -> Duration {
        self.since(earlier)
    }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, d: Duration) -> Duration {
        Duration(self.0.saturating_add(d.0))
    }
}

impl Sub for Duration {
    type Output = Duration;
    fn sub(self, d: Duration) -> Duration {
        Duration(self.0.saturating_sub(d.0))
    }
}

const UNITS: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// The largest unit that writes the value exactly with at most six decimals: `1.5s`, `250ms`, `3.609s`, `40ns`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        for (name, unit) in UNITS {
            let (whole, rest) = (self.0 / unit, self.0 % unit);
            // Days, hours and minutes only when whole: nobody writes 0.25min.
            if whole == 0 || (unit > 1_000_000_000 && rest != 0) {
                continue;
            }
            if rest == 0 {
                return write!(f, "{whole}{name}");
            }
            let millionths = rest as u128 * 1_000_000;
            if millionths.is_multiple_of(unit as u128) {
                let digits = format!("{:06}", millionths / unit as u128);
                return write!(f, "{whole}.{}{name}", digits.trim_end_matches('0'));
            }
        }
        write!(f, "{}ns", self.0)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Duration(self.0).fmt(f)
    }
}

/// Why a text is not a span of time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TimeError {
    #[error("“{0}” is not a time: write a number and a unit, as in 250ms, 1.5s, 10min")]
    NotATime(String),
    #[error("“{0}” is longer than 584 years")]
    TooLong(String),
}

/// A decimal number followed by one of d, h, min, s, ms, us (or µs), ns; a bare `0` needs no unit.
impl FromStr for Duration {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Duration, TimeError> {
        let wrong = || TimeError::NotATime(text.to_string());
        let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        if unit.is_empty() && number == "0" {
            return Ok(Duration::ZERO);
        }
        let unit = if unit == "µs" || unit == "μs" { "us" } else { unit };
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || number.ends_with('.') || fraction.contains('.') || fraction.len() > 15 {
            return Err(wrong());
        }
        let too_long = || TimeError::TooLong(text.to_string());
        // Exact: no floating point between what was written and what runs.
        let whole: u64 = whole.parse().map_err(|_| too_long())?;
        let mut nanos = whole as u128 * *unit as u128;
        if !fraction.is_empty() {
            let digits: u128 = fraction.parse().map_err(|_| wrong())?;
            let scale = 10u128.pow(fraction.len() as u32);
            nanos += (digits * *unit as u128 + scale / 2) / scale;
        }
        u64::try_from(nanos).map(Duration).map_err(|_| too_long())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_as_people_write_them() {
        for (text, nanos) in [
            ("12ms", 12_000_000),
            ("1.5s", 1_500_000_000),
            ("3.609s", 3_609_000_000),
            ("10min", 600_000_000_000),
            ("2h", 7_200_000_000_000),
            ("40ns", 40),
            ("1.25us", 1_250),
            ("0s", 0),
        ] {
            assert_eq!(text.parse(), Ok(Duration(nanos)), "{text}");
            assert_eq!(Duration(nanos).to_string(), text);
        }
        assert_eq!("90s".parse::<Duration>().map(|d| d.to_string()), Ok("90s".into()));
    }

    #[test]
    fn every_time_comes_back_from_its_text() {
        for nanos in (0..64).flat_map(|b| [1u64 << b, (1u64 << b) - 1, (1u64 << b) / 3]) {
            let text = Duration(nanos).to_string();
            assert_eq!(text.parse(), Ok(Duration(nanos)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in ["", "5", "ms", "1.s", ".5s", "1.2.3s", "-1s", "1e3s", "5 s", "99999999999d", "NaNs"] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }
}
