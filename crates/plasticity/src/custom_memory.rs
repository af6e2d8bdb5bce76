//! Memories that are code: what no expression can say.

use metaplast_autodiff::Var;

use crate::locality::Locality;
use crate::number::{Number, every_number, with_numbers};
use crate::signals::LayerSignals;
use crate::text::SignalShape;

/// A memory of each layer in Rust, for what no [expression](crate::text) can say: given one layer's signals, its own
/// present value among them, it returns its next one.
///
/// Written once for every [`Number`] type, it becomes a [`Memory`](crate::Memory) by
/// [`Memory::custom`](crate::Memory::custom). A column or a number; a matrix is said by an expression. In files it
/// stands by its name; who reads them needs a [`MemoryLibrary`](crate::MemoryLibrary) that has it.
///
/// ```
/// use metaplast_autodiff::{Tape, Var};
/// use metaplast_plasticity::{
///     CustomMemory, LayerSignals, Locality, Memory, Number, Remembered, Rule, SignalShape, Term,
/// };
/// use metaplast_tensor::tensor;
///
/// /// The largest activity that each unit has had, forgotten at a rate that is learned, `p ← max(y_l, (1 − k) p)`.
/// struct Peak;
///
/// impl<T: Number> CustomMemory<T> for Peak {
///     fn name(&self) -> &str {
///         "p"
///     }
///     fn shape(&self) -> SignalShape {
///         SignalShape::Post
///     }
///     fn constants(&self) -> &[&str] {
///         &["k"]
///     }
///     fn formula(&self) -> &str {
///         "max(y_l, (1 − k) p)"
///     }
///     fn locality(&self) -> Locality {
///         Locality::Synapse
///     }
///     fn next<'t>(&self, layer: &LayerSignals<'_, 't, T>) -> Var<'t, T> {
///         let (peak, k) = (layer.signal("p"), layer.signal("k"));
///         layer.post().maximum(peak - peak * k)
///     }
/// }
///
/// let memories = [Memory::custom(Peak)?];
/// let term = Term::parse_with("capped = (p - y) * y_pre^T", &Memory::signals(&memories))?;
/// let rule = Rule::new([term])?.with_memories(memories)?.with_theta(&[1.0, 0.5]);
/// let tape = Tape::<f64>::new();
/// let (bound, w) = (rule.bind_constant(&tape), tape.state(&tensor![[0.0]]));
/// let mut memory = [Remembered::Value(tape.constant(&tensor![0.0]))];
/// for y in [4.0, 1.0] {
///     let [y, x] = [y, 1.0].map(|x| tape.constant(&tensor![x]));
///     let layer = LayerSignals::new(w, (x, x), (y, y));
///     bound.remember(&layer, &mut memory);
///     bound.update(&layer);
/// }
/// // The peak is 4, then 2 beside an activity of 1.
/// assert_eq!((memory[0].value(), w.value()), (tensor![2.0], tensor![[1.0]]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait CustomMemory<T: Number>: Send + Sync + 'static {
    /// The name in formulas, files and tables: a letter, then letters, digits or `_`.
    fn name(&self) -> &str;

    /// What a layer keeps: a column or a number.
    fn shape(&self) -> SignalShape;

    /// Names of the rule's constants that it reads, which are learned like the coefficients of terms; unless given
    /// otherwise none.
    fn constants(&self) -> &[&str] {
        &[]
    }

    /// The next value as maths.
    fn formula(&self) -> &str;

    /// What a synapse must know to have it.
    fn locality(&self) -> Locality;

    /// Whether it reads the teaching signal of the layer below; unless given otherwise it may.
    fn reads_pre_error(&self) -> bool {
        true
    }

    /// The next value in one layer, of its shape. Its present value, its constants, and memories before it are
    /// [signals](LayerSignals::signal) by their names. At a kernel, signals have a row for each place.
    fn next<'t>(&self, layer: &LayerSignals<'_, 't, T>) -> Var<'t, T>;
}

with_numbers!(every_number!(
    /// A [`CustomMemory`] for every number type.
    EveryMemory: CustomMemory
));
