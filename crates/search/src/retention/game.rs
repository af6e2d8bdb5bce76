//! The 1,728 settings of a network for water retention, as a game.

use super::{HistoryInput, NetworkSettings, RetentionErrors, Soil, SoilBatch, SuctionInput, Unit};
use crate::game::{CandidateReward, Game};
use crate::landscape::{Landscape, reward};
use crate::space::SearchSpace;

const SUCTIONS: [(&str, SuctionInput); 3] = [
    ("linear", SuctionInput::Linear),
    ("log10(1+h)", SuctionInput::Logarithm),
    ("h^(1/4)", SuctionInput::FourthRoot),
];
const HISTORIES: [(&str, HistoryInput); 3] = [
    ("none", HistoryInput::None),
    ("flag", HistoryInput::Branch),
    ("flag and product", HistoryInput::BranchAndProduct),
];
const LAYERS: [usize; 2] = [1, 2];
const WIDTHS: [usize; 3] = [3, 8, 16];
const UNITS: [(&str, Unit); 4] = [
    ("tanh", Unit::Tanh),
    ("relu", Unit::Relu),
    ("softplus", Unit::Softplus),
    ("elu", Unit::Elu),
];
const RATES: [f64; 4] = [3e-3, 1e-2, 3e-2, 1e-1];
const DECAYS: [f64; 2] = [0.0, 1e-3];
/// Steps of a training, unless others are asked for.
const STEPS: u64 = 120;

/// The seven decisions, in the order in which they are made: suction, history, layers, width, unit, rate, decay.
#[must_use]
pub fn settings_space() -> SearchSpace {
    let words = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let numbers = |numbers: &[f64]| numbers.iter().map(f64::to_string).collect();
    let counts = |counts: &[usize]| counts.iter().map(usize::to_string).collect();
    SearchSpace::new::<_, String>([
        ("suction", words(&SUCTIONS.map(|(name, _)| name))),
        ("history", words(&HISTORIES.map(|(name, _)| name))),
        ("layers", counts(&LAYERS)),
        ("width", counts(&WIDTHS)),
        ("unit", words(&UNITS.map(|(name, _)| name))),
        ("rate", numbers(&RATES)),
        ("decay", numbers(&DECAYS)),
    ])
}

/// The search for the settings of a network that learns the water retention of soils, a network for each.
///
/// The reward of a setting is −ln of its error on validation points; the record has the errors on training,
/// validation and test points.
#[derive(Clone, Debug)]
pub struct RetentionGame {
    space: SearchSpace,
    batch: SoilBatch,
    seed: u64,
    steps: u64,
}

impl RetentionGame {
    /// Over these soils, with first weights from a seed.
    ///
    /// # Panics
    /// When there are no soils.
    #[must_use]
    #[track_caller]
    pub fn new(soils: &[Soil], seed: u64) -> Self {
        RetentionGame {
            space: settings_space(),
            batch: SoilBatch::new(soils),
            seed,
            steps: STEPS,
        }
    }

    /// With other than 120 steps of a training.
    #[must_use]
    pub fn with_steps(self, steps: u64) -> Self {
        RetentionGame { steps, ..self }
    }

    /// What is chosen.
    #[must_use]
    pub fn space(&self) -> &SearchSpace {
        &self.space
    }

    /// The settings of a candidate, with 120 steps.
    ///
    /// # Panics
    /// When these are not the seven choices of a candidate.
    #[must_use]
    #[track_caller]
    pub fn settings(end: &[usize]) -> NetworkSettings {
        let &[suction, history, layers, width, unit, rate, decay] = end else {
            panic!("retention game: {} choices of 7", end.len());
        };
        NetworkSettings {
            suction: SUCTIONS[suction].1,
            history: HISTORIES[history].1,
            layers: LAYERS[layers],
            width: WIDTHS[width],
            unit: UNITS[unit].1,
            rate: RATES[rate],
            decay: DECAYS[decay],
            steps: STEPS,
        }
    }

    /// The errors of a candidate.
    ///
    /// # Panics
    /// As [`settings`](Self::settings).
    #[must_use]
    #[track_caller]
    pub fn errors(&self, end: &[usize]) -> RetentionErrors {
        let settings = NetworkSettings {
            steps: self.steps,
            ..Self::settings(end)
        };
        self.batch.train(&settings, self.seed).errors()
    }

    /// The names of the further numbers of a candidate.
    #[must_use]
    pub fn columns() -> Vec<String> {
        ["train", "val", "test"].map(str::to_owned).to_vec()
    }

    /// The landscape, from the errors of all candidates in the order of their places.
    ///
    /// # Panics
    /// When there are not as many errors as candidates.
    #[must_use]
    #[track_caller]
    pub fn landscape(&self, errors: &[RetentionErrors]) -> Landscape {
        let measured = errors.iter().map(measured).collect();
        Landscape::new(self.space.clone(), Self::columns(), measured)
    }
}

fn measured(errors: &RetentionErrors) -> CandidateReward {
    CandidateReward {
        reward: reward(errors.validation),
        further: vec![errors.training, errors.validation, errors.test],
    }
}

impl Game for RetentionGame {
    fn options(&self, prefix: &[usize]) -> Vec<usize> {
        self.space.options(prefix)
    }

    fn measure(&self, end: &[usize]) -> CandidateReward {
        measured(&self.errors(end))
    }

    fn features(&self, prefix: &[usize]) -> Vec<f64> {
        self.space.features(prefix)
    }

    fn describe(&self, prefix: &[usize]) -> String {
        self.space.describe(prefix)
    }

    fn further(&self) -> Vec<String> {
        Self::columns()
    }
}
