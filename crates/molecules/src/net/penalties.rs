//! Penalties on decoded graphs that are chemically impossible or unlikely (Shervani-Tabar & Zabaras
//! 2020, section on constraints).
//!
//! They take probabilities: of kinds, `[samples, n, KINDS]`, and of bond orders,
//! `[samples, n, n, ORDERS]`, and give a number for each sample, `[samples]`. Below, a is the
//! probability of a bond of any order, without diagonal, and q that of an atom at a place.

use metaplast_autodiff::{Var, stack};
use metaplast_tensor::{Scalar, Tensor};

use crate::element::Element;
use crate::placed::{GHOST, ORDERS};

/// Slope of the logistic function by which powers of a become reach.
const SLOPE: f64 = 100.0;

/// One of the penalties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConstraintPenalty {
    /// Bonds beyond the valence: `Σ_i max(0, Σ_j Σ_k k p_ijk − Σ_t v_t p_it)`. A ghost's valence is 0.
    Valence,
    /// Atoms that do not reach each other, and ghosts that are reached:
    /// `Σ_(i<j) q_i q_j (1 − 2 C_ij) + C_ij` with the reach C.
    Connectivity,
    /// Rings of three: `trace(a³)/6`.
    ThreeRing,
    /// Triple bonds in rings, as published: `Σ_(i<j) p_ij3 [(n I − a without bond ij)⁻¹]_ij`, in which
    /// the release leaves a its diagonal. It falls as n^(−size) with the ring's size.
    TripleInRing,
    /// Triple bonds in rings of any size alike: `Σ_(i<j) p_ij3 C_ij`, C being the reach without
    /// bond ij.
    TripleReached,
}

impl ConstraintPenalty {
    /// Its value for each sample, `[samples]`, of probabilities of kinds and of orders.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[must_use]
    #[track_caller]
    pub fn of<'t, T: Scalar>(self, kinds: Var<'t, T>, orders: Var<'t, T>) -> Var<'t, T> {
        match self {
            ConstraintPenalty::Valence => valence(kinds, orders),
            ConstraintPenalty::Connectivity => connectivity(kinds, orders),
            ConstraintPenalty::ThreeRing => three_rings(orders),
            ConstraintPenalty::TripleInRing => triple_in_ring(orders),
            ConstraintPenalty::TripleReached => triple_reached(orders),
        }
    }
}

fn places<T: Scalar>(orders: Var<'_, T>) -> (usize, usize) {
    let shape = orders.shape();
    let &[samples, n, _, ORDERS] = shape.dims() else {
        panic!("penalties: probabilities of orders of shape {shape}");
    };
    (samples, n)
}

/// A constant matrix `[n, n]`.
fn matrix<'t, T: Scalar>(of: Var<'t, T>, n: usize, f: impl Fn(usize, usize) -> bool) -> Var<'t, T> {
    let entry = |at: &[usize]| T::from_f64(f64::from(u8::from(f(at[0], at[1]))));
    of.tape().constant(&Tensor::from_fn([n, n], entry))
}

/// Probabilities of one order, `[samples, n, n]`.
fn of_order<'t, T: Scalar>(orders: Var<'t, T>, order: usize) -> Var<'t, T> {
    orders.narrow(3, order..order + 1).squeeze(3)
}

/// a, `[samples, n, n]`.
fn bonded<'t, T: Scalar>(orders: Var<'t, T>) -> Var<'t, T> {
    let (_, n) = places(orders);
    (1.0 - of_order(orders, 0)) * matrix(orders, n, |i, j| i != j)
}

fn valence<'t, T: Scalar>(kinds: Var<'t, T>, orders: Var<'t, T>) -> Var<'t, T> {
    let (_, n) = places(orders);
    let tape = orders.tape();
    let multiples = Tensor::from_fn([ORDERS], |at| T::from_f64(at[0] as f64));
    let between = (orders * tape.constant(&multiples)).sum_axes(&[3], false);
    let used = (between * matrix(orders, n, |i, j| i != j)).sum_axes(&[2], false);
    let valences = Element::ALL.map(|element| element.valence() as f64);
    let valences = Tensor::from_fn([GHOST + 1], |at| {
        T::from_f64(valences.get(at[0]).copied().unwrap_or(0.0))
    });
    let free = (kinds * tape.constant(&valences)).sum_axes(&[2], false);
    (used - free).relu().sum_axes(&[1], false)
}

