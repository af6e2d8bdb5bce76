//! From a tree back to text, as one types it or as the paper writes it.

use std::fmt::{self, Write};

use super::syntax::{Node, Operator, Part};

/// How to write a term; either is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// `y * y_pre^T - 0.1 * W`
    Typed,
    /// `y_l y_(l−1)ᵀ − 0.1 W_l`
    Maths,
}

/// How tightly an expression holds together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Product,
    Factor,
}

/// The text of a tree.
pub(crate) fn print(node: &Node, notation: Notation) -> String {
    let mut text = String::new();
    write(&mut text, node, notation, Level::Sum).expect("strings take all that is written");
    text
}

fn level(part: &Part) -> Level {
    match part {
        Part::Negative(_) => Level::Sum,
        Part::Binary(Operator::Add | Operator::Subtract, _) => Level::Sum,
        Part::Binary(..) => Level::Product,
        _ => Level::Factor,
    }
}

/// Whether a product or quotient is written with a sign, `⊙` or `/`. Factors that stand side by side
/// look as if they held together more tightly: `y ⊙ y xᵀ` would be read as `y ⊙ (y xᵀ)`.
fn has_a_sign(node: &Node) -> bool {
    matches!(
        node.part,
        Part::Binary(
            Operator::Elementwise | Operator::Divide | Operator::ElementwiseDivide,
            _
        )
    )
}

/// Writes a node where at least `least` is needed, in parentheses if it is less.
fn write(text: &mut String, node: &Node, notation: Notation, least: Level) -> fmt::Result {
    if level(&node.part) < least {
        text.push('(');
        write(text, node, notation, Level::Sum)?;
        text.push(')');
        return Ok(());
    }
    let typed = notation == Notation::Typed;
    match &node.part {
        Part::Number(number) => write_number(text, *number),
        Part::Named(named) | Part::Matrix(named) => text.write_str(&named.name),
        Part::Signal(signal) if typed => text.write_str(signal.name()),
        Part::Signal(signal) => text.write_str(signal.symbol()),
        Part::Weights => text.write_str(if typed { "W" } else { "W_l" }),
        Part::Negative(inner) => {
            text.push(if typed { '-' } else { '−' });
            write(text, inner, notation, Level::Product)
        }
        Part::Transposed(inner) => {
            write(text, inner, notation, Level::Factor)?;
            text.write_str(if typed { "^T" } else { "ᵀ" })
        }
        Part::Power(inner, power) => {
            write(text, inner, notation, Level::Factor)?;
            write!(text, "^{power}")
        }
        Part::Applied(function, argument) => {
            write!(text, "{}(", function.name())?;
            write(text, argument, notation, Level::Sum)?;
            text.write_char(')')
        }
        Part::Binary(operator, operands) => {
            let (left, right) = match operator {
                Operator::Add | Operator::Subtract => (Level::Sum, Level::Product),
                Operator::Multiply if !typed && has_a_sign(&operands[0]) => {
                    (Level::Factor, Level::Factor)
                }
                _ => (Level::Product, Level::Factor),
            };
            write(text, &operands[0], notation, left)?;
            text.write_str(match (operator, notation) {
                (Operator::Add, _) => " + ",
                (Operator::Subtract, Notation::Typed) => " - ",
                (Operator::Subtract, Notation::Maths) => " − ",
                (Operator::Multiply, Notation::Typed) => " * ",
                (Operator::Multiply, Notation::Maths) => " ",
                (Operator::Elementwise, Notation::Typed) => " .* ",
                (Operator::Elementwise, Notation::Maths) => " ⊙ ",
                (Operator::Divide, _) => " / ",
                (Operator::ElementwiseDivide, Notation::Typed) => " ./ ",
                (Operator::ElementwiseDivide, Notation::Maths) => " ⊘ ",
            })?;
            write(text, &operands[1], notation, right)
        }
    }
}

/// The shortest digits that are read back as the same number.
fn write_number(text: &mut String, number: f64) -> fmt::Result {
    if number == 0.0 || (1e-5..1e9).contains(&number) {
        write!(text, "{number}")
    } else {
        write!(text, "{number:e}")
    }
}
