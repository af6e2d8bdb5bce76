//! Unsaturated flow by finite elements: Richards' equation, with any law of retention and any permeability tensor.

mod banded;
mod mesh;
mod richards;

pub use mesh::FlowMesh;
pub use richards::{FlowError, FlowStep, UnsaturatedFlow};
