//! Standardised properties, and their normal distribution.

use metaplast_tensor::{Random, Tensor};

use crate::molecule::Molecule;
use crate::properties::MolecularProperty;

/// Added to variances, so that properties that follow from each other still have a distribution.
const JITTER: f64 = 1e-9;

/// Properties of training molecules: their means and deviations, by which they are standardised, and
/// their covariance. Where one is wanted, the others are drawn from the normal distribution given it.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyConditions {
    properties: Vec<MolecularProperty>,
    means: Vec<f64>,
    deviations: Vec<f64>,
    /// Of the standardised properties, `[k, k]`.
    covariance: Tensor<f64>,
}

impl PropertyConditions {
    /// Of these properties in training molecules.
    ///
    /// # Panics
    /// When there are fewer than two molecules.
    #[must_use]
    #[track_caller]
    pub fn of(properties: &[MolecularProperty], molecules: &[Molecule]) -> Self {
        let count = molecules.len();
        assert!(count > 1, "property conditions: {count} molecules");
        let columns: Vec<Vec<f64>> = properties.iter().map(|p| p.of_each(molecules)).collect();
        let mean = |xs: &[f64]| xs.iter().sum::<f64>() / count as f64;
        let means: Vec<f64> = columns.iter().map(|column| mean(column)).collect();
        let centred: Vec<Vec<f64>> = columns
            .iter()
            .zip(&means)
            .map(|(column, mean)| column.iter().map(|x| x - mean).collect())
            .collect();
        let product =
            |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / count as f64;
        let deviations: Vec<f64> = centred
            .iter()
            .map(|column| match product(column, column).sqrt() {
                deviation if deviation > 0.0 => deviation,
                _ => 1.0,
            })
            .collect();
        let covariance = Tensor::from_fn([properties.len(); 2], |at| {
            let (i, j) = (at[0], at[1]);
            product(&centred[i], &centred[j]) / (deviations[i] * deviations[j])
        });
        PropertyConditions {
            properties: properties.to_vec(),
            means,
            deviations,
            covariance,
        }
    }

    /// The properties.
    #[must_use]
    pub fn properties(&self) -> &[MolecularProperty] {
        &self.properties
    }

    /// The standardised properties of a molecule.
    #[must_use]
    pub fn standardised(&self, molecule: &Molecule) -> Vec<f64> {
        let values = self.properties.iter().map(|property| property.of(molecule));
        let values = values.zip(self.means.iter().zip(&self.deviations));
        values
            .map(|(value, (mean, deviation))| (value - mean) / deviation)
            .collect()
    }

    /// Standardised properties of which the one at `place` has this value, in its own unit, and the
    /// others are drawn given it.
    ///
    /// # Panics
    /// When there is no such place.
    #[must_use]
    #[track_caller]
    pub fn draw_given(&self, place: usize, value: f64, random: &mut Random) -> Vec<f64> {
        let k = self.properties.len();
        assert!(place < k, "draw_given: property {place} of {k}");
        let wanted = (value - self.means[place]) / self.deviations[place];
        let others: Vec<usize> = (0..k).filter(|&i| i != place).collect();
        let c = |i: usize, j: usize| self.covariance[[i, j]];
        let variance = c(place, place) + JITTER;
        // μ₁ + C₁₂ C₂₂⁻¹ (y − μ₂) and C₁₁ − C₁₂ C₂₂⁻¹ C₂₁, with means of zero.
        let rest = Tensor::from_fn([k - 1, k - 1], |at| {
            let (i, j) = (others[at[0]], others[at[1]]);
            let left = c(i, j) - c(i, place) * c(place, j) / variance;
            left + if i == j { 2.0 * JITTER } else { 0.0 }
        });
        let factor = rest.cholesky().expect("a covariance with jitter");
        let normal = Tensor::normal([k - 1], 0.0, 1.0, random);
        let spread = factor.matvec(&normal);
        let mut drawn = vec![wanted; k];
        for (&i, &deviation) in others.iter().zip(spread.data()) {
            drawn[i] = c(i, place) / variance * wanted + deviation;
        }
        drawn
    }
}
