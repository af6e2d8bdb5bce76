//! The experiments of the crate.
//!
//! | name | what it asks |
//! |---|---|
//! | `molecules` | how many of the possible molecules a model of few data finds, by encoder and penalties |
//! | `molecules-design` | whether a model conditioned on properties makes molecules that have them |
//! | `molecules-bands` | how sure models of reweighted data are of the molecules they make |
//! | `molecules-feedback` | what is found when the decoder learns by random feedback or a learned rule |

mod bands;
mod data;
mod design;
mod drawn;
mod feedback;
mod made;
mod model;
mod molecules;
mod scored;

use metaplast_experiment::Experiment;

pub use molecules::Molecules;

/// All experiments, in the order shown to users.
#[must_use]
pub fn all() -> Vec<Box<dyn Experiment>> {
    vec![
        Box::new(Molecules),
        Box::new(design::MoleculesDesign),
        Box::new(bands::MoleculesBands),
        Box::new(feedback::MoleculesFeedback),
    ]
}

/// The article, as questions name it.
const ARTICLE: &str = "Shervani-Tabar & Zabaras, arXiv:2009.13878 (2020)";
