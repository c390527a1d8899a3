//! Round numbers for axes, and sliders over many powers of ten. It may know numbers only.

use crate::stdx::grouping::grouped;

/// A round step (1, 2 or 5 times a power of ten) that divides `span` into at most `most` parts.
pub fn round_step(span: f64, most: f64) -> f64 {
    if span.is_nan() || span <= 0.0 || most < 1.0 {
        return 1.0;
    }
    let power = libm::pow(10.0, libm::floor(libm::log10(span / most)));
    [1.0, 2.0, 5.0, 10.0]
        .map(|k| k * power)
        .into_iter()
        .find(|step| span / step <= most)
        .unwrap_or(10.0 * power)
}

/// The smallest round number (1, 2 or 5 times a power of ten) that is not below `x`: where an axis ends.
pub fn round_up(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return 1.0;
    }
    let power = libm::pow(10.0, libm::floor(libm::log10(x)));
    // A hair of slack, as 5e-3 is not exactly five times 1e-3.
    [1.0, 2.0, 5.0, 10.0]
        .map(|k| k * power)
        .into_iter()
        .find(|k| *k >= x * (1.0 - 1e-12))
        .unwrap_or(10.0 * power)
}

/// A slider's way from its least to its most value: even where the range is narrow, by powers where it is wide.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Slide {
    least: f64,
    most: f64,
    /// The smallest value above zero that the slider reaches, where it goes by powers.
    floor: Option<f64>,
    whole: bool,
}

impl Slide {
    /// `grain` is the smallest step that matters; `whole` allows whole numbers only.
    pub fn new(least: f64, most: f64, grain: f64, whole: bool) -> Slide {
        let floor = if least > 0.0 { least } else { grain };
        let wide = least >= 0.0 && floor > 0.0 && most / floor > 100.0;
        Slide { least, most, floor: wide.then_some(floor), whole }
    }

    /// The value at a position between 0 and 1: two significant digits where it goes by powers.
    pub fn value(&self, position: f64) -> f64 {
        let position = position.clamp(0.0, 1.0);
        if position == 0.0 {
            return self.least;
        }
        if position == 1.0 {
            return self.most;
        }
        let value = match self.floor {
            Some(floor) => digits(floor * libm::pow(self.most / floor, position), 2),
            None => {
                let step = round_step(self.most - self.least, 100.0);
                libm::round((self.least + (self.most - self.least) * position) / step) * step
            }
        };
        let value = if self.whole { libm::round(value) } else { value };
        value.clamp(self.least, self.most)
    }

    /// Where the value sits, between 0 and 1.
    pub fn position(&self, value: f64) -> f64 {
        let value = value.clamp(self.least, self.most);
        match self.floor {
            Some(floor) if value <= floor => 0.0,
            Some(floor) => libm::log(value / floor) / libm::log(self.most / floor),
            None => (value - self.least) / (self.most - self.least).max(f64::MIN_POSITIVE),
        }
    }
}

/// Rounded to so many significant digits.
pub fn digits(x: f64, n: i32) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let power = libm::floor(libm::log10(libm::fabs(x))) as i32 - n + 1;
    let unit = libm::pow(10.0, libm::fabs(power as f64));
    if power >= 0 { libm::round(x / unit) * unit } else { libm::round(x * unit) / unit }
}

/// A number as a person reads it at a glance: three digits, thousands apart by a thin space.
pub fn short(x: f64) -> String {
    let x = digits(x, 3);
    let size = libm::fabs(x);
    let text = if size >= 100.0 || size == libm::round(size) {
        format!("{x:.0}")
    } else if size >= 10.0 {
        format!("{x:.1}")
    } else {
        // Rounded already: the shortest text that means it.
        x.to_string()
    };
    grouped(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (span, most, step) in
            [(12.48, 7.0, 2.0), (60.0, 7.0, 10.0), (0.11, 6.0, 0.02), (0.0, 5.0, 1.0), (1e9, 8.0, 2e8)]
        {
            assert!((round_step(span, most) - step).abs() < step * 1e-9, "{span}");
        }
        for (x, up) in [(246.0, 500.0), (1.0, 1.0), (0.004, 0.005), (5e-3, 5e-3), (0.0, 1.0)] {
            assert!((round_up(x) - up).abs() < up * 1e-9, "{x}");
        }
    }

    #[test]
    fn a_wide_slider_goes_by_powers_and_a_narrow_one_evenly() {
        let wide = Slide::new(1.0, 1024.0, 1.0, true);
        assert_eq!([0.0, 0.5, 1.0].map(|p| wide.value(p)), [1.0, 32.0, 1024.0]);
        assert!((wide.position(32.0) - 0.5).abs() < 1e-9);
        let share = Slide::new(0.0, 1.0, 0.01, false);
        assert_eq!([0.0, 0.5, 0.909, 1.0].map(|p| share.value(p)), [0.0, 0.5, 0.91, 1.0]);
        let rate = Slide::new(0.0, 1e6, 0.1, false);
        assert_eq!(rate.value(0.0), 0.0);
        assert!(rate.value(0.001) >= 0.1);
        for slide in [wide, share, rate] {
            for n in 0..=200 {
                let value = slide.value(n as f64 / 200.0);
                assert!(
                    (slide.value(slide.position(value)) - value).abs() <= value * 1e-9,
                    "{slide:?} {value}"
                );
            }
        }
    }

    #[test]
    fn numbers_are_said_shortly() {
        for (x, text) in [
            (0.0, "0"),
            (84.0, "84"),
            (7.25, "7.25"),
            (7.2, "7.2"),
            (0.9994, "0.999"),
            (0.9996, "1"),
            (0.00312, "0.00312"),
            (84.16, "84.2"),
            (1234.0, "1\u{202f}230"),
            (0.5, "0.5"),
            (-12.0, "-12"),
        ] {
            assert_eq!(short(x), text);
        }
    }
}
