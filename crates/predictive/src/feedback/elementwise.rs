//! Operations of an inference that look at one unit at a time, each of them one node of the tape.
//!
//! With s the logistic function of βz, which is the slope of softplus, and
//! `c(z, a) = softplus(z + a) − softplus(z)`:
//!
//! ```text
//! SoftplusChange        c(z, d)
//! PredictionError       e  = (c(z, a) − d) s(z + a)
//! RelaxedActivity       d' = d + η (c(z, a) − d − b)
//! RelaxedPreActivation  d' = d + η (a − d − b s(z + d))
//! ```
//!
//! The change of softplus is not the difference of two rounded numbers where it is small:
//! `c(z, a) = ln(1 + s(z) (exp(βa) − 1)) / β` keeps the digits of a.

use std::fmt;
use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, SOFTPLUS_SWITCH, Var};
use metaplast_tensor::{Scalar, Shape};

/// A function of N numbers, and its derivative by each.
pub(super) trait Local<const N: usize>: Copy + fmt::Debug + Send + Sync + 'static {
    const NAME: &'static str;

    fn value<T: Scalar>(self, x: [T; N]) -> T;

    /// By argument `k`.
    fn slope<T: Scalar>(self, k: usize, x: [T; N]) -> T;
}

/// Element i of the result is the function of the elements i of the operands.
#[derive(Debug)]
struct Elementwise<F, const N: usize>(F);

/// Records the function of these values, which all have one shape.
#[track_caller]
pub(super) fn apply<'t, T: Scalar, F: Local<N>, const N: usize>(
    f: F,
    operands: [Var<'t, T>; N],
) -> Var<'t, T> {
    let op = Arc::new(Elementwise::<F, N>(f));
    operands[0].tape().custom(op, &operands)
}

impl<F: Local<N>, const N: usize> Elementwise<F, N> {
    /// Element i of all operands, for every i.
    fn arguments<'a, T: Scalar>(
        inputs: &Inputs<'a, T>,
    ) -> impl Iterator<Item = [T; N]> + use<'a, T, F, N> {
        let operands: [&[T]; N] = std::array::from_fn(|k| inputs.value(k));
        (0..operands[0].len()).map(move |i| operands.map(|x| x[i]))
    }
}

impl<T: Scalar, F: Local<N>, const N: usize> Op<T> for Elementwise<F, N> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let first = operands[0];
        let differs = operands.iter().find(|shape| **shape != first);
        if let Some(other) = differs {
            panic!("{}: shapes {first} and {other} differ", F::NAME);
        }
        first.clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        for (y, x) in output.iter_mut().zip(Self::arguments(inputs)) {
            *y = self.0.value(x);
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        for k in 0..N {
            let Some(into) = adjoints.of(k) else {
                continue;
            };
            let elements = into.iter_mut().zip(adjoint);
            for ((into, &y), x) in elements.zip(Self::arguments(inputs)) {
                // Where nothing depends on the result, an infinite slope does no harm.
                if !y.is_zero() {
                    *into += self.0.slope(k, x) * y;
                }
            }
        }
    }
}

/// Softplus with sharpness β.
#[derive(Clone, Copy, Debug)]
pub(super) struct Curve {
    pub(super) beta: f64,
}

impl Curve {
    fn beta<T: Scalar>(self) -> T {
        T::from_f64(self.beta)
    }

    /// `ln(1 + exp(βz)) / β`, with the switch to the identity that the tape's softplus has.
    fn value<T: Scalar>(self, z: T) -> T {
        let scaled = self.beta::<T>() * z;
        match scaled > T::from_f64(SOFTPLUS_SWITCH) {
            true => z,
            false => scaled.exp().ln_1p() / self.beta::<T>(),
        }
    }

    /// `1 / (1 + exp(−βz))`, by an exponential that does not overflow.
    pub(super) fn slope<T: Scalar>(self, z: T) -> T {
        let scaled = self.beta::<T>() * z;
        let negative = scaled < T::ZERO;
        let small = if negative { scaled } else { -scaled }.exp();
        let numerator = if negative { small } else { T::ONE };
        numerator / (T::ONE + small)
    }

