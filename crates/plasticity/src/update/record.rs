//! What has been added to an update, recorded as operations on states.

use metaplast_autodiff::{FactorTerm, Projection, State, SummedOuter, Var, weighted_sum};
use metaplast_tensor::{Scalar, Tensor};
use smallvec::SmallVec;

use super::{LayerUpdate, Outer, Products};
use crate::connection::Connection;

impl<'t, T: Scalar> LayerUpdate<'t, T> {
    /// Applies the update to a layer's weights, which are kept transposed. What was added is used up.
    #[track_caller]
    pub(crate) fn apply(
        &mut self,
        weights: State<'t, T>,
        known: impl Fn(Var<'t, T>) -> Option<Var<'t, T>>,
    ) {
        if self.places.is_some() {
            self.resolve(weights, known);
            self.record(weights, None, self.decay, None);
            return self.add_matrices(weights, None);
        }
        if !self.factors.is_empty() {
            // All terms read the weights from before the step, which factors change first.
            self.resolve(weights, known);
            self.scale(weights, None);
            if !self.outer.is_empty() {
                self.record(weights, None, None, None);
            }
            return self.add_matrices(weights, None);
        }
        let mut first = None;
        for p in std::mem::take(&mut self.projections) {
            match known(p.through) {
                None if first.is_none() => {
                    first = Some(Projection {
                        scale: p.coefficient,
                        through: p.through,
                        right: p.left,
                    });
                }
                right => {
                    let right = right.unwrap_or_else(|| weights.matvec(p.through));
                    self.outer(p.coefficient, p.left, right);
                }
            }
        }
        // An update of nothing but matrices is no pass of its own.
        let only_matrices = self.outer.is_empty() && self.decay.is_none() && first.is_none();
        if !only_matrices || self.matrices.is_empty() && self.states.is_empty() {
            self.record(weights, None, self.decay, first);
        }
        self.add_matrices(weights, None);
    }

    /// Multiplies weights by the factors, the decay among them, times `share` where there is one.
    #[track_caller]
    fn scale(&self, weights: State<'t, T>, share: Option<Var<'t, T>>) {
        let shared = |coefficient| times_share(coefficient, share);
        let terms: SmallVec<[FactorTerm<'t, T>; 4]> = self
            .factors
            .iter()
            .map(|term| FactorTerm {
                coefficient: shared(term.coefficient),
                ..*term
            })
            .collect();
        weights.scale(self.decay.map(shared), &terms);
    }

    /// Turns factors of the weights into matrices of their own, to be added to something else.
    fn factors_to_matrices(&mut self, weights: State<'t, T>) {
        for term in std::mem::take(&mut self.factors) {
            let rows = term.left.shape().len();
            let product = weights.read() * term.right * term.left.reshape([rows, 1]);
            self.matrices.push((term.coefficient, product));
        }
    }

    /// Adds matrices and states to a state, times `share` where there is one.
    #[track_caller]
    fn add_matrices(&self, state: State<'t, T>, share: Option<Var<'t, T>>) {
        let shared = |coefficient| times_share(coefficient, share);
        for &(coefficient, matrix) in &self.matrices {
            state.add_matrix(shared(coefficient), matrix);
        }
        for &(coefficient, other) in &self.states {
            state.add_scaled(shared(coefficient), other);
        }
    }

    /// Turns what goes through the weights as they are now into outer products, so that contributions
    /// of another example can follow; `known` tells `W_lᵀ x` where it has been computed.
    pub(crate) fn resolve(
        &mut self,
        weights: State<'t, T>,
        known: impl Fn(Var<'t, T>) -> Option<Var<'t, T>>,
    ) {
        for p in std::mem::take(&mut self.projections) {
            let right = known(p.through).unwrap_or_else(|| {
                Connection::project_back_by(None, weights, p.through, p.through)
            });
            self.outer(p.coefficient, p.left, right);
        }
    }

    /// Adds the states that were added so far, as they are now, to another state, `[n_(l−1), n_l]`, and forgets
    /// them: for states that change before the update is applied.
    pub(crate) fn move_states(&mut self, into: impl FnOnce() -> State<'t, T>) {
        if self.states.is_empty() {
            return;
        }
        let into = into();
        for (coefficient, state) in std::mem::take(&mut self.states) {
            into.add_scaled(coefficient, state);
        }
    }

    /// Applies the update of several examples, times their `share`, to a layer's weights. Nothing goes
    /// through the weights any more, see [`resolve`](Self::resolve).
    #[track_caller]
    pub(crate) fn apply_share(self, weights: State<'t, T>, share: Var<'t, T>) {
        if self.factors.is_empty() {
            let decay = self.decay.map(|decay| decay * share);
            self.record(weights, Some(share), decay, None);
        } else {
            self.scale(weights, Some(share));
            if !self.outer.is_empty() {
                self.record(weights, Some(share), None, None);
            }
        }
        self.add_matrices(weights, Some(share));
    }

    /// Adds the update of several examples to these weights, times their `share`, to another state, but
    /// for the decay, whose coefficient is returned.
    #[track_caller]
    pub(crate) fn add_share_to(
        mut self,
        increments: State<'t, T>,
        weights: State<'t, T>,
        share: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        self.factors_to_matrices(weights);
        if !self.outer.is_empty() {
            self.record(increments, Some(share), None, None);
        }
        self.add_matrices(increments, Some(share));
        self.decay.map(|decay| decay * share)
    }

    /// The update by itself, `[n_(l−1), n_l]` as the weights are kept, which stay as they are.
    pub(crate) fn into_value(
        mut self,
        weights: State<'t, T>,
        known: impl Fn(Var<'t, T>) -> Option<Var<'t, T>>,
    ) -> Tensor<T> {
        self.resolve(weights, known);
        self.factors_to_matrices(weights);
        let state = self.one.tape().state(&Tensor::zeros(weights.shape()));
        if !self.outer.is_empty() {
            self.record(state, None, None, None);
        }
        self.add_matrices(state, None);
        let update = state.value();
        match self.decay {
            None => update,
            Some(decay) => {
                let decay = decay.item();
                update.zip_map(&weights.value(), |update, w| update - decay * w)
            }
        }
    }

    /// Updates a state by the outer products, times `share` where there is one, and by what is given.
    #[track_caller]
    fn record(
        &self,
        state: State<'t, T>,
        share: Option<Var<'t, T>>,
        decay: Option<Var<'t, T>>,
        projection: Option<Projection<'t, T>>,
    ) {
        if self.places.is_some() {
            return self.record_places(state, share, decay);
        }
        let one = self.one;
        let sum = |c: &Products<'t, T>| times_share(c.sum(one), share);
        let sums: SmallVec<[SmallVec<[Var<'t, T>; 4]>; 6]> = self
            .outer
            .iter()
            .map(|outer| outer.coefficients.iter().map(sum).collect())
            .collect();
        // Here what is pre-synaptic is on the left, as the weights are kept transposed.
        let outers: SmallVec<[SummedOuter<'_, 't, T>; 6]> = self
            .outer
            .iter()
            .zip(&sums)
            .map(|(outer, coefficients)| SummedOuter {
                coefficients,
                summands: &outer.rights,
                right: outer.left,
            })
            .collect();
        state.update(decay, &outers, projection);
    }
}

impl<'t, T: Scalar> LayerUpdate<'t, T> {
    /// Updates the kernel of a convolution by the sum over its places, times `share` where there is one:
    /// outer products with one left vector at each place are together one product of matrices,
    /// `(Σ_j c_j R_j)ᵀ L`, with `[places, fan_in]` right and `[places, channels]` left.
    #[track_caller]
    fn record_places(
        &self,
        state: State<'t, T>,
        share: Option<Var<'t, T>>,
        decay: Option<Var<'t, T>>,
    ) {
        if decay.is_some() {
            state.update(decay, &[], None);
        }
        for Outer {
            left,
            rights,
            coefficients,
        } in &self.outer
        {
            let sums: SmallVec<[Var<'t, T>; 4]> =
                coefficients.iter().map(|c| c.at_places(self.one)).collect();
            let right = match sums.iter().all(|sum| sum.rank() == 0) {
                true => weighted_sum(&sums, rights),
                false => {
                    let products = sums.iter().zip(rights).map(|(&sum, &right)| right * sum);
                    products.reduce(|a, b| a + b).expect("an outer product")
                }
            };
            state.add_matrix(share.unwrap_or(self.one), right.transpose().matmul(*left));
        }
    }
}

impl<'t, T: Scalar> Products<'t, T> {
    /// The sum, a column with a number for each place where one of the factors is.
    fn at_places(&self, one: Var<'t, T>) -> Var<'t, T> {
        let pairs = self.coefficients.iter().zip(&self.numbers);
        let products = pairs.map(|(&c, &n)| if n.is_same(one) { c } else { c * n });
        products.reduce(|a, b| a + b).expect("a product")
    }
}

/// A coefficient times the share of an example, where there is one.
fn times_share<'t, T: Scalar>(coefficient: Var<'t, T>, share: Option<Var<'t, T>>) -> Var<'t, T> {
    share.map_or(coefficient, |share| coefficient * share)
}
