//! Supervised tasks: what their examples are, and that networks learn them.

use std::sync::Arc;

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, ImageForm, ImageSize, pixel};
use metaplast_meta::tasks::{
    Autoencoding, Classification, GaussianMixture, SupervisedTask, TeacherStudent, accuracy,
    mean_loss,
};
use metaplast_plasticity::{
    Architecture, Feedback, IncrementOptimizer, Network, NetworkLearner, Output, Pathway, Rule,
};
use metaplast_tensor::{Tensor, tensor};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// Glyphs of 7 × 7 pixels.
fn glyphs() -> Arc<Dataset> {
    let form = ImageForm {
        size: Some(ImageSize::square(7)),
        ..ImageForm::default()
    };
    Arc::new(Dataset::glyphs(12, 1).in_form(&form).unwrap())
}

/// One of each kind.
fn tasks() -> [Box<dyn SupervisedTask>; 4] {
    let teacher = Architecture::new(vec![10, 6, 4]).unwrap();
    let teacher = teacher.with_output(Output::Linear);
    [
        Box::new(Classification::split(&glyphs(), &[3, 7, 20], 4).unwrap()[0].clone()),
        Box::new(Autoencoding::split(&glyphs(), &[3, 7], 4).unwrap()[0].clone()),
        Box::new(TeacherStudent::random(&teacher, &mut rng(2))),
        Box::new(GaussianMixture::random(9, 5, 0.3, &mut rng(3)).unwrap()),
    ]
}

#[test]
fn examples_have_the_sizes_of_the_task_and_follow_from_the_generator() {
    for task in tasks() {
        let examples = task.draw(6, &mut rng(1));
        assert_eq!(examples.inputs.dims(), [6, task.inputs()]);
        assert_eq!(examples.targets.dims(), [6, task.outputs()]);
        assert_eq!((examples.len(), examples.batch().len()), (6, 6));
        assert_eq!(task.draw(6, &mut rng(1)), examples, "{}", task.name());
        assert_ne!(task.draw(6, &mut rng(2)), examples, "{}", task.name());
        assert!(task.draw(0, &mut rng(1)).is_empty());
    }
}

#[test]
fn images_are_those_of_their_class_and_none_is_on_both_sides() {
    let dataset = glyphs();
    let classes = [3, 7, 20];
    let parts = Classification::split(&dataset, &classes, 4).unwrap();
    let mut seen = [vec![], vec![]];
    for (part, seen) in parts.iter().zip(&mut seen) {
        let examples = part.draw(400, &mut rng(1));
        for (x, target) in examples.batch() {
            let label = target.iter().position(|&t| t == 1.0).unwrap();
            assert_eq!(target.iter().sum::<f64>(), 1.0);
            let is_image = |&image: &usize| {
                let pixels = dataset.image(image).iter().map(|&q| f64::from(pixel(q)));
                pixels.eq(x.iter().copied())
            };
            let image = (0..dataset.len()).find(is_image).unwrap();
            assert_eq!(dataset.label(image), classes[label]);
            seen.push(image);
        }
        seen.sort_unstable();
        seen.dedup();
    }
    let [learned, held_out] = seen;
    assert_eq!((learned.len(), held_out.len()), (24, 12));
    assert!(held_out.iter().all(|image| !learned.contains(image)));
    let last = |image: &&usize| dataset.of_class(3)[8..].contains(&(**image as u32));
    assert_eq!(held_out.iter().filter(last).count(), 4);

    let autoencoding = &Autoencoding::split(&dataset, &classes, 4).unwrap()[1];
    let examples = autoencoding.draw(20, &mut rng(1));
    assert_eq!(examples.inputs, examples.targets);
    assert_eq!(examples.inputs, parts[1].draw(20, &mut rng(1)).inputs);
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    let split = |classes: &[usize], held_out| {
        let split = Classification::split(&glyphs(), classes, held_out);
        split.unwrap_err().to_string()
    };
    assert_eq!(split(&[], 1), "the number of classes must be at least 1");
    assert!(split(&[1, 47], 1).ends_with("choose from 0 to 46"));
    for held_out in [0, 12] {
        assert!(split(&[1], held_out).contains("class 1 of data set"));
    }
    let mixture = |centres: Tensor<f64>, sd| {
        let mixture = GaussianMixture::new(centres, sd);
        mixture.unwrap_err().to_string()
    };
    assert_eq!(
        mixture(tensor![[1.0]], -1.0),
        "the standard deviation of a cloud must be 0 or more"
    );
    assert!(mixture(tensor![[f64::NAN]], 1.0).ends_with("must be finite"));
    assert!(mixture(tensor![1.0], 1.0).contains("[clouds, inputs]"));
}

