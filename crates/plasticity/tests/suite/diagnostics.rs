//! Diagnostics against plain loops and where one knows the answer.

use metaplast_autodiff::Tape;
use metaplast_plasticity::diagnostics::{alignment_angles, orthonormality_errors};
use metaplast_plasticity::{Architecture, Feedback, Network, Pathway};
use metaplast_tensor::{Tensor, tensor};
use proptest::prelude::*;

use crate::case::{Case, cases, relative_error, rows};
use crate::oracle::{Matrix, Signals, dot, signals};

fn labels(case: &Case) -> Vec<usize> {
    case.query.iter().map(|sample| sample.label).collect()
}

fn angle(a: &[f64], b: &[f64]) -> f64 {
    let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    cosine.clamp(-1.0, 1.0).acos().to_degrees()
}

/// Mean teaching signals `e_0..e_L` over the queries.
fn mean_errors(case: &Case, b: &[Matrix]) -> Vec<Vec<f64>> {
    let all: Vec<Signals> = case
        .query
        .iter()
        .map(|sample| signals(&case.w, b, case.beta, sample))
        .collect();
    let mean = |l: usize, i: usize| all.iter().map(|s| s.e[l][i]).sum::<f64>() / all.len() as f64;
    let layer = |l: usize| (0..case.sizes[l]).map(|i| mean(l, i)).collect();
    (0..case.sizes.len()).map(layer).collect()
}

proptest! {
    #[test]
    fn symmetric_feedback_is_aligned(case in cases()) {
        let case = Case { feedback: Feedback::symmetric(), ..case };
        let tape = Tape::<f64>::new();
        let network = case.network(&tape);
        let angles = alignment_angles(&network, tape.constant(&rows(&case.query)), &labels(&case));
        for (angle, signal) in angles.iter().zip(mean_errors(&case, &case.w)) {
            let silent = dot(&signal, &signal) == 0.0;
            prop_assert!(silent || *angle < 1e-4, "{angles:?}");
        }
    }

    #[test]
    fn angles_agree_with_plain_loops(case in cases()) {
        let case = Case { feedback: Feedback::fixed(), ..case };
        let tape = Tape::<f64>::new();
        let network = case.network(&tape);
        let angles = alignment_angles(&network, tape.constant(&rows(&case.query)), &labels(&case));
        let (own, back) = (mean_errors(&case, &case.b), mean_errors(&case, &case.w));
        prop_assert_eq!(angles.len(), case.sizes.len());
        for (ours, (a, b)) in angles.iter().zip(own.iter().zip(&back)) {
            // Where a mean signal is nothing but rounding, it has no direction.
            prop_assume!(dot(a, a) > 1e-20 && dot(b, b) > 1e-20);
            prop_assert!((ours - angle(a, b)).abs() < 1e-4, "{ours} and {}", angle(a, b));
        }
    }

    #[test]
    fn orthonormality_agrees_with_plain_loops(case in cases()) {
        let tape = Tape::<f64>::new();
        let network = case.network(&tape);
        let ours = orthonormality_errors(&network, tape.constant(&rows(&case.query)));
        let mut expected = vec![0.0; case.w.len()];
        for sample in &case.query {
            let s = signals(&case.w, &case.w, case.beta, sample);
            for (l, w) in case.w.iter().enumerate() {
                let back = w.times(&w.transposed_times(&s.y[l + 1]));
                let squares = s.z[l].iter().zip(&back).map(|(z, back)| (z - back).powi(2));
                expected[l] += squares.sum::<f64>();
            }
        }
        prop_assert!(relative_error(&ours, &expected, 1e-6) < 1e-12);
    }

    #[test]
    fn nothing_stays_on_the_tape(case in cases()) {
        let tape = Tape::<f64>::new();
        let network = case.network(&tape);
        let x = tape.constant(&rows(&case.query));
        let (length, before) = (tape.len(), case.reverse::<f64>().theta);
        let _ = alignment_angles(&network, x, &labels(&case));
        let _ = orthonormality_errors(&network, x);
        prop_assert_eq!(tape.len(), length);
        // And nothing is in the way of a gradient.
        let theta: Vec<_> = case.terms.iter().map(|&term| tape.scalar(case.theta[term])).collect();
        let gradients = case.learn(&network, &theta).backward();
        for (theta, before) in theta.iter().zip(before) {
            let now = gradients.wrt(*theta).item();
            prop_assert!(now.to_bits() == before.to_bits());
        }
    }
}

/// Units far above the switch are linear, y = z; with orthonormal rows W Wᵀ y is then z again.
#[test]
fn orthonormal_rows_of_linear_units_have_no_error() {
    let architecture = Architecture::new(vec![4, 2, 3]).unwrap();
    let weights: Vec<Tensor<f64>> = vec![
        tensor![[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]],
        Tensor::ones([3, 2]),
    ];
    let tape = Tape::new();
    let pathway = Pathway::from_matrices(&weights);
    let network = Network::builder(&tape, &architecture)
        .weights(&pathway)
        .build();
    let x = tape.constant(&tensor![[30.0, 5.0, 40.0, 8.0], [20.0, 1.0, 10.0, 3.0]]);
    let errors = orthonormality_errors(&network, x);
    assert!(errors[0] < 1e-24, "{errors:?}");
    assert!(errors[1] > 1.0);

    // Rows that are orthogonal but twice as long: z − W Wᵀ z = −3 z.
    let doubled: Vec<Tensor<f64>> = weights.iter().map(|w| w * 2.0).collect();
    let pathway = Pathway::from_matrices(&doubled);
    let network = Network::builder(&tape, &architecture)
        .weights(&pathway)
        .build();
    let z = network.forward(x).z[0].value();
    let expected: f64 = z.data().iter().map(|z| 9.0 * z * z).sum();
    let error = orthonormality_errors(&network, x)[0];
    assert!((error - expected).abs() < 1e-12 * expected);
}

/// Feedback that is the negative of the weights points the other way in the layer below.
#[test]
fn opposite_feedback_is_at_180_degrees() {
    let mut case = Case::new(vec![5, 4, 3], 1, vec![0], Feedback::fixed(), 10.0, 11);
    case.b = case.w.iter().map(|w| w.plus(-2.0, w)).collect();
    let tape = Tape::<f64>::new();
    let network = case.network(&tape);
    let angles = alignment_angles(&network, tape.constant(&rows(&case.query)), &labels(&case));
    // Two opposite matrices between e_2 and e_0.
    assert!(
        angles[0] < 1e-4 && (angles[1] - 180.0).abs() < 1e-4 && angles[2] < 1e-4,
        "{angles:?}"
    );
}

#[test]
#[should_panic(expected = "one label for each row")]
fn angles_want_a_label_for_each_row() {
    let case = Case::new(vec![3, 2], 1, vec![0], Feedback::symmetric(), 10.0, 1);
    let tape = Tape::<f64>::new();
    let network = case.network(&tape);
    let _ = alignment_angles(&network, tape.constant(&rows(&case.query)), &[0]);
}

#[test]
#[should_panic(expected = "label 2, 2 outputs")]
fn angles_want_labels_that_exist() {
    let case = Case::new(vec![3, 2], 1, vec![0], Feedback::symmetric(), 10.0, 1);
    let tape = Tape::<f64>::new();
    let network = case.network(&tape);
    let _ = alignment_angles(&network, tape.constant(&rows(&case.query)), &[0, 1, 2]);
}
