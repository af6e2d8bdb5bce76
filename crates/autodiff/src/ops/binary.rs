//! Elementwise functions of two operands with NumPy broadcasting; products and quotients.
//!
//! ```text
//! mul  z = x y      x̄ += y z̄    ȳ += x z̄
//! div  z = x / y    x̄ += z̄/y    ȳ −= (z/y) z̄
//! ```
//!
//! The adjoint of broadcasting is the sum over the repeated axes. Sums and differences, whose
//! derivatives need no function, are in `additive.rs`.

use std::ops;

use metaplast_tensor::broadcast::{Run, for_each_run, sum_to};
use metaplast_tensor::{Scalar, Shape};

use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// Defines `z = f(x, y)`, with what it does to sparsity patterns, and the contributions of an
/// adjoint `a` of `z`: `x̄ += g(x, y, z, a)` and `ȳ += h(x, y, z, a)`. Where `a` is zero there are
/// none, so that what is not looked at may be infinite or NaN.
macro_rules! binary_op {
    ($($(#[$doc:meta])* $op:ident $method:ident $sparsity:ident |$x:ident, $y:ident, $z:ident, $a:ident| $value:expr, $by_x:expr, $by_y:expr;)*) => {
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
                    crate::ops::binary::combine(inputs, output, |$x, $y| $value);
                }

                #[allow(unused_variables, reason = "few derivatives need all of them")]
                fn vjp(
                    &self,
                    inputs: &Inputs<'_, T>,
                    output: &[T],
                    output_adjoint: &[T],
                    adjoints: &mut Adjoints<'_, T>,
                ) {
                    let places = [output, output_adjoint];
                    crate::ops::binary::contribute(inputs, 0, places, adjoints, |$x, $y, $z, $a| $by_x);
                    crate::ops::binary::contribute(inputs, 1, places, adjoints, |$x, $y, $z, $a| $by_y);
                }

                fn overwrites(&self) -> bool {
                    true
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
    /// `x · y`
    Mul mul Product |x, y, z, a| x * y, y * a, x * a;
    /// `x / y`
    Div div Dense |x, y, z, a| x / y, a / y, -z / y * a;
}

/// `z = f(x, y)` for all elements, in loops without places to look up.
pub(super) fn combine<T: Scalar>(inputs: &Inputs<'_, T>, z: &mut [T], f: impl Fn(T, T) -> T) {
    let (x, y) = (inputs.value(0), inputs.value(1));
    if inputs.shape(0) == inputs.shape(1) {
        for ((z, &x), &y) in z.iter_mut().zip(x).zip(y) {
            *z = f(x, y);
        }
        return;
    }
    for_each_result(inputs, |run| {
        let z = &mut z[run.out..][..run.len];
        let (x, y) = (&x[run.left..], &y[run.right..]);
        match (run.left_step, run.right_step) {
            // The one number is read before the loop, whose body has no index to check then.
            (0, _) => {
                let x = x[0];
                z.iter_mut().zip(y).for_each(|(z, &y)| *z = f(x, y));
            }
            (_, 0) => {
                let y = y[0];
                z.iter_mut().zip(x).for_each(|(z, &x)| *z = f(x, y));
            }
            _ => {
                let operands = x.iter().zip(y);
                let places = z.iter_mut().zip(operands);
                places.for_each(|(z, (&x, &y))| *z = f(x, y));
            }
        }
    });
}

/// Adds to the adjoint of an operand its contributions `f(x, y, z, z̄)`, summed over the axes along
/// which the operand was repeated.
pub(super) fn contribute<T: Scalar>(
    inputs: &Inputs<'_, T>,
    operand: usize,
    [z, adjoint]: [&[T]; 2],
    adjoints: &mut Adjoints<'_, T>,
    f: impl Fn(T, T, T, T) -> T,
) {
    let f = |x: T, y: T, z: T, a: T| {
        // Computed in any case, so that no branch stands in the way of a loop of vectors.
        let contribution = f(x, y, z, a);
        if a.is_zero() { T::ZERO } else { contribution }
    };
    let (x, y) = (inputs.value(0), inputs.value(1));
    if inputs.shape(0) == inputs.shape(1) {
        let Some(sum) = adjoints.sum(operand) else {
            return;
        };
        return sum.in_parts(|at, into| {
            let operands = x[at.clone()].iter().zip(&y[at.clone()]);
            let results = z[at.clone()].iter().zip(&adjoint[at]);
            for (into, ((&x, &y), (&z, &a))) in into.iter_mut().zip(operands.zip(results)) {
                *into += f(x, y, z, a);
            }
        });
    }
    let out = result_shape(inputs);
    if *inputs.shape(operand) == out {
        if let Some(into) = adjoints.of(operand) {
            let add = |into: &mut T, share| *into += share;
            for_each_contribution(inputs, [z, adjoint], into, f, add);
        }
        return;
    }
    adjoints.with_scratch(operand, z.len(), |into, all| {
        let put = |into: &mut T, share| *into = share;
        for_each_contribution(inputs, [z, adjoint], all, f, put);
        sum_to(all, &out, into, inputs.shape(operand));
    });
}

/// Puts `f(x, y, z, z̄)` where `all` has a place for each result.
fn for_each_contribution<T: Scalar>(
    inputs: &Inputs<'_, T>,
    [z, adjoint]: [&[T]; 2],
    all: &mut [T],
    f: impl Fn(T, T, T, T) -> T,
    put: impl Fn(&mut T, T),
) {
    let (x, y) = (inputs.value(0), inputs.value(1));
    for_each_result(inputs, |run| {
        let places = run.out..run.out + run.len;
        let results = z[places.clone()].iter().zip(&adjoint[places.clone()]);
        let all = all[places].iter_mut().zip(results);
        let (x, y) = (&x[run.left..], &y[run.right..]);
        match (run.left_step, run.right_step) {
            (0, 0) => {
                let (x, y) = (x[0], y[0]);
                all.for_each(|(c, (&z, &a))| put(c, f(x, y, z, a)));
            }
            (0, _) => {
                let (x, all) = (x[0], all.zip(y));
                all.for_each(|((c, (&z, &a)), &y)| put(c, f(x, y, z, a)));
            }
            (_, 0) => {
                let (y, all) = (y[0], all.zip(x));
                all.for_each(|((c, (&z, &a)), &x)| put(c, f(x, y, z, a)));
            }
            _ => {
                let all = all.zip(x.iter().zip(y));
                all.for_each(|((c, (&z, &a)), (&x, &y))| put(c, f(x, y, z, a)));
            }
        }
    });
}

pub(super) fn result_shape<T: Scalar>(inputs: &Inputs<'_, T>) -> Shape {
    let shape = inputs.shape(0).broadcast(inputs.shape(1));
    shape.expect("checked when recorded")
}

fn for_each_result<T: Scalar>(inputs: &Inputs<'_, T>, f: impl FnMut(Run)) {
    for_each_run(&result_shape(inputs), inputs.shape(0), inputs.shape(1), f);
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

operators!(Mul mul, Div div);

#[track_caller]
pub(super) fn broadcast_shape(op: &str, left: &Shape, right: &Shape) -> Shape {
    match left.broadcast(right) {
        Some(shape) => shape,
        None => panic!("{op}: shapes {left} and {right} cannot be broadcast together"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (left, right) in c.pairs() {
            let inputs = [c.tensor(&left, 0.4, 2.0), c.tensor(&right, 0.4, 2.0)];
            c.check(&inputs, |x| x[0] * x[1]);
            c.check(&inputs, |x| x[0] / x[1]);
        }
        // An operand used twice gets both parts.
        let x = c.tensor(&[3], 0.4, 2.0);
        c.check(&[x], |x| x[0] * x[0] / (x[0] + x[0]));
    }
}
