//! Training of networks of 40 inputs, two layers of 100 and 10 outputs, in batches of 50 clips of 64 steps,
//! in `f32` on one thread.
//!
//! ```text
//! cargo bench -p metaplast-spiking --bench training
//! ```
//!
//! Ten epochs of 2,700 clips are 540 batches. A batch is its gradient by backpropagation through time and
//! Adam's step; the logits alone are what testing costs; the network on the tape computes the same gradient
//! for any loss. A clip is also learned by random e-prop, without and with the
//! meta-gradient.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use metaplast_autodiff::{Tape, Var};
use metaplast_plasticity::{Memory, Rule, Term};
use metaplast_spiking::{
    BackpropThroughTime, GeneratedSpeech, PlasticSpikingNetwork, RecordedNetwork, SpikeClips,
    SpikingArchitecture, SpikingParameters, SpikingTrainer, SpikingTraining, draw_teaching_weights,
    three_factor_signals,
};
use metaplast_tensor::Tensor;

const BATCH: usize = 50;

fn clips() -> SpikeClips {
    GeneratedSpeech {
        recordings: 2,
        ..GeneratedSpeech::default()
    }
    .clips(1)
}

fn architectures(clips: &SpikeClips) -> [(&'static str, SpikingArchitecture); 3] {
    let scsr = SpikingArchitecture::scsr(clips.channels, &[100, 100], clips.classes.len());
    let feedforward = SpikingArchitecture {
        skips: false,
        self_loops: false,
        ..scsr.clone()
    };
    let recurrent = SpikingArchitecture {
        recurrence: true,
        ..feedforward.clone()
    };
    [
        ("feedforward", feedforward),
        ("scsr", scsr),
        ("recurrent", recurrent),
    ]
}

fn batches(criterion: &mut Criterion) {
    let clips = clips();
    let places: Vec<usize> = (0..BATCH).collect();
    let (spikes, labels) = clips.batch::<f32>(&places);
    let mut group = criterion.benchmark_group("batch");
    group.sample_size(20);
    for (name, architecture) in architectures(&clips) {
        let parameters = SpikingParameters::<f32>::draw(&architecture, 1);
        let mut through_time = BackpropThroughTime::new(&architecture);
        group.bench_function(format!("{name}, logits"), |b| {
            b.iter(|| black_box(through_time.logits(&parameters, &spikes)));
        });
        group.bench_function(format!("{name}, gradient"), |b| {
            b.iter(|| black_box(through_time.gradient(&parameters, &spikes, &labels)));
        });
        let training = SpikingTraining {
            epochs: 1_000_000,
            batch: BATCH,
            ..SpikingTraining::default()
        };
        let mut trainer = SpikingTrainer::new(&architecture, training, BATCH, 1);
        group.bench_function(format!("{name}, training with BIP"), |b| {
            b.iter(|| black_box(trainer.epoch(&clips, &places)));
        });
    }
    let (_, scsr) = &architectures(&clips)[1];
    let parameters = SpikingParameters::<f32>::draw(scsr, 1);
    let tape = Tape::<f32>::new();
    group.bench_function("scsr, gradient on the tape", |b| {
        b.iter(|| {
            tape.reset();
            let all = parameters.tensors().into_iter();
            let vars: Vec<Var<'_, f32>> = all.map(|(_, tensor)| tape.var(tensor)).collect();
            let logits = RecordedNetwork::new(scsr, &vars).logits(&spikes, |_| {});
            let gradients = logits.softmax_cross_entropy(&labels).backward();
            black_box(gradients.wrt(vars[0]))
        });
    });
    group.finish();
}

fn e_prop() -> Rule {
    let psp = Memory::parse("psp = psp + k * (y_pre - psp)", &[]).expect("a memory");
    let names = [
        &three_factor_signals()[..],
        &Memory::signals(std::slice::from_ref(&psp)),
    ]
    .concat();
    let term = Term::parse_with("eprop = -(e .* slope) * psp^T", &names).expect("a term");
    let rule = Rule::new([term]).and_then(|rule| rule.with_memories([psp]));
    rule.expect("a rule").with_theta(&[1e-3, 0.2])
}

fn three_factors(criterion: &mut Criterion) {
    let clips = clips();
    let (_, architecture) = &architectures(&clips)[1];
    let parameters = SpikingParameters::<f32>::draw(architecture, 1);
    let teaching: Vec<Tensor<f32>> = draw_teaching_weights(architecture, 1);
    let (rule, (spikes, labels)) = (e_prop(), clips.batch::<f32>(&[0]));
    let mut group = criterion.benchmark_group("clip learned by e-prop");
    group.sample_size(20);
    let tape = Tape::<f32>::new();
    let mut learn = |gradient: bool| {
        tape.reset();
        let theta = |&theta: &f64| tape.scalar(theta as f32);
        let theta: Vec<Var<'_, f32>> = rule.theta().iter().map(theta).collect();
        let network =
            PlasticSpikingNetwork::new(&tape, architecture, &parameters, &teaching, &rule, &theta);
        match gradient {
            false => tape.without_gradients(|| network.learn(&spikes, labels[0])),
            true => {
                network.learn(&spikes, labels[0]);
                let loss = network.loss(&spikes, &labels);
                black_box(loss.backward().wrt(theta[0]));
            }
        }
    };
    group.bench_function("without a gradient", |b| b.iter(|| learn(false)));
    group.bench_function("with the meta-gradient", |b| b.iter(|| learn(true)));
    group.finish();
}

criterion_group!(benches, batches, three_factors);
criterion_main!(benches);
