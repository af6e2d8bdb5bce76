//! Forward weights approach the backward ones.

use metaplast_experiment::{Cell, Figure, Measurement, Plot, Point, Results, Scale, Table};

use super::section::{Section, Setup, across, at, names};
use crate::alignment::FactorisationRecord;
use crate::backward::random_backward;
use crate::factorisation::Factorisation;
use crate::factors::Factors;
use crate::method::FactorisationMethod;
use crate::problem::TargetMatrix;
use crate::spectrum;

const N: usize = 20;
const RANK: usize = 5;
const INIT: f64 = 1e-3;
/// Steps between two looks, and looks after the first.
const EVERY: u64 = 5;
const LOOKS: u64 = 30;

const METHODS: [FactorisationMethod; 2] = [
    FactorisationMethod::GradientDescent,
    FactorisationMethod::FeedbackAlignment,
];

/// Angle and cosine at the start and at the end, as measured before.
const BEFORE: [[&str; 4]; 2] = [
    ["90°", "90°", ".01", ".01"],
    ["89°", "19°", "−.01", ".36 (least .26)"],
];

/// The section.
pub(super) struct WeightAlignment;

impl Section for WeightAlignment {
    fn title(&self) -> &'static str {
        "alignment"
    }

    fn names(&self, setup: &Setup) -> Vec<String> {
        names(self, &["runs".to_owned()], setup.trials)
    }

    fn measure(&self, setup: &Setup, place: usize) -> Measurement {
        let mut random = setup.random(self, 0, place);
        let values = spectrum::geometric(RANK, 1.0, 0.5);
        let target = TargetMatrix::random([N, N], &values, &mut random);
        let start = Factors::random([N, N], RANK, INIT, &mut random);
        let backward = random_backward(N, RANK, &mut random);
        let mut measured = Measurement::new();
        for method in METHODS {
            let (start, backward) = (start.clone(), backward.clone());
            let mut run = Factorisation::new(&target, method, setup.eta, start, backward);
            let (mut angles, mut cosines) = (Vec::new(), Vec::new());
            for look in 0..=LOOKS {
                run.run_until(look * EVERY, |_| false);
                let record = FactorisationRecord::of(&run);
                angles.push(record.signal_angle().unwrap_or(f64::NAN));
                cosines.push(record.weight_cosine.unwrap_or(f64::NAN));
            }
            measured.set(format!("{method}, angle"), angles);
            measured.set(format!("{method}, cosine"), cosines);
        }
        measured
    }

    fn show(&self, _: &Setup, measured: &[Measurement], results: Results) -> Results {
        let last = LOOKS as usize;
        let steps = LOOKS * EVERY;
        let mut table = Table::new(
            "alignment",
            "Alignment of backward with forward weights",
            ["method", "quantity", "step 0", "last step", "least", "greatest", "NumPy before: step 0", "step 150"],
        )
        .with_note(format!(
            "Rank {RANK}, r = {RANK}, start {INIT}; last step: {steps}. Angle between BᵀE, which feedback alignment \
             sends back, and ZᵀE, the gradient; cosine between B and Z. Means over trials with 98% bootstrap \
             intervals; least and greatest of all trials at the last step. B is not used by gradient descent.",
        ));
        let mut figure = Figure::new(
            "alignment",
            "Forward weights come to meet the backward ones",
            "Left, the angle between the signal that random feedback sends and the gradient: it falls from a right \
             angle under feedback alignment and stays there under gradient descent. Right, the cosine between B and Z.",
        )
        .with_series(METHODS.map(|method| method.to_string()))
        .with_method("Lines: mean over trials. Bands: 98% bootstrap interval of that mean.");
        let mut results = results;
        for (quantity, unit, ends) in [
            ("angle", "angle of BᵀE to ZᵀE, degrees", (0.0, 100.0)),
            ("cosine", "cos(B, Z)", (-0.1, 0.6)),
        ] {
            let axis = across("step", Scale::Linear);
            let mut plot = Plot::new(unit, axis, unit).between(ends.0, ends.1);
            let mut story = Vec::new();
            for (series, method) in METHODS.iter().enumerate() {
                let name = format!("{method}, {quantity}");
                let points = (0..=last)
                    .filter_map(|k| Point::of((k as u64 * EVERY) as f64, &at(measured, &name, k)));
                plot = plot.with_curve(series, points);
                let end = at(measured, &name, last);
                let (first, end_cell) = (
                    table.mean_of(&at(measured, &name, 0), 2),
                    table.mean_of(&end, 2),
                );
                story.push(format!(
                    "{} to {} under {method}",
                    first.to_text(),
                    end_cell.to_text()
                ));
                let least = end.iter().copied().fold(f64::INFINITY, f64::min);
                let greatest = end.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let before = &BEFORE[series][if quantity == "angle" { 0 } else { 2 }..];
                table.row([
                    method.to_string().into(),
                    unit.into(),
                    first,
                    end_cell,
                    Cell::number(least, 2),
                    Cell::number(greatest, 2),
                    before[0].into(),
                    before[1].into(),
                ]);
            }
            let story = story.join(", ");
            results = results.with_finding(format!(
                "In {steps} steps the {quantity} goes from {story} ({unit})."
            ));
            figure = figure.with_plot(plot);
        }
        results.with_table(table).with_figure(figure)
    }
}
