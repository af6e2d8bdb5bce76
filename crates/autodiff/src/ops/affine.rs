//! Affine functions: a product with a matrix and a sum with a vector as one operation.
//!
//! ```text
//! one sample   y = W x + b       W̄ += ȳ xᵀ     x̄ += Wᵀ ȳ    b̄ += ȳ
//! a batch      Y = X Wᵀ + 1 bᵀ   W̄ += Ȳᵀ X     X̄ += Ȳ W     b̄ += Ȳᵀ 1
//! ```

use metaplast_tensor::broadcast::sum_to;
use metaplast_tensor::kernels::{self, Write};
use metaplast_tensor::{Scalar, Shape};

use super::linear::outer_add;
use super::table::record;
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// `W x + b`, or that of each row of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Affine {
    is_batch: bool,
}

impl Affine {
    /// Samples, outputs and inputs of a batch; `None` where there is no axis of samples.
    #[inline]
    fn batch<T: Scalar>(self, inputs: &Inputs<'_, T>) -> Option<[usize; 3]> {
        self.is_batch.then(|| {
            let (weights, x) = (inputs.shape(0).dims(), inputs.shape(1).dims());
            [x[0], weights[0], weights[1]]
        })
    }
}

impl<T: Scalar> Op<T> for Affine {
    fn name(&self) -> &'static str {
        "affine"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let dims = [operands[0].dims(), operands[1].dims(), operands[2].dims()];
        match dims {
            [&[out, columns], &[len], &[bias]] if columns == len && bias == out => {
                Shape::from([out])
            }
            [&[out, columns], &[samples, len], &[bias]] if columns == len && bias == out => {
                Shape::from([samples, out])
            }
            _ => panic!(
                "affine: weights of shape {}, input of shape {}, bias of shape {}",
                operands[0], operands[1], operands[2]
            ),
        }
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let (weights, x, bias) = (inputs.value(0), inputs.value(1), inputs.value(2));
        match self.batch(inputs) {
            None => {
                output.copy_from_slice(bias);
                kernels::matvec(weights, x, output, Write::Add);
            }
            Some([samples, out, columns]) => {
                for row in output.chunks_exact_mut(out.max(1)) {
                    row.copy_from_slice(bias);
                }
                kernels::matmul_nt(x, weights, output, samples, columns, out, Write::Add);
            }
        }
    }

    fn overwrites(&self) -> bool {
        true
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let (weights, x) = (inputs.value(0), inputs.value(1));
        let batch = self.batch(inputs);
        if let Some(into) = adjoints.of(0) {
            match batch {
                None => outer_add(into, adjoint, x),
                Some([samples, out, columns]) => {
                    kernels::matmul_tn(adjoint, x, into, out, samples, columns, Write::Add);
                }
            }
        }
        if let Some(into) = adjoints.of(1) {
            match batch {
                None => kernels::matvec_transposed(weights, adjoint, into, Write::Add),
                Some([samples, out, columns]) => {
                    kernels::matmul(adjoint, weights, into, samples, out, columns, Write::Add);
                }
            }
        }
        if let Some(into) = adjoints.of(2) {
            match batch {
                None => {
                    let pairs = into.iter_mut().zip(adjoint);
                    pairs.for_each(|(into, &a)| *into += a);
                }
                Some([samples, out, _]) => {
                    sum_to(adjoint, &Shape::from([samples, out]), into, inputs.shape(2));
                }
            }
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// `W x + b` for these weights `W` `[out, in]`, an input `x` `[in]` and a bias `b` `[out]`, as one
    /// operation; for a batch of inputs `[n, in]`, that of each row, `[n, out]`.
    ///
    /// The value is that of the product and the sum, bit for bit.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (w, b) = (tape.var(&tensor![[1.0, 2.0]]), tape.var(&tensor![0.5]));
    /// let x = tape.constant(&tensor![3.0, -1.0]);
    /// assert_eq!(w.affine(x, b).value(), tensor![1.5]);
    /// let batch = tape.constant(&tensor![[3.0, -1.0], [0.0, 1.0]]);
    /// assert_eq!(w.affine(batch, b).value(), tensor![[1.5], [2.5]]);
    /// assert_eq!(w.affine(batch, b).sum().backward().wrt(w), tensor![[3.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn affine(self, x: Var<'t, T>, bias: Var<'t, T>) -> Var<'t, T> {
        let is_batch = x.rank() == 2;
        record(self.tape(), Affine { is_batch }, &[self, x, bias])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::{Random, Tensor};
    use proptest::prelude::*;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let (w, b) = (c.tensor(&[3, 4], 0.4, 2.0), c.tensor(&[3], 0.4, 2.0));
        for shape in [&[4][..], &[5, 4], &[0, 4], &[1, 4]] {
            let inputs = [w.clone(), c.tensor(shape, 0.4, 2.0), b.clone()];
            c.check(&inputs, |x| x[0].affine(x[1], x[2]));
        }
    }

    proptest! {
        #[test]
        fn an_affine_function_has_the_bits_of_product_and_sum(
            [samples, out, columns] in [0..20_usize, 0..40_usize, 0..70_usize],
            seed in any::<u64>(),
        ) {
            let mut random = Random::new(seed);
            let mut normal = |shape: &[usize]| Tensor::<f32>::normal(shape, 0.0, 1.0, &mut random);
            let tape = Tape::new();
            let (w, b) = (tape.var(&normal(&[out, columns])), tape.var(&normal(&[out])));
            let x = tape.var(&normal(&[columns]));
            prop_assert_eq!(w.affine(x, b).value(), (w.matvec(x) + b).value());
            let batch = tape.var(&normal(&[samples, columns]));
            let both = (batch.matmul_transposed(w) + b).value();
            prop_assert_eq!(w.affine(batch, b).value(), both);
        }
    }
}
