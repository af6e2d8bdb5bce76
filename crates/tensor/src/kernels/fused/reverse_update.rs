//! The way back over an update: everything that happens to a row while it is near.

use std::ops::Range;

use super::combine::{Decay, Keep, Scale, Unscale};
use super::dispatch::{Kernel, Machine};
use super::lanes::{Block, LANES, mul_add, multiply_lanes, tree};
use super::padded::{ByRows, blocks_of, in_groups, rows_mut};
use crate::Scalar;
use crate::padded::{Aligned, PaddedMatrix, Rows};
use crate::passes::{Found, Outer, Reverse};

/// One update back; see [`passes::reverse`](crate::passes::reverse).
#[doc(hidden)]
pub struct Back<'a, T> {
    pub(crate) value: &'a mut PaddedMatrix<T>,
    pub(crate) adjoint: &'a mut PaddedMatrix<T>,
    pub(crate) step: &'a Reverse<'a, T>,
    pub(crate) found: Found<'a, T>,
}

/// Outer products that one pass takes care of.
const AT_ONCE: usize = 3;

impl<T: Scalar> Back<'_, T> {
    pub(crate) fn run_on<M: Machine>(mut self) -> T {
        let step = self.step;
        let (waiting, terms, rows) = (step.waiting, step.terms, &step.rows);
        let early = waiting.us.len().saturating_sub(AT_ONCE);
        let mut scale = step.scale;
        if early > 0 {
            let (us, vs) = (&waiting.us[..early], &waiting.vs[..early]);
            self.adjoint
                .update(rows.clone(), scale, us, waiting.vectors, vs);
            scale = T::ONE;
        }
        let last = Outer {
            us: &waiting.us[early..],
            vs: &waiting.vs[early..],
            ..waiting
        };
        if (scale - T::ONE).is_zero() {
            self.adjoint_with::<M, _>(last, Keep);
        } else {
            self.adjoint_with::<M, _>(last, Scale(scale));
        }
        let height = self.adjoint.rows();
        let terms_and_places = terms.us.iter().zip(terms.vs).enumerate();
        for (k, (&u, &place)) in terms_and_places.skip(AT_ONCE) {
            let left = &mut self.found.lefts[place * height..][..height];
            let (rows, vectors) = (rows.clone(), terms.vectors);
            self.adjoint
                .dots(rows.clone(), vectors, &[place], &mut [left]);
            if k < step.wanted {
                self.adjoint
                    .add_rows(rows, &[u], self.found.rights, &[place]);
            }
        }
        self.project_back();
        let mut count = if step.undo { terms.us.len() } else { 0 };
        if count > AT_ONCE {
            let (us, vs) = (&terms.us[AT_ONCE..], &terms.vs[AT_ONCE..]);
            self.value.undo(rows.clone(), T::ONE, us, terms.vectors, vs);
            count = AT_ONCE;
        }
        if step.undo && !(step.keep - T::ONE).is_zero() {
            self.value_with::<M, _>(count, Unscale::new(step.keep))
        } else {
            self.value_with::<M, _>(count, Keep)
        }
    }

    /// `c = s W̄ v` in the rows.
    fn project_back(&mut self) {
        let Some(through) = self.step.through else {
            return;
        };
        let height = self.adjoint.rows();
        let start = self.step.terms.vs[through.term] * height;
        let left = &self.found.lefts[start..][..height];
        let projected = &mut self.found.projected[..height];
        match &self.step.rows {
            Rows::Range(range) => {
                let places = projected[range.clone()].iter_mut();
                for (c, &x) in places.zip(&left[range.clone()]) {
                    *c = through.scale * x;
                }
            }
            Rows::List(list) => {
                for &i in *list {
                    projected[i as usize] = through.scale * left[i as usize];
                }
            }
        }
    }

    fn adjoint_with<M: Machine, D: Decay<T>>(&mut self, waiting: Outer<'_, T>, decay: D) {
        let changes = !waiting.us.is_empty() || D::CHANGES;
        match (self.step.terms.us.len(), self.step.wanted) {
            (0, _) if changes => self.adjoint_pass::<M, D, 0, 0, 4>(waiting, decay),
            (0, _) => {}
            (1, _) => self.adjoint_pass::<M, D, 1, 1, 4>(waiting, decay),
            // Accumulators of several products and four rows would not fit the registers.
            (2, 0 | 1) => self.adjoint_pass::<M, D, 2, 1, 2>(waiting, decay),
            (2, _) => self.adjoint_pass::<M, D, 2, 2, 2>(waiting, decay),
            (_, 0..=2) => self.adjoint_pass::<M, D, AT_ONCE, 2, 2>(waiting, decay),
            _ => self.adjoint_pass::<M, D, AT_ONCE, AT_ONCE, 2>(waiting, decay),
        }
    }

    fn adjoint_pass<M: Machine, D: Decay<T>, const N: usize, const W: usize, const G: usize>(
        &mut self,
        waiting: Outer<'_, T>,
        decay: D,
    ) {
        let terms = &self.step.terms;
        let (height, width) = (self.adjoint.rows(), self.adjoint.width());
        let places: [usize; N] = std::array::from_fn(|n| terms.vs[n]);
        let wanted: [usize; W] = std::array::from_fn(|n| terms.vs[n]);
        let lefts = places.map(|place| place * height..(place + 1) * height);
        let (mut contributed, mut contributions) = ([&[][..]; AT_ONCE], [&[][..]; AT_ONCE]);
        for (k, (&u, &place)) in waiting.us.iter().zip(waiting.vs).enumerate() {
            contributed[k] = u;
            contributions[k] = waiting.vectors.row_blocks(place);
        }
        M::run(AdjointPass::<T, D, N, W, G> {
            width,
            decay,
            matrix: self.adjoint.blocks_mut(),
            rows: self.step.rows.clone(),
            waiting: waiting.us.len(),
            contributed,
            contributions,
            us: std::array::from_fn(|n| terms.us[n]),
            vs: places.map(|place| terms.vectors.row_blocks(place)),
            lefts: disjoint(self.found.lefts, lefts),
            rights: rows_mut(self.found.rights, wanted),
        });
    }

    fn value_with<M: Machine, D: Decay<T>>(&mut self, terms: usize, decay: D) -> T {
        match terms {
            0 => self.value_and::<M, D, 0>(decay),
            1 => self.value_and::<M, D, 1>(decay),
            2 => self.value_and::<M, D, 2>(decay),
            _ => self.value_and::<M, D, AT_ONCE>(decay),
        }
    }

    fn value_and<M: Machine, D: Decay<T>, const K: usize>(&mut self, decay: D) -> T {
        match (self.step.through, self.step.inner) {
            (Some(_), _) => self.value_pass::<M, D, K, true>(decay),
            (None, false) if K == 0 && !D::CHANGES => T::ZERO,
            (None, _) => self.value_pass::<M, D, K, false>(decay),
        }
    }

    fn value_pass<M: Machine, D: Decay<T>, const K: usize, const ADD: bool>(
        &mut self,
        decay: D,
    ) -> T {
        let terms = &self.step.terms;
        let last = self.found.rights.rows() - 1;
        let [sum] = rows_mut(self.found.rights, [last]);
        M::run(ValuePass::<T, D, K, ADD> {
            width: self.value.width(),
            decay,
            matrix: self.value.blocks_mut(),
            adjoint: self.step.inner.then_some(&*self.adjoint),
            rows: self.step.rows.clone(),
            us: std::array::from_fn(|k| terms.us[K - 1 - k]),
            vs: std::array::from_fn(|k| terms.vectors.row_blocks(terms.vs[K - 1 - k])),
            coefficients: self.found.projected,
            sum,
            lanes: [T::ZERO; LANES],
        })
    }
}

