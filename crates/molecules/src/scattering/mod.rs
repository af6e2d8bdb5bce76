//! Scattering coefficients of graphs: fixed features that do not depend on the order of places.

mod transform;
mod warp;
mod wavelets;

pub use transform::{GraphScattering, scatter};
pub use warp::SpectrumWarp;
pub use wavelets::WarpedWavelets;