/// The teacher against plain loops.
#[test]
fn targets_are_what_the_teacher_answers() {
    let architecture = Architecture::new(vec![3, 4, 2]).unwrap();
    let architecture = architecture
        .with_beta(3.0)
        .unwrap()
        .with_output(Output::Linear);
    let weights = Pathway::<f64>::uniform(&architecture, &mut rng(5));
    let task = TeacherStudent::new(&architecture, weights.clone());
    let [w1, w2] = <[Tensor<f64>; 2]>::try_from(weights.matrices()).unwrap();
    for (x, target) in task.draw(20, &mut rng(6)).batch() {
        let product = |w: &Tensor<f64>, x: &[f64]| -> Vec<f64> {
            let row = |row: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum();
            w.rows().map(row).collect()
        };
        let hidden = product(&w1, x).into_iter();
        let hidden: Vec<f64> = hidden.map(|z| (3.0 * z).exp().ln_1p() / 3.0).collect();
        for (answer, target) in product(&w2, &hidden).iter().zip(target) {
            assert!((answer - target).abs() < 1e-12);
        }
    }
    assert_eq!(task.output(), Output::Linear);
}

#[test]
fn clouds_lie_about_their_centres() {
    let centres = tensor![[0.0, 3.0], [-2.0, 1.0]];
    let task = GaussianMixture::new(centres.clone(), 0.5).unwrap();
    let examples = task.draw(4000, &mut rng(1));
    let mut deviations = [vec![], vec![]];
    for (x, target) in examples.batch() {
        let cloud = usize::from(target[1] == 1.0);
        let apart = x.iter().zip(centres.row(cloud)).map(|(x, c)| (x - c) / 0.5);
        deviations[cloud].extend(apart);
    }
    for deviations in deviations {
        let n = deviations.len() as f64;
        let moment = |k| deviations.iter().map(|d: &f64| d.powi(k)).sum::<f64>() / n;
        assert!((n - 4000.0).abs() < 200.0);
        assert!(moment(1).abs() < 0.06 && (moment(2) - 1.0).abs() < 0.08);
    }
}

/// `y − target` is the slope of the mean loss by the pre-activation.
#[test]
fn the_teaching_signal_is_the_slope_of_the_loss() {
    let target = tensor![[0.25, 0.0, 0.75]];
    for output in [Output::Softmax, Output::Linear] {
        let y = |z: &[f64]| {
            let sum: f64 = z.iter().map(|z| z.exp()).sum();
            let y = z.iter().map(|&z| match output {
                Output::Softmax => z.exp() / sum,
                _ => z,
            });
            Tensor::new([1, 3], y.collect())
        };
        let z = [0.3, -0.2, 0.9];
        for k in 0..3 {
            let at = |h: f64| {
                let mut moved = z;
                moved[k] += h;
                mean_loss(output, &y(&moved), &target)
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            let signal = y(&z).data()[k] - target.data()[k];
            assert!((slope - signal).abs() < 1e-9, "{output}: {slope} {signal}");
        }
    }
    let y = tensor![[0.1, 0.9], [0.6, 0.4]];
    assert_eq!(accuracy(&y, &tensor![[0.0, 1.0], [0.0, 1.0]]), 0.5);
}

/// Every task is learned in plain simulation, by gradient descent and with feedback that learns.
#[test]
fn networks_learn_every_task() {
    for task in tasks() {
        for feedback in [Feedback::symmetric(), Feedback::kolen_pollack()] {
            let architecture = Architecture::new(vec![task.inputs(), 20, 12, task.outputs()]);
            let architecture = architecture.unwrap().with_beta(3.0).unwrap();
            let architecture = architecture.with_output(task.output());
            let tape = Tape::<f32>::new();
            let network = Network::builder(&tape, &architecture)
                .weights(&Pathway::uniform(&architecture, &mut rng(1)))
                .feedback(&feedback, &feedback.draw(&architecture, &mut rng(2)))
                .build();
            let rule = Rule::from_pool(&[0, 3]).unwrap();
            let rule = rule.with_theta(&[0.05, 0.0001]).bind_constant(&tape);
            let momentum = IncrementOptimizer::Momentum { momentum: 0.5 };
            let learner = NetworkLearner::new(&network, momentum).unwrap();
            let mut learner = learner.with_feedback_optimizer(momentum).unwrap();
            let probe = task.draw(60, &mut rng(3));
            let loss = || {
                let activity = network.forward(tape.constant(&probe.inputs.cast()));
                mean_loss(task.output(), &activity.y[3].value().cast(), &probe.targets)
            };
            tape.without_gradients(|| {
                let first = loss();
                let mut rng = rng(4);
                for _ in 0..400 {
                    let examples = task.draw(4, &mut rng);
                    learner.step(&rule, &examples.batch()).unwrap();
                }
                let last = loss();
                assert!(
                    last < 0.6 * first,
                    "{}, {feedback}: {first} {last}",
                    task.name()
                );
            });
        }
    }
}
