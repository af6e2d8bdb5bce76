//! The networks beside the law made by hand, and a search that trains as it goes.

use metaplast_experiment::{Cell, Error, Measurement, Request, Results, Table};
use metaplast_numbers::digits::significant;
use metaplast_numbers::sorting::sort_by;
use metaplast_numbers::statistics::{mean, median};

use super::{SearchMethod, Setup, trial_seed};
use crate::findings::{policy_table, progress_figure};
use crate::game::{CandidateReward, Game};
use crate::landscape::Landscape;
use crate::retention::curve_errors;
use crate::search::Search;

/// Which of the three errors settings are chosen by, and which of them tells how good they are.
const VALIDATION: usize = 1;
const TEST: usize = 2;

pub(super) fn compare(
    setup: &Setup,
    request: &Request<'_>,
    landscape: &Landscape,
    results: Results,
) -> Result<Results, Error> {
    // The errors of what a search finds, from each seed. The landscape has them, so that nothing is trained.
    let winner = |trial: u64| {
        let searcher = SearchMethod::Puct.searcher(trial_seed(setup, trial));
        let mut search = Search::new(landscape, searcher);
        search.run(setup.budget);
        let best = search.history().best();
        best.map_or(vec![f64::NAN; 3], |best| best.further.clone())
    };
    let winners: Vec<Vec<f64>> = (0..setup.trials).map(winner).collect();
    let live = request.measure("live search", &["live search".into()], |_| {
        let searcher = SearchMethod::Puct.searcher(trial_seed(setup, 0));
        let mut search = Search::new(&setup.game, searcher);
        for budget in 1..=setup.budget {
            if request.monitor.stop_requested() {
                return Err(Error::interrupted());
            }
            search.run(budget);
        }
        let tried = search.history().tried().iter();
        let places = tried.map(|tried| setup.game.space().place(&tried.choices) as f64);
        Ok(Measurement::new().with("places", places.collect::<Vec<_>>()))
    })?;
    // The same search again, with what was measured.
    let searcher = SearchMethod::Puct.searcher(trial_seed(setup, 0));
    let mut search = Search::new(landscape, searcher);
    search.run(setup.budget);
    let tried = search.history().tried().iter();
    let places: Vec<f64> = tried
        .map(|tried| landscape.space().place(&tried.choices) as f64)
        .collect();
    let same = places == live[0].series("places");

    let mut sorted: Vec<&CandidateReward> = landscape.measured().iter().collect();
    sort_by(&mut sorted, |a, b| b.reward.total_cmp(&a.reward));
    let column = |of: &[&CandidateReward], column: usize| -> Vec<f64> {
        of.iter().map(|measured| measured.further[column]).collect()
    };
    let blind: Vec<usize> = (0..landscape.measured().len())
        .filter(|&place| landscape.space().candidate(place)[1] == 0)
        .collect();
    let blind = blind.iter().map(|&place| &landscape.measured()[place]);
    let blind = blind.reduce(|a, b| if b.reward > a.reward { b } else { a });
    let mut table = Table::new(
        "errors",
        "Root-mean-square error of normalised water content, mean over the soils",
        ["law", "validation", "test"],
    )
    .with_note(format!(
        "{} soils of UNSODA 2.0. Settings are chosen by the error on validation points. What the search finds: mean \
         over the trials with its 98% bootstrap interval.",
        setup.soils.len()
    ));
    let pair = |further: &[f64]| [VALIDATION, TEST].map(|column| Cell::number(further[column], 3));
    let row = |name: &str, [a, b]: [Cell; 2]| [Cell::from(name), a, b];
    let middle = [VALIDATION, TEST].map(|at| Cell::number(median(&column(&sorted, at)), 3));
    table.row(row("median of all networks", middle));
    if let Some(blind) = blind {
        table.row(row("best network without history", pair(&blind.further)));
    }
    let top = &sorted[..sorted.len().min(17)];
    let worst = [VALIDATION, TEST].map(|at| {
        let worst = column(top, at).into_iter().fold(f64::NAN, f64::max);
        Cell::number(worst, 3)
    });
    table.row(row(
        "worst of the best 17 networks, each column by itself",
        worst,
    ));
    table.row(row("best network", pair(&sorted[0].further)));
    let found: Vec<Vec<f64>> = [VALIDATION, TEST]
        .map(|at| winners.iter().map(|winner| winner[at]).collect())
        .to_vec();
    let cells = [table.mean_of(&found[0], 3), table.mean_of(&found[1], 3)];
    table.row(row("what PUCT finds", cells));
    let curve = curve_errors(&setup.soils);
    let by_hand = [curve.training, curve.validation, curve.test];
    table.row(row("van Genuchten's curve for each branch", pair(&by_hand)));
    let best = search.history().best();
    let best = best.map_or(String::new(), |best| setup.game.describe(&best.choices));
    let most = found[1].iter().copied().fold(f64::NAN, f64::max);
    let results = results
        .with_finding(format!(
            "What PUCT finds in {} evaluations has a test error of {} on average and {} at most over the trials; van \
             Genuchten's curve has {}.",
            setup.budget,
            significant(mean(&found[1]), 2),
            significant(most, 2),
            significant(curve.test, 2)
        ))
        .with_finding(format!(
            "A search that trains networks as it goes tries {} settings as on the landscape; it finds: {best}.",
            if same { "the same" } else { "OTHER" }
        ));
    let results = match same {
        true => results,
        false => {
            let mut results = results;
            results.failure = Some("training a setting twice gave two results".into());
            results
        }
    };
    let progress = progress_figure(&[("PUCT".into(), search.history())]);
    Ok(results
        .with_table(table)
        .with_table(policy_table(landscape, search.history()))
        .with_figure(progress))
}
