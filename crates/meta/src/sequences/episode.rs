//! Episodes of sequences: online learning from a random start, an evaluation, and its gradient by θ.

use metaplast_autodiff::{Dual, Tape, Var};
use metaplast_data::sequences::{LabelledSequence, SequenceTask};
use metaplast_plasticity::{BoundRule, Number, RecurrentNetwork, TANGENTS};
use metaplast_tensor::Tensor;

use super::model::{SequenceModel, SequenceStart};
use crate::gradient::Outcome;
use crate::query::{QueryScore, score};
use crate::seeds::EpisodeKey;

/// What happens in an episode of sequences, whatever numbers compute it.
#[derive(Clone, Copy, Debug)]
pub struct SequenceEpisode<'a> {
    /// What learns.
    pub model: &'a SequenceModel,
    /// The rule's coefficients in this episode; those in the model are not looked at.
    pub theta: &'a [f64],
    /// From which the first weights follow.
    pub key: EpisodeKey,
    /// What is learned from, once each and in this order, and what the network is judged on.
    pub task: &'a SequenceTask,
}

impl<'a> SequenceEpisode<'a> {
    /// An episode at the model's own θ.
    #[must_use]
    pub fn new(model: &'a SequenceModel, key: EpisodeKey, task: &'a SequenceTask) -> Self {
        SequenceEpisode {
            model,
            theta: model.rule.theta(),
            key,
            task,
        }
    }

    /// The same at other coefficients.
    #[must_use]
    pub fn with_theta(self, theta: &'a [f64]) -> Self {
        SequenceEpisode { theta, ..self }
    }

    /// Puts the network on a tape, before the first sequence.
    #[must_use]
    pub fn begin<'t, T: Number>(&self, tape: &'t Tape<T>) -> RecurrentNetwork<'t, T> {
        let SequenceModel {
            architecture,
            teaching,
            ..
        } = self.model;
        let start = SequenceStart::draw(self.model, self.key);
        let (weights, feedback) = (&start.weights, &start.feedback);
        RecurrentNetwork::new(tape, architecture, weights, *teaching, feedback)
            .expect("the start is drawn for the architecture")
    }

    /// Learns from a sequence by a rule on the network's tape.
    ///
    /// # Panics
    /// When the sequence does not fit the network.
    #[track_caller]
    pub fn learn<'t, T: Number>(
        network: &RecurrentNetwork<'t, T>,
        rule: &BoundRule<'t, T>,
        sequence: &LabelledSequence,
    ) {
        let tape = network.tape();
        let constant = |x: &Vec<f32>| {
            tape.constant_with(x.len(), |into| {
                let elements = into.iter_mut().zip(x);
                elements.for_each(|(into, &x)| *into = T::from_f64(f64::from(x)));
            })
        };
        let inputs: Vec<Var<'t, T>> = sequence.inputs.iter().map(constant).collect();
        network.step(rule, &inputs, sequence.label);
    }

    /// The query score, and the mean cross-entropy on the tape: of the last outputs, or the mean over all steps
    /// where each has outputs; the score is that of the last ones.
    ///
    /// # Panics
    /// When there are no query sequences, or they have not one length and the network's inputs.
    #[track_caller]
    #[must_use]
    pub fn evaluate<'t, T: Number>(
        &self,
        network: &RecurrentNetwork<'t, T>,
    ) -> (QueryScore, Var<'t, T>) {
        let query = &self.task.query;
        let steps = query.first().map_or(0, |sequence| sequence.inputs.len());
        assert!(
            query.iter().all(|sequence| sequence.inputs.len() == steps),
            "sequence episode: query sequences of several lengths"
        );
        let inputs: Vec<Var<'t, T>> = (0..steps)
            .map(|t| {
                let rows = query.iter().flat_map(|sequence| &sequence.inputs[t]);
                let rows: Vec<T> = rows.map(|&x| T::from_f64(f64::from(x))).collect();
                let shape = [query.len(), rows.len() / query.len()];
                network.tape().constant(&Tensor::new(shape, rows))
            })
            .collect();
        let labels: Vec<usize> = query.iter().map(|sequence| sequence.label).collect();
        let logits = network.logits(&inputs);
        let last = logits[logits.len() - 1].value();
        let share = 1.0 / logits.len() as f64;
        let losses = logits
            .iter()
            .map(|logits| logits.softmax_cross_entropy(&labels));
        let sum = losses.reduce(|a, b| a + b);
        let loss = sum.expect("a sequence has a step") * share;
        (score(last.data(), &labels), loss)
    }

    /// Runs the episode on a tape, which is reset first, with the gradient in reverse mode: the sweep undoes the
    /// updates of the weights.
    ///
    /// # Panics
    /// When the task does not fit the model, or θ does not have one coefficient per term.
    #[track_caller]
    #[must_use]
    pub fn reverse<T: Number>(&self, tape: &Tape<T>) -> Outcome {
        tape.reset();
        let network = self.begin(tape);
        let theta: Vec<_> = self
            .theta
            .iter()
            .map(|&theta| tape.scalar(T::from_f64(theta)))
            .collect();
        let rule = self.model.rule.bind_to(&theta);
        for sequence in &self.task.support {
            Self::learn(&network, &rule, sequence);
        }
        let (query, loss) = self.evaluate(&network);
        let gradient = query.cross_entropy.is_finite().then(|| {
            let gradients = loss.backward();
            let wrt = |&theta: &Var<'_, T>| gradients.wrt(theta).item().to_f64();
            theta.iter().map(wrt).collect()
        });
        Outcome::new(query, gradient, None)
    }

    /// The same in f64 with the gradient in forward mode, of which no step stays on the tape: memory that does
    /// not grow with the number of sequences.
    ///
    /// # Panics
    /// As [`reverse`](Self::reverse).
    #[track_caller]
    #[must_use]
    pub fn forward(&self) -> Outcome {
        let tape = Tape::<Dual<f64, TANGENTS>>::new();
        let mut gradient = Vec::new();
        loop {
            let (query, slopes) = self.forward_pass(&tape, gradient.len());
            gradient.extend(slopes);
            if gradient.len() >= self.theta.len() {
                let finite = query.cross_entropy.is_finite();
                return Outcome::new(query, finite.then_some(gradient), None);
            }
        }
    }

    /// One pass, with tangents by as many coefficients from `first` on as fit.
    #[track_caller]
    fn forward_pass(
        &self,
        tape: &Tape<Dual<f64, TANGENTS>>,
        first: usize,
    ) -> (QueryScore, Vec<f64>) {
        tape.reset();
        let directions = self.theta.len().saturating_sub(first).min(TANGENTS);
        tape.without_gradients(|| {
            let network = self.begin(tape);
            let theta = (0..).zip(self.theta).map(|(r, &theta)| {
                tape.scalar(match (first..first + directions).contains(&r) {
                    true => Dual::seeded(theta, r - first),
                    false => Dual::constant(theta),
                })
            });
            let rule = self.model.rule.bind_to(&theta.collect::<Vec<_>>());
            for sequence in &self.task.support {
                tape.unrecorded(|| Self::learn(&network, &rule, sequence));
            }
            let (query, loss) = self.evaluate(&network);
            (query, loss.item().tangent()[..directions].to_vec())
        })
    }
}
