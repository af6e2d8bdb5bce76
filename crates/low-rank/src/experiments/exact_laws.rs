//! The laws of every step, both sides of each, and the same learning as a network.

use metaplast_experiment::{Cell, Figure, Measurement, Plot, Point, Results, Scale, Table};
use metaplast_tensor::Tensor;

use super::section::{Section, Setup, across, finite, largest, names, numbers};
use crate::backward::random_backward;
use crate::factorisation::Factorisation;
use crate::factors::Factors;
use crate::laws::{AlignmentLaw, BalanceLaw, LeastSquaresLaws};
use crate::limit::SketchLimit;
use crate::method::FactorisationMethod;
use crate::network::LinearNetwork;
use crate::problem::{FactorisationProblem, InputBatch, TargetMatrix};
use crate::spectrum;

const N: usize = 20;
const M: usize = 16;
const RANK: usize = 5;
const STEPS: u64 = 500;
/// Steps between two points of the figure.
const EVERY: u64 = 20;
/// Steps and samples of the network.
const NETWORK_STEPS: usize = 50;
const SAMPLES: usize = 24;
/// A distance from rest at which a run has ended.
const REST: f64 = 1e-12;

/// The section.
pub(super) struct ExactLaws;

/// The largest difference of two matrices over the largest element, but at least 1.
fn distance(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    let difference = (a - b)
        .data()
        .iter()
        .fold(0.0, |most: f64, x| most.max(x.abs()));
    difference / b.data().iter().fold(1.0, |most: f64, x| most.max(x.abs()))
}

fn trace(a: &Tensor<f64>) -> f64 {
    (0..a.dims()[0]).map(|k| a[[k, k]]).sum()
}

/// A run under each law: traces of both sides, and the largest difference in the end.
struct Sides {
    left: Vec<f64>,
    right: Vec<f64>,
}

