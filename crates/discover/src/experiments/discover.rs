//! Discovery of rules: from nothing to a ranked list of short rules, each with its rule file.

use std::fs;

use metaplast_experiment::{About, Error, Experiment, ExperimentSettings, Request, Results};
use metaplast_search::{
    Search, SearchError, SearchHistory, SearchMethod, SearchRecord, policy_table, progress_figure,
};

use super::followed::Followed;
use super::setup::{self, SetupSize};
use crate::game::{Halving, RuleGame};
use crate::grammar::{MOST_SIGNALS, RuleGrammar, TermGrammar};
use crate::price::RulePrice;
use crate::short_training::ShortTraining;

/// The record of everything that was tried.
const RECORD: &str = "candidates.csv";

/// Search for rules, as an experiment.
pub struct Discovery;

impl Experiment for Discovery {
    fn about(&self) -> About {
        About::new("discover", "Plasticity rules found from nothing")
            .asking(
                "Which short plasticity rules are there, if nobody writes down a pool of terms? A grammar of signals, \
                 weights, products and sums makes thousands of terms. A search puts rules together, trains each for \
                 as long as there is hope, and ranks them by their accuracy less a price for every term and every \
                 step away from locality.",
            )
            .published(
                "Shervani-Tabar & Rosenbaum (2023) choose among ten terms that they wrote down, by an L1 penalty on \
                 θ: F0, F2 and F9, here bio; F0 and F2 are eHebb; F0 alone is feedback alignment.",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let (network, stages): (&SetupSize, &[f64]) = match quick {
            true => (&setup::SMALL, &[15.0, 45.0, 135.0]),
            false => (&setup::FULL, &[15.0, 45.0, 135.0]),
        };
        let settings = ExperimentSettings::new()
            .text(
                "search",
                "puct",
                "how rules are chosen: random, uct, evolution or puct",
            )
            .whole(
                "budget",
                if quick { 400 } else { 600 },
                "rules that are tried",
            )
            .whole("terms", 4, "most terms of a rule")
            .whole("signals", 5, "most signals and weights of a term")
            .numbers(
                "stages",
                stages,
                "episodes at which a rule of the lower half stops",
            )
            .whole(
                "tasks",
                40,
                "fresh tasks on which a rule is tried after each stage",
            )
            .whole(
                "kept",
                if quick { 4 } else { 6 },
                "rules of the list, trained anew for longer",
            )
            .whole(
                "episodes",
                if quick { 200 } else { 600 },
                "episodes of their training",
            )
            .whole(
                "trainings",
                if quick { 1 } else { 2 },
                "trainings of each, of which the mean is taken",
            )
            .whole(
                "final_tasks",
                if quick { 100 } else { 200 },
                "fresh tasks on which they are compared",
            )
            .whole("hold_out", 10, "classes that are kept for this comparison");
        network.settings(settings)
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let plan = DiscoveryPlan::of(request)?;
        let history = plan.search(request)?;
        let stages = plan.halving.stages.len();
        let game = plan.game(&|| false);
        let mut results = Results::new().with_figure(progress_figure(&[(
            plan.method.name().to_owned(),
            &history,
        )]));
        results = plan.rank(request, &history, results)?;
        let best = history.best().is_some();
        if best {
            results = results.with_table(policy_table(&game, &history));
        }
        Ok(results.with_finding(spent(&history, stages)))
    }
}

/// What the settings ask for.
pub(super) struct DiscoveryPlan {
    pub(super) method: SearchMethod,
    pub(super) budget: usize,
    pub(super) grammar: RuleGrammar,
    pub(super) halving: Halving,
    pub(super) price: RulePrice,
    pub(super) training: ShortTraining,
    pub(super) kept: usize,
    pub(super) episodes: u64,
    pub(super) trainings: u64,
    pub(super) final_tasks: u64,
}

impl DiscoveryPlan {
    fn of(request: &Request<'_>) -> Result<Self, Error> {
        let settings = request.settings;
        let method: SearchMethod = settings
            .get_text("search")
            .parse()
            .map_err(|reason: String| Error::setting("search", reason))?;
        let stages = settings.get_numbers("stages");
        let ascends = stages.windows(2).all(|pair| pair[0] < pair[1]);
        let whole = stages
            .iter()
            .all(|x| x.fract() == 0.0 && (1.0..=1e6).contains(x));
        if stages.is_empty() || !ascends || !whole {
            let reason = "choose ascending numbers of episodes, such as 15,45,135";
            return Err(Error::setting("stages", reason));
        }
        let signals = settings.whole_within("signals", 1..=MOST_SIGNALS as u64)? as usize;
        let terms = settings.whole_within("terms", 1..=8)? as usize;
        let budget = settings.whole_within("budget", 1..=100_000)? as usize;
        let halving = Halving {
            stages: stages.iter().map(|&episodes| episodes as u64).collect(),
            tasks: settings.whole_within("tasks", 1..=10_000)?,
        };
        let kept = settings.whole_within("kept", 1..=100)? as usize;
        let episodes = settings.whole_within("episodes", 1..=100_000)?;
        let trainings = settings.whole_within("trainings", 1..=100)?;
        let final_tasks = settings.whole_within("final_tasks", 2..=100_000)?;
        let price = setup::price(settings)?;
        let training = setup::training(settings, settings.get_whole("hold_out"))?;
        Ok(DiscoveryPlan {
            method,
            budget,
            grammar: RuleGrammar::new(TermGrammar::new(signals), terms),
            halving,
            price,
            training,
            kept,
            episodes,
            trainings,
            final_tasks,
        })
    }

