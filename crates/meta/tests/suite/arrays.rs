//! Episodes on arrays, and their final weights as a function of θ and of the first weights.

use metaplast_autodiff::Tape;
use metaplast_data::pixel;
use metaplast_meta::examples::{ExampleArrays, ExampleError, LabelledRows};
use metaplast_meta::gradient::{Ask, GradientMode, run};
use metaplast_meta::learn::{learn, learn_vjp, loss_and_slopes};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::simulate::{simulate, simulate_from};
use metaplast_meta::{Episode, Model, Precision, Start};
use metaplast_plasticity::{Architecture, Feedback, Pathway, Preset, Rule};
use metaplast_tensor::{Random, Tensor};

use crate::world::{settings, world};
use metaplast_meta::optimizer::OptimizerKind;

fn rows(n: usize, inputs: usize, classes: usize, random: &mut Random) -> LabelledRows {
    let x = Tensor::uniform([n, inputs], 0.0, 1.0, random);
    LabelledRows::new(x, (0..n).map(|t| t % classes).collect()).unwrap()
}

fn model(feedback: Feedback) -> Model {
    let theta = [
        0.05, 0.01, -0.02, 0.002, 0.01, 0.003, 0.01, 0.02, -0.01, 0.004,
    ];
    Model {
        architecture: Architecture::new(vec![5, 6, 4, 3]).unwrap(),
        feedback,
        rule: Rule::preset(Preset::Pool).with_theta(&theta),
    }
}

#[test]
fn images_as_arrays_give_the_same_bits() {
    let world = world();
    let model = settings(Preset::Bio, OptimizerKind::ADAM).model;
    let key = EpisodeKey::new(1, 0, 2);
    let task = world
        .sampler
        .sample(&world.dataset, &mut key.stream(Purpose::Task));
    let as_rows = |samples: &[metaplast_data::Sample]| {
        let pixels = samples.iter().flat_map(|s| world.dataset.image(s.image));
        let pixels = pixels.map(|&q| f64::from(pixel(q))).collect();
        let labels = samples.iter().map(|s| s.label).collect();
        LabelledRows::new(Tensor::new([samples.len(), 784], pixels), labels).unwrap()
    };
    // One in f64, one in f32.
    let query = as_rows(&task.query);
    let query = LabelledRows::from_f32(query.inputs(), query.labels().to_vec()).unwrap();
    let arrays = ExampleArrays::new(as_rows(&task.support), query);
    arrays.check(&model.architecture, true).unwrap();
    let images = Episode::new(&model, key, &world.dataset, &task);
    let arrays = Episode::of_arrays(&model, key, &arrays);
    for precision in Precision::ALL {
        let outcome = |episode| run(episode, GradientMode::default(), precision, Ask::ALL);
        assert_eq!(outcome(&images), outcome(&arrays));
        let curve = |episode: &Episode<'_>| {
            let mut points = Vec::new();
            let weights = simulate(episode, precision, 4, &mut |p| points.push(p.clone()));
            (points, weights)
        };
        assert_eq!(curve(&images), curve(&arrays));
    }
}

