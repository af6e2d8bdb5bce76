//! Query results: loss, accuracy and diagnostics, in f64 whatever the network computes in.

use metaplast_tensor::Scalar;

/// Loss and accuracy over the query set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueryScore {
    /// Mean cross-entropy in nats; not finite when the episode diverged.
    pub cross_entropy: f64,
    /// Fraction of query images whose largest logit is their label's.
    pub accuracy: f64,
}

/// Measured on the query images with the final weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostics {
    /// Angles in degrees between the mean teaching signals `e_0..e_L` and those of backpropagation.
    pub angles: Vec<f64>,
    /// Orthonormality error of each layer.
    pub orthonormality: Vec<f64>,
    /// Frobenius norm of each layer's final weights.
    pub weight_norms: Vec<f64>,
}

/// Scores logits `[n, classes]`, row-major, against one label per row.
///
/// # Panics
/// When there are no labels or the logits are not a whole number of rows.
#[must_use]
#[track_caller]
pub fn score<T: Scalar>(logits: &[T], labels: &[usize]) -> QueryScore {
    assert!(
        !labels.is_empty() && logits.len().is_multiple_of(labels.len()),
        "score: {} logits, {} labels",
        logits.len(),
        labels.len()
    );
    let classes = logits.len() / labels.len();
    let mut loss = 0.0;
    let mut correct = 0;
    for (row, &label) in logits.chunks(classes).zip(labels) {
        let max = row.iter().fold(f64::NEG_INFINITY, |m, z| m.max(z.to_f64()));
        let sum: f64 = row.iter().map(|z| Scalar::exp(z.to_f64() - max)).sum();
        loss += max + Scalar::ln(sum) - row[label].to_f64();
        // The first of equal logits wins, and a NaN never does.
        let winner = row.iter().position(|z| z.to_f64() == max);
        correct += usize::from(winner == Some(label));
    }
    QueryScore {
        cross_entropy: loss / labels.len() as f64,
        accuracy: correct as f64 / labels.len() as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_the_mean_over_the_images() {
        let score = score(&[0.0f64, 0.0, 3.0, 1.0], &[0, 1]);
        let expected = (2f64.ln() + (1.0 + (2f64).exp()).ln()) / 2.0;
        assert!((score.cross_entropy - expected).abs() < 1e-14);
        assert_eq!(score.accuracy, 0.5);
    }

    #[test]
    fn the_score_of_nan_is_not_finite_and_not_correct() {
        let score = score(&[f32::NAN, 0.0], &[0]);
        assert!(!score.cross_entropy.is_finite());
        assert_eq!(score.accuracy, 0.0);
    }
}
