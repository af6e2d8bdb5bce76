//! What the equations of a network say.

use metaplast_spiking::{
    BackpropThroughTime, IntrinsicPlasticity, ParameterKind, Reset, SpikingArchitecture,
    SpikingParameters, UnusualRate,
};
use metaplast_tensor::{Random, Tensor};
use proptest::prelude::*;

/// One neuron that is driven by one channel with weight 1 and gain τm, so that each spike adds 1.
fn neuron(reset: Reset, threshold: f64) -> (SpikingArchitecture, SpikingParameters<f64>) {
    let mut architecture = SpikingArchitecture::feedforward(1, &[1], 1);
    architecture.reset = reset;
    architecture.gain = 5.0;
    let mut parameters = SpikingParameters::draw(&architecture, 1);
    parameters.layers[0].weights = Tensor::ones([1, 1]);
    parameters.layers[0].membrane = Tensor::full([1], 5.0);
    parameters.layers[0].threshold = Tensor::full([1], threshold);
    (architecture, parameters)
}

#[test]
fn a_hard_reset_forgets_what_a_soft_one_keeps() {
    let input = Tensor::ones([3, 1, 1]);
    let spikes = |reset| {
        let (architecture, parameters) = neuron(reset, 0.8);
        let mut run = BackpropThroughTime::new(&architecture);
        let _ = run.logits(&parameters, &input);
        run.spikes(0).into_data()
    };
    // Membranes 1, 1, 1 after a hard reset; 1, 1.16, 1.288 after a soft one.
    assert_eq!(spikes(Reset::Hard), [1.0, 1.0, 1.0]);
    let (architecture, parameters) = neuron(Reset::Soft, 1.1);
    let mut run = BackpropThroughTime::new(&architecture);
    let _ = run.logits(&parameters, &Tensor::ones([5, 1, 1]));
    // 1; 1.8; 0.56 + 1; 0.368 + 1; 0.2144 + 1
    assert_eq!(run.spikes(0).into_data(), [0.0, 1.0, 1.0, 1.0, 1.0]);
    let (architecture, parameters) = neuron(Reset::Hard, 1.1);
    let mut run = BackpropThroughTime::new(&architecture);
    let _ = run.logits(&parameters, &Tensor::ones([5, 1, 1]));
    // 1; 1.8; 0 + 1; 0.8 + 1; 1
    assert_eq!(run.spikes(0).into_data(), [0.0, 1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn a_neuron_at_its_threshold_is_silent() {
    let (architecture, parameters) = neuron(Reset::Hard, 1.0);
    let mut run = BackpropThroughTime::new(&architecture);
    let _ = run.logits(&parameters, &Tensor::ones([1, 1, 1]));
    assert_eq!(run.rates(0), [0.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A clip's logits do not depend on what else is in the batch, and later input changes nothing earlier.
    #[test]
    fn clips_of_a_batch_know_nothing_of_each_other(seed in 0_u64..1000, recurrence in any::<bool>()) {
        let mut architecture = SpikingArchitecture::scsr(4, &[5, 4], 3);
        architecture.recurrence = recurrence;
        let parameters = SpikingParameters::<f64>::draw(&architecture, seed);
        let mut random = Random::new(seed);
        let both = Tensor::from_fn([9, 2, 4], |_| f64::from(u8::from(random.uniform() < 0.4)));
        let alone = both.narrow(1, 1..2);
        let mut run = BackpropThroughTime::new(&architecture);
        let together = run.logits(&parameters, &both);
        let single = run.logits(&parameters, &alone);
        for (a, b) in together.row(1).iter().zip(single.row(0)) {
            prop_assert!((a - b).abs() < 1e-13);
        }
        let spikes = run.spikes(1);
        let shorter = alone.narrow(0, 0..5);
        let _ = run.logits(&parameters, &shorter);
        prop_assert_eq!(run.spikes(1), spikes.narrow(0, 0..5));
    }

    /// Where membranes have no threshold of their own but in ratio to the drive: a gain and thresholds
    /// twice as large spike alike. SpiKL-IP's resistance acts through this.
    #[test]
    fn a_gain_and_thresholds_twice_as_large_spike_alike(seed in 0_u64..1000) {
        let mut architecture = SpikingArchitecture::scsr(4, &[5, 4], 3);
        let mut parameters = SpikingParameters::<f64>::draw(&architecture, seed);
        let mut random = Random::new(seed);
        let input = Tensor::from_fn([12, 1, 4], |_| f64::from(u8::from(random.uniform() < 0.4)));
        let spikes = |architecture: &SpikingArchitecture, parameters: &SpikingParameters<f64>| {
            let mut run = BackpropThroughTime::new(architecture);
            let _ = run.logits(parameters, &input);
            (run.spikes(0), run.spikes(1))
        };
        let before = spikes(&architecture, &parameters);
        architecture.gain *= 2.0;
        for (place, tensor) in parameters.tensors_mut() {
            if place.kind == ParameterKind::Threshold {
                tensor.map_in_place(|x| 2.0 * x);
            }
        }
        prop_assert_eq!(before, spikes(&architecture, &parameters));
    }
}

#[test]
fn architectures_have_the_parameters_that_they_say() {
    let scsr = SpikingArchitecture::scsr(40, &[100, 100], 10);
    let parameters = SpikingParameters::<f32>::draw(&scsr, 1);
    let (all, intrinsic) = parameters.count();
    // 600 in hidden neurons, 10 in the readout.
    assert_eq!(intrinsic, 610);
    let synapses = 40 * 100 + 100 * 100 + 40 * 100 + 200 + 2 * 10 * 100;
    assert_eq!(all, synapses + 610);
    let recurrent = SpikingArchitecture {
        recurrence: true,
        ..SpikingArchitecture::feedforward(40, &[100, 100], 10)
    };
    let more = SpikingParameters::<f32>::draw(&recurrent, 1).count().0;
    assert_eq!(more, 40 * 100 + 100 * 100 + 20_000 + 1000 + 610);
    assert_eq!(SpikingParameters::<f32>::draw(&scsr, 1), parameters);
    assert_ne!(SpikingParameters::<f32>::draw(&scsr, 2), parameters);
}

#[test]
fn silent_and_saturated_layers_are_named_with_their_rates() {
    let said: Vec<String> = UnusualRate::among(&[0.1, 0.5, 0.0, f64::NAN])
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(said.len(), 3);
    assert!(
        said[0].starts_with("layer 2 is saturated: 0.50 "),
        "{}",
        said[0]
    );
    assert!(
        said[1].starts_with("layer 3 is silent: 0.0 "),
        "{}",
        said[1]
    );
}

#[test]
fn the_local_rule_holds_back_neurons_that_fire_too_often() {
    let IntrinsicPlasticity::Local(rule) = IntrinsicPlasticity::LOCAL else {
        panic!("not local");
    };
    let [resistance, time] = rule.increments(0.3, [1.0, 5.0]);
    assert!(resistance < 0.0 && time > 0.0, "{resistance}, {time}");
    let [resistance, time] = rule.increments(0.05, [1.0, 5.0]);
    assert!(resistance > 0.0 && time < 0.0, "{resistance}, {time}");
}

#[test]
#[should_panic(
    expected = "backpropagation through time: spikes of shape [4, 3], not [steps, batch, 3]"
)]
fn spikes_of_another_shape_are_refused() {
    let architecture = SpikingArchitecture::feedforward(3, &[2], 2);
    let parameters = SpikingParameters::<f32>::draw(&architecture, 1);
    let _ = BackpropThroughTime::new(&architecture).logits(&parameters, &Tensor::zeros([4, 3]));
}