/// The reach of matrices `[…, n, n]`: whether a way of two bonds or more leads from one place to another
/// (there and back is one, so places with a bond reach each other where n is above 2), or they are the
/// same. Powers of a are pushed to 0 or 1 by a steep logistic function.
fn reach<'t, T: Scalar>(a: Var<'t, T>) -> Var<'t, T> {
    let shape = a.shape();
    let n = shape.dims()[shape.rank() - 1];
    let step = |x: Var<'t, T>| ((x - 0.5) * SLOPE).sigmoid();
    let mut power = a;
    let mut sum = matrix(a, n, |i, j| i == j);
    for _ in 1..n {
        power = step(power.matmul(a));
        sum += power;
    }
    step(sum)
}

fn connectivity<'t, T: Scalar>(kinds: Var<'t, T>, orders: Var<'t, T>) -> Var<'t, T> {
    let (_, n) = places(orders);
    let q = 1.0 - kinds.narrow(2, GHOST..GHOST + 1);
    let c = reach(bonded(orders));
    let both = q * q.swap_axes(1, 2);
    let terms = both * (1.0 - c * 2.0) + c;
    (terms * matrix(orders, n, |i, j| i < j)).sum_axes(&[1, 2], false)
}

fn three_rings<'t, T: Scalar>(orders: Var<'t, T>) -> Var<'t, T> {
    let a = bonded(orders);
    // trace(a a a) is the sum over a² ⊙ aᵀ.
    (a.matmul(a) * a.swap_axes(1, 2)).sum_axes(&[1, 2], false) / 6.0
}

fn triple_in_ring<'t, T: Scalar>(orders: Var<'t, T>) -> Var<'t, T> {
    let (samples, n) = places(orders);
    let a = 1.0 - of_order(orders, 0);
    let identity = matrix(orders, n, |i, j| i == j);
    let m = identity * n as f64 - a;
    let inverse = |s: usize| m.narrow(0, s..s + 1).squeeze(0).solve(identity);
    let inverses: Vec<_> = (0..samples).map(inverse).collect();
    let g = stack(&inverses, 0);
    // Bond ij is entries (i, j) and (j, i); without them the inverse changes by a matrix of rank 2, so
    // its entry (i, j) follows from the block of rows and columns i and j alone.
    let diagonal = (g * identity).sum_axes(&[2], false);
    let product = diagonal.unsqueeze(2) * diagonal.unsqueeze(1);
    let back = g.swap_axes(1, 2);
    let determinant = product - g * back;
    let there = g - a * determinant;
    let here = back - a.swap_axes(1, 2) * determinant;
    // On the diagonal, which is not taken, the quotient would be 0/0.
    let entry = determinant * there / (product - there * here + identity);
    let above = entry * of_order(orders, 3) * matrix(orders, n, |i, j| i < j);
    above.sum_axes(&[1, 2], false)
}

fn triple_reached<'t, T: Scalar>(orders: Var<'t, T>) -> Var<'t, T> {
    let (_, n) = places(orders);
    let pairs: Vec<(usize, usize)> = (0..n)
        .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
        .collect();
    let tape = orders.tape();
    let of_pairs = |f: &dyn Fn((usize, usize), usize, usize) -> bool| {
        let entry = |at: &[usize]| T::from_f64(f64::from(u8::from(f(pairs[at[0]], at[1], at[2]))));
        tape.constant(&Tensor::from_fn([pairs.len(), n, n], entry))
    };
    let others = of_pairs(&|(i, j), a, b| (a, b) != (i, j) && (a, b) != (j, i));
    let entry = of_pairs(&|pair, a, b| (a, b) == pair);
    let reached = reach(bonded(orders).unsqueeze(1) * others);
    let triples = of_order(orders, 3).unsqueeze(1);
    (reached * triples * entry).sum_axes(&[1, 2, 3], false)
}
