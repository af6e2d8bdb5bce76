//! Episodes of sequences: the gradient in three ways, undoing, and training.

use metaplast_autodiff::Tape;
use metaplast_data::sequences::{DelayedMatch, LabelledSequence, SequenceTask};
use metaplast_meta::gradient::Outcome;
use metaplast_meta::optimizer::OptimizerKind;
use metaplast_meta::seeds::EpisodeKey;
use metaplast_meta::sequences::{
    SequenceEpisode, SequenceModel, SequenceStart, SequenceTrainSettings, SequenceTrainer,
};
use metaplast_plasticity::{
    Activation, Preset, Readout, RecurrentArchitecture, Rule, TeachingThroughTime,
};
use proptest::prelude::*;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// Sizes of θ at which terms are of one order.
const THETA: [f64; 10] = [0.1, 0.05, 0.05, 0.01, 0.05, 0.05, 0.05, 0.05, 0.05, 0.03];

fn model(seed: u64, terms: &[usize], teaching: TeachingThroughTime) -> SequenceModel {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    // Without kinks, for the sake of differences.
    let activation = match rng.random::<bool>() {
        true => Activation::Tanh,
        false => Activation::Softplus,
    };
    let hidden = rng.random_range(1..6usize);
    let architecture = RecurrentArchitecture::new(4, hidden, 2).unwrap();
    let architecture = architecture
        .with_activation(activation)
        .with_beta(4.0)
        .unwrap();
    let leak = [1.0, 0.5][rng.random_range(0..2usize)];
    let readout = Readout::ALL[rng.random_range(0..2usize)];
    let theta: Vec<f64> = terms
        .iter()
        .map(|&term| THETA[term] * (2.0 * rng.random::<f64>() - 1.0))
        .collect();
    SequenceModel {
        architecture: architecture.with_leak(leak).unwrap().with_readout(readout),
        teaching,
        rule: Rule::from_pool(terms).unwrap().with_theta(&theta),
    }
}

fn task(seed: u64, delay: usize, sequences: usize) -> SequenceTask {
    let sampler = DelayedMatch::new(4, 2).unwrap();
    let sampler = sampler.with_steps(1, delay, 1).unwrap();
    sampler.sample(sequences, 3, &mut Xoshiro256PlusPlus::seed_from_u64(seed))
}

fn gradient(outcome: Outcome) -> Vec<f64> {
    outcome.gradient.expect("a finite loss has one")
}

/// The largest difference, relative to the largest slope, or to 1 where that is less.
fn error(a: &[f64], b: &[f64]) -> f64 {
    let largest = |x: &[f64]| x.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    largest(&differences) / largest(a).max(1.0)
}

