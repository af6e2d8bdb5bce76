//! The Bayesian bootstrap: models of reweighted data, and bands of what they make.

use metaplast_numbers::sorting::sort_numbers;
use metaplast_numbers::statistics::quantile;
use metaplast_tensor::Random;

/// The ends of a band.
const ENDS: [f64; 2] = [0.01, 0.99];

/// Weights of data, 1 on average: a draw from the flat Dirichlet distribution, times their number
/// (Rubin, *The Bayesian bootstrap*, 1981).
///
/// ```
/// use metaplast_molecules::bootstrap_weights;
/// use metaplast_tensor::Random;
///
/// let weights = bootstrap_weights(600, &mut Random::new(1));
/// assert!((weights.iter().sum::<f64>() - 600.0).abs() < 1e-9);
/// assert!(weights.iter().all(|&weight| weight > 0.0));
/// ```
#[must_use]
pub fn bootstrap_weights(count: usize, random: &mut Random) -> Vec<f64> {
    // Exponential numbers over their sum.
    let draws: Vec<f64> = (0..count)
        .map(|_| -(1.0 - random.uniform()).ln() + 1e-300)
        .collect();
    let mean = draws.iter().sum::<f64>() / count as f64;
    draws.into_iter().map(|draw| draw / mean).collect()
}

/// Histograms of a property, with a band over models.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyBands {
    /// The ends of the bins, one more than there are bins.
    pub edges: Vec<f64>,
    /// The 1 % quantile over models of the part of the samples in each bin.
    pub low: Vec<f64>,
    /// The median.
    pub median: Vec<f64>,
    /// The 99 % quantile.
    pub high: Vec<f64>,
}

/// The part of values in each bin between edges; the last bin has its upper end.
pub(crate) fn histogram(values: &[f64], edges: &[f64]) -> Vec<f64> {
    let mut counts = vec![0.0; edges.len() - 1];
    for &value in values {
        let bin = edges[1..].iter().take_while(|&&edge| value >= edge).count();
        if value >= edges[0] && value <= edges[edges.len() - 1] {
            counts[bin.min(edges.len() - 2)] += 1.0;
        }
    }
    let all = values.len().max(1) as f64;
    counts.into_iter().map(|count| count / all).collect()
}

impl PropertyBands {
    /// Of the values of each model's samples, in bins between ascending edges.
    ///
    /// # Panics
    /// When there is no model, or fewer than two edges.
    #[must_use]
    #[track_caller]
    pub fn of(models: &[Vec<f64>], edges: &[f64]) -> Self {
        assert!(
            !models.is_empty() && edges.len() > 1,
            "property bands: {} models, {} edges",
            models.len(),
            edges.len()
        );
        let parts: Vec<Vec<f64>> = models
            .iter()
            .map(|values| histogram(values, edges))
            .collect();
        let at = |q: f64| -> Vec<f64> {
            let bins = 0..edges.len() - 1;
            bins.map(|bin| {
                let mut sorted: Vec<f64> = parts.iter().map(|parts| parts[bin]).collect();
                sort_numbers(&mut sorted);
                quantile(&sorted, q)
            })
            .collect()
        };
        PropertyBands {
            edges: edges.to_vec(),
            low: at(ENDS[0]),
            median: at(0.5),
            high: at(ENDS[1]),
        }
    }

    /// The part of the bins in which the band encloses a histogram of values.
    #[must_use]
    pub fn enclosing(&self, values: &[f64]) -> f64 {
        let parts = histogram(values, &self.edges);
        let within = parts.iter().zip(self.low.iter().zip(&self.high));
        let inside = within.filter(|&(part, (low, high))| low <= part && part <= high);
        inside.count() as f64 / parts.len() as f64
    }
}
