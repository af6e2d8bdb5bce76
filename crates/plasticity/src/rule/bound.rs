//! Rules on a tape.

use std::fmt;
use std::sync::Arc;

use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::Tensor;
use smallvec::SmallVec;

use crate::coefficient::Coefficient;
use crate::memory::Memory;
use crate::memory_values::Remembered;
use crate::number::Number;
use crate::perturbation::Perturbed;
use crate::rule::Rule;
use crate::signals::LayerSignals;
use crate::terms::term::Term;
use crate::text::NamedSignal;
use crate::update::LayerUpdate;

/// Terms with coefficients on a tape, ready for [`Network::step`](crate::Network::step).
pub struct BoundRule<'t, T: Number> {
    terms: Arc<[Term]>,
    memories: Arc<[Memory]>,
    constants: Arc<[NamedSignal]>,
    /// One for each term and constant, or for each one for each of the layers.
    coefficients: SmallVec<[Coefficient<'t, T>; 10]>,
    layers: Option<usize>,
    reads_reward: bool,
    reward_delay: usize,
    perturbed: Option<Perturbed>,
}

impl Rule {
    /// Puts the coefficients on a tape as inputs to differentiate by; also returns them, in order.
    pub fn bind<'t, T: Number>(&self, tape: &'t Tape<T>) -> (BoundRule<'t, T>, Vec<Var<'t, T>>) {
        let theta: Vec<Var<'t, T>> = self
            .theta()
            .iter()
            .map(|&theta| tape.scalar(T::from_f64(theta)))
            .collect();
        (self.bind_to(&theta), theta)
    }

    /// Puts the coefficients on a tape as constants.
    pub fn bind_constant<'t, T: Number>(&self, tape: &'t Tape<T>) -> BoundRule<'t, T> {
        tape.without_gradients(|| self.bind(tape).0)
    }

    /// The rule's terms with coefficients that are on a tape already.
    ///
    /// # Panics
    /// When there is not one coefficient per term, or per term and layer.
    #[track_caller]
    #[must_use]
    pub fn bind_to<'t, T: Number>(&self, theta: &[Var<'t, T>]) -> BoundRule<'t, T> {
        assert_eq!(theta.len(), self.theta().len(), "rule: coefficients");
        BoundRule {
            terms: self.terms.clone(),
            memories: self.memories.clone(),
            constants: self.constants.clone(),
            coefficients: theta.iter().map(|&theta| Coefficient::new(theta)).collect(),
            layers: self.layers(),
            reads_reward: self.reads_reward(),
            reward_delay: self.reward_delay(),
            perturbed: self.perturbed(),
        }
    }
}

