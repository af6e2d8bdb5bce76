//! Explanations of weight changes: the parts are the whole, and numbering units changes nothing.

use metaplast_meta::examples::{ExampleArrays, LabelledRows};
use metaplast_meta::explain::{ExplainedLayer, WeightExplanation, explain, explain_from};
use metaplast_meta::learn::learn;
use metaplast_meta::seeds::{EpisodeKey, Purpose, stream};
use metaplast_meta::{Episode, Model, Precision, Start};
use metaplast_plasticity::{Architecture, Feedback, Memory, Pathway, Rule, Term, pool};
use metaplast_tensor::Tensor;
use proptest::prelude::*;
use rand::RngExt;

const SIZES: [usize; 4] = [5, 7, 6, 4];
const STEPS: usize = 12;

/// Terms of the pool and as texts, one of which reads a memory.
fn rule(per_layer: bool, seed: u64) -> Rule {
    let memories = [Memory::parse("m = m + k * (y .* y - m)", &[]).unwrap()];
    let own = Term::parse_with(
        "bcm = (y .* y - m .* y) * y_pre^T",
        &Memory::signals(&memories),
    );
    let text = Term::parse("turn = tanh(y - e) * (W^T * y)^T - 0.1 * W").unwrap();
    let terms = pool().iter().cloned().chain([own.unwrap(), text]);
    let rule = Rule::new(terms).unwrap().with_memories(memories).unwrap();
    let rule = if per_layer {
        rule.per_layer(SIZES.len() - 1)
    } else {
        rule
    };
    let mut rng = stream(seed, 0, 0, Purpose::Perturbation);
    let terms = rule.term_coefficients();
    let theta = (0..rule.theta().len()).map(|place| match place < terms {
        true => 0.02 * (rng.random::<f64>() - 0.5),
        false => 0.1 + 0.2 * rng.random::<f64>(),
    });
    let theta: Vec<f64> = theta.collect();
    rule.with_theta(&theta)
}

fn model(feedback: Feedback, per_layer: bool, seed: u64) -> Model {
    Model {
        architecture: Architecture::new(SIZES.to_vec()).unwrap(),
        feedback,
        rule: rule(per_layer, seed),
    }
}

fn arrays(seed: u64) -> ExampleArrays {
    let mut rng = stream(seed, 0, 0, Purpose::Task);
    let x = (0..STEPS * SIZES[0]).map(|_| rng.random::<f64>()).collect();
    let labels = (0..STEPS).map(|t| t % SIZES[3]).collect();
    let rows = LabelledRows::new(Tensor::new([STEPS, SIZES[0]], x), labels).unwrap();
    ExampleArrays::new(rows, LabelledRows::none())
}

fn explained(model: &Model, start: &Start<f64>, seed: u64) -> (WeightExplanation, Pathway<f64>) {
    let arrays = arrays(seed);
    let episode = Episode::of_arrays(model, EpisodeKey::new(seed, 0, 0), &arrays);
    (explain_from(&episode, start, 5), learn(&episode, start))
}

fn drawn(model: &Model, seed: u64) -> Start<f64> {
    Start::draw(model, EpisodeKey::new(seed, 0, 0))
}

