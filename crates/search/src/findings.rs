//! What a search found, as figures and tables of a page.

use metaplast_experiment::{Across, Cell, Figure, Plot, Point, Scale, Table};

use crate::game::Game;
use crate::history::SearchHistory;
use crate::puct::{TEMPERATURE, fit, softmax};
use crate::regressor::{Regressor, RidgeRegression};

/// The best reward so far against the number of candidates: a curve for each search, under its name.
#[must_use]
pub fn progress_figure(searches: &[(String, &SearchHistory)]) -> Figure {
    let across = Across::Numbers {
        label: "candidates tried".into(),
        scale: Scale::Linear,
    };
    let mut plot = Plot::new("Best so far", across, "reward").wide();
    for (series, (_, history)) in searches.iter().enumerate() {
        let points = history.best_so_far().into_iter().enumerate();
        plot = plot.with_curve(
            series,
            points.map(|(k, best)| Point::exact((k + 1) as f64, best)),
        );
    }
    Figure::new(
        "progress",
        "Best so far",
        "The greatest reward among the candidates that were tried; steps up are discoveries.",
    )
    .with_plot(plot)
    .with_series(searches.iter().map(|(name, _)| name.clone()))
}

/// What a policy learns from everything that was tried: along the best candidate, the predicted value and the
/// probability of each option, by ridge regression as [`Puct`](crate::Puct) has it, without noise.
///
/// # Panics
/// When nothing was tried.
#[must_use]
#[track_caller]
pub fn policy_table(game: &dyn Game, history: &SearchHistory) -> Table {
    let mut ridge = RidgeRegression::new(1.0);
    fit(&mut ridge, game, history);
    let mut table = Table::new(
        "policy",
        "What the policy has learned",
        ["choice", "option", "value", "probability", "best candidate"],
    )
    .with_note(
        "Along the best candidate: the value that is predicted for each option, as a rank from 0 for the worst to 1 \
         for the best that was tried, and its prior probability in the tree without noise.",
    );
    let best = history.best().map_or(&[][..], |best| &best.choices);
    for (place, &taken) in best.iter().enumerate() {
        let (options, values) = judged(game, &ridge, &best[..place]);
        let before = game.describe(&best[..place]);
        for (option, (value, p)) in options
            .iter()
            .zip(values.iter().zip(softmax(&values, TEMPERATURE)))
        {
            let mut next = best[..place].to_vec();
            next.push(*option);
            let said = game.describe(&next);
            let said = said.strip_prefix(&before).unwrap_or(&said);
            table.row([
                ((place + 1) as u64).into(),
                said.trim_start_matches([',', ' ']).into(),
                Cell::number(*value, 2),
                Cell::number(p, 2),
                if *option == taken { "taken" } else { "" }.into(),
            ]);
        }
    }
    table
}

/// The options after a prefix with the predicted value of each.
fn judged(game: &dyn Game, ridge: &RidgeRegression, prefix: &[usize]) -> (Vec<usize>, Vec<f64>) {
    let options = game.options(prefix);
    let value = |&option: &usize| {
        let next: Vec<usize> = prefix.iter().copied().chain([option]).collect();
        ridge.predict(&game.features(&next))
    };
    let values = options.iter().map(value).collect();
    (options, values)
}
