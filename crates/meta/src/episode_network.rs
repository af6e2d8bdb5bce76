//! Networks of episodes: feed-forward or recurrent, whatever the model's layers say.

use metaplast_autodiff::{State, Tape, Var};
use metaplast_plasticity::diagnostics::{alignment_angles, orthonormality_errors};
use metaplast_plasticity::{
    BoundRule, Network, Number, Pathway, RecurrentNetwork, Remembered, Rule,
};
use metaplast_tensor::Tensor;

use crate::evaluated::Evaluated;
use crate::examples::EpisodeExamples;
use crate::query::{Diagnostics, score};
use crate::query_loss::QueryLoss;
use crate::start::Model;

/// The network of an episode on a tape.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one for each episode, on the stack"
)]
pub enum EpisodeNetwork<'t, T: Number> {
    /// It sees an example as a whole.
    FeedForward(Network<'t, T>),
    /// It sees an example as a sequence, so many elements a step as it has inputs.
    Recurrent(RecurrentNetwork<'t, T>),
}

/// The feed-forward network of a model on these states.
///
/// # Panics
/// When the model is recurrent.
#[track_caller]
pub(crate) fn feed_forward<'t, T: Number>(
    tape: &'t Tape<T>,
    model: &Model,
    carried: &[State<'t, T>],
    feedback: &Pathway<T>,
    seed: u64,
) -> Network<'t, T> {
    Network::builder(tape, &model.architecture)
        .states(carried)
        .feedback(&model.feedback, feedback)
        .seed(seed)
        .build()
}

impl<'t, T: Number> EpisodeNetwork<'t, T> {
    /// The network of a model on these states.
    #[track_caller]
    pub(crate) fn new(
        tape: &'t Tape<T>,
        model: &Model,
        carried: &[State<'t, T>],
        feedback: &Pathway<T>,
        seed: u64,
    ) -> Self {
        let Some(architecture) = model.architecture.recurrent() else {
            let network = feed_forward(tape, model, carried, feedback, seed);
            return EpisodeNetwork::FeedForward(network);
        };
        let (Some(teaching), Ok(weights)) = (model.feedback.through_time(), carried.try_into())
        else {
            panic!(
                "network: {} states, {} feedback in a recurrent network",
                carried.len(),
                model.feedback
            );
        };
        let network = RecurrentNetwork::on_states(tape, &architecture, weights, teaching, feedback);
        match network {
            Ok(network) => EpisodeNetwork::Recurrent(network),
            Err(error) => panic!("network: {error}"),
        }
    }

    /// The feed-forward network, where it is one.
    #[must_use]
    pub fn feed_forward(&self) -> Option<&Network<'t, T>> {
        match self {
            EpisodeNetwork::FeedForward(network) => Some(network),
            EpisodeNetwork::Recurrent(_) => None,
        }
    }

