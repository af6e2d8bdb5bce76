//! Reverse of an update: everything that happens to a row while it is in cache.

use std::ops::Range;

use super::adjoint_pass::AdjointPass;
use super::outer::{AT_ONCE, OuterProducts, Projection};
use super::weights_pass::WeightsPass;
use crate::Scalar;
use crate::Team;
use crate::kernels::combine::{Decay, Keep, Scale, Unscale};
use crate::kernels::dispatch::{Code, Job, Machine};
use crate::kernels::lanes::LANES;
use crate::kernels::padded::matrix::{Aligned, PaddedMatrix};
use crate::kernels::padded::panel::Panel;
use crate::kernels::padded::rows::Rows;
use crate::kernels::padded::share::{along_columns, ranges};
use crate::team::sharing;

/// Of the products `W̄ᵀ u_k`, so many share a walk over the rows.
const WANTED_AT_ONCE: usize = 2;

/// An update `W ← keep W + Σ_k u_k v_kᵀ`, some of whose rows are passed in reverse.
#[derive(Clone, Debug)]
pub struct ReverseUpdate<'a, T> {
    /// The rows.
    pub rows: Rows<'a>,
    /// `W̄ ← scale W̄ + pending` comes first.
    pub scale: T,
    /// What waits to be added to the adjoint.
    pub pending: OuterProducts<'a, T>,
    /// The update's outer products, `s (W x)` of a projection added to the left vector it shares.
    pub terms: OuterProducts<'a, T>,
    /// Of so many terms, the first ones, `W̄ᵀ u_k` is wanted.
    pub wanted: usize,
    /// The share of the weights that the update kept.
    pub keep: T,
    /// Whether `W` has to be undone; otherwise it is what it was before the update.
    pub undo: bool,
    /// Which term a projection shares.
    pub projection: Option<Projection<T>>,
    /// Whether `⟨W, W̄⟩` is wanted.
    pub inner: bool,
}

/// Where [`reverse_update`] puts what it computes; the rows it does not pass are left alone.
#[derive(Debug)]
pub struct ReverseProducts<'a, T> {
    /// `W̄ v_k`, at the place `vs[k]` of several vectors of one element for each row.
    pub lefts: &'a mut [T],
    /// `W̄ᵀ u_k`, where it is wanted, is added to row `vs[k]`, and `Wᵀ c` to the last row. Rows `vs[k]`
    /// of terms for which it is not wanted may be added to as well.
    pub rights: &'a mut PaddedMatrix<T>,
    /// `c = s W̄ v_j`, the adjoint of `W x`, for the projection's term j.
    pub projected: &'a mut [T],
}

/// Goes back over an update in some rows: in each of them `W̄ ← scale W̄ + Σ w rᵀ`; the products of
/// `W̄` with the vectors of each term, and the adjoint `c` of `W x`; `W ← (W − Σ_k u_k v_kᵀ) / keep`;
/// and the product `Wᵀ c`. Returns `⟨W, W̄⟩` over the rows if that is wanted, zero otherwise.
///
/// ```
/// use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
/// use metaplast_tensor::kernels::fused::{ReverseProducts, OuterProducts, ReverseUpdate, reverse_update};
///
/// let matrix = |elements: &[f64]| {
///     let mut matrix = PaddedMatrix::<f64>::new();
///     matrix.assign(elements.len() / 2, 2, elements);
///     matrix
/// };
/// let (mut w, mut adjoint) = (matrix(&[3.0, 1.0, 5.0, 1.0]), matrix(&[1.0, 0.0, 0.0, 1.0]));
/// let (right, nothing) = (matrix(&[1.0, 2.0]), matrix(&[]));
/// let mut products = (vec![0.0; 2], matrix(&[0.0; 4]), vec![0.0; 2]);
/// let step = ReverseUpdate {
///     rows: Rows::Range(0..2),
///     scale: 1.0,
///     pending: OuterProducts { us: &[], vectors: &nothing, vs: &[] },
///     terms: OuterProducts { us: &[&[3.0, 5.0]], vectors: &right, vs: &[0] },
///     wanted: 1,
///     keep: 1.0,
///     undo: true,
///     projection: None,
///     inner: false,
/// };
/// let into = ReverseProducts { lefts: &mut products.0, rights: &mut products.1, projected: &mut products.2 };
/// reverse_update(&mut w, &mut adjoint, &step, into);
/// assert_eq!(w.to_vec(), [0.0, -5.0, 0.0, -9.0]);
/// assert_eq!(products.0, [1.0, 2.0]);                     // W̄ v
/// assert_eq!(products.1.to_vec(), [3.0, 5.0, 0.0, 0.0]);  // W̄ᵀ u
/// ```
///
/// # Panics
/// When shapes do not fit, or a row or a vector is not there.
#[track_caller]
pub fn reverse_update<T: Scalar>(
    value: &mut PaddedMatrix<T>,
    adjoint: &mut PaddedMatrix<T>,
    step: &ReverseUpdate<'_, T>,
    products: ReverseProducts<'_, T>,
) -> T {
    let (rows, cols) = (value.rows(), value.cols());
    assert!(
        (adjoint.rows(), adjoint.cols()) == (rows, cols),
        "reverse_update: matrix of shape [{rows}, {cols}], adjoint of shape [{}, {}]",
        adjoint.rows(),
        adjoint.cols()
    );
    if !step.pending.us.is_empty() {
        step.pending.check("reverse_update", adjoint);
    }
    step.terms.check("reverse_update", value);
    assert!(
        products.projected.len() == rows
            && products.rights.cols() == cols
            && products.rights.rows() > 0,
        "reverse_update: matrix of shape [{rows}, {cols}], {} projected elements, sums of shape [{}, {}]",
        products.projected.len(),
        products.rights.rows(),
        products.rights.cols()
    );
    T::kernel_reverse_update(Reverse {
        value,
        adjoint,
        step,
        products,
    })
}

