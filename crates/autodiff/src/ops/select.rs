//! Selection: one of two values by a condition.
//!
//! ```text
//! select        y = c ≠ 0 ? a : b                          ā += ȳ where c ≠ 0, b̄ += ȳ elsewhere
//! ```
//!
//! Conditions are not differentiated.

use metaplast_tensor::broadcast::{Run, for_each_run, sum_to};
use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// One of two values by a condition. Operands: condition and both values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Select;

impl Select {
    /// Calls `f` with runs of the result and of an operand, and for each place whether that operand
    /// is chosen there.
    fn runs<T: Scalar>(
        inputs: &Inputs<'_, T>,
        operand: usize,
        mut f: impl FnMut(Run, &mut dyn Iterator<Item = bool>),
    ) {
        let (c, shape) = (inputs.shape(0), inputs.shape(operand));
        let out = triple(c, inputs.shape(1), inputs.shape(2)).expect("checked when recorded");
        let condition = inputs.value(0);
        let chosen = |c: &T| (c.to_f64() == 0.0) == (operand == 2);
        for_each_run(&out, c, shape, |run| match run.left_step {
            0 => f(
                run,
                &mut std::iter::repeat_n(chosen(&condition[run.left]), run.len),
            ),
            _ => f(
                run,
                &mut condition[run.left..][..run.len].iter().map(chosen),
            ),
        });
    }
}

fn triple(c: &Shape, a: &Shape, b: &Shape) -> Option<Shape> {
    c.broadcast(a)?.broadcast(b)
}

impl<T: Scalar> Op<T> for Select {
    fn name(&self) -> &'static str {
        "select"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let (c, a, b) = (operands[0], operands[1], operands[2]);
        match triple(c, a, b) {
            Some(shape) => shape,
            None => panic!(
                "select: condition of shape {c} and shapes {a} and {b} cannot be broadcast together"
            ),
        }
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        for operand in [1, 2] {
            let x = inputs.value(operand);
            Select::runs(inputs, operand, |run, chosen| {
                for (i, chosen) in chosen.enumerate() {
                    if chosen {
                        output[run.out + i] = x[run.right + i * run.right_step];
                    }
                }
            });
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], dy: &[T], adjoints: &mut Adjoints<'_, T>) {
        for operand in [1, 2] {
            let Some(into) = adjoints.of(operand) else {
                continue;
            };
            let mut shares: SmallVec<[T; 64]> = SmallVec::from_elem(T::ZERO, dy.len());
            Select::runs(inputs, operand, |run, chosen| {
                for (i, chosen) in chosen.enumerate() {
                    if chosen {
                        shares[run.out + i] = dy[run.out + i];
                    }
                }
            });
            let [c, a, b] = [0, 1, 2].map(|operand| inputs.shape(operand));
            let out = triple(c, a, b).expect("checked when recorded");
            sum_to(&shares, &out, into, inputs.shape(operand));
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// `a` where this value is not 0, else `b`, elementwise with broadcasting. What is not chosen
    /// gets no derivative, and its value does not matter, be it NaN; the condition gets none at all.
    ///
    /// That holds for what was computed element by element, by sums, softmax and other operations
    /// along axes, too: a derivative leaves out elements whose adjoint is exactly zero, so that no
    /// 0 · ∞ comes of `x.sqrt()` below. Only products of matrices and vectors, and with them
    /// convolutions, multiply whatever is there by an adjoint of zero: mask their operands, not their
    /// results.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-1.0, 4.0]);
    /// let y = x.mask(|x| x > 0.0).select(x.sqrt(), x);
    /// assert_eq!(y.value(), tensor![-1.0, 2.0]);
    /// assert_eq!(y.sum().backward().wrt(x), tensor![1.0, 0.25]);
    /// ```
    ///
    /// # Panics
    /// When the shapes cannot be broadcast together.
    #[track_caller]
    pub fn select(self, a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(Select.into(), &[self, a, b])
    }

    /// 1 where the number satisfies `condition`, else 0, as a constant: nothing is differentiated
    /// through the condition, so that where it changes the derivative is that of the chosen side.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![-1.0, 4.0]);
    /// assert_eq!(x.mask(|x| x > 0.0).value(), tensor![0.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn mask(self, condition: impl Fn(f64) -> bool) -> Var<'t, T> {
        let one = |x: T| {
            if condition(x.to_f64()) {
                T::ONE
            } else {
                T::ZERO
            }
        };
        self.tape().constant(&self.value().map(one))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::tensor;

    use crate::ops::testing::Checks;
    use crate::{Dual, Tape, Var};

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let condition = tensor![[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]];
        for (a, b) in [
            (vec![2, 3], vec![2, 3]),
            (vec![3], vec![]),
            (vec![2, 1], vec![1, 3]),
        ] {
            let x = [c.tensor(&a, -2.0, 2.0), c.tensor(&b, -2.0, 2.0)];
            c.check(&x, |x| {
                let condition = x[0].tape().constant(&condition.cast());
                condition.select(x[0].square(), x[1].square())
            });
        }
        let x = [c.tensor(&[0], -2.0, 2.0), c.tensor(&[], -2.0, 2.0)];
        c.check(&x, |x| x[1].stop_gradient().select(x[0], x[1]));
    }

