//! μPC: deep chains whose inference behaves the same at every width and depth.
//!
//! ```text
//! f_1(x) = n_0^(−1/2) W_1 x
//! f_l(v) = (N L)^(−1/2) W_l σ(v) + v       1 < l < L, with skips; without, N^(−1/2) W_l σ(v)
//! f_L(v) = N^(−1) W_L σ(v)                 W ~ N(0, 1)
//! ```
//!
//! Innocenti et al., *μPC: scaling predictive coding to 100+ layer networks*, 2025, with the
//! multipliers of its code.

use metaplast_tensor::{Random, Scalar, Tensor};

use crate::chain::Chain;
use crate::layer::{Activation, Dense, Skip};

/// A chain of μPC: `inputs` numbers, `layers` − 1 hidden layers of `width` units with beliefs on
/// pre-activations, `outputs` numbers. A belief rate of 0.5 and about `layers` inference steps go
/// with it.
///
/// ```
/// use metaplast_predictive::{Activation, mu_pc};
/// use metaplast_tensor::{Random, Tensor};
///
/// let mut random = Random::new(1);
/// let mut chain = mu_pc::<f64>(784, 128, 10, 30, Activation::Relu, true, &mut random);
/// let outputs = chain.predict(&Tensor::uniform([2, 784], 0.0, 1.0, &mut random))?;
/// assert!(outputs.norm() < 1.0);
/// # Ok::<(), metaplast_predictive::PredictiveError>(())
/// ```
///
/// # Panics
/// With fewer than 2 layers.
#[must_use]
#[track_caller]
pub fn mu_pc<T: Scalar>(
    inputs: usize,
    width: usize,
    outputs: usize,
    layers: usize,
    activation: Activation,
    skips: bool,
    random: &mut Random,
) -> Chain<T> {
    assert!(layers >= 2, "mu_pc: {layers} layers; needs at least 2");
    let (n, depth) = (width as f64, layers as f64);
    let mut dense =
        |from, to, gain: f64| Dense::new(Tensor::normal([to, from], 0.0, 1.0, random)).gain(gain);
    let mut chain = Chain::new().then(dense(inputs, width, (inputs as f64).sqrt().recip()));
    for _ in 2..layers {
        chain = match skips {
            true => {
                let gain = (n * depth).sqrt().recip();
                chain.then(Skip::new(dense(width, width, gain).after(activation)))
            }
            false => chain.then(dense(width, width, n.sqrt().recip()).after(activation)),
        };
    }
    chain.then(dense(width, outputs, n.recip()).after(activation))
}
