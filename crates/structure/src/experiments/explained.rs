//! Why a pair is predicted.

use metaplast_experiment::{Cell, Results, Table};
use metaplast_numbers::sorting::sort_by;

use super::StructureSettings;
use super::areas::greedy;
use crate::domains::{AreaLeftOut, AreaSearch, GroundArea, UwCse};
use crate::explanation::Explanation;
use crate::likelihood::TruthValues;
use crate::logic::LogicalRule;
use crate::map_solver::MapSolver;

/// Pairs that are explained, and pulls that are shown of each.
const PAIRS: usize = 3;
const PULLS: usize = 5;

/// The rules found with the first area left out, and the explanations of the pairs that they rank highest there.
pub(super) fn show(setup: &StructureSettings, ground: &[GroundArea], results: Results) -> Results {
    let candidates = UwCse::candidates();
    let how = AreaSearch::Greedy(greedy(&candidates, setup.gain));
    let held = AreaLeftOut::of(ground, 0, &how, TruthValues::Binary, setup.penalty);
    let area = &ground[0];
    let rules: Vec<LogicalRule> = candidates
        .iter()
        .map(|candidate| candidate.rule.clone())
        .collect();

    let mut found = Table::new(
        "rules",
        format!("Rules found without area {}", area.number),
        ["rule", "weight by itself", "weight fitted together"],
    )
    .with_note("In the order in which the greedy search took them; the prior is always there.");
    let weights = held.found.weights.iter().zip(&held.refitted);
    for (&rule, (own, together)) in held.found.rules.iter().zip(weights) {
        let weights = [own, together].map(|&weight| Cell::number(weight, 3));
        let [own, together] = weights;
        found.row([rules[rule].to_string().into(), own, together]);
    }

    // Potentials are those of all candidates, so that ground rules can be named; the others have no weight.
    let mut weights = vec![0.0; rules.len()];
    for (&rule, &weight) in held.found.rules.iter().zip(&held.refitted) {
        weights[rule] = weight;
    }
    let model = &area.grounding.model;
    let y = MapSolver::default()
        .solve_from(model, &weights, vec![0.0; model.atoms()])
        .y;
    let mut ranked: Vec<usize> = (0..y.len()).collect();
    sort_by(&mut ranked, |&a, &b| y[b].total_cmp(&y[a]));
    let mut table = Table::new(
        "explanations",
        format!("What pulls at the pairs ranked highest in area {}", area.number),
        ["pair", "value", "truth", "way", "pull", "ground rule"],
    )
    .with_note(format!(
        "Weights fitted together. The {PULLS} strongest pulls of each pair, 2 w max(0, ·) k, then the sum of all of its pulls, \
         which is zero at an optimum between 0 and 1.",
    ));
    for &atom in ranked.iter().take(PAIRS) {
        let explanation = Explanation::of(model, &weights, &y, atom);
        let head = || {
            let truth = if area.truth[atom] > 0.5 {
                "true"
            } else {
                "false"
            };
            let value = Cell::number(explanation.value, 3);
            [
                area.database.atom(atom).to_string().into(),
                value,
                truth.into(),
            ]
        };
        for pull in explanation.pulls.iter().take(PULLS) {
            let [pair, value, truth] = head();
            let way = if pull.is_upward() { "up" } else { "down" };
            let text = area.grounding.text(pull.potential, &rules, &area.database);
            let size = Cell::number(pull.derivative.abs(), 3);
            table.row([pair, value, truth, way.into(), size, text.into()]);
        }
        let [pair, value, truth] = head();
        let sum = explanation.sum();
        // Rounding is not shown.
        let sum = if sum.abs() < 1e-9 { 0.0 } else { sum };
        let all = format!("all {}", explanation.pulls.len());
        table.row([
            pair,
            value,
            truth,
            "sum".into(),
            Cell::number(sum, 3),
            all.into(),
        ]);
    }
    results.with_table(found).with_table(table)
}
