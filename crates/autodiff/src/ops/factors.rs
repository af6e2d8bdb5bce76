//! Factorisations and what follows from them: Cholesky factors, determinants, eigenvectors.
//!
//! ```text
//! cholesky    A = L Lᵀ           Ā += sym(L⁻ᵀ Φ(Lᵀ L̄) L⁻¹)
//! log_det     y = ln |det A|     Ā += ȳ A⁻ᵀ
//! eigh        A = V diag(λ) Vᵀ   Ā += sym(V (diag(λ̄) + F ⊙ Vᵀ V̄) Vᵀ),  F_ij = 1/(λ_j − λ_i)
//! ```
//!
//! Φ takes the lower triangle and half of the diagonal, sym(S) = ½ (S + Sᵀ): Giles, *Collected matrix
//! derivative results*, 2008; Murray, *Differentiation of the Cholesky decomposition*, 2016. Where
//! there is no factorisation the value is NaN.

use metaplast_tensor::linalg::{Triangle, inverse_gaps};
use metaplast_tensor::{Scalar, Shape, Tensor};

use super::linalg::{add, assert_square, like, operand, write};
use super::table::record;
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

fn symmetric<T: Scalar>(s: &Tensor<T>) -> Tensor<T> {
    (s + &s.transpose()) * T::from_f64(0.5)
}

/// The lower Cholesky factor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cholesky;

impl<T: Scalar> Op<T> for Cholesky {
    fn name(&self) -> &'static str {
        "cholesky"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        assert_square("cholesky", operands[0]);
        operands[0].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        write(output, operand(inputs, 0).cholesky().ok());
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, l: &[T], dl: &[T], adjoints: &mut Adjoints<'_, T>) {
        let Some(into) = adjoints.of(0) else { return };
        let shape = inputs.shape(0);
        let l = like(shape, l);
        let mut phi = l.transpose().matmul(&like(shape, dl));
        let n = phi.dims()[0];
        for i in 0..n {
            phi.data_mut()[i * n + i] *= T::from_f64(0.5);
            phi.row_mut(i)[i + 1..].fill(T::ZERO);
        }
        // S = L⁻ᵀ Φ L⁻¹, whose transpose is L⁻ᵀ (L⁻ᵀ Φ)ᵀ.
        let half = l.solve_triangular(&phi, Triangle::LowerTransposed);
        let s = l.solve_triangular(&half.transpose(), Triangle::LowerTransposed);
        add(into, Some(&symmetric(&s)));
    }
}

/// `ln |det A|`
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogDet;

impl<T: Scalar> Op<T> for LogDet {
    fn name(&self) -> &'static str {
        "log_det"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        assert_square("log_det", operands[0]);
        Shape::scalar()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let lu = operand(inputs, 0).lu();
        output[0] = lu.map_or(T::from_f64(f64::NEG_INFINITY), |lu| {
            lu.log_abs_determinant()
        });
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], dy: &[T], adjoints: &mut Adjoints<'_, T>) {
        let Some(into) = adjoints.of(0) else { return };
        let lu = operand(inputs, 0).lu().ok();
        let seed = Tensor::eye(inputs.shape(0).dims()[0]) * dy[0];
        add(into, lu.map(|lu| lu.solve_transposed(&seed)).as_ref());
    }
}

/// Eigenvalues in the first row, and the matrix of eigenvectors below it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Eigh;

