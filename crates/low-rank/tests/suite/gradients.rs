//! A step of gradient descent follows the tape's gradient, one of feedback alignment that of a tape on
//! which the product passes its derivative back through B.

use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, Tape};
use metaplast_low_rank::FactorisationMethod;
use metaplast_tensor::{Shape, Tensor};
use proptest::prelude::*;

use crate::runs::{RandomProblem, distance};

/// `Z W`, whose derivative comes back to W through `Bᵀ` in place of `Zᵀ`.
#[derive(Debug)]
struct ProductWithFeedback {
    backward: Tensor<f64>,
}

fn matrix(inputs: &Inputs<'_, f64>, i: usize) -> Tensor<f64> {
    Tensor::new(inputs.shape(i).clone(), inputs.value(i).to_vec())
}

impl Op<f64> for ProductWithFeedback {
    fn name(&self) -> &'static str {
        "product with feedback"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        Shape::from([operands[0].dims()[0], operands[1].dims()[1]])
    }

    fn forward(&self, inputs: &Inputs<'_, f64>, output: &mut [f64]) {
        let product = matrix(inputs, 0).matmul(&matrix(inputs, 1));
        output.copy_from_slice(product.data());
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, f64>,
        _: &[f64],
        adjoint: &[f64],
        adjoints: &mut Adjoints<'_, f64>,
    ) {
        let w = matrix(inputs, 1);
        let adjoint = Tensor::new([inputs.shape(0).dims()[0], w.dims()[1]], adjoint.to_vec());
        let parts = [
            adjoint.matmul(&w.transpose()),
            self.backward.transpose().matmul(&adjoint),
        ];
        for (i, part) in parts.iter().enumerate() {
            if let Some(into) = adjoints.of(i) {
                into.iter_mut().zip(part.data()).for_each(|(x, d)| *x += d);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_step_follows_the_tape(
        n in 1usize..8, m in 1usize..8, inner in 1usize..5, eta in 0.01f64..0.5, seed: u64,
    ) {
        let drawn = RandomProblem::new([n, m], n.min(m), inner, 1.0, seed);
        for method in [FactorisationMethod::GradientDescent, FactorisationMethod::FeedbackAlignment] {
            let mut run = drawn.run(method, eta);
            run.step();
            let tape = Tape::<f64>::new();
            let z = tape.var(&drawn.start.readout);
            let w = tape.var(&drawn.start.representation);
            let product = match method {
                FactorisationMethod::GradientDescent => z.matmul(w),
                _ => {
                    let backward = drawn.backward.clone();
                    tape.custom(Arc::new(ProductWithFeedback { backward }), &[z, w])
                }
            };
            let e = tape.constant(drawn.target.matrix()) - product;
            let gradients = ((e * e).sum() * 0.5).backward();
            let moved = |start: &Tensor<f64>, gradient: Tensor<f64>| start - gradient * eta;
            let z = moved(&drawn.start.readout, gradients.wrt(z));
            let w = moved(&drawn.start.representation, gradients.wrt(w));
            prop_assert!(distance(&run.factors().readout, &z) < 1e-12);
            prop_assert!(distance(&run.factors().representation, &w) < 1e-12);
        }
    }
}
