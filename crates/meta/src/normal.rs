//! Normal numbers, the same on every platform.

use metaplast_tensor::Scalar;
use rand::{Rng, RngExt};

/// A standard normal number, by the method of Box and Muller (1958).
pub(crate) fn normal(rng: &mut impl Rng) -> f64 {
    let unit: f64 = rng.random();
    let angle: f64 = rng.random();
    let radius = (-2.0 * Scalar::ln(1.0 - unit)).sqrt();
    radius * Scalar::cos(std::f64::consts::TAU * angle)
}
