//! Aggregate statistics of weights, of activity and of activity change.
//!
//! | file | what |
//! |---|---|
//! | `element` | median and third quartile as elements, by selection |
//! | `summary` | mean, median, norm, third quartile, variance, skewness, kurtosis of numbers |
//! | `weights` | of a layer's weights; the norm by input unit, as released |
//! | `activity` | of a layer's activity, averaged over examples |
//! | `change` | activity change, how the outputs move with the inputs, by the forward weights |
//! | `names` | the 24 that are always finite, and their order |

pub mod activity;
pub mod change;
mod element;
mod names;
mod summary;
pub mod weights;

pub use element::{median, third_quartile};
pub use names::{Form, Observable, RELEASED, Statistic, StatisticKind};
pub use summary::Summary;
