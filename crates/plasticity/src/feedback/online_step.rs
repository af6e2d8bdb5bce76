//! What a feedback pathway sees of an online step that has been made, and how its matrices change.

use std::cell::RefCell;
use std::fmt;

use metaplast_autodiff::{State, Tape, Var};
use rand::rngs::Xoshiro256PlusPlus;

use crate::coefficient::Coefficient;
use crate::feedback::noise::random;
use crate::feedback::pathway::Matrices;
use crate::number::Number;
use crate::rule::bound::BoundRule;
use crate::terms::term::Term;
use crate::update::LayerUpdate;

/// An online step that has been made: every layer's weights are updated, the pathway's matrices
/// not yet.
pub struct OnlineStep<'n, 't, T: Number> {
    pub(crate) rule: &'n BoundRule<'t, T>,
    pub(crate) weights: &'n [State<'t, T>],
    pub(crate) matrices: &'n Matrices<'t, T>,
    pub(crate) y: &'n [Var<'t, T>],
    pub(crate) errors: &'n [Var<'t, T>],
    /// The number 1, rank 0.
    pub(crate) one: Var<'t, T>,
    pub(crate) number: u64,
    pub(crate) seed: u64,
    /// Where the step is one example of a batch: what the examples so far add to each matrix.
    pub(crate) collected: Option<&'n RefCell<CollectedUpdates<'t, T>>>,
}

/// What the examples of a batch add to each layer's matrix; none where nothing yet.
pub(crate) type CollectedUpdates<'t, T> = Vec<Option<LayerUpdate<'t, T>>>;

impl<'t, T: Number> OnlineStep<'_, 't, T> {
    /// The step's number in its episode, from 0.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The number of layers of weights.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.weights.len()
    }

    /// The tape.
    #[must_use]
    pub fn tape(&self) -> &'t Tape<T> {
        self.one.tape()
    }

    /// Random numbers for this step and a layer, counted from 0, that follow from the episode's
    /// seed, so that a step can be repeated; see [`random`].
    #[must_use]
    pub fn random(&self, layer: usize) -> Xoshiro256PlusPlus {
        random(self.seed, self.number, layer)
    }

    /// The activity `y_(l−1)` before a layer, counted from 0, in the step: `[n_(l−1)]`.
    #[must_use]
    pub fn pre(&self, layer: usize) -> Var<'t, T> {
        self.y[layer]
    }

    /// The activity `y_l` behind a layer, counted from 0, in the step: `[n_l]`.
    #[must_use]
    pub fn post(&self, layer: usize) -> Var<'t, T> {
        self.y[layer + 1]
    }

    /// The teaching signal `e_l` of a layer, counted from 0, in the step: `[n_l]`.
    #[must_use]
    pub fn error(&self, layer: usize) -> Var<'t, T> {
        self.errors[layer]
    }

    /// `W_l x` with the weights after the step, `[n_(l−1)] → [n_l]`; `layer` counts from 0.
    ///
    /// # Panics
    /// When `x` is not a vector of `n_(l−1)` elements.
    #[track_caller]
    #[must_use]
    pub fn project(&self, layer: usize, x: Var<'t, T>) -> Var<'t, T> {
        self.weights[layer].matvec_transposed(x)
    }

    /// A constant on the tape, of rank 0.
    #[must_use]
    pub fn constant(&self, x: f64) -> Var<'t, T> {
        // Without a tensor, which would ask the allocator for memory in every step.
        let tape = self.tape();
        tape.without_gradients(|| tape.scalar(T::from_f64(x)))
    }

    /// The coefficient of a term of the rule in a layer, counted from 0; none where the rule does not
    /// have the term.
    #[must_use]
    pub fn coefficient_of(&self, term: &Term, layer: usize) -> Option<Coefficient<'t, T>> {
        self.rule.coefficient_of(term, layer)
    }

    /// Updates the pathway's matrix for a layer, counted from 0, by what `add` adds to the update:
    /// `left` vectors are those of the layer, `[n_l]`, `right` ones those of the layer below. In a
    /// [batch](crate::Network::step_batch) the matrix changes once all examples are through, by the mean.
    ///
    /// # Panics
    /// When the matrix is not [carried](crate::Storage::Carried) from step to step.
    #[track_caller]
    pub fn update(&self, layer: usize, add: impl FnOnce(&mut LayerUpdate<'t, T>)) {
        let matrix = self.matrices.states[layer];
        let Some(collected) = self.collected else {
            let mut update = LayerUpdate::new(self.one, None);
            add(&mut update);
            return update.apply(matrix, |_| None);
        };
        let before = collected.borrow_mut()[layer].take();
        let mut update = before.unwrap_or_else(|| LayerUpdate::new(self.one, None));
        add(&mut update);
        update.resolve(matrix, |_| None);
        collected.borrow_mut()[layer] = Some(update);
    }
}

impl<T: Number> fmt::Debug for OnlineStep<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnlineStep")
            .field("number", &self.number)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
