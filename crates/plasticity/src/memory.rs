//! Memories: what a rule keeps from step to step beside the weights.

use std::fmt;
use std::sync::Arc;

use crate::locality::Locality;
use crate::text::memory::MemoryUpdate;
use crate::text::{
    NamedSignal, Notation, Reason, SignalShape, StepSignal, TermError, check_symbol,
};

/// What each layer keeps from step to step beside its weights: a number for each of its units, for each
/// unit of the layer below, or for each synapse, or one number.
///
/// Two names have a meaning of their own: `bias` and `gain`, post-synaptic columns, belong to the units,
/// whose activity is `y = φ((1 + gain) ⊙ z + bias)`; teaching signals stay slopes by z.
///
/// At a kernel the units are its channels, and those below a patch: a memory becomes the mean over all places
/// of what its update gives at each.
///
/// A memory begins at zero. In each step it is updated before the weights, and memories in their order:
/// terms, and memories further on, see its new value. Its expression is in the [language of
/// terms](crate::text). Names that mean nothing else are *constants* of the rule, with a value in θ
/// that is learned like the coefficients of terms.
///
/// ```
/// use metaplast_plasticity::{Memory, Rule, SignalShape, Term};
///
/// // Bienenstock, Cooper & Munro 1982, with a threshold that slides.
/// let threshold = Memory::parse("m = m + k * (y .* y - m)", &[])?;
/// assert_eq!(threshold.shape(), SignalShape::Post);
/// let memories = [threshold];
/// let bcm = Term::parse_with("bcm = y .* (y - m) * y_pre^T", &Memory::signals(&memories))?;
/// let rule = Rule::new([bcm])?.with_memories(memories)?.with_theta(&[0.01, 0.05]);
/// let names: Vec<String> = rule.coefficients().map(|c| c.name()).collect();
/// assert_eq!(names, ["bcm", "k"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Memory(Arc<Parts>);

#[derive(Debug, PartialEq)]
struct Parts {
    signal: NamedSignal,
    update: MemoryUpdate,
}

impl Memory {
    /// Reads `NAME = EXPRESSION`, which may use the names of memories before it.
    ///
    /// # Errors
    /// When there is no name or it means something else already, when the expression cannot be read, when
    /// shapes do not fit, or when it is no column, number or matrix of the shape of the weights.
    pub fn parse(text: &str, before: &[Memory]) -> Result<Self, TermError> {
        let whole = |error: TermError| error.in_text(text);
        let Some(equals) = text.find('=') else {
            return Err(whole(TermError::new(Reason::NoMemoryName, 0..text.len())));
        };
        let name = text[..equals].trim();
        let start = text.find(|c: char| !c.is_whitespace()).unwrap_or(0);
        let others = Memory::signals(before);
        check_symbol(name)
            .and_then(|()| {
                let reason = if before.iter().any(|other| other.name() == name) {
                    Reason::Remembered(name.to_owned())
                } else if others.iter().any(|other| other.name() == name) {
                    Reason::Taken(name.to_owned())
                } else {
                    return Ok(());
                };
                Err(TermError::new(reason, 0..name.len()))
            })
            .map_err(|error| whole(error.moved(start)))?;
        let read = MemoryUpdate::read(text, equals + 1, name, &others);
        let (update, signal) = read.map_err(whole)?;
        Ok(Memory(Arc::new(Parts { signal, update })))
    }

    /// Every name that terms may use beside a layer's own signals where a rule has these memories: theirs
    /// and those of their constants.
    #[must_use]
    pub fn signals(memories: &[Memory]) -> Vec<NamedSignal> {
        let own = memories.iter().map(|memory| &memory.0.signal);
        own.chain(constants(memories)).cloned().collect()
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.signal.name()
    }

    /// What a layer keeps.
    #[must_use]
    pub fn shape(&self) -> SignalShape {
        self.0.signal.shape
    }

    /// What a synapse must know to have its value.
    #[must_use]
    pub fn locality(&self) -> Locality {
        self.0.signal.locality
    }

    /// The update as one types it: `m + k * (y .* y - m)`.
    #[must_use]
    pub fn expression(&self) -> String {
        self.0.update.print(Notation::Typed)
    }

    /// The update as maths: `m + k (y_l ⊙ y_l − m)`.
    #[must_use]
    pub fn formula(&self) -> String {
        self.0.update.print(Notation::Maths)
    }

    /// Whether it may read `e_pre`, the teaching signal of the layer below, which in the first layer is
    /// that of the input.
    #[must_use]
    pub fn reads_pre_error(&self) -> bool {
        self.0.update.reads_pre_error()
    }

    /// Whether it reads the [`reward`](crate::text) of the step.
    #[must_use]
    pub fn reads_reward(&self) -> bool {
        self.reads(StepSignal::Reward)
    }

    /// Whether it reads this signal of the step.
    pub(crate) fn reads(&self, signal: StepSignal) -> bool {
        self.0.update.reads(signal)
    }

    /// Whether its update takes each weight by itself, or products of signals that belong to one.
    pub(crate) fn takes_each_weight(&self) -> bool {
        self.0.update.takes_each_weight()
    }

    pub(crate) fn signal(&self) -> &NamedSignal {
        &self.0.signal
    }

    pub(crate) fn update(&self) -> &MemoryUpdate {
        &self.0.update
    }
}

/// The constants of memories, each once, in the order in which they come.
pub(crate) fn constants(memories: &[Memory]) -> Vec<&NamedSignal> {
    let mut constants: Vec<&NamedSignal> = Vec::new();
    for constant in memories
        .iter()
        .flat_map(|memory| memory.update().constants())
    {
        if constants.iter().all(|known| known.name != constant.name) {
            constants.push(constant);
        }
    }
    constants
}

/// `NAME = EXPRESSION`, as one types it.
impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name(), self.expression())
    }
}