/// By differences of `Σ_l ⟨W_l, C_l⟩` and of the query loss along one random direction of θ and one of each
/// layer's first weights.
#[test]
fn slopes_are_those_of_finite_differences_for_every_feedback() {
    for feedback in Feedback::built_in_for(&Architecture::paper()) {
        // Detached feedback leaves a part out on purpose.
        if feedback == Feedback::symmetric() {
            continue;
        }
        let name = feedback.to_string();
        let mut random = Random::new(7);
        let arrays = ExampleArrays::new(rows(12, 5, 3, &mut random), rows(6, 5, 3, &mut random));
        let key = EpisodeKey::new(3, 0, 1);
        let model = model(feedback);
        let episode = Episode::of_arrays(&model, key, &arrays);
        let start = episode.start::<f64>();
        let draw =
            |[r, c]: &[usize; 2], random: &mut Random| Tensor::normal([*r, *c], 0.0, 1.0, random);
        let shapes = model.architecture.shapes();
        let cotangents: Vec<_> = shapes.iter().map(|s| draw(s, &mut random)).collect();
        let cotangents = Pathway::from_matrices(&cotangents);
        let directions: Vec<_> = shapes.iter().map(|s| draw(s, &mut random)).collect();
        let directions = Pathway::from_matrices(&directions);

        let inner = |a: &Pathway<f64>, b: &Pathway<f64>| -> f64 {
            let pairs = a.transposed().iter().zip(b.transposed());
            pairs
                .flat_map(|(a, b)| a.data().iter().zip(b.data()))
                .map(|(a, b)| a * b)
                .sum()
        };
        let of_final = |theta: &[f64], start: &Start<f64>| {
            inner(&learn(&episode.with_theta(theta), start), &cotangents)
        };
        let of_loss = |theta: &[f64], start: &Start<f64>| {
            let (query, _) = loss_and_slopes(&Tape::new(), &episode.with_theta(theta), start);
            query.cross_entropy
        };
        let theta = model.rule.theta();
        let moved = |h: f64| {
            let pairs = start
                .weights
                .transposed()
                .iter()
                .zip(directions.transposed());
            let weights: Vec<_> = pairs
                .map(|(w, d)| w.zip_map(d, |w, d| w + h * d).transpose())
                .collect();
            Start {
                weights: Pathway::from_matrices(&weights),
                ..start.clone()
            }
        };
        let tape = Tape::new();
        let slopes = learn_vjp(&tape, &episode, &start, &cotangents).unwrap();
        let (query, loss_slopes) = loss_and_slopes(&tape, &episode, &start);
        let loss_slopes = loss_slopes.unwrap();
        let outcome = run(
            &episode,
            GradientMode::default(),
            Precision::Double,
            Ask::GRADIENT,
        );
        assert_eq!(query, outcome.query, "{name}");
        let near = |a: f64, b: f64, what: &str| {
            assert!(
                (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-3),
                "{name} {what}: {a} {b}"
            );
        };
        for (a, b) in loss_slopes.theta.iter().zip(outcome.gradient.unwrap()) {
            near(*a, b, "θ of the loss");
        }
        let h = 1e-6;
        let by_weights = (of_final(theta, &moved(h)) - of_final(theta, &moved(-h))) / (2.0 * h);
        near(inner(&slopes.weights, &directions), by_weights, "W₀");
        let by_weights = (of_loss(theta, &moved(h)) - of_loss(theta, &moved(-h))) / (2.0 * h);
        near(
            inner(&loss_slopes.weights, &directions),
            by_weights,
            "W₀ of the loss",
        );
        for r in 0..theta.len() {
            let at = |h: f64| {
                let mut theta = theta.to_vec();
                theta[r] += h;
                of_final(&theta, &start)
            };
            near(slopes.theta[r], (at(h) - at(-h)) / (2.0 * h), "θ");
        }
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let architecture = Architecture::new(vec![5, 3]).unwrap();
    let x = |n: usize, m: usize| Tensor::zeros([n, m]);
    assert!(matches!(
        LabelledRows::new(x(2, 5), vec![0]),
        Err(ExampleError::Rows { .. })
    ));
    let check = |x, labels, is_judged| {
        let rows = LabelledRows::new(x, labels).unwrap();
        ExampleArrays::new(rows, LabelledRows::none()).check(&architecture, is_judged)
    };
    assert_eq!(check(x(1, 5), vec![2], false), Ok(()));
    assert_eq!(check(x(0, 0), vec![], false), Ok(()));
    assert_eq!(check(x(1, 5), vec![2], true), Err(ExampleError::NoQuery));
    assert!(matches!(
        check(x(1, 4), vec![0], false),
        Err(ExampleError::Inputs { .. })
    ));
    assert!(matches!(
        check(x(1, 5), vec![3], false),
        Err(ExampleError::Label { .. })
    ));

    let model = model(Feedback::fixed());
    let mut start = Start::<f32>::draw(&model, EpisodeKey::new(1, 0, 0));
    assert_eq!(start.check(&model), Ok(()));
    start.feedback = Pathway::none();
    let error = start.check(&model).unwrap_err().to_string();
    assert_eq!(error, "fixed feedback: 3 matrices needed, got 0");
    start.weights = Pathway::zeros(&[[6, 5], [4, 6], [3, 5]]);
    let error = start.check(&model).unwrap_err().to_string();
    assert_eq!(error, "layer 3 needs shape [3, 4], got [3, 5]");
}

#[test]
fn a_simulation_from_given_weights_is_that_of_the_start() {
    let model = model(Feedback::fixed());
    let mut random = Random::new(2);
    let arrays = ExampleArrays::new(rows(6, 5, 3, &mut random), rows(3, 5, 3, &mut random));
    let episode = Episode::of_arrays(&model, EpisodeKey::new(1, 0, 0), &arrays);
    let start = episode.start::<f64>();
    let weights = simulate_from(&episode, &start, 2, &mut |_| {});
    assert_eq!(weights, learn(&episode, &start));
    assert_eq!(
        weights,
        simulate(&episode, Precision::Double, 3, &mut |_| {})
    );
}
