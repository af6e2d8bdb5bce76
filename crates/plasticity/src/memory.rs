//! Memories: what a rule keeps from step to step beside the weights.

use std::fmt;
use std::sync::Arc;

use crate::custom_memory::EveryMemory;
use crate::locality::Locality;
use crate::names::{Library, Named};
use crate::number::Number;
use crate::signals::LayerSignals;
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
    update: Update,
}

enum Update {
    Expression(MemoryUpdate),
    Custom(Custom),
}

/// A memory that is code.
struct Custom {
    body: Arc<dyn EveryMemory>,
    constants: Vec<NamedSignal>,
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
        Ok(Memory(Arc::new(Parts {
            signal,
            update: Update::Expression(update),
        })))
    }

    /// From code.
    ///
    /// # Errors
    /// When its name or that of a constant cannot be one, or it is a matrix.
    pub fn custom(memory: impl EveryMemory + 'static) -> Result<Self, TermError> {
        let body: Arc<dyn EveryMemory> = Arc::new(memory);
        // What is said of a memory is the same for all number types.
        let memory = f64::of(&*body);
        let (name, shape) = (memory.name(), memory.shape());
        if shape == SignalShape::Matrix {
            let error = TermError::new(Reason::CustomMatrix, 0..name.len());
            return Err(error.in_text(name));
        }
        let signal = NamedSignal {
            locality: memory.locality(),
            ..NamedSignal::new(name, shape)?
        };
        let constant = |name: &&str| NamedSignal::new(name, SignalShape::Number);
        let constants = memory.constants().iter().map(constant);
        let constants = constants.collect::<Result<_, _>>()?;
        Ok(Memory(Arc::new(Parts {
            signal,
            update: Update::Custom(Custom { body, constants }),
        })))
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

    /// The update as one types it, `m + k * (y .* y - m)`; none of code.
    #[must_use]
    pub fn expression(&self) -> Option<String> {
        match &self.0.update {
            Update::Expression(update) => Some(update.print(Notation::Typed)),
            Update::Custom(_) => None,
        }
    }

    /// The update as maths: `m + k (y_l ⊙ y_l − m)`.
    #[must_use]
    pub fn formula(&self) -> String {
        match &self.0.update {
            Update::Expression(update) => update.print(Notation::Maths),
            Update::Custom(custom) => f64::of(&*custom.body).formula().to_owned(),
        }
    }

    /// Whether it may read `e_pre`, the teaching signal of the layer below, which in the first layer is
    /// that of the input.
    #[must_use]
    pub fn reads_pre_error(&self) -> bool {
        match &self.0.update {
            Update::Expression(update) => update.reads_pre_error(),
            Update::Custom(custom) => f64::of(&*custom.body).reads_pre_error(),
        }
    }

    /// Whether it reads the [`reward`](crate::text) of the step.
    #[must_use]
    pub fn reads_reward(&self) -> bool {
        self.reads(StepSignal::Reward)
    }

    /// Whether it reads this signal of the step.
    pub(crate) fn reads(&self, signal: StepSignal) -> bool {
        match &self.0.update {
            Update::Expression(update) => update.reads(signal),
            Update::Custom(_) => false,
        }
    }

    /// Whether its update takes each weight by itself, or products of signals that belong to one.
    pub(crate) fn takes_each_weight(&self) -> bool {
        match &self.0.update {
            Update::Expression(update) => update.takes_each_weight(),
            Update::Custom(_) => false,
        }
    }

    pub(crate) fn signal(&self) -> &NamedSignal {
        &self.0.signal
    }

    /// Names of constants that it reads, in the order in which they come.
    pub(crate) fn constants(&self) -> &[NamedSignal] {
        match &self.0.update {
            Update::Expression(update) => update.constants(),
            Update::Custom(custom) => &custom.constants,
        }
    }

    /// Gives it its next value, from the signals of a layer, its present one among them.
    #[track_caller]
    pub(crate) fn apply<T: Number>(&self, layer: &LayerSignals<'_, '_, T>) {
        let signal = &self.0.signal;
        match &self.0.update {
            Update::Expression(update) => update.apply(signal, layer),
            Update::Custom(custom) => {
                let next = T::of(&*custom.body).next(layer);
                let now = layer.named(signal);
                assert!(
                    next.shape() == now.shape(),
                    "memory {}: a value of shape {}, next one of shape {}",
                    signal.name(),
                    now.shape(),
                    next.shape()
                );
                layer.set_named(signal, next);
            }
        }
    }
}

/// The constants of memories, each once, in the order in which they come.
pub(crate) fn constants(memories: &[Memory]) -> Vec<&NamedSignal> {
    let mut constants: Vec<&NamedSignal> = Vec::new();
    for constant in memories.iter().flat_map(Memory::constants) {
        if constants.iter().all(|known| known.name != constant.name) {
            constants.push(constant);
        }
    }
    constants
}

/// `NAME = EXPRESSION`, as one types it; the name of what is code.
impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expression() {
            Some(expression) => write!(f, "{} = {expression}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

/// Memories that are code, by name.
///
/// ```
/// use metaplast_plasticity::MemoryLibrary;
///
/// // None is built in.
/// assert!(MemoryLibrary::default().find("p").is_err());
/// ```
pub type MemoryLibrary = Library<Memory>;

impl Default for MemoryLibrary {
    fn default() -> Self {
        Library::new([])
    }
}

impl MemoryLibrary {
    /// The memory of this name, or reads `NAME = EXPRESSION`, which may use the names of memories before it.
    ///
    /// # Errors
    /// As [`Memory::parse`], where no memory of the library has the name.
    pub fn read(&self, text: &str, before: &[Memory]) -> Result<Memory, TermError> {
        match self.find(text.trim()) {
            Ok(memory) => Ok(memory),
            Err(_) => Memory::parse(text, before),
        }
    }
}

impl Named for Memory {
    const KIND: &'static str = "memory";

    fn name(&self) -> &str {
        self.name()
    }
}

impl fmt::Debug for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Update::Expression(update) => update.fmt(f),
            Update::Custom(custom) => f64::of(&*custom.body).formula().fmt(f),
        }
    }
}

/// The same expression, or the same code.
impl PartialEq for Update {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Update::Expression(a), Update::Expression(b)) => a == b,
            (Update::Custom(a), Update::Custom(b)) => Arc::ptr_eq(&a.body, &b.body),
            _ => false,
        }
    }
}
