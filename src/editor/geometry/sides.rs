//! The tints behind the groups that a cut parts: rounded rectangles round the machines of each side, with a channel of
//! bare paper between two sides. Also the frame round a zone's machines. It may not know why they are parted.

use super::{Rect, Vector};

/// Paper left free between two sides.
pub const CHANNEL: f64 = 36.0;
/// Round the cards of a side: at the sides, above (its name stands there), below (chips hang there).
const PAD: (f64, f64, f64) = (32.0, 36.0, 44.0);

/// Room that a side's name takes, and that chips take below a card.
const NAME: Vector = Vector { x: 48.0, y: 16.0 };
const CHIP: f64 = 26.0;

/// The rectangles of one side; the first carries its name.
#[derive(Clone, PartialEq, Debug)]
pub struct Tint {
    pub name: String,
    pub rects: Vec<Rect>,
    /// Where the name begins: on the text's baseline.
    pub label: Vector,
}

/// The frame round the cards of a zone, or of a side that stands alone.
pub fn frame(hull: Rect) -> Rect {
    let (beside, above, below) = PAD;
    Rect {
        left: hull.left - beside,
        top: hull.top - above,
        right: hull.right + beside,
        bottom: hull.bottom + below,
    }
}

/// The tints of these sides, each given by its name and its cards. Sides that stand apart get one rectangle each; where
/// their machines stand mixed, a side gets several, and no rectangle ever lies on another side's card.
pub fn tints(sides: &[(String, Vec<Rect>)]) -> Vec<Tint> {
    let mut blocks: Vec<Vec<Rect>> = sides.iter().map(|(_, cards)| cards.clone()).collect();
    for side in 0..blocks.len() {
        let others: Vec<Rect> =
            (0..blocks.len()).filter(|o| *o != side).flat_map(|o| blocks[o].clone()).collect();
        blocks[side] = joined(std::mem::take(&mut blocks[side]), &others);
    }
    let framed: Vec<Vec<Rect>> = (0..blocks.len())
        .map(|side| {
            let others = || (0..blocks.len()).filter(|o| *o != side).flat_map(|o| &blocks[o]);
            let frames = blocks[side]
                .iter()
                .map(|block| others().fold(frame(*block), |frame, other| yielding(frame, *block, *other)));
            frames.collect()
        })
        .collect();
    let named = sides.iter().zip(framed).filter(|(_, rects)| !rects.is_empty());
    named
        .map(|((name, _), mut rects)| {
            rects.sort_by(|a, b| (b.width() * b.height()).total_cmp(&(a.width() * a.height())));
            let first = rects[0];
            Tint { name: name.clone(), label: label(first, sides), rects }
        })
        .collect()
}

/// Where a side's name stands: in the first corner of its rectangle where it lies on no card.
fn label(tint: Rect, sides: &[(String, Vec<Rect>)]) -> Vector {
    let (left, right) = (tint.left + 16.0, tint.right - 16.0 - NAME.x);
    let (top, bottom) = (tint.top + 22.0, tint.bottom - 6.0);
    let corners =
        [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| Vector::new(x, y));
    let free = |at: &Vector| {
        let words = Rect { left: at.x, top: at.y - NAME.y + 4.0, right: at.x + NAME.x, bottom: at.y + 4.0 };
        let cards = sides.iter().flat_map(|(_, cards)| cards);
        !cards.clone().any(|card| Rect { bottom: card.bottom + CHIP, ..*card }.overlaps(words))
    };
    corners.into_iter().find(free).unwrap_or(corners[0])
}

/// Joins blocks as long as their hull lies clear of the other sides' blocks: the nearest two first.
fn joined(mut blocks: Vec<Rect>, others: &[Rect]) -> Vec<Rect> {
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for i in 0..blocks.len() {
            for j in i + 1..blocks.len() {
                let hull = blocks[i].union(blocks[j]);
                let wide = hull.grown(4.0);
                // A hull may swallow a third block of its own side, never one of another.
                if !others.iter().any(|other| other.overlaps(wide)) {
                    let away = blocks[i].centre().distance(blocks[j].centre());
                    if best.is_none_or(|(least, ..)| away < least) {
                        best = Some((away, i, j));
                    }
                }
            }
        }
        let Some((_, i, j)) = best else { return blocks };
        let other = blocks.swap_remove(j);
        blocks[i] = blocks[i].union(other);
    }
}

