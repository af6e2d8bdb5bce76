//! Training on generated patterns, in small.

use metaplast_spiking::{
    ClipSplit, GeneratedSpeech, IntrinsicPlasticity, ParameterKind, SpikeClips,
    SpikingArchitecture, SpikingParameters, SpikingTest, SpikingTrainer, SpikingTraining,
};

fn clips() -> (SpikeClips, ClipSplit) {
    let clips = GeneratedSpeech {
        speakers: 2,
        recordings: 8,
        ..GeneratedSpeech::default()
    }
    .clips(1);
    let split = clips.split_by_recording(2);
    (clips, split)
}

fn train(training: SpikingTraining, seed: u64) -> (Vec<f64>, SpikingTest, SpikingParameters<f32>) {
    let (clips, split) = clips();
    let architecture = SpikingArchitecture::scsr(clips.channels, &[24, 24], clips.classes.len());
    let mut trainer = SpikingTrainer::new(&architecture, training, split.train.len(), seed);
    let losses = (0..training.epochs)
        .map(|_| trainer.epoch(&clips, &split.train))
        .collect();
    let tested = trainer.test(&clips, &split.test);
    (losses, tested, trainer.parameters().clone())
}

const QUICK: SpikingTraining = SpikingTraining {
    epochs: 6,
    batch: 20,
    rate: 1e-2,
    intrinsic: IntrinsicPlasticity::Backpropagated { rate: 1e-2 },
    frozen: false,
};

#[test]
fn digits_are_learned_and_the_same_seed_gives_the_same_bits() {
    let (losses, tested, parameters) = train(QUICK, 1);
    assert!(losses[5] < 0.6 * losses[0], "{losses:?}");
    assert!(tested.accuracy > 0.4, "{}", tested.accuracy);
    assert!(tested.unusual_rates().is_empty(), "{:?}", tested.rates);
    let again = train(QUICK, 1);
    assert_eq!((losses, tested, parameters), again);
}

#[test]
fn what_is_fixed_stays_and_what_is_trained_moves() {
    let start = |seed| {
        let (clips, _) = clips();
        let architecture =
            SpikingArchitecture::scsr(clips.channels, &[24, 24], clips.classes.len());
        SpikingParameters::<f32>::draw(&architecture, seed)
    };
    let short = SpikingTraining { epochs: 1, ..QUICK };
    for (intrinsic, frozen) in [
        (IntrinsicPlasticity::Fixed, false),
        (QUICK.intrinsic, true),
        (IntrinsicPlasticity::LOCAL, true),
    ] {
        let (_, _, end) = train(
            SpikingTraining {
                intrinsic,
                frozen,
                ..short
            },
            3,
        );
        let start = start(3);
        for ((place, before), (_, after)) in start.tensors().into_iter().zip(end.tensors()) {
            let readout = place.layer.is_none();
            let moves = match (place.kind.is_intrinsic(), intrinsic) {
                (false, _) => readout || !frozen,
                (true, IntrinsicPlasticity::Fixed) => false,
                (true, IntrinsicPlasticity::Backpropagated { .. }) => true,
                (true, IntrinsicPlasticity::Local(_)) => {
                    !readout && place.kind != ParameterKind::SynapseTime
                }
            };
            assert_eq!(before != after, moves, "{place:?}, {intrinsic:?}");
            let least = if place.kind == ParameterKind::Threshold {
                0.0
            } else {
                1.0
            };
            if place.kind.is_intrinsic() {
                assert!(after.data().iter().all(|&x| x > least), "{place:?}");
            }
        }
    }
}

/// Neurons that are driven too much come nearer to spikes in a tenth of the steps.
#[test]
fn the_local_rule_brings_rates_towards_its_mean() {
    let training = SpikingTraining {
        epochs: 8,
        rate: 0.0,
        intrinsic: IntrinsicPlasticity::LOCAL,
        frozen: true,
        ..QUICK
    };
    let (clips, split) = clips();
    let mut architecture =
        SpikingArchitecture::scsr(clips.channels, &[24, 24], clips.classes.len());
    architecture.gain = 12.0;
    let mut trainer = SpikingTrainer::new(&architecture, training, split.train.len(), 1);
    let distance =
        |tested: &SpikingTest| -> f64 { tested.rates.iter().map(|rate| (rate - 0.1).abs()).sum() };
    let before = trainer.test(&clips, &split.test);
    for _ in 0..training.epochs {
        let _ = trainer.epoch(&clips, &split.train);
    }
    let after = trainer.test(&clips, &split.test);
    assert!(
        distance(&after) < distance(&before),
        "{:?}, {:?}",
        before.rates,
        after.rates
    );
}

#[test]
fn a_layer_without_spikes_is_named() {
    let (clips, split) = clips();
    let mut architecture =
        SpikingArchitecture::scsr(clips.channels, &[24, 24], clips.classes.len());
    architecture.gain = 0.01;
    let mut trainer = SpikingTrainer::new(&architecture, QUICK, split.train.len(), 1);
    let said = trainer.test(&clips, &split.test).unusual_rates();
    assert_eq!(said.len(), 2);
    assert!(said[0].to_string().starts_with("layer 1 is silent"));
}
