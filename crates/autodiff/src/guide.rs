//! Guides: pages for those who come from another library.

/// Coming from PyTorch.
#[doc = include_str!("../docs/coming-from-pytorch.md")]
pub mod coming_from_pytorch {}

/// Coming from JAX.
#[doc = include_str!("../docs/coming-from-jax.md")]
pub mod coming_from_jax {}

/// Which operations are fast, and what to do where they are not.
#[doc = include_str!("../docs/speed.md")]
pub mod speed {}
