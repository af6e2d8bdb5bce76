//! Outer products, and matrix products with batch axes.
//!
//! ```text
//! outer    C = x yᵀ           x̄ += C̄ y           ȳ += C̄ᵀ x
//! matmul   C_b = A_b B_b      Ā_b += C̄_b B_bᵀ    B̄_b += A_bᵀ C̄_b
//! matmulᵀ  C_b = A_b B_bᵀ     Ā_b += C̄_b B_b     B̄_b += C̄_bᵀ A_b
//! ```
//!
//! Batch axes broadcast; an operand that is used for several products gets the sum.

use metaplast_tensor::broadcast::for_each_broadcast;
use metaplast_tensor::kernels::{self, Write};
use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// `x yᵀ`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outer;

impl<T: Scalar> Op<T> for Outer {
    fn name(&self) -> &'static str {
        "outer"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        match (operands[0].dims(), operands[1].dims()) {
            (&[rows], &[cols]) => Shape::from([rows, cols]),
            _ => panic!(
                "outer: needs two vectors, got {} and {}",
                operands[0], operands[1]
            ),
        }
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let y = inputs.value(1);
        for (row, &x) in output.chunks_mut(y.len().max(1)).zip(inputs.value(0)) {
            for (c, &y) in row.iter_mut().zip(y) {
                *c = x * y;
            }
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let (x, y) = (inputs.value(0), inputs.value(1));
        if let Some(into) = adjoints.of(0) {
            kernels::matvec(adjoint, y, into, Write::Add);
        }
        if let Some(into) = adjoints.of(1) {
            kernels::matvec_transposed(adjoint, x, into, Write::Add);
        }
    }
}

/// `A_b B_b`, or `A_b B_bᵀ`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchedMatmul {
    transposed: bool,
}

/// Sizes of the products and shapes of the batches.
struct Plan {
    m: usize,
    k: usize,
    n: usize,
    batch: Shape,
    left: Shape,
    right: Shape,
}

impl Plan {
    fn new(transposed: bool, left: &Shape, right: &Shape) -> Option<Self> {
        let (left, &[m, k]) = left.dims().split_last_chunk::<2>()?;
        let (right, &[rows, cols]) = right.dims().split_last_chunk::<2>()?;
        let (inner, n) = if transposed {
            (cols, rows)
        } else {
            (rows, cols)
        };
        let (left, right) = (Shape::from(left), Shape::from(right));
        let batch = left.broadcast(&right)?;
        (k == inner).then_some(Plan {
            m,
            k,
            n,
            batch,
            left,
            right,
        })
    }

    fn of<T: Scalar>(op: BatchedMatmul, inputs: &Inputs<'_, T>) -> Self {
        Plan::new(op.transposed, inputs.shape(0), inputs.shape(1)).expect("checked when recorded")
    }

    /// Calls `f` with where C, A and B of each product start.
    fn products(&self, mut f: impl FnMut(usize, usize, usize)) {
        let (m, k, n) = (self.m, self.k, self.n);
        for_each_broadcast(&self.batch, &self.left, &self.right, |c, a, b| {
            f(c * m * n, a * m * k, b * k * n);
        });
    }
}

