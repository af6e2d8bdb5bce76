//! Recordings of networks that learn, as `.npz` files: what `fit` reads and `simulate --record`
//! writes. The format is described in `docs/fit.md`.

mod arrays;
mod make;
mod read;
mod write;

pub(crate) use make::RecordingPlan;
pub use read::{Recordings, read};
pub(crate) use write::encode;
