//! Symmetric matrices that are changed by low rank and multiplied in one pass over their lower half.
//!
//! Recursive least squares takes `y = A x` and `A ← A − s sᵀ` of one large symmetric matrix at every
//! step and is bound by reading it. The lower half is stored, in rows of blocks of sixteen up to and
//! with the diagonal block, and one pass does both: an element is read, changed, written and used
//! for its own row and its mirror image.

use super::check::check_vector;
use super::dispatch::{Code, Kernel};
use super::lanes::{Block, LANES, mul_add, multiply_lanes, tree};
use crate::Scalar;

/// A symmetric matrix of which the lower half is stored.
///
/// ```
/// use metaplast_tensor::kernels::SymmetricMatrix;
///
/// let mut matrix = SymmetricMatrix::scaled_identity(2, 3.0);
/// let mut y = [0.0; 2];
/// matrix.subtract_outers_and_matvec(&[&[1.0, 0.5]], &[1.0, 2.0], &mut y);
/// assert_eq!((matrix.get(0, 0), matrix.get(0, 1), matrix.get(1, 1)), (2.0, -0.5, 2.75));
/// assert_eq!(y, [1.0, 5.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SymmetricMatrix<T> {
    n: usize,
    /// Row i has the blocks 0 to ⌊i/16⌋, whole ones: the diagonal block is stored with both halves,
    /// and rows and columns beyond the n-th are zero.
    blocks: Vec<Block<T>>,
}

impl<T: Scalar> SymmetricMatrix<T> {
    /// How many outer products one pass subtracts.
    pub const OUTERS: usize = TERMS;

    /// `value` times the identity of `n` rows.
    #[must_use]
    pub fn scaled_identity(n: usize, value: T) -> Self {
        let groups = n.div_ceil(LANES);
        let mut matrix = SymmetricMatrix {
            n,
            blocks: vec![[T::ZERO; LANES]; LANES * groups * (groups + 1) / 2],
        };
        for i in 0..n {
            matrix.blocks[place(i, i / LANES)][i % LANES] = value;
        }
        matrix
    }

    /// Rows, as many as columns.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// Bytes that a pass reads.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.blocks.len() * size_of::<Block<T>>()
    }

    /// The element in row i and column j, which is the one in row j and column i.
    ///
    /// # Panics
    /// When i or j is not below n.
    #[must_use]
    #[track_caller]
    pub fn get(&self, i: usize, j: usize) -> T {
        let (row, col) = (i.max(j), i.min(j));
        assert!(
            row < self.n,
            "symmetric matrix: element ({i}, {j}) of [{n}, {n}]",
            n = self.n
        );
        self.blocks[place(row, col / LANES)][col % LANES]
    }

    /// y ← A x.
    ///
    /// # Panics
    /// When a vector has not n elements.
    #[track_caller]
    pub fn matvec(&self, x: &[T], y: &mut [T]) {
        check_vector("symmetric matvec", "x", x, self.n);
        check_vector("symmetric matvec", "y", y, self.n);
        let x = padded(x);
        let mut sums = vec![[T::ZERO; LANES]; x.len()];
        T::kernel_symmetric_product(Product {
            blocks: &self.blocks,
            x: &x,
            y: &mut sums,
        });
        y.copy_from_slice(&sums.as_flattened()[..self.n]);
    }

    /// A ← A − Σ s sᵀ over at most [`OUTERS`](Self::OUTERS) vectors s, then y ← A x.
    ///
    /// # Panics
    /// When a vector has not n elements, or there are too many.
    #[track_caller]
    pub fn subtract_outers_and_matvec(&mut self, s: &[&[T]], x: &[T], y: &mut [T]) {
        let most = Self::OUTERS;
        assert!(
            s.len() <= most,
            "subtract_outers_and_matvec: {} vectors, more than {most}",
            s.len()
        );
        for s in s {
            check_vector("subtract_outers_and_matvec", "s", s, self.n);
        }
        check_vector("subtract_outers_and_matvec", "x", x, self.n);
        check_vector("subtract_outers_and_matvec", "y", y, self.n);
        let x = padded(x);
        // Vectors that are not there are zero.
        let s: [Vec<Block<T>>; TERMS] = std::array::from_fn(|k| match s.get(k) {
            Some(s) => padded(s),
            None => vec![[T::ZERO; LANES]; x.len()],
        });
        let mut sums = vec![[T::ZERO; LANES]; x.len()];
        T::kernel_symmetric_update(UpdateProduct {
            blocks: &mut self.blocks,
            s: s.each_ref().map(|s| &s[..]),
            x: &x,
            y: &mut sums,
        });
        y.copy_from_slice(&sums.as_flattened()[..self.n]);
    }
}

/// Where block `block` of row `row` is stored: in front of it are whole groups of sixteen rows with
/// 1, 2, … blocks, and the rows of its own group.
fn place(row: usize, block: usize) -> usize {
    let group = row / LANES;
    LANES * group * (group + 1) / 2 + (row % LANES) * (group + 1) + block
}