    fn game<'a>(&'a self, stop: &'a (dyn Fn() -> bool + Sync)) -> RuleGame<'a> {
        let halving = self.halving.clone();
        RuleGame::new(&self.grammar, &self.training, self.price, halving, stop)
    }

    /// Tries rules until the budget is spent.
    fn search(&self, request: &Request<'_>) -> Result<SearchHistory, Error> {
        let monitor = request.monitor;
        let stop = || monitor.stop_requested();
        let searcher = self.method.searcher(request.settings.seed());
        monitor.begin(self.budget as u64, "rules");
        let Some(directory) = request.directory else {
            let game = Followed(self.game(&stop), monitor);
            let mut search = Search::new(&game, searcher);
            search.run(self.budget);
            return self.ended(search.history());
        };
        // All settings but the size of the list, which a search does not depend on.
        let others = ["kept", "episodes", "trainings", "final_tasks", "budget"];
        let settings = request.settings.all().iter();
        let settings = settings.filter(|setting| !others.contains(&setting.name.as_str()));
        let settings =
            settings.map(|setting| format!("{}={}", setting.name, setting.value.to_text()));
        let name = format!("discover {}", settings.collect::<Vec<_>>().join(" "));
        fs::create_dir_all(directory).map_err(Error::other)?;
        let game = self.game(&stop);
        let opened = SearchRecord::open(&directory.join(RECORD), &name, &game);
        let mut record = opened.map_err(|error| match error {
            SearchError::OtherSearch { .. } => Error::OtherSettings,
            error => Error::other(error),
        })?;
        let recorded = record.tried().len().min(self.budget);
        (0..recorded).for_each(|_| monitor.tick());
        let game = Followed(game.knowing(&record.tried()[..recorded]), monitor);
        let mut search = Search::new(&game, searcher);
        search
            .run_recorded(self.budget, &mut record, &stop)
            .map_err(Error::other)?;
        match stop() {
            true => Err(Error::Interrupted {
                done: search.history().len(),
                all: self.budget,
                pieces: "rules",
            }),
            false => self.ended(search.history()),
        }
    }

    fn ended(&self, history: &SearchHistory) -> Result<SearchHistory, Error> {
        match history.best() {
            Some(_) => Ok(history.clone()),
            None => Err(Error::Failed(format!(
                "each of {} rules exploded; lower lr, or raise budget",
                history.len()
            ))),
        }
    }
}

/// How many rules stopped where, and what that saved.
fn spent(history: &SearchHistory, stages: usize) -> String {
    let further = history.tried().iter().map(|tried| &tried.further);
    let episodes: f64 = further.clone().map(|further| further[2]).sum();
    let exploded = further.clone().filter(|further| further[2] == 0.0).count();
    let last = further
        .filter(|further| !further[2 + stages].is_nan())
        .count();
    format!(
        "Of {} rules {exploded} exploded in the first stage and {last} were trained to the last; the search took \
         {episodes} episodes in all.",
        history.len()
    )
}
