//! The derivative of an inference at its point of rest, by the implicit function theorem.
//!
//! At rest `r(d, p) = −∂F/∂d = 0` for whatever p the energy depends on, weights, activity and target. So
//! the beliefs' derivative is `dd/dp = H⁻¹ ∂r/∂p` with the Hessian `H = ∂²F/∂d²`, however they got there.
//! The tape holds one evaluation of r at the beliefs, as constants, and one node more,
//!
//! ```text
//! d + H⁻¹ (r − value of r)        r̄ += H⁻¹ d̄
//! ```
//!
//! whose value is d itself. Its way back is a solve by minimal residuals (MINRES, Paige & Saunders, SIAM
//! Journal on Numerical Analysis 12:617, 1975), with products with H that are one pass up and one down
//! the network. The weights have moved on when the
//! sweep gets there, so each step keeps a copy of those above the first layer: on the paper's network
//! 180 kB in f32, beside some 10 vectors in the place of those of every iteration.
//!
//! H is positive definite near a minimum and need not be elsewhere, which minimal residuals do not ask
//! for. The derivative is that of the nearest point of rest to first order: the closer beliefs have come
//! to it, the better.

use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, Var, concat};
use metaplast_plasticity::{Number, Output};
use metaplast_tensor::kernels::{self, Write};
use metaplast_tensor::{Scalar, Shape, Tensor};
use smallvec::SmallVec;

use super::elementwise::Curve;
use super::parameters::Cut;
use super::strict::{NetworkInference, PerLayer, Predictions};

impl<'t, T: Number> NetworkInference<'_, '_, 't, T> {
    /// Beliefs as [`relax`](Self::relax) finds them, with the derivative of a point of rest; of a batch,
    /// as diagnostics have it, without one.
    pub(super) fn come_to_rest(&self) -> (PerLayer<'t, T>, PerLayer<'t, T>) {
        let tape = self.pass.tape();
        let values: Vec<Option<Tensor<T>>> = tape.unrecorded(|| {
            let (beliefs, _) = self.relax();
            let values = beliefs.iter().map(|d| d.map(|d| d.value().map(T::detach)));
            values.collect()
        });
        let beliefs: PerLayer<'t, T> = values
            .iter()
            .enumerate()
            .map(|(layer, value)| match value {
                Some(value) => Some(tape.constant(value)),
                None => Some(self.zeros(layer)),
            })
            .collect();
        if beliefs.is_empty() || self.pass.output_error().rank() != 1 {
            return (beliefs.clone(), beliefs);
        }
        let predictions = self.predictions(&beliefs);
        let errors = self.errors(&beliefs, &predictions);
        let moved = self.moved(&beliefs, &predictions, &errors, 1.0);
        let slopes = moved.iter().zip(&beliefs);
        let slopes = slopes.filter_map(|(moved, d)| Some((*moved)? - (*d)?));
        let slopes: SmallVec<[Var<'t, T>; 12]> = slopes.collect();
        let known = beliefs.iter().flatten();
        let op = PointOfRest {
            beliefs: known.flat_map(|d| d.value().data().to_vec()).collect(),
            hessian: self.hessian(&beliefs, &predictions, &errors),
        };
        let rest = tape.custom(Arc::new(op), &[concat(&slopes, 0)]);
        let mut start = 0;
        let parts = beliefs.iter().flatten().map(|d| {
            let end = start + d.shape().len();
            let part = rest.narrow(0, start..end);
            start = end;
            Some(part)
        });
        let beliefs: PerLayer<'t, T> = parts.collect();
        (beliefs.clone(), beliefs)
    }

    /// The Hessian of the energy at these beliefs.
    fn hessian(
        &self,
        beliefs: &PerLayer<'t, T>,
        predictions: &Predictions<'t, T>,
        errors: &PerLayer<'t, T>,
    ) -> Hessian<T> {
        let layers = self.pass.layers();
        let curve = Curve { beta: self.beta() };
        let values = |x: Option<Var<'t, T>>, layer: usize| -> Vec<T> {
            x.map_or_else(
                || vec![T::ZERO; self.z(layer).shape().len()],
                |x| x.value().data().to_vec(),
            )
        };
        let weights: Vec<Vec<T>> = (1..layers)
            .map(|layer| self.pass.weights(layer).with(<[T]>::to_vec))
            .collect();
        let (mut slopes, mut bends) = (Vec::new(), Vec::new());
        for layer in 0..layers - 1 {
            let z = values(Some(self.z(layer)), layer);
            let a = values(predictions.changes[layer], layer);
            let d = values(beliefs[layer], layer);
            let (at, factor): (&[T], Vec<T>) = match self.parameters.cut {
                Cut::Activity => {
                    let error = (0..z.len()).map(|i| curve.change(z[i], a[i]) - d[i]);
                    (&a, error.collect())
                }
                Cut::PreActivation => {
                    let mut back = vec![T::ZERO; z.len()];
                    let error = values(errors[layer + 1], layer + 1);
                    kernels::matvec(&weights[layer], &error, &mut back, Write::Set);
                    (&d, back)
                }
            };
            let slope: Vec<T> = (0..z.len()).map(|i| curve.slope(z[i] + at[i])).collect();
            let bend = slope.iter().zip(&factor);
            bends.push(bend.map(|(&s, &f)| f * curve.bend(s)).collect());
            slopes.push(slope);
        }
        let last = layers - 1;
        let output = match self.pass.architecture().output() {
            Output::Softmax => {
                let y = predictions.output_error + self.pass.target();
                OutputSlope::Softmax(y.value().data().to_vec())
            }
            Output::Linear => OutputSlope::Identity,
            Output::Softplus => {
                let z = values(Some(self.z(last)), last);
                let a = values(predictions.changes[last], last);
                let slope = z.iter().zip(&a).map(|(&z, &a)| curve.slope(z + a));
                OutputSlope::Diagonal(slope.collect())
            }
        };
        Hessian {
            cut: self.parameters.cut,
            weights,
            slopes,
            bends,
            outputs: self.z(last).shape().len(),
            output,
        }
    }
}

