//! Update with a projection of the matrix itself, row by row.

use super::outer::{AT_ONCE, OuterProducts, Projection};
use crate::Scalar;
use crate::kernels::combine::{Decay, Keep, Scale};
use crate::kernels::dispatch::{Code, Job, Kernel, Machine};
use crate::kernels::lanes::{LANES, multiply_lanes, trees};
use crate::kernels::padded::combine::combine;
use crate::kernels::padded::matrix::{Aligned, PaddedMatrix};
use crate::kernels::padded::panel::Panel;
use crate::kernels::padded::rows::{ByRows, Rows, in_groups};
use crate::kernels::padded::share::{RowShare, along_rows};
use crate::team::sharing;

/// `W ← keep W + Σ_k u_k v_kᵀ + s (W x) v_jᵀ` for some rows, where `x` is row `x` of the terms'
/// vectors and j the term that the projection shares. Writes `W x` to `projected`.
///
/// ```
/// use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
/// use metaplast_tensor::kernels::fused::{OuterProducts, Projection, project};
///
/// let (mut w, mut vectors) = (PaddedMatrix::<f64>::new(), PaddedMatrix::new());
/// w.assign(2, 2, &[1.0, 2.0, 3.0, 4.0]);
/// vectors.assign(2, 2, &[1.0, 0.0, 0.0, 1.0]);
/// let terms = OuterProducts { us: &[&[10.0, 20.0]], vectors: &vectors, vs: &[0] };
/// let mut projected = [0.0; 2];
/// let projection = Projection { scale: 0.5, term: 0 };
/// project(&mut w, Rows::Range(0..2), 1.0, terms, projection, 1, &mut projected);
/// assert_eq!(projected, [2.0, 4.0]);
/// assert_eq!(w.to_vec(), [1.0 + 10.0 + 1.0, 2.0, 3.0 + 20.0 + 2.0, 4.0]);
/// ```
///
/// # Panics
/// When shapes do not fit, or a row, a vector or the shared term is not there.
#[track_caller]
pub fn project<T: Scalar>(
    matrix: &mut PaddedMatrix<T>,
    rows: Rows<'_>,
    keep: T,
    terms: OuterProducts<'_, T>,
    projection: Projection<T>,
    x: usize,
    projected: &mut [T],
) {
    terms.check("project", matrix);
    assert!(
        projected.len() == matrix.rows() && projection.term < terms.us.len(),
        "project: matrix of shape [{}, {}], {} projected elements; term {} of {}",
        matrix.rows(),
        matrix.cols(),
        projected.len(),
        projection.term,
        terms.us.len()
    );
    T::kernel_project(Project {
        matrix,
        rows,
        keep,
        terms,
        projection,
        x,
        projected,
    });
}

/// `row i ← keep · row i + Σ_k (u_k[i] + [k = term] s p_i) v_kᵀ` with `p_i = row i · x`.
#[doc(hidden)]
pub struct Project<'a, T> {
    pub(crate) matrix: &'a mut PaddedMatrix<T>,
    pub(crate) rows: Rows<'a>,
    pub(crate) keep: T,
    pub(crate) terms: OuterProducts<'a, T>,
    pub(crate) projection: Projection<T>,
    /// Row of the terms' vectors that holds `x`.
    pub(crate) x: usize,
    pub(crate) projected: &'a mut [T],
}

impl<T: Scalar> Job for Project<'_, T> {
    type Output = ();

    #[inline]
    fn run_on<M: Machine>(self) {
        if const { !M::Code::UNROLLED } {
            return self.run_unfused();
        }
        let Project {
            matrix,
            rows,
            keep,
            terms,
            projection,
            x,
            projected,
        } = self;
        let pass = |(matrix, RowShare { rows, top }, projected)| {
            M::run(ProjectPass {
                matrix,
                rows,
                top,
                keep,
                terms,
                projection,
                x,
                projected,
            });
        };
        let (height, elements) = (matrix.rows(), rows.count() * matrix.cols());
        let Some(team) = sharing(elements) else {
            return pass((Panel::of(matrix), RowShare { rows, top: 0 }, projected));
        };
        let shares = rows.shares(&team, height);
        let projected = along_rows(projected, &shares);
        let panels = Panel::of(matrix).by_rows(&shares).into_iter();
        let parts = panels.zip(shares).zip(projected);
        let parts = parts.map(|((panel, share), projected)| (panel, share, projected));
        team.each(parts.collect(), &pass);
    }
}

