//! Linear systems: general and triangular ones.
//!
//! ```text
//! solve       X = A⁻¹ B          B̄ += A⁻ᵀ X̄                     Ā −= (A⁻ᵀ X̄) Xᵀ
//! triangular  X = L⁻¹ B          B̄ += L⁻ᵀ X̄                     L̄ −= the triangle of (L⁻ᵀ X̄) Xᵀ
//! ```
//!
//! Giles, *Collected matrix derivative results*, 2008. A vjp factorises again what forward has
//! factorised. Where there is no solution the value is NaN. Factorisations are in `factors.rs`.

use metaplast_tensor::linalg::Triangle;
use metaplast_tensor::{Scalar, Shape, Tensor};

use super::table::record;
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

pub(super) fn operand<T: Scalar>(inputs: &Inputs<'_, T>, i: usize) -> Tensor<T> {
    Tensor::new(inputs.shape(i).clone(), inputs.value(i).to_vec())
}

pub(super) fn like<T: Scalar>(shape: &Shape, data: &[T]) -> Tensor<T> {
    Tensor::new(shape.clone(), data.to_vec())
}

pub(super) fn write<T: Scalar>(output: &mut [T], result: Option<Tensor<T>>) {
    match result {
        Some(result) => output.copy_from_slice(result.data()),
        None => output.fill(T::from_f64(f64::NAN)),
    }
}

pub(super) fn add<T: Scalar>(into: &mut [T], what: Option<&Tensor<T>>) {
    match what {
        Some(what) => {
            for (into, &x) in into.iter_mut().zip(what.data()) {
                *into += x;
            }
        }
        None => into.fill(T::from_f64(f64::NAN)),
    }
}

/// `X Yᵀ` of right-hand sides, be they vectors or matrices.
fn outer<T: Scalar>(x: &Tensor<T>, y: &Tensor<T>) -> Tensor<T> {
    match x.rank() {
        1 => x.outer(y),
        _ => x.matmul(&y.transpose()),
    }
}

#[track_caller]
pub(super) fn assert_square(op: &str, shape: &Shape) {
    let square = matches!(*shape.dims(), [rows, cols] if rows == cols);
    assert!(square, "{op}: shape {shape} is not that of a square matrix");
}

#[track_caller]
fn assert_fits(op: &str, matrix: &Shape, right: &Shape) {
    assert_square(op, matrix);
    let fits = (1..=2).contains(&right.rank()) && right.dims()[0] == matrix.dims()[0];
    assert!(
        fits,
        "{op}: matrix of shape {matrix}, right-hand side of shape {right}"
    );
}

/// `A⁻¹ B`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Solve;

impl<T: Scalar> Op<T> for Solve {
    fn name(&self) -> &'static str {
        "solve"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        assert_fits("solve", operands[0], operands[1]);
        operands[1].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let solution = operand(inputs, 0).solve(&operand(inputs, 1));
        write(output, solution.ok());
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, x: &[T], dx: &[T], adjoints: &mut Adjoints<'_, T>) {
        let shape = inputs.shape(1);
        let lu = operand(inputs, 0).lu().ok();
        let db = lu.map(|lu| lu.solve_transposed(&like(shape, dx)));
        if let Some(into) = adjoints.of(0) {
            let da = db.as_ref().map(|db| -outer(db, &like(shape, x)));
            add(into, da.as_ref());
        }
        if let Some(into) = adjoints.of(1) {
            add(into, db.as_ref());
        }
    }
}

/// `L⁻¹ B` for a triangle of a matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SolveTriangular {
    triangle: Triangle,
}

