//! Jets: truncated Taylor series along a line, whose coefficients are variables on the tape.
//!
//! A function of `x + s ẋ` is computed as its series in `s`. The coefficients are recorded as plain
//! values, so that whatever is made of them, the residual of a differential equation say, is
//! differentiated by one sweep. Coefficients that vanish are not recorded.
//!
//! ```text
//! x(s) = x₀ + x₁ s + … + x_K s^K      x_k = x⁽ᵏ⁾(0) / k!
//! ```
//!
//! Products are convolutions of the coefficients; `y = f(x)` follows from a differential equation
//! that f satisfies (`y' = y x'` for the exponential), one coefficient after the other: Griewank &
//! Walther, *Evaluating Derivatives*, 2nd edition 2008, chapter 13. Work and memory grow with K²
//! for them and with K for linear maps.

mod arithmetic;
mod elementary;
mod linear;

use metaplast_tensor::{Scalar, Tensor};

use crate::{Tape, Var};

/// A coefficient that is recorded, or zero.
type Coefficient<'t, T> = Option<Var<'t, T>>;

/// A Taylor series of order `K` whose coefficients are variables on the tape.
///
/// It has the arithmetic of [`Var`], with other jets, with variables (which do not change along
/// the line) and with `f64` numbers; the functions that nets are made of; and
/// [`linear`](Jet::linear) for every linear operation of variables.
///
/// ```
/// use metaplast_autodiff::{Jet, Tape};
/// use metaplast_tensor::tensor;
///
/// // u(x) = sin(θ x): the loss is made of u'', and differentiated by θ.
/// let tape = Tape::<f64>::new();
/// let theta = tape.scalar(2.0);
/// let x = Jet::<_, 2>::variable(tape.constant(&tensor![0.0, 0.5]));
/// let u = (x * theta).sin();
/// let second = u.derivative(2); // −θ² sin(θ x)
/// assert!((second.value().data()[1] + 4.0 * 1.0f64.sin()).abs() < 1e-15);
/// let gradient = second.sum().backward().wrt(theta).item();
/// assert!((gradient + 4.0 * 1f64.sin() + 2.0 * 1f64.cos()).abs() < 1e-14);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Jet<'t, T: Scalar, const K: usize> {
    value: Var<'t, T>,
    /// From the first order on; of the value's shape.
    higher: [Coefficient<'t, T>; K],
}

impl<'t, T: Scalar, const K: usize> Jet<'t, T, K> {
    /// `x + s ẋ`.
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let (x, dx) = (tape.var(&tensor![3.0, 4.0]), tape.constant(&tensor![1.0, 10.0]));
    /// let y = Jet::<_, 1>::along(x, dx).square();
    /// assert_eq!(y.derivative(1).value(), tensor![6.0, 80.0]);
    /// ```
    ///
    /// # Panics
    /// When the shapes differ.
    #[must_use]
    #[track_caller]
    pub fn along(x: Var<'t, T>, direction: Var<'t, T>) -> Self {
        let (shape, along) = (x.shape(), direction.shape());
        assert!(
            shape == along,
            "Jet::along: value of shape {shape}, direction of shape {along}"
        );
        let mut jet = Self::constant(x);
        if let Some(first) = jet.higher.first_mut() {
            *first = Some(direction);
        }
        jet
    }

    /// `x + s`, every element alike: derivatives by the elements of `x` of what is computed element
    /// by element, or row by row from columns of which this is one.
    #[must_use]
    #[track_caller]
    pub fn variable(x: Var<'t, T>) -> Self {
        Self::along(x, x.tape().constant(&Tensor::ones(x.shape())))
    }

    /// A value that stays the same along the line.
    #[must_use]
    pub fn constant(x: Var<'t, T>) -> Self {
        Jet {
            value: x,
            higher: [None; K],
        }
    }

    /// The value at `s = 0`.
    #[must_use]
    pub fn value(self) -> Var<'t, T> {
        self.value
    }

    /// The coefficient of `sᵏ`, zeros where it vanishes.
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    ///
    /// let tape = Tape::<f64>::new();
    /// let y = Jet::<_, 3>::variable(tape.scalar(0.0)).exp();
    /// let coefficients = [0, 1, 2, 3].map(|k| y.coefficient(k).item());
    /// assert_eq!(coefficients, [1.0, 1.0, 0.5, 0.5 / 3.0]);
    /// assert_eq!(y.derivative(3).item(), 1.0);
    /// ```
    ///
    /// # Panics
    /// When `k` is above the order K.
    #[must_use]
    #[track_caller]
    pub fn coefficient(self, k: usize) -> Var<'t, T> {
        assert!(k <= K, "Jet: coefficient {k} of a series of order {K}");
        let zeros = || self.tape().constant(&Tensor::zeros(self.value.shape()));
        self.at(k).unwrap_or_else(zeros)
    }

    /// The `k`-th derivative by `s` at 0: the coefficient times `k!`.
    ///
    /// See [`coefficient`](Self::coefficient).
    ///
    /// # Panics
    /// When `k` is above the order K.
    #[must_use]
    #[track_caller]
    pub fn derivative(self, k: usize) -> Var<'t, T> {
        let factorial: f64 = (2..=k).map(|i| i as f64).product();
        let coefficient = self.coefficient(k);
        if k < 2 {
            coefficient
        } else {
            coefficient * factorial
        }
    }

    /// The tape of the coefficients.
    #[must_use]
    pub fn tape(self) -> &'t Tape<T> {
        self.value.tape()
    }

    fn at(&self, k: usize) -> Coefficient<'t, T> {
        match k {
            0 => Some(self.value),
            k => self.higher[k - 1],
        }
    }

    /// With these coefficients, which are expanded to the value's shape.
    fn new(value: Var<'t, T>, mut higher: impl FnMut(usize, &Self) -> Coefficient<'t, T>) -> Self {
        let mut jet = Self::constant(value);
        for k in 1..=K {
            let coefficient = higher(k, &jet);
            jet.higher[k - 1] = coefficient.map(|c| expanded(c, value));
        }
        jet
    }
}

/// A coefficient in the shape of the value. They differ where a value was broadcast with another
/// that does not change along the line.
fn expanded<'t, T: Scalar>(coefficient: Var<'t, T>, value: Var<'t, T>) -> Var<'t, T> {
    let shape = value.shape();
    if coefficient.shape() == shape {
        coefficient
    } else {
        coefficient.broadcast_to(shape)
    }
}

fn sum<'t, T: Scalar>(terms: impl Iterator<Item = Coefficient<'t, T>>) -> Coefficient<'t, T> {
    terms.flatten().reduce(|sum, term| sum + term)
}

fn product<'t, T: Scalar>(
    left: Coefficient<'t, T>,
    right: Coefficient<'t, T>,
) -> Coefficient<'t, T> {
    Some(left? * right?)
}

fn scaled<'t, T: Scalar>(x: Coefficient<'t, T>, factor: f64) -> Coefficient<'t, T> {
    match factor {
        1.0 => x,
        factor => Some(x? * factor),
    }
}
