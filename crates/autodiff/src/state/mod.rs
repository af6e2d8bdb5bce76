//! States: weight matrices that are updated in place and rewound by the reverse sweep.
//!
//! A matrix that learns is not a new value at every step. It is one buffer `W`, changed by recorded
//! rank-k updates with decay,
//!
//! ```text
//! W ← (1 − d) W + Σ_k u_k v_kᵀ
//! ```
//!
//! whose nodes keep only the vectors. When the reverse sweep passes such a node it undoes the
//! update in place,
//!
//! ```text
//! W ← (W − Σ_k u_k v_kᵀ) / (1 − d)
//! ```
//!
//! so every earlier read finds the weights of its own time. With `W̄` the one adjoint buffer of the
//! state, its rules are products with vectors:
//!
//! ```text
//! ū_k += W̄ v_k      v̄_k += W̄ᵀ u_k      d̄ −= ⟨W_before, W̄⟩      W̄ ← (1 − d) W̄
//! z = W y :   ȳ += Wᵀ z̄    W̄ += z̄ yᵀ
//! v = Wᵀ y :  ȳ += W v̄     W̄ += y v̄ᵀ
//! Z = W :     W̄ += Z̄
//! ```
//!
//! A state may also be added to another, `W ← W + c E` (see [`State::add_scaled`]), and its weights be
//! multiplied each by a factor of its own, `W ← F ⊙ W` with factors of low rank (see [`State::scale`]); both are
//! undone and differentiated alike.
//!
//! Left vectors may be sums with coefficients, `u_k = Σ_j c_kj x_kj`, which are not kept either: `c̄_kj
//! += x_kj·ū_k` and `x̄_kj += c_kj ū_k`. A rule like Oja's adds a projection of the weights themselves, `s (W x) wᵀ`. Its result `W x` is
//! kept with the node, so undoing is the same, and its derivatives stand in `engine/reverse.rs`.
//!
//! # Sparsity patterns
//! Rows outside the [sparsity pattern](crate::Var::with_sparsity_pattern) of an operand take no part
//! in a read or an update. Reading and reversing an update each take one pass, in which everything
//! happens to a row while it is in cache. Rows that no differentiated read uses have no adjoint, and
//! a sweep passes them by; weights that nothing in the sweep multiplies by are not undone. Both are
//! undone when the [first value](State::rewound_value) is asked for.
//!
//! # Digits
//! Undoing divides by `1 − d`, which magnifies rounding errors, and loses what is small against the
//! weights on the way: where the magnification since the last exact copy would pass
//! [`MAGNIFICATION_LIMIT`], or the growth of the weights [`growth_limit`], the update takes a
//! snapshot of `W` first and the sweep restores it instead. For each rounding since, an undone `W`
//! is off by no more than `8 √ε max |W|`, whatever became of the weights.
//!
//! What a state has that a [custom operation](crate::Op) has not: a value that changes under the
//! recording, hence a version that each read remembers, and an adjoint that collects contributions
//! and applies them in one pass.

mod additions;
mod handle;
mod reads;
mod scalings;
mod updates;

pub use crate::engine::snapshots::{MAGNIFICATION_LIMIT, Rewind, growth_limit};
pub use handle::State;
pub use scalings::FactorTerm;
pub use updates::{Projection, SummedOuter};
