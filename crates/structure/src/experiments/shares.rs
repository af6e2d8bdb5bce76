//! What it costs to want rules that explain.

use metaplast_experiment::{Across, Error, Figure, Plot, Point, Request, Results, Scale, Table};
use metaplast_numbers::Estimate;

use super::areas::{PRIOR, measured};
use super::{StructureSettings, numbers};
use crate::domains::{AreaLeftOut, AreaSearch, GroundArea, UwCse};
use crate::likelihood::TruthValues;
use crate::search::RandomRuleSets;

/// Shares ρ of rules that must explain.
const SHARES: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
/// Seeds of a random search, at most.
const MOST_SEEDS: u64 = 5;

pub(super) fn measure(
    setup: &StructureSettings,
    ground: &[GroundArea],
    request: &Request<'_>,
    results: Results,
) -> Result<Results, Error> {
    let candidates = UwCse::candidates();
    let seeds = setup.trials.min(MOST_SEEDS);
    let mut conditions = Vec::new();
    for share in SHARES {
        for trial in 0..seeds {
            conditions.extend((0..ground.len()).map(|place| (share, trial, place)));
        }
    }
    let name = |&(share, trial, place): &(f64, u64, usize)| {
        let area = ground[place].number;
        format!(
            "share {share}, seed {}, area {area} left out",
            setup.seed + trial
        )
    };
    let names: Vec<String> = conditions.iter().map(name).collect();
    let all = request.measure("shares of rules that explain", &names, |k| {
        let (share, trial, place) = conditions[k];
        let how = AreaSearch::Random(RandomRuleSets {
            rounds: setup.rounds,
            share,
            ..RandomRuleSets::new(&candidates, &[PRIOR], setup.seed + trial)
        });
        let held = AreaLeftOut::of(ground, place, &how, TruthValues::Binary, setup.penalty);
        Ok(measured(&held, &candidates))
    })?;
    let mut table = Table::new(
        "shares",
        "Random search with a share of rules that must explain",
        ["share ρ", "share found", "left out", "weights fitted together"],
    )
    .with_note(format!(
        "A rule explains when it has a relation of the student and the professor: a paper, a course, or a temporary adviser. \
         With probability ρ a draw takes only such rules. Means over {} areas and {seeds} seeds, with 98% intervals \
         over both; {} random sets.",
        ground.len(),
        setup.rounds,
    ));
    let mut curves = [Vec::new(), Vec::new()];
    for (share, held) in SHARES
        .into_iter()
        .zip(all.chunks(ground.len() * seeds as usize))
    {
        let mean = |name| table.mean_of(&numbers(held, name), 3);
        let (own, score, refitted) = (mean("explaining"), mean("score"), mean("refitted"));
        for (curve, name) in curves.iter_mut().zip(["score", "refitted"]) {
            let estimate = Estimate::of(&numbers(held, name), table.rows.len() as u64);
            curve.extend(estimate.map(|y| Point { x: share, y }));
        }
        table.row([
            metaplast_experiment::Cell::number(share, 1),
            own,
            score,
            refitted,
        ]);
    }
    let finding = format!(
        "When all rules must explain, random search comes to {} in the area left out, and to {} when none must.",
        table.rows[SHARES.len() - 1][2].to_text(),
        table.rows[0][2].to_text(),
    );
    let across = Across::Numbers {
        label: "share ρ of rules that must explain".into(),
        scale: Scale::Linear,
    };
    let [piecewise, together] = curves;
    let plot = Plot::new(
        "Average precision in the area left out",
        across,
        "average precision",
    )
    .wide()
    .with_curve(0, piecewise)
    .with_curve(1, together);
    let figure = Figure::new(
        "shares",
        "What it costs to want rules that explain",
        "Random search on UW-CSE; a share of the rules must have a relation of the two people in it.",
    )
    .with_series(["weights fitted one by one", "weights fitted together"])
    .with_plot(plot)
    .with_method("Lines: means over areas and seeds. Bands: 98% bootstrap intervals.");
    Ok(results
        .with_finding(finding)
        .with_table(table)
        .with_figure(figure))
}
