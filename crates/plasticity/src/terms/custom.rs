//! Terms that are code: what no expression can say.

use crate::coefficient::Coefficient;
use crate::locality::Locality;
use crate::number::{Number, every_number, with_numbers};
use crate::signals::LayerSignals;
use crate::update::LayerUpdate;

/// A plasticity term `F` in Rust, for what no [expression](crate::text) can say: given one layer's
/// signals, it adds `θ F` to the layer's update.
///
/// Written once for every [`Number`] type, it becomes a [`Term`](crate::Term) by
/// [`Term::custom`](crate::Term::custom). In files it stands by its symbol; who reads them needs a
/// [`TermLibrary`](crate::TermLibrary) that has it.
///
/// ```
/// use metaplast_plasticity::{
///     Coefficient, CustomTerm, LayerSignals, LayerUpdate, Locality, Number, Rule, Term, pool,
/// };
///
/// /// Hebbian learning by the units that fire above the layer's mean,
/// /// `F = (y_l ⊙ [y_l > mean]) y_(l−1)ᵀ`.
/// struct Winners;
///
/// impl<T: Number> CustomTerm<T> for Winners {
///     fn symbol(&self) -> &str {
///         "winners"
///     }
///     fn formula(&self) -> &str {
///         "(y_l ⊙ [y_l > mean]) y_(l−1)ᵀ"
///     }
///     fn locality(&self) -> Locality {
///         Locality::LayerScalar
///     }
///     fn contribute<'t>(
///         &self,
///         theta: Coefficient<'t, T>,
///         layer: &LayerSignals<'_, 't, T>,
///         update: &mut LayerUpdate<'t, T>,
///     ) {
///         let y = layer.post();
///         let wins = y.with(|y| {
///             let mean = y.iter().map(|y| y.to_f64()).sum::<f64>() / y.len() as f64;
///             let win = |y: &T| if y.to_f64() > mean { T::ONE } else { T::ZERO };
///             y.iter().map(win).collect::<Vec<T>>()
///         });
///         let wins = y.tape().constant_with(wins.len(), |x| x.copy_from_slice(&wins));
///         update.outer(theta.plus, y * wins, layer.pre());
///     }
/// }
///
/// let winners = Term::custom(Winners)?;
/// let rule = Rule::new([pool()[0].clone(), winners]).unwrap();
/// assert_eq!(rule.terms()[1].symbol(), "winners");
/// # Ok::<(), metaplast_plasticity::text::TermError>(())
/// ```
pub trait CustomTerm<T: Number>: Send + Sync + 'static {
    /// The symbol in formulas, files and tables: a letter, then letters, digits or `_`.
    fn symbol(&self) -> &str;

    /// A readable name.
    fn name(&self) -> &str {
        "own term"
    }

    /// The term as maths, with its sign.
    fn formula(&self) -> &str;

    /// Where it comes from.
    fn source(&self) -> &str {
        "given in Rust"
    }

    /// What a synapse must know to apply it.
    fn locality(&self) -> Locality;

    /// Adds `θ F` for one layer.
    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    );
}

with_numbers!(every_number!(
    /// A [`CustomTerm`] for every number type.
    EveryTerm: CustomTerm
));
