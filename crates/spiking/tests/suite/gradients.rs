//! Gradients of whole networks: against differences, against each other, and once more.

use metaplast_autodiff::gradcheck::{Gradcheck, Tolerance};
use metaplast_autodiff::scan::Policy;
use metaplast_autodiff::{Dual, Tape, Var};
use metaplast_spiking::{
    BackpropThroughTime, RecordedNetwork, Reset, SpikeFunction, SpikingArchitecture,
    SpikingParameters, Surrogate, scan_gradient,
};
use metaplast_tensor::{Random, Tensor};
use proptest::prelude::*;

const SOFT: SpikeFunction = SpikeFunction::Soft(Surrogate::Logistic { steepness: 4.0 });

/// Input spikes, `[steps, batch, inputs]`, three in ten.
fn spikes(steps: usize, batch: usize, inputs: usize, seed: u64) -> Tensor<f64> {
    let mut random = Random::new(seed);
    Tensor::from_fn([steps, batch, inputs], |_| {
        f64::from(u8::from(random.uniform() < 0.3))
    })
}

/// Parameters that differ from neuron to neuron.
fn parameters(architecture: &SpikingArchitecture, seed: u64) -> SpikingParameters<f64> {
    let mut parameters = SpikingParameters::<f64>::draw(architecture, seed);
    let mut random = Random::new(seed);
    for (place, tensor) in parameters.tensors_mut() {
        if place.kind.is_intrinsic() {
            tensor.map_in_place(|x| x * (0.7 + 0.6 * random.uniform()));
        }
    }
    parameters
}

fn tensors(parameters: &SpikingParameters<f64>) -> Vec<Tensor<f64>> {
    let all = parameters.tensors().into_iter();
    all.map(|(_, tensor)| tensor.clone()).collect()
}

/// The loss and the gradient by the tape.
fn on_tape(
    architecture: &SpikingArchitecture,
    parameters: &SpikingParameters<f64>,
    spikes: &Tensor<f64>,
    labels: &[usize],
) -> (f64, Vec<Tensor<f64>>) {
    let tape = Tape::<f64>::new();
    let all = tensors(parameters);
    let vars: Vec<Var<'_, f64>> = all.iter().map(|tensor| tape.var(tensor)).collect();
    let logits = RecordedNetwork::new(architecture, &vars).logits(spikes, |_| {});
    let loss = logits.softmax_cross_entropy(labels);
    let gradients = loss.backward();
    (
        loss.item(),
        vars.iter().map(|&var| gradients.wrt(var)).collect(),
    )
}

#[test]
fn the_soft_network_passes_gradcheck_through_64_steps_by_all_14_tensors() {
    let mut architecture = SpikingArchitecture::scsr(3, &[3, 2], 2);
    architecture.spike = SOFT;
    let parameters = parameters(&architecture, 1);
    let all = tensors(&parameters);
    assert_eq!(all.len(), 14);
    let spikes = spikes(64, 1, 3, 2).cast();
    let check = Gradcheck::new().label("soft network");
    let report = check.run(&all, |vars| {
        RecordedNetwork::new(&architecture, vars)
            .logits(&spikes, |_| {})
            .softmax_cross_entropy(&[1])
    });
    assert!(report.passed, "{report}");
}

#[test]
fn second_derivatives_of_a_small_network_pass_gradcheck() {
    for reset in [Reset::Hard, Reset::Soft] {
        let mut architecture = SpikingArchitecture::scsr(2, &[2, 2], 2);
        (architecture.spike, architecture.reset) = (SOFT, reset);
        architecture.recurrence = true;
        let all = tensors(&parameters(&architecture, 3));
        let spikes = spikes(6, 1, 2, 4).cast();
        let check = Gradcheck::new().label("second order").second_order();
        let check = check.tolerance(Tolerance {
            differences: 1e-6,
            ..Tolerance::default()
        });
        let report = check.run(&all, |vars| {
            RecordedNetwork::new(&architecture, vars)
                .logits(&spikes, |_| {})
                .softmax_cross_entropy(&[0])
        });
        assert!(report.passed, "{report}");
    }
}

