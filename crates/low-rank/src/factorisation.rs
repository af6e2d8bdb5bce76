//! A factorisation under way.

use metaplast_tensor::{Random, Tensor};

use crate::backward::{BackwardLearning, BackwardStep};
use crate::factors::Factors;
use crate::linear_algebra::{product_nt, product_tn};
use crate::method::FactorisationMethod;
use crate::problem::FactorisationProblem;

/// A factorisation under way: a problem, a method with its step size and backward matrix, and the factors
/// so far.
///
/// ```
/// use metaplast_low_rank::{Factorisation, FactorisationMethod, Factors, TargetMatrix, random_backward};
/// use metaplast_tensor::Random;
///
/// let mut random = Random::new(1);
/// let target = TargetMatrix::diagonal(&[1.0, 0.8, 0.0, 0.0]); // rank 2
/// let b = random_backward(4, 2, &mut random);
/// let start = Factors::random([4, 4], 2, 0.1, &mut random);
/// let method = FactorisationMethod::FeedbackAlignment;
/// let mut run = Factorisation::new(&target, method, 0.1, start, b);
/// let step = run.run_until(20_000, |run| run.error() < 1e-6);
/// assert!(step.is_some());
/// ```
#[derive(Clone, Debug)]
pub struct Factorisation<'p, P: FactorisationProblem> {
    problem: &'p P,
    method: FactorisationMethod,
    eta: f64,
    factors: Factors,
    backward: Tensor<f64>,
    learning: BackwardLearning,
    noise: Random,
    /// Of the present factors.
    residual: Tensor<f64>,
    steps: u64,
}

impl<'p, P: FactorisationProblem> Factorisation<'p, P> {
    /// At its start, with a step size η and a backward matrix B, `[n, r]`, which gradient descent does not
    /// look at. What the method [prepares](FactorisationMethod::prepare) is done.
    ///
    /// # Panics
    /// When the shapes of factors and B do not fit the problem.
    #[must_use]
    #[track_caller]
    pub fn new(
        problem: &'p P,
        method: FactorisationMethod,
        eta: f64,
        start: Factors,
        backward: Tensor<f64>,
    ) -> Self {
        let ([n, m], inner) = (problem.extents(), start.inner());
        assert!(
            start.readout.dims() == [n, inner] && start.representation.dims() == [inner, m],
            "factorisation of [{n}, {m}]: readout of shape {}, representation of shape {}",
            start.readout.shape(),
            start.representation.shape()
        );
        assert!(
            backward.dims() == [n, inner],
            "factorisation: backward matrix of shape {}, readout of shape {}",
            backward.shape(),
            start.readout.shape()
        );
        let factors = method.prepare(problem, start);
        let residual = problem.residual(&factors);
        Factorisation {
            problem,
            method,
            eta,
            factors,
            backward,
            learning: BackwardLearning::Fixed,
            noise: Random::new(0),
            residual,
            steps: 0,
        }
    }

    /// With a backward matrix that learns; `noise` is for the weight mirror.
    #[must_use]
    pub fn with_backward_learning(self, learning: BackwardLearning, noise: Random) -> Self {
        Factorisation {
            learning,
            noise,
            ..self
        }
    }

    /// One step.
    pub fn step(&mut self) {
        let after = self.method.step(
            self.problem,
            &self.factors,
            &self.residual,
            &self.backward,
            self.eta,
        );
        let step = BackwardStep {
            before: &self.factors,
            residual: &self.residual,
            after: &after,
            eta: self.eta,
            decay: self.method.decay(),
        };
        self.learning
            .apply(&mut self.backward, &step, &mut self.noise);
        self.residual = self.problem.residual(&after);
        self.factors = after;
        self.steps += 1;
    }

    /// Steps until a condition holds, asked before each step, or `most` steps have been made in all;
    /// returns the number of steps made since the start if it holds.
    pub fn run_until(
        &mut self,
        most: u64,
        mut condition: impl FnMut(&Self) -> bool,
    ) -> Option<u64> {
        loop {
            if condition(self) {
                return Some(self.steps);
            }
            if self.steps >= most {
                return None;
            }
            self.step();
        }
    }

    /// Steps made so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// η
    #[must_use]
    pub fn eta(&self) -> f64 {
        self.eta
    }

    /// Z and W.
    #[must_use]
    pub fn factors(&self) -> &Factors {
        &self.factors
    }

    /// B, `[n, r]`.
    #[must_use]
    pub fn backward(&self) -> &Tensor<f64> {
        &self.backward
    }

    /// E of the present factors, `[n, m]`.
    #[must_use]
    pub fn residual(&self) -> &Tensor<f64> {
        &self.residual
    }

    /// The squared error of the present factors, as the problem has it.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.problem.error(&self.factors, &self.residual)
    }

    /// The larger of `‖E Wᵀ‖` and `‖Bᵀ E‖`, both 0 where feedback alignment is at rest.
    #[must_use]
    pub fn distance_from_rest(&self) -> f64 {
        let readout = product_nt(&self.residual, &self.factors.representation).norm();
        readout.max(product_tn(&self.backward, &self.residual).norm())
    }
}
