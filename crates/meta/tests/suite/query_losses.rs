//! Query losses other than the cross-entropy: their values against plain loops, and the ways to the
//! meta-gradient agree.

use metaplast_autodiff::Tape;
use metaplast_meta::examples::{ExampleArrays, LabelledRows};
use metaplast_meta::gradient::{Ask, GradientMode, Outcome, Segments, Unroll, Within, run};
use metaplast_meta::seeds::EpisodeKey;
use metaplast_meta::{Episode, Model, Precision, QueryLoss};
use metaplast_plasticity::{Architecture, Feedback, Rule};
use metaplast_tensor::Tensor;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

const SIZES: [usize; 4] = [6, 5, 4, 3];
const STEPS: u64 = 20;

struct Case {
    model: Model,
    arrays: ExampleArrays,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut rows = |n: usize| {
            let inputs = Tensor::from_fn([n, SIZES[0]], |_| rng.random_range(0.0..1.0));
            let labels = (0..n).map(|_| rng.random_range(0..SIZES[3])).collect();
            LabelledRows::new(inputs, labels).unwrap()
        };
        let arrays = ExampleArrays::new(rows(7), rows(5));
        Case {
            model: Model {
                architecture: Architecture::new(SIZES.to_vec()).unwrap(),
                feedback: Feedback::fixed(),
                rule: Rule::from_pool(&[0, 2, 9])
                    .unwrap()
                    .with_theta(&[2e-2, -1e-2, 5e-3]),
            },
            arrays,
        }
    }

    fn episode(&self, loss: QueryLoss) -> Episode<'_> {
        Episode::of_arrays(&self.model, EpisodeKey::new(1, 0, 0), &self.arrays)
            .with_steps(Some(STEPS))
            .with_query_loss(loss)
    }
}

fn outcome(episode: &Episode<'_>, mode: GradientMode) -> Outcome {
    run(episode, mode, Precision::Double, Ask::GRADIENT)
}

/// The loss in plain loops, from the activity of hidden layers, one row for each example, and the weights.
fn by_hand(loss: QueryLoss, hidden: &[Tensor<f64>], weights: &[Tensor<f64>]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let each = |of_layer: &dyn Fn(&Tensor<f64>) -> f64| {
        mean(&hidden.iter().map(of_layer).collect::<Vec<f64>>())
    };
    match loss {
        QueryLoss::Decorrelation => each(&|y| {
            let units = y.dims()[1];
            let column = |i: usize| -> Vec<f64> { y.data().chunks(units).map(|y| y[i]).collect() };
            let covariance = |i: usize, j: usize| {
                let (a, b) = (column(i), column(j));
                let products = a
                    .iter()
                    .zip(&b)
                    .map(|(x, y)| (x - mean(&a)) * (y - mean(&b)));
                mean(&products.collect::<Vec<f64>>())
            };
            let pairs = (0..units).flat_map(|i| (0..units).map(move |j| (i, j)));
            let squares = pairs.filter(|(i, j)| i != j).map(|(i, j)| {
                let variances = (covariance(i, i) + 1e-6) * (covariance(j, j) + 1e-6);
                covariance(i, j).powi(2) / variances
            });
            mean(&squares.collect::<Vec<f64>>())
        }),
        QueryLoss::Sparseness => each(&|y| {
            let of_example = |y: &[f64]| {
                let squares: Vec<f64> = y.iter().map(|y| y * y).collect();
                mean(y).powi(2) / (mean(&squares) + 1e-6)
            };
            let examples = y.data().chunks(y.dims()[1]).map(of_example);
            mean(&examples.collect::<Vec<f64>>())
        }),
        QueryLoss::WeightNorm => {
            let all = weights.iter().flat_map(|w| w.data());
            mean(&all.map(|w| w * w).collect::<Vec<f64>>())
        }
        other => panic!("`{other}` has no loop to be compared with"),
    }
}

fn others() -> impl Iterator<Item = QueryLoss> {
    let all = QueryLoss::ALL.into_iter();
    all.filter(|&loss| loss != QueryLoss::CrossEntropy)
}

#[test]
fn query_losses_agree_with_plain_loops() {
    let case = Case::new(1);
    for loss in others() {
        let episode = case.episode(loss);
        let tape = Tape::<f64>::new();
        let live = episode.begin(&tape);
        live.run_unrecorded(&episode.bind(&tape).0);
        let network = live.network().feed_forward().unwrap();
        let x = tape.constant(&case.arrays.query().inputs());
        let y = network.forward(x).y;
        let hidden = [y[1].value(), y[2].value()];
        let expected = by_hand(loss, &hidden, &network.weights().matrices());
        let told = outcome(&episode, GradientMode::default()).loss;
        let error = (told - expected).abs();
        assert!(error < 1e-12, "{loss}: {told}, not {expected}");
    }
}

#[test]
fn the_meta_gradient_of_any_query_loss_is_forward_mode_and_differences() {
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let relative = |a: &[f64], b: &[f64]| {
        let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        norm(&difference) / norm(b)
    };
    let segments = GradientMode::Reverse(Unroll::Segments(Segments {
        steps: 6,
        checkpoints: 2,
        within: Within::Undo,
    }));
    for (seed, loss) in (2..).zip(QueryLoss::ALL) {
        let case = Case::new(seed);
        let episode = case.episode(loss);
        let reverse = outcome(&episode, GradientMode::default());
        let gradient = reverse.gradient.unwrap();
        for mode in [GradientMode::Forward, segments] {
            let other = outcome(&episode, mode);
            assert!((other.loss - reverse.loss).abs() < 1e-14, "{loss}");
            let error = relative(&gradient, &other.gradient.unwrap());
            assert!(error < 1e-10, "{loss}: {error:e}");
        }
        let theta = case.model.rule.theta();
        let difference = |r: usize, h: f64| {
            let at = |h: f64| {
                let mut moved = theta.to_vec();
                moved[r] += h;
                run(
                    &episode.with_theta(&moved),
                    GradientMode::default(),
                    Precision::Double,
                    Ask::SCORE,
                )
                .loss
            };
            (at(h) - at(-h)) / (2.0 * h)
        };
        let h = 1e-4;
        let differences: Vec<f64> = (0..theta.len())
            .map(|r| (4.0 * difference(r, h) - difference(r, 2.0 * h)) / 3.0)
            .collect();
        let error = relative(&gradient, &differences);
        assert!(error < 1e-6, "{loss}: {error:e}");
    }
}

#[test]
fn the_cross_entropy_is_what_an_episode_is_scored_by_unless_told_otherwise() {
    let case = Case::new(9);
    let episode = case.episode(QueryLoss::default());
    let told = outcome(&episode, GradientMode::default());
    assert_eq!(told.loss.to_bits(), told.query.cross_entropy.to_bits());
}
