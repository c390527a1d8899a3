//! The moving dots as pixels: a few shapes, drawn once from their distance functions, then stamped at quarters of a
//! pixel. It may know shapes and colours, and not what they mean.

use std::collections::BTreeMap;

/// Red, green, blue, alpha; the colour is not multiplied by alpha, as an `ImageData` wants it.
pub type Rgba = [u8; 4];

/// What a dot looks like, in a box of 12 board pixels around its centre.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shape {
    Small,
    Disc,
    Ring,
    /// Left half filled, the right half a ring.
    Half,
    /// A square with a notch at one corner.
    Notched,
    Diamond,
    /// A small card with a line on it.
    Card,
    /// A pointed tag.
    Tag,
    /// The spike of a heartbeat.
    Pulse,
}

/// One stamp: a shape in its ink, filled with the panel's colour where it is hollow, in a halo of the ground.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stamp {
    pub shape: Shape,
    pub ink: Rgba,
    pub fill: Rgba,
    pub ground: Rgba,
}

/// Positions are kept to this part of a pixel, so that slow dots glide.
const PHASES: i32 = 4;
/// Half the box of a stamp in board pixels: the largest shape and its halo.
const REACH: f32 = 8.5;
/// The halo around a shape, in board pixels.
const HALO: f32 = 1.5;

/// Signed distance to the shape's outline in board pixels; negative inside.
fn outline(shape: Shape, x: f32, y: f32) -> f32 {
    let r = (x * x + y * y).sqrt();
    let cut = |d: f32| d * std::f32::consts::FRAC_1_SQRT_2;
    match shape {
        Shape::Small => r - 2.75,
        Shape::Disc | Shape::Ring | Shape::Half => r - 4.75,
        Shape::Notched => (x.abs().max(y.abs()) - 4.5).max(cut(x - y - 5.5)),
        Shape::Diamond => cut(x.abs() + y.abs() - 6.0),
        Shape::Card => (x.abs() - 4.5).max(y.abs() - 4.0).max(cut(x - y - 5.5)),
        Shape::Tag => (y.abs() - 2.5).max(-4.75 - x).max(cut(x + y.abs() - 5.0)),
        Shape::Pulse => {
            let points = [(-5.25, 0.0), (-2.75, 0.0), (-1.0, -4.0), (1.25, 4.0), (2.75, 0.0), (5.25, 0.0)];
            points.windows(2).map(|leg| leg_distance(leg[0], leg[1], x, y)).fold(f32::MAX, f32::min) - 0.75
        }
    }
}

/// Signed distance to the part of the shape that carries the ink.
fn inked(shape: Shape, x: f32, y: f32) -> f32 {
    let r = (x * x + y * y).sqrt();
    match shape {
        Shape::Ring => (r - 3.9).abs() - 0.875,
        Shape::Half => ((r - 4.1).abs() - 0.875).min((r - 4.5).max(x)),
        Shape::Card => outline(shape, x, y).max(-((y - 1.25).abs() - 0.6).max(x.abs() - 2.25)),
        _ => outline(shape, x, y),
    }
}

