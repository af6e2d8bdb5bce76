//! A vector times the slope of softplus, without the slope being kept.
//!
//! ```text
//! z = x ⊙ s(y)    s(y) = 1 − exp(−βy)
//! x̄ += s(y) z̄     ȳ += β (1 − s(y)) (x z̄)
//! ```
//!
//! The way back computes s again from y, which is kept anyway: an exponential is cheaper than a
//! vector that waits in memory until the sweep comes back.

use metaplast_tensor::kernels::{self, Function};
use metaplast_tensor::{Scalar, Shape};

use super::softplus::SoftplusSlope;
use super::unary::Elementwise;
use super::{Adjoints, Inputs, Op, Zeros};
use crate::var::Var;

/// Operands: x, then y.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlopeProduct {
    slope: SoftplusSlope,
}

/// `s(y) w`
#[derive(Clone, Copy)]
struct Scaled<'a>(&'a SoftplusSlope);

impl<T: Scalar> Function<T> for Scaled<'_> {
    #[inline(always)]
    fn value(self, y: T) -> T {
        self.0.value(y)
    }

    #[inline(always)]
    fn weighted(self, y: T, _: T, w: T) -> T {
        self.0.value(y) * w
    }
}

/// `s'(y) (x w)`
#[derive(Clone, Copy)]
struct Bent<'a>(&'a SoftplusSlope);

impl<T: Scalar> Function<T> for Bent<'_> {
    #[inline(always)]
    fn value(self, y: T) -> T {
        self.0.derivative(y, self.0.value(y))
    }

    #[inline(always)]
    fn weighted(self, y: T, x: T, w: T) -> T {
        self.0.derivative(y, self.0.value(y)) * (x * w)
    }
}

