//! Learning in plain simulation: batches of examples, with momentum, Adam or drift around the rule's
//! increments.

use std::fmt;

use metaplast_autodiff::optim::Optimizer;
use metaplast_autodiff::{State, Var};
use metaplast_tensor::Tensor;

use crate::increments::{IncrementError, IncrementOptimizer, RandomDrift};
use crate::network::Network;
use crate::number::Number;
use crate::rule::bound::BoundRule;

/// A network that learns from batches by a rule, with an [optimiser](IncrementOptimizer) around the
/// rule's increments.
///
/// Without optimiser and drift a step is [`Network::step_batch`], recorded where the tape records. With
/// them the changes of the weights have no low rank, so that no reverse sweep can undo them: then steps
/// are made within [`Tape::without_gradients`](metaplast_autodiff::Tape::without_gradients). Derivatives
/// in dual numbers pass through all of it.
///
/// ```
/// use metaplast_autodiff::Tape;
/// use metaplast_plasticity::{
///     Architecture, Feedback, IncrementOptimizer, Network, NetworkLearner, Output, Pathway, Rule,
/// };
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let architecture = Architecture::new(vec![2, 8, 1])?.with_output(Output::Linear);
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let tape = Tape::<f32>::new();
/// let network = Network::builder(&tape, &architecture)
///     .weights(&Pathway::uniform(&architecture, &mut rng))
///     .build();
/// // Gradient descent with momentum.
/// let rule = Rule::from_pool(&[0])?.with_theta(&[0.05]).bind_constant(&tape);
/// let momentum = IncrementOptimizer::Momentum { momentum: 0.9 };
/// let mut learner = NetworkLearner::new(&network, momentum)?;
/// let batch = [([0.0, 1.0], [1.0]), ([1.0, 0.0], [-1.0])];
/// let batch = batch.each_ref().map(|(x, t)| (&x[..], &t[..]));
/// tape.without_gradients(|| (0..200).try_for_each(|_| learner.step(&rule, &batch)))?;
///
/// let x = tape.constant_with(2, |x| x.copy_from_slice(&[0.0, 1.0]));
/// let y = network.forward(x).y[2].item();
/// assert!((y - 1.0).abs() < 1e-2, "{y}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct NetworkLearner<'n, 't, T: Number> {
    network: &'n Network<'t, T>,
    /// Of the weights, and what it is.
    weights: Wrapped<'t, T>,
    /// Of feedback weights that learn.
    feedback: Wrapped<'t, T>,
    drift: Option<RandomDrift>,
    steps: u64,
}

/// Matrices with an optimiser around their increments.
struct Wrapped<'t, T: Number> {
    kind: IncrementOptimizer,
    optimizer: Box<dyn Optimizer<T>>,
    /// ΔWᵀ of each layer in a step, zeros between steps; none where nothing is around the increments.
    increments: Vec<State<'t, T>>,
}

impl<'t, T: Number> Wrapped<'t, T> {
    fn new(kind: IncrementOptimizer) -> Self {
        Wrapped {
            kind,
            optimizer: kind.start(),
            increments: Vec::new(),
        }
    }

    /// Puts room for increments on the tape, once.
    fn make_room(&mut self, states: &[State<'t, T>], network: &Network<'t, T>) {
        if self.increments.is_empty() {
            let zeros = |state: &State<'t, T>| network.tape().state(&Tensor::zeros(state.shape()));
            self.increments = states.iter().map(zeros).collect();
        }
    }

    /// Moves a layer's matrix by its increments, and `decay` times itself less.
    fn apply(
        &mut self,
        layer: usize,
        matrix: State<'t, T>,
        decay: Option<Var<'t, T>>,
        drift: impl FnOnce(&mut [T]),
    ) {
        let mut value = matrix.value();
        let mut gradient = self.increments[layer].value();
        gradient.map_in_place(|increment| -increment);
        if let Some(decay) = decay {
            let decay = decay.item();
            let elements = gradient.data_mut().iter_mut().zip(value.data());
            elements.for_each(|(gradient, &w)| *gradient += decay * w);
        }
        let optimizer = &mut self.optimizer;
        optimizer.update(layer, value.data_mut(), gradient.data());
        drift(value.data_mut());
        matrix.assign(&value);
        gradient.map_in_place(|_| T::ZERO);
        self.increments[layer].assign(&gradient);
    }
}

impl<'n, 't, T: Number> NetworkLearner<'n, 't, T> {
    /// Around a network's weights as they are; feedback weights that learn change by their increments
    /// alone.
    ///
    /// Where the optimiser is not [plain](IncrementOptimizer::Plain), the learner keeps states on the
    /// tape: a mark to which the tape is cut back is to be made after this.
    ///
    /// # Errors
    /// When a constant of the optimiser cannot be.
    pub fn new(
        network: &'n Network<'t, T>,
        optimizer: IncrementOptimizer,
    ) -> Result<Self, IncrementError> {
        optimizer.check()?;
        let mut weights = Wrapped::new(optimizer);
        if optimizer != IncrementOptimizer::Plain {
            weights.make_room(network.states(), network);
        }
        Ok(NetworkLearner {
            network,
            weights,
            feedback: Wrapped::new(IncrementOptimizer::Plain),
            drift: None,
            steps: 0,
        })
    }