/// What [`reverse_update`] takes.
#[doc(hidden)]
pub struct Reverse<'a, T> {
    pub(crate) value: &'a mut PaddedMatrix<T>,
    pub(crate) adjoint: &'a mut PaddedMatrix<T>,
    pub(crate) step: &'a ReverseUpdate<'a, T>,
    pub(crate) products: ReverseProducts<'a, T>,
}

impl<T: Scalar> Job for Reverse<'_, T> {
    type Output = T;

    fn run_on<M: Machine>(mut self) -> T {
        if const { !M::Code::UNROLLED } {
            return self.run_unfused::<M::Code>();
        }
        let step = self.step;
        let (pending, terms, rows) = (step.pending, step.terms, &step.rows);
        // Without terms there are no products to share the walk over the rows.
        let alone = terms.us.is_empty();
        let at_once = if alone { 0 } else { AT_ONCE };
        let early = pending.us.len().saturating_sub(at_once);
        let mut scale = step.scale;
        if early > 0 || alone {
            let (us, vs) = (&pending.us[..early], &pending.vs[..early]);
            self.adjoint
                .update(rows.clone(), scale, us, pending.vectors, vs);
            scale = T::ONE;
        }
        let last = OuterProducts {
            us: &pending.us[early..],
            vs: &pending.vs[early..],
            ..pending
        };
        match () {
            () if alone => {}
            () if (scale - T::ONE).is_zero() => self.adjoint_with::<M, _>(last, Keep),
            () => self.adjoint_with::<M, _>(last, Scale(scale)),
        }
        let height = self.adjoint.rows();
        for (k, (&u, &place)) in terms.us.iter().zip(terms.vs).enumerate() {
            if k >= AT_ONCE {
                let left = &mut self.products.lefts[place * height..][..height];
                self.adjoint
                    .dots(rows.clone(), terms.vectors, &[place], &mut [left]);
            }
            if (WANTED_AT_ONCE..step.wanted).contains(&k) {
                self.adjoint
                    .add_rows(rows.clone(), &[u], self.products.rights, &[place]);
            }
        }
        self.project_back();
        if step.projection.is_none() {
            // No product with the rows, so that they are undone by the plain kernel.
            if step.undo {
                self.value
                    .undo(rows.clone(), step.keep, terms.us, terms.vectors, terms.vs);
            }
            return match step.inner {
                true => self.weights_pass::<M, Keep, 0, false>(Keep),
                false => T::ZERO,
            };
        }
        let mut count = if step.undo { terms.us.len() } else { 0 };
        if count > AT_ONCE {
            let (us, vs) = (&terms.us[AT_ONCE..], &terms.vs[AT_ONCE..]);
            self.value.undo(rows.clone(), T::ONE, us, terms.vectors, vs);
            count = AT_ONCE;
        }
        match count {
            0 => self.weights_pass::<M, Keep, 0, true>(Keep),
            1 => self.weights_with::<M, 1>(),
            2 => self.weights_with::<M, 2>(),
            _ => self.weights_with::<M, AT_ONCE>(),
        }
    }
}

