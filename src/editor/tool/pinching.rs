//! Two fingers move and zoom the board: what was under each stays under it.

use super::{Hand, Panning};
use crate::editor::Editor;
use crate::editor::geometry::Vector;
use crate::editor::input::Input;

#[derive(Clone, PartialEq, Debug)]
pub struct Pinching {
    fingers: [(i32, Vector); 2],
}

impl Pinching {
    pub fn new(one: (i32, Vector), other: (i32, Vector)) -> Pinching {
        Pinching { fingers: [one, other] }
    }

    pub fn input(mut self, editor: &mut Editor, input: &Input) -> Hand {
        match *input {
            Input::Move { id, at, .. } => {
                if let Some(finger) = self.fingers.iter().position(|(held, _)| *held == id) {
                    let (middle, apart) = self.shape();
                    self.fingers[finger].1 = at;
                    let (now, wider) = self.shape();
                    editor.camera.pan(now - middle);
                    // Fingers that meet say nothing about a zoom.
                    if apart > 8.0 && wider > 8.0 {
                        editor.camera.zoom_at(now, wider / apart);
                    }
                }
                Hand::Pinching(self)
            }
            Input::Up { id, .. } | Input::Cancel { id } => {
                let rest = self.fingers.iter().find(|(held, _)| *held != id);
                match (rest, self.fingers.iter().any(|(held, _)| *held == id)) {
                    (Some((id, at)), true) => Hand::Panning(Panning::new(*id, *at)),
                    _ => Hand::Pinching(self),
                }
            }
            _ => Hand::Pinching(self),
        }
    }

    /// The fingers' middle, and how far they are apart.
    fn shape(&self) -> (Vector, f64) {
        let [(_, a), (_, b)] = self.fingers;
        (a.toward(b, 0.5), a.distance(b))
    }
}