/// `W̄ ← W̄ decayed + Σ_k c_k r_kᵀ`, `left_n = W̄ v_n`, and `right_n += W̄ᵀ u_n` for the first `W`.
struct AdjointPass<'a, T, D, const N: usize, const W: usize, const G: usize> {
    width: usize,
    decay: D,
    matrix: &'a mut [Aligned<T>],
    rows: Rows<'a>,
    /// Number of `c_k` and `r_k`.
    waiting: usize,
    contributed: [&'a [T]; AT_ONCE],
    contributions: [&'a [Aligned<T>]; AT_ONCE],
    us: [&'a [T]; N],
    vs: [&'a [Aligned<T>]; N],
    lefts: [&'a mut [T]; N],
    rights: [&'a mut [Aligned<T>]; W],
}

impl<T: Scalar, D: Decay<T>, const N: usize, const W: usize, const G: usize> Kernel
    for AdjointPass<'_, T, D, N, W, G>
{
    type Output = ();

    #[inline(always)]
    fn run<const FMA: bool>(mut self) {
        let rows = self.rows.clone();
        in_groups::<FMA, G>(&rows, &mut self);
    }
}

impl<T: Scalar, D: Decay<T>, const N: usize, const W: usize, const G: usize> ByRows
    for AdjointPass<'_, T, D, N, W, G>
{
    #[inline(always)]
    fn work<const FMA: bool, const R: usize>(&mut self, group: [usize; R]) {
        // What waits often concerns the lit pixels of one image, and these rows those of another.
        let (mut some, mut active) = ([0; AT_ONCE], 0);
        for k in 0..self.waiting {
            let contributed = self.contributed[k];
            some[active] = k;
            active += usize::from(group.iter().any(|&i| !contributed[i].is_zero()));
        }
        match active {
            0 => self.pass::<FMA, R, 0>(group, some),
            1 => self.pass::<FMA, R, 1>(group, some),
            2 => self.pass::<FMA, R, 2>(group, some),
            _ => self.pass::<FMA, R, AT_ONCE>(group, some),
        }
    }
}

impl<T: Scalar, D: Decay<T>, const N: usize, const W: usize, const G: usize>
    AdjointPass<'_, T, D, N, W, G>
{
    /// With the first `K` contributions of `some`.
    #[inline(always)]
    fn pass<const FMA: bool, const R: usize, const K: usize>(
        &mut self,
        group: [usize; R],
        some: [usize; AT_ONCE],
    ) {
        let width = self.width;
        let mut rows = blocks_of(self.matrix, width, group);
        let (mut c, mut u) = ([[T::ZERO; K]; R], [[T::ZERO; W]; R]);
        for r in 0..R {
            // Slices of one length need no checks in the loop.
            rows[r] = &mut std::mem::take(&mut rows[r])[..width];
            for k in 0..K {
                c[r][k] = self.contributed[some[k]][group[r]];
            }
            for n in 0..W {
                u[r][n] = self.us[n][group[r]];
            }
        }
        let mut contributions: [&[Aligned<T>]; K] = [&[]; K];
        for k in 0..K {
            contributions[k] = &self.contributions[some[k]][..width];
        }
        let mut vs: [&[Aligned<T>]; N] = [&[]; N];
        for n in 0..N {
            vs[n] = &self.vs[n][..width];
        }
        let mut rights: [&mut [Aligned<T>]; W] = std::array::from_fn(|_| <&mut [_]>::default());
        for (right, whole) in rights.iter_mut().zip(&mut self.rights) {
            *right = &mut whole[..width];
        }
        let mut lanes = [[[T::ZERO; LANES]; N]; R];
        for b in 0..width {
            // Keeps lanes in registers; see `combine`.
            std::hint::black_box(());
            // Copies: the compiler then knows that nothing it writes changes them.
            let mut contribution = [[T::ZERO; LANES]; K];
            for k in 0..K {
                contribution[k] = contributions[k][b].0;
            }
            let (mut v, mut right) = ([[T::ZERO; LANES]; N], [[T::ZERO; LANES]; W]);
            for n in 0..N {
                v[n] = vs[n][b].0;
            }
            for n in 0..W {
                right[n] = rights[n][b].0;
            }
            for r in 0..R {
                let mut block = rows[r][b].0;
                for l in 0..LANES {
                    block[l] = self.decay.before::<FMA>(block[l]);
                }
                for k in 0..K {
                    for l in 0..LANES {
                        block[l] = mul_add::<T, FMA>(c[r][k], contribution[k][l], block[l]);
                    }
                }
                if K > 0 || D::CHANGES {
                    rows[r][b].0 = block;
                }
                for n in 0..N {
                    multiply_lanes::<T, FMA>(&block, &v[n], &mut lanes[r][n]);
                }
                for n in 0..W {
                    for l in 0..LANES {
                        right[n][l] = mul_add::<T, FMA>(u[r][n], block[l], right[n][l]);
                    }
                }
            }
            for n in 0..W {
                rights[n][b].0 = right[n];
            }
        }
        for n in 0..N {
            for r in 0..R {
                self.lefts[n][group[r]] = tree(lanes[r][n]);
            }
        }
    }
}

/// `W ← (W − Σ_k u_k v_kᵀ) undecayed`, `sum += Wᵀ c` if `ADD`, and `⟨W, W̄⟩` where `W̄` is given.
struct ValuePass<'a, T, D, const K: usize, const ADD: bool> {
    width: usize,
    decay: D,
    matrix: &'a mut [Aligned<T>],
    adjoint: Option<&'a PaddedMatrix<T>>,
    rows: Rows<'a>,
    us: [&'a [T]; K],
    vs: [&'a [Aligned<T>]; K],
    coefficients: &'a [T],
    sum: &'a mut [Aligned<T>],
    lanes: Block<T>,
}

impl<T: Scalar, D: Decay<T>, const K: usize, const ADD: bool> Kernel
    for ValuePass<'_, T, D, K, ADD>
{
    type Output = T;

    #[inline(always)]
    fn run<const FMA: bool>(mut self) -> T {
        let rows = self.rows.clone();
        in_groups::<FMA, 4>(&rows, &mut self);
        tree(self.lanes)
    }
}

impl<T: Scalar, D: Decay<T>, const K: usize, const ADD: bool> ByRows
    for ValuePass<'_, T, D, K, ADD>
{
    #[inline(always)]
    fn work<const FMA: bool, const R: usize>(&mut self, group: [usize; R]) {
        let width = self.width;
        let mut rows = blocks_of(self.matrix, width, group);
        let (mut u, mut c) = ([[T::ZERO; K]; R], [T::ZERO; R]);
        for r in 0..R {
            rows[r] = &mut std::mem::take(&mut rows[r])[..width];
            for k in 0..K {
                u[r][k] = -self.us[k][group[r]];
            }
            if ADD {
                c[r] = self.coefficients[group[r]];
            }
        }
        let mut vs: [&[Aligned<T>]; K] = [&[]; K];
        for k in 0..K {
            vs[k] = &self.vs[k][..width];
        }
        let sums = &mut self.sum[..width];
        for b in 0..width {
            std::hint::black_box(());
            let mut v = [[T::ZERO; LANES]; K];
            for k in 0..K {
                v[k] = vs[k][b].0;
            }
            let mut sum = if ADD { sums[b].0 } else { [T::ZERO; LANES] };
            for r in 0..R {
                let mut block = rows[r][b].0;
                for k in 0..K {
                    for l in 0..LANES {
                        block[l] = mul_add::<T, FMA>(u[r][k], v[k][l], block[l]);
                    }
                }
                for l in 0..LANES {
                    block[l] = self.decay.after::<FMA>(block[l]);
                }
                if K > 0 || D::CHANGES {
                    rows[r][b].0 = block;
                }
                if ADD {
                    for l in 0..LANES {
                        sum[l] = mul_add::<T, FMA>(c[r], block[l], sum[l]);
                    }
                }
            }
            if ADD {
                sums[b].0 = sum;
            }
        }
        if let Some(adjoint) = self.adjoint {
            let mut others: [&[Aligned<T>]; R] = [&[]; R];
            for r in 0..R {
                others[r] = &adjoint.row_blocks(group[r])[..width];
            }
            let mut lanes = [[T::ZERO; LANES]; R];
            for b in 0..width {
                std::hint::black_box(());
                for r in 0..R {
                    multiply_lanes::<T, FMA>(&rows[r][b].0, &others[r][b].0, &mut lanes[r]);
                }
            }
            for r in 0..R {
                for l in 0..LANES {
                    self.lanes[l] += lanes[r][l];
                }
            }
        }
    }
}

/// Parts of a slice, which do not meet.
#[inline]
fn disjoint<T, const N: usize>(slice: &mut [T], ranges: [Range<usize>; N]) -> [&mut [T]; N] {
    match slice.get_disjoint_mut(ranges) {
        Ok(parts) => parts,
        Err(_) => panic!("passes reverse: two terms have one place, or one that is not there"),
    }
}
