//! The candidates for FA*, at the rank and below.

use metaplast_experiment::{Cell, Measurement, Results, Table};
use metaplast_numbers::statistics::median;

use super::section::{
    Section, Setup, condition_and_trial, finite, largest, names, numbers, share, spread,
    steps_until_solved,
};
use crate::backward::random_backward;
use crate::factorisation::Factorisation;
use crate::factors::Factors;
use crate::limit::SketchLimit;
use crate::method::FactorisationMethod;
use crate::problem::TargetMatrix;
use crate::spectrum;

const N: usize = 20;
const RANK: usize = 5;
/// The inner dimension below the rank.
const BELOW: usize = 3;

/// Candidates, and what was measured before: at the rank, and below.
const CANDIDATES: [(FactorisationMethod, &str, &str); 6] = [
    (FactorisationMethod::LeastSquares, "30 of 30", "F2"),
    (
        FactorisationMethod::FastReadout { steps: 5 },
        "5 of 5",
        "F2",
    ),
    (FactorisationMethod::Sequential, "5 of 5", "F2"),
    (
        FactorisationMethod::Orthonormal,
        "30 of 30, up to 15,900 steps",
        "not run",
    ),
    (
        FactorisationMethod::Ridge { lambda: 0.1 },
        "floor 1e-3",
        "near F2",
    ),
    (
        FactorisationMethod::WeightDecay { lambda: 0.01 },
        "floor 2e-3",
        "near F2",
    ),
];

/// Steps after which the error of a method that cannot reach zero is taken.
const FLOOR_AFTER: u64 = 3000;
/// A distance from rest at which a run below the rank has ended.
const REST: f64 = 1e-9;

/// Whether the method pays for weights, so that an error stays.
fn is_penalised(method: FactorisationMethod) -> bool {
    matches!(
        method,
        FactorisationMethod::Ridge { .. } | FactorisationMethod::WeightDecay { .. }
    )
}

/// The section.
pub(super) struct Candidates;

impl Section for Candidates {
    fn title(&self) -> &'static str {
        "candidates for FA*"
    }

    fn names(&self, setup: &Setup) -> Vec<String> {
        let conditions = CANDIDATES.map(|(method, ..)| method.to_string());
        names(self, &conditions, setup.trials)
    }

    fn measure(&self, setup: &Setup, place: usize) -> Measurement {
        let (place, trial) = condition_and_trial(place, setup.trials);
        let (method, ..) = CANDIDATES[place];
        // The same problems for all.
        let mut random = setup.random(self, 0, trial);
        let values = spectrum::geometric(RANK, 1.0, 0.5);
        let target = TargetMatrix::random([N, N], &values, &mut random);
        let mut run = |inner| {
            let start = Factors::random([N, N], inner, 0.1, &mut random);
            let backward = random_backward(N, inner, &mut random);
            Factorisation::new(&target, method, setup.eta, start, backward)
        };
        let (mut equal, mut below) = (run(RANK), run(BELOW));
        let most = match is_penalised(method) {
            true => FLOOR_AFTER.min(setup.most),
            false => setup.most,
        };
        let steps = steps_until_solved(&mut equal, &target, most);
        below.run_until(FLOOR_AFTER.min(setup.most), |run| {
            run.distance_from_rest() < REST
        });
        let limit = SketchLimit::of(&target, below.backward()).error();
        Measurement::new()
            .with("steps", [steps])
            .with("error", [equal.error() / target.least_error(0)])
            .with("over limit", [below.error() / limit])
            .with("over optimum", [below.error() / target.least_error(BELOW)])
    }

    fn show(&self, setup: &Setup, measured: &[Measurement], results: Results) -> Results {
        let mut table = Table::new(
            "candidates",
            "Candidates for FA*",
            [
                "method",
                "r = rank: solved",
                "median steps",
                "largest",
                "error left, median (10%, 90%)",
                "NumPy before",
                "r below: error over F2's",
                "over the least",
                "NumPy before, r below",
            ],
        )
        .with_note(format!(
            "Rank {RANK}; r = {RANK} and r = {BELOW} below it; start 0.1. Solved: relative squared error below 10⁻⁶ \
             within {} steps; steps are of the solved runs. Error left: of the methods with a penalty, after \
             {FLOOR_AFTER} steps, after which those below the rank are looked at as well unless at rest before. \
             Other numbers: means over trials with 98% bootstrap intervals.",
            setup.most,
        ));
        let mut results = results;
        for ((method, equal, below), trials) in CANDIDATES.iter().zip(measured.chunks(setup.trials))
        {
            let solved = finite(&numbers(trials, "steps"));
            let count = share(solved.len(), trials.len());
            let left = match is_penalised(*method) {
                true => Cell::mean(spread(&numbers(trials, "error")), 2),
                false => Cell::Nothing,
            };
            let limit = table.mean_of(&numbers(trials, "over limit"), 5);
            let said = match is_penalised(*method) {
                false => format!("{method}: {count} solved at the rank"),
                true => format!(
                    "{method}: {count} solved at the rank, error left (median, 10% to 90%) {}",
                    left.to_text()
                ),
            };
            results = results.with_finding(format!(
                "{said}; below the rank {} times the error of F2.",
                limit.to_text()
            ));
            table.row([
                method.to_string().into(),
                count.into(),
                Cell::number(median(&solved), 3),
                if solved.is_empty() {
                    Cell::Nothing
                } else {
                    Cell::number(largest(solved), 3)
                },
                left,
                (*equal).into(),
                limit,
                table.mean_of(&numbers(trials, "over optimum"), 3),
                (*below).into(),
            ]);
        }
        results.with_table(table)
    }
}
