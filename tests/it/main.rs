//! One test binary.

mod tidy;
