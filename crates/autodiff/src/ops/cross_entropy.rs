//! Mean cross-entropy of softmax outputs, from logits.
//!
//! ```text
//! L = (1/n) Σ_rows Σ_j t_j (ln Σ_k exp(z_k) − z_j)
//! z̄_j += (L̄/n) (softmax(z)_j Σ_k t_k − t_j)
//! ```
//!
//! The targets `t` (one-hot or a distribution per row) are not differentiated. A class of target 0
//! adds nothing, so that its logit may be −∞ (an action that is masked).

use metaplast_tensor::{Scalar, Shape, Tensor, kernels};
use smallvec::{SmallVec, smallvec};

use super::softmax::{row_length, softmax_row};
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// Operands: logits and targets of the same shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoftmaxCrossEntropy;

const NAME: &str = "softmax_cross_entropy";

impl<T: Scalar> Op<T> for SoftmaxCrossEntropy {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        row_length(NAME, operands[0]);
        assert!(
            operands[0] == operands[1],
            "{NAME}: logits of shape {}, targets of shape {}",
            operands[0],
            operands[1]
        );
        Shape::from([])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let n = row_length(NAME, inputs.shape(0));
        let mut terms: SmallVec<[T; 64]> = smallvec![T::ZERO; n];
        let mut losses: SmallVec<[T; 64]> = SmallVec::new();
        for (z, t) in inputs.value(0).chunks(n).zip(inputs.value(1).chunks(n)) {
            let log_sum = softmax_row(z, &mut terms);
            for ((term, &z), &t) in terms.iter_mut().zip(z).zip(t) {
                // A class without target may have a logit of −∞.
                *term = if t.is_zero() {
                    T::ZERO
                } else {
                    t * (log_sum - z)
                };
            }
            losses.push(kernels::sum(&terms));
        }
        output[0] = kernels::sum(&losses) / T::from_f64(losses.len() as f64);
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        _: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        let n = row_length(NAME, inputs.shape(0));
        let Some(into) = adjoints.of(0) else { return };
        let mut softmax: SmallVec<[T; 64]> = smallvec![T::ZERO; n];
        let (logits, targets) = (inputs.value(0), inputs.value(1));
        let share = output_adjoint[0] / T::from_f64((logits.len() / n) as f64);
        if share.is_zero() {
            return;
        }
        let rows = logits.chunks(n).zip(targets.chunks(n));
        for (dz, (z, t)) in into.chunks_mut(n).zip(rows) {
            softmax_row(z, &mut softmax);
            let mass = kernels::sum(t);
            for ((dz, &p), &t) in dz.iter_mut().zip(&softmax).zip(t) {
                *dz += share * (p * mass - t);
            }
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Mean cross-entropy of `softmax(self)` against `labels`, one per row of logits.
    ///
    /// Logits have shape `[…, classes]`, with one label for each row of classes (`[classes]` is one
    /// row). The result has rank 0 and is in nats. A logit of −∞ masks a class: it has probability 0
    /// and derivative 0, and is an infinite loss where it is the label's.
    ///
    /// # Panics
    /// When the number of labels is not the number of rows, or a label is not below `classes`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let z = tape.var(&tensor![[0.0, 0.0], [0.0, 0.0]]);
    /// let loss = z.softmax_cross_entropy(&[0, 1]);
    /// assert!((loss.item() - 2f64.ln()).abs() < 1e-15);
    /// ```
    #[track_caller]
    pub fn softmax_cross_entropy(self, labels: &[usize]) -> Var<'t, T> {
        let shape = self.shape();
        let n = row_length(NAME, &shape);
        assert!(
            shape.len() == n * labels.len(),
            "{NAME}: logits of shape {shape}, {} labels",
            labels.len()
        );
        let mut targets = Tensor::zeros(shape.clone());
        for (row, &label) in targets.data_mut().chunks_mut(n).zip(labels) {
            assert!(label < n, "{NAME}: label {label}, logits of shape {shape}");
            row[label] = T::ONE;
        }
        let targets = self.tape().constant(&targets);
        self.softmax_cross_entropy_with(targets)
    }

    /// Mean cross-entropy against target distributions of the same shape, which are not differentiated.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let z = tape.var(&tensor![0.0, 0.0]);
    /// let loss = z.softmax_cross_entropy_with(tape.constant(&tensor![0.5, 0.5]));
    /// assert!((loss.item() - 2f64.ln()).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ.
    #[track_caller]
    pub fn softmax_cross_entropy_with(self, targets: Var<'t, T>) -> Var<'t, T> {
        self.tape()
            .apply(SoftmaxCrossEntropy.into(), &[self, targets])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let labels = [c.size(0, 3), c.size(0, 3), c.size(0, 3)];
        let batch = c.tensor(&[3, 4], -4.0, 4.0);
        c.check(&[batch], |x| x[0].softmax_cross_entropy(&labels));
        let one = c.tensor(&[4], -4.0, 4.0);
        c.check(&[one], |x| x[0].softmax_cross_entropy(&labels[..1]));
        let weights = c.tensor(&[2, 3], 0.1, 1.0);
        let targets = &weights / &weights.sum_axis(1, true);
        let logits = c.tensor(&[2, 3], -4.0, 4.0);
        c.check(&[logits], |x| {
            x[0].softmax_cross_entropy_with(x[0].tape().constant(&targets.cast()))
        });
    }

    #[test]
    fn extremes_are_finite() {
        let tape = Tape::<f32>::new();
        let z = tape.var(&Tensor::new([1, 2], vec![1e4f32, -1e4]));
        let loss = z.softmax_cross_entropy(&[1]);
        assert_eq!(loss.item(), 2e4);
        assert_eq!(loss.backward().wrt(z).data(), &[1.0, -1.0]);
    }
}
