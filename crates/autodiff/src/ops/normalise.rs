//! Normalisation to mean 0 and variance 1.
//!
//! ```text
//! y_i = (x_i − μ)/s      μ = (1/n) Σ x_j,  s = √(ε + (1/n) Σ (x_j − μ)²)
//! x̄_i += (ȳ_i − (1/n) Σ ȳ_j − y_i (1/n) Σ ȳ_j y_j)/s
//! ```

use metaplast_tensor::kernels;
use metaplast_tensor::{Scalar, Shape};

use super::softmax::row_length;
use super::table::record;
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// Every row of the last axis with mean 0 and variance 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerNorm {
    epsilon: f64,
}

const NAME: &str = "layer_norm";

fn mean<T: Scalar>(x: &[T]) -> T {
    kernels::sum(x) / T::from_f64(x.len() as f64)
}

fn mean_of_products<T: Scalar>(x: &[T], y: &[T]) -> T {
    kernels::dot(x, y) / T::from_f64(x.len() as f64)
}

/// Writes the centred row and returns its standard deviation s.
fn centre<T: Scalar>(x: &[T], epsilon: T, centred: &mut [T]) -> T {
    let mean = mean(x);
    for (c, &x) in centred.iter_mut().zip(x) {
        *c = x - mean;
    }
    (mean_of_products(centred, centred) + epsilon).sqrt()
}

impl<T: Scalar> Op<T> for LayerNorm {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        row_length(NAME, operands[0]);
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let n = row_length(NAME, inputs.shape(0));
        let epsilon = T::from_f64(self.epsilon);
        for (x, y) in inputs.value(0).chunks(n).zip(output.chunks_mut(n)) {
            let deviation = centre(x, epsilon, y);
            y.iter_mut().for_each(|y| *y /= deviation);
        }
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        output: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        let n = row_length(NAME, inputs.shape(0));
        let Some(into) = adjoints.of(0) else { return };
        let epsilon = T::from_f64(self.epsilon);
        let mut centred = vec![T::ZERO; n];
        let rows = inputs.value(0).chunks(n).zip(output.chunks(n));
        let rows = rows.zip(output_adjoint.chunks(n));
        for (into, ((x, y), dy)) in into.chunks_mut(n).zip(rows) {
            if dy.iter().all(|dy| dy.is_zero()) {
                continue;
            }
            let deviation = centre(x, epsilon, &mut centred);
            let (mean, along) = (mean(dy), mean_of_products(dy, y));
            for (into, (&y, &dy)) in into.iter_mut().zip(y.iter().zip(dy)) {
                *into += (dy - mean - y * along) / deviation;
            }
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Layer normalisation: each row of the last axis with its mean taken away and divided by
    /// `√(variance + epsilon)` (Ba, Kiros & Hinton 2016). Scale and shift are `* scale + shift`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0, 3.0], [5.0, 5.0]]);
    /// assert_eq!(x.layer_norm(1e-30).value(), tensor![[-1.0, 1.0], [0.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// When there is no last axis or it is empty, and unless `epsilon` is above 0.
    #[track_caller]
    pub fn layer_norm(self, epsilon: f64) -> Var<'t, T> {
        assert!(epsilon > 0.0, "{NAME}: epsilon {epsilon}");
        record(self.tape(), LayerNorm { epsilon }, &[self])
    }

    /// Batch normalisation of `[batch, channels, …]`: for each channel, over everything else, the
    /// mean taken away and divided by `√(variance + epsilon)` (Ioffe & Szegedy 2015). With it come mean and
    /// variance, of shape `[1, channels, 1, …]`, for running means; the variance is the mean square,
    /// which a running estimate usually multiplies by n/(n − 1). Scale and shift are
    /// `* scale + shift`, of that shape too.
    ///
    /// At inference it is `(x − mean) / (variance + epsilon).sqrt()` with the running ones.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0, 0.0], [3.0, 4.0]]);
    /// let (y, mean, variance) = x.batch_norm(1e-30);
    /// assert_eq!(y.value(), tensor![[-1.0, -1.0], [1.0, 1.0]]);
    /// assert_eq!((mean.value(), variance.value()), (tensor![[2.0, 2.0]], tensor![[1.0, 4.0]]));
    /// ```
    ///
    /// # Panics
    /// When the rank is below 2, and unless `epsilon` is above 0.
    #[track_caller]
    pub fn batch_norm(self, epsilon: f64) -> (Var<'t, T>, Var<'t, T>, Var<'t, T>) {
        let shape = self.shape();
        assert!(shape.rank() >= 2, "batch_norm: shape {shape}");
        assert!(epsilon > 0.0, "batch_norm: epsilon {epsilon}");
        let axes: Vec<usize> = (0..shape.rank()).filter(|&axis| axis != 1).collect();
        let mean = self.mean_axes(&axes, true);
        let centred = self - mean;
        let variance = centred.square().mean_axes(&axes, true);
        (centred / (variance + epsilon).sqrt(), mean, variance)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for shape in [vec![4], vec![2, c.size(2, 5)], vec![2, 1, 3], vec![0, 3]] {
            let x = c.apart(&shape);
            c.check(&[x], |x| x[0].layer_norm(0.01).powi(3));
        }
        for shape in [vec![3, 2], vec![2, 2, 3]] {
            let x = c.apart(&shape);
            c.check(&[x], |x| {
                let (y, mean, variance) = x[0].batch_norm(0.01);
                y.powi(3) + mean * variance
            });
        }
    }
}
