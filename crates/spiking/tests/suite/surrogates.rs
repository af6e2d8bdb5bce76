//! The spike and its slopes.

use metaplast_autodiff::Tape;
use metaplast_autodiff::gradcheck::Gradcheck;
use metaplast_spiking::{SpikeFunction, Surrogate, TsslBp, spike};
use metaplast_tensor::{Tensor, tensor};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Every slope is the derivative of its soft twin: by differences, in forward mode, and once more.
    #[test]
    fn slopes_are_derivatives_of_their_twins(
        x in proptest::collection::vec(0.05..0.95_f64, 4),
        steepness in 0.5..6.0_f64,
    ) {
        // Away from the threshold and from the ends of the triangle, where some have kinks.
        let end = 1.0 / steepness;
        let places: Vec<f64> = x.iter().enumerate().map(|(k, part)| match k {
            0 => -0.9 * end * part - 0.01,
            1 => 0.9 * end * part + 0.01,
            2 => -1.1 * end - part,
            _ => 1.1 * end + part,
        }).collect();
        let x = [Tensor::new([4], places)];
        for surrogate in Surrogate::all(steepness) {
            let check = Gradcheck::new().label(surrogate.to_string()).second_order();
            let report = check.run(&x, |x| spike(x[0], SpikeFunction::Soft(surrogate)));
            prop_assert!(report.passed, "{report}");
        }
    }

    /// A hard spike has the slope of its soft twin, and the value of the step.
    #[test]
    fn hard_spikes_have_the_slope_of_soft_ones(x in -3.0..3.0_f64, steepness in 0.5..6.0_f64) {
        for surrogate in Surrogate::all(steepness) {
            let slope = |function| {
                let tape = Tape::<f64>::new();
                let x = tape.scalar(x);
                let s = spike(x, function);
                (s.item(), s.backward().wrt(x).item())
            };
            let (hard, soft) = (slope(SpikeFunction::Hard(surrogate)), slope(SpikeFunction::Soft(surrogate)));
            prop_assert_eq!(hard.1.to_bits(), soft.1.to_bits());
            prop_assert_eq!(hard.0, f64::from(u8::from(x > 0.0)));
            prop_assert_eq!(surrogate.to_string().parse::<Surrogate>(), Ok(surrogate));
        }
    }
}

#[test]
fn twins_rise_from_zero_to_one_but_the_fast_sigmoid_is_as_given() {
    for surrogate in Surrogate::all(5.0) {
        assert_eq!(surrogate.twin(0.0), 0.5, "{surrogate}");
        let (low, high) = match surrogate {
            Surrogate::FastSigmoid { .. } => (0.3, 0.7),
            _ => (0.0, 1.0),
        };
        let ends = [surrogate.twin(-1e12_f64) - low, surrogate.twin(1e12) - high];
        assert!(
            ends.iter().all(|end| end.abs() < 1e-9),
            "{surrogate}: {ends:?}"
        );
    }
}

#[test]
fn slopes_far_from_the_threshold_are_numbers() {
    for surrogate in Surrogate::all(5.0) {
        for x in [-1e30_f32, -1e4, 1e4, 1e30] {
            let (slope, twin) = (surrogate.slope(x), surrogate.twin(x));
            assert!(
                slope.is_finite() && twin.is_finite(),
                "{surrogate} at {x}: {slope}, {twin}"
            );
        }
    }
}

#[test]
fn what_is_no_slope_is_refused_with_examples() {
    for text in [
        "",
        "logistic",
        "logistic:0",
        "logistic:x",
        "sigmoid:5",
        "arctan:-1",
        "triangular:inf",
    ] {
        let error = text.parse::<Surrogate>().unwrap_err();
        assert!(error.contains("write fast-sigmoid:5"), "{error}");
    }
}

/// Descent along TSSL-BP's direction finds the spikes of a neuron with a larger weight.
#[test]
fn spikes_move_along_the_direction_of_tssl_bp() {
    let layer = TsslBp {
        membrane: 5.0,
        synapse: 3.0,
        threshold: 1.0,
    };
    let input = tensor![[0.5], [0.4], [0.3], [0.5], [0.2], [0.4], [0.5], [0.3]];
    let trace = |weight: f64| {
        let tape = Tape::<f64>::new();
        layer.layer(tape.constant(&(&input * weight))).value()
    };
    let target = trace(1.3);
    let mut weight = 0.8;
    for _ in 0..200 {
        let tape = Tape::<f64>::new();
        let w = tape.scalar(weight);
        let trace = layer.layer(tape.constant(&input) * w);
        let distance = (trace - tape.constant(&target)).square().sum();
        weight -= 0.02 * distance.backward().wrt(w).item();
    }
    assert_ne!(trace(0.8), target);
    assert_eq!(trace(weight), target, "weight {weight}");
}

#[test]
#[should_panic(expected = "tssl_bp: currents of shape")]
fn tssl_bp_needs_steps() {
    let layer = TsslBp {
        membrane: 5.0,
        synapse: 3.0,
        threshold: 1.0,
    };
    let tape = Tape::<f64>::new();
    let _ = layer.layer(tape.scalar(1.0));
}
