//! Products of vectors and matrices.
//!
//! ```text
//! dot     s = x·y        x̄ += s̄ y          ȳ += s̄ x
//! matvec  y = A x        Ā += ȳ xᵀ         x̄ += Aᵀ ȳ
//! matvecᵀ y = Aᵀ x       Ā += x ȳᵀ         x̄ += A ȳ
//! matmul  C = A B        Ā += C̄ Bᵀ         B̄ += Aᵀ C̄
//! matmulᵀ C = A Bᵀ       Ā += C̄ B          B̄ += C̄ᵀ A
//! ```
//!
//! Solving is in `linalg.rs`, factorising in `factors.rs`.

use metaplast_tensor::kernels::{self, Write};
use metaplast_tensor::{Scalar, Shape};

use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// `x·y` of two vectors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dot;

impl<T: Scalar> Op<T> for Dot {
    fn name(&self) -> &'static str {
        "dot"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let (left, right) = (operands[0], operands[1]);
        assert!(
            left.rank() == 1 && left == right,
            "dot: needs two vectors of one length, got {left} and {right}"
        );
        Shape::from([])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        output[0] = kernels::dot(inputs.value(0), inputs.value(1));
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        if let Some(into) = adjoints.of(0) {
            kernels::axpy(adjoint[0], inputs.value(1), into);
        }
        if let Some(into) = adjoints.of(1) {
            kernels::axpy(adjoint[0], inputs.value(0), into);
        }
    }
}

pub(super) fn outer_add<T: Scalar>(into: &mut [T], left: &[T], right: &[T]) {
    kernels::rank_k_update(into, left.len(), right.len(), T::ONE, &[left], &[right]);
}

/// `A x`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matvec;

impl<T: Scalar> Op<T> for Matvec {
    fn name(&self) -> &'static str {
        "matvec"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        match (operands[0].dims(), operands[1].dims()) {
            (&[rows, cols], &[len]) if cols == len => Shape::from([rows]),
            (&[_, cols], &[rows, _]) if cols == rows => panic!(
                "matvec: shapes {} and {}; use `matmul`",
                operands[0], operands[1]
            ),
            _ => panic!("matvec: shapes {} and {}", operands[0], operands[1]),
        }
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        kernels::matvec(inputs.value(0), inputs.value(1), output, Write::Set);
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        if let Some(into) = adjoints.of(0) {
            outer_add(into, adjoint, inputs.value(1));
        }
        if let Some(into) = adjoints.of(1) {
            kernels::matvec_transposed(inputs.value(0), adjoint, into, Write::Add);
        }
    }
}

/// `Aᵀ x`
#[derive(Clone, Copy, Debug)]
pub(crate) struct MatvecTransposed;

impl<T: Scalar> Op<T> for MatvecTransposed {
    fn name(&self) -> &'static str {
        "matvec_transposed"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        match (operands[0].dims(), operands[1].dims()) {
            (&[rows, cols], &[len]) if rows == len => Shape::from([cols]),
            _ => panic!(
                "matvec_transposed: shapes {} and {}",
                operands[0], operands[1]
            ),
        }
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        kernels::matvec_transposed(inputs.value(0), inputs.value(1), output, Write::Set);
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        if let Some(into) = adjoints.of(0) {
            outer_add(into, inputs.value(1), adjoint);
        }
        if let Some(into) = adjoints.of(1) {
            kernels::matvec(inputs.value(0), adjoint, into, Write::Add);
        }
    }
}

/// `A B`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matmul;

impl<T: Scalar> Op<T> for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        match (operands[0].dims(), operands[1].dims()) {
            (&[m, k], &[l, n]) if k == l => Shape::from([m, n]),
            (&[_, k], &[len]) if k == len => panic!(
                "matmul: shapes {} and {}; use `matvec`",
                operands[0], operands[1]
            ),
            _ => panic!("matmul: shapes {} and {}", operands[0], operands[1]),
        }
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let (m, k, n) = sizes(inputs);
        kernels::matmul(
            inputs.value(0),
            inputs.value(1),
            output,
            m,
            k,
            n,
            Write::Set,
        );
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let (m, k, n) = sizes(inputs);
        if let Some(into) = adjoints.of(0) {
            kernels::matmul_nt(adjoint, inputs.value(1), into, m, n, k, Write::Add);
        }
        if let Some(into) = adjoints.of(1) {
            kernels::matmul_tn(inputs.value(0), adjoint, into, k, m, n, Write::Add);
        }
    }
}

/// `A Bᵀ`
#[derive(Clone, Copy, Debug)]
pub(crate) struct MatmulTransposed;

