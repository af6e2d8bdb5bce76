//! What plasticity terms add to a layer's update.

use std::fmt;

use metaplast_autodiff::{Projection, State, SummedOuter, Var, weighted_sum};
use metaplast_tensor::{Scalar, Tensor};
use smallvec::SmallVec;

use crate::connection::Connection;

/// The update of one layer while terms add to it:
/// `ΔW = Σ_k left_k (Σ_j c_kj right_kj)ᵀ − decay·W + Σ_m c_m M_m`.
///
/// Contributions with the same left vector share one outer product, those with the same right
/// vector as well share one coefficient: the nine outer-product terms of the pool become three.
pub struct LayerUpdate<'t, T: Scalar> {
    outer: SmallVec<[Outer<'t, T>; 6]>,
    projections: SmallVec<[Projected<'t, T>; 1]>,
    decay: Option<Var<'t, T>>,
    /// Matrices with their coefficients, and states.
    matrices: SmallVec<[(Var<'t, T>, Var<'t, T>); 1]>,
    states: SmallVec<[(Var<'t, T>, State<'t, T>); 1]>,
    /// The number 1.
    one: Var<'t, T>,
    /// Of a convolution: vectors have a row for each place, and so may coefficients and numbers.
    places: Option<usize>,
}

/// `coefficient · left (W_lᵀ through)ᵀ`
struct Projected<'t, T: Scalar> {
    coefficient: Var<'t, T>,
    left: Var<'t, T>,
    through: Var<'t, T>,
}