/// The frame drawn back so that half a channel stays free to the other block, on the axis where they are furthest
/// apart; it never cuts into its own block.
fn yielding(frame: Rect, block: Rect, other: Rect) -> Rect {
    if !frame.grown(CHANNEL).overlaps(self::frame(other)) {
        return frame;
    }
    let half = CHANNEL / 2.0;
    let gaps = [
        other.left - block.right,
        block.left - other.right,
        other.top - block.bottom,
        block.top - other.bottom,
    ];
    let widest = (0..4).max_by(|a, b| gaps[*a].total_cmp(&gaps[*b])).expect("there are four");
    let mut frame = frame;
    match widest {
        0 => frame.right = frame.right.min((block.right + other.left) / 2.0 - half).max(block.right),
        1 => frame.left = frame.left.max((block.left + other.right) / 2.0 + half).min(block.left),
        2 => frame.bottom = frame.bottom.min((block.bottom + other.top) / 2.0 - half).max(block.bottom),
        _ => frame.top = frame.top.max((block.top + other.bottom) / 2.0 + half).min(block.top),
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(x: f64, y: f64) -> Rect {
        Rect::around(Vector::new(x, y), 144.0, 72.0)
    }

    fn tinted(sides: &[&[(f64, f64)]]) -> Vec<Tint> {
        let sides: Vec<(String, Vec<Rect>)> = sides
            .iter()
            .enumerate()
            .map(|(i, cards)| (format!("side {i}"), cards.iter().map(|(x, y)| card(*x, *y)).collect()))
            .collect();
        tints(&sides)
    }

    #[test]
    fn two_sides_apart_are_two_rectangles_with_a_channel_between() {
        let tints = tinted(&[
            &[(96.0, 252.0), (512.0, 252.0), (728.0, 128.0), (728.0, 376.0)],
            &[(972.0, 128.0), (972.0, 376.0)],
        ]);
        assert_eq!(tints.iter().map(|t| t.rects.len()).collect::<Vec<_>>(), [1, 1]);
        assert_eq!((tints[0].rects[0].right, tints[1].rects[0].left), (832.0, 868.0));
    }

    #[test]
    fn a_sides_name_stands_where_no_card_hides_it() {
        // Two rows so near that the lower side's frame begins at its cards: its name goes below.
        let rows = tinted(&[&[(96.0, 128.0), (320.0, 128.0)], &[(96.0, 232.0), (320.0, 232.0)]]);
        let (upper, lower) = (&rows[0], &rows[1]);
        assert_eq!(upper.label, Vector::new(upper.rects[0].left + 16.0, upper.rects[0].top + 22.0));
        assert_eq!(lower.label, Vector::new(lower.rects[0].left + 16.0, lower.rects[0].bottom - 6.0));
    }

    #[test]
    fn mixed_sides_never_cover_each_others_cards() {
        // A chessboard of two sides.
        let all: Vec<(f64, f64)> =
            (0..16).map(|i| ((i % 4) as f64 * 240.0, (i / 4) as f64 * 160.0)).collect();
        let (black, white): (Vec<_>, Vec<_>) =
            all.iter().enumerate().partition(|(i, _)| (i % 4 + i / 4) % 2 == 0);
        let strip = |side: Vec<(usize, &(f64, f64))>| side.into_iter().map(|(_, p)| *p).collect::<Vec<_>>();
        let (black, white) = (strip(black), strip(white));
        let tints = tinted(&[&black, &white]);
        for (tint, foreign) in [(&tints[0], &white), (&tints[1], &black)] {
            for rect in &tint.rects {
                assert!(!foreign.iter().any(|(x, y)| card(*x, *y).overlaps(*rect)));
            }
        }
        for (tint, own) in [(&tints[0], &black), (&tints[1], &white)] {
            for (x, y) in own {
                assert!(tint.rects.iter().any(|r| r.union(card(*x, *y)) == *r), "{x},{y} is not covered");
            }
        }
    }
}
