//! The experiment `pool-subsets`: every subset of the pool trained once, and searchers judged on the truth.

use metaplast_experiment::{
    About, Across, Cell, Error, Experiment, ExperimentSettings, Figure, Measurement, Plot, Point,
    Request, Results, Scale, Table,
};
use metaplast_numbers::sorting::sort_by;
use metaplast_numbers::streams::seed;
use metaplast_plasticity::{Preset, Rule, pool};
use metaplast_runs::directory::file::write_whole;
use metaplast_search::{Landscape, Search, SearchMethod};

use super::setup;
use crate::pool_subsets::{PoolSubsets, subset_name};
use crate::price::RulePrice;
use crate::short_training::{ShortTraining, TrainingEnd};

/// Subsets of one measurement.
const TOGETHER: usize = 16;
/// Diverged episodes in a row with which a rule has exploded.
const PATIENCE: u32 = 5;
/// The searchers that are judged.
const METHODS: [SearchMethod; 4] = [
    SearchMethod::Random,
    SearchMethod::Uct,
    SearchMethod::Evolution,
    SearchMethod::Puct,
];
/// Rules of the table of the best.
const SHOWN: usize = 10;

/// The experiment.
pub(super) struct PoolSubsetsExperiment;

impl Experiment for PoolSubsetsExperiment {
    fn about(&self) -> About {
        About::new("pool-subsets", "All rules that the pool can make")
            .asking(
                "The pool of ten plasticity terms makes 1,023 rules. Each is trained for a short time on a small \
                 network: which are the best for their price, where among them are the rules of the paper, and how \
                 soon does a search find one of the best 1% without trying them all?",
            )
            .published(
                "Shervani-Tabar & Rosenbaum (2023) drop terms of the pool by an L1 penalty on θ, on a network of \
                 five layers of weights: F0, F2 and F9 stay. Nobody has published the others.",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let terms: &[f64] = match quick {
            true => &[0.0, 2.0, 4.0, 9.0],
            false => &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
        };
        let trials = if quick { 10 } else { 60 };
        let settings = ExperimentSettings::new()
            .whole("trials", trials, "searches of each method")
            .numbers("terms", terms, "numbers of the terms in the pool")
            .whole(
                "episodes",
                if quick { 40 } else { 120 },
                "episodes of a training",
            )
            .whole(
                "tasks",
                if quick { 50 } else { 200 },
                "fresh tasks on which a rule is tried",
            )
            .whole(
                "budget",
                if quick { 8 } else { 80 },
                "rules that a search tries",
            );
        setup::SMALL.settings(settings)
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let terms = terms(settings)?;
        let episodes = settings.whole_within("episodes", 1..=100_000)?;
        let tasks = settings.whole_within("tasks", 1..=100_000)?;
        let budget = settings.whole_within("budget", 1..=1_000)? as usize;
        settings.whole_within("trials", 1..=10_000)?;
        let price = setup::price(settings)?;
        let training = setup::training(settings, 0)?;
        let accuracies = train(request, &training, &terms, (episodes, tasks))?;
        let subsets = PoolSubsets::new(terms, &accuracies);
        if let Some(directory) = request.directory {
            let path = directory.join("pool_subsets.csv");
            write_whole(&path, subsets.to_csv().as_bytes()).map_err(Error::other)?;
        }
        let results = best(&subsets, price, Results::new());
        judge(request, &subsets.landscape(price), budget, results)
    }
}

fn terms(settings: &ExperimentSettings) -> Result<Vec<usize>, Error> {
    let given = settings.get_numbers("terms");
    let mut terms: Vec<usize> = Vec::new();
    for number in 0..pool().len() {
        if given.contains(&(number as f64)) {
            terms.push(number);
        }
    }
    match terms.len() == given.len() && !terms.is_empty() {
        true => Ok(terms),
        false => Err(Error::setting(
            "terms",
            "choose numbers from 0 to 9, each once",
        )),
    }
}

/// The accuracy of every subset; 0 of one that exploded.
fn train(
    request: &Request<'_>,
    training: &ShortTraining,
    terms: &[usize],
    (episodes, tasks): (u64, u64),
) -> Result<Vec<f64>, Error> {
    let all = (1 << terms.len()) - 1;
    let starts: Vec<usize> = (0..all).step_by(TOGETHER).collect();
    let end = |start: usize| all.min(start + TOGETHER);
    let names: Vec<String> = starts
        .iter()
        .map(|&start| format!("subsets {} to {}", start + 1, end(start)))
        .collect();
    let measured = request.measure("subsets of the pool", &names, |place| {
        let start = starts[place];
        let mut accuracies = Vec::new();
        for subset in start..end(start) {
            let rule =
                Rule::from_pool(&PoolSubsets::subset(terms, subset)).map_err(Error::other)?;
            let mut rule = training.begin(&rule, 0);
            let stop = || request.monitor.stop_requested();
            accuracies.push(match rule.train_to(episodes, PATIENCE, &stop) {
                TrainingEnd::Reached => training.accuracy(&rule.rule(), tasks),
                TrainingEnd::Exploded => 0.0,
                TrainingEnd::Stopped => return Err(Error::interrupted()),
            });
        }
        Ok(Measurement::new().with("accuracy", accuracies))
    })?;
    let series = measured.iter().flat_map(|m| m.series("accuracy"));
    Ok(series.copied().collect())
}

/// The best rules, and where those of the paper are.
fn best(subsets: &PoolSubsets, price: RulePrice, results: Results) -> Results {
    let mut table = Table::new(
        "rules",
        "Rules of the pool",
        ["rank", "terms", "accuracy", "accuracy less price"],
    )
    .with_note(
        "Rank 0 is the rule with the greatest accuracy less price. Below the best are the rules of the paper. One \
         training each, so that neighbours differ by chance as well.",
    );
    let worth = |terms: &[usize], accuracy: f64| {
        let rule = Rule::from_pool(terms).expect("terms of the pool");
        accuracy - price.of(&rule)
    };
    let mut ranked: Vec<_> = subsets.subsets().iter().collect();
    sort_by(&mut ranked, |a, b| {
        worth(&b.terms, b.accuracy).total_cmp(&worth(&a.terms, a.accuracy))
    });
    let is_published = |terms: &[usize]| {
        let preset = |preset: Preset| preset != Preset::Bp && preset.terms() == terms;
        Preset::ALL.into_iter().any(preset)
    };
    let mut bio = None;
    for (rank, subset) in ranked.iter().enumerate() {
        if subset.terms == Preset::Bio.terms() {
            bio = Some((rank, subset.accuracy));
        }
        if rank < SHOWN || is_published(&subset.terms) {
            table.row([
                (rank as u64).into(),
                subset_name(&subset.terms).into(),
                Cell::number(subset.accuracy, 3),
                Cell::number(worth(&subset.terms, subset.accuracy), 3),
            ]);
        }
    }
    let exploded = ranked.iter().filter(|s| s.accuracy == 0.0).count();
    let mut results = results.with_finding(format!(
        "The best of {} rules is {}, accuracy {:.3}; {exploded} exploded.",
        ranked.len(),
        subset_name(&ranked[0].terms),
        ranked[0].accuracy
    ));
    if let Some((rank, accuracy)) = bio {
        let within = if 100 * rank < ranked.len() {
            "is"
        } else {
            "is not"
        };
        results = results.with_finding(format!(
            "The rule of the paper, F0 F2 F9, has accuracy {accuracy:.3} and rank {rank}; it {within} among the best 1%."
        ));
    }
    results.with_table(table)
}

/// Each method from a seed for each trial.
fn judge(
    request: &Request<'_>,
    landscape: &Landscape,
    budget: usize,
    results: Results,
) -> Result<Results, Error> {
    let (trials, of) = (request.settings.trials(), request.settings.seed());
    let candidates = landscape.measured().len() - 1;
    let bio = landscape.space().decisions().iter().map(|decision| {
        let is_bio = Preset::Bio
            .terms()
            .iter()
            .any(|&t| pool()[t].symbol() == decision.name);
        usize::from(is_bio)
    });
    let bio: Vec<usize> = bio.collect();
    let mut table = Table::new(
        "searchers",
        "Searches for the best rules",
        [
            "searcher",
            "rules tried",
            "mean rank of the best",
            "found one of the best 1%",
            "tried F0 F2 F9",
        ],
    )
    .with_note("Means over the searches with their 98% bootstrap intervals.");
    let across = Across::Numbers {
        label: "rules tried".into(),
        scale: Scale::Linear,
    };
    let mut plot = Plot::new(format!("{candidates} rules"), across, "rank").wide();
    let mut results = results;
    for (series, method) in METHODS.into_iter().enumerate() {
        let (mut ranks, mut within, mut tried_bio) = (Vec::new(), Vec::new(), Vec::new());
        let mut courses = Vec::new();
        for trial in 0..trials {
            let mut search = Search::new(landscape, method.searcher(seed(&[of, trial])));
            search.run(budget);
            let best = search.history().best_so_far().into_iter();
            let course: Vec<f64> = best.map(|best| landscape.rank(best) as f64).collect();
            let rank = course.last().copied().unwrap_or(candidates as f64);
            ranks.push(rank);
            within.push(f64::from(u8::from(100.0 * rank < candidates as f64)));
            tried_bio.push(f64::from(u8::from(search.history().get(&bio).is_some())));
            courses.push(course);
        }
        let points = (0..budget).filter_map(|n| {
            let ranks: Vec<f64> = courses.iter().filter_map(|c| c.get(n).copied()).collect();
            Point::of((n + 1) as f64, &ranks)
        });
        plot = plot.with_curve(series, points);
        let share = within.iter().sum::<f64>() / within.len() as f64;
        results = results.with_finding(format!(
            "{}: {:.0}% of {trials} searches find one of the best 1% within {budget} rules.",
            method.name(),
            100.0 * share
        ));
        table.row([
            method.name().into(),
            (budget as u64).into(),
            table.mean_of(&ranks, 2),
            table.mean_of(&within, 2),
            table.mean_of(&tried_bio, 2),
        ]);
    }
    let figure = Figure::new(
        "ranks",
        "Rank against rules tried",
        "The rank of the best rule so far among all: 0 is the best. Lower and sooner is better.",
    )
    .with_method("Lines: mean over the searches. Bands: 98% bootstrap interval of that mean.")
    .with_plot(plot)
    .with_series(METHODS.map(SearchMethod::name));
    Ok(results.with_table(table).with_figure(figure))
}
