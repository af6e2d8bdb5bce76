//! The experiment `metamodel`: settings of networks, found by search, for the water retention of real soils.

mod column;
mod landscapes;
mod laws;
mod patch;
mod searches;

use metaplast_experiment::{About, Error, Experiment, ExperimentSettings, Request, Results};

use crate::landscape::Landscape;
use crate::retention::{RetentionGame, Soil};
use crate::searcher::SearchMethod;

/// All experiments, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![Box::new(Metamodel)]
}

/// All 486 settings of a smaller search, trained by another program on 23 soils.
const GIVEN: &str = include_str!("../../data/landscape_486.json");

/// The experiment.
struct Metamodel;

/// What its parts share.
struct Setup {
    soils: Vec<Soil>,
    game: RetentionGame,
    trials: u64,
    seed: u64,
    budget: usize,
    /// Made soils for the column, and sets of pore structures.
    fields: u64,
}

impl Experiment for Metamodel {
    fn name(&self) -> String {
        "metamodel".into()
    }

    fn about(&self) -> About {
        About::new("metamodel", "Networks whose settings are found by search")
            .asking(
                "A network is to learn how much water a soil holds against a suction, when drying and when wetting. \
                 Seven choices make it: 1,728 settings. How close to the best of them do 40 trials come: at random, \
                 by evolution, by tree search, and by tree search with a policy and a value that are fitted to what \
                 was tried? And are the network that is found, and one for the permeability of anisotropic pore \
                 structures, as good as laws made by hand, also where water flows?",
            )
            .published(
                "Heider, Suh & Sun (Int. J. Numer. Anal. Methods Geomech. 45:1212, 2021) choose settings by a \
                 Markov decision process, Monte-Carlo tree search and policy and value networks (abstract; lists, \
                 metric and figures were not at hand).",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        ExperimentSettings::new()
            .trials_and_seed(if quick { 10 } else { 60 })
            .whole(
                "soils",
                if quick { 3 } else { 18 },
                "soils of UNSODA, a network for each",
            )
            .whole("budget", 40, "settings that a search tries")
            .whole(
                "fields",
                if quick { 3 } else { 10 },
                "made soils in a column, and sets of pore structures in a patch",
            )
            .whole("steps", 120, "full-batch steps of a training of networks")
            .whole("weights", 1, "seed of the networks' first weights")
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let trials = settings.whole_within("trials", 1..=10_000)?;
        let budget = settings.whole_within("budget", 1..=1_000)? as usize;
        let fields = settings.whole_within("fields", 1..=1_000)?;
        let all = Soil::unsoda();
        let number = settings.whole_within("soils", 1..=all.len() as u64)? as usize;
        let soils = all[..number].to_vec();
        let steps = settings.whole_within("steps", 1..=100_000)?;
        let game = RetentionGame::new(&soils, settings.get_whole("weights")).with_steps(steps);
        let seed = settings.seed();
        let setup = Setup {
            soils,
            game,
            trials,
            seed,
            budget,
            fields,
        };
        let given = Landscape::from_errors(GIVEN).map_err(Error::other)?;
        let trained = landscapes::train(&setup, request)?;
        let results = searches::judge(&setup, request, &[&given, &trained], Results::new())?;
        let results = laws::compare(&setup, request, &trained, results)?;
        let results = column::compare(&setup, request, results)?;
        patch::compare(&setup, request, results)
    }
}

/// The seed of a trial's searches.
fn trial_seed(setup: &Setup, trial: u64) -> u64 {
    metaplast_numbers::streams::seed(&[setup.seed, trial, SEARCH])
}

/// Parts of streams' names.
const SEARCH: u64 = 1;
const COLUMN: u64 = 2;
const PORES: u64 = 3;

/// How tables call a method.
fn shown(method: SearchMethod) -> &'static str {
    match method {
        SearchMethod::Random => "random",
        SearchMethod::Uct => "UCT, random playouts",
        SearchMethod::Evolution => "regularised evolution",
        SearchMethod::Puct => "PUCT, ridge regression",
        SearchMethod::PuctPerceptron => "PUCT, perceptron",
    }
}
