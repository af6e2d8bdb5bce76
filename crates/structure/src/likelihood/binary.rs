//! The likelihood of binary atoms, by all their states.

use metaplast_tensor::Scalar;

use crate::ground_model::GroundModel;

/// Atoms, at most: so many have a million states.
const MOST_ATOMS: usize = 20;

/// The distribution p(y) ∝ exp(−E(y)) over y ∈ {0, 1}ⁿ, by enumeration: exact, for few atoms.
///
/// ```
/// use metaplast_structure::{BinaryLikelihood, GroundModelBuilder};
///
/// let mut builder = GroundModelBuilder::new(1, 1);
/// builder.add(0, 0.0, &[(0, 1.0)]);
/// let exact = BinaryLikelihood::new(&builder.build(), &[2.0]);
/// assert!((exact.marginals()[0] - 1.0 / (1.0 + 2f64.exp())).abs() < 1e-15);
/// ```
#[derive(Clone, Debug)]
pub struct BinaryLikelihood {
    /// ln Σ exp(−E).
    log_mass: f64,
    weights: Vec<f64>,
    mean_energies: Vec<f64>,
    marginals: Vec<f64>,
    model: GroundModel,
}

impl BinaryLikelihood {
    /// Of a model with weights.
    ///
    /// # Panics
    /// When there is not one weight for each rule, or there are more than 20 atoms.
    #[must_use]
    #[track_caller]
    pub fn new(model: &GroundModel, weights: &[f64]) -> Self {
        let atoms = model.atoms();
        assert!(
            atoms <= MOST_ATOMS,
            "binary likelihood: {atoms} atoms, at most {MOST_ATOMS}"
        );
        assert_eq!(
            weights.len(),
            model.rules(),
            "binary likelihood: weights, rules"
        );
        let states = 0..1u64 << atoms;
        let energies: Vec<f64> = states
            .map(|state| model.energy(weights, &values(state, atoms)))
            .collect();
        let least = energies.iter().copied().fold(f64::INFINITY, f64::min);
        let mut mass = 0.0;
        let mut mean_energies = vec![0.0; model.rules()];
        let mut marginals = vec![0.0; atoms];
        for (state, energy) in energies.iter().enumerate() {
            let y = values(state as u64, atoms);
            let p = Scalar::exp(least - energy);
            mass += p;
            for (mean, energy) in mean_energies.iter_mut().zip(model.rule_energies(&y)) {
                *mean += p * energy;
            }
            for (marginal, y) in marginals.iter_mut().zip(&y) {
                *marginal += p * y;
            }
        }
        mean_energies
            .iter_mut()
            .chain(&mut marginals)
            .for_each(|sum| *sum /= mass);
        BinaryLikelihood {
            log_mass: Scalar::ln(mass) - least,
            weights: weights.to_vec(),
            mean_energies,
            marginals,
            model: model.clone(),
        }
    }

    /// ln p(y).
    ///
    /// # Panics
    /// When there is not one value for each atom.
    #[must_use]
    #[track_caller]
    pub fn log_likelihood(&self, y: &[f64]) -> f64 {
        -self.model.energy(&self.weights, y) - self.log_mass
    }

    /// The derivatives of ln p(y) with respect to the weights, ⟨Φ_r⟩ − Φ_r(y).
    ///
    /// # Panics
    /// When there is not one value for each atom.
    #[must_use]
    #[track_caller]
    pub fn gradient(&self, y: &[f64]) -> Vec<f64> {
        let own = self.model.rule_energies(y);
        self.mean_energies
            .iter()
            .zip(&own)
            .map(|(mean, own)| mean - own)
            .collect()
    }

    /// The probability of each atom to be true.
    #[must_use]
    pub fn marginals(&self) -> &[f64] {
        &self.marginals
    }
}

fn values(state: u64, atoms: usize) -> Vec<f64> {
    (0..atoms).map(|atom| (state >> atom & 1) as f64).collect()
}
