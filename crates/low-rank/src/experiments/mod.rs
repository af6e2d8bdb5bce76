//! The experiment `low-rank`: when random feedback is as good as gradient descent, when it is far from it,
//! and what closes the gap.

mod aligned;
mod backward_matrices;
mod candidates;
mod convergence;
mod exact_laws;
mod flat_spectrum;
mod section;
mod separated;
mod sketches;
mod spectra;

use metaplast_experiment::{About, Error, Experiment, ExperimentSettings, Request, Results};

use section::{Section, Setup};

/// All experiments, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![Box::new(LowRank)]
}

/// The experiment.
struct LowRank;

/// What it is made of, in the order of the page.
const SECTIONS: [&dyn Section; 9] = [
    &convergence::Convergence,
    &candidates::Candidates,
    &aligned::WeightAlignment,
    &exact_laws::ExactLaws,
    &spectra::Spectra,
    &separated::Separated,
    &flat_spectrum::FlatSpectrum,
    &sketches::Sketches,
    &backward_matrices::BackwardMatrices,
];

impl Experiment for LowRank {
    fn name(&self) -> String {
        "low-rank".into()
    }

    fn about(&self) -> About {
        About::new("low-rank", "Random feedback in matrix factorisation")
            .asking(
                "A matrix Y is to become a product Z W. Gradient descent sends the error to W through Zᵀ, feedback \
                 alignment through a random, fixed matrix Bᵀ. When is that as good, how far from the optimum can it \
                 end, and which backward matrices close the gap?",
            )
            .published(
                "Feedback alignment is optimal when r is at least the rank of Y and can be far from it below; \
                 forward weights approach B, which makes a close variant converge; its representations can be \
                 almost orthogonal to those of gradient descent at about equal error (Garg & Vempala, AISTATS 2022, \
                 PMLR 151:4070, abstract; theorems and examples were not at hand). Columns \"NumPy before\" are our \
                 own earlier measurements with other random numbers",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        ExperimentSettings::new()
            .trials_and_seed(if quick { 6 } else { 50 })
            .number("eta", 0.1, "step size η of the runs")
            .whole(
                "draws",
                if quick { 50 } else { 300 },
                "backward matrices whose limit is told without a simulation",
            )
            .whole(
                "most",
                if quick { 5000 } else { 20_000 },
                "steps after which a run gives up",
            )
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let setup = Setup::new(request.settings)?;
        let mut results = Results::new();
        for section in SECTIONS {
            let names = section.names(&setup);
            let measured = request.measure(section.title(), &names, |place| {
                Ok(section.measure(&setup, place))
            })?;
            results = section.show(&setup, &measured, results);
        }
        Ok(results)
    }
}