/// `d + H⁻¹ (r − value of r)` of r, `[h]`, with h the number of hidden units.
#[derive(Debug)]
struct PointOfRest<T: Scalar> {
    beliefs: Vec<T>,
    hessian: Hessian<T>,
}

impl<T: Scalar> Op<T> for PointOfRest<T> {
    fn name(&self) -> &'static str {
        "point_of_rest"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let (shape, hidden) = (operands[0], self.beliefs.len());
        assert!(
            shape.dims() == [hidden],
            "point_of_rest: slopes of shape {shape} for {hidden} beliefs"
        );
        shape.clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        output.copy_from_slice(&self.beliefs);
        if const { T::CARRIES_TANGENTS } {
            let r = inputs.value(0).iter();
            let tangents: Vec<T> = r.map(|&r| r - r.detach()).collect();
            let moved = self.hessian.solve(&tangents);
            output.iter_mut().zip(moved).for_each(|(y, x)| *y += x);
        }
    }

    fn vjp(&self, _: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        if let Some(into) = adjoints.of(0) {
            let solved = self.hessian.solve(adjoint);
            into.iter_mut().zip(solved).for_each(|(into, x)| *into += x);
        }
    }
}

/// `∂²F/∂d²`, by what its products need.
#[derive(Debug)]
struct Hessian<T> {
    cut: Cut,
    /// `W_2ᵀ..W_Lᵀ`, `[n_(l−1), n_l]`.
    weights: Vec<Vec<T>>,
    /// The slope of softplus in each hidden layer, where the belief or its prediction is.
    slopes: Vec<Vec<T>>,
    /// The slope's own, times the error that meets it.
    bends: Vec<Vec<T>>,
    outputs: usize,
    output: OutputSlope<T>,
}

/// `∂y_L/∂z_L`, which is also `∂²𝓛/∂z_L²`.
#[derive(Debug)]
enum OutputSlope<T> {
    /// `diag(y) − y yᵀ`
    Softmax(Vec<T>),
    Diagonal(Vec<T>),
    Identity,
}

impl<T: Scalar> OutputSlope<T> {
    fn times(&self, x: &mut [T]) {
        match self {
            OutputSlope::Softmax(y) => {
                let mean = kernels::dot(y, x);
                x.iter_mut().zip(y).for_each(|(x, &y)| *x = y * (*x - mean));
            }
            OutputSlope::Diagonal(slope) => {
                x.iter_mut().zip(slope).for_each(|(x, &s)| *x *= s);
            }
            OutputSlope::Identity => {}
        }
    }
}

impl<T: Scalar> Hessian<T> {
    fn hidden(&self) -> usize {
        self.slopes.iter().map(Vec::len).sum()
    }

