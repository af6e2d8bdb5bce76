//! Stability of Strict inference: the largest step size at which beliefs still descend.

use metaplast_tensor::{Random, Scalar, Tensor, kernels};

use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::instances::Instances;
use crate::layer::Wanted;
use crate::loss::{Loss, Target};
use crate::method::state::{Nudged, State};

/// Directions that are tried one after the other.
const STEPS: usize = 200;

/// The bound 2/λ_max(∇²F) at the forward pass: plain descent at a smaller η lowers the energy at
/// every step near there, at a larger one it blows up. Infinite for a chain of one layer.
///
/// λ_max comes from power iteration, with products of the Hessian by central differences of ∇_v F; it
/// takes some two hundred to four hundred inference steps, and three digits are right, in single
/// precision two.
///
/// # Errors
/// As [`Chain::predict`] and [`Loss::of`].
pub fn stable_eta<T: Scalar>(
    chain: &mut Chain<T>,
    input: &Tensor<T>,
    target: &Target<T>,
    loss: Loss,
) -> Result<f64, PredictiveError> {
    (Instances::get().stable_eta)(chain, input, target, loss)
}

/// [`stable_eta`], compiled where it is called.
pub(crate) fn stable_eta_here<T: Scalar>(
    chain: &mut Chain<T>,
    input: &Tensor<T>,
    target: &Target<T>,
    loss: Loss,
) -> Result<f64, PredictiveError> {
    let nudged = Nudged {
        target,
        loss,
        strength: 1.0,
    };
    let mut state = State::new(chain, input, nudged, None)?;
    let layers = state.layers();
    if layers < 2 {
        return Ok(f64::INFINITY);
    }
    let mut random = Random::new(1);
    let mut direction: Vec<Tensor<T>> = (1..layers)
        .map(|l| Tensor::normal(state.offsets[l].shape().clone(), 0.0, 1.0, &mut random))
        .collect();
    let step = T::EPSILON.cbrt();
    let mut greatest = 0.0;
    for i in 0..STEPS {
        let norm = norm(&direction);
        direction
            .iter_mut()
            .for_each(|x| *x = &*x * T::from_f64(1.0 / norm));
        let mut moves_at = |sign: f64| -> Vec<Tensor<T>> {
            let by = T::from_f64(sign * step);
            for l in 1..layers {
                let place = state.offsets[l].data_mut().iter_mut();
                let pairs = place.zip(direction[l - 1].data());
                pairs.for_each(|(u, &x)| *u = by * x);
                state.place_belief(l);
            }
            state.evaluate(2, |_| Wanted::Input);
            state.pull(None);
            state.moves[1..layers].to_vec()
        };
        let (ahead, behind) = (moves_at(1.0), moves_at(-1.0));
        let over = T::from_f64(0.5 / step);
        let product: Vec<_> = behind
            .iter()
            .zip(&ahead)
            .map(|(b, a)| (b - a) * over)
            .collect();
        let pairs = product.iter().zip(&direction);
        let quotient: f64 = pairs
            .map(|(p, x)| kernels::dot(p.data(), x.data()).to_f64())
            .sum();
        let settled = (quotient - greatest).abs() <= 1e-5 * quotient.abs();
        (greatest, direction) = (quotient, product);
        if settled && i > 10 {
            break;
        }
    }
    Ok(if greatest > 0.0 {
        2.0 / greatest
    } else {
        f64::INFINITY
    })
}

fn norm<T: Scalar>(x: &[Tensor<T>]) -> f64 {
    let squares = x.iter().map(|x| kernels::dot(x.data(), x.data()).to_f64());
    f64::sqrt(squares.sum())
}