    /// The recurrent network, where it is one.
    #[must_use]
    pub fn recurrent(&self) -> Option<&RecurrentNetwork<'t, T>> {
        match self {
            EpisodeNetwork::FeedForward(_) => None,
            EpisodeNetwork::Recurrent(network) => Some(network),
        }
    }

    /// The tape.
    #[must_use]
    pub fn tape(&self) -> &'t Tape<T> {
        match self {
            EpisodeNetwork::FeedForward(network) => network.tape(),
            EpisodeNetwork::Recurrent(network) => network.tape(),
        }
    }

    /// The weights as states, transposed, first layer first.
    #[must_use]
    pub fn states(&self) -> &[State<'t, T>] {
        match self {
            EpisodeNetwork::FeedForward(network) => network.states(),
            EpisodeNetwork::Recurrent(network) => network.states(),
        }
    }

    /// A copy of the present weights.
    #[must_use]
    pub fn weights(&self) -> Pathway<T> {
        match self {
            EpisodeNetwork::FeedForward(network) => network.weights(),
            EpisodeNetwork::Recurrent(network) => network.weights(),
        }
    }

    /// What a rule's memories hold now, as [`Network::memory`] has it.
    #[must_use]
    pub fn memory(&self) -> Vec<Remembered<'t, T>> {
        match self {
            EpisodeNetwork::FeedForward(network) => network.memory(),
            EpisodeNetwork::Recurrent(network) => network.memory(),
        }
    }

    /// Copies of what [`memory`](Self::memory) gives.
    #[must_use]
    pub fn memory_values(&self) -> Vec<Tensor<T>> {
        match self {
            EpisodeNetwork::FeedForward(network) => network.memory_values(),
            EpisodeNetwork::Recurrent(network) => network.memory_values(),
        }
    }

    /// Gives the memories of a rule these values, in the order of [`memory`](Self::memory).
    ///
    /// # Panics
    /// When there is not one value for each memory in each layer.
    #[track_caller]
    pub fn set_memory(&self, rule: &Rule, values: &[Remembered<'t, T>]) {
        match self {
            EpisodeNetwork::FeedForward(network) => network.set_memory(rule, values),
            EpisodeNetwork::Recurrent(network) => network.set_memory(rule, values),
        }
    }

    /// Takes what the memories hold off the tape; see [`Network::keep_memory`].
    pub(crate) fn keep_memory(&self) {
        match self {
            EpisodeNetwork::FeedForward(network) => network.keep_memory(),
            EpisodeNetwork::Recurrent(network) => network.keep_memory(),
        }
    }

    /// Online step `t` of an episode.
    #[track_caller]
    pub(crate) fn step(&self, rule: &BoundRule<'t, T>, examples: &EpisodeExamples<'_>, t: usize) {
        match self {
            EpisodeNetwork::FeedForward(network) => {
                let (x, label) = examples.step(network.tape(), t);
                network.at_step(t as u64).step(rule, x, label);
            }
            EpisodeNetwork::Recurrent(network) => {
                let width = network.architecture().inputs();
                let (inputs, label) = examples.step_in_pieces(network.tape(), t, width);
                network.step(rule, &inputs, label);
            }
        }
    }

    /// The same step; before a layer changes, `seen` is told its number from 0 and what each term adds to it.
    #[track_caller]
    pub(crate) fn step_in_parts(
        &self,
        rule: &BoundRule<'t, T>,
        examples: &EpisodeExamples<'_>,
        t: usize,
        seen: &mut dyn FnMut(usize, &[Tensor<T>]),
    ) {
        match self {
            EpisodeNetwork::FeedForward(network) => {
                let (x, label) = examples.step(network.tape(), t);
                let network = network.at_step(t as u64);
                network.step_in_parts(rule, x, label, seen);
            }
            EpisodeNetwork::Recurrent(network) => {
                let width = network.architecture().inputs();
                let (inputs, label) = examples.step_in_pieces(network.tape(), t, width);
                network.step_in_parts(rule, &inputs, label, seen);
            }
        }
    }

    /// How it does on the query examples.
    ///
    /// # Panics
    /// When there are none or they do not fit, or a recurrent network is scored by what its hidden layer does.
    #[track_caller]
    pub(crate) fn judge(
        &self,
        examples: &EpisodeExamples<'_>,
        query_loss: QueryLoss,
        diagnostics: bool,
    ) -> Evaluated<'t, T> {
        match self {
            EpisodeNetwork::FeedForward(network) => {
                let (inputs, labels) = examples.query();
                let x = network.tape().constant(&inputs);
                let asked = (query_loss, diagnostics);
                evaluate(network, (x, &labels), network.logits(x), asked)
            }
            EpisodeNetwork::Recurrent(network) => {
                let (inputs, labels) = examples.query_row_by_row();
                let pieces = pieces(&inputs, network.architecture().inputs());
                let constant = |x: &Tensor<T>| network.tape().constant(x);
                let pieces: Vec<_> = pieces.iter().map(constant).collect();
                let logits = network.logits(&pieces);
                let logits = *logits.last().expect("a sequence has a step");
                Evaluated {
                    query: logits.with(|z| score(z, &labels)),
                    diagnostics: diagnostics.then(|| diagnose(network, &inputs, &labels)),
                    loss: query_loss.of_recurrent(network, logits, &labels),
                    query_loss,
                }
            }
        }
    }
}

/// How a network does on the query examples that it makes these logits of; its weights are looked at where
/// diagnostics are asked for.
#[track_caller]
pub(crate) fn evaluate<'t, T: Number>(
    network: &Network<'t, T>,
    (x, labels): (Var<'t, T>, &[usize]),
    logits: Var<'t, T>,
    (query_loss, diagnostics): (QueryLoss, bool),
) -> Evaluated<'t, T> {
    let query = logits.with(|z| score(z, labels));
    let diagnostics = diagnostics.then(|| Diagnostics {
        angles: alignment_angles(network, x, labels),
        orthonormality: orthonormality_errors(network, x),
        weight_norms: weight_norms(network.states()),
    });
    Evaluated {
        query,
        diagnostics,
        loss: query_loss.of(network, x, logits, labels),
        query_loss,
    }
}

fn diagnose<T: Number>(
    network: &RecurrentNetwork<'_, T>,
    inputs: &Tensor<T>,
    labels: &[usize],
) -> Diagnostics {
    let width = network.architecture().inputs();
    let inputs = inputs.cast::<f64>();
    let rows = inputs.data().chunks(inputs.dims()[1]);
    let sequence = |row: &[f64]| {
        let pieces = row.chunks(width);
        pieces
            .map(|piece| Tensor::new([width], piece.to_vec()))
            .collect()
    };
    let sequences: Vec<_> = rows.map(sequence).zip(labels.iter().copied()).collect();
    let found = network.diagnose(&sequences);
    Diagnostics {
        angles: found.angles,
        orthonormality: found.orthonormality,
        weight_norms: weight_norms(network.states()),
    }
}

/// Inputs `[n, steps · width]` as `[n, width]` of each step.
fn pieces<T: Number>(inputs: &Tensor<T>, width: usize) -> Vec<Tensor<T>> {
    let [n, elements] = [0, 1].map(|axis| inputs.dims()[axis]);
    let piece = |step: usize| {
        let rows = inputs.data().chunks(elements);
        let rows = rows.flat_map(|row| &row[step * width..][..width]);
        Tensor::new([n, width], rows.copied().collect())
    };
    (0..elements / width).map(piece).collect()
}

fn weight_norms<T: Number>(weights: &[State<'_, T>]) -> Vec<f64> {
    let norm = |w: &[T]| {
        let squares = w.iter().map(|w| w.to_f64() * w.to_f64());
        squares.sum::<f64>().sqrt()
    };
    weights.iter().map(|w| w.with(norm)).collect()
}
