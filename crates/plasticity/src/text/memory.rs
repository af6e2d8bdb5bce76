//! The update of a memory: its expression, and what follows from it.

use metaplast_tensor::Scalar;

use super::error::{Reason, TermError};
use super::named::{NamedSignal, SignalShape, Vocabulary};
use super::normal::{Change, Summand, Vector, normal, normal_column, normal_number};
use super::print::{Notation, print};
use super::shape::Shape;
use super::step_signal::StepSignal;
use super::syntax::{Node, Part, Side, Signal};
use super::{check, evaluate, locality, parser};
use crate::locality::Locality;
use crate::signals::LayerSignals;
use crate::unit_parameters::{BIAS, GAIN};

/// Shapes of memories, in the order in which they are tried.
const SHAPES: [SignalShape; 4] = [
    SignalShape::Post,
    SignalShape::Pre,
    SignalShape::Number,
    SignalShape::Matrix,
];

/// An expression that updates a memory, multiplied out.
#[derive(Clone, Debug)]
pub(crate) struct MemoryUpdate {
    tree: Node,
    value: Value,
    /// Names that stand for nothing else, in the order in which they come.
    constants: Vec<NamedSignal>,
}

#[derive(Clone, Debug)]
enum Value {
    Column(Vec<Summand<Vector>>),
    Number(Vec<Summand<()>>),
    Matrix(Vec<Summand<Change>>),
}

impl MemoryUpdate {
    /// Reads the expression that is `text` from byte `from` on, with `name` as the memory's own; also
    /// returns the shape of the memory, which follows from it.
    ///
    /// Names that nothing has are constants.
    pub(crate) fn read(
        text: &str,
        from: usize,
        name: &str,
        others: &[NamedSignal],
    ) -> Result<(Self, NamedSignal), TermError> {
        let mut refused = None;
        let shapes = if of_units(name) {
            &SHAPES[..1]
        } else {
            &SHAPES
        };
        for &shape in shapes {
            let own = NamedSignal {
                name: name.into(),
                shape,
                locality: Locality::Synapse,
                step: None,
            };
            let named: Vec<NamedSignal> = others.iter().cloned().chain([own.clone()]).collect();
            let vocabulary = Vocabulary {
                named: &named,
                constants: true,
            };
            let tree = parser::parse(text, from, vocabulary)?;
            let wanted = match (shape, shape.side()) {
                (SignalShape::Matrix, _) => Shape::WEIGHTS,
                (_, Some(side)) => Shape::column(side),
                (_, None) => Shape::NUMBER,
            };
            let fits = match check::shape(&tree) {
                Ok(shape) if shape == wanted => Ok(()),
                Ok(other) if of_units(name) => {
                    let reason = Reason::UnitParameter(name.to_owned(), other);
                    Err(TermError::new(reason, tree.at.clone()))
                }
                Ok(other) => Err(TermError::new(Reason::NoMemory(other), tree.at.clone())),
                Err(error) => Err(error),
            };
            match fits {
                Ok(()) => return MemoryUpdate::of(tree, own, others),
                // What is wrong is said of the shape that came first.
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.expect("a shape was tried"))
    }

    fn of(
        tree: Node,
        own: NamedSignal,
        others: &[NamedSignal],
    ) -> Result<(Self, NamedSignal), TermError> {
        let (value, locality) = match own.shape {
            SignalShape::Number => (Value::Number(normal_number(&tree)?), Locality::LayerScalar),
            SignalShape::Matrix => {
                let summands = normal(&tree)?;
                let locality = locality::locality(&summands);
                (Value::Matrix(summands), locality)
            }
            SignalShape::Post | SignalShape::Pre => {
                let column = normal_column(&tree)?;
                let locality = locality::of_column(&column);
                (Value::Column(column), locality)
            }
        };
        let mut constants = Vec::new();
        collect_constants(&tree, &own, others, &mut constants);
        let update = MemoryUpdate {
            tree,
            value,
            constants,
        };
        Ok((update, NamedSignal { locality, ..own }))
    }

    /// Names that stand for nothing else, in the order in which they come.
    pub(crate) fn constants(&self) -> &[NamedSignal] {
        &self.constants
    }

    pub(crate) fn print(&self, notation: Notation) -> String {
        print(&self.tree, notation)
    }

    /// Gives the memory under this name its next value, from the signals of a layer, its present one
    /// among them.
    pub(crate) fn apply<T: Scalar>(&self, memory: &NamedSignal, layer: &LayerSignals<'_, '_, T>) {
        match &self.value {
            Value::Column(summands) => {
                layer.set_named(memory, evaluate::column_sum(summands, layer));
            }
            Value::Number(summands) => {
                layer.set_named(memory, evaluate::number_sum(summands, layer));
            }
            Value::Matrix(summands) => evaluate::update_matrix(summands, memory, layer),
        }
    }

    /// Whether it reads this signal of the step.
    pub(crate) fn reads(&self, signal: StepSignal) -> bool {
        self.tree.reads(signal)
    }

    /// Whether it takes matrices element by element.
    pub(crate) fn takes_each_weight(&self) -> bool {
        match &self.value {
            Value::Matrix(summands) => summands
                .iter()
                .any(|summand| matches!(summand.value, Change::Elements(_))),
            Value::Column(_) | Value::Number(_) => false,
        }
    }

    /// Whether it may read `e_pre`, the teaching signal of the layer below.
    pub(crate) fn reads_pre_error(&self) -> bool {
        self.tree
            .any(&|part| *part == Part::Signal(Signal::Error(Side::Pre)))
    }
}

/// Whether a memory with this name belongs to the units of a layer.
fn of_units(name: &str) -> bool {
    [BIAS, GAIN].contains(&name)
}

fn collect_constants(
    node: &Node,
    own: &NamedSignal,
    others: &[NamedSignal],
    into: &mut Vec<NamedSignal>,
) {
    match &node.part {
        Part::Named(named) => {
            let is_known = |known: &NamedSignal| known.name == named.name;
            let known = others.iter().chain([own]).any(is_known) || named.step.is_some();
            if !known && !into.iter().any(is_known) {
                into.push(named.clone());
            }
        }
        Part::Number(_) | Part::Signal(_) | Part::Weights | Part::Matrix(_) => {}
        Part::Negative(inner)
        | Part::Transposed(inner)
        | Part::Applied(_, inner)
        | Part::Power(inner, _) => collect_constants(inner, own, others, into),
        Part::Binary(_, operands) => {
            for operand in operands.iter() {
                collect_constants(operand, own, others, into);
            }
        }
    }
}

/// The same expression.
impl PartialEq for MemoryUpdate {
    fn eq(&self, other: &Self) -> bool {
        self.tree == other.tree
    }
}
