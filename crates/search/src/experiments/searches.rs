//! Searchers on landscapes of which the truth is known.

use metaplast_experiment::{
    Across, Error, Figure, Measurement, Plot, Point, Request, Results, Scale, Table,
};
use metaplast_numbers::statistics::mean;

use super::{Setup, shown, trial_seed};
use crate::history::SearchHistory;
use crate::landscape::Landscape;
use crate::search::Search;
use crate::searcher::SearchMethod;

/// Ranks after each candidate of a search.
fn ranks(landscape: &Landscape, history: &SearchHistory) -> Vec<f64> {
    let best = history.best_so_far().into_iter();
    best.map(|best| landscape.rank(best) as f64).collect()
}

/// Each method on each landscape, from a seed for each trial, with twice the budget.
pub(super) fn judge(
    setup: &Setup,
    request: &Request<'_>,
    landscapes: &[&Landscape],
    results: Results,
) -> Result<Results, Error> {
    let series = |landscape: &Landscape, method: SearchMethod| {
        format!("{} {}", landscape.measured().len(), method.name())
    };
    let names: Vec<String> = (0..setup.trials)
        .map(|trial| format!("searches, trial {trial}"))
        .collect();
    let measured = request.measure("searches", &names, |trial| {
        let seed = trial_seed(setup, trial as u64);
        let mut measurement = Measurement::new();
        for landscape in landscapes {
            for method in SearchMethod::ALL {
                let mut search = Search::new(*landscape, method.searcher(seed));
                search.run(2 * setup.budget);
                let ranks = ranks(landscape, search.history());
                measurement.set(series(landscape, method), ranks);
            }
        }
        Ok(measurement)
    })?;
    let mut table = Table::new(
        "searchers",
        "Rank of the best setting that was tried",
        ["settings", "searcher", "evaluations", "mean rank", "within the best 1%"],
    )
    .with_note(
        "Rank 0 is the best setting by the error on validation points. The best 1% are ranks below a hundredth of \
         the number of settings. Means over the trials with their 98% bootstrap intervals.",
    );
    let mut figure = Figure::new(
        "ranks",
        "Rank against evaluations",
        "The rank of the best setting so far among all there are: 0 is the best. Lower and sooner is better.",
    )
    .with_method("Lines: mean over the trials. Bands: 98% bootstrap interval of that mean.")
    .with_series(SearchMethod::ALL.map(shown));
    let mut results = results;
    for landscape in landscapes {
        let candidates = landscape.measured().len();
        let across = Across::Numbers {
            label: "settings tried".into(),
            scale: Scale::Linear,
        };
        let mut plot = Plot::new(format!("{candidates} settings"), across, "rank").wide();
        let mut said = Vec::new();
        for (place, method) in SearchMethod::ALL.into_iter().enumerate() {
            let name = series(landscape, method);
            let after = |evaluations: usize| -> Vec<f64> {
                let ranks = measured.iter().map(|trial| trial.series(&name));
                ranks
                    .map(|ranks| ranks[evaluations.min(ranks.len()) - 1])
                    .collect()
            };
            for evaluations in [setup.budget, 2 * setup.budget] {
                let ranks = after(evaluations);
                let within: Vec<f64> = ranks
                    .iter()
                    .map(|rank| f64::from(u8::from(100.0 * rank < candidates as f64)))
                    .collect();
                table.row([
                    (candidates as u64).into(),
                    shown(method).into(),
                    (evaluations as u64).into(),
                    table.mean_of(&ranks, 2),
                    table.mean_of(&within, 2),
                ]);
                if evaluations == setup.budget {
                    said.push(format!("{} {:.1}", shown(method), mean(&ranks)));
                }
            }
            let points = (1..=2 * setup.budget).map(|n| Point::of(n as f64, &after(n)));
            plot = plot.with_curve(place, points.flatten());
        }
        figure = figure.with_plot(plot);
        results = results.with_finding(format!(
            "{candidates} settings, mean rank after {} evaluations: {}.",
            setup.budget,
            said.join("; ")
        ));
    }
    Ok(results.with_table(table).with_figure(figure))
}
