//! How fast simulated time passes. It may not know the clock on the wall.

/// So many simulated seconds a second, or as many as the machine can do.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Speed {
    Times(f64),
    Flat,
}

impl Speed {
    /// The slider goes by powers of ten from 0.01 (-2) to 100 (2); one notch more is "as fast as it can".
    pub const SLIDER: (f64, f64, f64) = (-2.0, 2.2, 0.1);

    pub fn from_slider(position: f64) -> Speed {
        if position > 2.05 {
            return Speed::Flat;
        }
        let exact = libm::pow(10.0, position.clamp(-2.0, 2.0));
        Speed::Times(crate::paint::scale::digits(exact, if position < 0.0 { 1 } else { 2 }))
    }

    pub fn slider(self) -> f64 {
        match self {
            Speed::Times(k) => libm::round(libm::log10(k) * 10.0) / 10.0,
            Speed::Flat => Speed::SLIDER.1,
        }
    }

    /// The factor by which flights look shorter than they are.
    pub fn factor(self) -> f64 {
        match self {
            Speed::Times(k) => k,
            Speed::Flat => 100.0,
        }
    }
}
