//! Meta-gradients through the inference: reverse mode against forward mode and finite differences.

use metaplast_data::{Dataset, Sampling, Task, TaskSampler};
use metaplast_meta::gradient::compare::differences;
use metaplast_meta::gradient::{Ask, GradientMode, Outcome, Segments, Unroll, Within, run};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::{Architecture, Rule};

use super::pathway;

const KEY: EpisodeKey = EpisodeKey::new(1, 0, 0);

/// Pathways with every value of every parameter among them.
const NAMES: [&str; 10] = [
    "predictive",
    "predictive(n=5,cut=z)",
    "predictive(n=5,back=fixed)",
    "predictive(n=5,cut=z,back=fixed,y=belief)",
    "predictive(strict-released,n=6,y=belief)",
    "predictive(strict-released,n=6,cut=z,back=fixed)",
    "predictive(fixed-pred,n=8,y=belief)",
    "predictive(fixed-pred,eta=1.2,n=8,cut=z,back=fixed,y=belief)",
    "predictive(n=6,momentum=0.5,y=belief)",
    "predictive(n=6,cut=z,momentum=0.5)",
];

struct Case {
    dataset: Dataset,
    task: Task,
    model: Model,
}

impl Case {
    fn new(name: &str, terms: &[usize]) -> Self {
        let dataset = Dataset::glyphs(8, 1);
        let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh).unwrap();
        let task = sampler.sample(&dataset, &mut KEY.stream(Purpose::Task));
        // Each term matters and none diverges.
        let theta = [2e-2, 5e-3, -1e-2, 1e-3, 1e-3, 1e-3, 1e-2, 5e-3, 5e-3, 5e-3];
        let theta: Vec<f64> = terms.iter().map(|&term| theta[term]).collect();
        Case {
            dataset,
            task,
            model: Model {
                architecture: Architecture::new(vec![784, 12, 8, 6, 47]).unwrap(),
                feedback: pathway(name),
                rule: Rule::from_pool(terms).unwrap().with_theta(&theta),
            },
        }
    }

    fn episode(&self, steps: u64) -> Episode<'_> {
        Episode::new(&self.model, KEY, &self.dataset, &self.task).with_steps(Some(steps))
    }

    fn run(&self, precision: Precision, steps: u64, mode: GradientMode) -> Outcome {
        run(&self.episode(steps), mode, precision, Ask::ALL)
    }
}

/// `‖a − b‖ / ‖b‖`
fn relative(a: &Outcome, b: &Outcome) -> f64 {
    let norm = |x: Vec<f64>| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let (a, b) = (a.gradient.clone().unwrap(), b.gradient.clone().unwrap());
    norm(a.iter().zip(&b).map(|(a, b)| a - b).collect()) / norm(b)
}

#[test]
fn forward_mode_is_reverse_mode() {
    let of_equilibrium = [
        "predictive(n=6,gradient=equilibrium)",
        "predictive(n=6,cut=z,y=belief,gradient=equilibrium)",
    ];
    for name in NAMES.into_iter().chain(of_equilibrium) {
        let case = Case::new(name, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let reverse = case.run(Precision::Double, 15, GradientMode::default());
        let forward = case.run(Precision::Double, 15, GradientMode::Forward);
        let error = relative(&forward, &reverse);
        assert!(error < 1e-9, "{name}: {error:e}");
        for mode in [GradientMode::default(), GradientMode::Forward] {
            let single = relative(&case.run(Precision::Single, 15, mode), &reverse);
            assert!(single < 1e-3, "{name}, f32: {single:e}");
        }
    }
}

#[test]
fn finite_differences_agree() {
    for name in NAMES {
        let case = Case::new(name, &[0, 2, 9]);
        let episode = case.episode(10);
        let reverse = case.run(Precision::Double, 10, GradientMode::default());
        let estimates = differences(&episode, &[2e-5; 3]);
        for (estimate, derivative) in estimates.iter().zip(reverse.gradient.unwrap()) {
            assert_eq!(
                estimate.agrees(derivative, 1e-6),
                Some(true),
                "{name}: {derivative} {estimate:?}"
            );
        }
    }
}

/// Where the inference has come to rest, the linear solve is the derivative through all iterations.
#[test]
fn the_gradient_of_the_equilibrium_is_that_of_many_iterations() {
    for (options, terms) in [
        ("eta=0.3,n=300", [0, 2, 9]),
        ("eta=0.3,n=300,cut=z,y=belief", [0, 1, 8]),
        ("eta=0.3,n=300,y=belief", [0, 2, 9]),
        ("eta=0.2,n=200,cut=z,momentum=0.6", [0, 2, 9]),
    ] {
        let name = |gradient: &str| format!("predictive({options},gradient={gradient})");
        let unrolled = Case::new(&name("unrolled"), &terms);
        let unrolled = unrolled.run(Precision::Double, 8, GradientMode::default());
        let rest = Case::new(&name("equilibrium"), &terms);
        let solved = rest.run(Precision::Double, 8, GradientMode::default());
        let error = relative(&solved, &unrolled);
        assert!(error < 1e-7, "{options}: {error:e}");
        assert_eq!(
            solved.query.cross_entropy, unrolled.query.cross_entropy,
            "{options}"
        );
        let estimates = differences(&rest.episode(8), &[2e-5; 3]);
        for (estimate, derivative) in estimates.iter().zip(solved.gradient.unwrap()) {
            assert_eq!(estimate.agrees(derivative, 1e-6), Some(true), "{options}");
        }
    }
}

/// What a step costs and keeps does not depend on where its weights come from: segments that replay
/// from stored weights give the same gradient, and those that store give the same bits.
#[test]
fn segments_and_repeated_runs_change_nothing() {
    let segments = |within| {
        GradientMode::Reverse(Unroll::Segments(Segments {
            steps: 4,
            checkpoints: 2,
            within,
        }))
    };
    for name in NAMES
        .into_iter()
        .chain(["predictive(gradient=equilibrium)"])
    {
        let case = Case::new(name, &[0, 2, 9]);
        for precision in [Precision::Single, Precision::Double] {
            let plain = case.run(precision, 12, GradientMode::default());
            assert_eq!(
                case.run(precision, 12, GradientMode::default()),
                plain,
                "{name}"
            );
            let stored = GradientMode::Reverse(Unroll::Segments(Segments {
                steps: 12,
                checkpoints: 1,
                within: Within::Stored,
            }));
            let stored = case.run(precision, 12, stored);
            assert_eq!(
                case.run(precision, 12, segments(Within::Stored)),
                stored,
                "{name}"
            );
            let error = relative(&plain, &stored);
            let tolerance = if precision == Precision::Single {
                1e-3
            } else {
                1e-10
            };
            assert!(error < tolerance, "{name}: {error:e}");
        }
    }
}
