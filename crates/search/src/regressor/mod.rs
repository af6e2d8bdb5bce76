//! Regression of rewards on the features of candidates.

mod perceptron;
mod ridge;

pub use perceptron::Perceptron;
pub use ridge::RidgeRegression;

/// Predicts a number from features.
pub trait Regressor: Send {
    /// How tables call a [`Puct`](crate::Puct) that predicts by it.
    fn searcher_name(&self) -> &'static str;

    /// Fits it anew: features of each example, and what is to be predicted.
    ///
    /// # Panics
    /// When there are no examples, or not as many features for each.
    fn fit(&mut self, features: &[Vec<f64>], targets: &[f64]);

    /// The prediction for these features.
    ///
    /// # Panics
    /// When it was not fitted, or to another number of features.
    fn predict(&self, features: &[f64]) -> f64;
}

/// Checks examples; returns the number of features.
#[track_caller]
fn check(name: &str, features: &[Vec<f64>], targets: &[f64]) -> usize {
    let (examples, numbers) = (features.len(), targets.len());
    assert!(
        examples > 0 && examples == numbers,
        "{name}: {examples} examples, {numbers} targets"
    );
    let width = features[0].len();
    assert!(
        features.iter().all(|row| row.len() == width),
        "{name}: examples with different numbers of features"
    );
    width
}