impl<T: Scalar> Op<T> for SolveTriangular {
    fn name(&self) -> &'static str {
        "solve_triangular"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        assert_fits("solve_triangular", operands[0], operands[1]);
        operands[1].clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let (l, b) = (operand(inputs, 0), operand(inputs, 1));
        write(output, Some(l.solve_triangular(&b, self.triangle)));
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, x: &[T], dx: &[T], adjoints: &mut Adjoints<'_, T>) {
        let shape = inputs.shape(1);
        let transposed = self.triangle.transposed();
        let db = operand(inputs, 0).solve_triangular(&like(shape, dx), transposed);
        if let Some(into) = adjoints.of(0) {
            let x = like(shape, x);
            let plain = matches!(self.triangle, Triangle::Lower | Triangle::Upper);
            let product = if plain {
                outer(&db, &x)
            } else {
                outer(&x, &db)
            };
            let n = product.dims()[0];
            for i in 0..n {
                let read = if self.triangle.is_lower() {
                    0..i + 1
                } else {
                    i..n
                };
                for j in read {
                    into[i * n + j] -= product.data()[i * n + j];
                }
            }
        }
        if let Some(into) = adjoints.of(1) {
            add(into, Some(&db));
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// `A⁻¹ b` for `self` = `A` of shape `[n, n]` and right-hand sides of shape `[n]` or `[n, m]`, by
    /// LU factorisation with partial pivoting. NaN where A is singular.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (a, b) = (tape.var(&tensor![[2.0, 0.0], [0.0, 4.0]]), tape.var(&tensor![2.0, 8.0]));
    /// let x = a.solve(b);
    /// assert_eq!(x.value(), tensor![1.0, 2.0]);
    /// let gradients = x.sum().backward();
    /// assert_eq!(gradients.wrt(b), tensor![0.5, 0.25]);
    /// assert_eq!(gradients.wrt(a), tensor![[-0.5, -1.0], [-0.25, -0.5]]);
    /// ```
    ///
    /// # Panics
    /// When the matrix is not square or the right-hand side does not fit.
    #[track_caller]
    pub fn solve(self, b: Var<'t, T>) -> Var<'t, T> {
        record(self.tape(), Solve, &[self, b])
    }

    /// `T⁻¹ b` for a triangle T of this matrix and right-hand sides of shape `[n]` or `[n, m]`; the
    /// other triangle is not read and gets no derivative.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::{linalg::Triangle, tensor};
    /// let tape = Tape::<f64>::new();
    /// let a = tape.var(&tensor![[2.0, 9.0], [1.0, 4.0]]);
    /// let b = tape.var(&tensor![2.0, 9.0]);
    /// assert_eq!(a.solve_triangular(b, Triangle::Lower).value(), tensor![1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When the matrix is not square or the right-hand side does not fit.
    #[track_caller]
    pub fn solve_triangular(self, b: Var<'t, T>, triangle: Triangle) -> Var<'t, T> {
        record(self.tape(), SolveTriangular { triangle }, &[self, b])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::linalg::Triangle;
    use metaplast_tensor::{Tensor, tensor};

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let n = c.size(1, 4);
        // Far from singular: rows whose diagonal outweighs the rest.
        let a = &c.tensor(&[n, n], -1.0, 1.0) * 0.2 + &Tensor::eye(n);
        for shape in [vec![n], vec![n, 2]] {
            let b = c.tensor(&shape, -1.0, 1.0);
            c.check(&[a.clone(), b.clone()], |x| x[0].solve(x[1]));
            for triangle in [
                Triangle::Lower,
                Triangle::LowerTransposed,
                Triangle::Upper,
                Triangle::UpperTransposed,
            ] {
                c.check(&[a.clone(), b.clone()], |x| {
                    x[0].solve_triangular(x[1], triangle)
                });
            }
        }
    }

    #[test]
    fn a_singular_system_has_nan_for_its_solution() {
        let tape = Tape::<f64>::new();
        let a = tape.var(&tensor![[1.0, 2.0], [2.0, 4.0]]);
        let x = a.solve(tape.var(&tensor![1.0, 1.0]));
        assert!(x.value().data()[0].is_nan());
        assert!(x.sum().backward().wrt(a).data()[0].is_nan());
    }
}