impl<T: Scalar> Op<T> for Eigh {
    fn name(&self) -> &'static str {
        "eigh"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        assert_square("eigh", operands[0]);
        let n = operands[0].dims()[0];
        Shape::from([n + 1, n])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let (values, vectors) = operand(inputs, 0).eigh();
        let (first, rest) = output.split_at_mut(values.len());
        first.copy_from_slice(values.data());
        rest.copy_from_slice(vectors.data());
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, y: &[T], dy: &[T], adjoints: &mut Adjoints<'_, T>) {
        let Some(into) = adjoints.of(0) else { return };
        let shape = inputs.shape(0);
        let n = shape.dims()[0];
        let (values, v) = (like(&Shape::from([n]), &y[..n]), like(shape, &y[n..]));
        let turned = v.transpose().matmul(&like(shape, &dy[n..]));
        let mut inner = &inverse_gaps(&values) * &turned;
        for (i, &by_value) in dy[..n].iter().enumerate() {
            inner.data_mut()[i * n + i] += by_value;
        }
        let s = v.matmul(&inner).matmul(&v.transpose());
        add(into, Some(&symmetric(&s)));
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The lower triangle L of which `L Lᵀ` is this symmetric and positive definite matrix. Of a
    /// matrix that is not symmetric, `(A + Aᵀ)/2` is factorised, so that the gradient is symmetric.
    /// NaN where the matrix is not positive definite, so that a line search can step back.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// // ln det A = 2 Σ ln L_ii, whose gradient is A⁻¹.
    /// let tape = Tape::<f64>::new();
    /// let a = tape.var(&tensor![[4.0, 2.0], [2.0, 5.0]]);
    /// let l = a.cholesky();
    /// assert_eq!(l.value(), tensor![[2.0, 0.0], [1.0, 2.0]]);
    /// let log_det = l.diagonal().ln().sum() * 2.0;
    /// let inverse = tensor![[5.0, -2.0], [-2.0, 4.0]] / 16.0;
    /// assert!((log_det.backward().wrt(a) - &inverse).norm() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// When the matrix is not square.
    #[track_caller]
    pub fn cholesky(self) -> Var<'t, T> {
        record(self.tape(), Cholesky, &[self])
    }

    /// `ln |det A|` of a square matrix, rank 0; its gradient is `A⁻ᵀ`. −∞ where A is singular, with a
    /// gradient of NaN.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.var(&tensor![[0.0, 2.0], [4.0, 0.0]]);
    /// assert!((a.log_det().item() - 8f64.ln()).abs() < 1e-15);
    /// assert_eq!(a.log_det().backward().wrt(a), tensor![[0.0, 0.5], [0.25, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// When the matrix is not square.
    #[track_caller]
    pub fn log_det(self) -> Var<'t, T> {
        record(self.tape(), LogDet, &[self])
    }

    /// The eigenvalues of a symmetric matrix in ascending order, `[n]`, and its eigenvectors as the
    /// columns of `[n, n]`. Of a matrix that is not symmetric, `(A + Aᵀ)/2` is taken, so that the
    /// gradient is symmetric. Eigenvectors of equal eigenvalues have no derivative by each other, and
    /// get zeros.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.var(&tensor![[2.0, 1.0], [1.0, 2.0]]);
    /// let (values, _) = a.eigh();
    /// let largest = values.element(1);
    /// assert!((largest.item() - 3.0).abs() < 1e-15);
    /// let gradient = largest.backward().wrt(a); // v vᵀ
    /// assert!((gradient - &tensor![[0.5, 0.5], [0.5, 0.5]]).norm() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// When the matrix is not square.
    #[track_caller]
    pub fn eigh(self) -> (Var<'t, T>, Var<'t, T>) {
        let packed = record(self.tape(), Eigh, &[self]);
        let n = packed.shape().dims()[1];
        let values = packed.narrow(0, 0..1).reshape([n]);
        (values, packed.narrow(0, 1..n + 1))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::{Tensor, tensor};

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let n = c.size(1, 4);
        // Far from singular: rows whose diagonal outweighs the rest.
        let a = &c.tensor(&[n, n], -1.0, 1.0) * 0.2 + &Tensor::eye(n);
        c.check(std::slice::from_ref(&a), |x| x[0].log_det());
        c.check(std::slice::from_ref(&a), |x| x[0].cholesky());
        // Eigenvalues at distances of about 1.
        let spread = Tensor::from_fn([n, n], |i| if i[0] == i[1] { i[0] as f64 } else { 0.0 });
        c.check(&[&a * 0.3 + &spread], |x| {
            let (values, vectors) = x[0].eigh();
            values.exp() + vectors.square().sum_axes(&[0], false) + vectors.tanh()
        });
    }

    #[test]
    fn where_there_is_no_factorisation_the_value_is_not_finite() {
        let tape = Tape::<f64>::new();
        let a = tape.var(&tensor![[1.0, 2.0], [2.0, 4.0]]);
        assert!((a * -1.0).cholesky().value().data()[0].is_nan());
        assert_eq!(a.log_det().item(), f64::NEG_INFINITY);
    }

    #[test]
    fn equal_eigenvalues_have_finite_gradients() {
        let tape = Tape::<f64>::new();
        let a = tape.var(&Tensor::eye(3));
        let (values, vectors) = a.eigh();
        let gradient = (values.sum() + vectors.sum()).backward().wrt(a);
        assert!(gradient.data().iter().all(|g| g.is_finite()));
    }
}
