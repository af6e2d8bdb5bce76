//! Learning in batches: one step by the mean of several examples' increments.

use std::cell::RefCell;

use metaplast_autodiff::Var;
use metaplast_tensor::Tensor;

use crate::connection::Connection;
use crate::feedback::online_step::OnlineStep;
use crate::feedback::teaching::TeachingSignals;
use crate::forward::Activations;
use crate::network::Network;
use crate::number::Number;
use crate::rule::bound::BoundRule;
use crate::step_signals::StepSignals;
use crate::update::LayerUpdate;

/// A batch that has passed through a network, at the weights from which it will be learned.
pub(crate) struct BatchPass<'n, 't, T: Number> {
    network: &'n Network<'t, T>,
    rule: &'n BoundRule<'t, T>,
    examples: Vec<Example<'t, T>>,
    /// 1/n, rank 0.
    pub(crate) share: Var<'t, T>,
}

/// Activity, teaching signals, and what else the rule is told.
type Example<'t, T> = (
    Activations<'t, T>,
    TeachingSignals<'t, T>,
    StepSignals<'t, T>,
);

impl<'t, T: Number> Network<'t, T> {
    /// One step by a batch of inputs, `[n_0]` each, with targets, `[n_L]` each: every layer changes by
    /// the mean of the increments that the rule gives each example, all from the weights before the
    /// step, and so do feedback weights that learn. Of one example it is
    /// [`step_towards`](Self::step_towards), bit for bit.
    ///
    /// The examples count as steps, see [`at_step`](Self::at_step): what is random in a step is drawn
    /// for each of them. Like other steps it is recorded for a gradient where the tape records.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_plasticity::{Architecture, Network, Output, Pathway, Rule};
    /// # use metaplast_tensor::tensor;
    /// let architecture = Architecture::new(vec![1, 1])?.with_output(Output::Linear);
    /// let tape = Tape::new();
    /// let weights = Pathway::from_matrices(&[tensor![[1.0]]]);
    /// let network = Network::builder(&tape, &architecture).weights(&weights).build();
    /// let rule = Rule::from_pool(&[0])?.with_theta(&[0.5]).bind_constant(&tape);
    /// let (x, t) = ([1.0, 2.0], [0.0, 4.0]);
    /// let vector = |x: f64| tape.constant(&tensor![x]);
    /// network.step_batch(&rule, &[(vector(x[0]), vector(t[0])), (vector(x[1]), vector(t[1]))]);
    /// // 1 − 0.5 ((1 − 0) 1 + (2 − 4) 2) / 2
    /// assert_eq!(network.weights().matrices()[0], tensor![[1.75]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// When the batch is empty, or an input or target does not have the network's size.
    #[track_caller]
    pub fn step_batch(&self, rule: &BoundRule<'t, T>, batch: &[(Var<'t, T>, Var<'t, T>)]) {
        if let [(x, target)] = *batch {
            return self.step_towards(rule, x, target);
        }
        let pass = self.pass_batch(rule, batch);
        for layer in 0..self.architecture().layers() {
            let update = pass.update(layer);
            update.apply_share(self.states()[layer], pass.share);
        }
        for (layer, update) in pass.feedback_updates() {
            update.apply_share(self.carried()[layer], pass.share);
        }
    }

    /// Activity and teaching signals of a batch at the present weights.
    #[track_caller]
    pub(crate) fn pass_batch<'n>(
        &'n self,
        rule: &'n BoundRule<'t, T>,
        batch: &[(Var<'t, T>, Var<'t, T>)],
    ) -> BatchPass<'n, 't, T> {
        assert!(!batch.is_empty(), "step_batch: a batch of no examples");
        let pass = |(number, &(x, target)): (u64, &(Var<'t, T>, Var<'t, T>))| {
            let activations = self.forward(x.with_sparsity_pattern());
            let (signals, told) = self.teach_by(rule, &activations, target, number);
            (activations, signals, told)
        };
        let share = T::from_f64(batch.len() as f64);
        BatchPass {
            network: self,
            rule,
            examples: (self.next_step.get()..).zip(batch).map(pass).collect(),
            share: self.tape().constant(&Tensor::scalar(T::ONE / share)),
        }
    }
}

impl<'t, T: Number> BatchPass<'_, 't, T> {
    /// The sum of what the rule adds to a layer, counted from 0; to be asked for before the layer
    /// changes.
    #[track_caller]
    pub(crate) fn update(&self, layer: usize) -> LayerUpdate<'t, T> {
        let weights = self.network.states()[layer];
        let connection = self.network.architecture().connection(layer);
        let places = connection.and_then(Connection::places);
        let mut update = LayerUpdate::new(self.network.one(), places);
        for (activations, signals, told) in &self.examples {
            let seen = signals.activity_or(activations);
            self.network.step_signals.replace(told.clone());
            self.network.with_layer_signals(
                layer,
                seen,
                &signals.errors,
                (None, None),
                |signals| {
                    self.network.remember(self.rule, signals);
                    self.rule.contribute(signals, &mut update);
                    update.resolve(weights, |x| signals.known_back_projection(x));
                },
            );
        }
        self.network.step_signals.replace(StepSignals::none());
        update
    }

    /// Ends the step: the sums of what the feedback pathway adds to its matrices, by layer from 0.
    pub(crate) fn feedback_updates(&self) -> impl Iterator<Item = (usize, LayerUpdate<'t, T>)> {
        let network = self.network;
        let feedback = network.feedback();
        let first = network.next_step.get();
        let collected = RefCell::new((0..network.carried().len()).map(|_| None).collect());
        for (number, (activations, signals, _)) in (first..).zip(&self.examples) {
            feedback.after_step(OnlineStep {
                rule: self.rule,
                weights: network.states(),
                matrices: feedback.matrices(),
                y: &signals.activity_or(activations).y,
                errors: &signals.errors,
                one: network.one(),
                number,
                seed: feedback.seed,
                collected: Some(&collected),
            });
        }
        network.next_step.set(first + self.examples.len() as u64);
        let collected: Vec<Option<LayerUpdate<'t, T>>> = collected.into_inner();
        let numbered = collected.into_iter().enumerate();
        numbered.filter_map(|(layer, update)| Some((layer, update?)))
    }
}
