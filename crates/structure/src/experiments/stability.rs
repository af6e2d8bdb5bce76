//! How far a change of the evidence reaches.

use metaplast_experiment::{
    Across, Cell, Error, Figure, Measurement, Plot, Point, Request, Results, Scale, Table,
};
use metaplast_numbers::Estimate;
use metaplast_numbers::sorting::sort_by;
use metaplast_numbers::streams::stream;

use super::{StructureSettings, numbers};
use crate::domains::FriendsAndSmokers;
use crate::grounding::Grounding;
use crate::map_solver::MapSolver;
use crate::stability::EvidenceChange;

/// People of a domain.
const PEOPLE: usize = 8;
/// Weights of the rules.
const WEIGHTS: [f64; 6] = [0.7, 0.4, 1.5, 0.9, 2.0, 0.3];
/// Changes of the evidence, at most, of a size each.
const SIZES: [f64; 3] = [0.01, 0.1, 1.0];
/// What is solved to.
const ROUNDING: f64 = 1e-9;
/// What streams are named by, besides the seed.
const PURPOSE: u64 = 0x57ab;

pub(super) fn measure(
    setup: &StructureSettings,
    request: &Request<'_>,
    results: Results,
) -> Result<Results, Error> {
    let names = SIZES.map(|size| format!("stability, changes of {size}"));
    let all = request.measure("stability", &names, |place| {
        let (mut moves, mut bounds, mut broken, mut closest) =
            (Vec::new(), Vec::new(), 0.0, 0.0f64);
        for change in 0..setup.changes {
            let mut rng = stream(&[setup.seed, place as u64, change, PURPOSE]);
            let before = FriendsAndSmokers::random(PEOPLE, &mut rng);
            let after = before.changed(SIZES[place], &mut rng);
            let (rules, people) = (
                FriendsAndSmokers::rules(),
                (0..PEOPLE).collect::<Vec<usize>>(),
            );
            let ground = |domain: &FriendsAndSmokers| {
                Grounding::of(&rules, &domain.database(&people)).map_err(Error::other)
            };
            let (before, after) = (ground(&before)?, ground(&after)?);
            let solve =
                |grounding: &Grounding| MapSolver::default().solve(&grounding.model, &WEIGHTS).y;
            let (y, y_after) = (solve(&before), solve(&after));
            let change = EvidenceChange::new(&before, &after, &WEIGHTS, &y);
            let squares = y.iter().zip(&y_after).map(|(a, b)| (a - b) * (a - b));
            let moved = squares.sum::<f64>().sqrt();
            let bound = change.prediction_bound();
            let mut is_broken = moved > bound + ROUNDING;
            for part in change.parts(&y_after) {
                let moved = (part.after - part.before).abs();
                is_broken |= moved > part.bound + ROUNDING;
                if part.bound > ROUNDING {
                    closest = closest.max(moved / part.bound);
                }
            }
            broken += f64::from(u8::from(is_broken));
            moves.push(moved);
            bounds.push(bound);
        }
        Ok(Measurement::new()
            .with("moved", moves)
            .with("bound", bounds)
            .with("broken", [broken])
            .with("closest", [closest]))
    })?;
    let mut table = Table::new(
        "stability",
        "Changes of the evidence, and the bound on what follows",
        ["size of changes", "changes", "moved", "moved over bound", "closest part", "bound broken"],
    )
    .with_note(format!(
        "Friends and smokers, {PEOPLE} people, six rules, collective. Moved: the length by which the optimum moves; its bound is \
         the length by which the gradient moves over the modulus of the priors. Closest part: the largest change of a part of an \
         explanation over its bound. Means with 98% intervals.",
    ));
    let mut curves = Vec::new();
    for (size, one) in SIZES.into_iter().zip(&all) {
        let (moves, bounds) = (one.series("moved"), one.series("bound"));
        let pairs = moves
            .iter()
            .zip(bounds)
            .filter(|(_, bound)| **bound > ROUNDING);
        let ratios: Vec<f64> = pairs.map(|(moved, bound)| moved / bound).collect();
        let (moved, ratio) = (table.mean_of(moves, 3), table.mean_of(&ratios, 3));
        table.row([
            Cell::number(size, 1),
            (moves.len() as u64).into(),
            moved,
            ratio,
            Cell::number(one.number("closest"), 3),
            (one.number("broken") as u64).into(),
        ]);
        let mut points: Vec<(f64, f64)> =
            bounds.iter().copied().zip(moves.iter().copied()).collect();
        sort_by(&mut points, |a, b| a.0.total_cmp(&b.0));
        // Thirty of them tell the story.
        let every = points.len().div_ceil(30);
        let point = |(x, y): (f64, f64)| Point {
            x,
            y: Estimate::exact(y),
        };
        curves.push(
            points
                .into_iter()
                .step_by(every)
                .map(point)
                .collect::<Vec<_>>(),
        );
    }
    let broken: f64 = numbers(&all, "broken").iter().sum();
    let finding = format!(
        "In {} random changes of the evidence the bound on predictions and explanations is broken {} times.",
        setup.changes * SIZES.len() as u64,
        broken as u64,
    );
    let across = Across::Numbers {
        label: "bound".into(),
        scale: Scale::Logarithmic,
    };
    let mut plot = Plot::new("How far the optimum moves", across, "moved")
        .wide()
        .logarithmic();
    for (series, curve) in curves.into_iter().enumerate() {
        plot = plot.with_curve(series, curve);
    }
    let figure = Figure::new(
        "stability",
        "A change of the evidence does not reach further than its bound",
        "Every marker is a change of the evidence. Where it would lie on the diagonal, the bound would be met.",
    )
    .with_series(SIZES.map(|size| format!("changes of {size} at most")))
    .with_plot(plot)
    .with_method("Markers: single changes, thirty of each size.");
    Ok(results
        .with_finding(finding)
        .with_table(table)
        .with_figure(figure))
}
