//! The lessons: text with goals. Everything of a lesson is in its Markdown file; nothing of one is in code.

pub mod breaking;
pub mod course;
pub mod goal;
pub mod metric;
pub mod prove;
pub mod session;
