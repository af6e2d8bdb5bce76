//! What a plasticity term sees of one layer, and what it adds to the layer's update.

use std::cell::Cell;

use metaplast_autodiff::{State, Var, weighted_sum};
use metaplast_tensor::Scalar;
use smallvec::SmallVec;

use crate::network::Network;

/// The signals of layer l in one step: pre- and post-synaptic activity and teaching signals, the
/// weights before the update, and the scalars that terms share. What no term asks for is not computed.
pub struct LayerSignals<'n, 't, T: Scalar> {
    pub(crate) network: &'n Network<'t, T>,
    /// 0-based index of the layer.
    pub(crate) layer: usize,
    pub(crate) pre: Var<'t, T>,
    pub(crate) post: Var<'t, T>,
    pub(crate) pre_activation: Var<'t, T>,
    pub(crate) post_error: Var<'t, T>,
    pub(crate) pre_error: Lazy<'t, T>,
    pub(crate) back_projection: Lazy<'t, T>,
    pub(crate) post_sum: Lazy<'t, T>,
    pub(crate) pre_error_overlap: Lazy<'t, T>,
    pub(crate) post_error_overlap: Lazy<'t, T>,
}

/// A signal that is computed when it is first asked for.
pub(crate) struct Lazy<'t, T: Scalar>(Cell<Option<Var<'t, T>>>);

impl<'t, T: Scalar> Lazy<'t, T> {
    pub(crate) fn new(known: Option<Var<'t, T>>) -> Self {
        Lazy(Cell::new(known))
    }

    fn get(&self, compute: impl FnOnce() -> Var<'t, T>) -> Var<'t, T> {
        let value = self.0.get().unwrap_or_else(compute);
        self.0.set(Some(value));
        value
    }
}

impl<'t, T: Scalar> LayerSignals<'_, 't, T> {
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
    }

    /// Post-synaptic teaching signal `e_l`, `[n_l]`.
    pub fn post_error(&self) -> Var<'t, T> {
        self.post_error
    }

    /// Pre-synaptic teaching signal `e_(l−1)`, `[n_(l−1)]`; for the first layer the input's
    /// synthetic error.
    pub fn pre_error(&self) -> Var<'t, T> {
        self.pre_error.get(|| {
            self.network
                .error_below(self.layer, self.post_error, self.pre)
        })
    }

    /// `v = W_lᵀ y_l`, `[n_(l−1)]`: what the layer's activity projects back through its own weights.
    pub fn back_projection(&self) -> Var<'t, T> {
        self.back_projection
            .get(|| self.network.project_back(self.layer, self.post))
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
            .get(|| self.pre_activation.dot(self.post_error))
    }

    /// A vector of ones, `[n_l]`.
    pub fn ones(&self) -> Var<'t, T> {
        self.network.ones(self.layer)
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