    #[test]
    fn what_is_not_chosen_does_not_matter() {
        let tape = Tape::<f64>::new();
        let x = tape.var(&tensor![-1.0, 4.0]);
        let y = x.mask(|x| x > 0.0).select(x.ln(), x * 3.0);
        assert_eq!(y.value(), tensor![-3.0, 4f64.ln()]);
    }

    /// Values and slopes at −1, 0 and 1000 of functions that have none there.
    #[test]
    fn what_is_not_chosen_has_no_derivative_be_it_infinite_or_nan() {
        let cases: [fn(Var<'_, f64>) -> Var<'_, f64>; 12] = [
            |x| x.sqrt(),
            |x| x.ln(),
            |x| x.exp().exp(),
            |x| x.powf(-0.5),
            |x| (x * 0.0) / (x * 0.0),
            |x| x.ln() * x.ln(),
            |x| x.ln().softmax(),
            |x| x.ln().log_softmax(0),
            |x| x.ln().norm_axes(&[0], true) * x,
            |x| x.ln().logsumexp_axes(&[0], true) * x,
            |x| x.ln().maximum(x.sqrt()),
            |x| x.ln().sum_axes(&[0], true) / x,
        ];
        for (case, f) in cases.into_iter().enumerate() {
            let tape = Tape::<f64>::new();
            let x = tape.var(&tensor![-1.0, 0.0, 1000.0]);
            let never = x.mask(|_| false);
            let gradient = never.select(f(x), x * 3.0).sum().backward().wrt(x);
            assert_eq!(gradient, tensor![3.0, 3.0, 3.0], "case {case}");
        }
    }

    #[test]
    fn the_gradient_of_the_chosen_side_is_its_own() {
        let tape = Tape::<f64>::new();
        let x = tape.var(&tensor![-1.0, 4.0]);
        let y = x.mask(|x| x > 0.0).select(x.sqrt(), x);
        assert_eq!(y.sum().backward().wrt(x), tensor![1.0, 0.25]);
        let dual = Tape::<Dual<f64, 1>>::new();
        let x = dual.var(&tensor![-1.0, 4.0].map(|x| Dual::new(x, [1.0])));
        let y = x.mask(|x| x > 0.0).select(x.sqrt(), x);
        let second = y.sum().backward().wrt(x);
        assert_eq!(second.data()[0], Dual::new(1.0, [0.0]));
        assert_eq!(second.data()[1], Dual::new(0.25, [-1.0 / 32.0]));
    }
}
