//! Scores of rules on fresh tasks, summed up.

use metaplast_meta::evaluate::{Evaluation, PairedDifference};
use metaplast_meta::query::QueryScore;
use pyo3::prelude::*;

use crate::errors::value;

fn scores(losses: &[f64], accuracies: &[f64]) -> PyResult<Vec<QueryScore>> {
    if losses.is_empty() || losses.len() != accuracies.len() {
        return Err(value(
            "give one loss and one accuracy for each of at least one task",
        ));
    }
    let pairs = losses.iter().zip(accuracies);
    let score = |(&cross_entropy, &accuracy)| QueryScore {
        cross_entropy,
        accuracy,
    };
    Ok(pairs.map(score).collect())
}

/// Mean accuracy, the ends of its interval, mean loss, and how many tasks diverged.
#[pyfunction]
pub(crate) fn evaluation(
    losses: Vec<f64>,
    accuracies: Vec<f64>,
    outputs: usize,
    seed: u64,
) -> PyResult<(f64, f64, f64, f64, u64)> {
    let found = Evaluation::of(&scores(&losses, &accuracies)?, outputs, seed);
    let interval = found.interval;
    Ok((
        found.accuracy,
        interval.low,
        interval.high,
        found.cross_entropy,
        found.diverged,
    ))
}

/// Mean difference of two accuracies on the same tasks, and the ends of its interval.
#[pyfunction]
pub(crate) fn paired_difference(
    accuracies: Vec<f64>,
    minus: Vec<f64>,
    seed: u64,
) -> PyResult<(f64, f64, f64)> {
    if accuracies.len() != minus.len() {
        return Err(value("give as many accuracies of each"));
    }
    let of = |accuracies: &[f64]| scores(&vec![0.0; accuracies.len()], accuracies);
    let found = PairedDifference::of(&of(&accuracies)?, &of(&minus)?, seed);
    Ok((found.accuracy, found.interval.low, found.interval.high))
}
