//! Signals: what a plasticity term sees of one layer.

use std::cell::{Cell, RefCell};
use std::fmt;

use metaplast_autodiff::{State, Var};
use metaplast_tensor::{Scalar, Tensor};
use smallvec::SmallVec;

use crate::derivation::{Derivation, Derived};
use crate::named_values::NamedValues;

/// The signals of layer l in one step: pre- and post-synaptic activity and teaching signals, the
/// weights before the update, and the scalars that terms share. What no term asks for is not computed.
pub struct LayerSignals<'n, 't, T: Scalar> {
    /// Where the pre-synaptic teaching signal comes from when it is not given; none outside of a
    /// network.
    below: Option<&'n dyn Fn() -> Var<'t, T>>,
    /// The number 1, where it is on the tape already.
    one: Option<Var<'t, T>>,
    /// Counted from 0.
    layer: usize,
    /// Of a convolution: how many rows signals have, one for each place.
    places: Option<usize>,
    /// `W_lᵀ`, `[n_(l−1), n_l]`.
    weights: State<'t, T>,
    pre: Var<'t, T>,
    post: Var<'t, T>,
    post_error: Var<'t, T>,
    pre_error: Lazy<'t, T>,
    pre_activation: Lazy<'t, T>,
    ones: Lazy<'t, T>,
    pre_ones: Lazy<'t, T>,
    derived: RefCell<SmallVec<[Derived<'t, T>; 8]>>,
    /// Memories, constants and signals that were given.
    pub(crate) named: NamedValues<'t, T>,
    weight_elements: Lazy<'t, T>,
}

/// What a network knows of one of its layers in one step.
pub(crate) struct NetworkLayer<'n, 't, T: Scalar> {
    /// Counted from 0.
    pub(crate) layer: usize,
    pub(crate) weights: State<'t, T>,
    /// `y_(l−1)`, and vectors of ones for both sides where they are on the tape already.
    pub(crate) pre: Var<'t, T>,
    pub(crate) pre_ones: Option<Var<'t, T>>,
    pub(crate) ones: Option<Var<'t, T>>,
    /// `z_l` and `y_l`.
    pub(crate) pre_activation: Var<'t, T>,
    pub(crate) post: Var<'t, T>,
    pub(crate) post_error: Var<'t, T>,
    /// `e_(l−1)`; `below` computes it where it is not known.
    pub(crate) pre_error: Option<Var<'t, T>>,
    pub(crate) below: &'n dyn Fn() -> Var<'t, T>,
    /// The number 1, rank 0.
    pub(crate) one: Var<'t, T>,
    /// Of a convolution, whose signals have a row for each.
    pub(crate) places: Option<usize>,
}

/// A signal that is computed when it is first asked for.
struct Lazy<'t, T: Scalar>(Cell<Option<Var<'t, T>>>);

impl<'t, T: Scalar> Lazy<'t, T> {
    fn new(known: Option<Var<'t, T>>) -> Self {
        Lazy(Cell::new(known))
    }

    fn get(&self, compute: impl FnOnce() -> Var<'t, T>) -> Var<'t, T> {
        let value = self.0.get().unwrap_or_else(compute);
        self.0.set(Some(value));
        value
    }
}

impl<'n, 't, T: Scalar> LayerSignals<'n, 't, T> {
    /// The number 1, rank 0.
    pub(crate) fn one(&self) -> Var<'t, T> {
        self.one
            .unwrap_or_else(|| self.post.tape().constant(&Tensor::scalar(T::ONE)))
    }

    /// Signals of one's own making, for layers that are not part of a [`Network`](crate::Network):
    /// activations `y` and teaching signals `e` on both sides of `weights`, a state that keeps
    /// `W_lᵀ`, `[n_(l−1), n_l]`.
    ///
    /// [`BoundRule::update`](crate::BoundRule::update) takes them.
    #[must_use]
    pub fn new(
        weights: State<'t, T>,
        (pre, pre_error): (Var<'t, T>, Var<'t, T>),
        (post, post_error): (Var<'t, T>, Var<'t, T>),
    ) -> Self {
        LayerSignals {
            below: None,
            one: None,
            layer: 0,
            places: None,
            weights,
            pre,
            post,
            post_error,
            pre_error: Lazy::new(Some(pre_error)),
            pre_activation: Lazy::new(None),
            ones: Lazy::new(None),
            pre_ones: Lazy::new(None),
            derived: RefCell::default(),
            named: NamedValues::new(),
            weight_elements: Lazy::new(None),
        }
    }

