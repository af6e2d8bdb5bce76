//! UW-CSE, one area left out.

use std::path::Path;

use metaplast_experiment::{
    Across, Cell, Error, Figure, Measurement, Plot, Point, Request, Results, Table,
};
use metaplast_numbers::Estimate;

use super::{StructureSettings, numbers};
use crate::domains::{AreaLeftOut, AreaSearch, GroundArea, UwCse, ground_areas};
use crate::likelihood::TruthValues;
use crate::relations::Areas;
use crate::search::{GreedySearch, RandomRuleSets};
use crate::templates::CandidateRule;

/// Four areas of UW-CSE, from the repackaging in github.com/srlearn/datasets (MIT).
const COPY: &str = include_str!("../../tests/fixtures/uwcse_areas_1234.json");

/// The prior against, which every model has.
pub(super) const PRIOR: usize = 0;

/// All candidates on the areas of these files.
pub(super) fn ground(files: &[String]) -> Result<Vec<GroundArea>, Error> {
    let mut areas: Option<Areas> = None;
    for file in files {
        let read = Areas::read(Path::new(file));
        let read = read.map_err(|error| Error::setting("areas", error.to_string()))?;
        areas = Some(match areas {
            None => read,
            Some(before) => before.with(read).map_err(Error::other)?,
        });
    }
    let areas = match areas {
        Some(areas) => areas,
        None => Areas::from_json(COPY).map_err(Error::other)?,
    };
    UwCse::check(&areas).map_err(Error::other)?;
    let candidates = UwCse::candidates();
    ground_areas(&areas, &UwCse::relations(), &candidates, UwCse::derive).map_err(Error::other)
}

/// A greedy search, without the collective rule.
pub(super) fn greedy(candidates: &[CandidateRule], gain: f64) -> GreedySearch {
    let mut greedy = GreedySearch::new(candidates.len(), &[PRIOR]);
    greedy
        .candidates
        .retain(|&k| !candidates[k].rule.is_collective());
    greedy.explainable = candidates
        .iter()
        .map(|candidate| candidate.explainable)
        .collect();
    greedy.gain = gain;
    greedy
}

/// What is searched by, and with which values in the likelihood.
const CONDITIONS: [(&str, bool, TruthValues); 4] = [
    ("greedy, values 0 and 1", false, TruthValues::Binary),
    ("greedy, values 0 to 1", false, TruthValues::Soft),
    ("random, values 0 and 1", true, TruthValues::Binary),
    ("random, values 0 to 1", true, TruthValues::Soft),
];

pub(super) fn measured(held: &AreaLeftOut, candidates: &[CandidateRule]) -> Measurement {
    let own = held.found.rules.iter().filter(|&&rule| rule != PRIOR);
    let rules = own.clone().count() as f64;
    let explaining = own.filter(|&&rule| candidates[rule].explainable).count() as f64;
    Measurement::new()
        .with("base", [held.base_rate])
        .with("trained", [held.found.score])
        .with("score", [held.score])
        .with("refitted", [held.refitted_score])
        .with("rules", [rules])
        .with(
            "explaining",
            [if rules > 0.0 {
                explaining / rules
            } else {
                f64::NAN
            }],
        )
}

pub(super) fn measure(
    setup: &StructureSettings,
    ground: &[GroundArea],
    request: &Request<'_>,
    mut results: Results,
) -> Result<Results, Error> {
    let candidates = UwCse::candidates();
    let areas: Vec<String> = ground
        .iter()
        .map(|area| format!("area {}", area.number))
        .collect();
    let name = |condition: &str| -> Vec<String> {
        areas
            .iter()
            .map(|area| format!("{condition}, {area} left out"))
            .collect()
    };
    let names: Vec<String> = CONDITIONS
        .iter()
        .flat_map(|(condition, ..)| name(condition))
        .collect();
    let all = request.measure("areas of UW-CSE", &names, |place| {
        let (_, at_random, values) = CONDITIONS[place / ground.len()];
        let how = match at_random {
            false => AreaSearch::Greedy(greedy(&candidates, setup.gain)),
            true => AreaSearch::Random(RandomRuleSets {
                rounds: setup.rounds,
                ..RandomRuleSets::new(&candidates, &[PRIOR], setup.seed)
            }),
        };
        let held = AreaLeftOut::of(ground, place % ground.len(), &how, values, setup.penalty);
        Ok(measured(&held, &candidates))
    })?;
    let mut table = Table::new(
        "areas",
        "Average precision in an area that was left out",
        ["search", "area", "by chance", "where searched", "left out", "weights fitted together", "rules"],
    )
    .with_note(format!(
        "402 candidates: 200 bodies of one feature or two, for and against, a prior against, and a collective rule that is \
         not searched. Weights by piecewise pseudolikelihood, λ = {}; greedily with a gain of {} at least, or the best of {} \
         random sets of up to 15 rules. The likelihood knows atoms of 0 and 1, or all from 0 to 1, as in the article.",
        setup.penalty.lambda, setup.gain, setup.rounds,
    ));
    let mut plot = Plot::new(
        "Average precision in the area left out",
        Across::Steps {
            label: "area".into(),
            names: areas.clone(),
        },
        "average precision",
    )
    .wide();
    let base = numbers(&all[..ground.len()], "base");
    let bar = |(x, y): (usize, &f64)| Point {
        x: x as f64,
        y: Estimate::exact(*y),
    };
    for (series, ((condition, ..), held)) in
        CONDITIONS.iter().zip(all.chunks(ground.len())).enumerate()
    {
        for (area, one) in areas.iter().zip(held) {
            let number = |name| Cell::number(one.number(name), 3);
            table.row([
                (*condition).into(),
                area.as_str().into(),
                number("base"),
                number("trained"),
                number("score"),
                number("refitted"),
                (one.number("rules") as u64).into(),
            ]);
        }
        let mean = |name| table.mean_of(&numbers(held, name), 3);
        let row = ["base", "trained", "score", "refitted"].map(mean);
        let finding = format!(
            "UW-CSE, {condition}: average precision {} in the area left out, {} with weights fitted together, {} by chance; mean \
             of {} areas.",
            row[2].to_text(),
            row[3].to_text(),
            row[0].to_text(),
            ground.len(),
        );
        let rules = numbers(held, "rules").iter().sum::<f64>() / held.len() as f64;
        let [a, b, c, d] = row;
        table.row([
            (*condition).into(),
            "mean".into(),
            a,
            b,
            c,
            d,
            Cell::number(rules, 2),
        ]);
        results = results.with_finding(finding);
        let scores = numbers(held, "score");
        plot = plot.with_curve(series, scores.iter().enumerate().map(bar));
    }
    plot = plot.with_curve(CONDITIONS.len(), base.iter().enumerate().map(bar));
    let figure = Figure::new(
        "areas",
        "Who advises whom, in an area that was left out",
        "Rules and weights are from the other areas. Chance is the share of pairs that are true.",
    )
    .with_series(
        CONDITIONS
            .iter()
            .map(|(condition, ..)| *condition)
            .chain(["by chance"]),
    )
    .with_plot(plot)
    .with_method(
        "Markers: average precision over all pairs of a student and a professor of the area.",
    );
    Ok(results.with_table(table).with_figure(figure))
}
