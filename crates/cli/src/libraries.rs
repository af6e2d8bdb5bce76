//! Libraries: what terms and feedback pathways flags and files can name, those that are built in and
//! those that published systems bring.

use metaplast_plasticity::Feedback;
use metaplast_runs::settings::rule::Libraries;

/// The pathways of published systems, one line for each system.
fn of_systems() -> impl Iterator<Item = Feedback> {
    metaplast_predictive::feedback::pathways().into_iter()
}

/// Everything that can be named.
#[must_use]
pub fn all() -> Libraries {
    of_systems().fold(Libraries::default(), Libraries::with_feedback)
}

/// The names of `--feedback`, for help texts and completions.
pub(crate) fn feedbacks() -> Vec<String> {
    all().feedback.names().map(str::to_owned).collect()
}