impl<T: Scalar> Op<T> for SlopeProduct {
    fn name(&self) -> &'static str {
        "slope_product"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let [x, y] = operands else {
            unreachable!("slope_product of two operands");
        };
        assert!(x == y, "times_softplus_slope: shapes {x} and {y} differ");
        Shape::clone(x)
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let (x, y) = (inputs.value(0), inputs.value(1));
        kernels::map_add(Scaled(&self.slope), y, x, x, output);
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        _: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        let y = inputs.value(1);
        if let Some(into) = adjoints.of(0) {
            let scaled = Scaled(&self.slope);
            kernels::map_add(scaled, y, output_adjoint, output_adjoint, into);
        }
        if let Some(into) = adjoints.of(1) {
            let x = inputs.value(0);
            kernels::map_add(Bent(&self.slope), y, x, output_adjoint, into);
        }
    }

    fn zeros(&self) -> Zeros {
        Zeros::WhereAny
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// `x ⊙ (1 − exp(−βy))`, elementwise: the product with
    /// [`y.softplus_slope(β)`](Var::softplus_slope), of which the tape keeps one vector less.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let y = tape.var(&tensor![0.0, 0.1]);
    /// let x = tape.var(&tensor![3.0, 4.0]);
    /// let product = x.times_softplus_slope(y, 10.0);
    /// assert_eq!(product.value(), (x * y.softplus_slope(10.0)).value());
    /// ```
    ///
    /// # Panics
    /// When the shapes differ.
    #[track_caller]
    pub fn times_softplus_slope(self, y: Var<'t, T>, beta: f64) -> Var<'t, T> {
        let slope = SoftplusSlope { beta };
        self.tape().apply(SlopeProduct { slope }.into(), &[self, y])
    }

    /// [`times_softplus_slope`](Var::times_softplus_slope) for an `x` that nobody will look at again:
    /// where it is the latest value on the tape, a product with a [`State`](crate::State) that has no
    /// adjoint, and `y` is not differentiated, the result takes its place, and the tape keeps one vector
    /// less.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let (w, y) = (tape.state(&tensor![[3.0], [4.0]]), tape.constant(&tensor![0.0, 0.1]));
    /// let e = tape.var(&tensor![2.0]);
    /// let below = w.matvec(e).times_softplus_slope_in_place(y, 10.0);
    /// assert_eq!(below.value().data()[0], 0.0);
    /// assert!(below.sum().backward().wrt(e).item() > 2.5);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ. Afterwards `x` panics when it is used, if its place was taken.
    #[track_caller]
    pub fn times_softplus_slope_in_place(self, y: Var<'t, T>, beta: f64) -> Var<'t, T> {
        if y.needs_gradient() {
            return self.times_softplus_slope(y, beta);
        }
        let slope = SoftplusSlope { beta };
        let operands = [self, y];
        self.tape()
            .apply_in_place(SlopeProduct { slope }.into(), &operands)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let beta = c.number(0.5, 8.0);
        for shape in c.shapes() {
            let inputs = [c.tensor(&shape, -2.0, 2.0), c.tensor(&shape, -1.0, 1.5)];
            c.check(&inputs, |x| x[0].times_softplus_slope(x[1], beta));
            // Leaves keep their place.
            c.check(&inputs, |x| x[0].times_softplus_slope_in_place(x[1], beta));
        }
    }

    #[test]
    fn in_place_keeps_one_vector_less_and_changes_nothing_else() {
        let run = |in_place: bool| {
            let tape = Tape::<f64>::new();
            let w = tape.state(&tensor![[3.0, 1.0], [4.0, -2.0]]);
            let (e, y) = (
                tape.var(&tensor![2.0, 0.5]),
                tape.constant(&tensor![0.3, 0.1]),
            );
            let mark = tape.mark();
            let x = w.matvec(e);
            let below = match in_place {
                true => x.times_softplus_slope_in_place(y, 10.0),
                false => x.times_softplus_slope(y, 10.0),
            };
            let kept: usize = tape.rows()[mark.nodes..].iter().map(|row| row.bytes).sum();
            let loss = below.square().sum();
            let gradients = loss.backward();
            ([below.value(), gradients.wrt(e)], kept)
        };
        let ((there, less), (beside, more)) = (run(true), run(false));
        assert_eq!(there, beside);
        assert_eq!(more - less, 2 * size_of::<f64>());
    }

    #[test]
    #[should_panic(expected = "has taken this value's place")]
    fn a_value_whose_place_was_taken_cannot_be_read() {
        let tape = Tape::<f64>::new();
        let w = tape.state(&tensor![[3.0, 1.0]]);
        let y = tape.constant(&tensor![0.1]);
        let x = w.matvec(tape.constant(&tensor![1.0, 2.0]));
        x.times_softplus_slope_in_place(y, 1.0);
        x.value();
    }

    #[test]
    fn what_others_may_read_keeps_its_place() {
        let tape = Tape::<f64>::new();
        let w = tape.state(&tensor![[3.0]]);
        let (x, y) = (
            w.matvec(tape.constant(&tensor![1.0])),
            tape.constant(&tensor![0.1]),
        );
        // Not the latest; no product with a state; an operand that is differentiated; a state that is.
        x.times_softplus_slope_in_place(y, 1.0);
        let z = x.exp();
        z.times_softplus_slope_in_place(y, 1.0);
        let again = w.matvec(y);
        again.times_softplus_slope_in_place(tape.var(&tensor![0.2]), 1.0);
        let learned = tape.state_with_gradient(&tensor![[5.0]]).matvec(y);
        learned.times_softplus_slope_in_place(y, 1.0);
        assert!(learned.item() == 0.5 && x.item() == 3.0 && z.item() > 20.0 && again.item() > 0.29);
    }

    /// The product's bits and those of its derivatives are those of two operations.
    #[test]
    fn nothing_differs_from_slope_and_product() {
        let numbers = |seed: f32| {
            metaplast_tensor::Tensor::from_fn([45], |at: &[usize]| {
                ((at[0] as f32 + seed) * 0.7).sin()
            })
        };
        let run = |joined: bool| {
            let tape = Tape::<f32>::new();
            let (x, y) = (tape.var(&numbers(0.0)), tape.var(&numbers(0.5)));
            let product = match joined {
                true => x.times_softplus_slope(y, 10.0),
                false => x * y.softplus_slope(10.0),
            };
            let gradients = product.square().sum().backward();
            [product.value(), gradients.wrt(x), gradients.wrt(y)]
        };
        assert_eq!(run(true), run(false));
    }
}