fn padded<T: Scalar>(x: &[T]) -> Vec<Block<T>> {
    let mut blocks = vec![[T::ZERO; LANES]; x.len().div_ceil(LANES)];
    blocks.as_flattened_mut()[..x.len()].copy_from_slice(x);
    blocks
}

/// Rows that share the loads of the vectors.
const ROWS: usize = 4;
/// Outer products of a pass.
const TERMS: usize = 4;

/// `y = A x`, y zero before.
#[doc(hidden)]
pub struct Product<'a, T> {
    blocks: &'a [Block<T>],
    x: &'a [Block<T>],
    y: &'a mut [Block<T>],
}

impl<T: Scalar> Kernel for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        let mut rest = self.blocks;
        for group in 0..self.x.len() {
            let mut sums = [T::ZERO; LANES];
            for part in 0..LANES / ROWS {
                let (rows, after) = rest.split_at(ROWS * (group + 1));
                rest = after;
                let rows: [&[Block<T>]; ROWS] =
                    std::array::from_fn(|q| &rows[q * (group + 1)..][..group + 1]);
                let x_rows: [T; ROWS] = std::array::from_fn(|q| self.x[group][part * ROWS + q]);
                let mut lanes = [[T::ZERO; LANES]; ROWS];
                for j in 0..group {
                    // Keeps the compiler from vectorising across blocks; no instruction.
                    std::hint::black_box(());
                    let (x, mut y) = (self.x[j], self.y[j]);
                    for q in 0..ROWS {
                        let block = rows[q][j];
                        multiply_lanes::<T, C>(&block, &x, &mut lanes[q]);
                        add_multiple::<T, C>(x_rows[q], &block, &mut y);
                    }
                    self.y[j] = y;
                }
                for q in 0..ROWS {
                    multiply_lanes::<T, C>(&rows[q][group], &self.x[group], &mut lanes[q]);
                    sums[part * ROWS + q] = tree(lanes[q]);
                }
            }
            for l in 0..LANES {
                self.y[group][l] += sums[l];
            }
        }
    }
}

/// `A ← A − Σ_k s_k s_kᵀ`, then `y = A x`, y zero before.
#[doc(hidden)]
pub struct UpdateProduct<'a, T> {
    blocks: &'a mut [Block<T>],
    s: [&'a [Block<T>]; TERMS],
    x: &'a [Block<T>],
    y: &'a mut [Block<T>],
}

impl<T: Scalar> Kernel for UpdateProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<C: Code>(self) {
        let mut rest = self.blocks;
        for group in 0..self.x.len() {
            let mut sums = [T::ZERO; LANES];
            for part in 0..LANES / ROWS {
                let (mut here, after) = rest.split_at_mut(ROWS * (group + 1));
                rest = after;
                let mut rows: [&mut [Block<T>]; ROWS] =
                    std::array::from_fn(|_| <&mut [_]>::default());
                for row in &mut rows {
                    (*row, here) = here.split_at_mut(group + 1);
                }
                let x_rows: [T; ROWS] = std::array::from_fn(|q| self.x[group][part * ROWS + q]);
                let s_rows: [[T; TERMS]; ROWS] = std::array::from_fn(|q| {
                    std::array::from_fn(|k| -self.s[k][group][part * ROWS + q])
                });
                let mut lanes = [[T::ZERO; LANES]; ROWS];
                for j in 0..group {
                    std::hint::black_box(());
                    let (x, mut y) = (self.x[j], self.y[j]);
                    let s: [Block<T>; TERMS] = std::array::from_fn(|k| self.s[k][j]);
                    for q in 0..ROWS {
                        let mut block = rows[q][j];
                        for k in 0..TERMS {
                            add_multiple::<T, C>(s_rows[q][k], &s[k], &mut block);
                        }
                        rows[q][j] = block;
                        multiply_lanes::<T, C>(&block, &x, &mut lanes[q]);
                        add_multiple::<T, C>(x_rows[q], &block, &mut y);
                    }
                    self.y[j] = y;
                }
                for q in 0..ROWS {
                    let mut block = rows[q][group];
                    for k in 0..TERMS {
                        add_multiple::<T, C>(s_rows[q][k], &self.s[k][group], &mut block);
                    }
                    rows[q][group] = block;
                    multiply_lanes::<T, C>(&block, &self.x[group], &mut lanes[q]);
                    sums[part * ROWS + q] = tree(lanes[q]);
                }
            }
            for l in 0..LANES {
                self.y[group][l] += sums[l];
            }
        }
    }
}

/// `sums_l += factor · block_l`
#[inline(always)]
fn add_multiple<T: Scalar, C: Code>(factor: T, block: &Block<T>, sums: &mut Block<T>) {
    for l in 0..LANES {
        sums[l] = mul_add::<T, C>(factor, block[l], sums[l]);
    }
}
