//! Which learning rule was it? What can be told about a rule from statistics of weights and activity.
//!
//! Networks learn by known rules (*virtual experiments*), aggregate statistics of what an experimenter
//! would see of them are taken at 21 times, and a classifier learns to name the rule. Then it names the
//! rule of a recording, and says how often that is right for recordings of that very kind. The question
//! and the statistics are those of A. Nayebi, S. Srivastava, S. Ganguli and D. Yamins, *Identifying
//! learning rules from neural network observables*, NeurIPS 2020 (arXiv 2010.11765).
//!
//! | wanted | take |
//! |---|---|
//! | the 24 statistics | [`statistics`], with their order in [`statistics::RELEASED`] |
//! | networks that learn by a rule | [`virtual_networks`]: [`rule_classes`](virtual_networks::rule_classes), [`Archive`](virtual_networks::Archive) |
//! | what a classifier sees of them | [`FeatureSet`] |
//! | a classifier | [`RuleClassifier`], [`cross_validated`]; [`SoftmaxRegression`] alone; `RandomForest` with the feature `forest` |
//! | how good it is | [`Confusion`], [`calibration`] |
//! | what cannot be excluded | [`Conformal`], [`ClassDistance`] |
//! | the rule of a recording | [`naming`] |
//! | all tables | [`experiments`] |
//! | rows and depth as released | [`released_row`], [`Depth`], [`ZScore`] |
//! | splits | [`grouped_folds`], [`balanced_split`] |
//!
//! Networks learn in single precision, statistics are taken in double precision and kept in single
//! precision. Everything follows from seeds, whatever the number of threads.

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
pub use features::{FeatureScale, FeatureSet, Sight, Sighted, feature_matrix};
#[cfg(feature = "forest")]
pub use forest::{ForestError, RandomForest};
pub use rows::{Depth, ZScore, released_row};
pub use softmax_regression::{SoftmaxRegression, SoftmaxRegressionSettings};
pub use splits::{balanced_split, grouped_folds};

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