    /// `H x`: how the slopes of the energy change as beliefs change by x.
    fn times(&self, x: &[T]) -> Vec<T> {
        // Up: the change of each teaching signal, and that part of the product which is local.
        let mut product: Vec<T> = Vec::with_capacity(x.len());
        let mut signals: Vec<Vec<T>> = Vec::new();
        let mut rest = x;
        let mut prediction = vec![T::ZERO; self.slopes[0].len()];
        for (layer, (slope, bend)) in self.slopes.iter().zip(&self.bends).enumerate() {
            let (own, above) = rest.split_at(slope.len());
            rest = above;
            let activity: Vec<T> = match self.cut {
                Cut::Activity => {
                    let error = (0..own.len()).map(|i| slope[i] * prediction[i] - own[i]);
                    let error: Vec<T> = error.collect();
                    let signal =
                        (0..own.len()).map(|i| error[i] * slope[i] + bend[i] * prediction[i]);
                    signals.push(signal.collect());
                    product.extend(error.iter().map(|&e| -e));
                    own.to_vec()
                }
                Cut::PreActivation => {
                    let error = (0..own.len()).map(|i| prediction[i] - own[i]);
                    let error: Vec<T> = error.collect();
                    product.extend((0..own.len()).map(|i| bend[i] * own[i] - error[i]));
                    signals.push(error);
                    (0..own.len()).map(|i| slope[i] * own[i]).collect()
                }
            };
            let above = self.slopes.get(layer + 1).map_or(self.outputs, Vec::len);
            prediction = vec![T::ZERO; above];
            let weights = &self.weights[layer];
            kernels::matvec_transposed(weights, &activity, &mut prediction, Write::Set);
        }
        self.output.times(&mut prediction);
        signals.push(prediction);
        // Down: what comes back from the layer above.
        let mut start = 0;
        for (layer, slope) in self.slopes.iter().enumerate() {
            let own = &mut product[start..start + slope.len()];
            start += slope.len();
            let weights = &self.weights[layer];
            match self.cut {
                Cut::Activity => kernels::matvec(weights, &signals[layer + 1], own, Write::Add),
                Cut::PreActivation => {
                    let mut back = vec![T::ZERO; slope.len()];
                    kernels::matvec(weights, &signals[layer + 1], &mut back, Write::Set);
                    let terms = back.iter().zip(slope).map(|(&b, &s)| b * s);
                    own.iter_mut().zip(terms).for_each(|(own, b)| *own += b);
                }
            }
        }
        product
    }

    /// `H⁻¹ b`.
    fn solve(&self, b: &[T]) -> Vec<T> {
        match T::CARRIES_TANGENTS {
            true => self.solve_densely(b),
            false => self.solve_by_minimal_residuals(b),
        }
    }

    /// By the Lanczos process on H and Givens rotations, in the names of the article: in each iteration
    /// one product and a few vectors.
    fn solve_by_minimal_residuals(&self, b: &[T]) -> Vec<T> {
        let hidden = self.hidden();
        let norm = |x: &[T]| kernels::dot(x, x).sqrt();
        let mut x = vec![T::ZERO; hidden];
        let mut beta = norm(b);
        let mut residual = beta;
        // To a few units in the last place of b.
        let small = residual * T::from_f64(8.0 * T::EPSILON);
        let (mut before, mut v) = (vec![T::ZERO; hidden], b.to_vec());
        let (mut step_before, mut step) = (vec![T::ZERO; hidden], vec![T::ZERO; hidden]);
        let (mut cosine, mut sine) = (-T::ONE, T::ZERO);
        let (mut delta_bar, mut epsilon) = (T::ZERO, T::ZERO);
        for iteration in 0..2 * hidden {
            if residual <= small || beta == T::ZERO {
                break;
            }
            v.iter_mut().for_each(|v| *v /= beta);
            let mut next = self.times(&v);
            if iteration > 0 {
                kernels::axpy(-beta, &before, &mut next);
            }
            let alpha = kernels::dot(&v, &next);
            kernels::axpy(-alpha, &v, &mut next);
            beta = norm(&next);
            let delta = cosine * delta_bar + sine * alpha;
            let gamma_bar = sine * delta_bar - cosine * alpha;
            let epsilon_before = epsilon;
            epsilon = sine * beta;
            delta_bar = -cosine * beta;
            let gamma = (gamma_bar * gamma_bar + beta * beta).sqrt();
            if gamma == T::ZERO {
                // H is singular, and b out of its reach.
                break;
            }
            (cosine, sine) = (gamma_bar / gamma, beta / gamma);
            let directions = v.iter().zip(&step).zip(&step_before);
            let direction: Vec<T> = directions
                .map(|((&v, &w), &u)| (v - epsilon_before * u - delta * w) / gamma)
                .collect();
            step_before = std::mem::replace(&mut step, direction);
            kernels::axpy(cosine * residual, &step, &mut x);
            residual *= sine;
            before = std::mem::replace(&mut v, next);
        }
        x
    }

    /// By the whole matrix, for numbers with tangents: an iteration that looks at sizes sees the values
    /// alone, and those may be 0 where tangents are not.
    fn solve_densely(&self, b: &[T]) -> Vec<T> {
        let hidden = self.hidden();
        let mut matrix = Vec::with_capacity(hidden * hidden);
        for i in 0..hidden {
            let mut unit = vec![T::ZERO; hidden];
            unit[i] = T::ONE;
            matrix.extend(self.times(&unit));
        }
        // Symmetric, so that rows are columns.
        let matrix = Tensor::new([hidden, hidden], matrix);
        match matrix.solve(&Tensor::new([hidden], b.to_vec())) {
            Ok(x) => x.data().to_vec(),
            Err(_) => vec![T::from_f64(f64::NAN); hidden],
        }
    }
}
