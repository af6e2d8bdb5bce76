//! F5: isotropic inputs in a full batch, as matrices and as a network of linear units.

use metaplast_low_rank::{
    Factorisation, FactorisationMethod, InputBatch, LinearNetwork, random_backward,
};
use metaplast_tensor::{Random, Tensor};
use proptest::prelude::*;

use crate::runs::{RandomProblem, distance};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn isotropic_inputs_give_the_iterates_of_the_matrix(
        n in 2usize..7, m in 4usize..8, inner in 1usize..4, more in 0usize..9, seed: u64,
    ) {
        let drawn = RandomProblem::new([n, m], n.min(m), inner, 1.0, seed);
        let mut random = Random::new(seed ^ 1);
        let batch = InputBatch::isotropic(&drawn.target, m + more, &mut random);
        for method in FactorisationMethod::ALL {
            let mut matrix = drawn.run(method, 0.05);
            let (start, backward) = (drawn.start.clone(), drawn.backward.clone());
            let mut inputs = Factorisation::new(&batch, method, 0.05, start, backward);
            for _ in 0..20 {
                matrix.step();
                inputs.step();
            }
            let (a, b) = (matrix.factors(), inputs.factors());
            // What fits the readout by an inverse enlarges rounding.
            let room = 1e-12 * a.readout.norm().max(1.0);
            prop_assert!(distance(&a.readout, &b.readout) < room, "{}", method);
            prop_assert!(distance(&a.representation, &b.representation) < room, "{}", method);
            prop_assert!((matrix.error() - inputs.error()).abs() < room, "{}", method);
        }
    }

    #[test]
    fn a_network_of_linear_units_gives_them_too(
        n in 1usize..6, m in 1usize..6, inner in 1usize..4, more in 0usize..5, seed: u64,
    ) {
        let drawn = RandomProblem::new([n, m], n.min(m), inner, 1.0, seed);
        let batch = InputBatch::isotropic(&drawn.target, m + more, &mut Random::new(seed ^ 1));
        let start = || drawn.start.clone();
        let fa = LinearNetwork::feedback_alignment(start(), drawn.backward.clone());
        for (method, mut network) in [
            (FactorisationMethod::FeedbackAlignment, fa),
            (FactorisationMethod::GradientDescent, LinearNetwork::gradient_descent(start())),
        ] {
            let mut matrix = drawn.run(method, 0.05);
            for _ in 0..20 {
                matrix.step();
                network.step(&batch, 0.05);
            }
            let (a, b) = (matrix.factors(), network.factors());
            prop_assert!(distance(&b.readout, &a.readout) < 1e-12, "{}", method);
            prop_assert!(distance(&b.representation, &a.representation) < 1e-12, "{}", method);
        }
    }
}

/// Other inputs give another problem: the error that comes back is seen through their covariance.
#[test]
fn inputs_that_are_not_isotropic_change_the_iterates() {
    let drawn = RandomProblem::new([3, 4], 3, 2, 1.0, 1);
    let inputs = Tensor::normal([4, 6], 0.0, 1.0, &mut Random::new(2));
    let targets = drawn.target.matrix().matmul(&inputs);
    let batch = InputBatch::new(inputs, targets);
    let mut network = LinearNetwork::feedback_alignment(
        drawn.start.clone(),
        random_backward(3, 2, &mut Random::new(4)),
    );
    let mut matrix = drawn.run(FactorisationMethod::FeedbackAlignment, 0.05);
    network.step(&batch, 0.05);
    matrix.step();
    assert!(distance(&network.factors().readout, &matrix.factors().readout) > 1e-3);
}
