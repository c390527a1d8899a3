//! The size of a machine: how much faster the next larger is, and how much dearer. It may not know what it works on.

crate::choice! {
    /// Vertical scaling: the price grows faster than the speed, and there is a ceiling.
    pub enum Size {
        S = "s", "S", "A small machine: speed 1, price 1.";
        M = "m", "M", "Twice as fast as S at 2.2 times the price.";
        L = "l", "L", "Four times as fast as S at 5 times the price.";
        XL = "xl", "XL", "Eight times as fast as S at 12 times the price; there is nothing larger.";
    }
}

impl Size {
    /// How many times as fast as S.
    pub fn speed(self) -> f64 {
        match self {
            Size::S => 1.0,
            Size::M => 2.0,
            Size::L => 4.0,
            Size::XL => 8.0,
        }
    }

    /// What it costs, in prices of S.
    pub fn price(self) -> f64 {
        match self {
            Size::S => 1.0,
            Size::M => 2.2,
            Size::L => 5.0,
            Size::XL => 12.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_of_speed_rises_with_the_size() {
        let sizes = [Size::S, Size::M, Size::L, Size::XL];
        let per_speed: Vec<f64> = sizes.iter().map(|s| s.price() / s.speed()).collect();
        assert!(per_speed.is_sorted_by(|a, b| a < b), "{per_speed:?}");
    }
}