    /// The same with an optimiser around the increments of feedback weights that learn. Kolen–Pollack
    /// feedback needs that of the weights, to change as they do.
    ///
    /// # Errors
    /// When a constant of the optimiser cannot be.
    pub fn with_feedback_optimizer(
        mut self,
        optimizer: IncrementOptimizer,
    ) -> Result<Self, IncrementError> {
        optimizer.check()?;
        self.feedback = Wrapped::new(optimizer);
        if optimizer != IncrementOptimizer::Plain {
            self.feedback
                .make_room(self.network.carried(), self.network);
        }
        Ok(self)
    }

    /// The same with weights that drift as well, after each step.
    ///
    /// # Errors
    /// When the standard deviation cannot be.
    pub fn with_drift(mut self, drift: RandomDrift) -> Result<Self, IncrementError> {
        drift.check()?;
        self.drift = Some(drift);
        self.weights.make_room(self.network.states(), self.network);
        Ok(self)
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &'n Network<'t, T> {
        self.network
    }

    /// Batches learned from so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// One step by a batch of inputs, `[n_0]` each, with targets, `[n_L]` each; see
    /// [`Network::step_batch`]. Where the tape does not record, nothing of it stays on the tape.
    ///
    /// # Errors
    /// When the batch is empty, an example does not fit the network, or the tape records and there is an
    /// optimiser or drift.
    pub fn step(
        &mut self,
        rule: &BoundRule<'t, T>,
        batch: &[(&[f64], &[f64])],
    ) -> Result<(), IncrementError> {
        self.check(batch)?;
        let tape = self.network.tape();
        let mark = tape.mark();
        let constant = |x: &[f64]| {
            tape.constant_with(x.len(), |into| {
                let elements = into.iter_mut().zip(x);
                elements.for_each(|(into, &x)| *into = T::from_f64(x));
            })
        };
        let batch: Vec<(Var<'t, T>, Var<'t, T>)> = batch
            .iter()
            .map(|(x, target)| (constant(x), constant(target)))
            .collect();
        match self.wraps() {
            true => self.step_wrapped(rule, &batch),
            false => self.network.step_batch(rule, &batch),
        }
        if !tape.records_gradients() {
            self.network.keep_memory();
            tape.cut(mark);
        }
        self.steps += 1;
        Ok(())
    }

    fn check(&self, batch: &[(&[f64], &[f64])]) -> Result<(), IncrementError> {
        if batch.is_empty() {
            return Err(IncrementError::EmptyBatch);
        }
        let architecture = self.network.architecture();
        for (example, (x, target)) in batch.iter().enumerate() {
            let sizes = [
                ("inputs", x.len(), architecture.inputs()),
                ("targets", target.len(), architecture.outputs()),
            ];
            if let Some((what, got, needed)) = sizes.into_iter().find(|(_, a, b)| a != b) {
                return Err(IncrementError::Size {
                    example,
                    what,
                    got,
                    needed,
                });
            }
        }
        if self.wraps() && self.network.tape().records_gradients() {
            let what = match (self.weights.kind, self.feedback.kind, self.drift) {
                (IncrementOptimizer::Plain, IncrementOptimizer::Plain, Some(drift)) => {
                    drift.to_string()
                }
                (IncrementOptimizer::Plain, around_feedback, _) => around_feedback.to_string(),
                (around_weights, ..) => around_weights.to_string(),
            };
            return Err(IncrementError::Recorded(what));
        }
        Ok(())
    }

    /// Whether anything is around the increments.
    fn wraps(&self) -> bool {
        !self.weights.increments.is_empty() || !self.feedback.increments.is_empty()
    }

    fn step_wrapped(&mut self, rule: &BoundRule<'t, T>, batch: &[(Var<'t, T>, Var<'t, T>)]) {
        let (network, drift, steps) = (self.network, self.drift, self.steps);
        let pass = network.pass_batch(rule, batch);
        for (layer, &weights) in network.states().iter().enumerate() {
            let update = pass.update(layer);
            match self.weights.increments.get(layer) {
                Some(&increments) => {
                    let decay = update.add_share_to(increments, weights, pass.share);
                    self.weights.apply(layer, weights, decay, |w| {
                        if let Some(drift) = drift {
                            drift.apply(steps, layer, w);
                        }
                    });
                }
                None => update.apply_share(weights, pass.share),
            }
        }
        self.weights.optimizer.advance();
        for (layer, update) in pass.feedback_updates() {
            let matrix = network.carried()[layer];
            match self.feedback.increments.get(layer) {
                Some(&increments) => {
                    let decay = update.add_share_to(increments, matrix, pass.share);
                    self.feedback.apply(layer, matrix, decay, |_| ());
                }
                None => update.apply_share(matrix, pass.share),
            }
        }
        self.feedback.optimizer.advance();
    }
}

impl<T: Number> fmt::Debug for NetworkLearner<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkLearner")
            .field("network", self.network)
            .field("weights", &self.weights.kind)
            .field("feedback", &self.feedback.kind)
            .field("drift", &self.drift)
            .field("steps", &self.steps)
            .finish()
    }
}
