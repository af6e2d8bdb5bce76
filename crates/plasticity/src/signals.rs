//! What a plasticity term sees of one layer, and what it adds to the layer's update.

use std::cell::Cell;

use metaplast_autodiff::{State, Var, weighted_sum};
use metaplast_tensor::Scalar;
use smallvec::SmallVec;

use crate::network::{Activations, Network};

/// The signals of layer l in one step: pre- and post-synaptic activity and teaching signals, the
/// weights before the update, and the scalars that terms share. What no term asks for is not computed.
pub struct LayerSignals<'n, 't, T: Scalar> {
    /// Where the pre-synaptic teaching signal comes from when it is not given: the network and the
    /// layer's 0-based index.
    network: Option<(&'n Network<'t, T>, usize)>,
    /// `W_lᵀ`, `[n_(l−1), n_l]`.
    weights: State<'t, T>,
    pre: Var<'t, T>,
    post: Var<'t, T>,
    post_error: Var<'t, T>,
    pre_error: Lazy<'t, T>,
    pre_activation: Lazy<'t, T>,
    ones: Lazy<'t, T>,
    back_projection: Lazy<'t, T>,
    post_sum: Lazy<'t, T>,
    pre_error_overlap: Lazy<'t, T>,
    post_error_overlap: Lazy<'t, T>,
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
    /// Signals of one's own making, for layers that are not part of a [`Network`]: activations `y`
    /// and teaching signals `e` on both sides of `weights`, a state that keeps `W_lᵀ`,
    /// `[n_(l−1), n_l]`.
    ///
    /// [`BoundRule::update`](crate::BoundRule::update) takes them.
    pub fn new(
        weights: State<'t, T>,
        (pre, pre_error): (Var<'t, T>, Var<'t, T>),
        (post, post_error): (Var<'t, T>, Var<'t, T>),
    ) -> Self {
        LayerSignals {
            network: None,
            weights,
            pre,
            post,
            post_error,
            pre_error: Lazy::new(Some(pre_error)),
            pre_activation: Lazy::new(None),
            ones: Lazy::new(None),
            back_projection: Lazy::new(None),
            post_sum: Lazy::new(None),
            pre_error_overlap: Lazy::new(None),
            post_error_overlap: Lazy::new(None),
        }
    }

    /// The signals of a network's layer (counted from 0) in one step.
    pub(crate) fn of_network(
        network: &'n Network<'t, T>,
        layer: usize,
        activations: &Activations<'t, T>,
        errors: &[Var<'t, T>],
    ) -> Self {
        LayerSignals {
            network: Some((network, layer)),
            weights: network.states()[layer],
            pre: activations.y[layer],
            post: activations.y[layer + 1],
            post_error: errors[layer],
            pre_error: Lazy::new(layer.checked_sub(1).map(|below| errors[below])),
            pre_activation: Lazy::new(Some(activations.z[layer])),
            ones: Lazy::new(Some(network.ones(layer))),
            back_projection: Lazy::new(None),
            post_sum: Lazy::new(None),
            pre_error_overlap: Lazy::new(None),
            post_error_overlap: Lazy::new(None),
        }
    }

    /// The layer's weights as a state, kept transposed: `[n_(l−1), n_l]`.
    pub(crate) fn weights(&self) -> State<'t, T> {
        self.weights
    }

    /// Pre-synaptic activation `y_(l−1)`, `[n_(l−1)]`.
    pub fn pre(&self) -> Var<'t, T> {
        self.pre
    }

    /// Post-synaptic activation `y_l`, `[n_l]`; the softmax output in the last layer.
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
            let (network, layer) = self.network.expect("given signals include this one");
            network.error_below(layer, self.post_error, self.pre)
        })
    }

    /// `v = W_lᵀ y_l`, `[n_(l−1)]`: what the layer's activity projects back through its own weights.
    pub fn back_projection(&self) -> Var<'t, T> {
        self.back_projection.get(|| self.weights.matvec(self.post))
    }

    /// `1ᵀ y_l`, rank 0.
    pub fn post_sum(&self) -> Var<'t, T> {
        self.post_sum.get(|| self.post.sum())
    }

    /// `y_lᵀ W_l e_(l−1) = v · e_(l−1)`, rank 0.
    pub fn pre_error_overlap(&self) -> Var<'t, T> {
        self.pre_error_overlap
            .get(|| self.back_projection().dot(self.pre_error()))
    }

    /// `y_(l−1)ᵀ W_lᵀ e_l = z_l · e_l`, rank 0.
    pub fn post_error_overlap(&self) -> Var<'t, T> {
        self.post_error_overlap
            .get(|| self.pre_activation().dot(self.post_error))
    }

    /// A vector of ones, `[n_l]`.
    pub fn ones(&self) -> Var<'t, T> {
        self.ones.get(|| {
            let ones = |ones: &mut [T]| ones.fill(T::ONE);
            self.post
                .tape()
                .constant_with(self.post.shape().len(), ones)
        })
    }
}

/// The update of one layer while terms add to it:
/// `ΔW = Σ_k left_k (Σ_j c_kj right_kj)ᵀ − decay·W`.
///
/// Contributions with the same left vector share one outer product, those with the same right
/// vector as well share one coefficient: the nine outer-product terms of the pool become three.
pub struct LayerUpdate<'t, T: Scalar> {
    outer: SmallVec<[Outer<'t, T>; 3]>,
    decay: Option<Var<'t, T>>,
}

struct Outer<'t, T: Scalar> {
    left: Var<'t, T>,
    rights: SmallVec<[Var<'t, T>; 4]>,
    coefficients: SmallVec<[Var<'t, T>; 4]>,
}

impl<'t, T: Scalar> LayerUpdate<'t, T> {
    pub(crate) fn new() -> Self {
        LayerUpdate {
            outer: SmallVec::new(),
            decay: None,
        }
    }

    /// Adds `coefficient · left rightᵀ`, with `left` post-synaptic (`[n_l]`) and `right`
    /// pre-synaptic (`[n_(l−1)]`).
    pub fn outer(&mut self, coefficient: Var<'t, T>, left: Var<'t, T>, right: Var<'t, T>) {
        let place = self
            .outer
            .iter()
            .position(|outer| outer.left.is_same(left))
            .unwrap_or_else(|| {
                self.outer.push(Outer {
                    left,
                    rights: SmallVec::new(),
                    coefficients: SmallVec::new(),
                });
                self.outer.len() - 1
            });
        let outer = &mut self.outer[place];
        match outer.rights.iter().position(|known| known.is_same(right)) {
            Some(k) => outer.coefficients[k] = outer.coefficients[k] + coefficient,
            None => {
                outer.rights.push(right);
                outer.coefficients.push(coefficient);
            }
        }
    }

    /// Adds `−coefficient · W`.
    pub fn decay(&mut self, coefficient: Var<'t, T>) {
        self.decay = Some(match self.decay {
            Some(before) => before + coefficient,
            None => coefficient,
        });
    }

    /// Applies the update to a layer's weights, which are kept transposed.
    pub(crate) fn apply(self, weights: State<'t, T>) {
        let mut rights = SmallVec::<[Var<'t, T>; 4]>::new();
        let mut lefts = SmallVec::<[Var<'t, T>; 4]>::new();
        for outer in &self.outer {
            rights.push(weighted_sum(&outer.coefficients, &outer.rights));
            lefts.push(outer.left);
        }
        weights.rank_k_update(self.decay, &rights, &lefts);
    }
}