impl<T: Scalar> Reverse<'_, T> {
    /// `c = s W̄ v` in the rows.
    fn project_back(&mut self) {
        let Some(projection) = self.step.projection else {
            return;
        };
        let height = self.adjoint.rows();
        let start = self.step.terms.vs[projection.term] * height;
        let left = &self.products.lefts[start..][..height];
        let projected = &mut self.products.projected[..height];
        match &self.step.rows {
            Rows::Range(range) => {
                let places = projected[range.clone()].iter_mut();
                for (c, &x) in places.zip(&left[range.clone()]) {
                    *c = projection.scale * x;
                }
            }
            Rows::List(list) => {
                for &i in *list {
                    projected[i as usize] = projection.scale * left[i as usize];
                }
            }
        }
    }

    fn adjoint_with<M: Machine, D: Decay<T>>(&mut self, pending: OuterProducts<'_, T>, decay: D) {
        // Each number of terms is much code.
        match self.step.terms.us.len() {
            0 => unreachable!("nothing to multiply with"),
            1 => self.adjoint_pass::<M, D, 1, 1, 4>(pending, decay),
            // Accumulators of several products and four rows would not fit the registers.
            2 => self.adjoint_pass::<M, D, 2, WANTED_AT_ONCE, 2>(pending, decay),
            _ => self.adjoint_pass::<M, D, AT_ONCE, WANTED_AT_ONCE, 2>(pending, decay),
        }
    }

    fn adjoint_pass<M: Machine, D: Decay<T>, const N: usize, const W: usize, const G: usize>(
        &mut self,
        pending: OuterProducts<'_, T>,
        decay: D,
    ) {
        let terms = &self.step.terms;
        let height = self.adjoint.rows();
        let mut rights = Panel::of(self.products.rights);
        let places: [usize; N] = std::array::from_fn(|n| terms.vs[n]);
        let wanted: [usize; W] = std::array::from_fn(|n| terms.vs[n]);
        let lefts = places.map(|place| place * height..(place + 1) * height);
        let (mut contributed, mut contributions) = ([&[][..]; AT_ONCE], [&[][..]; AT_ONCE]);
        for (k, (&u, &place)) in pending.us.iter().zip(pending.vs).enumerate() {
            contributed[k] = u;
            contributions[k] = pending.vectors.row_blocks(place);
        }
        // On one thread: its sums go over columns and over rows, so that neither can be divided.
        M::run(AdjointPass::<T, D, N, W, G> {
            decay,
            matrix: Panel::of(self.adjoint),
            rows: self.step.rows.clone(),
            pending: pending.us.len(),
            contributed,
            contributions,
            // Where a term's product is not wanted, its left vector may be empty, and any will do.
            us: std::array::from_fn::<_, W, _>(|n| {
                terms.us[if n < self.step.wanted { n } else { 0 }]
            }),
            vs: places.map(|place| terms.vectors.row_blocks(place)),
            lefts: disjoint(self.products.lefts, lefts),
            rights: rights.rows_mut(wanted),
        });
    }

    /// Undoes the first `K` terms and what was kept.
    fn weights_with<M: Machine, const K: usize>(&mut self) -> T {
        if (self.step.keep - T::ONE).is_zero() {
            self.weights_pass::<M, _, K, true>(Keep)
        } else {
            self.weights_pass::<M, _, K, true>(Unscale::new(self.step.keep))
        }
    }

    fn weights_pass<M: Machine, D: Decay<T>, const K: usize, const ADD: bool>(
        &mut self,
        decay: D,
    ) -> T {
        let terms = &self.step.terms;
        let last = self.products.rights.rows() - 1;
        let mut rights = Panel::of(self.products.rights);
        let [sum] = rights.rows_mut([last]);
        let elements = self.step.rows.count() * self.value.cols();
        let pass = |(matrix, columns, sum, adjoint): WeightsShare<'_, T>| {
            M::run(WeightsPass::<T, D, K, ADD> {
                decay,
                matrix,
                adjoint,
                rows: self.step.rows.clone(),
                us: std::array::from_fn(|k| terms.us[K - 1 - k]),
                vs: std::array::from_fn(|k| {
                    &terms.vectors.row_blocks(terms.vs[K - 1 - k])[columns.clone()]
                }),
                coefficients: self.products.projected,
                sum,
                lanes: [T::ZERO; LANES],
            })
        };
        // Called in one place of the program for each kernel, which is much code.
        let pass: &(dyn Fn(WeightsShare<'_, T>) -> T + Sync) = &pass;
        let width = self.value.width();
        let adjoint = self.step.inner.then_some(&*self.adjoint);
        let Some(team) = sharing(elements).filter(|_| ADD) else {
            return pass((Panel::of(self.value), 0..width, sum, adjoint));
        };
        team.each(weights_shares(Panel::of(self.value), sum, &team), &|part| {
            pass(part);
        });
        match self.step.inner {
            true => self.weights_pass::<M, Keep, 0, false>(Keep),
            false => T::ZERO,
        }
    }
}

/// What of the weights one thread passes: some columns, with the adjoint where they are all.
type WeightsShare<'a, T> = (
    Panel<'a, T>,
    Range<usize>,
    &'a mut [Aligned<T>],
    Option<&'a PaddedMatrix<T>>,
);

fn weights_shares<'a, T: Scalar>(
    value: Panel<'a, T>,
    sum: &'a mut [Aligned<T>],
    team: &Team,
) -> Vec<WeightsShare<'a, T>> {
    let columns: Vec<_> = ranges(value.width(), 1, team.threads()).collect();
    let sums = along_columns(sum, &columns);
    let panels = value.by_columns(&columns).into_iter();
    let parts = panels.zip(columns).zip(sums);
    let share = |((panel, columns), sum)| (panel, columns, sum, None);
    parts.map(share).collect()
}

/// Parts of a slice, which do not meet.
#[inline]
fn disjoint<T, const N: usize>(slice: &mut [T], ranges: [Range<usize>; N]) -> [&mut [T]; N] {
    match slice.get_disjoint_mut(ranges) {
        Ok(parts) => parts,
        Err(_) => panic!("reverse_update: two terms have one place, or one that is not there"),
    }
}
