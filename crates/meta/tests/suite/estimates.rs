//! Truncated and evolution-strategy gradients beside the exact one: what they are, and how far off.

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::gradient::{Ask, Bias, Evolution, GradientMode, run};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::train::{Trainer, term_sizes};
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::Preset;

use crate::world::{settings, world};

fn model() -> Model {
    let settings = settings(Preset::Bio, metaplast_meta::optimizer::OptimizerKind::ADAM);
    let rule = settings.model.rule.clone().with_theta(&[1e-2, -5e-3, 1e-3]);
    Model {
        rule,
        ..settings.model
    }
}

/// What `look` says of each of `n` episodes of 15 steps.
fn episodes<R>(n: u64, look: impl Fn(&Episode<'_>) -> R) -> Vec<R> {
    let model = model();
    let dataset = Dataset::glyphs(8, 1);
    let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh).unwrap();
    let of = |k| {
        let key = EpisodeKey::new(5, 0, k);
        let task = sampler.sample(&dataset, &mut key.stream(Purpose::Task));
        look(&Episode::new(&model, key, &dataset, &task))
    };
    (0..n).map(of).collect()
}

fn gradient(episode: &Episode<'_>, mode: GradientMode) -> Vec<f64> {
    run(episode, mode, Precision::Double, Ask::GRADIENT)
        .gradient
        .unwrap()
}

fn es(pairs: u32, sigma: f64) -> GradientMode {
    GradientMode::Evolution(Evolution { pairs, sigma })
}

#[test]
fn all_steps_are_the_exact_gradient_and_none_of_them_changes_the_episode() {
    episodes(1, |episode| {
        let exact = run(
            episode,
            GradientMode::default(),
            Precision::Double,
            Ask::ALL,
        );
        for steps in [15, 16, u64::MAX] {
            assert_eq!(
                run(
                    episode,
                    GradientMode::Truncated(steps),
                    Precision::Double,
                    Ask::ALL
                ),
                exact
            );
        }
        for mode in [GradientMode::Truncated(4), es(2, 1e-3)] {
            let outcome = run(episode, mode, Precision::Double, Ask::ALL);
            assert_eq!(
                (outcome.query, outcome.diagnostics),
                (exact.query, exact.diagnostics.clone())
            );
            assert_ne!(outcome.gradient, exact.gradient);
        }
    });
}

/// The loss when the last `k` steps have other coefficients than those before.
fn loss_with_other_end(episode: &Episode<'_>, theta: &[f64], k: usize) -> f64 {
    let tape = Tape::<f64>::new();
    let live = episode.begin(&tape);
    let (rule, _) = episode.bind(&tape);
    let (end, _) = episode.with_theta(theta).bind(&tape);
    for t in 0..episode.steps {
        let rule = if t < episode.steps - k { &rule } else { &end };
        live.step_unrecorded(rule, t);
    }
    live.evaluate(false).query.cross_entropy
}

#[test]
fn a_truncated_gradient_is_that_of_the_last_steps() {
    episodes(2, |episode| {
        for k in [1, 4, 11] {
            let found = gradient(episode, GradientMode::Truncated(k as u64));
            for (r, &slope) in found.iter().enumerate() {
                let at = |offset: f64| {
                    let mut theta = episode.theta.to_vec();
                    theta[r] += offset;
                    loss_with_other_end(episode, &theta, k)
                };
                let h = 1e-6;
                let difference = (at(h) - at(-h)) / (2.0 * h);
                let size = difference.abs().max(slope.abs()).max(1e-3);
                assert!(
                    (difference - slope).abs() < 1e-5 * size,
                    "{k} {r}: {slope} {difference}"
                );
            }
        }
    });
}

#[test]
fn truncation_is_biased_and_the_less_the_more_steps_it_has() {
    let units = episodes(1, |episode| {
        let sizes = term_sizes(episode, Precision::Double);
        sizes
            .iter()
            .map(|size| 1.0 / size.max(1.0))
            .collect::<Vec<f64>>()
    });
    let of = |mode: GradientMode| episodes(20, |episode| gradient(episode, mode));
    let exact = of(GradientMode::default());
    let bias = |mode| Bias::of(&exact, &of(mode), &units[0]);
    let biases = [2, 5, 10, 15].map(|steps| bias(GradientMode::Truncated(steps)));
    assert!(biases[0].bias > 0.3, "{biases:?}");
    for pair in biases.windows(2) {
        assert!(pair[1].bias < pair[0].bias, "{biases:?}");
    }
    assert_eq!((biases[3].bias, biases[3].noise), (0.0, 0.0));
}

#[test]
fn evolution_strategies_have_noise_that_pairs_average_out_and_hardly_bias() {
    let units = episodes(1, |episode| {
        let sizes = term_sizes(episode, Precision::Double);
        sizes
            .iter()
            .map(|size| 1.0 / size.max(1.0))
            .collect::<Vec<f64>>()
    });
    let of = |mode: GradientMode| episodes(30, |episode| gradient(episode, mode));
    let exact = of(GradientMode::default());
    let bias = |mode| Bias::of(&exact, &of(mode), &units[0]);
    let (few, many) = (bias(es(4, 1e-4)), bias(es(64, 1e-4)));
    // Sixteen times the pairs, a quarter of the noise.
    let ratio = few.noise / many.noise;
    assert!((2.5..6.5).contains(&ratio), "{few:?} {many:?}");
    // What is left is no more than noise over thirty episodes would leave.
    assert!(many.bias < 3.0 * many.noise / 30f64.sqrt(), "{many:?}");
    assert!(many.cosine > 0.97, "{many:?}");
}

#[test]
fn estimates_repeat_bit_for_bit_whatever_the_number_of_threads() {
    let once = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| episodes(2, |episode| gradient(episode, es(5, 1e-3))))
    };
    let one = once(1);
    assert_eq!(one, once(3));
    // Another episode has other perturbations.
    assert_ne!(one[0], one[1]);
}

#[test]
fn training_goes_down_by_an_evolution_strategy() {
    let world = world();
    let settings = settings(Preset::Fa, metaplast_meta::optimizer::OptimizerKind::ADAM)
        .with_episodes(30)
        .with_gradient(es(4, 1e-3));
    let trainer = Trainer::new(&settings, &world.dataset, &world.sampler);
    let mut losses = Vec::new();
    let results = trainer.run(1, &mut |record| {
        losses.push(record.query.cross_entropy);
        std::ops::ControlFlow::Continue(())
    });
    // The error needs a positive rate, larger than that of the start.
    assert!(results.unwrap()[0].theta[0] > 1.2e-2, "{losses:?}");
}
