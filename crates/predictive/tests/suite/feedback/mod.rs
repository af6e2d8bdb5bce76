//! Predictive feedback: its teaching signals against the published program's and against other
//! pathways, its meta-gradients, and whole episodes.

mod episodes;
mod fixtures;
mod meta_gradient;
mod names;
mod signals;

use metaplast_plasticity::{Feedback, FeedbackLibrary};

/// The pathway with this name, as flags and files give it.
fn pathway(name: &str) -> Feedback {
    let known = metaplast_predictive::feedback::pathways().into_iter();
    let library = known.fold(FeedbackLibrary::default(), FeedbackLibrary::with);
    library.find(name).unwrap_or_else(|error| panic!("{error}"))
}