/// The loss alone, mean over the steps that have outputs.
fn loss(episode: &SequenceEpisode<'_>) -> f64 {
    let tape = Tape::<f64>::new();
    tape.without_gradients(|| {
        let network = episode.begin(&tape);
        let rule = episode.model.rule.clone().with_theta(episode.theta);
        let rule = rule.bind_constant(&tape);
        for sequence in &episode.task.support {
            SequenceEpisode::learn(&network, &rule, sequence);
        }
        episode.evaluate(&network).1.item()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 4096, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn reverse_forward_and_finite_differences_agree_and_undoing_returns_the_start(
        seed in any::<u64>(),
        terms in prop::sample::subsequence((0..10).collect::<Vec<usize>>(), 1..11),
        delay in 0..4usize,
        sequences in 1..7usize,
    ) {
        for teaching in TeachingThroughTime::ALL {
            let model = model(seed, &terms, teaching);
            let task = task(seed ^ 1, delay, sequences);
            let key = EpisodeKey::new(seed, 0, 0);
            let episode = SequenceEpisode::new(&model, key, &task);
            prop_assume!(loss(&episode) < 2.0);
            let tape = Tape::<f64>::new();
            let reverse = gradient(episode.reverse(&tape));
            // Where learning is chaotic, so are rounding errors.
            prop_assume!(reverse.iter().all(|slope| slope.abs() < 100.0));
            let forward = gradient(episode.forward());
            prop_assert!(error(&reverse, &forward) < 1e-10, "{teaching}: {reverse:?}, forward {forward:?}");
            // Differences see what goes through the weights as well.
            if teaching == TeachingThroughTime::DetachedBackpropagation {
                continue;
            }
            let step = 1e-5;
            let differences: Vec<f64> = (0..terms.len())
                .map(|k| {
                    let at = |sign: f64| {
                        let mut theta = episode.theta.to_vec();
                        theta[k] += sign * step;
                        loss(&episode.with_theta(&theta))
                    };
                    let (near, far) = (at(1.0) - at(-1.0), at(2.0) - at(-2.0));
                    (8.0 * near - far) / (12.0 * step)
                })
                .collect();
            prop_assert!(
                error(&reverse, &differences) < 1e-6,
                "{teaching}: {reverse:?}, differences {differences:?}"
            );

            tape.reset();
            let network = episode.begin(&tape);
            let (rule, _theta) = model.rule.bind(&tape);
            for sequence in &task.support {
                SequenceEpisode::learn(&network, &rule, sequence);
            }
            let norms = network.weights().norms();
            episode.evaluate(&network).1.backward();
            let start = SequenceStart::<f64>::draw(&model, key).weights;
            for ((state, start), norm) in network.states().iter().zip(start.transposed()).zip(norms) {
                for (undone, start) in state.rewound_value().data().iter().zip(start.data()) {
                    prop_assert!((undone - start).abs() < 1e-12 * norm.max(1.0), "{undone} instead of {start}");
                }
            }
        }
    }
}

/// Which of two inputs was on, a step ago?
fn recall(rng: &mut Xoshiro256PlusPlus) -> SequenceTask {
    let first = rng.random_range(0..8usize);
    let inputs = [first, (first + rng.random_range(1..8usize)) % 8];
    let mut draw = |n: usize| {
        let sequences = (0..n).map(|_| {
            let label = rng.random_range(0..2usize);
            let mut cue = vec![0.0; 8];
            cue[inputs[label]] = 1.0;
            let inputs = vec![cue, vec![0.0; 8]];
            LabelledSequence { inputs, label }
        });
        sequences.collect()
    };
    SequenceTask {
        support: draw(20),
        query: draw(10),
    }
}

/// Meta-learning makes the rule better, and repeats bit for bit.
#[test]
fn training_improves_and_repeats() {
    let architecture = RecurrentArchitecture::new(8, 16, 2).unwrap();
    let model = SequenceModel {
        architecture: architecture.with_leak(0.5).unwrap(),
        teaching: TeachingThroughTime::Backpropagation,
        rule: Rule::preset(Preset::Bp).with_theta(&[1e-3]),
    };
    let settings = SequenceTrainSettings::new(model)
        .with_episodes(40)
        .with_optimizer(OptimizerKind::ADAM)
        .with_rate(1e-2);
    let trainer = SequenceTrainer::new(&settings, &recall).unwrap();
    let run = || {
        let mut losses = Vec::new();
        let theta = trainer.run_trial::<f64>(0, &mut |record| {
            losses.push(record.query.cross_entropy);
        });
        (theta.unwrap(), losses)
    };
    let (theta, losses) = run();
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let (first, last) = (mean(&losses[..10]), mean(&losses[30..]));
    assert!(last < 0.7 * first, "mean loss {first}, then {last}");
    assert_eq!((theta, losses), run());
}

#[test]
fn a_rule_that_only_diverges_gives_up_with_a_way_out() {
    let architecture = RecurrentArchitecture::new(4, 4, 2).unwrap();
    let model = SequenceModel {
        architecture: architecture.with_activation(Activation::Tanh),
        teaching: TeachingThroughTime::RandomFeedback,
        rule: Rule::preset(Preset::Fa).with_theta(&[1e6]),
    };
    let settings = SequenceTrainSettings::new(model).with_episodes(9);
    let mut settings = settings.with_optimizer(OptimizerKind::SGD).with_rate(0.0);
    settings.patience = 3;
    let sampler = DelayedMatch::new(4, 2).unwrap();
    let draw = |rng: &mut Xoshiro256PlusPlus| sampler.sample(5, 40, rng);
    let trainer = SequenceTrainer::new(&settings, &draw).unwrap();
    let mut diverged = Vec::new();
    let error = trainer.run_trial::<f64>(0, &mut |record| diverged.push(record.diverged));
    assert_eq!(diverged, [true; 3]);
    assert_eq!(
        error.unwrap_err().to_string(),
        "trial 0 gave up after episode 2: 3 episodes in a row diverged; choose a smaller rate or smaller first coefficients"
    );
}
