//! Whether probabilities mean what they say.

use metaplast_tensor::Tensor;

use crate::splits::balanced_split;

pub use crate::softmax_regression::softmax_rows;

/// Mean cross-entropy of logits / T with the true classes, in nats.
///
/// # Panics
/// When there is not one label for each row.
#[must_use]
#[track_caller]
pub fn mean_cross_entropy(logits: &Tensor<f64>, labels: &[usize], temperature: f64) -> f64 {
    let p = softmax_rows(logits, temperature);
    assert_eq!(p.dims()[0], labels.len(), "cross-entropy: rows, labels");
    let terms = p.rows().zip(labels).map(|(p, &label)| -libm::log(p[label]));
    terms.sum::<f64>() / labels.len() as f64
}

/// The temperature T that minimises the [mean cross-entropy](mean_cross_entropy) of logits / T (Guo et
/// al. 2017), between 1/100 and 100. In 1/T the problem is convex: bisection of the derivative.
///
/// # Panics
/// When there is not one label for each row.
#[must_use]
#[track_caller]
pub fn temperature(logits: &Tensor<f64>, labels: &[usize]) -> f64 {
    assert_eq!(logits.dims()[0], labels.len(), "temperature: rows, labels");
    // d/ds of the mean cross-entropy of s z: E[z] under p minus z of the label.
    let slope = |s: f64| {
        let p = softmax_rows(logits, 1.0 / s);
        let rows = p.rows().zip(logits.rows()).zip(labels);
        let terms = rows.map(|((p, z), &label)| {
            let mean: f64 = p.iter().zip(z).map(|(p, z)| p * z).sum();
            mean - z[label]
        });
        terms.sum::<f64>()
    };
    let (mut low, mut high) = (0.01, 100.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        match slope(middle) < 0.0 {
            true => low = middle,
            false => high = middle,
        }
    }
    2.0 / (low + high)
}

/// The temperature of probabilities `[rows, classes]` that were not fitted to their rows, where a third part
/// of the rows confirms it: fitted to the others it makes both the [mean cross-entropy](mean_cross_entropy)
/// and the [calibration error](expected_calibration_error) of that part smaller. Otherwise 1, which leaves
/// probabilities as they are.
///
/// # Panics
/// When there is not one label for each row.
#[must_use]
#[track_caller]
pub fn confirmed_temperature(probabilities: &Tensor<f64>, labels: &[usize], seed: u64) -> f64 {
    let logits = logarithms(probabilities);
    let fitted = balanced_split(labels, 2.0 / 3.0, seed);
    let part = |wanted: bool| {
        let rows: Vec<usize> = (0..labels.len()).filter(|&k| fitted[k] == wanted).collect();
        let labels: Vec<usize> = rows.iter().map(|&k| labels[k]).collect();
        (logits.index_select(0, &rows), labels)
    };
    let ((known, known_labels), (third, third_labels)) = (part(true), part(false));
    if known_labels.is_empty() || third_labels.is_empty() {
        return 1.0;
    }
    let warmth = temperature(&known, &known_labels);
    let judged = |warmth: f64| {
        let p = softmax_rows(&third, warmth);
        let error = expected_calibration_error(&p, &third_labels, 10);
        (mean_cross_entropy(&third, &third_labels, warmth), error)
    };
    let (before, after) = (judged(1.0), judged(warmth));
    match after.0 < before.0 && after.1 < before.1 {
        true => temperature(&logits, labels),
        false => 1.0,
    }
}

/// Probabilities at a temperature: each row to the power 1/T, adding up to 1.
#[must_use]
pub fn at_temperature(probabilities: &Tensor<f64>, temperature: f64) -> Tensor<f64> {
    match temperature {
        1.0 => probabilities.clone(),
        _ => softmax_rows(&logarithms(probabilities), temperature),
    }
}

/// The logarithms of probabilities; finite, also that of 0.
fn logarithms(probabilities: &Tensor<f64>) -> Tensor<f64> {
    probabilities.map(|p| libm::log(p.max(1e-300)))
}

/// The expected calibration error: in bins (i/n, (i+1)/n] of the largest probability, the distance of
/// its mean from the share of hits, weighted by the size of the bins.
///
/// # Panics
/// When there is not one label for each row, or there are no bins.
#[must_use]
#[track_caller]
pub fn expected_calibration_error(
    probabilities: &Tensor<f64>,
    labels: &[usize],
    bins: usize,
) -> f64 {
    assert!(bins > 0, "calibration error: 0 bins");
    let mut sums = vec![(0.0, 0.0); bins];
    for (p, &label) in probabilities.rows().zip(labels) {
        let named = largest(p);
        let bin = (p[named] * bins as f64).ceil() as usize;
        let (confidence, hits) = &mut sums[bin.clamp(1, bins) - 1];
        *confidence += p[named];
        *hits += f64::from(u8::from(named == label));
    }
    let gaps = sums
        .iter()
        .map(|(confidence, hits)| (confidence - hits).abs());
    gaps.sum::<f64>() / labels.len() as f64
}

/// The Brier score: the mean over rows of Σ over classes of (probability − one-hot)².
///
/// # Panics
/// When a label is no class.
#[must_use]
#[track_caller]
pub fn brier_score(probabilities: &Tensor<f64>, labels: &[usize]) -> f64 {
    let row = |(p, &label): (&[f64], &usize)| {
        let terms = p.iter().enumerate().map(|(class, p)| {
            let target = f64::from(u8::from(class == label));
            (p - target) * (p - target)
        });
        terms.sum::<f64>()
    };
    probabilities.rows().zip(labels).map(row).sum::<f64>() / labels.len() as f64
}

/// The class of the largest number, the first of equals.
pub(crate) fn largest(p: &[f64]) -> usize {
    let better = |best: usize, k: usize| if p[k] > p[best] { k } else { best };
    (1..p.len()).fold(0, better)
}