    /// The signals of a network's layer in one step.
    pub(crate) fn in_network(known: NetworkLayer<'n, 't, T>) -> Self {
        LayerSignals {
            below: Some(known.below),
            one: Some(known.one),
            layer: known.layer,
            places: known.places,
            weights: known.weights,
            pre: known.pre,
            post: known.post,
            post_error: known.post_error,
            pre_error: Lazy::new(known.pre_error),
            pre_activation: Lazy::new(Some(known.pre_activation)),
            ones: Lazy::new(known.ones),
            pre_ones: Lazy::new(known.pre_ones),
            derived: RefCell::default(),
            named: NamedValues::new(),
            weight_elements: Lazy::new(None),
        }
    }

    /// The same as those of another layer, counted from 0, for rules whose layers have coefficients of
    /// their own. [`new`](Self::new) makes those of layer 0.
    #[must_use]
    pub fn at_layer(self, layer: usize) -> Self {
        LayerSignals { layer, ..self }
    }

    /// The weights before the step as a value, transposed, `[n_(l−1), n_l]`.
    pub(crate) fn weight_elements(&self) -> Var<'t, T> {
        self.weight_elements.get(|| self.weights.read())
    }

    /// At how many places a convolution's weights are used, `None` of a fully connected layer. Signals have a
    /// row for each place, and numbers like `1ᵀ y_l` are columns `[places, 1]`.
    #[must_use]
    pub fn places(&self) -> Option<usize> {
        self.places
    }

    /// The layer, counted from 0.
    pub(crate) fn layer(&self) -> usize {
        self.layer
    }

    /// The layer's weights as a state, kept transposed: `[n_(l−1), n_l]`.
    pub(crate) fn weights(&self) -> State<'t, T> {
        self.weights
    }

    /// Pre-synaptic activation `y_(l−1)`, `[n_(l−1)]`.
    pub fn pre(&self) -> Var<'t, T> {
        self.pre
    }

    /// Post-synaptic activation `y_l`, `[n_l]`; the network's output in the last layer.
    pub fn post(&self) -> Var<'t, T> {
        self.post
    }

    /// Post-synaptic pre-activation `z_l = W_l y_(l−1)`, `[n_l]`.
    pub fn pre_activation(&self) -> Var<'t, T> {
        self.pre_activation
            .get(|| self.weights.matvec_transposed(self.pre))
    }

    /// Post-synaptic teaching signal `e_l`, `[n_l]`.
    pub fn post_error(&self) -> Var<'t, T> {
        self.post_error
    }

    /// Pre-synaptic teaching signal `e_(l−1)`, `[n_(l−1)]`; for the first layer the input's
    /// synthetic error.
    pub fn pre_error(&self) -> Var<'t, T> {
        self.pre_error.get(|| {
            let below = self.below.expect("given signals include this one");
            below()
        })
    }

    /// `v = W_lᵀ y_l`, `[n_(l−1)]`: what the layer's activity projects back through its own weights.
    pub fn back_projection(&self) -> Var<'t, T> {
        self.project_back(self.post)
    }

    /// `1ᵀ y_l`, rank 0.
    pub fn post_sum(&self) -> Var<'t, T> {
        self.sum(self.post)
    }

    /// `y_lᵀ W_l e_(l−1) = v · e_(l−1)`, rank 0.
    pub fn pre_error_overlap(&self) -> Var<'t, T> {
        self.back_overlap(self.post, self.pre_error())
    }

    /// `y_(l−1)ᵀ W_lᵀ e_l = z_l · e_l`, rank 0.
    pub fn post_error_overlap(&self) -> Var<'t, T> {
        self.dot(self.pre_activation(), self.post_error)
    }

    /// A vector of ones, `[n_l]`.
    pub fn ones(&self) -> Var<'t, T> {
        self.ones.get(|| ones_like(self.post))
    }

    /// A vector of ones, `[n_(l−1)]`.
    pub fn pre_ones(&self) -> Var<'t, T> {
        self.pre_ones.get(|| ones_like(self.pre))
    }

    /// `W_l x`, `[n_(l−1)] → [n_l]`; of `y_(l−1)` it is the pre-activation.
    ///
    /// This and the methods below compute what they are asked for once: whoever asks again for the
    /// same of the same variables shares it.
    ///
    /// # Panics
    /// When `x` is not a vector of `n_(l−1)` elements.
    #[track_caller]
    pub fn project(&self, x: Var<'t, T>) -> Var<'t, T> {
        if x.is_same(self.pre) {
            return self.pre_activation();
        }
        self.derive(Derivation::Projected(x))
    }

    /// `W_lᵀ x`, `[n_l] → [n_(l−1)]`.
    ///
    /// # Panics
    /// When `x` is not a vector of `n_l` elements.
    #[track_caller]
    pub fn project_back(&self, x: Var<'t, T>) -> Var<'t, T> {
        self.derive(Derivation::ProjectedBack(x))
    }

    /// `1ᵀ x`, rank 0.
    pub fn sum(&self, x: Var<'t, T>) -> Var<'t, T> {
        self.derive(Derivation::Sum(x))
    }

    /// `a · b`, rank 0.
    ///
    /// # Panics
    /// When the lengths differ.
    #[track_caller]
    pub fn dot(&self, a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
        self.derive(Derivation::Dot(a, b))
    }

    /// `(W_lᵀ a) · b`, rank 0, with `a` `[n_l]` and `b` `[n_(l−1)]`; where `b` has
    /// a [sparsity pattern](Var::with_sparsity_pattern), less work than [`dot`](Self::dot) of both.
    ///
    /// # Panics
    /// When a length does not fit.
    #[track_caller]
    pub fn back_overlap(&self, a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
        // Beyond the first layer no element is known to be zero, and others may want `W_lᵀ a` too.
        if self.below.is_some() && (self.layer > 0 || self.places.is_some()) {
            return self.dot(self.project_back(a), b);
        }
        self.derive(Derivation::BackOverlap(a, b))
    }

    /// `a ⊙ b`, elementwise.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn product(&self, a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
        self.derive(Derivation::Product(a, b))
    }

    #[track_caller]
    pub(crate) fn derive(&self, from: Derivation<'t, T>) -> Var<'t, T> {
        if let Some(value) = self.known(from) {
            return value;
        }
        let value = from.compute(self.weights);
        self.derived.borrow_mut().push(Derived { from, value });
        value
    }
}

impl<'t, T: Scalar> LayerSignals<'_, 't, T> {
    /// What a term has asked for already.
    fn known(&self, from: Derivation<'t, T>) -> Option<Var<'t, T>> {
        let known = self.derived.borrow();
        let same = known.iter().find(|known| known.from.is_same(from));
        same.map(|known| known.value)
    }

    /// `W_lᵀ x`, where a term has asked for it already.
    pub(crate) fn known_back_projection(&self, x: Var<'t, T>) -> Option<Var<'t, T>> {
        self.known(Derivation::ProjectedBack(x))
    }
}

fn ones_like<'t, T: Scalar>(x: Var<'t, T>) -> Var<'t, T> {
    let fill = |ones: &mut [T]| ones.fill(T::ONE);
    match x.rank() {
        2 => x.tape().constant(&Tensor::ones(x.shape())),
        _ => x.tape().constant_with(x.shape().len(), fill),
    }
}

impl<T: Scalar> fmt::Debug for LayerSignals<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerSignals")
            .field("layer", &self.layer)
            .finish_non_exhaustive()
    }
}
