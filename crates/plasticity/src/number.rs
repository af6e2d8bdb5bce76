//! Number types in which networks learn, and how one value serves all of them.
//!
//! Rules and models are data: they are not generic over the number type. What a user puts into
//! them in Rust, a [pathway](crate::FeedbackPathway) or a [term](crate::CustomTerm), is generic code
//! that must run in each type. So the types are a list, and a handle keeps the code of all of them.

use metaplast_tensor::Scalar;

/// Tangents of the dual numbers among the [`Number`] types: more coefficients take several passes. Each
/// count would be a number type more, for which everything is compiled.
pub const TANGENTS: usize = 5;

/// Calls a macro with its own arguments and the list of number types.
macro_rules! with_numbers {
    ($callback:ident!($($arguments:tt)*)) => {
        $callback! {
            [$($arguments)*]
            single: f32,
            double: f64,
            single_dual: metaplast_autodiff::Dual<f32, { $crate::number::TANGENTS }>,
            double_dual: metaplast_autodiff::Dual<f64, { $crate::number::TANGENTS }>,
            noisy: metaplast_autodiff::Noisy
        }
    };
}

/// Declares the trait `$every`, of what implements `$one<T>` for every number type `T`.
macro_rules! every_number {
    ([$(#[$meta:meta])* $every:ident: $one:ident] $($method:ident: $type:ty),*) => {
        $(#[$meta])*
        pub trait $every: $($one<$type> +)* {}

        impl<P: $($one<$type> +)*> $every for P {}

        impl $crate::number::PerNumber for dyn $every {
            type On<T: $crate::number::Number> = dyn $one<T>;

            $(
                fn $method(&self) -> &Self::On<$type> {
                    self
                }
            )*
        }
    };
}

macro_rules! numbers {
    ([] $($method:ident: $type:ty),*) => {
        /// What there is once for each number type.
        #[doc(hidden)]
        pub trait PerNumber {
            type On<T: Number>: ?Sized;

            $(fn $method(&self) -> &Self::On<$type>;)*
        }

        $(
            impl sealed::Sealed for $type {}

            impl Number for $type {
                fn of<P: PerNumber + ?Sized>(each: &P) -> &P::On<Self> {
                    each.$method()
                }
            }
        )*
    };
}

mod sealed {
    pub trait Sealed {}
}

/// A number type in which networks learn: `f32`, `f64`, [`Dual`](metaplast_autodiff::Dual) numbers of
/// either with [`TANGENTS`], which differentiate forward, and
/// [`Noisy`](metaplast_autodiff::Noisy) numbers, which show what rounding does.
///
/// The list is closed. Code that is generic over `Number` may use all of [`Scalar`].
pub trait Number: Scalar + sealed::Sealed {
    /// The one for this type.
    #[doc(hidden)]
    fn of<P: PerNumber + ?Sized>(each: &P) -> &P::On<Self>;
}

with_numbers!(numbers!());

pub(crate) use {every_number, with_numbers};