/// The whole update in one walk over the rows.
struct ProjectPass<'a, T> {
    matrix: Panel<'a, T>,
    rows: Rows<'a>,
    /// The row to which the first of `projected` belongs.
    top: usize,
    keep: T,
    terms: OuterProducts<'a, T>,
    projection: Projection<T>,
    x: usize,
    projected: &'a mut [T],
}

/// Rows that are multiplied by `x` before they change: enough that nothing waits for the last
/// product, few enough to be still in cache.
const BLOCK: usize = 16;

impl<T: Scalar> Kernel for ProjectPass<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(mut self) {
        let rows = self.rows.clone();
        let count = rows.count();
        for first in (0..count).step_by(BLOCK) {
            let last = count.min(first + BLOCK);
            let block = rows.part(first..last);
            in_groups::<C, 4>(&block, &mut Products(&mut self));
            in_groups::<C, 4>(&block, &mut Changes(&mut self));
        }
    }
}

/// `p_i = row i · x`
struct Products<'p, 'a, T>(&'p mut ProjectPass<'a, T>);

impl<T: Scalar> ByRows for Products<'_, '_, T> {
    #[inline(always)]
    fn work<C: Code, const R: usize>(&mut self, group: [usize; R]) {
        let Products(project) = self;
        let x = project.terms.vectors.row_blocks(project.x);
        let products = dots::<T, C, R>(&mut project.matrix, group, x);
        for r in 0..R {
            project.projected[group[r] - project.top] = products[r];
        }
    }
}

/// What happens to rows whose product is there.
struct Changes<'p, 'a, T>(&'p mut ProjectPass<'a, T>);

impl<T: Scalar> ByRows for Changes<'_, '_, T> {
    #[inline(always)]
    fn work<C: Code, const R: usize>(&mut self, group: [usize; R]) {
        let Changes(project) = self;
        let left = project.terms.us[project.projection.term];
        let mut joined = [T::ZERO; R];
        for r in 0..R {
            // The projection may have a term of its own, without a left vector.
            let u = left.get(group[r]).copied().unwrap_or(T::ZERO);
            joined[r] = u + project.projection.scale * project.projected[group[r] - project.top];
        }
        if (project.keep - T::ONE).is_zero() {
            project.change::<Keep, C, R>(group, joined, Keep);
        } else {
            let keep = Scale(project.keep);
            project.change::<Scale<T>, C, R>(group, joined, keep);
        }
    }
}

impl<T: Scalar> ProjectPass<'_, T> {
    #[inline(always)]
    fn change<D: Decay<T>, C: Code, const R: usize>(
        &mut self,
        group: [usize; R],
        joined: [T; R],
        decay: D,
    ) {
        match self.terms.us.len() {
            1 => self.add::<D, C, R, 1>(group, joined, 0, decay),
            2 => self.add::<D, C, R, 2>(group, joined, 0, decay),
            _ => self.add::<D, C, R, AT_ONCE>(group, joined, 0, decay),
        }
        for k in AT_ONCE..self.terms.us.len() {
            self.add::<Keep, C, R, 1>(group, joined, k, Keep);
        }
    }

    /// Adds `K` terms from `first` on.
    #[inline(always)]
    fn add<D: Decay<T>, C: Code, const R: usize, const K: usize>(
        &mut self,
        group: [usize; R],
        joined: [T; R],
        first: usize,
        decay: D,
    ) {
        let terms = &self.terms;
        let mut c = [[T::ZERO; K]; R];
        for r in 0..R {
            for k in 0..K {
                c[r][k] = if first + k == self.projection.term {
                    joined[r]
                } else {
                    terms.us[first + k][group[r]]
                };
            }
        }
        let mut vs: [&[Aligned<T>]; K] = [&[]; K];
        for k in 0..K {
            vs[k] = terms.vectors.row_blocks(terms.vs[first + k]);
        }
        combine::<T, D, C, R, K>(self.matrix.rows_mut(group), c, vs, decay);
    }
}

/// `row · x` for each row of a group.
#[inline(always)]
fn dots<T: Scalar, C: Code, const R: usize>(
    matrix: &mut Panel<'_, T>,
    group: [usize; R],
    x: &[Aligned<T>],
) -> [T; R] {
    let width = x.len();
    let rows = matrix.rows_mut(group).map(|row| &row[..width]);
    let mut lanes = [[T::ZERO; LANES]; R];
    for b in 0..width {
        std::hint::black_box(());
        for r in 0..R {
            multiply_lanes::<T, C>(&rows[r][b].0, &x[b].0, &mut lanes[r]);
        }
    }
    trees::<T, C, R>(&lanes)
}