#[track_caller]
fn assert_near(a: f64, b: f64, scale: f64, what: &str) {
    let both_nan = a.is_nan() && b.is_nan();
    assert!(
        both_nan || (a - b).abs() <= 1e-12 * scale,
        "{what}: {a}, {b}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// ΔW = Σ θ_r F^r, for every kind of feedback.
    #[test]
    fn the_parts_add_up_to_the_change(seed in 0..1000u64, per_layer in any::<bool>()) {
        for feedback in &Feedback::built_in_for(&Architecture::paper()) {
            let model = model(feedback.clone(), per_layer, seed);
            let start = drawn(&model, seed);
            let (explanation, learned) = explained(&model, &start, seed);
            let change = learned.matrices().into_iter().zip(start.weights.matrices());
            for ((parts, (after, before)), layer) in
                explanation.parts.iter().zip(change).zip(&explanation.whole.layers)
            {
                let mut squares = 0.0;
                for (k, (after, before)) in after.data().iter().zip(before.data()).enumerate() {
                    let sum: f64 = parts.iter().map(|part| part.data()[k]).sum();
                    assert_near(sum, after - before, 1.0, "an element");
                    squares += (after - before) * (after - before);
                }
                assert_near(layer.change, squares.sqrt(), 1.0, "the change");
                let shares: f64 = layer.terms.iter().map(|term| term.share).sum();
                assert_near(shares, 1.0, 1.0, "the shares");
                for term in &layer.terms {
                    prop_assert!(term.size <= term.path * (1.0 + 1e-12));
                }
                prop_assert!((0.0..=1.0).contains(&layer.cancelled()));
            }
        }
    }

    /// Whoever numbers the hidden units otherwise is told the same.
    #[test]
    fn permuting_hidden_units_permutes_the_explanation(
        seed in 0..1000u64,
        per_layer in any::<bool>(),
        first in Just((0..SIZES[1]).collect::<Vec<_>>()).prop_shuffle(),
        second in Just((0..SIZES[2]).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let orders = [(0..SIZES[0]).collect(), first, second, (0..SIZES[3]).collect()];
        // Noise is drawn unit by unit, so that another numbering is another noise.
        let kinds = Feedback::built_in_for(&Architecture::paper());
        for feedback in kinds.iter().filter(|feedback| !feedback.draws_noise()) {
            let model = model(feedback.clone(), per_layer, seed);
            let start = drawn(&model, seed);
            let permuted = Start {
                weights: permuted(&start.weights, &orders),
                feedback: permuted(&start.feedback, &orders),
                seed: start.seed,
            };
            let (plain, _) = explained(&model, &start, seed);
            let (other, _) = explained(&model, &permuted, seed);
            for (l, (parts, others)) in plain.parts.iter().zip(&other.parts).enumerate() {
                for (part, other) in parts.iter().zip(others) {
                    let expected = reordered(part, &orders[l + 1], &orders[l]);
                    for (a, b) in expected.data().iter().zip(other.data()) {
                        assert_near(*a, *b, 1.0, "an element");
                    }
                }
            }
            let both = plain.stretches.iter().zip(&other.stretches);
            for (a, b) in both.chain([(&plain.whole, &other.whole)]) {
                prop_assert_eq!((a.from, a.to), (b.from, b.to));
                a.layers.iter().zip(&b.layers).for_each(assert_alike);
            }
        }
    }
}

fn assert_alike((a, b): (&ExplainedLayer, &ExplainedLayer)) {
    assert_near(a.change, b.change, 1.0, "change");
    for (x, y) in a.terms.iter().zip(&b.terms) {
        assert_near(x.size, y.size, 1.0, "size");
        assert_near(x.path, y.path, 1.0, "path");
        // A share is divided by the change.
        assert_near(x.share, y.share, 1e3, "share");
    }
}

/// The rows of a matrix `[rows, columns]` in one order and its columns in another.
fn reordered(matrix: &Tensor<f64>, rows: &[usize], columns: &[usize]) -> Tensor<f64> {
    let n = matrix.dims()[1];
    let values = rows.iter().flat_map(|&row| {
        columns
            .iter()
            .map(move |&column| matrix.data()[row * n + column])
    });
    Tensor::new(matrix.dims(), values.collect())
}

/// Matrices between layers with their units in other orders; which layers they connect is in their shapes.
fn permuted(pathway: &Pathway<f64>, orders: &[Vec<usize>; 4]) -> Pathway<f64> {
    let order = |n: &usize| orders.iter().find(|order| order.len() == *n).unwrap();
    let matrices = pathway.matrices();
    let matrices = matrices.iter().map(|matrix| {
        let [rows, columns] = matrix.dims() else {
            unreachable!()
        };
        reordered(matrix, order(rows), order(columns))
    });
    Pathway::from_matrices(&matrices.collect::<Vec<_>>())
}

#[test]
fn stretches_make_up_the_episode_in_either_precision() {
    let model = model(Feedback::fixed(), false, 1);
    let arrays = arrays(1);
    let episode = Episode::of_arrays(&model, EpisodeKey::new(1, 0, 0), &arrays);
    let double = explain(&episode, Precision::Double, 5);
    let ends: Vec<_> = double.stretches.iter().map(|s| (s.from, s.to)).collect();
    assert_eq!(ends, [(0, 5), (5, 10), (10, 12)]);
    for (l, layer) in double.whole.layers.iter().enumerate() {
        for (r, term) in layer.terms.iter().enumerate() {
            let paths = double.stretches.iter().map(|s| s.layers[l].terms[r].path);
            assert_near(paths.sum(), term.path, 1.0, "path");
        }
    }
    let single = explain(&episode, Precision::Single, 5);
    for (a, b) in double.whole.layers.iter().zip(&single.whole.layers) {
        for (a, b) in a.terms.iter().zip(&b.terms) {
            assert!((a.size - b.size).abs() <= 1e-4 * a.size, "{a:?}, {b:?}");
        }
    }
    let none = explain(&episode.with_steps(Some(0)), Precision::Double, 1);
    assert!(none.stretches.is_empty() && none.whole.layers[0].change == 0.0);
    assert!(none.whole.layers[0].terms[0].share.is_nan());
}
