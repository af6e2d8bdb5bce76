//! Rules that were planted.

use metaplast_experiment::{Error, Measurement, Request, Results, Table};

use super::{StructureSettings, numbers};
use crate::domains::PlantedDomain;
use crate::grounding::Grounding;
use crate::likelihood::TruthValues;
use crate::logic::LogicalRule;
use crate::search::{GreedySearch, StructureSearch};

const VALUES: [(&str, TruthValues); 2] = [
    ("values 0 to 1", TruthValues::Soft),
    ("values 0 and 1", TruthValues::Binary),
];

pub(super) fn measure(
    setup: &StructureSettings,
    request: &Request<'_>,
    mut results: Results,
) -> Result<Results, Error> {
    let domain = PlantedDomain::default();
    let rules: Vec<LogicalRule> = domain
        .candidates()
        .into_iter()
        .map(|candidate| candidate.rule)
        .collect();
    let seeds = (0..setup.trials).map(|trial| setup.seed + trial);
    let seeds: Vec<u64> = seeds.collect();
    let name = |values: &str| -> Vec<String> {
        seeds
            .iter()
            .map(|seed| format!("planted, {values}, seed {seed}"))
            .collect()
    };
    let names: Vec<String> = VALUES.iter().flat_map(|(values, _)| name(values)).collect();
    let all = request.measure("planted rules", &names, |place| {
        let seed = seeds[place % seeds.len()];
        let (database, truth) = domain.draw(seed);
        let grounding = Grounding::of(&rules, &database).map_err(Error::other)?;
        let values = VALUES[place / seeds.len()].1;
        let mut search = StructureSearch::new(&grounding.model, &truth, values, setup.penalty);
        let greedy = GreedySearch {
            gain: setup.gain,
            ..GreedySearch::new(rules.len(), &[0])
        };
        let found = greedy.run(&mut search);
        let has = |planted: usize| {
            let is_there = found.rules.contains(&domain.candidate_of(planted));
            [f64::from(u8::from(is_there))]
        };
        Ok(Measurement::new()
            .with("for", has(0))
            .with("against", has(1))
            .with(
                "others",
                [found.rules.len() as f64 - 1.0 - has(0)[0] - has(1)[0]],
            )
            .with("score", [found.score]))
    })?;
    let mut table = Table::new(
        "planted",
        "Planted rules that a greedy search finds",
        ["likelihood", "seeds", "rule for", "rule against", "other rules", "average precision"],
    )
    .with_note(format!(
        "30 × 20 pairs, 121 candidates; log odds {}, with a conjunction of strength {} for the target and one of {} against it. \
         Means with 98% intervals over seeds.",
        domain.base, domain.planted[0].strength, domain.planted[1].strength,
    ));
    for ((values, _), found) in VALUES.iter().zip(all.chunks(seeds.len())) {
        let count = |name| numbers(found, name).iter().sum::<f64>() as u64;
        results = results.with_finding(format!(
            "Planted, {values}: the rule for the target is found in {} of {} seeds, the rule against it in {}.",
            count("for"),
            seeds.len(),
            count("against"),
        ));
        let mean = |name| table.mean_of(&numbers(found, name), 3);
        let (others, score) = (mean("others"), mean("score"));
        table.row([
            (*values).into(),
            (seeds.len() as u64).into(),
            count("for").into(),
            count("against").into(),
            others,
            score,
        ]);
    }
    Ok(results.with_table(table))
}
