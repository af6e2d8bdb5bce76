//! Names that a text may use beside a layer's own signals: memories, constants, and signals that a caller
//! gives.

use std::sync::Arc;

use super::lexer;
use super::step_signal::StepSignal;
use super::syntax::Side;
use crate::locality::Locality;

/// The shape of a [`NamedSignal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignalShape {
    /// A post-synaptic column, `[n_l]`.
    Post,
    /// A pre-synaptic column, `[n_(l−1)]`.
    Pre,
    /// A number, rank 0.
    Number,
    /// A matrix of the shape of the weights, post × pre; a state that is kept transposed like them,
    /// `[n_(l−1), n_l]`.
    Matrix,
}

impl SignalShape {
    /// The side of the synapse, of a column.
    pub(super) fn side(self) -> Option<Side> {
        match self {
            SignalShape::Post => Some(Side::Post),
            SignalShape::Pre => Some(Side::Pre),
            SignalShape::Number | SignalShape::Matrix => None,
        }
    }
}

/// A name that terms may use beside the signals of the layer: a [memory](crate::Memory), a constant of
/// one, or a signal of one's own, given by [`LayerSignals::with_signal`](crate::LayerSignals::with_signal).
///
/// ```
/// use metaplast_plasticity::{NamedSignal, SignalShape, Term};
///
/// let trace = NamedSignal::new("trace", SignalShape::Pre)?;
/// let term = Term::parse_with("stdp = y * trace^T", &[trace])?;
/// assert_eq!(term.formula(), "y_l traceᵀ");
/// # Ok::<(), metaplast_plasticity::text::TermError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NamedSignal {
    pub(crate) name: Arc<str>,
    pub(crate) shape: SignalShape,
    /// What a synapse must know to have it.
    pub(crate) locality: Locality,
    /// What it is of a step; none of a memory, a constant or a signal of one's own.
    pub(crate) step: Option<StepSignal>,
}

impl NamedSignal {
    /// A name and what it stands for; taken to be known at the synapse.
    ///
    /// # Errors
    /// When the name is no name, or means something else already.
    pub fn new(name: &str, shape: SignalShape) -> Result<Self, super::TermError> {
        super::check_symbol(name).map_err(|error| error.in_text(name))?;
        Ok(NamedSignal {
            name: name.into(),
            shape,
            locality: Locality::Synapse,
            step: None,
        })
    }

    /// The name in texts.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shape.
    #[must_use]
    pub fn shape(&self) -> SignalShape {
        self.shape
    }
}

/// What a text may name.
#[derive(Clone, Copy)]
pub(crate) struct Vocabulary<'a> {
    /// Beside the signals of the layer.
    pub(crate) named: &'a [NamedSignal],
    /// Whether any other word is a constant.
    pub(crate) constants: bool,
}

impl<'a> Vocabulary<'a> {
    /// Those of a layer, and these.
    pub(crate) fn of(named: &'a [NamedSignal]) -> Self {
        Vocabulary {
            named,
            constants: false,
        }
    }

    /// The signals of a layer alone.
    pub(crate) const LAYER: Vocabulary<'static> = Vocabulary {
        named: &[],
        constants: false,
    };

    pub(super) fn find(&self, word: &str) -> Option<NamedSignal> {
        let known = self.named.iter().find(|signal| &*signal.name == word);
        let of_step = || {
            let of_step = StepSignal::ALL.into_iter().find(|step| step.name() == word);
            of_step.map(StepSignal::signal)
        };
        known.cloned().or_else(of_step).or_else(|| {
            let constant = self.constants && lexer::is_name(word);
            constant.then(|| NamedSignal {
                name: word.into(),
                shape: SignalShape::Number,
                locality: Locality::Synapse,
                step: None,
            })
        })
    }
}
