//! What learns from sequences, and from where.

use metaplast_plasticity::{Number, Pathway, RecurrentArchitecture, Rule, TeachingThroughTime};

use crate::seeds::{EpisodeKey, Purpose};

/// What learns from sequences: a recurrent network's sizes, its teaching signals and its rule.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceModel {
    /// Sizes, activation, leak and readout.
    pub architecture: RecurrentArchitecture,
    /// How errors travel back through time.
    pub teaching: TeachingThroughTime,
    /// The plasticity terms with their coefficients θ.
    pub rule: Rule,
}

/// The random weights from which an episode starts.
#[derive(Clone, Debug)]
pub struct SequenceStart<T: Number> {
    /// W_in, W_rec and W_out.
    pub weights: Pathway<T>,
    /// The feedback's own matrices.
    pub feedback: Pathway<T>,
}

impl<T: Number> SequenceStart<T> {
    /// The start of the episode with this key.
    #[must_use]
    pub fn draw(model: &SequenceModel, key: EpisodeKey) -> Self {
        let architecture = &model.architecture;
        let mut weights = key.stream(Purpose::Weights);
        let mut feedback = key.stream(Purpose::Feedback);
        SequenceStart {
            weights: Pathway::uniform_of(&architecture.shapes(), &mut weights),
            feedback: model.teaching.draw(architecture, &mut feedback),
        }
    }
}
