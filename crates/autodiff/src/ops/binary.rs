//! Elementwise arithmetic of two operands with NumPy broadcasting.
//!
//! ```text
//! add  z = x + y    x̄ += z̄      ȳ += z̄
//! sub  z = x − y    x̄ += z̄      ȳ −= z̄
//! mul  z = x y      x̄ += y z̄    ȳ += x z̄
//! div  z = x / y    x̄ += z̄/y    ȳ −= (z/y) z̄
//! ```
//!
//! The adjoint of broadcasting is the sum over the repeated axes.

use std::ops;

use metaplast_tensor::broadcast::for_each_broadcast;
use metaplast_tensor::{Scalar, Shape};

use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// Defines `z = f(x, y)`, with what it does to sparsity patterns, `x̄ += f_x(x, y, z) z̄` and `ȳ += f_y(x, y, z) z̄`.
macro_rules! binary_op {
    ($($(#[$doc:meta])* $op:ident $method:ident $sparsity:ident |$x:ident, $y:ident, $z:ident| $value:expr, $by_x:expr, $by_y:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub(crate) struct $op;

            impl<T: Scalar> Op<T> for $op {
                fn name(&self) -> &'static str {
                    stringify!($method)
                }

                fn shape(&self, operands: &[&Shape]) -> Shape {
                    broadcast_shape(stringify!($method), operands[0], operands[1])
                }

                fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
                    let (left, right) = (inputs.value(0), inputs.value(1));
                    if inputs.shape(0) == inputs.shape(1) {
                        // Without places to look up, the loop becomes one of vectors.
                        let operands = left.iter().zip(right);
                        for (output, (&$x, &$y)) in output.iter_mut().zip(operands) {
                            *output = $value;
                        }
                        return;
                    }
                    walk(inputs, |o, l, r| {
                        let ($x, $y) = (left[l], right[r]);
                        output[o] = $value;
                    });
                }

                #[allow(unused_variables, reason = "few derivatives need all three")]
                fn vjp(
                    &self,
                    inputs: &Inputs<'_, T>,
                    output: &[T],
                    output_adjoint: &[T],
                    adjoints: &mut Adjoints<'_, T>,
                ) {
                    let (left, right) = (inputs.value(0), inputs.value(1));
                    let same = inputs.shape(0) == inputs.shape(1);
                    if let Some(into) = adjoints.of(0) {
                        if same {
                            let operands = left.iter().zip(right).zip(output);
                            let values = operands.zip(output_adjoint);
                            for (into, (((&$x, &$y), &$z), &adjoint)) in into.iter_mut().zip(values) {
                                *into += $by_x * adjoint;
                            }
                        } else {
                            walk(inputs, |o, l, r| {
                                let ($x, $y, $z) = (left[l], right[r], output[o]);
                                into[l] += $by_x * output_adjoint[o];
                            });
                        }
                    }
                    if let Some(into) = adjoints.of(1) {
                        if same {
                            let operands = left.iter().zip(right).zip(output);
                            let values = operands.zip(output_adjoint);
                            for (into, (((&$x, &$y), &$z), &adjoint)) in into.iter_mut().zip(values) {
                                *into += $by_y * adjoint;
                            }
                        } else {
                            walk(inputs, |o, l, r| {
                                let ($x, $y, $z) = (left[l], right[r], output[o]);
                                into[r] += $by_y * output_adjoint[o];
                            });
                        }
                    }
                }

                fn sparsity(&self) -> crate::op::Sparsity {
                    crate::op::Sparsity::$sparsity
                }
            }
        )*
    };
}
pub(super) use binary_op;

binary_op! {
    /// `x + y`
    Add add Dense |x, y, z| x + y, T::ONE, T::ONE;
    /// `x − y`
    Sub sub Dense |x, y, z| x - y, T::ONE, -T::ONE;
    /// `x · y`
    Mul mul Product |x, y, z| x * y, y, x;
    /// `x / y`
    Div div Dense |x, y, z| x / y, T::ONE / y, -z / y;
}

macro_rules! operators {
    ($($op:ident $method:ident),*) => {
        $(impl<'t, T: Scalar> ops::$op for Var<'t, T> {
            type Output = Var<'t, T>;

            #[track_caller]
            fn $method(self, right: Var<'t, T>) -> Var<'t, T> {
                self.tape().apply($op.into(), &[self, right])
            }
        })*
    };
}

operators!(Add add, Sub sub, Mul mul, Div div);

pub(super) fn broadcast_shape(op: &str, left: &Shape, right: &Shape) -> Shape {
    left.broadcast(right)
        .unwrap_or_else(|| panic!("{op}: shapes {left} and {right} cannot be broadcast together"))
}

/// Calls `f` with the places of result, left and right operand, row-major.
pub(super) fn walk<T: Scalar>(inputs: &Inputs<'_, T>, mut f: impl FnMut(usize, usize, usize)) {
    let (left, right) = (inputs.shape(0), inputs.shape(1));
    if left == right {
        (0..left.len()).for_each(|i| f(i, i, i));
    } else if left.rank() == 0 {
        (0..right.len()).for_each(|i| f(i, 0, i));
    } else if right.rank() == 0 {
        (0..left.len()).for_each(|i| f(i, i, 0));
    } else {
        let out = left.broadcast(right).expect("checked when recorded");
        for_each_broadcast(&out, left, right, f);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (left, right) in c.pairs() {
            let inputs = [c.tensor(&left, 0.4, 2.0), c.tensor(&right, 0.4, 2.0)];
            c.check(&inputs, |x| x[0] + x[1]);
            c.check(&inputs, |x| x[0] - x[1]);
            c.check(&inputs, |x| x[0] * x[1]);
            c.check(&inputs, |x| x[0] / x[1]);
        }
        // An operand used twice gets both parts.
        let x = c.tensor(&[3], 0.4, 2.0);
        c.check(&[x], |x| x[0] * x[0] / (x[0] + x[0]));
    }
}
