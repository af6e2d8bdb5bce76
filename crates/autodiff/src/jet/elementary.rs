//! Elementary functions of jets, elementwise.

use metaplast_tensor::{Scalar, Tensor};

use super::{Coefficient, Jet, product, scaled, sum};
use crate::Var;

/// `Σ_{i=1..k} (i/k) x_i g_{k−i}`, the k-th coefficient of y where `y' = g x'`.
fn integral<'t, T: Scalar, const K: usize>(
    k: usize,
    x: &Jet<'t, T, K>,
    g: impl Fn(usize) -> Coefficient<'t, T>,
) -> Coefficient<'t, T> {
    let share = |i: usize| i as f64 / k as f64;
    sum((1..=k).map(|i| scaled(product(x.at(i), g(k - i)), share(i))))
}

/// `Σ_{i=0..k} y_i y_{k−i}`, with pairs taken once.
fn square<'t, T: Scalar, const K: usize>(k: usize, y: &Jet<'t, T, K>) -> Coefficient<'t, T> {
    let pairs = (0..k.div_ceil(2)).map(|i| scaled(product(y.at(i), y.at(k - i)), 2.0));
    let middle = k.is_multiple_of(2).then(|| Some(y.at(k / 2)?.square()));
    sum(pairs.chain([middle.flatten()]))
}

impl<'t, T: Scalar, const K: usize> Jet<'t, T, K> {
    /// y where `y' = g(y) x'` and g, whose k-th coefficient is `slope(k, y)`, needs y up to k.
    fn solve(self, value: Var<'t, T>, slope: impl Fn(usize, &Self) -> Coefficient<'t, T>) -> Self {
        let mut slopes: [Coefficient<'t, T>; K] = [None; K];
        Self::new(value, |k, y| {
            slopes[k - 1] = slope(k - 1, y);
            integral(k, &self, |i| slopes[i])
        })
    }

    /// `eˣ`: `y' = y x'`.
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = Jet::<_, 2>::variable(tape.scalar(0.0));
    /// assert_eq!(x.exp().derivative(2).item(), 1.0);
    /// assert_eq!((x * 3.0).exp().derivative(2).item(), 9.0);
    /// assert_eq!((x + 1.0).ln().derivative(2).item(), -1.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn exp(self) -> Self {
        self.solve(self.value.exp(), |k, y| y.at(k))
    }

    /// `ln x`: `x y' = x'`.
    #[must_use]
    #[track_caller]
    pub fn ln(self) -> Self {
        Self::new(self.value.ln(), |k, y| {
            let share = |i: usize| -(i as f64) / k as f64;
            let known = (1..k).map(|i| scaled(product(y.at(i), self.at(k - i)), share(i)));
            Some(sum([self.at(k)].into_iter().chain(known))? / self.value)
        })
    }

