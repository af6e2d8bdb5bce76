//! Schedules: how the rate changes from step to step.

use std::f64::consts::PI;

use metaplast_tensor::Scalar;

use super::assert_not_negative;

/// The rate of each step, counted from 0. A plain number is a constant schedule.
///
/// ```
/// use metaplast_autodiff::optim::Schedule;
///
/// let cosine = Schedule::cosine(0.1, 0.0, 100);
/// assert_eq!(cosine.rate(0), 0.1);
/// assert!((cosine.rate(50) - 0.05).abs() < 1e-15);
/// assert_eq!(cosine.rate(100), 0.0);
///
/// let halved = Schedule::step(0.1, 0.5, 30);
/// assert_eq!(halved.rate(29), 0.1);
/// assert_eq!(halved.rate(30), 0.05);
///
/// assert_eq!(Schedule::from(0.1).rate(1_000_000), 0.1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule(Kind);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Constant(f64),
    Cosine { from: f64, to: f64, steps: u64 },
    Step { from: f64, factor: f64, every: u64 },
}

impl Schedule {
    /// The same rate at every step.
    ///
    /// ```
    /// use metaplast_autodiff::optim::Schedule;
    /// assert_eq!(Schedule::constant(0.1).rate(7), 0.1);
    /// ```
    ///
    /// # Panics
    ///
    /// When the rate is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn constant(rate: f64) -> Self {
        assert_not_negative("rate", rate);
        Self(Kind::Constant(rate))
    }

    /// Half a cosine wave from one rate to another, which then stays:
    /// `to + ½ (from − to) (1 + cos(π k / steps))`.
    ///
    /// Equation 5 of Loshchilov & Hutter, *SGDR: stochastic gradient descent with warm restarts*,
    /// ICLR 2017, without the restarts. With `from < to` it warms up.
    ///
    /// ```
    /// use metaplast_autodiff::optim::Schedule;
    /// let cosine = Schedule::cosine(1.0, 0.2, 3);
    /// assert!((cosine.rate(1) - 0.8).abs() < 1e-15);
    /// assert_eq!(cosine.rate(4), 0.2);
    /// ```
    ///
    /// # Panics
    ///
    /// When a rate is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn cosine(from: f64, to: f64, steps: u64) -> Self {
        assert_not_negative("rate", from);
        assert_not_negative("rate", to);
        Self(Kind::Cosine { from, to, steps })
    }

    /// Multiplied by `factor` after each `every` steps: `from · factor^⌊k / every⌋`.
    ///
    /// ```
    /// use metaplast_autodiff::optim::Schedule;
    /// let step = Schedule::step(8.0, 0.25, 10);
    /// assert_eq!([step.rate(9), step.rate(10), step.rate(20)], [8.0, 2.0, 0.5]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the rate or the factor is negative or not finite, or `every` is 0.
    #[must_use]
    #[track_caller]
    pub fn step(from: f64, factor: f64, every: u64) -> Self {
        assert_not_negative("rate", from);
        assert_not_negative("factor", factor);
        assert!(every > 0, "a rate cannot change every 0 steps");
        Self(Kind::Step {
            from,
            factor,
            every,
        })
    }

    /// The rate of step `k`, the first being step 0.
    ///
    /// ```
    /// use metaplast_autodiff::optim::Schedule;
    /// assert_eq!(Schedule::step(1.0, 0.1, 5).rate(4), 1.0);
    /// ```
    #[must_use]
    pub fn rate(&self, k: u64) -> f64 {
        match self.0 {
            Kind::Constant(rate) => rate,
            Kind::Cosine { to, steps, .. } if k >= steps => to,
            Kind::Cosine { from, to, steps } => {
                let wave = Scalar::cos(PI * (k as f64 / steps as f64));
                to + 0.5 * (from - to) * (1.0 + wave)
            }
            Kind::Step {
                from,
                factor,
                every,
            } => {
                let drops = i32::try_from(k / every).unwrap_or(i32::MAX);
                from * Scalar::powi(factor, drops)
            }
        }
    }
}

impl From<f64> for Schedule {
    /// The same as [`Schedule::constant`].
    #[track_caller]
    fn from(rate: f64) -> Self {
        Self::constant(rate)
    }
}
