//! The experiments of the crate.
//!
//! | name | what it asks |
//! |---|---|
//! | `pc-fig1`, `pc-fig3`, `pc-fig5` | how training by a method of inference goes beside backpropagation |
//! | `pc-fig2`, `pc-fig4` | how the gradient depends on the number of iterations |
//! | `pc-solvers` | how long beliefs take to settle, by solver and depth |
//! | `pc-alignment` | whether a step moves the outputs towards the target |

mod against_iterations;
mod alignment;
mod beliefs;
mod beside_backprop;
mod course;
mod fig1;
mod fig2;
mod fig3;
mod fig4;
mod fig5;
mod setup;
mod solvers;

use metaplast_data::Dataset;
use metaplast_experiment::{Error, Experiment};

use crate::error::PredictiveError;

/// How images are found by a name or a path; the crate itself knows no names.
pub type OpenImages = fn(&str) -> Result<Dataset, Error>;

/// All experiments, in the order shown to users.
#[must_use]
pub fn all(open: OpenImages) -> Vec<Box<dyn Experiment>> {
    vec![
        Box::new(fig1::experiment(open)),
        Box::new(fig2::experiment(open)),
        Box::new(fig3::experiment(open)),
        Box::new(fig4::experiment(open)),
        Box::new(fig5::experiment(open)),
        Box::new(solvers::Solvers),
        Box::new(alignment::Alignment),
    ]
}

/// The article, as questions and captions name it.
const ARTICLE: &str = "Rosenbaum, PLoS ONE 17(3):e0266102 (2022)";

impl From<PredictiveError> for Error {
    fn from(error: PredictiveError) -> Self {
        Error::Failed(error.to_string())
    }
}
