//! Operations of recorded runs: the reservoir's connections, an effector, and scalar functions.

use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, Var};
use metaplast_tensor::kernels::SparseMatrix;
use metaplast_tensor::{Scalar, Shape};

use crate::effector::Effector;

/// y = J r, with r̄ += Jᵀ ȳ.
#[derive(Debug)]
pub(crate) struct Connections<T> {
    matrix: SparseMatrix<T>,
    transposed: SparseMatrix<T>,
}

impl<T: Scalar> Connections<T> {
    pub(crate) fn new(matrix: &SparseMatrix<T>) -> Self {
        let entries = matrix.to_entries();
        let mirrored = entries.into_iter().map(|(i, j, value)| (j, i, value));
        Connections {
            transposed: SparseMatrix::new(matrix.cols(), matrix.rows(), mirrored),
            matrix: matrix.clone(),
        }
    }
}

impl<T: Scalar> Op<T> for Connections<T> {
    fn name(&self) -> &'static str {
        "connections"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let cols = self.matrix.cols();
        let fits = operands[0].dims() == [cols];
        assert!(
            fits,
            "connections: rates of shape {}, not [{cols}]",
            operands[0]
        );
        Shape::from([self.matrix.rows()])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        self.matrix.matvec(inputs.value(0), output);
    }

    fn vjp(
        &self,
        _: &Inputs<'_, T>,
        _: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        if let Some(into) = adjoints.of(0) {
            let mut share = vec![T::ZERO; into.len()];
            self.transposed.matvec(output_adjoint, &mut share);
            into.iter_mut()
                .zip(share)
                .for_each(|(x, share)| *x += share);
        }
    }
}

/// p = h(z)
#[derive(Debug)]
pub(crate) struct Position<T>(pub(crate) Arc<dyn Effector<T>>);

impl<T: Scalar> Op<T> for Position<T> {
    fn name(&self) -> &'static str {
        "position"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let outputs = self.0.outputs();
        let fits = operands[0].dims() == [outputs];
        assert!(
            fits,
            "position: outputs of shape {}, not [{outputs}]",
            operands[0]
        );
        Shape::from([self.0.dims()])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        self.0.position(inputs.value(0), output);
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        _: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        if let Some(into) = adjoints.of(0) {
            self.0.pull_back(inputs.value(0), output_adjoint, into);
        }
    }
}

/// (1 − weight) mean + weight · present
pub(crate) fn average<'t, T: Scalar>(
    mean: Var<'t, T>,
    present: Var<'t, T>,
    weight: Var<'t, T>,
) -> Var<'t, T> {
    mean * (1.0 - weight) + present * weight
}

/// base^power for a positive base, differentiable in both.
pub(crate) fn power<'t, T: Scalar>(base: Var<'t, T>, power: Var<'t, T>) -> Var<'t, T> {
    (base.ln() * power).exp()
}

/// The number cut off at a size.
pub(crate) fn within<T: Scalar>(x: Var<'_, T>, limit: Option<f64>) -> Var<'_, T> {
    limit.map_or(x, |limit| x.clamp(-limit, limit))
}
