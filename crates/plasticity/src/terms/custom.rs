//! The pool of plasticity terms (Shervani-Tabar & Rosenbaum 2023, eq. 4).
//!
//! Each term stands in a file of its own with its formula, source and locality. A new one is one
//! more file and one line in the table below; rules, docs, tests and the command line see it from
//! there.

use metaplast_autodiff::Var;
use metaplast_tensor::Scalar;

use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

mod activity_error;
mod activity_scaled_gradient;
mod decay;
mod driven_activity_error;
mod error_hebbian;
mod oja;
mod projected_activity_error;
mod projected_gradient;
mod pseudo_gradient;
mod uniform_error;

/// What a synapse must know to apply a term, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Locality {
    /// Only its pre- and post-synaptic signals and its own weight.
    Synapse,
    /// One number shared by the whole layer as well.
    LayerScalar,
    /// The weights of its post-synaptic unit from all inputs as well.
    Row,
    /// The weights of all post-synaptic units onto the same input as well.
    Column,
}

impl Locality {
    /// In words, for tables.
    pub fn describe(self) -> &'static str {
        match self {
            Locality::Synapse => "local to pre, post and synapse",
            Locality::LayerScalar => "local up to a scalar shared by the layer",
            Locality::Row => "needs the post-synaptic unit's weights from all inputs",
            Locality::Column => "needs all post-synaptic units' weights onto the same input",
        }
    }
}

/// What is to be said of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermInfo<'a> {
    /// The symbol in formulas, files and on the command line: `F0`.
    pub symbol: &'a str,
    /// A readable name.
    pub name: &'a str,
    /// The term as maths, with its sign.
    pub formula: &'a str,
    /// Where it comes from.
    pub source: &'a str,
    /// What a synapse must know to apply it.
    pub locality: Locality,
}

/// A coefficient θ on a tape, and its negative, made once per episode.
#[derive(Clone, Copy)]
pub struct Coefficient<'t, T: Scalar> {
    /// θ
    pub plus: Var<'t, T>,
    /// −θ
    pub minus: Var<'t, T>,
}

impl<'t, T: Scalar> Coefficient<'t, T> {
    /// From a rank-0 variable.
    pub fn new(theta: Var<'t, T>) -> Self {
        Coefficient {
            plus: theta,
            minus: -theta,
        }
    }
}

/// A plasticity term `F`: given one layer's signals, it adds `θ F` to the layer's update.
///
/// ```
/// use metaplast_plasticity::{Coefficient, LayerSignals, LayerUpdate, Locality, Term, TermInfo};
/// use metaplast_tensor::Scalar;
///
/// /// Plain Hebbian learning, `F = y_l y_(l−1)ᵀ`.
/// struct Hebb;
///
/// impl<T: Scalar> Term<T> for Hebb {
///     fn info(&self) -> TermInfo<'_> {
///         TermInfo {
///             symbol: "H", name: "Hebb", formula: "y_l y_(l-1)ᵀ", source: "Hebb 1949",
///             locality: Locality::Synapse,
///         }
///     }
///     fn contribute<'t>(
///         &self,
///         theta: Coefficient<'t, T>,
///         layer: &LayerSignals<'_, 't, T>,
///         update: &mut LayerUpdate<'t, T>,
///     ) {
///         update.outer(theta.plus, layer.post(), layer.pre());
///     }
/// }
/// ```
pub trait Term<T: Scalar>: Send + Sync {
    /// Symbol, name, formula, source and locality.
    fn info(&self) -> TermInfo<'_>;

    /// Adds `θ F` for one layer.
    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    );
}

macro_rules! pool {
    ($($module:ident :: $term:ident),* $(,)?) => {
        /// What is to be said of every term of the pool, in the order of their indices.
        pub const POOL: &[TermInfo<'static>] = &[$($module::$term::INFO),*];

        /// Every term of the pool, in the order of their indices.
        pub fn pool<T: Scalar>() -> [&'static dyn Term<T>; POOL.len()] {
            [$(&$module::$term),*]
        }
    };
}

pool! {
    pseudo_gradient::PseudoGradient,
    activity_error::ActivityError,
    error_hebbian::ErrorHebbian,
    decay::Decay,
    uniform_error::UniformError,
    activity_scaled_gradient::ActivityScaledGradient,
    projected_activity_error::ProjectedActivityError,
    projected_gradient::ProjectedGradient,
    driven_activity_error::DrivenActivityError,
    oja::Oja,
}