    /// `√x`: `y² = x`.
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    ///
    /// let tape = Tape::<f64>::new();
    /// let y = Jet::<_, 2>::variable(tape.scalar(4.0)).sqrt();
    /// assert_eq!((y.derivative(1).item(), y.derivative(2).item()), (0.25, -1.0 / 32.0));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        let twice = value * 2.0;
        Self::new(value, |k, y| {
            // With the unknown coefficient still zero, the square holds the others alone.
            let known = square(k, y).map(Var::neg);
            Some(sum([self.at(k), known].into_iter())? / twice)
        })
    }

    /// `sin x`, which [`cos`](Self::cos) follows from: `s' = c x'`, `c' = −s x'`.
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = Jet::<_, 3>::variable(tape.scalar(0.0));
    /// assert_eq!(x.sin().derivative(3).item(), -1.0);
    /// assert_eq!(x.cos().derivative(2).item(), -1.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn sin(self) -> Self {
        self.sin_cos().0
    }

    /// `cos x`.
    #[must_use]
    #[track_caller]
    pub fn cos(self) -> Self {
        self.sin_cos().1
    }

    /// `(sin x, cos x)`, which share their work.
    #[must_use]
    #[track_caller]
    pub fn sin_cos(self) -> (Self, Self) {
        let mut cosine = Self::constant(self.value.cos());
        let sine = Self::new(self.value.sin(), |k, sine| {
            let next = integral(k, &self, |i| cosine.at(i));
            cosine.higher[k - 1] = integral(k, &self, |i| sine.at(i)).map(Var::neg);
            next
        });
        (sine, cosine)
    }

    /// `tanh x`: `y' = (1 − y²) x'`.
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    ///
    /// let tape = Tape::<f64>::new();
    /// let y = Jet::<_, 3>::variable(tape.scalar(0.0)).tanh();
    /// assert_eq!([1, 2, 3].map(|k| y.derivative(k).item()), [1.0, 0.0, -2.0]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn tanh(self) -> Self {
        self.solve(self.value.tanh(), |k, y| match k {
            0 => Some(1.0 - y.value.square()),
            k => square(k, y).map(Var::neg),
        })
    }

    /// The logistic function `σ(x)`: `y' = (y − y²) x'`.
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    ///
    /// let tape = Tape::<f64>::new();
    /// let y = Jet::<_, 2>::variable(tape.scalar(0.0)).sigmoid();
    /// assert_eq!((y.derivative(1).item(), y.derivative(2).item()), (0.25, 0.0));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn sigmoid(self) -> Self {
        self.solve(self.value.sigmoid(), |k, y| {
            sum([y.at(k), square(k, y).map(Var::neg)].into_iter())
        })
    }

    /// [Softplus](Var::softplus) with sharpness β: `y' = σ(βx) x'`.
    #[must_use]
    #[track_caller]
    pub fn softplus(self, beta: f64) -> Self {
        let slope = (self * beta).sigmoid();
        self.solve(self.value.softplus(beta), |k, _| slope.at(k))
    }

    /// `x σ(x)`.
    #[must_use]
    #[track_caller]
    pub fn silu(self) -> Self {
        self * self.sigmoid()
    }

    /// `max(x, 0)`; what is not above 0 is cut off with all its derivatives.
    #[must_use]
    #[track_caller]
    pub fn relu(self) -> Self {
        let mask = self.value.mask(|x| x > 0.0);
        Self::new(self.value.relu(), |k, _| Some(self.at(k)? * mask))
    }

    /// `x²`.
    #[must_use]
    #[track_caller]
    pub fn square(self) -> Self {
        Self::new(self.value.square(), |k, _| square(k, &self))
    }

    /// `xⁿ` for a whole n, by repeated squaring.
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = Jet::<_, 2>::variable(tape.scalar(0.0));
    /// assert_eq!(x.powi(2).derivative(2).item(), 2.0);
    /// assert_eq!((x + 2.0).powi(5).derivative(2).item(), 160.0);
    /// assert_eq!((x + 2.0).powi(-1).derivative(2).item(), 0.25);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn powi(self, n: i32) -> Self {
        let one = Jet::constant(self.tape().constant(&Tensor::ones(self.value.shape())));
        let (mut left, mut power, mut result) = (n.unsigned_abs(), self, None::<Self>);
        while left > 0 {
            if left & 1 == 1 {
                result = Some(result.map_or(power, |result| result * power));
            }
            left >>= 1;
            if left > 0 {
                power = power.square();
            }
        }
        let result = result.unwrap_or(one);
        if n < 0 { one / result } else { result }
    }

    /// `xᵖ` for a real p: `x y' = p y x'`. Where x is 0 use [`powi`](Self::powi).
    ///
    /// ```
    /// use metaplast_autodiff::{Jet, Tape};
    ///
    /// let tape = Tape::<f64>::new();
    /// let y = Jet::<_, 2>::variable(tape.scalar(4.0)).powf(1.5);
    /// assert_eq!((y.derivative(1).item(), y.derivative(2).item()), (3.0, 0.375));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn powf(self, p: f64) -> Self {
        Self::new(self.value.powf(p), |k, y| {
            let share = |i: usize| (p * i as f64 - (k - i) as f64) / k as f64;
            let terms = (1..=k).map(|i| scaled(product(self.at(i), y.at(k - i)), share(i)));
            Some(sum(terms)? / self.value)
        })
    }
}