struct Outer<'t, T: Scalar> {
    left: Var<'t, T>,
    rights: SmallVec<[Var<'t, T>; 4]>,
    /// Of each right vector.
    coefficients: SmallVec<[Products<'t, T>; 4]>,
}

/// `Σ_k c_k n_k`
struct Products<'t, T: Scalar> {
    coefficients: SmallVec<[Var<'t, T>; 4]>,
    numbers: SmallVec<[Var<'t, T>; 4]>,
}

impl<'t, T: Scalar> Products<'t, T> {
    fn add(&mut self, coefficient: Var<'t, T>, number: Var<'t, T>) {
        match self.numbers.iter().position(|n| n.is_same(number)) {
            Some(k) => self.coefficients[k] += coefficient,
            None => {
                self.coefficients.push(coefficient);
                self.numbers.push(number);
            }
        }
    }

    fn sum(&self, one: Var<'t, T>) -> Var<'t, T> {
        match (&self.coefficients[..], &self.numbers[..]) {
            (&[c], &[n]) if n.is_same(one) => c,
            (&[c], &[n]) => c * n,
            (coefficients, numbers) => weighted_sum(coefficients, numbers),
        }
    }
}

impl<'t, T: Scalar> LayerUpdate<'t, T> {
    pub(crate) fn new(one: Var<'t, T>) -> Self {
        LayerUpdate {
            outer: SmallVec::new(),
            projections: SmallVec::new(),
            decay: None,
            matrices: SmallVec::new(),
            states: SmallVec::new(),
            one,
            places: None,
        }
    }

    /// The same for the sum over so many places of a convolution.
    pub(crate) fn over(self, places: Option<usize>) -> Self {
        LayerUpdate { places, ..self }
    }

    /// Adds `coefficient · left rightᵀ`, with `left` post-synaptic (`[n_l]`) and `right`
    /// pre-synaptic (`[n_(l−1)]`).
    pub fn outer(&mut self, coefficient: Var<'t, T>, left: Var<'t, T>, right: Var<'t, T>) {
        self.scaled_outer(coefficient, self.one, left, right);
    }

    /// Adds `coefficient · number · left rightᵀ`, all that [`outer`](Self::outer) would with the
    /// product of the two, which are of rank 0; numbers of several terms are multiplied and added
    /// in one operation.
    pub fn scaled_outer(
        &mut self,
        coefficient: Var<'t, T>,
        number: Var<'t, T>,
        left: Var<'t, T>,
        right: Var<'t, T>,
    ) {
        let same = |outer: &Outer<'t, T>| outer.left.is_same(left);
        let place = self.outer.iter().position(same).unwrap_or_else(|| {
            self.outer.push(Outer {
                left,
                rights: SmallVec::new(),
                coefficients: SmallVec::new(),
            });
            self.outer.len() - 1
        });
        let outer = &mut self.outer[place];
        let same = |known: &Var<'t, T>| known.is_same(right);
        let place = outer.rights.iter().position(same).unwrap_or_else(|| {
            outer.rights.push(right);
            outer.coefficients.push(Products {
                coefficients: SmallVec::new(),
                numbers: SmallVec::new(),
            });
            outer.rights.len() - 1
        });
        outer.coefficients[place].add(coefficient, number);
    }

    /// Adds `coefficient · left (W_lᵀ through)ᵀ`, with `left` and `through` post-synaptic (`[n_l]`).
    ///
    /// The same as [`outer`](Self::outer) with `W_lᵀ through` on the right, but the first such
    /// contribution to a layer is computed in one pass with the update itself.
    pub fn projected(&mut self, coefficient: Var<'t, T>, left: Var<'t, T>, through: Var<'t, T>) {
        let same = |p: &&mut Projected<'t, T>| p.left.is_same(left) && p.through.is_same(through);
        match self.projections.iter_mut().find(same) {
            Some(known) => known.coefficient += coefficient,
            None => self.projections.push(Projected {
                coefficient,
                left,
                through,
            }),
        }
    }

    /// Adds `−coefficient · W`.
    pub fn decay(&mut self, coefficient: Var<'t, T>) {
        let coefficient = match self.places {
            None => coefficient,
            Some(places) => over_places(coefficient, places),
        };
        self.decay = Some(match self.decay {
            Some(before) => before + coefficient,
            None => coefficient,
        });
    }

    /// Adds `coefficient · Mᵀ`, for a matrix `[n_(l−1), n_l]` of the recording, which keeps it: for what
    /// takes each weight by itself.
    ///
    /// # Panics
    /// At a convolution, see [`Rule::check`](crate::Rule::check).
    #[track_caller]
    pub fn matrix(&mut self, coefficient: Var<'t, T>, matrix: Var<'t, T>) {
        assert!(
            self.places.is_none(),
            "update: a term takes each weight of a convolution by itself"
        );
        self.matrices.push((coefficient, matrix));
    }

    /// Adds `coefficient · Eᵀ`, for another state `E` of shape `[n_(l−1), n_l]`, like an eligibility trace.
    ///
    /// # Panics
    /// At a convolution, see [`Rule::check`](crate::Rule::check).
    #[track_caller]
    pub fn state(&mut self, coefficient: Var<'t, T>, state: State<'t, T>) {
        assert!(
            self.places.is_none(),
            "update: a term reads a matrix beside the weights of a convolution"
        );
        self.states.push((coefficient, state));
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

    /// Applies the update to a layer's weights, which are kept transposed.
    #[track_caller]
    pub(crate) fn apply(
        mut self,
        weights: State<'t, T>,
        known: impl Fn(Var<'t, T>) -> Option<Var<'t, T>>,
    ) {
        if self.places.is_some() {
            self.resolve(weights, known);
            return self.record(weights, None, self.decay, None);
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

    /// Adds matrices and states to a state, times `share` where there is one.
    #[track_caller]
    fn add_matrices(&self, state: State<'t, T>, share: Option<Var<'t, T>>) {
        let shared = |coefficient: Var<'t, T>| match share {
            Some(share) => coefficient * share,
            None => coefficient,
        };
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
            let right = known(p.through)
                .unwrap_or_else(|| Connection::project_back_by(None, weights, p.through));
            self.outer(p.coefficient, p.left, right);
        }
    }

    /// Applies the update of several examples, times their `share`, to a layer's weights. Nothing goes
    /// through the weights any more, see [`resolve`](Self::resolve).
    #[track_caller]
    pub(crate) fn apply_share(self, weights: State<'t, T>, share: Var<'t, T>) {
        let decay = self.decay.map(|decay| decay * share);
        self.record(weights, Some(share), decay, None);
        self.add_matrices(weights, Some(share));
    }

    /// Adds the update of several examples, times their `share`, to another state, but for the decay,
    /// whose coefficient is returned.
    #[track_caller]
    pub(crate) fn add_share_to(
        self,
        increments: State<'t, T>,
        share: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
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
        let sum = |c: &Products<'t, T>| match share {
            Some(share) => c.sum(one) * share,
            None => c.sum(one),
        };
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

/// The sum of a coefficient over places, at each of which it is the same number or one of its own.
fn over_places<T: Scalar>(coefficient: Var<'_, T>, places: usize) -> Var<'_, T> {
    match coefficient.rank() {
        0 => coefficient * places as f64,
        _ => coefficient.sum(),
    }
}

impl<T: Scalar> fmt::Debug for LayerUpdate<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayerUpdate")
            .field("outer_products", &self.outer.len())
            .field("decays", &self.decay.is_some())
            .finish_non_exhaustive()
    }
}