impl<T: Scalar> Op<T> for BatchedMatmul {
    fn name(&self) -> &'static str {
        if self.transposed {
            "matmul_transposed"
        } else {
            "matmul"
        }
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let name = Op::<T>::name(self);
        let Some(plan) = Plan::new(self.transposed, operands[0], operands[1]) else {
            panic!("{name}: shapes {} and {}", operands[0], operands[1]);
        };
        let mut dims: SmallVec<[usize; 8]> = plan.batch.dims().into();
        dims.extend([plan.m, plan.n]);
        Shape::from(&*dims)
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let plan = Plan::of(*self, inputs);
        let (a, b) = (inputs.value(0), inputs.value(1));
        let Plan { m, k, n, .. } = plan;
        let product = if self.transposed {
            kernels::matmul_nt
        } else {
            kernels::matmul
        };
        plan.products(|at_c, at_a, at_b| {
            let c = &mut output[at_c..][..m * n];
            product(
                &a[at_a..][..m * k],
                &b[at_b..][..k * n],
                c,
                m,
                k,
                n,
                Write::Set,
            );
        });
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let plan = Plan::of(*self, inputs);
        let (a, b) = (inputs.value(0), inputs.value(1));
        let Plan { m, k, n, .. } = plan;
        if let Some(into) = adjoints.of(0) {
            let product = if self.transposed {
                kernels::matmul
            } else {
                kernels::matmul_nt
            };
            plan.products(|at_c, at_a, at_b| {
                let (dc, b) = (&adjoint[at_c..][..m * n], &b[at_b..][..k * n]);
                product(dc, b, &mut into[at_a..][..m * k], m, n, k, Write::Add);
            });
        }
        if let Some(into) = adjoints.of(1) {
            plan.products(|at_c, at_a, at_b| {
                let (dc, a) = (&adjoint[at_c..][..m * n], &a[at_a..][..m * k]);
                let db = &mut into[at_b..][..k * n];
                if self.transposed {
                    kernels::matmul_tn(dc, a, db, n, m, k, Write::Add);
                } else {
                    kernels::matmul_tn(a, dc, db, k, m, n, Write::Add);
                }
            });
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// `x yᵀ` of two vectors.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (x, y) = (tape.var(&tensor![1.0, 2.0]), tape.var(&tensor![3.0, 4.0]));
    /// assert_eq!(x.outer(y).value(), tensor![[3.0, 4.0], [6.0, 8.0]]);
    /// ```
    ///
    /// # Panics
    /// When an operand is not a vector.
    #[track_caller]
    pub fn outer(self, right: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(Outer.into(), &[self, right])
    }

    #[track_caller]
    pub(super) fn batched_matmul(self, right: Var<'t, T>, transposed: bool) -> Var<'t, T> {
        let op = BatchedMatmul { transposed };
        self.tape().apply(op.into(), &[self, right])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (m, n) in [(c.size(1, 4), c.size(1, 4)), (0, 2), (2, 0)] {
            let x = [c.tensor(&[m], -2.0, 2.0), c.tensor(&[n], -2.0, 2.0)];
            c.check(&x, |x| x[0].outer(x[1]));
        }
        let random = (c.size(1, 3), c.size(1, 4), c.size(1, 3));
        for (m, k, n) in [random, (0, 2, 1), (2, 0, 2)] {
            let batches: [(&[usize], &[usize]); 6] = [
                (&[2], &[2]),
                (&[], &[2]),
                (&[2], &[]),
                (&[2, 1], &[3]),
                (&[1], &[0]),
                (&[1, 2], &[2, 1]),
            ];
            for (left, right) in batches {
                let shape = |batch: &[usize], rows, cols| [batch, &[rows, cols]].concat();
                let a = c.tensor(&shape(left, m, k), -2.0, 2.0);
                let b = c.tensor(&shape(right, k, n), -2.0, 2.0);
                let b_transposed = c.tensor(&shape(right, n, k), -2.0, 2.0);
                c.check(&[a.clone(), b], |x| x[0].matmul(x[1]));
                c.check(&[a, b_transposed], |x| x[0].matmul_transposed(x[1]));
            }
        }
    }

    #[test]
    fn a_batch_is_products_side_by_side() {
        let tape = Tape::<f64>::new();
        let a = tape.var(&Tensor::new([2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]));
        let b = tape.var(&Tensor::new([2, 1], vec![10.0, 1.0]));
        assert_eq!(
            a.matmul(b).value(),
            Tensor::new([2, 1, 1], vec![12.0, 34.0])
        );
    }

    #[test]
    #[should_panic(expected = "matmul: shapes [2, 1, 2] and [3, 1]")]
    fn both_shapes_are_named() {
        let tape = Tape::<f64>::new();
        tape.var(&Tensor::ones([2, 1, 2]))
            .matmul(tape.var(&Tensor::ones([3, 1])));
    }
}
