//! Reverse mode with the first layer by Gram matrix: one tape, on which that layer is what it makes of the
//! episode's inputs; see [`GramLayer`].

use std::borrow::Cow;
use std::sync::Arc;

use metaplast_autodiff::Tape;
use metaplast_plasticity::{GramError, GramLayer, KnownInputs, Number};
use metaplast_tensor::Tensor;
use thiserror::Error;

use super::outcome::{Ask, Outcome};
use crate::episode::Episode;
use crate::episode_network::evaluate;
use crate::examples::EpisodeExamples;
use crate::query_loss::QueryLoss;
use crate::start::{Model, Start};

/// Why an episode cannot keep its first layer by Gram matrix.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NeedsWeights {
    /// Its learning needs the weights.
    #[error(transparent)]
    Learning(#[from] GramError),
    /// Its score does.
    #[error("a query loss of {0} looks at weights or hidden layers; choose cross-entropy")]
    QueryLoss(QueryLoss),
}

/// Whether episodes of a model with this score can keep their first layer by Gram matrix, as
/// [`GradientMode::Gram`](super::GradientMode::Gram) does.
///
/// # Errors
/// When they cannot.
pub fn check(model: &Model, query_loss: QueryLoss) -> Result<(), NeedsWeights> {
    GramLayer::<f64>::check(&model.architecture, &model.feedback, &model.rule)?;
    match query_loss {
        QueryLoss::CrossEntropy => Ok(()),
        other => Err(NeedsWeights::QueryLoss(other)),
    }
}

/// An episode on one tape, with or without its gradient; `inputs` lends its memory.
#[track_caller]
pub(super) fn episode<T: Number>(
    (tape, inputs): (&Tape<T>, &mut Arc<KnownInputs<T>>),
    episode: &Episode<'_>,
    start: Cow<'_, Start<T>>,
    ask: Ask,
) -> Outcome {
    if let Err(error) = check(episode.model, episode.query_loss) {
        panic!("gradient gram: {error}");
    }
    tape.reset();
    let live = episode.begin_from(tape, start);
    let network = live.network().feed_forward();
    let network = network.expect("no recurrent network passes the check");
    let (rule, theta) = episode.bind(tape);
    let examples = &episode.examples;
    let (query, labels) = examples.query();
    let rows = Rows::new(episode.steps, examples.support_len(), labels.len());
    rows.write(examples, &query, inputs);
    let first = GramLayer::new(network, Arc::clone(inputs));
    let first = match ask.diagnostics {
        true => first.keeping_weights(),
        false => first,
    };
    let step = |t: usize| {
        first.step(
            network.at_step(t as u64),
            &rule,
            rows.at(t),
            examples.label(t),
        );
    };
    for t in 0..episode.steps {
        if ask.gradient {
            step(t);
        } else {
            tape.unrecorded(|| step(t));
        }
        first.forget_from(rows.to_come(t));
    }
    let logits = first.logits(network, 0..rows.query);
    let x = tape.constant(&query);
    let asked = (episode.query_loss, ask.diagnostics);
    let evaluated = evaluate(network, (x, &labels), logits, asked);
    evaluated.into_outcome(ask.gradient.then_some(&theta))
}

/// Which row of the first layer an input has: query inputs come first, and after them those to learn from, in the
/// order of their last step from the end, so that those which do not come again are the last ones.
struct Rows {
    steps: usize,
    support: usize,
    query: usize,
    /// Of inputs to learn from.
    count: usize,
}

impl Rows {
    fn new(steps: usize, support: usize, query: usize) -> Self {
        Rows {
            steps,
            support,
            query,
            count: steps.min(support),
        }
    }

    fn all(&self) -> usize {
        self.query + self.count
    }

    /// Of the input of step `t`.
    fn at(&self, t: usize) -> usize {
        let after = self.count - self.steps % self.count;
        self.all() - 1 - (t % self.support + after) % self.count
    }

    /// How many, the first ones, are read after step `t`.
    fn to_come(&self, t: usize) -> usize {
        let done = (t + 1 + self.count).saturating_sub(self.steps);
        self.all() - done
    }

    /// Writes all inputs, where no episode uses what stands there.
    fn write<T: Number>(
        &self,
        examples: &EpisodeExamples<'_>,
        query: &Tensor<T>,
        inputs: &mut Arc<KnownInputs<T>>,
    ) {
        if Arc::get_mut(inputs).is_none() {
            *inputs = Arc::default();
        }
        let inputs = Arc::get_mut(inputs).expect("nobody else has it");
        inputs.assign([self.all(), query.dims()[1]], |row, x| {
            if row < self.query {
                x.copy_from_slice(query.row(row));
            } else {
                examples.write(self.steps + self.query - 1 - row, x);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn rows_that_do_not_come_again_are_the_last_ones() {
        for (steps, support) in [(5, 5), (3, 5), (12, 5), (10, 5), (1, 1), (7, 1)] {
            let rows = Rows::new(steps, support, 2);
            for t in 0..steps {
                let comes_again = (t + 1..steps).any(|later| later % support == t % support);
                assert_eq!(rows.at(t) < rows.to_come(t), comes_again, "{t} of {steps}");
                let same = |other: &usize| rows.at(*other) == rows.at(t);
                let mut same = (0..steps).filter(same);
                assert!(same.all(|other| other % support == t % support));
                assert!((rows.query..rows.all()).contains(&rows.at(t)));
            }
            assert_eq!(rows.to_come(steps - 1), rows.query);
        }
    }
}
