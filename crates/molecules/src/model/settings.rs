//! Sizes of a model, and how it is trained.

use super::input::EncoderInput;
use crate::net::DecoderShape;
use crate::net::penalties::ConstraintPenalty;

/// The sizes of an autoencoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaeSettings {
    /// Places of a graph.
    pub places: usize,
    /// Numbers of the latent vector.
    pub latent: usize,
    /// Hidden units of the encoder.
    pub hidden: usize,
    /// Whether the encoder normalises over batches.
    pub batch_norm: bool,
    /// What the encoder is given.
    pub input: EncoderInput,
    /// Widths of the decoder's hidden layers.
    pub decoder_hidden: Vec<usize>,
    /// Numbers for each place and order over which two places' vectors are multiplied.
    pub inner: usize,
    /// Numbers on which encoder and decoder are conditioned.
    pub conditions: usize,
}

impl VaeSettings {
    /// For five places: latent 12, hidden 200, no batch normalisation.
    #[must_use]
    pub fn five_places(input: EncoderInput) -> Self {
        VaeSettings {
            places: 5,
            latent: 12,
            hidden: 200,
            batch_norm: false,
            input,
            decoder_hidden: vec![200, 200],
            inner: 8,
            conditions: 0,
        }
    }

    /// For nine places, as the release has it: latent 30, hidden 400, 12 wavelets and 4 layers, batch
    /// normalisation.
    #[must_use]
    pub fn as_released() -> Self {
        VaeSettings {
            places: 9,
            latent: 30,
            hidden: 400,
            batch_norm: true,
            input: EncoderInput::Scattering {
                wavelets: 12,
                layers: 4,
            },
            decoder_hidden: vec![60, 120, 240],
            inner: 8,
            conditions: 0,
        }
    }

    pub(crate) fn decoder(&self) -> DecoderShape {
        DecoderShape {
            inputs: self.latent + self.conditions,
            hidden: self.decoder_hidden.clone(),
            places: self.places,
            inner: self.inner,
        }
    }
}

/// How much the penalties on samples from the prior count, each beside the loss of a molecule.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PenaltyWeights {
    /// Of [`ConstraintPenalty::Valence`].
    pub valence: f64,
    /// Of [`ConstraintPenalty::Connectivity`].
    pub connectivity: f64,
    /// Of [`ConstraintPenalty::ThreeRing`].
    pub three_ring: f64,
    /// Of [`ConstraintPenalty::TripleInRing`], the published form.
    pub triple_in_ring: f64,
    /// Of [`ConstraintPenalty::TripleReached`], the form that does not depend on a ring's size.
    pub triple_reached: f64,
}

impl PenaltyWeights {
    /// The first three penalties with one weight.
    #[must_use]
    pub fn first_three(weight: f64) -> Self {
        PenaltyWeights {
            valence: weight,
            connectivity: weight,
            three_ring: weight,
            ..Self::default()
        }
    }

    /// With all weights so many times as great.
    #[must_use]
    pub fn scaled(self, by: f64) -> Self {
        PenaltyWeights {
            valence: by * self.valence,
            connectivity: by * self.connectivity,
            three_ring: by * self.three_ring,
            triple_in_ring: by * self.triple_in_ring,
            triple_reached: by * self.triple_reached,
        }
    }

    /// Those that count, with their weights.
    pub(crate) fn counting(&self) -> Vec<(ConstraintPenalty, f64)> {
        let all = [
            (ConstraintPenalty::Valence, self.valence),
            (ConstraintPenalty::Connectivity, self.connectivity),
            (ConstraintPenalty::ThreeRing, self.three_ring),
            (ConstraintPenalty::TripleInRing, self.triple_in_ring),
            (ConstraintPenalty::TripleReached, self.triple_reached),
        ];
        all.into_iter()
            .filter(|&(_, weight)| weight != 0.0)
            .collect()
    }
}

/// By which errors and increments the decoder learns. The encoder learns by backpropagation of the errors
/// that the decoder hands it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum DecoderLearning {
    /// The gradient.
    #[default]
    Backpropagation,
    /// Errors that travel back through fixed random matrices B instead of the decoder's weights: a layer
    /// with input x and error δ descends `δ xᵀ` (feedback alignment, Lillicrap et al. 2016).
    RandomFeedback,
    /// With errors as of [`RandomFeedback`](Self::RandomFeedback), a layer with output y descends
    /// `δ xᵀ + a δ eᵀ − b (y xᵀ − y yᵀ W)`, where e = Bᵀ δ is the error of its input: terms of Shervani-Tabar
    /// & Rosenbaum, Nature Communications 14:1805 (2023), whose coefficients can be learned.
    Rule {
        /// a, of the term of two errors.
        errors: f64,
        /// b, of Oja's term.
        oja: f64,
    },
}

/// How an autoencoder is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VaeTraining {
    /// Passes over the molecules.
    pub epochs: usize,
    /// Molecules of a batch.
    pub batch: usize,
    /// Adam's rate in the first step.
    pub rate: f64,
    /// The rate to which it falls along half a cosine until the last step. At a constant rate the part of
    /// samples that are valid changes from epoch to epoch by about as much as penalties bring.
    pub final_rate: f64,
    /// What the penalties count.
    pub penalties: PenaltyWeights,
    /// Samples from the prior for each molecule, over which a penalty's root mean square is taken.
    pub prior_samples: usize,
    /// By which errors the decoder learns.
    pub decoder: DecoderLearning,
}

impl Default for VaeTraining {
    /// 400 epochs in batches of 50 at a rate from 2·10⁻³ to 0, without penalties, which would take 4 samples.
    fn default() -> Self {
        VaeTraining {
            epochs: 400,
            batch: 50,
            rate: 2e-3,
            final_rate: 0.0,
            penalties: PenaltyWeights::default(),
            prior_samples: 4,
            decoder: DecoderLearning::Backpropagation,
        }
    }
}
