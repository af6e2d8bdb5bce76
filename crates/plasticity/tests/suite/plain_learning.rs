//! Learning without gradients: the same code, the same bits, and nothing kept.

use metaplast_autodiff::{Tape, TapeMemory};
use metaplast_plasticity::{Feedback, Number};
use proptest::prelude::*;

use crate::case::{Case, cases, vector};

/// Learns with the tape cut back after each step; returns the last weights and what the tape held
/// after the tenth step and after the last one.
fn cut_back<T: Number>(case: &Case, rounds: usize) -> (Vec<Vec<f64>>, TapeMemory, TapeMemory) {
    let tape = Tape::<T>::new();
    let network = case.network(&tape);
    let rule = case.rule().bind_constant(&tape);
    let mark = tape.mark();
    let mut early = TapeMemory::default();
    let mut step = 0;
    for _ in 0..rounds {
        for sample in &case.support {
            network.step(&rule, tape.constant(&vector(&sample.x)), sample.label);
            tape.cut(mark);
            step += 1;
            if step == 10 {
                early = tape.memory();
            }
        }
    }
    let weights = network.weights().matrices();
    let widen = |x: &T| x.to_f64();
    let weights = weights.iter().map(|w| w.data().iter().map(widen).collect());
    (weights.collect(), early, tape.memory())
}

fn same_bits(a: &[Vec<f64>], b: &[Vec<f64>]) -> bool {
    let bits = |x: &[Vec<f64>]| x.concat().iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
    bits(a) == bits(b)
}

proptest! {
    #[test]
    fn weights_are_those_of_the_recorded_run(case in cases()) {
        let (weights, ..) = cut_back::<f64>(&case, 1);
        prop_assert!(same_bits(&weights, &case.reverse::<f64>().weights));
        let (weights, ..) = cut_back::<f32>(&case, 1);
        prop_assert!(same_bits(&weights, &case.reverse::<f32>().weights));
    }
}

#[test]
fn a_thousand_steps_hold_no_more_than_ten() {
    for feedback in [
        Feedback::fixed(),
        Feedback::symmetric(),
        Feedback::attached(),
    ] {
        let mut case = Case::new(
            vec![20, 15, 10, 5],
            20,
            (0..10).collect(),
            feedback,
            10.0,
            3,
        );
        // Decay enough for the guard to take snapshots, which a cut has to give back.
        case.theta = [1e-3; 10];
        case.theta[3] = 0.3;
        let (weights, early, late) = cut_back::<f32>(&case, 50);
        assert!(weights.concat().iter().all(|w| w.is_finite()));
        assert_eq!(early, late);
    }
}
