//! The paths and label places of the charts. It may know numbers only: what they measure is somebody else's affair.

use std::fmt::Write;

/// A curve's points over a box of `width` × `height`, as the `d` of an SVG path: x from 0 to 1 of the width, y from 0
/// (bottom) to `top`. A missing value breaks the line.
pub fn line(
    points: impl IntoIterator<Item = (f64, Option<f64>)>,
    top: f64,
    width: f64,
    height: f64,
) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    for (x, y) in points {
        let Some(y) = y else {
            pen_down = false;
            continue;
        };
        let _ = write!(
            path,
            "{}{:.1} {:.1}",
            if pen_down { 'L' } else { 'M' },
            x * width,
            height - (y / top).clamp(0.0, 1.0) * height
        );
        pen_down = true;
    }
    path
}

/// The area between two curves over the same x.
pub fn band(points: &[(f64, Option<f64>, Option<f64>)], top: f64, width: f64, height: f64) -> String {
    let mut path = String::new();
    for run in points.split(|(_, low, high)| low.is_none() || high.is_none()).filter(|run| !run.is_empty()) {
        let place = |x: f64, y: Option<f64>| {
            (x * width, height - (y.unwrap_or_default() / top).clamp(0.0, 1.0) * height)
        };
        for (i, (x, _, high)) in run.iter().enumerate() {
            let (x, y) = place(*x, *high);
            let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
        }
        for (x, low, _) in run.iter().rev() {
            let (x, y) = place(*x, *low);
            let _ = write!(path, "L{x:.1} {y:.1}");
        }
        path.push('Z');
    }
    path
}

/// Moves labels apart: none nearer than `apart` to the next, all within 0 and `height`, each as near as can be to where
/// it wants to stand. The order of the wishes is kept.
pub fn settle(wishes: &[f64], apart: f64, height: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by(|a, b| wishes[*a].total_cmp(&wishes[*b]).then(a.cmp(b)));
    // Blocks of labels that touch: each sits at the mean of what its labels want.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for index in &order {
        let mut block = (wishes[*index].clamp(0.0, height), 1);
        while let Some(last) = blocks.pop() {
            let reach = (last.1 + block.1) as f64 / 2.0 * apart;
            if block.0 - last.0 >= reach - 1e-9 {
                blocks.push(last);
                break;
            }
            let size = last.1 + block.1;
            // Each label of a block stands at a known distance from its centre, so centres mix by weight.
            let low = last.0 + (block.1 as f64) * apart / 2.0;
            let high = block.0 - (last.1 as f64) * apart / 2.0;
            let centre = (low * last.1 as f64 + high * block.1 as f64) / size as f64;
            block = (centre, size);
        }
        let half = (block.1 - 1) as f64 * apart / 2.0;
        block.0 = block.0.max(half).min((height - half).max(half));
        blocks.push(block);
    }
    let mut places = vec![0.0; wishes.len()];
    let mut next = 0;
    let mut least = f64::MIN;
    for (centre, size) in blocks {
        let first = centre - (size - 1) as f64 * apart / 2.0;
        for i in 0..size {
            let place = (first + i as f64 * apart).max(least);
            places[order[next]] = place;
            least = place + apart;
            next += 1;
        }
    }
    // Pushed past the bottom: back up from there.
    let mut most = height.max((wishes.len().saturating_sub(1)) as f64 * apart);
    for index in order.iter().rev() {
        places[*index] = places[*index].min(most);
        most = places[*index] - apart;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_breaks_where_nothing_was_measured() {
        let points = [(0.0, Some(0.0)), (0.5, Some(5.0)), (0.75, None), (1.0, Some(10.0))];
        assert_eq!(line(points, 10.0, 100.0, 40.0), "M0.0 40.0L50.0 20.0M100.0 0.0");
        assert_eq!(line([], 10.0, 100.0, 40.0), "");
    }

    #[test]
    fn a_band_is_closed_and_breaks_as_well() {
        let points = [(0.0, Some(0.0), Some(10.0)), (1.0, Some(5.0), Some(10.0))];
        assert_eq!(band(&points, 10.0, 10.0, 10.0), "M0.0 0.0L10.0 0.0L10.0 5.0L0.0 10.0Z");
        assert_eq!(band(&[(0.0, None, Some(1.0))], 10.0, 10.0, 10.0), "");
    }

    #[test]
    fn labels_keep_their_distance_and_their_box() {
        for wishes in [
            vec![],
            vec![10.0],
            vec![10.0, 12.0],
            vec![3.0, 1.0, 2.0],
            vec![40.0, 40.0, 40.0],
            vec![-5.0, 80.0, 20.0, 21.0],
        ] {
            let places = settle(&wishes, 14.0, 60.0);
            let mut sorted = places.clone();
            sorted.sort_by(f64::total_cmp);
            assert!(sorted.windows(2).all(|w| w[1] - w[0] >= 14.0 - 1e-9), "{wishes:?} {places:?}");
            assert!(sorted.iter().all(|p| (-1e-9..=60.0 + 1e-9).contains(p)), "{wishes:?} {places:?}");
            for (i, j) in (0..wishes.len()).flat_map(|i| (0..wishes.len()).map(move |j| (i, j))) {
                assert!(
                    wishes[i] >= wishes[j] || places[i] < places[j],
                    "the order is kept: {wishes:?} {places:?}"
                );
            }
        }
        assert_eq!(settle(&[10.0, 40.0], 14.0, 60.0), [10.0, 40.0]);
    }
}