/// Looks at a run every so often, after telling `look` of every step.
fn follow<P: FactorisationProblem>(
    run: &mut Factorisation<'_, P>,
    mut before_step: impl FnMut(&Factorisation<'_, P>) -> Option<[f64; 2]>,
) -> Sides {
    let mut sides = Sides {
        left: Vec::new(),
        right: Vec::new(),
    };
    while run.steps() <= STEPS {
        if let Some([left, right]) = before_step(run) {
            sides.left.push(left);
            sides.right.push(right);
        }
        run.step();
    }
    sides
}

impl Section for ExactLaws {
    fn title(&self) -> &'static str {
        "exact laws"
    }

    fn names(&self, setup: &Setup) -> Vec<String> {
        names(self, &["runs".to_owned()], setup.trials)
    }

    fn measure(&self, setup: &Setup, place: usize) -> Measurement {
        let mut random = setup.random(self, 0, place);
        let values = spectrum::geometric(RANK, 1.0, 0.5);
        let target = TargetMatrix::random([N, M], &values, &mut random);
        let mut drawn = |inner| {
            let start = Factors::random([N, M], inner, 0.1, &mut random);
            (start, random_backward(N, inner, &mut random))
        };
        let (start, backward) = drawn(RANK);
        let (thin_start, thin_backward) = drawn(RANK - 2);
        let run = |method| {
            Factorisation::new(&target, method, setup.eta, start.clone(), backward.clone())
        };
        let mut measured = Measurement::new();

        let mut fa = run(FactorisationMethod::FeedbackAlignment);
        let mut law = AlignmentLaw::of(&fa);
        let mut off = 0.0;
        let sides = follow(&mut fa, |run| {
            let (left, right) = (law.weights(run), law.history().clone());
            off = distance(&left, &right);
            law.before_step(run);
            (run.steps() % EVERY == 0).then(|| [trace(&left), trace(&right)])
        });
        measured.set("F1, feedback alignment", [off]);
        measured.set("fa left", sides.left);
        measured.set("fa right", sides.right);

        let mut gd = run(FactorisationMethod::GradientDescent);
        let mut law = BalanceLaw::of(&gd);
        let sides = follow(&mut gd, |run| {
            let (left, right) = (law.weights(run), law.history().clone());
            off = distance(&left, &right);
            law.before_step(run);
            (run.steps() % EVERY == 0).then(|| [trace(&left), trace(&right)])
        });
        measured.set("F1, gradient descent", [off]);
        measured.set("gd left", sides.left);
        measured.set("gd right", sides.right);

        let mut fit = run(FactorisationMethod::LeastSquares);
        let mut laws = LeastSquaresLaws::of(&target, &fit);
        let mut offs = [0.0; 3];
        follow(&mut fit, |run| {
            let (left, right) = (laws.weights(run), laws.history());
            offs = [
                distance(&left[0], right[0]),
                distance(&left[1], right[1]),
                distance(&laws.aligned(run), &left[1]),
            ];
            laws.before_step(run);
            None
        });
        measured.set("F7, W Wᵀ of least squares", [offs[0]]);
        measured.set("F7, C Wᵀ of least squares", [largest([offs[1], offs[2]])]);

        let method = FactorisationMethod::FeedbackAlignment;
        let limit = SketchLimit::of(&target, &thin_backward);
        let mut thin = Factorisation::new(&target, method, setup.eta, thin_start, thin_backward);
        let rest = thin.run_until(10 * setup.most, |run| run.distance_from_rest() < REST);
        let off = distance(&thin.factors().product(), limit.product());
        measured.set("F2, Z W at rest", [rest.map_or(f64::NAN, |_| off)]);

        let batch = InputBatch::isotropic(&target, SAMPLES, &mut random);
        let mut matrix = run(method);
        let mut inputs =
            Factorisation::new(&batch, method, setup.eta, start.clone(), backward.clone());
        let mut network = LinearNetwork::feedback_alignment(start.clone(), backward.clone());
        for _ in 0..NETWORK_STEPS {
            matrix.step();
            inputs.step();
            network.step(&batch, setup.eta);
        }
        let off = |other: &Factors| {
            let own = matrix.factors();
            largest([
                distance(&other.readout, &own.readout),
                distance(&other.representation, &own.representation),
            ])
        };
        measured.set(
            "F5, full batch of isotropic inputs",
            [off(inputs.factors())],
        );
        measured.set("F5, network of linear units", [off(&network.factors())]);
        measured
    }

    fn show(&self, _: &Setup, measured: &[Measurement], results: Results) -> Results {
        let mut table = Table::new(
            "laws",
            "Exact laws in floating point",
            ["law", "largest difference", "runs", "asked for"],
        )
        .with_note(format!(
            "Differences relative to the largest element, but at least 1, of all trials: F1 and F7 after {STEPS} \
             steps, F5 after {NETWORK_STEPS}, F2 where ‖EWᵀ‖ and ‖BᵀE‖ are below {REST:e} (of the runs that get there).",
        ));
        let mut worst = Vec::new();
        for (law, asked) in [
            ("F1, feedback alignment", "1e-12"),
            ("F1, gradient descent", "1e-12"),
            ("F2, Z W at rest", "1e-9"),
            ("F5, full batch of isotropic inputs", "1e-12"),
            ("F5, network of linear units", "1e-12"),
            ("F7, W Wᵀ of least squares", "1e-12"),
            ("F7, C Wᵀ of least squares", "1e-12"),
        ] {
            let offs = finite(&numbers(measured, law));
            let most = Cell::number(largest(offs.iter().copied()), 2);
            worst.push(format!("{law} to {}", most.to_text()));
            let runs = (offs.len() as u64).into();
            table.row([law.into(), most, runs, asked.into()]);
        }
        let mut figure = Figure::new(
            "laws",
            "Both sides of the law of alignment",
            "The trace of what the weights are, and of what the start and the errors of all steps add up to. The two \
             lie on each other at every step: alignment is forced. Under gradient descent the layers stay balanced.",
        )
        .with_series(["the weights", "start and errors"])
        .with_method("The first trial.");
        let first = &measured[0];
        for (title, label, names) in [
            (
                "feedback alignment",
                "tr(WWᵀ − BᵀZ − ZᵀB)",
                ["fa left", "fa right"],
            ),
            ("gradient descent", "tr(WWᵀ − ZᵀZ)", ["gd left", "gd right"]),
        ] {
            let mut plot = Plot::new(title, across("step", Scale::Linear), label);
            for (series, name) in names.into_iter().enumerate() {
                let points = first.series(name).iter().enumerate();
                let points = points.map(|(k, &y)| Point::exact((k as u64 * EVERY) as f64, y));
                plot = plot.with_curve(series, points);
            }
            figure = figure.with_plot(plot);
        }
        let worst = worst.join("; ");
        results
            .with_finding(format!(
                "The laws hold, over {} trials: {worst}.",
                measured.len()
            ))
            .with_table(table)
            .with_figure(figure)
    }
}
