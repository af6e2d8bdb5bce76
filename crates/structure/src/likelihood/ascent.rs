//! The maximum of a concave function of weights between bounds.

use metaplast_tensor::Tensor;
use metaplast_tensor::linalg::Triangle;

use super::pseudolikelihood::{JointFit, WeightLikelihood};

/// A concave function of weights from 0 to `most`.
pub(super) struct Concave<'a> {
    pub(super) at: &'a dyn Fn(&[f64]) -> WeightLikelihood,
    pub(super) most: f64,
}

/// Steps, at most.
const MOST_STEPS: usize = 500;
/// A stationarity that ends the ascent, relative to 1 and the size of the value.
const STATIONARY: f64 = 1e-12;
/// Steps one after the other, at most, whose gain is lost in the rounding of the value.
const MOST_UNSEEN: usize = 4;
/// What of the promised gain a step must bring.
const SUFFICIENT: f64 = 1e-4;

/// Projected Newton steps: weights at a bound that the gradient holds there stay, the others take a Newton step,
/// which is cut off at the bounds and halved until the function has risen enough.
pub(super) fn maximise(function: &Concave<'_>, mut weights: Vec<f64>) -> JointFit {
    let mut here = (function.at)(&weights);
    let (mut steps, mut unseen) = (0, 0);
    while steps < MOST_STEPS {
        let pull = inward(&weights, &here.gradient, function.most);
        let stationarity = largest(&pull);
        if stationarity <= STATIONARY * (1.0 + here.value.abs()) {
            break;
        }
        let near = stationarity.min(1e-6);
        let held = |k: usize| {
            let (w, g) = (weights[k], here.gradient[k]);
            (w <= near && g <= 0.0) || (w >= function.most - near && g >= 0.0)
        };
        let free: Vec<usize> = (0..weights.len()).filter(|&k| !held(k)).collect();
        let mut direction = newton(&here, &free);
        for k in (0..weights.len()).filter(|&k| held(k)) {
            let bound = if here.gradient[k] > 0.0 {
                function.most
            } else {
                0.0
            };
            direction[k] = if here.gradient[k] == 0.0 {
                0.0
            } else {
                bound - weights[k]
            };
        }
        let Some((next, there)) = line_search(function, &weights, &here, &direction) else {
            // No step brings more than rounding takes away.
            break;
        };
        // The value does not tell any more, but Newton steps still help: they converge quadratically.
        let gained = there.value > here.value + noise(&here);
        unseen = if gained { 0 } else { unseen + 1 };
        (weights, here) = (next, there);
        steps += 1;
        if unseen == MOST_UNSEEN {
            break;
        }
    }
    let stationarity = largest(&inward(&weights, &here.gradient, function.most));
    JointFit {
        weights,
        value: here.value,
        stationarity,
        steps,
    }
}

/// The parts of the gradient along which weights can move.
fn inward(weights: &[f64], gradient: &[f64], most: f64) -> Vec<f64> {
    let part = |(w, g): (&f64, &f64)| (w + g).clamp(0.0, most) - w;
    weights.iter().zip(gradient).map(part).collect()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most: f64, x| most.max(x.abs()))
}

/// (−H)⁻¹ g of the free weights, nothing of the held ones; a ridge where the function is flat.
fn newton(here: &WeightLikelihood, free: &[usize]) -> Vec<f64> {
    let n = here.gradient.len();
    let mut direction = vec![0.0; n];
    let m = free.len();
    if m == 0 {
        return direction;
    }
    let mut matrix = vec![0.0; m * m];
    for (i, &r) in free.iter().enumerate() {
        for (j, &s) in free.iter().enumerate() {
            matrix[i * m + j] = -here.hessian[r * n + s];
        }
    }
    let largest = (0..m).map(|i| matrix[i * m + i]).fold(1e-300, f64::max);
    let right: Vec<f64> = free.iter().map(|&r| here.gradient[r]).collect();
    let right = Tensor::new([m], right);
    let mut ridge = 1e-14 * largest;
    loop {
        let mut matrix = matrix.clone();
        (0..m).for_each(|i| matrix[i * m + i] += ridge);
        match Tensor::new([m, m], matrix).cholesky() {
            Ok(l) => {
                let half = l.solve_triangular(&right, Triangle::Lower);
                let step = l.solve_triangular(&half, Triangle::LowerTransposed);
                for (&r, &step) in free.iter().zip(step.data()) {
                    direction[r] = step;
                }
                return direction;
            }
            Err(_) => ridge *= 100.0,
        }
    }
}

/// The rounding of a value.
fn noise(here: &WeightLikelihood) -> f64 {
    1e-14 * (1.0 + here.value.abs())
}

fn line_search(
    function: &Concave<'_>,
    weights: &[f64],
    here: &WeightLikelihood,
    direction: &[f64],
) -> Option<(Vec<f64>, WeightLikelihood)> {
    // Rounding of the value hides gains of the last steps, and what promises much less than that leads nowhere.
    let noise = noise(here);
    let ascent: f64 = direction
        .iter()
        .zip(&here.gradient)
        .map(|(d, g)| d * g)
        .sum();
    let mut length = 1.0;
    while length * ascent > 1e-6 * noise {
        let step = |(w, d): (&f64, &f64)| (w + length * d).clamp(0.0, function.most);
        let next: Vec<f64> = weights.iter().zip(direction).map(step).collect();
        let moves = next.iter().zip(weights).map(|(next, w)| next - w);
        // Cut off at the bounds, a long step may lead down.
        let promised: f64 = moves.zip(&here.gradient).map(|(d, g)| d * g).sum();
        if promised > 0.0 {
            let there = (function.at)(&next);
            if there.value >= here.value + SUFFICIENT * promised - noise {
                return (next != weights).then_some((next, there));
            }
        }
        length *= 0.5;
    }
    None
}
