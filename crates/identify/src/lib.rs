//! Which learning rule was it? What can be told about a rule from statistics of weights and activity.

pub mod calibration;
pub mod experiments;
pub mod naming;
pub mod statistics;
pub mod virtual_networks;

mod classifier;
mod conformal;
mod confusion;
mod distance;
mod features;
#[cfg(feature = "forest")]
mod forest;
mod normal;
mod rows;
mod softmax_regression;
mod splits;

pub use classifier::{RuleClassifier, cross_validated, named};
pub use conformal::Conformal;
pub use confusion::Confusion;
pub use distance::ClassDistance;
pub use features::{FeatureSet, FeatureScale, Sight, Sighted, feature_matrix};
#[cfg(feature = "forest")]
pub use forest::{ForestError, RandomForest};
pub use rows::{Depth, ZScore, released_row};
pub use softmax_regression::{SoftmaxRegression, SoftmaxRegressionSettings};
pub use splits::{balanced_split, grouped_folds};