/// Backpropagation by hand on dual numbers: the derivative of the gradient along a direction.
#[test]
fn the_gradient_by_hand_has_the_tapes_second_derivatives() {
    let mut architecture = SpikingArchitecture::scsr(2, &[3, 2], 2);
    (architecture.spike, architecture.recurrence) = (SOFT, true);
    let plain = parameters(&architecture, 5);
    let mut random = Random::new(6);
    let mut duals = plain.cast::<Dual<f64, 1>>(&architecture);
    for (_, tensor) in duals.tensors_mut() {
        tensor.map_in_place(|x| Dual::new(x.value(), [random.normal()]));
    }
    let spikes = spikes(7, 2, 2, 7).cast::<Dual<f64, 1>>();
    let labels = [0, 1];
    let by_hand = BackpropThroughTime::new(&architecture).gradient(&duals, &spikes, &labels);
    let tape = Tape::<Dual<f64, 1>>::new();
    let all = duals.tensors().into_iter();
    let vars: Vec<_> = all.map(|(_, tensor)| tape.var(tensor)).collect();
    let logits = RecordedNetwork::new(&architecture, &vars).logits(&spikes, |_| {});
    let gradients = logits.softmax_cross_entropy(&labels).backward();
    for (&var, (place, ours)) in vars.iter().zip(by_hand.by.tensors()) {
        for (a, b) in ours.data().iter().zip(gradients.wrt(var).data()) {
            let far = (a.value() - b.value())
                .abs()
                .max((a.tangent()[0] - b.tangent()[0]).abs());
            assert!(far < 1e-10, "{place:?}: {a}, {b}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The gradient by hand is the tape's, for every way to connect, reset and spike.
    #[test]
    fn the_gradient_by_hand_is_the_tapes(
        (skips, self_loops, recurrence) in any::<(bool, bool, bool)>(),
        (soft_reset, soft) in any::<(bool, bool)>(),
        sizes in proptest::collection::vec(1_usize..5, 1..4),
        (steps, batch) in (1_usize..9, 1_usize..4),
        slope in 0_usize..4,
        seed in 0_u64..1000,
    ) {
        let mut architecture = SpikingArchitecture::feedforward(3, &sizes, 2);
        (architecture.skips, architecture.self_loops) = (skips, self_loops);
        architecture.recurrence = recurrence;
        architecture.reset = if soft_reset { Reset::Soft } else { Reset::Hard };
        let surrogate = Surrogate::all(3.0)[slope];
        architecture.spike = match soft {
            true => SpikeFunction::Soft(surrogate),
            false => SpikeFunction::Hard(surrogate),
        };
        let parameters = parameters(&architecture, seed);
        let spikes = spikes(steps, batch, 3, seed);
        let labels: Vec<usize> = (0..batch).map(|clip| clip % 2).collect();
        let (loss, gradient) = on_tape(&architecture, &parameters, &spikes, &labels);
        let by_hand = BackpropThroughTime::new(&architecture).gradient(&parameters, &spikes, &labels);
        prop_assert!((by_hand.loss - loss).abs() < 1e-12);
        for (theirs, (place, ours)) in gradient.iter().zip(by_hand.by.tensors()) {
            for (a, b) in ours.data().iter().zip(theirs.data()) {
                let within = 1e-10 * (1.0 + b.abs());
                prop_assert!((a - b).abs() < within, "{:?}: {} by hand, {} by the tape", place, a, b);
            }
        }
    }

    /// From checkpoints the loss is that of one recording to the bit, and the gradient to rounding: what
    /// the steps of a segment ask of τ is added up there before it goes to τ.
    #[test]
    fn checkpoints_change_nothing_but_rounding(
        (every, steps) in (1_usize..6, 1_usize..14),
        seed in 0_u64..1000,
    ) {
        let architecture = SpikingArchitecture::scsr(3, &[4, 3], 2);
        let parameters = parameters(&architecture, seed);
        let spikes = spikes(steps, 2, 3, seed);
        let run = |policy| scan_gradient(&architecture, &parameters, &spikes, &[1, 0], policy);
        let (all, some) = (run(Policy::StoreAll), run(Policy::Every { steps: every }));
        prop_assert_eq!(all.loss.to_bits(), some.loss.to_bits());
        let (loss, gradient) = on_tape(&architecture, &parameters, &spikes, &[1, 0]);
        prop_assert!((loss - all.loss).abs() < 1e-13);
        for theirs in [&all.theta, &some.theta] {
            for (a, b) in gradient.iter().zip(theirs) {
                let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12 * (1.0 + b.abs());
                prop_assert!(a.data().iter().zip(b.data()).all(near));
            }
        }
    }
}

#[test]
fn a_long_input_is_differentiated_in_little_memory() {
    let architecture = SpikingArchitecture::scsr(3, &[6, 6], 2);
    let parameters = parameters(&architecture, 1);
    let spikes = spikes(2000, 1, 3, 2);
    let run = |policy| {
        scan_gradient(&architecture, &parameters, &spikes, &[1], policy)
            .report
            .peak_bytes
    };
    let (all, some) = (run(Policy::StoreAll), run(Policy::Every { steps: 45 }));
    assert!(10 * some < all, "{some} of {all} bytes");
}
