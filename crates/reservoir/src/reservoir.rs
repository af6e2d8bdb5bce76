//! The reservoir: rate units with sparse random connections and feedback from the outputs.
//!
//! ```text
//! x ← x + (dt/τ)(−x + J r + Q b)      r = tanh x + α ε
//! ```

use metaplast_tensor::kernels::{Function, SparseMatrix, axpy, map};
use metaplast_tensor::{Scalar, Tensor};

use crate::draws::{Purpose, key, stream, symmetric};

/// Constants of a reservoir; those of Pyle & Rosenbaum (2019) by default.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Constants {
    /// Time per step.
    pub dt: f64,
    /// Time constant of the units.
    pub tau: f64,
    /// Amplitude α of the units' noise while learning.
    pub noise: f64,
}

impl Default for Constants {
    fn default() -> Self {
        Constants {
            dt: 0.2,
            tau: 10.0,
            noise: 0.025,
        }
    }
}

/// Fixed connections and the state that a run starts from.
///
/// ```
/// use metaplast_reservoir::Reservoir;
///
/// let reservoir = Reservoir::<f64>::random(200, 2, 1);
/// assert_eq!((reservoir.units(), reservoir.outputs()), (200, 2));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Reservoir<T> {
    connections: SparseMatrix<T>,
    /// Feedback weights, transposed: row j is what output j drives the units with.
    feedback: Vec<T>,
    start: Vec<T>,
    constants: Constants,
}

// The probability of a connection, and the gain of all.
const PROBABILITY: f64 = 0.1;
const GAIN: f64 = 1.5;

impl<T: Scalar> Reservoir<T> {
    /// A reservoir of connections J (`[units, units]`), feedback weights Q (`[units, outputs]` in
    /// rows) and potentials x before the first step (`[units]`).
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[must_use]
    #[track_caller]
    pub fn new(connections: SparseMatrix<T>, feedback: &[T], start: Vec<T>) -> Self {
        let units = connections.rows();
        assert!(
            connections.cols() == units && start.len() == units,
            "reservoir: connections of [{units}, {}], {} potentials",
            connections.cols(),
            start.len()
        );
        assert!(
            units > 0 && feedback.len().is_multiple_of(units),
            "reservoir: {} feedback weights for {units} units",
            feedback.len()
        );
        let outputs = feedback.len() / units;
        let transposed = (0..outputs).flat_map(|j| (0..units).map(move |i| (i, j)));
        Reservoir {
            feedback: transposed.map(|(i, j)| feedback[i * outputs + j]).collect(),
            connections,
            start,
            constants: Constants::default(),
        }
    }

    /// With other constants.
    #[must_use]
    pub fn with_constants(mut self, constants: Constants) -> Self {
        self.constants = constants;
        self
    }

    /// The published reservoir of a seed: connections at p = 0.1 of all places, drawn with
    /// replacement and each kept once, normal with deviation 1.5/√(pN); feedback uniform in [−1, 1);
    /// potentials uniform in [−½, ½).
    ///
    /// # Panics
    /// When there are no units, or more than 65,536.
    #[must_use]
    #[track_caller]
    pub fn random(units: usize, outputs: usize, seed: u64) -> Self {
        let mut random = stream(seed, Purpose::Connections, 0);
        let drawn = (PROBABILITY * (units * units) as f64).round() as usize;
        let mut places: Vec<(usize, usize)> = (0..drawn)
            .map(|_| (random.below(units), random.below(units)))
            .collect();
        places.sort_unstable();
        places.dedup();
        let deviation = GAIN / (PROBABILITY * units as f64).sqrt();
        let entries = places
            .into_iter()
            .map(|(i, j)| (i, j, T::from_f64(deviation * random.normal())));
        let connections = SparseMatrix::new(units, units, entries);

        let mut feedback = vec![0.0; units * outputs];
        symmetric(key(seed, Purpose::Feedback, 0), &mut feedback);
        let mut start = vec![0.0; units];
        symmetric(key(seed, Purpose::Start, 0), &mut start);
        Reservoir::new(
            connections,
            &feedback.into_iter().map(T::from_f64).collect::<Vec<_>>(),
            start.into_iter().map(|x| T::from_f64(0.5 * x)).collect(),
        )
    }

    /// Units N.
    #[must_use]
    pub fn units(&self) -> usize {
        self.start.len()
    }

    /// Outputs that feed back.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.feedback.len() / self.units()
    }

    /// The connections J.
    #[must_use]
    pub fn connections(&self) -> &SparseMatrix<T> {
        &self.connections
    }

    /// The feedback weights Q, `[units, outputs]`.
    pub(crate) fn feedback_matrix(&self) -> Tensor<T> {
        let transposed = Tensor::new([self.outputs(), self.units()], self.feedback.clone());
        transposed.transpose()
    }

    /// The potentials x before the first step.
    #[must_use]
    pub fn start(&self) -> &[T] {
        &self.start
    }

    /// Time constants and noise.
    #[must_use]
    pub fn constants(&self) -> Constants {
        self.constants
    }

    /// One step of the potentials under feedback b, and rates without noise. `drive` is scratch.
    pub(crate) fn advance(&self, feedback: &[T], x: &mut [T], rates: &mut [T], drive: &mut [T]) {
        self.connections.matvec(rates, drive);
        for (&b, q) in feedback.iter().zip(self.feedback.chunks(self.units())) {
            axpy(b, q, drive);
        }
        let share = T::from_f64(self.constants.dt / self.constants.tau);
        for (x, &drive) in x.iter_mut().zip(&*drive) {
            *x += share * (drive - *x);
        }
        rates_of(x, rates);
    }
}

/// r = tanh x
pub(crate) fn rates_of<T: Scalar>(x: &[T], rates: &mut [T]) {
    map(Tanh, x, rates);
}

#[derive(Clone, Copy)]
struct Tanh;

impl<T: Scalar> Function<T> for Tanh {
    #[inline(always)]
    fn value(self, x: T) -> T {
        x.tanh()
    }

    #[inline(always)]
    fn weighted(self, _: T, y: T, w: T) -> T {
        w * (T::ONE - y * y)
    }
}
