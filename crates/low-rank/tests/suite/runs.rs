//! Random problems and runs that several tests make.

use metaplast_low_rank::{
    Factorisation, FactorisationMethod, Factors, TargetMatrix, random_backward, spectrum,
};
use metaplast_tensor::{Random, Tensor};

/// A random target, start and backward matrix.
pub(crate) struct RandomProblem {
    pub(crate) target: TargetMatrix,
    pub(crate) start: Factors,
    pub(crate) backward: Tensor<f64>,
}

impl RandomProblem {
    /// A target `[n, m]` of this rank with singular values from 1 to ½, and factors of inner dimension r.
    pub(crate) fn new(
        extents: [usize; 2],
        rank: usize,
        inner: usize,
        init: f64,
        seed: u64,
    ) -> Self {
        let mut random = Random::new(seed);
        let values = spectrum::geometric(rank, 1.0, 0.5);
        let target = TargetMatrix::random(extents, &values, &mut random);
        let start = Factors::random(extents, inner, init, &mut random);
        let backward = random_backward(extents[0], inner, &mut random);
        RandomProblem {
            target,
            start,
            backward,
        }
    }

    pub(crate) fn run(
        &self,
        method: FactorisationMethod,
        eta: f64,
    ) -> Factorisation<'_, TargetMatrix> {
        let (start, backward) = (self.start.clone(), self.backward.clone());
        Factorisation::new(&self.target, method, eta, start, backward)
    }

    /// The error over that of a product of zeros.
    pub(crate) fn relative(&self, run: &Factorisation<'_, TargetMatrix>) -> f64 {
        run.error() / self.target.least_error(0)
    }
}

/// The largest difference between numbers of two matrices, over the largest number but at least 1.
pub(crate) fn distance(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    assert_eq!(a.dims(), b.dims());
    let pairs = a.data().iter().zip(b.data());
    let largest = b.data().iter().fold(1.0_f64, |most, x| most.max(x.abs()));
    pairs.fold(0.0_f64, |most, (x, y)| {
        let difference = (x - y).abs();
        if difference.is_nan() {
            f64::INFINITY
        } else {
            most.max(difference)
        }
    }) / largest
}