fn leg_distance(a: (f32, f32), b: (f32, f32), x: f32, y: f32) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let t = (((x - a.0) * dx + (y - a.1) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    let (px, py) = (x - a.0 - dx * t, y - a.1 - dy * t);
    (px * px + py * py).sqrt()
}

/// `over` laid on `under`, neither multiplied by its alpha.
fn blend(under: Rgba, over: Rgba, cover: f32) -> Rgba {
    let over_alpha = over[3] as f32 / 255.0 * cover;
    let under_alpha = under[3] as f32 / 255.0 * (1.0 - over_alpha);
    let alpha = over_alpha + under_alpha;
    if alpha <= 0.0 {
        return [0; 4];
    }
    let mix = |i: usize| ((over[i] as f32 * over_alpha + under[i] as f32 * under_alpha) / alpha + 0.5) as u8;
    [mix(0), mix(1), mix(2), (alpha * 255.0 + 0.5) as u8]
}

/// A layer of pixels over the board, and the stamps that were already drawn at its scale.
#[derive(Clone, Debug, Default)]
pub struct Raster {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    /// Device pixels for a board pixel.
    scale: f32,
    stamps: BTreeMap<(Stamp, u8), Vec<Rgba>>,
    /// What holds a drawn pixel: left, top, right, bottom; right and bottom not included.
    drawn: Option<[usize; 4]>,
}

impl Raster {
    /// Makes the layer so many device pixels large, with so many device pixels for a board pixel (0.05 to 16). Forgets
    /// what was drawn when something changes.
    pub fn resize(&mut self, width: usize, height: usize, scale: f32) {
        let scale = scale.clamp(0.05, 16.0);
        if (width, height) != (self.width, self.height) {
            (self.width, self.height) = (width, height);
            self.pixels = vec![0; width * height * 4];
            self.drawn = None;
        }
        if scale != self.scale {
            self.scale = scale;
            self.stamps.clear();
        }
    }

    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The rectangle that holds everything drawn: left, top, width, height. None when nothing is.
    pub fn drawn(&self) -> Option<[usize; 4]> {
        self.drawn.map(|[left, top, right, bottom]| [left, top, right - left, bottom - top])
    }

    /// Wipes what was drawn, and says which rectangle that was.
    pub fn clear(&mut self) -> Option<[usize; 4]> {
        let area = self.drawn();
        if let Some([left, top, width, height]) = area {
            for row in top..top + height {
                let start = (row * self.width + left) * 4;
                self.pixels[start..start + width * 4].fill(0);
            }
        }
        self.drawn = None;
        area
    }

    /// Stamps a dot with its centre at a place in device pixels; `alpha` fades it, 0 to 1.
    pub fn stamp(&mut self, stamp: Stamp, x: f32, y: f32, alpha: f32) {
        let half = (REACH * self.scale).ceil() as i32 + 1;
        let (fx, fy) = ((x * PHASES as f32).round() as i32, (y * PHASES as f32).round() as i32);
        let (left, top) = (fx.div_euclid(PHASES) - half, fy.div_euclid(PHASES) - half);
        let side = 2 * half;
        let (right, bottom) = (left + side, top + side);
        if alpha <= 0.0 || right <= 0 || bottom <= 0 || left >= self.width as i32 || top >= self.height as i32
        {
            return;
        }
        let phase = (fx.rem_euclid(PHASES) * PHASES + fy.rem_euclid(PHASES)) as u8;
        let scale = self.scale;
        let image = self.stamps.entry((stamp, phase)).or_insert_with(|| draw(stamp, phase, half, scale));
        let (x0, y0) = (left.max(0), top.max(0));
        let (x1, y1) = (right.min(self.width as i32), bottom.min(self.height as i32));
        for row in y0..y1 {
            let from = ((row - top) * side + (x0 - left)) as usize;
            let to = (row as usize * self.width + x0 as usize) * 4;
            let line = &image[from..from + (x1 - x0) as usize];
            for (source, target) in line.iter().zip(self.pixels[to..].chunks_exact_mut(4)) {
                if source[3] == 0 {
                    continue;
                }
                if alpha >= 1.0 && (source[3] == 255 || target[3] == 0) {
                    target.copy_from_slice(source);
                } else {
                    target.copy_from_slice(&blend(
                        [target[0], target[1], target[2], target[3]],
                        *source,
                        alpha,
                    ));
                }
            }
        }
        let area = [x0 as usize, y0 as usize, x1 as usize, y1 as usize];
        let all = self.drawn.get_or_insert(area);
        *all = [all[0].min(area[0]), all[1].min(area[1]), all[2].max(area[2]), all[3].max(area[3])];
    }
}

fn draw(stamp: Stamp, phase: u8, half: i32, scale: f32) -> Vec<Rgba> {
    let (px, py) =
        ((phase as i32 / PHASES) as f32 / PHASES as f32, (phase as i32 % PHASES) as f32 / PHASES as f32);
    let cover = |distance: f32| (0.5 - distance * scale).clamp(0.0, 1.0);
    let mut image = Vec::with_capacity((4 * half * half) as usize);
    for row in 0..2 * half {
        for column in 0..2 * half {
            let x = ((column - half) as f32 + 0.5 - px) / scale;
            let y = ((row - half) as f32 + 0.5 - py) / scale;
            let edge = outline(stamp.shape, x, y);
            let halo = blend([0; 4], stamp.ground, cover(edge - HALO));
            let filled = blend(halo, stamp.fill, cover(edge));
            image.push(blend(filled, stamp.ink, cover(inked(stamp.shape, x, y))));
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Rgba = [200, 10, 10, 255];
    const GROUND: Rgba = [250, 250, 245, 255];
    const FILL: Rgba = [255, 255, 255, 255];

    fn stamp(shape: Shape) -> Stamp {
        Stamp { shape, ink: INK, fill: FILL, ground: GROUND }
    }

    fn drawn(shape: Shape, x: f32, y: f32, scale: f32) -> Raster {
        let mut raster = Raster::default();
        raster.resize(32, 32, scale);
        raster.stamp(stamp(shape), x, y, 1.0);
        raster
    }

    fn pixel(raster: &Raster, x: usize, y: usize) -> Rgba {
        let at = (y * raster.size().0 + x) * 4;
        raster.pixels()[at..at + 4].try_into().unwrap()
    }

    /// Every shape as letters: `#` ink, `o` fill, `.` halo, blank nothing.
    fn letters(shape: Shape) -> String {
        let raster = drawn(shape, 16.0, 16.0, 1.0);
        let letter = |p: Rgba| match p {
            [_, _, _, 0..128] => ' ',
            [r, g, _, _] if r.abs_diff(INK[0]) < 28 && g < 128 => '#',
            [_, _, 255, _] => 'o',
            _ => '.',
        };
        let rows = (8..24).map(|y| (8..24).map(|x| letter(pixel(&raster, x, y))).collect::<String>());
        rows.map(|row| row.trim_end().to_string()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn shapes_differ_without_colour() {
        let all = [
            Shape::Small,
            Shape::Disc,
            Shape::Ring,
            Shape::Half,
            Shape::Notched,
            Shape::Diamond,
            Shape::Card,
            Shape::Tag,
            Shape::Pulse,
        ];
        let seen: std::collections::BTreeSet<String> = all.into_iter().map(letters).collect();
        assert_eq!(seen.len(), all.len());
    }

    #[test]
    fn a_diamond_is_drawn_in_its_halo() {
        let picture = letters(Shape::Diamond);
        let rows: Vec<&str> = picture.lines().collect();
        assert_eq!(rows[8].trim(), "...##########...");
        assert_eq!(rows[0].trim(), "..");
    }

    #[test]
    fn quarters_of_a_pixel_move_it() {
        let (here, there) = (drawn(Shape::Disc, 16.0, 16.0, 1.0), drawn(Shape::Disc, 16.25, 16.0, 1.0));
        assert_ne!(here.pixels(), there.pixels());
        assert_eq!(here.pixels(), drawn(Shape::Disc, 16.05, 15.95, 1.0).pixels());
    }

    #[test]
    fn what_was_drawn_is_known_and_wiped() {
        let mut raster = drawn(Shape::Disc, 16.0, 16.0, 1.0);
        let [left, top, width, height] = raster.clear().unwrap();
        assert!(left <= 10 && top <= 10 && width >= 12 && height >= 12, "{left} {top} {width} {height}");
        assert!(raster.pixels().iter().all(|p| *p == 0));
        assert_eq!(raster.clear(), None);
    }

    #[test]
    fn edges_clip_and_nothing_far_away_is_drawn() {
        for (x, y) in [(0.0, 0.0), (31.5, 31.5), (-3.0, 16.0), (16.0, 35.0)] {
            let mut raster = Raster::default();
            raster.resize(32, 32, 1.0);
            raster.stamp(stamp(Shape::Disc), x, y, 1.0);
            assert!(raster.drawn().is_some(), "{x} {y}");
        }
        assert_eq!(drawn(Shape::Disc, -40.0, 16.0, 1.0).drawn(), None);
        assert_eq!(drawn(Shape::Disc, 16.0, 1e9, 1.0).drawn(), None);
        assert_eq!(drawn(Shape::Disc, f32::NAN, 16.0, 0.0).size(), (32, 32));
    }

    #[test]
    fn faded_dots_let_the_ground_through() {
        let mut raster = Raster::default();
        raster.resize(32, 32, 1.0);
        raster.stamp(stamp(Shape::Disc), 16.0, 16.0, 0.5);
        assert_eq!(pixel(&raster, 16, 16), [INK[0], INK[1], INK[2], 128]);
    }
}