    /// The slope's own: `β s (1 − s)`.
    pub(super) fn bend<T: Scalar>(self, slope: T) -> T {
        self.beta::<T>() * slope * (T::ONE - slope)
    }

    /// `c(z, a)`
    pub(super) fn change<T: Scalar>(self, z: T, a: T) -> T {
        let scaled = self.beta::<T>() * a;
        match scaled.abs() < T::ONE {
            true => (self.slope(z) * scaled.exp_m1()).ln_1p() / self.beta::<T>(),
            false => self.value(z + a) - self.value(z),
        }
    }
}

/// `c(z, d)` of z and d.
#[derive(Clone, Copy, Debug)]
pub(super) struct SoftplusChange {
    pub(super) beta: f64,
}

impl Local<2> for SoftplusChange {
    const NAME: &'static str = "softplus_change";

    fn value<T: Scalar>(self, [z, d]: [T; 2]) -> T {
        Curve { beta: self.beta }.change(z, d)
    }

    fn slope<T: Scalar>(self, k: usize, [z, d]: [T; 2]) -> T {
        let curve = Curve { beta: self.beta };
        let moved = curve.slope(z + d);
        match k {
            0 => moved - curve.slope(z),
            _ => moved,
        }
    }
}

/// `(c(z, a) − d) s(z + a)` of z, a and d.
#[derive(Clone, Copy, Debug)]
pub(super) struct PredictionError {
    pub(super) beta: f64,
}

impl Local<3> for PredictionError {
    const NAME: &'static str = "prediction_error";

    fn value<T: Scalar>(self, [z, a, d]: [T; 3]) -> T {
        let curve = Curve { beta: self.beta };
        (curve.change(z, a) - d) * curve.slope(z + a)
    }

    fn slope<T: Scalar>(self, k: usize, [z, a, d]: [T; 3]) -> T {
        let curve = Curve { beta: self.beta };
        let s = curve.slope(z + a);
        let bent = |s: T| (curve.change(z, a) - d) * curve.bend(s);
        match k {
            0 => (s - curve.slope(z)) * s + bent(s),
            1 => s * s + bent(s),
            _ => -s,
        }
    }
}

/// `d + η (c(z, a) − d − b)` of z, a, d and b.
#[derive(Clone, Copy, Debug)]
pub(super) struct RelaxedActivity {
    pub(super) beta: f64,
    pub(super) rate: f64,
}

impl Local<4> for RelaxedActivity {
    const NAME: &'static str = "relaxed_activity";

    fn value<T: Scalar>(self, [z, a, d, b]: [T; 4]) -> T {
        let change = Curve { beta: self.beta }.change(z, a);
        d + T::from_f64(self.rate) * (change - d - b)
    }

    fn slope<T: Scalar>(self, k: usize, [z, a, ..]: [T; 4]) -> T {
        let curve = Curve { beta: self.beta };
        let rate = T::from_f64(self.rate);
        match k {
            0 => rate * (curve.slope(z + a) - curve.slope(z)),
            1 => rate * curve.slope(z + a),
            2 => T::ONE - rate,
            _ => -rate,
        }
    }
}

/// `d + η (a − d − b s(z + d))` of z, a, d and b.
#[derive(Clone, Copy, Debug)]
pub(super) struct RelaxedPreActivation {
    pub(super) beta: f64,
    pub(super) rate: f64,
}

impl Local<4> for RelaxedPreActivation {
    const NAME: &'static str = "relaxed_pre_activation";

    fn value<T: Scalar>(self, [z, a, d, b]: [T; 4]) -> T {
        let slope = Curve { beta: self.beta }.slope(z + d);
        d + T::from_f64(self.rate) * (a - d - b * slope)
    }

    fn slope<T: Scalar>(self, k: usize, [z, _, d, b]: [T; 4]) -> T {
        let curve = Curve { beta: self.beta };
        let rate = T::from_f64(self.rate);
        match k {
            0 => -rate * b * curve.bend(curve.slope(z + d)),
            1 => rate,
            2 => T::ONE - rate - rate * b * curve.bend(curve.slope(z + d)),
            _ => -rate * curve.slope(z + d),
        }
    }
}
