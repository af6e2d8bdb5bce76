//! Rules that say who advises whom in a department, found in three areas of research and tried in a fourth.
//!
//! `cargo run --release -p metaplast-structure --example who_advises_whom -- [FILE.json …]`; without files, the four areas of
//! UW-CSE that are beside the tests.

use std::path::PathBuf;

use metaplast_structure::{
    AreaLeftOut, AreaSearch, Areas, Explanation, GreedySearch, LogicalRule, MapSolver, TruthValues,
    UwCse, WeightPenalty, ground_areas,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut files: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        let copy = "tests/fixtures/uwcse_areas_1234.json";
        files.push([env!("CARGO_MANIFEST_DIR"), copy].iter().collect());
    }
    let mut areas = Areas::read(&files[0])?;
    for file in &files[1..] {
        areas = areas.with(Areas::read(file)?)?;
    }

    // All candidates on all areas.
    let candidates = UwCse::candidates();
    let rules: Vec<LogicalRule> = candidates
        .iter()
        .map(|candidate| candidate.rule.clone())
        .collect();
    let ground = ground_areas(&areas, &UwCse::relations(), &candidates, UwCse::derive)?;
    for area in &ground {
        let (pairs, ground_rules) = (area.truth.len(), area.grounding.model.potentials());
        println!(
            "area {}: {pairs} pairs, {ground_rules} ground rules of {} candidates",
            area.number,
            rules.len()
        );
    }

    // Greedily on all areas but one; the prior against is always there, the collective rule is left out.
    let mut greedy = GreedySearch::new(rules.len(), &[0]);
    greedy.candidates.retain(|&k| !rules[k].is_collective());
    let how = AreaSearch::Greedy(greedy);
    let mut sums = [0.0; 3];
    for place in 0..ground.len() {
        let held = AreaLeftOut::of(
            &ground,
            place,
            &how,
            TruthValues::Binary,
            WeightPenalty::default(),
        );
        println!(
            "\nwithout area {}: average precision {:.3} there, {:.3} with weights fitted together, {:.3} by chance",
            held.area, held.score, held.refitted_score, held.base_rate
        );
        for (&rule, weights) in held
            .found
            .rules
            .iter()
            .zip(held.found.weights.iter().zip(&held.refitted))
        {
            println!("  {:6.2} {:6.2}  {}", weights.0, weights.1, rules[rule]);
        }
        for (sum, x) in sums
            .iter_mut()
            .zip([held.score, held.refitted_score, held.base_rate])
        {
            *sum += x / ground.len() as f64;
        }
        if place == 0 {
            explain(&ground[0], &held, &rules);
        }
    }
    println!(
        "\nmean: {:.3}, {:.3} with weights fitted together, {:.3} by chance",
        sums[0], sums[1], sums[2]
    );
    Ok(())
}

/// The pair that is ranked highest, and why.
fn explain(area: &metaplast_structure::GroundArea, held: &AreaLeftOut, rules: &[LogicalRule]) {
    let mut weights = vec![0.0; rules.len()];
    for (&rule, &weight) in held.found.rules.iter().zip(&held.refitted) {
        weights[rule] = weight;
    }
    let model = &area.grounding.model;
    let y = MapSolver::default()
        .solve_from(model, &weights, vec![0.0; model.atoms()])
        .y;
    let best = (0..y.len()).max_by(|&a, &b| y[a].total_cmp(&y[b]).then(b.cmp(&a)));
    if let Some(atom) = best {
        let explanation = Explanation::of(model, &weights, &y, atom);
        print!(
            "\n{}",
            explanation.text(&area.grounding, rules, &area.database, 5)
        );
        println!(
            "  in truth {}",
            if area.truth[atom] > 0.5 {
                "so"
            } else {
                "not so"
            }
        );
    }
}
