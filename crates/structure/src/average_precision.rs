//! How well scores rank what is true.

/// The area under the curve of precision over recall, as average precision: Σ (R_k − R_(k−1)) P_k over the distinct
/// scores from the greatest down; equal scores count together. It is the share of true ones for random scores, 1 when
/// all true ones come first, and NaN when none is true. A truth above ½ counts as true.
///
/// ```
/// use metaplast_structure::average_precision;
///
/// assert_eq!(average_precision(&[0.9, 0.1, 0.4], &[1.0, 0.0, 1.0]), 1.0);
/// assert_eq!(average_precision(&[0.5, 0.5, 0.5, 0.5], &[1.0, 0.0, 0.0, 0.0]), 0.25);
/// ```
///
/// # Panics
/// When there are not as many scores as truths, or a score is not a number.
#[must_use]
#[track_caller]
pub fn average_precision(scores: &[f64], truth: &[f64]) -> f64 {
    assert_eq!(
        scores.len(),
        truth.len(),
        "average precision: scores, truths"
    );
    assert!(
        scores.iter().all(|score| !score.is_nan()),
        "average precision: a score is not a number"
    );
    let all = truth.iter().filter(|truth| **truth > 0.5).count() as f64;
    // Most atoms have no rule for them and all the least score: these need no sorting.
    let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let mut ranked: Vec<(f64, bool)> = Vec::new();
    let (mut rest, mut rest_true) = (0.0, 0.0);
    for (&score, &truth) in scores.iter().zip(truth) {
        let is_true = truth > 0.5;
        if score > least {
            ranked.push((score, is_true));
        } else {
            rest += 1.0;
            rest_true += f64::from(u8::from(is_true));
        }
    }
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let (mut seen, mut found, mut sum) = (0.0, 0.0, 0.0);
    for equal in ranked.chunk_by(|a, b| a.0 == b.0) {
        let new = equal.iter().filter(|(_, is_true)| *is_true).count() as f64;
        seen += equal.len() as f64;
        found += new;
        sum += new * found / seen;
    }
    if rest > 0.0 {
        sum += rest_true * (found + rest_true) / (seen + rest);
    }
    sum / all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_count_together() {
        let scores = [0.8, 0.8, 0.3, 0.0, 0.0];
        let truth = [1.0, 0.0, 1.0, 1.0, 0.0];
        let exact = (0.5 + 2.0 / 3.0 + 3.0 / 5.0) / 3.0;
        assert!((average_precision(&scores, &truth) - exact).abs() < 1e-15);
        assert!(average_precision(&[0.5], &[0.0]).is_nan());
    }
}
