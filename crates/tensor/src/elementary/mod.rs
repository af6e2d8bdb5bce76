//! Elementary functions of `f32` and `f64`, without branches and without fused multiply-add.
//!
//! Loops over them become wide instructions, and the bits are the same on every machine. Powers of
//! two are taken off exactly, and what is left is a polynomial fitted at Chebyshev's nodes, as in
//! every such library since W. J. Cody and W. Waite, *Software Manual for the Elementary
//! Functions* (1980).
//!
//! Units in the last place that a result is off at most, beside what a test holds it to over the
//! whole range:
//!
//! | | `f32` | `f64` |
//! |---|---|---|
//! | `exp`, `ln`, `ln_1p` | 1 | 1 |
//! | `exp_m1` | 2 | 2 |
//! | `tanh` | 3 | 3 |
//! | `sin`, `cos` | 0.6 | 1 |
//! | `powf` | 0.6 | 1 |
//!
//! Angles beyond [`single::NEAR`] and [`double::NEAR`] radians go through the `libm` crate.

pub(crate) mod double;
pub(crate) mod powers;
pub(crate) mod single;

/// `c₀ + x (c₁ + x (c₂ + …))`, each product rounded before it is added: hardware without fused
/// multiply-add must get the same bits.
macro_rules! polynomial {
    ($x:expr; $first:expr) => { $first };
    ($x:expr; $first:expr, $($rest:expr),+) => {
        $first + $x * $crate::elementary::polynomial!($x; $($rest),+)
    };
}
pub(crate) use polynomial;