impl<T: Scalar> Op<T> for MatmulTransposed {
    fn name(&self) -> &'static str {
        "matmul_transposed"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        match (operands[0].dims(), operands[1].dims()) {
            (&[m, k], &[n, l]) if k == l => Shape::from([m, n]),
            _ => panic!(
                "matmul_transposed: shapes {} and {}",
                operands[0], operands[1]
            ),
        }
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let (left, right) = (inputs.shape(0).dims(), inputs.shape(1).dims());
        let (m, k, n) = (left[0], left[1], right[0]);
        kernels::matmul_nt(
            inputs.value(0),
            inputs.value(1),
            output,
            m,
            k,
            n,
            Write::Set,
        );
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let (left, right) = (inputs.shape(0).dims(), inputs.shape(1).dims());
        let (m, k, n) = (left[0], left[1], right[0]);
        if let Some(into) = adjoints.of(0) {
            kernels::matmul(adjoint, inputs.value(1), into, m, n, k, Write::Add);
        }
        if let Some(into) = adjoints.of(1) {
            kernels::matmul_tn(adjoint, inputs.value(0), into, n, m, k, Write::Add);
        }
    }
}

fn sizes<T: Scalar>(inputs: &Inputs<'_, T>) -> (usize, usize, usize) {
    let (left, right) = (inputs.shape(0).dims(), inputs.shape(1).dims());
    (left[0], left[1], right[1])
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The inner product of two vectors of one length, rank 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (x, y) = (tape.var(&tensor![1.0, 2.0]), tape.var(&tensor![3.0, 4.0]));
    /// assert_eq!(x.dot(y).item(), 11.0);
    /// ```
    ///
    /// # Panics
    /// When the operands are not vectors of one length.
    #[track_caller]
    pub fn dot(self, right: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(Dot.into(), &[self, right])
    }

    /// `A x` for `self` = `A` of shape `[rows, cols]` and a vector of `cols` elements.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.var(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(a.matvec(tape.var(&tensor![1.0, 0.0])).value(), tensor![1.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn matvec(self, x: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(Matvec.into(), &[self, x])
    }

    /// `Aᵀ x` for `self` = `A` of shape `[rows, cols]` and a vector of `rows` elements.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.var(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(a.matvec_transposed(tape.var(&tensor![1.0, 0.0])).value(), tensor![1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn matvec_transposed(self, x: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(MatvecTransposed.into(), &[self, x])
    }

    /// `A B`, shapes `[m, k] · [k, n] → [m, n]`; axes in front are batch axes and broadcast:
    /// `[…, m, k] · […, k, n] → […, m, n]`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::{Tensor, tensor};
    /// let tape = Tape::<f64>::new();
    /// let a = tape.var(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(a.matmul(a).value(), tensor![[7.0, 10.0], [15.0, 22.0]]);
    /// let batch = tape.var(&Tensor::ones([5, 3, 2]));
    /// assert_eq!(batch.matmul(a).shape().dims(), [5, 3, 2]);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn matmul(self, right: Var<'t, T>) -> Var<'t, T> {
        if self.rank() > 2 || right.rank() > 2 {
            return self.batched_matmul(right, false);
        }
        self.tape().apply(Matmul.into(), &[self, right])
    }

    /// `A Bᵀ`, shapes `[m, k] · [n, k]ᵀ → [m, n]`; axes in front are batch axes and broadcast.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (a, b) = (tape.var(&tensor![[1.0, 2.0]]), tape.var(&tensor![[3.0, 4.0], [5.0, 6.0]]));
    /// assert_eq!(a.matmul_transposed(b).value(), tensor![[11.0, 17.0]]);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn matmul_transposed(self, right: Var<'t, T>) -> Var<'t, T> {
        if self.rank() > 2 || right.rank() > 2 {
            return self.batched_matmul(right, true);
        }
        self.tape().apply(MatmulTransposed.into(), &[self, right])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let random = (c.size(1, 4), c.size(1, 5), c.size(1, 4));
        for (m, k, n) in [random, (0, 2, 1), (2, 0, 3), (1, 1, 0)] {
            let mut t = |shape: &[usize]| c.tensor(shape, -2.0, 2.0);
            let (vectors, wide) = ([t(&[k]), t(&[k])], [t(&[m, k]), t(&[k])]);
            let tall = [t(&[m, k]), t(&[m])];
            let product = [t(&[m, k]), t(&[k, n])];
            let transposed = [t(&[m, k]), t(&[n, k])];
            c.check(&vectors, |x| x[0].dot(x[1]));
            c.check(&wide, |x| x[0].matvec(x[1]));
            c.check(&tall, |x| x[0].matvec_transposed(x[1]));
            c.check(&product, |x| x[0].matmul(x[1]));
            c.check(&transposed, |x| x[0].matmul_transposed(x[1]));
        }
    }
}
