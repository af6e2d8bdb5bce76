//! The permeability of an anisotropic porous medium, learned from generated pore structures.
//!
//! A [`PoreStructure`] is generated and solved; what can be measured of its form are its [`PoreFeatures`]. A
//! [`PermeabilityNetwork`] gives the tensor for features, symmetric and positive definite by construction, beside
//! laws made by hand: [`PorosityLaw`] and [`FabricLaw`].

mod laws;
mod network;
mod pores;
mod tensor;

pub use laws::{FabricLaw, PorosityLaw};
pub use network::PermeabilityNetwork;
pub use pores::{PoreFeatures, PoreSample, PoreStructure};
pub use tensor::PermeabilityTensor;
