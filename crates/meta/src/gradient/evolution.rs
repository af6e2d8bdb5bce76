//! Evolution strategies: the gradient from the losses of perturbed coefficients, without any derivative.
//!
//! For pairs of opposite perturbations `±σ u ∘ ε` with standard normal ε,
//!
//! ```text
//! g_r = Σ_k (L(θ + σ u ∘ ε_k) − L(θ − σ u ∘ ε_k)) ε_kr / (2 σ u_r pairs)
//! ```
//!
//! (Salimans, Ho, Chen, Sidor, Sutskever 2017, with antithetic pairs). It estimates without bias the
//! gradient of the loss smoothed by the perturbations, and so that of the loss itself up to terms of
//! order σ²; its variance falls with the number of pairs and grows with that of coefficients. All
//! perturbed episodes share task and first weights. `u_r` is 1 over the
//! [size of the term](crate::train::term_sizes), where that is above 1: by it all terms change an update
//! by as much as the first does.

use metaplast_autodiff::Tape;
use metaplast_plasticity::Number;
use rayon::prelude::*;

use super::mode::Evolution;
use super::outcome::{Ask, Outcome};
use super::tape;
use crate::episode::Episode;
use crate::normal::normal;
use crate::seeds::Purpose;
use crate::start::Start;
use crate::term_sizes::term_sizes_from;

/// The episode, with the estimate of its gradient. Perturbed episodes run on the threads of the rayon
/// pool that this is called from; their number changes no bit.
pub(super) fn episode<T: Number>(
    tape: &Tape<T>,
    episode: &Episode<'_>,
    start: &Start<T>,
    evolution: Evolution,
    ask: Ask,
) -> Outcome {
    let plain = Ask {
        gradient: false,
        ..ask
    };
    let outcome = tape::episode(tape, episode, start.into(), 0, plain);
    let sizes = term_sizes_from(episode, start);
    let units: Vec<f64> = sizes.iter().map(|size| 1.0 / size.max(1.0)).collect();
    let mut rng = episode.key.stream(Purpose::Perturbation);
    let noise: Vec<Vec<f64>> = (0..evolution.pairs)
        .map(|_| units.iter().map(|_| normal(&mut rng)).collect())
        .collect();
    let loss = |tape: &mut Tape<T>, k: usize| {
        let sign = if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        let steps = noise[k / 2].iter().zip(&units);
        let theta: Vec<f64> = episode
            .theta
            .iter()
            .zip(steps)
            .map(|(theta, (e, unit))| theta + sign * evolution.sigma * unit * e)
            .collect();
        let moved = episode.with_theta(&theta);
        let outcome = tape::episode(tape, &moved, start.into(), 0, Ask::SCORE);
        outcome.loss
    };
    let losses: Vec<f64> = (0..2 * noise.len())
        .into_par_iter()
        .map_init(Tape::new, loss)
        .collect();
    let mut gradient = vec![0.0; units.len()];
    for (pair, e) in losses.chunks_exact(2).zip(&noise) {
        let slope = (pair[0] - pair[1]) / (2.0 * evolution.sigma * noise.len() as f64);
        for ((g, e), unit) in gradient.iter_mut().zip(e).zip(&units) {
            *g += slope * e / unit;
        }
    }
    Outcome {
        gradient: Some(gradient),
        ..outcome
    }
}
