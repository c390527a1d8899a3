//! The hand's room: changes the drawing and can take it back. It knows the document, the catalogue and the names of
//! faults; of the page, the pixels of a device and the run it knows nothing: what they must do it hands back as
//! effects.

pub mod camera;
pub mod command;
pub mod geometry;
pub mod selection;
pub mod undo;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod swarm;
