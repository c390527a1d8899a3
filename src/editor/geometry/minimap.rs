//! The small picture of the whole board in its corner: how board places become places in it, and back. It may not know
//! what is drawn there.

use super::{Rect, Vector};

/// Boards of so many machines and more show it.
pub const FROM: usize = 15;

/// Maps the board into a box of `width` × `height` pixels, keeping proportions, centred.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Minimap {
    scale: f64,
    offset: Vector,
}

impl Minimap {
    /// Shows `board` (all that is drawn) and `view` (what the screen shows of it).
    pub fn new(board: Rect, view: Rect, width: f64, height: f64, pad: f64) -> Minimap {
        let all = board.union(view);
        let inner = (width - 2.0 * pad, height - 2.0 * pad);
        let scale = (inner.0 / all.width().max(1.0)).min(inner.1 / all.height().max(1.0));
        Minimap { scale, offset: Vector::new(width / 2.0, height / 2.0) - all.centre() * scale }
    }

    pub fn point(&self, board: Vector) -> Vector {
        board * self.scale + self.offset
    }

    pub fn rect(&self, board: Rect) -> Rect {
        Rect::between(
            self.point(Vector::new(board.left, board.top)),
            self.point(Vector::new(board.right, board.bottom)),
        )
    }

    /// The place on the board that was pressed on the minimap.
    pub fn board(&self, point: Vector) -> Vector {
        (point - self.offset) * (1.0 / self.scale)
    }
}
