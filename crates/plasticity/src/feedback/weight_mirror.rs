//! Weight-mirror feedback: feedback weights that learn the forward weights from noise (Akrout et al.
//! 2019).

use metaplast_autodiff::Var;
use metaplast_tensor::Scalar;
use rand::Rng;

use super::pathway::{BackwardPass, FeedbackPathway, OnlineStep, Storage};
use crate::number::Number;

/// The rate η of [weight mirrors](crate::Feedback::weight_mirror): feedback weights are a running
/// mean over about the last 1/η noise vectors. Higher follows sooner, lower more closely.
pub const RATE: f64 = 0.01;

#[derive(Debug)]
pub(super) struct WeightMirror;

impl<T: Number> FeedbackPathway<T> for WeightMirror {
    fn name(&self) -> &str {
        "weight-mirror"
    }

    fn storage(&self) -> Storage {
        Storage::Carried
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through(pass.matrix(), pass.error())
    }

    /// `B_l ← (1 − η) B_l + η (W_l ξ) ξᵀ`
    fn after_step<'t>(&self, step: &OnlineStep<'_, 't, T>) {
        for layer in 0..step.layers() {
            let inputs = step.pre(layer).shape().len();
            let noise = &mut step.random(layer);
            let xi = step.tape().constant_with(inputs, |xi| fill(noise, xi));
            let rate = step.constant(RATE);
            step.update(layer, |update| {
                update.outer(rate, step.project(layer, xi), xi);
                update.decay(rate);
            });
        }
    }
}

/// ±1, each sign with probability one half.
fn fill<T: Scalar>(noise: &mut dyn Rng, into: &mut [T]) {
    for chunk in into.chunks_mut(64) {
        let signs = noise.next_u64();
        for (k, x) in chunk.iter_mut().enumerate() {
            *x = if signs >> k & 1 == 1 { -T::ONE } else { T::ONE };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::pathway::random;

    #[test]
    fn the_noise_is_white() {
        let noise = |step, layer| {
            let mut x = [0.0f64; 5];
            fill(&mut random(1, step, layer), &mut x);
            x
        };
        let draws: Vec<[f64; 5]> = (0..4000).map(|step| noise(step, 2)).collect();
        let mean = |get: &dyn Fn(&[f64; 5]) -> f64| draws.iter().map(get).sum::<f64>() / 4000.0;
        for i in 0..5 {
            assert!(mean(&|x| x[i]).abs() < 0.06);
            for j in 0..5 {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((mean(&|x| x[i] * x[j]) - expected).abs() < 0.06);
            }
        }
        let differ = draws.iter().zip(0..);
        let differ = differ.filter(|(draw, step)| **draw != noise(*step, 3));
        assert!(differ.count() > 3700);
    }

    #[test]
    fn a_step_has_the_same_noise_whenever_it_is_made() {
        let (mut a, mut b) = ([0.0f32; 100], [0.0f32; 100]);
        fill(&mut random(7, 3, 1), &mut a);
        fill(&mut random(7, 3, 1), &mut b);
        assert!(a == b && a.contains(&1.0) && a.contains(&-1.0));
        fill(&mut random(7, 4, 1), &mut b);
        assert!(a != b);
    }
}
