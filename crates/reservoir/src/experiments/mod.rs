//! The experiments of the crate.
//!
//! | name | what it asks |
//! |---|---|
//! | `supertrex-1`, `supertrex-2`, `supertrex-3` | how well each algorithm learns the published tasks, by whose rules |
//! | `supertrex-arms` | what becomes of SUPERTREX when the arm has more segments |
//! | `parkinson` | what a noisy reward and a cut pathway do to a movement that is learned, or being learned |
//! | `meta-rmhl` | whether gradients through the learning find a better rule |

mod arms;
mod course;
mod figures;
mod meta_rmhl;
mod parkinson;
mod published_figures;
mod size;
mod supertrex;

use metaplast_experiment::{Error, Experiment, ExperimentSettings};

use crate::published::Variant;

/// All experiments, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![
        Box::new(supertrex::TASK_1),
        Box::new(supertrex::TASK_2),
        Box::new(supertrex::TASK_3),
        Box::new(arms::Arms),
        Box::new(parkinson::Parkinson),
        Box::new(meta_rmhl::MetaRmhl),
    ]
}

/// The article, as questions and captions name it.
const ARTICLE: &str = "Pyle & Rosenbaum, Neural Computation 31(7):1430 (2019)";

/// Units and steps of a period that show how an experiment goes.
const SMALL: (u64, u64) = (300, 4000);

/// The settings of runs of a reservoir: those of full size, or two trials of a small one.
fn settings(small: Option<(u64, u64)>, trials: u64, steps: u64) -> ExperimentSettings {
    let (units, steps) = small.unwrap_or((1000, steps));
    ExperimentSettings::new()
        .trials_and_seed(if small.is_some() { 2 } else { trials })
        .whole("units", units, "units of the reservoir")
        .whole(
            "steps",
            steps,
            "steps of a period, which is one pass over the target",
        )
        .text(
            "precision",
            "f32",
            "the numbers that a run computes with: f32 or f64",
        )
}

/// The variants that a setting names.
fn variants(settings: &ExperimentSettings) -> Result<Vec<Variant>, Error> {
    let names = settings.get_texts("variants").iter();
    let parsed = names.map(|name| {
        name.parse::<Variant>()
            .map_err(|error| Error::setting("variants", error.to_string()))
    });
    let variants = parsed.collect::<Result<Vec<_>, _>>()?;
    if variants.is_empty() {
        return Err(Error::setting("variants", "none; give one such as steady"));
    }
    Ok(variants)
}
