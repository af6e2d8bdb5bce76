//! What plasticity terms add to a layer's update.

mod record;

use std::fmt;

use metaplast_autodiff::{FactorTerm, State, Var, weighted_sum};
use metaplast_tensor::Scalar;
use smallvec::SmallVec;

/// The update of one layer while terms add to it:
/// `ΔW = Σ_k left_k (Σ_j c_kj right_kj)ᵀ − decay·W + Σ_i c_i W ⊙ (left_i right_iᵀ) + Σ_m c_m M_m`.
///
/// Contributions with the same left vector share one outer product, those with the same right
/// vector as well share one coefficient: the nine outer-product terms of the pool become three.
pub struct LayerUpdate<'t, T: Scalar> {
    outer: SmallVec<[Outer<'t, T>; 6]>,
    projections: SmallVec<[Projected<'t, T>; 1]>,
    decay: Option<Var<'t, T>>,
    /// Factors of the weights, transposed as they are kept.
    factors: SmallVec<[FactorTerm<'t, T>; 1]>,
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
    /// Nothing; over so many places of a convolution.
    pub(crate) fn new(one: Var<'t, T>, places: Option<usize>) -> Self {
        LayerUpdate {
            outer: SmallVec::new(),
            projections: SmallVec::new(),
            decay: None,
            factors: SmallVec::new(),
            matrices: SmallVec::new(),
            states: SmallVec::new(),
            one,
            places,
        }
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
        let coefficient = self.over_places(coefficient);
        self.decay = Some(match self.decay {
            Some(before) => before + coefficient,
            None => coefficient,
        });
    }

    /// Adds `coefficient · W ⊙ (left rightᵀ)`, with `left` post-synaptic (`[n_l]`) and `right` pre-synaptic
    /// (`[n_(l−1)]`): weights change in proportion to themselves, as under soft bounds.
    ///
    /// # Panics
    /// At a convolution, see [`Rule::check`](crate::Rule::check).
    #[track_caller]
    pub fn weights_by_outer(
        &mut self,
        coefficient: Var<'t, T>,
        left: Var<'t, T>,
        right: Var<'t, T>,
    ) {
        self.check_no_places();
        self.factors.push(FactorTerm {
            coefficient,
            left: right,
            right: left,
        });
    }

    #[track_caller]
    fn check_no_places(&self) {
        assert!(
            self.places.is_none(),
            "update: a term takes each weight of a convolution by itself"
        );
    }

    /// Adds `coefficient · Mᵀ`, for a matrix `[n_(l−1), n_l]` of the recording, which keeps it: for what
    /// takes each weight by itself.
    ///
    /// # Panics
    /// At a convolution, see [`Rule::check`](crate::Rule::check).
    #[track_caller]
    pub fn matrix(&mut self, coefficient: Var<'t, T>, matrix: Var<'t, T>) {
        self.check_no_places();
        self.matrices.push((coefficient, matrix));
    }

    /// Adds `coefficient · Eᵀ`, for another state `E` of shape `[n_(l−1), n_l]`, like an eligibility trace.
    pub fn state(&mut self, coefficient: Var<'t, T>, state: State<'t, T>) {
        let coefficient = self.over_places(coefficient);
        self.states.push((coefficient, state));
    }

    /// The sum of a coefficient over places, at each of which it is the same number or one of its own.
    fn over_places(&self, coefficient: Var<'t, T>) -> Var<'t, T> {
        match (self.places, coefficient.rank()) {
            (None, _) => coefficient,
            (Some(places), 0) => coefficient * places as f64,
            (Some(_), _) => coefficient.sum(),
        }
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