impl<'t, T: Number> BoundRule<'t, T> {
    /// The coefficient of the term at `place` in a layer, counted from 0.
    #[track_caller]
    fn coefficient(&self, place: usize, layer: usize) -> Coefficient<'t, T> {
        match self.layers {
            None => self.coefficients[place],
            Some(layers) => {
                assert!(
                    layer < layers,
                    "rule: coefficients for {layers} layers, used in layer {}",
                    layer + 1
                );
                self.coefficients[place * layers + layer]
            }
        }
    }

    /// The coefficient of a term in a layer, counted from 0; none where the rule does not have the
    /// term.
    ///
    /// # Panics
    /// When the rule has coefficients for each layer, and none for this one.
    #[track_caller]
    #[must_use]
    pub fn coefficient_of(&self, term: &Term, layer: usize) -> Option<Coefficient<'t, T>> {
        let place = self.terms.iter().position(|known| known == term)?;
        Some(self.coefficient(place, layer))
    }

    /// Whether the network has to act and be told the reward.
    pub(crate) fn reads_reward(&self) -> bool {
        self.reads_reward
    }

    /// Steps from an action to its reward.
    pub(crate) fn reward_delay(&self) -> usize {
        self.reward_delay
    }

    /// What is perturbed in a second pass of each sample.
    pub(crate) fn perturbed(&self) -> Option<Perturbed> {
        self.perturbed
    }

    /// The memories of the rule.
    pub(crate) fn memories(&self) -> &[Memory] {
        &self.memories
    }

    /// Updates the memories of one layer, from the values in `memory`, one for each in the order of
    /// [`Rule::memories`], to new ones, which the layer's signals have from now on. At a
    /// [kernel](LayerSignals::places) a memory becomes the mean of what its update gives at each place.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_plasticity::{LayerSignals, Memory, Rule, Term};
    /// use metaplast_tensor::tensor;
    ///
    /// let trace = [Memory::parse("x = x + k * (y_pre - x)", &[])?];
    /// let term = Term::parse_with("stdp = y * x^T", &Memory::signals(&trace))?;
    /// let tape = Tape::<f64>::new();
    /// let rule = Rule::new([term])?.with_memories(trace)?.with_theta(&[1.0, 0.5]);
    /// let rule = rule.bind_constant(&tape);
    /// let w = tape.state(&tensor![[0.0]]);
    /// let vector = |x: f64| tape.constant(&tensor![x]);
    /// let mut memory = [vector(0.0).into()];
    /// for x in [1.0, 0.0] {
    ///     let signals = LayerSignals::new(w, (vector(x), vector(0.0)), (vector(1.0), vector(0.0)));
    ///     rule.remember(&signals, &mut memory);
    ///     rule.update(&signals);
    /// }
    /// assert_eq!((memory[0].value(), w.value()), (tensor![0.25], tensor![[0.75]]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// When there is not one value for each memory, of its shape, or the rule has coefficients for each
    /// layer, and none for this one.
    #[track_caller]
    pub fn remember(&self, layer: &LayerSignals<'_, 't, T>, memory: &mut [Remembered<'t, T>]) {
        assert_eq!(memory.len(), self.memories.len(), "rule: memories");
        for (place, constant) in self.constants.iter().enumerate() {
            let constant_place = self.terms.len() + place;
            layer.set_named(
                constant,
                self.coefficient(constant_place, layer.layer()).plus,
            );
        }
        for (memory, &value) in self.memories.iter().zip(&*memory) {
            match value {
                Remembered::Value(value) => {
                    layer.set_named(memory.signal(), layer.at_every_place(value));
                }
                Remembered::Matrix(state) => layer.set_named_matrix(memory.signal(), state),
            }
        }
        for (memory, value) in self.memories.iter().zip(memory) {
            memory.apply(layer);
            if let Remembered::Value(value) = value {
                *value = layer.mean_over_places(memory.shape(), layer.named(memory.signal()));
                if layer.places().is_some() {
                    layer.set_named(memory.signal(), layer.at_every_place(*value));
                }
            }
        }
    }

    /// Updates the weights of one layer, `W ← W + Σ_r θ_r F^r`, all terms from the weights before.
    ///
    /// # Panics
    /// When the rule has coefficients for each layer, and none for this one.
    #[track_caller]
    pub fn update(&self, layer: &LayerSignals<'_, 't, T>) {
        let mut update = LayerUpdate::new(layer.one(), layer.places());
        self.contribute(layer, &mut update);
        update.apply(layer.weights(), |x| layer.known_back_projection(x));
    }

    /// What each term will add to the weights of one layer, `θ_r F^r_l`, in the order of [`Rule::terms`]; each
    /// `[n_(l−1), n_l]`, as the weights are kept. The weights stay as they are, and what was computed stays on
    /// the tape.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_plasticity::{LayerSignals, Rule, Term};
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let terms = [Term::parse("hebb = y * y_pre^T")?, Term::parse("decay = -W")?];
    /// let rule = Rule::new(terms)?.with_theta(&[0.5, 0.1]).bind_constant(&tape);
    /// let w = tape.state(&tensor![[2.0], [4.0]]);
    /// let vector = |x: &[f64]| tape.constant_with(x.len(), |into| into.copy_from_slice(x));
    /// let signals = LayerSignals::new(w, (vector(&[1.0, 3.0]), vector(&[0.0; 2])), (vector(&[1.0]), vector(&[0.0])));
    /// assert_eq!(rule.parts(&signals), [tensor![[0.5], [1.5]], tensor![[-0.2], [-0.4]]]);
    /// rule.update(&signals);
    /// assert_eq!(w.value(), tensor![[2.3], [5.1]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// When the rule has coefficients for each layer, and none for this one.
    #[track_caller]
    pub fn parts(&self, layer: &LayerSignals<'_, 't, T>) -> Vec<Tensor<T>> {
        let part = |(place, term): (usize, &Term)| {
            let mut update = LayerUpdate::new(layer.one(), layer.places());
            let theta = self.coefficient(place, layer.layer());
            term.contribute(theta, layer, &mut update);
            update.into_value(layer.weights(), |x| layer.known_back_projection(x))
        };
        self.terms.iter().enumerate().map(part).collect()
    }

    /// Adds all terms to the update of one layer, which is applied later.
    #[track_caller]
    pub(crate) fn contribute(
        &self,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        for (place, term) in self.terms.iter().enumerate() {
            let theta = self.coefficient(place, layer.layer());
            term.contribute(theta, layer, update);
        }
    }
}

impl<T: Number> fmt::Debug for BoundRule<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundRule")
            .field("terms", &self.terms)
            .field("memories", &self.memories)
            .field("layers", &self.layers)
            .finish_non_exhaustive()
    }
}
