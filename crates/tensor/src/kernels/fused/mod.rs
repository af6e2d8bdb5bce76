//! Fused kernels that visit each row once, while it is in cache.
//!
//! A weight matrix is larger than the first-level cache, and loading it costs more than computing
//! with it. So the update of a rule with a projection, `W ← (1 − d) W + Σ u vᵀ + s (W x) wᵀ`,
//! computes each row's product with x and changes the row right after ([`project`]); and the
//! reverse of an update ([`reverse_update`]) adds pending contributions to a row of the adjoint,
//! takes all products with it, undoes the row of the weights and takes the product with that,
//! before it turns to the next rows.
//!
//! The cost is code: each number of terms is a kernel of its own, for each instruction set. Other
//! numbers than `f32` and `f64`, and machines without fused multiply-add, run one product or
//! update after the other. The bits are the same but for the sign of zeros.

mod adjoint_pass;
mod outer;
pub(crate) mod project;
pub(crate) mod reverse_update;
mod unfused;
mod weights_pass;

pub use outer::{OuterProducts, Projection};
pub use project::project;
pub use reverse_update::{ReverseProducts, ReverseUpdate, reverse_update};
