//! The decoder trained by random feedback and by a learned rule, scored by coverage.

use metaplast_experiment::{
    About, Error, Experiment, ExperimentMonitor, ExperimentSettings, Measurement, Request, Results,
    Table,
};
use metaplast_numbers::streams;
use metaplast_tensor::Random;

use super::data::{Data, Split};
use super::model::{Model, following};
use super::scored;
use crate::model::{DecoderLearning, GraphVae, VaeTraining};

/// The purposes of what is drawn here, in the names of streams.
const SAMPLES: u64 = 15;
const SEARCH: u64 = 16;
/// The largest step by which each coefficient is tried, of two errors and of Oja's term.
const LARGEST: [f64; 2] = [3.0, 0.3];
/// Steps go down to that divided by ten to this power.
const DECADES: f64 = 3.0;

/// The experiment.
pub(super) struct MoleculesFeedback;

/// Ways of learning, in the order of the table.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Backpropagation,
    RandomFeedback,
    LearnedRule,
}

const WAYS: [(Way, &str); 3] = [
    (Way::Backpropagation, "backpropagation"),
    (Way::RandomFeedback, "fixed random feedback"),
    (Way::LearnedRule, "learned rule on random feedback"),
];

impl Experiment for MoleculesFeedback {
    fn name(&self) -> String {
        "molecules-feedback".into()
    }

    fn about(&self) -> About {
        About::new("molecules-feedback", "Molecules by random feedback")
            .asking(
                "The decoder of a generative model is a deep net. If errors reach its layers through fixed random matrices \
                 instead of its own weights, how many molecules does it still find, and does a learned plasticity rule help?",
            )
            .published(
                "Nothing of generative models. Feedback alignment (Lillicrap et al. 2016) and plasticity rules with learned \
                 coefficients (Shervani-Tabar & Rosenbaum 2023) were tried on classification",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let settings = ExperimentSettings::new().trials_and_seed(if quick { 1 } else { 3 });
        let (epochs, samples) = if quick { (40, 1000) } else { (400, 4000) };
        Model::settings(Data::settings(settings), epochs, samples)
            .whole(
                "attempts",
                if quick { 4 } else { 24 },
                "pairs of coefficients of the learned rule that are tried",
            )
            .whole(
                "attempt_epochs",
                if quick { 5 } else { 20 },
                "passes over the training molecules of an attempt",
            )
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let trials = settings.whole_within("trials", 1..=10_000)? as usize;
        let data = Data::read(settings)?;
        let model = Model::read(settings, &data)?;
        let search = CoefficientSearch {
            attempts: settings.whole_within("attempts", 1..=10_000)? as usize,
            epochs: settings.whole_within("attempt_epochs", 1..=1_000_000)? as usize,
        };
        let names: Vec<String> = (0..WAYS.len() * trials)
            .map(|place| format!("{}, trial {}", WAYS[place / trials].1, place % trials))
            .collect();
        let measured = request.measure("models", &names, |place| {
            let seed = settings.seed().wrapping_add((place % trials) as u64);
            let way = WAYS[place / trials].0;
            measure(way, &data, &model, search, seed, request.monitor)
        })?;
        Ok(results(measured.chunks(trials), &data, &model))
    }
}

/// How coefficients are searched for.
#[derive(Clone, Copy)]
struct CoefficientSearch {
    attempts: usize,
    epochs: usize,
}

impl CoefficientSearch {
    /// Coefficients whose short training ends with the lowest loss: from zero, each attempt is a step of a
    /// random size and sign from the best so far, in one coefficient or in both.
    fn coefficients(
        self,
        model: &Model,
        split: &Split,
        seed: u64,
        monitor: &dyn ExperimentMonitor,
    ) -> Result<[f64; 2], Error> {
        let mut random = Random::new(streams::seed(&[seed, SEARCH]));
        let loss = |[errors, oja]: [f64; 2]| {
            let training = VaeTraining {
                epochs: self.epochs,
                decoder: DecoderLearning::Rule { errors, oja },
                ..model.training
            };
            let mut losses = Vec::new();
            let go_on = following(monitor, &mut losses);
            let ended =
                GraphVae::train(model.vae(false, 0), training, &split.training, seed, go_on);
            ended.ok_or_else(Error::interrupted)?;
            Ok::<f64, Error>(
                losses
                    .last()
                    .copied()
                    .filter(|l| l.is_finite())
                    .unwrap_or(f64::MAX),
            )
        };
        let mut best = [0.0; 2];
        let mut least = loss(best)?;
        for _ in 0..self.attempts {
            let which = random.below(3);
            let mut tried = best;
            for (k, largest) in LARGEST.into_iter().enumerate() {
                let size = largest * 10f64.powf(-DECADES * random.uniform());
                let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
                if which != k {
                    tried[k] += sign * size;
                }
            }
            let reached = loss(tried)?;
            if reached < least {
                (best, least) = (tried, reached);
            }
        }
        Ok(best)
    }
}

fn measure(
    way: Way,
    data: &Data,
    model: &Model,
    search: CoefficientSearch,
    seed: u64,
    monitor: &dyn ExperimentMonitor,
) -> Result<Measurement, Error> {
    let split = data.split(seed);
    let mut coefficients = Vec::new();
    let decoder = match way {
        Way::Backpropagation => DecoderLearning::Backpropagation,
        Way::RandomFeedback => DecoderLearning::RandomFeedback,
        Way::LearnedRule => {
            let [errors, oja] = search.coefficients(model, &split, seed, monitor)?;
            coefficients = vec![errors, oja];
            DecoderLearning::Rule { errors, oja }
        }
    };
    let training = VaeTraining {
        decoder,
        ..model.training
    };
    let draw = streams::seed(&[seed, SAMPLES]);
    let measured = scored::trained(
        model.vae(false, 0),
        training,
        model.samples,
        data,
        &split,
        [seed, draw],
        monitor,
    )?;
    Ok(measured.with("coefficients", coefficients))
}

fn results<'a>(
    by_way: impl Iterator<Item = &'a [Measurement]>,
    data: &Data,
    model: &Model,
) -> Results {
    let mut table = scored::table("scores", "What models make", data, model.samples);
    let mut rules = Table::new("rules", "Learned rules", ["trial", "errors (a)", "Oja (b)"]).with_note(
        "Increments of a layer descend δ xᵀ + a δ eᵀ − b (y xᵀ − y yᵀ W); the coefficients are those whose short training ended \
         with the lowest loss.",
    );
    let mut found = Vec::new();
    for ((_, name), trials) in WAYS.iter().zip(by_way) {
        scored::row(&mut table, name, trials);
        let molecules = table.mean_of(&scored::values(trials, "found"), 3).to_text();
        found.push(format!("{molecules} by {name}"));
        for (number, trial) in trials.iter().enumerate() {
            if let &[errors, oja] = trial.series("coefficients") {
                let number_of = |x| metaplast_experiment::Cell::number(x, 2);
                rules.row([(number as u64).into(), number_of(errors), number_of(oja)]);
            }
        }
    }
    Results::new()
        .with_finding(format!(
            "Distinct new molecules among {} samples: {}.",
            model.samples,
            found.join(", ")
        ))
        .with_table(table)
        .with_table(rules)
}
